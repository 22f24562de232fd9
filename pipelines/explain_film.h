/* SPDX-License-Identifier: MIT */
/* explain_film: a video once more, each of its frames with the groups of its tube. */
#ifndef POLYTOME_PIPELINES_EXPLAIN_FILM_H
#define POLYTOME_PIPELINES_EXPLAIN_FILM_H

#include "pipelines/explain_look.h"

/** Decodes the file a second time and writes the film that its windows make of it. */
ptm_status explain_write_film(struct explain_look *look, ptm_error *err);

#endif
