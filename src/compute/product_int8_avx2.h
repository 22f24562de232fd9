/* SPDX-License-Identifier: MIT */
/* What the int8 products on 256 bits share, whichever instruction adds the sums up. */
static inline factors four_bytes(const void *from) {
    int32_t bytes;
    memcpy(&bytes, from, sizeof bytes);
    return _mm256_set1_epi32(bytes);
}

static inline vec t_finish(const struct product_panel *panel, sums sum, int i, int j) {
    const struct product_row row = panel->row[i];
    const __m256i q_w = _mm256_loadu_si256((const __m256i *)(const void *)(panel->sums + j));
    const __m256i offset = _mm256_mullo_epi32(_mm256_set1_epi32(row.zero), q_w);
    const vec scale = v_mul(v_set(row.scale), v_load(panel->scale + j));
    return v_mul(_mm256_cvtepi32_ps(_mm256_sub_epi32(sum, offset)), scale);
}

static inline void put_values(INT8_VALUE *q, vec x, vec inverse, __m256i zero) {
    const __m256i whole = _mm256_add_epi32(_mm256_cvtps_epi32(v_mul(x, inverse)), zero);
    const __m128i low = _mm256_castsi256_si128(whole), high = _mm256_extracti128_si256(whole, 1);
    uint8_t bytes[LANES];
    _mm_storel_epi64((__m128i *)(void *)bytes, _mm_packus_epi16(_mm_packs_epi32(low, high), _mm_setzero_si128()));
    int8_put(q, bytes, LANES);
}

#include "compute/product_prepare.h"
