/* SPDX-License-Identifier: MIT */
/* transpose: a small matrix turned, in blocks of four by four with the vectors that every processor of its kind has. */
#ifndef POLYTOME_COMPUTE_TRANSPOSE_H
#define POLYTOME_COMPUTE_TRANSPOSE_H

#include <stddef.h>

#if defined(__SSE__)
#include <xmmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/** to (4, 4) = from (4, 4), transposed. */
static inline void transpose_4x4(float *to, size_t ldto, const float *from, size_t ldfrom) {
#if defined(__SSE__)
    __m128 a = _mm_loadu_ps(from), b = _mm_loadu_ps(from + ldfrom);
    __m128 c = _mm_loadu_ps(from + 2 * ldfrom), d = _mm_loadu_ps(from + 3 * ldfrom);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(to, a);
    _mm_storeu_ps(to + ldto, b);
    _mm_storeu_ps(to + 2 * ldto, c);
    _mm_storeu_ps(to + 3 * ldto, d);
#elif defined(__aarch64__)
    const float32x4x2_t ab = vtrnq_f32(vld1q_f32(from), vld1q_f32(from + ldfrom));
    const float32x4x2_t cd = vtrnq_f32(vld1q_f32(from + 2 * ldfrom), vld1q_f32(from + 3 * ldfrom));
    vst1q_f32(to, vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0])));
    vst1q_f32(to + ldto, vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1])));
    vst1q_f32(to + 2 * ldto, vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0])));
    vst1q_f32(to + 3 * ldto, vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1])));
#else
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 4; c++) to[c * ldto + r] = from[r * ldfrom + c];
#endif
}

/** to (columns, rows) = from (rows, columns), transposed; rows of either ld* apart. */
static inline void transpose(float *to, size_t ldto, const float *from, size_t ldfrom, int rows, int columns) {
    const int whole_rows = rows - rows % 4, whole_columns = columns - columns % 4;
    for (int r = 0; r < whole_rows; r += 4)
        for (int c = 0; c < whole_columns; c += 4)
            transpose_4x4(to + (size_t)c * ldto + r, ldto, from + (size_t)r * ldfrom + c, ldfrom);
    for (int r = 0; r < rows; r++)
        for (int c = r < whole_rows ? whole_columns : 0; c < columns; c++)
            to[(size_t)c * ldto + r] = from[(size_t)r * ldfrom + c];
}

#endif
