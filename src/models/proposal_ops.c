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

/* ---- proposals ---- */

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

/* In bf16 the maps are first converted into the scratch. */
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

static bool forward_proposals(sx_step *s, sx_error *err) {
    const sx_rpn_spec *a = s->node->attr;
    const float *sizes = s->inputs[s->input_count - 1]->data,
                *map[2 * SX_MAX_ANCHOR_LEVELS] = { 0 };
    sx_shape maps[SX_MAX_ANCHOR_LEVELS] = { 0 };
    char *scratch = sx_plan_scratch(s->plan);
    float *out = s->out->data;
    for (int k = 0; k < 2 * a->levels; k++)
        map[k] = as_f32(s->inputs[k], &scratch);
    for (int k = 0; k < a->levels; k++)
        maps[k] = s->inputs[k]->shape;
    const sx_anchors anchors = sx_rpn_anchors(a, maps);
    memset(out, 0, (size_t)sx_shape_count(s->out->shape) * sizeof *out);
    for (int i = 0; i < maps[0].n; i++, out += (size_t)4 * a->most) {
        sx_proposal_spec job = { .anchors = &anchors,
                                 .per_level = a->per_level,
                                 .most = a->most,
                                 .iou = a->iou,
                                 .width = sizes[2 * i],
                                 .height = sizes[2 * i + 1] };
        int count;
        for (int k = 0; k < a->levels; k++) {
            const int64_t n = sx_anchor_level_count(&anchors.levels[k]);
            job.logits[k] = map[k] + i * n;
            job.deltas[k] = map[a->levels + k] + 4 * (i * n);
        }
        if (!sx_propose(&job, (sx_box *)(void *)out, NULL, &count, err)) return false;
    }
    return true;
}

static const sx_op op_proposals = { .name = "rpn_proposals",
                                    .flags =
                                        SX_TAKES_ANY | SX_PREFERS_F32 | SX_GIVES_F32 | SX_CHOOSES,
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

/* Work arrays of sample_image. */
typedef struct sample_room {
    sx_box *all; /* [proposals + true boxes] */
    int *truth_of;
    int8_t *label;
    int *chosen; /* [per_image] */
} sample_room;

static bool open_room(sample_room *r, size_t boxes, size_t chosen, sx_error *err) {
    *r = (sample_room){ .all = sx_calloc_for(boxes, sizeof *r->all, "a sample", err) };
    if (r->all) r->truth_of = sx_calloc_for(boxes, sizeof *r->truth_of, "a sample", err);
    if (r->truth_of) r->label = sx_calloc_for(boxes, sizeof *r->label, "a sample", err);
    if (r->label) r->chosen = sx_calloc_for(chosen, sizeof *r->chosen, "a sample", err);
    return r->chosen != NULL;
}

static void close_room(sample_room *r) {
    free(r->all);
    free(r->truth_of);
    free(r->label);
    free(r->chosen);
}

/* The boxes of one image. A list ends at its first empty box or at its capacity. */
typedef struct sample_source {
    const sx_box *proposals, *truth;
    int proposals_cap, truth_cap;
    uint64_t draw;
} sample_source;

/* Samples from the proposals and the true boxes by their overlaps with the true boxes. */
static bool sample_image(const sx_roi_sample_spec *a, const sample_source *from, sample_room *room,
                         sx_box *out, sx_error *err) {
    int count = 0, truth_count = 0;
    for (int i = 0; i < from->proposals_cap && is_box(from->proposals[i]); i++)
        room->all[count++] = from->proposals[i];
    for (; truth_count < from->truth_cap && is_box(from->truth[truth_count]); truth_count++)
        room->all[count++] = from->truth[truth_count];
    const sx_anchor_match m = { .truth = from->truth,
                                .truth_count = truth_count,
                                .boxes = room->all,
                                .count = count,
                                .rule = { .low = a->iou, .high = a->iou } };
    sx_sample s = { .chosen = room->chosen };
    if (!sx_match_anchors(&m, room->truth_of, room->label, err) ||
        !sx_sample_labels(room->label, count, a->per_image, (double)a->fraction, from->draw, &s,
                          err))
        return false;
    for (int i = 0; i < s.count; i++)
        out[i] = room->all[s.chosen[i]];
    return true;
}

static bool forward_sample(sx_step *s, sx_error *err) {
    const sx_roi_sample_spec *a = s->node->attr;
    const int images = s->inputs[1]->shape.n, cap = s->inputs[1]->shape.h,
              most = s->inputs[0]->shape.n / images;
    const sx_box *proposals = s->inputs[0]->data, *truth = s->inputs[1]->data;
    const float *draw = s->inputs[2]->data;
    sx_box *out = s->out->data;
    sample_room room;
    memset(out, 0, (size_t)sx_shape_count(s->out->shape) * sizeof(float));
    bool ok = open_room(&room, (size_t)most + (size_t)cap, (size_t)a->per_image, err);
    for (int i = 0; ok && i < images; i++) {
        const sample_source from = { proposals + (int64_t)i * most, truth + (int64_t)i * cap, most,
                                     cap, key_of(draw + 4 * i) };
        ok = sample_image(a, &from, &room, out + (int64_t)i * a->per_image, err);
    }
    close_room(&room);
    return ok;
}

static bool prepare_sample(sx_plan *p, sx_step *s, sx_error *err) {
    (void)p;
    for (int k = 0; k < s->input_count; k++)
        if (s->inputs[k]->dtype != SX_F32)
            return sx_fail(err, SX_ERR_INTERNAL, "boxes and draws must be f32");
    return true;
}

static const sx_op op_sample = { .name = "roi_sample",
                                 .flags = SX_TAKES_ANY | SX_PREFERS_F32 | SX_GIVES_F32 | SX_CHOOSES,
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
