/* SPDX-License-Identifier: MIT */
/* The page as SVG: pictures are embedded, groups are rectangles over them, which the mouse makes transparent. */
#include "base/buffer.h"
#include "features/font.h"
#include "media/png.h"
#include "pipelines/explain_figure.h"
#include "pipelines/frame_canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/** Of arguments that fit: numbers and colours. */
static __attribute__((format(printf, 2, 3))) void put(struct buffer *svg, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof line)
        svg->failed = true;
    else
        buffer_put(svg, line, (size_t)length);
}

/** Length of a well-formed UTF-8 sequence of a character that XML allows; 0 where it is none. */
static size_t sequence(const char *text) {
    const unsigned char *byte = (const unsigned char *)text;
    const size_t length = byte[0] < 0x80   ? 1
                          : byte[0] < 0xC2 ? 0
                          : byte[0] < 0xE0 ? 2
                          : byte[0] < 0xF0 ? 3
                          : byte[0] < 0xF5 ? 4
                                           : 0;
    if (length == 0 || (length == 1 && (byte[0] < 0x20 || byte[0] == 0x7F))) return 0;
    for (size_t i = 1; i < length; i++)
        if ((byte[i] & 0xC0) != 0x80) return 0;
    const bool overlong = (byte[0] == 0xE0 && byte[1] < 0xA0) || (byte[0] == 0xF0 && byte[1] < 0x90);
    const bool surrogate = byte[0] == 0xED && byte[1] >= 0xA0, beyond = byte[0] == 0xF4 && byte[1] >= 0x90;
    const bool no_character = byte[0] == 0xEF && byte[1] == 0xBF && byte[2] >= 0xBE;
    return overlong || surrogate || beyond || no_character ? 0 : length;
}

/** Text from strangers: markup is escaped, and what is no character becomes a question mark. */
static void put_escaped(struct buffer *svg, const char *text) {
    while (*text) {
        const size_t length = sequence(text);
        const char *entity = *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : *text == '&' ? "&amp;" : NULL;
        if (entity)
            buffer_put(svg, entity, strlen(entity));
        else
            buffer_put(svg, length ? text : "?", length ? length : 1);
        text += length ? length : 1;
    }
}

/* ---------------------------------------------------------------- pictures */

/** Index of the first panel with the same picture: it stands in the file once. */
static int first_use(const struct figure *figure, int panel) {
    int first = 0;
    while (figure->panels[first].picture != figure->panels[panel].picture) first++;
    return first;
}

static ptm_status put_pictures(struct buffer *svg, const struct figure *figure, ptm_error *err) {
    put(svg, "<defs>\n");
    for (int i = 0; i < figure->num_panels; i++) {
        const struct canvas *canvas = figure->panels[i].picture;
        if (first_use(figure, i) != i) continue;
        const struct media_picture picture = frame_canvas_picture(canvas);
        char *png;
        TRY(png_encode_base64(&png, &picture, err));
        put(svg, "<image id=\"picture%d\" width=\"%d\" height=\"%d\" xlink:href=\"data:image/png;base64,", i,
            canvas->width, canvas->height);
        buffer_put(svg, png, strlen(png));
        put(svg, "\"/>\n");
        mem_free(png);
    }
    put(svg, "</defs>\n");
    return PTM_OK;
}

/** First and last pixel of one axis that the network sees, as [begin, end). */
static struct explain_span seen(const int *patch, int count) {
    struct explain_span span = {0}, next;
    bool any = false;
    for (int at = 0; explain_next_span(&next, patch, count, at); at = next.end) {
        if (!any) span.begin = next.begin;
        span.end = next.end;
        any = true;
    }
    return span;
}

/** Darkens what lies outside of the network's view: the whole less a hole. */
static void put_shade(struct buffer *svg, const struct figure_panel *panel) {
    const struct explain_map *map = panel->map;
    const struct explain_span x = seen(map->column, map->width), y = seen(map->row, map->height);
    put(svg,
        "<path fill-rule=\"evenodd\" fill=\"#000\" fill-opacity=\"0.%02d\" d=\"M%d %dh%dv%dh%dzM%d %dh%dv%dh%dz\"/>\n",
        100 - EXPLAIN_DIMMED, panel->x, panel->y, map->width, map->height, -map->width, panel->x + x.begin,
        panel->y + y.begin, x.end - x.begin, y.end - y.begin, x.begin - x.end);
}

/* ---------------------------------------------------------------- groups */

/** One group on one panel. */
struct outline {
    const struct figure_panel *panel;
    const int32_t *token; /* of the panel's tube */
    int32_t group;
};

/** Whether the pixel shows the group; outside of the picture none does. */
static bool holds(const struct outline *outline, int x, int y) {
    const struct explain_map *map = outline->panel->map;
    if (x < 0 || y < 0 || x >= map->width || y >= map->height) return false;
    const int row = map->row[y], column = map->column[x];
    return row != EXPLAIN_OUTSIDE && column != EXPLAIN_OUTSIDE && outline->token[row + column] == outline->group;
}

/** The next run of the group's patches in a row of patches, from pixel `from` on: [begin, end) of *run. */
static bool next_run(const struct outline *outline, struct explain_span *run, int y, int from) {
    const struct explain_map *map = outline->panel->map;
    struct explain_span span;
    do {
        if (!explain_next_span(&span, map->column, map->width, from)) return false;
        from = span.end;
    } while (!holds(outline, span.begin, y));
    *run = span;
    while (explain_next_span(&span, map->column, map->width, run->end) && holds(outline, run->end, y))
        run->end = span.end;
    return true;
}

static void put_fill(struct buffer *svg, const struct outline *outline) {
    const struct figure_panel *panel = outline->panel;
    struct explain_span row, run;
    for (int y = 0; explain_next_span(&row, panel->map->row, panel->map->height, y); y = row.end)
        for (int x = 0; next_run(outline, &run, row.begin, x); x = run.end)
            put(svg, "M%d %dh%dv%dh%dz", panel->x + run.begin, panel->y + row.begin, run.end - run.begin,
                row.end - row.begin, run.begin - run.end);
}

/** A straight line in half pixels, which no locale writes with a comma: from (x, y), `command` H or V to `end`. */
static void put_side(struct buffer *svg, int x, int y, char command, int end) {
    put(svg, "M%d.%d %d.%d%c%d.%d", x / 2, x % 2 * 5, y / 2, y % 2 * 5, command, end / 2, end % 2 * 5);
}

/** The sides of one patch beyond which another group begins, drawn inside of the patch. */
static void put_sides(struct buffer *svg, const struct outline *outline, const struct explain_span *x,
                      const struct explain_span *y, int thickness) {
    const int left = 2 * (outline->panel->x + x->begin) + thickness,
              top = 2 * (outline->panel->y + y->begin) + thickness;
    const int right = 2 * (outline->panel->x + x->end) - thickness,
              bottom = 2 * (outline->panel->y + y->end) - thickness;
    if (!holds(outline, x->begin - 1, y->begin)) put_side(svg, left, top, 'V', bottom);
    if (!holds(outline, x->end, y->begin)) put_side(svg, right, top, 'V', bottom);
    if (!holds(outline, x->begin, y->begin - 1)) put_side(svg, left, top, 'H', right);
    if (!holds(outline, x->begin, y->end)) put_side(svg, left, bottom, 'H', right);
}

static void put_edge(struct buffer *svg, const struct outline *outline, int thickness) {
    const struct explain_map *map = outline->panel->map;
    struct explain_span x, y;
    for (int j = 0; explain_next_span(&y, map->row, map->height, j); j = y.end)
        for (int i = 0; explain_next_span(&x, map->column, map->width, i); i = x.end)
            if (holds(outline, x.begin, y.begin)) put_sides(svg, outline, &x, &y, thickness);
}

static void put_title(struct buffer *svg, const struct explain_groups *groups, int index) {
    const struct explain_group *group = &groups->group[index];
    put(svg, "<title>token %d: %d patch%s", index, group->patches, group->patches == 1 ? "" : "es");
    if (groups->tubes > 1 && group->tubes == 1) put(svg, ", tube %d", group->first_tube + 1);
    if (group->tubes > 1) put(svg, ", tubes %d to %d", group->first_tube + 1, group->first_tube + group->tubes);
    put(svg, "</title>\n");
}

/** A group on all panels that show it. */
static void put_group(struct buffer *svg, const struct figure *figure, const struct explain_groups *groups, int index) {
    const struct explain_group *group = &groups->group[index];
    put(svg, "<g class=\"group\">");
    put_title(svg, groups, index);
    for (int i = 0; i < figure->num_panels; i++) {
        const struct figure_panel *panel = &figure->panels[i];
        if (panel->groups != groups || panel->tube < group->first_tube ||
            panel->tube >= group->first_tube + group->tubes)
            continue;
        const int thickness = explain_thickness(panel->map);
        const struct outline outline = {panel, groups->token + (size_t)panel->tube * (size_t)groups->patches, index};
        put(svg, "<path fill=\"#%02x%02x%02x\" d=\"", group->fill.r, group->fill.g, group->fill.b);
        put_fill(svg, &outline);
        put(svg,
            "\"/>\n<path fill=\"none\" stroke=\"#%02x%02x%02x\" stroke-width=\"%d\" stroke-linecap=\"square\" d=\"",
            group->edge.r, group->edge.g, group->edge.b, thickness);
        put_edge(svg, &outline, thickness);
        put(svg, "\"/>\n");
    }
    put(svg, "</g>\n");
}

/** The groups of the first panel that has some: a figure shows one window. */
static void put_groups(struct buffer *svg, const struct figure *figure) {
    const struct explain_groups *groups = NULL;
    for (int i = 0; i < figure->num_panels && !groups; i++) groups = figure->panels[i].groups;
    for (int i = 0; groups && i < groups->count; i++)
        if (groups->group[i].patches > 0) put_group(svg, figure, groups, i);
}

/* ---------------------------------------------------------------- the page */

static void put_text(struct buffer *svg, const struct figure *figure, const struct figure_text *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    const struct colour colour = text->colour;
    put(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" fill=\"#%02x%02x%02x\">", text->x,
        text->y + FONT_ROWS * figure->scale, anchors[text->anchor], colour.r, colour.g, colour.b);
    put_escaped(svg, text->text);
    put(svg, "</text>\n");
}

static ptm_status put_page(struct buffer *svg, const struct figure *figure, ptm_error *err) {
    const struct colour ground = FIGURE_GROUND, faint = FIGURE_FAINT;
    put(svg,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%d\" "
        "height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"%d\">\n",
        figure->width, figure->height, figure->width, figure->height, FONT_ADVANCE * figure->scale * 5 / 3);
    put(svg, "<style>.group:hover{fill-opacity:0.1}</style>\n");
    put(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"#%02x%02x%02x\"/>\n", ground.r, ground.g, ground.b);
    TRY(put_pictures(svg, figure, err));
    for (int i = 0; i < figure->num_panels; i++) {
        const struct figure_panel *panel = &figure->panels[i];
        put(svg, "<use xlink:href=\"#picture%d\" x=\"%d\" y=\"%d\"/>\n", first_use(figure, i), panel->x, panel->y);
        if (panel->groups) put_shade(svg, panel);
    }
    put_groups(svg, figure);
    for (int i = 0; i < figure->num_lines; i++) {
        const struct figure_line *line = &figure->lines[i];
        put(svg, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%02x%02x%02x\"/>\n", line->x, line->y,
            line->width, line->height, faint.r, faint.g, faint.b);
    }
    for (int i = 0; i < figure->num_texts; i++) put_text(svg, figure, &figure->texts[i]);
    put(svg, "</svg>\n");
    return PTM_OK;
}

ptm_status figure_svg(const struct figure *figure, void **out, size_t *bytes, ptm_error *err) {
    struct buffer svg = {0};
    ptm_status status = put_page(&svg, figure, err);
    if (status == PTM_OK && svg.failed) status = error_no_memory(err);
    if (status != PTM_OK) buffer_free(&svg);
    *out = svg.bytes;
    *bytes = svg.used;
    return status;
}
