/* SPDX-License-Identifier: MIT */
/* What pictures of every kind share: the way in, the legend, and the way out. */
#include "base/memory.h"
#include "files/replace.h"
#include "pipelines/explain.h"

#include <stdio.h>

ptm_status explain_open_media(struct explain *explain, unsigned use, ptm_error *err) {
    const struct media_options options = run_media_options(&explain->run, use);
    media_close(&explain->media);
    return media_open(&explain->media, explain->path, &options, err);
}

static ptm_status best_label(char *item, const struct tally *tally, ptm_error *err) {
    ptm_label *labels = mem_alloc((size_t)tally->network->config.num_labels, sizeof *labels);
    if (!labels) return error_no_memory(err);
    tally_labels(tally, labels);
    snprintf(item, FIGURE_TEXT, "%s %d%%", labels[0].name, (int)(100 * labels[0].score + 0.5F));
    mem_free(labels);
    return PTM_OK;
}

ptm_status explain_legend(char (*items)[FIGURE_TEXT], const struct lane *lane, const struct tally *tally,
                          ptm_error *err) {
    const int *tokens = lane->vit.windows->tokens, in = tokens[0], out = tokens[lane->network->config.depth];
    TRY(best_label(items[0], tally, err));
    snprintf(items[1], FIGURE_TEXT, "%d -> %d tokens", in, out);
    snprintf(items[2], FIGURE_TEXT, "r %s", lane->r);
    snprintf(items[3], FIGURE_TEXT, "%s", lane->network->name);
    return PTM_OK;
}

ptm_status explain_write_figure(struct explain *explain, const struct figure *figure, ptm_error *err) {
    void *data;
    size_t bytes;
    TRY(explain->format == EXPLAIN_SVG ? figure_svg(figure, &data, &bytes, err)
                                       : figure_png(figure, &data, &bytes, err));
    const struct piece piece = {data, bytes};
    const ptm_status status = replace_file(explain->output, &piece, 1, NULL, NULL, err);
    mem_free(data);
    explain->report.width = figure->width;
    explain->report.height = figure->height;
    return status;
}
