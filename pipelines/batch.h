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

/** PTM_EINVAL from a callback: another pass of the session would write over what its lanes collect and answer. */
ptm_status batch_check_idle(const struct ptm_session *session, ptm_error *err);

/** PTM_EINVAL from a callback, but for the one that is told of a window: another may come while a pass is at work. (It
 * does not tell threads apart: of a live run `cancelled` may come at the same time.) */
ptm_status batch_check_between(const struct ptm_session *session, ptm_error *err);

/** The same as batch_check_idle() where frames or samples (not only an input, which no stream keeps) are to go into the
 * lanes: PTM_EINVAL while a stream is open as well. */
ptm_status batch_check_free(const struct ptm_session *session, ptm_error *err);

/** batch_check_free(), and then the session is a call's that may call its caller back, until batch_leave(). */
ptm_status batch_enter(struct ptm_session *session, ptm_error *err);
/** The same for the stream that is open. */
ptm_status batch_enter_stream(struct ptm_session *session, ptm_error *err);
void batch_leave(struct ptm_session *session);

#endif
