/* SPDX-License-Identifier: MIT */
/* well_formed: a small judge of the SVG that is written here; it has a test of its own in test_explain.c. */
#ifndef POLYTOME_TESTS_WELL_FORMED_H
#define POLYTOME_TESTS_WELL_FORMED_H

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/** Length of the name at `text`. */
static inline size_t name_length(const char *text) {
    size_t length = 0;
    while (isalnum((unsigned char)text[length]) || text[length] == ':' || text[length] == '-') length++;
    return length;
}

/** Past a tag's attributes, name="value" each; NULL where they are not well-formed. */
static inline const char *skip_attributes(const char *at) {
    while (*at == ' ') {
        at++;
        const size_t length = name_length(at);
        if (length == 0 || at[length] != '=' || at[length + 1] != '"') return NULL;
        at += length + 2;
        while (*at && *at != '"' && *at != '<') at++;
        if (*at++ != '"') return NULL;
    }
    return at;
}

/** Elements that are opened, closed in turn, and text with known entities only. Counts the <title>s. */
static inline bool well_formed(const char *at, int *titles) {
    char stack[16][16];
    int depth = 0, roots = 0;
    *titles = 0;
    if (strncmp(at, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", 38) != 0) return false;
    for (at += 38; *at;) {
        if (*at == '&' && strncmp(at, "&lt;", 4) != 0 && strncmp(at, "&gt;", 4) != 0 && strncmp(at, "&amp;", 5) != 0)
            return false;
        if (*at++ != '<') continue;
        const bool closing = *at == '/';
        at += closing;
        const size_t length = name_length(at);
        if (length == 0 || length >= sizeof stack[0]) return false;
        if (closing) {
            if (depth == 0 || strlen(stack[depth - 1]) != length || strncmp(stack[depth - 1], at, length) != 0)
                return false;
            depth--;
            at += length;
        } else {
            roots += depth == 0;
            if (depth == 16) return false;
            snprintf(stack[depth], sizeof stack[0], "%.*s", (int)length, at);
            *titles += strcmp(stack[depth++], "title") == 0;
            at = skip_attributes(at + length);
            if (!at) return false;
            if (*at == '/') {
                depth--;
                at++;
            }
        }
        if (*at++ != '>') return false;
    }
    return depth == 0 && roots == 1;
}

#endif
