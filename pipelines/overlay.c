/* SPDX-License-Identifier: MIT */
/* A film with its labels and a strip of their scores drawn into it. */
#include "base/memory.h"
#include "features/font.h"
#include "files/replace.h"
#include "media/film_writer.h"
#include "pipelines/frame_canvas.h"
#include "pipelines/overlay_track.h"
#include "pipelines/run.h"
#include "pipelines/window_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    STRIP_DOTS = 10,
    TEXT_LIGHT = 35,  /* percent of the picture's light behind words */
    AHEAD_LIGHT = 40, /* of the strip's beyond the moment that is shown */
    WORDS = 160       /* bytes of a label's words */
};

static const struct colour white = {255, 255, 255};

struct ptm_overlay {
    struct overlay_track tracks[NETWORK_MODALITIES]; /* as network_modalities[] */
};

/** A film that is being drawn. */
struct drawing {
    const struct ptm_overlay *overlay;
    const char *path, *output;
    struct run run;
    struct media *media;
    struct film_writer *writer;
    struct film_sound *sound;
    struct canvas frame, strips[NETWORK_MODALITIES];
    double begin, end; /* of what the strips show */
    double first;      /* time of the first frame */
    int scale;         /* pixels a dot */
    ptm_overlay_report report;
};

ptm_status ptm_overlay_open(ptm_overlay **out, ptm_error *err) {
    error_clear(err);
    *out = mem_calloc(1, sizeof **out);
    return *out ? PTM_OK : error_no_memory(err);
}

ptm_status ptm_overlay_add(ptm_overlay *overlay, const ptm_window *window, ptm_error *err) {
    error_clear(err);
    TRY(window_check(window, err));
    return overlay_track_add(&overlay->tracks[network_modality_index(window->modality)], window, err);
}

void ptm_overlay_close(ptm_overlay **overlay) {
    if (!overlay || !*overlay) return;
    for (int i = 0; i < NETWORK_MODALITIES; i++) overlay_track_close(&(*overlay)->tracks[i]);
    mem_free(*overlay);
    *overlay = NULL;
}

/* ---------------------------------------------------------------- one frame */

/** Rows of one modality: words, where there is room for them, and the strip below. */
static int words_rows(const struct drawing *drawing) {
    return frame_canvas_takes_words(&drawing->frame) ? (FONT_HEIGHT + 3) * drawing->scale : 0;
}

static int strip_rows(const struct drawing *drawing) {
    return STRIP_DOTS * drawing->scale;
}

static void put_words(struct drawing *drawing, const struct overlay_track *track, const struct overlay_window *window,
                      int y) {
    const int scale = drawing->scale, width = drawing->frame.width;
    int x = 3 * scale;
    for (int i = 0; window && i < window->count; i++) {
        char words[WORDS];
        const int index = window->labels[i].index;
        snprintf(words, sizeof words, "%.120s %d%%", track->names[index],
                 (int)lrint(100 * (double)window->labels[i].score));
        const int end = x + canvas_text_width(words, scale);
        if (i > 0 && end > width - 3 * scale) break; /* the best one is cut off rather than left out */
        canvas_text(&drawing->frame, x, y, words, scale, overlay_colour(index));
        x = end + 3 * FONT_ADVANCE * scale;
    }
}

static void put_strip(struct drawing *drawing, const struct canvas *strip, double time, int y) {
    const int width = strip->width, rows = strip->height, scale = drawing->scale;
    const double part = (time - drawing->begin) / (drawing->end - drawing->begin);
    const int now = (int)lrint(fmax(0, fmin(part, 1)) * (width - scale));
    canvas_put(&drawing->frame, 0, y, strip->rgb, width, rows);
    canvas_dim(&drawing->frame, now, y, width - now, rows, AHEAD_LIGHT);
    canvas_fill(&drawing->frame, now, y, scale, rows, white);
}

static void draw(struct drawing *drawing, double time) {
    static const ptm_modality upwards[] = {PTM_AUDIO, PTM_IMAGE, PTM_VIDEO}; /* from the bottom */
    struct canvas *frame = &drawing->frame;
    const int words = words_rows(drawing), strip = strip_rows(drawing);
    int y = frame->height;
    for (size_t k = 0; k < sizeof upwards / sizeof *upwards; k++) {
        const int i = network_modality_index(upwards[k]);
        const struct overlay_track *track = &drawing->overlay->tracks[i];
        if (track->count == 0) continue;
        y -= strip;
        put_strip(drawing, &drawing->strips[i], time, y);
        if (words == 0) continue;
        y -= words;
        canvas_dim(frame, 0, y, frame->width, words, TEXT_LIGHT);
        put_words(drawing, track, overlay_track_at(track, time), y + 2 * drawing->scale);
    }
}

/* ---------------------------------------------------------------- the film */

/** Everything that has the size of the first frame. */
static ptm_status begin_film(struct drawing *drawing, int fd, const struct media_picture *first, ptm_error *err) {
    const ptm_classify_options *options = drawing->run.options;
    const double end = options->duration > 0 ? options->start + options->duration : INFINITY;
    TRY(canvas_open(&drawing->frame, first->width, first->height, white, err));
    drawing->scale = frame_canvas_scale(&drawing->frame);
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        const struct overlay_track *track = &drawing->overlay->tracks[i];
        if (track->count == 0) continue;
        TRY(overlay_track_draw(track, drawing->begin, drawing->end, first->width, strip_rows(drawing),
                               &drawing->strips[i], err));
    }
    TRY(film_sound_open(&drawing->sound, drawing->path, drawing->first, end, err));
    if (drawing->sound) drawing->report.sound = film_sound_is_copied(drawing->sound) ? "copied" : "aac";
    TRY(film_writer_open(&drawing->writer, fd, drawing->output, first->width, first->height,
                         media_get_info(drawing->media), drawing->sound, err));
    film_writer_get_size(drawing->writer, &drawing->report.width, &drawing->report.height);
    return PTM_OK;
}

static ptm_status add_frame(struct drawing *drawing, int fd, const struct media_item *item, ptm_error *err) {
    struct media_picture picture;
    TRY(run_check_cancelled(&drawing->run, err));
    TRY(media_frame_rgb(drawing->media, &picture, err));
    if (!drawing->writer) {
        drawing->first = item->time;
        TRY(begin_film(drawing, fd, &picture, err));
    }
    TRY(frame_canvas_put(&drawing->frame, &picture, err));
    draw(drawing, item->time);
    picture = frame_canvas_picture(&drawing->frame);
    drawing->report.frames++;
    return film_writer_add(drawing->writer, &picture, item->time - drawing->first, err);
}

static ptm_status make_film(struct drawing *drawing, int fd, ptm_error *err) {
    const struct media_options options = run_media_options(&drawing->run, PTM_VIDEO);
    TRY(media_open(&drawing->media, drawing->path, &options, err));
    const struct media_info *info = media_get_info(drawing->media);
    if (!info->has_video || info->is_still)
        return error_set(err, PTM_ENODATA, "%s: no film to draw into: %s", drawing->path,
                         info->no_video ? info->no_video : "a still picture");
    for (;;) {
        struct media_item item;
        TRY(media_next(drawing->media, &item, err));
        run_report_progress(&drawing->run, drawing->media, &item);
        if (item.kind == MEDIA_END) break;
        if (item.kind == MEDIA_FRAME) TRY(add_frame(drawing, fd, &item, err));
    }
    if (drawing->writer) return film_writer_finish(drawing->writer, err);
    return error_set(err, PTM_ENODATA, "%s: no frame could be decoded", drawing->path);
}

static void close_drawing(struct drawing *drawing) {
    film_writer_close(&drawing->writer);
    film_sound_close(&drawing->sound);
    media_close(&drawing->media);
    canvas_close(&drawing->frame);
    for (int i = 0; i < NETWORK_MODALITIES; i++) canvas_close(&drawing->strips[i]);
}

static ptm_status draw_film(struct drawing *drawing, ptm_error *err) {
    struct replacement file;
    TRY(replace_open(&file, drawing->output, err));
    const ptm_status status = make_film(drawing, file.fd, err);
    close_drawing(drawing);
    return replace_end(&file, status, err);
}

/** The time that the strips show: that of the windows. */
static void set_span(struct drawing *drawing) {
    drawing->begin = INFINITY;
    for (int i = 0; i < NETWORK_MODALITIES; i++) {
        const struct overlay_track *track = &drawing->overlay->tracks[i];
        if (track->count == 0) continue;
        drawing->begin = fmin(drawing->begin, track->windows[0].from);
        drawing->end = fmax(drawing->end, track->windows[track->count - 1].to);
    }
}

ptm_status ptm_overlay_write(const ptm_overlay *overlay, const char *path, const char *output,
                             const ptm_classify_options *options, ptm_overlay_report *report, ptm_error *err) {
    error_clear(err);
    ptm_classify_options defaults;
    ptm_classify_options_default(&defaults);
    struct drawing drawing = {.overlay = overlay, .path = path, .output = output};
    drawing.run.options = options ? options : &defaults;
    TRY(run_check_options(drawing.run.options, err));
    if (replace_is_same(output, path))
        return error_set(err, PTM_EINVAL, "%s: this is the film to be drawn itself; choose another name", output);
    set_span(&drawing);
    if (!(drawing.end > drawing.begin)) return error_set(err, PTM_EINVAL, "%s: there are no windows to draw", output);
    TRY(draw_film(&drawing, err));
    if (report) *report = drawing.report;
    return PTM_OK;
}
