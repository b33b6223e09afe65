#include "experiment/fit_fusion.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "detect/fuse.h"
#include "metrics/ap.h"

static const float steps[] = { 0, 0.25F, 0.5F, 0.75F, 1 };
enum { STEPS = sizeof steps / sizeof *steps, MOST_ROUNDS = 8 };
static const double least_gain = 0.005;

/* One class at a time, which then is label 0. */
typedef struct fit {
    const sx_fusion_films *films;
    int label;
    sx_truth_box *truth; /* of the label */
    size_t truth_count;
    sx_found_box *found; /* room for all boxes of all films */
    sx_detection *items; /* room for all boxes of one film */
    int *views;
    float *weights; /* [detector_count] */
    sx_ap_scratch *scratch;
} fit;

static int detector_count(const fit *f) {
    return f->films->info->detector_count;
}

/* The boxes of the label on one film, with the label 0; returns their number. */
static size_t select_boxes(fit *f, const sx_detector_boxes *from) {
    size_t n = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (from->items[i].label != f->label) continue;
        f->items[n] = from->items[i];
        f->items[n].label = 0;
        f->views[n++] = from->detectors[i];
    }
    return n;
}

static sx_found_box found_of(const sx_detection *d, size_t film) {
    return (sx_found_box){ .x = (double)d->box.x0,
                           .y = (double)d->box.y0,
                           .w = (double)(d->box.x1 - d->box.x0),
                           .h = (double)(d->box.y1 - d->box.y0),
                           .score = (double)d->score,
                           .film = (uint32_t)film };
}

static bool fuse_films(fit *f, size_t *found, sx_error *err) {
    const sx_fuse_options how = { .view_count = (size_t)detector_count(f),
                                  .iou = sx_fuse_iou,
                                  .weights = f->weights,
                                  .label_count = 1,
                                  .views = f->views };
    *found = 0;
    for (size_t i = 0; i < f->films->film_count; i++) {
        size_t fused = 0;
        const size_t n = select_boxes(f, &f->films->films[i]);
        if (!sx_fuse_boxes(f->items, n, &how, &fused, err)) return false;
        for (size_t k = 0; k < fused; k++)
            f->found[(*found)++] = found_of(&f->items[k], i);
    }
    return true;
}

/* The AP of the label at the current weights. */
static bool measure(fit *f, double *ap, sx_error *err) {
    static const sx_size_range any_size = { 0, HUGE_VAL };
    const sx_match_options how = { SX_MATCH_COCO, &f->films->iou, 1, &any_size, 1, 0 };
    size_t found;
    sx_matches m = { 0 };
    sx_pr_curve curve;
    if (!fuse_films(f, &found, err)) return false;
    const sx_boxes boxes = { f->truth, f->truth_count, f->found, found, f->films->film_count, 1 };
    if (!sx_match_boxes(&boxes, &how, &m, err)) return false;
    sx_pr_accumulate(sx_matches_of(&m, 0, 0), f->films->film_count, 0, 0, NULL, f->scratch, &curve);
    *ap = sx_ap_of(&curve);
    sx_matches_free(&m);
    return true;
}

static bool knows_label(const fit *f, int detector) {
    const sx_detector_use *use = &f->films->info->detectors[detector];
    for (int c = 0; c < use->class_count; c++)
        if (use->labels[c] == f->label) return true;
    return false;
}

static bool any_weight(const fit *f) {
    for (int d = 0; d < detector_count(f); d++)
        if (f->weights[d] > 0) return true;
    return false;
}

/* Gives one detector its best weight; *best: the AP, *changed: it has another one. */
static bool improve_weight(fit *f, int detector, double *best, bool *changed, sx_error *err) {
    const float before = f->weights[detector];
    float choice = before;
    double highest = *best + least_gain;
    for (int s = 0; s < STEPS; s++) {
        double ap;
        f->weights[detector] = steps[s];
        if (steps[s] == before || !any_weight(f)) continue;
        if (!measure(f, &ap, err)) return false;
        if (!(ap >= highest)) continue;
        choice = steps[s];
        *best = highest = ap;
        *changed = true;
    }
    f->weights[detector] = choice;
    return true;
}

static bool improve_all(fit *f, double *best, sx_error *err) {
    bool changed = true;
    for (int round = 0; changed && round < MOST_ROUNDS; round++) {
        changed = false;
        for (int d = 0; d < detector_count(f); d++)
            if (knows_label(f, d) && !improve_weight(f, d, best, &changed, err)) return false;
    }
    return true;
}

/* Only the ratios of weights count. */
static void normalise(fit *f) {
    float most = 0;
    for (int d = 0; d < detector_count(f); d++)
        most = fmaxf(most, f->weights[d]);
    for (int d = 0; d < detector_count(f); d++)
        f->weights[d] /= most;
}

static void select_truth(fit *f) {
    f->truth_count = 0;
    for (size_t i = 0; i < f->films->truth_count; i++) {
        if (f->films->truth[i].label != f->label) continue;
        f->truth[f->truth_count] = f->films->truth[i];
        f->truth[f->truth_count++].label = 0;
    }
}

static bool fit_label(fit *f, sx_fusion_gain *gain, sx_error *err) {
    select_truth(f);
    *gain = (sx_fusion_gain){ NAN, NAN };
    for (int d = 0; d < detector_count(f); d++)
        f->weights[d] = knows_label(f, d) ? 1 : 0;
    if (f->truth_count == 0) return true;
    if (!measure(f, &gain->equal, err)) return false;
    gain->fitted = gain->equal;
    if (f->truth_count < SX_FUSION_LEAST_LESIONS) return true;
    if (!improve_all(f, &gain->fitted, err)) return false;
    normalise(f);
    return true;
}

static bool make_fit(fit *f, const sx_fusion_films *films, sx_error *err) {
    size_t all = 0, most = 0;
    for (size_t i = 0; i < films->film_count; i++) {
        all += films->films[i].count;
        if (films->films[i].count > most) most = films->films[i].count;
    }
    *f = (fit){ .films = films };
    f->truth = sx_calloc_for(films->truth_count + 1, sizeof *f->truth, "boxes", err);
    f->found = sx_calloc_for(all + 1, sizeof *f->found, "boxes", err);
    f->items = sx_calloc_for(most + 1, sizeof *f->items, "boxes", err);
    f->views = sx_calloc_for(most + 1, sizeof *f->views, "boxes", err);
    f->weights = sx_calloc_for((size_t)detector_count(f) + 1, sizeof *f->weights, "weights", err);
    if (f->truth && f->found && f->items && f->views && f->weights)
        f->scratch = sx_ap_scratch_new(all, err);
    return f->scratch != NULL;
}

static void free_fit(fit *f) {
    sx_ap_scratch_free(f->scratch);
    free(f->weights);
    free(f->views);
    free(f->items);
    free(f->found);
    free(f->truth);
}

bool sx_fusion_fit(const sx_fusion_films *films, float *weights, sx_fusion_gain *gains,
                   sx_error *err) {
    fit f;
    const int labels = films->info->label_count;
    bool ok = make_fit(&f, films, err);
    for (f.label = 0; ok && f.label < labels; f.label++) {
        ok = fit_label(&f, &gains[f.label], err);
        for (int d = 0; ok && d < detector_count(&f); d++)
            weights[d * labels + f.label] = f.weights[d];
    }
    free_fit(&f);
    return ok;
}
