/* SPDX-License-Identifier: MIT */
/*
 * json_writer: builds a JSON text in memory, piece by piece. What goes wrong is kept and told once, at the end, so that
 * the pieces can be written without a check after each.
 */
#ifndef POLYTOME_FILES_JSON_WRITER_H
#define POLYTOME_FILES_JSON_WRITER_H

#include "base/buffer.h"
#include "files/json.h"

/** Starts as all zero. */
struct json_writer {
    struct buffer text; /* ends with a 0 byte, not counted, once json_writer_end() has succeeded */
    ptm_error error;    /* the first failure */
};

/** Punctuation, keys that need no escape: as it stands. */
void json_write_raw(struct json_writer *writer, const char *text);

/** A string, quoted and escaped; it has to be UTF-8. */
void json_write_string(struct json_writer *writer, const char *text);

/** "key":"text" behind a comma, nothing where the text is empty. */
void json_write_member(struct json_writer *writer, const char *key, const char *text);

void json_write_integer(struct json_writer *writer, int64_t value);

/** An array of (count) numbers, each with the digits that tell floats apart. */
void json_write_floats(struct json_writer *writer, const float *values, int count);

/** A value of another document, null where it is absent: numbers exact, members in their order. */
void json_write_value(struct json_writer *writer, struct json value);

/** The first failure of all the calls before, if there was one: PTM_ENOMEM, or PTM_EINVAL for a text that is not UTF-8.
 */
ptm_status json_writer_end(struct json_writer *writer, ptm_error *err);

void json_writer_free(struct json_writer *writer);

#endif
