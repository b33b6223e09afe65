#include "evaluation/finding_scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "evaluation/eval_write.h"
#include "metrics/clustered_auroc.h"

/* The films of one class and model; all are [count]. */
typedef struct scored {
    unsigned char *labels;
    double *scores;
    uint32_t *groups;
    size_t count, positives, group_count;
} scored;

typedef struct measured {
    double auroc, ap;
    sx_interval interval; /* of auroc */
} measured;

static bool scored_make(size_t films, scored *s, sx_error *err) {
    s->labels = sx_calloc_for(films + 1, 1, "films", err);
    s->scores = sx_calloc_for(films + 1, sizeof *s->scores, "films", err);
    s->groups = sx_calloc_for(films + 1, sizeof *s->groups, "films", err);
    return s->labels && s->scores && s->groups;
}

static void scored_free(scored *s) {
    free(s->labels);
    free(s->scores);
    free(s->groups);
}

static void gather(const sx_eval_input *in, const sx_eval_draw *draw, const sx_predictions *p,
                   size_t class, const unsigned char *has, scored *s) {
    s->count = s->positives = 0;
    s->group_count = draw->groups.of ? draw->groups.count : in->truth->films.count;
    for (size_t i = 0; i < in->truth->films.count; i++) {
        const double score = p->class_scores[i * p->class_count + class];
        if (in->truth->labels[i] < 0 || isnan(score)) continue;
        s->groups[s->count] = sx_group_of(&draw->groups, i);
        s->labels[s->count] = has[i];
        s->scores[s->count++] = score;
        s->positives += has[i];
    }
}

/* NaN where a class is absent. */
static bool measure(const sx_eval_input *in, const scored *s, measured *m, sx_error *err) {
    const sx_groups groups = { s->groups, s->count, s->group_count };
    sx_ranking ranking = { 0 };
    sx_levels levels = { 0 };
    sx_clustered_auroc a;
    *m = (measured){ NAN, NAN, { NAN, NAN } };
    if (!s->positives || s->positives == s->count) return true;
    const bool ok = sx_auroc_of_clusters(s->labels, s->scores, &groups, NULL, &a, err) &&
                    sx_ranking_make(&ranking, s->labels, s->scores, s->count, err) &&
                    sx_levels_make(&levels, &ranking, err);
    if (ok) {
        m->auroc = a.auroc;
        m->interval = sx_normal_interval(a.auroc, sqrt(a.variance), in->boot.level, 0, 1);
        m->ap = sx_average_precision(&levels);
    }
    sx_levels_free(&levels);
    sx_ranking_free(&ranking);
    return ok;
}

static void put(const sx_predictions *p, const char *class, const scored *s, const measured *m,
                sx_table *t, sx_json list) {
    sx_table_row(t, false);
    sx_table_text(t, "%s", class);
    sx_table_value(t, (double)s->count, 0, 1);
    sx_table_value(t, (double)s->positives, 0, 1);
    sx_table_interval(t, m->auroc, m->interval, 4, 1);
    sx_table_value(t, m->ap, 4, 1);
    sx_json j = sx_json_object(list, NULL);
    sx_json_text(j, "model", p->name);
    sx_json_text(j, "class", class);
    sx_json_count(j, "n", s->count);
    sx_json_count(j, "positives", s->positives);
    sx_eval_put_interval(j, "auroc", m->auroc, m->interval);
    sx_json_number(j, "average_precision", m->ap);
}

static sx_table *begin_table(const sx_eval_input *in, const sx_predictions *p, sx_doc *d) {
    const bool several = in->prediction_count > 1;
    char id[300], caption[500], head[80];
    snprintf(id, sizeof id, "findings%s%.200s", several ? " " : "", several ? p->name : "");
    snprintf(caption, sizeof caption,
             "%.200s%sFilms with a true box of the class against all others, by P(class) of the "
             "classifiers; films without a verdict count if they have it",
             several ? p->name : "", several ? ". " : "");
    snprintf(head, sizeof head, "AUROC (%g %% interval)", 100 * in->boot.level);
    sx_table *t = sx_doc_table(d, id, caption);
    sx_table_column(t, "class", false);
    sx_table_column(t, "films", true);
    sx_table_column(t, "with the finding", true);
    sx_table_column(t, head, true);
    sx_table_column(t, "average precision", true);
    return t;
}

static bool write_model(const sx_eval_input *in, const sx_eval_draw *draw, const sx_predictions *p,
                        unsigned char *has, scored *s, sx_json list, sx_doc *d, sx_error *err) {
    const sx_truth *truth = in->truth;
    sx_table *t = begin_table(in, p, d);
    for (size_t c = 0; c < p->class_count; c++) {
        measured m;
        for (size_t i = 0; i < truth->films.count; i++)
            has[i] = 0;
        for (size_t i = 0; i < truth->box_count; i++) {
            const sx_truth_box *b = &truth->boxes[i];
            if (b->label == (int)c && !b->crowd) has[b->film] = 1;
        }
        gather(in, draw, p, c, has, s);
        if (!s->count) continue; /* no classifier names the class */
        if (!measure(in, s, &m, err)) return false;
        put(p, truth->class_names.items[c], s, &m, t, list);
    }
    return true;
}

bool sx_finding_scores_write(const sx_eval_input *in, const sx_eval_draw *draw, sx_eval_output *out,
                             sx_error *err) {
    scored s = { 0 };
    size_t with = 0;
    for (size_t m = 0; m < in->prediction_count; m++)
        with += in->predictions[m].class_scores != NULL;
    if (!with || !in->truth->has_boxes) return true;
    unsigned char *has = sx_calloc_for(in->truth->films.count + 1, 1, "films", err);
    bool ok = has && scored_make(in->truth->films.count, &s, err);
    if (ok) sx_doc_section(out->doc, "Findings of the classifiers");
    sx_json list = sx_json_array(sx_json_root(&out->json), "findings");
    for (size_t m = 0; ok && m < in->prediction_count; m++)
        if (in->predictions[m].class_scores)
            ok = write_model(in, draw, &in->predictions[m], has, &s, list, out->doc, err);
    scored_free(&s);
    free(has);
    return ok;
}
