/* SPDX-License-Identifier: MIT */
/* file_bytes: what the tests of file formats share: bytes of a file in memory, and folders to put them into. */
#ifndef POLYTOME_TESTS_FILE_BYTES_H
#define POLYTOME_TESTS_FILE_BYTES_H

#include "check.h"
#include "temporary.h"

#include <dirent.h>
#include <unistd.h>

/** Bytes on the heap, of exactly their length, so that a sanitizer sees every read beyond them. */
struct blob {
    unsigned char *data;
    size_t bytes;
};

static inline struct blob blob_of(const void *data, size_t bytes) {
    struct blob blob = {malloc(bytes ? bytes : 1), bytes};
    CU_ASSERT_PTR_NOT_NULL_FATAL(blob.data);
    if (bytes) memcpy(blob.data, data, bytes);
    return blob;
}

/** Asserts a failure's status and that its sentence has `part` in it. */
static inline void expect_error(ptm_status found, const ptm_error *err, ptm_status expected, const char *part) {
    const bool good = found == expected && err->status == expected && strstr(err->message, part);
    if (!good) printf("\n    status %d, \"%s\": expected %d, \"%s\"\n", found, err->message, expected, part);
    CU_ASSERT_TRUE(good);
}

/** A fresh directory, and the files that a test puts there. */
struct folder {
    char path[TEMPORARY_PATH];
};

static inline struct folder make_folder(void) {
    struct folder folder;
    CU_ASSERT_FATAL(temporary_folder(folder.path));
    return folder;
}

static inline const char *path_in(const struct folder *folder, const char *name) {
    static char path[TEMPORARY_PATH];
    temporary_join(path, folder->path, name);
    return path;
}

static inline void write_file(const struct folder *folder, const char *name, struct blob blob) {
    CU_ASSERT_FATAL(temporary_write(path_in(folder, name), blob.data, blob.bytes));
    free(blob.data);
}

static inline void write_text(const struct folder *folder, const char *name, const char *text) {
    write_file(folder, name, blob_of(text, strlen(text)));
}

static inline int count_files(const struct folder *folder) {
    int count = 0;
    DIR *dir = opendir(folder->path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static inline void remove_folder(const struct folder *folder) {
    DIR *dir = opendir(folder->path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') unlink(path_in(folder, entry->d_name));
    closedir(dir);
    CU_ASSERT_EQUAL(rmdir(folder->path), 0);
}

#endif
