/* SPDX-License-Identifier: MIT */
#include "timeline_outputs.h"

#include "signals.h"
#include "spare.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool complain_memory(void) {
    text_complain("out of memory for the timeline");
    return false;
}

static bool refuse(const char *format, const char *name) {
    text_complain(format, name);
    return false;
}

/* ---------------------------------------------------------------- names */

/** Takes over `path`, which may be NULL where memory ran out. */
static bool add_path(struct timeline_outputs *outputs, char *path) {
    if (!path) return complain_memory();
    const bool room = outputs->count < OPTIONS_MAX_LIST;
    bool twice = false;
    for (int i = 0; i < outputs->count; i++)
        twice = twice || strcmp(outputs->items[i].path, path) == 0 || spare_is_same(outputs->items[i].path, path);
    if (room && !twice) {
        outputs->items[outputs->count++] = (struct timeline_output){.path = path};
        return true;
    }
    refuse(twice ? "the output %s is named twice" : "too many outputs: no room for %s", path);
    free(path);
    return false;
}

/** `prefix` with the `length` characters at `middle` and `rest` behind it. */
static char *join(const char *name, size_t prefix, const char *middle, size_t length, const char *rest) {
    const size_t bytes = prefix + length + strlen(rest) + 1;
    char *path = malloc(bytes);
    if (path) snprintf(path, bytes, "%.*s%.*s%s", (int)prefix, name, (int)length, middle, rest);
    return path;
}

/** "name.{srt,csv}" is two names; anything else is one. */
static bool add_name(struct timeline_outputs *outputs, const char *name) {
    const char *open = strchr(name, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close || !memchr(open, ',', (size_t)(close - open))) return add_path(outputs, strdup(name));
    for (const char *word = open + 1; word <= close;) {
        const size_t length = strcspn(word, ",}");
        if (!add_path(outputs, join(name, (size_t)(open - name), word, length, close + 1))) return false;
        word += length + 1;
    }
    return true;
}

/** Is the operand named as one of the -o is, up to an ending that stands for a format? */
static bool is_sibling(const struct timeline_outputs *outputs, int named, const char *operand) {
    size_t ending, other;
    if (!timeline_format_of_file(operand, &ending)) return false;
    const size_t stem = strlen(operand) - ending;
    for (int i = 0; i < named; i++) {
        const char *path = outputs->items[i].path;
        if (timeline_format_of_file(path, &other) && strlen(path) - other == stem && strncmp(path, operand, stem) == 0)
            return true;
    }
    return false;
}

static bool sort_operands(struct timeline_outputs *outputs, const struct options *options) {
    const int named = outputs->count;
    int files = 0;
    for (int i = 0; i < options->num_operands; i++) {
        const char *operand = options->operands[i];
        if (is_sibling(outputs, named, operand)) {
            if (!add_path(outputs, strdup(operand))) return false;
        } else {
            outputs->file = operand;
            files++;
        }
    }
    if (files == 1) return true;
    return refuse("the command '%s' takes one file or source", command_rows[options->command].name);
}

/* ---------------------------------------------------------------- formats */

static bool choose_format(struct timeline_output *output, int asked) {
    size_t ending;
    const bool standard = !output->path || strcmp(output->path, "-") == 0;
    if (asked >= 0 || standard)
        output->format = &timeline_formats[asked >= 0 ? asked : 0];
    else
        output->format = timeline_format_of_file(output->path, &ending);
    return output->format || refuse("the end of the name %s says no format: say which with --format", output->path);
}

static bool choose(struct timeline_outputs *outputs, const struct options *options) {
    *outputs = (struct timeline_outputs){.rows = options->rows, .live = options->command == COMMAND_STREAM};
    for (int i = 0; i < options->outputs.count; i++)
        if (!add_name(outputs, options->outputs.items[i])) return false;
    if (!sort_operands(outputs, options)) return false;
    if (options->form >= 0 && outputs->count > 1)
        return refuse("--format %s is for one output: the ends of several names say their formats",
                      timeline_formats[options->form].name);
    if (outputs->count == 0) outputs->count = 1; /* standard output */
    for (int i = 0; i < outputs->count; i++)
        if (!choose_format(&outputs->items[i], options->form)) return false;
    return true;
}

bool timeline_outputs_choose(struct timeline_outputs *outputs, const struct options *options) {
    if (choose(outputs, options)) return true;
    options_hint(options->command);
    return false;
}

/* ---------------------------------------------------------------- writing */

bool timeline_outputs_open(struct timeline_outputs *outputs) {
    for (int i = 0; i < outputs->count; i++) {
        struct timeline_output *item = &outputs->items[i];
        const bool append = outputs->live && !item->format->list;
        bool fresh = true;
        if (!(append ? output_append(&item->output, item->path, &fresh) : output_open(&item->output, item->path)))
            return false;
        if (fresh && item->format->begin) item->format->begin(item->output.stream);
        if (!fresh && item->format->numbered) item->rows = output_count_lines(&item->output) - 1; /* one is the head */
        signals_catch_also(&item->output);
    }
    return true;
}

bool timeline_outputs_print(const struct timeline_outputs *outputs) {
    bool prints = false;
    for (int i = 0; i < outputs->count; i++) prints = prints || outputs->items[i].output.stream == stdout;
    return prints;
}

bool timeline_outputs_want_list(const struct timeline_outputs *outputs) {
    bool wanted = false;
    for (int i = 0; i < outputs->count; i++) wanted = wanted || outputs->items[i].format->list;
    return wanted;
}

static bool shows_windows(const struct timeline_outputs *outputs, const struct timeline_format *format) {
    return outputs->rows == ROWS_AUTO ? format->windows : outputs->rows != ROWS_EVENTS;
}

static bool shows_events(const struct timeline_outputs *outputs) {
    return outputs->rows != ROWS_WINDOWS;
}

/** What the writer of an output looks at: only a terminal gets colours and bars. */
static struct timeline_sheet sheet_of(const struct timeline_output *item, const struct timeline_sheet *sheet) {
    struct timeline_sheet own = *sheet;
    own.style.terminal = own.style.terminal && item->output.stream == stdout;
    own.style.colour = own.style.colour && item->output.stream == stdout;
    return own;
}

static bool hand_on(struct timeline_output *item, bool written) {
    return (written || complain_memory()) && output_flush(&item->output);
}

/** The labels of a window that are to be shown, a row each. */
static bool write_labels(struct timeline_output *item, const struct timeline_sheet *sheet, const ptm_window *window) {
    const int shown = report_count_labels(&sheet->style, window->labels, window->num_labels);
    bool good = true;
    for (int i = 0; i < shown && good; i++) {
        const ptm_label *label = &window->labels[i];
        const ptm_event row = {.modality = window->modality,
                               .label = label->name,
                               .index = label->index,
                               .start = window->from,
                               .end = window->to,
                               .peak = label->score,
                               .mean = label->score,
                               .windows = 1};
        good = item->format->label(item->output.stream, sheet, &row, ++item->rows);
    }
    return good;
}

bool timeline_outputs_window(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                             const ptm_window *window) {
    for (int i = 0; i < outputs->count; i++) {
        struct timeline_output *item = &outputs->items[i];
        const struct timeline_format *format = item->format;
        if (!shows_windows(outputs, format)) continue;
        const struct timeline_sheet own = sheet_of(item, sheet);
        if (format->window && !hand_on(item, format->window(item->output.stream, &own, window))) return false;
        if (format->label && !hand_on(item, write_labels(item, &own, window))) return false;
    }
    return true;
}

bool timeline_outputs_event(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                            const ptm_event *event) {
    for (int i = 0; i < outputs->count; i++) {
        struct timeline_output *item = &outputs->items[i];
        if (!item->format->event || !shows_events(outputs)) continue;
        const struct timeline_sheet own = sheet_of(item, sheet);
        if (!hand_on(item, item->format->event(item->output.stream, &own, event, ++item->rows))) return false;
    }
    return true;
}

bool timeline_outputs_end(struct timeline_outputs *outputs, const struct timeline_sheet *sheet,
                          const struct event_list *events, const struct timeline_end *end) {
    for (int i = 0; i < outputs->count; i++) {
        struct timeline_output *item = &outputs->items[i];
        const struct timeline_format *format = item->format;
        if (format->list && !hand_on(item, format->list(item->output.stream, events))) return false;
        const struct timeline_sheet own = sheet_of(item, sheet);
        if (format->end && !hand_on(item, format->end(item->output.stream, &own, end))) return false;
    }
    return true;
}

bool timeline_outputs_commit(struct timeline_outputs *outputs) {
    bool good = true;
    for (int i = 0; i < outputs->count; i++) good = output_commit(&outputs->items[i].output) && good;
    return good;
}

void timeline_outputs_close(struct timeline_outputs *outputs) {
    signals_release();
    for (int i = 0; i < outputs->count; i++) {
        output_discard(&outputs->items[i].output);
        free(outputs->items[i].path);
    }
    outputs->count = 0;
}
