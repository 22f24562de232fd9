/* SPDX-License-Identifier: MIT */
/* opened: one model and a session over it. */
#ifndef POLYTOME_TESTS_OPENED_H
#define POLYTOME_TESTS_OPENED_H

#include "check.h"
#include "polytome.h"

struct opened {
    ptm_model *model;
    ptm_session *session;
};

/** At the CPU level that $POLYTOME_TEST_CPU asks for. `path` NULL: the shipped model; threads 0: one a processor. */
static inline void open_both(struct opened *opened, const char *path, int threads, const char *r) {
    ptm_session_options options;
    ptm_session_options_default(&options);
    options.threads = threads;
    options.r = r;
    options.cpu = getenv("POLYTOME_TEST_CPU");
    CHECK_OK(ptm_model_open(&opened->model, path, NULL, err));
    CHECK_OK(ptm_session_open(&opened->session, (const ptm_model *[]){opened->model}, 1, &options, err));
}

static inline void close_both(struct opened *opened) {
    ptm_session_close(&opened->session);
    ptm_model_close(&opened->model);
}

#endif
