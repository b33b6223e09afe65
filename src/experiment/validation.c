#include "experiment/validation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "base/mem.h"
#include "metrics/ap.h"
#include "metrics/roc.h"
#include "metrics/temperature.h"
#include "pipeline/rule.h"

/* Films are read side by side, a few at a time; the network then takes them one after the other, on
 * all threads. */
enum { WINDOW = 16 };

typedef struct window {
    const sx_film_set *s;
    size_t first, count;
    sx_fitted film[WINDOW];
    bool read[WINDOW];
    sx_error err[WINDOW];
} window;

static void read_films(void *ctx, size_t begin, size_t end) {
    window *w = ctx;
    for (size_t k = begin; k < end; k++)
        w->read[k] = sx_film_set_film(w->s, w->first + k, &w->film[k], &w->err[k]);
}

static void close_window(window *w) {
    for (size_t k = 0; k < w->count; k++)
        sx_film_set_done(w->s, w->first + k, &w->film[k]);
    w->first += w->count;
    w->count = 0;
}

/* Film i, asked for in rising order; the window's until the next call. NULL: it cannot be read. */
static const sx_fitted *film_at(window *w, size_t i, sx_error *err) {
    if (i >= w->first + w->count) {
        close_window(w);
        const size_t rest = w->s->count - i;
        w->count = rest < WINDOW ? rest : WINDOW;
        for (size_t k = 0; k < w->count; k++)
            w->err[k] = (sx_error){ 0 };
        sx_parallel_for(w->s->context, w->count, 1, read_films, w);
    }
    const size_t k = i - w->first;
    if (w->read[k]) return &w->film[k];
    sx_fail(err, w->err[k].code, "%s", w->err[k].message);
    return NULL;
}

static bool put_number(sx_weights *meta, const char *key, double value, sx_error *err) {
    char text[32];
    snprintf(text, sizeof text, "%.9g", value);
    return sx_weights_set_meta(meta, key, text, err);
}

bool sx_validate_classifier(const sx_film_set *s, sx_model *m, double *score, sx_weights *meta,
                            sx_sheet *sheet, sx_error *err) {
    unsigned char *label = sx_calloc_for(s->count, 1, "validation", err);
    double *logits = sx_calloc_for(s->count, sizeof *logits, "validation", err);
    bool ok = label && logits;
    window w = { .s = s };
    for (size_t i = 0; ok && i < s->count; i++) {
        float logit = 0;
        const sx_fitted *film = film_at(&w, i, err);
        ok = film && sx_model_classify(m, &film->image, &logit, err);
        label[i] = s->films[i].target > 0.5F;
        logits[i] = (double)logit;
    }
    close_window(&w);
    ok = ok && (!sheet || sx_picture_worst(sheet, s, logits, err));
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    ok = ok && sx_ranking_make(&r, label, logits, s->count, err) && sx_levels_make(&l, &r, err);
    if (ok) *score = sx_auroc(&l);
    if (ok && l.positives && l.negatives) {
        double t;
        ok = sx_temperature_fit(label, logits, s->count, &t, err);
        if (ok) { /* in float, as predict will */
            const float temperature = (float)t, p = sx_sigmoid((float)sx_youden(&l) / temperature);
            ok = put_number(meta, "spinexr.temperature", (double)temperature, err) &&
                 put_number(meta, "spinexr.threshold", sx_threshold_below(sx_ensemble(&p, 1)),
                            err) &&
                 sx_weights_set_meta(meta, "spinexr.threshold_chosen_on", "validation (Youden)",
                                     err);
        }
    }
    sx_levels_free(&l);
    sx_ranking_free(&r);
    free(logits);
    free(label);
    return ok;
}

bool sx_validate_detector(const sx_film_set *s, sx_model *m, double *score, sx_sheet *sheet,
                          sx_error *err) {
    enum { MOST = 100 };
    static const double iou = 0.5;
    size_t truth_count = 0, found_count = 0;
    sx_found_box *found = sx_calloc_for(s->count * MOST + 1, sizeof *found, "validation", err);
    sx_truth_box *truth =
        sx_calloc_for(s->manifest.box_count + 1, sizeof *truth, "validation", err);
    bool ok = found && truth;
    window w = { .s = s };
    for (size_t i = 0; ok && i < s->count; i++) {
        const sx_loader_film *f = &s->films[i];
        const sx_fitted *film = film_at(&w, i, err);
        sx_detections d = { 0 };
        ok = film &&
             sx_model_detect(m, &film->image,
                             &(sx_model_detect_options){ .nms = -1, .max_count = MOST }, &d, err);
        const double x = ok ? (double)film->film_width / film->image.width : 1,
                     y = ok ? (double)film->film_height / film->image.height : 1;
        for (int k = 0; ok && k < d.count; k++) {
            const sx_box b = d.items[k].box;
            found[found_count++] = (sx_found_box){ .x = x * (double)b.x0,
                                                   .y = y * (double)b.y0,
                                                   .w = x * (double)(b.x1 - b.x0),
                                                   .h = y * (double)(b.y1 - b.y0),
                                                   .score = (double)d.items[k].score,
                                                   .film = (uint32_t)i,
                                                   .label = d.items[k].label };
        }
        if (ok && sheet && f->count && sheet->count < 2 * SX_SHOWN_FILMS)
            ok = sx_picture_boxes(sheet, s, i, film, &d, err);
        sx_detections_free(&d);
        for (size_t k = 0; ok && k < f->count; k++) {
            const sx_film_box b = f->boxes[k];
            truth[truth_count++] = (sx_truth_box){ .x = b.x0,
                                                   .y = b.y0,
                                                   .w = b.x1 - b.x0,
                                                   .h = b.y1 - b.y0,
                                                   .area = (b.x1 - b.x0) * (b.y1 - b.y0),
                                                   .film = (uint32_t)i,
                                                   .label = f->labels[k] };
        }
    }
    close_window(&w);
    const sx_boxes boxes = { truth,       truth_count, found,
                             found_count, s->count,    sx_model_get_info(m)->classes };
    sx_coco_result r = { 0 };
    ok = ok && sx_coco_evaluate(&boxes, &iou, 1, &r, err);
    if (ok) *score = sx_coco_mean_ap(&r, 0, 0);
    sx_coco_result_free(&r);
    free(truth);
    free(found);
    return ok;
}
