/* SPDX-License-Identifier: MIT */
/* window_check: windows that a caller hands over, to be drawn or to become events. */
#ifndef POLYTOME_PIPELINES_WINDOW_CHECK_H
#define POLYTOME_PIPELINES_WINDOW_CHECK_H

#include "base/error.h"

/** PTM_EINVAL of one that no model gives: by its modality, number, times, or the numbers and scores of its labels. */
ptm_status window_check(const ptm_window *window, ptm_error *err);

/** PTM_EINVAL of another model's than those of its modality before it, which had `num_labels`; 0: it is the first. */
ptm_status window_check_model(const ptm_window *window, int num_labels, ptm_error *err);

#endif
