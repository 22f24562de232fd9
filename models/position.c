/* SPDX-License-Identifier: MIT */
#include "models/position.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

float *position_sinusoid(int tokens, int embed_dim) {
    float *table = mem_alloc((size_t)tokens * (size_t)embed_dim, sizeof *table);
    if (!table) return NULL;
    for (int j = 0; j < embed_dim; j++) {
        const double divisor = pow(10000.0, 2.0 * (j / 2) / embed_dim);
        for (int p = 0; p < tokens; p++) {
            const double angle = p / divisor;
            table[(size_t)p * (size_t)embed_dim + (size_t)j] = (float)(j % 2 ? cos(angle) : sin(angle));
        }
    }
    return table;
}

/* ---------------------------------------------------------------- bicubic, as torch resizes tables */

enum { TAPS = 4 };

/** Neighbours and weights of output place `to`: the cubic convolution with a = -0.75, border repeated. */
static void cubic_taps(int to, int size, int new_size, int *index, float *weight) {
    const float a = -0.75f;
    const float centre = ((float)to + 0.5f) * ((float)size / (float)new_size) - 0.5f;
    const float floor_centre = floorf(centre), t = centre - floor_centre;
    const float distance[TAPS] = {t + 1, t, 1 - t, 2 - t};
    for (int i = 0; i < TAPS; i++) {
        const float x = distance[i];
        const int at = (int)floor_centre - 1 + i;
        index[i] = at < 0 ? 0 : at >= size ? size - 1 : at;
        weight[i] = x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
    }
}

/** The same with antialiasing: Pillow's rule in float, a = -0.5, weights normalised; `index` and `weight` hold
 * POSITION_SIDE_MAX. */
static int antialiased_taps(int to, int size, int new_size, int *index, float *weight) {
    const float a = -0.5f, scale = (float)size / (float)new_size, stretch = scale > 1 ? scale : 1;
    const float support = 2 * stretch, centre = ((float)to + 0.5f) * scale;
    int low = (int)(centre - support + 0.5f), high = (int)(centre + support + 0.5f);
    low = low < 0 ? 0 : low;
    high = high > size ? size : high;
    float sum = 0;
    for (int i = low; i < high; i++) {
        const float x = fabsf(((float)i - centre + 0.5f) / stretch);
        index[i - low] = i;
        weight[i - low] = x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        sum += weight[i - low];
    }
    for (int i = 0; i < high - low; i++) weight[i] /= sum;
    return high - low;
}

struct taps {
    int index[POSITION_SIDE_MAX];
    float weight[POSITION_SIDE_MAX];
    int count;
};

static void find_taps(struct taps *taps, int to, int size, int new_size, bool antialias) {
    taps->count = TAPS;
    if (antialias)
        taps->count = antialiased_taps(to, size, new_size, taps->index, taps->weight);
    else
        cubic_taps(to, size, new_size, taps->index, taps->weight);
}

/** out (rows, columns, C) <- table (side, side, C) */
static void resize_table(float *out, int rows, int columns, const float *table, int side, int embed_dim,
                         bool antialias) {
    const size_t C = (size_t)embed_dim;
    struct taps down, along;
    for (int y = 0; y < rows; y++) {
        find_taps(&down, y, side, rows, antialias);
        for (int x = 0; x < columns; x++, out += C) {
            find_taps(&along, x, side, columns, antialias);
            for (size_t c = 0; c < C; c++) {
                float sum = 0;
                for (int i = 0; i < down.count; i++) {
                    const float *row = table + (size_t)down.index[i] * (size_t)side * C + c;
                    float across = 0;
                    for (int j = 0; j < along.count; j++) across += row[(size_t)along.index[j] * C] * along.weight[j];
                    sum += across * down.weight[i];
                }
                out[c] = sum;
            }
        }
    }
}

/* ---------------------------------------------------------------- tables put together */

/** Space and time apart: row (t, h, w) is space(h, w) + time(t), as MAE-ST adds them. */
static void add_space_time(float *out, const struct vit_weights *weights, const struct patch_grid *grid,
                           int embed_dim) {
    const size_t C = (size_t)embed_dim, plane = (size_t)grid->tokens[1] * (size_t)grid->tokens[2];
    for (size_t t = 0; t < (size_t)grid->tokens[0]; t++)
        for (size_t i = 0; i < plane; i++, out += C)
            for (size_t c = 0; c < C; c++) out[c] = weights->pos_space[i * C + c] + weights->pos_time[t * C + c];
}

/** The computed table: zero for special tokens that have no position, then the patches. */
static void fill_table(float *table, const struct network *network) {
    const struct vit_config *config = &network->config;
    const struct vit_weights *weights = &network->weights;
    const size_t C = (size_t)config->embed_dim;
    float *patches = table + (size_t)config->special_tokens * C;
    const size_t patch_rows = (size_t)(config->tokens - config->special_tokens);
    const bool resized = config->position == POSITION_RESIZED || config->position == POSITION_ANTIALIASED;
    const bool class_row = config->position == POSITION_CLASS || resized;
    const float *stored = weights->pos_stored;
    memset(table, 0, (size_t)config->special_tokens * C * sizeof *table);
    if (class_row) {
        memcpy(table, stored, C * sizeof *table);
        stored += C;
    }
    if (config->position == POSITION_SPACE_TIME) {
        if (weights->pos_class) memcpy(table, weights->pos_class, C * sizeof *table);
        add_space_time(patches, weights, &config->grid, config->embed_dim);
    } else if (resized) {
        resize_table(patches, config->grid.tokens[1], config->grid.tokens[2], stored, config->stored_side,
                     config->embed_dim, config->position == POSITION_ANTIALIASED);
    } else {
        memcpy(patches, stored, patch_rows * C * sizeof *patches);
    }
}

ptm_status position_prepare(struct network *network, ptm_error *err) {
    const struct vit_config *config = &network->config;
    struct vit_weights *weights = &network->weights;
    switch (config->position) {
    case POSITION_ROTARY: return PTM_OK;
    case POSITION_LEARNED: weights->pos_embed = weights->pos_stored; return PTM_OK;
    case POSITION_SINUSOID: network->computed_pos = position_sinusoid(config->tokens, config->embed_dim); break;
    default:
        network->computed_pos = mem_alloc((size_t)config->tokens * (size_t)config->embed_dim, sizeof(float));
        if (network->computed_pos) fill_table(network->computed_pos, network);
    }
    weights->pos_embed = network->computed_pos;
    return weights->pos_embed ? PTM_OK : error_no_memory(err);
}

void position_grid(float *position, const struct patch_grid *grid, const int *patch, int count) {
    for (int i = 0; i < count; i++, position += 3) {
        position[0] = (float)(patch[i] / grid->tokens[2] / grid->tokens[1]);
        position[1] = (float)(patch[i] / grid->tokens[2] % grid->tokens[1]);
        position[2] = (float)(patch[i] % grid->tokens[2]);
    }
}
