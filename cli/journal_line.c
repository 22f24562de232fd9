/* SPDX-License-Identifier: MIT */
#include "journal_line.h"

#include "hash.h"
#include "json_id.h"
#include "json_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char sum_key[] = ",\"sum\":\"";

enum { SUM_DIGITS = 16, SUM_END = sizeof sum_key - 1 + SUM_DIGITS + 2 /* quote and brace */ };

static bool put(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

static bool put_file(json_t *object, const struct journal_line *line) {
    return json_put_path(object, line->path) &&
           (!line->id || put(object, "id", json_loads(line->id, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL))) &&
           put(object, "size", json_integer(line->stamp.size)) &&
           put(object, "modified", json_integer(line->stamp.modified)) &&
           put(object, "inode", json_integer((json_int_t)line->stamp.inode));
}

/** The object's text without the sum. */
static char *write_object(const struct journal_line *line) {
    char digits[SUM_DIGITS + 1];
    json_t *object = json_object();
    const bool file = line->kind == JOURNAL_FILE;
    const bool good = object && (file ? put_file(object, line) : put(object, "journal", json_integer(1))) &&
                      put(object, "settings", json_string(hash_print(digits, line->settings))) &&
                      put(object, file ? "result" : "run", json_words(line->text));
    char *text = good ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

char *journal_line_write(const struct journal_line *line, size_t *bytes) {
    char *text = write_object(line);
    if (!text) return NULL;
    const size_t length = strlen(text) - 1; /* without the brace at the end */
    char *whole = malloc(length + SUM_END + 2);
    if (whole) {
        char digits[SUM_DIGITS + 1];
        hash_print(digits, hash_bytes(HASH_START, text, length));
        memcpy(whole, text, length);
        snprintf(whole + length, SUM_END + 2, "%s%s\"}\n", sum_key, digits);
        *bytes = length + SUM_END + 1;
    }
    free(text);
    return whole;
}

static bool sum_holds(const char *text, size_t bytes) {
    if (bytes < SUM_END) return false;
    char digits[SUM_DIGITS + 1], end[SUM_END + 1];
    hash_print(digits, hash_bytes(HASH_START, text, bytes - SUM_END));
    snprintf(end, sizeof end, "%s%s\"}", sum_key, digits);
    return memcmp(text + bytes - SUM_END, end, SUM_END) == 0;
}

static char *copy_string(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? strdup(text) : NULL;
}

static bool read_hash(uint64_t *hash, const json_t *object) {
    const char *digits = json_string_value(json_object_get(object, "settings"));
    if (!digits || strlen(digits) != SUM_DIGITS || digits[strspn(digits, "0123456789abcdef")] != '\0') return false;
    *hash = strtoull(digits, NULL, 16);
    return true;
}

static bool read_integer(int64_t *value, const json_t *object, const char *key) {
    const json_t *integer = json_object_get(object, key);
    *value = json_integer_value(integer);
    return json_is_integer(integer);
}

static bool read_file(struct journal_line *line, const json_t *object) {
    const json_t *id = json_object_get(object, "id");
    int64_t inode;
    line->path = json_get_path(object);
    line->text = copy_string(object, "result");
    line->id = id ? json_id_write(id) : NULL;
    const bool good = line->path && line->text && (!id || line->id) &&
                      read_integer(&line->stamp.size, object, "size") &&
                      read_integer(&line->stamp.modified, object, "modified") && read_integer(&inode, object, "inode");
    if (good) line->stamp.inode = (uint64_t)inode;
    return good;
}

static bool read_run(struct journal_line *line, const json_t *object) {
    int64_t schema;
    line->text = copy_string(object, "run");
    return line->text && read_integer(&schema, object, "journal") && schema == 1;
}

bool journal_line_read(struct journal_line *line, const char *text, size_t bytes) {
    *line = (struct journal_line){0};
    if (!sum_holds(text, bytes)) return false;
    json_t *object = json_loadb(text, bytes, JSON_ALLOW_NUL, NULL);
    line->kind = json_object_get(object, "journal") ? JOURNAL_RUN : JOURNAL_FILE;
    const bool good = read_hash(&line->settings, object) &&
                      (line->kind == JOURNAL_RUN ? read_run(line, object) : read_file(line, object));
    json_decref(object);
    if (!good) journal_line_free(line);
    return good;
}

void journal_line_free(struct journal_line *line) {
    free(line->text);
    free(line->path);
    free(line->id);
    *line = (struct journal_line){0};
}

uint64_t journal_line_key(const struct journal_line *line) {
    uint64_t hash = hash_text(HASH_START, line->path);
    hash = hash_text(hash, line->id ? line->id : "");
    hash = hash_bytes(hash, &line->stamp.size, sizeof line->stamp.size);
    hash = hash_bytes(hash, &line->stamp.modified, sizeof line->stamp.modified);
    return hash_bytes(hash, &line->settings, sizeof line->settings);
}
