/* SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* flock() */
#include "journal.h"

#include "hash.h"
#include "moment.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A killed process loses nothing that was written, so that fsync is for machines that lose power: at most this much
 * work has then to be done again. */
static const double sync_seconds = 1;

static bool complain(const struct journal *journal, const char *what) {
    text_complain("cannot %s the journal %s: %s", what, journal->name, strerror(errno));
    return false;
}

/* ---------------------------------------------------------------- the table */

static void place_line(struct journal_place *table, size_t room, struct journal_place place) {
    size_t at = (size_t)place.key & (room - 1);
    while (table[at].offset >= 0 && table[at].key != place.key) at = (at + 1) & (room - 1);
    table[at] = place; /* of two lines with one key the later counts */
}

static bool grow_table(struct journal *journal) {
    const size_t room = journal->room ? journal->room * 2 : 1024;
    struct journal_place *table = room <= SIZE_MAX / sizeof *table ? malloc(room * sizeof *table) : NULL;
    if (!table) return false;
    for (size_t i = 0; i < room; i++) table[i].offset = -1;
    for (size_t i = 0; i < journal->room; i++)
        if (journal->table[i].offset >= 0) place_line(table, room, journal->table[i]);
    free(journal->table);
    journal->table = table;
    journal->room = room;
    return true;
}

static bool remember(struct journal *journal, const struct journal_line *line, size_t bytes) {
    if (journal->count >= journal->room / 2 && !grow_table(journal)) return false;
    place_line(journal->table, journal->room, (struct journal_place){journal_line_key(line), journal->end, bytes});
    journal->count++;
    return true;
}

/* ---------------------------------------------------------------- opening */

/** One whole line of an old journal. False where memory ran out. */
static bool take_line(struct journal *journal, const char *text, size_t bytes) {
    struct journal_line line;
    bool good = true;
    if (!journal_line_read(&line, text, bytes)) {
        journal->damaged++;
    } else if (line.kind == JOURNAL_FILE) {
        const bool ours = line.settings == journal->settings;
        if (ours) good = remember(journal, &line, bytes);
        journal->others += !ours;
    } else {
        journal->has_run = true;
        journal->last_run = line.settings;
    }
    journal_line_free(&line);
    return good;
}

/** Is the file that begins with `text` a journal? The first line may be torn, for a run can be killed at any time. */
static bool begins_journal(const char *text, size_t bytes, bool whole) {
    static const char start[] = "{\"journal\":1,\"settings\":\"";
    const size_t compared = bytes < sizeof start - 1 ? bytes : sizeof start - 1;
    return memcmp(text, start, compared) == 0 && (!whole || compared == sizeof start - 1);
}

static bool read_lines(struct journal *journal, FILE *stream) {
    char *text = NULL;
    size_t room = 0;
    bool good = true;
    for (ssize_t length; good && (length = getline(&text, &room, stream)) > 0;) {
        const bool whole = text[length - 1] == '\n';
        if (journal->end == 0 && !begins_journal(text, (size_t)length, whole)) {
            text_complain("%s is not a polytome journal and was left as it was: name another file", journal->name);
            good = false;
        } else if (whole) {
            good = take_line(journal, text, (size_t)length - 1) || complain(journal, "read");
            journal->end += length;
        }
    }
    free(text);
    if (good && !feof(stream)) return complain(journal, "read"); /* or memory ran out: the rest is no torn line */
    return good;
}

static bool read_journal(struct journal *journal) {
    FILE *stream = fopen(journal->name, "re");
    if (!stream) return complain(journal, "read");
    const bool good = read_lines(journal, stream);
    fclose(stream);
    return good;
}

/** Writes at the end, all or nothing. */
static bool append(struct journal *journal, const struct journal_line *line) {
    size_t bytes;
    char *text = journal_line_write(line, &bytes);
    if (!text) {
        text_complain("out of memory for the journal %s", journal->name);
        return false;
    }
    size_t written = 0;
    while (written < bytes) {
        const ssize_t step = pwrite(journal->file, text + written, bytes - written, journal->end + (off_t)written);
        if (step < 0 && errno == EINTR) continue;
        if (step <= 0) break;
        written += (size_t)step;
    }
    free(text);
    if (written < bytes) {
        complain(journal, "write");
        if (ftruncate(journal->file, journal->end) != 0) complain(journal, "shorten"); /* the next run will */
        return false;
    }
    journal->end += (int64_t)bytes;
    journal->dirty = true;
    return true;
}

static bool lock(struct journal *journal) {
    struct stat status;
    if (fstat(journal->file, &status) != 0) return complain(journal, "open");
    if (!S_ISREG(status.st_mode)) {
        text_complain("the journal %s is not a regular file: name one that is, or a new one", journal->name);
        return false;
    }
    if (flock(journal->file, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) {
        text_complain("another run is using the journal %s: wait for it, or name another file", journal->name);
        return false;
    }
    if (errno != ENOSYS && errno != ENOLCK && errno != EOPNOTSUPP) return complain(journal, "lock");
    text_complain("the journal %s cannot be locked here: see that no other run has it", journal->name);
    return true;
}

/* Where the file system has no such thing, what was written is as safe as it gets. */
static bool put_on_disk(struct journal *journal) {
    if (!journal->dirty) return true;
    journal->synced = moment_now();
    journal->dirty = false;
    if (fdatasync(journal->file) == 0 || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return true;
    return complain(journal, "write");
}

/** A torn last line goes, and what this run is asked for stands before what it does. */
static bool begin_run(struct journal *journal, const char *settings) {
    if (ftruncate(journal->file, journal->end) != 0) return complain(journal, "write");
    if (journal->has_run && journal->last_run == journal->settings) return true;
    const struct journal_line line = {.kind = JOURNAL_RUN, .settings = journal->settings, .text = (char *)settings};
    return append(journal, &line) && put_on_disk(journal);
}

static void tell(const struct journal *journal) {
    if (journal->damaged > 0)
        text_complain("passed over %ld damaged line%s of the journal %s", journal->damaged,
                      text_plural(journal->damaged), journal->name);
    if (journal->others > 0 && journal->count == 0)
        text_complain("the journal %s is of runs with other settings, models or versions: all is done again",
                      journal->name);
}

bool journal_open(struct journal *journal, const char *path, const char *settings) {
    *journal = (struct journal){.name = path, .settings = hash_text(HASH_START, settings)};
    journal->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    bool good = journal->file >= 0 || complain(journal, "open");
    good = good && lock(journal) && read_journal(journal) && begin_run(journal, settings);
    if (good) tell(journal);
    if (!good) journal_close(journal);
    return good;
}

/* ---------------------------------------------------------------- use */

static const struct journal_place *find_place(const struct journal *journal, uint64_t key) {
    if (journal->room == 0) return NULL;
    size_t at = (size_t)key & (journal->room - 1);
    while (journal->table[at].offset >= 0 && journal->table[at].key != key) at = (at + 1) & (journal->room - 1);
    return journal->table[at].offset >= 0 ? &journal->table[at] : NULL;
}

/** All but the inode. */
static bool look_alike(const struct journal_line *a, const struct journal_line *b) {
    const bool same_id = a->id && b->id ? strcmp(a->id, b->id) == 0 : a->id == b->id;
    return a->settings == b->settings && strcmp(a->path, b->path) == 0 && same_id && a->stamp.size == b->stamp.size &&
           a->stamp.modified == b->stamp.modified;
}

/** The line, read again. */
static bool read_line(const struct journal *journal, const struct journal_place *place, struct journal_line *line) {
    char *text = malloc(place->bytes);
    const bool good = text && pread(journal->file, text, place->bytes, (off_t)place->offset) == (ssize_t)place->bytes &&
                      journal_line_read(line, text, place->bytes);
    free(text);
    return good;
}

enum journal_match journal_find(const struct journal *journal, struct journal_line *line) {
    line->settings = journal->settings;
    const struct journal_place *place = find_place(journal, journal_line_key(line));
    struct journal_line old;
    if (!place || !read_line(journal, place, &old)) return JOURNAL_NEW;
    enum journal_match match = JOURNAL_NEW;
    if (old.kind == JOURNAL_FILE && look_alike(&old, line))
        match = stamp_equal(&old.stamp, &line->stamp) ? JOURNAL_DONE : JOURNAL_COPY;
    if (match == JOURNAL_DONE) {
        line->text = old.text;
        old.text = NULL;
    }
    journal_line_free(&old);
    return match;
}

bool journal_add(struct journal *journal, struct journal_line *line) {
    line->kind = JOURNAL_FILE;
    line->settings = journal->settings;
    return append(journal, line);
}

bool journal_finish(struct journal *journal) {
    struct stat status;
    if (fstat(journal->file, &status) == 0 && status.st_nlink == 0)
        text_complain("the journal %s was removed during the run: the next one will do all again", journal->name);
    return put_on_disk(journal);
}

bool journal_sync_if_due(struct journal *journal) {
    return moment_now() - journal->synced < sync_seconds || put_on_disk(journal);
}

void journal_close(struct journal *journal) {
    if (journal->name && journal->file >= 0) close(journal->file);
    free(journal->table);
    *journal = (struct journal){0};
}
