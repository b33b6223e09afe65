#include "evaluation/agreement_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

typedef struct readings {
    const sx_eval_input *in;
    size_t films, classes, readers;
    bool *read;          /* [readers][films] */
    unsigned char *said; /* [readers][classes + 1][films] 1: marked; the last class: any lesion */
    const sx_groups *draw;
} readings;

static unsigned char *said_of(const readings *r, size_t reader, size_t class) {
    return r->said + (reader * (r->classes + 1) + class) * r->films;
}

static bool collect(readings *r, const sx_eval_input *in, sx_error *err) {
    const sx_truth *t = in->truth;
    size_t cells;
    r->in = in;
    r->films = t->films.count;
    r->classes = t->class_names.count;
    r->readers = t->reader_names.count;
    if (!sx_mul_size(r->readers * (r->classes + 1), r->films, &cells))
        return sx_fail(err, SX_ERR_LIMIT, "too many readers and films");
    r->read = sx_calloc_for(r->readers * r->films, sizeof *r->read, "readers", err);
    r->said = r->read ? sx_calloc_for(cells, 1, "readers", err) : NULL;
    if (!r->said) return false;
    for (size_t i = 0; i < t->reading_count; i++)
        r->read[t->readings[i][1] * r->films + t->readings[i][0]] = true;
    for (size_t i = 0; i < t->box_count; i++) {
        said_of(r, t->box_readers[i], (size_t)t->boxes[i].label)[t->boxes[i].film] = 1;
        said_of(r, t->box_readers[i], r->classes)[t->boxes[i].film] = 1;
    }
    return true;
}

/* ---- kappas ---- */

typedef sx_kappa kappa_fn(const readings *r, size_t class, size_t a, size_t b,
                          const uint32_t *weight, void *room);

/* On the films that both readers have read. */
static sx_kappa cohen(const readings *r, size_t class, size_t a, size_t b, const uint32_t *weight,
                      void *room) {
    uint32_t *w = room;
    unsigned char *x = (unsigned char *)(w + r->films), *y = x + r->films;
    size_t n = 0;
    for (size_t f = 0; f < r->films; f++) {
        if (!r->read[a * r->films + f] || !r->read[b * r->films + f]) continue;
        x[n] = said_of(r, a, class)[f];
        y[n] = said_of(r, b, class)[f];
        w[n++] = weight ? weight[f] : 1;
    }
    return sx_cohen_kappa(x, y, n, w);
}

static sx_kappa fleiss(const readings *r, size_t class, size_t a, size_t b, const uint32_t *weight,
                       void *room) {
    uint32_t *yes = room, *readers = yes + r->films;
    (void)a, (void)b;
    memset(yes, 0, 2 * r->films * sizeof *yes);
    for (size_t k = 0; k < r->readers; k++)
        for (size_t f = 0; f < r->films; f++)
            if (r->read[k * r->films + f]) {
                readers[f]++;
                yes[f] += said_of(r, k, class)[f];
            }
    return sx_fleiss_kappa(yes, readers, r->films, weight);
}

/* A kappa with the percentile interval of its resamples. */
static bool interval_of(const readings *r, kappa_fn *fn, size_t class, size_t a, size_t b,
                        sx_kappa *point, sx_interval *i, sx_error *err) {
    const sx_bootstrap *how = &r->in->boot;
    void *room = sx_calloc_for(r->films, 2 * sizeof(uint32_t), "films", err);
    uint32_t *weight = sx_calloc_for(2 * r->films, sizeof *weight, "films", err);
    double *value = sx_calloc_for(how->resamples + 1, sizeof *value, "bootstrap resamples", err);
    bool ok = room && weight && value;
    *i = (sx_interval){ NAN, NAN };
    if (ok) *point = fn(r, class, a, b, NULL, room);
    for (size_t k = 0; ok && k < how->resamples; k++) {
        sx_resample_cases(r->draw, how->seed, k, weight + r->films, weight);
        value[k] = fn(r, class, a, b, weight, room).kappa;
    }
    if (ok && how->resamples && !isnan(point->kappa))
        *i = sx_boot_summarise(value, how->resamples, how->level).interval;
    free(room);
    free(weight);
    free(value);
    return ok;
}

/* Share of positive readings, on the films of readers a and b or (a -1) of at least two readers. */
static double share(const readings *r, size_t class, long a, long b) {
    double yes = 0, all = 0;
    for (size_t f = 0; f < r->films; f++) {
        size_t readers = 0;
        for (size_t k = 0; k < r->readers; k++)
            readers += r->read[k * r->films + f];
        if (a >= 0 ? !r->read[(size_t)a * r->films + f] || !r->read[(size_t)b * r->films + f]
                   : readers < 2)
            continue;
        for (size_t k = 0; k < r->readers; k++) {
            if (!r->read[k * r->films + f] || (a >= 0 && k != (size_t)a && k != (size_t)b))
                continue;
            yes += said_of(r, k, class)[f];
            all++;
        }
    }
    return all > 0 ? yes / all : NAN;
}

static bool kappa_row(const readings *r, kappa_fn *fn, sx_kappa_row *row, sx_error *err) {
    const long a = fn == cohen ? (long)row->first : -1, b = (long)row->second;
    row->kappa = (sx_kappa){ NAN, NAN, NAN, 0 };
    if (!interval_of(r, fn, row->class, row->first, row->second, &row->kappa, &row->interval, err))
        return false;
    row->positive_share = share(r, row->class, a, b);
    return true;
}

static bool compute_fleiss(const readings *r, sx_agreement_result *out, sx_error *err) {
    out->fleiss = sx_calloc_for(r->classes + 1, sizeof *out->fleiss, "readers", err);
    if (!out->fleiss) return false;
    for (size_t c = 0; c <= r->classes; c++) {
        sx_kappa_row *row = &out->fleiss[out->fleiss_count++];
        row->class = c;
        if (!kappa_row(r, fleiss, row, err)) return false;
    }
    return true;
}

/* All classes of two readers. */
static bool compute_pair(const readings *r, size_t a, size_t b, sx_agreement_result *out,
                         sx_error *err) {
    for (size_t c = 0; c <= r->classes; c++) {
        sx_kappa_row *row = &out->cohen[out->cohen_count];
        *row = (sx_kappa_row){ .first = a, .second = b, .class = c };
        if (!kappa_row(r, cohen, row, err)) return false;
        if (row->kappa.film_count == 0) return true;
        out->cohen_count++;
    }
    return true;
}

static bool compute_cohen(const readings *r, sx_agreement_result *out, sx_error *err) {
    const size_t pairs = r->readers * (r->readers - 1) / 2;
    out->cohen = sx_calloc_for(pairs * (r->classes + 1), sizeof *out->cohen, "readers", err);
    if (!out->cohen) return false;
    for (size_t a = 0; a < r->readers; a++)
        for (size_t b = a + 1; b < r->readers; b++)
            if (!compute_pair(r, a, b, out, err)) return false;
    return true;
}

/* ---- boxes ---- */

/* Boxes by film: those of film f are order[start[f]] .. order[start[f + 1]). */
typedef struct film_boxes {
    size_t *start;
    uint32_t *order;
    sx_truth_box *room; /* for the boxes of two readers on a film */
} film_boxes;

static bool sort_boxes(const readings *r, film_boxes *f, sx_error *err) {
    const sx_truth *t = r->in->truth;
    f->start = sx_calloc_for(r->films + 2, sizeof *f->start, "films", err);
    f->order = sx_calloc_for(t->box_count + 1, sizeof *f->order, "boxes", err);
    f->room = sx_calloc_for(t->box_count + 1, sizeof *f->room, "boxes", err);
    if (!f->start || !f->order || !f->room) return false;
    for (size_t i = 0; i < t->box_count; i++)
        f->start[t->boxes[i].film + 2]++;
    for (size_t k = 0; k < r->films; k++)
        f->start[k + 2] += f->start[k + 1];
    for (size_t i = 0; i < t->box_count; i++)
        f->order[f->start[t->boxes[i].film + 1]++] = (uint32_t)i;
    return true;
}

static size_t gather(const readings *r, const film_boxes *boxes, size_t reader, size_t class,
                     uint32_t film, sx_truth_box *out) {
    const sx_truth *t = r->in->truth;
    size_t n = 0;
    for (size_t k = boxes->start[film]; k < boxes->start[film + 1]; k++) {
        const uint32_t i = boxes->order[k];
        if (t->box_readers[i] == reader && (size_t)t->boxes[i].label == class)
            out[n++] = t->boxes[i];
    }
    return n;
}

static bool pair_class(const readings *r, const film_boxes *boxes, double iou, sx_box_row *row,
                       sx_error *err) {
    const bool *first = r->read + row->first * r->films, *second = r->read + row->second * r->films;
    for (uint32_t f = 0; f < r->films; f++) {
        if (!first[f] || !second[f]) continue;
        const size_t na = gather(r, boxes, row->first, row->class, f, boxes->room);
        const size_t nb = gather(r, boxes, row->second, row->class, f, boxes->room + na);
        if (!sx_pair_boxes(boxes->room, na, boxes->room + na, nb, iou, &row->boxes, err))
            return false;
    }
    return true;
}

/* Adds a row unless neither reader has a box. */
static void add_boxes(sx_agreement_result *out, sx_box_row row) {
    const sx_box_agreement *g = &row.boxes;
    const double total = (double)(g->a + g->b);
    if (total == 0) return;
    row.f1 = 2 * (double)g->matched / total;
    row.mean_iou = g->matched ? g->iou_sum / (double)g->matched : NAN;
    out->boxes[out->box_count++] = row;
}

static bool pair_readers(const readings *r, const film_boxes *boxes, double iou, size_t a, size_t b,
                         sx_agreement_result *out, sx_error *err) {
    sx_box_row sum = { .first = a, .second = b, .class = r->classes };
    for (size_t c = 0; c < r->classes; c++) {
        sx_box_row row = { .first = a, .second = b, .class = c };
        if (!pair_class(r, boxes, iou, &row, err)) return false;
        add_boxes(out, row);
        sum.boxes.a += row.boxes.a;
        sum.boxes.b += row.boxes.b;
        sum.boxes.matched += row.boxes.matched;
        sum.boxes.iou_sum += row.boxes.iou_sum;
    }
    add_boxes(out, sum);
    return true;
}

static bool compute_boxes(const readings *r, double iou, sx_agreement_result *out, sx_error *err) {
    const size_t pairs = r->readers * (r->readers - 1) / 2;
    film_boxes boxes = { 0 };
    out->boxes = sx_calloc_for(pairs * (r->classes + 1), sizeof *out->boxes, "readers", err);
    bool ok = out->boxes && sort_boxes(r, &boxes, err);
    for (size_t a = 0; ok && a < r->readers; a++)
        for (size_t b = a + 1; ok && b < r->readers; b++)
            ok = pair_readers(r, &boxes, iou, a, b, out, err);
    free(boxes.start);
    free(boxes.order);
    free(boxes.room);
    return ok;
}

/* ---- */

/* Agreement needs a film that two readers have read. */
static bool check_pair(const readings *r, sx_error *err) {
    for (size_t f = 0; f < r->films; f++) {
        size_t readers = 0;
        for (size_t k = 0; k < r->readers; k++)
            readers += r->read[k * r->films + f];
        if (readers > 1) return true;
    }
    return sx_fail(err, SX_ERR_VALUE,
                   "%s: %zu readers (column rad_id), but no film that two of them have read",
                   r->in->truth_path, r->readers);
}

static bool check_input(const sx_eval_input *in, sx_error *err) {
    if (!in->truth->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s: has image labels but no boxes of readers",
                       in->truth_path);
    if (in->truth->reader_names.count < 2)
        return sx_fail(err, SX_ERR_VALUE, "%s: has only one reader (column rad_id)",
                       in->truth_path);
    return true;
}

sx_agreement_result *sx_agreement_compute(const sx_eval_input *in, double iou, sx_error *err) {
    readings r = { 0 };
    if (!check_input(in, err)) return NULL;
    sx_agreement_result *out = sx_calloc_for(1, sizeof *out, "results", err);
    bool ok = out && collect(&r, in, err) && check_pair(&r, err) &&
              sx_eval_draw_make(in, &out->draw, err);
    if (ok) {
        r.draw = &out->draw.groups;
        ok = compute_fleiss(&r, out, err) && compute_cohen(&r, out, err) &&
             compute_boxes(&r, iou, out, err);
    }
    free(r.read);
    free(r.said);
    if (ok) return out;
    sx_agreement_result_free(out);
    return NULL;
}

void sx_agreement_result_free(sx_agreement_result *r) {
    if (!r) return;
    free(r->fleiss);
    free(r->cohen);
    free(r->boxes);
    free(r);
}
