/* SPDX-License-Identifier: MIT */
#include "pipelines/self_test.h"

/** x[i] = ((i * 7919) mod 1000) / 500 - 1, i counting along c, t, h, w of the patch grid's input. */
static void fill_ramp(float *input, const struct patch_grid *grid) {
    int64_t i = 0;
    for (int c = 0; c < grid->channels; c++)
        for (int t = 0; t < grid->size[0]; t++)
            for (int h = 0; h < grid->size[1]; h++)
                for (int w = 0; w < grid->size[2]; w++, i++)
                    input[c * grid->step[0] + t * grid->step[1] + h * grid->step[2] + w * grid->step[3]] =
                        (float)((double)(i * 7919 % 1000) / 500 - 1);
}

ptm_status self_test_forward(struct lane *lane, const char *r, ptm_error *err) {
    fill_ramp(lane->input, &lane->network->config.grid);
    TRY(vit_set_merge(&lane->vit, r, lane->network->prop_attn, err));
    return vit_forward(&lane->vit, lane->input, err);
}
