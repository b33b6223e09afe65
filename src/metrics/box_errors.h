/* The kinds of a detector's errors at its operating points, after TIDE (Bolya et al. 2020). */
#ifndef SX_METRICS_BOX_ERRORS_H
#define SX_METRICS_BOX_ERRORS_H

#include "metrics/box_match.h"

/* Of a found box. Its best IoU is that with the true boxes of the film; `hit` is the IoU of a hit,
 * `near` that from which a box is badly placed instead of on the background. */
typedef enum sx_box_kind {
    SX_BOX_DROPPED,     /* below the threshold of its class */
    SX_BOX_HIT,         /* takes a free true box of its class with IoU >= hit, as in COCO */
    SX_BOX_IGNORED,     /* on a crowd of its class */
    SX_BOX_DUPLICATE,   /* IoU >= hit with a true box of its class that is already hit */
    SX_BOX_WRONG_CLASS, /* IoU >= hit with a true box of another class */
    SX_BOX_MISPLACED,   /* near <= IoU < hit with a true box of its class */
    SX_BOX_BOTH,        /* near <= IoU < hit with a true box of another class only */
    SX_BOX_BACKGROUND,  /* IoU < near with every true box */
    SX_BOX_KINDS
} sx_box_kind;

/* "wrong class" */
const char *sx_box_kind_name(sx_box_kind kind);

/* Of a true box. */
typedef enum sx_lesion_kind {
    SX_LESION_CROWD, /* not evaluated */
    SX_LESION_FOUND,
    SX_LESION_WRONG_CLASS, /* missed, but a box of another class covers it */
    SX_LESION_MISPLACED,   /* missed, but a box of its class is near */
    SX_LESION_MISSED
} sx_lesion_kind;

typedef struct sx_box_errors {
    unsigned char *found_kinds;  /* [found_box_count] sx_box_kind */
    unsigned char *lesion_kinds; /* [true_box_count] sx_lesion_kind */
    uint32_t *lesions; /* [found_box_count] the true box that a hit takes; UINT32_MAX: none */
} sx_box_errors;

/* thresholds: [class_count] the least score of each class. Errors: SX_ERR_MEMORY; SX_ERR_VALUE as
 * for sx_match_boxes. Free *out with sx_box_errors_free. */
bool sx_box_errors_of(const sx_boxes *b, const double *thresholds, double hit, double near,
                      sx_box_errors *out, sx_error *err) SX_MUST_USE;
void sx_box_errors_free(sx_box_errors *e);

#endif
