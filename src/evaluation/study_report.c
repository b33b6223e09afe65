/* The page that shows a study set to a person: studies, films with truth and findings side by side,
 * then the numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluation/evaluation_impl.h"
#include "metrics/ap.h"

/* What became of a film's, or a study's, lesions. */
typedef struct tally {
    size_t films, lesions, found, alarms;
    double probability; /* the highest of its films; NaN: none */
    bool abnormal;      /* in truth */
    uint32_t first;     /* its first film */
} tally;

typedef struct pages {
    const sx_eval_input *in;
    const sx_eval_report_options *o;
    sx_eval_output *out;
    tally *film, *study; /* [films], [studies] */
    uint32_t *study_of;  /* [films] place in study[], studies in the order of their films */
    size_t studies;
} pages;

/* Boxes that are shown, matched with the true ones of their class. */
static bool count_hits(pages *p, sx_error *err) {
    const sx_truth *t = p->in->truth;
    const sx_predictions *f = &p->in->predictions[0];
    const sx_size_range all = { 0, HUGE_VAL };
    sx_found_box *shown = sx_calloc_for(f->box_count + 1, sizeof *shown, "boxes", err);
    if (!shown) return false;
    size_t n = 0;
    for (size_t i = 0; i < f->box_count; i++)
        if (f->boxes[i].score >= p->o->least) shown[n++] = f->boxes[i];
    const sx_boxes boxes = { t->boxes, t->box_count,   shown,
                             n,        t->films.count, (int)t->class_names.count };
    const sx_match_options how = { SX_MATCH_COCO, &p->o->iou_one, 1, &all, 1, 0 };
    sx_matches m = { 0 };
    const bool ok = sx_match_boxes(&boxes, &how, &m, err);
    for (int c = 0; ok && c < m.class_count; c++) {
        const sx_match_list *l = sx_matches_of(&m, c, 0);
        for (size_t i = 0; i < t->films.count; i++)
            p->film[i].lesions += l->positives[i];
        for (size_t i = 0; i < l->count; i++) {
            p->film[l->films[i]].found += l->hits[i] & 1;
            p->film[l->films[i]].alarms += !((l->hits[i] | l->ignored[i]) & 1);
        }
    }
    sx_matches_free(&m);
    free(shown);
    return ok;
}

static bool make_tallies(pages *p, sx_error *err) {
    const sx_truth *t = p->in->truth;
    const size_t n = t->films.count;
    p->film = sx_calloc_for(n + 1, sizeof *p->film, "films", err);
    p->study = sx_calloc_for(n + 1, sizeof *p->study, "studies", err);
    p->study_of = sx_calloc_for(n + 1, sizeof *p->study_of, "studies", err);
    if (!p->film || !p->study || !p->study_of || !count_hits(p, err)) return false;
    uint32_t *place = sx_calloc_for(n + t->study_count + 1, sizeof *place, "studies", err);
    if (!place) return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t *at = &place[t->studies[i]];
        if (!*at) {
            *at = (uint32_t)++p->studies;
            p->study[*at - 1] = (tally){ .probability = NAN, .first = (uint32_t)i };
        }
        p->study_of[i] = *at - 1;
        tally *s = &p->study[*at - 1], *f = &p->film[i];
        f->probability = p->in->predictions[0].has_scores ? p->in->predictions[0].scores[i] : NAN;
        f->abnormal = t->labels[i] == 1;
        s->films++;
        s->lesions += f->lesions;
        s->found += f->found;
        s->alarms += f->alarms;
        s->abnormal = s->abnormal || f->abnormal;
        s->probability = fmax(s->probability, f->probability); /* fmax passes NaN over */
    }
    free(place);
    return true;
}

/* UIDs differ in their last digits. */
static const char *short_name(const char *name, char buf[32]) {
    const size_t n = strlen(name);
    if (n <= 20) return name;
    snprintf(buf, 32, "...%s", name + n - 9);
    return buf;
}

static const char *study_name(const pages *p, const tally *s, char buf[32]) {
    const sx_truth *t = p->in->truth;
    return short_name(t->study_count ? t->study_names.items[t->studies[s->first]]
                                     : t->films.items[s->first],
                      buf);
}

static const char *call_of(const pages *p, const tally *s) {
    return isnan(s->probability) ? "-" : s->probability >= p->o->threshold ? "abnormal" : "normal";
}

static void study_table(const pages *p) {
    static const char *const columns[] = { "films", "P(abnormal)", "true boxes", "found",
                                           "false alarms" };
    const bool boxes = p->in->predictions[0].has_boxes && p->in->truth->has_boxes;
    char buf[32];
    sx_table *t =
        sx_doc_table(p->out->doc, "studies", "P(abnormal) is the highest of the study's films");
    sx_table_column(t, "study", false);
    sx_table_column(t, "truth", false);
    sx_table_column(t, "called", false);
    for (size_t i = 0; i < (boxes ? 5 : 2); i++)
        sx_table_column(t, columns[i], true);
    for (size_t i = 0; i < p->studies; i++) {
        const tally *s = &p->study[i];
        const char *call = call_of(p, s), *truth = s->abnormal ? "abnormal" : "normal";
        sx_table_row(t, strcmp(call, truth) != 0 && call[0] != '-');
        sx_table_text(t, "%s", study_name(p, s, buf));
        sx_table_text(t, "%s", truth);
        sx_table_text(t, "%s", call);
        sx_table_value(t, (double)s->films, 0, 1);
        sx_table_value(t, s->probability, 3, 1);
        if (!boxes) continue;
        sx_table_value(t, (double)s->lesions, 0, 1);
        sx_table_value(t, (double)s->found, 0, 1);
        sx_table_value(t, (double)s->alarms, 0, 1);
    }
}

static void describe(const pages *p, uint32_t film, char *text, size_t size) {
    const tally *f = &p->film[film];
    char buf[32];
    const char *study = study_name(p, &p->study[p->study_of[film]], buf);
    char found[48] = "nothing to find", alarms[48] = "no false alarm";
    if (f->lesions) snprintf(found, sizeof found, "%zu of %zu found", f->found, f->lesions);
    if (f->alarms)
        snprintf(alarms, sizeof alarms, "%zu false alarm%s", f->alarms, f->alarms == 1 ? "" : "s");
    snprintf(text, size, "study %s: %s, %s", study, found, alarms);
}

static void sheets(const pages *p) {
    const sx_truth *t = p->in->truth;
    size_t shown = 0;
    sx_doc_section(p->out->doc, "Films");
    sx_doc_text(p->out->doc,
                "Left what is true, right what was found (boxes with a score of at least %.2g). A "
                "box counts "
                "as found "
                "where it has the right name and covers the true one with an IoU of at least %.2g.",
                p->o->least, p->o->iou_one);
    for (int wanted = 1; wanted >= 0;
         wanted--) /* first the films on which there is something to see */
        for (uint32_t i = 0; i < t->films.count && shown < p->o->sheets; i++) {
            const tally *f = &p->film[i];
            char detail[200];
            if ((f->abnormal || f->alarms > 0) != wanted) continue;
            describe(p, i, detail, sizeof detail);
            shown += sx_eval_sheet(p->in, p->out, i, p->o->threshold, p->o->least, detail);
        }
    if (!shown) sx_eval_warn(p->out, "None of the films could be read from %s.", p->in->films);
}

typedef struct headline {
    char name[64];
    const json_t *number; /* {value, low, high}; NULL: not there */
    int decimals;
    double scale;
} headline;

static bool is_number(const headline *h, const char *key) {
    return json_is_number(json_object_get(h->number, key));
}

static double number(const headline *h, const char *key) {
    return is_number(h, key) ? json_number_value(json_object_get(h->number, key)) : NAN;
}

static const json_t *at(const json_t *j, const char *a, const char *b, const char *c) {
    const char *const keys[] = { a, b, c };
    for (size_t i = 0; i < 3 && keys[i]; i++)
        j = json_is_array(j) ? json_array_get(j, 0) : json_object_get(j, keys[i]);
    return j;
}

static void headlines(const pages *p, const json_t *classify, const json_t *detect,
                      const json_t *pipeline) {
    const json_t *c = json_array_get(json_object_get(classify, "models"), 0);
    const json_t *d = json_array_get(json_object_get(detect, "models"), 0);
    headline line[] = {
        { "AUROC, abnormal films against normal ones", at(c, "measures", "auroc", NULL), 3, 1 },
        { "sensitivity at the threshold", at(c, "measures", "sensitivity", NULL), 3, 1 },
        { "specificity at the threshold", at(c, "measures", "specificity", NULL), 3, 1 },
        { "", at(d, "ap_one", NULL, NULL), 1, 100 },
        { "mean AP@[.20:.50] of the findings, %", at(d, "ap", NULL, NULL), 1, 100 },
        { "", at(pipeline, "change", "ap_one", "change"), 1, 100 },
    };
    const size_t n = sizeof line / sizeof *line;
    snprintf(line[3].name, sizeof line->name, "mAP@%.2g of the findings, %%", p->o->iou_one);
    snprintf(line[5].name, sizeof line->name, "what the decision rule adds to mAP@%.2g, points",
             p->o->iou_one);
    bool narrow = false; /* nothing went wrong, so no resample differs */
    for (size_t i = 0; i < n; i++)
        narrow = narrow || (number(&line[i], "low") == 1 && number(&line[i], "high") == 1);
    char caption[200] = "";
    if (p->in->boot.resamples)
        snprintf(caption, sizeof caption, "In brackets %g %% bootstrap intervals%s",
                 100 * p->in->boot.level,
                 narrow ? "; one of no width says that no film went wrong here, not that none can"
                        : "");
    sx_table *t = sx_doc_table(p->out->doc, "in short", caption);
    sx_table_column(t, "number", false);
    sx_table_column(t, "value", true);
    for (size_t i = 0; i < n; i++) {
        if (!is_number(&line[i], "value")) continue;
        const sx_interval interval = { number(&line[i], "low"), number(&line[i], "high") };
        sx_table_row(t, false);
        sx_table_text(t, "%s", line[i].name);
        sx_table_interval(t, number(&line[i], "value"), interval, line[i].decimals, line[i].scale);
    }
}

/* One of the evaluations, its page at the end of ours, its JSON in ours under its name. */
static void append(const pages *p, const char *key, const char *part, sx_eval_output *from) {
    if (!from->doc) return;
    if (p->in->page)
        sx_doc_append(p->out->doc, from->doc, part);
    else
        sx_doc_free(from->doc);
    from->doc = NULL;
    sx_json_move(sx_json_root(&p->out->json), key, &from->json);
}

static bool evaluate(pages *p, sx_error *err) {
    const sx_classify_options by_film = { .threshold = { p->o->threshold, NULL, NAN, NAN },
                                          .bin_count = 10 };
    sx_detect_report_options lesions = {
        .iou_count = 7, .iou_one = p->o->iou_one, .fp_per_film = 1, .most_per_film = 100
    };
    memcpy(lesions.ious, sx_vindr_ious, sizeof sx_vindr_ious);
    const sx_pipeline_options rule = { p->o->threshold, p->o->keep, p->o->iou_one, false };
    const sx_predictions *f = &p->in->predictions[0];
    const bool boxes = f->has_boxes && p->in->truth->has_boxes,
               unruled = p->in->prediction_count > 1;
    sx_eval_input one = *p->in, all = *p->in;
    one.prediction_count = all.prediction_count = 1;
    one.films = all.films = NULL; /* the films have been shown */
    all.predictions = &p->in->predictions[p->in->prediction_count - 1];
    sx_eval_output c = { 0 }, d = { 0 }, r = { 0 };
    const bool ok = (!f->has_scores || sx_eval_classify(&one, &by_film, &c, err)) &&
                    (!boxes || sx_eval_detect(&one, &lesions, &d, err)) &&
                    (!boxes || !unruled || sx_eval_pipeline(&all, &rule, &r, err));
    if (ok) {
        sx_doc_section(p->out->doc, "In short");
        headlines(p, c.json.root, d.json.root, r.json.root);
        sx_doc_section(p->out->doc, "Studies");
        study_table(p);
        sx_doc_page_only(p->out->doc, true);
        if (p->in->page && p->in->films) sheets(p);
        append(p, "classify", "Abnormal or normal", &c);
        append(p, "detect", "Findings", &d);
        append(p, "pipeline", "Decision rule", &r);
    }
    sx_eval_output_free(&c);
    sx_eval_output_free(&d);
    sx_eval_output_free(&r);
    return ok;
}

static void put_studies(const pages *p) {
    sx_json list = sx_json_array(sx_json_root(&p->out->json), "studies");
    const sx_truth *t = p->in->truth;
    for (size_t i = 0; i < p->studies; i++) {
        const tally *s = &p->study[i];
        const char *name =
            t->study_count ? t->study_names.items[t->studies[s->first]] : t->films.items[s->first];
        sx_json j = sx_json_object(list, NULL);
        sx_json_text(j, "study", name);
        sx_json_count(j, "films", s->films);
        sx_json_bool(j, "abnormal", s->abnormal);
        sx_json_number(j, "probability", s->probability);
        sx_json_count(j, "lesions", s->lesions);
        sx_json_count(j, "found", s->found);
        sx_json_count(j, "false_alarms", s->alarms);
    }
}

bool sx_eval_report(const sx_eval_input *in, const sx_eval_report_options *o, sx_eval_output *out,
                    sx_error *err) {
    if (in->prediction_count < 1 || in->prediction_count > 2)
        return sx_fail(err, SX_ERR_USAGE, "%zu predictions; a report, and perhaps one of all boxes",
                       in->prediction_count);
    if (!sx_eval_begin(in, "report", o->title, out, err)) return false;
    pages p = { .in = in, .o = o, .out = out };
    bool ok = make_tallies(&p, err);
    if (ok) {
        if (in->predictions[0].has_scores)
            sx_doc_fact(out->doc, "decision rule",
                        "abnormal from P %.4f on; normal films keep boxes that score %.2g or more",
                        o->threshold, o->keep);
        put_studies(&p);
        ok = evaluate(&p, err) && sx_eval_end(out, err);
    }
    free(p.study_of);
    free(p.study);
    free(p.film);
    if (!ok) sx_eval_output_free(out);
    return ok;
}
