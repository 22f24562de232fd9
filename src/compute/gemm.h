/* SPDX-License-Identifier: MIT */
/* gemm: the seam to OpenBLAS: products on the calling thread, safe to call from many threads at once. */
#ifndef POLYTOME_COMPUTE_GEMM_H
#define POLYTOME_COMPUTE_GEMM_H

#include "base/error.h"

/** c (m, n) += a (m, k) b^T (n, k), row-major; ld* is the distance between rows in floats. */
void gemm_nt_add(float *c, int ldc, const float *a, int lda, const float *b, int ldb, int m, int n, int k);

/** Memory for products on one thread more at the same time, so that none of them has to ask for it; PTM_ENOMEM. */
ptm_status gemm_reserve(ptm_error *err);

/** Gives up what gemm_reserve() promised for so many threads. */
void gemm_release(int threads);

/** The processor whose kernels OpenBLAS has taken, as it names it. */
const char *gemm_kernels(void);

#endif
