#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "evaluation/subgroup_impl.h"
#include "evaluation/subgroup_report.h"
#include "metrics/clustered_auroc.h"

/* Cases of one level, with groups numbered from 0. */
typedef struct subset {
    unsigned char *labels;
    double *scores;
    uint32_t *groups, *number; /* number: [groups of all cases] that of the subset + 1; 0: none */
    size_t count, group_count;
} subset;

static bool subset_make(const sx_eval_cases *c, subset *s, sx_error *err) {
    s->labels = sx_calloc_for(c->count + 1, 1, "subgroups", err);
    s->scores = sx_calloc_for(c->count + 1, sizeof *s->scores, "subgroups", err);
    s->groups = sx_calloc_for(c->count + 1, sizeof *s->groups, "subgroups", err);
    s->number = sx_calloc_for(c->group_count + 1, sizeof *s->number, "subgroups", err);
    return s->labels && s->scores && s->groups && s->number;
}

static void subset_free(subset *s) {
    free(s->labels);
    free(s->scores);
    free(s->groups);
    free(s->number);
}

/* level SX_LEVELS_MAX: the cases of every level. */
static void subset_fill(const sx_eval_cases *c, const sx_subgroup *g, uint32_t level, subset *s) {
    s->count = s->group_count = 0;
    for (size_t i = 0; i < c->group_count; i++)
        s->number[i] = 0;
    for (size_t i = 0; i < c->count; i++) {
        const uint32_t of = g->of[c->films[i]];
        if (of == SX_LEVEL_UNKNOWN || (level != SX_LEVELS_MAX && of != level)) continue;
        uint32_t *number = &s->number[c->groups[i]];
        if (!*number) *number = (uint32_t)++s->group_count;
        s->labels[s->count] = c->labels[i];
        s->scores[s->count] = c->scores[0][i];
        s->groups[s->count++] = *number - 1;
    }
}

static sx_cases view_of(const subset *s, const double *const *scores) {
    return (sx_cases){ s->labels, scores, s->count, 1, { s->groups, s->count, s->group_count } };
}

/* NaN where a class is absent. */
static bool auroc(const sx_eval_input *in, const subset *s, double threshold, sx_subgroup_row *row,
                  double *variance, sx_error *err) {
    const double *const scores[1] = { s->scores };
    const sx_cases cases = view_of(s, scores);
    sx_clustered_auroc a;
    if (!sx_auroc_of_clusters(s->labels, s->scores, &cases.groups, NULL, &a, err)) return false;
    row->values[0] = a.auroc;
    *variance = a.variance;
    row->intervals[0] = sx_normal_interval(a.auroc, sqrt(a.variance), in->boot.level, 0, 1);
    if (!in->boot.resamples || isnan(a.auroc)) return true;
    sx_class_boot boot;
    if (!sx_class_bootstrap(&cases, &threshold, &in->boot, &boot, err)) return false;
    const sx_boot_summary summary = sx_boot_summarise(sx_class_boot_values(&boot, 0, SX_AUROC),
                                                      in->boot.resamples, in->boot.level);
    row->intervals[0] = summary.interval;
    row->lacking = boot.one_class;
    *variance = summary.se * summary.se;
    sx_class_boot_free(&boot);
    return true;
}

typedef struct numbers {
    double auroc[SX_LEVELS_MAX], variances[SX_LEVELS_MAX];
    sx_proportion sensitivity[SX_LEVELS_MAX], specificity[SX_LEVELS_MAX];
} numbers;

/* Writes place `at` of *n, if not NULL. */
static bool measure(const sx_eval_input *in, const subset *s, double threshold,
                    sx_subgroup_row *row, numbers *n, size_t at, sx_error *err) {
    static const sx_measure measures[] = { SX_SENSITIVITY, SX_SPECIFICITY };
    const double *const scores[1] = { s->scores };
    const sx_cases cases = view_of(s, scores);
    sx_proportion p[SX_MEASURES];
    double variance;
    if (!sx_class_proportions(&cases, threshold, in->boot.level, p, err) ||
        !auroc(in, s, threshold, row, &variance, err))
        return false;
    row->n = row->counts[0] = s->count;
    row->positives = (size_t)p[SX_SENSITIVITY].n;
    for (size_t k = 0; k < 2; k++) {
        row->counts[k + 1] = (size_t)p[measures[k]].n;
        row->values[k + 1] = p[measures[k]].value;
        row->intervals[k + 1] = p[measures[k]].interval;
    }
    if (!n) return true;
    n->auroc[at] = row->values[0];
    n->variances[at] = variance;
    n->sensitivity[at] = p[SX_SENSITIVITY];
    n->specificity[at] = p[SX_SPECIFICITY];
    return true;
}

static bool fill_table(const sx_eval_input *in, const sx_model_result *m, const sx_subgroup *g,
                       sx_subgroup_table *t, sx_error *err) {
    const sx_eval_cases *c = &m->called;
    subset s = { 0 };
    numbers n;
    bool ok = subset_make(c, &s, err);
    for (size_t k = 0; ok && k < g->level_count; k++) {
        t->rows[k].level = g->levels[k];
        subset_fill(c, g, (uint32_t)k, &s);
        ok = measure(in, &s, m->threshold.value, &t->rows[k], &n, k, err);
    }
    if (ok) {
        t->row_count = g->level_count;
        t->all.level = "all of these";
        subset_fill(c, g, SX_LEVELS_MAX, &s);
        ok = measure(in, &s, m->threshold.value, &t->all, NULL, 0, err);
        t->unknown = c->count - s.count;
        t->q[0] = sx_cochran_q(n.auroc, n.variances, g->level_count);
        t->q[1] = sx_cochran_q_proportions(n.sensitivity, g->level_count);
        t->q[2] = sx_cochran_q_proportions(n.specificity, g->level_count);
    }
    subset_free(&s);
    return ok && sx_subgroup_count_shared(g, c->films, c->groups, c->count, c->group_count,
                                          &t->shared, err);
}

/* Cases that the model calls neither abnormal nor normal have no part in the measures. */
static void count_no_verdict(const sx_classify_result *r, const sx_model_result *m,
                             const sx_subgroup *g, sx_subgroup_table *t) {
    const size_t model = (size_t)(m - r->models);
    for (size_t i = 0; i < r->cases.count; i++) {
        const uint32_t level = g->of[r->cases.films[i]];
        if (level == SX_LEVEL_UNKNOWN ||
            sx_eval_case_called(&r->cases, model, m->threshold.value, i))
            continue;
        t->rows[level].no_verdict++;
        t->all.no_verdict++;
    }
}

static bool one_table(const sx_eval_input *in, const sx_classify_result *r,
                      const sx_model_result *m, const sx_subgroup *g, sx_subgroup_table *t,
                      sx_error *err) {
    const char *const names[] = { "AUROC", "sensitivity", "specificity" };
    const char *const hows[] = { in->boot.resamples ? "bootstrap" : "DeLong", "Wilson", "Wilson" };
    static const sx_measure measures[] = { SX_AUROC, SX_SENSITIVITY, SX_SPECIFICITY };
    t->subgroup = g;
    t->unit = sx_unit_name(r->cases.unit, true);
    t->shared_unit = r->draw.unit;
    char abnormal[32], normal[32];
    snprintf(abnormal, sizeof abnormal, "abnormal %s", t->unit);
    snprintf(normal, sizeof normal, "normal %s", t->unit);
    const char *const counted[] = { t->unit, abnormal, normal };
    sx_subgroup_name_measures(t, names, hows, counted, 3);
    for (size_t k = 0; k < 3; k++)
        t->overall[k] = m->point[measures[k]];
    if (r->cases.model_count > 1) snprintf(t->model, sizeof t->model, "%.120s", m->name);
    count_no_verdict(r, m, g, t);
    return fill_table(in, m, g, t, err);
}

bool sx_subgroups_classify(const sx_eval_input *in, const sx_classify_result *r,
                           sx_subgroup_result *out, sx_error *err) {
    const size_t models = r->cases.model_count;
    *out = (sx_subgroup_result){ 0 };
    out->tables =
        sx_calloc_for(models * in->subgroups->count + 1, sizeof *out->tables, "subgroups", err);
    bool ok = out->tables != NULL;
    for (size_t m = 0; ok && m < models; m++)
        for (size_t k = 0; ok && k < in->subgroups->count; k++)
            if (in->subgroups->items[k].of)
                ok = one_table(in, r, &r->models[m], &in->subgroups->items[k],
                               &out->tables[out->count++], err);
    if (!ok) sx_subgroup_result_free(out);
    return ok;
}
