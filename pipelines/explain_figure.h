/* SPDX-License-Identifier: MIT */
/* explain_figure: a page of panels, lines and words, to be written as PNG or as SVG. */
#ifndef POLYTOME_PIPELINES_EXPLAIN_FIGURE_H
#define POLYTOME_PIPELINES_EXPLAIN_FIGURE_H

#include "models/schedule.h"
#include "pipelines/explain_groups.h"

/** A picture on the page; with groups those of one tube are drawn over it. */
struct figure_panel {
    int x, y;
    const struct canvas *picture;
    const struct explain_groups *groups; /* NULL: the picture as it is */
    const struct explain_map *map;       /* of the groups, and of the picture's size */
    int tube;
};

enum figure_anchor { FIGURE_LEFT, FIGURE_MIDDLE, FIGURE_RIGHT };

enum { FIGURE_TEXT = SCHEDULE_TEXT + 8 }; /* of any schedule, and a word before it */

struct figure_text {
    int x, y; /* of the anchor; y is that of the text's top */
    enum figure_anchor anchor;
    struct colour colour;
    char text[FIGURE_TEXT];
};

/** A filled rectangle: a line of an axis. */
struct figure_line {
    int x, y, width, height;
};

/** What the panels point to must live as long as the figure. */
struct figure {
    int width, height;
    int scale; /* pixels of a dot of the text */
    struct figure_panel *panels;
    struct figure_text *texts;
    struct figure_line *lines;
    int num_panels, max_panels, num_texts, max_texts, num_lines, max_lines;
};

/** An empty page with room for so many. */
ptm_status figure_open(struct figure *figure, int panels, int texts, int lines, ptm_error *err);

/** Frees it; a zeroed figure is allowed. */
void figure_close(struct figure *figure);

/** Each adds one thing; more than there is room for is an error of ours. */
ptm_status figure_add_panel(struct figure *figure, const struct figure_panel *panel, ptm_error *err);
ptm_status figure_add_line(struct figure *figure, int x, int y, int width, int height, ptm_error *err);
ptm_status figure_add_text(struct figure *figure, int x, int y, enum figure_anchor anchor, struct colour colour,
                           ptm_error *err, const char *format, ...) __attribute__((format(printf, 7, 8)));

/** Pixels of a line of text with its gap, and of one character. */
int figure_line_height(const struct figure *figure);
int figure_text_width(const struct figure *figure, const char *text);

/** Adds words below all else, in as many lines as they need between the margins, and makes room for them. */
ptm_status figure_add_legend(struct figure *figure, char (*items)[FIGURE_TEXT], int count, int margin, ptm_error *err);

/** The page as a file's bytes in *out (*bytes), to be freed with mem_free(). */
ptm_status figure_png(const struct figure *figure, void **out, size_t *bytes, ptm_error *err);
ptm_status figure_svg(const struct figure *figure, void **out, size_t *bytes, ptm_error *err);

/* The page, and the words on it. */
#define FIGURE_GROUND ((struct colour){22, 24, 29})
#define FIGURE_WORDS ((struct colour){232, 234, 237})
#define FIGURE_FAINT ((struct colour){150, 155, 163})

#endif
