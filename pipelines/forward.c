/* SPDX-License-Identifier: MIT */
#include "pipelines/forward.h"

#include "pipelines/session.h"
#include "pipelines/session_use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/** `most` windows: the first axis. */
static ptm_status check_shape(const struct network *network, int most, const int *shape, int rank, ptm_error *err) {
    int expected[5];
    const int expected_rank = network_input_shape(network, expected);
    if (most > 1 && rank == expected_rank && shape[0] >= 1 && shape[0] <= most) expected[0] = shape[0];
    if (rank == expected_rank && memcmp(shape, expected, (size_t)rank * sizeof *shape) == 0) return PTM_OK;
    if (most > 1 && rank == expected_rank && (shape[0] < 1 || shape[0] > most))
        return error_set(err, PTM_EINVAL, "a batch of %d prepared inputs; this session takes 1 to %d", shape[0], most);
    char text[64];
    size_t used = 0;
    for (int i = 0; i < expected_rank; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", i ? "," : "", expected[i]);
    return error_set(err, PTM_EINVAL, "the prepared input should have shape (%s)", text);
}

static ptm_status check_finite(const float *input, size_t count, ptm_error *err) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(input[i]))
            return error_set(err, PTM_EFORMAT, "value %zu of the prepared input is not a finite number", i);
    return PTM_OK;
}

ptm_status forward_check_input(const struct network *network, int most, const float *input, const int *shape, int rank,
                               ptm_error *err) {
    TRY(check_shape(network, most, shape, rank, err));
    return check_finite(input, (size_t)shape[0] * network_input_count(network), err);
}

ptm_status ptm_forward(ptm_session *session, ptm_modality modality, const float *input, const int *shape, int rank,
                       float *logits, int32_t *source, ptm_error *err) {
    error_clear(err);
    struct lane *lane;
    TRY(session_need_lane(session, modality, &lane, err));
    TRY(session_check_idle(session, err));
    struct vit *vit = &lane->vit;
    const size_t labels = (size_t)lane->network->config.num_labels, tokens = (size_t)lane->network->config.tokens;
    const size_t count = network_input_count(lane->network);
    TRY(forward_check_input(lane->network, vit->capacity, input, shape, rank, err));
    vit_begin(vit);
    for (int i = 0; i < shape[0]; i++) vit_put(vit, input + (size_t)i * count, EMBED_NOWHERE);
    vit_run(vit);
    for (int i = 0; i < shape[0]; i++) {
        const struct vit_window *window = &vit->windows[i];
        TRY(vit_check_finite(vit, window, err));
        memcpy(logits + (size_t)i * labels, window->logits, labels * sizeof *logits);
        if (source) memcpy(source + (size_t)i * tokens, window->tome.source, tokens * sizeof *source);
    }
    return PTM_OK;
}
