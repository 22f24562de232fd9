/* SPDX-License-Identifier: MIT */
/* demux: a byte source as an FFmpeg format context that can reach nothing beyond those bytes. */
#ifndef POLYTOME_MEDIA_DEMUX_H
#define POLYTOME_MEDIA_DEMUX_H

#include "media/byte_source.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

/** Reads that may fail in a row: after more the data has ended, or the connection is lost. */
enum { DEMUX_MAX_FAILED_READS = 32 };

/** What the caller knows of the bytes; both as FFmpeg names them. */
struct demux_form {
    const char *format;   /* NULL: told by the content */
    const char *settings; /* of the demuxer, "name=value:name=value"; NULL: none */
};

struct demux {
    struct byte_reader reader;
    AVFormatContext *format;
    const struct demux_form *form; /* may be NULL */
    int64_t max_pixels;            /* of the decoders that look at the first packets */
    int too_wide, too_high;        /* size of a picture stream beyond max_pixels; 0 where there is none */
    int refused;                   /* other files that the input asked to open */
};

/** Finds the format, reads the header and the first packets; of a bare picture (png_pipe ...) size and pixel format may
 * stay unknown until it is decoded. `demux` must not move until the close, and `form` (may be NULL) must outlive it. */
ptm_status demux_open(struct demux *demux, struct byte_source *source, const struct demux_form *form,
                      int64_t max_pixels, ptm_error *err);

/**
 * PTM_EIO where a read has failed (a disk, a file server): FFmpeg may take that for the end, or for damage that it
 * steps over, and what is left would pass for the whole. This sentence replaces one that was said before.
 */
ptm_status demux_check_read(const struct demux *demux, ptm_error *err);

/** PTM_EFORMAT, of a source, called `name`, that cannot seek and of which no packet could be read: a reason that the
 * user can mend. */
ptm_status demux_refuse_unseekable(const struct demux *demux, const char *name, ptm_error *err);

/** Closes it and opens it again, at the beginning; the source must be seekable. Streams are other objects then. */
ptm_status demux_reopen(struct demux *demux, ptm_error *err);

/** Closes what demux_open() opened, wholly or in part. */
void demux_close(struct demux *demux);

/** Whether the format is one of single pictures, as they are: png_pipe, jpeg_pipe, webp_pipe ... */
bool demux_holds_bare_pictures(const AVInputFormat *format);

/** Reads the first packets of a context whose header is read; PTM_EFORMAT where it holds no stream at all. */
ptm_status demux_examine(struct demux *demux, const char *name, ptm_error *err);

/** `settings` of a demux_form as options for FFmpeg, to be freed by the caller also after a failure. The whitelists
 * (NULL: all) go before what the settings say. */
ptm_status demux_parse_settings(AVDictionary **options, const char *settings, const char *protocols,
                                const char *formats, ptm_error *err);

/** PTM_EINVAL where the demuxer left an option unused: it does not know it. Frees the options. */
ptm_status demux_check_settings(AVDictionary **options, const char *name, const char *format, ptm_error *err);

#endif
