/* The tensors of weight files: named, dense, in C order (last dimension fastest), little endian.
 * The engine's own arrays are in src/nn. */
#ifndef SX_TENSOR_TENSOR_H
#define SX_TENSOR_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

enum { SX_MAX_DIMS = 8 };

typedef enum sx_dtype {
    SX_F32,
    SX_BF16,
    SX_F16,
    SX_F64,
    SX_I64,
    SX_I32,
    SX_I16,
    SX_I8,
    SX_U8,
    SX_BOOL,
    SX_DTYPES
} sx_dtype;

size_t sx_dtype_size(sx_dtype t);      /* bytes of one element */
const char *sx_dtype_name(sx_dtype t); /* safetensors' spelling: "F32", "BF16", ... */

typedef struct sx_tensor {
    const char *name; /* owned by the set that holds the tensor */
    sx_dtype dtype;
    int ndim; /* 0: a scalar */
    int64_t dims[SX_MAX_DIMS];
    const void *data; /* owned by the set, often in the bytes of its file; may be unaligned */
    size_t bytes;
    const char *file_name; /* if the set renamed it, the name in its file; otherwise NULL */
} sx_tensor;

static inline const char *sx_tensor_file_name(const sx_tensor *t) {
    return t->file_name ? t->file_name : t->name;
}

int64_t sx_tensor_count(const sx_tensor *t); /* elements; 1 for a scalar */
/* "64x3x7x7", "scalar"; into buf, which is returned */
const char *sx_tensor_shape(const sx_tensor *t, char *buf, size_t size);
/* For messages: its name, with " (in the file layer1.0.conv1.weight)" if the set renamed it; into
 * buf, which is returned */
enum { SX_TENSOR_NAMES = 224 };
const char *sx_tensor_names(const sx_tensor *t, char *buf, size_t size);

/* Converts elements [first, first + n) to f32 (F64 and integers are rounded). */
bool sx_tensor_to_f32(const sx_tensor *t, int64_t first, int64_t n, float *out,
                      sx_error *err) SX_MUST_USE;

static inline float sx_bf16_to_f32(uint16_t b) {
    union {
        uint32_t u;
        float f;
    } v = { .u = (uint32_t)b << 16 };
    return v.f;
}

/* Round to nearest even; NaN stays NaN. */
static inline uint16_t sx_f32_to_bf16(float f) {
    union {
        float f;
        uint32_t u;
    } v = { .f = f };
    if ((v.u & 0x7fffffffU) > 0x7f800000U) return (uint16_t)((v.u >> 16) | 0x40U);
    return (uint16_t)((v.u + 0x7fffU + ((v.u >> 16) & 1U)) >> 16);
}

#endif
