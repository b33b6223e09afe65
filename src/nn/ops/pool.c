/* Max and average pooling over windows, and the average over the whole map. */
#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_pool *a = n->attr;
    sx_shape x = n->inputs[0]->shape;
    int whole = 2 * a->pad + a->pad_more - a->kernel;
    if (a->kernel < 1 || a->stride < 1 || a->pad * 2 > a->kernel || x.h + whole < 0 ||
        x.w + whole < 0)
        return sx_fail(err, SX_ERR_VALUE, "window %d, stride %d, padding %d do not fit %dx%d",
                       a->kernel, a->stride, a->pad, x.h, x.w);
    n->shape = (sx_shape){ x.n, (x.h + whole) / a->stride + 1, (x.w + whole) / a->stride + 1, x.c };
    return true;
}

static sx_pool_job job_of(const sx_step *s) {
    const sx_pool *a = s->node->attr;
    return (sx_pool_job){ s->inputs[0]->shape, s->out->shape, a->kernel, a->stride, a->pad };
}

static void max_lines(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_pool_job job = job_of(s);
    sx_kernels_get(s->out->dtype)->max_pool(s->out->data, s->inputs[0]->data, &job, begin, end);
}

static void avg_lines(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_pool_job job = job_of(s);
    sx_kernels_get(s->out->dtype)->avg_pool(s->out->data, s->inputs[0]->data, &job, begin, end);
}

static void share(sx_step *s, sx_work_fn *fn) {
    sx_share_work(s->plan, (int64_t)s->out->shape.n * s->out->shape.h,
                  (double)sx_shape_count(s->inputs[0]->shape) * 4, fn, s);
}

static bool max_forward(sx_step *s, sx_error *err) {
    (void)err;
    share(s, max_lines);
    return true;
}
static bool avg_forward(sx_step *s, sx_error *err) {
    (void)err;
    share(s, avg_lines);
    return true;
}

static void max_images(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_pool_job job = job_of(s);
    for (int64_t i = begin; i < end; i++)
        sx_kernels_get(s->out->dtype)
            ->max_pool_back(s->inputs[0]->grad, s->out->grad, s->inputs[0]->data, &job, (int)i);
}

static bool max_backward(sx_step *s, sx_error *err) {
    (void)err;
    sx_value *x = s->inputs[0];
    if (!x->grad) return true;
    const int64_t n = sx_shape_count(x->shape);
    if (!sx_grad_accumulates(x)) memset(x->grad, 0, (size_t)n * sx_dtype_size(x->dtype));
    sx_share_work(s->plan, x->shape.n, (double)n * 4, max_images, s);
    return true;
}

typedef struct avg_job {
    sx_step *s;
    bool add;
} avg_job;

static void avg_back_lines(void *ctx, int64_t begin, int64_t end) {
    avg_job *j = ctx;
    sx_pool_job job = job_of(j->s);
    sx_kernels_get(j->s->out->dtype)
        ->avg_pool_back(j->s->inputs[0]->grad, j->s->out->grad, &job, j->add, begin, end);
}

static bool avg_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_pool *a = s->node->attr;
    if (sx_plan_training(p) && (a->kernel != a->stride || a->pad || a->pad_more))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "average pooling with overlap or padding cannot be trained");
    return true;
}

static bool avg_backward(sx_step *s, sx_error *err) {
    (void)err;
    sx_value *x = s->inputs[0];
    if (!x->grad) return true;
    avg_job j = { s, sx_grad_accumulates(x) };
    sx_share_work(s->plan, (int64_t)x->shape.n * x->shape.h, (double)sx_shape_count(x->shape) * 4,
                  avg_back_lines, &j);
    return true;
}

static bool infer_global(sx_node *n, sx_error *err) {
    (void)err;
    n->shape = (sx_shape){ n->inputs[0]->shape.n, 1, 1, n->inputs[0]->shape.c };
    return true;
}

static int64_t pixels_of(const sx_step *s) {
    return (int64_t)s->inputs[0]->shape.h * s->inputs[0]->shape.w;
}

static void global_blocks(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_kernels_get(s->out->dtype)
        ->block_sums(sx_plan_scratch(s->plan), s->inputs[0]->data, pixels_of(s), s->out->shape.c,
                     begin, end);
}

static bool global_prepare(sx_plan *p, sx_step *s, sx_error *err) {
    (void)err;
    sx_plan_need_scratch(p, (size_t)(s->out->shape.n * sx_sum_blocks(pixels_of(s))) *
                                (size_t)s->out->shape.c * sizeof(float));
    return true;
}

static bool global_forward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_shape y = s->out->shape;
    const int64_t blocks = sx_sum_blocks(pixels_of(s));
    const size_t row = (size_t)y.c * sx_dtype_size(s->out->dtype);
    float *sums = sx_plan_scratch(s->plan);
    sx_share_work(s->plan, y.n * blocks, (double)sx_shape_count(s->inputs[0]->shape) * 4,
                  global_blocks, s);
    for (int i = 0; i < y.n; i++)
        sx_kernels_get(s->out->dtype)
            ->mean_of_sums((char *)s->out->data + (size_t)i * row, sums + i * blocks * y.c,
                           pixels_of(s), y.c);
    return true;
}

static bool global_backward(sx_step *s, sx_error *err) {
    (void)err;
    sx_value *x = s->inputs[0];
    if (!x->grad) return true;
    const bool add = sx_grad_accumulates(x);
    const size_t size = sx_dtype_size(x->dtype),
                 image = (size_t)x->shape.h * (size_t)x->shape.w * (size_t)x->shape.c * size;
    for (int i = 0; i < x->shape.n; i++)
        sx_kernels_get(x->dtype)->global_avg_back(
            (char *)x->grad + (size_t)i * image,
            (const char *)s->out->grad + (size_t)i * (size_t)x->shape.c * size,
            (int64_t)x->shape.h * x->shape.w, x->shape.c, add);
    return true;
}

const sx_op sx_op_max_pool = { .name = "max_pool",
                               .saves = SX_SAVES_INPUTS,
                               .infer = infer,
                               .forward = max_forward,
                               .backward = max_backward };
static bool is_mean(const sx_node *n) {
    const sx_pool *a = n->attr;
    return !a->pad && !a->pad_more && a->kernel == a->stride;
}

const sx_op sx_op_avg_pool = { .name = "avg_pool",
                               .is_mean = is_mean,
                               .infer = infer,
                               .prepare = avg_prepare,
                               .forward = avg_forward,
                               .backward = avg_backward };
const sx_op sx_op_global_avg_pool = { .name = "global_avg_pool",
                                      .infer = infer_global,
                                      .prepare = global_prepare,
                                      .forward = global_forward,
                                      .backward = global_backward };

sx_node *sx_max_pool(sx_graph *g, sx_node *x, sx_pool pool) {
    return sx_node_simple(g, &sx_op_max_pool, x, &pool, sizeof pool);
}
sx_node *sx_avg_pool(sx_graph *g, sx_node *x, sx_pool pool) {
    return sx_node_simple(g, &sx_op_avg_pool, x, &pool, sizeof pool);
}
sx_node *sx_global_avg_pool(sx_graph *g, sx_node *x) {
    return sx_node_simple(g, &sx_op_global_avg_pool, x, NULL, 0);
}
