/* SPDX-License-Identifier: MIT */
#include "json_line.h"

#include "json_path.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

struct object object_begin(void) {
    json_t *json = json_object();
    return (struct object){json, json == NULL};
}

void object_put(struct object *object, const char *key, json_t *value) {
    if (json_object_set_new(object->json, key, value) != 0) object->failed = true; /* also where value is NULL */
}

void object_put_path(struct object *object, const char *path) {
    if (!json_put_path(object->json, path)) object->failed = true;
}

json_t *object_end(struct object *object) {
    if (!object->failed) return object->json;
    json_decref(object->json);
    return NULL;
}

void array_append(json_t **array, json_t *value) {
    if (json_array_append_new(*array, value) == 0) return;
    json_decref(*array);
    *array = NULL;
}

json_t *json_integers(const int *values, int count) {
    json_t *array = json_array();
    for (int i = 0; i < count; i++) array_append(&array, json_integer(values[i]));
    return array;
}

json_t *json_decimal(double value) {
    char text[32];
    if (!isfinite(value)) return json_null();
    snprintf(text, sizeof text, "%.9g", value);
    return json_real(strtod(text, NULL));
}

json_t *json_milliseconds(double value) {
    return json_decimal(round(value * 1000) / 1000);
}

bool json_line_write(FILE *stream, const char *id, json_t *object) {
    if (object && id)
        fprintf(stream, "{\"id\":%s,", id);
    else if (object)
        fputc('{', stream);
    /* What was rounded to so many decimal digits comes out with these. */
    const size_t flags = JSON_COMPACT | JSON_EMBED | JSON_REAL_PRECISION(DBL_DIG);
    const bool good = object && json_dumpf(object, stream, flags) == 0;
    json_decref(object);
    if (good) fputs("}\n", stream);
    /* A failed write is for the owner of the stream to find. */
    return good || ferror(stream);
}
