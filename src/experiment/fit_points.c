#include "experiment/fit_points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "experiment/film_boxes.h"
#include "metrics/froc.h"
#include "pipeline/detect_film.h"

/* What the fit works with. */
typedef struct fitting {
    const sx_film_set *s;
    const sx_bundle *networks;
    const sx_bundle_info *info;
    const sx_film_scores *scores;
    int *labels;             /* [classes of the set] the bundle's label; -1: no detector has it */
    sx_detector_boxes *each; /* [films] */
    sx_film_boxes boxes;
} fitting;

/* ---- classes ---- */

static bool match_classes(fitting *f, sx_error *err) {
    const sx_names *classes = &f->s->manifest.classes;
    f->labels = sx_calloc_for(classes->count + 1, sizeof *f->labels, "classes", err);
    for (size_t i = 0; f->labels && i < classes->count; i++)
        f->labels[i] = sx_class_find(f->info->labels, f->info->label_count, classes->items[i]);
    return f->labels != NULL;
}

/* ---- boxes ---- */

static bool add_truth(fitting *f, size_t film, sx_error *err) {
    const sx_loader_film *at = &f->s->films[film];
    for (size_t k = 0; k < at->count; k++)
        if (f->labels[at->labels[k]] < 0)
            return sx_fail(err, SX_ERR_MISMATCH, "%s: \"%.80s\" is not a class of %s", at->id,
                           f->s->manifest.classes.items[at->labels[k]],
                           sx_model_get_info(f->networks->detectors[0])->path);
    return sx_film_boxes_add_truth(&f->boxes, at, f->labels, film, err);
}

static bool detect_film(fitting *f, size_t film, sx_error *err) {
    const char *path = f->s->films[film].path;
    sx_film_warnings warnings = { 0 };
    sx_film *at = sx_film_open(path, &(sx_film_options){ .warnings = &warnings }, err);
    sx_film_views views = { 0 };
    const bool ok =
        at && sx_film_views_convert(f->info, at, &views, err) &&
        sx_detect_each(f->info, f->networks, &views, SX_TTA_NONE, &f->each[film], err) &&
        add_truth(f, film, err);
    sx_film_notes_add(f->s->notes, path, &warnings);
    sx_film_views_free(&views);
    sx_film_free(at);
    return ok;
}

static bool detect_films(fitting *f, sx_error *err) {
    const sx_film_set *s = f->s;
    sx_progress bar;
    f->each = sx_calloc_for(s->count + 1, sizeof *f->each, "boxes", err);
    if (!f->each || !match_classes(f, err)) return false;
    sx_progress_start(&bar, s->context, "films", s->count);
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        ok = sx_context_cancelled(s->context) ? sx_fail(err, SX_ERR_CANCELLED, "cancelled")
                                              : detect_film(f, i, err);
        sx_progress_step(&bar, 1);
    }
    sx_progress_end(&bar);
    if (ok && f->boxes.truth_count == 0)
        ok = sx_fail(err, SX_ERR_MISSING, "no film of the validation set has a box");
    return ok;
}

/* ---- fusion ---- */

static bool fit_weights(const fitting *f, const sx_points_options *o, sx_fitted_points *out,
                        sx_error *err) {
    const sx_fusion_films films = { .info = f->info,
                                    .films = f->each,
                                    .film_count = f->s->count,
                                    .truth = f->boxes.truth,
                                    .truth_count = f->boxes.truth_count,
                                    .iou = o->iou };
    const size_t labels = (size_t)out->count, detectors = (size_t)out->detector_count;
    out->weights = sx_calloc_for(detectors * labels + 1, sizeof *out->weights, "weights", err);
    if (!out->weights) return false;
    if (detectors > 1) return sx_fusion_fit(&films, out->weights, out->gains, err);
    for (size_t i = 0; i < labels; i++)
        out->weights[i] = 1;
    return true;
}

/* Boxes as predict fuses them. */
static bool fuse_films(fitting *f, sx_fitted_points *p, sx_error *err) {
    p->best_scores = sx_calloc_for(f->s->count + 1, sizeof *p->best_scores, "scores", err);
    bool ok = p->best_scores != NULL;
    for (size_t i = 0; ok && i < f->s->count; i++) {
        sx_detections fused = { 0 };
        ok = sx_fuse_detectors(f->info, p->weights, &f->each[i], &fused, err) &&
             sx_film_boxes_add_found(&f->boxes, &fused, 1, 1, i, err);
        for (int k = 0; ok && k < fused.count; k++)
            p->best_scores[i] = fmax(p->best_scores[i], (double)fused.items[k].score);
        sx_detections_free(&fused);
    }
    return ok;
}

/* ---- points ---- */

static sx_point_rates rates_at(const sx_match_list *l, size_t films, double threshold) {
    const sx_detection_rates r = sx_detection_at(l, films, 0, threshold, NULL);
    return (sx_point_rates){ r.sensitivity, r.fp_per_image };
}

/* Infinity: even the highest score gives more false positives. Then no score reaches it; 1 is the
 * highest that the metadata can hold. */
static double point_for(const sx_match_list *l, size_t films, double fp_per_image) {
    return fmin(sx_threshold_for_rate(l, films, 0, fp_per_image), 1);
}

static size_t lesions_of(const sx_match_list *l, size_t films) {
    size_t n = 0;
    for (size_t i = 0; i < films; i++)
        n += l->positives[i];
    return n;
}

static void fit_class(const sx_match_list *l, size_t films, const sx_points_options *o,
                      double share, sx_points_row *row) {
    row->point = (sx_class_points){ NAN, NAN };
    row->sensitive = row->specific = (sx_point_rates){ NAN, NAN };
    if (row->lesions == 0) return;
    row->point.sensitive = point_for(l, films, o->sensitive_fp * share);
    row->point.specific = point_for(l, films, o->specific_fp * share);
    row->sensitive = rates_at(l, films, row->point.sensitive);
    row->specific = rates_at(l, films, row->point.specific);
}

/* P of one of the classifiers' classes for each film. */
static void find_probabilities(const fitting *f, int class_index, double *out) {
    for (size_t i = 0; i < f->s->count; i++) {
        const long at = sx_names_find(&f->scores->ids, f->s->films[i].id);
        out[i] =
            at < 0 ? (double)NAN : f->scores->classes[at * f->scores->class_count + class_index];
    }
}

/* Of the classes that have a point. */
static bool fit_gates(const fitting *f, const sx_matches *m, double most_lost,
                      sx_fitted_points *out, sx_error *err) {
    double *p = sx_calloc_for(f->s->count + 1, sizeof *p, "gates", err);
    bool ok = p != NULL;
    for (int c = 0; ok && c < out->count; c++) {
        sx_points_row *row = &out->rows[c];
        const int known = sx_class_find(f->info->classes, f->info->class_count, f->info->labels[c]);
        if (known < 0 || row->lesions == 0) continue;
        find_probabilities(f, known, p);
        ok = sx_fit_gate(sx_matches_of(m, c, 0), row->point.sensitive, p, most_lost, &row->gate,
                         err);
        out->gates += !isnan(row->gate.gate);
    }
    free(p);
    return ok;
}

static bool fit_classes(const fitting *f, const sx_points_options *o, sx_fitted_points *out,
                        sx_error *err) {
    const size_t films = out->film_count;
    const sx_boxes boxes = sx_film_boxes_view(&f->boxes, films, out->count);
    const sx_size_range any_size = { 0, HUGE_VAL };
    const sx_match_options how = { SX_MATCH_COCO, &o->iou, 1, &any_size, 1, 0 };
    sx_matches m = { 0 };
    if (!sx_match_boxes(&boxes, &how, &m, err)) return false;
    int present = 0;
    for (int c = 0; c < out->count; c++) {
        out->rows[c].lesions = lesions_of(sx_matches_of(&m, c, 0), films);
        present += out->rows[c].lesions > 0;
    }
    for (int c = 0; c < out->count; c++)
        fit_class(sx_matches_of(&m, c, 0), films, o, 1.0 / present, &out->rows[c]);
    const bool ok = !f->scores->class_count || fit_gates(f, &m, o->gate_loss, out, err);
    sx_matches_free(&m);
    return ok;
}

static bool make_rows(const sx_bundle_info *info, size_t films, sx_fitted_points *p,
                      sx_error *err) {
    const size_t n = (size_t)info->label_count + 1;
    *p = (sx_fitted_points){ .count = info->label_count,
                             .detector_count = info->detector_count,
                             .film_count = films };
    p->rows = sx_calloc_for(n, sizeof *p->rows, "classes", err);
    p->gains = p->rows ? sx_calloc_for(n, sizeof *p->gains, "classes", err) : NULL;
    for (int c = 0; p->gains && c < p->count; c++)
        p->rows[c].gate.gate = (double)NAN;
    for (int c = 0; p->gains && c < p->count; c++)
        snprintf(p->rows[c].name, sizeof p->rows[c].name, "%s", info->labels[c]);
    return p->gains != NULL;
}

bool sx_points_fit(const sx_film_set *s, const sx_bundle *networks, const sx_bundle_info *info,
                   const sx_film_scores *scores, const sx_points_options *o, sx_fitted_points *out,
                   sx_error *err) {
    fitting f = { .s = s, .networks = networks, .info = info, .scores = scores };
    const bool ok = make_rows(info, s->count, out, err) && detect_films(&f, err) &&
                    fit_weights(&f, o, out, err) && fuse_films(&f, out, err) &&
                    fit_classes(&f, o, out, err);
    for (size_t i = 0; f.each && i < s->count; i++)
        sx_detector_boxes_free(&f.each[i]);
    free(f.each);
    free(f.labels);
    sx_film_boxes_free(&f.boxes);
    return ok;
}

void sx_fitted_points_free(sx_fitted_points *p) {
    free(p->rows);
    free(p->gains);
    free(p->weights);
    free(p->best_scores);
    *p = (sx_fitted_points){ 0 };
}
