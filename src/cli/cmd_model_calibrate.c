/* spinexr model calibrate */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/context.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/command.h"
#include "dicom/dicom_film.h"
#include "experiment/film_set.h"
#include "metrics/classification.h"
#include "metrics/temperature.h"
#include "pipeline/bundle.h"
#include "pipeline/rule.h"

typedef struct calibrate_args {
    sx_texts weights;
    const char *data, *list;
} calibrate_args;

/* The validation films and what the classifiers say of them. */
typedef struct answers {
    size_t films;
    int models;
    unsigned char *label; /* [films] */
    float *logit;         /* [films][models] */
    double *score;        /* [films] of the ensemble, at some temperature */
} answers;

typedef struct state {
    double temperature, threshold;
    sx_calibration calibration;
} state;

static bool answer(sx_bundle *b, const char *path, float *logit, sx_error *err) {
    sx_film *film = sx_film_open(path, NULL, err);
    bool ok = film != NULL;
    for (int i = 0; ok && i < b->classifier_count; i++) {
        sx_model *m = b->classifiers[i];
        const bool vindr = sx_model_get_info(m)->pixels == SX_PIXELS_VINDR;
        sx_image im = { 0 };
        ok = sx_film_to_8bit(film, vindr ? SX_PIXELS_VINDR : SX_PIXELS_DICOM, &im, err) &&
             sx_model_classify(m, &im, &logit[i], err);
        sx_image_free(&im);
    }
    sx_film_free(film);
    return ok;
}

static bool answer_all(const sx_call *call, sx_bundle *b, const sx_film_set *s, answers *a,
                       sx_error *err) {
    a->films = s->count;
    a->models = b->classifier_count;
    a->label = sx_calloc_for(s->count, 1, "labels", err);
    a->logit = sx_calloc_for(s->count * (size_t)a->models, sizeof *a->logit, "logits", err);
    a->score = sx_calloc_for(s->count, sizeof *a->score, "scores", err);
    if (!a->label || !a->logit || !a->score) return false;
    sx_progress *bar = sx_cli_progress(call, "films", s->count);
    bool ok = true;
    for (size_t i = 0; ok && i < s->count; i++) {
        ok = sx_context_cancelled(call->context)
                 ? sx_fail(err, SX_ERR_CANCELLED, "stopped; the weights are as they were")
                 : answer(b, s->films[i].path, a->logit + i * (size_t)a->models, err);
        a->label[i] = s->films[i].target > 0.5F;
        sx_progress_step(bar, 1);
    }
    sx_cli_progress_end();
    return ok;
}

/* What predict would say: the ensemble of the classifiers at one temperature. */
static void score_at(answers *a, double temperature) {
    for (size_t i = 0; i < a->films; i++) {
        float p[SX_MAX_CLASSIFIERS];
        for (int k = 0; k < a->models; k++)
            p[k] = sx_sigmoid(a->logit[i * (size_t)a->models + (size_t)k] / (float)temperature);
        a->score[i] = (double)sx_ensemble(p, a->models);
    }
}

static bool judge(answers *a, double temperature, state *s, sx_error *err) {
    sx_ranking r = { 0 };
    sx_levels l = { 0 };
    s->temperature = temperature;
    score_at(a, temperature);
    bool ok = sx_ranking_make(&r, a->label, a->score, a->films, err) &&
              sx_levels_make(&l, &r, err) &&
              sx_calibrate(a->label, a->score, a->films, 10, false, 0.95, &s->calibration, err);
    if (ok) s->threshold = sx_threshold_below((float)fmin(sx_youden(&l), 1));
    sx_levels_free(&l);
    sx_ranking_free(&r);
    return ok;
}

static bool fit(answers *a, double *temperature, sx_error *err) {
    double *z = sx_calloc_for(a->films, sizeof *z, "logits", err);
    if (!z) return false;
    for (size_t i = 0; i < a->films; i++)
        for (int k = 0; k < a->models; k++)
            z[i] += (double)a->logit[i * (size_t)a->models + (size_t)k] / a->models;
    const bool ok = sx_temperature_fit(a->label, z, a->films, temperature, err);
    *temperature =
        (double)(float)*temperature; /* nine digits hold a float: predict gets the same */
    free(z);
    return ok;
}

/* The file as it was, with other metadata. */
static bool store(const char *path, const state *s, const char *chosen_on, sx_error *err) {
    char temperature[32], threshold[32];
    snprintf(temperature, sizeof temperature, "%.9g", s->temperature);
    snprintf(threshold, sizeof threshold, "%.9g", s->threshold);
    sx_weights *w = sx_weights_open(path, err);
    const bool ok = w && sx_weights_set_meta(w, "spinexr.temperature", temperature, err) &&
                    sx_weights_set_meta(w, "spinexr.threshold", threshold, err) &&
                    sx_weights_set_meta(w, "spinexr.threshold_chosen_on", chosen_on, err) &&
                    sx_weights_save(w, path, err);
    sx_weights_free(w);
    return ok;
}

static bool only_safetensors(const sx_bundle *b, sx_error *err) {
    for (int i = 0; i < b->classifier_count; i++) {
        const char *path = sx_model_get_info(b->classifiers[i])->path;
        if (!sx_ends_with(path, ".safetensors"))
            return sx_fail(err, SX_ERR_UNSUPPORTED,
                           "%s: only a safetensors file can hold it (spinexr model import)", path);
    }
    return b->classifier_count > 0 ||
           sx_fail(err, SX_ERR_MISSING, "there is no classifier among the weights");
}

static void put_calibration(sx_json at, const char *key, const sx_calibration *c) {
    sx_json j = sx_json_object(at, key);
    sx_json_number(j, "log_loss", c->log_loss);
    sx_json_number(j, "ece", c->ece);
    sx_json_number(j, "brier", c->brier);
}

static bool print_json(const answers *a, const state *before, const state *after, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_count(root, "films", a->films);
    sx_json_integer(root, "classifiers", a->models);
    sx_json_number(root, "temperature", after->temperature);
    sx_json_number(root, "threshold", after->threshold);
    put_calibration(root, "before", &before->calibration);
    put_calibration(root, "after", &after->calibration);
    const bool ok = sx_cli_print_json(&doc, SX_JSON_LINES, err);
    sx_json_free(&doc);
    return ok;
}

static bool tell(const sx_call *call, const answers *a, const state *before, const state *after,
                 sx_error *err) {
    const sx_calibration *b = &before->calibration, *c = &after->calibration;
    if (call->json) return print_json(a, before, after, err);
    sx_cli_print("%zu films, %d classifier%s\n\n", a->films, a->models, a->models == 1 ? "" : "s");
    sx_cli_print("                             before   after\n");
    sx_cli_print("temperature                  %6.4f  %6.4f\n", before->temperature,
                 after->temperature);
    sx_cli_print("log loss                     %6.4f  %6.4f\n", b->log_loss, c->log_loss);
    sx_cli_print("expected calibration error   %6.4f  %6.4f\n", b->ece, c->ece);
    sx_cli_print("Brier score                  %6.4f  %6.4f\n", b->brier, c->brier);
    sx_cli_print("threshold (Youden's J)       %6.4f  %6.4f\n", before->threshold,
                 after->threshold);
    return true;
}

static bool calibrate(const sx_call *call, sx_bundle *b, const sx_film_set *s, answers *a,
                      sx_error *err) {
    const calibrate_args *args = call->args;
    state before, after;
    double temperature = 1;
    char chosen_on[160];
    bool ok = answer_all(call, b, s, a, err) && fit(a, &temperature, err) &&
              judge(a, sx_model_get_info(b->classifiers[0])->temperature, &before, err) &&
              judge(a, temperature, &after, err);
    snprintf(chosen_on, sizeof chosen_on, "validation (Youden, %zu films, ensemble of %d)",
             a->films, a->models);
    for (int i = 0; ok && i < b->classifier_count; i++)
        ok = store(sx_model_get_info(b->classifiers[i])->path, &after, chosen_on, err);
    if (ok &&
        (temperature < 1.001 * SX_TEMPERATURE_LOW || temperature > 0.999 * SX_TEMPERATURE_HIGH))
        sx_log(call->context, SX_LOG_WARNING,
               "%s: the temperature is at its bound: these films do not tell how sure to be",
               args->data);
    return ok && tell(call, a, &before, &after, err);
}

static int run_model_calibrate(sx_call *call) {
    const calibrate_args *args = call->args;
    sx_error err = { 0 };
    sx_bundle bundle = { 0 };
    sx_film_set set = { 0 };
    answers a = { 0 };
    const bool ok = sx_bundle_open(call->context, &bundle, args->weights.items,
                                   (size_t)args->weights.count, SX_PRECISION_AUTO, &err) &&
                    only_safetensors(&bundle, &err) &&
                    sx_film_set_open(call->context, args->data, NULL, args->list, SX_CLASSIFIER,
                                     true, &set, &err) &&
                    calibrate(call, &bundle, &set, &a, &err);
    free(a.score);
    free(a.logit);
    free(a.label);
    sx_film_set_close(&set);
    sx_bundle_close(&bundle);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "weights", SX_OPT_LIST, offsetof(calibrate_args, weights), "PATH",
      "a weight file or a folder of them; may be repeated", .required = true },
    { "data", SX_OPT_TEXT, offsetof(calibrate_args, data), "PATH",
      "validation set: folder or annotation file", .required = true },
    { "list", SX_OPT_TEXT, offsetof(calibrate_args, list), "FILE",
      "only these of its films (ids, one a line)" },
    { 0 },
};

const sx_command sx_cmd_model_calibrate = {
    .name = "model calibrate",
    .summary = "Fit an ensemble's temperature and operating point to films",
    .help = "P = sigmoid(logit / temperature), one temperature for all classifiers, and\n"
            "Youden's threshold go into the metadata of their weight files. Films neither\n"
            "trained on nor tested on. AUROC stays as it is.",
    .example = "spinexr model calibrate --weights models --data val",
    .options = options,
    .args_size = sizeof(calibrate_args),
    .json = true,
    .run = run_model_calibrate,
};
