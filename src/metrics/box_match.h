/* Matches a detector's boxes with the true ones, film by film and class by class. The result, a
 * list for each class and size range, is the input of average precision and FROC. */
#ifndef SX_METRICS_BOX_MATCH_H
#define SX_METRICS_BOX_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/* Boxes as in COCO: upper left corner, width and height in pixels. */
typedef struct sx_truth_box {
    double x, y, w, h;
    double area;   /* COCO's field of that name; otherwise w * h */
    uint32_t film; /* 0 .. film_count-1, the order in which films are processed */
    int label;     /* 0 .. class_count-1 */
    bool crowd;    /* COCO's iscrowd, VOC's difficult: a box on it is neither hit nor error */
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
    /* COCO: by descending score (equal scores in the given order) each box takes the free true box
     * of the highest IoU, if that is at least the threshold; of equal ones the last. A crowd may be
     * taken repeatedly. */
    SX_MATCH_COCO,
    /* Pascal VOC: a box is compared only with the true box of the highest IoU, the first of equals;
     * a second box on that one is a false positive. */
    SX_MATCH_VOC,
    /* LUNA16: a box hits the true box that its centre lies in, the one with the nearest centre; a
     * further box on a lesion already hit is ignored. The IoU thresholds are not used. */
    SX_MATCH_CENTRE
} sx_match_rule;

typedef struct sx_size_range {
    double least, most; /* of the area in pixels, both included */
} sx_size_range;

enum { SX_IOUS_MAX = 32 };

typedef struct sx_match_options {
    sx_match_rule rule;
    const double *ious; /* thresholds; one (with any value) for SX_MATCH_CENTRE */
    size_t iou_count;   /* 1 .. SX_IOUS_MAX */
    const sx_size_range *sizes;
    size_t size_count;
    size_t most_per_film; /* number of highest-scoring boxes of a class on a film that are used; 0:
                             all */
} sx_match_options;

/* The boxes of one class by descending score; equal scores in the order of films. Bit t of hits and
 * ignored belongs to IoU threshold t. A box that is neither is a false positive. */
typedef struct sx_match_list {
    size_t count;
    double *scores;
    uint32_t *films, *ranks; /* rank: among the boxes of the class on the film, from 0 */
    uint32_t *hits, *ignored;
    uint32_t *indices;   /* into sx_boxes.found_boxes */
    uint32_t *positives; /* [film_count] true boxes that count */
    /* Indices in this list of the hits at threshold t: hit_places[hit_start[t] .. hit_start[t +
     * 1]). */
    uint32_t *hit_places;
    size_t hit_start[SX_IOUS_MAX + 1];
    uint32_t any_ignored; /* bit t: some box is ignored at threshold t */
    uint32_t most_rank;   /* the highest rank */
} sx_match_list;

typedef struct sx_matches {
    sx_match_list *lists; /* [class_count * size_count], class-major */
    size_t film_count, iou_count, size_count;
    int class_count;
} sx_matches;

/* Errors: SX_ERR_VALUE (a film or label out of range, a number that is not finite, a negative width
 * or height), SX_ERR_LIMIT (too many thresholds or boxes), SX_ERR_MEMORY. Free *out with
 * sx_matches_free. */
bool sx_match_boxes(const sx_boxes *b, const sx_match_options *o, sx_matches *out,
                    sx_error *err) SX_MUST_USE;
void sx_matches_free(sx_matches *m);
/* The list of a class and size range; owned by m. */
const sx_match_list *sx_matches_of(const sx_matches *m, int label, size_t size);
/* All classes as one list (of size range 0) by descending score; equal scores by class. Free *out
 * with sx_match_list_free. Error: SX_ERR_MEMORY. */
bool sx_matches_pool(const sx_matches *m, sx_match_list *out, sx_error *err) SX_MUST_USE;
void sx_match_list_free(sx_match_list *l);
/* The lists without the boxes for which keep[index] is false. Error: SX_ERR_MEMORY. */
bool sx_matches_filter(const sx_matches *m, const bool *keep, sx_matches *out,
                       sx_error *err) SX_MUST_USE;

/* Intersection over union of two boxes; with `crowd`, over the found box's area. 0 for empty
 * boxes. */
double sx_box_iou_xywh(const sx_found_box *f, const sx_truth_box *t, bool crowd);

#endif
