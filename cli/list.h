/* SPDX-License-Identifier: MIT */
/* list: names to read, from a file or from standard input, one after the other. */
#ifndef POLYTOME_CLI_LIST_H
#define POLYTOME_CLI_LIST_H

#include <stdbool.h>
#include <stdio.h>

enum list_format {
    LIST_LINES, /* a name a line */
    LIST_NUL,   /* each name ends with a NUL byte */
    LIST_JSON   /* an object a line: "path" and "id" */
};

struct list {
    FILE *stream;
    enum list_format format;
    char *line; /* as it was read */
    size_t room;
    long number;       /* of the line, from 1 */
    char *path;        /* what it names */
    char *id;          /* JSON text, or NULL */
    const char *wrong; /* NULL, or why it names nothing that can be read */
    char problem[200]; /* room for that */
};

/** Opens `path`, or standard input where it is "-". False with errno. */
bool list_open(struct list *list, const char *path, enum list_format format);

/** The next entry; false at the end, with errno where that is an error and else 0. */
bool list_next(struct list *list);

void list_close(struct list *list);

#endif
