/* SPDX-License-Identifier: MIT */
/* random: numbers that are the same in every run. */
#ifndef POLYTOME_TESTS_RANDOM_H
#define POLYTOME_TESTS_RANDOM_H

#include <stdint.h>

/** Marsaglia's xorshift32; the state is never 0. */
static inline uint32_t random_bits(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/** In [-1, 1). */
static inline float random_uniform(uint32_t *state) {
    return (float)(random_bits(state) >> 8) * 0x1p-23f - 1;
}

#endif
