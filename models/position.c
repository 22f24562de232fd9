/* SPDX-License-Identifier: MIT */
#include "models/position.h"

#include "base/memory.h"

#include <math.h>

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
