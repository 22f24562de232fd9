/* SPDX-License-Identifier: MIT */
/* forward: prepared inputs that a caller brings, through a network. */
#ifndef POLYTOME_PIPELINES_FORWARD_H
#define POLYTOME_PIPELINES_FORWARD_H

#include "models/network.h"

/** PTM_EINVAL where an input has not the network's shape, of 1 to `most` windows; PTM_EFORMAT where a value of it is
 * not finite. */
ptm_status forward_check_input(const struct network *network, int most, const float *input, const int *shape, int rank,
                               ptm_error *err);

#endif
