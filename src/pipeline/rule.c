#include "pipeline/rule.h"

#include <math.h>

float sx_sigmoid(float logit) {
    return 1.0F / (1.0F + expf(-logit));
}

static float clipped_logit(float p) {
    const float low = 1e-6F, high = (float)(1.0 - 1e-6);
    p = p < low ? low : p > high ? high : p;
    return logf(p / (1.0F - p));
}

float sx_ensemble(const float *p, int n) {
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += clipped_logit(p[i]);
    return sx_sigmoid(sum / (float)n);
}

sx_point sx_rule_point(const sx_rule *r, int label, double score) {
    if (r->kind != SX_RULE_POINTS) return SX_POINT_NONE;
    const sx_class_points *p = &r->points[label];
    /* a class without points has NaN, which no score reaches */
    return score >= p->specific    ? SX_POINT_SPECIFIC
           : score >= p->sensitive ? SX_POINT_SENSITIVE
                                   : SX_POINT_NONE;
}

bool sx_rule_lists(const sx_rule *r, bool normal, int label, double score) {
    if (r->kind == SX_RULE_ALL) return true;
    if (r->kind == SX_RULE_PAPER) return !normal || score >= r->keep;
    const bool has_point = !isnan(r->points[label].sensitive);
    if (has_point && sx_rule_point(r, label, score) < r->least) return false;
    return (has_point && !normal) || score >= r->keep;
}

bool sx_rule_gated(const sx_rule *r, int label, const double *probabilities) {
    if (!r->gates || !probabilities || r->gate_classes[label] < 0) return false;
    return probabilities[r->gate_classes[label]] < r->gates[label]; /* NaN: no */
}

bool sx_rule_keeps(const sx_rule *r, int labels) {
    for (int i = 0; r->kind == SX_RULE_POINTS && i < labels; i++)
        if (isnan(r->points[i].sensitive)) return true;
    return false;
}
