/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

/** ASCII's control characters and DEL, and those from U+0080 to U+009F, which are two bytes. */
static bool is_control(const char *c) {
    const unsigned char first = (unsigned char)c[0], next = (unsigned char)c[1];
    return first < 0x20 || first == 0x7f || (first == 0xc2 && next >= 0x80 && next < 0xa0);
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
    while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) start--;
    if (start == 0 || ((unsigned char)text[start - 1] & 0xc0) != 0xc0) return;
    const unsigned char lead = (unsigned char)text[start - 1];
    const size_t needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (length - (start - 1) < needed) text[start - 1] = '\0';
}

ptm_status error_set(ptm_error *err, ptm_status status, const char *format, ...) {
    if (err && err->status == PTM_OK) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof err->message, format, args);
        va_end(args);
        clean(err->message);
        err->status = status;
    }
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
