#include "evaluation/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "evaluation/agreement_write.h"
#include "evaluation/classify_write.h"
#include "evaluation/compare_write.h"
#include "evaluation/detect_write.h"
#include "evaluation/eval_write.h"
#include "evaluation/finding_scores.h"
#include "evaluation/pipeline_write.h"
#include "evaluation/shortcut_report.h"
#include "evaluation/study_write.h"
#include "evaluation/subgroup_report.h"
#include "evaluation/verdict_write.h"
#include "metrics/ap.h"

/* The end of every evaluation: an output that failed is released. */
static bool end_output(sx_eval_output *out, sx_error *err) {
    if (sx_eval_end(out, err)) return true;
    sx_eval_output_free(out);
    return false;
}

/* The same after parts that may have failed. */
static bool end_parts(bool ok, sx_eval_output *out, sx_error *err) {
    if (ok) return end_output(out, err);
    sx_eval_output_free(out);
    return false;
}

/* The films without a verdict at the end of an evaluation that is no part of a larger page. */
static bool end_with_list(const sx_eval_input *in, sx_eval_output *out, sx_error *err) {
    sx_eval_write_no_verdict(in, out);
    return end_output(out, err);
}

/* ---- subgroups: a part of other evaluations ---- */

static bool add_classify_subgroups(const sx_eval_input *in, const sx_classify_result *r,
                                   sx_eval_output *out, sx_error *err) {
    sx_subgroup_result groups;
    if (!in->subgroups) return true;
    if (!sx_subgroups_classify(in, r, &groups, err)) return false;
    sx_subgroups_write(in, &groups, out);
    sx_subgroup_result_free(&groups);
    return true;
}

static bool add_detect_subgroups(const sx_eval_input *in, const sx_detect_report_options *o,
                                 const sx_detect_result *r, sx_eval_output *out, sx_error *err) {
    sx_subgroup_result groups;
    if (!in->subgroups) return true;
    if (!sx_subgroups_detect(in, o, r, &groups, err)) return false;
    sx_subgroups_write(in, &groups, out);
    sx_subgroup_result_free(&groups);
    return true;
}

/* ---- results of which a larger page is made ---- */

/* Of a part, a terminal gets the warnings and the subgroups. */

static bool write_classify(const sx_eval_input *in, const sx_classify_options *o,
                           const sx_classify_result *r, bool part, sx_eval_output *out,
                           sx_error *err) {
    static const char *const titles[3] = { "Classification, film by film",
                                           "Classification by study", "Classification by patient" };
    if (!sx_eval_begin(in, "classify", titles[o->level], out, err)) return false;
    sx_doc_page_only(out->doc, part);
    sx_classify_write(in, o, r, out);
    bool ok = sx_finding_scores_write(in, &r->draw, out, err);
    sx_doc_page_only(out->doc, false);
    ok = ok && add_classify_subgroups(in, r, out, err);
    return end_parts(ok, out, err);
}

static bool write_detect(const sx_eval_input *in, const sx_detect_report_options *o,
                         const sx_detect_result *r, bool part, sx_eval_output *out, sx_error *err) {
    sx_findings_result *findings[SX_DETECTORS_MAX] = { NULL };
    bool ok = true;
    for (size_t m = 0; ok && m < r->model_count; m++)
        ok = (findings[m] = sx_findings_compute(in, o, r, &r->models[m], err)) != NULL;
    ok = ok && sx_eval_begin(in, "detect", "Detection", out, err);
    if (ok) {
        sx_doc_page_only(out->doc, part);
        sx_detect_write(in, o, r, findings, out);
        sx_doc_page_only(out->doc, false);
        ok = end_parts(add_detect_subgroups(in, o, r, out, err), out, err);
    }
    for (size_t m = 0; m < r->model_count; m++)
        sx_findings_free(findings[m]);
    return ok;
}

static bool write_pipeline(const sx_eval_input *in, const sx_pipeline_options *o,
                           const sx_pipeline_result *r, bool part, sx_eval_output *out,
                           sx_error *err) {
    if (!sx_eval_begin(in, "pipeline", "The framework: classifier, detector and decision rule", out,
                       err))
        return false;
    sx_doc_page_only(out->doc, part);
    sx_pipeline_write(in, o, r, out);
    return end_output(out, err);
}

bool sx_eval_classify(const sx_eval_input *in, const sx_classify_options *o, sx_eval_output *out,
                      sx_error *err) {
    sx_classify_result *r = sx_classify_compute(in, o, err);
    const bool ok = r && write_classify(in, o, r, false, out, err) && end_with_list(in, out, err);
    sx_classify_result_free(r);
    return ok;
}

bool sx_eval_detect(const sx_eval_input *in, const sx_detect_report_options *o, sx_eval_output *out,
                    sx_error *err) {
    sx_detect_result *r = sx_detect_compute(in, o, err);
    const bool ok = r && write_detect(in, o, r, false, out, err) && end_with_list(in, out, err);
    sx_detect_result_free(r);
    return ok;
}

bool sx_eval_pipeline(const sx_eval_input *in, const sx_pipeline_options *o, sx_eval_output *out,
                      sx_error *err) {
    sx_pipeline_result *r = sx_pipeline_compute(in, o, err);
    const bool ok = r && write_pipeline(in, o, r, false, out, err) && end_with_list(in, out, err);
    sx_pipeline_result_free(r);
    return ok;
}

bool sx_eval_compare(const sx_eval_input *in, const sx_compare_options *o, sx_eval_output *out,
                     sx_error *err) {
    sx_compare_result *r = sx_compare_compute(in, o, err);
    bool ok = r && sx_eval_begin(in, "compare", "Two models on the same films", out, err);
    if (ok) {
        sx_compare_write(in, o, r, out);
        ok = end_with_list(in, out, err);
    }
    sx_compare_result_free(r);
    return ok;
}

bool sx_eval_agreement(const sx_eval_input *in, double iou, sx_eval_output *out, sx_error *err) {
    sx_agreement_result *r = sx_agreement_compute(in, iou, err);
    bool ok = r && sx_eval_begin(in, "agreement", "Agreement between readers", out, err);
    if (ok) {
        sx_agreement_write(in, iou, r, out);
        ok = end_output(out, err);
    }
    sx_agreement_result_free(r);
    return ok;
}

bool sx_eval_shortcut(const sx_eval_input *in, const sx_attribute_sources *from,
                      sx_eval_output *out, sx_error *err) {
    sx_shortcut_result r;
    if (!sx_shortcut_compute(in, from, &r, err) ||
        !sx_eval_begin(in, "shortcut", "Shortcuts: what predicts the label without the spine", out,
                       err))
        return false;
    sx_shortcut_write(in, &r, out);
    return end_output(out, err);
}

/* ---- the page for people ---- */

/* The evaluations that the page ends with. Each may be missing (NULL, empty). */
typedef struct parts {
    sx_classify_result *classify;
    sx_detect_result *detect;
    sx_pipeline_result *pipeline;
    sx_eval_output classify_out, detect_out, pipeline_out;
} parts;

static bool has_verdicts(const sx_eval_input *in) {
    return in->predictions[0].has_scores && in->predictions[0].outcome_counts[SX_FILM_CALLED] > 0;
}

static bool make_parts(const sx_eval_input *in, const sx_eval_report_options *o, parts *p,
                       sx_error *err) {
    const sx_classify_options by_film = { .threshold = { o->threshold, NULL, NAN, NAN },
                                          .bin_count = 10,
                                          .prevalence = o->prevalence };
    sx_detect_report_options lesions = {
        .iou_count = 7, .iou_one = o->iou_one, .fp_per_image = 1, .most_per_film = 100
    };
    char origin[300];
    snprintf(origin, sizeof origin, "of %.200s", in->predictions[0].path);
    const sx_pipeline_options rule = {
        .threshold = o->threshold, .keep = o->keep, .origin = origin, .iou_one = o->iou_one
    };
    const bool boxes = in->predictions[0].has_boxes && in->truth->has_boxes;
    memcpy(lesions.ious, sx_vindr_ious, sizeof sx_vindr_ious);
    sx_eval_input one = *in, all = *in;
    one.prediction_count = all.prediction_count = 1;
    one.films = all.films = NULL; /* the page has shown the films */
    all.predictions = &in->predictions[in->prediction_count - 1];
    if (has_verdicts(in)) {
        p->classify = sx_classify_compute(&one, &by_film, err);
        if (!p->classify ||
            !write_classify(&one, &by_film, p->classify, true, &p->classify_out, err))
            return false;
    }
    if (boxes) {
        p->detect = sx_detect_compute(&one, &lesions, err);
        if (!p->detect || !write_detect(&one, &lesions, p->detect, true, &p->detect_out, err))
            return false;
    }
    const bool whole = in->prediction_count > 1 || in->predictions[0].has_all_boxes;
    if (boxes && whole && in->predictions[0].has_scores) {
        p->pipeline = sx_pipeline_compute(&all, &rule, err);
        if (!p->pipeline || !write_pipeline(&all, &rule, p->pipeline, true, &p->pipeline_out, err))
            return false;
    }
    return true;
}

static void free_parts(parts *p) {
    sx_classify_result_free(p->classify);
    sx_detect_result_free(p->detect);
    sx_pipeline_result_free(p->pipeline);
    sx_eval_output_free(&p->classify_out);
    sx_eval_output_free(&p->detect_out);
    sx_eval_output_free(&p->pipeline_out);
}

/* A part goes to the end of our page, its JSON under a key. */
static void append_part(const char *key, const char *title, sx_eval_output *from,
                        sx_eval_output *out) {
    if (!from->doc) return;
    sx_doc_append(out->doc, from->doc, title);
    from->doc = NULL;
    sx_json_move(sx_json_root(&out->json), key, &from->json);
}

static void write_report(const sx_eval_input *in, const sx_eval_report_options *o,
                         const sx_study_result *r, parts *p, sx_eval_output *out) {
    sx_headline headlines[SX_HEADLINES];
    sx_eval_input one = *in; /* all-boxes reports say the same again */
    one.prediction_count = 1;
    const size_t count = sx_study_headlines(o, p->classify, p->detect, p->pipeline, headlines);
    sx_doc_interactive(out->doc);
    if (one.predictions[0].has_scores && !has_verdicts(in))
        sx_eval_warn(out, "%s: no film has a verdict, so abnormal or normal is not evaluated.",
                     one.predictions[0].name);
    sx_study_write_head(in, o, r, out);
    sx_study_write_tables(in, o, r, headlines, count, out);
    sx_eval_write_no_verdict(&one, out);
    sx_doc_page_only(out->doc, true);
    sx_study_write_films(in, o, r, out);
    sx_doc_page_only(out->doc, false);
    append_part("classify", "Abnormal or normal", &p->classify_out, out);
    append_part("detect", "Findings", &p->detect_out, out);
    append_part("pipeline", "Decision rule", &p->pipeline_out, out);
}

bool sx_eval_report(const sx_eval_input *in, const sx_eval_report_options *o, sx_eval_output *out,
                    sx_error *err) {
    parts p = { 0 };
    sx_study_result *r = sx_study_compute(in, o, err);
    bool ok = r && make_parts(in, o, &p, err) && sx_eval_begin(in, "report", o->title, out, err);
    if (ok) {
        write_report(in, o, r, &p, out);
        ok = end_parts(sx_context_check(in->boot.context, err), out, err); /* pictures take long */
    }
    free_parts(&p);
    sx_study_result_free(r);
    return ok;
}
