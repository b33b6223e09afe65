/* Losses and their gradients on plain arrays, in float32 with double sums. */
#ifndef SX_DETECT_BOX_LOSSES_H
#define SX_DETECT_BOX_LOSSES_H

#include <stdint.h>

#include "detect/box.h"

/* The sum over n of the binary cross-entropy of logits and targets (0..1); grad[i] += scale * its
 * derivative. */
double sx_bce_sum(const float *logits, const float *targets, int64_t n, float scale, float *grad);

/* The sum over n of the sigmoid focal loss (Lin 2017b, eq. 5) with targets 0 or 1; grad[i] += scale
 * * its derivative. */
double sx_focal_sum(const float *logits, const uint8_t *targets, int64_t n, float alpha,
                    float gamma, float scale, float *grad);

/* The sum over rows of the softmax cross-entropy of `classes` logits with the row's target class;
 * rows with a negative target are ignored. */
double sx_softmax_sum(const float *logits, const int *targets, int64_t rows, int classes,
                      float scale, float *grad);

/* Generalised IoU (Rezatofighi 2019, alg. 1), -1..1. Boxes have positive sides. */
float sx_giou(sx_box a, sx_box b);
/* 1 - GIoU of a predicted and a true box; grad (x0, y0, x1, y1 of a) += scale * its derivative. */
double sx_giou_loss(sx_box a, sx_box b, float scale, float grad[4]);

/* The sum over n of the smooth L1 loss, which is quadratic below beta (0: plain L1); grad[i] +=
 * scale * its derivative. */
double sx_smooth_l1_sum(const float *x, const float *target, int64_t n, float beta, float scale,
                        float *grad);

#endif
