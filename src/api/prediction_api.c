/* spinexr/result.h: the accessors of a prediction. */
#include <math.h>

#include "base/c_locale.h"
#include "pipeline/prediction.h"
#include "report/report.h"

/* ---- the film ---- */

const char *sx_prediction_study_id(const sx_prediction *p) {
    return p ? p->study_id : "";
}

const char *sx_prediction_series_id(const sx_prediction *p) {
    return p ? p->series_id : "";
}

const char *sx_prediction_image_id(const sx_prediction *p) {
    return p ? p->image_id : "";
}

const char *sx_prediction_view(const sx_prediction *p) {
    const char *name = p ? sx_projection_name(p->projection) : NULL;
    return name ? name : "";
}

int sx_prediction_frame(const sx_prediction *p) {
    return p ? p->frame : 0;
}

int sx_prediction_width(const sx_prediction *p) {
    return p ? p->width : 0;
}

int sx_prediction_height(const sx_prediction *p) {
    return p ? p->height : 0;
}

int sx_prediction_reduced(const sx_prediction *p) {
    return p ? p->reduced : 0;
}

int sx_prediction_warning_count(const sx_prediction *p) {
    return p ? p->warnings.count : 0;
}

const char *sx_prediction_warning(const sx_prediction *p, int index) {
    return index >= 0 && index < sx_prediction_warning_count(p) ? p->warnings.texts[index] : "";
}

/* ---- the networks ---- */

sx_verdict sx_prediction_verdict(const sx_prediction *p) {
    return p ? sx_verdict_of(p) : SX_VERDICT_NONE;
}

bool sx_prediction_unfamiliar(const sx_prediction *p) {
    return p && p->unfamiliar;
}

double sx_prediction_distance(const sx_prediction *p) {
    return p ? p->distance : (double)NAN;
}

double sx_prediction_probability(const sx_prediction *p) {
    return p && p->has_probability ? p->probability : (double)NAN;
}

double sx_prediction_threshold(const sx_prediction *p) {
    return p ? p->info->rule.threshold : (double)NAN;
}

int sx_prediction_classifier_count(const sx_prediction *p) {
    return p ? p->classifier_count : 0;
}

double sx_prediction_classifier(const sx_prediction *p, int index) {
    const bool there = index >= 0 && index < sx_prediction_classifier_count(p);
    return there ? p->classifier_probability[index] : (double)NAN;
}

int sx_prediction_finding_count(const sx_prediction *p) {
    return p ? p->finding_count : 0;
}

const sx_finding *sx_prediction_finding(const sx_prediction *p, int index) {
    return index >= 0 && index < sx_prediction_finding_count(p) ? &p->findings[index] : NULL;
}

int sx_prediction_box_count(const sx_prediction *p) {
    return p ? p->box_count : 0;
}

const sx_finding *sx_prediction_box(const sx_prediction *p, int index) {
    return index >= 0 && index < sx_prediction_box_count(p) ? &p->boxes[index] : NULL;
}

int sx_prediction_withheld(const sx_prediction *p) {
    return p ? p->box_count - p->finding_count : 0;
}

/* ---- the record ---- */

const char *sx_prediction_note(const sx_prediction *p) {
    return p ? p->info->note : "";
}

double sx_prediction_seconds(const sx_prediction *p, sx_stage stage) {
    if (!p) return 0;
    switch (stage) {
    case SX_STAGE_READ:
        return p->seconds.read;
    case SX_STAGE_CLASSIFY:
        return p->seconds.classify;
    case SX_STAGE_DETECT:
        return p->seconds.detect;
    }
    return 0;
}

/* ---- report.json ---- */

/* Fills the report's run record for a run with only this film. */
static void start_record(sx_report *r, const sx_prediction *p) {
    const sx_bundle_info *info = p->info;
    sx_run_start(&r->run, NULL, 0, NULL);
    r->run.threads = info->threads;
    sx_run_backdate(&r->run, p->seconds.read + p->seconds.classify + p->seconds.detect);
    r->run.precision = info->networks[0].precision == SX_PRECISION_BF16 ? "bf16" : "f32";
}

char *sx_prediction_json(const sx_prediction *prediction, const char *path, sx_error *err) {
    SX_IN_C_LOCALE;
    if (!prediction) {
        sx_fail(err, SX_ERR_USAGE, "the prediction is NULL");
        return NULL;
    }
    sx_report_film film = { .path = (char *)(path ? path : ""),
                            .prediction = (sx_prediction *)prediction };
    sx_report r = { .info = prediction->info, .films = &film, .film_count = 1 };
    sx_json_doc doc;
    sx_str text = { 0 };
    start_record(&r, prediction);
    const bool ok =
        sx_report_to_json(&r, &doc, err) && sx_json_print(&doc, SX_JSON_LINES, &text, err);
    sx_json_free(&doc);
    if (ok) return text.data;
    sx_str_free(&text);
    return NULL;
}
