/* SPDX-License-Identifier: MIT */
/* fbank: spectrograms against torchaudio, transformers and Kaldi. */
#include "feature_inputs.h"

#include "base/worst.h"
#include "features/fbank.h"
#include "golden/features/fbank.h"

#include <math.h>
#include <pthread.h>

static const double pi = 3.14159265358979323846;

static float *new_noise(uint32_t seed, int count) {
    float *samples = must_alloc((size_t)count, sizeof *samples);
    for (int i = 0; i < count; i++) samples[i] = (float)((double)(scramble(seed, (size_t)i) >> 8) / 33554432.0 - 0.25);
    return samples;
}

static float *new_tone(int rate, int count) {
    float *samples = must_alloc((size_t)count, sizeof *samples);
    for (int i = 0; i < count; i++) samples[i] = (float)(0.5 * sin(2.0 * pi * 440.0 * i / rate));
    return samples;
}

static struct fbank_spec sound_spec(int target_length) {
    return (struct fbank_spec){.sample_rate = 16000,
                               .frame_length_ms = 25.0,
                               .frame_shift_ms = 10.0,
                               .num_mel_bins = 128,
                               .low_freq = 20.0,
                               .target_length = target_length,
                               .mean = -4.2677393F,
                               .std = 4.5689974F};
}

static float *new_features(const struct fbank_spec *spec, const float *samples, size_t count) {
    struct fbank *fbank;
    CHECK_OK(fbank_open(&fbank, spec, err));
    float *out = must_alloc((size_t)spec->target_length * (size_t)spec->num_mel_bins, sizeof *out);
    CHECK_OK(fbank_run(fbank, out, samples, count, err));
    fbank_close(&fbank);
    CU_ASSERT_PTR_NULL(fbank);
    return out;
}

static float largest_difference(const float *a, const float *b, int n) {
    double largest = 0;
    for (int i = 0; i < n; i++) largest = worst_of(largest, fabsf(a[i] - b[i]));
    return (float)largest;
}

/* The tone of the Kaldi check, in double precision: 0.5 sin(2 pi 440 n / 16000), n < 16000. */
static void test_fbank_check_values(void) {
    static const int bins[] = {0, 10, 20, 21, 22, 40, 127};
    static const double values[] = {-14.129612, -9.710927, -0.359664, 3.079329, 3.418577, -13.202999, -15.942385};
    const struct fbank_spec spec = sound_spec(98);
    float *tone = new_tone(16000, 16000), *out = new_features(&spec, tone, 16000);
    for (size_t i = 0; i < CHECK_COUNT(bins); i++) CU_ASSERT_DOUBLE_EQUAL((double)out[bins[i]], values[i], 1e-4);
    double sum = 0.0;
    for (int f = 0; f < 98; f++) {
        int loudest = 0;
        for (int m = 0; m < 128; m++) {
            sum += (double)out[128 * f + m];
            if (out[128 * f + m] > out[128 * f + loudest]) loudest = m;
        }
        CU_ASSERT_EQUAL(loudest, 23);
        CU_ASSERT_DOUBLE_EQUAL((double)out[128 * f + 3], -15.942385, 1e-5); /* no FFT bin falls into this filter */
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / (98.0 * 128.0), -13.32938, 1e-4);
    free(tone);
    free(out);
}

static void test_fbank_as_torchaudio(void) {
    for (size_t i = 0; i < CHECK_COUNT(fbank_cases); i++) {
        const struct fbank_case *c = &fbank_cases[i];
        struct fbank_spec spec = sound_spec(c->frames);
        spec.sample_rate = c->rate;
        spec.num_mel_bins = c->bins;
        spec.low_freq = c->low_freq;
        spec.subtract_clip_mean = c->subtract_mean;
        float *samples = c->seed ? new_noise(c->seed, c->count) : new_tone(c->rate, c->count);
        for (int s = 0; c->subtract_mean && s < c->count; s++) samples[s] += 0.125F;
        float *out = new_features(&spec, samples, (size_t)c->count);
        for (int r = 0; r < 3; r++) {
            const float worst = largest_difference(out + c->rows[r] * c->bins, c->values + r * c->bins, c->bins);
            if (!(worst <= 1e-3F)) printf("\n    case %zu row %d: off by %g", i, c->rows[r], (double)worst);
            CU_ASSERT(worst <= 1e-3F);
        }
        free(samples);
        free(out);
    }
}

/* Frames, then zeros in the log domain, then normalised: what ASTFeatureExtractor does. */
static void test_fbank_as_ast_extractor(void) {
    struct fbank_spec spec = sound_spec(40);
    spec.do_normalize = true;
    float *samples = new_noise(21, 5000), *out = new_features(&spec, samples, 5000);
    for (size_t i = 0; i < CHECK_COUNT(ast_row_cases); i++)
        CU_ASSERT(largest_difference(out + 128 * ast_row_cases[i].row, ast_row_cases[i].values, 128) <= 1e-4F);
    CU_ASSERT_DOUBLE_EQUAL((double)out[128 * 39], 0.46703236, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL((double)out[3], -1.27759384, 1e-6);
    free(samples);
    free(out);
}

/* Centred zeros, the odd one behind: the same as when the caller pads by itself. */
static void test_fbank_pads_samples(void) {
    struct fbank_spec spec = sound_spec(20);
    const int window = fbank_window_samples(&spec);
    CU_ASSERT_EQUAL(window, 400 + 19 * 160);
    for (int count = 0; count <= window + 1000; count += 331) {
        const int missing = count < window ? window - count : 0;
        float *samples = new_noise(8, count + 1), *padded = must_alloc((size_t)(count + missing), sizeof *padded);
        for (int i = 0; i < count + missing; i++) padded[i] = 0.0F;
        memcpy(padded + missing / 2, samples, (size_t)count * sizeof *samples);
        spec.pad_samples = true;
        float *a = new_features(&spec, samples, (size_t)count);
        spec.pad_samples = false;
        float *b = new_features(&spec, padded, (size_t)(count + missing));
        CU_ASSERT_EQUAL(memcmp(a, b, 20 * 128 * sizeof *a), 0);
        free(samples);
        free(padded);
        free(a);
        free(b);
    }
}

/* The clip's mean goes before the padding comes, or silence would turn into a step. */
static void test_fbank_mean_before_padding(void) {
    struct fbank_spec spec = sound_spec(20);
    const int count = 1500, missing = fbank_window_samples(&spec) - count;
    float *samples = new_noise(14, count), *level = must_alloc((size_t)count, sizeof *level);
    double sum = 0.0;
    for (int i = 0; i < count; i++) {
        samples[i] += 0.125F;
        sum += (double)samples[i];
    }
    for (int i = 0; i < count; i++) level[i] = samples[i] - (float)(sum / count);
    spec.pad_samples = true;
    float *expected = new_features(&spec, level, (size_t)count), *step = new_features(&spec, samples, (size_t)count);
    spec.subtract_clip_mean = true;
    float *out = new_features(&spec, samples, (size_t)count);
    CU_ASSERT_EQUAL(memcmp(out, expected, 20 * 128 * sizeof *out), 0);
    const int edge = missing / 2 / 160 - 1; /* a frame that holds both silence and the first samples */
    CU_ASSERT(largest_difference(out + 128 * edge, step + 128 * edge, 128) > 0.1F);
    free(samples);
    free(level);
    free(expected);
    free(step);
    free(out);
}

static void test_fbank_too_short_and_too_long(void) {
    const struct fbank_spec spec = sound_spec(5);
    float *samples = new_noise(9, 9000);
    float *none = new_features(&spec, NULL, 0), *almost = new_features(&spec, samples, 399);
    for (int i = 0; i < 5 * 128; i++) CU_ASSERT(none[i] == 0.0F && almost[i] == 0.0F);
    float *one = new_features(&spec, samples, 400), *cut = new_features(&spec, samples, 9000);
    float *exact = new_features(&spec, samples, (size_t)fbank_window_samples(&spec));
    CU_ASSERT_EQUAL(memcmp(one, cut, 128 * sizeof *one), 0);
    for (int i = 128; i < 5 * 128; i++) CU_ASSERT_EQUAL(one[i], 0.0F);
    CU_ASSERT_EQUAL(memcmp(cut, exact, 5 * 128 * sizeof *cut), 0);
    free(samples);
    free(none);
    free(almost);
    free(one);
    free(cut);
    free(exact);
}

static void test_fbank_refuses_samples(void) {
    static const float bad[] = {NAN, INFINITY, -INFINITY, 1e30F};
    const struct fbank_spec spec = sound_spec(10);
    struct fbank *fbank;
    CHECK_OK(fbank_open(&fbank, &spec, err));
    float *samples = new_noise(10, 3000), first[10 * 128], again[10 * 128];
    CHECK_OK(fbank_run(fbank, first, samples, 3000, err));
    for (size_t i = 0; i < CHECK_COUNT(bad); i++) {
        const float kept = samples[2999];
        samples[2999] = bad[i];
        ptm_error error = {0};
        CU_ASSERT_EQUAL(fbank_run(fbank, again, samples, 3000, &error), PTM_EFORMAT);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "2999"));
        samples[2999] = kept;
    }
    CHECK_OK(fbank_run(fbank, again, samples, 3000, err));
    CU_ASSERT_EQUAL(memcmp(first, again, sizeof first), 0);

    for (int i = 0; i < 3000; i++) samples[i] = i % 2 ? 1e10F : -1e10F; /* the loudest that is taken stays finite */
    CHECK_OK(fbank_run(fbank, again, samples, 3000, err));
    for (size_t i = 0; i < CHECK_COUNT(again); i++) CU_ASSERT(isfinite(again[i]));
    free(samples);
    fbank_close(&fbank);
}

static void check_fbank_refused(const struct fbank_spec *spec) {
    struct fbank *fbank = (struct fbank *)&fbank;
    ptm_error error = {0};
    CU_ASSERT_EQUAL(fbank_open(&fbank, spec, &error), PTM_EMODEL);
    CU_ASSERT_PTR_NULL(fbank);
    CU_ASSERT_NOT_EQUAL(error.message[0], '\0');
}

#define CHECK_FBANK_REFUSED(change)               \
    do {                                          \
        struct fbank_spec spec_ = sound_spec(64); \
        spec_.do_normalize = true;                \
        spec_.change;                             \
        check_fbank_refused(&spec_);              \
    } while (0)

static void test_fbank_refuses_spec(void) {
    CHECK_FBANK_REFUSED(sample_rate = 0);
    CHECK_FBANK_REFUSED(sample_rate = 7999);
    CHECK_FBANK_REFUSED(sample_rate = 2147483647);
    CHECK_FBANK_REFUSED(frame_length_ms = 0.0);
    CHECK_FBANK_REFUSED(frame_length_ms = 0.07); /* one sample */
    CHECK_FBANK_REFUSED(frame_length_ms = -25.0);
    CHECK_FBANK_REFUSED(frame_length_ms = 1e300);
    CHECK_FBANK_REFUSED(frame_shift_ms = (double)NAN);
    CHECK_FBANK_REFUSED(frame_shift_ms = 0.0);
    CHECK_FBANK_REFUSED(num_mel_bins = 3);
    CHECK_FBANK_REFUSED(num_mel_bins = 513);
    CHECK_FBANK_REFUSED(low_freq = -1.0);
    CHECK_FBANK_REFUSED(low_freq = 8000.0);
    CHECK_FBANK_REFUSED(low_freq = (double)NAN);
    CHECK_FBANK_REFUSED(low_freq = 7999.99); /* no room for the bins in single precision */
    CHECK_FBANK_REFUSED(target_length = 0);
    CHECK_FBANK_REFUSED(target_length = 32769);
    CHECK_FBANK_REFUSED(mean = NAN);
    CHECK_FBANK_REFUSED(std = 0.0F);
    CHECK_FBANK_REFUSED(std = INFINITY);
}

/* The ends of what is allowed: many more bins than the transform has, and the longest frames. */
static void test_fbank_extreme_specs(void) {
    struct fbank_spec specs[3] = {sound_spec(3), sound_spec(2), sound_spec(2)};
    specs[0].num_mel_bins = 512;
    specs[0].frame_length_ms = 0.2; /* 3 samples, 4 points */
    specs[0].frame_shift_ms = 0.07;
    specs[1].sample_rate = 192000;
    specs[1].frame_length_ms = 170.0;
    specs[1].num_mel_bins = 512;
    specs[2].low_freq = 0.0;
    specs[2].num_mel_bins = 4;
    float *samples = new_noise(12, 70000);
    for (size_t i = 0; i < CHECK_COUNT(specs); i++) {
        float *out = new_features(&specs[i], samples, 70000);
        for (int k = 0; k < specs[i].target_length * specs[i].num_mel_bins; k++)
            CU_ASSERT(isfinite(out[k]) && out[k] > -16.0F && out[k] < 30.0F);
        free(out);
    }
    free(samples);
}

static void *run_fbank_thread(void *context) {
    const float *samples = context;
    const struct fbank_spec spec = sound_spec(10);
    for (int i = 0; i < 300; i++) {
        struct fbank *fbank;
        float out[10 * 128];
        if (fbank_open(&fbank, &spec, NULL) != PTM_OK) return NULL;
        const bool ran = fbank_run(fbank, out, samples, 2000, NULL) == PTM_OK;
        fbank_close(&fbank);
        if (!ran || crc32(out, sizeof out) != crc32(samples + 2000, sizeof out)) return NULL;
    }
    return context;
}

/* FFTW's planner is shared by the process: opening and closing at the same time must do no harm. */
static void test_fbank_opens_in_threads(void) {
    const struct fbank_spec spec = sound_spec(10);
    float *samples = new_noise(13, 2000 + 10 * 128), *expected = new_features(&spec, samples, 2000);
    memcpy(samples + 2000, expected, 10 * 128 * sizeof *expected);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run_fbank_thread, samples), 0);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        CU_ASSERT_PTR_EQUAL(result, samples);
    }
    free(samples);
    free(expected);
}

/* Samples of a plain 16-bit mono WAV file; NULL where it is something else. */
static float *read_wav(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    static uint8_t bytes[1 << 20];
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    size_t at = 12;
    while (at + 8 <= size && memcmp(bytes + at, "data", 4) != 0)
        at += 8 + (bytes[at + 4] | (size_t)bytes[at + 5] << 8 | (size_t)bytes[at + 6] << 16);
    if (at + 8 > size) return NULL;
    *count = (size - at - 8) / 2;
    float *samples = must_alloc(*count, sizeof *samples);
    for (size_t i = 0; i < *count; i++)
        samples[i] = (float)(int16_t)(bytes[at + 8 + 2 * i] | bytes[at + 9 + 2 * i] << 8) / 32768.0F;
    return samples;
}

/* Speech through the reference's extractor of 96 frames: mean and (unbiased) deviation of what it gives. */
static void test_fbank_of_speech(void) {
    char path[4096];
    if (!check_shared(path, sizeof path, "media/jfk.wav")) {
        printf("\n    skipped: media/jfk.wav of the shared test data is not here ");
        return;
    }
    struct fbank_spec spec = sound_spec(96);
    spec.do_normalize = true;
    size_t count = 0;
    float *samples = read_wav(path, &count);
    CU_ASSERT_PTR_NOT_NULL_FATAL(samples);
    CU_ASSERT_EQUAL(count, 176000);
    float *out = new_features(&spec, samples, count);
    double sum = 0.0, squares = 0.0;
    const int n = 96 * 128;
    for (int i = 0; i < n; i++) sum += (double)out[i];
    for (int i = 0; i < n; i++) squares += ((double)out[i] - sum / n) * ((double)out[i] - sum / n);
    CU_ASSERT_DOUBLE_EQUAL(sum / n, -0.21555036, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(sqrt(squares / (n - 1)), 0.50957364, 1e-5);
    free(samples);
    free(out);
}

int main(void) {
    static const struct check_case cases[] = {
        {"check values", test_fbank_check_values},
        {"as torchaudio", test_fbank_as_torchaudio},
        {"as ASTFeatureExtractor", test_fbank_as_ast_extractor},
        {"pads samples", test_fbank_pads_samples},
        {"mean before padding", test_fbank_mean_before_padding},
        {"too short and too long", test_fbank_too_short_and_too_long},
        {"refuses samples", test_fbank_refuses_samples},
        {"refuses a specification", test_fbank_refuses_spec},
        {"extreme specifications", test_fbank_extreme_specs},
        {"opens in threads", test_fbank_opens_in_threads},
        {"speech", test_fbank_of_speech},
    };
    return check_main("fbank", cases, CHECK_COUNT(cases));
}
