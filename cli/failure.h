/* SPDX-License-Identifier: MIT */
/* failure: an error of the command's own, beside those of the library. */
#ifndef POLYTOME_CLI_FAILURE_H
#define POLYTOME_CLI_FAILURE_H

#include "polytome.h"

/** Says in *err, which may be NULL, what went wrong; returns `status`. */
ptm_status failure_set(ptm_error *err, ptm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
