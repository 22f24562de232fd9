/* SPDX-License-Identifier: MIT */
#include "models/rotary.h"

#include "compute/tiles.h"

#include <math.h>

enum { ROWS = 16, HALF_MAX = ROTARY_HEAD_DIM_MAX / 6 };

struct rotary_job {
    float *q, *k;
    const float *position;
    int ld, tokens, heads, head_dim;
};

/** One group of channels of one head: pairs of neighbours, sine and cosine of each channel's own angle. */
static void turn_group(float *x, const float *sine, const float *cosine, int half) {
    for (int i = 0; i < half; i++) {
        const int a = 2 * i, b = 2 * i + 1;
        const float xa = x[a], xb = x[b];
        x[a] = xa * cosine[a % half] - xb * sine[a % half];
        x[b] = xb * cosine[b % half] + xa * sine[b % half];
    }
}

static void turn_token(const struct rotary_job *job, int token) {
    const int group = 2 * (job->head_dim / 3 / 2), half = group / 2;
    float sine[HALF_MAX], cosine[HALF_MAX];
    for (int axis = 0; axis < 3; axis++) {
        for (int i = 0; i < half; i++) {
            const float omega = 1 / powf(10000, (float)i / (float)half);
            sine[i] = sinf(job->position[3 * token + axis] * omega);
            cosine[i] = cosf(job->position[3 * token + axis] * omega);
        }
        for (int h = 0; h < job->heads; h++) {
            const size_t at = (size_t)token * (size_t)job->ld + (size_t)(h * job->head_dim + axis * group);
            turn_group(job->q + at, sine, cosine, half);
            turn_group(job->k + at, sine, cosine, half);
        }
    }
}

static void turn_tile(void *context, int tile, int worker) {
    (void)worker;
    const struct rotary_job *job = context;
    const int end = tiles_end(tile, ROWS, job->tokens);
    for (int i = tile * ROWS; i < end; i++) turn_token(job, i);
}

void rotary_turn(const struct compute *compute, float *q, float *k, int ld, const float *position, int tokens,
                 int heads, int head_dim) {
    struct rotary_job job = {q, k, position, ld, tokens, heads, head_dim};
    threads_run(compute->threads, tiles_count(tokens, ROWS), turn_tile, &job);
}
