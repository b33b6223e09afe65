/* Fits the operating points of the detectors' classes to validation films, and before them the
 * weights with which several detectors are fused. */
#ifndef SX_EXPERIMENT_FIT_POINTS_H
#define SX_EXPERIMENT_FIT_POINTS_H

#include "experiment/film_set.h"
#include "experiment/fit_fused_threshold.h"
#include "experiment/fit_fusion.h"
#include "experiment/fit_gates.h"

/* The allowed false positives per image of all classes together. Each class that has a true box
 * may have the same share of them. 0 < specific_fp <= sensitive_fp. */
typedef struct sx_points_options {
    double sensitive_fp, specific_fp;
    double iou;       /* a box hits a true box of its class from this IoU on */
    double gate_loss; /* the share of hits, 0..1, that a gate may remove */
} sx_points_options;

/* What a point does on the films that it was fitted to. */
typedef struct sx_point_rates {
    double sensitivity, fp_per_image;
} sx_point_rates;

typedef struct sx_points_row {
    char name[64];  /* of the class, cut if it is longer */
    size_t lesions; /* true boxes; 0: the class gets no point */
    sx_class_points point;
    sx_point_rates sensitive, specific; /* NaN without a point; without the gate */
    sx_gate_fit gate;                   /* at the sensitive point */
} sx_points_row;

typedef struct sx_fitted_points {
    sx_points_row *rows;   /* [count]: the bundle's labels in their order */
    sx_fusion_gain *gains; /* [count] */
    float *weights;        /* [detector_count][count]; 1 for a single detector */
    double *best_scores;   /* [film_count] of the boxes of each film; 0: no box */
    int count, detector_count;
    int gates; /* classes with a gate */
    size_t film_count;
} sx_fitted_points;

/* Predicts the films as `spinexr predict` does. A point is the lowest score with at most the
 * allowed false positives, so the highest sensitivity that they permit. Gates are fitted for the
 * classes that the classifiers name: scores->classes, in the order of info->classes.
 * Errors: SX_ERR_MISMATCH (a
 * class of the set that no detector has), SX_ERR_MISSING (no true box), those of reading
 * and predicting a film, SX_ERR_CANCELLED, SX_ERR_MEMORY. Free *out with sx_fitted_points_free,
 * also after an error. */
bool sx_points_fit(const sx_film_set *s, const sx_bundle *networks, const sx_bundle_info *info,
                   const sx_film_scores *scores, const sx_points_options *o, sx_fitted_points *out,
                   sx_error *err) SX_MUST_USE;
void sx_fitted_points_free(sx_fitted_points *p);

#endif
