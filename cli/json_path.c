/* SPDX-License-Identifier: MIT */
#include "json_path.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

static bool is_utf8(const char *text) {
    size_t sequence;
    while ((sequence = text_sequence(text)) > 0) text += sequence;
    return *text == '\0';
}

json_t *json_words(const char *text) {
    static const char replacement[] = "\xEF\xBF\xBD";
    if (is_utf8(text)) return json_string(text);
    char *valid = malloc(strlen(text) * 3 + 1);
    if (!valid) return NULL;
    char *end = valid;
    while (*text) {
        const size_t sequence = text_sequence(text);
        memcpy(end, sequence > 0 ? text : replacement, sequence > 0 ? sequence : 3);
        end += sequence > 0 ? sequence : 3;
        text += sequence > 0 ? sequence : 1;
    }
    *end = '\0';
    json_t *json = json_string(valid);
    free(valid);
    return json;
}

static json_t *json_hexadecimal(const char *text) {
    char *digits = malloc(strlen(text) * 2 + 1);
    if (!digits) return NULL;
    digits[0] = '\0';
    for (size_t i = 0; text[i]; i++) snprintf(digits + 2 * i, 3, "%02x", (unsigned char)text[i]);
    json_t *json = json_string(digits);
    free(digits);
    return json;
}

bool json_put_path(json_t *object, const char *path) {
    return json_object_set_new(object, "path", json_words(path)) == 0 &&
           (is_utf8(path) || json_object_set_new(object, "path_bytes", json_hexadecimal(path)) == 0);
}

static int digit_value(char digit) {
    static const char digits[] = "0123456789abcdef";
    const char *at = digit ? strchr(digits, digit) : NULL;
    return at ? (int)(at - digits) : -1;
}

/** The bytes behind hexadecimal digits; NULL where they are none, or hold a NUL, or memory ran out. */
static char *read_hexadecimal(const char *digits) {
    const size_t bytes = strlen(digits) / 2;
    char *text = strlen(digits) % 2 ? NULL : malloc(bytes + 1);
    for (size_t i = 0; text && i < bytes; i++) {
        const int high = digit_value(digits[2 * i]), low = digit_value(digits[2 * i + 1]);
        if (high < 0 || low < 0 || high + low == 0) {
            free(text);
            return NULL;
        }
        text[i] = (char)(high * 16 + low);
    }
    if (text) text[bytes] = '\0';
    return text;
}

char *json_get_path(const json_t *object) {
    const json_t *exact = json_object_get(object, "path_bytes");
    const json_t *path = json_object_get(object, "path");
    if (exact) return json_is_string(exact) ? read_hexadecimal(json_string_value(exact)) : NULL;
    const char *text = json_is_string(path) ? json_string_value(path) : NULL;
    return text && strlen(text) == json_string_length(path) ? strdup(text) : NULL; /* no NUL in it */
}
