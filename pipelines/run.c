/* SPDX-License-Identifier: MIT */
#include "pipelines/run.h"

ptm_status run_check_cancelled(const struct run *run, ptm_error *err) {
    const ptm_classify_options *options = run->options;
    if (options->cancelled && options->cancelled(options->user)) return error_set(err, PTM_EINTERRUPTED, "interrupted");
    return PTM_OK;
}

ptm_status run_window(struct run *run, struct lane *lane, struct tally *tally, ptm_error *err) {
    TRY(run_check_cancelled(run, err));
    TRY(vit_forward(&lane->vit, lane->input, err));
    run->network_ms += lane->vit.times.total;
    tally_add(tally, lane->vit.logits);
    return PTM_OK;
}
