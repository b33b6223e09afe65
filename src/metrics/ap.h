/* Average precision over matched boxes, optionally with every film counted a number of times (a
 * bootstrap resample). With weights the copies of a box are taken together, which differs from an
 * expanded list only where boxes of different films have exactly equal scores. */
#ifndef SX_METRICS_AP_H
#define SX_METRICS_AP_H

#include "metrics/box_match.h"

enum { SX_RECALL_POINTS = 101 };

typedef struct sx_pr_curve {
    double precisions[SX_RECALL_POINTS]; /* non-increasing, at recall 0, 0.01 .. 1; 0 where not
                                           reached */
    double scores[SX_RECALL_POINTS];     /* of the box that reaches it; 0 where not reached */
    double recall;                       /* reached at the end */
    double positives;                    /* 0: no true box, then all else is -1 */
} sx_pr_curve;

/* COCO's accumulation at threshold t with the `most` highest boxes of a film (0: all). */
typedef struct sx_ap_scratch sx_ap_scratch;
sx_ap_scratch *sx_ap_scratch_new(size_t most_boxes, sx_error *err) SX_MUST_USE;
void sx_ap_scratch_free(sx_ap_scratch *s);
/* Counts the boxes of a list under a weighting once, for all thresholds of the calls that follow
 * with the same list, weight and scratch. Not needed without weight. */
void sx_ap_prepare(const sx_match_list *l, const uint32_t *weight, sx_ap_scratch *s);
void sx_pr_accumulate(const sx_match_list *l, size_t films, size_t t, size_t most,
                      const uint32_t *weight, sx_ap_scratch *s, sx_pr_curve *out);
/* Mean of the 101 precisions; NaN without a true box. */
double sx_ap_of(const sx_pr_curve *c);

/* Pascal VOC on lists matched by SX_MATCH_VOC; NaN without a true box. */
typedef struct sx_voc_ap {
    double eleven_point; /* VOC 2007 */
    double all_point;    /* VOC 2010 on: the area under the monotone curve */
} sx_voc_ap;
sx_voc_ap sx_voc_accumulate(const sx_match_list *l, size_t films, size_t t, const uint32_t *weight,
                            sx_ap_scratch *s);

extern const sx_size_range sx_coco_sizes[4]; /* all, small, medium, large */
extern const double sx_coco_ious[10];        /* 0.50, 0.55 .. 0.95 as numpy.linspace rounds them */
extern const double sx_vindr_ious[7];        /* 0.20, 0.25 .. 0.50 likewise: the authors' setting */

/* One run of COCO's evaluation. NaN where COCO has -1 (no true box of that class and size). */
typedef struct sx_coco_result {
    /* AP, AP at 0.5, at 0.75, small, medium, large; AR with 1, 10, 100 boxes a film, small, medium,
     * large; fractions. NaN also for thresholds that are not in the list. */
    double stats[12];
    int class_count;
    size_t iou_count;
    double *ap;     /* [iou_count][class_count][4 sizes], 100 boxes */
    double *recall; /* [iou_count][class_count][4 sizes][3: 1, 10, 100 boxes] */
} sx_coco_result;
bool sx_coco_evaluate(const sx_boxes *b, const double *iou, size_t ious, sx_coco_result *out,
                      sx_error *err) SX_MUST_USE;
/* The same from lists made with sx_coco_sizes and 100 boxes a film. */
bool sx_coco_summarise(const sx_matches *m, const double *iou, sx_coco_result *out,
                       sx_error *err) SX_MUST_USE;
void sx_coco_result_free(sx_coco_result *r);
/* Mean over thresholds of one class (size 0: all); t < ious: one threshold, else all. */
double sx_coco_class_ap(const sx_coco_result *r, int label, size_t size, size_t t);
/* Mean over classes that have true boxes, at one threshold (t < ious) or all. */
double sx_coco_mean_ap(const sx_coco_result *r, size_t size, size_t t);

#endif
