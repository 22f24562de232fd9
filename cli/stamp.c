/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <string.h>
#include <sys/stat.h>

bool stamp_read(struct stamp *stamp, const char *path) {
    *stamp = (struct stamp){0};
    struct stat status;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    stamp->size = status.st_size;
    stamp->modified = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    stamp->inode = status.st_ino;
    return true;
}

bool stamp_equal(const struct stamp *a, const struct stamp *b) {
    return a->size == b->size && a->modified == b->modified && a->inode == b->inode;
}
