#include <string.h>

#include "nn/ops/common.h"

static bool infer(sx_node *n, sx_error *err) {
    const sx_roi_align_spec *a = n->attr;
    sx_shape boxes = n->inputs[n->input_count - 1]->shape, map = n->inputs[0]->shape;
    if (boxes.c != 4 || a->levels != n->input_count - 1 || a->levels > 6 || a->per_image < 1 ||
        map.c > 1024 || sx_rows(boxes) != (int64_t)a->per_image * map.n)
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

static sx_roi_job job_of(const sx_step *s) {
    const sx_roi_align_spec *a = s->node->attr;
    sx_roi_job job = { .n = s->inputs[0]->shape.n,
                       .c = s->inputs[0]->shape.c,
                       .size = a->size,
                       .sampling_ratio = a->sampling_ratio,
                       .per_image = a->per_image,
                       .levels = a->levels,
                       .first_level = log2_of(a->min_stride) };
    for (int k = 0; k < a->levels; k++) {
        job.map[k] = s->inputs[k]->data;
        job.h[k] = s->inputs[k]->shape.h;
        job.w[k] = s->inputs[k]->shape.w;
        job.scale[k] = 1.0F / (float)(a->min_stride << k);
    }
    return job;
}

static void boxes(void *ctx, int64_t begin, int64_t end) {
    sx_step *s = ctx;
    sx_roi_job job = job_of(s);
    sx_kernels_get(s->out->dtype)
        ->roi_align(s->out->data, s->inputs[job.levels]->data, &job, begin, end);
}

static bool forward(sx_step *s, sx_error *err) {
    (void)err;
    sx_share_work(s->plan, s->out->shape.n, (double)sx_shape_count(s->out->shape) * 16, boxes, s);
    return true;
}

/* Boxes overlap, so the threads divide the channels among them, and every sum has one order. bf16
 * gradients are summed in f32. */
typedef struct back_job {
    sx_step *s;
    sx_roi_job job;
    float *map;
    int image, level;
} back_job;

static void channels(void *ctx, int64_t begin, int64_t end) {
    back_job *j = ctx;
    sx_kernels_get(j->s->out->dtype)
        ->roi_align_back(j->map, j->s->out->grad, j->s->inputs[j->job.levels]->data, &j->job,
                         j->image, j->level, (int)begin * 16, (int)end * 16);
}

/* Lines of a map in bf16 and in f32. */
typedef struct lines {
    uint16_t *half;
    float *wide;
    int64_t line;
} lines;

static void widen(void *ctx, int64_t begin, int64_t end) {
    const lines *l = ctx;
    sx_kernels_get(SX_BF16)->to_f32(l->wide + begin * l->line, l->half + begin * l->line,
                                    (end - begin) * l->line);
}

static void narrow(void *ctx, int64_t begin, int64_t end) {
    const lines *l = ctx;
    sx_kernels_get(SX_BF16)->from_f32(l->half + begin * l->line, l->wide + begin * l->line,
                                      (end - begin) * l->line);
}

static void back_map(sx_step *s, int level, int image) {
    sx_value *map = s->inputs[level];
    const int64_t line = (int64_t)map->shape.w * map->shape.c, count = map->shape.h * line;
    const bool half = map->dtype == SX_BF16;
    char *grad = (char *)map->grad + (size_t)(image * count) * sx_dtype_size(map->dtype);
    back_job j = { s, job_of(s), half ? sx_plan_scratch(s->plan) : (void *)grad, image, level };
    int first, end;
    sx_kernels_get(map->dtype)
        ->roi_lines(s->inputs[j.job.levels]->data, &j.job, image, level, &first, &end);
    if (first == end) return;
    lines l = { (uint16_t *)(void *)grad + first * line, j.map + first * line, line };
    const double bytes = (double)((end - first) * line) * 6;
    if (half) sx_share_work(s->plan, end - first, bytes, widen, &l);
    sx_share_work(s->plan, map->shape.c / 16, 1e9, channels, &j);
    if (half) sx_share_work(s->plan, end - first, bytes, narrow, &l);
}

static bool backward(sx_step *s, sx_error *err) {
    (void)err;
    const sx_roi_align_spec *a = s->node->attr;
    for (int k = 0; k < a->levels; k++) {
        sx_value *map = s->inputs[k];
        if (!map->grad) continue;
        if (!sx_grad_accumulates(map))
            memset(map->grad, 0, (size_t)sx_shape_count(map->shape) * sx_dtype_size(map->dtype));
        for (int i = 0; i < map->shape.n; i++)
            back_map(s, k, i);
    }
    return true;
}

static bool prepare(sx_plan *p, sx_step *s, sx_error *err) {
    const sx_shape map = s->inputs[0]->shape;
    if (s->inputs[s->input_count - 1]->dtype != SX_F32)
        return sx_fail(err, SX_ERR_INTERNAL, "boxes must be f32");
    if (!sx_plan_training(p)) return true;
    if (map.c % 16)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%d channels are not a multiple of 16", map.c);
    if (s->out->dtype == SX_BF16)
        sx_plan_need_scratch(p, (size_t)map.h * (size_t)map.w * (size_t)map.c * sizeof(float));
    return true;
}

const sx_op sx_op_roi_align = { .name = "roi_align",
                                .flags = SX_TAKES_ANY | SX_PREFERS_LAST_F32,
                                .saves = SX_SAVES_LAST,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward,
                                .backward = backward };

sx_node *sx_roi_align(sx_graph *g, sx_node *const *features, sx_node *boxes_in,
                      sx_roi_align_spec spec) {
    sx_node *in[8];
    for (int i = 0; i < spec.levels && i < 6; i++)
        in[i] = features[i];
    in[spec.levels < 6 ? spec.levels : 6] = boxes_in;
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &sx_op_roi_align,
                                                         .inputs = in,
                                                         .input_count = spec.levels + 1,
                                                         .attr = &spec,
                                                         .attr_size = sizeof spec }));
}
