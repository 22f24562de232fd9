/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

/** Times that file systems have and 64 bits of nanoseconds do not are the last, or first, that these can tell. */
static int64_t nanoseconds(const struct timespec *time) {
    const int64_t most = INT64_MAX / 1000000000 - 1;
    if (time->tv_sec > most) return INT64_MAX;
    if (time->tv_sec < -most) return INT64_MIN;
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

bool stamp_read(struct stamp *stamp, const char *path) {
    *stamp = (struct stamp){0};
    struct stat status;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    stamp->size = status.st_size;
    stamp->modified = nanoseconds(&status.st_mtim);
    stamp->inode = status.st_ino;
    return true;
}

bool stamp_equal(const struct stamp *a, const struct stamp *b) {
    return a->size == b->size && a->modified == b->modified && a->inode == b->inode;
}
