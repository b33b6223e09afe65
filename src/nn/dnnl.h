/* The only interface to oneDNN (v2 API): convolutions, matrix products and reorders of nhwc
 * arrays. */
#ifndef SX_NN_DNNL_H
#define SX_NN_DNNL_H

#include "nn/graph.h"

typedef struct sx_prim sx_prim;

typedef enum sx_prim_kind {
    SX_PRIM_FORWARD,
    SX_PRIM_BACKWARD_DATA,
    SX_PRIM_BACKWARD_WEIGHTS
} sx_prim_kind;

typedef struct sx_conv_desc {
    sx_prim_kind kind;
    sx_shape src, dst;
    int kernel, stride, pad, pad_end, groups;
    sx_dtype src_dtype, weight_dtype, dst_dtype;
    bool bias;    /* f32 [out] */
    bool add_dst; /* dst += (a sum post-op, before act) */
    sx_act act;   /* any but HARD_SIGMOID */
    bool inference;
} sx_conv_desc;

sx_prim *sx_prim_conv(const sx_conv_desc *d, sx_error *err) SX_MUST_USE;

/* C[batch][m][n] = A[batch][m][k] B[batch][k][n], any strides (in elements); B may be packed. */
typedef struct sx_matmul_desc {
    int64_t batch, m, n, k;
    int64_t a_stride[3], b_stride[3], c_stride[3]; /* batch, row, column */
    sx_dtype a_dtype, b_dtype, c_dtype;
    bool pack_b; /* b is a weight matrix in the layout of sx_prim_pack */
    bool bias;   /* f32 [n] */
    bool add_c;
    sx_act act;
} sx_matmul_desc;

sx_prim *sx_prim_matmul(const sx_matmul_desc *d, sx_error *err) SX_MUST_USE;

void sx_prim_free(sx_prim *p);
const char *sx_prim_kernel(const sx_prim *p);
size_t sx_prim_scratch(const sx_prim *p);

/* The layout in which the primitive takes its weights: bytes, and a text that identifies it. */
size_t sx_prim_weight_bytes(const sx_prim *p);
const char *sx_prim_weight_layout(const sx_prim *p);
/* Converts from the checkpoint's layout (convolution OIHW, matmul B as [n][k], f32) to that
 * layout. */
bool sx_prim_pack(const sx_prim *p, const float *weights, void *packed, sx_error *err) SX_MUST_USE;
/* The reverse, for the gradients of weights. */
bool sx_prim_unpack(const sx_prim *p, const void *packed, float *weights,
                    sx_error *err) SX_MUST_USE;

typedef struct sx_prim_args {
    const void *src, *weights, *bias;
    void *dst;
    void *scratch;
} sx_prim_args;

/* FORWARD writes dst. BACKWARD_DATA reads dst and writes `src`, BACKWARD_WEIGHTS writes `weights`
 * and `bias`, in spite of their const. Errors: SX_ERR_MEMORY, SX_ERR_INTERNAL, with oneDNN's
 * status. */
bool sx_prim_run(sx_prim *p, const sx_prim_args *a, sx_error *err) SX_MUST_USE;

#endif
