/* SPDX-License-Identifier: MIT */
#include "pipelines/explain_film.h"

#include "features/font.h"
#include "files/replace.h"
#include "media/film_writer.h"
#include "pipelines/frame_canvas.h"

#include <stdio.h>

enum { CAPTION_LIGHT = 30 }; /* percent of the picture's light behind the caption */

struct film {
    struct explain_look *look;
    struct film_writer *writer;
    struct canvas frame; /* of the size of the first one */
    struct explain_map map;
    char caption[EXPLAIN_LEGEND_ITEMS * (FIGURE_TEXT + 3)];
};

/** Shows a picture of any size on the frame. */
static ptm_status put_picture(struct film *film, const struct media_picture *picture, ptm_error *err) {
    const int w = picture->width, h = picture->height;
    TRY(explain_map_picture(&film->map, film->look->explain->lane->network, w, h, film->frame.width, film->frame.height,
                            err));
    return frame_canvas_put(&film->frame, picture, err);
}

/** A line of words on a darkened strip at the bottom, where the picture is large enough for it. */
static void put_caption(struct film *film) {
    struct canvas *frame = &film->frame;
    if (!frame_canvas_takes_words(frame)) return;
    const int scale = frame_canvas_scale(frame), strip = (FONT_HEIGHT + 4) * scale;
    canvas_dim(frame, 0, frame->height - strip, frame->width, strip, CAPTION_LIGHT);
    canvas_text(frame, 3 * scale, frame->height - strip + 2 * scale, film->caption, scale, FIGURE_WORDS);
}

static ptm_status add_frame(struct film *film, const struct media_item *item, double begin, ptm_error *err) {
    struct explain_look *look = film->look;
    struct media_picture picture;
    int tube;
    TRY(run_check_cancelled(&look->explain->run, err));
    TRY(media_frame_rgb(look->explain->media, &picture, err));
    TRY(put_picture(film, &picture, err));
    const struct explain_window *window = explain_look_at(look, item->time, item->end, &tube);
    explain_groups_paint(&window->groups, tube, &film->map, &film->frame, 0, 0, explain_thickness(&film->map));
    put_caption(film);
    picture = frame_canvas_picture(&film->frame);
    return film_writer_add(film->writer, &picture, item->time - begin, err);
}

static ptm_status add_frames(struct film *film, ptm_error *err) {
    struct explain *explain = film->look->explain;
    struct media_item item;
    double begin = 0;
    for (int64_t *frames = &explain->report.frames;;) {
        TRY(media_next(explain->media, &item, err));
        if (item.kind == MEDIA_END) return film_writer_finish(film->writer, err);
        if (item.kind != MEDIA_FRAME) continue;
        if (*frames == 0) begin = item.time;
        TRY(add_frame(film, &item, begin, err));
        ++*frames;
    }
}

static ptm_status make_caption(struct film *film, ptm_error *err) {
    char items[EXPLAIN_LEGEND_ITEMS][FIGURE_TEXT];
    TRY(explain_legend(items, film->look->explain->lane, explain_look_tally(film->look), err));
    snprintf(film->caption, sizeof film->caption, "%s   %s   %s   %s", items[1], items[2], items[0], items[3]);
    return PTM_OK;
}

static ptm_status make_film(struct film *film, int fd, ptm_error *err) {
    struct explain *explain = film->look->explain;
    TRY(make_caption(film, err));
    TRY(explain_open_media(explain, PTM_VIDEO, err));
    TRY(canvas_open(&film->frame, film->look->width, film->look->height, FIGURE_GROUND, err));
    TRY(film_writer_open(&film->writer, fd, explain->output, film->frame.width, film->frame.height,
                         media_get_info(explain->media), NULL, err));
    film_writer_get_size(film->writer, &explain->report.width, &explain->report.height);
    return add_frames(film, err);
}

ptm_status explain_write_film(struct explain_look *look, ptm_error *err) {
    struct film film = {.look = look};
    struct replacement file;
    TRY(replace_open(&file, look->explain->output, err));
    const ptm_status status = make_film(&film, file.fd, err);
    film_writer_close(&film.writer);
    explain_map_close(&film.map);
    canvas_close(&film.frame);
    return replace_end(&file, status, err);
}
