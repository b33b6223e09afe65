/* Matching a detector's boxes with the true ones, film by film and class by class. What comes out,
 * one list per class and size range, is all that average precision and FROC need: they then only
 * count. */
#ifndef SX_METRICS_BOX_MATCH_H
#define SX_METRICS_BOX_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Boxes as COCO has them: upper left corner, width, height, pixels. */
typedef struct sx_truth_box {
    double x, y, w, h;
    double area;   /* COCO's own field: w * h, but for what rounding did to it */
    uint32_t film; /* 0 .. films-1; this order is the one in which films are gone through */
    int label;     /* 0 .. classes-1 */
    bool crowd;    /* COCO's iscrowd, VOC's difficult: neither to be found nor wrong to find */
} sx_truth_box;

typedef struct sx_found_box {
    double x, y, w, h, score;
    uint32_t film;
    int label;
} sx_found_box;

typedef struct sx_boxes {
    const sx_truth_box *true_boxes;
    size_t true_box_count;
    const sx_found_box *found_boxes;
    size_t found_box_count;
    size_t film_count;
    int class_count;
} sx_boxes;

typedef enum sx_match_rule {
    /* COCO: boxes by descending score (given order among equals) each take the free true box of the
     * highest IoU of at least the threshold; of equal ones the later. Crowds may be taken
     * repeatedly. */
    SX_MATCH_COCO,
    /* Pascal VOC: each box looks only at the true box of the highest IoU, the first of equals; a
     * second box on it is a false positive. */
    SX_MATCH_VOC,
    /* A box whose centre lies in a true box finds it (the nearest centre first); a further one on a
     * lesion already found counts as nothing, as in LUNA16. The IoU thresholds are not used. */
    SX_MATCH_CENTRE
} sx_match_rule;

typedef struct sx_size_range {
    double least, most; /* of the area, both included */
} sx_size_range;

enum { SX_IOUS_MAX = 32 };

typedef struct sx_match_options {
    sx_match_rule rule;
    const double
        *ious; /* thresholds, up to SX_IOUS_MAX; one for SX_MATCH_CENTRE (its value unused) */
    size_t iou_count;
    const sx_size_range *sizes;
    size_t size_count;
    size_t most_per_film; /* boxes of a class on a film that count, the highest scores; 0: all */
} sx_match_options;

/* The boxes of one class, by descending score; equals in the order of films. Bit t of hit and
 * ignored: at IoU threshold t. What is neither is a false positive. */
typedef struct sx_match_list {
    size_t count;
    double *scores;
    uint32_t *films, *ranks; /* rank: among the film's boxes of the class, from 0 */
    uint32_t *hits, *ignored;
    uint32_t *indices;   /* into sx_boxes.found_boxes */
    uint32_t *positives; /* [film_count] true boxes that count */
    uint32_t
        *hit_places; /* places of the hits at threshold t: hit_places[hit_start[t]] .. hit_start[t
                        + 1] */
    size_t hit_start[SX_IOUS_MAX + 1];
    uint32_t any_ignored; /* bit t: some box is ignored at t */
    uint32_t most_rank;   /* highest rank there is */
} sx_match_list;

typedef struct sx_matches {
    sx_match_list *lists; /* [class_count * size_count], class-major */
    size_t film_count, iou_count, size_count;
    int class_count;
} sx_matches;

/* Error: a film or label out of range, a width, height or score that is not finite, a negative
 * width or height (SX_ERR_VALUE), too many thresholds, memory. */
bool sx_match_boxes(const sx_boxes *b, const sx_match_options *o, sx_matches *out,
                    sx_error *err) SX_MUST_USE;
void sx_matches_free(sx_matches *m);
const sx_match_list *sx_matches_of(const sx_matches *m, int label, size_t size);
/* All classes as one list (size range 0), by descending score; classes in turn among equals. */
bool sx_matches_pool(const sx_matches *m, sx_match_list *out, sx_error *err) SX_MUST_USE;
void sx_match_list_free(sx_match_list *l);
/* Lists without the boxes for which keep[index] is false. */
bool sx_matches_filter(const sx_matches *m, const bool *keep, sx_matches *out,
                       sx_error *err) SX_MUST_USE;

/* Intersection over union of two boxes (over the found one's area when `crowd`); 0 for empty
 * boxes. */
double sx_box_iou_xywh(const sx_found_box *f, const sx_truth_box *t, bool crowd);

#endif
