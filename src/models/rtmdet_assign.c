/* Dynamic soft labels (Lyu 2022, sec. 3.3), in f32 as the published code. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "models/rtmdet.h"

enum { TOP_IOUS = 13 };
static const float centre_radius = 3, iou_weight = 3;

/* The cells within at least one true box, and a row of them for each box. */
typedef struct costs {
    int64_t *cell; /* [count] */
    int64_t count;
    float *iou, *cost; /* [boxes][count] */
    int *chosen;       /* [count]: one row's choice, by rising cost */
} costs;

static void free_costs(costs *c) {
    free(c->cell);
    free(c->iou);
    free(c->cost);
    free(c->chosen);
}

static bool within(const sx_rtmdet_cells *cells, int64_t i, sx_box b) {
    return cells->x[i] > b.x0 && cells->y[i] > b.y0 && cells->x[i] < b.x1 && cells->y[i] < b.y1;
}

static bool within_any(const sx_rtmdet_cells *cells, int64_t i, const sx_targets *truth) {
    for (int t = 0; t < truth->count; t++)
        if (within(cells, i, truth->boxes[t])) return true;
    return false;
}

static bool find_cells(costs *c, const sx_rtmdet_cells *cells, const sx_targets *truth,
                       sx_error *err) {
    c->cell = sx_calloc_for((size_t)cells->count + 1, sizeof *c->cell, "assignment", err);
    for (int64_t i = 0; c->cell && i < cells->count; i++)
        if (within_any(cells, i, truth)) c->cell[c->count++] = i;
    const size_t rows = (size_t)truth->count, count = (size_t)c->count;
    if (!c->cell) return false;
    c->iou = sx_calloc_for(rows * count + 1, sizeof *c->iou, "assignment", err);
    c->cost = c->iou ? sx_calloc_for(rows * count + 1, sizeof *c->cost, "assignment", err) : NULL;
    c->chosen = c->cost ? sx_calloc_for(count + 1, sizeof *c->chosen, "assignment", err) : NULL;
    return c->chosen != NULL;
}

/* Predicted boxes may have negative sides; their area is the product all the same. */
static float overlap(sx_box a, sx_box b) {
    const float w = fminf(a.x1, b.x1) - fmaxf(a.x0, b.x0),
                h = fminf(a.y1, b.y1) - fmaxf(a.y0, b.y0);
    const float both = fmaxf(w, 0) * fmaxf(h, 0);
    const float areas = (a.x1 - a.x0) * (a.y1 - a.y0) + (b.x1 - b.x0) * (b.y1 - b.y0);
    return both / fmaxf(areas - both, 1e-6F);
}

/* Cross-entropy of a logit with the target y, weighted by the squared distance of its score. */
static float class_cost(float z, float y) {
    const float softplus = fmaxf(z, 0) + log1pf(expf(-fabsf(z))), p = 1 / (1 + expf(-z));
    return (softplus - y * z) * (y - p) * (y - p);
}

static float cost_of(const sx_rtmdet_cells *cells, int64_t i, sx_box truth, int label, float iou) {
    const float *logits = cells->logits + i * cells->classes;
    float classes = 0;
    for (int k = 0; k < cells->classes; k++)
        classes += class_cost(logits[k], k == label ? iou : 0);
    const float dx = cells->x[i] - (truth.x0 + truth.x1) / 2,
                dy = cells->y[i] - (truth.y0 + truth.y1) / 2;
    const float distance = sqrtf(dx * dx + dy * dy) / cells->stride[i];
    return classes - iou_weight * logf(iou + 1e-7F) + powf(10, distance - centre_radius);
}

static void fill_row(costs *c, const sx_rtmdet_cells *cells, const sx_targets *truth, int t) {
    float *iou = c->iou + t * c->count, *cost = c->cost + t * c->count;
    for (int64_t k = 0; k < c->count; k++) {
        const int64_t i = c->cell[k];
        iou[k] = overlap(cells->boxes[i], truth->boxes[t]);
        cost[k] = cost_of(cells, i, truth->boxes[t], truth->labels[t], iou[k]);
    }
}

/* The sum of the largest IoUs of a row, rounded down, at least 1. */
static int cells_wanted(const float *iou, int64_t count) {
    float best[TOP_IOUS] = { 0 }, sum = 0;
    for (int64_t k = 0; k < count; k++) {
        float v = iou[k];
        for (int j = 0; j < TOP_IOUS; j++)
            if (v > best[j]) {
                const float smaller = best[j];
                best[j] = v;
                v = smaller;
            }
    }
    for (int j = 0; j < TOP_IOUS; j++)
        sum += best[j];
    return sum >= 2 ? (int)sum : 1;
}

/* The `wanted` cells of least cost, kept sorted while the row is read. A cost that is not a number
 * is never chosen. */
static int choose(const costs *c, int t, int wanted) {
    const float *cost = c->cost + t * c->count;
    int n = 0;
    for (int64_t k = 0; k < c->count; k++) {
        if (isnan(cost[k]) || (n == wanted && !(cost[k] < cost[c->chosen[n - 1]]))) continue;
        int at = n < wanted ? n++ : n - 1;
        for (; at > 0 && cost[k] < cost[c->chosen[at - 1]]; at--)
            c->chosen[at] = c->chosen[at - 1];
        c->chosen[at] = (int)k;
    }
    return n;
}

/* The true box for which cell k costs least. */
static int cheapest(const costs *c, int boxes, int64_t k) {
    int best = 0;
    for (int t = 1; t < boxes; t++)
        if (c->cost[t * c->count + k] < c->cost[best * c->count + k]) best = t;
    return best;
}

bool sx_rtmdet_assign(const sx_rtmdet_cells *cells, const sx_targets *truth, sx_rtmdet_match *match,
                      sx_error *err) {
    costs c = { 0 };
    for (int64_t i = 0; i < cells->count; i++)
        match[i] = (sx_rtmdet_match){ .target = -1 };
    if (truth->count == 0) return true;
    const bool ok = find_cells(&c, cells, truth, err);
    for (int t = 0; ok && t < truth->count; t++)
        fill_row(&c, cells, truth, t);
    for (int t = 0; ok && t < truth->count; t++) {
        const int n = choose(&c, t, cells_wanted(c.iou + t * c.count, c.count));
        for (int j = 0; j < n; j++) {
            sx_rtmdet_match *m = &match[c.cell[c.chosen[j]]];
            m->target = m->target < 0 ? t : cheapest(&c, truth->count, c.chosen[j]);
            m->iou = c.iou[m->target * c.count + c.chosen[j]];
        }
    }
    free_costs(&c);
    return ok;
}
