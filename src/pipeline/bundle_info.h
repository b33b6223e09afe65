/* The description of a predictor's networks and decision rule, which its predictions and reports
 * keep. Reference-counted; it never changes. */
#ifndef SX_PIPELINE_BUNDLE_INFO_H
#define SX_PIPELINE_BUNDLE_INFO_H

#include <stdatomic.h>

#include "base/mem.h"
#include "pipeline/bundle.h"
#include "pipeline/rule.h"
#include "spinexr/predictor.h"

enum { SX_BUNDLE_WARNINGS = 8 }; /* the functions of bundle_*.c have four */

/* A detector as the predictor uses it. */
typedef struct sx_detector_use {
    const int *labels; /* [class_count] of its classes, among those of all detectors */
    int class_count;
    double nms; /* the IoU of its suppression */
} sx_detector_use;

/* A classifier as the predictor uses it. */
typedef struct sx_classifier_use {
    const int *classes; /* [output_count - 1] the class of output 1 + c, among those of all */
    int output_count;
} sx_classifier_use;

typedef struct sx_bundle_info {
    atomic_int holders;
    sx_arena *memory;          /* all strings below */
    sx_network_info *networks; /* [network_count]: the classifiers, then the detectors */
    int network_count, classifier_count, detector_count;
    const char **labels; /* [label_count]: the classes of all detectors, each once */
    int label_count;
    /* [class_count] the findings that classifiers name, each once. */
    const char **classes;
    int class_count;
    sx_classifier_use *classifiers; /* [classifier_count] */
    sx_detector_use *detectors;     /* [detector_count] */
    /* [detector_count][label_count]: the weights with which the detectors' boxes are fused
     * (detect/fuse.h); 0: the detector does not have the class. NULL without detectors. */
    const float *fusion_weights;
    bool calibrated; /* the weights and points come from a calibration of just these detectors */
    sx_rule rule;
    const char *threshold_source, *keep_source; /* "option" where the caller chose */
    /* The films that the detector's operating points were fitted to, and the date; "": unknown. */
    const char *points_chosen_on, *points_date;
    const char *gates_chosen_on, *gates_date; /* the same of the rule's gates */
    /* A film whose mean distance is above this is unfamiliar: the mean of the classifiers' limits;
     * NaN: none has one. Then the films that they were fitted to, and the date, as above. */
    double distance_limit;
    const char *familiarity_chosen_on, *familiarity_date;
    double nms;         /* of every detector; NaN: they differ */
    int tiles;          /* along each side of the film, for the detectors; 0 or 1: none */
    int threads;        /* of the context */
    const char *note;   /* of all networks, each once, separated by "; "; "": none */
    bool points_unused; /* the weights store operating points, which do not count here */
    /* What the user must know of these networks together; each was logged too. */
    const char *warnings[SX_BUNDLE_WARNINGS];
    int warning_count;
} sx_bundle_info;

/* The IoU of the suppression that the authors add at evaluation. */
static const double sx_bundle_default_nms = 0.7;
/* The IoU of suppression with which a detector predicts unless the caller chooses another. */
double sx_bundle_nms(const sx_model_info *detector);
/* The pixel pipeline that a network's weights name; `dicom` if they name none. */
sx_pixels sx_bundle_pixels(const sx_model_info *network);

/* Along each side of the film: 1 or more. */
static inline int sx_bundle_info_tiles(const sx_bundle_info *i) {
    return i->tiles > 1 ? i->tiles : 1;
}

static inline bool sx_bundle_info_has_detector(const sx_bundle_info *i) {
    return i->detector_count > 0;
}

/* The name of a finding; "": there is no such label, or i is NULL. */
static inline const char *sx_bundle_info_label(const sx_bundle_info *i, int label) {
    return i && label >= 0 && label < i->label_count ? i->labels[label] : "";
}

/* While the description is made: adds a warning, which is logged once the description is complete,
 * since no warning is due about a run that an error prevents. Error: SX_ERR_MEMORY. */
bool sx_bundle_warn(sx_bundle_info *i, sx_error *err, const char *format, ...)
    SX_PRINTF(3, 4) SX_MUST_USE;

sx_bundle_info *sx_bundle_info_hold(sx_bundle_info *i); /* gives i */
void sx_bundle_info_release(sx_bundle_info *i);         /* NULL is allowed */

#endif
