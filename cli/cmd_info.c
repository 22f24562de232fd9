/* SPDX-License-Identifier: MIT */
#include "commands.h"
#include "report.h"
#include "text.h"

#include <string.h>

static void print_field(const char *name, const char *text) {
    if (*text == '\0') return;
    printf("  %-10s", name);
    text_print(stdout, text);
    putchar('\n');
}

static void print_input(const ptm_model_info *info) {
    printf("  %-10s", report_modality(info->modality));
    if (info->modality == PTM_VIDEO) {
        printf("%d frames of %d x %d", info->num_frames, info->image_size, info->image_size);
        if (info->frame_rate > 0)
            printf(", %g a second (windows of %g s)", info->frame_rate, info->window_seconds);
        else
            fputs(", spread over the file", stdout);
    } else if (info->modality == PTM_IMAGE) {
        printf("%d x %d", info->image_size, info->image_size);
    } else {
        printf("%d Hz, %d mel bins x %d frames (windows of %g s)", info->sample_rate, info->num_mel_bins,
               info->target_length, info->window_seconds);
    }
    fputs("\n            input ", stdout);
    for (int i = 0; i < info->input_rank; i++) printf("%s%d", i > 0 ? "x" : "", info->input_shape[i]);
    printf(" -> %d tokens, %d of them protected\n", info->tokens, info->protected_tokens);
}

static void print_modality(const ptm_model_info *info, bool labels) {
    print_input(info);
    printf("            merging r %s, proportional attention %s\n", info->r, info->prop_attn ? "on" : "off");
    printf("            %.2f M parameters, %.3f GFLOP a window without merging\n", (double)info->parameters * 1e-6,
           info->gflop);
    if (info->precision != PTM_F32)
        printf("            linear layers stored in %s\n", report_precision(info->precision));
    printf("            %d labels, %s\n", info->num_labels, info->activation);
    for (int i = 0; labels && i < info->num_labels; i++) {
        printf("            %5d  ", i);
        text_print(stdout, info->labels[i]);
        putchar('\n');
    }
}

static void print_model(const ptm_model_info *infos, int count, bool labels) {
    print_field("model", infos->name);
    print_field("family", infos->family);
    print_field("licence", *infos->licence ? infos->licence : "not stated");
    print_field("source", infos->source);
    printf("  backbone  %d wide, %d blocks of %d heads, MLP %d wide\n", infos->embed_dim, infos->depth,
           infos->num_heads, infos->mlp_dim);
    for (int i = 0; i < count; i++) print_modality(&infos[i], labels);
}

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
            print_model(infos + first, next - first, options->labels);
        } else if (!report_json_info(stdout, infos + first, next - first, options->labels)) {
            text_complain("out of memory");
            return STATUS_ENVIRONMENT;
        }
    }
    return STATUS_GOOD;
}

/** What --precision may be on this machine. */
static void print_precisions(void) {
    fputs("  precision f32", stdout);
    for (ptm_precision precision = PTM_BF16; precision <= PTM_INT8; precision++) {
        const char *instruction = ptm_precision_instruction(precision);
        if (!instruction) continue;
        const char *attention = report_precision(ptm_precision_attention(precision));
        printf(", %s by %s (attention in %s)", report_precision(precision), instruction, attention);
    }
    putchar('\n');
}

static enum exit_status info_of(const char *path, const struct options *options) {
    const struct option_list models = {.items = {path}, .count = path != NULL};
    struct engine engine;
    enum exit_status status = engine_open_models(&engine, &models);
    if (status != STATUS_GOOD) return status;
    ptm_model_info infos[MODALITY_COUNT];
    const int count = engine_get_infos(&engine, options_modalities(options), infos);
    status = print_parts(path, infos, count, options);
    if (status == STATUS_GOOD && options->format == FORMAT_TEXT) print_precisions();
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
