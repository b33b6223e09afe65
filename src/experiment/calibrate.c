#include "experiment/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/str.h"
#include "dicom/dicom_film.h"
#include "experiment/film_set.h"
#include "metrics/temperature.h"
#include "pipeline/bundle.h"
#include "pipeline/rule.h"

/* The validation films and the classifiers' logits for them. */
typedef struct predictions {
    size_t film_count;
    int classifier_count;
    unsigned char *labels; /* [film_count] */
    float *logits;         /* [film_count][classifier_count] */
    double *scores;        /* [film_count] P of the ensemble at some temperature */
} predictions;

static bool predictions_new(predictions *p, size_t films, int classifiers, sx_error *err) {
    *p = (predictions){ .film_count = films, .classifier_count = classifiers };
    p->labels = sx_calloc_for(films, 1, "labels", err);
    p->logits = sx_calloc_for(films * (size_t)classifiers, sizeof *p->logits, "logits", err);
    p->scores = sx_calloc_for(films, sizeof *p->scores, "scores", err);
    return p->labels && p->logits && p->scores;
}

static void predictions_free(predictions *p) {
    free(p->scores);
    free(p->logits);
    free(p->labels);
}

static float *logits_of(const predictions *p, size_t film) {
    return p->logits + film * (size_t)p->classifier_count;
}

static bool classify_film(sx_bundle *b, const char *path, float *logits, sx_error *err) {
    sx_film *film = sx_film_open(path, NULL, err);
    bool ok = film != NULL;
    for (int i = 0; ok && i < b->classifier_count; i++) {
        sx_model *m = b->classifiers[i];
        const bool vindr = sx_model_get_info(m)->pixels == SX_PIXELS_VINDR;
        sx_image im = { 0 };
        ok = sx_film_to_8bit(film, vindr ? SX_PIXELS_VINDR : SX_PIXELS_DICOM, &im, err) &&
             sx_model_classify(m, &im, &logits[i], err);
        sx_image_free(&im);
    }
    sx_film_free(film);
    return ok;
}

static bool classify_films(sx_bundle *b, const sx_film_set *s, predictions *p, sx_error *err) {
    if (!predictions_new(p, s->count, b->classifier_count, err)) return false;
    sx_progress bar;
    sx_progress_start(&bar, s->context, "films", s->count);
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        ok = sx_context_cancelled(s->context)
                 ? sx_fail(err, SX_ERR_CANCELLED, "stopped; the weights are unchanged")
                 : classify_film(b, s->films[i].path, logits_of(p, i), err);
        p->labels[i] = s->films[i].target > 0.5F;
        sx_progress_step(&bar, 1);
    }
    sx_progress_end(&bar);
    return ok;
}

/* P of the ensemble, computed in float as `predict` does. */
static void score_at(predictions *p, double temperature) {
    for (size_t i = 0; i < p->film_count; i++) {
        float probabilities[SX_MAX_CLASSIFIERS];
        for (int k = 0; k < p->classifier_count; k++)
            probabilities[k] = sx_sigmoid(logits_of(p, i)[k] / (float)temperature);
        p->scores[i] = (double)sx_ensemble(probabilities, p->classifier_count);
    }
}

static bool evaluate_at(predictions *p, double temperature, sx_calibrate_fit *out, sx_error *err) {
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    out->temperature = temperature;
    score_at(p, temperature);
    const bool ok =
        sx_ranking_make(&r, p->labels, p->scores, p->film_count, err) &&
        sx_levels_make(&l, &r, err) &&
        sx_calibrate(p->labels, p->scores, p->film_count, 10, false, 0.95, &out->calibration, err);
    if (ok) out->threshold = sx_threshold_below((float)fmin(sx_youden(&l), 1));
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

/* The temperature of the mean logit. It is rounded to a float, which nine digits hold, so that
 * predict divides by the same number. */
static bool fit_temperature(const predictions *p, double *temperature, sx_error *err) {
    double *means = sx_calloc_for(p->film_count, sizeof *means, "logits", err);
    if (!means) return false;
    for (size_t i = 0; i < p->film_count; i++)
        for (int k = 0; k < p->classifier_count; k++)
            means[i] += (double)logits_of(p, i)[k] / p->classifier_count;
    const bool ok = sx_temperature_fit(p->labels, means, p->film_count, temperature, err);
    *temperature = (double)(float)*temperature;
    free(means);
    return ok;
}

static bool at_bound(double temperature) {
    return temperature < 1.001 * SX_TEMPERATURE_LOW || temperature > 0.999 * SX_TEMPERATURE_HIGH;
}

/* ---- weight files ---- */

static bool check_files(const sx_bundle *b, sx_error *err) {
    for (int i = 0; i < b->classifier_count; i++) {
        const char *path = sx_model_get_info(b->classifiers[i])->path;
        if (!sx_ends_with(path, ".safetensors"))
            return sx_fail(err, SX_ERR_UNSUPPORTED,
                           "%s: only a safetensors file can hold it (spinexr model import)", path);
    }
    return b->classifier_count > 0 ||
           sx_fail(err, SX_ERR_MISSING, "there is no classifier among the weights");
}

/* Writes the weight file again with the new metadata. */
static bool store(const char *path, const sx_calibrate_fit *fit, const char *chosen_on,
                  sx_error *err) {
    char temperature[32], threshold[32];
    sx_format(temperature, sizeof temperature, "%.9g", fit->temperature);
    sx_format(threshold, sizeof threshold, "%.9g", fit->threshold);
    sx_weights *w = sx_weights_open(path, err);
    const bool ok = w && sx_weights_set_meta(w, "spinexr.temperature", temperature, err) &&
                    sx_weights_set_meta(w, "spinexr.threshold", threshold, err) &&
                    sx_weights_set_meta(w, "spinexr.threshold_chosen_on", chosen_on, err) &&
                    sx_weights_save(w, path, err);
    sx_weights_free(w);
    return ok;
}

static bool store_all(const sx_bundle *b, const sx_calibrate_result *r, sx_error *err) {
    char chosen_on[160];
    snprintf(chosen_on, sizeof chosen_on, "validation (Youden, %zu films, ensemble of %d)",
             r->film_count, r->classifier_count);
    bool ok = true;
    for (int i = 0; ok && i < b->classifier_count; i++)
        ok = store(sx_model_get_info(b->classifiers[i])->path, &r->after, chosen_on, err);
    return ok;
}

static bool fit_bundle(sx_bundle *b, const sx_film_set *s, sx_calibrate_result *out,
                       sx_error *err) {
    predictions p = { 0 };
    double temperature = 1;
    const bool ok =
        classify_films(b, s, &p, err) && fit_temperature(&p, &temperature, err) &&
        evaluate_at(&p, sx_model_get_info(b->classifiers[0])->temperature, &out->before, err) &&
        evaluate_at(&p, temperature, &out->after, err);
    out->film_count = p.film_count;
    out->classifier_count = p.classifier_count;
    predictions_free(&p);
    return ok;
}

bool sx_calibrate_weights(const sx_calibrate_options *o, sx_calibrate_result *out, sx_error *err) {
    sx_bundle bundle = { 0 };
    sx_film_set set = { 0 };
    const bool ok =
        sx_bundle_open(o->context, &bundle, o->weights, o->weight_count, SX_PRECISION_AUTO, err) &&
        check_files(&bundle, err) &&
        sx_film_set_open(o->context, o->data, NULL, o->list, SX_CLASSIFIER, true, &set, err) &&
        fit_bundle(&bundle, &set, out, err) && store_all(&bundle, out, err);
    sx_film_set_close(&set);
    sx_bundle_close(&bundle);
    if (ok && at_bound(out->after.temperature))
        sx_log(o->context, SX_LOG_WARNING,
               "%s: the temperature is at its bound: these films do not determine it", o->data);
    return ok;
}
