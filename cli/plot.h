/* SPDX-License-Identifier: MIT */
/* plot: the rows of a benchmark as an SVG picture: speed against merging, and below it where the time goes. */
#ifndef POLYTOME_CLI_PLOT_H
#define POLYTOME_CLI_PLOT_H

#include <stdio.h>

enum { PLOT_STAGES = 5 };

/** In the order in which they run. */
extern const char *const plot_stage_names[PLOT_STAGES];

struct plot_row {
    char group[160]; /* rows in succession with the same group share a line and a title */
    char r[64];
    int tokens_in, tokens_out;
    double ms;                  /* of a window */
    double stages[PLOT_STAGES]; /* of them, milliseconds */
};

/** Writes the picture of `count` (1 or more) rows. */
void plot_write(FILE *stream, const struct plot_row *rows, int count);

#endif
