/* SPDX-License-Identifier: MIT */
#include "files/json.h"

#include "base/memory.h"
#include "files/mapped.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

/* Jansson has macros of these names for its own values; here they are our functions. */
#undef json_is_object
#undef json_is_array
#undef json_is_string
#undef json_is_number

struct json_document {
    json_t *root;
    char *name;
};

/* ---------------------------------------------------------------- documents */

/** A value takes some hundred bytes of memory and as little as two of text. A large model has some thousands. The
 * command has the same limit for what it reads itself. */
enum { VALUES_MAX = 1 << 20 };

/** At least as many values as the text can hold. */
static size_t count_values(const char *text, size_t bytes) {
    size_t count = 1;
    for (size_t i = 0; i < bytes; i++) count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    return count;
}

static ptm_status parse(json_t **root, const char *text, size_t bytes, const char *name, ptm_error *err) {
    json_error_t error;
    if (count_values(text, bytes) > VALUES_MAX)
        return error_set(err, PTM_ELIMIT, "%s: JSON of more values than the limit of %d", name, VALUES_MAX);
    errno = 0; /* where memory runs out within a token, Jansson blames the text; malloc() tells */
    *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!*root) {
        if (errno == ENOMEM) return error_no_memory(err);
        return error_set(err, PTM_EFORMAT, "%s: damaged JSON at line %d, column %d: %s", name, error.line, error.column,
                         error.text);
    }
    if (json_typeof(*root) != JSON_OBJECT)
        return error_set(err, PTM_EFORMAT, "%s: damaged JSON: an object {...} was expected, found an array", name);
    return PTM_OK;
}

ptm_status json_open_memory(struct json_document **out, const char *text, size_t bytes, const char *name,
                            ptm_error *err) {
    *out = NULL;
    struct json_document *document = mem_calloc(1, sizeof *document);
    if (!document) return error_no_memory(err);
    document->name = mem_strdup(name);
    const ptm_status status = document->name ? parse(&document->root, text, bytes, name, err) : error_no_memory(err);
    if (status == PTM_OK)
        *out = document;
    else
        json_close(&document);
    return status;
}

ptm_status json_open(struct json_document **out, const char *path, size_t max_bytes, ptm_error *err) {
    *out = NULL;
    struct mapped file;
    TRY(mapped_open(&file, path, max_bytes, err));
    const ptm_status status = json_open_memory(out, file.data, file.bytes, path, err);
    mapped_close(&file);
    return status;
}

void json_close(struct json_document **document) {
    if (!document || !*document) return;
    json_decref((*document)->root);
    mem_free((*document)->name);
    mem_free(*document);
    *document = NULL;
}

/* ---------------------------------------------------------------- values */

static const json_t *jansson(struct json value) {
    return value.value;
}

struct json json_root(const struct json_document *document) {
    return (struct json){.value = document->root, .document = document->name, .path = ""};
}

bool json_present(struct json value) {
    return jansson(value) && json_typeof(jansson(value)) != JSON_NULL;
}

static bool has_type(struct json value, json_type type) {
    return jansson(value) && json_typeof(jansson(value)) == type;
}

bool json_is_object(struct json value) {
    return has_type(value, JSON_OBJECT);
}

bool json_is_array(struct json value) {
    return has_type(value, JSON_ARRAY);
}

bool json_is_string(struct json value) {
    return has_type(value, JSON_STRING);
}

bool json_is_number(struct json value) {
    return has_type(value, JSON_INTEGER) || has_type(value, JSON_REAL);
}

bool json_is_no(struct json value) {
    return has_type(value, JSON_FALSE);
}

bool json_is_nothing(struct json value) {
    return has_type(value, JSON_NULL);
}

bool json_is_int64(struct json value, int64_t *integer) {
    if (!has_type(value, JSON_INTEGER)) return false;
    *integer = json_integer_value(jansson(value));
    return true;
}

struct json json_get(struct json object, const char *key) {
    return (struct json){.value = json_object_get(jansson(object), key), .document = object.document, .path = key};
}

size_t json_length(struct json array) {
    return json_array_size(jansson(array));
}

struct json json_at(struct json array, size_t index) {
    return (struct json){
        .value = json_array_get(jansson(array), index), .document = array.document, .path = array.path};
}

const char *json_text(struct json value) {
    return json_string_value(jansson(value));
}

double json_number(struct json value, double otherwise) {
    return json_is_number(value) ? json_number_value(jansson(value)) : otherwise;
}

ptm_status json_each(struct json object, json_member_fn *fn, void *context, ptm_error *err) {
    json_t *members = (json_t *)object.value;
    for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at)) {
        const char *key = json_object_iter_key(at);
        const struct json value = {json_object_iter_value(at), object.document, key};
        TRY(fn(context, key, value, err));
    }
    return PTM_OK;
}

/* ---------------------------------------------------------------- typed getters */

/** The value in a few words, for an error. */
static const char *describe(struct json value, char *text, size_t bytes) {
    switch (json_typeof(jansson(value))) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: snprintf(text, bytes, "an array of %zu", json_length(value)); return text;
    case JSON_STRING: snprintf(text, bytes, "\"%.40s\"", json_text(value)); return text;
    case JSON_INTEGER: snprintf(text, bytes, "%" JSON_INTEGER_FORMAT, json_integer_value(jansson(value))); return text;
    case JSON_REAL: snprintf(text, bytes, "%g", json_real_value(jansson(value))); return text;
    case JSON_TRUE: return "true";
    case JSON_FALSE: return "false";
    case JSON_NULL: break;
    }
    return "null";
}

/** PTM_EMODEL: `value`, which is the member `key` of `object`, is not the `expected` thing. */
static ptm_status unexpected(struct json object, const char *key, struct json value, const char *expected,
                             ptm_error *err) {
    char found[64];
    const char *dot = object.path && object.path[0] ? "." : "";
    return error_set(err, PTM_EMODEL, "%s: \"%s%s%s\" is %s, where %s was expected", object.document,
                     dot[0] ? object.path : "", dot, key, describe(value, found, sizeof found), expected);
}

ptm_status json_get_int(struct json object, const char *key, int min, int max, int *value, ptm_error *err) {
    const struct json member = json_get(object, key);
    if (!json_present(member)) return PTM_OK;
    int64_t integer = 0;
    bool good = json_is_int64(member, &integer) && integer >= min && integer <= max;
    if (has_type(member, JSON_REAL)) { /* 3.0 is 3; every int is exact in a double */
        const double real = json_number(member, 0);
        good = real >= min && real <= max && real == floor(real);
        if (good) integer = (int64_t)real;
    }
    if (!good) {
        char expected[64];
        snprintf(expected, sizeof expected, "an integer from %d to %d", min, max);
        return unexpected(object, key, member, expected, err);
    }
    *value = (int)integer;
    return PTM_OK;
}

ptm_status json_get_double(struct json object, const char *key, double min, double max, double *value, ptm_error *err) {
    const struct json member = json_get(object, key);
    if (!json_present(member)) return PTM_OK;
    const double number = json_number(member, NAN);
    if (!(number >= min && number <= max)) {
        char expected[80];
        snprintf(expected, sizeof expected, "a number from %g to %g", min, max);
        return unexpected(object, key, member, expected, err);
    }
    *value = number;
    return PTM_OK;
}

ptm_status json_get_bool(struct json object, const char *key, bool *value, ptm_error *err) {
    const struct json member = json_get(object, key);
    if (!json_present(member)) return PTM_OK;
    if (!has_type(member, JSON_TRUE) && !has_type(member, JSON_FALSE))
        return unexpected(object, key, member, "true or false", err);
    *value = has_type(member, JSON_TRUE);
    return PTM_OK;
}

ptm_status json_get_string(struct json object, const char *key, const char **value, ptm_error *err) {
    const struct json member = json_get(object, key);
    if (!json_present(member)) return PTM_OK;
    if (!json_is_string(member)) return unexpected(object, key, member, "a string", err);
    *value = json_text(member);
    return PTM_OK;
}

ptm_status json_get_floats(struct json object, const char *key, int count, float *values, ptm_error *err) {
    const struct json member = json_get(object, key);
    if (!json_present(member)) return PTM_OK;
    char expected[64];
    if (!json_is_array(member) || json_length(member) != (size_t)count) {
        snprintf(expected, sizeof expected, "an array of %d numbers", count);
        return unexpected(object, key, member, expected, err);
    }
    for (size_t i = 0; i < (size_t)count; i++) {
        if (!(fabs(json_number(json_at(member, i), NAN)) <= FLT_MAX)) {
            snprintf(expected, sizeof expected, "a finite float as element %zu", i);
            return unexpected(object, key, json_at(member, i), expected, err);
        }
    }
    for (size_t i = 0; i < (size_t)count; i++) values[i] = (float)json_number(json_at(member, i), 0);
    return PTM_OK;
}
