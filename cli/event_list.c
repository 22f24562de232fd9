/* SPDX-License-Identifier: MIT */
#include "event_list.h"

#include "grow.h"

#include <stdlib.h>

bool event_list_add(struct event_list *list, const ptm_event *event) {
    ptm_event *items = grow(list->items, list->count, sizeof *items);
    if (!items) return false;
    list->items = items;
    items[list->count++] = *event;
    return true;
}

static int by_start(const void *left, const void *right) {
    const ptm_event *a = left, *b = right;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->modality != b->modality) return a->modality < b->modality ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

void event_list_sort(struct event_list *list) {
    if (list->count > 0) qsort(list->items, list->count, sizeof *list->items, by_start);
}

void event_list_free(struct event_list *list) {
    free(list->items);
    *list = (struct event_list){0};
}
