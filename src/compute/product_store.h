/* SPDX-License-Identifier: MIT */
/* What a product does with its sums, over what product_tile.h lists: sums, t_finish and the operations on vectors. */
static inline void store_sums(const struct product_panel *panel, sums sum, int i, int j) {
    float *y = panel->y + (size_t)i * panel->ldy + j;
    const int left = panel->columns - j;
    if (left <= 0) return;
    vec value = v_add(t_finish(panel, sum, i, j), v_load(panel->bias + j));
    if (left >= LANES) {
        if (panel->add) value = v_add(v_load(y), value);
        v_store(y, value);
    } else {
        if (panel->add) value = v_add(v_load_part(y, left, 0), value);
        v_store_part(y, left, value);
    }
}
