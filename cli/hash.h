/* SPDX-License-Identifier: MIT */
/* hash: FNV-1a of 64 bits, which says the same on every machine and in every version. */
#ifndef POLYTOME_CLI_HASH_H
#define POLYTOME_CLI_HASH_H

#include <stddef.h>
#include <stdint.h>

/** The hash of nothing, to begin with. */
#define HASH_START UINT64_C(0xCBF29CE484222325)

/** `hash` carried on over `bytes` bytes. */
uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes);

/** `hash` carried on over the text and the NUL at its end, so that "a", "bc" and "ab", "c" differ. */
uint64_t hash_text(uint64_t hash, const char *text);

/** 16 hexadecimal digits into `digits`. */
const char *hash_print(char digits[static 17], uint64_t hash);

#endif
