/* SPDX-License-Identifier: MIT */
/* The log-mel spectrogram of one window of sound: as it is, and with its groups of patches. */
#include "pipelines/audio_run.h"
#include "pipelines/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WIDTH = 1400, USUAL_WIDTH = 1000, USUAL_HEIGHT = 320, MAX_TICKS = 32, TICK = 5 };

struct sound {
    struct explain *explain;
    struct audio_run run;
    float *values; /* (F, M) of the window, as the network saw them */
    struct explain_groups groups;
    double low, high;  /* values of the darkest and the brightest colour */
    double from, span; /* seconds of the first column's left side, and of all columns */
    int begin, end;    /* columns in which there is sound: the rest is padding */
    struct canvas picture;
    struct explain_map map;
};

/* ---------------------------------------------------------------- colours */

/* Nine steps of matplotlib's "magma" (CC0): even in brightness, from black over purple and orange to pale yellow. */
static const struct colour ramp[] = {{0, 0, 4},      {28, 16, 68},   {79, 18, 123},   {129, 37, 129}, {181, 54, 122},
                                     {229, 80, 100}, {251, 135, 97}, {254, 194, 135}, {252, 253, 191}};
enum { RAMP_STEPS = sizeof ramp / sizeof *ramp - 1 };

static uint8_t between(uint8_t a, uint8_t b, double part) {
    return (uint8_t)lrint(a + (b - a) * part);
}

static struct colour colour_of(const struct sound *sound, double value) {
    const double place = fmax(0, fmin(1, (value - sound->low) / (sound->high - sound->low))) * RAMP_STEPS;
    const int step = place < RAMP_STEPS ? (int)place : RAMP_STEPS - 1;
    const struct colour *a = &ramp[step], *b = a + 1;
    const double part = place - step;
    return (struct colour){between(a->r, b->r, part), between(a->g, b->g, part), between(a->b, b->b, part)};
}

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/** The colours span all but the most extreme values of the sound itself, padding left out. */
static ptm_status set_range(struct sound *sound, ptm_error *err) {
    const struct fbank_spec *spec = &sound->explain->lane->network->audio;
    const size_t bins = (size_t)spec->num_mel_bins, count = (size_t)(sound->end - sound->begin) * bins;
    float *sorted = mem_alloc(count, sizeof *sorted);
    if (!sorted) return error_no_memory(err);
    memcpy(sorted, sound->values + (size_t)sound->begin * bins, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, ascending);
    sound->low = sorted[count / 50];
    sound->high = sorted[count - 1 - count / 500];
    if (!(sound->high - sound->low > 1e-3)) sound->high = sound->low + 1e-3; /* silence is dark */
    mem_free(sorted);
    return PTM_OK;
}

/* ---------------------------------------------------------------- the window */

/** Which frames hold sound, and when the first one begins. */
static void place_sound(struct sound *sound) {
    const struct fbank_spec *spec = &sound->explain->lane->network->audio;
    const struct window *window = &sound->run.window;
    const int held = window->count < window->capacity ? (int)window->count : window->capacity;
    const double rate = spec->sample_rate, shift = fbank_frame_shift(spec) / rate;
    const double before = spec->pad_samples ? (window->capacity - held) / 2 / rate : 0; /* silence put in front */
    const double first = before / shift, last = (before + held / rate) / shift;
    sound->from = sound->run.from - before;
    sound->span = spec->target_length * shift;
    sound->begin = first < spec->target_length ? (int)first : spec->target_length - 1;
    sound->end = last < spec->target_length ? (int)last : spec->target_length;
    if (sound->end <= sound->begin) sound->end = sound->begin + 1;
}

/** Fills the groups with the colour of the mean of their values. */
static ptm_status fill_groups(struct sound *sound, ptm_error *err) {
    const struct network *network = sound->explain->lane->network;
    const int frames = network->audio.target_length, bins = network->audio.num_mel_bins;
    struct explain_groups *groups = &sound->groups;
    struct explain_map map; /* a pixel for each value */
    TRY(explain_map_sound(&map, network, frames, bins, err));
    double *sums = mem_calloc((size_t)groups->count, 2 * sizeof *sums); /* sum and count of each group */
    for (int m = 0; sums && m < bins; m++)
        for (int f = 0; f < frames; f++) {
            const int row = map.row[bins - 1 - m], column = map.column[f];
            if (row == EXPLAIN_OUTSIDE || column == EXPLAIN_OUTSIDE) continue;
            double *sum = sums + 2 * groups->token[row + column];
            sum[0] += (double)sound->values[(size_t)f * (size_t)bins + (size_t)m];
            sum[1]++;
        }
    for (int i = 0; sums && i < groups->count; i++)
        explain_group_fill(&groups->group[i], colour_of(sound, sums[2 * i] / fmax(1, sums[2 * i + 1])));
    explain_map_close(&map);
    if (!sums) return error_no_memory(err);
    mem_free(sums);
    return PTM_OK;
}

static ptm_status watch_window(void *watcher, const struct ready *ready, ptm_error *err) {
    struct sound *sound = watcher;
    place_sound(sound);
    memcpy(sound->values, ready->input, network_input_count(ready->lane->network) * sizeof *sound->values);
    TRY(set_range(sound, err));
    TRY(explain_groups_open(&sound->groups, ready->lane, err));
    return fill_groups(sound, err);
}

static ptm_status read_window(struct sound *sound, ptm_error *err) {
    struct explain *explain = sound->explain;
    struct media_item item;
    do {
        TRY(media_next(explain->media, &item, err));
        if (item.kind == MEDIA_SAMPLES)
            TRY(audio_run_samples(&sound->run, item.samples, (size_t)item.count, item.time, err));
    } while (item.kind != MEDIA_END && !sound->run.enough);
    TRY(audio_run_finish(&sound->run, err));
    if (sound->run.tally.windows > 0) return PTM_OK;
    return run_refuse_undecoded(&explain->run, "no sound", media_get_info(explain->media)->duration, err);
}

/* ---------------------------------------------------------------- the figure */

static ptm_status draw_spectrogram(struct sound *sound, ptm_error *err) {
    const struct network *network = sound->explain->lane->network;
    const int frames = network->audio.target_length, bins = network->audio.num_mel_bins;
    const int width = frames > MAX_WIDTH ? MAX_WIDTH : frames * (frames < USUAL_WIDTH ? USUAL_WIDTH / frames : 1);
    const int height = bins * (bins < USUAL_HEIGHT ? USUAL_HEIGHT / bins : 1);
    TRY(canvas_open(&sound->picture, width, height, FIGURE_GROUND, err));
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const size_t frame = (size_t)x * (size_t)frames / (size_t)width,
                         bin = (size_t)((height - 1 - y) * bins / height);
            const struct colour colour = colour_of(sound, (double)sound->values[frame * (size_t)bins + bin]);
            canvas_fill(&sound->picture, x, y, 1, 1, colour);
        }
    return explain_map_sound(&sound->map, network, width, height, err);
}

/** Frequencies to the left of a panel, as many as have room. */
static ptm_status add_frequencies(const struct sound *sound, struct figure *figure, int left, int top, ptm_error *err) {
    static const int ticks[] = {100, 200, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000};
    const struct fbank_spec *spec = &sound->explain->lane->network->audio;
    const double low = fbank_mel(spec->low_freq), high = fbank_mel(0.5 * spec->sample_rate);
    const int height = sound->picture.height, half = figure_line_height(figure) / 2;
    int previous = top + height + figure_line_height(figure);
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        /* Triangle m has its peak at edge m + 1 of num_mel_bins + 2, and is drawn around m + 1/2. */
        const double bin = (fbank_mel(ticks[i]) - low) / (high - low) * (spec->num_mel_bins + 1) - 0.5;
        const int y = top + (int)lrint(height * (1 - bin / spec->num_mel_bins));
        if (bin < 0 || y < top || previous - y < figure_line_height(figure)) continue;
        previous = y;
        TRY(figure_add_line(figure, left - TICK - 2, y, TICK, 1, err));
        TRY(figure_add_text(figure, left - TICK - 8, y - half + 2 * figure->scale, FIGURE_RIGHT, FIGURE_FAINT, err,
                            ticks[i] < 1000 ? "%d" : "%dk", ticks[i] < 1000 ? ticks[i] : ticks[i] / 1000));
    }
    return PTM_OK;
}

/** 1, 2 or 5 times a power of ten: the least that gives no more than `most` steps in the span. */
static double nice_step(double span, int most) {
    const double power = pow(10, floor(log10(span / most))), rest = span / most / power;
    return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

/** Seconds below a panel. */
static ptm_status add_seconds(const struct sound *sound, struct figure *figure, int left, int bottom, bool labels,
                              ptm_error *err) {
    const double step = nice_step(sound->span, 10);
    const int decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0, width = sound->picture.width;
    for (double k = ceil(sound->from / step - 1e-9); k * step <= sound->from + sound->span + 1e-9; k++) {
        const int x = left + (int)lrint((k * step - sound->from) / sound->span * width);
        TRY(figure_add_line(figure, x < left + width ? x : left + width - 1, bottom + 2, 1, TICK, err));
        if (labels)
            TRY(figure_add_text(figure, x, bottom + TICK + 6, FIGURE_MIDDLE, FIGURE_FAINT, err, "%.*f s", decimals,
                                k == 0 ? 0.0 : k * step)); /* no "-0" */
    }
    return PTM_OK;
}

/** The panel with its axes; *bottom is moved below it. */
static ptm_status add_panel(const struct sound *sound, struct figure *figure, const char *title, int left, bool merged,
                            int *bottom, ptm_error *err) {
    const struct canvas *picture = &sound->picture;
    TRY(figure_add_text(figure, left, *bottom, FIGURE_LEFT, FIGURE_WORDS, err, "%s", title));
    const int top = *bottom + figure_line_height(figure);
    const struct figure_panel panel = {
        .x = left, .y = top, .picture = picture, .map = &sound->map, .groups = merged ? &sound->groups : NULL};
    TRY(figure_add_panel(figure, &panel, err));
    TRY(add_frequencies(sound, figure, left, top, err));
    TRY(add_seconds(sound, figure, left, top + picture->height, merged, err));
    *bottom = top + picture->height + 2 * TICK;
    return PTM_OK;
}

/** Says where the sound itself begins and ends, if the window is longer. */
static ptm_status add_padding(const struct sound *sound, struct figure *figure, int left, int title_y, ptm_error *err) {
    const int frames = sound->explain->lane->network->audio.target_length, width = sound->picture.width;
    const int height = figure_line_height(figure) + sound->picture.height, few = 4; /* frames: the window's own rest */
    const int begin = (int)((int64_t)sound->begin * width / frames), end = (int)((int64_t)sound->end * width / frames);
    if (sound->begin >= few)
        TRY(figure_add_line(figure, left + begin, title_y + figure_line_height(figure), 2, sound->picture.height, err));
    if (sound->end > frames - few) return PTM_OK;
    TRY(figure_add_line(figure, left + end, title_y, 2, height, err));
    if (width - end < figure_text_width(figure, "  padding")) return PTM_OK;
    return figure_add_text(figure, left + end + 4 * figure->scale, title_y, FIGURE_LEFT, FIGURE_FAINT, err, "padding");
}

static ptm_status lay_out(const struct sound *sound, struct figure *figure, ptm_error *err) {
    char items[EXPLAIN_LEGEND_ITEMS][FIGURE_TEXT];
    const int margin = 20;
    figure->scale = 2;
    const int left = margin + figure_text_width(figure, "500k") + 2 * TICK;
    figure->width = left + sound->picture.width + 2 * margin;
    int bottom = margin;
    TRY(add_panel(sound, figure, "log-mel spectrogram, Hz", left, false, &bottom, err));
    TRY(add_padding(sound, figure, left, margin, err));
    bottom += margin / 2;
    TRY(add_panel(sound, figure, "what merged", left, true, &bottom, err));
    figure->height = bottom + figure_line_height(figure);
    TRY(explain_legend(items, sound->explain->lane, &sound->run.tally, err));
    return figure_add_legend(figure, items, EXPLAIN_LEGEND_ITEMS, margin, err);
}

static ptm_status write_figure(struct sound *sound, ptm_error *err) {
    struct figure figure;
    TRY(figure_open(&figure, 2, 2 * MAX_TICKS, 2 * MAX_TICKS, err));
    ptm_status status = draw_spectrogram(sound, err);
    if (status == PTM_OK) status = lay_out(sound, &figure, err);
    if (status == PTM_OK) status = explain_write_figure(sound->explain, &figure, err);
    figure_close(&figure);
    return status;
}

ptm_status explain_sound(struct explain *explain, ptm_error *err) {
    struct sound sound = {.explain = explain};
    explain->options.sampling = PTM_SAMPLING_FIRST;
    explain->run.watch = watch_window;
    explain->run.watcher = &sound;
    sound.values = mem_alloc(network_input_count(explain->lane->network), sizeof *sound.values);
    if (!sound.values) return error_no_memory(err);
    ptm_status status = audio_run_open(&sound.run, &explain->run, err);
    if (status == PTM_OK) status = read_window(&sound, err);
    if (status == PTM_OK) status = write_figure(&sound, err);
    if (status == PTM_OK) {
        explain->report.windows = sound.run.tally.windows;
        explain->report.tokens_in = explain->lane->vit.windows->tokens[0];
        explain->report.tokens_out = sound.groups.count;
    }
    explain_groups_close(&sound.groups);
    explain_map_close(&sound.map);
    canvas_close(&sound.picture);
    audio_run_close(&sound.run);
    mem_free(sound.values);
    return status;
}
