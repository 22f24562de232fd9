/* SPDX-License-Identifier: MIT */
/*
 * request: one line that a program sends to `serve`, checked key by key. docs/serve.md has the keys. The options that a
 * request may bring are rows of the option table.
 */
#ifndef POLYTOME_CLI_REQUEST_H
#define POLYTOME_CLI_REQUEST_H

#include "options.h"

enum request_kind {
    REQUEST_PATH,
    REQUEST_DATA,     /* items[0]: a media file */
    REQUEST_PICTURES, /* items: picture files, each a frame */
    REQUEST_FRAMES,   /* items: RGB rows, each width x height */
    REQUEST_SAMPLES,  /* `samples`, from items[0] */
    REQUEST_PING,
    REQUEST_INFO
};

struct request_item {
    unsigned char *bytes;
    size_t count;
};

struct request {
    struct options options; /* those that the request starts from, and what it says itself */
    enum request_kind kind;
    char *id;   /* JSON text of what the caller calls it; NULL: nothing */
    char *path; /* NULL where there is none */
    struct request_item *items;
    int num_items;
    int width, height;
    const float *samples;
    size_t num_samples;
    int sample_rate;
    char r[16];     /* a merging that was given as a number */
    void *document; /* Jansson's; owns the strings */
};

/**
 * Reads a line. Not PTM_OK: *err says what is wrong with it, and only request->id may be used. Either way free it with
 * request_free().
 */
ptm_status request_parse(struct request *request, const char *line, size_t length, const struct options *defaults,
                         ptm_error *err);

void request_free(struct request *request);

/** PTM_ENOMEM, with its sentence in *err. */
ptm_status request_no_memory(ptm_error *err);

#endif
