#include "detect/fuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "detect/nms.h"

typedef struct group {
    sx_box mean;
    double x0, y0, x1, y1; /* sums weighted by the scores */
    double weight;         /* sum of the scores */
    size_t size;
    int label;
} group;

typedef struct placed {
    sx_detection d;
    size_t at;
} placed;

static int by_falling_score(const void *a, const void *b) {
    const placed *x = a, *y = b;
    if (x->d.score != y->d.score) return x->d.score < y->d.score ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static void join_group(group *g, const sx_detection *d) {
    const double w = (double)d->score;
    g->x0 += w * (double)d->box.x0;
    g->y0 += w * (double)d->box.y0;
    g->x1 += w * (double)d->box.x1;
    g->y1 += w * (double)d->box.y1;
    g->weight += w;
    g->size++;
    if (g->weight > 0)
        g->mean = (sx_box){ (float)(g->x0 / g->weight), (float)(g->y0 / g->weight),
                            (float)(g->x1 / g->weight), (float)(g->y1 / g->weight) };
}

static group *nearest(group *groups, size_t count, const sx_detection *d, float iou) {
    group *best = NULL;
    for (size_t k = 0; k < count; k++) {
        if (groups[k].label != d->label) continue;
        const float o = sx_iou(groups[k].mean, d->box);
        if (o > iou) {
            best = &groups[k];
            iou = o;
        }
    }
    return best;
}

bool sx_fuse_boxes(sx_detection *items, size_t count, size_t views, float iou, size_t *fused,
                   sx_error *err) {
    placed *order = sx_calloc_for(count + 1, sizeof *order, "boxes", err);
    group *groups = sx_calloc_for(count + 1, sizeof *groups, "boxes", err);
    size_t n = 0, made = 0;
    for (size_t i = 0; order && groups && i < count; i++)
        if (!isnan(items[i].score)) order[n++] = (placed){ items[i], i };
    if (order && groups) {
        qsort(order, n, sizeof *order, by_falling_score);
        for (size_t i = 0; i < n; i++) {
            const sx_detection *d = &order[i].d;
            group *g = nearest(groups, made, d, iou);
            if (!g) {
                g = &groups[made++];
                *g = (group){ .mean = d->box, .label = d->label };
            }
            join_group(g, d);
        }
        for (size_t k = 0; k < made; k++) {
            const double share =
                (double)(groups[k].size < views ? groups[k].size : views) / (double)views;
            order[k] = (placed){ { groups[k].mean,
                                   (float)(groups[k].weight / (double)groups[k].size * share),
                                   groups[k].label },
                                 k };
        }
        qsort(order, made, sizeof *order, by_falling_score);
        for (size_t k = 0; k < made; k++)
            items[k] = order[k].d;
        *fused = made;
    }
    const bool ok = order && groups;
    free(order);
    free(groups);
    return ok;
}
