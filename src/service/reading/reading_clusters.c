#include "service/reading/reading_clusters.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

double sx_cluster_iou(const double a[4], const double b[4]) {
    const double w = fmin(a[2], b[2]) - fmax(a[0], b[0]), h = fmin(a[3], b[3]) - fmax(a[1], b[1]);
    if (!(w > 0 && h > 0)) return 0;
    const double both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h;
    return both > 0 ? w * h / both : 0;
}

static bool has_centre(const double a[4], const double b[4]) {
    const double x = (b[0] + b[2]) / 2, y = (b[1] + b[3]) / 2;
    return x > a[0] && x < a[2] && y > a[1] && y < a[3];
}

bool sx_cluster_same_place(const double a[4], const double b[4]) {
    return sx_cluster_iou(a, b) >= 0.3 || (has_centre(a, b) && has_centre(b, a));
}

static bool go_together(const sx_cluster_box *a, const sx_cluster_box *b) {
    if (a->reader == b->reader) return false;
    if (a->label != b->label) return sx_cluster_iou(a->corners, b->corners) >= 0.5;
    return sx_cluster_same_place(a->corners, b->corners);
}

typedef struct box_pair {
    size_t a, b;
    bool one_class;
    double iou;
} box_pair;

static int by_rank(const void *x, const void *y) {
    const box_pair *a = x, *b = y;
    if (a->one_class != b->one_class) return a->one_class ? -1 : 1;
    if (a->iou != b->iou) return a->iou > b->iou ? -1 : 1;
    if (a->a != b->a) return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

static bool may_merge(const sx_cluster_box *boxes, size_t n, size_t a, size_t b) {
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            if (boxes[i].cluster == a && boxes[k].cluster == b &&
                !go_together(&boxes[i], &boxes[k]))
                return false;
    return true;
}

static void merge(sx_cluster_box *boxes, size_t n, size_t from, size_t to) {
    for (size_t i = 0; i < n; i++)
        if (boxes[i].cluster == from) boxes[i].cluster = to;
}

/* Numbers of clusters in the order of their first boxes. A cluster has the index of one of its
 * boxes until here. */
static size_t renumber(sx_cluster_box *boxes, size_t n, size_t *numbers) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        numbers[i] = n;
    for (size_t i = 0; i < n; i++) {
        if (numbers[boxes[i].cluster] == n) numbers[boxes[i].cluster] = count++;
        boxes[i].cluster = numbers[boxes[i].cluster];
    }
    return count;
}

bool sx_reading_cluster(sx_cluster_box *boxes, size_t n, size_t *count, sx_error *err) {
    size_t pair_count = 0;
    *count = 0;
    if (!n) return true;
    box_pair *pairs = sx_calloc_for(n * n, sizeof *pairs, "pairs of boxes", err);
    size_t *numbers = sx_calloc_for(n, sizeof *numbers, "clusters", err);
    const bool ok = pairs && numbers;
    for (size_t i = 0; ok && i < n; i++) {
        boxes[i].cluster = i;
        for (size_t k = i + 1; k < n; k++)
            if (go_together(&boxes[i], &boxes[k]))
                pairs[pair_count++] =
                    (box_pair){ i, k, boxes[i].label == boxes[k].label,
                                sx_cluster_iou(boxes[i].corners, boxes[k].corners) };
    }
    if (pair_count) qsort(pairs, pair_count, sizeof *pairs, by_rank);
    for (size_t i = 0; ok && i < pair_count; i++) {
        const size_t a = boxes[pairs[i].a].cluster, b = boxes[pairs[i].b].cluster;
        if (a != b && may_merge(boxes, n, a, b)) merge(boxes, n, b, a);
    }
    if (ok) *count = renumber(boxes, n, numbers);
    free(numbers);
    free(pairs);
    return ok;
}

/* ---- proposals ---- */

static int by_number(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(const sx_cluster_box *boxes, size_t n, size_t cluster, int corner) {
    double values[32];
    size_t count = 0;
    for (size_t i = 0; i < n && count < sizeof values / sizeof *values; i++)
        if (boxes[i].cluster == cluster) values[count++] = boxes[i].corners[corner];
    qsort(values, count, sizeof *values, by_number);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static size_t votes_for(const sx_cluster_box *boxes, size_t n, size_t cluster, int64_t label) {
    size_t votes = 0;
    for (size_t i = 0; i < n; i++)
        votes += boxes[i].cluster == cluster && boxes[i].label == label;
    return votes;
}

sx_cluster_proposal sx_reading_propose(const sx_cluster_box *boxes, size_t n, size_t cluster) {
    sx_cluster_proposal p = { .least_iou = 1 };
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        if (boxes[i].cluster != cluster) continue;
        const size_t votes = votes_for(boxes, n, cluster, boxes[i].label);
        if (votes > most || (votes == most && boxes[i].label < p.label)) {
            most = votes;
            p.label = boxes[i].label;
        }
        p.members++;
        for (size_t k = i + 1; k < n; k++)
            if (boxes[k].cluster == cluster)
                p.least_iou = fmin(p.least_iou, sx_cluster_iou(boxes[i].corners, boxes[k].corners));
    }
    p.classes_differ = most < p.members;
    for (int c = 0; c < 4 && p.members; c++)
        p.corners[c] = median(boxes, n, cluster, c);
    return p;
}
