/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include "text.h"

#include <math.h>
#include <string.h>

const char *const plot_stage_names[PLOT_STAGES] = {"embed", "attention", "merging", "MLP", "head"};

/* Okabe and Ito's colours, which colour-blind readers can tell apart. */
static const char *const colours[PLOT_STAGES] = {"#009e73", "#0072b2", "#d55e00", "#56b4e9", "#cc79a7"};

/* Pixels. */
enum {
    LEFT = 70,
    TOP = 60,
    COLUMN = 84,
    BAR = 48,
    PANEL = 200,
    BETWEEN = 40,
    LABELS = 70,
    LEGEND = 110,
    MIN_COLUMNS = 5,
};

/** A panel's vertical axis from 0 to `top`. */
struct axis {
    double bottom; /* pixels */
    double top;    /* a value */
};

static double axis_y(const struct axis *axis, double value) {
    return axis->bottom - PANEL * value / axis->top;
}

/** 1, 2 or 5 times a power of ten, so that about four such steps reach `top`. */
static double axis_step(double top) {
    const double decade = pow(10, floor(log10(top / 4)));
    const double steps = top / 4 / decade;
    return decade * (steps < 1.5 ? 1 : steps < 3.5 ? 2 : steps < 7.5 ? 5 : 10);
}

static void escaped(FILE *stream, const char *text) {
    for (; *text; text++) {
        const size_t sequence = text_sequence(text);
        if (sequence > 1) {
            fwrite(text, 1, sequence, stream);
            text += sequence - 1;
        } else if (sequence == 0 || (unsigned char)*text < ' ') {
            fputs("\xEF\xBF\xBD", stream);
        } else if (strchr("<>&\"", *text)) {
            fprintf(stream, "&#%d;", *text);
        } else {
            fputc(*text, stream);
        }
    }
}

static void print_text(FILE *stream, double x, double y, const char *anchor, const char *text) {
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    escaped(stream, text);
    fputs("</text>\n", stream);
}

static double column_x(int column) {
    return LEFT + COLUMN * (column + 0.5);
}

static void draw_axis(FILE *stream, const struct axis *axis, int columns, const char *title) {
    char label[32];
    const double step = axis_step(axis->top);
    print_text(stream, LEFT - 8, axis->bottom - PANEL - 14, "start", title);
    for (double value = 0; value <= axis->top; value += step) {
        const double y = axis_y(axis, value);
        fprintf(stream, "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", LEFT, y,
                LEFT + COLUMN * columns, y);
        snprintf(label, sizeof label, "%.4g", value);
        print_text(stream, LEFT - 8, y + 4, "end", label);
    }
}

static bool starts_group(const struct plot_row *rows, int i) {
    return i == 0 || strcmp(rows[i].group, rows[i - 1].group) != 0;
}

static void draw_speed(FILE *stream, const struct plot_row *rows, int count) {
    struct axis axis = {TOP + PANEL, 0};
    for (int i = 0; i < count; i++) axis.top = fmax(axis.top, 1000 / rows[i].ms);
    draw_axis(stream, &axis, count > MIN_COLUMNS ? count : MIN_COLUMNS, "windows a second");
    for (int i = 0; i < count; i++) {
        char label[32];
        const double y = axis_y(&axis, 1000 / rows[i].ms);
        if (!starts_group(rows, i))
            fprintf(stream, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#000\"/>\n",
                    column_x(i - 1), axis_y(&axis, 1000 / rows[i - 1].ms), column_x(i), y);
        fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", column_x(i), y);
        snprintf(label, sizeof label, "%.3g", 1000 / rows[i].ms);
        print_text(stream, column_x(i), y - 8, "middle", label);
    }
}

static void draw_bar(FILE *stream, const struct axis *axis, const struct plot_row *row, double x) {
    double sum = 0;
    for (int stage = 0; stage < PLOT_STAGES; stage++) {
        const double bottom = axis_y(axis, sum);
        sum += row->stages[stage];
        fprintf(stream, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.2f\" fill=\"%s\"/>\n", x - BAR / 2.0,
                axis_y(axis, sum), BAR, bottom - axis_y(axis, sum), colours[stage]);
    }
}

static void draw_stages(FILE *stream, const struct plot_row *rows, int count) {
    struct axis axis = {TOP + 2 * PANEL + BETWEEN, 0};
    for (int i = 0; i < count; i++) axis.top = fmax(axis.top, rows[i].ms);
    draw_axis(stream, &axis, count > MIN_COLUMNS ? count : MIN_COLUMNS, "milliseconds a window");
    for (int i = 0; i < count; i++) {
        char label[96];
        draw_bar(stream, &axis, &rows[i], column_x(i));
        snprintf(label, sizeof label, "r %s", rows[i].r);
        print_text(stream, column_x(i), axis.bottom + 18, "middle", label);
        snprintf(label, sizeof label, "%d \xE2\x86\x92 %d", rows[i].tokens_in, rows[i].tokens_out);
        print_text(stream, column_x(i), axis.bottom + 34, "middle", label);
        if (starts_group(rows, i))
            print_text(stream, column_x(i) - COLUMN / 2.0, axis.bottom + 54, "start", rows[i].group);
    }
}

static void draw_legend(FILE *stream, int columns) {
    const int x = LEFT + COLUMN * columns + 20;
    for (int stage = 0; stage < PLOT_STAGES; stage++) {
        const int y = TOP + PANEL + BETWEEN + 20 * (PLOT_STAGES - 1 - stage); /* as they lie on each other */
        fprintf(stream, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", x, y, colours[stage]);
        print_text(stream, x + 18, y + 11, "start", plot_stage_names[stage]);
    }
}

void plot_write(FILE *stream, const struct plot_row *rows, int count) {
    const int columns = count > MIN_COLUMNS ? count : MIN_COLUMNS;
    const int width = LEFT + COLUMN * columns + 20 + LEGEND, height = TOP + 2 * PANEL + BETWEEN + LABELS;
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
            "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height);
    draw_speed(stream, rows, count);
    draw_stages(stream, rows, count);
    draw_legend(stream, columns);
    fputs("</svg>\n", stream);
}
