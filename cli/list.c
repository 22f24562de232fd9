/* SPDX-License-Identifier: MIT */
#include "list.h"

#include "json_bound.h"
#include "json_id.h"
#include "json_path.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool list_open(struct list *list, const char *path, enum list_format format) {
    *list = (struct list){.format = format};
    list->stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    return list->stream != NULL;
}

static void forget_entry(struct list *list) {
    free(list->path);
    free(list->id);
    list->path = list->id = NULL;
    list->wrong = NULL;
}

static void read_object(struct list *list, size_t length) {
    if (!json_is_bounded(list->line, length)) {
        list->wrong = "more than a million values";
        return;
    }
    json_error_t error;
    errno = 0; /* where memory runs out within a token, Jansson blames the text; malloc() tells */
    json_t *object = json_loadb(list->line, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!object) {
        snprintf(list->problem, sizeof list->problem, "not JSON: %s", errno == ENOMEM ? "out of memory" : error.text);
        list->wrong = list->problem;
        return;
    }
    const json_t *id = json_object_get(object, "id");
    if (json_is_object(object)) list->path = json_get_path(object);
    if (id) list->id = json_id_write(id);
    if (!list->path || !*list->path)
        list->wrong = "no JSON object with a \"path\"";
    else if (id && !list->id)
        list->wrong = "out of memory for its \"id\"";
    json_decref(object);
}

static void read_name(struct list *list, size_t length) {
    if (strlen(list->line) != length)
        list->wrong = "the list holds NUL bytes: read it with -0";
    else if (!(list->path = strdup(list->line)))
        list->wrong = "out of memory for its name";
}

/** Passes over the byte order mark that editors of Windows put before the first line. */
static ssize_t drop_mark(struct list *list, ssize_t length) {
    static const char mark[] = "\xEF\xBB\xBF";
    const ssize_t bytes = sizeof mark - 1;
    if (list->number > 1 || length < bytes || memcmp(list->line, mark, (size_t)bytes) != 0) return length;
    memmove(list->line, list->line + bytes, (size_t)(length - bytes) + 1);
    return length - bytes;
}

bool list_next(struct list *list) {
    const char separator = list->format == LIST_NUL ? '\0' : '\n';
    forget_entry(list);
    errno = 0;
    ssize_t length;
    do {
        length = getdelim(&list->line, &list->room, separator, list->stream);
        if (length < 0) {
            if (!ferror(list->stream) && errno != ENOMEM) errno = 0;
            return false;
        }
        list->number++;
        if (length > 0 && list->line[length - 1] == separator) list->line[--length] = '\0';
        if (list->format != LIST_NUL) length = drop_mark(list, length); /* with -0 names are a program's, to the byte */
    } while (length == 0 || (list->format == LIST_JSON && text_is_blank(list->line, (size_t)length)));
    if (list->format == LIST_JSON)
        read_object(list, (size_t)length);
    else
        read_name(list, (size_t)length);
    return true;
}

void list_close(struct list *list) {
    forget_entry(list);
    free(list->line);
    if (list->stream && list->stream != stdin) fclose(list->stream);
    *list = (struct list){0};
}
