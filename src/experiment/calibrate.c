#include "experiment/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/claim.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/split.h"
#include "experiment/classify_set.h"
#include "experiment/film_set.h"
#include "experiment/fit_familiarity.h"
#include "metrics/temperature.h"
#include "pipeline/bundle_describe.h"
#include "pipeline/rule.h"

/* What the weight files get, beside the result. */
typedef struct fitted {
    sx_familiarity *familiarity[SX_MAX_CLASSIFIERS]; /* of each classifier; NULL: not fitted */
    sx_film_scores scores; /* of the classifiers, at the fitted temperature */
    char points_chosen_on[300];
    char set[SX_FUSION_SET + 1]; /* models/fusion_record.h */
} fitted;

/* P of the ensemble as predict computes it: in float. */
static void score_at(sx_set_predictions *p, double temperature) {
    for (size_t i = 0; i < p->film_count; i++) {
        float probabilities[SX_MAX_CLASSIFIERS];
        for (int k = 0; k < p->classifier_count; k++)
            probabilities[k] = sx_sigmoid(sx_set_logits(p, i)[k] / (float)temperature);
        p->scores[i] = (double)sx_ensemble(probabilities, p->classifier_count);
    }
}

static bool evaluate_at(sx_set_predictions *p, double temperature, sx_calibrate_fit *out,
                        sx_error *err) {
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    const sx_groups films = { .case_count = p->film_count, .count = p->film_count };
    out->temperature = temperature;
    score_at(p, temperature);
    const bool ok =
        sx_ranking_make(&r, p->labels, p->scores, p->film_count, err) &&
        sx_levels_make(&l, &r, err) &&
        sx_calibrate(p->labels, p->scores, &films, 10, false, 0.95, &out->calibration, err);
    if (ok) out->threshold = sx_threshold_below((float)fmin(sx_youden(&l), 1));
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

/* The temperature of the mean logit. It is rounded to a float, which nine digits hold, so that
 * predict divides by the same number. */
static bool fit_temperature(const sx_set_predictions *p, double *temperature, bool *separated,
                            sx_error *err) {
    double *means = sx_calloc_for(p->film_count, sizeof *means, "logits", err);
    if (!means) return false;
    for (size_t i = 0; i < p->film_count; i++)
        for (int k = 0; k < p->classifier_count; k++)
            means[i] += (double)sx_set_logits(p, i)[k] / p->classifier_count;
    const bool ok = sx_temperature_fit(p->labels, means, p->film_count, temperature, err);
    *temperature = (double)(float)*temperature;
    *separated = sx_temperature_separates(p->labels, means, p->film_count);
    free(means);
    return ok;
}

static bool at_bound(double temperature) {
    return temperature < 1.001 * SX_TEMPERATURE_LOW || temperature > 0.999 * SX_TEMPERATURE_HIGH;
}

/* The films of the set are in the order of its manifest, which may have more. */
static bool find_groups(const sx_film_set *s, sx_set_predictions *p, sx_error *err) {
    const sx_manifest *m = &s->manifest;
    uint32_t *all = sx_calloc_for(m->film_count + 1, sizeof *all, "groups", err);
    size_t count, at = 0;
    const bool ok = all && sx_film_groups(m, all, &count, err);
    for (size_t i = 0; ok && i < m->film_count && at < s->count; i++)
        if (m->films[i].id == s->films[at].id) p->groups[at++] = all[i];
    free(all);
    return ok;
}

static bool fit_distances(const sx_set_predictions *p, const sx_calibrate_options *o,
                          sx_calibrate_result *out, fitted *f, sx_error *err) {
    sx_film_features features[SX_MAX_CLASSIFIERS];
    out->distance_limit = (double)NAN;
    for (int i = 0; i < p->classifier_count; i++)
        out->no_features = out->no_features || p->feature_counts[i] < 2;
    if (p->film_count < SX_FAMILIARITY_LEAST_FILMS || out->no_features) return true;
    for (int i = 0; i < p->classifier_count; i++)
        features[i] = (sx_film_features){ p->feature_counts[i], p->features[i] };
    const sx_grouped_films groups = { p->groups, p->film_count };
    return sx_fit_familiarity(features, p->classifier_count, &groups, o->unfamiliar, f->familiarity,
                              &out->distance_limit, err);
}

/* For what is fitted to classifiers and detectors together. */
static bool keep_scores(const sx_set_predictions *p, const sx_film_set *set, fitted *f,
                        sx_error *err) {
    const sx_film_scores scores = { .labels = p->labels,
                                    .scores = p->scores,
                                    .classes = p->classes,
                                    .class_count = p->info->class_count };
    return sx_film_scores_copy(&f->scores, set, &scores, err);
}

static bool fit_classifiers(sx_bundle *b, const sx_bundle_info *info, const sx_calibrate_options *o,
                            sx_calibrate_result *out, fitted *f, sx_error *err) {
    sx_set_predictions p = { 0 };
    sx_film_set set = { 0 };
    double temperature = 1;
    const bool ok =
        sx_film_set_open(o->context, o->data, NULL, o->list, SX_CLASSIFIER, true, &set, err) &&
        sx_classify_set(&set, b, info, &p, err) &&
        fit_temperature(&p, &temperature, &out->separated, err) &&
        evaluate_at(&p, sx_model_get_info(b->classifiers[0])->temperature, &out->before, err) &&
        evaluate_at(&p, temperature, &out->after, err) && keep_scores(&p, &set, f, err) &&
        find_groups(&set, &p, err) && fit_distances(&p, o, out, f, err);
    const double stored = sx_model_get_info(b->classifiers[0])->threshold;
    if (!isnan(stored)) out->before.threshold = stored;
    for (int i = 0; isnan(out->distance_limit) && i < b->classifier_count; i++)
        out->familiarity_kept += sx_model_get_info(b->classifiers[i])->familiarity != NULL;
    out->film_count = p.film_count;
    out->classifier_count = p.classifier_count;
    sx_set_predictions_free(&p);
    sx_film_set_close(&set);
    return ok;
}

static bool fit_detectors(const sx_bundle *b, const sx_bundle_info *info,
                          const sx_calibrate_options *o, sx_calibrate_result *out, fitted *f,
                          sx_error *err) {
    sx_film_set set = { 0 };
    const bool ok =
        sx_film_set_open(o->context, o->data, NULL, o->list, SX_DETECTOR, true, &set, err) &&
        sx_points_fit(&set, b, info, &f->scores, &o->points, &out->points, err) &&
        (!b->classifier_count ||
         sx_fused_threshold_fit(&f->scores, &set, out->points.best_scores, &out->fused, err));
    sx_film_set_close(&set);
    return ok;
}

/* ---- weight files ---- */

static const sx_model *network(const sx_bundle *b, int i) {
    return i < b->classifier_count ? b->classifiers[i] : b->detectors[i - b->classifier_count];
}

static int network_count(const sx_bundle *b) {
    return b->classifier_count + b->detector_count;
}

/* An existing file is replaced only on request. */
static bool check_output(const char *out, const char *name, bool overwrite, sx_error *err) {
    char *path = sx_path_join(out, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", out);
    const bool ok = overwrite || !sx_path_exists(path) ||
                    sx_fail(err, SX_ERR_IO, "%s: exists; --overwrite replaces it", path);
    free(path);
    return ok;
}

static bool check_files(const sx_bundle *b, const sx_calibrate_options *o, sx_error *err) {
    for (int i = 0; i < network_count(b); i++) {
        const char *path = sx_model_get_info(network(b, i))->path;
        if (!sx_path_has_ending(path, ".safetensors"))
            return sx_fail(err, SX_ERR_UNSUPPORTED,
                           "%s: only a safetensors file can hold it (spinexr model import)", path);
        for (int k = 0; k < i; k++)
            if (strcmp(sx_path_base(path), sx_path_base(sx_model_get_info(network(b, k))->path)) ==
                0)
                return sx_fail(err, SX_ERR_USAGE, "%s: another weight file has the same name",
                               path);
        if (!check_output(o->out, sx_path_base(path), o->overwrite, err)) return false;
    }
    return true;
}

static void describe(const sx_calibrate_options *o, const sx_calibrate_result *r,
                     const char *criterion, char *out, size_t size) {
    char name[SX_DATA_NAME];
    sx_data_set_name(o->data, name);
    sx_format(out, size, "validation on %s (%s, %zu %s, ensemble of %d)", name, criterion,
              r->film_count, sx_noun(r->film_count, "film", "films"), r->classifier_count);
}

static bool describe_familiarity(sx_weights *w, const sx_familiarity *f,
                                 const sx_calibrate_options *o, const sx_calibrate_result *r,
                                 sx_error *err) {
    char chosen_on[300], criterion[64];
    sx_str text = { 0 };
    if (!f) return true;
    sx_format(criterion, sizeof criterion, "%g of the films beyond the limit", o->unfamiliar);
    describe(o, r, criterion, chosen_on, sizeof chosen_on);
    const bool ok = sx_familiarity_text(f, &text, err) &&
                    sx_weights_set_fitted(w, "familiarity", sx_str_text(&text), chosen_on, err);
    sx_str_free(&text);
    return ok;
}

static bool describe_classifier(sx_weights *w, const sx_calibrate_options *o,
                                const sx_calibrate_result *r, sx_error *err) {
    char temperature[32], threshold[32], by_loss[256], by_youden[256];
    sx_format(temperature, sizeof temperature, "%.9g", r->after.temperature);
    sx_format(threshold, sizeof threshold, "%.9g", r->after.threshold);
    describe(o, r, r->separated ? "Platt's targets" : "log loss", by_loss, sizeof by_loss);
    describe(o, r, "Youden", by_youden, sizeof by_youden);
    return sx_weights_set_fitted(w, "temperature", temperature, by_loss, err) &&
           sx_weights_set_fitted(w, "threshold", threshold, by_youden, err);
}

/* One that was fitted to other probabilities is removed. */
static bool describe_fused_threshold(sx_weights *w, const sx_calibrate_options *o,
                                     const sx_calibrate_result *r, sx_error *err) {
    char threshold[32], name[SX_DATA_NAME], chosen_on[256];
    if (isnan(r->fused.threshold))
        return sx_weights_set_meta(w, "spinexr.fused_threshold", NULL, err) &&
               sx_weights_set_meta(w, "spinexr.fused_threshold_chosen_on", NULL, err) &&
               sx_weights_set_meta(w, "spinexr.fused_threshold_date", NULL, err);
    sx_data_set_name(o->data, name);
    sx_format(threshold, sizeof threshold, "%.9g", r->fused.threshold);
    sx_format(chosen_on, sizeof chosen_on,
              "validation on %s (Youden, %zu %s, ensemble of %d and %d %s)", name,
              r->fused.film_count, sx_noun(r->fused.film_count, "film", "films"),
              r->classifier_count, r->points.detector_count,
              sx_noun((size_t)r->points.detector_count, "detector", "detectors"));
    return sx_weights_set_fitted(w, "fused_threshold", threshold, chosen_on, err);
}

static void describe_points(const sx_calibrate_options *o, const sx_fitted_points *p, char *out,
                            size_t size) {
    char name[SX_DATA_NAME], together[64] = "", tiles[64] = "";
    sx_data_set_name(o->data, name);
    if (p->detector_count > 1)
        sx_format(together, sizeof together, ", fusion of %d detectors", p->detector_count);
    if (o->tiles > 1) sx_format(tiles, sizeof tiles, ", %d x %d tiles", o->tiles, o->tiles);
    sx_format(out, size,
              "validation on %s (%zu %s; sensitive %g and specific %g false positives per image, "
              "IoU %g%s%s)",
              name, p->film_count, sx_noun(p->film_count, "film", "films"), o->points.sensitive_fp,
              o->points.specific_fp, o->points.iou, together, tiles);
}

/* Of one detector; `index` is its number. */
static bool describe_fusion(sx_weights *w, const sx_model_info *own, const sx_bundle_info *info,
                            int index, const fitted *f, const sx_fitted_points *p, sx_error *err) {
    if (p->detector_count == 1) return sx_fusion_record_remove(w, err);
    const sx_detector_use *use = &info->detectors[index];
    double *weights = sx_calloc_for((size_t)own->classes + 1, sizeof *weights, "weights", err);
    if (!weights) return false;
    for (int c = 0; c < own->classes; c++)
        weights[c] = (double)p->weights[index * p->count + use->labels[c]];
    const bool ok = sx_fusion_record_set(w, f->set, p->detector_count, weights, own->class_names,
                                         own->classes, f->points_chosen_on, err);
    free(weights);
    return ok;
}

static bool describe_detector(sx_weights *w, const sx_model_info *own, const sx_bundle_info *info,
                              int index, const fitted *f, const sx_fitted_points *p,
                              sx_error *err) {
    sx_str text = { 0 };
    const sx_detector_use *use = &info->detectors[index];
    sx_class_points *points =
        sx_calloc_for((size_t)own->classes + 1, sizeof *points, "classes", err);
    for (int c = 0; points && c < own->classes; c++)
        points[c] = p->rows[use->labels[c]].point;
    const bool ok = points &&
                    sx_class_points_text(points, own->class_names, own->classes, &text, err) &&
                    sx_weights_set_fitted(w, "operating_points", sx_str_text(&text),
                                          f->points_chosen_on, err) &&
                    describe_fusion(w, own, info, index, f, p, err);
    sx_str_free(&text);
    free(points);
    return ok;
}

/* Of one classifier: those of its classes. The others of the ensemble say the same of theirs. */
static bool describe_gates(sx_weights *w, const sx_model_info *own, const sx_bundle_info *info,
                           const sx_calibrate_options *o, const sx_calibrate_result *r,
                           sx_error *err) {
    char chosen_on[300], criterion[80];
    if (own->classes == 1 || !r->points.gates) return sx_gate_record_remove(w, err);
    double *gates = sx_calloc_for((size_t)own->classes, sizeof *gates, "gates", err);
    for (int c = 0; gates && c < own->classes; c++) {
        const int label = sx_class_find(info->labels, info->label_count, own->class_names[c]);
        gates[c] = c && label >= 0 ? r->points.rows[label].gate.gate : (double)NAN;
    }
    sx_format(criterion, sizeof criterion, "at most %g of the hits removed", o->points.gate_loss);
    describe(o, r, criterion, chosen_on, sizeof chosen_on);
    const bool ok = gates && sx_gate_record_set(w, r->classifier_count, gates, own->class_names,
                                                own->classes, chosen_on, err);
    free(gates);
    return ok;
}

/* Names this calibration by the weights and what was fitted to: the same for all its files. */
static bool name_set(const sx_bundle_info *info, const sx_calibrate_options *o,
                     const sx_fitted_points *p, fitted *f, sx_error *err) {
    sx_str text = { 0 };
    sx_sha256 hash;
    describe_points(o, p, f->points_chosen_on, sizeof f->points_chosen_on);
    sx_str_add(&text, f->points_chosen_on);
    for (int i = 0; i < info->network_count; i++)
        sx_str_printf(&text, "\n%s", info->networks[i].sha256);
    for (int i = 0; i < p->count * p->detector_count; i++)
        sx_str_printf(&text, "\n%.9g", (double)p->weights[i]);
    for (int i = 0; i < p->count; i++)
        sx_str_printf(&text, "\n%.17g %.17g", p->rows[i].point.sensitive,
                      p->rows[i].point.specific);
    const bool ok = text.failed
                        ? sx_fail(err, SX_ERR_MEMORY, "out of memory for the calibration's name")
                        : sx_sha256_of(sx_str_text(&text), strlen(sx_str_text(&text)), &hash, err);
    if (ok) sx_format(f->set, sizeof f->set, "%.16s", hash.hex);
    sx_str_free(&text);
    return ok;
}

/* Names the calibration in every file; without detectors there is none to name. */
static bool describe_calibration(sx_weights *w, const sx_calibrate_options *o, const fitted *f,
                                 const sx_calibrate_result *r, sx_error *err) {
    sx_calibration_record record = { .tiles = o->tiles,
                                     .classifiers = r->classifier_count,
                                     .detectors = r->points.detector_count };
    sx_format(record.name, sizeof record.name, "%s", f->set);
    return sx_calibration_record_set(w, &record, err);
}

/* Writes the file of network i with its new metadata to the folder `out`. */
static bool store(const sx_bundle *b, const sx_bundle_info *bundle, int i, const fitted *f,
                  const sx_calibrate_options *o, const sx_calibrate_result *r, sx_error *err) {
    const sx_model_info *info = sx_model_get_info(network(b, i));
    char *path = sx_path_join(o->out, sx_path_base(info->path));
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->out);
    sx_weights *w = sx_weights_open(info->path, err);
    bool ok = w != NULL;
    if (ok && info->task == SX_DETECTOR)
        ok = describe_detector(w, info, bundle, i - b->classifier_count, f, &r->points, err);
    else if (ok)
        ok = describe_classifier(w, o, r, err) && describe_fused_threshold(w, o, r, err) &&
             describe_familiarity(w, f->familiarity[i], o, r, err) &&
             describe_gates(w, info, bundle, o, r, err);
    ok = ok && describe_calibration(w, o, f, r, err) && sx_weights_save(w, path, err);
    sx_weights_free(w);
    free(path);
    return ok;
}

static bool store_all(const sx_bundle *b, const sx_bundle_info *info, fitted *f,
                      const sx_calibrate_options *o, sx_calibrate_result *r, sx_error *err) {
    bool ok =
        sx_make_dirs(o->out, err) && (!b->detector_count || name_set(info, o, &r->points, f, err));
    for (int i = 0; ok && i < network_count(b); i++) {
        ok = store(b, info, i, f, o, r, err);
        r->written += ok;
    }
    return ok;
}

/* Without the bundle's warning that the detectors are not calibrated. */
static sx_bundle_info *describe_bundle(const sx_bundle *b, int tiles, sx_error *err) {
    sx_predictor_options options = SX_PREDICTOR_DEFAULTS;
    options.tiles = tiles;
    sx_bundle quiet = *b;
    quiet.context = NULL;
    return sx_bundle_info_new(&quiet, &options, err);
}

static bool fit_all(sx_bundle *b, const sx_bundle_info *info, const sx_calibrate_options *o,
                    sx_calibrate_result *out, sx_error *err) {
    fitted f = { .set = "" };
    const bool ok = (!b->classifier_count || fit_classifiers(b, info, o, out, &f, err)) &&
                    (!b->detector_count || fit_detectors(b, info, o, out, &f, err)) &&
                    store_all(b, info, &f, o, out, err);
    for (int i = 0; i < SX_MAX_CLASSIFIERS; i++)
        free(f.familiarity[i]);
    sx_film_scores_free(&f.scores);
    return ok;
}

/* Only one calibration at a time writes into the folder: the files of one belong together. */
static bool fit_claimed(sx_bundle *b, const sx_calibrate_options *o, sx_calibrate_result *out,
                        sx_error *err) {
    sx_bundle_info *info = NULL;
    sx_claim *claim = sx_claim_open(o->out, "model calibrate", err);
    const bool ok = claim && check_files(b, o, err) &&
                    (info = describe_bundle(b, o->tiles, err)) != NULL &&
                    fit_all(b, info, o, out, err);
    sx_bundle_info_release(info);
    sx_claim_close(claim);
    return ok;
}

bool sx_calibrate_weights(const sx_calibrate_options *o, sx_calibrate_result *out, sx_error *err) {
    sx_bundle b = { 0 };
    *out = (sx_calibrate_result){ .distance_limit = (double)NAN, .fused = { 0, NAN, NAN, NAN } };
    const bool ok =
        sx_bundle_open(o->context, &b, o->weights, o->weight_count, SX_PRECISION_AUTO, err) &&
        (!o->check || o->check(o->user, b.classifier_count > 0, b.detector_count > 0, err)) &&
        fit_claimed(&b, o, out, err);
    sx_bundle_close(&b);
    if (ok && out->classifier_count && at_bound(out->after.temperature))
        sx_log(o->context, SX_LOG_WARNING,
               "%s: the temperature is at its bound: these films do not determine it", o->data);
    return ok;
}

void sx_calibrate_result_free(sx_calibrate_result *r) {
    sx_fitted_points_free(&r->points);
}
