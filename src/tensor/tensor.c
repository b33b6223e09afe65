#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    size_t size;
} dtypes[SX_DTYPES] = {
    [SX_F32] = { "F32", 4 },   [SX_BF16] = { "BF16", 2 }, [SX_F16] = { "F16", 2 },
    [SX_F64] = { "F64", 8 },   [SX_I64] = { "I64", 8 },   [SX_I32] = { "I32", 4 },
    [SX_I16] = { "I16", 2 },   [SX_I8] = { "I8", 1 },     [SX_U8] = { "U8", 1 },
    [SX_BOOL] = { "BOOL", 1 },
};

size_t sx_dtype_size(sx_dtype t) {
    return dtypes[t].size;
}

const char *sx_dtype_name(sx_dtype t) {
    return dtypes[t].name;
}

int64_t sx_tensor_count(const sx_tensor *t) {
    int64_t n = 1;
    for (int i = 0; i < t->ndim; i++)
        n *= t->dims[i];
    return n;
}

const char *sx_tensor_shape(const sx_tensor *t, char *buf, size_t size) {
    if (size == 0) return "";
    snprintf(buf, size, "scalar");
    size_t at = 0;
    for (int i = 0; i < t->ndim && at < size; i++)
        at += (size_t)snprintf(buf + at, size - at, "%s%lld", i ? "x" : "", (long long)t->dims[i]);
    return buf;
}

const char *sx_tensor_names(const sx_tensor *t, char *buf, size_t size) {
    if (t->file_name)
        snprintf(buf, size, "%.100s (in the file %.100s)", t->name, t->file_name);
    else
        snprintf(buf, size, "%.100s", t->name);
    return buf;
}

/* IEEE binary16 */
static float f16_to_f32(uint16_t h) {
    uint32_t sign = (uint32_t)(h & 0x8000U) << 16, exponent = (h >> 10) & 31U,
             mantissa = h & 0x3ffU;
    union {
        uint32_t u;
        float f;
    } v;
    if (exponent == 31)
        v.u = sign | 0x7f800000U | mantissa << 13;
    else if (exponent)
        v.u = sign | (exponent + 112) << 23 | mantissa << 13;
    else {
        v.f = (float)mantissa * 5.9604644775390625e-8F; /* 2^-24 */
        v.u |= sign;
    }
    return v.f;
}

/* The address need not be aligned, so memcpy is used. */
#define CONVERT(type, expr)                                                                        \
    for (int64_t i = 0; i < n; i++) {                                                              \
        type v;                                                                                    \
        memcpy(&v, p + (size_t)i * sizeof v, sizeof v);                                            \
        out[i] = (float)(expr);                                                                    \
    }                                                                                              \
    return true

bool sx_tensor_to_f32(const sx_tensor *t, int64_t first, int64_t n, float *out, sx_error *err) {
    int64_t count = sx_tensor_count(t);
    if (first < 0 || n < 0 || first > count || n > count - first)
        return sx_fail(err, SX_ERR_USAGE, "tensor %s: elements %lld and %lld more of %lld", t->name,
                       (long long)first, (long long)n, (long long)count);
    const uint8_t *p = (const uint8_t *)t->data + (size_t)first * sx_dtype_size(t->dtype);
    switch (t->dtype) {
    case SX_F32:
        memcpy(out, p, (size_t)n * sizeof *out);
        return true;
    case SX_BF16:
        CONVERT(uint16_t, sx_bf16_to_f32(v));
    case SX_F16:
        CONVERT(uint16_t, f16_to_f32(v));
    case SX_F64:
        CONVERT(double, v);
    case SX_I64:
        CONVERT(int64_t, v);
    case SX_I32:
        CONVERT(int32_t, v);
    case SX_I16:
        CONVERT(int16_t, v);
    case SX_I8:
        CONVERT(int8_t, v);
    case SX_U8:
    case SX_BOOL:
        CONVERT(uint8_t, v);
    case SX_DTYPES:
        break;
    }
    return sx_fail(err, SX_ERR_INTERNAL, "tensor %s has no known number type", t->name);
}
