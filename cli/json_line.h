/* SPDX-License-Identifier: MIT */
/*
 * json_line: a line of JSON as it is put together. Each constructor answers NULL where memory ran out; objects and
 * arrays take that NULL, become NULL themselves, and so the failure travels up to json_line_write().
 */
#ifndef POLYTOME_CLI_JSON_LINE_H
#define POLYTOME_CLI_JSON_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct object {
    json_t *json;
    bool failed;
};

struct object object_begin(void);

/** Takes the value over. */
void object_put(struct object *object, const char *key, json_t *value);

/** "path", and "path_bytes" where it is needed (json_path.h). */
void object_put_path(struct object *object, const char *path);

/** The finished object. */
json_t *object_end(struct object *object);

/** Takes the value over. */
void array_append(json_t **array, json_t *value);

json_t *json_integers(const int *values, int count);

/** JSON has no NaN or infinity: they are null. Nine digits, which give a float back exactly. */
json_t *json_decimal(double value);

json_t *json_milliseconds(double value);

/** Writes the line, whose first key is `id`, the JSON text of what the caller calls it, where that is not NULL. Takes
 * the object over; false where memory ran out. */
bool json_line_write(FILE *stream, const char *id, json_t *object);

#endif
