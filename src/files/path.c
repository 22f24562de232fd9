/* SPDX-License-Identifier: MIT */
#include "files/path.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_join(const char *directory, const char *name) {
    const size_t length = strlen(directory), bytes = length + strlen(name) + 2;
    const bool slash = length > 0 && directory[length - 1] == '/';
    char *path = mem_alloc(bytes, 1);
    if (path) snprintf(path, bytes, "%s%s%s", directory, slash ? "" : "/", name);
    return path;
}

ptm_status path_find(char **path, const char *directory, const char *name, ptm_error *err) {
    *path = path_join(directory, name);
    if (!*path) return error_no_memory(err);
    if (path_is_file(*path)) return PTM_OK;
    mem_free(*path);
    *path = NULL;
    return PTM_OK;
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
