/* SPDX-License-Identifier: MIT */
#include "pipelines/audio_run.h"

#include "base/clock.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

/** Samples of one frame of the spectrogram: fewer have nothing to answer, unless the model pads them. */
static int least_samples(const struct lane *lane) {
    const struct fbank_spec *spec = &lane->network->audio;
    return spec->pad_samples ? 1 : fbank_window_samples(spec) - (spec->target_length - 1) * fbank_frame_shift(spec);
}

/** Samples of one window: the model's own number, or fewer where that was asked for. */
static int window_length(const struct run *run, const struct lane *lane) {
    const int own = (int)lane_window_floats(lane), rate = lane->network->audio.sample_rate;
    if (run->window <= 0 || run->window * rate >= own) return own;
    return (int)fmax(least_samples(lane), round(run->window * rate));
}

ptm_status audio_run_open(struct audio_run *audio, struct run *run, ptm_error *err) {
    struct lane *lane = session_lane(run->session, PTM_AUDIO);
    const ptm_sampling asked = run->options->sampling;
    const struct fbank_spec *spec = &lane->network->audio;
    const int capacity = window_length(run, lane);
    *audio = (struct audio_run){
        .run = run,
        .lane = lane,
        .sampling = asked == PTM_SAMPLING_FIRST ? asked : PTM_SAMPLING_WINDOWS,
        .window = {.items = lane->recent, .capacity = capacity, .width = 1, .rate = spec->sample_rate},
    };
    window_lay(&audio->window, run->hop, fbank_frame_shift(spec));
    /* Samples put in front of a window would move its frames. */
    const bool moved = spec->pad_samples && capacity < (int)lane_window_floats(lane);
    const bool share = audio->window.hop < capacity && !moved && fbank_is_local(run->session->fbank);
    TRY(tally_open(&audio->tally, lane->network, err));
    audio->samples = mem_alloc((size_t)capacity, sizeof *audio->samples);
    if (share) audio->energies = mem_alloc(network_input_count(lane->network), sizeof *audio->energies);
    if (audio->samples && (audio->energies || !share)) return PTM_OK;
    audio_run_close(audio);
    return error_no_memory(err);
}

void audio_run_close(struct audio_run *audio) {
    mem_free(audio->samples);
    mem_free(audio->energies);
    audio->samples = audio->energies = NULL;
    tally_close(&audio->tally);
}

/** The features of the window in audio->samples; frames that the last window had too are not computed again. */
static ptm_status run_features(struct audio_run *audio, int held, ptm_error *err) {
    struct fbank *fbank = audio->run->session->fbank;
    const struct fbank_spec *spec = &audio->lane->network->audio;
    if (!audio->energies) return fbank_run(fbank, audio->lane->input, audio->samples, (size_t)held, err);
    const int64_t first = audio->window.count - held, moved = first - audio->first;
    const int64_t shift = fbank_frame_shift(spec), gone = moved / shift;
    size_t known = 0;
    if (moved > 0 && moved % shift == 0 && gone < (int64_t)audio->frames) {
        const size_t row = (size_t)spec->num_mel_bins;
        known = audio->frames - (size_t)gone;
        memmove(audio->energies, audio->energies + (size_t)gone * row, known * row * sizeof *audio->energies);
    }
    audio->first = first;
    return fbank_run_on(fbank, audio->lane->input, audio->energies, known, &audio->frames, audio->samples, (size_t)held,
                        err);
}

static ptm_status answer_window(struct audio_run *audio, enum window_end end, ptm_error *err) {
    const double start = clock_ms();
    const int held = window_copy(&audio->window, audio->samples);
    const struct span span = window_take(&audio->window, audio->origin, audio->run->until, end);
    TRY(run_features(audio, held, err));
    audio->padded += span.padded;
    audio->run->features_ms += clock_ms() - start;
    audio->enough = audio->sampling == PTM_SAMPLING_FIRST;
    return run_window(audio->run, audio->lane, &audio->tally, &span, EMBED_NOWHERE, err);
}

/** Is there something to answer that no window held yet? */
static bool is_pending(const struct audio_run *audio) {
    return window_pending(&audio->window) && audio->window.count >= least_samples(audio->lane);
}

ptm_status audio_run_answer_due(struct audio_run *audio, ptm_error *err) {
    return window_is_due(&audio->window) ? answer_window(audio, WINDOW_FOLLOWED, err) : PTM_OK;
}

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/** Takes samples, or silence where `samples` is NULL, and answers the windows that they fill. */
static ptm_status take_samples(struct audio_run *audio, const float *samples, int64_t count, ptm_error *err) {
    struct window *window = &audio->window;
    const bool at_once = audio->run->realtime || audio->sampling == PTM_SAMPLING_FIRST;
    for (int64_t done = 0; done < count && !audio->enough;) {
        TRY(audio_run_answer_due(audio, err));
        const int64_t unwanted = window_unwanted(window); /* are passed over; else what the ring takes in one piece */
        const int64_t ring = window->capacity - window->count % window->capacity;
        const int64_t room = unwanted > 0 ? unwanted : least(ring, window_missing(window));
        const int64_t take = least(count - done, room);
        if (unwanted == 0 && samples)
            memcpy(window_slot(window), samples + done, (size_t)take * sizeof *samples);
        else if (unwanted == 0)
            memset(window_slot(window), 0, (size_t)take * sizeof *samples);
        window_pushed(window, take);
        audio->samples_used += samples ? take : 0;
        done += take;
        if (at_once) TRY(audio_run_answer_due(audio, err));
    }
    return PTM_OK;
}

/** What lies between the samples so far and `time`: a short gap is silence, and after a long one windows begin anew. */
static ptm_status bridge(struct audio_run *audio, double time, ptm_error *err) {
    struct window *window = &audio->window;
    const double gap = time - (audio->origin + (double)window->count / window->rate);
    if (window->count > 0 && gap <= LIMIT_SOUND_GAP) return PTM_OK;
    if (window->count > 0 && gap * window->rate < window->capacity)
        return take_samples(audio, NULL, llround(gap * window->rate), err);
    if (!audio->run->realtime && is_pending(audio)) TRY(answer_window(audio, WINDOW_LAST, err));
    if (audio->enough) return PTM_OK;
    window_restart(window);
    audio->frames = 0;
    audio->origin = time;
    return PTM_OK;
}

/** Of `count` samples from `time` on those that are passed over, so that the windows of a live source stay with the
 * world: more have come than its time has room for. */
static size_t surplus(const struct audio_run *audio, size_t count, double time) {
    const struct window *window = &audio->window;
    const double lead = audio->origin + (double)window->count / window->rate - time;
    if (!audio->run->realtime || window->count == 0 || lead <= LIMIT_SOUND_GAP) return 0;
    return (size_t)fmin((double)count, round(lead * window->rate));
}

ptm_status audio_run_samples(struct audio_run *audio, const float *samples, size_t count, double time, ptm_error *err) {
    if (count == 0 || audio->enough) return PTM_OK;
    if (audio->samples_used == 0) audio->from = time;
    TRY(bridge(audio, time, err));
    if (audio->enough) return PTM_OK;
    const size_t over = surplus(audio, count, time);
    TRY(take_samples(audio, samples + over, (int64_t)(count - over), err));
    audio->to = audio->origin + (double)audio->window.count / audio->window.rate;
    return PTM_OK;
}

ptm_status audio_run_finish(struct audio_run *audio, ptm_error *err) {
    return !audio->enough && is_pending(audio) ? answer_window(audio, WINDOW_LAST, err) : PTM_OK;
}

ptm_status audio_run_break(struct audio_run *audio, ptm_error *err) {
    TRY(audio_run_finish(audio, err));
    window_restart(&audio->window);
    audio->frames = 0;
    return PTM_OK;
}

ptm_coverage audio_run_coverage(const struct audio_run *audio, const struct media_stats *stats) {
    return (ptm_coverage){
        .from = audio->from,
        .to = audio->to,
        .padded = audio->padded,
        .samples_used = audio->samples_used,
        .decode_errors = stats ? stats->decode_errors - stats->video_errors : 0,
        .sampling = run_sampling_name(audio->sampling),
    };
}
