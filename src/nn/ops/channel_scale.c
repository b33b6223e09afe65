/* A map times one number per channel and image (squeeze and excite) or per image (stochastic
 * depth). */
#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_shape x = n->inputs[0]->shape, g = n->inputs[1]->shape;
    if (g.n != x.n || g.h != 1 || g.w != 1 || (g.c != x.c && g.c != 1))
        return sx_fail(err, SX_ERR_MISMATCH,
                       "scales of shape %dx%dx%dx%d do not fit a map of %dx%dx%dx%d", g.n, g.h, g.w,
                       g.c, x.n, x.h, x.w, x.c);
    n->shape = x;
    return true;
}

typedef struct scale_job {
    void *y;
    const void *x, *scales;
    sx_dtype dtype;
    sx_channel_scale_job job;
} scale_job;

static void rows(void *ctx, int64_t begin, int64_t end) {
    const scale_job *j = ctx;
    sx_kernels_get(j->dtype)->channel_scale(j->y, j->x, j->scales, &j->job, begin, end);
}

static void scale_channels(const sx_step *s, void *y, const void *x, bool add) {
    const sx_shape shape = s->out->shape;
    scale_job j = { y,
                    x,
                    s->inputs[1]->data,
                    s->out->dtype,
                    { shape.c, s->inputs[1]->shape.c, (int64_t)shape.h * shape.w, add } };
    sx_share_work(s->plan, sx_rows(shape), (double)sx_shape_count(shape) * 8, rows, &j);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    scale_channels(s, s->out->data, s->inputs[0]->data, false);
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    if (!sx_plan_training(p)) return true;
    s->state = sx_plan_alloc(p, 2 * (size_t)s->out->shape.c, sizeof(double));
    sx_plan_need_scratch(p, sx_reduce_scratch(p, s->out->shape.c));
    return s->state || sx_fail(err, SX_ERR_MEMORY, "out of memory");
}

typedef struct image {
    const void *g, *x;
    sx_dtype dtype;
    int c;
} image;

static void sum_products(void *ctx, double *part, int64_t begin, int64_t end) {
    const image *j = ctx;
    sx_kernels_get(j->dtype)->products(part, j->g, j->x, j->c, begin, end);
}

/* The gradient of image i's scales: the gradient of the output times the map, summed over places.
 */
static void back_scales(sx_step *s, int i, bool add) {
    const sx_shape x = s->out->shape;
    const int scale_count = s->inputs[1]->shape.c;
    const size_t size = sx_dtype_size(s->out->dtype),
                 at = (size_t)i * (size_t)x.h * (size_t)x.w * (size_t)x.c * size;
    image j = { (const char *)s->out->grad + at, (const char *)s->inputs[0]->data + at,
                s->out->dtype, x.c };
    double *sum = s->state;
    sx_reduce_rows(s, (int64_t)x.h * x.w, x.c, sum_products, &j, sum);
    for (int k = 1; scale_count == 1 && k < x.c; k++)
        sum[0] += sum[k];
    for (int k = 0; k < scale_count; k++) {
        const int64_t to = (int64_t)i * scale_count + k;
        float *full = s->inputs[1]->grad;
        uint16_t *half = s->inputs[1]->grad;
        if (s->inputs[1]->dtype == SX_F32)
            full[to] = (add ? full[to] : 0) + (float)sum[k];
        else
            half[to] = sx_f32_to_bf16((add ? sx_bf16_to_f32(half[to]) : 0) + (float)sum[k]);
    }
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    if (s->inputs[1]->grad) {
        const bool add = sx_grad_accumulates(s->inputs[1]);
        for (int i = 0; i < s->out->shape.n; i++)
            back_scales(s, i, add);
    }
    if (s->inputs[0]->grad)
        scale_channels(s, s->inputs[0]->grad, s->out->grad, sx_grad_accumulates(s->inputs[0]));
    return true;
}

const sx_op sx_op_channel_scale = { .name = "channel_scale",
                                    .saves = SX_SAVES_INPUTS,
                                    .infer = infer,
                                    .prepare = prepare,
                                    .forward = forward,
                                    .again = forward,
                                    .backward = backward };

sx_node *sx_channel_scale(sx_graph *g, sx_node *x, sx_node *scales) {
    sx_node *in[] = { x, scales };
    return sx_node_done(sx_node_begin(
        g, (sx_node_spec){ .op = &sx_op_channel_scale, .inputs = in, .input_count = 2 }));
}
