/* SPDX-License-Identifier: MIT */
#include "pipelines/window_check.h"

#include "models/network.h"

#include <math.h>

static ptm_status check_label(const ptm_label *label, int num_labels, ptm_error *err) {
    if (label->index < 0 || label->index >= num_labels)
        return error_set(err, PTM_EINVAL, "label %d of a window with %d labels", label->index, num_labels);
    if (!isfinite(label->score)) return error_set(err, PTM_EINVAL, "label %s of a window has no score", label->name);
    return PTM_OK;
}

ptm_status window_check(const ptm_window *window, ptm_error *err) {
    if (network_modality_index(window->modality) < 0)
        return error_set(err, PTM_EINVAL, "a window of modality %d, which there is not", (int)window->modality);
    if (!(isfinite(window->from) && window->to >= window->from && isfinite(window->to)))
        return error_set(err, PTM_EINVAL, "a window from %g to %g seconds, which is no stretch of time", window->from,
                         window->to);
    if (window->index < 0 || window->index == INT64_MAX)
        return error_set(err, PTM_EINVAL, "a window has a number from 0, not %lld", (long long)window->index);
    if (window->num_labels < 1) return error_set(err, PTM_EINVAL, "a window without labels");
    for (int i = 0; i < window->num_labels; i++) TRY(check_label(&window->labels[i], window->num_labels, err));
    return PTM_OK;
}

ptm_status window_check_model(const ptm_window *window, int num_labels, ptm_error *err) {
    if (num_labels == 0 || window->num_labels == num_labels) return PTM_OK;
    return error_set(err, PTM_EINVAL, "a window with %d labels follows one with %d: those of a modality need one model",
                     window->num_labels, num_labels);
}
