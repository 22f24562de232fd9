/* SPDX-License-Identifier: MIT */
/* The text of what a model says about itself. */
#include "report.h"

#include "text.h"

static void print_field(FILE *stream, const char *name, const char *text) {
    if (*text == '\0') return;
    fprintf(stream, "  %-10s", name);
    text_print(stream, text);
    fputc('\n', stream);
}

static void print_input(FILE *stream, const ptm_model_info *info) {
    fprintf(stream, "  %-10s", report_modality(info->modality));
    if (info->modality == PTM_VIDEO) {
        fprintf(stream, "%d frames of %d x %d", info->num_frames, info->image_size, info->image_size);
        if (info->frame_rate > 0)
            fprintf(stream, ", %g a second (windows of %g s)", info->frame_rate, info->window_seconds);
        else
            fputs(", spread over the file", stream);
    } else if (info->modality == PTM_IMAGE) {
        fprintf(stream, "%d x %d", info->image_size, info->image_size);
    } else {
        fprintf(stream, "%d Hz, %d mel bins x %d frames (windows of %g s)", info->sample_rate, info->num_mel_bins,
                info->target_length, info->window_seconds);
    }
    fputs("\n            input ", stream);
    for (int i = 0; i < info->input_rank; i++) fprintf(stream, "%s%d", i > 0 ? "x" : "", info->input_shape[i]);
    fprintf(stream, " -> %d tokens, %d of them protected\n", info->tokens, info->protected_tokens);
}

static void print_modality(FILE *stream, const ptm_model_info *info, bool labels) {
    print_input(stream, info);
    fprintf(stream, "            merging r %s, proportional attention %s\n", info->r, info->prop_attn ? "on" : "off");
    fprintf(stream, "            %.2f M parameters, %.3f GFLOP a window without merging\n",
            (double)info->parameters * 1e-6, info->gflop);
    if (info->precision != PTM_F32)
        fprintf(stream, "            linear layers stored in %s\n", report_precision(info->precision));
    fprintf(stream, "            %d labels, %s\n", info->num_labels, info->activation);
    for (int i = 0; labels && i < info->num_labels; i++) {
        fprintf(stream, "            %5d  ", i);
        text_print(stream, info->labels[i]);
        fputc('\n', stream);
    }
}

void report_text_info(FILE *stream, const ptm_model_info *infos, int count, bool labels) {
    print_field(stream, "model", infos->name);
    print_field(stream, "family", infos->family);
    print_field(stream, "licence", *infos->licence ? infos->licence : "not stated");
    print_field(stream, "source", infos->source);
    fprintf(stream, "  backbone  %d wide, %d blocks of %d heads, MLP %d wide\n", infos->embed_dim, infos->depth,
            infos->num_heads, infos->mlp_dim);
    for (int i = 0; i < count; i++) print_modality(stream, &infos[i], labels);
}

void report_text_precisions(FILE *stream) {
    fputs("  precision f32", stream);
    for (ptm_precision precision = PTM_BF16; precision <= PTM_INT8; precision++) {
        const char *instruction = ptm_precision_instruction(precision);
        if (!instruction) continue;
        const char *attention = report_precision(ptm_precision_attention(precision));
        fprintf(stream, ", %s by %s (attention in %s)", report_precision(precision), instruction, attention);
    }
    fputc('\n', stream);
}
