/* What `eval detect` says about findings beyond average precision: studies with and without a
 * finding, the kinds of errors, AFROC. */
#ifndef SX_EVALUATION_FINDINGS_REPORT_H
#define SX_EVALUATION_FINDINGS_REPORT_H

#include "evaluation/detect_report.h"
#include "metrics/afroc.h"
#include "metrics/box_errors.h"

/* The least IoU of a box that is badly placed, instead of on the background. */
#define SX_NEAR_IOU 0.1

/* A finding, or for the last row any finding, at the operating points. */
typedef struct sx_study_findings {
    uint64_t abnormal, normal; /* studies with and without a lesion of the class */
    sx_proportion detected;    /* abnormal studies with a box of the class anywhere */
    sx_proportion localised;   /* abnormal studies with a hit */
    sx_proportion clear;       /* normal studies without a box of the class */
    double false_marks;        /* boxes of the class per normal study; NaN: there is none */
    sx_interval false_marks_interval;
} sx_study_findings;

typedef struct sx_error_counts {
    uint64_t boxes[SX_BOX_KINDS];           /* found boxes by kind */
    uint64_t lesions[SX_LESION_MISSED + 1]; /* true boxes by kind */
} sx_error_counts;

typedef struct sx_findings_result {
    const char *name;
    sx_unit unit; /* studies, or films if the truth names no studies */
    /* [class_count + 1] the last: any class */
    sx_study_findings studies[SX_CLASSES_MAX + 1];
    sx_error_counts errors[SX_CLASSES_MAX + 1];
    double areas[SX_CLASSES_MAX + 1][SX_AFROC_AREAS];
    sx_afroc_errors area_errors[SX_CLASSES_MAX + 1];
    sx_afroc_point curve[SX_PAGE_POINTS]; /* wAFROC of all classes */
    size_t curve_count;
    sx_box_errors kinds;
} sx_findings_result;

/* Of one detector. NULL: SX_ERR_MEMORY, SX_ERR_CANCELLED. Free with sx_findings_free. */
sx_findings_result *sx_findings_compute(const sx_eval_input *in, const sx_detect_report_options *o,
                                        const sx_detect_result *d, const sx_detector_result *r,
                                        sx_error *err) SX_MUST_USE;
void sx_findings_free(sx_findings_result *r); /* NULL is allowed */

/* Sections for the document, and keys in the detector's object of "models". `several`: there is
 * more than one detector. */
void sx_findings_write(const sx_eval_input *in, const sx_detect_report_options *o,
                       const sx_findings_result *r, bool several, sx_json model, sx_doc *d);

#endif
