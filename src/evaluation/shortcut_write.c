#include <math.h>
#include <stdio.h>

#include "document/plot_forest.h"
#include "evaluation/eval_write.h"
#include "evaluation/shortcut_report.h"

static void put_item(sx_json list, const sx_shortcut *s) {
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "attribute", s->name);
    sx_json_count(j, "levels", s->level_count);
    sx_json_count(j, "without_value", s->unknown);
    if (s->level[0]) sx_json_text(j, "level", s->level);
    sx_eval_put_interval(j, "auroc", s->auroc, s->interval);
    sx_json_number(j, "p", s->p);
    sx_json_number(j, "p_holm", s->p_holm);
    sx_json_bool(j, "predicts", s->predicts);
    if (s->why) sx_json_text(j, "not_measured", s->why);
}

/* " = 500", or with `direction` " = 500, rarer in abnormal films"; "" if levels are not named. */
static const char *describe_level(const sx_shortcut *s, bool direction, char *buf, size_t size) {
    buf[0] = '\0';
    if (s->level[0])
        snprintf(buf, size, " = %s%s", s->level,
                 direction && s->auroc < 0.5 ? ", rarer in abnormal films" : "");
    return buf;
}

static void attributes_table(const sx_eval_input *in, const sx_shortcut_result *r, sx_doc *d) {
    char head[64], level[128], caption[500];
    snprintf(caption, sizeof caption,
             "AUROC of the label from one attribute alone; 0.5 is chance. Of two levels: films of "
             "the named level against the others. Of more: cross-validated in 5 folds, by pairs of "
             "films of the same fold. A film without a value has a level of its own. p is "
             "adjusted for %zu %s (Holm); below %g the attribute predicts the label",
             r->tests, sx_noun(r->tests, "test", "tests"), 1 - in->boot.level);
    sx_table *t = sx_doc_table(d, "shortcut", caption);
    snprintf(head, sizeof head, "AUROC (%g %% interval)", 100 * in->boot.level);
    sx_table_column(t, "attribute", false);
    sx_table_column(t, "levels", true);
    sx_table_column(t, "no value", true);
    sx_table_column(t, head, true);
    sx_table_column(t, "p (Holm)", true);
    sx_table_column(t, "", false);
    for (size_t i = 0; i < r->count; i++) {
        const sx_shortcut *s = &r->items[i];
        sx_table_row(t, s->predicts);
        sx_table_text(t, "%s%s", s->name, describe_level(s, false, level, sizeof level));
        sx_table_value(t, s->level_count ? (double)s->level_count : (double)NAN, 0, 1);
        sx_table_value(t, s->level_count ? (double)s->unknown : (double)NAN, 0, 1);
        sx_table_interval(t, s->auroc, s->interval, 3, 1);
        sx_table_p(t, s->p_holm);
        sx_table_text(t, "%s", s->why ? s->why : s->predicts ? "predicts" : "");
    }
}

static void attributes_figure(const sx_shortcut_result *r, sx_doc *d) {
    sx_forest_row rows[SX_SHORTCUTS_MAX + 1];
    char texts[SX_SHORTCUTS_MAX + 1][130], level[64];
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        const sx_shortcut *s = &r->items[i];
        if (s->why) continue;
        snprintf(texts[n], sizeof texts[n], "%s%s", s->name,
                 describe_level(s, false, level, sizeof level));
        rows[n] = (sx_forest_row){
            .name = texts[n], .n = r->films, .value = s->auroc, .interval = s->interval
        };
        n++;
    }
    if (!n) return;
    const sx_forest f = { .title = "AUROC of attributes alone",
                          .label = "AUROC",
                          .counted = "films",
                          .rows = rows,
                          .row_count = n,
                          .overall = 0.5,
                          .width = 860 };
    sx_doc_figure(d, "AUROC of the label from one attribute alone; the dotted line is chance.",
                  sx_plot_forest(&f), false);
}

/* An attribute of two levels predicts as well below 0.5 as above. */
static double strength(const sx_shortcut *s) {
    const double above = s->auroc - 0.5;
    return s->level[0] ? fabs(above) : above;
}

static void say_result(const sx_shortcut_result *r, sx_eval_output *out) {
    char level[128];
    const sx_shortcut *worst = NULL;
    for (size_t i = 0; i < r->count; i++) {
        const sx_shortcut *s = &r->items[i];
        if (s->predicts && (!worst || strength(s) > strength(worst))) worst = s;
    }
    if (worst)
        sx_eval_warn(out,
                     "The label can be predicted without looking at the spine (%s%s: AUROC %.3f). "
                     "A classifier may have learned this; evaluate it within levels (--subgroup).",
                     worst->name, describe_level(worst, true, level, sizeof level), worst->auroc);
    else
        sx_doc_text(out->doc, "No attribute predicts the label better than chance on these films.");
}

void sx_shortcut_write(const sx_eval_input *in, const sx_shortcut_result *r, sx_eval_output *out) {
    sx_json root = sx_json_root(&out->json);
    sx_doc_fact(out->doc, "evaluated", "%zu %s, %zu abnormal; %s in one fold", r->films,
                sx_noun(r->films, "film", "films"), r->abnormal,
                r->draw.unit == SX_UNIT_PATIENT ? "films of a patient"
                : r->draw.unit == SX_UNIT_STUDY ? "films of a study"
                                                : "every film");
    if (r->unlabelled)
        sx_eval_warn(out, "%zu %s without a label left out.", r->unlabelled,
                     sx_noun(r->unlabelled, "film", "films"));
    for (size_t i = 0; i < r->count; i++)
        sx_eval_warn_about_ages(r->items[i].name, r->items[i].no_age, r->items[i].no_age_text, out);
    sx_json_count(root, "films", r->films);
    sx_json_count(root, "abnormal", r->abnormal);
    sx_json list = sx_json_array(root, "attributes");
    for (size_t i = 0; i < r->count; i++)
        put_item(list, &r->items[i]);
    sx_doc_section(out->doc, "Shortcuts");
    say_result(r, out);
    attributes_table(in, r, out->doc);
    if (in->page) attributes_figure(r, out->doc);
}
