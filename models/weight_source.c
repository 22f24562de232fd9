/* SPDX-License-Identifier: MIT */
#include "models/weight_source.h"

#include "base/memory.h"

#include <string.h>

ptm_status weight_source_open(struct weight_source *source, const struct safetensors *files, ptm_error *err) {
    const size_t count = safetensors_count(files);
    source->files = files;
    source->values = mem_calloc(count, sizeof *source->values);
    source->converted = mem_calloc(count, sizeof *source->converted);
    source->used = mem_calloc(count, sizeof *source->used);
    if (source->values && source->converted && source->used) return PTM_OK;
    weight_source_close(source);
    return error_no_memory(err);
}

void weight_source_close(struct weight_source *source) {
    const size_t count = source->converted ? safetensors_count(source->files) : 0;
    for (size_t i = 0; i < count; i++)
        if (source->converted[i]) mem_free((void *)source->values[i]);
    mem_free(source->values);
    mem_free(source->converted);
    mem_free(source->used);
    memset(source, 0, sizeof *source);
}

/** Whether every value is finite: no exponent of all ones. */
static bool all_finite(const float *values, size_t count) {
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !found;
}

size_t weight_source_use(struct weight_source *source, const struct tensor *tensor) {
    const size_t index = (size_t)(tensor - safetensors_at(source->files, 0));
    source->used[index] = true;
    return index;
}

ptm_status weight_source_values(struct weight_source *source, const struct tensor *tensor, const float **values,
                                ptm_error *err) {
    const size_t index = weight_source_use(source, tensor);
    if (!source->values[index]) {
        if (tensor->dtype == DTYPE_F32 && (uintptr_t)tensor->data % sizeof(float) == 0) {
            source->values[index] = tensor->data;
        } else {
            float *copy = mem_alloc(tensor->elements, sizeof *copy);
            if (!copy) return error_no_memory(err);
            source->values[index] = copy;
            source->converted[index] = true;
            TRY(tensor_to_f32(tensor, copy, err));
        }
        if (!source->packed && !all_finite(source->values[index], tensor->elements))
            return error_set(err, PTM_EMODEL, "%s: tensor \"%s\" holds values that are not finite numbers",
                             safetensors_path(source->files), tensor->name);
    }
    *values = source->values[index];
    return PTM_OK;
}
