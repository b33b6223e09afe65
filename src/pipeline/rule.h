/* The framework of the paper (Nguyen et al. 2021, section 2.3 and fig. 2): the classifiers'
 * ensemble decides whether a film is abnormal. This verdict decides which of the detector's boxes
 * are kept. */
#ifndef SX_PIPELINE_RULE_H
#define SX_PIPELINE_RULE_H

#include <stdbool.h>

#include "models/model.h"

/* 1 / (1 + e^-x), in float32 like the reference. */
float sx_sigmoid(float logit);

/* P(abnormal) of an ensemble: the sigmoid of the mean of the logits of the probabilities, each
 * clipped to [1e-6, 1 - 1e-6]. It is computed in float32, as in the authors'
 * ensemble_classifier.py. n >= 1. */
float sx_ensemble(const float *probabilities, int n);

typedef struct sx_rule {
    double threshold; /* c*: at or above it a film is abnormal */
    double keep;      /* minimum score of a box on a normal film */
} sx_rule;

static inline bool sx_rule_abnormal(const sx_rule *r, double probability) {
    return probability >= r->threshold;
}

/* An abnormal film keeps every box. Any other film keeps only boxes with a score >= keep. The order
 * does not change. Returns the number of boxes that were removed. */
int sx_rule_apply(const sx_rule *r, double probability, sx_detections *boxes);

#endif
