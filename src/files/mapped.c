/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* madvise */
#include "files/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char nothing[1]; /* what an empty file maps to */

static ptm_status map(struct mapped *file, int fd, const char *path, size_t max_bytes, ptm_error *err) {
    struct stat status;
    if (fstat(fd, &status)) return error_set(err, PTM_EIO, "%s: cannot read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(err, PTM_EIO, "%s: is a %s, where a regular file was expected", path,
                         S_ISDIR(status.st_mode) ? "directory" : "pipe or device");
    if ((uintmax_t)status.st_size > max_bytes)
        return error_set(err, PTM_ELIMIT, "%s: has %jd bytes, more than the limit of %zu", path,
                         (intmax_t)status.st_size, max_bytes);
    if (status.st_size == 0) {
        *file = (struct mapped){.data = nothing};
        return PTM_OK;
    }
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        if (errno == ENOMEM) return error_no_memory(err);
        return error_set(err, PTM_EIO, "%s: cannot map into memory: %s", path, strerror(errno));
    }
    *file = (struct mapped){.data = data, .bytes = (size_t)status.st_size};
    return PTM_OK;
}

ptm_status mapped_open(struct mapped *file, const char *path, size_t max_bytes, ptm_error *err) {
    *file = (struct mapped){0};
    /* O_NONBLOCK: opening a pipe must not wait for its writer before it is refused. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return error_set(err, PTM_EIO, "%s: cannot open: %s", path, strerror(errno));
    const ptm_status status = map(file, fd, path, max_bytes, err);
    close(fd); /* the mapping stays */
    return status;
}

void mapped_close(struct mapped *file) {
    if (file->bytes) munmap((void *)file->data, file->bytes);
    *file = (struct mapped){0};
}

void mapped_forget(const struct mapped *file, const void *from, size_t bytes) {
    const uintptr_t start = (uintptr_t)file->data, first = (uintptr_t)from, page = (uintptr_t)sysconf(_SC_PAGESIZE);
    if (file->bytes == 0 || first < start || first - start > file->bytes || bytes > file->bytes - (first - start))
        return;
    const uintptr_t begin = (first + page - 1) / page * page, end = (first + bytes) / page * page;
    if (begin < end) madvise((char *)file->data + (begin - start), end - begin, MADV_DONTNEED);
}
