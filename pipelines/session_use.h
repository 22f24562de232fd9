/* SPDX-License-Identifier: MIT */
/*
 * session_use: who may use a session while one of its calls is at work, which calls its caller back, or a stream is
 * open.
 */
#ifndef POLYTOME_PIPELINES_SESSION_USE_H
#define POLYTOME_PIPELINES_SESSION_USE_H

#include "base/error.h"

struct ptm_session;

/** PTM_EINVAL from a callback: another pass of the session would write over what its lanes collect and answer. */
ptm_status session_check_idle(const struct ptm_session *session, ptm_error *err);

/** PTM_EINVAL from a callback, but for the one that is told of a window: another may come while a pass is at work. (It
 * does not tell threads apart: of a live run `cancelled` may come at the same time.) */
ptm_status session_check_between(const struct ptm_session *session, ptm_error *err);

/** The same as session_check_idle() where frames or samples (not only an input, which no stream keeps) are to go into
 * the lanes: PTM_EINVAL while a stream is open as well. */
ptm_status session_check_free(const struct ptm_session *session, ptm_error *err);

/** session_check_free(), and then the session is a call's that may call its caller back, until session_leave(). */
ptm_status session_enter(struct ptm_session *session, ptm_error *err);
/** The same for the stream that is open. */
ptm_status session_enter_stream(struct ptm_session *session, ptm_error *err);
void session_leave(struct ptm_session *session);

#endif
