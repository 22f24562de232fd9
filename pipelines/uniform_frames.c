/* SPDX-License-Identifier: MIT */
#include "pipelines/uniform_frames.h"

#include "base/memory.h"

#include <string.h>

/** numpy.linspace(0, frames - 1, count)[i], truncated. */
static int64_t uniform_index(int64_t frames, int count, int i) {
    if (count == 1) return 0;
    if (i == count - 1) return frames - 1;
    return (int64_t)(i * ((double)(frames - 1) / (count - 1)));
}

ptm_status uniform_frames_open(struct uniform_frames *uniform, int64_t total, int count, size_t width, ptm_error *err) {
    *uniform = (struct uniform_frames){.count = count, .width = width, .total = total, .stride = 1};
    if (total > 0) return PTM_OK;
    uniform->kept = mem_alloc((size_t)UNIFORM_KEPT * (size_t)count * width, sizeof *uniform->kept);
    return uniform->kept ? PTM_OK : error_no_memory(err);
}

void uniform_frames_close(struct uniform_frames *uniform) {
    mem_free(uniform->kept);
    *uniform = (struct uniform_frames){0};
}

int uniform_frames_wanted(const struct uniform_frames *uniform, int64_t *frames) {
    int wanted = 0;
    for (int i = 0; i < uniform->count; i++) {
        const int64_t frame = uniform_index(uniform->total, uniform->count, i);
        if (wanted == 0 || frames[wanted - 1] != frame) frames[wanted++] = frame;
    }
    return wanted;
}

static float *item(float *items, const struct uniform_frames *uniform, int i) {
    return items + (size_t)i * uniform->width;
}

static void copy(float *to, const float *from, const struct uniform_frames *uniform) {
    memcpy(to, from, uniform->width * sizeof *to);
}

/** The first of the places that ask for the frame. */
static float *slot_of_known(const struct uniform_frames *uniform, int64_t frame, float *window) {
    for (int i = 0; i < uniform->count; i++)
        if (uniform_index(uniform->total, uniform->count, i) == frame) return item(window, uniform, i);
    return NULL;
}

/** Every stride-th frame is kept; when there is no more room, every second of them goes and the stride doubles. */
static float *slot_of_thinning(struct uniform_frames *uniform, int64_t frame) {
    const int room = UNIFORM_KEPT * uniform->count;
    if (frame % uniform->stride != 0) return NULL;
    if (uniform->held == room) {
        for (int i = 1; i < room / 2; i++)
            copy(item(uniform->kept, uniform, i), item(uniform->kept, uniform, 2 * i), uniform);
        uniform->held = room / 2;
        uniform->stride *= 2;
        if (frame % uniform->stride != 0) return NULL;
    }
    return item(uniform->kept, uniform, uniform->held++);
}

float *uniform_frames_slot(struct uniform_frames *uniform, int64_t frame, float *window) {
    return uniform->total > 0 ? slot_of_known(uniform, frame, window) : slot_of_thinning(uniform, frame);
}

/** A frame that several places ask for stands in the first of them. */
static void repeat_known(const struct uniform_frames *uniform, float *window) {
    const int count = uniform->count;
    for (int i = 1; i < count; i++)
        if (uniform_index(uniform->total, count, i) == uniform_index(uniform->total, count, i - 1))
            copy(item(window, uniform, i), item(window, uniform, i - 1), uniform);
}

/** Of what is kept each place gets the nearest. */
static void place_thinned(const struct uniform_frames *uniform, int64_t seen, float *window) {
    for (int i = 0; i < uniform->count; i++) {
        const int64_t index = uniform_index(seen, uniform->count, i);
        int64_t nearest = (index + uniform->stride / 2) / uniform->stride;
        if (nearest >= uniform->held) nearest = uniform->held - 1;
        copy(item(window, uniform, i), item(uniform->kept, uniform, (int)nearest), uniform);
    }
}

void uniform_frames_finish(const struct uniform_frames *uniform, int64_t seen, float *window) {
    if (uniform->total > 0)
        repeat_known(uniform, window);
    else
        place_thinned(uniform, seen, window);
}
