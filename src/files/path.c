/* SPDX-License-Identifier: MIT */
#include "files/path.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_join(const char *directory, const char *name) {
    const size_t bytes = strlen(directory) + strlen(name) + 2;
    char *path = mem_alloc(bytes, 1);
    if (path) snprintf(path, bytes, "%s/%s", directory, name);
    return path;
}

int path_descriptor(const char *path) {
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0) return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0) return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) != 0) continue;
        const char *number = path + strlen(folders[i]);
        if (*number && strlen(number) < 8 && strspn(number, "0123456789") == strlen(number)) return atoi(number);
    }
    return -1;
}

bool path_is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}
