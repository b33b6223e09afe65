/* Functions that several ops share. */
#ifndef SX_NN_OPS_COMMON_H
#define SX_NN_OPS_COMMON_H

#include "nn/dnnl.h"
#include "nn/kernels/kernels.h"
#include "nn/ops.h"
#include "nn/ops/attrs.h"
#include "nn/step.h"

/* A batch norm with running statistics as y = x * scale + shift. */
bool sx_bn_affine(sx_plan *p, const sx_node *bn, float *scale, float *shift,
                  sx_error *err) SX_MUST_USE;

/* The weights of `param`, each output channel times its scale; free with sx_aligned_free. NULL: out
 * of memory. */
float *sx_scaled_weights(const sx_plan *p, const float *w, const sx_param *param,
                         const float *scale) SX_MUST_USE;

/* The weights of one layer in a layout of their own. */
typedef bool sx_pack_fn(const void *ctx, const float *w, void *packed, sx_error *err);
typedef struct sx_packing {
    const char *layout; /* its name, distinct for each layout of `param` */
    size_t bytes;
    sx_pack_fn *pack;
    const void *ctx;
} sx_packing;

/* The packed weights of `param`, each output channel times its scale (NULL: 1). They are packed
 * once for all plans of the store; `bn` is part of the key. NULL on failure. */
const void *sx_packed(sx_plan *p, const sx_packing *packing, const sx_param *param,
                      const sx_node *bn, const float *scale, sx_error *err) SX_MUST_USE;
/* In the primitive's layout. */
const void *sx_packed_weights(sx_plan *p, const sx_prim *prim, const sx_param *param,
                              const sx_node *bn, const float *scale, sx_error *err) SX_MUST_USE;

/* fn(ctx, begin, end) over [0, n) on the plan's threads; only in the calling thread if the work
 * moves too few bytes to wake the others. */
typedef void sx_work_fn(void *ctx, int64_t begin, int64_t end);
void sx_share_work(const sx_plan *p, int64_t n, double bytes, sx_work_fn *fn, void *ctx);

/* ---- backward ---- */

/* The gradient of the output before the folded activation (the mask is applied in place). */
void *sx_step_grad(sx_step *s);
/* Writes or adds g, in the value's dtype, to the value's gradient, if it has one. */
void sx_pass_grad(sx_step *s, sx_value *to, const void *g);

/* out[i] = the sum over all rows of what fn adds to part[i]. Each thread has its own `part`; the
 * order of the additions depends only on the number of threads. Needs sx_reduce_scratch(p, width)
 * bytes of the plan's scratch. */
typedef void sx_reduce_fn(void *ctx, double *part, int64_t begin, int64_t end);
size_t sx_reduce_scratch(const sx_plan *p, int64_t width);
void sx_reduce_rows(sx_step *s, int64_t rows, int64_t width, sx_reduce_fn *fn, void *ctx,
                    double *out);

/* grad[c] += scale[c] (NULL: 1) * the sum of column c of g. */
void sx_add_column_sums(sx_step *s, float *grad, const void *g, int64_t rows, int c,
                        const float *scale);

#endif
