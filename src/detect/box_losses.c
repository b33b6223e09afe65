#include "detect/box_losses.h"

#include <math.h>
#include <stdbool.h>

static float sigmoid(float x) {
    return 1.0F / (1.0F + expf(-x));
}

/* log(1 + e^-|x|) + max(x, 0) - x t: never overflows */
static float bce(float x, float t) {
    return fmaxf(x, 0) - x * t + log1pf(expf(-fabsf(x)));
}

double sx_bce_sum(const float *logits, const float *targets, int64_t n, float scale, float *grad) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += (double)bce(logits[i], targets[i]);
        grad[i] += scale * (sigmoid(logits[i]) - targets[i]);
    }
    return sum;
}

double sx_focal_sum(const float *logits, const uint8_t *targets, int64_t n, float alpha,
                    float gamma, float scale, float *grad) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const float t = targets[i] ? 1.0F : 0.0F, p = sigmoid(logits[i]);
        const float ce = bce(logits[i], t), miss = targets[i] ? 1 - p : p;
        const float weight = targets[i] ? alpha : 1 - alpha, focus = powf(miss, gamma);
        sum += (double)(weight * focus * ce);
        /* d miss / d x = -+ p (1 - p), d ce / d x = p - t */
        const float slope = (targets[i] ? -1.0F : 1.0F) * p * (1 - p);
        const float dfocus = miss > 0 ? gamma * powf(miss, gamma - 1) * slope : 0;
        grad[i] += scale * weight * (focus * (p - t) + dfocus * ce);
    }
    return sum;
}

double sx_softmax_sum(const float *logits, const int *targets, int64_t rows, int classes,
                      float scale, float *grad) {
    double total = 0;
    for (int64_t r = 0; r < rows; r++, logits += classes, grad += classes) {
        if (targets[r] < 0) continue;
        float most = logits[0];
        double sum = 0;
        for (int c = 1; c < classes; c++)
            most = fmaxf(most, logits[c]);
        for (int c = 0; c < classes; c++)
            sum += exp((double)(logits[c] - most));
        total += log(sum) - (double)(logits[targets[r]] - most);
        for (int c = 0; c < classes; c++)
            grad[c] += scale * ((float)(exp((double)(logits[c] - most)) / sum) -
                                (c == targets[r] ? 1.0F : 0.0F));
    }
    return total;
}

typedef struct overlap {
    double iw, ih, inter, all, cw, ch, hull; /* intersection, union and smallest box around both */
} overlap;

static overlap overlap_of(sx_box a, sx_box b) {
    overlap o;
    o.iw = fmax((double)fminf(a.x1, b.x1) - (double)fmaxf(a.x0, b.x0), 0);
    o.ih = fmax((double)fminf(a.y1, b.y1) - (double)fmaxf(a.y0, b.y0), 0);
    o.inter = o.iw * o.ih;
    o.all = ((double)a.x1 - (double)a.x0) * ((double)a.y1 - (double)a.y0) +
            ((double)b.x1 - (double)b.x0) * ((double)b.y1 - (double)b.y0) - o.inter;
    o.cw = fmax((double)fmaxf(a.x1, b.x1) - (double)fminf(a.x0, b.x0), 0);
    o.ch = fmax((double)fmaxf(a.y1, b.y1) - (double)fminf(a.y0, b.y0), 0);
    o.hull = o.cw * o.ch;
    return o;
}

float sx_giou(sx_box a, sx_box b) {
    const overlap o = overlap_of(a, b);
    return (float)(o.inter / o.all - (o.hull - o.all) / o.hull);
}

/* L = 2 - I / U - U / C, so dL = -dI / U + dU (I / U^2 - 1 / C) + dC U / C^2 with dU = dA - dI. */
double sx_giou_loss(sx_box a, sx_box b, float scale, float grad[4]) {
    const overlap o = overlap_of(a, b);
    const double by_union = o.inter / (o.all * o.all) - 1 / o.hull,
                 by_inter = -1 / o.all - by_union;
    const double by_hull = o.all / (o.hull * o.hull);
    const double w = (double)a.x1 - (double)a.x0, h = (double)a.y1 - (double)a.y0;
    const double touch = o.inter > 0 ? by_inter : 0;
    grad[0] += scale * (float)(-h * by_union - (a.x0 > b.x0 ? o.ih * touch : 0) -
                               (a.x0 < b.x0 ? o.ch * by_hull : 0));
    grad[1] += scale * (float)(-w * by_union - (a.y0 > b.y0 ? o.iw * touch : 0) -
                               (a.y0 < b.y0 ? o.cw * by_hull : 0));
    grad[2] += scale * (float)(h * by_union + (a.x1 < b.x1 ? o.ih * touch : 0) +
                               (a.x1 > b.x1 ? o.ch * by_hull : 0));
    grad[3] += scale * (float)(w * by_union + (a.y1 < b.y1 ? o.iw * touch : 0) +
                               (a.y1 > b.y1 ? o.cw * by_hull : 0));
    return 2 - o.inter / o.all - o.all / o.hull;
}

double sx_smooth_l1_sum(const float *x, const float *target, int64_t n, float beta, float scale,
                        float *grad) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        const float d = x[i] - target[i], a = fabsf(d);
        const bool foot = a < beta;
        sum += foot ? 0.5 * (double)d * (double)d / (double)beta : (double)a - 0.5 * (double)beta;
        grad[i] += scale * (foot ? d / beta : d > 0 ? 1.0F : d < 0 ? -1.0F : 0.0F);
    }
    return sum;
}
