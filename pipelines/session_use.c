/* SPDX-License-Identifier: MIT */
#include "pipelines/session_use.h"

#include "pipelines/session.h"

static ptm_status refuse_busy(ptm_error *err) {
    return error_set(err, PTM_EINVAL, "this session is in use: open another one for what a callback asks of it");
}

ptm_status session_check_idle(const struct ptm_session *session, ptm_error *err) {
    return session->busy ? refuse_busy(err) : PTM_OK;
}

ptm_status session_check_between(const struct ptm_session *session, ptm_error *err) {
    return session->busy && !session->telling ? refuse_busy(err) : PTM_OK;
}

ptm_status session_check_free(const struct ptm_session *session, ptm_error *err) {
    TRY(session_check_idle(session, err));
    if (!session->streaming) return PTM_OK;
    return error_set(err, PTM_EINVAL, "this session has an open stream: close it, or open another session");
}

ptm_status session_enter_stream(struct ptm_session *session, ptm_error *err) {
    TRY(session_check_idle(session, err));
    session->busy = true;
    return PTM_OK;
}

ptm_status session_enter(struct ptm_session *session, ptm_error *err) {
    TRY(session_check_free(session, err));
    session->busy = true;
    return PTM_OK;
}

void session_leave(struct ptm_session *session) {
    session->busy = false;
}
