/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "base/plain_locale.h"

#include <stdio.h>
#include <string.h>

/** ASCII's control characters and DEL, and those from U+0080 to U+009F, which are two bytes. */
static bool is_control(const char *c) {
    const unsigned char first = (unsigned char)c[0], next = (unsigned char)c[1];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && next >= 0x80 && next < 0xa0);
}

static bool is_inside_character(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/**
 * Names from strangers' files are part of the sentences: control characters, which a terminal would obey, become '?',
 * and a UTF-8 character cut off by the end of the buffer goes.
 */
static void clean(char *text) {
    for (char *c = text; *c; c++) {
        if (!is_control(c)) continue;
        if ((unsigned char)*c == 0xc2) *c++ = '?';
        *c = '?';
    }
    const size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && is_inside_character(text[start - 1])) start--;
    if (start == 0 || ((unsigned char)text[start - 1] & 0xc0) != 0xc0) return;
    const unsigned char lead = (unsigned char)text[start - 1];
    const size_t needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length - (start - 1) < needed) text[start - 1] = '\0';
}

/** A sentence begins with a name and ends with what is wrong: of a long one the middle, a part of the name, goes. */
static void shorten(char *message, size_t bytes, const char *whole) {
    static const char gap[] = "...";
    const size_t length = strlen(whole), tail = bytes / 2, head = bytes - tail - sizeof gap;
    if (length < bytes) {
        memcpy(message, whole, length + 1);
        return;
    }
    size_t end = head, begin = length - tail;
    while (end > 0 && is_inside_character(whole[end])) end--;
    while (is_inside_character(whole[begin])) begin++;
    snprintf(message, bytes, "%.*s%s%s", (int)end, whole, gap, whole + begin);
}

/** Numbers have a point, whatever the process's locale says. */
static void format_plainly(char *out, size_t bytes, const char *format, va_list args) {
    const locale_t own = uselocale(plain_locale());
    vsnprintf(out, bytes, format, args);
    uselocale(own);
}

ptm_status error_set(ptm_error *err, ptm_status status, const char *format, ...) {
    enum { LONGEST = 1 << 13 /* bytes: a path has up to 4096 */ };
    if (err && err->status == PTM_OK) {
        char whole[LONGEST];
        va_list args;
        va_start(args, format);
        format_plainly(whole, sizeof whole, format, args);
        va_end(args);
        shorten(err->message, sizeof err->message, whole);
        clean(err->message);
        err->status = status;
    }
    return status;
}

ptm_status error_of_callback(ptm_error *err, ptm_status status, const char *otherwise) {
    if (status == PTM_OK) {
        error_clear(err);
        return status;
    }
    err->message[sizeof err->message - 1] = '\0';
    if (!err->message[0]) snprintf(err->message, sizeof err->message, "%s", otherwise);
    clean(err->message);
    err->status = status;
    return status;
}

ptm_status error_no_memory(ptm_error *err) {
    return error_set(err, PTM_ENOMEM, "out of memory");
}

void error_clear(ptm_error *err) {
    if (err) {
        err->status = PTM_OK;
        err->message[0] = '\0';
    }
}

const char *ptm_status_string(ptm_status status) {
    switch (status) {
    case PTM_OK: return "ok";
    case PTM_EINVAL: return "invalid argument";
    case PTM_ENOMEM: return "out of memory";
    case PTM_EIO: return "input/output error";
    case PTM_EFORMAT: return "damaged or unknown format";
    case PTM_EMODEL: return "unsupported model";
    case PTM_ELIMIT: return "limit reached";
    case PTM_ENODATA: return "nothing to label";
    case PTM_EINTERRUPTED: return "interrupted";
    case PTM_EMISMATCH: return "mismatch";
    case PTM_EINTERNAL: return "internal error";
    }
    return "unknown status";
}
