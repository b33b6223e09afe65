/* Average precision of matched boxes: COCO's (Lin et al. 2014) and Pascal VOC's (Everingham et al.
 * 2010). A weight counts each film a number of times, as in a bootstrap resample. The copies of a
 * box then have consecutive ranks. The result differs from that of an expanded list only if boxes
 * of different films have exactly equal scores. */
#ifndef SX_METRICS_AP_H
#define SX_METRICS_AP_H

#include "metrics/box_match.h"

enum { SX_RECALL_POINTS = 101 };

typedef struct sx_pr_curve {
    /* At recall 0, 0.01 .. 1, non-increasing; 0 where the recall is not reached. */
    double precisions[SX_RECALL_POINTS];
    double scores[SX_RECALL_POINTS]; /* of the box that reaches the recall; 0: not reached */
    double recall;                   /* the highest that is reached */
    double positives;                /* true boxes; 0: everything else is -1 */
} sx_pr_curve;

/* Memory for the functions below, for lists of at most `most_boxes`. Used by one thread at a
 * time. NULL: SX_ERR_MEMORY. */
typedef struct sx_ap_scratch sx_ap_scratch;
sx_ap_scratch *sx_ap_scratch_new(size_t most_boxes, sx_error *err) SX_MUST_USE;
void sx_ap_scratch_free(sx_ap_scratch *s); /* NULL is allowed */
/* Counts the boxes of a list under a weight. Call it once before the functions below are called
 * with that list, weight and scratch; not needed when weight is NULL. */
void sx_ap_prepare(const sx_match_list *l, const uint32_t *weight, sx_ap_scratch *s);
/* COCO's precision-recall curve at IoU threshold t, from the `most` highest-scoring boxes of each
 * film (0: all). */
void sx_pr_accumulate(const sx_match_list *l, size_t film_count, size_t t, size_t most,
                      const uint32_t *weight, sx_ap_scratch *s, sx_pr_curve *out);
/* Mean of the 101 precisions; NaN without a true box. */
double sx_ap_of(const sx_pr_curve *c);

/* Pascal VOC's AP of a list that was matched by SX_MATCH_VOC; NaN without a true box. */
typedef struct sx_voc_ap {
    double eleven_point; /* VOC 2007 */
    double all_point;    /* since VOC 2010: the area under the monotone curve */
} sx_voc_ap;
sx_voc_ap sx_voc_accumulate(const sx_match_list *l, size_t film_count, size_t t,
                            const uint32_t *weight, sx_ap_scratch *s);

extern const sx_size_range sx_coco_sizes[4]; /* all, small, medium, large */
/* 0.50, 0.55 .. 0.95 and 0.20, 0.25 .. 0.50 (the setting of VinDr-SpineXR's authors), rounded as
 * numpy.linspace does. */
extern const double sx_coco_ious[10], sx_vindr_ious[7];

/* COCO's evaluation. NaN where COCO has -1: there is no true box of that class and size. */
typedef struct sx_coco_result {
    /* AP, AP50, AP75, AP small, medium, large; AR with 1, 10 and 100 boxes per image, AR small,
     * medium, large. Fractions; NaN also for an IoU that is not among the thresholds. */
    double stats[12];
    int class_count;
    size_t iou_count;
    double *ap;     /* [iou_count][class_count][4 sizes], 100 boxes */
    double *recall; /* [iou_count][class_count][4 sizes][3: 1, 10, 100 boxes] */
} sx_coco_result;
bool sx_coco_evaluate(const sx_boxes *b, const double *ious, size_t iou_count, sx_coco_result *out,
                      sx_error *err) SX_MUST_USE;
/* The same from lists that were made with sx_coco_sizes and 100 boxes per film. */
bool sx_coco_summarise(const sx_matches *m, const double *ious, sx_coco_result *out,
                       sx_error *err) SX_MUST_USE;
void sx_coco_result_free(sx_coco_result *r);
/* AP of one class and size range (0: all sizes): at threshold t, or for t >= iou_count the mean
 * over all thresholds. */
double sx_coco_class_ap(const sx_coco_result *r, int label, size_t size, size_t t);
/* The same, averaged over the classes that have true boxes. */
double sx_coco_mean_ap(const sx_coco_result *r, size_t size, size_t t);

#endif
