/* SPDX-License-Identifier: MIT */
#include "request.h"

#include "base64.h"
#include "failure.h"
#include "json_bound.h"
#include "json_id.h"
#include "json_path.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Options that a request may bring. */
static const char *const option_keys[] = {"top",      "threshold", "only",   "start",
                                          "duration", "sampling",  "logits", "trace"};

/* What a request may be about: exactly one of these, or a path. */
static const char *const subject_keys[] = {"data", "frames", "samples", "op"};

/* A path, with its exact bytes where they are needed (json_path.h). */
static const char *const path_keys[] = {"path", "path_bytes"};

ptm_status request_no_memory(ptm_error *err) {
    return failure_set(err, PTM_ENOMEM, "out of memory for the request");
}

static bool is_among(const char *key, const char *const *keys, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(keys[i], key) == 0) return true;
    return false;
}

#define IS_AMONG(key, keys) is_among(key, keys, sizeof(keys) / sizeof *(keys))

/* ---------------------------------------------------------------- options */

static ptm_status take_number(struct request *request, const struct option_row *row, const json_t *value,
                              ptm_error *err) {
    void *field = (char *)&request->options + row->offset;
    const double number = json_is_number(value) ? json_number_value(value) : NAN;
    const bool whole = row->kind == OPTION_INT;
    if (!(number >= row->minimum && number <= row->maximum) || (whole && !json_is_integer(value)))
        return failure_set(err, PTM_EINVAL, "\"%s\" should be a %s from %.15g to %.15g", row->name,
                           whole ? "whole number" : "number", row->minimum, row->maximum);
    if (whole)
        *(int *)field = (int)number;
    else
        *(double *)field = number;
    return PTM_OK;
}

static ptm_status take_option(struct request *request, const struct option_row *row, const json_t *value,
                              ptm_error *err) {
    int *field = (int *)(void *)((char *)&request->options + row->offset);
    if (row->kind == OPTION_SET) {
        if (!json_is_boolean(value)) return failure_set(err, PTM_EINVAL, "\"%s\" should be true or false", row->name);
        *field = json_is_true(value) ? (int)row->minimum : 0;
        return PTM_OK;
    }
    if (row->kind != OPTION_CHOICE) return take_number(request, row, value, err);
    const int index = json_is_string(value) ? options_find_choice(row->argument, json_string_value(value)) : -1;
    if (index < 0) return failure_set(err, PTM_EINVAL, "\"%s\" should be one of %s", row->name, row->argument);
    *field = (int)row->minimum + index;
    return PTM_OK;
}

/** A schedule as -r takes it, or a number of tokens. */
static ptm_status take_merging(struct request *request, const json_t *value, ptm_error *err) {
    if (json_is_string(value) && *json_string_value(value)) {
        request->options.session.r = json_string_value(value);
        return PTM_OK;
    }
    const json_int_t tokens = json_is_integer(value) ? json_integer_value(value) : -1;
    if (tokens < 0 || tokens > INT_MAX)
        return failure_set(err, PTM_EINVAL, "\"r\" should be a number of tokens or a text such as \"16:-1\" or \"2x\"");
    snprintf(request->r, sizeof request->r, "%d", (int)tokens);
    request->options.session.r = request->r;
    return PTM_OK;
}

/* ---------------------------------------------------------------- what it is about */

/** `name`: of the value, for sentences; `number`: its place in an array, or -1. */
static ptm_status decode_item(struct request_item *item, const json_t *value, const char *name, int number,
                              ptm_error *err) {
    char place[24] = "";
    if (number >= 0) snprintf(place, sizeof place, "[%d]", number);
    if (!json_is_string(value))
        return failure_set(err, PTM_EINVAL, "\"%s\"%s should be a text in base 64", name, place);
    const size_t length = json_string_length(value);
    item->bytes = malloc(base64_room(length) + 1);
    if (!item->bytes) return request_no_memory(err);
    if (base64_decode(item->bytes, &item->count, json_string_value(value), length)) return PTM_OK;
    return failure_set(err, PTM_EINVAL, "\"%s\"%s is not base 64 with padding and without line breaks", name, place);
}

/** Room for items, each of which is freed from now on. */
static ptm_status make_items(struct request *request, size_t count, ptm_error *err) {
    request->items = calloc(count, sizeof *request->items);
    if (!request->items) return request_no_memory(err);
    request->num_items = (int)count;
    return PTM_OK;
}

static ptm_status take_data(struct request *request, const json_t *value, ptm_error *err) {
    request->kind = REQUEST_DATA;
    const ptm_status status = make_items(request, 1, err);
    return status == PTM_OK ? decode_item(request->items, value, "data", -1, err) : status;
}

static ptm_status take_path(struct request *request, const json_t *root, ptm_error *err) {
    if (request->path) return PTM_OK; /* it was made of both keys */
    request->kind = REQUEST_PATH;
    errno = 0;
    request->path = json_get_path(root);
    if (!request->path && errno == ENOMEM) return request_no_memory(err);
    if (request->path && *request->path) return PTM_OK;
    return failure_set(err, PTM_EINVAL, "%s",
                       json_object_get(root, "path_bytes")
                           ? "\"path_bytes\" should be the name of a file in hexadecimal, 0-9 and a-f"
                           : "\"path\" should be the name of a file");
}

static ptm_status take_positive(int *number, const json_t *root, const char *key, ptm_error *err) {
    const json_t *value = json_object_get(root, key);
    const json_int_t whole = json_is_integer(value) ? json_integer_value(value) : 0;
    if (whole < 1 || whole > INT_MAX)
        return failure_set(err, PTM_EINVAL, "\"%s\" should be a whole number of at least 1", key);
    *number = (int)whole;
    return PTM_OK;
}

/** Are all items RGB pictures of the size that the request says? */
static ptm_status check_frames(struct request *request, const json_t *root, ptm_error *err) {
    request->kind = REQUEST_FRAMES;
    ptm_status status = take_positive(&request->width, root, "width", err);
    if (status == PTM_OK) status = take_positive(&request->height, root, "height", err);
    const size_t row = (size_t)request->width * 3;
    for (int i = 0; status == PTM_OK && i < request->num_items; i++)
        if (request->items[i].count / row != (size_t)request->height || request->items[i].count % row != 0)
            status =
                failure_set(err, PTM_EINVAL, "\"frames\"[%d] has %zu bytes; %d x %d pixels of RGB take another number",
                            i, request->items[i].count, request->width, request->height);
    return status;
}

static ptm_status take_frames(struct request *request, const json_t *root, const json_t *value, ptm_error *err) {
    request->kind = REQUEST_PICTURES;
    const size_t count = json_array_size(value);
    if (count < 1 || count > INT_MAX)
        return failure_set(err, PTM_EINVAL, "\"frames\" should be a list of pictures, at least one");
    ptm_status status = make_items(request, count, err);
    for (size_t i = 0; status == PTM_OK && i < count; i++)
        status = decode_item(&request->items[i], json_array_get(value, i), "frames", (int)i, err);
    const bool raw = json_object_get(root, "width") || json_object_get(root, "height");
    return status == PTM_OK && raw ? check_frames(request, root, err) : status;
}

/** Little-endian float32, turned in place into the machine's own. */
static ptm_status take_samples(struct request *request, const json_t *root, const json_t *value, ptm_error *err) {
    request->kind = REQUEST_SAMPLES;
    ptm_status status = make_items(request, 1, err);
    if (status == PTM_OK) status = decode_item(request->items, value, "samples", -1, err);
    if (status == PTM_OK) status = take_positive(&request->sample_rate, root, "sample_rate", err);
    if (status != PTM_OK) return status;
    struct request_item *item = request->items;
    if (item->count % 4 != 0)
        return failure_set(err, PTM_EINVAL, "\"samples\" has %zu bytes; samples of float32 are 4 bytes each",
                           item->count);
    for (size_t i = 0; i < item->count; i += 4) {
        const unsigned char *b = item->bytes + i;
        const uint32_t bits = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
        memcpy(item->bytes + i, &bits, 4);
    }
    request->samples = (const float *)(const void *)item->bytes; /* of malloc(): aligned for any type */
    request->num_samples = item->count / 4;
    return PTM_OK;
}

static ptm_status take_op(struct request *request, const json_t *value, ptm_error *err) {
    const char *op = json_is_string(value) ? json_string_value(value) : "";
    const bool ping = strcmp(op, "ping") == 0;
    if (!ping && strcmp(op, "info") != 0) return failure_set(err, PTM_EINVAL, "\"op\" should be \"ping\" or \"info\"");
    request->kind = ping ? REQUEST_PING : REQUEST_INFO;
    return PTM_OK;
}

/* ---------------------------------------------------------------- the whole line */

static ptm_status take_member(struct request *request, const json_t *root, const char *key, const json_t *value,
                              ptm_error *err) {
    static const char *const others[] = {"id", "width", "height", "sample_rate"}; /* read where they belong */
    if (IS_AMONG(key, path_keys)) return take_path(request, root, err);
    if (strcmp(key, "data") == 0) return take_data(request, value, err);
    if (strcmp(key, "frames") == 0) return take_frames(request, root, value, err);
    if (strcmp(key, "samples") == 0) return take_samples(request, root, value, err);
    if (strcmp(key, "op") == 0) return take_op(request, value, err);
    if (strcmp(key, "r") == 0) return take_merging(request, value, err);
    if (IS_AMONG(key, option_keys)) return take_option(request, options_find(COMMAND_SERVE, key), value, err);
    return IS_AMONG(key, others) ? PTM_OK : failure_set(err, PTM_EINVAL, "unknown key \"%s\"", key);
}

/** Keys that say nothing about this kind of request would be a misunderstanding. */
static ptm_status check_keys(const struct request *request, const json_t *root, ptm_error *err) {
    const bool file = request->kind == REQUEST_PATH || request->kind == REQUEST_DATA;
    if (!file && (json_object_get(root, "start") || json_object_get(root, "duration")))
        return failure_set(err, PTM_EINVAL, "\"start\" and \"duration\" go with \"path\" or \"data\"");
    if (request->kind != REQUEST_FRAMES && (json_object_get(root, "width") || json_object_get(root, "height")))
        return failure_set(err, PTM_EINVAL, "\"width\" and \"height\" go with \"frames\"");
    if (request->kind != REQUEST_SAMPLES && json_object_get(root, "sample_rate"))
        return failure_set(err, PTM_EINVAL, "\"sample_rate\" goes with \"samples\"");
    return PTM_OK;
}

static ptm_status take_id(struct request *request, const json_t *id, ptm_error *err) {
    if (!id) return PTM_OK;
    if (json_is_object(id) || json_is_array(id))
        return failure_set(err, PTM_EINVAL, "\"id\" should be a text, a number, true, false or null");
    request->id = json_id_write(id);
    return request->id ? PTM_OK : request_no_memory(err);
}

static ptm_status take_all(struct request *request, json_t *root, ptm_error *err) {
    if (!json_is_object(root)) return failure_set(err, PTM_EINVAL, "a request should be a JSON object");
    ptm_status status = take_id(request, json_object_get(root, "id"), err);
    if (status != PTM_OK) return status;
    int subjects = json_object_get(root, "path") || json_object_get(root, "path_bytes");
    for (size_t i = 0; i < sizeof subject_keys / sizeof *subject_keys; i++)
        subjects += json_object_get(root, subject_keys[i]) != NULL;
    if (subjects != 1)
        return failure_set(err, PTM_EINVAL,
                           "a request should have one of \"path\", \"data\", \"frames\", \"samples\", \"op\"");
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value) {
        status = take_member(request, root, key, value, err);
        if (status != PTM_OK) return status;
    }
    return check_keys(request, root, err);
}

ptm_status request_parse(struct request *request, const char *line, size_t length, const struct options *defaults,
                         ptm_error *err) {
    *request = (struct request){.options = *defaults};
    if (!json_is_bounded(line, length))
        return failure_set(err, PTM_ELIMIT, "the request has more than a million values: split it");
    json_error_t error;
    errno = 0; /* where memory runs out within a token, Jansson blames the text; malloc() tells */
    json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    if (!root && errno == ENOMEM) return request_no_memory(err);
    if (!root) return failure_set(err, PTM_EFORMAT, "the request is not JSON: column %d: %s", error.column, error.text);
    request->document = root;
    return take_all(request, root, err);
}

void request_free(struct request *request) {
    for (int i = 0; i < request->num_items; i++) free(request->items[i].bytes);
    free(request->items);
    free(request->path);
    free(request->id); /* Jansson's allocator is malloc() */
    json_decref(request->document);
    *request = (struct request){0};
}
