/* SPDX-License-Identifier: MIT */
/*
 * fuzz_stream: frames and samples that a caller pushes, of any size, time and format. The input is a script: bytes that
 * choose hop, window and kinds, then pushes. It runs twice: in a session of one thread, and in one of two threads that
 * gets each run of samples in two pieces. Where no push failed, both tell of the same windows.
 */
#include "heard.h"

#include <math.h>

enum { SESSIONS = 2, MAX_PUSHES = 64, MODEL_RATE = 16000 };

/** Bytes that are read one after the other; 0 when they have run out. */
struct script {
    const uint8_t *data;
    size_t bytes, done;
};

static unsigned next_byte(struct script *script) {
    return script->done < script->bytes ? script->data[script->done++] : 0;
}

struct run {
    struct script script;
    struct heard heard;
    ptm_stream *stream;
    bool in_pieces;
    double frames, samples; /* where the last push of each kind ended */
    bool failed, finished;
};

/* ---------------------------------------------------------------- what is pushed */

/** A time: a step from `now`, or one of those that make no sense, or eight bytes of a double. */
static double next_time(struct script *script, double now) {
    static const double steps[] = {0,  0.04, 1e-9, 0.3,  -0.04, 0.099, 0.101, 1,     2.5,
                                   -3, 60,   1e4,  -1e5, 0.5,   1e-3,  1e6,   0.625, 86399};
    static const double times[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e18, -1e18, 9.9e9, -1e10, 1e11, 0, -0.5};
    const unsigned byte = next_byte(script);
    if (byte < 0xC0) return now + FUZZ_CHOOSE(steps, byte);
    if (byte < 0xF8) return FUZZ_CHOOSE(times, byte);
    union {
        double number;
        uint8_t bytes[sizeof(double)];
    } any;
    for (size_t i = 0; i < sizeof any.bytes; i++) any.bytes[i] = (uint8_t)next_byte(script);
    return any.number;
}

static int next_side(struct script *script) {
    static const int odd[] = {0, -1, 1, 65535, 65536, 300, 2, 7};
    const unsigned byte = next_byte(script);
    return byte < 0xE0 ? (int)(1 + byte % 48) : FUZZ_CHOOSE(odd, byte);
}

/** Pixels (height, width, 3) with rows `stride` bytes apart, in memory that is just as large; *first is the first row,
 * NULL where there is none. */
static uint8_t *make_pixels(const ptm_frame *frame, unsigned seed, const uint8_t **first) {
    const size_t stride = (size_t)(frame->stride < 0 ? -frame->stride : frame->stride);
    *first = NULL;
    if (frame->width < 1 || frame->height < 1) return NULL;
    const size_t above = stride * (size_t)(frame->height - 1), bytes = above + 3 * (size_t)frame->width;
    uint8_t *pixels = malloc(bytes);
    FUZZ_ASSERT(pixels);
    for (size_t i = 0; i < bytes; i++) pixels[i] = (uint8_t)((i * seed) >> 3);
    *first = frame->stride < 0 ? pixels + above : pixels;
    return pixels;
}

/** Notes how a push ended. */
static void note(struct run *run, ptm_status status, const ptm_error *err) {
    if (fuzz_status(status, err) == PTM_OK) return;
    run->failed = true;
    heard_interrupt(&run->heard);
}

/** A frame: width, height, what is between its rows, seed of its pixels, begin, end. */
static void push_frame(struct run *run) {
    static const int more[] = {0, 0, 1, 13, 64};
    struct script *script = &run->script;
    ptm_frame frame = {.width = next_side(script), .height = next_side(script)};
    if ((int64_t)frame.width * frame.height > 1 << 18) frame.height = 1;
    frame.stride = 3 * (ptrdiff_t)frame.width + FUZZ_CHOOSE(more, next_byte(script));
    const unsigned seed = next_byte(script);
    if (seed % 8 == 0) frame.stride = -frame.stride;
    uint8_t *pixels = make_pixels(&frame, seed, &frame.rgb);
    const double time = next_time(script, run->frames), end = next_time(script, time);
    ptm_error err = {0};
    const ptm_status status = ptm_stream_push_frame(run->stream, &frame, time, end, &err);
    note(run, status, &err);
    if (status == PTM_OK) {
        FUZZ_ASSERT(isfinite(time) && time < end);
        run->frames = end;
    }
    free(pixels);
}

static float *make_samples(size_t count, unsigned seed) {
    static const float odd[] = {NAN, INFINITY, 1e38F, -1e30F, 1e-42F, 1, -0.0F, 40000};
    float *samples = malloc((count + !count) * sizeof *samples);
    FUZZ_ASSERT(samples);
    for (size_t i = 0; i < count; i++) samples[i] = (float)((i * (seed | 1)) % 97) / 97 - 0.5F;
    if (seed >= 0xE0 && count > 0) samples[count / 2] = FUZZ_CHOOSE(odd, seed);
    return samples;
}

/** At once, or, of the model's own rate, in two pieces. */
static ptm_status push_pieces(struct run *run, const float *samples, size_t count, int rate, double time,
                              ptm_error *err) {
    const size_t half = run->in_pieces && rate == MODEL_RATE ? count / 3 : 0;
    ptm_status status = PTM_OK;
    if (half) status = ptm_stream_push_samples(run->stream, samples, half, rate, time, err);
    if (status != PTM_OK) return status;
    return ptm_stream_push_samples(run->stream, samples + half, count - half, rate, time + (double)half / rate, err);
}

/** Samples: their number, rate, seed, begin. */
static void push_samples(struct run *run) {
    static const size_t counts[] = {0, 1, 160, 399, 1600, 8000, 12000, 20000, 2, 777};
    static const int rates[] = {MODEL_RATE, MODEL_RATE, MODEL_RATE, 8000, 44100, 48000, 1000, 768000, 999, 0, -1};
    struct script *script = &run->script;
    const unsigned size = next_byte(script);
    const size_t count = size < 0x80 ? FUZZ_CHOOSE(counts, size) : size * 37;
    const int rate = FUZZ_CHOOSE(rates, next_byte(script));
    float *samples = make_samples(count, next_byte(script));
    const double time = next_time(script, run->samples);
    ptm_error err = {0};
    const ptm_status status = push_pieces(run, samples, count, rate, time, &err);
    note(run, status, &err);
    if (status == PTM_OK) {
        FUZZ_ASSERT(isfinite(time) && rate > 0);
        run->samples = time + (double)count / rate;
    }
    free(samples);
}

static void finish(struct run *run) {
    ptm_error err = {0};
    const ptm_status status = ptm_stream_finish(run->stream, &err);
    note(run, status, &err);
    FUZZ_ASSERT(!run->finished || status == PTM_EINVAL);
    run->finished = true;
}

/* ---------------------------------------------------------------- the script */

static ptm_timeline_options read_options(struct script *script) {
    static const double odd[] = {-1, NAN, INFINITY, 1e-300, 1e300, 1e-9};
    static const unsigned kinds[] = {PTM_VIDEO | PTM_AUDIO, PTM_AUDIO | PTM_IMAGE, PTM_VIDEO, PTM_AUDIO, PTM_IMAGE, 0};
    double chosen[2];
    for (int i = 0; i < 2; i++) {
        const unsigned byte = next_byte(script);
        chosen[i] = byte < 0xF0 ? heard_length(byte) : FUZZ_CHOOSE(odd, byte);
    }
    ptm_timeline_options options;
    ptm_timeline_options_default(&options);
    options.hop = chosen[0];
    options.window = chosen[1];
    options.classify.modalities = FUZZ_CHOOSE(kinds, next_byte(script));
    options.classify.max_seconds = 100;
    return options;
}

static void push_all(struct run *run) {
    for (int i = 0; i < MAX_PUSHES && run->script.done < run->script.bytes && run->heard.count < HEARD_MOST; i++) {
        const unsigned kind = next_byte(&run->script) % 16;
        if (kind == 15)
            finish(run);
        else
            (kind % 2 ? push_samples : push_frame)(run);
    }
    if (!run->finished && run->heard.count < HEARD_MOST) finish(run);
}

static void run_script(struct run *run, ptm_session *session) {
    ptm_timeline_options options = read_options(&run->script);
    ptm_error err = {0};
    heard_open(&run->heard, &options, true);
    if (fuzz_status(ptm_stream_open(&run->stream, session, &options, &err), &err) == PTM_OK)
        push_all(run);
    else
        FUZZ_ASSERT(!run->stream);
    ptm_stream_close(&run->stream);
    heard_close(&run->heard);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static ptm_session *sessions[SESSIONS];
    struct run runs[SESSIONS];
    if (bytes > FUZZ_MAX_BYTES) return 0;
    for (int i = 0; i < SESSIONS; i++) {
        if (!sessions[i]) sessions[i] = heard_session(i + 1);
        runs[i] = (struct run){.script = {data, bytes, 0}, .in_pieces = i > 0};
        run_script(&runs[i], sessions[i]);
    }
    FUZZ_ASSERT(runs[0].failed == runs[1].failed);
    FUZZ_ASSERT(runs[0].failed || heard_same(&runs[0].heard, &runs[1].heard));
    return 0;
}
