#include <math.h>
#include <stdio.h>

#include "document/plot.h"
#include "evaluation/classify_report.h"
#include "evaluation/eval_write.h"
#include "evaluation/utility.h"

/* ---- JSON ---- */

static void put_measure(sx_json at, const sx_utility *u, sx_predictive_measure m) {
    const sx_interval i = u->intervals[m];
    sx_json j = sx_eval_put_interval(at, sx_predictive_key(m), u->values[m], i);
    if (isnan(i.low)) return;
    sx_json analytic = sx_json_object(j, m == SX_PPV_AT || m == SX_NPV_AT ? "logit" : "log");
    sx_json_number(analytic, "low", i.low);
    sx_json_number(analytic, "high", i.high);
}

static void put_curve(sx_json model, const sx_decision_curve *c) {
    sx_json j = sx_json_object(model, "decision_curve");
    sx_json_number(j, "prevalence", c->prevalence);
    static const char *const keys[] = { "net_benefit_at_0.01_to_0.99_by_0.01", "low", "high",
                                        "treat_all" };
    const double *const values[] = { c->benefits, c->lows, c->highs, c->treat_all };
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        sx_json list = sx_json_array(j, keys[k]);
        for (int i = 0; i < SX_DECISION_POINTS; i++)
            sx_json_number(list, NULL, values[k][i]);
    }
}

void sx_utility_put(sx_json model, const sx_utility *u) {
    sx_json ratios = sx_json_object(model, "likelihood_ratios");
    put_measure(ratios, u, SX_LR_POSITIVE);
    put_measure(ratios, u, SX_LR_NEGATIVE);
    if (u->prevalence > 0) {
        sx_json stated = sx_json_object(model, "at_prevalence");
        sx_json_number(stated, "prevalence", u->prevalence);
        put_measure(stated, u, SX_PPV_AT);
        put_measure(stated, u, SX_NPV_AT);
    }
    if (u->has_curve) put_curve(model, &u->curve);
}

/* ---- tables ---- */

void sx_utility_table(const sx_eval_input *in, const sx_utility *u, const char *name, sx_doc *d) {
    static const char *const by[SX_PREDICTIVE_MEASURES] = { "logit", "logit", "log", "log" };
    char id[200], caption[300], head[80], names[SX_PREDICTIVE_MEASURES][60];
    if (!(u->prevalence > 0)) return;
    snprintf(names[SX_PPV_AT], sizeof *names, "PPV at prevalence %g", u->prevalence);
    snprintf(names[SX_NPV_AT], sizeof *names, "NPV at prevalence %g", u->prevalence);
    snprintf(names[SX_LR_POSITIVE], sizeof *names, "likelihood ratio, positive");
    snprintf(names[SX_LR_NEGATIVE], sizeof *names, "likelihood ratio, negative");
    snprintf(id, sizeof id, "at prevalence%s%.150s", name[0] ? " " : "", name);
    snprintf(caption, sizeof caption,
             "%.150s%sFrom sensitivity and specificity, at a prevalence of %g", name,
             name[0] ? ". " : "", u->prevalence);
    sx_table *t = sx_doc_table(d, id, caption);
    sx_table_column(t, "measure", false);
    snprintf(head, sizeof head, "value (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, head, true);
    sx_table_column(t, "scale of the interval", false);
    for (int k = 0; k < SX_PREDICTIVE_MEASURES; k++) {
        sx_table_row(t, false);
        sx_table_text(t, "%s", names[k]);
        sx_table_interval(t, u->values[k], u->intervals[k], 4, 1);
        sx_table_text(t, "%s", isnan(u->intervals[k].low) ? "" : by[k]);
    }
}

static void benefit_table(const sx_eval_input *in, const char *const *names,
                          const sx_utility *const *items, size_t count, sx_doc *d) {
    static const int shown[] = { 1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80 };
    const sx_decision_curve *first = &items[0]->curve;
    char caption[240];
    snprintf(caption, sizeof caption, "Net benefit at a prevalence of %.4g%s", first->prevalence,
             in->boot.resamples ? ", with pointwise bootstrap intervals" : "");
    sx_table *t = sx_doc_table(d, "net benefit", caption);
    sx_table_column(t, "threshold probability", true);
    for (size_t m = 0; m < count; m++)
        sx_table_column(t, count > 1 ? names[m] : "model", true);
    sx_table_column(t, "treat all", true);
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        const int i = shown[k] - 1;
        sx_table_row(t, false);
        sx_table_value(t, first->thresholds[i], 2, 1);
        for (size_t m = 0; m < count; m++)
            sx_table_interval(t, items[m]->curve.benefits[i],
                              (sx_interval){ items[m]->curve.lows[i], items[m]->curve.highs[i] }, 4,
                              1);
        sx_table_value(t, first->treat_all[i], 4, 1);
    }
}

/* ---- figure ---- */

/* Treating all falls far below 0; the plot shows a little of that. */
static void find_range(const sx_utility *const *items, size_t count, double *least, double *most) {
    *most = items[0]->curve.prevalence;
    for (size_t m = 0; m < count; m++)
        for (int i = 0; i < SX_DECISION_POINTS; i++)
            *most = fmax(*most, items[m]->curve.highs[i]);
    *most = sx_axis_end(*most);
    *least = -*most / 5;
}

/* The bands of several models would cover one another. */
static void benefit_figure(const char *const *names, const sx_utility *const *items, size_t count,
                           sx_doc *d) {
    static const double ends[2] = { 0, 1 }, zeros[2] = { 0, 0 };
    static const double fifths[6] = { 0, 0.2, 0.4, 0.6, 0.8, 1 };
    const sx_decision_curve *first = &items[0]->curve;
    sx_series s[SX_MODELS_MAX + 2];
    double least, most;
    size_t n = 0;
    find_range(items, count, &least, &most);
    for (size_t m = 0; m < count; m++) {
        const sx_decision_curve *c = &items[m]->curve;
        s[n++] = (sx_series){ .name = count > 1 ? names[m] : "model",
                              .x = c->thresholds,
                              .y = c->benefits,
                              .low = count == 1 ? c->lows : NULL,
                              .high = count == 1 ? c->highs : NULL,
                              .count = SX_DECISION_POINTS,
                              .colour = (int)m };
    }
    s[n++] = (sx_series){ .name = "treat all",
                          .x = first->thresholds,
                          .y = first->treat_all,
                          .count = SX_DECISION_POINTS,
                          .colour = -1,
                          .dashed = true };
    s[n++] = (sx_series){ .name = "treat none", .x = ends, .y = zeros, .count = 2, .colour = -1 };
    const sx_plot p = { .title = "Decision curve",
                        .x = { "threshold probability", 0, 1, fifths, 6, false },
                        .y = { .label = "net benefit", .least = least, .most = most },
                        .series = s,
                        .series_count = n,
                        .width = 460,
                        .height = 420 };
    char caption[240];
    snprintf(caption, sizeof caption,
             "Decision curve: net benefit of calling films abnormal from a probability on, beside "
             "calling all or none%s",
             isnan(first->lows[0]) ? "."
             : count == 1          ? "; the shade is the pointwise bootstrap interval."
                                   : ". With several models no interval is drawn; the table has "
                                     "them.");
    sx_doc_figure(d, caption, sx_plot_curves(&p), true);
}

void sx_utility_curves(const sx_eval_input *in, const char *const *names,
                       const sx_utility *const *items, size_t count, sx_doc *d) {
    const char *used_names[SX_MODELS_MAX];
    const sx_utility *used[SX_MODELS_MAX];
    size_t n = 0;
    for (size_t m = 0; m < count; m++) {
        if (!items[m]->has_curve) continue;
        used_names[n] = names[m];
        used[n++] = items[m];
    }
    if (!n) return;
    sx_doc_section(d, "Decision curve");
    benefit_table(in, used_names, used, n, d);
    benefit_figure(used_names, used, n, d);
}
