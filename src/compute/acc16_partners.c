/* SPDX-License-Identifier: MIT */
#include "compute/acc16_strip.h"

#include <string.h>

/* Groups that are tried as a partner: with half as many a fifth more entries are left where rows have 768. */
enum { TRIES = 16 };

static const uint64_t ones = 0x0101010101010101;

static uint64_t eight(const uint8_t *loads) {
    uint64_t value;
    memcpy(&value, loads, sizeof value);
    return value;
}

/** How hard it is to find a group a partner: its loads in units of 32, up to 4 each. */
static int crowding(const uint8_t *loads, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i += 8) sum += eight(loads + i) >> 5 & ones * 7;
    return (int)(sum * ones >> 56);
}

/** All groups into the line, the most crowded first. */
static void line_up(const struct acc16_strip *strip, uint16_t *line, uint16_t *class) {
    enum { CLASSES = 129 };
    const int loads = strip->columns * ACC16_LOADS;
    int starts[CLASSES + 1] = {0};
    for (int g = 0; g < strip->groups; g++) {
        class[g] = (uint16_t)(4 * loads - crowding(strip->loads + (size_t)g * strip->stride, loads));
        starts[class[g] + 1]++;
    }
    for (int i = 0; i < 4 * loads; i++) starts[i + 1] += starts[i];
    for (int g = 0; g < strip->groups; g++) line[starts[class[g]]++] = (uint16_t)g;
}

/** How many sums of two groups do not fit; or do just so, or but for a carry. */
static int misfits(const uint8_t *a, const uint8_t *b, int count) {
    uint64_t sum = 0;
    for (int i = 0; i < count; i += 8) sum += acc16_over(eight(a + i), eight(b + i)) >> 7;
    return (int)(sum * ones >> 56);
}

/** Where in the line, at most `last`, a good partner for its first stands: easy ones are tried first. */
static int find_partner(const struct acc16_strip *strip, const uint16_t *line, int last) {
    const int loads = strip->columns * ACC16_LOADS;
    const uint8_t *first = strip->loads + line[0] * strip->stride;
    int best = last, fewest = loads + 1;
    for (int i = last; i > 0 && i > last - TRIES && fewest > 0; i--) {
        const int count = misfits(first, strip->loads + line[i] * strip->stride, loads);
        if (count >= fewest) continue;
        best = i;
        fewest = count;
    }
    return best;
}

void acc16_find_partners(const struct acc16_strip *strip, uint16_t *line, uint16_t *partner) {
    line_up(strip, line, partner);
    for (int left = strip->groups; left > 0; left -= 2, line++) {
        const int place = find_partner(strip, line, left - 1);
        const uint16_t a = line[0], b = line[place];
        partner[a] = b;
        partner[b] = a;
        memmove(line + place, line + place + 1, (size_t)(left - 1 - place) * sizeof *line);
    }
    uint16_t *order = strip->order;
    for (int g = 0; g < strip->groups; g++) {
        if (partner[g] < g) continue;
        *order++ = (uint16_t)g;
        *order++ = partner[g];
    }
}
