/* SPDX-License-Identifier: MIT */
#include "compute/acc16_strip.h"

#include <string.h>

/** A strip's outliers, as they are listed, column by column. */
struct list {
    struct product_outliers *to;
    uint32_t count;
    int filled;            /* of the last of them; no others are added to one that is full */
    int sums[ACC16_LOADS]; /* of its weights */
};

static bool has_room(const struct list *list, const int sums[ACC16_LOADS]) {
    if (list->filled == PRODUCT_OUTLIERS) return false;
    for (int i = 0; i < ACC16_LOADS; i++)
        if (list->sums[i] + sums[i] > ACC16_MOST) return false;
    return true;
}

/** Lists what was taken from a group, if anything. */
static void put_outlier(struct list *list, int column, int group, const int8_t w[4]) {
    const int sums[ACC16_LOADS] = {acc16_load(w[0], w[1], 1), acc16_load(w[0], w[1], -1), acc16_load(w[2], w[3], 1),
                                   acc16_load(w[2], w[3], -1)};
    if ((w[0] | w[1] | w[2] | w[3]) == 0) return;
    if (!has_room(list, sums)) {
        list->count++;
        list->filled = 0;
        memset(list->sums, 0, sizeof list->sums);
        list->to[list->count - 1] = (struct product_outliers){.column = (uint16_t)column};
    }
    for (int i = 0; i < ACC16_LOADS; i++) list->sums[i] += sums[i];
    struct product_outliers *last = &list->to[list->count - 1];
    last->group[list->filled] = (uint16_t)group;
    memcpy(last->w[list->filled], w, sizeof last->w[0]);
    list->filled++;
}

/** Moves up to `over` of what has the sign from two neighbours; returns what is left of `over`. */
static int move_weights(int8_t to[2], int8_t from[2], int sign, int over) {
    for (int i = 0; i < 2; i++) {
        const int had = acc16_load(from[i], 0, sign), moved = had < over ? had : over;
        to[i] = (int8_t)(to[i] + sign * moved);
        from[i] = (int8_t)(from[i] - sign * moved);
        over -= moved;
    }
    return over;
}

/** Moves what is too much of one sign in two neighbours each of a and b, but no more than an outlier can hold. */
static bool move_excess(int8_t to_a[2], int8_t a[2], int8_t to_b[2], int8_t b[2], int sign) {
    const int of_a = acc16_load(a[0], a[1], sign), of_b = acc16_load(b[0], b[1], sign), over = of_a + of_b - ACC16_MOST;
    if (over <= 0) return false;
    const int most = over < ACC16_MOST ? over : ACC16_MOST; /* whoever has more gives first: mostly one is enough */
    if (of_a >= of_b)
        move_weights(to_b, b, sign, move_weights(to_a, a, sign, most));
    else
        move_weights(to_a, a, sign, move_weights(to_b, b, sign, most));
    return true;
}

/** The same of all four weights and both signs; to be repeated while there is something. */
static bool move_outliers(int8_t to_a[4], int8_t a[4], int8_t to_b[4], int8_t b[4]) {
    bool moved = false;
    for (int i = 0; i < 4; i += 2)
        for (int sign = -1; sign <= 1; sign += 2) moved |= move_excess(to_a + i, a + i, to_b + i, b + i, sign);
    return moved;
}

static bool may_fit(const uint8_t a[ACC16_LOADS], const uint8_t b[ACC16_LOADS]) {
    uint32_t first, second;
    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    return acc16_over(first, second) == 0;
}

/** Lists what is too much in a column. */
static void list_column(struct list *list, const struct acc16_strip *strip, int column) {
    const size_t step = (size_t)strip->columns * 4;
    const uint8_t *loads = strip->loads + column * ACC16_LOADS;
    int8_t *w = strip->w + (size_t)column * 4;
    list->filled = PRODUCT_OUTLIERS;
    for (int g = 0; g < strip->groups; g += 2, w += 2 * step) {
        const int first = strip->order[g], second = strip->order[g + 1];
        if (may_fit(loads + first * strip->stride, loads + second * strip->stride)) continue;
        int8_t a[4], b[4], from_a[4] = {0}, from_b[4] = {0};
        memcpy(a, w, sizeof a);
        memcpy(b, w + step, sizeof b);
        while (move_outliers(from_a, a, from_b, b)) {
            put_outlier(list, column, first, from_a);
            put_outlier(list, column, second, from_b);
            memset(from_a, 0, sizeof from_a);
            memset(from_b, 0, sizeof from_b);
        }
        memcpy(w, a, sizeof a);
        memcpy(w + step, b, sizeof b);
    }
}

uint32_t acc16_list_outliers(const struct acc16_strip *strip, struct product_outliers *to) {
    struct list list = {.to = to};
    for (int j = 0; j < strip->columns; j++) list_column(&list, strip, j);
    return list.count;
}
