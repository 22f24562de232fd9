/* SPDX-License-Identifier: MIT */
#include "features/canvas.h"

#include "base/limits.h"
#include "base/memory.h"
#include "features/font.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- colours */

int colour_brightness(struct colour colour) {
    return (299 * colour.r + 587 * colour.g + 114 * colour.b) / 1000; /* BT.601 */
}

struct colour colour_against(struct colour ground) {
    return colour_brightness(ground) < 128 ? (struct colour){235, 235, 235} : (struct colour){20, 20, 20};
}

/** One channel of HSL: a trapezoid over the hue, six sixths around. */
static uint8_t hue_channel(double sixths, double saturation, double lightness) {
    const double place = fmod(sixths, 6), chroma = saturation * (1 - fabs(2 * lightness - 1));
    const double height = fmax(0, fmin(1, fabs(place - 3) - 1));
    return (uint8_t)lrint(255 * (lightness + chroma * (height - 0.5)));
}

struct colour colour_of_hue(double hue, double saturation, double lightness) {
    const double sixths = 6 * (hue - floor(hue));
    return (struct colour){hue_channel(sixths, saturation, lightness), hue_channel(sixths + 4, saturation, lightness),
                           hue_channel(sixths + 2, saturation, lightness)};
}

struct colour colour_of_number(int number, double saturation, double lightness) {
    const double golden_ratio = 0.6180339887498949; /* its multiples spread most evenly over a circle */
    return colour_of_hue(number * golden_ratio, saturation, lightness);
}

/* ---------------------------------------------------------------- the canvas */

ptm_status canvas_open(struct canvas *canvas, int width, int height, struct colour colour, ptm_error *err) {
    *canvas = (struct canvas){0};
    if (width < 1 || height < 1 || width > LIMIT_SIDE || height > LIMIT_SIDE)
        return error_set(err, PTM_ELIMIT, "a picture of %d x %d pixels cannot be drawn: each side must be from 1 to %d",
                         width, height, LIMIT_SIDE);
    uint8_t *rgb = mem_alloc((size_t)width * (size_t)height, 3);
    if (!rgb) return error_no_memory(err);
    *canvas = (struct canvas){rgb, width, height};
    canvas_fill(canvas, 0, 0, width, height, colour);
    return PTM_OK;
}

void canvas_close(struct canvas *canvas) {
    mem_free(canvas->rgb);
    *canvas = (struct canvas){0};
}

uint8_t *canvas_pixel(const struct canvas *canvas, int x, int y) {
    return canvas->rgb + ((size_t)y * (size_t)canvas->width + (size_t)x) * 3;
}

/** The part of a rectangle that lies on the canvas; both ends of each axis. */
struct area {
    int left, top, right, bottom;
};

static struct area clip(const struct canvas *canvas, int x, int y, int width, int height) {
    const int right = width > canvas->width - x ? canvas->width : x + width;
    const int bottom = height > canvas->height - y ? canvas->height : y + height;
    return (struct area){x < 0 ? 0 : x, y < 0 ? 0 : y, right, bottom};
}

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, struct colour colour) {
    const struct area area = clip(canvas, x, y, width, height);
    for (int row = area.top; row < area.bottom; row++)
        for (int column = area.left; column < area.right; column++)
            memcpy(canvas_pixel(canvas, column, row), &(uint8_t[3]){colour.r, colour.g, colour.b}, 3);
}

void canvas_dim(struct canvas *canvas, int x, int y, int width, int height, int percent) {
    const struct area area = clip(canvas, x, y, width, height);
    for (int row = area.top; row < area.bottom; row++)
        for (int column = area.left; column < area.right; column++) {
            uint8_t *pixel = canvas_pixel(canvas, column, row);
            for (int c = 0; c < 3; c++) pixel[c] = (uint8_t)(pixel[c] * percent / 100);
        }
}

void canvas_put(struct canvas *canvas, int x, int y, const uint8_t *rgb, int width, int height) {
    const struct area area = clip(canvas, x, y, width, height);
    if (area.left >= area.right) return;
    for (int row = area.top; row < area.bottom; row++)
        memcpy(canvas_pixel(canvas, area.left, row),
               rgb + ((size_t)(row - y) * (size_t)width + (size_t)(area.left - x)) * 3,
               (size_t)(area.right - area.left) * 3);
}

/* ---------------------------------------------------------------- text */

static bool continues_sequence(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void canvas_text(struct canvas *canvas, int x, int y, const char *text, int scale, struct colour colour) {
    for (; *text; text++) {
        if (continues_sequence(*text)) continue;
        int drop;
        const uint8_t *glyph = font_glyph(*text, &drop);
        for (int row = 0; row < FONT_ROWS; row++)
            for (int column = 0; column < FONT_COLUMNS; column++)
                if (glyph[row] >> (FONT_COLUMNS - 1 - column) & 1)
                    canvas_fill(canvas, x + column * scale, y + (row + drop) * scale, scale, scale, colour);
        x += FONT_ADVANCE * scale;
    }
}

int canvas_text_width(const char *text, int scale) {
    int characters = 0;
    for (; *text; text++) characters += !continues_sequence(*text);
    return characters ? (characters * FONT_ADVANCE - (FONT_ADVANCE - FONT_COLUMNS)) * scale : 0;
}
