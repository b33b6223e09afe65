/* RTMDet's losses (Lyu 2022, sec. 3.3): the quality focal loss (Li 2020) over all cells and
 * classes, and GIoU over the cells of objects, both divided by the sum of the soft labels. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "models/rtmdet.h"

static const double box_weight = 2;
/* The published code adds this to a divisor of 1. */
static const double framework_eps = 1.0 + 0x1p-23;

typedef struct level {
    sx_loss_map logits, distances;
    sx_shape shape; /* of the logits */
    int64_t cells, first;
} level;

typedef struct problem {
    level levels[SX_RTMDET_LEVELS];
    sx_rtmdet_cells cells;  /* of one image at a time */
    sx_rtmdet_match *match; /* [images][cells.count] */
} problem;

static void close_problem(problem *b, sx_plan *p, bool ok) {
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        sx_loss_map_close(&b->levels[k].logits, p, ok);
        sx_loss_map_close(&b->levels[k].distances, p, ok);
    }
    free(b->cells.x);
    free(b->cells.boxes);
    free(b->cells.logits);
    free(b->match);
}

static bool open_levels(problem *b, sx_plan *p, sx_error *err) {
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        level *l = &b->levels[k];
        if (!sx_loss_map_open(&l->logits, p, "logits", k, err) ||
            !sx_loss_map_open(&l->distances, p, "distances", k, err))
            return false;
        l->shape = sx_plan_output_shape(p, l->logits.name);
        l->cells = (int64_t)l->shape.h * l->shape.w;
        l->first = b->cells.count;
        b->cells.count += l->cells;
        b->cells.classes = l->shape.c;
    }
    return true;
}

static bool make_room(problem *b, int images, sx_error *err) {
    sx_rtmdet_cells *c = &b->cells;
    const size_t n = (size_t)c->count, all = n * (size_t)images;
    c->x = sx_calloc_for(3 * n + 1, sizeof *c->x, "losses", err);
    if (!c->x) return false;
    c->y = c->x + n;
    c->stride = c->y + n;
    c->boxes = sx_calloc_for(n + 1, sizeof *c->boxes, "losses", err);
    c->logits = c->boxes
                    ? sx_calloc_for(n * (size_t)c->classes + 1, sizeof *c->logits, "losses", err)
                    : NULL;
    b->match = c->logits ? sx_calloc_for(all + 1, sizeof *b->match, "losses", err) : NULL;
    return b->match != NULL;
}

static sx_box box_of(const level *l, int k, int image, int64_t cell) {
    return sx_rtmdet_box((int)(cell % l->shape.w), (int)(cell / l->shape.w), SX_RTMDET_STRIDE << k,
                         l->distances.value + 4 * (image * l->cells + cell));
}

static void list_cells(problem *b, int image) {
    sx_rtmdet_cells *c = &b->cells;
    for (int k = 0; k < SX_RTMDET_LEVELS; k++) {
        const level *l = &b->levels[k];
        const int stride = SX_RTMDET_STRIDE << k;
        for (int64_t i = 0; i < l->cells; i++) {
            const int64_t at = l->first + i;
            const int64_t row = i / l->shape.w, column = i % l->shape.w;
            c->x[at] = (float)(column * stride);
            c->y[at] = (float)(row * stride);
            c->stride[at] = (float)stride;
            c->boxes[at] = box_of(l, k, image, i);
            const float *z = l->logits.value + (image * l->cells + i) * c->classes;
            for (int j = 0; j < c->classes; j++)
                c->logits[at * c->classes + j] = z[j];
        }
    }
}

/* ---- quality focal loss ---- */

/* BCE(z, q) (q - p)^2 with p = sigmoid(z); the derivative passes both factors. */
static double quality_focal(double z, double q, double *slope) {
    const double softplus = fmax(z, 0) + log1p(exp(-fabs(z))), p = 1 / (1 + exp(-z)), d = p - q;
    const double cross = softplus - q * z;
    *slope = d * d * d + 2 * cross * d * p * (1 - p);
    return cross * d * d;
}

static double class_loss(problem *b, level *l, const sx_targets *truth, int image, double scale) {
    const int classes = b->cells.classes;
    const sx_rtmdet_match *match = b->match + image * b->cells.count + l->first;
    const int64_t at = image * l->cells * classes;
    double sum = 0;
    for (int64_t i = 0; i < l->cells; i++) {
        const int label = match[i].target < 0 ? -1 : truth->labels[match[i].target];
        for (int j = 0; j < classes; j++) {
            const int64_t n = at + i * classes + j;
            double slope;
            sum += quality_focal((double)l->logits.value[n], j == label ? (double)match[i].iou : 0,
                                 &slope);
            l->logits.grad[n] = (float)(scale * slope);
        }
    }
    return sum;
}

/* ---- GIoU ---- */

/* Of one axis: the sides of the intersection and of the enclosing box, and their derivatives by the
 * predicted edges. */
typedef struct axis {
    double inter, inter_slope[2], around, around_slope[2], side;
} axis;

static axis axis_of(double a0, double a1, double b0, double b1) {
    axis r = { .inter = fmin(a1, b1) - fmax(a0, b0),
               .inter_slope = { a0 > b0 ? -1 : 0, a1 < b1 ? 1 : 0 },
               .around = fmax(a1, b1) - fmin(a0, b0),
               .around_slope = { a0 < b0 ? -1 : 0, a1 > b1 ? 1 : 0 },
               .side = a1 - a0 };
    if (r.inter <= 0) r.inter = r.inter_slope[0] = r.inter_slope[1] = 0;
    if (r.around <= 0) r.around = r.around_slope[0] = r.around_slope[1] = 0;
    return r;
}

/* 1 - GIoU, with the published code's limits; the predicted box `a` may have negative sides. slope:
 * by x0, y0, x1, y1 of a. */
static double giou_loss(sx_box a, sx_box b, double slope[4]) {
    const double eps = 1e-6;
    const axis x = axis_of((double)a.x0, (double)a.x1, (double)b.x0, (double)b.x1),
               y = axis_of((double)a.y0, (double)a.y1, (double)b.y0, (double)b.y1);
    const double inter = x.inter * y.inter,
                 truth = ((double)b.x1 - (double)b.x0) * ((double)b.y1 - (double)b.y0);
    const double areas = x.side * y.side + truth - inter, u = fmax(areas, eps),
                 hull = x.around * y.around, e = fmax(hull, eps);
    for (int k = 0; k < 4; k++) {
        const axis *own = k % 2 ? &y : &x, *other = k % 2 ? &x : &y;
        const int edge = k / 2;
        const double di = own->inter_slope[edge] * other->inter;
        const double du = areas > eps ? (edge ? 1 : -1) * other->side - di : 0,
                     de = hull > eps ? own->around_slope[edge] * other->around : 0;
        slope[k] = -(di / u - inter * du / (u * u)) - (du / e - u * de / (e * e));
    }
    return 1 - (inter / u - (e - u) / e);
}

static double box_loss(problem *b, int k, const sx_targets *truth, int image, double scale) {
    level *l = &b->levels[k];
    const sx_rtmdet_match *match = b->match + image * b->cells.count + l->first;
    const double stride = SX_RTMDET_STRIDE << k;
    double sum = 0;
    for (int64_t i = 0; i < l->cells; i++) {
        if (match[i].target < 0) continue;
        double slope[4];
        const double q = (double)match[i].iou;
        sum += q * giou_loss(box_of(l, k, image, i), truth->boxes[match[i].target], slope);
        float *grad = l->distances.grad + 4 * (image * l->cells + i);
        for (int j = 0; j < 4; j++) /* left and upper edge: the corner minus the distance */
            grad[j] = (float)((j < 2 ? -1 : 1) * stride * scale * q * slope[j]);
    }
    return sum;
}

/* ---- both ---- */

static bool assign_all(problem *b, const sx_targets *truth, int images, double *labels,
                       sx_error *err) {
    for (int i = 0; i < images; i++) {
        sx_rtmdet_match *match = b->match + i * b->cells.count;
        list_cells(b, i);
        if (!sx_rtmdet_assign(&b->cells, &truth[i], match, err)) return false;
        for (int64_t k = 0; k < b->cells.count; k++)
            *labels += (double)match[k].iou;
    }
    return true;
}

bool sx_rtmdet_loss(const void *config, sx_plan *p, const sx_targets *truth, int images,
                    sx_loss_state *state, sx_losses *out, sx_error *err) {
    (void)config;
    problem b = { 0 };
    double labels = 0, classes = 0, boxes = 0;
    const bool ok = open_levels(&b, p, err) && make_room(&b, images, err) &&
                    assign_all(&b, truth, images, &labels, err);
    const int ranks = state->peers ? state->peers->count : 1;
    const double divisor = sx_loss_share(state, labels, ranks) * framework_eps;
    for (int k = 0; ok && k < SX_RTMDET_LEVELS; k++)
        for (int i = 0; i < images; i++) {
            classes += class_loss(&b, &b.levels[k], &truth[i], i, 1 / divisor);
            boxes += box_loss(&b, k, &truth[i], i, box_weight / divisor);
        }
    close_problem(&b, p, ok);
    if (!ok) return false;
    *out = (sx_losses){ 0 };
    sx_losses_add(out, "loss_cls", classes / divisor);
    sx_losses_add(out, "loss_bbox", box_weight * boxes / divisor);
    return true;
}
