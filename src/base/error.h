/* SPDX-License-Identifier: MIT */
/* Errors: one enum, one sentence, and the deepest cause wins. */
#ifndef POLYTOME_BASE_ERROR_H
#define POLYTOME_BASE_ERROR_H

#include "polytome.h"

#include <stdarg.h>

/**
 * Writes the sentence into *err (which may be NULL), unless an earlier, deeper cause stands there already, and returns
 * `status`. Every failure of the library passes here, so it is the one place for a breakpoint.
 */
ptm_status error_set(ptm_error *err, ptm_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/** What a caller's function returned, which got `err` (not NULL): a failure with the sentence that it wrote there, or
 * `otherwise`; PTM_OK with none, as it may speak of what it got over. */
ptm_status error_of_callback(ptm_error *err, ptm_status status, const char *otherwise);

/** PTM_ENOMEM with its standard sentence. */
ptm_status error_no_memory(ptm_error *err);

/** Forgets what stands in *err: for public entry points, and for callers that pass over a failure. */
void error_clear(ptm_error *err);

/** Returns the status of `call` from the enclosing function if it failed. */
#define TRY(call)                        \
    do {                                 \
        const ptm_status try_ = (call);  \
        if (try_ != PTM_OK) return try_; \
    } while (0)

#endif
