#include "pipeline/prediction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/mem.h"
#include "pipeline/bundle_classes.h"
#include "pipeline/detect_film.h"
#include "pipeline/predictor_impl.h"
#include "pipeline/tta.h"

void sx_prediction_drop_pictures(sx_prediction *prediction) {
    sx_image_free(&prediction->picture);
    prediction->shown = (sx_picture){ 0 };
    sx_explanation_free(&prediction->heat);
}

void sx_prediction_free(sx_prediction *prediction) {
    if (!prediction || atomic_fetch_sub(&prediction->holders, 1) > 1) return;
    sx_prediction_drop_pictures(prediction);
    sx_bundle_info_release(prediction->info);
    free(prediction->image_id);
    free(prediction->classifier_probability);
    free(prediction->class_probability);
    free(prediction->boxes);
    free(prediction->findings);
    free(prediction);
}

sx_prediction *sx_prediction_hold(const sx_prediction *prediction) {
    sx_prediction *p = (sx_prediction *)prediction; /* the count is not part of what it says */
    if (p) atomic_fetch_add(&p->holders, 1);
    return p;
}

const char *sx_verdict_text(const sx_prediction *p) {
    if (!p->has_probability) return NULL;
    if (p->unfamiliar) return "unfamiliar film, no verdict";
    return p->abnormal ? "abnormal" : "normal";
}

/* ---- the networks ---- */

/* The mean over the classifiers that have one. */
static double mean_distance(const double *distances, int n) {
    double sum = 0;
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!isnan(distances[i])) {
            sum += distances[i];
            count++;
        }
    return count ? sum / count : (double)NAN;
}

/* The logits of all classifiers, one after the other. */
static bool run_classifiers(const sx_predictor *p, const sx_bundle *b, sx_film_views *v,
                            float *logits, double *distances, sx_error *err) {
    for (int i = 0; i < b->classifier_count; i++) {
        const sx_network_info *info = &p->info->networks[i];
        const int outputs = p->info->classifiers[i].output_count;
        if (!sx_tta_classify(b->classifiers[i], sx_film_views_for(v, info->pixels), p->tta, logits,
                             &distances[i], err))
            return false;
        for (int c = 0; c < outputs; c++)
            if (!isfinite(logits[c]))
                return sx_fail(err, SX_ERR_VALUE, "%s gives a logit that is not finite",
                               info->path);
        logits += outputs;
    }
    return true;
}

static bool classify(const sx_predictor *p, const sx_bundle *b, sx_film_views *v,
                     sx_prediction *out, sx_error *err) {
    const int n = b->classifier_count;
    float probability[SX_MAX_CLASSIFIERS];
    double distances[SX_MAX_CLASSIFIERS];
    out->classifier_probability =
        sx_calloc_for((size_t)n + 1, sizeof(double), "probabilities", err);
    out->class_probability =
        sx_calloc_for((size_t)p->info->class_count + 1, sizeof(double), "probabilities", err);
    float *logits = sx_calloc_for(sx_bundle_outputs(p->info) + 1, sizeof *logits, "logits", err);
    const bool ok = out->classifier_probability && out->class_probability && logits &&
                    run_classifiers(p, b, v, logits, distances, err);
    if (ok) sx_bundle_classes_from(p->info, logits, out->class_probability);
    for (int i = 0, at = 0; ok && i < n; at += p->info->classifiers[i++].output_count) {
        probability[i] = sx_sigmoid(logits[at] / (float)p->info->networks[i].temperature);
        out->classifier_probability[i] = (double)probability[i];
    }
    free(logits);
    if (!ok) return false;
    out->classifier_count = n;
    out->distance = mean_distance(distances, n);
    if (n == 0) return true;
    out->has_probability = true;
    out->probability = out->ensemble_probability = (double)sx_ensemble(probability, n);
    out->unfamiliar = out->distance > p->info->distance_limit;
    return true;
}

static void take_box(const sx_bundle_info *info, const sx_detection *d, sx_prediction *out) {
    const sx_rule *rule = &info->rule;
    const double score = (double)d->score;
    /* the paper's rule knows no unfamiliar films */
    const bool below = out->has_probability && !sx_rule_abnormal(rule, out->probability),
               normal = sx_verdict_of(out) == SX_VERDICT_NORMAL,
               gated = !out->unfamiliar && sx_rule_gated(rule, d->label, out->class_probability),
               listed = !gated && sx_rule_lists(rule, rule->kind == SX_RULE_PAPER ? below : normal,
                                                d->label, score);
    const sx_finding box = { .x0 = d->box.x0,
                             .y0 = d->box.y0,
                             .x1 = d->box.x1,
                             .y1 = d->box.y1,
                             .score = d->score,
                             .label = d->label,
                             .name = sx_bundle_info_label(info, d->label),
                             .point = sx_rule_point(rule, d->label, score),
                             .despite_verdict = listed && normal };
    out->boxes[out->box_count++] = box;
    if (listed) out->findings[out->finding_count++] = box;
}

static bool take_boxes(const sx_bundle_info *info, const sx_detections *boxes, sx_prediction *out,
                       sx_error *err) {
    const size_t room = (size_t)boxes->count + 1;
    out->boxes = sx_calloc_for(room, sizeof *out->boxes, "boxes", err);
    out->findings = sx_calloc_for(room, sizeof *out->findings, "findings", err);
    if (!out->boxes || !out->findings) return false;
    for (int i = 0; i < boxes->count; i++)
        take_box(info, &boxes->items[i], out);
    return true;
}

/* The boxes of all detectors, merged. */
static bool detect(const sx_predictor *p, const sx_bundle *b, sx_film_views *v, sx_detections *out,
                   sx_error *err) {
    sx_detector_boxes each = { 0 };
    const bool ok = sx_detect_each(p->info, b, v, p->tta, &each, err) &&
                    sx_fuse_detectors(p->info, p->info->fusion_weights, &each, out, err);
    sx_detector_boxes_free(&each);
    return ok;
}

static double best_score(const sx_detections *boxes) {
    double best = 0;
    for (int i = 0; i < boxes->count; i++)
        best = fmax(best, (double)boxes->items[i].score);
    return best;
}

static void judge(const sx_rule *rule, const sx_detections *boxes, sx_prediction *out) {
    if (!out->has_probability) return;
    if (rule->fuse) {
        out->best_score = best_score(boxes);
        out->probability = (out->ensemble_probability + out->best_score) / 2;
    }
    out->abnormal = !out->unfamiliar && sx_rule_abnormal(rule, out->probability);
}

static bool run_networks(const sx_predictor *p, const sx_bundle *b, sx_film_views *v,
                         const sx_predict_options *o, sx_prediction *out, sx_error *err) {
    const double start = sx_now();
    const bool detects = b->detector_count > 0 && !o->no_detector;
    sx_detections boxes = { 0 };
    if (p->info->rule.fuse && !detects)
        return sx_fail(err, SX_ERR_USAGE,
                       "sx_predict_options.no_detector: P(abnormal) is to be fused with the best "
                       "box");
    if (!classify(p, b, v, out, err)) return false;
    const double classified = sx_now();
    bool ok = !detects || detect(p, b, v, &boxes, err);
    if (ok) judge(&p->info->rule, &boxes, out);
    ok = ok && (!detects || take_boxes(p->info, &boxes, out, err));
    sx_detections_free(&boxes);
    out->seconds.classify = classified - start;
    out->seconds.detect = sx_now() - classified;
    return ok && (!o->keep_heat_maps || sx_explain_film(p->info, b, v, &out->heat, err));
}

/* ---- a film ---- */

static bool describe_film(const sx_film_views *v, sx_prediction *out, sx_error *err) {
    out->image_id = sx_strdup(v->image_id);
    memcpy(out->study_id, v->study_id, sizeof out->study_id);
    memcpy(out->series_id, v->series_id, sizeof out->series_id);
    out->projection = v->projection;
    out->frame = v->frame;
    out->width = v->width;
    out->height = v->height;
    out->reduced = 1 << v->halvings;
    out->warnings = v->warnings;
    out->seconds.read = v->seconds;
    return out->image_id || sx_fail(err, SX_ERR_MEMORY, "out of memory for the film's name");
}

static void scale_boxes(sx_finding *boxes, int count, float kx, float ky) {
    for (int i = 0; i < count; i++) {
        boxes[i].x0 *= kx, boxes[i].x1 *= kx;
        boxes[i].y0 *= ky, boxes[i].y1 *= ky;
    }
}

/* Converts boxes from pixels of the decoded film to the film's own pixels. */
static void scale_to_film(const sx_image *decoded, sx_prediction *out) {
    if (out->reduced == 1) return;
    const float kx = (float)out->width / (float)decoded->width,
                ky = (float)out->height / (float)decoded->height;
    scale_boxes(out->boxes, out->box_count, kx, ky);
    scale_boxes(out->findings, out->finding_count, kx, ky);
}

sx_prediction *sx_predict_views_with(const sx_predictor *p, const sx_bundle *networks,
                                     sx_film_views *views, const sx_predict_options *options,
                                     sx_error *err) {
    sx_prediction *out = sx_calloc_for(1, sizeof *out, "findings", err);
    if (!out) return NULL;
    atomic_init(&out->holders, 1);
    out->info = sx_bundle_info_hold(p->info);
    if (!describe_film(views, out, err) || !run_networks(p, networks, views, options, out, err)) {
        sx_prediction_free(out);
        return NULL;
    }
    const sx_network_info *shown =
        &p->info->networks[sx_bundle_info_has_detector(p->info) ? p->info->classifier_count : 0];
    sx_image *seen = sx_film_views_for(views, shown->pixels);
    scale_to_film(seen, out);
    if (options->keep_picture || options->keep_heat_maps) {
        out->picture = *seen;
        out->shown = (sx_picture){ seen->width, seen->height, seen->channels, seen->data };
        *seen = (sx_image){ 0 };
    }
    return out;
}

sx_prediction *sx_predict_views(sx_predictor *p, sx_film_views *views,
                                const sx_predict_options *options, sx_error *err) {
    pthread_mutex_lock(&p->lock);
    sx_prediction *out = sx_predict_views_with(p, &p->bundle, views, options, err);
    pthread_mutex_unlock(&p->lock);
    return out;
}

sx_prediction *sx_predict(sx_predictor *p, const sx_film_source *source,
                          const sx_predict_options *options, sx_error *err) {
    const sx_context *context = sx_predictor_context(p);
    sx_film_views views;
    if (!sx_predictor_check_process(p, err) || !sx_context_check(context, err) ||
        !sx_film_views_read(p, context, source, options, &views, err))
        return NULL;
    sx_prediction *out = sx_predict_views(p, &views, options, err);
    if (!out && source->path) sx_fail_in(err, "%s", source->path);
    sx_film_views_free(&views);
    return out;
}
