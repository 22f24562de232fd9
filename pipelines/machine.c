/* SPDX-License-Identifier: MIT */
/* machine: what this build of the library runs on this processor. */
#include "compute/attention.h"
#include "compute/gemm.h"
#include "compute/product.h"

#include <stdio.h>

const char *ptm_version(void) {
    return PTM_VERSION;
}

int ptm_processors(void) {
    return cpu_count();
}

const char *ptm_precision_instruction(ptm_precision precision) {
    const struct product *product = product_for(precision, cpu_detect());
    return product ? product->name : precision == PTM_F32 ? "" : NULL;
}

void ptm_kernels(char *text, size_t bytes) {
    static const ptm_precision reduced[] = {PTM_BF16, PTM_INT8};
    const enum cpu_level level = cpu_detect();
    size_t used = (size_t)snprintf(text, bytes, "%s", cpu_level_name(level));
    if (!kernels_for(level)->multiply && used < bytes)
        used += (size_t)snprintf(text + used, bytes - used, ", OpenBLAS for %s", gemm_kernels());
    for (size_t i = 0; i < sizeof reduced / sizeof *reduced; i++) {
        const struct product *product = product_for(reduced[i], level);
        if (!product || used >= bytes) continue;
        const ptm_precision attention = attention_for(kernels_for(level), product)->precision;
        used += (size_t)snprintf(text + used, bytes - used, ", %s by %s with attention in %s",
                                 product_precision_name(reduced[i]), product->name, product_precision_name(attention));
    }
}

ptm_precision ptm_precision_attention(ptm_precision layers) {
    const enum cpu_level level = cpu_detect();
    return attention_for(kernels_for(level), product_for(layers, level))->precision;
}
