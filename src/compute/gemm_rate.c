/* SPDX-License-Identifier: MIT */
#include "compute/gemm_rate.h"

#include "base/clock.h"
#include "compute/linear.h"

double gemm_rate_measure(const struct compute *compute, float *a, float *b, float *c, int size) {
    const size_t count = (size_t)size * (size_t)size;
    for (size_t i = 0; i < count; i++) {
        a[i] = (float)(i % 7) - 3;
        b[i] = (float)(i % 5) - 2;
    }
    const struct linear_layer layer = {.w = b, .in = size, .out = size};
    const struct linear_rows rows = {.y = c, .ldy = (size_t)size, .x = a, .ldx = (size_t)size, .rows = size};
    const double start = clock_ms(), slice = 300;
    double now = start, best = 0;
    do {
        linear(compute, &layer, &rows);
        const double end = clock_ms(), gflops = 2e-6 * (double)count * size / (end - now);
        if (gflops > best) best = gflops;
        now = end;
    } while (now - start < slice);
    return best;
}
