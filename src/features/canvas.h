/* SPDX-License-Identifier: MIT */
/* canvas: a picture in memory that can be drawn on. What lies outside of it is not drawn. */
#ifndef POLYTOME_FEATURES_CANVAS_H
#define POLYTOME_FEATURES_CANVAS_H

#include "base/error.h"

struct colour {
    uint8_t r, g, b;
};

struct canvas {
    uint8_t *rgb; /* (height, width, 3) packed */
    int width, height;
};

/** A canvas of one colour; sides from 1 to 65,535. */
ptm_status canvas_open(struct canvas *canvas, int width, int height, struct colour colour, ptm_error *err);

/** Frees it; a zeroed canvas is allowed. */
void canvas_close(struct canvas *canvas);

/** A pixel inside of the canvas. */
uint8_t *canvas_pixel(const struct canvas *canvas, int x, int y);

void canvas_fill(struct canvas *canvas, int x, int y, int width, int height, struct colour colour);

/** Brings a rectangle nearer to black: `percent` of its light stays. */
void canvas_dim(struct canvas *canvas, int x, int y, int width, int height, int percent);

/** Copies a packed picture of width x height pixels to (x, y). */
void canvas_put(struct canvas *canvas, int x, int y, const uint8_t *rgb, int width, int height);

/** One line of text, its top left corner at (x, y), each dot `scale` pixels wide. UTF-8 sequences look like one '?'. */
void canvas_text(struct canvas *canvas, int x, int y, const char *text, int scale, struct colour colour);

/** Pixels that the text takes from its first dot to its last. */
int canvas_text_width(const char *text, int scale);

/** Light grey or near black: what stands out more from `ground`. */
struct colour colour_against(struct colour ground);

/** Of hue 0 to 1, saturation and lightness 0 to 1. */
struct colour colour_of_hue(double hue, double saturation, double lightness);

/** One of as many as are needed, by its number: the hues of numbers that follow one another lie far apart. */
struct colour colour_of_number(int number, double saturation, double lightness);

/** Perceived brightness, 0 to 255. */
int colour_brightness(struct colour colour);

#endif
