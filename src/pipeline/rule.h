/* The framework of the paper (Nguyen et al. 2021, section 2.3 and fig. 2): the classifiers'
 * ensemble decides whether a film is abnormal, and a rule turns the detector's boxes into
 * findings. */
#ifndef SX_PIPELINE_RULE_H
#define SX_PIPELINE_RULE_H

#include <stdbool.h>

#include "models/weights_use.h"
#include "spinexr/types.h"

/* 1 / (1 + e^-x), in float32 like the reference. */
float sx_sigmoid(float logit);

/* P(abnormal) of an ensemble: the sigmoid of the mean of the logits of the probabilities, each
 * clipped to [1e-6, 1 - 1e-6]. It is computed in float32, as in the authors'
 * ensemble_classifier.py. n >= 1. */
float sx_ensemble(const float *probabilities, int n);

/* c* of the paper: Youden's J of the authors' ensemble on their test set (their code; the paper
 * gives no number). And its minimum score of a box on a normal film. */
static const double sx_paper_threshold = 0.2808, sx_paper_keep = 0.5;

typedef struct sx_rule {
    sx_rule_kind kind;             /* POINTS only with `points` */
    double threshold;              /* c*: at or above it a film is abnormal */
    double keep;                   /* minimum score of a finding on a normal film */
    const sx_class_points *points; /* of each class; NULL: none */
    sx_point least;                /* the operating point that a finding must reach */
    /* [labels] the least probability of its class with which a box is a finding; NaN: any. NULL:
     * there are no gates. And the class of each label among those of the classifiers; -1: none. */
    const double *gates;
    const int *gate_classes;
    bool fuse; /* P is the mean with the score of the best box */
} sx_rule;

static inline bool sx_rule_abnormal(const sx_rule *r, double probability) {
    return probability >= r->threshold;
}

/* The highest operating point that a score of this class reaches; NONE under another rule. */
sx_point sx_rule_point(const sx_rule *r, int label, double score);

/* Whether a box is a finding (spinexr/types.h, sx_rule_kind). `normal`: the classifiers call the
 * film normal. Under POINTS a class without an operating point must reach `keep` on every film. */
bool sx_rule_lists(const sx_rule *r, bool normal, int label, double score);
/* Whether the classifiers' probabilities [classes] (NULL: none) are too low for a finding of this
 * class, whatever its score. */
bool sx_rule_gated(const sx_rule *r, int label, const double *probabilities);
/* Whether `keep` also decides on films that are not called normal: a class has no point. */
bool sx_rule_keeps(const sx_rule *r, int labels);

#endif
