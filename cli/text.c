/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

size_t text_sequence(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] == 0) return 0;
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xC2 || s[0] > 0xF4 || !is_continuation(s[1])) return 0;
    if (s[0] < 0xE0) return 2;
    if (!is_continuation(s[2])) return 0;
    if (s[0] < 0xF0) {
        const bool overlong = s[0] == 0xE0 && s[1] < 0xA0;
        const bool surrogate = s[0] == 0xED && s[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = s[0] == 0xF0 && s[1] < 0x90;
    const bool beyond = s[0] == 0xF4 && s[1] >= 0x90;
    return overlong || beyond || !is_continuation(s[3]) ? 0 : 4;
}

bool text_is_control(const char *text) {
    const unsigned char first = (unsigned char)text[0];
    return first < 0x20 || first == 0x7F || (first == 0xC2 && (unsigned char)text[1] < 0xA0);
}

bool text_is_blank(const char *line, size_t length) {
    size_t i = 0;
    while (i < length && strchr(" \t\r", line[i]) && line[i]) i++;
    return i == length;
}

/** The form in which the character at `text` is shown; *length its bytes in the text. */
static const char *visible_form(char form[8], const char *text, size_t *length) {
    const unsigned char first = (unsigned char)text[0];
    const size_t sequence = text_sequence(text);
    if (sequence > 0 && !text_is_control(text)) {
        *length = sequence;
        memcpy(form, text, sequence);
        form[sequence] = '\0';
        return form;
    }
    *length = 1;
    if (first == '\n' || first == '\t') return first == '\n' ? "\\n" : "\\t";
    snprintf(form, 8, "\\x%02x", first);
    return form;
}

void text_print(FILE *stream, const char *text) {
    char form[8];
    for (size_t length; *text; text += length) fputs(visible_form(form, text, &length), stream);
}

int text_columns(const char *text) {
    char form[8];
    int columns = 0;
    for (size_t length; *text; text += length) {
        const char *shown = visible_form(form, text, &length);
        columns += shown[0] == '\\' && length == 1 ? (int)strlen(shown) : 1;
    }
    return columns;
}

const char *text_seconds(char *buffer, size_t bytes, double seconds) {
    if (!(fabs(seconds) < 1e9)) {
        snprintf(buffer, bytes, "%.3g s", seconds);
        return buffer;
    }
    const long long hundredths = llround(fabs(seconds) * 100);
    const char *sign = seconds < 0 && hundredths > 0 ? "-" : "";
    const long long whole = hundredths / 100, rest = hundredths % 100;
    if (whole < 60)
        snprintf(buffer, bytes, "%s%lld.%02lld s", sign, whole, rest);
    else if (whole < 3600)
        snprintf(buffer, bytes, "%s%lld:%02lld.%02lld", sign, whole / 60, whole % 60, rest);
    else
        snprintf(buffer, bytes, "%s%lld:%02lld:%02lld.%02lld", sign, whole / 3600, whole / 60 % 60, whole % 60, rest);
    return buffer;
}

const char *text_plural(long long count) {
    return count == 1 ? "" : "s";
}

void text_complain(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    char brief[1024];
    const int length = vsnprintf(brief, sizeof brief, format, arguments);
    char *whole = length >= (int)sizeof brief ? malloc((size_t)length + 1) : NULL;
    if (whole) vsnprintf(whole, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    flockfile(stderr); /* lines of threads stay whole */
    fputs("polytome: ", stderr);
    text_print(stderr, whole ? whole : brief);
    fputc('\n', stderr);
    funlockfile(stderr);
    free(whole);
}

bool text_is_terminal(int file) {
    const char *terminal = getenv("TERM");
    return isatty(file) && terminal && strcmp(terminal, "dumb") != 0;
}
