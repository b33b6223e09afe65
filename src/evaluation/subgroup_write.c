#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "document/plot_forest.h"
#include "evaluation/eval_write.h"
#include "evaluation/subgroup_impl.h"
#include "evaluation/subgroup_report.h"

/* ---- shared by the reports ---- */

void sx_subgroup_name_measures(sx_subgroup_table *t, const char *const *names,
                               const char *const *hows, const char *const *counted, size_t count) {
    t->measure_count = count;
    for (size_t k = 0; k < count; k++) {
        snprintf(t->measures[k], sizeof *t->measures, "%s", names[k]);
        snprintf(t->how[k], sizeof *t->how, "%s", hows[k]);
        snprintf(t->counted[k], sizeof *t->counted, "%s", counted[k]);
    }
}

bool sx_subgroup_count_shared(const sx_subgroup *g, const uint32_t *films, const uint32_t *groups,
                              size_t count, size_t group_count, size_t *shared, sx_error *err) {
    *shared = 0;
    if (!groups) return true;
    /* 0: no film yet; level + 1; SX_LEVEL_UNKNOWN: several, and counted */
    uint32_t *seen = sx_calloc_for(group_count + 1, sizeof *seen, "subgroups", err);
    for (size_t i = 0; seen && i < count; i++) {
        const uint32_t level = g->of[films ? films[i] : i];
        uint32_t *of = &seen[groups[i]];
        if (level == SX_LEVEL_UNKNOWN || *of == SX_LEVEL_UNKNOWN || *of == level + 1) continue;
        if (*of) ++*shared;
        *of = *of ? SX_LEVEL_UNKNOWN : level + 1;
    }
    free(seen);
    return seen != NULL;
}

void sx_subgroup_result_free(sx_subgroup_result *r) {
    free(r->tables);
    *r = (sx_subgroup_result){ 0 };
}

/* ---- JSON ---- */

static void put_row(sx_json at, const char *key, const sx_subgroup_table *t,
                    const sx_subgroup_row *row) {
    sx_json j = sx_json_object(at, key);
    sx_json_text(j, "level", row->level);
    sx_json_count(j, "n", row->n);
    if (!t->lesions) sx_json_count(j, "positives", row->positives);
    if (t->all.no_verdict) sx_json_count(j, "no_verdict", row->no_verdict);
    for (size_t k = 0; k < t->measure_count; k++)
        sx_eval_put_interval(j, t->measures[k], row->values[k], row->intervals[k]);
    if (row->lacking)
        sx_json_count(j, t->detection ? "resamples_without_a_class" : "resamples_of_one_class",
                      row->lacking);
}

static void put_table(sx_json list, const sx_subgroup_table *t) {
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "subgroup", t->subgroup->name);
    if (t->model[0]) sx_json_text(j, "model", t->model);
    sx_json_text(j, "from", t->subgroup->origin);
    sx_json_text(j, "unit", t->unit);
    sx_json_count(j, "without_level", t->unknown);
    sx_json rows = sx_json_array(j, "levels");
    for (size_t k = 0; k < t->row_count; k++)
        put_row(rows, NULL, t, &t->rows[k]);
    if (t->row_count) put_row(j, "all", t, &t->all);
    sx_json tests = sx_json_object(j, "cochran_q");
    for (size_t k = 0; k < t->measure_count; k++) {
        sx_json q = sx_json_object(tests, t->measures[k]);
        sx_json_count(q, "groups", t->q[k].group_count);
        sx_json_number(q, "q", t->q[k].q);
        sx_json_number(q, "p", t->q[k].p);
        sx_json_number(q, "i_squared", t->q[k].i_squared);
    }
}

/* ---- tables ---- */

static void put_cells(sx_table *x, const sx_subgroup_table *t, const sx_subgroup_row *row,
                      bool total) {
    sx_table_row_or_total(x, total);
    sx_table_text(x, "%s", row->level);
    sx_table_value(x, (double)row->n, 0, 1);
    if (!t->lesions) sx_table_value(x, (double)row->positives, 0, 1);
    if (t->all.no_verdict) sx_table_value(x, (double)row->no_verdict, 0, 1);
    for (size_t k = 0; k < t->measure_count; k++)
        sx_table_interval(x, row->values[k], row->intervals[k], 3, 1);
}

static void levels_table(const sx_subgroup_table *t, double level, sx_doc *d) {
    char id[200], caption[400], kinds[100];
    snprintf(id, sizeof id, "subgroup %.80s%s%.80s", t->subgroup->name, t->model[0] ? " " : "",
             t->model);
    int n = snprintf(kinds, sizeof kinds, "%s", t->how[0]);
    if (t->measure_count > 1 && n > 0)
        snprintf(kinds + n, sizeof kinds - (size_t)n, ", %s, %s", t->how[1], t->how[2]);
    n = snprintf(caption, sizeof caption, "%.80s%s%.80s; %g %% intervals: %s", t->model,
                 t->model[0] ? ": " : "", t->subgroup->name, 100 * level, kinds);
    if (t->unknown && n > 0)
        n += snprintf(caption + n, sizeof caption - (size_t)n, "; %zu %s without a value left out",
                      t->unknown, t->unit);
    if (t->all.no_verdict && n > 0)
        snprintf(caption + n, sizeof caption - (size_t)n,
                 "; %s without a verdict are counted apart and have no part in the measures",
                 t->unit);
    sx_table *x = sx_doc_table(d, id, caption);
    sx_table_column(x, t->subgroup->name, false);
    sx_table_column(x, t->unit, true);
    if (!t->lesions) sx_table_column(x, t->detection ? "lesions" : "abnormal", true);
    if (t->all.no_verdict) sx_table_column(x, "no verdict", true);
    for (size_t k = 0; k < t->measure_count; k++)
        sx_table_column(x, t->measures[k], true);
    for (size_t k = 0; k < t->row_count; k++)
        put_cells(x, t, &t->rows[k], false);
    put_cells(x, t, &t->all, true);
}

static void tests_table(const sx_subgroup_result *r, sx_doc *d) {
    sx_table *x = sx_doc_table(d, "cochran q",
                               "Cochran's Q: does the measure differ between the levels? Not "
                               "corrected for the number of tests");
    sx_table_column(x, "subgroup", false);
    sx_table_column(x, "measure", false);
    sx_table_column(x, "levels", true);
    sx_table_column(x, "Q", true);
    sx_table_column(x, "p", true);
    sx_table_column(x, "I2", true);
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < r->tables[i].measure_count; k++) {
            const sx_subgroup_table *t = &r->tables[i];
            sx_table_row(x, false);
            sx_table_text(x, "%s%s%s", t->model, t->model[0] ? ": " : "", t->subgroup->name);
            sx_table_text(x, "%s", t->measures[k]);
            sx_table_value(x, (double)t->q[k].group_count, 0, 1);
            sx_table_value(x, t->q[k].q, 2, 1);
            sx_table_p(x, t->q[k].p);
            sx_table_value(x, t->q[k].i_squared, 2, 1);
        }
}

/* ---- forest plots ---- */

enum { FOREST_ROWS = SX_SUBGROUPS_MAX * (SX_LEVELS_MAX + 1) + 1 };

/* The levels of all subgroups that have the measure, of one model. */
static size_t collect_rows(const sx_subgroup_result *r, const sx_subgroup_table *first,
                           const char *measure, sx_forest_row rows[FOREST_ROWS]) {
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        const sx_subgroup_table *t = &r->tables[i];
        size_t k = 0;
        while (k < t->measure_count && strcmp(t->measures[k], measure) != 0)
            k++;
        if (k == t->measure_count || strcmp(t->model, first->model) != 0) continue;
        if (n + t->row_count + 2 > FOREST_ROWS) break;
        rows[n++] = (sx_forest_row){ .name = t->subgroup->name, .p = t->q[k].p, .heading = true };
        for (size_t level = 0; level < t->row_count; level++)
            rows[n++] = (sx_forest_row){ .name = t->rows[level].level,
                                         .n = t->rows[level].counts[k],
                                         .value = t->rows[level].values[k],
                                         .interval = t->rows[level].intervals[k] };
    }
    return n;
}

static void forest_figure(const sx_subgroup_result *r, const sx_subgroup_table *t, size_t k,
                          sx_doc *d) {
    sx_forest_row rows[FOREST_ROWS];
    char title[240], caption[400];
    const size_t n = collect_rows(r, t, t->measures[k], rows);
    snprintf(title, sizeof title, "%.120s%s%s by subgroup", t->model, t->model[0] ? ": " : "",
             t->measures[k]);
    snprintf(caption, sizeof caption,
             "%s. The dotted line is the value of all evaluated %s, with a level or without; p is "
             "that of Cochran's Q.",
             title, t->unit);
    const sx_forest f = { .title = title,
                          .label = t->measures[k],
                          .counted = t->counted[k],
                          .rows = rows,
                          .row_count = n,
                          .overall = t->overall[k],
                          .width = 860 };
    sx_doc_figure(d, caption, sx_plot_forest(&f), false);
}

/* A figure for each measure of the first table of each model; lesion_size joins sensitivity, and
 * has a figure of its own if it is the `only` subgroup. */
static void forest_figures(const sx_subgroup_result *r, bool only, sx_doc *d) {
    const sx_subgroup_table *drawn = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const sx_subgroup_table *t = &r->tables[i];
        if ((drawn && strcmp(drawn->model, t->model) == 0) || (t->lesions && !only)) continue;
        drawn = t;
        for (size_t k = 0; k < t->measure_count; k++)
            forest_figure(r, t, k, d);
    }
}

/* ---- */

static void warn_about_shared(const sx_subgroup_table *t, sx_eval_output *out) {
    if (t->shared)
        sx_eval_warn(out,
                     "%s: %zu %s %s %s in several levels; Cochran's Q takes the levels as "
                     "independent.",
                     t->subgroup->name, t->shared, sx_unit_name(t->shared_unit, t->shared != 1),
                     t->shared == 1 ? "has" : "have", t->lesions ? "lesions" : "films");
}

static void warn_about_lacking(const sx_eval_input *in, const sx_subgroup_table *t,
                               sx_eval_output *out) {
    const sx_subgroup_row *most = &t->rows[0];
    for (size_t k = 1; k < t->row_count; k++)
        if (t->rows[k].lacking > most->lacking) most = &t->rows[k];
    if (!t->row_count || !most->lacking) return;
    if (t->detection)
        sx_eval_warn(out,
                     "%s: up to %zu of %zu resamples of a level (%s) have no true box of some "
                     "class: there its mAP is that of the other classes.",
                     t->subgroup->name, most->lacking, in->boot.resamples, most->level);
    else
        sx_eval_warn(out,
                     "%s: up to %zu of %zu resamples of a level (%s) have one class only, and are "
                     "left out of the interval of its AUROC.",
                     t->subgroup->name, most->lacking, in->boot.resamples, most->level);
}

/* "sex: AUROC (F, M)" for each measure. */
static void warn_about_zero_width(const sx_subgroup_table *t, sx_eval_output *out) {
    sx_str text = { 0 };
    for (size_t k = 0; k < t->measure_count; k++) {
        size_t count = 0;
        for (size_t i = 0; i < t->row_count; i++) {
            if (!sx_eval_zero_width(t->rows[i].intervals[k])) continue;
            if (!count++)
                sx_str_printf(&text, "%s%s (", text.len ? ", " : "", t->measures[k]);
            else
                sx_str_add(&text, ", ");
            sx_str_add(&text, t->rows[i].level);
        }
        if (count) sx_str_add(&text, ")");
    }
    if (text.len) {
        sx_str of = { 0 };
        sx_str_printf(&of, "%s: %s", t->subgroup->name, sx_str_text(&text));
        sx_eval_warn_about_zero_width(sx_str_text(&of), out);
        sx_str_free(&of);
    }
    sx_str_free(&text);
}

void sx_subgroups_write(const sx_eval_input *in, const sx_subgroup_result *r, sx_eval_output *out) {
    if (!r->count) return;
    sx_json list = sx_json_array(sx_json_root(&out->json), "subgroups");
    sx_doc_section(out->doc, "Subgroups");
    for (size_t i = 0; i < r->count; i++) {
        const sx_subgroup_table *t = &r->tables[i];
        put_table(list, t);
        if (t->row_count) levels_table(t, in->boot.level, out->doc);
        if (i != 0 && strcmp(t->model, r->tables[0].model) != 0) continue;
        sx_eval_warn_about_ages(t->subgroup->name, t->subgroup->no_age, t->subgroup->no_age_text,
                                out);
        warn_about_shared(t, out);
        warn_about_lacking(in, t, out);
        warn_about_zero_width(t, out);
    }
    tests_table(r, out->doc);
    if (in->page) forest_figures(r, in->subgroups->count == 1, out->doc);
}
