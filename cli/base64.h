/* SPDX-License-Identifier: MIT */
/* base64: bytes inside of JSON (RFC 4648: padded, without line breaks). */
#ifndef POLYTOME_CLI_BASE64_H
#define POLYTOME_CLI_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/** Bytes that base64_decode() may write for `length` characters. */
size_t base64_room(size_t length);

/** The bytes that `text` stands for into `out`, and their number into *count. False where it is no base 64. */
bool base64_decode(unsigned char *out, size_t *count, const char *text, size_t length);

#endif
