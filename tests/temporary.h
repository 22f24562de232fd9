/* SPDX-License-Identifier: MIT */
/* temporary: folders and files that a test makes and takes away again. */
#ifndef POLYTOME_TESTS_TEMPORARY_H
#define POLYTOME_TESTS_TEMPORARY_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEMPORARY_PATH = 1024 };

/** A new folder, its path in `path` (TEMPORARY_PATH). */
static inline bool temporary_folder(char *path) {
    const char *root = getenv("TMPDIR");
    snprintf(path, TEMPORARY_PATH, "%s/polytome-test-XXXXXX", root ? root : "/tmp");
    return mkdtemp(path) != NULL;
}

static inline void temporary_join(char *path, const char *folder, const char *name) {
    if (snprintf(path, TEMPORARY_PATH, "%s/%s", folder, name) >= TEMPORARY_PATH) abort();
}

/** A whole file as malloc()ed bytes with a 0 behind them; NULL where it cannot be read. */
static inline char *temporary_read(const char *path, size_t *bytes) {
    *bytes = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *data = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    if (!data) return NULL;
    data[size] = '\0';
    *bytes = (size_t)size;
    return data;
}

static inline bool temporary_write(const char *path, const void *data, size_t bytes) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    const bool wrote = fwrite(data, 1, bytes, file) == bytes;
    return fclose(file) == 0 && wrote;
}

/** Removes the named files of a folder, then the folder. `names` is ended by NULL. */
static inline void temporary_remove(const char *folder, const char *const *names) {
    char path[TEMPORARY_PATH];
    for (; *names; names++) {
        temporary_join(path, folder, *names);
        unlink(path);
    }
    rmdir(folder);
}

#endif
