/* SPDX-License-Identifier: MIT */
/*
 * JSON: typed, checked reading on top of Jansson, which rejects duplicate keys and bounds the depth. The getters leave
 * *value as it was when the key is absent (or null), so a caller sets its default first; a wrong type or a number out
 * of range is PTM_EMODEL with a sentence that names document and key, what was found and what was expected.
 */
#ifndef POLYTOME_FILES_JSON_H
#define POLYTOME_FILES_JSON_H

#include "base/error.h"

struct json_document; /* owns the values */

/** A value inside a document, with the names that errors need. Passed by value; `value` NULL: absent. */
struct json {
    const void *value;    /* Jansson's json_t */
    const char *document; /* "config.json" */
    const char *path;     /* key or dotted path of this value, for errors; "" at the root */
};

/** Parses a file of at most `max_bytes`. Free with json_close(). PTM_EIO where it cannot be read. */
ptm_status json_open(struct json_document **out, const char *path, size_t max_bytes, ptm_error *err);

/** Parses `bytes` of text; `name` is its name in errors. */
ptm_status json_open_memory(struct json_document **out, const char *text, size_t bytes, const char *name,
                            ptm_error *err);

void json_close(struct json_document **document);

/** The root value: an object, or the open call would have failed. */
struct json json_root(const struct json_document *document);

/** Whether the value is there (and not null), and its kind. */
bool json_present(struct json value);
bool json_is_object(struct json value);
bool json_is_array(struct json value);
bool json_is_string(struct json value);
bool json_is_number(struct json value);
bool json_is_no(struct json value);      /* false */
bool json_is_nothing(struct json value); /* there, and null */

/** Member of an object; absent where `object` is absent, no object or has no such key. `key` must outlive the result.
 */
struct json json_get(struct json object, const char *key);

/** Length of an array, 0 of anything else; element of an array. */
size_t json_length(struct json array);
struct json json_at(struct json array, size_t index);

ptm_status json_get_int(struct json object, const char *key, int min, int max, int *value, ptm_error *err);
ptm_status json_get_double(struct json object, const char *key, double min, double max, double *value, ptm_error *err);
ptm_status json_get_bool(struct json object, const char *key, bool *value, ptm_error *err);
/** *value points into the document. */
ptm_status json_get_string(struct json object, const char *key, const char **value, ptm_error *err);
/** Exactly `count` numbers, each finite. */
ptm_status json_get_floats(struct json object, const char *key, int count, float *values, ptm_error *err);

/** String of a value, or NULL where it is none. (`json_string` is Jansson's.) */
const char *json_text(struct json value);
/** Number of a value, `otherwise` where it is none. */
double json_number(struct json value, double otherwise);
/** Whether the value is written as an integer (3, not 3.0), and which. */
bool json_is_int64(struct json value, int64_t *integer);

/** Calls fn for each member of an object, in the file's order, until it fails. `key` lives as long as the document. */
typedef ptm_status json_member_fn(void *context, const char *key, struct json value, ptm_error *err);
ptm_status json_each(struct json object, json_member_fn *fn, void *context, ptm_error *err);

#endif
