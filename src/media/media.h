/* SPDX-License-Identifier: MIT */
/*
 * media: a file or standard input as pictures and sound in time order. One open and one demux pass decode both streams.
 * FFmpeg stays behind this header.
 *
 * FFmpeg's log: opening sets its level to quiet if the process has left it at FFmpeg's default, because nothing else
 * keeps a damaged file from filling stderr. A program that has chosen a level (av_log_set_level) keeps it.
 */
#ifndef POLYTOME_MEDIA_MEDIA_H
#define POLYTOME_MEDIA_MEDIA_H

#include "base/area.h"
#include "base/error.h"

struct media_options {
    bool want_video, want_audio;
    int sample_rate;               /* of the mono float samples delivered; needed with want_audio */
    double start, duration;        /* seconds of the file's own clock; duration 0: to the end */
    int64_t max_pixels;            /* of one frame: PTM_ELIMIT beyond */
    int64_t max_frames;            /* decoded frames */
    double max_seconds;            /* media time delivered */
    bool (*cancelled)(void *user); /* may be NULL; also ends blocking reads */
    void *user;
};

/** What the header and the first packets say. Times in seconds; the file's first time stamp is 0. */
struct media_info {
    bool has_video, has_audio;
    const char *no_video,
        *no_audio;     /* why not: "no video stream", "only cover art", "no decoder for codec xyz" ...; or NULL */
    double duration;   /* 0: not known */
    double frame_rate; /* average, or the guessed one; 0: not known */
    int width, height; /* upright; 0: not known before it is decoded (a picture alone in a file) */
    int pixel_width, pixel_height; /* shape of a pixel as it is shown, upright; 0: square, or not known */
    int rotation;                  /* degrees clockwise by which pictures are turned: 0, 90, 180, 270 */
    int source_sample_rate, source_channels;
    bool seekable;
    bool is_still; /* one picture, of an image format */
};

enum media_kind {
    MEDIA_END,
    MEDIA_FRAME,
    MEDIA_SAMPLES,
    MEDIA_FRAMES_LOST, /* of live.h: there are no more for now, */
    MEDIA_SAMPLES_LOST /* nor of these */
};

/** One delivery; pointers are valid until the next call. */
struct media_item {
    enum media_kind kind;
    double time;    /* seconds: of the frame's display, or of the first sample */
    double end;     /* MEDIA_FRAME: when the next frame replaces it (the decoder runs one frame ahead, or an index
                       tells); the last frame's own duration, or one frame interval, decides where there is no next */
    int64_t index;  /* number of the frame, or of the first sample at sample_rate, among those of the range */
    double arrived; /* UNIX time at which it came in; 0 of a file (see live.h) */
    /* MEDIA_SAMPLES */
    const float *samples;
    int count;
    /* MEDIA_FRAME: the picture is converted only when media_frame_rgb() or media_frame_area() asks */
};

/** A picture, or the part of one that was asked for: upright 8-bit RGB. */
struct media_picture {
    const uint8_t *rgb; /* (height, width, 3) */
    int width, height;
    ptrdiff_t stride;
};

struct media_stats {
    int64_t frames_decoded, samples_decoded;
    int64_t frames_passed_over;     /* of frames_decoded: not decoded, as no wanted frame needs them */
    int decode_errors;              /* damaged packets, frames or reads passed over, in all */
    int video_errors, audio_errors; /* of these, in one stream only */
    int rotation;                   /* degrees clockwise by which the last picture was turned */
    bool frame_rate_clock;          /* no usable time stamps: the frame rate was the clock */
    double video_end, audio_end;    /* end of what was decoded, seconds */
    int decoders_opened;            /* one for each stream: a file is decoded once */
    bool misled; /* its packets promised other frames than came: wanted ones are missing, read it without wanting any */
};

/** PTM_EINVAL where the options make no sense. */
ptm_status media_check_options(const struct media_options *options, ptm_error *err);

struct media;

/**
 * Opens `path` ("-": standard input). A local file can never open another file or the network.
 * PTM_EIO where it cannot be read, PTM_ENODATA where it is empty, PTM_EFORMAT where no demuxer knows it or it holds no
 * stream at all.
 */
ptm_status media_open(struct media **out, const char *path, const struct media_options *options, ptm_error *err);

/** The same from memory: `bytes` at `data`, called `name` in sentences; both must outlive the handle. */
ptm_status media_open_memory(struct media **out, const void *data, size_t bytes, const char *name,
                             const struct media_options *options, ptm_error *err);

void media_close(struct media **media);

const struct media_info *media_get_info(const struct media *media);
const struct media_stats *media_get_stats(const struct media *media);

/**
 * Delivers the next frame or run of samples between start and start + duration; MEDIA_END when both streams are
 * drained. Damaged data is counted and passed over. PTM_ELIMIT, PTM_ENOMEM and PTM_EINTERRUPTED end the reading.
 */
ptm_status media_next(struct media *media, struct media_item *item, ptm_error *err);

/** Width and height of the frame just delivered, upright. */
ptm_status media_frame_size(const struct media *media, int *width, int *height, ptm_error *err);

/** Converts the frame just delivered to upright RGB. *picture is valid until the next media_next(). */
ptm_status media_frame_rgb(struct media *media, struct media_picture *picture, ptm_error *err);

/** Only `area` of the upright frame, which takes less time: a picture of its own size, the same bits as there. */
ptm_status media_frame_area(struct media *media, struct area area, struct media_picture *picture, ptm_error *err);

/**
 * Counts the video frames that lie in the asked range by reading packets without decoding, then goes back to the start.
 * Only before the first media_next(), and only where info->seekable; *count 0 where it cannot be told.
 */
ptm_status media_count_frames(struct media *media, int64_t *count, ptm_error *err);

/**
 * After media_count_frames() and before the first media_next(): of the frames that it counted only these (count) are
 * wanted, by their rising numbers. Others may then be missing, and are left undecoded where the file says what each
 * frame needs and that spares much; item->index tells which one came. PTM_EINVAL the second time.
 */
ptm_status media_want_frames(struct media *media, const int64_t *frames, int count, ptm_error *err);

/** Mono float samples at another rate, as they come piece by piece. */
struct media_resampler;

ptm_status media_resampler_open(struct media_resampler **out, int from, int to, ptm_error *err);

/** *out (*out_count), valid until the next call, <- what `count` more samples bring; `src` NULL: what is left. *held:
 * seconds by which the first of *out lies before the first of `src`. */
ptm_status media_resampler_push(struct media_resampler *resampler, const float *src, size_t count, const float **out,
                                size_t *out_count, double *held, ptm_error *err);

void media_resampler_close(struct media_resampler **resampler);

#endif
