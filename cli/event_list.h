/* SPDX-License-Identifier: MIT */
/* event_list: events that are needed again when the pass is over. */
#ifndef POLYTOME_CLI_EVENT_LIST_H
#define POLYTOME_CLI_EVENT_LIST_H

#include "polytome.h"

struct event_list {
    ptm_event *items; /* labels are not copied */
    size_t count;
};

/** False where memory ran out. */
bool event_list_add(struct event_list *list, const ptm_event *event);

/** In the order of their starts; those that start together by modality, then by label. */
void event_list_sort(struct event_list *list);

void event_list_free(struct event_list *list);

#endif
