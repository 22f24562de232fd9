/* SPDX-License-Identifier: MIT */
#include "pipelines/explain_groups.h"

#include <math.h>
#include <string.h>

ptm_status explain_groups_open(struct explain_groups *groups, const struct lane *lane, ptm_error *err) {
    const struct vit_config *config = &lane->network->config;
    const int *tokens = config->grid.tokens;
    *groups = (struct explain_groups){
        .tubes = tokens[0],
        .patches = tokens[1] * tokens[2],
        .count = lane->vit.windows->tokens[config->depth],
    };
    const size_t total = (size_t)groups->tubes * (size_t)groups->patches;
    groups->token = mem_alloc(total, sizeof *groups->token);
    groups->group = mem_calloc((size_t)groups->count, sizeof *groups->group);
    if (!groups->token || !groups->group) {
        explain_groups_close(groups);
        return error_no_memory(err);
    }
    memcpy(groups->token, lane->vit.windows->tome.source + config->special_tokens, total * sizeof *groups->token);
    for (size_t i = 0; i < total; i++) {
        struct explain_group *group = &groups->group[groups->token[i]];
        const int tube = (int)i / groups->patches;
        if (group->patches++ == 0) {
            group->first_patch = (int)i;
            group->first_tube = tube;
        }
        group->tubes = tube + 1 - group->first_tube;
    }
    return PTM_OK;
}

void explain_groups_close(struct explain_groups *groups) {
    mem_free(groups->token);
    mem_free(groups->group);
    *groups = (struct explain_groups){0};
}

/* ---------------------------------------------------------------- colours */

static struct colour shade(struct colour colour, struct colour towards, int percent) {
    return (struct colour){(uint8_t)((colour.r * (100 - percent) + towards.r * percent) / 100),
                           (uint8_t)((colour.g * (100 - percent) + towards.g * percent) / 100),
                           (uint8_t)((colour.b * (100 - percent) + towards.b * percent) / 100)};
}

/*
 * The edge of a group has a hue of its own, as in the paper's figures, and stands out from the fill. Hues follow from
 * the group's first patch: neighbours differ, and an object at rest keeps its hue from window to window. A patch that
 * is alone has a quiet edge: the eye is meant for what merged.
 */
void explain_group_fill(struct explain_group *group, struct colour fill) {
    const bool dark = colour_brightness(fill) < 120;
    group->fill = fill;
    group->edge = group->patches > 1 ? colour_of_number(group->first_patch, 0.95, dark ? 0.66 : 0.34)
                                     : shade(fill, colour_against(fill), 22);
}

void explain_sum_picture(struct explain_sum *sums, const struct explain_map *map, const uint8_t *rgb,
                         ptrdiff_t stride) {
    for (int y = 0; y < map->height; y++) {
        if (map->row[y] == EXPLAIN_OUTSIDE) continue;
        const uint8_t *pixel = rgb + y * stride;
        for (int x = 0; x < map->width; x++, pixel += 3) {
            if (map->column[x] == EXPLAIN_OUTSIDE) continue;
            struct explain_sum *sum = &sums[map->row[y] + map->column[x]];
            sum->r += pixel[0];
            sum->g += pixel[1];
            sum->b += pixel[2];
            sum->pixels++;
        }
    }
}

void explain_groups_fill(struct explain_groups *groups, const struct explain_sum *sums) {
    for (int i = 0; i < groups->count; i++) {
        const struct explain_sum *sum = &sums[i];
        const uint64_t n = sum->pixels ? sum->pixels : 1, half = n / 2; /* black where no pixel lies under it */
        explain_group_fill(&groups->group[i],
                           (struct colour){(uint8_t)((sum->r + half) / n), (uint8_t)((sum->g + half) / n),
                                           (uint8_t)((sum->b + half) / n)});
    }
}

/* ---------------------------------------------------------------- painting */

/** Patches under the pixels `thickness` before and behind one, along one axis; outside of the picture is outside. */
struct beside {
    int before, here, behind;
};

static struct beside look_beside(const int *patch, int count, int i, int thickness) {
    return (struct beside){i >= thickness ? patch[i - thickness] : EXPLAIN_OUTSIDE, patch[i],
                           i + thickness < count ? patch[i + thickness] : EXPLAIN_OUTSIDE};
}

static bool differs(const int32_t *token, int row, int column, int32_t from) {
    return row == EXPLAIN_OUTSIDE || column == EXPLAIN_OUTSIDE || token[row + column] != from;
}

/** Whether one of the eight places around the pixel shows another group: what an erosion takes away. */
static bool on_edge(const int32_t *token, struct beside y, struct beside x) {
    if (x.before == x.here && x.behind == x.here && y.before == y.here && y.behind == y.here) return false;
    const int32_t own = token[y.here + x.here];
    return differs(token, y.before, x.before, own) || differs(token, y.before, x.here, own) ||
           differs(token, y.before, x.behind, own) || differs(token, y.here, x.before, own) ||
           differs(token, y.here, x.behind, own) || differs(token, y.behind, x.before, own) ||
           differs(token, y.behind, x.here, own) || differs(token, y.behind, x.behind, own);
}

void explain_groups_paint(const struct explain_groups *groups, int tube, const struct explain_map *map,
                          struct canvas *canvas, int left, int top, int thickness) {
    const int32_t *token = groups->token + (size_t)tube * (size_t)groups->patches;
    for (int j = 0; j < map->height; j++) {
        const struct beside y = look_beside(map->row, map->height, j, thickness);
        uint8_t *pixel = canvas_pixel(canvas, left, top + j);
        for (int i = 0; i < map->width; i++, pixel += 3) {
            if (y.here == EXPLAIN_OUTSIDE || map->column[i] == EXPLAIN_OUTSIDE) {
                for (int c = 0; c < 3; c++) pixel[c] = (uint8_t)(pixel[c] * EXPLAIN_DIMMED / 100);
                continue;
            }
            const struct beside x = look_beside(map->column, map->width, i, thickness);
            const struct explain_group *group = &groups->group[token[y.here + x.here]];
            const struct colour colour = on_edge(token, y, x) ? group->edge : group->fill;
            pixel[0] = colour.r;
            pixel[1] = colour.g;
            pixel[2] = colour.b;
        }
    }
}

/** The narrower of the first two spans: the first alone may be cut off. 0 where there is none. */
static int span_width(const int *patch, int count) {
    struct explain_span first, second;
    if (!explain_next_span(&first, patch, count, 0)) return 0;
    const int width = first.end - first.begin;
    if (!explain_next_span(&second, patch, count, first.end)) return width;
    return second.end - second.begin < width ? second.end - second.begin : width;
}

int explain_thickness(const struct explain_map *map) {
    const int by_picture = (int)lrint(sqrt(map->width < map->height ? map->width : map->height) / 8);
    const int across = span_width(map->column, map->width), down = span_width(map->row, map->height);
    const int by_patch = (across < down ? across : down) / 8;
    const int thickness = by_picture < by_patch ? by_picture : by_patch;
    return thickness < 1 ? 1 : thickness;
}
