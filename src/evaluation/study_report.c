#include "evaluation/study_report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "metrics/sort.h"

/* ---- tallies ---- */

static void count_class(const sx_match_list *l, size_t films, sx_tally *tallies) {
    for (size_t i = 0; i < films; i++)
        tallies[i].lesions += l->positives[i];
    for (size_t i = 0; i < l->count; i++) {
        sx_tally *film = &tallies[l->films[i]];
        film->found += l->hits[i] & 1;
        film->false_positives += !((l->hits[i] | l->ignored[i]) & 1);
    }
}

/* Matches the boxes that are shown with the true ones of their class. */
static bool count_hits(const sx_eval_input *in, const sx_eval_report_options *o, sx_study_result *r,
                       sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_predictions *p = &in->predictions[0];
    const sx_size_range any_size = { 0, HUGE_VAL };
    size_t count, n = 0;
    const sx_found_box *all = sx_predictions_shown(p, &count);
    sx_found_box *shown = sx_calloc_for(count + 1, sizeof *shown, "boxes", err);
    if (!shown) return false;
    for (size_t i = 0; i < count; i++)
        if (all[i].score >= o->least) shown[n++] = all[i];
    const sx_boxes boxes = { t->boxes, t->box_count,   shown,
                             n,        t->films.count, (int)t->class_names.count };
    const sx_match_options how = { SX_MATCH_COCO, &o->iou_one, 1, &any_size, 1, 0 };
    sx_matches m = { 0 };
    const bool ok = sx_match_boxes(&boxes, &how, &m, err);
    for (int c = 0; ok && c < m.class_count; c++)
        count_class(sx_matches_of(&m, c, 0), t->films.count, r->films);
    sx_matches_free(&m);
    free(shown);
    return ok;
}

static void add_film(sx_tally *study, const sx_tally *film) {
    study->film_count++;
    study->lesions += film->lesions;
    study->found += film->found;
    study->false_positives += film->false_positives;
    study->abnormal = study->abnormal || film->abnormal;
    study->no_verdict += film->no_verdict;
    if (film->verdict == SX_VERDICT_ABNORMAL ||
        (film->verdict == SX_VERDICT_NONE && study->verdict == SX_VERDICT_NORMAL))
        study->verdict = film->verdict;
    /* fmax ignores NaN. */
    study->probability = fmax(study->probability, film->probability);
}

static sx_verdict verdict_of(const sx_predictions *p, size_t film, double threshold) {
    if (p->outcomes[film] != SX_FILM_CALLED || !(p->has_scores && !isnan(p->scores[film])))
        return SX_VERDICT_NONE;
    return p->scores[film] >= threshold ? SX_VERDICT_ABNORMAL : SX_VERDICT_NORMAL;
}

static bool make_tallies(const sx_eval_input *in, double threshold, sx_study_result *r,
                         sx_error *err) {
    const sx_truth *t = in->truth;
    const sx_predictions *p = &in->predictions[0];
    const size_t n = t->films.count;
    uint32_t *place = sx_calloc_for(n + t->study_count + 1, sizeof *place, "studies", err);
    if (!place) return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t *at = &place[t->studies[i]];
        if (!*at) {
            *at = (uint32_t)++r->study_count;
            r->studies[*at - 1] = (sx_tally){ .probability = NAN,
                                              .first = (uint32_t)i,
                                              .verdict = SX_VERDICT_NORMAL };
        }
        r->study_of[i] = *at - 1;
        r->films[i].probability = p->has_scores ? p->scores[i] : NAN;
        r->films[i].abnormal = t->labels[i] == 1;
        r->films[i].no_verdict = p->outcomes[i] != SX_FILM_CALLED;
        r->films[i].verdict = verdict_of(p, i, threshold);
        add_film(&r->studies[*at - 1], &r->films[i]);
    }
    free(place);
    return true;
}

/* How wrong the result of a study is: each missed lesion and false positive counts 1, a wrong
 * verdict 1 and its distance from the threshold. */
static double wrongness(const sx_tally *s, double threshold) {
    const double boxes = (double)(s->lesions - s->found) + (double)s->false_positives;
    const bool called = s->verdict == SX_VERDICT_ABNORMAL;
    if (s->verdict == SX_VERDICT_NONE || called == s->abnormal) return boxes;
    return boxes + 1 + (isnan(s->probability) ? 0 : fabs(s->probability - threshold));
}

/* The studies in the order in which they are shown. */
static bool order_studies(const sx_eval_report_options *o, const sx_study_result *r,
                          uint32_t *order, sx_error *err) {
    double *key = sx_calloc_for(r->study_count + 1, sizeof *key, "studies", err);
    for (size_t i = 0; key && i < r->study_count; i++) {
        const sx_tally *s = &r->studies[i];
        key[i] = o->worst_first ? wrongness(s, o->threshold) : s->abnormal || s->false_positives;
    }
    const bool ok = key && sx_sort_descending(key, r->study_count, order, err);
    free(key);
    return ok;
}

static bool order_films(const sx_eval_report_options *o, sx_study_result *r, size_t films,
                        sx_error *err) {
    uint32_t *next = sx_calloc_for(r->study_count + 1, sizeof *next, "studies", err), at = 0;
    uint32_t *order = sx_calloc_for(r->study_count + 1, sizeof *order, "studies", err);
    const bool ok = next && order && order_studies(o, r, order, err);
    for (size_t k = 0; ok && k < r->study_count; k++) {
        next[order[k]] = at;
        at += (uint32_t)r->studies[order[k]].film_count;
    }
    for (size_t i = 0; ok && i < films; i++)
        r->order[next[r->study_of[i]]++] = (uint32_t)i;
    free(order);
    free(next);
    return ok;
}

sx_study_result *sx_study_compute(const sx_eval_input *in, const sx_eval_report_options *o,
                                  sx_error *err) {
    const size_t n = in->truth->films.count;
    if (in->prediction_count < 1 || in->prediction_count > 2) {
        sx_fail(err, SX_ERR_USAGE, "%zu predictions instead of one or two", in->prediction_count);
        return NULL;
    }
    sx_study_result *r = sx_calloc_for(1, sizeof *r, "studies", err);
    if (!r) return NULL;
    r->films = sx_calloc_for(n + 1, sizeof *r->films, "films", err);
    r->studies = sx_calloc_for(n + 1, sizeof *r->studies, "studies", err);
    r->study_of = sx_calloc_for(n + 1, sizeof *r->study_of, "studies", err);
    r->order = sx_calloc_for(n + 1, sizeof *r->order, "films", err);
    if (r->films && r->studies && r->study_of && r->order && count_hits(in, o, r, err) &&
        make_tallies(in, o->threshold, r, err) && order_films(o, r, n, err))
        return r;
    sx_study_result_free(r);
    return NULL;
}

void sx_study_result_free(sx_study_result *r) {
    if (!r) return;
    free(r->films);
    free(r->studies);
    free(r->study_of);
    free(r->order);
    free(r);
}

/* ---- headlines ---- */

static sx_headline measure_headline(const char *name, const char *of, const sx_model_result *x,
                                    sx_measure m) {
    sx_headline h = { .value = x->point[m], .decimals = 3, .scale = 1 };
    h.interval = sx_model_interval(x, m, &h.by);
    snprintf(h.name, sizeof h.name, "%s%s", name, of);
    return h;
}

static size_t no_verdict_headlines(const sx_classify_result *r, sx_headline *out) {
    const sx_model_result *x = &r->models[0];
    const sx_no_verdict_result *n = &x->no_verdict;
    static const sx_measure measures[2] = { SX_SENSITIVITY, SX_SPECIFICITY };
    if (x->called.count == r->cases.count) return 0;
    out[0] = (sx_headline){ .name = "films without a verdict, %",
                            .value = 1 - (double)x->called.count / (double)r->cases.count,
                            .interval = { NAN, NAN },
                            .by = "",
                            .decimals = 1,
                            .scale = 100 };
    for (size_t k = 0; k < 2; k++) {
        sx_headline *h = &out[k + 1];
        *h = (sx_headline){ .value = n->intended[measures[k]].value,
                            .interval = n->intended[measures[k]].interval,
                            .by = "Wilson",
                            .decimals = 3,
                            .scale = 1 };
        snprintf(h->name, sizeof h->name, "%s of all films, intention to diagnose",
                 sx_measure_key(measures[k]));
    }
    return 3;
}

static const char *bootstrap_or_none(sx_interval i) {
    return isnan(i.low) ? "" : "bootstrap";
}

static sx_headline number_headline(const char *name, const sx_detector_result *x, size_t at) {
    sx_headline h = { .value = x->point.values[at],
                      .interval = x->intervals[at],
                      .by = bootstrap_or_none(x->intervals[at]),
                      .decimals = 1,
                      .scale = 100 };
    snprintf(h.name, sizeof h.name, "%s", name);
    return h;
}

size_t sx_study_headlines(const sx_eval_report_options *o, const sx_classify_result *classify,
                          const sx_detect_result *detect, const sx_pipeline_result *pipeline,
                          sx_headline out[SX_HEADLINES]) {
    char name[64];
    size_t n = 0;
    if (classify) {
        const sx_model_result *x = &classify->models[0];
        const bool all = x->called.count == classify->cases.count;
        const char *of = all ? "" : ", films with a verdict";
        out[n++] = measure_headline("AUROC, abnormal films against normal ones",
                                    all ? "" : ", with a verdict", x, SX_AUROC);
        out[n++] = measure_headline("sensitivity at the threshold", of, x, SX_SENSITIVITY);
        out[n++] = measure_headline("specificity at the threshold", of, x, SX_SPECIFICITY);
        n += no_verdict_headlines(classify, out + n);
    }
    if (detect) {
        const sx_detector_result *x = &detect->models[0];
        snprintf(name, sizeof name, "mAP@%.2g after the decision rule, %%", o->iou_one);
        out[n++] = number_headline(name, x, sx_detect_ap_one(&x->point, -1));
        out[n++] = number_headline("mean AP@[.20:.50] after the decision rule, %", x,
                                   sx_detect_ap(&x->point, -1));
    }
    if (pipeline) {
        sx_headline *h = &out[n++];
        *h = (sx_headline){ .value = pipeline->changes[SX_CHANGE_AP_ONE].after -
                                     pipeline->changes[SX_CHANGE_AP_ONE].before,
                            .interval = pipeline->changes[SX_CHANGE_AP_ONE].interval,
                            .by = bootstrap_or_none(pipeline->changes[SX_CHANGE_AP_ONE].interval),
                            .decimals = 1,
                            .scale = 100 };
        snprintf(h->name, sizeof h->name, "what the decision rule adds to mAP@%.2g, points",
                 o->iou_one);
    }
    return n;
}
