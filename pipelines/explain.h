/* SPDX-License-Identifier: MIT */
/* explain: one file on its way to a picture of what merged. */
#ifndef POLYTOME_PIPELINES_EXPLAIN_H
#define POLYTOME_PIPELINES_EXPLAIN_H

#include "pipelines/explain_figure.h"
#include "pipelines/run.h"

enum explain_format { EXPLAIN_PNG, EXPLAIN_SVG, EXPLAIN_FILM };

struct explain {
    const char *path, *output;
    enum explain_format format;
    ptm_classify_options options; /* of the run */
    struct run run;
    struct media *media;
    struct lane *lane;
    ptm_explain_report report;
};

enum { EXPLAIN_LEGEND_ITEMS = 4 };

/** Model, merging, tokens and the label that fits best. */
ptm_status explain_legend(char (*items)[FIGURE_TEXT], const struct lane *lane, const struct tally *tally,
                          ptm_error *err);

/** Writes the figure as PNG or SVG, and fills the report's size. */
ptm_status explain_write_figure(struct explain *explain, const struct figure *figure, ptm_error *err);

/** The rest of the way, for each kind of file: from the open media to the output. */
ptm_status explain_picture(struct explain *explain, ptm_error *err);
ptm_status explain_sound(struct explain *explain, ptm_error *err);

/** Opens the file once more, or for the first time, for the modalities in `use`, bits of them. */
ptm_status explain_open_media(struct explain *explain, unsigned use, ptm_error *err);

#endif
