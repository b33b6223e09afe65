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
    double score; /* times the weight of its view */
    size_t at;
} placed;

static int by_falling_score(const void *a, const void *b) {
    const placed *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static void join_group(group *g, const placed *p) {
    const sx_detection *d = &p->d;
    const double w = p->score;
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

static double weight_of(const sx_fuse_options *o, size_t view, int label) {
    return (double)o->weights[view * (size_t)o->label_count + (size_t)label];
}

/* The boxes that count, by falling weighted score; returns their number. */
static size_t order_boxes(const sx_detection *items, size_t count, const sx_fuse_options *o,
                          placed *order) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const double w = o->weights ? weight_of(o, (size_t)o->views[i], items[i].label) : 1;
        if (!isnan(items[i].score) && w > 0)
            order[n++] = (placed){ items[i], w * (double)items[i].score, i };
    }
    qsort(order, n, sizeof *order, by_falling_score);
    return n;
}

static size_t make_groups(const placed *order, size_t n, float iou, group *groups) {
    size_t made = 0;
    for (size_t i = 0; i < n; i++) {
        const sx_detection *d = &order[i].d;
        group *g = nearest(groups, made, d, iou);
        if (!g) {
            g = &groups[made++];
            *g = (group){ .mean = d->box, .label = d->label };
        }
        join_group(g, &order[i]);
    }
    return made;
}

static double score_of(const group *g, const sx_fuse_options *o) {
    size_t views = 0;
    double weights = 0;
    for (size_t v = 0; o->weights && v < o->view_count; v++) {
        const double w = weight_of(o, v, g->label);
        views += w > 0;
        weights += w;
    }
    if (!o->weights) {
        views = o->view_count;
        weights = (double)views;
    }
    const double seen = (double)(g->size < views ? g->size : views);
    return fmin(g->weight / (double)g->size * seen / weights, 1);
}

bool sx_fuse_boxes(sx_detection *items, size_t count, const sx_fuse_options *o, size_t *fused,
                   sx_error *err) {
    placed *order = sx_calloc_for(count + 1, sizeof *order, "boxes", err);
    group *groups = order ? sx_calloc_for(count + 1, sizeof *groups, "boxes", err) : NULL;
    const bool ok = groups != NULL;
    if (ok) {
        const size_t n = order_boxes(items, count, o, order),
                     made = make_groups(order, n, o->iou, groups);
        for (size_t k = 0; k < made; k++) {
            const float score = (float)score_of(&groups[k], o);
            order[k] = (placed){ { groups[k].mean, score, groups[k].label }, (double)score, k };
        }
        qsort(order, made, sizeof *order, by_falling_score);
        for (size_t k = 0; k < made; k++)
            items[k] = order[k].d;
        *fused = made;
    }
    free(order);
    free(groups);
    return ok;
}
