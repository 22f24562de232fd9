/* SPDX-License-Identifier: MIT */
#include "pipelines/explain_look.h"

#include "pipelines/frame_canvas.h"

#include <math.h>
#include <string.h>

enum { STILL_SIDE = 1600, SHEET_SIDE = 1600, TILE_HEIGHT = 480, MANY = 8, FEW = 4, LEAST_PATCH = 12 };

static bool is_video(const struct explain_look *look) {
    return look->explain->lane->network->modality == PTM_VIDEO;
}

/* ---------------------------------------------------------------- open and close */

ptm_status explain_look_open(struct explain_look *look, struct explain *explain, bool keep_tiles, ptm_error *err) {
    const struct patch_grid *grid = &explain->lane->network->config.grid;
    *look = (struct explain_look){.explain = explain,
                                  .keep_tiles = keep_tiles,
                                  .frames = grid->size[0],
                                  .patches = grid->tokens[1] * grid->tokens[2]};
    look->recent = mem_calloc((size_t)look->frames * (size_t)look->patches, sizeof *look->recent);
    look->current = mem_calloc((size_t)look->patches, sizeof *look->current);
    look->tiles = mem_calloc((size_t)grid->tokens[0], sizeof *look->tiles);
    if (!look->recent || !look->current || !look->tiles) return error_no_memory(err);
    if (!is_video(look)) return image_run_open(&look->image, &explain->run, err);
    TRY(video_run_open(&look->video, &explain->run, 0, err));
    look->tube_seconds = grid->patch[0] / look->video.window.rate;
    return PTM_OK;
}

void explain_look_close(struct explain_look *look) {
    const int tubes = look->tiles ? look->explain->lane->network->config.grid.tokens[0] : 0;
    for (int i = 0; i < tubes; i++) canvas_close(&look->tiles[i]);
    for (int i = 0; i < look->num_windows; i++) explain_groups_close(&look->windows[i].groups);
    canvas_close(&look->tile);
    explain_map_close(&look->tile_map);
    explain_map_close(&look->map);
    mem_free(look->windows);
    mem_free(look->recent);
    mem_free(look->current);
    mem_free(look->tiles);
    video_run_close(&look->video);
    image_run_close(&look->image);
}

const struct tally *explain_look_tally(const struct explain_look *look) {
    return is_video(look) ? &look->video.tally : &look->image.tally;
}

/* ---------------------------------------------------------------- pictures on their way to the network */

/** Of a picture as a tile of a sheet of so many columns, or alone on the page: made smaller to fit, and larger only
 * where its patches would be dots. */
static double tile_scale(const struct explain_look *look, int w, int h, int columns) {
    const struct patch_grid *grid = &look->explain->lane->network->config.grid;
    const bool alone = columns == 1;
    const double widest = alone ? STILL_SIDE : SHEET_SIDE / (double)columns, highest = alone ? STILL_SIDE : TILE_HEIGHT;
    const double fit = fmin(widest / w, highest / h), rows = grid->tokens[1], across = grid->tokens[2];
    const double patch = fmin(w / across, h / rows), larger = patch < LEAST_PATCH ? ceil(LEAST_PATCH / patch) : 1;
    return fmin(fit, larger);
}

static ptm_status open_tile(struct explain_look *look, int w, int h, ptm_error *err) {
    const struct patch_grid *grid = &look->explain->lane->network->config.grid;
    const int tubes = grid->tokens[0];
    look->columns = tubes < FEW ? tubes : tubes <= 2 * FEW ? FEW : MANY;
    double scale = tile_scale(look, w, h, look->columns);
    const double patch = scale * fmin(w, h) / fmax(grid->tokens[1], grid->tokens[2]);
    if (look->columns == MANY && patch < LEAST_PATCH) {
        look->columns = FEW;
        scale = tile_scale(look, w, h, look->columns);
    }
    const int width = (int)lrint(fmax(1, w * scale)), height = (int)lrint(fmax(1, h * scale));
    TRY(canvas_open(&look->tile, width, height, FIGURE_GROUND, err));
    return explain_map_picture(&look->tile_map, look->explain->lane->network, w, h, width, height, err);
}

/** Puts the last picture into the ring, for all places of the grid up to `places`. */
static ptm_status settle(struct explain_look *look, int64_t places, ptm_error *err) {
    const int depth = look->explain->lane->network->config.grid.patch[0];
    const int tubes = look->explain->lane->network->config.grid.tokens[0];
    for (; look->settled < places; look->settled++) {
        memcpy(look->recent + (size_t)(look->settled % look->frames) * (size_t)look->patches, look->current,
               (size_t)look->patches * sizeof *look->current);
        if (!look->keep_tiles || look->settled % depth != 0 || look->settled / depth >= tubes) continue;
        struct canvas *tile = &look->tiles[look->settled / depth];
        if (tile->rgb) continue;
        TRY(canvas_open(tile, look->tile.width, look->tile.height, FIGURE_GROUND, err));
        canvas_put(tile, 0, 0, look->tile.rgb, look->tile.width, look->tile.height);
    }
    return PTM_OK;
}

static ptm_status size_of_picture(void *context, int *width, int *height, ptm_error *err) {
    const struct explain_look *look = context;
    return media_frame_size(look->explain->media, width, height, err);
}

/** Hands a part of a picture to the network, and adds up what lies under the patches of the whole. */
static ptm_status take_picture(void *context, struct area area, struct media_picture *picture, ptm_error *err) {
    struct explain_look *look = context;
    TRY(media_frame_rgb(look->explain->media, picture, err));
    if (is_video(look)) TRY(settle(look, look->video.window.count, err));
    if (look->width == 0) {
        look->width = picture->width;
        look->height = picture->height;
        if (look->keep_tiles) TRY(open_tile(look, picture->width, picture->height, err));
    }
    TRY(explain_map_picture(&look->map, look->explain->lane->network, picture->width, picture->height, picture->width,
                            picture->height, err));
    memset(look->current, 0, (size_t)look->patches * sizeof *look->current);
    explain_sum_picture(look->current, &look->map, picture->rgb, picture->stride);
    if (look->keep_tiles) TRY(frame_canvas_put(&look->tile, picture, err));
    picture->rgb = area_in(area, picture->rgb, picture->stride);
    picture->width = area.width;
    picture->height = area.height;
    return PTM_OK;
}

/* ---------------------------------------------------------------- windows */

static ptm_status reserve_window(struct explain_look *look, ptm_error *err) {
    if (look->num_windows < look->max_windows) return PTM_OK;
    const int room = 2 * look->max_windows + 4; /* media_options.max_seconds bounds them */
    struct explain_window *windows =
        mem_resize(look->windows, (size_t)look->num_windows, (size_t)room, sizeof *windows);
    if (!windows) return error_no_memory(err);
    look->windows = windows;
    look->max_windows = room;
    return PTM_OK;
}

/** Adds the sums of the window's places, from `first` on, to those of their groups. */
static ptm_status fill_groups(const struct explain_look *look, struct explain_groups *groups, int64_t first,
                              ptm_error *err) {
    const int depth = look->explain->lane->network->config.grid.patch[0];
    struct explain_sum *sums = mem_calloc((size_t)groups->count, sizeof *sums);
    if (!sums) return error_no_memory(err);
    for (int t = 0; t < groups->tubes * depth; t++) {
        const struct explain_sum *place = look->recent + (size_t)((first + t) % look->frames) * (size_t)look->patches;
        const int32_t *token = groups->token + (size_t)(t / depth) * (size_t)groups->patches;
        for (int i = 0; i < groups->patches; i++) {
            struct explain_sum *sum = &sums[token[i]];
            sum->r += place[i].r;
            sum->g += place[i].g;
            sum->b += place[i].b;
            sum->pixels += place[i].pixels;
        }
    }
    explain_groups_fill(groups, sums);
    mem_free(sums);
    return PTM_OK;
}

static ptm_status watch_window(void *watcher, const struct ready *ready, ptm_error *err) {
    struct explain_look *look = watcher;
    const bool video = is_video(look);
    int64_t first = 0, places = look->settled + 1; /* of a still: the picture just taken */
    if (video) {
        const int64_t count = look->video.window.count;
        places = count < look->frames ? look->frames : count; /* a short one stands still at its end */
        first = places - look->frames;
    } else {
        first = look->settled;
    }
    TRY(settle(look, places, err));
    TRY(reserve_window(look, err));
    struct explain_window *window = &look->windows[look->num_windows];
    TRY(explain_groups_open(&window->groups, ready->lane, err));
    look->num_windows++;
    const struct image_run *image = &look->image;
    window->start = video ? look->video.from + (double)first / look->video.window.rate
                          : image->from + floor((look->frame_time - image->from) * image->rate) / image->rate;
    window->begin = window->start;
    if (video && first % look->frames != 0) /* only the last one reaches back */
        window->begin =
            look->video.from + (double)(first - first % look->frames + look->frames) / look->video.window.rate;
    return fill_groups(look, &window->groups, first, err);
}

static ptm_status take_frame(struct explain_look *look, const struct media_item *item, ptm_error *err) {
    const struct frame_view frame = {size_of_picture, take_picture, look, item->time, item->end, 0};
    look->frame_time = item->time;
    return is_video(look) ? video_run_frame(&look->video, &frame, err) : image_run_frame(&look->image, &frame, err);
}

ptm_status explain_look_run(struct explain_look *look, ptm_error *err) {
    struct explain *explain = look->explain;
    struct media_item item;
    explain->run.watch = watch_window;
    explain->run.watcher = look;
    do {
        TRY(media_next(explain->media, &item, err));
        if (item.kind != MEDIA_FRAME) continue;
        TRY(take_frame(look, &item, err));
        run_report_progress(&explain->run, explain->media, &item);
    } while (item.kind != MEDIA_END && !look->video.enough && !look->image.enough);
    TRY(is_video(look) ? video_run_finish(&look->video, err) : image_run_finish(&look->image, err));
    if (look->num_windows > 0) return PTM_OK;
    return run_refuse_undecoded(&explain->run, "no picture", media_get_info(explain->media)->duration, err);
}

const struct explain_window *explain_look_at(const struct explain_look *look, double time, double end, int *tube) {
    int i = look->num_windows - 1;
    const struct explain_window *windows = look->windows;
    *tube = 0;
    if (look->tube_seconds <= 0) {
        while (i > 0 && windows[i].begin > time + STAMP_SLACK) i--;
        return &windows[i];
    }
    /* The first place of the grid at which the frame is shown; a frame between two belongs to the one before. */
    const double rate = look->video.window.rate, from = look->video.from;
    double place = ceil((time - from) * rate - STAMP_SLACK);
    if (place > 0 && from + place / rate >= end - STAMP_SLACK) place--;
    const double at = from + place / rate;
    while (i > 0 && windows[i].begin > at + STAMP_SLACK) i--;
    const int tubes = windows[i].groups.tubes;
    const double passed = floor((at - windows[i].start) / look->tube_seconds + STAMP_SLACK);
    *tube = passed < 0 ? 0 : passed < tubes ? (int)passed : tubes - 1;
    return &windows[i];
}
