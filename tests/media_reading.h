/* SPDX-License-Identifier: MIT */
/* media_reading: media as the tests of it read them, from a file, memory or a pipe, and inputs written byte by byte. */
#ifndef POLYTOME_TESTS_MEDIA_READING_H
#define POLYTOME_TESTS_MEDIA_READING_H

#include "check.h"
#include "media/media.h"

/** Both streams, sound at 16 kHz, and limits that no test meets by accident. */
struct media_options options_default(void);

/** What a reading gave; forget() frees it. */
struct outcome {
    ptm_status status;
    ptm_error error;
    struct media_info info; /* its strings are copied below */
    struct media_stats stats;
    char no_video[96], no_audio[96];
    int64_t counted, frames, samples;
    double first_frame, last_frame, last_end, first_sample;
    bool ordered;   /* times and numbers of each stream went up */
    uint64_t hash;  /* of all pixels and their sizes */
    float *sound;   /* (samples) */
    double mean[3]; /* RGB of the first frame */
    int width, height;
};

/** Of a rectangle of the picture. */
void picture_mean(double mean[3], const struct media_picture *picture, int x0, int y0, int width, int height);

struct outcome read_file(const char *path, const struct media_options *options);
struct outcome read_memory(const void *data, size_t bytes, const struct media_options *options);

/** Reads the bytes as standard input, from a pipe that another process fills. */
struct outcome read_pipe(const void *data, size_t bytes, const struct media_options *options);

void forget(struct outcome *outcome);

/** Checks that a reading failed so and said that, and forgets it. */
void expect_failure(struct outcome outcome, ptm_status status, const char *part_of_sentence);

/* ---------------------------------------------------------------- inputs */

/** Bytes that grow; free(data). */
struct bytes {
    uint8_t *data;
    size_t count, room;
};

void append(struct bytes *bytes, const void *data, size_t count);

/** `width` bytes, the lowest first. */
void append_number(struct bytes *bytes, uint32_t value, size_t width);

/** A WAV file of 16-bit PCM whose header promises `promised` bytes. */
struct bytes make_wav(const int16_t *samples, int count, int channels, int rate, uint32_t promised);

/** A second of a 440 Hz sine at half of full scale. */
void make_sine(int16_t *samples, int rate);

enum { Y4M_FRAMES = 30, Y4M_FPS = 10, Y4M_WIDTH = 32, Y4M_HEIGHT = 16 };

/** Three seconds of YUV 4:4:4 pictures, each of one colour: frame i has luma 16 + 7 i. */
struct bytes make_y4m(void);

/** The path of a file of the committed corpus. */
const char *corpus(const char *name);

#endif
