/* SPDX-License-Identifier: MIT */
/*
 * The passes of a resize with AVX2. The instruction that multiplies and adds pairs takes 16-bit factors, so a weight is
 * cut into its low 15 bits and the rest, each half is summed by itself, and high * 2^15 + low is the 32-bit sum of the
 * scalar version to the last bit (what overflows in a half wraps, and wraps back).
 */
#include "features/resize_kernels.h"

#if defined(__x86_64__)
#include "base/inline.h"

#include <immintrin.h>
#include <string.h>

enum { LOW_BITS = 15, LOW_MASK = (1 << LOW_BITS) - 1, ROW_GROUP = 4, BLOCK = 32 };

struct sums {
    __m256i low, high;
};

static inline void sums_add(struct sums *sums, __m256i pixels, __m256i low, __m256i high) {
    sums->low = _mm256_add_epi32(sums->low, _mm256_madd_epi16(pixels, low));
    sums->high = _mm256_add_epi32(sums->high, _mm256_madd_epi16(pixels, high));
}

static inline __m256i sums_total(const struct sums *sums) {
    return _mm256_add_epi32(_mm256_slli_epi32(sums->high, LOW_BITS), sums->low);
}

/* Columns whose groups of weights, read 16 bytes of pixels at a time, stay inside of the row. */
static int columns_inside(const struct resize_taps *taps) {
    int columns = 0;
    for (; columns < taps->out_size; columns++) {
        const struct resize_span span = taps->spans[columns];
        const int64_t padded = (span.length + RESIZE_TAP_GROUP - 1) / RESIZE_TAP_GROUP * RESIZE_TAP_GROUP;
        if (3 * (span.first + padded) + 4 > 3 * (int64_t)taps->in_size) break;
    }
    return columns;
}

/* `rows` is a constant where this is inlined, so the loops over it unroll and the sums stay in registers. */
static ALWAYS_INLINE void row_group(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride,
                                    const int rows, int columns, const struct resize_taps *taps) {
    /* Pixels 0 and 1 of a group go to the low lane as pairs of 16 bits (red, green, blue), pixels 2 and 3 to the high.
     */
    const __m256i spread = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, /* */
                                            6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m256i pick_low = _mm256_setr_epi32(0x03020100, 0x03020100, 0x03020100, 0x03020100, /* */
                                               0x07060504, 0x07060504, 0x07060504, 0x07060504);
    const __m256i pick_high = _mm256_add_epi8(pick_low, _mm256_set1_epi8(8));
    for (int x = 0; x < columns; x++) {
        const struct resize_span span = taps->spans[x];
        const int32_t *weights = taps->weights + (size_t)x * taps->stride;
        struct sums sums[ROW_GROUP] = {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
        for (int t = 0; t < span.length; t += RESIZE_TAP_GROUP) {
            const __m128i weight = _mm_loadu_si128((const __m128i *)(weights + t));
            const __m256i halves = _mm256_broadcastsi128_si256(
                _mm_packs_epi32(_mm_and_si128(weight, _mm_set1_epi32(LOW_MASK)), _mm_srai_epi32(weight, LOW_BITS)));
            const __m256i low = _mm256_shuffle_epi8(halves, pick_low), high = _mm256_shuffle_epi8(halves, pick_high);
            const uint8_t *pixels = src + 3 * ((size_t)span.first + (size_t)t);
            for (int r = 0; r < rows; r++) {
                const __m128i packed = _mm_loadu_si128((const __m128i *)(pixels + r * src_stride));
                sums_add(&sums[r], _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(packed), spread), low, high);
            }
        }
        for (int r = 0; r < rows; r++) {
            const __m256i total = sums_total(&sums[r]);
            __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
            sum = _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(1 << (RESIZE_BITS - 1))), RESIZE_BITS);
            sum = _mm_packs_epi32(sum, sum);
            const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
            memcpy(dst + r * dst_stride + 3 * (ptrdiff_t)x, &pixel, 3);
        }
    }
}

void resize_horizontal_avx2(uint8_t *dst, ptrdiff_t dst_stride, const uint8_t *src, ptrdiff_t src_stride, int rows,
                            const struct resize_taps *taps) {
    const int columns = columns_inside(taps);
    if (columns < taps->out_size) {
        const struct resize_taps rest = {.in_size = taps->in_size,
                                         .out_size = taps->out_size - columns,
                                         .stride = taps->stride,
                                         .spans = taps->spans + columns,
                                         .weights = taps->weights + (size_t)columns * taps->stride};
        resize_horizontal_c(dst + 3 * (ptrdiff_t)columns, dst_stride, src, src_stride, rows, &rest);
    }
    int y = 0;
    for (; y + ROW_GROUP <= rows; y += ROW_GROUP)
        row_group(dst + y * dst_stride, dst_stride, src + y * src_stride, src_stride, ROW_GROUP, columns, taps);
    for (; y < rows; y++)
        row_group(dst + y * dst_stride, dst_stride, src + y * src_stride, src_stride, 1, columns, taps);
}

/* Two neighbouring weights as a pair of 16-bit factors in each lane. */
static inline __m256i weight_pair(int32_t first, int32_t second) {
    return _mm256_set1_epi32((int32_t)(((uint32_t)first & 0xffffU) | (uint32_t)second << 16));
}

static inline __m256i sums_to_words(const struct sums *even, const struct sums *odd) {
    const __m256i half = _mm256_set1_epi32(1 << (RESIZE_BITS - 1));
    return _mm256_packs_epi32(_mm256_srai_epi32(_mm256_add_epi32(sums_total(even), half), RESIZE_BITS),
                              _mm256_srai_epi32(_mm256_add_epi32(sums_total(odd), half), RESIZE_BITS));
}

/* BLOCK bytes of one output row; `src` is the first of the rows that it is made from. */
static inline void block_of_row(uint8_t *dst, const uint8_t *src, ptrdiff_t src_stride, int length,
                                const int32_t *weights) {
    struct sums sums[4] = {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
    for (int t = 0; t < length; t += 2) {
        const __m256i low = weight_pair(weights[t] & LOW_MASK, weights[t + 1] & LOW_MASK);
        const __m256i high = weight_pair(weights[t] >> LOW_BITS, weights[t + 1] >> LOW_BITS);
        const uint8_t *row = src + t * src_stride;
        const uint8_t *next = t + 1 < length ? row + src_stride : row; /* the padding's weight is 0 */
        for (int half = 0; half < 2; half++) {
            const __m256i a = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(row + half * 16)));
            const __m256i b = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(next + half * 16)));
            sums_add(&sums[2 * half], _mm256_unpacklo_epi16(a, b), low, high);
            sums_add(&sums[2 * half + 1], _mm256_unpackhi_epi16(a, b), low, high);
        }
    }
    const __m256i bytes = _mm256_packus_epi16(sums_to_words(&sums[0], &sums[1]), sums_to_words(&sums[2], &sums[3]));
    _mm256_storeu_si256((__m256i *)dst, _mm256_permute4x64_epi64(bytes, 0xd8));
}

void resize_vertical_avx2(uint8_t *dst, const uint8_t *src, ptrdiff_t src_stride, int bytes,
                          const struct resize_taps *taps) {
    if (bytes < BLOCK) {
        resize_vertical_c(dst, src, src_stride, bytes, taps);
        return;
    }
    for (int y = 0; y < taps->out_size; y++, dst += bytes) {
        const struct resize_span span = taps->spans[y];
        const int32_t *weights = taps->weights + (size_t)y * taps->stride;
        const uint8_t *rows = src + span.first * src_stride;
        for (int i = 0; i < bytes; i += BLOCK) {
            const int start = i + BLOCK <= bytes ? i : bytes - BLOCK; /* the last block overlaps the one before */
            block_of_row(dst + start, rows + start, src_stride, span.length, weights);
        }
    }
}

#endif
