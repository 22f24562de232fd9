/* SPDX-License-Identifier: MIT */
#include "features/fbank.h"

#include "base/limits.h"
#include "base/memory.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

enum {
    MIN_RATE = 8000,
    MAX_RATE = 192000,
    MIN_MEL_BINS = 4,
    MAX_MEL_BINS = 512,
    MAX_FRAME = 32768, /* samples; with MAX_TARGET a window still counts in an int */
    MAX_TARGET = 32768
};

static const double pi = 3.14159265358979323846;
static const float preemphasis = 0.97F;
static const float energy_floor = 1.1920928955078125e-07F; /* FLT_EPSILON, as Kaldi has it */

/* FFTW's planner, unlike its transforms, shares state between all threads of the process. */
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

/* A triangle over FFT bins `first` .. `first` + `length` - 1. */
struct filter {
    int first, length;
    const float *weights;
};

struct fbank {
    struct fbank_spec spec;
    int frame_length, frame_shift, fft_size;
    float *window;           /* (frame_length) */
    float *raw;              /* (frame_length) as it came */
    float *frame;            /* (fft_size) as it is transformed: zero from frame_length on */
    fftwf_complex *spectrum; /* (fft_size / 2 + 1) */
    float *power;            /* (fft_size / 2 + 1) */
    struct filter *filters;  /* (num_mel_bins) */
    float *weights;          /* of all filters, one after the other */
    void *block;             /* of all these arrays */
    fftwf_plan plan;
};

/* ---------------------------------------------------------------- the specification */

void fbank_set_defaults(struct fbank_spec *spec) {
    spec->sample_rate = 16000;
    spec->frame_length_ms = 25;
    spec->frame_shift_ms = 10;
    spec->low_freq = 20;
}

/* Samples of `ms`, cut off as the reference does; 0 where that is no usable count. */
static int samples_of(int sample_rate, double ms) {
    const double samples = sample_rate * ms * 0.001;
    return samples >= 1.0 && samples <= MAX_FRAME ? (int)samples : 0;
}

ptm_status fbank_check_spec(const struct fbank_spec *spec, ptm_error *err) {
    if (spec->sample_rate < MIN_RATE || spec->sample_rate > MAX_RATE)
        return error_set(err, PTM_EMODEL, "sound at %d Hz: sampling_rate must be from %d to %d", spec->sample_rate,
                         MIN_RATE, MAX_RATE);
    if (samples_of(spec->sample_rate, spec->frame_length_ms) < 2 || !fbank_frame_shift(spec))
        return error_set(err, PTM_EMODEL,
                         "spectrogram frames of %g ms every %g ms: at %d Hz both must be from 1 (a frame: 2) to %d "
                         "samples",
                         spec->frame_length_ms, spec->frame_shift_ms, spec->sample_rate, (int)MAX_FRAME);
    if (spec->num_mel_bins < MIN_MEL_BINS || spec->num_mel_bins > MAX_MEL_BINS)
        return error_set(err, PTM_EMODEL, "num_mel_bins is %d; it must be from %d to %d", spec->num_mel_bins,
                         MIN_MEL_BINS, MAX_MEL_BINS);
    if (!(spec->low_freq >= 0.0 && spec->low_freq < 0.5 * spec->sample_rate))
        return error_set(err, PTM_EMODEL, "low_freq is %g Hz; it must be from 0 to below half of the sampling rate",
                         spec->low_freq);
    if (spec->target_length < 1 || spec->target_length > MAX_TARGET)
        return error_set(err, PTM_EMODEL, "the spectrogram's length is %d frames; it must be from 1 to %d",
                         spec->target_length, MAX_TARGET);
    if (spec->do_normalize && !(isfinite(spec->mean) && isnormal(spec->std) && isfinite(2.0F * spec->std)))
        return error_set(err, PTM_EMODEL, "the spectrogram's mean %g and std %g must be finite, and the latter not 0",
                         (double)spec->mean, (double)spec->std);
    return PTM_OK;
}

int fbank_frame_shift(const struct fbank_spec *spec) {
    return samples_of(spec->sample_rate, spec->frame_shift_ms);
}

int fbank_window_samples(const struct fbank_spec *spec) {
    return samples_of(spec->sample_rate, spec->frame_length_ms) + (spec->target_length - 1) * fbank_frame_shift(spec);
}

/* ---------------------------------------------------------------- open and close */

static int next_power_of_two(int n) {
    int power = 1;
    while (power < n) power *= 2;
    return power;
}

double fbank_mel(double hertz) {
    return 1127.0 * log(1.0 + hertz / 700.0);
}

/* Edges of the triangles in mel, evenly spaced: triangle m rises from edge m to m + 1 and falls to m + 2. */
struct mel_edges {
    float low, step;
};

static float edge(struct mel_edges edges, int i) {
    return edges.low + (float)i * edges.step;
}

static float triangle(struct mel_edges edges, int m, float at) {
    const float left = edge(edges, m), centre = edge(edges, m + 1), right = edge(edges, m + 2);
    return fmaxf(0.0F, fminf((at - left) / (centre - left), (right - at) / (right - centre)));
}

/*
 * The filters, kept without their zeros. In single precision and the reference's order of operations: where a bin
 * barely touches a triangle its weight is mostly rounding error, and checkpoints were trained with that error.
 * Triangles overlap by half, so at any bin two of them at most have weight and fft_size weights are room enough. The
 * Nyquist bin has none.
 */
static ptm_status make_filters(struct fbank *fbank, ptm_error *err) {
    const struct fbank_spec *spec = &fbank->spec;
    const double low = fbank_mel(spec->low_freq), high = fbank_mel(0.5 * spec->sample_rate);
    const struct mel_edges edges = {(float)low, (float)((high - low) / (spec->num_mel_bins + 1))};
    const float width = (float)((double)spec->sample_rate / fbank->fft_size);
    float *next = fbank->weights;
    int k = 0;
    for (int m = 0; m < spec->num_mel_bins; m++) {
        if (!(edge(edges, m) < edge(edges, m + 1) && edge(edges, m + 1) < edge(edges, m + 2)))
            return error_set(err, PTM_EMODEL, "%d mel bins are too many between low_freq %g Hz and half of %d Hz",
                             spec->num_mel_bins, spec->low_freq, spec->sample_rate);
        const float right = edge(edges, m + 2);
        struct filter *filter = &fbank->filters[m];
        *filter = (struct filter){.first = k, .weights = next};
        for (int i = k; i < fbank->fft_size / 2; i++) {
            const float at = 1127.0F * logf(1.0F + width * (float)i / 700.0F);
            if (at >= right) break;
            const float weight = triangle(edges, m, at);
            if (weight == 0.0F && filter->length == 0) {
                k = i + 1; /* left of this triangle is left of all that follow */
                continue;
            }
            if (filter->length++ == 0) filter->first = i;
            *next++ = weight;
        }
    }
    return PTM_OK;
}

/* All arrays in one block; runs twice, to measure and to place. */
static void take_arrays(struct fbank *fbank, struct arena *arena) {
    const size_t length = (size_t)fbank->frame_length, bins = (size_t)fbank->fft_size / 2 + 1;
    fbank->window = arena_take(arena, length, sizeof *fbank->window);
    fbank->raw = arena_take(arena, length, sizeof *fbank->raw);
    fbank->frame = arena_take(arena, (size_t)fbank->fft_size, sizeof *fbank->frame);
    fbank->spectrum = arena_take(arena, bins, sizeof *fbank->spectrum);
    fbank->power = arena_take(arena, bins, sizeof *fbank->power);
    fbank->filters = arena_take(arena, (size_t)fbank->spec.num_mel_bins, sizeof *fbank->filters);
    fbank->weights = arena_take(arena, (size_t)fbank->fft_size, sizeof *fbank->weights);
}

/** FFTW's planner aborts the process where it gets no memory: it asks for some hundred KB. */
static ptm_status check_room(ptm_error *err) {
    void *room = mem_alloc(1 << 20, 1);
    if (!room) return error_no_memory(err);
    mem_free(room);
    return PTM_OK;
}

static ptm_status prepare(struct fbank *fbank, ptm_error *err) {
    struct arena arena = {0};
    take_arrays(fbank, &arena);
    fbank->block = arena.overflow ? NULL : mem_calloc(arena.used, 1);
    if (!fbank->block) return error_no_memory(err);
    arena = (struct arena){.base = fbank->block};
    take_arrays(fbank, &arena);

    for (int i = 0; i < fbank->frame_length; i++)
        fbank->window[i] = (float)(0.5 - 0.5 * cos(2.0 * pi * i / (fbank->frame_length - 1)));
    TRY(make_filters(fbank, err));
    TRY(check_room(err));
    pthread_mutex_lock(&planner);
    fbank->plan = fftwf_plan_dft_r2c_1d(fbank->fft_size, fbank->frame, fbank->spectrum, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
    return fbank->plan ? PTM_OK : error_no_memory(err);
}

ptm_status fbank_open(struct fbank **out, const struct fbank_spec *spec, ptm_error *err) {
    *out = NULL;
    TRY(fbank_check_spec(spec, err));
    struct fbank *fbank = mem_calloc(1, sizeof *fbank);
    if (!fbank) return error_no_memory(err);
    fbank->spec = *spec;
    fbank->frame_length = samples_of(spec->sample_rate, spec->frame_length_ms);
    fbank->frame_shift = fbank_frame_shift(spec);
    fbank->fft_size = next_power_of_two(fbank->frame_length);
    const ptm_status status = prepare(fbank, err);
    if (status != PTM_OK) {
        fbank_close(&fbank);
        return status;
    }
    *out = fbank;
    return PTM_OK;
}

void fbank_close(struct fbank **fbank) {
    if (!fbank || !*fbank) return;
    pthread_mutex_lock(&planner);
    if ((*fbank)->plan) fftwf_destroy_plan((*fbank)->plan);
    pthread_mutex_unlock(&planner);
    mem_free((*fbank)->block);
    mem_free(*fbank);
    *fbank = NULL;
}

/* ---------------------------------------------------------------- features */

ptm_status fbank_check_samples(const float *samples, size_t count, ptm_error *err) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(samples[i]) <= LIMIT_LOUDEST))
            return error_set(err, PTM_EFORMAT, "sound sample %zu is %g; samples must be finite and about -1 to 1", i,
                             (double)samples[i]);
    return PTM_OK;
}

static float mean_of(const float *x, size_t count) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) sum += (double)x[i];
    return count ? (float)(sum / (double)count) : 0.0F;
}

/* raw <- the frame that begins at sample `begin`, less `mean`; zeros where it lies outside of the samples. */
static void load_frame(struct fbank *fbank, const float *samples, size_t count, ptrdiff_t begin, float mean) {
    for (int i = 0; i < fbank->frame_length; i++) {
        const ptrdiff_t at = begin + i;
        fbank->raw[i] = at >= 0 && (size_t)at < count ? samples[at] - mean : 0.0F;
    }
}

/* raw -> power: the frame's mean taken off, high frequencies raised, windowed, transformed. */
static void power_spectrum(struct fbank *fbank) {
    float *raw = fbank->raw;
    const float mean = mean_of(raw, (size_t)fbank->frame_length);
    for (int i = 0; i < fbank->frame_length; i++) raw[i] -= mean;
    fbank->frame[0] = (raw[0] - preemphasis * raw[0]) * fbank->window[0];
    for (int i = 1; i < fbank->frame_length; i++)
        fbank->frame[i] = (raw[i] - preemphasis * raw[i - 1]) * fbank->window[i];
    fftwf_execute(fbank->plan);
    for (int k = 0; k <= fbank->fft_size / 2; k++) {
        const float re = fbank->spectrum[k][0], im = fbank->spectrum[k][1];
        fbank->power[k] = re * re + im * im;
    }
}

static void log_mel(const struct fbank *fbank, float *row) {
    for (int m = 0; m < fbank->spec.num_mel_bins; m++) {
        const struct filter *filter = &fbank->filters[m];
        const float *power = fbank->power + filter->first;
        float energy = 0.0F;
        for (int i = 0; i < filter->length; i++) energy += power[i] * filter->weights[i];
        row[m] = logf(fmaxf(energy, energy_floor));
    }
}

static size_t whole_frames(const struct fbank *fbank, size_t count) {
    const size_t length = (size_t)fbank->frame_length, target = (size_t)fbank->spec.target_length;
    const size_t frames = count < length ? 0 : 1 + (count - length) / (size_t)fbank->frame_shift;
    return frames < target ? frames : target;
}

/** energies <- the frames of the samples from frame `known` on; returns how many frames there are in all. */
static size_t take_energies(struct fbank *fbank, float *energies, size_t known, const float *samples, size_t count) {
    const struct fbank_spec *spec = &fbank->spec;
    const size_t window = (size_t)fbank_window_samples(spec);
    const size_t missing = spec->pad_samples && count < window ? window - count : 0;
    const size_t frames = whole_frames(fbank, count + missing);
    const float mean = spec->subtract_clip_mean ? mean_of(samples, count) : 0.0F;
    for (size_t f = known; f < frames; f++) {
        const size_t begin = f * (size_t)fbank->frame_shift;
        load_frame(fbank, samples, count, (ptrdiff_t)begin - (ptrdiff_t)(missing / 2), mean);
        power_spectrum(fbank);
        log_mel(fbank, energies + f * (size_t)spec->num_mel_bins);
    }
    return frames;
}

/** Pads `frames` frames and normalises them in place. */
static void finish_window(const struct fbank *fbank, float *out, size_t frames) {
    const struct fbank_spec *spec = &fbank->spec;
    const size_t used = frames * (size_t)spec->num_mel_bins;
    const size_t total = (size_t)spec->target_length * (size_t)spec->num_mel_bins;
    memset(out + used, 0, (total - used) * sizeof *out);
    if (spec->do_normalize)
        for (size_t i = 0; i < total; i++) out[i] = (out[i] - spec->mean) / (2.0F * spec->std);
}

ptm_status fbank_run(struct fbank *fbank, float *out, const float *samples, size_t count, ptm_error *err) {
    TRY(fbank_check_samples(samples, count, err));
    finish_window(fbank, out, take_energies(fbank, out, 0, samples, count));
    return PTM_OK;
}

bool fbank_is_local(const struct fbank *fbank) {
    return !fbank->spec.subtract_clip_mean;
}

ptm_status fbank_run_on(struct fbank *fbank, float *out, float *energies, size_t known, size_t *frames,
                        const float *samples, size_t count, ptm_error *err) {
    TRY(fbank_check_samples(samples, count, err));
    *frames = take_energies(fbank, energies, known, samples, count);
    memcpy(out, energies, *frames * (size_t)fbank->spec.num_mel_bins * sizeof *out);
    finish_window(fbank, out, *frames);
    return PTM_OK;
}
