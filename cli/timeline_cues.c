/* SPDX-License-Identifier: MIT */
/* What has to be in the order of time: subtitles (SubRip, WebVTT) and chapters (FFmpeg's metadata files). */
#include "text.h"
#include "timeline_formats.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

/** Time in the formats' own grain. A cue or chapter lasts at least one of them. */
struct span {
    long long from, to; /* milliseconds */
};

static long long milliseconds(double seconds) {
    return llround(fmax(seconds, 0) * 1000);
}

static struct span event_span(const ptm_event *event) {
    struct span span = {milliseconds(event->start), milliseconds(event->end)};
    if (span.to <= span.from) span.to = span.from + 1;
    return span;
}

/* ---------------------------------------------------------------- subtitles */

static void put_clock(FILE *stream, long long ms, char point) {
    fprintf(stream, "%02lld:%02lld:%02lld%c%03lld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, point, ms % 1000);
}

static void put_cue(FILE *stream, const ptm_event *event, char point, const char *(*escape)(const char *at)) {
    const struct span span = event_span(event);
    put_clock(stream, span.from, point);
    fputs(" --> ", stream);
    put_clock(stream, span.to, point);
    fputc('\n', stream);
    timeline_put_text(stream, event->label, escape);
    fprintf(stream, " %.0f %%\n\n", 100 * (double)event->mean);
}

/** SubRip has no escapes. An invisible word joiner (U+2060) keeps players from seeing a tag or an arrow; braces, which
 * hide what is between them wherever they stand, are wide ones (U+FF5B and U+FF5D). */
static const char *srt_escape(const char *at) {
    if (*at == '<') return "<\xE2\x81\xA0";
    if (*at == '{') return "\xEF\xBD\x9B";
    if (*at == '}') return "\xEF\xBD\x9D";
    if (*at == '>') return "\xE2\x81\xA0>";
    return text_is_control(at) ? " " : NULL;
}

bool timeline_srt_list(FILE *stream, const struct event_list *events) {
    for (size_t i = 0; i < events->count; i++) {
        fprintf(stream, "%zu\n", i + 1);
        put_cue(stream, &events->items[i], ',', srt_escape);
    }
    return true;
}

static const char *vtt_escape(const char *at) {
    if (*at == '&') return "&amp;";
    if (*at == '<') return "&lt;";
    if (*at == '>') return "&gt;";
    return text_is_control(at) ? " " : NULL;
}

bool timeline_vtt_list(FILE *stream, const struct event_list *events) {
    fputs("WEBVTT\n\n", stream);
    for (size_t i = 0; i < events->count; i++) put_cue(stream, &events->items[i], '.', vtt_escape);
    return true;
}

/* ---------------------------------------------------------------- chapters */

static const char *metadata_escape(const char *at) {
    switch (*at) {
    case '=': return "\\=";
    case ';': return "\\;";
    case '#': return "\\#";
    case '\\': return "\\\\";
    case '\n': return "\\\n";
    default: return text_is_control(at) ? " " : NULL;
    }
}

/** The events that go on at one time. */
struct going_on {
    const ptm_event **events;
    size_t count;
    long long until; /* what is written so far */
};

static void put_chapter(FILE *stream, const struct going_on *now, struct span span) {
    if (now->count == 0) return;
    fprintf(stream, "[CHAPTER]\nTIMEBASE=1/1000\nSTART=%lld\nEND=%lld\ntitle=", span.from, span.to);
    for (size_t i = 0; i < now->count; i++) {
        if (i > 0) fputs(" + ", stream);
        timeline_put_text(stream, now->events[i]->label, metadata_escape);
    }
    fputc('\n', stream);
}

static void drop_ended(struct going_on *now, long long time) {
    size_t kept = 0;
    for (size_t i = 0; i < now->count; i++)
        if (event_span(now->events[i]).to > time) now->events[kept++] = now->events[i];
    now->count = kept;
}

static long long earliest_end(const struct going_on *now) {
    long long earliest = LLONG_MAX;
    for (size_t i = 0; i < now->count; i++) {
        const long long end = event_span(now->events[i]).to;
        if (end < earliest) earliest = end;
    }
    return earliest;
}

/* Chapters must not overlap: there is one for each stretch between two changes, named after all that goes on in it. */
bool timeline_chapters_list(FILE *stream, const struct event_list *events) {
    fputs(";FFMETADATA1\n", stream);
    struct going_on now = {.events = malloc((events->count + 1) * sizeof *now.events)};
    if (!now.events) return false;
    for (size_t next = 0; next < events->count || now.count > 0;) {
        long long time = now.until;
        drop_ended(&now, time);
        if (now.count == 0 && next < events->count) time = event_span(&events->items[next]).from;
        while (next < events->count && event_span(&events->items[next]).from <= time)
            now.events[now.count++] = &events->items[next++];
        const long long begin = next < events->count ? event_span(&events->items[next]).from : LLONG_MAX;
        const long long end = earliest_end(&now);
        now.until = begin < end ? begin : end;
        put_chapter(stream, &now, (struct span){time, now.until});
    }
    free((void *)now.events);
    return true;
}
