/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include "moment.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LEAST_NAME = 6, MOST_NAME = 32, USUAL_COLUMNS = 80, LINE = 128 };

/** Columns that a line may take; of what is no terminal any number. */
static int line_columns(void) {
    struct winsize size;
    if (!text_is_terminal(STDERR_FILENO)) return INT_MAX;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) return size.ws_col - 1;
    return USUAL_COLUMNS - 1;
}

/** The end of the path, cut between characters so that it takes no more than `most` columns. */
static const char *short_name(const char *path, int most) {
    while (text_columns(path) > most) {
        const size_t sequence = text_sequence(path);
        path += sequence > 0 ? sequence : 1;
    }
    return path;
}

bool progress_is_wanted(int asked, int verbosity) {
    return asked < 0 ? text_is_terminal(STDERR_FILENO) && verbosity >= 0 : asked > 0;
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

/** How many files are through, how fast, and how long the rest will take. */
static void describe_run(char text[static LINE], const struct progress *progress) {
    const double through = count_through(progress), seconds = moment_now() - progress->start;
    const long total = (double)progress->total >= through ? progress->total : 0; /* directories in a list hold more */
    const double rate = (through - (double)progress->skipped) / seconds;
    char left[32];
    int used = snprintf(text, LINE, "%ld", progress->done);
    if (total > 0)
        used += snprintf(text + used, LINE - (size_t)used, " of %ld  %3.0f %%", total, 100 * through / (double)total);
    used += snprintf(text + used, LINE - (size_t)used, "  %.3g files/s", rate);
    if (total > 0 && rate > 0)
        snprintf(text + used, LINE - (size_t)used, "  %s left",
                 text_seconds(left, sizeof left, ((double)total - through) / rate));
}

/** How far the file at hand is. */
static void describe_place(char text[static LINE], const struct progress_file *file) {
    char at[32], end[32];
    text_seconds(at, sizeof at, file->at);
    if (file->end > 0)
        snprintf(text, LINE, "  %s of %s  %3.0f %%", at, text_seconds(end, sizeof end, file->end),
                 file->at < file->end ? 100 * file->at / file->end : 100);
    else
        snprintf(text, LINE, "  %s", at);
}

/** The file at hand behind the run, as far as `columns` are left for it; how many it takes. */
static int show_file(const struct progress_file *file, int columns) {
    char place[LINE];
    describe_place(place, file);
    const int room = columns - 2 - (int)strlen(place);
    if (room < LEAST_NAME) return 0;
    const char *name = short_name(file->path, room < MOST_NAME ? room : MOST_NAME);
    fputs("  ", stderr);
    text_print(stderr, name);
    fputs(place, stderr);
    return 2 + text_columns(name) + (int)strlen(place);
}

/* A line that is broken at the edge of the terminal could not be taken away. */
void progress_show(struct progress *progress) {
    if (!progress->on || moment_now() - progress->last < PROGRESS_INTERVAL) return;
    progress_clear(progress);
    const int columns = line_columns();
    char run[LINE] = "1";
    pthread_mutex_lock(&progress->lock);
    const struct progress_file *alone = progress->files && !progress->files->next ? progress->files : NULL;
    if (!alone || progress->done > 0 || progress->total > 1) describe_run(run, progress);
    progress->shown = fprintf(stderr, "%.*s", columns, run);
    if (alone) progress->shown += show_file(alone, columns - progress->shown);
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
