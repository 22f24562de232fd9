/* SPDX-License-Identifier: MIT */
/* report_json: what the writers of JSON lines share; what they write is in report.h. */
#ifndef POLYTOME_CLI_REPORT_JSON_H
#define POLYTOME_CLI_REPORT_JSON_H

#include "json_line.h"
#include "report.h"

/** The begin of what is said about a file or a request. `kind` NULL: it stands among others of its kind only. */
struct object report_json_begin(const struct report_subject *subject, const char *kind);

/** Where the time of a file went. */
json_t *report_json_times(const ptm_result *result);

/** What went wrong: code and message. */
json_t *report_json_error(const ptm_error *err);

#endif
