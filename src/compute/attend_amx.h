/* SPDX-License-Identifier: MIT */
/*
 * Fused attention in the tiles of AMX: the online softmax of attend_vector.h over split products. Scores stand
 * transposed as there, a row a key and a lane a query. A row of weights is then half of a line of a right factor, and
 * only the values have to be turned.
 */
#ifndef POLYTOME_COMPUTE_ATTEND_AMX_H
#define POLYTOME_COMPUTE_ATTEND_AMX_H

#include "compute/exp2_vector.h"
#include "compute/kernels.h"
#include "compute/split_amx.h"
#include "compute/turn_vector.h"

#include <math.h>

/* A tile is two blocks of queries. */
enum { QUERIES = SPLIT_PAIR, VECTORS = 2 };

_Static_assert(QUERIES == VECTORS * LANES, "a row of scores is VECTORS vectors");

/** Keys of a step. Shorter ones load and store sums more often; in bf16, where that is most of the work, a step stays
 * in a first-level cache. */
static inline int attend_step_keys(int parts) {
    return parts == 1 ? 64 : 128;
}

struct attend_tile {
    const char *k, *v; /* parts of k (n, head_dim), and of v turned (head_dim, n): left factors */
    const float *bias; /* (n), for powers of 2; -INFINITY for what fills n up */
    char *queries;     /* parts of (QUERIES, head_dim): a right factor, and so are the */
    char *weights[2];  /* parts of (QUERIES, keys of a step): of this step and the one before */
    float *scores[2];  /* (keys of a step, QUERIES): of this step and the one after */
    float *output;     /* (head_dim, QUERIES), to be divided by `sum` */
    int step;          /* keys of a step */
    int n, head_dim;   /* n is a multiple of SPLIT_PAIR, with keys of zeros in the end */
    vec scale;         /* for powers of 2 */
    vec max[VECTORS], sum[VECTORS];
};

static inline int whole_pairs(int count) {
    return (count + SPLIT_PAIR - 1) / SPLIT_PAIR * SPLIT_PAIR;
}

/** Those of the step that begins with `key`: the last one may be shorter. */
static inline int step_keys(const struct attend_tile *tile, int key) {
    return key + tile->step < tile->n ? tile->step : tile->n - key;
}

/* ---------------------------------------------------------------- beside the tiles: scores become weights */

/* A line is two keys, SPLIT_BLOCK apart, for all queries. */
struct weigh_chores {
    struct attend_tile *tile;
    const float *scores;
    char *weights;
    int line, lines; /* the next one; of how many */
};

static ALWAYS_INLINE void weigh_line(struct weigh_chores *chores, int parts) {
    struct attend_tile *tile = chores->tile;
    const size_t step = (size_t)(chores->line / SPLIT_BLOCK), row = (size_t)(chores->line % SPLIT_BLOCK);
    const float *scores = chores->scores + (step * SPLIT_STEP + row) * QUERIES;
    char *to = chores->weights + step * split_step_bytes(parts) + row * AMX_BYTES;
    for (int j = 0; j < VECTORS; j++, scores += LANES, to += split_block_bytes(attend_step_keys(parts), parts)) {
        const vec x = v_sub(v_load(scores), tile->max[j]);
        const vec y = v_sub(v_load(scores + SPLIT_BLOCK * QUERIES), tile->max[j]);
        const vec a = parts == 1 ? v_exp2_16(x) : v_exp2(x), b = parts == 1 ? v_exp2_16(y) : v_exp2(y);
        tile->sum[j] = v_add(tile->sum[j], v_add(a, b));
        put_parts(to, a, b, parts);
    }
    chores->line++;
}

static ALWAYS_INLINE void weigh_chore_float(void *context, int step, int slot) {
    struct weigh_chores *chores = context;
    (void)step, (void)slot;
    if (chores->line < chores->lines) weigh_line(chores, FLOAT_PARTS);
}

/* Of one part there are few slots, and the work beside them is most of it. */
static ALWAYS_INLINE void weigh_chore_bf16(void *context, int step, int slot) {
    struct weigh_chores *chores = context;
    (void)step, (void)slot;
    for (int i = 0; i < 4 && chores->line < chores->lines; i++) weigh_line(chores, 1);
}

/* ---------------------------------------------------------------- a tile */

static ALWAYS_INLINE void score_keys(const struct attend_tile *tile, int key, float *scores,
                                     struct weigh_chores *chores, int parts) {
    const size_t block = split_block_bytes(tile->head_dim, parts);
    const char *k = tile->k + (size_t)(key / SPLIT_BLOCK) * block;
    for (int i = 0; i < step_keys(tile, key); i += SPLIT_PAIR, k += 2 * block, scores += SPLIT_PAIR * QUERIES) {
        zero_pair();
        multiply_pair(k, tile->queries, block, block, 2, split_steps(tile->head_dim), parts,
                      parts == 1 ? weigh_chore_bf16 : weigh_chore_float, chores);
        store_pair(scores);
    }
}

static ALWAYS_INLINE void add_values(const struct attend_tile *tile, int key, const char *weights,
                                     struct weigh_chores *chores, int parts) {
    const size_t block = split_block_bytes(tile->n, parts);
    const size_t weights_block = split_block_bytes(attend_step_keys(parts), parts);
    const char *v = tile->v + (size_t)(key / SPLIT_STEP) * split_step_bytes(parts);
    float *output = tile->output;
    for (int d = 0; d < tile->head_dim; d += SPLIT_PAIR, v += 2 * block, output += SPLIT_PAIR * QUERIES) {
        load_pair(output);
        multiply_pair(v, weights, block, weights_block, 2, step_keys(tile, key) / SPLIT_STEP, parts,
                      parts == 1 ? weigh_chore_bf16 : weigh_chore_float, chores);
        store_pair(output);
    }
}

static inline void rescale(const struct attend_tile *tile, const vec *factor) {
    for (int d = 0; d < tile->head_dim; d++) {
        float *row = tile->output + d * QUERIES;
        for (int j = 0; j < VECTORS; j++) v_store(row + j * LANES, v_mul(v_load(row + j * LANES), factor[j]));
    }
}

/*
 * Scales scores to powers of 2 and lets the maxima follow them. A weight may well be above 1: a maximum moves where it
 * would rise by more than the slack only, which after the first step is rare. Did one? Then output is to be rescaled.
 */
static inline bool raise_maxima(struct attend_tile *tile, float *scores, int key, vec *factor) {
    const vec slack = v_set(8);
    vec max[VECTORS];
    vec_mask raised = 0;
    for (int j = 0; j < VECTORS; j++) max[j] = tile->max[j];
    for (int i = 0; i < step_keys(tile, key); i++, scores += QUERIES) {
        const vec bias = v_set(tile->bias[key + i]);
        for (int j = 0; j < VECTORS; j++) {
            const vec score = v_fma(v_load(scores + j * LANES), tile->scale, bias);
            v_store(scores + j * LANES, score);
            max[j] = v_max(score, max[j]);
        }
    }
    for (int j = 0; j < VECTORS; j++) {
        const vec_mask higher = v_greater(max[j], v_add(tile->max[j], slack));
        max[j] = v_pick(higher, max[j], tile->max[j]);
        factor[j] = v_exp2(v_sub(tile->max[j], max[j]));
        tile->sum[j] = v_mul(tile->sum[j], factor[j]);
        tile->max[j] = max[j];
        raised |= higher;
    }
    return raised;
}

/* While the weights of a step are made, the tiles make the scores of the next one and use the weights of the last. */
static ALWAYS_INLINE void attend_step(struct attend_tile *tile, int key, int parts) {
    const int step = tile->step, now = key / step % 2;
    vec factor[VECTORS];
    const bool raised = raise_maxima(tile, tile->scores[now], key, factor);
    struct weigh_chores chores = {.tile = tile, .scores = tile->scores[now], .weights = tile->weights[now]};
    chores.lines = step_keys(tile, key) / 2;
    if (key + step < tile->n) score_keys(tile, key + step, tile->scores[!now], &chores, parts);
    if (key > 0) add_values(tile, key - step, tile->weights[!now], &chores, parts);
    while (chores.line < chores.lines) weigh_line(&chores, parts);
    if (raised) rescale(tile, factor);
}

static ALWAYS_INLINE void attend_queries(struct attend_tile *tile, int parts) {
    struct weigh_chores none = {.lines = 0};
    for (int j = 0; j < VECTORS; j++) {
        tile->max[j] = v_set(-INFINITY);
        tile->sum[j] = v_set(0);
    }
    for (int i = 0; i < whole_pairs(tile->head_dim) * QUERIES; i += LANES) v_store(tile->output + i, v_set(0));
    score_keys(tile, 0, tile->scores[0], &none, parts);
    int key = 0;
    for (; key < tile->n; key += tile->step) attend_step(tile, key, parts);
    key -= tile->step;
    add_values(tile, key, tile->weights[key / tile->step % 2], &none, parts);
    vec factor[VECTORS];
    for (int j = 0; j < VECTORS; j++) factor[j] = v_div(v_set(1), tile->sum[j]);
    rescale(tile, factor);
}

/* ---------------------------------------------------------------- keys, values and queries */

static ALWAYS_INLINE void split_keys(char *to, const float *k, size_t ld, int n, int head_dim, int parts) {
    const size_t block = split_block_bytes(head_dim, parts);
    const int last = n - n % SPLIT_PAIR;
    if (last < n) memset(to + (size_t)(last / SPLIT_BLOCK) * block, 0, 2 * block);
    for (int i = 0; i < n; i++, k += ld) {
        char *line = to + (size_t)(i / SPLIT_BLOCK) * block + i % SPLIT_BLOCK * AMX_BYTES;
        for (int d = 0; d < head_dim; d += SPLIT_STEP, line += split_step_bytes(parts))
            split_line(line, k + d, head_dim - d, parts);
    }
}

static ALWAYS_INLINE void split_values(char *to, const float *v, size_t ld, int n, int head_dim, int parts) {
    const size_t block = split_block_bytes(n, parts);
    for (int key = 0; key < n; key += SPLIT_STEP, to += split_step_bytes(parts), v += SPLIT_STEP * ld) {
        char *line = to;
        for (int d = 0; d < head_dim; d += SPLIT_BLOCK, line += block) {
            const int keys = n - key < SPLIT_STEP ? n - key : SPLIT_STEP;
            const int columns = head_dim - d < SPLIT_BLOCK ? head_dim - d : SPLIT_BLOCK;
            if (keys == SPLIT_STEP && columns == SPLIT_BLOCK) {
                split_turned(line, v + d, v + d + SPLIT_BLOCK * ld, ld, parts);
            } else {
                float step[SPLIT_STEP][SPLIT_BLOCK] = {0};
                for (int i = 0; i < keys; i++) memcpy(step[i], v + (size_t)i * ld + d, (size_t)columns * sizeof(float));
                split_turned(line, step[0], step[SPLIT_BLOCK], SPLIT_BLOCK, parts);
            }
        }
    }
}

static ALWAYS_INLINE void split_queries(char *to, const float *q, size_t ld, int count, int head_dim, int parts) {
    const size_t block = split_block_bytes(head_dim, parts);
    if (count <= SPLIT_BLOCK) memset(to + block, 0, block);
    for (int i = 0; i < count; i += SPLIT_BLOCK, q += SPLIT_BLOCK * ld, to += block)
        split_right(to, q, ld, count - i < SPLIT_BLOCK ? count - i : SPLIT_BLOCK, head_dim, parts);
}

/* ---------------------------------------------------------------- all queries */

static size_t attend_scratch(int n, int head_dim) {
    const size_t parts = split_bytes(n, head_dim, FLOAT_PARTS) + split_bytes(head_dim, n, FLOAT_PARTS) +
                         split_bytes(QUERIES, head_dim, FLOAT_PARTS) +
                         2 * split_bytes(QUERIES, attend_step_keys(FLOAT_PARTS), FLOAT_PARTS);
    const size_t rows = 2 * (size_t)attend_step_keys(FLOAT_PARTS) + (size_t)whole_pairs(head_dim);
    return parts / sizeof(float) + rows * QUERIES + (size_t)whole_pairs(n);
}

static ALWAYS_INLINE void attend_in_parts(const struct attend_head *head, float *scratch, int parts) {
    const int n = head->n, head_dim = head->head_dim;
    char *k_parts = (char *)scratch, *v_parts = k_parts + split_bytes(n, head_dim, parts);
    struct attend_tile tile = {.k = k_parts, .v = v_parts, .n = whole_pairs(n), .head_dim = head_dim};
    tile.step = attend_step_keys(parts);
    tile.queries = v_parts + split_bytes(head_dim, n, parts);
    tile.weights[0] = tile.queries + split_bytes(QUERIES, head_dim, parts);
    tile.weights[1] = tile.weights[0] + split_bytes(QUERIES, tile.step, parts);
    tile.scores[0] = (float *)(void *)(tile.weights[1] + split_bytes(QUERIES, tile.step, parts));
    tile.scores[1] = tile.scores[0] + tile.step * QUERIES;
    tile.output = tile.scores[1] + tile.step * QUERIES;
    float *biases = tile.output + whole_pairs(head_dim) * QUERIES;
    for (int i = 0; i < tile.n; i++) biases[i] = i >= n ? -INFINITY : head->bias ? head->bias[i] * log2_e : 0;
    tile.bias = biases;
    tile.scale = v_set(head->scale * log2_e);
    split_keys(k_parts, head->k, head->ld, n, head_dim, parts);
    split_values(v_parts, head->v, head->ld, n, head_dim, parts);
    amx_enter();
    for (int row = 0; row < head->rows; row += QUERIES) {
        const int count = row + QUERIES < head->rows ? QUERIES : head->rows - row;
        split_queries(tile.queries, head->q + (size_t)row * head->ldq, head->ldq, count, head_dim, parts);
        attend_queries(&tile, parts);
        turn(head->out + (size_t)row * head->ldo, head->ldo, tile.output, QUERIES, head_dim, count);
    }
    amx_leave();
}

static void attend(const struct attend_head *head, float *scratch) {
    attend_in_parts(head, scratch, FLOAT_PARTS);
}

static void attend_bf16(const struct attend_head *head, float *scratch) {
    attend_in_parts(head, scratch, 1);
}

#define ATTEND_SIZES .scratch = attend_scratch, .queries = QUERIES
#define ATTEND_KERNELS .attend = attend, ATTEND_SIZES

static const struct attend_kernels attend_kernels_bf16 = {.attend = attend_bf16, ATTEND_SIZES, .precision = PTM_BF16};

#define ATTENTION_REDUCED &attend_kernels_bf16

#endif
