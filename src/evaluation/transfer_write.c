#include <math.h>
#include <stdio.h>

#include "evaluation/eval_write.h"
#include "evaluation/transfer.h"

static const char *const set_keys[SX_SCORE_SETS] = { "all", "abnormal", "normal" };

/* ---- JSON ---- */

static void put_quantiles(sx_json model, const sx_score_quantiles *q) {
    sx_json j = sx_json_object(model, "score_quantiles");
    for (int set = 0; set < SX_SCORE_SETS; set++) {
        sx_json list = sx_json_array(j, set_keys[set]);
        for (int k = 0; k < SX_SCORE_QUANTILES; k++)
            sx_json_number(list, NULL, q->values[set][k]);
    }
}

static void put_distances(sx_json at, const sx_transfer *t) {
    sx_json ks = sx_json_object(at, "ks_distance"),
            wasserstein = sx_json_object(at, "wasserstein_distance");
    for (int set = 0; set < SX_SCORE_SETS; set++) {
        sx_json_number(ks, set_keys[set], t->ks[set]);
        sx_json_number(wasserstein, set_keys[set], t->wasserstein[set]);
    }
}

static void put_chosen_here(sx_json at, const sx_transfer *t) {
    sx_json j = sx_json_object(at, "chosen_here");
    sx_json_number(j, "threshold", t->threshold);
    sx_json_number(j, "sensitivity", t->sensitivity);
    sx_json_number(j, "specificity", t->specificity);
    if (!t->recalibrated) return;
    sx_json_number(j, "intercept", t->before.intercept);
    sx_json_number(j, "slope", t->before.slope);
    sx_json_number(j, "brier", t->after.brier);
    sx_json_number(j, "ece", t->after.ece);
    sx_json_number(j, "log_loss", t->after.log_loss);
}

static void put_clustered(sx_json at, const char *key, double value, sx_interval interval,
                          double effect) {
    sx_json j = sx_eval_put_interval(at, key, value, interval);
    sx_json_number(j, "design_effect", effect);
}

void sx_transfer_put(sx_json model, const sx_transfer *t) {
    put_quantiles(model, &t->scores);
    if (!t->external) return;
    sx_json j = sx_json_object(model, "other_origin");
    if (t->calibrated) {
        const sx_external *e = &t->calibration;
        put_clustered(j, "calibration_in_the_large", e->in_the_large, e->in_the_large_interval,
                      e->in_the_large_effect);
        sx_json_number(j, "observed", e->observed);
        sx_json_number(j, "expected", e->expected);
        put_clustered(j, "observed_to_expected", e->ratio, e->ratio_interval, e->ratio_effect);
    }
    if (t->has_earlier) put_distances(j, t);
    put_chosen_here(j, t);
}

/* ---- tables ---- */

static void calibration_row(sx_table *x, const char *name, double value, sx_interval interval,
                            const double *effect) {
    sx_table_row(x, false);
    sx_table_text(x, "%s", name);
    sx_table_interval(x, value, interval, 3, 1);
    if (effect) sx_table_value(x, *effect, 2, 1);
}

static void calibration_table(const sx_eval_input *in, const sx_transfer *t, const char *name,
                              sx_doc *d) {
    const sx_external *e = &t->calibration;
    const bool wider = e->in_the_large_effect >= 1.005 || e->ratio_effect >= 1.005;
    char head[64], id[200], ratio[100];
    snprintf(id, sizeof id, "other origin%s%.150s", name[0] ? " " : "", name);
    sx_table *x = sx_doc_table(d, id, "Calibration of the scores as they are");
    snprintf(head, sizeof head, "value (%g %% interval)", 100 * in->boot.level);
    sx_table_column(x, "measure", false);
    sx_table_column(x, head, true);
    if (wider) sx_table_column(x, "design effect", true);
    calibration_row(x, "calibration in the large, ideally 0", e->in_the_large,
                    e->in_the_large_interval, wider ? &e->in_the_large_effect : NULL);
    snprintf(ratio, sizeof ratio, "observed / expected (%g / %.4g), ideally 1", e->observed,
             e->expected);
    calibration_row(x, ratio, e->ratio, e->ratio_interval, wider ? &e->ratio_effect : NULL);
    sx_table_row(x, false);
    sx_table_text(x, "recalibration slope, ideally 1");
    sx_table_value(x, t->before.slope, 3, 1);
    if (wider) sx_table_text(x, "%s", "");
}

static void distance_table(const sx_transfer *t, sx_doc *d) {
    sx_table *x = sx_doc_table(
        d, "score distances",
        "Distances of the score distributions from those of the earlier evaluation, of which 101 "
        "quantiles are known");
    sx_table_column(x, "films", false);
    sx_table_column(x, "Kolmogorov-Smirnov", true);
    sx_table_column(x, "Wasserstein", true);
    for (int set = 0; set < SX_SCORE_SETS; set++) {
        sx_table_row(x, false);
        sx_table_text(x, "%s", set_keys[set]);
        sx_table_value(x, t->ks[set], 3, 1);
        sx_table_value(x, t->wasserstein[set], 3, 1);
    }
}

static void put_pair(sx_table *x, const char *name, double stored, double here) {
    sx_table_row(x, false);
    sx_table_text(x, "%s", name);
    sx_table_value(x, stored, 4, 1);
    sx_table_value(x, here, 4, 1);
}

static void chosen_table(const sx_transfer *t, const sx_transfer_point *at, sx_doc *d) {
    sx_table *x = sx_doc_table(d, "recalibrated",
                               "As stored, and with the threshold (Youden's) and a logistic "
                               "recalibration chosen on these films, which is too favourable");
    sx_table_column(x, "measure", false);
    sx_table_column(x, "as stored", true);
    sx_table_column(x, "chosen here", true);
    put_pair(x, "threshold", at->threshold, t->threshold);
    put_pair(x, "sensitivity", at->sensitivity, t->sensitivity);
    put_pair(x, "specificity", at->specificity, t->specificity);
    if (!t->recalibrated) return;
    put_pair(x, "Brier score", t->before.brier, t->after.brier);
    put_pair(x, "expected calibration error", t->before.ece, t->after.ece);
    put_pair(x, "log loss", t->before.log_loss, t->after.log_loss);
}

void sx_transfer_write(const sx_eval_input *in, const sx_transfer *t, const sx_transfer_point *at,
                       sx_doc *d) {
    char title[200];
    if (!t->external) return;
    snprintf(title, sizeof title, "Films of another origin%s%.150s", at->name[0] ? ": " : "",
             at->name);
    sx_doc_section(d, title);
    if (t->calibrated) calibration_table(in, t, at->name, d);
    if (t->has_earlier) distance_table(t, d);
    chosen_table(t, at, d);
}
