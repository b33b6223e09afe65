#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metrics/froc.h"
#include "metrics/sort.h"

/* Boxes by film: those of a film are indices[starts[film] .. starts[film + 1]). */
typedef struct by_film {
    size_t *starts;
    uint32_t *indices;
} by_film;

static bool split(by_film *s, size_t film_count, size_t n, const uint32_t *film_of, sx_error *err) {
    s->starts = sx_calloc_for(film_count + 2, sizeof *s->starts, "films", err);
    s->indices = s->starts ? sx_calloc_for(n + 1, sizeof *s->indices, "boxes", err) : NULL;
    if (!s->indices) return false;
    for (size_t i = 0; i < n; i++)
        s->starts[film_of[i] + 2]++;
    for (size_t f = 0; f < film_count; f++)
        s->starts[f + 2] += s->starts[f + 1];
    for (size_t i = 0; i < n; i++)
        s->indices[s->starts[film_of[i] + 1]++] = (uint32_t)i;
    return true;
}

static void count_film(const sx_boxes *b, const uint32_t *truths, size_t truth_count,
                       const uint32_t *found, size_t found_count, double iou, bool *taken,
                       uint32_t *count) {
    size_t row = (size_t)b->class_count + 1;
    memset(taken, 0, truth_count * sizeof *taken);
    for (size_t i = 0; i < found_count; i++) {
        const sx_found_box *f = &b->found_boxes[found[i]];
        double best = 0;
        long chosen = -1;
        bool on_crowd = false;
        for (size_t k = 0; k < truth_count; k++) {
            const sx_truth_box *t = &b->true_boxes[truths[k]];
            double v = sx_box_iou_xywh(f, t, t->crowd);
            if (v < iou || v <= 0) continue;
            if (t->crowd) on_crowd = true;
            if (taken[k] || t->crowd) continue;
            bool same = t->label == f->label;
            if (v > best || (v == best && chosen >= 0 && same)) {
                best = v;
                chosen = (long)k;
            }
        }
        if (chosen >= 0) {
            taken[chosen] = true;
            count[(size_t)b->true_boxes[truths[chosen]].label * row + (size_t)f->label]++;
        } else if (!on_crowd) {
            count[(size_t)b->class_count * row + (size_t)f->label]++;
        }
    }
    for (size_t k = 0; k < truth_count; k++)
        if (!taken[k] && !b->true_boxes[truths[k]].crowd)
            count[(size_t)b->true_boxes[truths[k]].label * row + (size_t)b->class_count]++;
}

bool sx_class_confusion(const sx_boxes *b, const double *threshold, double iou, uint32_t *count,
                        sx_error *err) {
    size_t row = (size_t)b->class_count + 1,
           most = b->true_box_count > b->found_box_count ? b->true_box_count : b->found_box_count,
           n = 0;
    memset(count, 0, row * row * sizeof *count);
    double *score = sx_calloc_for(b->found_box_count + 1, sizeof *score, "boxes", err);
    uint32_t *order = sx_calloc_for(b->found_box_count + 1, sizeof *order, "boxes", err);
    uint32_t *film = sx_calloc_for(most + 1, sizeof *film, "boxes", err);
    bool *taken = sx_calloc_for(b->true_box_count + 1, sizeof *taken, "boxes", err);
    by_film truth = { 0 }, found = { 0 };
    bool ok = score && order && film && taken;
    for (size_t i = 0; ok && i < b->found_box_count; i++)
        score[i] = b->found_boxes[i].score;
    ok = ok && sx_sort_descending(score, b->found_box_count, order, err);
    for (size_t i = 0; ok && i < b->found_box_count; i++) {
        const sx_found_box *f = &b->found_boxes[order[i]];
        if (f->score < threshold[f->label]) continue;
        order[n] = order[i];
        film[n++] = f->film;
    }
    ok = ok && split(&found, b->film_count, n, film, err);
    for (size_t i = 0; ok && i < n; i++)
        found.indices[i] = order[found.indices[i]];
    for (size_t i = 0; ok && i < b->true_box_count; i++)
        film[i] = b->true_boxes[i].film;
    ok = ok && split(&truth, b->film_count, b->true_box_count, film, err);
    for (size_t f = 0; ok && f < b->film_count; f++)
        count_film(b, truth.indices + truth.starts[f], truth.starts[f + 1] - truth.starts[f],
                   found.indices + found.starts[f], found.starts[f + 1] - found.starts[f], iou,
                   taken, count);
    free(score);
    free(order);
    free(film);
    free(taken);
    free(truth.starts);
    free(truth.indices);
    free(found.starts);
    free(found.indices);
    return ok;
}
