/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath() */

#include "files/replace.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAMES = 100 }; /* temporary names to try, where other threads or dead processes hold some */

static ptm_status write_error(const char *path, ptm_error *err) {
    return error_set(err, PTM_EIO, "%s: cannot write: %s", path, strerror(errno));
}

/** Writes all pieces and closes the file, whatever happens. 0, or -1 with errno. */
static int write_and_close(int fd, const struct piece *pieces, int count) {
    int result = 0;
    for (int i = 0; i < count && !result; i++) {
        const char *data = pieces[i].data;
        for (size_t left = pieces[i].bytes; left && !result;) {
            const ssize_t written = write(fd, data, left);
            if (written >= 0) {
                data += written;
                left -= (size_t)written;
            } else if (errno != EINTR) {
                result = -1;
            }
        }
    }
    const int write_errno = errno;
    if (close(fd) && !result) return -1; /* some file systems tell only now that the disk is full */
    errno = write_errno;
    return result;
}

/** Opens a new file beside `path`; its name goes to `aside`. -1 with errno where none can be made. */
static int open_aside(char *aside, size_t bytes, const char *path) {
    for (int i = 0; i < MAX_NAMES; i++) {
        snprintf(aside, bytes, "%s.%ld-%d.part", path, (long)getpid(), i);
        const int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

static ptm_status write_in_place(const char *path, const struct piece *pieces, int count, ptm_error *err) {
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || write_and_close(fd, pieces, count)) return write_error(path, err);
    return PTM_OK;
}

static ptm_status write_aside(const char *path, const struct piece *pieces, int count, ptm_error *err) {
    const size_t bytes = strlen(path) + 48; /* two numbers and the suffix */
    char *aside = mem_alloc(bytes, 1);
    if (!aside) return error_no_memory(err);
    ptm_status status = PTM_OK;
    const int fd = open_aside(aside, bytes, path);
    if (fd < 0) {
        status = write_error(path, err);
    } else if (write_and_close(fd, pieces, count) || rename(aside, path)) {
        status = write_error(path, err);
        unlink(aside);
    }
    mem_free(aside);
    return status;
}

/** A link stays a link, and what it points to is replaced: it may be a file that is mapped and read at this moment. */
static ptm_status write_linked(const char *path, const struct piece *pieces, int count, ptm_error *err) {
    char *target = realpath(path, NULL);
    if (!target) return write_error(path, err);
    const ptm_status status = write_aside(target, pieces, count, err);
    free(target);
    return status;
}

ptm_status replace_file(const char *path, const struct piece *pieces, int count, ptm_error *err) {
    struct stat status, link;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) return write_in_place(path, pieces, count, err);
    const bool linked = lstat(path, &link) == 0 && S_ISLNK(link.st_mode);
    return linked ? write_linked(path, pieces, count, err) : write_aside(path, pieces, count, err);
}
