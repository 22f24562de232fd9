/* SPDX-License-Identifier: MIT */
/* What a product does with its sums, over what product_tile.h lists: sums, t_finish and the operations on vectors. */
static inline void store_sums(const struct product_tile *tile, sums sum, int i, int j) {
    float *y = tile->y + (size_t)i * tile->ldy + j;
    const int left = tile->columns - j;
    if (left <= 0) return;
    vec value = v_add(t_finish(tile, sum, i, j), v_load(tile->bias + j));
    if (left >= LANES) {
        if (tile->add) value = v_add(v_load(y), value);
        v_store(y, value);
    } else {
        if (tile->add) value = v_add(v_load_part(y, left, 0), value);
        v_store_part(y, left, value);
    }
}
