/* Boxes of several readers that mean the same lesion. */
#ifndef SX_SERVICE_READING_READING_CLUSTERS_H
#define SX_SERVICE_READING_READING_CLUSTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_cluster_box {
    double corners[4]; /* x0, y0, x1, y1 in pixels */
    int64_t label;
    int reader;     /* 0 .. */
    size_t cluster; /* the result: 0 .. */
} sx_cluster_box;

/* Sets the cluster of each box of one film. Two boxes go together if they are of two readers and
 * overlap by an IoU of 0.3, or each has the centre of the other in it; boxes of two classes only
 * from an IoU of 0.5 on. In a cluster every two boxes go together (complete linkage); pairs of one
 * class come first, then by IoU. Clusters are numbered by their first box. *count is their number.
 * SX_ERR_MEMORY. */
bool sx_reading_cluster(sx_cluster_box *boxes, size_t n, size_t *count, sx_error *err) SX_MUST_USE;

typedef struct sx_cluster_proposal {
    double corners[4]; /* the median of each; the mean of the middle two of an even number */
    int64_t label;     /* of most boxes; of several, the smallest id */
    size_t members;
    bool classes_differ;
    double least_iou; /* of two boxes; 1 for a single one */
} sx_cluster_proposal;
/* Boxes of a cluster overlap in a common point, so that the median is a box again. */
sx_cluster_proposal sx_reading_propose(const sx_cluster_box *boxes, size_t n, size_t cluster);

/* An IoU of 0.3 or more, or each has the centre of the other in it. */
bool sx_cluster_same_place(const double a[4], const double b[4]);
double sx_cluster_iou(const double a[4], const double b[4]);

#endif
