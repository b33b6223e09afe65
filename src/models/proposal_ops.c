#include "models/proposal_ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/anchor_match.h"
#include "detect/proposals.h"
#include "detect/sample.h"
#include "models/proposal_onnx.h"
#include "nn/kernels/kernels.h"
#include "nn/op.h"
#include "nn/step.h"

static void fill_nan(float *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = NAN;
}

/* ---- proposals ---- */

sx_anchors sx_rpn_anchors(const sx_rpn_spec *a, const sx_shape *maps) {
    sx_anchors all = { .levels = a->levels };
    for (int k = 0; k < a->levels; k++)
        all.level[k] = sx_anchor_level_make(maps[k].h, maps[k].w, a->first_stride << k,
                                            (double)a->anchor * (1 << k), 1);
    return all;
}

static bool infer_proposals(sx_node *n, sx_error *err) {
    const sx_rpn_spec *a = n->attr;
    for (int k = 0; k < a->levels; k++) {
        const sx_shape l = n->inputs[k]->shape, d = n->inputs[a->levels + k]->shape;
        if (l.c != SX_ANCHOR_RATIOS || d.c != 4 * l.c || l.h != d.h || l.w != d.w || l.n != d.n)
            return sx_fail(err, SX_ERR_MISMATCH, "logits and deltas of level %d do not fit", k);
    }
    n->shape = (sx_shape){ n->inputs[0]->shape.n * a->most, 1, 1, 4 };
    return true;
}

static size_t padded(int64_t n) {
    return ((size_t)n * sizeof(float) + 63) / 64 * 64;
}

/* In bf16 the maps are converted into scratch first. */
static bool prepare_proposals(sx_plan *p, sx_step *s, sx_error *err) {
    size_t bytes = 0;
    for (int k = 0; k + 1 < s->input_count; k++)
        if (s->inputs[k]->dtype != SX_F32) bytes += padded(sx_shape_count(s->inputs[k]->shape));
    sx_plan_need_scratch(p, bytes);
    return s->inputs[s->input_count - 1]->dtype == SX_F32 ||
           sx_fail(err, SX_ERR_INTERNAL, "sizes must be f32");
}

static const float *as_f32(const sx_value *v, char **scratch) {
    if (v->dtype == SX_F32) return v->data;
    float *copy = (float *)(void *)*scratch;
    const int64_t n = sx_shape_count(v->shape);
    sx_kernels_get(v->dtype)->to_f32(copy, v->data, n);
    *scratch += padded(n);
    return copy;
}

static void forward_proposals(sx_step *s) {
    const sx_rpn_spec *a = s->node->attr;
    const float *sizes = s->inputs[s->input_count - 1]->data, *map[2 * SX_MAX_ANCHOR_LEVELS];
    sx_shape maps[SX_MAX_ANCHOR_LEVELS];
    char *scratch = sx_plan_scratch(s->plan);
    float *out = s->out->data;
    for (int k = 0; k < 2 * a->levels; k++)
        map[k] = as_f32(s->inputs[k], &scratch);
    for (int k = 0; k < a->levels; k++)
        maps[k] = s->inputs[k]->shape;
    const sx_anchors anchors = sx_rpn_anchors(a, maps);
    memset(out, 0, (size_t)sx_shape_count(s->out->shape) * sizeof *out);
    for (int i = 0; i < maps[0].n; i++, out += 4 * a->most) {
        sx_proposal_spec job = { .anchors = &anchors,
                                 .per_level = a->per_level,
                                 .most = a->most,
                                 .iou = a->iou,
                                 .width = sizes[2 * i],
                                 .height = sizes[2 * i + 1] };
        int count;
        for (int k = 0; k < a->levels; k++) {
            const int64_t n = sx_anchor_level_count(&anchors.level[k]);
            job.logits[k] = map[k] + i * n;
            job.deltas[k] = map[a->levels + k] + 4 * i * n;
        }
        if (!sx_propose(&job, (sx_box *)(void *)out, NULL, &count, NULL))
            fill_nan(out, 4 * (int64_t)a->most);
    }
}

static const sx_op op_proposals = { .name = "rpn_proposals",
                                    .flags = SX_TAKES_ANY | SX_GIVES_F32 | SX_CHOOSES,
                                    .infer = infer_proposals,
                                    .prepare = prepare_proposals,
                                    .forward = forward_proposals,
                                    .onnx = sx_rpn_proposals_onnx };

sx_node *sx_rpn_proposals(sx_graph *g, sx_node *const *logits, sx_node *const *deltas,
                          sx_node *sizes, const sx_rpn_spec *spec) {
    sx_node *in[2 * SX_MAX_ANCHOR_LEVELS + 1];
    for (int k = 0; k < spec->levels; k++) {
        in[k] = logits[k];
        in[spec->levels + k] = deltas[k];
    }
    in[2 * spec->levels] = sizes;
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &op_proposals,
                                                         .inputs = in,
                                                         .input_count = 2 * spec->levels + 1,
                                                         .attr = spec,
                                                         .attr_size = sizeof *spec }));
}

/* ---- the sample ---- */

static bool infer_sample(sx_node *n, sx_error *err) {
    const sx_roi_sample_spec *a = n->attr;
    const sx_shape p = n->inputs[0]->shape, t = n->inputs[1]->shape, d = n->inputs[2]->shape;
    if (p.c != 4 || t.c != 4 || d.c != 4 || d.n != t.n || p.n % t.n)
        return sx_fail(err, SX_ERR_MISMATCH, "proposals, true boxes and draws do not fit");
    n->shape = (sx_shape){ t.n * a->per_image, 1, 1, 4 };
    return true;
}

static bool is_box(sx_box b) {
    return b.x1 > b.x0 && b.y1 > b.y0;
}

static uint64_t key_of(const float *parts) {
    uint64_t key = 0;
    for (int k = 0; k < 4; k++)
        key |= (uint64_t)parts[k] << 16 * k;
    return key;
}

/* The boxes that are there, then the true ones; sampled by what they overlap. */
static bool sample_image(const sx_roi_sample_spec *a, const sx_box *proposals, int most,
                         const sx_box *truth, int cap, uint64_t draw, sx_box *out) {
    int n = 0, truths = 0;
    const size_t room = (size_t)most + (size_t)cap;
    sx_box *all = sx_calloc(room, sizeof *all);
    int *truth_of = sx_calloc(room, sizeof *truth_of);
    int8_t *label = sx_calloc(room, sizeof *label);
    sx_sample s = { .chosen = sx_calloc((size_t)a->per_image, sizeof *s.chosen) };
    bool ok = all && truth_of && label && s.chosen;
    for (int i = 0; ok && i < most && is_box(proposals[i]); i++)
        all[n++] = proposals[i];
    for (; ok && truths < cap && is_box(truth[truths]); truths++)
        all[n++] = truth[truths];
    const sx_anchor_match m = { .truth = truth,
                                .truths = truths,
                                .boxes = all,
                                .count = n,
                                .rule = { .low = a->iou, .high = a->iou } };
    ok = ok && sx_match_anchors(&m, truth_of, label, NULL) &&
         sx_sample_labels(label, n, a->per_image, (double)a->fraction, draw, &s, NULL);
    for (int i = 0; ok && i < s.count; i++)
        out[i] = all[s.chosen[i]];
    free(s.chosen);
    free(label);
    free(truth_of);
    free(all);
    return ok;
}

static void forward_sample(sx_step *s) {
    const sx_roi_sample_spec *a = s->node->attr;
    const int images = s->inputs[1]->shape.n, cap = s->inputs[1]->shape.h,
              most = s->inputs[0]->shape.n / images;
    const sx_box *proposals = s->inputs[0]->data, *truth = s->inputs[1]->data;
    const float *draw = s->inputs[2]->data;
    sx_box *out = s->out->data;
    memset(out, 0, (size_t)sx_shape_count(s->out->shape) * sizeof(float));
    for (int i = 0; i < images; i++) {
        sx_box *to = out + (int64_t)i * a->per_image;
        if (!sample_image(a, proposals + (int64_t)i * most, most, truth + (int64_t)i * cap, cap,
                          key_of(draw + 4 * i), to))
            fill_nan((float *)(void *)to, 4 * (int64_t)a->per_image);
    }
}

static bool prepare_sample(sx_plan *p, sx_step *s, sx_error *err) {
    (void)p;
    for (int k = 0; k < s->input_count; k++)
        if (s->inputs[k]->dtype != SX_F32)
            return sx_fail(err, SX_ERR_INTERNAL, "boxes and draws must be f32");
    return true;
}

static const sx_op op_sample = { .name = "roi_sample",
                                 .flags = SX_TAKES_ANY | SX_GIVES_F32 | SX_CHOOSES,
                                 .infer = infer_sample,
                                 .prepare = prepare_sample,
                                 .forward = forward_sample };

sx_node *sx_roi_sample(sx_graph *g, sx_node *proposals, sx_node *truth, sx_node *draw,
                       const sx_roi_sample_spec *spec) {
    sx_node *in[] = { proposals, truth, draw };
    return sx_node_done(sx_node_begin(g, (sx_node_spec){ .op = &op_sample,
                                                         .inputs = in,
                                                         .input_count = 3,
                                                         .attr = spec,
                                                         .attr_size = sizeof *spec }));
}
