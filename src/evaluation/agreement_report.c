/* Readers against one another. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/evaluation_impl.h"
#include "metrics/agreement.h"

/* said[(reader * (classes + 1) + class) * films + film]; the last class: any lesion. */
typedef struct readings {
    const sx_eval_input *in;
    size_t films, classes, readers;
    bool *read;          /* [readers][films] */
    unsigned char *said; /* [readers][classes + 1][films] */
    sx_groups draw;
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

/* Films that both have read, one after the other in `room`. */
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

/* The interval from the bootstrap, the kappa of every resample. */
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
        sx_resample_cases(&r->draw, how->seed, k, weight + r->films, weight);
        value[k] = fn(r, class, a, b, weight, room).kappa;
    }
    if (ok && how->resamples && !isnan(point->kappa))
        *i = sx_boot_summarise(value, how->resamples, how->level).interval;
    free(room);
    free(weight);
    free(value);
    return ok;
}

static const char *class_name(const readings *r, size_t class) {
    return class < r->classes ? r->in->truth->class_names.items[class] : "any lesion";
}

static void put_kappa(sx_table *t, sx_json list, const char *class, const char *who, sx_kappa k,
                      sx_interval i, double positives) {
    sx_table_text(t, "%s", class);
    sx_table_value(t, (double)k.films, 0, 1);
    sx_table_value(t, positives, 4, 1);
    sx_table_value(t, k.observed, 4, 1);
    sx_table_interval(t, k.kappa, i, 3, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "readers", who);
    sx_json_text(j, "class", class);
    sx_json_count(j, "films", k.films);
    sx_json_number(j, "observed", k.observed);
    sx_json_number(j, "expected", k.expected);
    sx_eval_put_interval(j, "kappa", k.kappa, i);
}

static void kappa_columns(const readings *r, sx_table *t, bool pairs) {
    char head[64];
    if (pairs) sx_table_column(t, "readers", false);
    sx_table_column(t, "class", false);
    sx_table_column(t, "films", true);
    sx_table_column(t, "said yes", true);
    sx_table_column(t, "agreement", true);
    snprintf(head, sizeof head, "kappa (%g %% interval)", 100 * r->in->boot.level);
    sx_table_column(t, head, true);
}

/* Share of readings that say yes, over films of at least two readers or of the pair. */
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

static bool kappas(const readings *r, sx_eval_output *out, sx_error *err) {
    sx_json all = sx_json_array(sx_json_root(&out->json), "fleiss");
    sx_json pairs = sx_json_array(sx_json_root(&out->json), "cohen");
    bool ok = true;
    sx_doc_section(out->doc, "Film by film");
    sx_table *t = sx_doc_table(
        out->doc, "fleiss", "Fleiss' kappa of all readers, on films that at least two have read");
    kappa_columns(r, t, false);
    for (size_t c = 0; ok && c <= r->classes; c++) {
        sx_kappa k = { NAN, NAN, NAN, 0 };
        sx_interval i;
        ok = interval_of(r, fleiss, c, 0, 0, &k, &i, err);
        sx_table_row(t, c == r->classes);
        put_kappa(t, all, class_name(r, c), "all", k, i, share(r, c, -1, -1));
    }
    t = sx_doc_table(out->doc, "cohen", "Cohen's kappa of every two readers");
    kappa_columns(r, t, true);
    for (size_t a = 0; ok && a < r->readers; a++)
        for (size_t b = a + 1; ok && b < r->readers; b++)
            for (size_t c = 0; ok && c <= r->classes; c++) {
                char who[300];
                sx_kappa k = { NAN, NAN, NAN, 0 };
                sx_interval i;
                ok = interval_of(r, cohen, c, a, b, &k, &i, err);
                if (k.films == 0) break;
                snprintf(who, sizeof who, "%.100s, %.100s", r->in->truth->reader_names.items[a],
                         r->in->truth->reader_names.items[b]);
                sx_table_row(t, c == r->classes);
                sx_table_text(t, "%s", who);
                put_kappa(t, pairs, class_name(r, c), who, k, i, share(r, c, (long)a, (long)b));
            }
    return ok;
}

/* ---- boxes ---- */

static size_t gather(const readings *r, size_t reader, size_t class, uint32_t film,
                     const size_t *start, const uint32_t *order, sx_truth_box *out) {
    const sx_truth *t = r->in->truth;
    size_t n = 0;
    for (size_t i = start[film]; i < start[film + 1]; i++)
        if (t->box_readers[order[i]] == reader && (size_t)t->boxes[order[i]].label == class)
            out[n++] = t->boxes[order[i]];
    return n;
}

static bool pair_class(const readings *r, size_t a, size_t b, size_t class, double iou,
                       const size_t *start, const uint32_t *order, sx_truth_box *room,
                       sx_box_agreement *sum, sx_error *err) {
    for (uint32_t f = 0; f < r->films; f++) {
        if (!r->read[a * r->films + f] || !r->read[b * r->films + f]) continue;
        size_t na = gather(r, a, class, f, start, order, room);
        size_t nb = gather(r, b, class, f, start, order, room + na);
        if (!sx_pair_boxes(room, na, room + na, nb, iou, sum, err)) return false;
    }
    return true;
}

static void put_boxes(sx_table *t, sx_json list, const char *who, const char *class,
                      sx_box_agreement g, bool strong) {
    double total = (double)(g.a + g.b), f1 = total > 0 ? 2 * (double)g.matched / total : NAN;
    double iou = g.matched ? g.iou_sum / (double)g.matched : NAN;
    sx_table_row(t, strong);
    sx_table_text(t, "%s", who);
    sx_table_text(t, "%s", class);
    sx_table_value(t, (double)g.a, 0, 1);
    sx_table_value(t, (double)g.b, 0, 1);
    sx_table_value(t, (double)g.matched, 0, 1);
    sx_table_value(t, f1, 3, 1);
    sx_table_value(t, iou, 3, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "readers", who);
    sx_json_text(j, "class", class);
    sx_json_count(j, "boxes_of_first", g.a);
    sx_json_count(j, "boxes_of_second", g.b);
    sx_json_count(j, "matched", g.matched);
    sx_json_number(j, "f1", f1);
    sx_json_number(j, "mean_iou", iou);
}

static bool boxes(const readings *r, double iou, sx_eval_output *out, sx_error *err) {
    const sx_truth *t = r->in->truth;
    size_t *start = sx_calloc_for(r->films + 2, sizeof *start, "films", err);
    uint32_t *order = sx_calloc_for(t->box_count + 1, sizeof *order, "boxes", err);
    sx_truth_box *room = sx_calloc_for(t->box_count + 1, sizeof *room, "boxes", err);
    sx_json list = sx_json_array(sx_json_root(&out->json), "boxes");
    bool ok = start && order && room;
    for (size_t i = 0; ok && i < t->box_count; i++)
        start[t->boxes[i].film + 2]++;
    for (size_t f = 0; ok && f < r->films; f++)
        start[f + 2] += start[f + 1];
    for (size_t i = 0; ok && i < t->box_count; i++)
        order[start[t->boxes[i].film + 1]++] = (uint32_t)i;
    char caption[160];
    snprintf(
        caption, sizeof caption,
        "Boxes of two readers paired by falling IoU, from %g on; F1 = 2 pairs / (boxes of both)",
        iou);
    sx_doc_section(out->doc, "Box by box");
    sx_table *x = sx_doc_table(out->doc, "boxes", caption);
    static const char *const heads[] = { "boxes of first", "of second", "paired", "F1",
                                         "mean IoU" };
    sx_table_column(x, "readers", false);
    sx_table_column(x, "class", false);
    for (size_t k = 0; k < sizeof heads / sizeof *heads; k++)
        sx_table_column(x, heads[k], true);
    for (size_t a = 0; ok && a < r->readers; a++)
        for (size_t b = a + 1; ok && b < r->readers; b++) {
            char who[300];
            sx_box_agreement sum = { 0 };
            snprintf(who, sizeof who, "%.100s, %.100s", t->reader_names.items[a],
                     t->reader_names.items[b]);
            for (size_t c = 0; ok && c < r->classes; c++) {
                sx_box_agreement g = { 0 };
                ok = pair_class(r, a, b, c, iou, start, order, room, &g, err);
                if (!g.a && !g.b) continue;
                put_boxes(x, list, who, class_name(r, c), g, false);
                sum.a += g.a;
                sum.b += g.b;
                sum.matched += g.matched;
                sum.iou_sum += g.iou_sum;
            }
            if (sum.a + sum.b) put_boxes(x, list, who, "all classes", sum, true);
        }
    free(start);
    free(order);
    free(room);
    return ok;
}

bool sx_eval_agreement(const sx_eval_input *in, double iou, sx_eval_output *out, sx_error *err) {
    readings r = { 0 };
    sx_unit draw;
    if (!in->truth->has_boxes)
        return sx_fail(err, SX_ERR_MISSING, "%s: holds labels of films, not readers' boxes",
                       in->truth_path);
    if (in->truth->reader_names.count < 2)
        return sx_fail(err, SX_ERR_VALUE, "%s: has one reader only (column rad_id)",
                       in->truth_path);
    if (!sx_eval_begin(in, "agreement", "Agreement between readers", out, err)) return false;
    sx_doc_fact(out->doc, "readers", "%zu", in->truth->reader_names.count);
    bool ok = collect(&r, in, err) && sx_eval_draw_groups(in, out, &draw, &r.draw, err);
    if (ok) {
        sx_eval_note_bootstrap(in, out, draw, &r.draw, "percentiles");
        ok = kappas(&r, out, err) && boxes(&r, iou, out, err) && sx_eval_end(out, err);
    }
    free(r.read);
    free(r.said);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
