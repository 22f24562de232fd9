/* SPDX-License-Identifier: MIT */
#include "pipelines/explain_map.h"

#include "base/memory.h"

#include <math.h>

void explain_map_axis(int *patch, int count, const struct pixels_axis *placed, const struct explain_axis *axis) {
    const int covered = (axis->tokens - 1) * axis->stride + axis->patch;
    for (int i = 0; i < count; i++) {
        const double scaled = (i + 0.5) * placed->scaled / count - placed->skip, at = scaled + placed->pad;
        const double nearest = floor((at - axis->patch / 2.0) / axis->stride + 0.5);
        const bool seen = scaled >= 0 && scaled < placed->length && at < covered;
        patch[i] = !seen                     ? EXPLAIN_OUTSIDE
                   : nearest < 0             ? 0
                   : nearest >= axis->tokens ? axis->tokens - 1
                                             : (int)nearest;
    }
}

static ptm_status open_map(struct explain_map *map, int width, int height, ptm_error *err) {
    *map = (struct explain_map){.width = width, .height = height};
    map->column = mem_alloc((size_t)width, sizeof *map->column);
    map->row = mem_alloc((size_t)height, sizeof *map->row);
    if (map->column && map->row) return PTM_OK;
    explain_map_close(map);
    return error_no_memory(err);
}

void explain_map_close(struct explain_map *map) {
    mem_free(map->column);
    mem_free(map->row);
    *map = (struct explain_map){0};
}

static struct explain_axis axis_of(const struct patch_grid *grid, int i) {
    return (struct explain_axis){grid->patch[i], grid->stride[i], grid->tokens[i]};
}

/** From a place along one axis to what it adds to the index of a patch. */
static void multiply(int *patch, int count, int step) {
    for (int i = 0; i < count; i++)
        if (patch[i] != EXPLAIN_OUTSIDE) patch[i] *= step;
}

ptm_status explain_map_picture(struct explain_map *map, const struct network *network, int w, int h, int width,
                               int height, ptm_error *err) {
    const struct patch_grid *grid = &network->config.grid;
    const struct explain_axis rows = axis_of(grid, 1), columns = axis_of(grid, 2);
    struct pixels_axis y, x;
    if (map->w == w && map->h == h && map->width == width && map->height == height) return PTM_OK;
    explain_map_close(map);
    TRY(pixels_place(&network->picture.pixels, h, w, &y, &x, err));
    TRY(open_map(map, width, height, err));
    map->w = w;
    map->h = h;
    explain_map_axis(map->row, height, &y, &rows);
    explain_map_axis(map->column, width, &x, &columns);
    multiply(map->row, height, columns.tokens);
    return PTM_OK;
}

static void reverse(int *patch, int count) {
    for (int i = 0; i < count / 2; i++) {
        const int swapped = patch[i];
        patch[i] = patch[count - 1 - i];
        patch[count - 1 - i] = swapped;
    }
}

ptm_status explain_map_sound(struct explain_map *map, const struct network *network, int width, int height,
                             ptm_error *err) {
    const struct patch_grid *grid = &network->config.grid;
    const int time = network->time_major ? 1 : 2, bins = 3 - time; /* axes of the grid */
    const struct explain_axis across = axis_of(grid, time), up = axis_of(grid, bins);
    const struct pixels_axis frames = {.scaled = grid->size[time], .length = grid->size[time]};
    const struct pixels_axis mel = {.scaled = grid->size[bins], .length = grid->size[bins]};
    TRY(open_map(map, width, height, err));
    explain_map_axis(map->column, width, &frames, &across);
    explain_map_axis(map->row, height, &mel, &up);
    reverse(map->row, height);
    if (network->time_major)
        multiply(map->column, width, up.tokens);
    else
        multiply(map->row, height, across.tokens);
    return PTM_OK;
}

bool explain_next_span(struct explain_span *span, const int *patch, int count, int from) {
    int begin = from;
    while (begin < count && patch[begin] == EXPLAIN_OUTSIDE) begin++;
    int end = begin;
    while (end < count && patch[end] == patch[begin]) end++;
    if (begin >= count) return false;
    *span = (struct explain_span){patch[begin], begin, end};
    return true;
}
