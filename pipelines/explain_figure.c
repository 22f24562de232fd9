/* SPDX-License-Identifier: MIT */
#include "pipelines/explain_figure.h"

#include "features/font.h"
#include "media/png.h"
#include "pipelines/frame_canvas.h"

#include <stdio.h>
#include <string.h>

ptm_status figure_open(struct figure *figure, int panels, int texts, int lines, ptm_error *err) {
    *figure = (struct figure){.scale = 1, .max_panels = panels, .max_texts = texts, .max_lines = lines};
    figure->panels = mem_alloc((size_t)panels, sizeof *figure->panels);
    figure->texts = mem_alloc((size_t)texts, sizeof *figure->texts);
    figure->lines = mem_alloc((size_t)lines, sizeof *figure->lines);
    if (figure->panels && figure->texts && figure->lines) return PTM_OK;
    figure_close(figure);
    return error_no_memory(err);
}

void figure_close(struct figure *figure) {
    mem_free(figure->panels);
    mem_free(figure->texts);
    mem_free(figure->lines);
    *figure = (struct figure){0};
}

static ptm_status no_room(ptm_error *err) {
    return error_set(err, PTM_EINTERNAL, "the figure has no room for another thing to draw");
}

ptm_status figure_add_panel(struct figure *figure, const struct figure_panel *panel, ptm_error *err) {
    if (figure->num_panels == figure->max_panels) return no_room(err);
    figure->panels[figure->num_panels++] = *panel;
    return PTM_OK;
}

ptm_status figure_add_line(struct figure *figure, int x, int y, int width, int height, ptm_error *err) {
    if (figure->num_lines == figure->max_lines) return no_room(err);
    figure->lines[figure->num_lines++] = (struct figure_line){x, y, width, height};
    return PTM_OK;
}

ptm_status figure_add_text(struct figure *figure, int x, int y, enum figure_anchor anchor, struct colour colour,
                           ptm_error *err, const char *format, ...) {
    if (figure->num_texts == figure->max_texts) return no_room(err);
    struct figure_text *text = &figure->texts[figure->num_texts++];
    *text = (struct figure_text){.x = x, .y = y, .anchor = anchor, .colour = colour};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text->text, sizeof text->text, format, arguments);
    va_end(arguments);
    return PTM_OK;
}

int figure_line_height(const struct figure *figure) {
    return (FONT_HEIGHT + 4) * figure->scale;
}

int figure_text_width(const struct figure *figure, const char *text) {
    return canvas_text_width(text, figure->scale);
}

/** Shortens a text of more than `width` pixels: three dots for its last UTF-8 sequences. */
static void fit_text(const struct figure *figure, char text[FIGURE_TEXT], int width) {
    static const char dots[] = "...";
    size_t length = strlen(text); /* of what is left of it */
    if (figure_text_width(figure, text) > width && length > FIGURE_TEXT - sizeof dots + 1)
        length = FIGURE_TEXT - sizeof dots + 1;
    while (length > 0 && figure_text_width(figure, text) > width) {
        while (--length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) continue;
        memcpy(text + length, dots, sizeof dots);
    }
}

ptm_status figure_add_legend(struct figure *figure, char (*items)[FIGURE_TEXT], int count, int margin, ptm_error *err) {
    const int room = figure->width - 2 * margin, gap = 3 * FONT_ADVANCE * figure->scale;
    int x = 0, y = figure->height + margin / 2;
    for (int i = 0; i < count; i++) {
        char text[FIGURE_TEXT];
        memcpy(text, items[i], sizeof text);
        fit_text(figure, text, room);
        const int width = figure_text_width(figure, text);
        if (x > 0 && x + width > room) {
            x = 0;
            y += figure_line_height(figure);
        }
        TRY(figure_add_text(figure, margin + x, y, FIGURE_LEFT, FIGURE_WORDS, err, "%s", text));
        x += width + gap;
    }
    figure->height = y + FONT_HEIGHT * figure->scale + margin / 2;
    return PTM_OK;
}

/* ---------------------------------------------------------------- PNG */

static void draw_text(const struct figure *figure, struct canvas *page, const struct figure_text *text) {
    const int width = figure_text_width(figure, text->text);
    const int shift = text->anchor == FIGURE_LEFT ? 0 : text->anchor == FIGURE_MIDDLE ? width / 2 : width;
    canvas_text(page, text->x - shift, text->y, text->text, figure->scale, text->colour);
}

static void draw_page(const struct figure *figure, struct canvas *page) {
    for (int i = 0; i < figure->num_panels; i++) {
        const struct figure_panel *panel = &figure->panels[i];
        const struct canvas *picture = panel->picture;
        canvas_put(page, panel->x, panel->y, picture->rgb, picture->width, picture->height);
        if (panel->groups)
            explain_groups_paint(panel->groups, panel->tube, panel->map, page, panel->x, panel->y,
                                 explain_thickness(panel->map));
    }
    for (int i = 0; i < figure->num_lines; i++) {
        const struct figure_line *line = &figure->lines[i];
        canvas_fill(page, line->x, line->y, line->width, line->height, FIGURE_FAINT);
    }
    for (int i = 0; i < figure->num_texts; i++) draw_text(figure, page, &figure->texts[i]);
}

ptm_status figure_png(const struct figure *figure, void **out, size_t *bytes, ptm_error *err) {
    struct canvas page;
    *out = NULL;
    TRY(canvas_open(&page, figure->width, figure->height, FIGURE_GROUND, err));
    draw_page(figure, &page);
    const struct media_picture picture = frame_canvas_picture(&page);
    const ptm_status status = png_encode(out, bytes, &picture, err);
    canvas_close(&page);
    return status;
}
