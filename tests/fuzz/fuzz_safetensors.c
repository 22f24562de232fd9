/* SPDX-License-Identifier: MIT */
/* fuzz_safetensors: a weights file made of the input, walked from end to end. */
#include "fuzz.h"

#include "files/safetensors.h"

#include <string.h>

enum { MAX_CONVERTED = 16, MAX_ELEMENTS = 4096 };

/** Reads every byte of a tensor that can be converted. */
static void convert(const struct tensor *tensor) {
    float *out = malloc((tensor->elements + 1) * sizeof *out);
    FUZZ_ASSERT(out);
    ptm_error err = {0};
    const ptm_status status = fuzz_status(tensor_to_f32(tensor, out, &err), &err);
    FUZZ_ASSERT(status == (tensor->dtype == DTYPE_OTHER ? PTM_EMODEL : PTM_OK));
    free(out);
}

static void walk(const struct safetensors *st, const uint8_t *data, size_t bytes) {
    int converted = 0;
    size_t total = 0;
    for (size_t i = 0; i < safetensors_count(st); i++) {
        const struct tensor *tensor = safetensors_at(st, i);
        char text[64];
        FUZZ_ASSERT(safetensors_find(st, tensor->name) == tensor);
        FUZZ_ASSERT(i == 0 || strcmp(safetensors_at(st, i - 1)->name, tensor->name) < 0);
        FUZZ_ASSERT(tensor->rank >= 0 && tensor->rank <= TENSOR_MAX_RANK);
        FUZZ_ASSERT(strlen(tensor_shape_text(tensor, text, sizeof text)) < sizeof text);
        const uint8_t *begin = tensor->data;
        FUZZ_ASSERT(begin >= data && tensor->bytes <= bytes && (size_t)(begin - data) <= bytes - tensor->bytes);
        total += tensor->bytes;
        if (tensor->elements <= MAX_ELEMENTS && converted++ < MAX_CONVERTED) convert(tensor);
    }
    FUZZ_ASSERT(total <= bytes); /* tensors do not share bytes */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes > FUZZ_MAX_BYTES) return 0;
    struct safetensors *st;
    ptm_error err = {0};
    if (fuzz_status(safetensors_open_memory(&st, data, bytes, "input", FUZZ_MAX_BYTES, &err), &err) == PTM_OK) {
        walk(st, data, bytes);
        const char *format = safetensors_metadata(st, "format");
        FUZZ_ASSERT(!format || strlen(format) <= bytes);
    } else {
        FUZZ_ASSERT(!st);
    }
    safetensors_close(&st);
    return 0;
}

#ifdef POLYTOME_LIBFUZZER
/** libFuzzer's own mutation. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t bytes, size_t max_bytes);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t max_bytes, unsigned seed);

/** Three times in four only the JSON changes and its length is kept true, or few mutants would come as far as JSON. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t bytes, size_t max_bytes, unsigned seed) {
    uint64_t header = 0;
    if (bytes >= 8) memcpy(&header, data, 8);
    if (seed % 4 == 0 || bytes < 8 || header > bytes - 8) return LLVMFuzzerMutate(data, bytes, max_bytes);
    const size_t tail = bytes - 8 - (size_t)header;
    uint8_t *kept = malloc(tail + 1);
    if (!kept) return bytes;
    memcpy(kept, data + 8 + header, tail);
    header = LLVMFuzzerMutate(data + 8, (size_t)header, max_bytes - 8 - tail);
    memcpy(data, &header, 8);
    memcpy(data + 8 + header, kept, tail);
    free(kept);
    return 8 + (size_t)header + tail;
}
#endif
