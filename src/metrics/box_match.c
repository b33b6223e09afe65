#include "metrics/box_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/box_match_impl.h"
#include "metrics/sort.h"

double sx_box_iou_xywh(const sx_found_box *f, const sx_truth_box *t, bool crowd) {
    double w = fmin(f->x + f->w, t->x + t->w) - fmax(f->x, t->x);
    double h = fmin(f->y + f->h, t->y + t->h) - fmax(f->y, t->y);
    if (w <= 0 || h <= 0) return 0;
    double shared = w * h, area = f->w * f->h;
    return shared / (crowd ? area : area + t->w * t->h - shared);
}

static bool check_boxes(const sx_boxes *b, sx_error *err) {
    for (size_t i = 0; i < b->true_box_count; i++) {
        const sx_truth_box *t = &b->true_boxes[i];
        if (t->film >= b->film_count || t->label < 0 || t->label >= b->class_count)
            return sx_fail(err, SX_ERR_VALUE, "true box %zu: film or class out of range", i);
        if (!isfinite(t->x) || !isfinite(t->y) || !(t->w >= 0) || !(t->h >= 0) ||
            !isfinite(t->w * t->h))
            return sx_fail(err, SX_ERR_VALUE, "true box %zu: not a box: %g, %g, %g, %g", i, t->x,
                           t->y, t->w, t->h);
    }
    for (size_t i = 0; i < b->found_box_count; i++) {
        const sx_found_box *f = &b->found_boxes[i];
        if (f->film >= b->film_count || f->label < 0 || f->label >= b->class_count)
            return sx_fail(err, SX_ERR_VALUE, "found box %zu: film or class out of range", i);
        if (!isfinite(f->x) || !isfinite(f->y) || !(f->w >= 0) || !(f->h >= 0) ||
            !isfinite(f->w * f->h))
            return sx_fail(err, SX_ERR_VALUE, "found box %zu: not a box: %g, %g, %g, %g", i, f->x,
                           f->y, f->w, f->h);
        if (!isfinite(f->score))
            return sx_fail(err, SX_ERR_VALUE, "found box %zu: its score is not finite", i);
    }
    return true;
}

/* ---- cells: the boxes of one class on one film ---- */

typedef struct cells {
    size_t *start;   /* [classes * films + 1] */
    uint32_t *index; /* boxes, cell by cell, in their given order */
    size_t most;     /* in any cell */
} cells;

static bool make_cells(cells *c, size_t count, size_t n, const uint64_t *cell, sx_error *err) {
    c->start = sx_calloc_for(count + 1, sizeof *c->start, "films", err);
    c->index = c->start ? sx_calloc_for(n ? n : 1, sizeof *c->index, "boxes", err) : NULL;
    if (!c->index) return false;
    for (size_t i = 0; i < n; i++)
        c->start[cell[i] + 1]++;
    for (size_t k = 0; k < count; k++) {
        if (c->start[k + 1] > c->most) c->most = c->start[k + 1];
        c->start[k + 1] += c->start[k];
    }
    for (size_t i = 0; i < n; i++)
        c->index[c->start[cell[i]]++] = (uint32_t)i;
    memmove(c->start + 1, c->start, count * sizeof *c->start);
    c->start[0] = 0;
    return true;
}

static bool split_boxes(const sx_boxes *b, cells *truth, cells *found, sx_error *err) {
    size_t most = b->true_box_count > b->found_box_count ? b->true_box_count : b->found_box_count,
           count;
    if (most > UINT32_MAX || !sx_mul_size(b->film_count, (size_t)b->class_count, &count))
        return sx_fail(err, SX_ERR_LIMIT, "too many boxes or films");
    uint64_t *cell = sx_calloc_for(most + 1, sizeof *cell, "boxes", err);
    if (!cell) return false;
    for (size_t i = 0; i < b->true_box_count; i++)
        cell[i] = (uint64_t)b->true_boxes[i].label * b->film_count + b->true_boxes[i].film;
    bool ok = make_cells(truth, count, b->true_box_count, cell, err);
    for (size_t i = 0; ok && i < b->found_box_count; i++)
        cell[i] = (uint64_t)b->found_boxes[i].label * b->film_count + b->found_boxes[i].film;
    ok = ok && make_cells(found, count, b->found_box_count, cell, err);
    free(cell);
    return ok;
}

/* ---- one cell ---- */

typedef struct cell_match {
    const sx_boxes *b;
    const sx_match_options *o;
    const uint32_t *truth, *found; /* the cell's boxes */
    size_t true_count, found_count;
    uint32_t *down;     /* found boxes from the highest score */
    double *score;      /* by position in the cell */
    double *iou;        /* [found boxes kept][true boxes], found boxes by rank */
    bool *ignore;       /* of each true box, for the current size range */
    uint32_t *sequence; /* true boxes, those that count first */
    bool *taken;
} cell_match;

static const sx_truth_box *truth_of(const cell_match *m, size_t k) {
    return &m->b->true_boxes[m->truth[k]];
}

static const sx_found_box *found_of(const cell_match *m, size_t rank) {
    return &m->b->found_boxes[m->found[m->down[rank]]];
}

static size_t kept(const cell_match *m) {
    return m->o->most_per_film && m->found_count > m->o->most_per_film ? m->o->most_per_film
                                                                       : m->found_count;
}

/* The true box that a found box takes at a threshold; -1: none. */
static long choose_coco(const cell_match *m, size_t rank, double threshold) {
    double best = fmin(threshold, 1 - 1e-10);
    long chosen = -1;
    for (size_t s = 0; s < m->true_count; s++) {
        size_t k = m->sequence[s];
        if (m->taken[k] && !truth_of(m, k)->crowd) continue;
        if (chosen >= 0 && !m->ignore[chosen] && m->ignore[k]) break;
        if (m->iou[rank * m->true_count + k] < best) continue;
        best = m->iou[rank * m->true_count + k];
        chosen = (long)k;
    }
    return chosen;
}

static long choose_voc(const cell_match *m, size_t rank, double threshold) {
    double best = -1;
    long chosen = -1;
    for (size_t k = 0; k < m->true_count; k++)
        if (m->iou[rank * m->true_count + k] > best) {
            best = m->iou[rank * m->true_count + k];
            chosen = (long)k;
        }
    return best >= threshold && best > 0 ? chosen : -1;
}

static long choose_centre(const cell_match *m, size_t rank) {
    const sx_found_box *f = found_of(m, rank);
    double x = f->x + f->w / 2, y = f->y + f->h / 2, nearest = INFINITY;
    long chosen = -1;
    for (int free_only = 1; free_only >= 0 && chosen < 0; free_only--)
        for (size_t k = 0; k < m->true_count; k++) {
            const sx_truth_box *t = truth_of(m, k);
            if (x < t->x || x > t->x + t->w || y < t->y || y > t->y + t->h) continue;
            if (free_only && m->taken[k]) continue;
            double d = hypot(x - t->x - t->w / 2, y - t->y - t->h / 2);
            if (d < nearest) {
                nearest = d;
                chosen = (long)k;
            }
        }
    return chosen;
}

static void match_at(cell_match *m, size_t t, const sx_size_range *size, sx_match_list *list,
                     size_t first) {
    memset(m->taken, 0, m->true_count * sizeof *m->taken);
    for (size_t rank = 0; rank < kept(m); rank++) {
        const sx_found_box *f = found_of(m, rank);
        double area = f->w * f->h;
        uint32_t *hit = &list->hits[first + rank], *ignored = &list->ignored[first + rank],
                 bit = 1u << t;
        long k = m->o->rule == SX_MATCH_COCO  ? choose_coco(m, rank, m->o->ious[t])
                 : m->o->rule == SX_MATCH_VOC ? choose_voc(m, rank, m->o->ious[t])
                                              : choose_centre(m, rank);
        if (k < 0) {
            if (area < size->least || area > size->most) *ignored |= bit;
        } else if (m->ignore[k]) {
            *ignored |= bit;
            m->taken[k] = true;
        } else if (!m->taken[k]) {
            *hit |= bit;
            m->taken[k] = true;
        } else if (m->o->rule == SX_MATCH_CENTRE) {
            *ignored |= bit;
        }
    }
}

/* The boxes that count come first; both parts keep their order. */
static uint32_t order_truths(cell_match *m, const sx_size_range *size) {
    uint32_t counted = 0, at = 0;
    for (size_t k = 0; k < m->true_count; k++) {
        const sx_truth_box *t = truth_of(m, k);
        m->ignore[k] = t->crowd || t->area < size->least || t->area > size->most;
        if (!m->ignore[k]) m->sequence[counted++] = (uint32_t)k;
    }
    at = counted;
    for (size_t k = 0; k < m->true_count; k++)
        if (m->ignore[k]) m->sequence[at++] = (uint32_t)k;
    return counted;
}

static bool match_cell(cell_match *m, int label, uint32_t film, sx_matches *out, sx_error *err) {
    for (size_t i = 0; i < m->found_count; i++)
        m->score[i] = m->b->found_boxes[m->found[i]].score;
    if (!sx_sort_descending(m->score, m->found_count, m->down, err)) return false;
    for (size_t r = 0; r < kept(m); r++)
        for (size_t k = 0; k < m->true_count; k++)
            m->iou[r * m->true_count + k] =
                sx_box_iou_xywh(found_of(m, r), truth_of(m, k), truth_of(m, k)->crowd);
    for (size_t s = 0; s < m->o->size_count; s++) {
        sx_match_list *list = &out->lists[(size_t)label * out->size_count + s];
        list->positives[film] = order_truths(m, &m->o->sizes[s]);
        for (size_t r = 0; r < kept(m); r++) {
            list->scores[list->count + r] = found_of(m, r)->score;
            list->films[list->count + r] = film;
            list->ranks[list->count + r] = (uint32_t)r;
            list->indices[list->count + r] = m->found[m->down[r]];
        }
        for (size_t t = 0; t < m->o->iou_count; t++)
            match_at(m, t, &m->o->sizes[s], list, list->count);
        list->count += kept(m);
    }
    return true;
}

static bool match_all(const sx_boxes *b, const sx_match_options *o, const cells *truth,
                      const cells *found, sx_matches *out, sx_error *err) {
    size_t nt = truth->most + 1, nf = found->most + 1, area;
    cell_match m = { .b = b, .o = o };
    if (!sx_mul_size(nt, nf, &area)) return sx_fail(err, SX_ERR_LIMIT, "too many boxes on a film");
    m.down = sx_calloc_for(nf, sizeof *m.down, "boxes", err);
    m.score = sx_calloc_for(nf, sizeof *m.score, "boxes", err);
    m.iou = sx_calloc_for(area, sizeof *m.iou, "boxes", err);
    m.ignore = sx_calloc_for(nt, 2 * sizeof *m.ignore, "boxes", err);
    m.sequence = sx_calloc_for(nt, sizeof *m.sequence, "boxes", err);
    bool ok = m.down && m.score && m.iou && m.ignore && m.sequence;
    if (ok) m.taken = m.ignore + nt;
    for (int c = 0; ok && c < b->class_count; c++)
        for (size_t film = 0; ok && film < b->film_count; film++) {
            size_t cell = (size_t)c * b->film_count + film;
            m.truth = truth->index + truth->start[cell];
            m.found = found->index + found->start[cell];
            m.true_count = truth->start[cell + 1] - truth->start[cell];
            m.found_count = found->start[cell + 1] - found->start[cell];
            if (m.true_count || m.found_count) ok = match_cell(&m, c, (uint32_t)film, out, err);
        }
    free(m.down);
    free(m.score);
    free(m.iou);
    free(m.ignore);
    free(m.sequence);
    return ok;
}

bool sx_match_boxes(const sx_boxes *b, const sx_match_options *o, sx_matches *out, sx_error *err) {
    *out = (sx_matches){ .film_count = b->film_count,
                         .iou_count = o->iou_count,
                         .size_count = o->size_count };
    if (o->iou_count == 0 || o->iou_count > SX_IOUS_MAX)
        return sx_fail(err, SX_ERR_USAGE, "%zu IoU thresholds; 1 to %d", o->iou_count, SX_IOUS_MAX);
    if (!check_boxes(b, err)) return false;
    cells truth = { 0 }, found = { 0 };
    out->class_count = b->class_count;
    out->lists = sx_calloc_for((size_t)b->class_count * o->size_count + 1, sizeof *out->lists,
                               "classes", err);
    bool ok = out->lists && split_boxes(b, &truth, &found, err);
    for (size_t i = 0; ok && i < (size_t)b->class_count * o->size_count; i++) {
        size_t c = i / o->size_count;
        size_t n = found.start[(c + 1) * b->film_count] - found.start[c * b->film_count];
        ok = sx_match_list_make(&out->lists[i], n, b->film_count, err);
    }
    ok = ok && match_all(b, o, &truth, &found, out, err);
    for (size_t i = 0; ok && i < (size_t)b->class_count * o->size_count; i++)
        ok = sx_match_list_sort(&out->lists[i], b->film_count, err);
    free(truth.start);
    free(truth.index);
    free(found.start);
    free(found.index);
    if (!ok) sx_matches_free(out);
    return ok;
}
