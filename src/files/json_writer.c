/* SPDX-License-Identifier: MIT */
#include "files/json_writer.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

enum { FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

static void append(struct json_writer *writer, const char *text, size_t bytes) {
    if (writer->error.status != PTM_OK) return;
    buffer_put(&writer->text, text, bytes);
    if (writer->text.failed) error_no_memory(&writer->error);
}

static int append_dumped(const char *text, size_t bytes, void *writer) {
    append(writer, text, bytes);
    return 0;
}

/** A Jansson value, which may be NULL where memory ran out. Numbers are written without regard to the locale. */
static void write_jansson(struct json_writer *writer, const json_t *value, int digits) {
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits);
    if (!value || json_dump_callback(value, append_dumped, writer, flags) != 0) error_no_memory(&writer->error);
}

void json_write_raw(struct json_writer *writer, const char *text) {
    append(writer, text, strlen(text));
}

void json_write_string(struct json_writer *writer, const char *text) {
    errno = 0; /* Jansson does not say whether memory ran out or the text is wrong; malloc() does */
    json_t *string = json_string(text);
    if (string || errno == ENOMEM)
        write_jansson(writer, string, DOUBLE_DIGITS);
    else
        error_set(&writer->error, PTM_EINVAL, "the text \"%.80s\" is not UTF-8 and cannot be stored; give another",
                  text);
    json_decref(string);
}

void json_write_member(struct json_writer *writer, const char *key, const char *text) {
    if (!*text) return;
    json_write_raw(writer, ",");
    json_write_string(writer, key);
    json_write_raw(writer, ":");
    json_write_string(writer, text);
}

void json_write_integer(struct json_writer *writer, int64_t value) {
    json_t *integer = json_integer(value);
    write_jansson(writer, integer, DOUBLE_DIGITS);
    json_decref(integer);
}

void json_write_floats(struct json_writer *writer, const float *values, int count) {
    json_write_raw(writer, "[");
    for (int i = 0; i < count; i++) {
        json_t *real = json_real(values[i]);
        if (i) json_write_raw(writer, ",");
        write_jansson(writer, real, FLOAT_DIGITS);
        json_decref(real);
    }
    json_write_raw(writer, "]");
}

void json_write_value(struct json_writer *writer, struct json value) {
    if (value.value)
        write_jansson(writer, value.value, DOUBLE_DIGITS);
    else
        json_write_raw(writer, "null");
}

ptm_status json_writer_end(struct json_writer *writer, ptm_error *err) {
    append(writer, "", 1);
    if (writer->error.status != PTM_OK) return error_set(err, writer->error.status, "%s", writer->error.message);
    writer->text.used--;
    return PTM_OK;
}

void json_writer_free(struct json_writer *writer) {
    buffer_free(&writer->text);
    *writer = (struct json_writer){0};
}
