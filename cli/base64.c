/* SPDX-License-Identifier: MIT */
#include "base64.h"

enum { INVALID = 64 };

static unsigned value_of(char digit) {
    if (digit >= 'A' && digit <= 'Z') return (unsigned)(digit - 'A');
    if (digit >= 'a' && digit <= 'z') return (unsigned)(digit - 'a') + 26;
    if (digit >= '0' && digit <= '9') return (unsigned)(digit - '0') + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : INVALID;
}

size_t base64_room(size_t length) {
    return length / 4 * 3;
}

/** Four digits, of which the last `padding` are "=", as three bytes less the padding. */
static bool decode_group(unsigned char *out, const char *digits, int padding) {
    unsigned bits = 0;
    for (int i = 0; i < 4; i++) {
        const unsigned value = i < 4 - padding ? value_of(digits[i]) : 0;
        if (value == INVALID) return false;
        bits = bits << 6 | value;
    }
    if (bits & ((1u << 8 * padding) - 1)) return false; /* what the padding cuts off must be 0 */
    for (int i = 0; i < 3 - padding; i++) out[i] = (unsigned char)(bits >> (16 - 8 * i));
    return true;
}

bool base64_decode(unsigned char *out, size_t *count, const char *text, size_t length) {
    if (length % 4 != 0) return false;
    int padding = 0;
    while (padding < 2 && length > 0 && text[length - 1 - (size_t)padding] == '=') padding++;
    for (size_t at = 0; at < length; at += 4)
        if (!decode_group(out + at / 4 * 3, text + at, at + 4 == length ? padding : 0)) return false;
    *count = base64_room(length) - (size_t)padding;
    return true;
}
