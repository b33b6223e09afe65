/* RTMDet (Lyu 2022, "RTMDet: An Empirical Study of Designing Real-Time Object Detectors"), as
 * MMDetection's rtmdet_tiny and rtmdet_s with its parameter names: CSPNeXt, a path aggregation
 * pyramid, and a head without anchors whose convolutions are shared by the levels. */
#ifndef SX_MODELS_RTMDET_H
#define SX_MODELS_RTMDET_H

#include "detect/candidates.h"
#include "models/losses.h"
#include "nn/plan.h"

enum { SX_RTMDET_LEVELS = 3, SX_RTMDET_STRIDE = 8 }; /* strides 8, 16, 32 */

typedef struct sx_rtmdet {
    int width; /* thousandths of 64, 128, 256, 512, 1024 channels: tiny 375, s 500 */
    int depth; /* thousandths of 3, 6, 6, 3 blocks: tiny 167, s 330 */
    int classes;
} sx_rtmdet;

extern const sx_rtmdet sx_rtmdet_tiny, sx_rtmdet_s;

/* image [n][h][w][3], h and w multiples of 32. Outputs for levels k = 0, 1, 2: "logits<k>"
 * [n][h_k][w_k][classes] and "distances<k>" [n][h_k][w_k][4]: from the cell's corner (stride *
 * column, stride * row) to the left, upper, right and lower edge of the box, in strides; they may
 * be negative. Probes: "stem", "stage1_blocks", "stage1_attention", "stage1" .. "stage4",
 * "stage4_spp", "neck_*" and "p3" .. "p5". */
void sx_rtmdet_build(sx_graph *g, sx_node *image, const sx_rtmdet *m);

/* Only its backbone and pyramid: p3, p4, p5. */
void sx_rtmdet_pyramid(sx_graph *g, sx_node *image, const sx_rtmdet *m,
                       sx_node *pyramid[SX_RTMDET_LEVELS]);

/* The box of a cell: its distances times the stride, from its upper left corner. */
sx_box sx_rtmdet_box(int column, int row, int stride, const float distances[4]);

/* Of each level the best 30,000 (cell, class) pairs that score above 0.001, clipped to the padded
 * image; boxes without area are left out. Classes of one cell are separate pairs. */
bool sx_rtmdet_decode(const void *config, const sx_plan *p, int i, int most, sx_candidates *out,
                      sx_error *err) SX_MUST_USE;

/* ---- training ---- */

/* The cells of all levels of one image, level by level, row by row. */
typedef struct sx_rtmdet_cells {
    int64_t count;
    int classes;
    float *x, *y;  /* [count] corner in pixels */
    float *stride; /* [count] */
    sx_box *boxes; /* [count] decoded, not clipped */
    float *logits; /* [count][classes] */
} sx_rtmdet_cells;

/* What a cell is trained for. */
typedef struct sx_rtmdet_match {
    int target; /* index of a true box; -1: none */
    float iou;  /* of its box with that one: the class score to learn */
} sx_rtmdet_match;

/* Assigns true boxes to cells with dynamic soft labels (Lyu 2022, sec. 3.3): each true box gets as
 * many cells as the sum of its 13 largest IoUs says, those with the least cost of class, overlap
 * and distance from its centre. match: [cells->count]. Equal costs: the lower index. */
bool sx_rtmdet_assign(const sx_rtmdet_cells *cells, const sx_targets *truth, sx_rtmdet_match *match,
                      sx_error *err) SX_MUST_USE;

#endif
