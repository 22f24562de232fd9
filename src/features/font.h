/* SPDX-License-Identifier: MIT */
/* font: the printable characters of ASCII, each five dots wide and seven high. */
#ifndef POLYTOME_FEATURES_FONT_H
#define POLYTOME_FEATURES_FONT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FONT_FIRST = 32,
    FONT_LAST = 126,
    FONT_COLUMNS = 5,
    FONT_ROWS = 7,
    FONT_DROP = 2,                      /* rows by which some letters hang below the line */
    FONT_ADVANCE = FONT_COLUMNS + 1,    /* from one character to the next */
    FONT_HEIGHT = FONT_ROWS + FONT_DROP /* of a line of text */
};

/** FONT_ROWS rows of a character from the top, the leftmost dot in bit FONT_COLUMNS - 1; `*drop` rows lower than the
 * others. A character that the font does not have looks like '?'. */
const uint8_t *font_glyph(char character, int *drop);

#endif
