#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_roi_align_spec *a = n->attr;
    sx_shape boxes = n->in[n->ins - 1]->shape, map = n->in[0]->shape;
    if (boxes.c != 4 || a->levels != n->ins - 1 || a->levels > 6 || a->per_image < 1 || map.c > 1024 ||
        sx_rows(boxes) != (int64_t)a->per_image * map.n)
        return sx_fail(err, SX_ERR_MISMATCH, "%lld boxes with %d numbers do not fit %d images",
                       (long long)sx_rows(boxes), boxes.c, map.n);
    n->shape = (sx_shape){ (int)sx_rows(boxes), a->size, a->size, map.c };
    return true;
}

static int log2_of(int stride) {
    int k = 0;
    while (1 << k < stride)
        k++;
    return k;
}

static void boxes(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    const sx_roi_align_spec *a = s->node->attr;
    sx_roi_job job = { .n = s->in[0]->shape.n,
                       .c = s->in[0]->shape.c,
                       .size = a->size,
                       .sampling_ratio = a->sampling_ratio,
                       .per_image = a->per_image,
                       .levels = a->levels,
                       .first_level = log2_of(a->min_stride) };
    for (int k = 0; k < a->levels; k++) {
        job.map[k] = s->in[k]->data;
        job.h[k] = s->in[k]->shape.h;
        job.w[k] = s->in[k]->shape.w;
        job.scale[k] = 1.0F / (float)(a->min_stride << k);
    }
    sx_kernels_get(s->out->dtype)->roi_align(s->out->data, s->in[a->levels]->data, &job, begin, end);
}

static void forward(sx_step *s) {
    sx_share_work(s->out->shape.n, (double)sx_shape_count(s->out->shape) * 16, boxes, s);
}

const sx_op sx_op_roi_align = {
    .name = "roi_align", .flags = SX_TAKES_ANY, .saves = SX_SAVES_INPUTS, .infer = infer, .forward = forward
};

sx_node *sx_roi_align(sx_graph *g, sx_node *const *features, sx_node *boxes_in, sx_roi_align_spec spec) {
    sx_node *in[8];
    for (int i = 0; i < spec.levels && i < 6; i++)
        in[i] = features[i];
    in[spec.levels < 6 ? spec.levels : 6] = boxes_in;
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_roi_align,
                                                         .in = in,
                                                         .ins = spec.levels + 1,
                                                         .attr = &spec,
                                                         .attr_size = sizeof spec }));
}
