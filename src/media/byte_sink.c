/* SPDX-License-Identifier: MIT */
#include "media/byte_sink.h"

#include <errno.h>
#include <libavutil/error.h>
#include <libavutil/mem.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16 };

ptm_status byte_sink_failure(int code, const char *name, ptm_error *err) {
    if (code == AVERROR(ENOMEM)) return error_no_memory(err);
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, reason, sizeof reason);
    return error_set(err, PTM_EIO, "%s: cannot write: %s", name, reason);
}

#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t *written_data;
#else
typedef uint8_t *written_data;
#endif

static int write_bytes(void *opaque, written_data data, int bytes) {
    const struct byte_sink *sink = opaque;
    for (int done = 0; done < bytes;) {
        const ssize_t written = write(sink->fd, data + done, (size_t)(bytes - done));
        if (written > 0)
            done += (int)written;
        else if (written < 0 && errno != EINTR)
            return AVERROR(errno);
    }
    return bytes;
}

static int64_t seek_bytes(void *opaque, int64_t offset, int whence) {
    const struct byte_sink *sink = opaque;
    if (whence == AVSEEK_SIZE) return AVERROR(ENOSYS);
    const off_t position = lseek(sink->fd, (off_t)offset, whence & ~AVSEEK_FORCE);
    return position < 0 ? AVERROR(errno) : position;
}

int byte_sink_open(struct byte_sink *sink, int fd) {
    *sink = (struct byte_sink){.fd = fd};
    uint8_t *buffer = av_malloc(BUFFER_BYTES);
    sink->io = buffer ? avio_alloc_context(buffer, BUFFER_BYTES, 1, sink, NULL, write_bytes, seek_bytes) : NULL;
    if (sink->io) return 0;
    av_free(buffer);
    return AVERROR(ENOMEM);
}

int byte_sink_flush(struct byte_sink *sink) {
    avio_flush(sink->io);
    return sink->io->error;
}

void byte_sink_close(struct byte_sink *sink) {
    if (sink->io) av_freep(&sink->io->buffer);
    avio_context_free(&sink->io);
}
