/* SPDX-License-Identifier: MIT */
/*
 * fbank: Kaldi's log-mel filter bank features (compute-fbank-feats, as torchaudio.compliance.kaldi.fbank gives them
 * with htk_compat, hanning window, dither 0, use_energy false, high_freq 0), then padded and normalised.
 */
#ifndef POLYTOME_FEATURES_FBANK_H
#define POLYTOME_FEATURES_FBANK_H

#include "base/error.h"

struct fbank_spec {
    int sample_rate;         /* Hz */
    double frame_length_ms;  /* 25 */
    double frame_shift_ms;   /* 10 */
    int num_mel_bins;        /* M */
    double low_freq;         /* Hz, 20 */
    int target_length;       /* F: frames of the network's input */
    bool subtract_clip_mean; /* AudioMAE and the original AST; not transformers */
    bool pad_samples;        /* shorter input: zero samples on both sides (else zero frames at the end, in log space) */
    bool do_normalize;
    float mean, std; /* (x - mean) / (2 * std) */
};

/** Sets what the published models of sound have: 16 kHz, frames of 25 ms every 10 ms, filters from 20 Hz on. */
void fbank_set_defaults(struct fbank_spec *spec);

/** PTM_EMODEL where a number is outside of what fbank_open() takes. */
ptm_status fbank_check_spec(const struct fbank_spec *spec, ptm_error *err);

struct fbank;

/** Plans the transform and makes the window and the filters. `spec` is copied. */
ptm_status fbank_open(struct fbank **out, const struct fbank_spec *spec, ptm_error *err);

void fbank_close(struct fbank **fbank);

/** Kaldi's mel scale, on which the filters are evenly spaced: 1127 ln(1 + hertz / 700). */
double fbank_mel(double hertz);

/** Samples that fill the F frames of one window: frame_length + (F - 1) * frame_shift, of a spec that was checked. */
int fbank_window_samples(const struct fbank_spec *spec);

/** Samples from one frame to the next, a whole number: cut off, as the reference does. */
int fbank_frame_shift(const struct fbank_spec *spec);

/** PTM_EFORMAT where a sample is NaN, infinite or so large that its power may be. */
ptm_status fbank_check_samples(const float *samples, size_t count, ptm_error *err);

/**
 * out (target_length, num_mel_bins) <- `count` mono samples in [-1,1]. More frames than target_length are cut off;
 * fewer, down to none, are padded. Fails as fbank_check_samples().
 */
ptm_status fbank_run(struct fbank *fbank, float *out, const float *samples, size_t count, ptm_error *err);

/** Whether a frame has the same energies in every window that holds it whole, so that the next window may keep them. */
bool fbank_is_local(const struct fbank *fbank);

/**
 * The same for a window that shares its first `known` frames with an earlier one: energies (target_length,
 * num_mel_bins) holds theirs in log space, before padding and normalising, and gets those of all *frames. Where
 * fbank_is_local(), and the samples fill the window, `known` is 0 or the spec does not pad samples.
 */
ptm_status fbank_run_on(struct fbank *fbank, float *out, float *energies, size_t known, size_t *frames,
                        const float *samples, size_t count, ptm_error *err);

#endif
