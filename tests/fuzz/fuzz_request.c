/* SPDX-License-Identifier: MIT */
/* fuzz_request: one line that a program sends to `serve`. What is accepted must hold together. */
#include "fuzz.h"

#include "cli/request.h"

#include <string.h>

static const struct options defaults = {.command = COMMAND_SERVE, .top = 5};

static void check_options(const struct options *options) {
    FUZZ_ASSERT(options->top >= 0 && options->top <= 1000000);
    FUZZ_ASSERT(options->threshold >= 0 && options->threshold <= 1);
    FUZZ_ASSERT(options->classify.start >= 0 && options->classify.start <= 1e9);
    FUZZ_ASSERT(options->classify.duration >= 0 && options->classify.duration <= 1e9);
    FUZZ_ASSERT(options->sampling >= PTM_SAMPLING_MODEL && options->sampling <= PTM_SAMPLING_FIRST);
    FUZZ_ASSERT(options->modality >= 0 && options->modality <= MODALITY_COUNT);
    FUZZ_ASSERT(!options->session.r || strlen(options->session.r) > 0);
}

static void check_items(const struct request *request, size_t bytes) {
    size_t total = 0;
    for (int i = 0; i < request->num_items; i++) {
        unsigned sum = 0; /* reads every byte */
        for (size_t k = 0; k < request->items[i].count; k++) sum += request->items[i].bytes[k];
        total += request->items[i].count + (sum > 255 * request->items[i].count);
        if (request->kind == REQUEST_FRAMES)
            FUZZ_ASSERT(request->items[i].count == (size_t)request->width * (size_t)request->height * 3);
    }
    FUZZ_ASSERT(total <= bytes / 4 * 3);
}

static void check_request(const struct request *request, size_t bytes) {
    check_options(&request->options);
    check_items(request, bytes);
    FUZZ_ASSERT((request->kind == REQUEST_PATH) == (request->path != NULL));
    FUZZ_ASSERT(request->kind != REQUEST_DATA || request->num_items == 1);
    FUZZ_ASSERT((request->kind == REQUEST_PICTURES || request->kind == REQUEST_FRAMES) <= (request->num_items > 0));
    FUZZ_ASSERT(request->kind != REQUEST_FRAMES || (request->width > 0 && request->height > 0));
    if (request->kind != REQUEST_SAMPLES) return;
    FUZZ_ASSERT(request->sample_rate > 0 && request->num_samples * 4 == request->items[0].count);
    FUZZ_ASSERT(request->num_samples == 0 || memcmp(request->samples, request->items[0].bytes, 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > FUZZ_MAX_BYTES) return 0;
    struct request request;
    ptm_error err = {0};
    const ptm_status status = request_parse(&request, (const char *)data, bytes, &defaults, &err);
    if (fuzz_status(status, &err) == PTM_OK) check_request(&request, bytes);
    FUZZ_ASSERT(!request.id || strlen(request.id) > 0);
    request_free(&request);
    return 0;
}
