/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "pipelines/run.h"

#include <string.h>

ptm_status audio_run_open(struct audio_run *audio, struct run *run, ptm_error *err) {
    struct lane *lane = &run->session->audio;
    const ptm_sampling asked = run->options->sampling;
    const size_t samples = lane_window_floats(lane);
    *audio = (struct audio_run){
        .run = run,
        .lane = lane,
        .sampling = asked == PTM_SAMPLING_FIRST ? asked : PTM_SAMPLING_WINDOWS,
        .window = {.items = lane->recent, .capacity = (int)samples, .width = 1},
    };
    TRY(tally_open(&audio->tally, lane->network, err));
    audio->samples = mem_alloc(samples, sizeof *audio->samples);
    if (audio->samples) return PTM_OK;
    tally_close(&audio->tally);
    return error_no_memory(err);
}

void audio_run_close(struct audio_run *audio) {
    mem_free(audio->samples);
    audio->samples = NULL;
    tally_close(&audio->tally);
}

static ptm_status answer_window(struct audio_run *audio, ptm_error *err) {
    const double start = clock_ms();
    const int held = window_copy(&audio->window, audio->samples);
    TRY(fbank_run(audio->run->session->fbank, audio->lane->input, audio->samples, (size_t)held, err));
    audio->padded += (double)(audio->window.capacity - held) / audio->lane->network->audio.sample_rate;
    audio->run->features_ms += clock_ms() - start;
    return run_window(audio->run, audio->lane, &audio->tally, err);
}

ptm_status audio_run_samples(struct audio_run *audio, const float *samples, size_t count, double time, ptm_error *err) {
    struct window *window = &audio->window;
    if (window->count == 0 && count > 0) audio->from = time;
    for (size_t done = 0; done < count && !audio->enough;) {
        const size_t room = (size_t)(window->capacity - (int)(window->count % window->capacity));
        const size_t take = count - done < room ? count - done : room;
        memcpy(window_slot(window), samples + done, take * sizeof *samples);
        window->count += (int64_t)take;
        done += take;
        if (!window_full(window)) continue;
        TRY(answer_window(audio, err));
        audio->enough = audio->sampling == PTM_SAMPLING_FIRST;
    }
    audio->to = audio->from + (double)window->count / audio->lane->network->audio.sample_rate;
    return PTM_OK;
}

ptm_status audio_run_finish(struct audio_run *audio, ptm_error *err) {
    if (audio->window.count == 0 || audio->enough || !window_pending(&audio->window)) return PTM_OK;
    return answer_window(audio, err);
}

ptm_coverage audio_run_coverage(const struct audio_run *audio, const struct media_stats *stats) {
    return (ptm_coverage){
        .from = audio->from,
        .to = audio->to,
        .padded = audio->padded,
        .samples_used = audio->window.count,
        .decode_errors = stats ? stats->decode_errors - stats->video_errors : 0,
        .sampling = run_sampling_name(audio->sampling),
    };
}
