/* SPDX-License-Identifier: MIT */
/* Figures of pictures: a still with its groups, or a sheet of one window of a video, as it is and as it merged. */
#include "pipelines/explain_film.h"
#include "pipelines/explain_look.h"

enum { MARGIN = 14, GAP = 6, LEAST_WIDTH = 360, SHEET_LEAST_WIDTH = 640, BIG_PAGE = 480 };

/** A page wide enough for its words; *left is where a thing of `width` pixels stands in its middle. */
static void set_width(struct figure *figure, int width, int least, int *left) {
    figure->width = (width < least ? least : width) + 2 * MARGIN;
    figure->scale = figure->width > BIG_PAGE ? 2 : 1;
    *left = (figure->width - width) / 2;
}

static ptm_status add_legend(const struct explain_look *look, struct figure *figure, ptm_error *err) {
    char items[EXPLAIN_LEGEND_ITEMS][FIGURE_TEXT];
    TRY(explain_legend(items, look->explain->lane, explain_look_tally(look), err));
    return figure_add_legend(figure, items, EXPLAIN_LEGEND_ITEMS, MARGIN, err);
}

static ptm_status add_tile(const struct explain_look *look, struct figure *figure, int tube, bool merged, int x, int y,
                           ptm_error *err) {
    const struct figure_panel panel = {.x = x,
                                       .y = y,
                                       .picture = &look->tiles[tube],
                                       .groups = merged ? &look->windows[0].groups : NULL,
                                       .map = &look->tile_map,
                                       .tube = tube};
    return figure_add_panel(figure, &panel, err);
}

/** The still itself, at its own size where that fits. */
static ptm_status lay_out_still(const struct explain_look *look, struct figure *figure, ptm_error *err) {
    int left;
    set_width(figure, look->tile.width, LEAST_WIDTH, &left);
    TRY(add_tile(look, figure, 0, true, left, MARGIN, err));
    figure->height = MARGIN + look->tile.height;
    return add_legend(look, figure, err);
}

/** A block of tiles, row by row; *y is moved below it. */
static ptm_status add_block(const struct explain_look *look, struct figure *figure, const char *title, int columns,
                            bool merged, int left, int *y, ptm_error *err) {
    const int tubes = look->windows[0].groups.tubes, line = figure_line_height(figure);
    TRY(figure_add_text(figure, left, *y, FIGURE_LEFT, FIGURE_WORDS, err, "%s", title));
    int top = *y + line;
    for (int t = 0; t < tubes; t++) {
        const int x = left + t % columns * (look->tile.width + GAP);
        TRY(add_tile(look, figure, t, merged, x, top, err));
        const bool row_ends = t % columns == columns - 1 || t == tubes - 1;
        if (!merged && look->tube_seconds > 0)
            TRY(figure_add_text(figure, x + look->tile.width / 2, top + look->tile.height + 5, FIGURE_MIDDLE,
                                FIGURE_FAINT, err, "%.2f s", look->windows[0].start + t * look->tube_seconds));
        if (row_ends) top += look->tile.height + (merged ? GAP : line + GAP);
    }
    *y = top;
    return PTM_OK;
}

static ptm_status lay_out_sheet(const struct explain_look *look, struct figure *figure, ptm_error *err) {
    const int columns = look->columns, tile = look->tile.width;
    int left, y = MARGIN;
    set_width(figure, columns * (tile + GAP) - GAP, SHEET_LEAST_WIDTH, &left);
    TRY(add_block(look, figure, "the first frame of each tube", columns, false, left, &y, err));
    y += GAP;
    TRY(add_block(look, figure, "what merged", columns, true, left, &y, err));
    figure->height = y;
    return add_legend(look, figure, err);
}

static ptm_status write_figure(struct explain_look *look, ptm_error *err) {
    const int tubes = look->windows[0].groups.tubes;
    const bool sheet = look->tube_seconds > 0;
    struct figure figure;
    TRY(figure_open(&figure, 2 * tubes, tubes + 2 + EXPLAIN_LEGEND_ITEMS, 1, err));
    ptm_status status = sheet ? lay_out_sheet(look, &figure, err) : lay_out_still(look, &figure, err);
    if (status == PTM_OK) status = explain_write_figure(look->explain, &figure, err);
    look->explain->report.frames = tubes;
    figure_close(&figure);
    return status;
}

ptm_status explain_picture(struct explain *explain, ptm_error *err) {
    const bool film = explain->format == EXPLAIN_FILM;
    struct explain_look look;
    explain->options.sampling = film ? PTM_SAMPLING_WINDOWS : PTM_SAMPLING_FIRST;
    ptm_status status = explain_look_open(&look, explain, !film, err);
    if (status == PTM_OK) status = explain_look_run(&look, err);
    if (status == PTM_OK) status = film ? explain_write_film(&look, err) : write_figure(&look, err);
    if (status == PTM_OK) {
        explain->report.windows = look.num_windows;
        explain->report.tokens_in = explain->lane->vit.windows->tokens[0];
        explain->report.tokens_out = look.windows[look.num_windows - 1].groups.count;
    }
    explain_look_close(&look);
    return status;
}
