/* SPDX-License-Identifier: MIT */
#include "media/cut.h"

#include "base/memory.h"
#include "files/replace.h"

#include <stdio.h>
#include <string.h>

static ptm_status write_clip(struct cut *cut, const char *path, ptm_cut_report *report, ptm_error *err) {
    struct replacement file;
    TRY(replace_open(&file, path, err));
    return replace_end(&file, cut_write(cut, file.fd, path, &report->start, &report->end, err), err);
}

ptm_status ptm_cut_file(const char *path, double start, double end, const char *output, ptm_cut_report *report,
                        ptm_error *err) {
    error_clear(err);
    ptm_cut_report written = {0};
    struct cut *cut;
    if (!*output) return error_set(err, PTM_EINVAL, "%s: the clip to be cut from it has no name", path);
    TRY(cut_open(&cut, path, start, end, err));
    snprintf(written.ending, sizeof written.ending, ".%s", cut_ending(cut));
    const size_t bytes = strlen(output) + sizeof written.ending;
    char *whole = mem_alloc(bytes, 1);
    ptm_status status;
    if (whole) {
        snprintf(whole, bytes, "%s%s", output, written.ending);
        status = replace_is_same(whole, path)
                     ? error_set(err, PTM_EINVAL, "%s: the clip would take the place of the file it is cut from", whole)
                     : write_clip(cut, whole, &written, err);
    } else {
        status = error_no_memory(err);
    }
    mem_free(whole);
    cut_close(&cut);
    if (status == PTM_OK && report) *report = written;
    return status;
}
