/* SPDX-License-Identifier: MIT */
/* bf16: the upper half of a float's bits. */
#ifndef POLYTOME_BASE_BF16_H
#define POLYTOME_BASE_BF16_H

#include <stdint.h>
#include <string.h>

/** Rounded, ties to even. */
static inline uint16_t bf16_from_float(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0; /* NaN, which rounding could turn into an infinity */
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/** Exact; infinities and NaN payloads pass unchanged. */
static inline float bf16_to_float(uint16_t value) {
    const uint32_t bits = (uint32_t)value << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
