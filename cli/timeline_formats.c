/* SPDX-License-Identifier: MIT */
#include "timeline_formats.h"

#include "text.h"

#include <string.h>
#include <strings.h>

static bool json_window(FILE *stream, const struct timeline_sheet *sheet, const ptm_window *window) {
    return report_json_window(stream, &sheet->style, window);
}

static bool json_event(FILE *stream, const struct timeline_sheet *sheet, const ptm_event *event, long number) {
    (void)sheet;
    (void)number;
    return report_json_event(stream, event);
}

static bool json_end(FILE *stream, const struct timeline_sheet *sheet, const struct timeline_end *end) {
    if (end->live) {
        const ptm_error *err = end->err->status == PTM_OK ? NULL : end->err;
        return report_json_live(stream, sheet->path, end->live, end->latency, err);
    }
    return report_json_timeline(stream, &sheet->style, sheet->path, end->result, end->err);
}

const struct timeline_format timeline_formats[] = {
    {.name = "text",
     .endings = ".text",
     .window = timeline_text_window,
     .event = timeline_text_event,
     .end = timeline_text_end},
    {.name = "json",
     .endings = ".json|.jsonl|.ndjson",
     .windows = true,
     .window = json_window,
     .event = json_event,
     .end = json_end},
    {.name = "csv",
     .endings = ".csv",
     .begin = timeline_csv_begin,
     .event = timeline_csv_event,
     .label = timeline_csv_label},
    {.name = "srt", .endings = ".srt", .list = timeline_srt_list},
    {.name = "vtt", .endings = ".vtt|.webvtt", .list = timeline_vtt_list},
    {.name = "audacity", .endings = ".txt", .event = timeline_audacity_event, .label = timeline_audacity_event},
    {.name = "raven",
     .endings = ".selections.txt|.raven.txt",
     .numbered = true,
     .begin = timeline_raven_begin,
     .event = timeline_raven_event,
     .label = timeline_raven_event},
    {.name = "chapters", .endings = ".ffmeta|.ffmetadata", .list = timeline_chapters_list},
    {.name = NULL},
};

/** Length of the longest of `endings` that the name ends in, something before it; 0 for none. */
static size_t match_ending(const char *name, const char *endings) {
    const size_t length = strlen(name);
    size_t longest = 0;
    for (size_t step; *endings; endings += step + (endings[step] == '|')) {
        step = strcspn(endings, "|");
        if (step < length && step > longest && strncasecmp(name + length - step, endings, step) == 0) longest = step;
    }
    return longest;
}

const struct timeline_format *timeline_format_of_file(const char *path, size_t *ending) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const struct timeline_format *found = NULL;
    *ending = 0;
    for (const struct timeline_format *format = timeline_formats; format->name; format++) {
        const size_t length = match_ending(name, format->endings);
        if (length > *ending) {
            *ending = length;
            found = format;
        }
    }
    return found;
}

void timeline_put_text(FILE *stream, const char *text, const char *(*escape)(const char *at)) {
    for (size_t length; *text; text += length) {
        length = text_sequence(text);
        const char *other = length > 0 ? escape(text) : "\xEF\xBF\xBD";
        if (length == 0) length = 1;
        if (other)
            fputs(other, stream);
        else
            fwrite(text, 1, length, stream);
    }
}
