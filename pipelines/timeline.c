/* SPDX-License-Identifier: MIT */
#include "pipelines/pass.h"

void ptm_timeline_options_default(ptm_timeline_options *options) {
    *options = (ptm_timeline_options){0};
    ptm_classify_options_default(&options->classify);
}

ptm_status ptm_timeline_file(ptm_session *session, const char *path, const ptm_timeline_options *options,
                             ptm_result **out, ptm_error *err) {
    error_clear(err);
    ptm_timeline_options timeline;
    ptm_timeline_options_default(&timeline);
    if (options) timeline = *options;
    timeline.classify.sampling = PTM_SAMPLING_WINDOWS;
    struct pass pass;
    ptm_status status = pass_open(&pass, session, &timeline, err);
    if (status == PTM_OK) status = pass_file(&pass, path, err);
    return pass_close(&pass, out, status);
}
