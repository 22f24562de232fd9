/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "moment.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 32 };

/** The end of the path, cut between characters so that it takes no more than MAX_NAME columns. */
static const char *short_name(const char *path) {
    while (text_columns(path) > MAX_NAME) {
        const size_t sequence = text_sequence(path);
        path += sequence > 0 ? sequence : 1;
    }
    return path;
}

void progress_open(struct progress *progress, bool on, bool parts, long total) {
    const double now = moment_now(); /* a short run shows nothing */
    *progress = (struct progress){.on = on, .parts = parts, .total = total, .start = now, .last = now};
    pthread_mutex_init(&progress->lock, NULL);
}

void progress_close(struct progress *progress) {
    progress_clear(progress);
    pthread_mutex_destroy(&progress->lock);
}

void progress_begin(struct progress *progress, struct progress_file *file, const char *path) {
    pthread_mutex_lock(&progress->lock);
    *file = (struct progress_file){.path = path, .next = progress->files};
    progress->files = file;
    pthread_mutex_unlock(&progress->lock);
}

void progress_update(struct progress *progress, struct progress_file *file, double at, double end) {
    pthread_mutex_lock(&progress->lock);
    const double part = end > 0 ? at / end : 0;
    file->at = at;
    file->end = end;
    if (part > file->part) file->part = part < 1 ? part : 1;
    pthread_mutex_unlock(&progress->lock);
}

static void remove_file(struct progress *progress, const struct progress_file *file) {
    struct progress_file **place = &progress->files;
    while (*place && *place != file) place = &(*place)->next;
    if (*place) *place = file->next;
}

void progress_end(struct progress *progress, const struct progress_file *file) {
    pthread_mutex_lock(&progress->lock);
    remove_file(progress, file);
    pthread_mutex_unlock(&progress->lock);
}

void progress_done(struct progress *progress, const struct progress_file *file, bool skipped) {
    pthread_mutex_lock(&progress->lock);
    remove_file(progress, file);
    progress->done++;
    progress->skipped += skipped;
    pthread_mutex_unlock(&progress->lock);
}

/** Files that are through, and what is through of those at work. */
static double count_through(const struct progress *progress) {
    double through = (double)progress->done;
    for (const struct progress_file *file = progress->parts ? progress->files : NULL; file; file = file->next)
        through += file->part;
    return through;
}

/** How many files are through, how fast, and how long the rest will take; columns. */
static int show_run(const struct progress *progress) {
    const double through = count_through(progress), seconds = moment_now() - progress->start;
    const long total = (double)progress->total >= through ? progress->total : 0; /* directories in a list hold more */
    const double rate = (through - (double)progress->skipped) / seconds;
    char left[32];
    int columns = fprintf(stderr, "%ld", progress->done);
    if (total > 0) columns += fprintf(stderr, " of %ld  %3.0f %%", total, 100 * through / (double)total);
    columns += fprintf(stderr, "  %.3g files/s", rate);
    if (total > 0 && rate > 0)
        columns += fprintf(stderr, "  %s left", text_seconds(left, sizeof left, ((double)total - through) / rate));
    return columns;
}

/** The file at hand and how far it is; columns. */
static int show_file(const char *path, double at, double end) {
    char text[2][32], place[96];
    text_seconds(text[0], sizeof text[0], at);
    if (end > 0)
        snprintf(place, sizeof place, "  %s of %s  %3.0f %%", text[0], text_seconds(text[1], sizeof text[1], end),
                 at < end ? 100 * at / end : 100);
    else
        snprintf(place, sizeof place, "  %s", text[0]);
    const char *name = short_name(path);
    text_print(stderr, name);
    fputs(place, stderr);
    return text_columns(name) + (int)strlen(place);
}

void progress_show(struct progress *progress) {
    if (!progress->on || moment_now() - progress->last < PROGRESS_INTERVAL) return;
    progress_clear(progress);
    pthread_mutex_lock(&progress->lock);
    const struct progress_file *alone = progress->files && !progress->files->next ? progress->files : NULL;
    if (alone && progress->done == 0 && progress->total <= 1)
        progress->shown += fprintf(stderr, "1");
    else
        progress->shown += show_run(progress);
    if (alone) {
        fputs("  ", stderr);
        progress->shown += 2 + show_file(alone->path, alone->at, alone->end);
    }
    pthread_mutex_unlock(&progress->lock);
    fflush(stderr);
    progress->last = moment_now();
}

void progress_clear(struct progress *progress) {
    if (progress->shown == 0) return;
    fprintf(stderr, "\r%*s\r", progress->shown, "");
    fflush(stderr);
    progress->shown = 0;
}
