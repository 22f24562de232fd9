/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath() */

#include "files/replace.h"

#include "base/memory.h"
#include "files/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NAMES = 100 }; /* temporary names to try, where other threads or dead processes hold some */

static ptm_status write_error(const char *path, ptm_error *err) {
    return error_set(err, PTM_EIO, "%s: cannot write: %s", path, strerror(errno));
}

/** Opens a new file beside `target`; its name goes to `aside`. -1 with errno where none can be made. */
static int open_aside(char *aside, size_t bytes, const char *target) {
    for (int i = 0; i < MAX_NAMES; i++) {
        snprintf(aside, bytes, "%s.%ld-%d.part", target, (long)getpid(), i);
        const int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

/** A link's target, which may be a file that is mapped and read at this moment, is replaced, not written to. */
static ptm_status find_target(struct replacement *replacement, ptm_error *err) {
    struct stat link;
    const char *path = replacement->path;
    char *resolved = NULL;
    if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) {
        resolved = realpath(path, NULL);
        if (!resolved) return write_error(path, err);
    }
    replacement->target = mem_strdup(resolved ? resolved : path);
    free(resolved);
    return replacement->target ? PTM_OK : error_no_memory(err);
}

static ptm_status open_beside(struct replacement *replacement, ptm_error *err) {
    TRY(find_target(replacement, err));
    const size_t bytes = strlen(replacement->target) + 48; /* two numbers and the suffix */
    char *aside = mem_alloc(bytes, 1);
    if (!aside) return error_no_memory(err);
    replacement->fd = open_aside(aside, bytes, replacement->target);
    if (replacement->fd >= 0) {
        struct stat old; /* whose mode stays, where the file system has modes */
        if (stat(replacement->target, &old) == 0) (void)fchmod(replacement->fd, old.st_mode & 0777);
        replacement->aside = aside;
        return PTM_OK;
    }
    const ptm_status status = write_error(replacement->path, err);
    mem_free(aside);
    return status;
}

bool replace_is_same(const char *output, const char *input) {
    struct stat a, b;
    return stat(output, &a) == 0 && stat(input, &b) == 0 && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/** A device or a pipe; of a pipe whose reader is still to come, until a signal ends the wait. -1 with errno. */
static int open_in_place(const char *path, bool pipe) {
    static const struct timespec pause = {.tv_nsec = 100000000};
    int fd;
    while ((fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NONBLOCK)) < 0)
        if (errno != ENXIO || !pipe || nanosleep(&pause, NULL) != 0) return -1;
    if (fcntl(fd, F_SETFL, 0) == 0) return fd;
    close(fd);
    return -1;
}

static void discard(struct replacement *replacement) {
    if (replacement->fd >= 0) close(replacement->fd);
    if (replacement->aside) unlink(replacement->aside);
    mem_free(replacement->aside);
    mem_free(replacement->target);
    *replacement = (struct replacement){.fd = -1};
}

/** The file that was written beside gets its name. Where it cannot, as one that is mounted there has it, it stays with
 * the name that it has: it is finished, and may have taken hours. */
static ptm_status take_name(struct replacement *replacement, ptm_error *err) {
    char *aside = replacement->aside;
    if (!aside) return PTM_OK;
    replacement->aside = NULL;
    ptm_status status = PTM_OK;
    if (rename(aside, replacement->target) != 0) {
        const int error = errno;
        const char *slash = strrchr(aside, '/');
        status = error_set(err, PTM_EIO, "%s: cannot be replaced: %s; what was written is beside it, as %s",
                           replacement->target, strerror(error), slash ? slash + 1 : aside);
    }
    mem_free(aside);
    return status;
}

ptm_status replace_open(struct replacement *replacement, const char *path, ptm_error *err) {
    *replacement = (struct replacement){.path = path, .fd = -1};
    struct stat file;
    ptm_status status = PTM_OK;
    const int descriptor = path_descriptor(path);
    if (descriptor >= 0 || (stat(path, &file) == 0 && !S_ISREG(file.st_mode))) {
        replacement->fd =
            descriptor >= 0 ? fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : open_in_place(path, S_ISFIFO(file.st_mode));
        if (replacement->fd < 0) status = write_error(path, err);
    } else {
        status = open_beside(replacement, err);
    }
    if (status != PTM_OK) discard(replacement);
    return status;
}

ptm_status replace_end(struct replacement *replacement, ptm_status status, ptm_error *err) {
    const int fd = replacement->fd;
    replacement->fd = -1;
    /* Some file systems tell only when a file is closed that the disk is full. */
    const bool closed = close(fd) == 0;
    if (status == PTM_OK) status = closed ? take_name(replacement, err) : write_error(replacement->path, err);
    discard(replacement);
    return status;
}

static ptm_status write_piece(const struct replacement *replacement, const struct piece *piece, ptm_error *err) {
    const char *data = piece->data;
    for (size_t left = piece->bytes; left;) {
        const ssize_t written = write(replacement->fd, data, left);
        if (written >= 0) {
            data += written;
            left -= (size_t)written;
        } else if (errno != EINTR) {
            return write_error(replacement->path, err);
        }
    }
    return PTM_OK;
}

ptm_status replace_file(const char *path, const struct piece *pieces, int count, bool (*cancelled)(void *user),
                        void *user, ptm_error *err) {
    struct replacement replacement;
    TRY(replace_open(&replacement, path, err));
    ptm_status status = PTM_OK;
    for (int i = 0; i < count && status == PTM_OK; i++)
        status = cancelled && cancelled(user) ? error_set(err, PTM_EINTERRUPTED, "%s: interrupted", path)
                                              : write_piece(&replacement, &pieces[i], err);
    return replace_end(&replacement, status, err);
}
