#include "experiment/validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/str.h"
#include "experiment/film_boxes.h"
#include "metrics/ap.h"
#include "metrics/roc.h"
#include "metrics/temperature.h"
#include "pipeline/rule.h"

/* A window of a few films, which are read in parallel. The network then runs on them one after the
 * other, with all threads. */
enum { WINDOW = 16 };

typedef struct window {
    const sx_film_set *s;
    size_t first, count;
    sx_fitted films[WINDOW];
    bool read[WINDOW];
    sx_error errors[WINDOW];
} window;

static void read_films(void *ctx, size_t begin, size_t end) {
    window *w = ctx;
    for (size_t k = begin; k < end; k++)
        w->read[k] = sx_film_set_film(w->s, w->first + k, &w->films[k], &w->errors[k]);
}

static void close_window(window *w) {
    for (size_t k = 0; k < w->count; k++)
        sx_film_set_done(&w->films[k]);
    w->first += w->count;
    w->count = 0;
}

/* Gets film i. Films must be requested in ascending order. The window owns the film, which is valid
 * until the next call. NULL: the film cannot be read. */
static const sx_fitted *film_at(window *w, size_t i, sx_error *err) {
    if (i >= w->first + w->count) {
        close_window(w);
        const size_t rest = w->s->count - i;
        w->count = rest < WINDOW ? rest : WINDOW;
        for (size_t k = 0; k < w->count; k++)
            w->errors[k] = (sx_error){ 0 };
        sx_parallel_for(w->s->context, w->count, 1, read_films, w);
    }
    const size_t k = i - w->first;
    if (w->read[k]) return &w->films[k];
    sx_fail(err, w->errors[k].code, "%s", w->errors[k].message);
    return NULL;
}

static bool put_number(sx_weights *meta, const char *name, double value, const char *chosen_on,
                       sx_error *err) {
    char text[32];
    sx_format(text, sizeof text, "%.9g", value);
    return sx_weights_set_fitted(meta, name, text, chosen_on, err);
}

/* ---- classifiers ---- */

/* Temperature and threshold, computed in float as predict does. */
static bool store_operating_point(const sx_film_set *s, const unsigned char *labels,
                                  const double *logits, const sx_levels *l, sx_weights *meta,
                                  sx_error *err) {
    const size_t count = s->count;
    char log_loss[160], youden[160];
    double fitted;
    sx_format(log_loss, sizeof log_loss, "validation on %s (log loss)", s->name);
    sx_format(youden, sizeof youden, "validation on %s (Youden)", s->name);
    if (!sx_temperature_fit(labels, logits, count, &fitted, err)) return false;
    const float temperature = (float)fitted, p = sx_sigmoid((float)sx_youden(l) / temperature);
    return put_number(meta, "temperature", (double)temperature, log_loss, err) &&
           put_number(meta, "threshold", sx_threshold_below(sx_ensemble(&p, 1)), youden, err);
}

/* outputs[films][classes] */
static bool classify_films(const sx_film_set *s, sx_model *m, unsigned char *labels, float *outputs,
                           double *logits, sx_error *err) {
    const size_t classes = (size_t)sx_model_get_info(m)->classes;
    window w = { .s = s };
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        const sx_fitted *film = film_at(&w, i, err);
        ok = film && sx_model_classify(m, &film->image, outputs + i * classes, err);
        labels[i] = s->films[i].target > 0.5F;
        logits[i] = (double)outputs[i * classes];
    }
    close_window(&w);
    return ok;
}

static bool has_box(const sx_loader_film *f, int label) {
    size_t k = 0;
    while (k < f->count && f->labels[k] != label)
        k++;
    return k < f->count;
}

/* AUROC of output c over the films whose findings are known; NaN: all alike. */
static bool measure_finding(const sx_film_set *s, const float *outputs, int classes, int c,
                            double *auroc, sx_error *err) {
    unsigned char *labels = sx_calloc_for(s->count + 1, 1, "validation", err);
    double *logits = sx_calloc_for(s->count + 1, sizeof *logits, "validation", err);
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    size_t n = 0;
    for (size_t i = 0; labels && logits && i < s->count; i++) {
        if (!sx_loader_film_known(&s->films[i])) continue;
        labels[n] = has_box(&s->films[i], c - 1);
        logits[n++] = (double)outputs[i * (size_t)classes + (size_t)c];
    }
    const bool ok = labels && logits && sx_ranking_make(&r, labels, logits, n, err) &&
                    sx_levels_make(&l, &r, err);
    if (ok) *auroc = sx_auroc(&l);
    sx_levels_free(&l);
    sx_ranking_free(&r);
    free(logits);
    free(labels);
    return ok;
}

static bool tell_findings(const sx_film_set *s, const sx_model_info *info, const float *outputs,
                          sx_error *err) {
    sx_str text = { 0 };
    bool ok = true;
    for (int c = 1; ok && c < info->classes; c++) {
        double auroc = (double)NAN;
        ok = measure_finding(s, outputs, info->classes, c, &auroc, err);
        sx_str_printf(&text, isnan(auroc) ? "%s%s -" : "%s%s %.4f", c > 1 ? ", " : "",
                      info->class_names[c], auroc);
    }
    if (ok && info->classes > 1)
        sx_log(s->context, SX_LOG_INFO, "AUROC of the findings: %s", sx_str_text(&text));
    sx_str_free(&text);
    return ok;
}

bool sx_validate_classifier(const sx_film_set *s, sx_model *m, double *score, sx_weights *meta,
                            sx_sheet *sheet, sx_error *err) {
    const sx_model_info *info = sx_model_get_info(m);
    unsigned char *labels = sx_calloc_for(s->count, 1, "validation", err);
    double *logits = sx_calloc_for(s->count, sizeof *logits, "validation", err);
    float *outputs =
        sx_calloc_for(s->count * (size_t)info->classes, sizeof *outputs, "validation", err);
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    bool ok = labels && logits && outputs && classify_films(s, m, labels, outputs, logits, err) &&
              (!sheet || sx_picture_worst(sheet, s, logits, err)) &&
              sx_ranking_make(&r, labels, logits, s->count, err) && sx_levels_make(&l, &r, err) &&
              tell_findings(s, info, outputs, err);
    if (ok) *score = sx_auroc(&l);
    if (ok && l.positives && l.negatives)
        ok = store_operating_point(s, labels, logits, &l, meta, err);
    sx_levels_free(&l);
    sx_ranking_free(&r);
    free(outputs);
    free(logits);
    free(labels);
    return ok;
}

/* ---- detectors ---- */

enum { MAX_DETECTIONS = 100 };

/* In the film's own pixels. */
static bool add_found(sx_film_boxes *b, const sx_detections *d, const sx_fitted *film, size_t i,
                      sx_error *err) {
    const double x = (double)film->film_width / film->image.width,
                 y = (double)film->film_height / film->image.height;
    return sx_film_boxes_add_found(b, d, x, y, i, err);
}

static bool detect_films(const sx_film_set *s, sx_model *m, sx_sheet *sheet, sx_film_boxes *b,
                         sx_error *err) {
    const sx_model_detect_options options = { .nms = -1, .max_count = MAX_DETECTIONS };
    window w = { .s = s };
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        const sx_loader_film *f = &s->films[i];
        const sx_fitted *film = film_at(&w, i, err);
        sx_detections d = { 0 };
        ok = film && sx_model_detect(m, &film->image, &options, &d, err) &&
             add_found(b, &d, film, i, err) && sx_film_boxes_add_truth(b, f, NULL, i, err);
        if (ok && sheet && f->count && sheet->count < 2 * SX_SHOWN_FILMS)
            ok = sx_picture_boxes(sheet, s, i, film, &d, err);
        sx_detections_free(&d);
    }
    close_window(&w);
    return ok;
}

bool sx_validate_detector(const sx_film_set *s, sx_model *m, double *score, sx_sheet *sheet,
                          sx_error *err) {
    static const double iou = 0.5;
    sx_film_boxes b = { 0 };
    sx_coco_result r = { 0 };
    bool ok = detect_films(s, m, sheet, &b, err);
    const sx_boxes boxes = sx_film_boxes_view(&b, s->count, sx_model_get_info(m)->classes);
    ok = ok && sx_coco_evaluate(&boxes, &iou, 1, &r, err);
    if (ok) *score = sx_coco_mean_ap(&r, 0, 0);
    sx_coco_result_free(&r);
    sx_film_boxes_free(&b);
    return ok;
}
