/* SPDX-License-Identifier: MIT */
#include "models/single_file.h"

#include "base/memory.h"
#include "models/budget.h"
#include "models/schedule.h"

#include <string.h>

ptm_status single_file_check_merge(const char *r, const struct network *network, ptm_error *err) {
    enum budget_kind kind;
    double amount;
    int schedule[VIT_DEPTH_MAX];
    if (strlen(r) >= SCHEDULE_TEXT)
        return error_set(err, PTM_EINVAL, "a merging schedule of %zu characters; it should have at most %d", strlen(r),
                         SCHEDULE_TEXT - 1);
    TRY(budget_parse(r, &kind, &amount, err));
    if (kind == BUDGET_MS)
        return error_set(err, PTM_EINVAL,
                         "a merging of \"%s\" is of one machine and cannot be recommended; give a schedule, a speed-up "
                         "or GFLOP",
                         r);
    return kind == BUDGET_NONE ? schedule_parse(schedule, network->config.depth, r, network->name, err) : PTM_OK;
}

ptm_status single_file_read_merge(struct network *network, struct json json, ptm_error *err) {
    const struct json merge = json_get(json, "merge");
    ptm_error wrong = {0};
    TRY(json_get_string(merge, "r", &network->r, err));
    TRY(json_get_bool(merge, "prop_attn", &network->prop_attn, err));
    if (single_file_check_merge(network->r, network, &wrong) == PTM_OK) return PTM_OK;
    return error_set(err, PTM_EMODEL, "%s: \"merge.r\": %s", json.document, wrong.message);
}

static ptm_status read_answers(float **answers, struct json test, const char *key, int count, ptm_error *err) {
    if (!json_present(json_get(test, key))) return PTM_OK;
    *answers = mem_alloc((size_t)count, sizeof **answers);
    if (!*answers) return error_no_memory(err);
    return json_get_floats(test, key, count, *answers, err);
}

ptm_status single_file_read_self_test(struct network *network, struct json test, ptm_error *err) {
    TRY(read_answers(&network->self_test.plain, test, "r0", network->config.num_labels, err));
    return read_answers(&network->self_test.merged, test, "merged", network->config.num_labels, err);
}

ptm_status single_file_schema(enum single_file_schema *schema, struct json root, ptm_error *err) {
    int found = 0;
    TRY(json_get_int(root, "schema", 0, 1 << 30, &found, err));
    if (found != SINGLE_FILE_SHARED && found != SINGLE_FILE_PACKED)
        return error_set(err, PTM_EMODEL, "%s: schema %d; this version reads schemas %d and %d", root.document, found,
                         SINGLE_FILE_SHARED, SINGLE_FILE_PACKED);
    *schema = (enum single_file_schema)found;
    return PTM_OK;
}
