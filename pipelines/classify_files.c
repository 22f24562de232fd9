/* SPDX-License-Identifier: MIT */
/* Several files at a time: one is read while windows of others still wait to share a pass with its own. */
#include "pipelines/pass.h"
#include "pipelines/session_use.h"

/** A file that was read, and of which windows wait. */
struct reading {
    ptm_file *file;
    ptm_timeline_options options; /* the pass points to it */
    struct pass pass;
    struct reading *next;
};

struct readings {
    struct ptm_session *session;
    struct reading *first, **end; /* in the order of the files */
    ptm_file_fn *done;
    void *user;
    ptm_error busy; /* why the session takes no files, or PTM_OK */
};

/** The file's result, or its error; then it is done. */
static void end_file(struct readings *readings, struct reading *reading, ptm_status status) {
    ptm_file *file = reading->file;
    (void)pass_close(&reading->pass, &file->result, status); /* it is in file->err */
    mem_free(reading);
    readings->done(readings->user, file);
}

static void begin_file(struct readings *readings, ptm_file *file) {
    struct reading *reading = mem_calloc(1, sizeof *reading);
    error_clear(&file->err);
    file->result = NULL;
    if (!reading) {
        (void)error_no_memory(&file->err);
        readings->done(readings->user, file);
        return;
    }
    reading->file = file;
    reading->options = pass_plain_options(file->options);
    ptm_status status = pass_open(&reading->pass, readings->session, &reading->options, &file->err);
    if (status == PTM_OK && readings->busy.status != PTM_OK)
        status = error_set(&file->err, readings->busy.status, "%s", readings->busy.message);
    if (status == PTM_OK) status = pass_read(&reading->pass, file->path, &file->err);
    if (status != PTM_OK) {
        end_file(readings, reading, status);
        return;
    }
    *readings->end = reading;
    readings->end = &reading->next;
}

/** Ends the files that wait for nothing, or all. */
static void end_files(struct readings *readings, bool all) {
    struct reading **place = &readings->first;
    readings->end = place;
    while (*place) {
        struct reading *reading = *place;
        if (all || reading->pass.run.waiting == 0) {
            *place = reading->next;
            end_file(readings, reading, pass_answer(&reading->pass, &reading->file->err));
        } else {
            readings->end = place = &reading->next;
        }
    }
}

void ptm_classify_files(ptm_session *session, ptm_next_file_fn *next, ptm_file_fn *done, void *user) {
    struct readings readings = {.session = session, .done = done, .user = user};
    readings.end = &readings.first;
    (void)session_enter(session, &readings.busy); /* it is every file's */
    for (ptm_file *file; (file = next(user));) {
        begin_file(&readings, file);
        end_files(&readings, false);
    }
    end_files(&readings, true);
    if (readings.busy.status == PTM_OK) session_leave(session);
}
