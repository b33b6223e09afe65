#include "models/synthetic_weights.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"

typedef struct rule {
    double offset, scale;
} rule;

static bool contains(const char *name, const char *part) {
    return strstr(name, part) != NULL;
}

/* Whether the name matches "(^|\.)suffix$". */
static bool ends_component(const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    return sx_ends_with(name, suffix) && (n == m || name[n - m - 1] == '.');
}

/* "...<prefix><digits><suffix>" at the end: head_series.3.class_logits.weight */
static bool ends_numbered(const char *name, const char *prefix, const char *suffix) {
    const char *at = strstr(name, prefix);
    for (; at; at = strstr(at + 1, prefix)) {
        const char *p = at + strlen(prefix), *digits = p;
        while (*p >= '0' && *p <= '9')
            p++;
        if (p > digits && strcmp(p, suffix) == 0) return true;
    }
    return false;
}

static rule weights(double gain, int64_t fan_in) {
    return (rule){ 0, sqrt(3.0 / (double)fan_in) * gain };
}

/* The gain of those parts of detectors that differ; 0: the default. */
static double detector_gain(const char *name) {
    static const struct {
        const char *suffix;
        double gain;
    } plain[] = {
        { "rpn_head.conv.weight", M_SQRT2 },
        { "rpn_head.objectness_logits.weight", 1 },
        { "rpn_head.anchor_deltas.weight", 0.3 },
        { "box_head.fc1.weight", M_SQRT2 },
        { "box_head.fc2.weight", M_SQRT2 },
        { "box_predictor.cls_score.weight", 0.4 },
        { "box_predictor.bbox_pred.weight", 0.5 },
        { "head.cls_score.weight", 0.5 },
        { "head.bbox_pred.weight", 0.3 },
        { "top_block.p6.weight", 1 },
        { "top_block.p7.weight", 1 },
    };
    if (ends_numbered(name, "head_series.", ".self_attn.out_proj.weight")) return 0.3;
    if (ends_numbered(name, "head_series.", ".linear2.weight")) return 0.3;
    if (ends_numbered(name, "head_series.", ".class_logits.weight")) return 4;
    if (ends_numbered(name, "head_series.", ".bboxes_delta.weight")) return 0.3;
    if (ends_numbered(name, "head.cls_subnet.", ".weight")) return M_SQRT2;
    if (ends_numbered(name, "head.bbox_subnet.", ".weight")) return M_SQRT2;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (sx_ends_with(name, plain[i].suffix)) return plain[i].gain;
    if (ends_numbered(name, "fpn_lateral", ".weight") ||
        ends_numbered(name, "fpn_output", ".weight"))
        return 1;
    return contains(name, "fpn.") ? 1 : 0;
}

/* The rules of RTMDet; false: another network's parameter, or none of these. */
static bool rtmdet_rule(const char *name, int64_t fan_in, rule *r) {
    static const char *const heads[] = { "bbox_head.cls_convs.", "bbox_head.reg_convs." };
    const bool backbone = contains(name, "backbone.stem.") || contains(name, "backbone.stage"),
               head = contains(name, heads[0]) || contains(name, heads[1]);
    if (ends_numbered(name, "rtm_cls.", ".weight"))
        *r = weights(1.2, fan_in);
    else if (ends_numbered(name, "rtm_cls.", ".bias"))
        *r = (rule){ -3.5, 0.5 };
    else if (ends_numbered(name, "rtm_reg.", ".weight"))
        *r = weights(0.9, fan_in);
    else if (ends_numbered(name, "rtm_reg.", ".bias"))
        *r = (rule){ 3.5, 0.5 };
    else if (head && sx_ends_with(name, ".0.bn.running_var"))
        *r = (rule){ 10, 3 };
    else if (sx_ends_with(name, "backbone.stem.0.conv.weight"))
        *r = weights(4, fan_in);
    else if (sx_ends_with(name, "backbone.stage4.1.conv2.conv.weight"))
        *r = weights(0.8, fan_in);
    else if (backbone && sx_ends_with(name, ".final_conv.conv.weight"))
        *r = weights(2.1, fan_in);
    else if (sx_ends_with(name, "attention.fc.weight"))
        *r = weights(2, fan_in);
    else if (sx_ends_with(name, "depthwise_conv.conv.weight"))
        *r = weights(1.3, fan_in);
    else if ((backbone || head || contains(name, "neck.")) && sx_ends_with(name, ".conv.weight"))
        *r = weights(1.42, fan_in);
    else if ((backbone || head || contains(name, "neck.")) && sx_ends_with(name, ".bn.bias"))
        *r = (rule){ 0.1, 0.3 };
    else
        return false;
    return true;
}

static rule rule_for(const char *name, int ndim, const int64_t *dims) {
    int64_t fan_in = 1;
    for (int i = 1; i < ndim; i++)
        fan_in *= dims[i];
    const double log99 = 4.59511985013458992685;
    rule own;
    if (rtmdet_rule(name, fan_in, &own)) return own;
    if (ends_component(name, "stem.0.weight") || ends_component(name, "stem.conv1.weight") ||
        ends_component(name, "conv_stem.weight") || ends_component(name, "features.0.0.weight"))
        return weights(M_SQRT2 / 64, fan_in);
    if (sx_ends_with(name, "layer_scale")) return (rule){ 0.5, 0.2 };
    if (sx_ends_with(name, "block.5.weight")) return weights(M_SQRT2, fan_in);
    if (sx_ends_with(name, "init_proposal_features.weight")) return (rule){ 0, 1 };
    if (sx_ends_with(name, "conv3.norm.weight")) return (rule){ 0.25, 0.05 };
    if (sx_ends_with(name, "num_batches_tracked")) return (rule){ 0, 0 };
    if (sx_ends_with(name, "running_mean")) return (rule){ 0, 0.1 };
    if (sx_ends_with(name, "running_var")) return (rule){ 1, 0.2 };
    if (sx_ends_with(name, "heads.0.weight")) return weights(4, fan_in);
    if (ends_numbered(name, "head_series.", ".class_logits.bias") ||
        sx_ends_with(name, "head.cls_score.bias"))
        return (rule){ -log99, 0.5 };
    if (sx_ends_with(name, "edge_weights")) return (rule){ 1, 0.5 };
    double gain = detector_gain(name);
    if (gain > 0) return weights(gain, fan_in);
    if (ndim == 4) return weights(M_SQRT2, fan_in);
    if (ndim >= 2) return weights(1, fan_in);
    if (sx_ends_with(name, "weight")) return (rule){ 1, 0.2 };
    return (rule){ 0, 0.1 };
}

void sx_synthetic_fill(const char *name, int ndim, const int64_t *dims, float *out) {
    int64_t n = 1;
    for (int i = 0; i < ndim; i++)
        n *= dims[i];
    const uint64_t key = sx_rng_key(name, 0);
    const rule u = rule_for(name, ndim, dims);
    const bool boxes =
        sx_ends_with(name, "init_proposal_boxes.weight"); /* (cx, cy, w, h) in each row */
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        double r = 2 * sx_rng_unit(key, (uint64_t)i) - 1;
        double offset = boxes ? ((i & 3) < 2 ? 0.5 : 0.4) : u.offset;
        double scale = boxes ? ((i & 3) < 2 ? 0.3 : 0.2) : u.scale;
        out[i] = (float)(offset + scale * r);
    }
}

sx_weights *sx_synthetic_weights(const sx_graph *g, sx_error *err) {
    sx_weights *w = sx_weights_new(err);
    for (size_t i = 0; w && i < sx_graph_param_count(g); i++) {
        const sx_param *p = sx_graph_param(g, i);
        bool counter = p->kind == SX_PARAM_COUNTER;
        void *data =
            sx_weights_add_empty(w, p->name, counter ? SX_I64 : SX_F32, p->ndim, p->dims, err);
        if (!data) {
            sx_weights_free(w);
            return NULL;
        }
        if (!counter) sx_synthetic_fill(p->name, p->ndim, p->dims, data);
    }
    return w;
}

sx_weights *sx_synthetic_model(const sx_network *net, sx_error *err) {
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 224, 224), SX_WHOLE, err);
    sx_weights *w = g ? sx_synthetic_weights(g, err) : NULL;
    const bool ok = w && sx_network_describe(net, w, err) &&
                    sx_weights_set_meta(w, "spinexr.note",
                                        "synthetic weights, not trained on radiographs", err) &&
                    sx_weights_set_meta(w, "spinexr.demonstration", "yes", err);
    sx_graph_free(g);
    if (ok) return w;
    sx_weights_free(w);
    return NULL;
}
