/* SPDX-License-Identifier: MIT */
/*
 * batch: windows, of one file or of several, that wait to share a pass. They are answered together, in the order in
 * which they came, when a lane has as many as it takes or somebody asks.
 */
#ifndef POLYTOME_PIPELINES_BATCH_H
#define POLYTOME_PIPELINES_BATCH_H

#include "pipelines/run.h"

/** Room for all that the session's lanes can hold. PTM_ENOMEM. */
ptm_status batch_open(struct ptm_session *session, ptm_error *err);
void batch_close(struct ptm_session *session);

/** One more window; its input is not needed any more then. It is one of run->waiting until it is answered. */
void batch_add(struct run *run, const struct ready *ready);

/** Answers all that wait. A run that fails to take its answer gets no more of them until run_take_failure(). */
void batch_answer(struct ptm_session *session);

/** The run goes: its windows will not be answered. */
void batch_forget(struct run *run);

#endif
