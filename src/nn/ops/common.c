#include "nn/ops/common.h"
#include "nn/plan.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/team.h"

bool sx_bn_affine(sx_plan *p, const sx_node *bn, float *scale, float *shift, sx_error *err) {
    sx_store *s = sx_plan_store(p);
    const sx_bn *a = bn->attr;
    const float *w = sx_store_f32(s, bn->params[SX_WEIGHT]),
                *b = sx_store_f32(s, bn->params[SX_BIAS]);
    const float *mean = sx_store_f32(s, bn->params[SX_MEAN]),
                *var = sx_store_f32(s, bn->params[SX_VAR]);
    if (!w || !b || !mean || !var)
        return sx_fail(err, SX_ERR_MEMORY, "no parameters of %s", bn->name);
    const double eps = a->eps > 0 ? (double)a->eps : 1e-5;
    for (int i = 0; i < bn->shape.c; i++) {
        double k = (double)w[i] / sqrt((double)var[i] + eps);
        scale[i] = (float)k;
        shift[i] = (float)((double)b[i] - (double)mean[i] * k);
    }
    return true;
}

float *sx_scaled_weights(const sx_plan *p, const float *w, const sx_param *param,
                         const float *scale) {
    int64_t out = param->dims[0], per = 1;
    for (int i = 1; i < param->ndim; i++)
        per *= param->dims[i];
    float *copy = sx_aligned_alloc((size_t)(out * per) * sizeof *copy);
    if (!copy) return NULL;
#pragma omp parallel for num_threads(sx_team_size(sx_plan_threads(p)))
    for (int64_t o = 0; o < out; o++)
        for (int64_t i = 0; i < per; i++)
            copy[o * per + i] = w[o * per + i] * scale[o];
    return copy;
}

static void *pack(sx_plan *p, const sx_packing *packing, const sx_param *param, const float *scale,
                  sx_error *err) {
    void *packed = sx_aligned_alloc(packing->bytes);
    float *converted = NULL;
    const float *w = sx_store_borrow(sx_plan_store(p), param, &converted);
    float *copy = w && scale ? sx_scaled_weights(p, w, param, scale) : NULL;
    bool ok = packed && w && (!scale || copy);
    if (!ok) sx_fail(err, SX_ERR_MEMORY, "out of memory for the weights %s", param->name);
    ok = ok && packing->pack(packing->ctx, copy ? copy : w, packed, err);
    sx_aligned_free(copy);
    sx_aligned_free(converted);
    if (ok) return packed;
    sx_aligned_free(packed);
    return NULL;
}

const void *sx_packed(sx_plan *p, const sx_packing *packing, const sx_param *param,
                      const sx_node *bn, const float *scale, sx_error *err) {
    sx_store *store = sx_plan_store(p);
    sx_str key = { 0 };
    sx_str_printf(&key, "%s|%s|%s", param->name, bn ? bn->name : "", packing->layout);
    if (!sx_str_ok(&key, err)) return NULL;
    const void *found = sx_store_packed(store, key.data);
    void *packed = found ? NULL : pack(p, packing, param, scale, err);
    if (packed) found = sx_store_add_packed(store, key.data, packed, err);
    sx_str_free(&key);
    return found;
}

static bool pack_for_prim(const void *prim, const float *w, void *packed, sx_error *err) {
    return sx_prim_pack(prim, w, packed, err);
}

const void *sx_packed_weights(sx_plan *p, const sx_prim *prim, const sx_param *param,
                              const sx_node *bn, const float *scale, sx_error *err) {
    const sx_packing packing = { sx_prim_weight_layout(prim), sx_prim_weight_bytes(prim),
                                 pack_for_prim, prim };
    return sx_packed(p, &packing, param, bn, scale, err);
}

/* Waking the other threads takes some microseconds, about as long as one core needs for so many
 * bytes. */
enum { BYTES_WORTH_SHARING = 1 << 15 };

void sx_share_work(const sx_plan *p, int64_t n, double bytes, sx_work_fn *fn, void *ctx) {
    int64_t parts = sx_plan_threads(p);
    if (parts > n) parts = n;
    if (parts <= 1 || bytes < BYTES_WORTH_SHARING || omp_in_parallel()) {
        fn(ctx, 0, n);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads((int)parts)
    for (int64_t t = 0; t < parts; t++)
        fn(ctx, n * t / parts, n * (t + 1) / parts);
}

typedef struct pair {
    sx_dtype dtype;
    void *y;
    const void *x;
} pair;

static void mask_range(void *ctx, int64_t begin, int64_t end) {
    pair *j = ctx;
    sx_kernels_get(j->dtype)->relu_mask(j->y, j->x, begin, end);
}

void *sx_step_grad(sx_step *s) {
    const int64_t n = sx_shape_count(s->out->shape);
    pair j = { s->out->dtype, s->out->grad, s->out->data };
    if (s->act == SX_ACT_RELU) sx_share_work(s->plan, n, (double)n * 8, mask_range, &j);
    return s->out->grad;
}

static void add_range(void *ctx, int64_t begin, int64_t end) {
    pair *j = ctx;
    sx_kernels_get(j->dtype)->accumulate(j->y, j->x, begin, end);
}

void sx_pass_grad(sx_step *s, sx_value *to, const void *g) {
    if (!to->grad || to->grad == g) return;
    const int64_t n = sx_shape_count(to->shape);
    pair j = { to->dtype, to->grad, g };
    if (sx_grad_accumulates(to))
        sx_share_work(s->plan, n, (double)n * 8, add_range, &j);
    else
        memcpy(to->grad, g, (size_t)n * sx_dtype_size(to->dtype));
}

size_t sx_reduce_scratch(const sx_plan *p, int64_t width) {
    return ((size_t)sx_plan_threads(p) + 1) * (size_t)width * sizeof(double);
}

void sx_reduce_rows(sx_step *s, int64_t rows, int64_t width, sx_reduce_fn *fn, void *ctx,
                    double *out) {
    const int64_t parts = sx_plan_threads(s->plan);
    double *part = sx_plan_scratch(s->plan);
    memset(part, 0, (size_t)(parts * width) * sizeof *part);
#pragma omp parallel for schedule(static, 1) num_threads((int)parts)
    for (int64_t t = 0; t < parts; t++)
        fn(ctx, part + t * width, rows * t / parts, rows * (t + 1) / parts);
    for (int64_t i = 0; i < width; i++) {
        out[i] = 0;
        for (int64_t t = 0; t < parts; t++)
            out[i] += part[t * width + i];
    }
}

typedef struct columns {
    sx_dtype dtype;
    const void *x;
    int c;
} columns;

static void sum_columns(void *ctx, double *part, int64_t begin, int64_t end) {
    const columns *j = ctx;
    sx_kernels_get(j->dtype)->column_sums(part, j->x, j->c, begin, end);
}

void sx_add_column_sums(sx_step *s, float *grad, const void *g, int64_t rows, int c,
                        const float *scale) {
    columns j = { s->out->dtype, g, c };
    /* the sums are stored behind the parts */
    double *sum = (double *)sx_plan_scratch(s->plan) + (int64_t)sx_plan_threads(s->plan) * c;
    sx_reduce_rows(s, rows, c, sum_columns, &j, sum);
    for (int i = 0; i < c; i++)
        grad[i] += (float)sum[i] * (scale ? scale[i] : 1.0F);
}
