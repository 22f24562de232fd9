/* SPDX-License-Identifier: MIT */
#include "models/run_length.h"

#include "models/datasets.h"

#include <math.h>

static const float imagenet_std[3] = IMAGENET_STD;

void run_length_place(struct run_length *runs, struct arena *arena, const struct vit_config *config) {
    const size_t plane = (size_t)config->grid.tokens[1] * (size_t)config->grid.tokens[2];
    runs->token = arena_take(arena, (size_t)config->tokens, sizeof *runs->token);
    runs->latest = arena_take(arena, plane, sizeof *runs->latest);
}

/** The model's own normalisation is undone, and ImageNet's put in its place, so that a threshold means the same for
 * every model: one factor for each channel, as the means cancel out. */
static void channel_factors(float factor[3], const struct pixels_spec *pixels) {
    const double rescale = pixels->do_rescale ? pixels->rescale_factor : 1;
    for (int c = 0; c < 3; c++) {
        const double std = pixels->do_normalize ? pixels->std[c] : 1;
        factor[c] = (float)(std / (255 * rescale * (double)imagenet_std[c]));
    }
}

/** Mean over channels and pixels of one patch in two frames. */
static float mean_difference(const struct patch_grid *grid, const float factor[3], const float *a, const float *b) {
    float sum = 0;
    for (int c = 0; c < grid->channels; c++) {
        float channel = 0;
        for (int h = 0; h < grid->patch[1]; h++) {
            const ptrdiff_t row = c * grid->step[0] + h * grid->step[2];
            for (int w = 0; w < grid->patch[2]; w++)
                channel += fabsf(a[row + w * grid->step[3]] - b[row + w * grid->step[3]]);
        }
        sum += channel * factor[c];
    }
    return sum / (float)(grid->channels * grid->patch[1] * grid->patch[2]);
}

/** Does the patch at (k, h, w) show what the tube before it showed? */
static bool stands_still(const struct run_length *runs, const struct patch_grid *grid, const float factor[3],
                         const float *input, int k, int h, int w) {
    const ptrdiff_t corner = h * grid->stride[1] * grid->step[2] + w * grid->stride[2] * grid->step[3];
    const ptrdiff_t last = k * grid->stride[0] + grid->patch[0] - 1, first = (k - 1) * grid->stride[0];
    const float *now = input + corner + last * grid->step[1], *before = input + corner + first * grid->step[1];
    return mean_difference(grid, factor, now, before) <= runs->threshold;
}

/** Every token enters. */
static int take_all(struct run_length *runs, int tokens) {
    for (int i = 0; i < tokens; i++) runs->token[i] = i;
    runs->share = 0;
    return tokens;
}

int run_length_find(struct run_length *runs, const struct network *network, const float *input, struct tome *tome) {
    const struct vit_config *config = &network->config;
    const struct patch_grid *grid = &config->grid;
    const int special = config->special_tokens, plane = grid->tokens[1] * grid->tokens[2];
    if (!(runs->threshold > 0) || network->modality != PTM_VIDEO) return take_all(runs, config->tokens);

    float factor[3];
    channel_factors(factor, &network->picture.pixels);
    int count = 0;
    for (int i = 0; i < config->tokens; i++) {
        const int patch = i - special, place = patch % plane, k = patch / plane;
        const int h = place / grid->tokens[2], w = place % grid->tokens[2];
        if (i >= tome->protected_tokens && k > 0 && stands_still(runs, grid, factor, input, k, h, w)) {
            tome->source[i] = runs->latest[place];
            tome->size[runs->latest[place]]++;
            continue;
        }
        if (i >= special) runs->latest[place] = count;
        tome->source[i] = count;
        runs->token[count++] = i;
    }
    for (int i = 0; i < count; i++) tome->log_size[i] = logf(tome->size[i]);
    runs->share = (double)(config->tokens - count) / (config->tokens - special);
    return count;
}
