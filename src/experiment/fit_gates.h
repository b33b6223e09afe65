/* Fits the gates of classes: the least probability of a class with which a box of it is a finding
 * (models/gate_record.h). */
#ifndef SX_EXPERIMENT_FIT_GATES_H
#define SX_EXPERIMENT_FIT_GATES_H

#include "metrics/box_match.h"

/* Fewer hits do not determine a gate. */
enum { SX_GATE_LEAST_HITS = 10 };

typedef struct sx_gate_fit {
    double gate;       /* 0..1; NaN: none, because too few hits, or nothing to remove */
    size_t hits, lost; /* at the sensitive point without the gate, and those that it removes */
    size_t false_boxes, removed; /* the same of false positives */
} sx_gate_fit;

/* The highest gate that removes at most most_lost (0..1) of the boxes of a class that score at
 * least `score` and hit, rounded down to whole boxes. l: matches at its IoU 0.
 * probabilities[films] of the class, NaN: not known; boxes of such a film count for nothing. Error:
 * SX_ERR_MEMORY. */
bool sx_fit_gate(const sx_match_list *l, double score, const double *probabilities,
                 double most_lost, sx_gate_fit *out, sx_error *err) SX_MUST_USE;

#endif
