/* SPDX-License-Identifier: MIT */
#include "models/labels.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { LABELS_MAX = 1 << 20, LABEL_BYTES = 24 };

static ptm_status count_member(void *context, const char *key, struct json value, ptm_error *err) {
    (void)key, (void)value, (void)err;
    ++*(int *)context;
    return PTM_OK;
}

/** Room for `count` names: pointers, and behind them in the same block a text for each that no document has. */
static ptm_status make_room(struct network *network, int count, ptm_error *err) {
    network->labels = mem_calloc((size_t)count, sizeof *network->labels + LABEL_BYTES);
    if (!network->labels) return error_no_memory(err);
    network->config.num_labels = count;
    return PTM_OK;
}

static char *text_of(struct network *network, int index) {
    return (char *)(network->labels + network->config.num_labels) + (size_t)index * LABEL_BYTES;
}

/** Names one label: a string of the document, or a whole number as it is written. False: neither. */
static bool name_label(struct network *network, int index, struct json value) {
    int64_t number;
    network->labels[index] = json_text(value);
    if (json_is_int64(value, &number)) {
        char *text = text_of(network, index);
        snprintf(text, LABEL_BYTES, "%lld", (long long)number);
        network->labels[index] = text;
    }
    return network->labels[index] != NULL;
}

static ptm_status take_member(void *context, const char *key, struct json value, ptm_error *err) {
    struct network *network = context;
    char *end;
    const long index = key[0] >= '0' && key[0] <= '9' ? strtol(key, &end, 10) : -1;
    if (index < 0 || *end || index >= network->config.num_labels || network->labels[index] ||
        !name_label(network, (int)index, value))
        return error_set(err, PTM_EMODEL,
                         "%s: id2label has an entry \"%s\"; its %d keys should be the numbers from 0 to %d, once each, "
                         "and its values strings or whole numbers",
                         value.document, key, network->config.num_labels, network->config.num_labels - 1);
    return PTM_OK;
}

/** LABEL_0, LABEL_1, ... as transformers names them. */
static ptm_status make_labels(struct network *network, int count, ptm_error *err) {
    TRY(make_room(network, count, err));
    for (int i = 0; i < count; i++) {
        char *text = text_of(network, i);
        snprintf(text, LABEL_BYTES, "LABEL_%d", i);
        network->labels[i] = text;
    }
    return PTM_OK;
}

ptm_status labels_read_config(struct network *network, bool timm, struct json config, ptm_error *err) {
    int declared = 0, count = 0;
    const char *const list = "label_names", *number = "num_labels";
    if (timm && json_is_array(json_get(config, list))) return labels_read_list(network, config, list, err);
    if (timm && !json_present(json_get(config, number))) number = "num_classes";
    TRY(json_get_int(config, number, 1, LABELS_MAX, &declared, err));
    const struct json id2label = json_get(config, "id2label");
    if (!json_present(id2label)) return make_labels(network, declared ? declared : 2, err);

    TRY(json_each(id2label, count_member, &count, err));
    if (count < 1 || count > LABELS_MAX || (declared && declared != count))
        return error_set(err, PTM_EMODEL, "%s: id2label has %d entries; %s asks for %d", config.document, count, number,
                         declared);
    TRY(make_room(network, count, err));
    return json_each(id2label, take_member, network, err);
}

ptm_status labels_read_list(struct network *network, struct json parent, const char *key, ptm_error *err) {
    const struct json list = json_get(parent, key);
    const size_t count = json_length(list);
    if (count < 1 || count > LABELS_MAX)
        return error_set(err, PTM_EMODEL, "%s: \"%s\" should be a list of 1 to %d names", parent.document, key,
                         LABELS_MAX);
    TRY(make_room(network, (int)count, err));
    for (size_t i = 0; i < count; i++)
        if (!name_label(network, (int)i, json_at(list, i)))
            return error_set(err, PTM_EMODEL, "%s: label %zu is neither a string nor a whole number", list.document, i);
    return PTM_OK;
}
