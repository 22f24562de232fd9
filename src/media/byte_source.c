/* SPDX-License-Identifier: MIT */
#include "media/byte_source.h"

#include <errno.h>
#include <fcntl.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    READER_BYTES = 64 * 1024,
    POLL_MS = 100 /* how long a blocked read may keep `cancelled` from being asked */
};

static ptm_status examine(struct byte_source *source, ptm_error *err) {
    struct stat status;
    if (fstat(source->fd, &status) != 0)
        return error_set(err, PTM_EIO, "%s: cannot be examined: %s", source->name, strerror(errno));
    if (S_ISDIR(status.st_mode)) return error_set(err, PTM_EIO, "%s: is a directory, not a media file", source->name);
    if (!S_ISREG(status.st_mode)) return PTM_OK;
    if (status.st_size == 0) return error_set(err, PTM_ENODATA, "%s: is empty", source->name);
    /* Part of a redirected file may have been read already: the rest of it is a stream. */
    if (!source->owns_fd && lseek(source->fd, 0, SEEK_CUR) != 0) return PTM_OK;
    source->seekable = true;
    source->size = status.st_size;
    return PTM_OK;
}

ptm_status byte_source_open(struct byte_source *source, const char *path, const struct media_options *options,
                            ptm_error *err) {
    const bool standard_input = strcmp(path, "-") == 0;
    *source = (struct byte_source){.name = standard_input ? "standard input" : path,
                                   .fd = STDIN_FILENO,
                                   .size = -1,
                                   .owns_fd = !standard_input,
                                   .cancelled = options->cancelled,
                                   .user = options->user};
    if (!standard_input) {
        /* Not blocking, so that a FIFO without a writer waits in poll(), where `cancelled` is asked. */
        source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (source->fd < 0) return error_set(err, PTM_EIO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    const ptm_status status = examine(source, err);
    if (status != PTM_OK) byte_source_close(source);
    return status;
}

ptm_status byte_source_open_memory(struct byte_source *source, const void *data, size_t bytes, const char *name,
                                   const struct media_options *options, ptm_error *err) {
    *source = (struct byte_source){
        .name = name, .fd = -1, .data = data, .seekable = true, .cancelled = options->cancelled, .user = options->user};
    if (bytes == 0) return error_set(err, PTM_ENODATA, "%s: is empty", name);
    if (bytes > INT64_MAX) return error_set(err, PTM_EINVAL, "%s: %zu bytes are more than can be read", name, bytes);
    source->size = (int64_t)bytes;
    return PTM_OK;
}

void byte_source_close(struct byte_source *source) {
    if (source->owns_fd && source->fd >= 0) close(source->fd);
    source->fd = -1;
    source->owns_fd = false;
}

bool byte_source_cancelled(struct byte_source *source) {
    if (!source->interrupted && source->cancelled) source->interrupted = source->cancelled(source->user);
    return source->interrupted;
}

bool byte_source_wait(struct byte_source *source) {
    while (!byte_source_cancelled(source)) {
        struct pollfd wait = {.fd = source->fd, .events = POLLIN};
        if (poll(&wait, 1, POLL_MS) > 0 && wait.revents & POLLIN) return true;
        /* Without a writer poll() returns at once. */
        const struct timespec moment = {.tv_nsec = POLL_MS * 100000};
        if (wait.revents) nanosleep(&moment, NULL);
    }
    return false;
}

static ssize_t read_memory(const struct byte_source *source, int64_t position, uint8_t *buffer, int size) {
    if (position >= source->size) return 0;
    const int64_t left = source->size - position;
    const size_t bytes = (size_t)(left < size ? left : size);
    memcpy(buffer, source->data + position, bytes);
    return (ssize_t)bytes;
}

static ssize_t read_at(struct byte_source *source, int64_t position, uint8_t *buffer, int size) {
    ssize_t got;
    do got = pread(source->fd, buffer, (size_t)size, (off_t)position);
    while (got < 0 && errno == EINTR && !byte_source_cancelled(source)); /* a slow file server, and a signal */
    return got;
}

/** Waits for bytes of a pipe, a terminal or a device, as long as the caller lets us. */
static ssize_t read_stream(struct byte_source *source, uint8_t *buffer, int size) {
    for (;;) {
        struct pollfd wait = {.fd = source->fd, .events = POLLIN};
        const int ready = poll(&wait, 1, POLL_MS);
        if (byte_source_cancelled(source)) {
            errno = EINTR;
            return -1;
        }
        if (ready < 0 && errno != EINTR) return -1;
        if (ready <= 0) continue;
        const ssize_t got = read(source->fd, buffer, (size_t)size);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) return got;
    }
}

static int read_bytes(void *opaque, uint8_t *buffer, int size) {
    struct byte_reader *reader = opaque;
    struct byte_source *source = reader->source;
    if (byte_source_cancelled(source)) return AVERROR_EXIT;
    ssize_t got;
    if (source->fd < 0)
        got = read_memory(source, reader->position, buffer, size);
    else if (source->seekable)
        got = read_at(source, reader->position, buffer, size);
    else
        got = read_stream(source, buffer, size);
    if (source->interrupted) return AVERROR_EXIT;
    if (got < 0) {
        const int reason = errno;
        if (!reader->error) reader->failed_at = reader->position;
        if (!reader->error) reader->error = reason;
        return AVERROR(reason);
    }
    if (got == 0) return AVERROR_EOF;
    reader->position += got;
    return (int)got;
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence) {
    struct byte_reader *reader = opaque;
    int64_t base;
    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return reader->source->size;
    case SEEK_SET: base = 0; break;
    case SEEK_CUR: base = reader->position; break;
    case SEEK_END: base = reader->source->size; break;
    default: return AVERROR(EINVAL);
    }
    int64_t position;
    if (__builtin_add_overflow(base, offset, &position) || position < 0) return AVERROR(EINVAL);
    reader->position = position;
    return position;
}

ptm_status byte_reader_open(struct byte_reader *reader, struct byte_source *source, ptm_error *err) {
    *reader = (struct byte_reader){.source = source};
    uint8_t *buffer = av_malloc(READER_BYTES);
    if (!buffer) return error_no_memory(err);
    reader->io =
        avio_alloc_context(buffer, READER_BYTES, 0, reader, read_bytes, NULL, source->seekable ? seek_bytes : NULL);
    if (!reader->io) {
        av_free(buffer);
        return error_no_memory(err);
    }
    reader->io->seekable = source->seekable ? AVIO_SEEKABLE_NORMAL : 0;
    return PTM_OK;
}

void byte_reader_close(struct byte_reader *reader) {
    if (reader->io) av_freep(&reader->io->buffer); /* FFmpeg may have replaced the one that it was given */
    avio_context_free(&reader->io);
}
