/* SPDX-License-Identifier: MIT */
/*
 * journal: a file of what is done, line by line, which outlives a run that is killed. One run has it at a time, where
 * the file system has locks. In memory it is a table of at most 96 bytes a line.
 */
#ifndef POLYTOME_CLI_JOURNAL_H
#define POLYTOME_CLI_JOURNAL_H

#include "journal_line.h"

/** Where a line is. */
struct journal_place {
    uint64_t key;
    int64_t offset; /* -1: free */
    size_t bytes;   /* without its newline */
};

struct journal {
    const char *name; /* NULL: there is none */
    int file;
    uint64_t settings;           /* hash of what this run is asked for */
    struct journal_place *table; /* (room), a power of two, at most half full; of the lines that stood there at first */
    size_t room, count;
    int64_t end;       /* of the last whole line */
    bool dirty;        /* lines may not be on the disk yet */
    double synced;     /* moment of the last time that they were */
    bool has_run;      /* there was a run before, */
    uint64_t last_run; /* asked for this */
    long others;       /* lines of other settings */
    long damaged;      /* lines that cannot be used */
};

/** Opens or makes the file, locks it where that can be done, takes away a torn last line, and finds what is done. False
 * after a complaint. */
bool journal_open(struct journal *journal, const char *path, const char *settings);

enum journal_match {
    JOURNAL_NEW,  /* the file is not done */
    JOURNAL_DONE, /* what was written out for it is the line's text, for free() */
    JOURNAL_COPY  /* one that differs in its inode alone is done */
};

/** What is known of the file with the path, id and stamp of `line`. For any thread. */
enum journal_match journal_find(const struct journal *journal, struct journal_line *line);

/** Adds a file that is done: path, id, stamp and text of `line`. False after a complaint. */
bool journal_add(struct journal *journal, struct journal_line *line);

/** Puts lines on the disk where the last time is a second ago. False after a complaint. */
bool journal_sync_if_due(struct journal *journal);

/** At the end of a run: puts all on the disk, and says where the file was removed meanwhile. False after a complaint.
 */
bool journal_finish(struct journal *journal);

void journal_close(struct journal *journal);

#endif
