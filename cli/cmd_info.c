/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "report.h"
#include "text.h"

#include <string.h>

/** Do both modalities come from one model? A packed file holds several. */
static bool same_model(const ptm_model_info *a, const ptm_model_info *b) {
    return strcmp(a->name, b->name) == 0 && strcmp(a->family, b->family) == 0 && a->embed_dim == b->embed_dim &&
           a->depth == b->depth && a->num_heads == b->num_heads && a->mlp_dim == b->mlp_dim;
}

/** Prints the models that the `count` modalities come from, one after the other. */
static enum exit_status print_parts(const char *path, const ptm_model_info *infos, int count,
                                    const struct options *options) {
    if (count == 0) {
        text_complain("the model does not bring that modality");
        return STATUS_USAGE;
    }
    if (options->format == FORMAT_TEXT) {
        text_print(stdout, path ? path : "the model that is used where none is named");
        putchar('\n');
    }
    for (int first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && same_model(&infos[first], &infos[next]);) next++;
        if (options->format == FORMAT_TEXT) {
            report_text_info(stdout, infos + first, next - first, options->labels);
        } else if (!report_json_info(stdout, infos + first, next - first, options->labels)) {
            text_complain("out of memory");
            return STATUS_ENVIRONMENT;
        }
    }
    return STATUS_GOOD;
}

static enum exit_status info_of(const char *path, const struct options *options) {
    const struct option_list models = {.items = {path}, .count = path != NULL};
    struct engine engine;
    enum exit_status status = engine_open_models(&engine, &models);
    if (status != STATUS_GOOD) return status;
    ptm_model_info infos[MODALITY_COUNT];
    const int count = engine_get_infos(&engine, options_modalities(options), infos);
    status = print_parts(path, infos, count, options);
    if (status == STATUS_GOOD && options->format == FORMAT_TEXT) report_text_precisions(stdout);
    engine_close(&engine);
    return status;
}

enum exit_status cmd_info(const struct options *options) {
    if (options->num_operands == 0) return info_of(NULL, options);
    enum exit_status worst = STATUS_GOOD;
    for (int i = 0; i < options->num_operands; i++) {
        if (i > 0 && options->format == FORMAT_TEXT) putchar('\n');
        const enum exit_status status = info_of(options->operands[i], options);
        if (status > worst) worst = status;
    }
    return worst;
}
