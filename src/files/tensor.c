/* SPDX-License-Identifier: MIT */
/* tensor: the values of one tensor, whatever its type in the file. */
#include "files/safetensors.h"

#include "base/bf16.h"

#include <stdio.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "weights are little-endian and used in place");

/* Conversion works on bits, so that infinities and NaN payloads pass unchanged. Both loops vectorise. */

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/** IEEE half to single precision, exact. */
static uint32_t widen_f16(uint32_t half) {
    const uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31u, mantissa = half & 0x3ffu;
    const uint32_t normal = (exponent + (127 - 15)) << 23 | mantissa << 13;
    const uint32_t special = 0x7f800000u | mantissa << 13;
    const uint32_t subnormal = float_bits((float)(int32_t)mantissa * 0x1p-24f);
    return sign | (exponent == 0 ? subnormal : exponent == 31 ? special : normal);
}

static void convert_f16(float *restrict out, const unsigned char *restrict data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, data + 2 * i, sizeof half);
        const uint32_t bits = widen_f16(half);
        memcpy(out + i, &bits, sizeof bits);
    }
}

static void convert_bf16(float *restrict out, const unsigned char *restrict data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, data + 2 * i, sizeof half);
        out[i] = bf16_to_float(half);
    }
}

/** To the nearest float, which is infinite where there is none. */
static void convert_f64(float *restrict out, const unsigned char *restrict data, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, data + sizeof value * i, sizeof value);
        out[i] = (float)value;
    }
}

ptm_status tensor_to_f32(const struct tensor *tensor, float *out, ptm_error *err) {
    switch (tensor->dtype) {
    case DTYPE_F32:
        if (tensor->bytes) memcpy(out, tensor->data, tensor->bytes);
        return PTM_OK;
    case DTYPE_F16: convert_f16(out, tensor->data, tensor->elements); return PTM_OK;
    case DTYPE_BF16: convert_bf16(out, tensor->data, tensor->elements); return PTM_OK;
    case DTYPE_F64: convert_f64(out, tensor->data, tensor->elements); return PTM_OK;
    case DTYPE_OTHER: break;
    }
    return error_set(err, PTM_EMODEL, "%s: tensor \"%.120s\" has dtype %s, where F32, F16, BF16 or F64 was expected",
                     tensor->path, tensor->name, tensor->dtype_name);
}

const char *tensor_shape_text(const struct tensor *tensor, char *text, size_t bytes) {
    size_t used = (size_t)snprintf(text, bytes, "[");
    for (int i = 0; i < tensor->rank && used < bytes; i++)
        used += (size_t)snprintf(text + used, bytes - used, "%s%lld", i ? "," : "", (long long)tensor->shape[i]);
    if (used < bytes) snprintf(text + used, bytes - used, "]");
    return text;
}
