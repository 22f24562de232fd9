/* SPDX-License-Identifier: MIT */
/* What both forms of a report share: the words, and which labels are shown. */
#include "report.h"

#include "text.h"

const char *report_modality(ptm_modality modality) {
    return modality == PTM_VIDEO ? "video" : modality == PTM_AUDIO ? "audio" : "image";
}

const char *report_precision(ptm_precision precision) {
    static const char *const names[] = {
        [PTM_F32] = "f32", [PTM_BF16] = "bf16", [PTM_INT8] = "int8", [PTM_FP16] = "fp16", [PTM_INT16] = "int16"};
    return precision == PTM_AUTO ? "auto" : names[precision];
}

const char *report_threads(char buffer[static REPORT_THREADS_BYTES], int threads) {
    if (threads == 0)
        snprintf(buffer, REPORT_THREADS_BYTES, "one thread a processor");
    else
        snprintf(buffer, REPORT_THREADS_BYTES, "%d thread%s", threads, text_plural(threads));
    return buffer;
}

const char *report_status_code(ptm_status status) {
    static const char *const codes[] = {[PTM_OK] = "OK",
                                        [PTM_EINVAL] = "EINVAL",
                                        [PTM_ENOMEM] = "ENOMEM",
                                        [PTM_EIO] = "EIO",
                                        [PTM_EFORMAT] = "EFORMAT",
                                        [PTM_EMODEL] = "EMODEL",
                                        [PTM_ELIMIT] = "ELIMIT",
                                        [PTM_ENODATA] = "ENODATA",
                                        [PTM_EINTERRUPTED] = "EINTERRUPTED",
                                        [PTM_EMISMATCH] = "EMISMATCH",
                                        [PTM_EINTERNAL] = "EINTERNAL"};
    return codes[status];
}

int report_count_labels(const struct report_style *style, const ptm_label *labels, int count) {
    const int most = style->top > 0 && style->top < count ? style->top : count;
    int shown = 0;
    while (shown < most && (double)labels[shown].score >= style->threshold) shown++;
    return shown;
}
