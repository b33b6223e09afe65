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

int sx_rule_apply(const sx_rule *r, double probability, sx_detections *boxes) {
    if (sx_rule_abnormal(r, probability)) return 0;
    int kept = 0;
    for (int i = 0; i < boxes->count; i++)
        if ((double)boxes->items[i].score >= r->keep) boxes->items[kept++] = boxes->items[i];
    int dropped = boxes->count - kept;
    boxes->count = kept;
    return dropped;
}
