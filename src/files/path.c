/* SPDX-License-Identifier: MIT */
#include "files/path.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

char *path_join(const char *directory, const char *name) {
    const size_t bytes = strlen(directory) + strlen(name) + 2;
    char *path = mem_alloc(bytes, 1);
    if (path) snprintf(path, bytes, "%s/%s", directory, name);
    return path;
}

bool path_is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}
