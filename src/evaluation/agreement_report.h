/* The numbers of `eval agreement`, which compares readers with one another. */
#ifndef SX_EVALUATION_AGREEMENT_REPORT_H
#define SX_EVALUATION_AGREEMENT_REPORT_H

#include "evaluation/eval_cases.h"
#include "metrics/agreement.h"

/* Kappa of a class, film by film. */
typedef struct sx_kappa_row {
    size_t first, second; /* readers; not used by Fleiss' kappa */
    size_t class;         /* class_names.count: any lesion */
    sx_kappa kappa;
    sx_interval interval;  /* NaN: none */
    double positive_share; /* between the readings of these films; NaN: undefined */
} sx_kappa_row;

/* Boxes of two readers, paired. */
typedef struct sx_box_row {
    size_t first, second;
    size_t class; /* class_names.count: all classes */
    sx_box_agreement boxes;
    double f1, mean_iou; /* NaN: no box; no pair */
} sx_box_row;

typedef struct sx_agreement_result {
    sx_eval_draw draw;
    sx_kappa_row *fleiss;
    size_t fleiss_count;
    sx_kappa_row *cohen; /* readers without a film in common have no rows */
    size_t cohen_count;
    sx_box_row *boxes; /* classes in which neither reader has a box have no rows */
    size_t box_count;
} sx_agreement_result;

/* Boxes are paired from an IoU of `iou` on. NULL on failure (SX_ERR_MISSING: the truth has no
 * boxes; SX_ERR_VALUE: it has one reader, or none has read a film of another); free with
 * sx_agreement_result_free. */
sx_agreement_result *sx_agreement_compute(const sx_eval_input *in, double iou,
                                          sx_error *err) SX_MUST_USE;
void sx_agreement_result_free(sx_agreement_result *r); /* NULL is allowed */

#endif
