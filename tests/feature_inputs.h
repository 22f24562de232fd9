/* SPDX-License-Identifier: MIT */
/* feature_inputs: what tests of features and golden/make_features.py make alike: noise, and the CRC-32 of answers. */
#ifndef POLYTOME_TESTS_FEATURE_INPUTS_H
#define POLYTOME_TESTS_FEATURE_INPUTS_H

#include "check.h"

#include <stdint.h>

static inline uint32_t scramble(uint32_t seed, size_t i) {
    uint32_t x = (uint32_t)i * 2654435761U + seed * 2654435769U;
    x ^= x >> 15;
    x *= 0x85EBCA6BU;
    return x ^ x >> 13;
}

static inline void *must_alloc(size_t count, size_t size) {
    void *memory = malloc(count * size); /* exact, so that a sanitizer sees one byte too many */
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    return memory;
}

static inline uint32_t crc32(const void *data, size_t bytes) {
    const uint8_t *byte = data;
    uint32_t crc = 0xFFFFFFFFU;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

#endif
