/* SPDX-License-Identifier: MIT */
#include "json_id.h"

#include <float.h>
#include <stdbool.h>
#include <stdlib.h>

static char *write_digits(const json_t *id, size_t digits) {
    return json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
}

static bool says(const char *text, const json_t *id) {
    json_t *read = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
    const bool same = json_equal(read, id);
    json_decref(read);
    return same;
}

char *json_id_write(const json_t *id) {
    if (json_is_string(id) || json_is_integer(id)) return write_digits(id, DBL_DIG); /* no digits to choose */
    for (size_t digits = DBL_DIG; digits < DBL_DECIMAL_DIG; digits++) {
        char *text = write_digits(id, digits);
        if (says(text, id)) return text;
        free(text);
    }
    return write_digits(id, DBL_DECIMAL_DIG);
}
