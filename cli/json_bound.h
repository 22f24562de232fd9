/* SPDX-License-Identifier: MIT */
/* json_bound: a line of a stranger's is parsed only where its values fit into memory, as the library's files are. */
#ifndef POLYTOME_CLI_JSON_BOUND_H
#define POLYTOME_CLI_JSON_BOUND_H

#include <stdbool.h>
#include <stddef.h>

/** Whether there are few enough: a value takes some hundred bytes of memory, and as little as two of text. */
static inline bool json_is_bounded(const char *text, size_t bytes) {
    enum { VALUES_MAX = 1 << 20 };
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++) count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return count <= VALUES_MAX;
}

#endif
