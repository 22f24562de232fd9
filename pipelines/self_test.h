/* SPDX-License-Identifier: MIT */
/* self_test: the answers that a model in one file carries, to an input that is a formula (docs/format.md). */
#ifndef POLYTOME_PIPELINES_SELF_TEST_H
#define POLYTOME_PIPELINES_SELF_TEST_H

#include "pipelines/lane.h"

/** Runs the lane's network on the self-test's input, with merging `r` and the model's own kind of attention. The lane's
 * merging is changed. */
ptm_status self_test_forward(struct lane *lane, const char *r, ptm_error *err);

#endif
