/* SPDX-License-Identifier: MIT */
/* stamp: what tells a file from the one that stood there before. */
#ifndef POLYTOME_CLI_STAMP_H
#define POLYTOME_CLI_STAMP_H

#include <stdbool.h>
#include <stdint.h>

struct stamp {
    int64_t size;
    int64_t modified; /* nanoseconds since 1970 */
    uint64_t inode;   /* the device is left out: its number changes from mount to mount */
};

/** False where `path` is no regular file, as standard input ("-") never is. */
bool stamp_read(struct stamp *stamp, const char *path);

bool stamp_equal(const struct stamp *a, const struct stamp *b);

#endif
