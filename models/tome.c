/* SPDX-License-Identifier: MIT */
#include "models/tome.h"

#include "compute/linear.h"
#include "compute/tiles.h"

#include <math.h>
#include <string.h>

/* Tiles: A rows of one tile of the matching, B rows that it compares at a time, rows of the other loops. */
enum { MATCH_ROWS = 64, MATCH_COLUMNS = 256, ROWS = 64 };

void tome_place(struct tome *tome, struct arena *arena, int tokens, int head_dim, bool positions) {
    const size_t N = (size_t)tokens, half = (N + 1) / 2;
    tome->metric = arena_take(arena, N * (size_t)head_dim, sizeof(float));
    tome->size = arena_take(arena, N, sizeof(float));
    tome->log_size = arena_take(arena, N, sizeof(float));
    tome->merged_size = arena_take(arena, N, sizeof(float));
    tome->position = positions ? arena_take(arena, 3 * N, sizeof(float)) : NULL;
    tome->merged_position = positions ? arena_take(arena, 3 * N, sizeof(float)) : NULL;
    tome->source = arena_take(arena, N, sizeof(int32_t));
    tome->node_max = arena_take(arena, half, sizeof(float));
    tome->node_idx = arena_take(arena, half, sizeof(int));
    tome->edge = arena_take(arena, half, sizeof(int));
    tome->edge_swap = arena_take(arena, half, sizeof(int));
    tome->kept = arena_take(arena, N, sizeof(int));
    tome->first = arena_take(arena, half, sizeof(int));
    tome->last = arena_take(arena, half, sizeof(int));
    tome->next = arena_take(arena, half, sizeof(int));
    tome->moved = arena_take(arena, N, sizeof(int32_t));
}

float *tome_place_scores(struct arena *arena, int workers) {
    return arena_take(arena, (size_t)workers * MATCH_ROWS * MATCH_COLUMNS, sizeof(float));
}

void tome_reset(struct tome *tome, int tokens) {
    for (int i = 0; i < tokens; i++) {
        tome->size[i] = 1;
        tome->log_size[i] = 0;
        tome->source[i] = i;
    }
}

/* ---------------------------------------------------------------- metric */

struct metric_job {
    float *metric;
    const float *k;
    int ld, tokens, heads, head_dim;
};

static void metric_row(float *row, const float *k, int heads, int head_dim) {
    for (int d = 0; d < head_dim; d++) row[d] = 0;
    for (int h = 0; h < heads; h++)
        for (int d = 0; d < head_dim; d++) row[d] += k[h * head_dim + d];
    float square = 0;
    for (int d = 0; d < head_dim; d++) {
        row[d] /= (float)heads;
        square += row[d] * row[d];
    }
    /* The reference divides a zero row by zero; here it stays zero and matches nothing better than anything else. */
    const float length = sqrtf(square);
    if (length > 0)
        for (int d = 0; d < head_dim; d++) row[d] /= length;
}

static void metric_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct metric_job *job = context;
    const int end = tiles_end(tile, ROWS, job->tokens);
    for (int i = tile * ROWS; i < end; i++)
        metric_row(job->metric + (size_t)i * job->head_dim, job->k + (size_t)i * job->ld, job->heads, job->head_dim);
}

void tome_metric(struct tome *tome, const float *k, int ld, int tokens, int heads, int head_dim) {
    struct metric_job job = {tome->metric, k, ld, tokens, heads, head_dim};
    threads_run(tome->compute->threads, tiles_count(tokens, ROWS), metric_tile, &job);
}

/* ---------------------------------------------------------------- matching */

struct match_job {
    struct tome *tome;
    int tokens, head_dim;
};

/** Best destination of each source of one tile. Scores live only in a small tile, block of columns by block. */
static void match_tile(void *context, int tile, int worker) {
    const struct match_job *job = context;
    struct tome *tome = job->tome;
    const int D = job->head_dim, sources = (job->tokens + 1) / 2, destinations = job->tokens / 2;
    const int row0 = tile * MATCH_ROWS, rows = smaller(MATCH_ROWS, sources - row0);
    float *scores = tome->scores + (size_t)worker * MATCH_ROWS * MATCH_COLUMNS;

    for (int i = row0; i < row0 + rows; i++) {
        tome->node_max[i] = -INFINITY;
        tome->node_idx[i] = 0;
    }
    /* Protected tokens are the first of A and of B: the former are no sources, the latter no destinations. */
    const int sources_from = (tome->protected_tokens + 1) / 2, destinations_from = tome->protected_tokens / 2;
    for (int column = destinations_from; column < destinations; column += MATCH_COLUMNS) {
        const int columns = smaller(MATCH_COLUMNS, destinations - column);
        const struct float_product product = {
            .y = scores,
            .x = tome->metric + (size_t)(2 * row0) * (size_t)D,
            .w = tome->metric + (size_t)(2 * column + 1) * (size_t)D,
            .ldy = (size_t)columns,
            .ldx = 2 * (size_t)D,
            .ldw = 2 * (size_t)D,
            .rows = rows,
            .columns = columns,
            .n = D,
        };
        linear_multiply(tome->compute, &product, worker);
        for (int i = 0; i < rows; i++)
            tome->compute->kernels->running_best(&tome->node_max[row0 + i], &tome->node_idx[row0 + i],
                                                 scores + (size_t)i * columns, column, columns);
    }
    for (int i = row0; i < row0 + rows && i < sources_from; i++) tome->node_max[i] = -INFINITY;
}

/** Sorts the indices of `score` by falling score, equal ones by rising index: a stable merge sort. */
static int *sort_descending(const float *score, int *order, int *swap, int count) {
    for (int i = 0; i < count; i++) order[i] = i;
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            const int middle = smaller(start + width, count), end = smaller(start + 2 * width, count);
            int left = start, right = middle;
            for (int k = start; k < end; k++) {
                const bool take_right = left == middle || (right < end && score[order[right]] > score[order[left]]);
                swap[k] = take_right ? order[right++] : order[left++];
            }
        }
        int *sorted = swap;
        swap = order;
        order = sorted;
    }
    return order;
}

/** The lists of sources of each destination, in merging order. */
static void link_sources(struct tome *tome, const int *edge, int destinations, int r) {
    for (int j = 0; j < destinations; j++) tome->first[j] = -1;
    for (int k = 0; k < r; k++) {
        const int a = edge[k], b = tome->node_idx[a];
        tome->next[a] = -1;
        if (tome->first[b] < 0)
            tome->first[b] = a;
        else
            tome->next[tome->last[b]] = a;
        tome->last[b] = a;
    }
}

/**
 * Output order: protected tokens, unmerged A (by index where there are protected ones, else by falling score: the
 * reference sorts only with a class token), B. With a class and a distillation token these keep places 0 and 1, as in
 * the reference.
 */
static void order_output(struct tome *tome, int *edge, int sources, int destinations, int r) {
    const int P = tome->protected_tokens;
    if (P) {
        memset(tome->moved, 0, (size_t)sources * sizeof *tome->moved);
        for (int k = 0; k < r; k++) tome->moved[edge[k]] = 1;
        for (int a = 0, k = r; a < sources; a++)
            if (!tome->moved[a]) edge[k++] = a;
    }
    int count = 0;
    for (; count < P; count++) tome->kept[count] = count;
    for (int k = r; k < sources; k++)
        if (2 * edge[k] >= P) tome->kept[count++] = 2 * edge[k];
    for (int j = P / 2; j < destinations; j++) tome->kept[count++] = 2 * j + 1;

    for (int i = 0; i < count; i++) tome->moved[tome->kept[i]] = i;
    for (int k = 0; k < r; k++) tome->moved[2 * edge[k]] = tome->moved[2 * tome->node_idx[edge[k]] + 1];
}

void tome_match(struct tome *tome, int tokens, int head_dim, int r) {
    const int sources = (tokens + 1) / 2, destinations = tokens / 2;
    struct match_job job = {tome, tokens, head_dim};
    threads_run(tome->compute->threads, tiles_count(sources, MATCH_ROWS), match_tile, &job);
    int *edge = sort_descending(tome->node_max, tome->edge, tome->edge_swap, sources);
    link_sources(tome, edge, destinations, r);
    order_output(tome, edge, sources, destinations, r);
}

/* ---------------------------------------------------------------- merging */

struct merge_job {
    struct tome *tome;
    float *merged;
    const float *x;
    int kept, embed_dim;
};

/** The size-weighted mean place of a token and of the sources that merge into it. */
static void merge_position(const struct tome *tome, int i, int token, int first) {
    for (int axis = 0; axis < 3; axis++) {
        float sum = tome->position[3 * token + axis] * tome->size[token];
        for (int a = first; a >= 0; a = tome->next[a]) sum += tome->position[3 * (2 * a) + axis] * tome->size[2 * a];
        tome->merged_position[3 * i + axis] = sum / tome->merged_size[i];
    }
}

/** y = the size-weighted average of a token and of the sources that merge into it; returns their size. */
static float average_row(const struct merge_job *job, float *y, int token, int first) {
    const struct tome *tome = job->tome;
    const int C = job->embed_dim;
    const float *x = job->x + (size_t)token * C;
    float size = tome->size[token];
    for (int c = 0; c < C; c++) y[c] = x[c] * size;
    for (int a = first; a >= 0; a = tome->next[a]) {
        const float *source = job->x + (size_t)(2 * a) * C;
        const float source_size = tome->size[2 * a];
        for (int c = 0; c < C; c++) y[c] += source[c] * source_size;
        size += source_size;
    }
    for (int c = 0; c < C; c++) y[c] /= size;
    return size;
}

/** One output token. */
static void merge_row(const struct merge_job *job, int i) {
    const struct tome *tome = job->tome;
    const int token = tome->kept[i], first = token % 2 ? tome->first[token / 2] : -1;
    float *y = job->merged + (size_t)i * job->embed_dim;
    if (first < 0 && tome->size[token] == 1) { /* as most are at first: times 1 and by 1 */
        memcpy(y, job->x + (size_t)token * job->embed_dim, (size_t)job->embed_dim * sizeof *y);
        tome->merged_size[i] = 1;
    } else {
        tome->merged_size[i] = average_row(job, y, token, first);
    }
    if (tome->position) merge_position(tome, i, token, first);
}

static void merge_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct merge_job *job = context;
    const int end = tiles_end(tile, ROWS, job->kept);
    for (int i = tile * ROWS; i < end; i++) merge_row(job, i);
}

int tome_merge(struct tome *tome, float *merged, const float *x, int tokens, int input_tokens, int embed_dim, int r) {
    const int kept = tokens - r;
    struct merge_job job = {tome, merged, x, kept, embed_dim};
    threads_run(tome->compute->threads, tiles_count(kept, ROWS), merge_tile, &job);
    for (int i = 0; i < kept; i++) {
        tome->size[i] = tome->merged_size[i];
        tome->log_size[i] = logf(tome->size[i]);
    }
    if (tome->position) memcpy(tome->position, tome->merged_position, 3 * (size_t)kept * sizeof(float));
    for (int i = 0; i < input_tokens; i++) tome->source[i] = tome->moved[tome->source[i]];
    return kept;
}
