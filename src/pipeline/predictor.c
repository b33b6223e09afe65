#include "pipeline/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/tta.h"

/* What the authors add at evaluation, and the paper's rule for films judged normal. */
static const double default_nms = 0.7, default_keep = 0.5;

/* ---- opening ---- */

static bool check_options(const sx_predict_options *o, sx_error *err) {
    if (o->threshold > 1 || o->keep > 1 || isnan(o->threshold) || isnan(o->keep) || isnan(o->nms))
        return sx_fail(err, SX_ERR_USAGE, "threshold and keep are probabilities, from 0 to 1");
    return true;
}

static void set_rule(sx_predictor *p, const sx_predict_options *o) {
    p->rule.threshold = sx_bundle_threshold(&p->bundle, &p->threshold_source);
    if (o->threshold >= 0) {
        p->rule.threshold = o->threshold;
        p->threshold_source = "option";
    }
    double stored = p->bundle.detector ? sx_model_get_info(p->bundle.detector)->threshold : NAN;
    p->rule.keep = isnan(stored) ? default_keep : stored;
    p->keep_source = isnan(stored) ? "paper" : "weights' metadata";
    if (o->keep >= 0) {
        p->rule.keep = o->keep;
        p->keep_source = "option";
    }
    const double own = p->bundle.detector ? sx_model_get_info(p->bundle.detector)->nms : 0;
    p->nms = o->nms >= 0 ? o->nms : own > 0 ? own : default_nms;
    p->pixels = o->pixels;
    p->reduced = o->reduced;
    p->tta = o->tta;
}

sx_predictor *sx_predictor_open(const sx_context *context, const char *const *weights, size_t count,
                                const sx_predict_options *options, sx_error *err) {
    static const sx_predict_options defaults = SX_PREDICT_DEFAULTS;
    const sx_predict_options *o = options ? options : &defaults;
    if (!check_options(o, err)) return NULL;
    sx_predictor *p = sx_calloc_for(1, sizeof *p, "the networks", err);
    if (!p) return NULL;
    bool ok = context || (p->own_context = sx_context_new(NULL, err)) != NULL;
    ok = ok && sx_bundle_open(context ? context : p->own_context, &p->bundle, weights, count,
                              o->precision, err);
    if (!ok) {
        sx_context_free(p->own_context);
        free(p);
        return NULL;
    }
    set_rule(p, o);
    return p;
}

void sx_predictor_free(sx_predictor *p) {
    if (!p) return;
    sx_bundle_close(&p->bundle);
    sx_context_free(p->own_context);
    free(p);
}

int sx_predictor_label_count(const sx_predictor *p) {
    return p->bundle.detector ? sx_model_get_info(p->bundle.detector)->classes : 0;
}

const char *sx_predictor_label(const sx_predictor *p, int label) {
    if (label < 0 || label >= sx_predictor_label_count(p)) return "";
    return sx_model_get_info(p->bundle.detector)->class_names[label];
}

sx_pixels sx_predictor_pixels(const sx_predictor *p, const sx_model *m) {
    if (p->pixels != SX_PIXELS_AUTO) return p->pixels;
    return sx_model_get_info(m)->pixels == SX_PIXELS_VINDR ? SX_PIXELS_VINDR : SX_PIXELS_DICOM;
}

/* ---- one film ---- */

typedef struct film_views {
    const sx_image *dicom, *vindr;
} film_views;

static const sx_image *view_for(const sx_predictor *p, const sx_model *m, const film_views *v) {
    return sx_predictor_pixels(p, m) == SX_PIXELS_VINDR ? v->vindr : v->dicom;
}

static bool classify(sx_predictor *p, const film_views *v, sx_findings *out, sx_error *err) {
    int n = p->bundle.classifier_count;
    float probability[SX_MAX_CLASSIFIERS];
    out->classifier_probability =
        sx_calloc_for((size_t)n + 1, sizeof(double), "probabilities", err);
    if (!out->classifier_probability) return false;
    for (int i = 0; i < n; i++) {
        sx_model *m = p->bundle.classifiers[i];
        float logit;
        if (!sx_tta_classify(m, view_for(p, m, v), p->tta, &logit, err)) return false;
        probability[i] = sx_sigmoid(logit / (float)sx_model_get_info(m)->temperature);
        out->classifier_probability[i] = (double)probability[i];
    }
    out->classifier_count = n;
    if (n == 0) return true;
    out->has_probability = true;
    out->probability = (double)sx_ensemble(probability, n);
    out->abnormal = sx_rule_abnormal(&p->rule, out->probability);
    return true;
}

static bool detect(sx_predictor *p, const film_views *v, sx_findings *out, sx_error *err) {
    sx_model *m = p->bundle.detector;
    sx_detections boxes = { 0 };
    sx_model_detect_options o = { .nms = (float)p->nms };
    if (!m || p->classify_only) return true;
    if (!sx_tta_detect(m, view_for(p, m, v), p->tta, &o, &boxes, err)) return false;
    if (out->has_probability) out->withheld = sx_rule_apply(&p->rule, out->probability, &boxes);
    out->items = sx_calloc_for((size_t)boxes.count + 1, sizeof *out->items, "findings", err);
    for (int i = 0; out->items && i < boxes.count; i++) {
        const sx_detection *d = &boxes.items[i];
        out->items[i] = (sx_finding){ d->box.x0,
                                      d->box.y0,
                                      d->box.x1,
                                      d->box.y1,
                                      d->score,
                                      d->label,
                                      sx_predictor_label(p, d->label) };
    }
    out->count = out->items ? boxes.count : 0;
    sx_detections_free(&boxes);
    return out->items != NULL;
}

bool sx_predict_images(sx_predictor *p, const sx_image *dicom, const sx_image *vindr,
                       sx_findings *out, sx_error *err) {
    const film_views v = { dicom, vindr };
    const sx_image *any = dicom ? dicom : vindr;
    out->width = any->width;
    out->height = any->height;
    out->reduced = 1;
    double t0 = sx_now();
    if (!classify(p, &v, out, err)) return false;
    double t1 = sx_now();
    if (!detect(p, &v, out, err)) return false;
    out->seconds.classify = t1 - t0;
    out->seconds.detect = sx_now() - t1;
    return true;
}
