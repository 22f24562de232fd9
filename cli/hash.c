/* SPDX-License-Identifier: MIT */
#include "hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes) {
    const unsigned char *byte = data;
    for (size_t i = 0; i < bytes; i++) hash = (hash ^ byte[i]) * UINT64_C(0x100000001B3);
    return hash;
}

uint64_t hash_text(uint64_t hash, const char *text) {
    return hash_bytes(hash, text, strlen(text) + 1);
}

const char *hash_print(char digits[static 17], uint64_t hash) {
    snprintf(digits, 17, "%016" PRIx64, hash);
    return digits;
}
