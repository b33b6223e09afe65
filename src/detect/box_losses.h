/* Losses and their gradients on plain arrays, in float32 with double sums. */
#ifndef SX_DETECT_BOX_LOSSES_H
#define SX_DETECT_BOX_LOSSES_H

#include <stdint.h>

#include "detect/box.h"

/* Sum over n of the binary cross-entropy of logits and targets in 0..1; grad[i] += scale * its
 * slope. */
double sx_bce_sum(const float *logits, const float *targets, int64_t n, float scale, float *grad);

/* Sum over n of the sigmoid focal loss (Lin 2017b, eq. 5) with targets 0 or 1; grad[i] += scale *
 * its slope. */
double sx_focal_sum(const float *logits, const uint8_t *targets, int64_t n, float alpha,
                    float gamma, float scale, float *grad);

/* Cross-entropy of rows of `classes` logits with the target class of each row (a negative target
 * takes no part); sum over rows. */
double sx_softmax_sum(const float *logits, const int *targets, int64_t rows, int classes,
                      float scale, float *grad);

/* Generalised IoU (Rezatofighi 2019, alg. 1), -1..1. Boxes have positive sides. */
float sx_giou(sx_box a, sx_box b);
/* 1 - GIoU of a predicted and a true box; grad (x0, y0, x1, y1 of a) += scale * its slope. */
double sx_giou_loss(sx_box a, sx_box b, float scale, float grad[4]);

/* |x|, with a quadratic foot of width beta (0: none), summed over n; grad[i] += scale * its
 * slope. */
double sx_smooth_l1_sum(const float *x, const float *target, int64_t n, float beta, float scale,
                        float *grad);

#endif
