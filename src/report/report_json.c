#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "detect/fuse.h"
#include "report/report.h"

static void text_or_null(sx_json at, const char *key, const char *s) {
    sx_json_text(at, key, s && s[0] ? s : NULL);
}

/* To the millisecond: further digits are noise. */
static void put_seconds(sx_json at, const char *key, double s) {
    sx_json_number(at, key, round(s * 1e3) / 1e3);
}

/* The settings of a network as an object; null: those of its architecture. */
static void put_config(sx_json at, const char *config) {
    sx_json_doc doc = { 0 };
    if (!config[0]) {
        sx_json_null(at, "config");
        return;
    }
    doc.root = sx_json_parse(config, strlen(config), true, NULL, &doc.error);
    sx_json_move(at, "config", &doc);
}

static void put_network(sx_json models, const sx_network_info *n) {
    sx_json at = sx_json_object(models, NULL);
    sx_json_text(at, "task", n->task == SX_DETECTOR ? "detector" : "classifier");
    sx_json_text(at, "arch", n->arch);
    put_config(at, n->config);
    sx_json_text(at, "path", n->path);
    sx_json_text(at, "sha256", n->sha256);
    sx_json input = sx_json_array(at, "input");
    sx_json_integer(input, NULL, n->input_width);
    sx_json_integer(input, NULL, n->input_height);
    sx_json_bool(at, "letterbox", n->letterbox);
    sx_json_text(at, "pixels", n->pixels == SX_PIXELS_VINDR ? "vindr" : "dicom");
    sx_json_text(at, "precision", n->precision == SX_PRECISION_BF16 ? "bf16" : "f32");
    sx_json_number(at, "threshold", n->threshold);
    sx_json_number(at, "temperature", n->temperature);
    text_or_null(at, "chosen_on", n->chosen_on);
    text_or_null(at, "note", n->note);
}

static void put_box(sx_json at, const sx_finding *f) {
    sx_json box = sx_json_array(at, "box");
    const float corners[4] = { f->x0, f->y0, f->x1, f->y1 };
    for (int i = 0; i < 4; i++)
        sx_json_number(box, NULL, (double)corners[i]);
}

static const char *point_name(sx_point point) {
    static const char *const names[] = { NULL, "sensitive", "specific" };
    return names[point];
}

static void put_finding(sx_json findings, const sx_finding *f) {
    sx_json at = sx_json_object(findings, NULL);
    sx_json_text(at, "name", f->name);
    sx_json_integer(at, "label", f->label);
    sx_json_number(at, "score", (double)f->score);
    put_box(at, f);
    sx_json_text(at, "operating_point", point_name(f->point));
    sx_json_bool(at, "despite_verdict", f->despite_verdict);
}

static void put_boxes(sx_json at, const sx_prediction *f) {
    sx_json boxes = sx_json_array(at, "boxes");
    for (int i = 0; i < f->box_count; i++) {
        sx_json box = sx_json_object(boxes, NULL);
        sx_json_integer(box, "label", f->boxes[i].label);
        sx_json_number(box, "score", (double)f->boxes[i].score);
        put_box(box, &f->boxes[i]);
    }
}

/* P of each finding that classifiers name. */
static void put_classes(sx_json film, const sx_prediction *f) {
    sx_json list = sx_json_array(film, "classes");
    for (int i = 0; f->info && f->class_probability && i < f->info->class_count; i++) {
        sx_json at = sx_json_object(list, NULL);
        sx_json_text(at, "name", f->info->classes[i]);
        sx_json_number(at, "probability", f->class_probability[i]);
    }
}

static void put_judgement(sx_json at, const sx_prediction *f) {
    if (f->has_probability)
        sx_json_number(at, "probability", f->probability);
    else
        sx_json_null(at, "probability");
    const bool fused = f->has_probability && f->info && f->info->rule.fuse;
    sx_json_number(at, "ensemble_probability", fused ? f->ensemble_probability : (double)NAN);
    sx_json_number(at, "best_box_score", fused ? f->best_score : (double)NAN);
    sx_json classifiers = sx_json_array(at, "classifiers");
    for (int i = 0; i < f->classifier_count; i++)
        sx_json_number(classifiers, NULL, f->classifier_probability[i]);
    put_classes(at, f);
    sx_json_number(at, "distance", f->distance);
    if (isnan(f->distance))
        sx_json_null(at, "unfamiliar");
    else
        sx_json_bool(at, "unfamiliar", f->unfamiliar);
    if (sx_verdict_of(f) == SX_VERDICT_NONE)
        sx_json_null(at, "abnormal");
    else
        sx_json_bool(at, "abnormal", f->abnormal);
    sx_json findings = sx_json_array(at, "findings");
    for (int i = 0; i < f->finding_count; i++)
        put_finding(findings, &f->findings[i]);
    sx_json_integer(at, "withheld", f->box_count - f->finding_count);
    put_boxes(at, f);
}

static void put_film(sx_json films, const sx_report_film *film) {
    const sx_prediction *f = film->prediction;
    sx_json at = sx_json_object(films, NULL);
    sx_json_text(at, "path", film->path);
    sx_json_text(at, "image_id", f->image_id);
    text_or_null(at, "series_id", f->series_id);
    sx_json_text(at, "view", sx_projection_name(f->projection));
    sx_json_integer(at, "frame", f->frame);
    sx_json_integer(at, "width", f->width);
    sx_json_integer(at, "height", f->height);
    sx_json_integer(at, "reduced", f->reduced);
    put_judgement(at, f);
    sx_json warnings = sx_json_array(at, "warnings");
    for (int i = 0; i < f->warnings.count; i++)
        sx_json_text(warnings, NULL, f->warnings.texts[i]);
    text_or_null(at, "overlay", film->overlay);
    text_or_null(at, "heat_map", film->heat_map);
    sx_json seconds = sx_json_object(at, "seconds");
    put_seconds(seconds, "read", f->seconds.read);
    put_seconds(seconds, "classify", f->seconds.classify);
    put_seconds(seconds, "detect", f->seconds.detect);
    put_seconds(seconds, "overlay", film->overlay_seconds);
}

/* Each film without a study UID is a study of its own. */
static bool same_study(const sx_prediction *a, const sx_prediction *b) {
    return a->study_id[0] && strcmp(a->study_id, b->study_id) == 0;
}

/* The film after `i`, from `i` on, that belongs to the study of `head` and is not done. */
static size_t next_of_study(const sx_report *r, const sx_prediction *head, size_t i,
                            const unsigned char *done) {
    for (; i < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        if (f && !done[i] && (f == head || same_study(head, f))) break;
    }
    return i;
}

/* Abnormal: one of its films is. Otherwise null if a film has no verdict, because it is unfamiliar
 * or there is no classifier. */
static void put_study_verdict(sx_json at, bool abnormal, bool verdicts) {
    if (abnormal || verdicts)
        sx_json_bool(at, "abnormal", abnormal);
    else
        sx_json_null(at, "abnormal");
}

/* The study of films[first], with all later films of it; marks them done. */
static void put_study(sx_json studies, const sx_report *r, size_t first, unsigned char *done) {
    const sx_prediction *head = r->films[first].prediction;
    double probability = NAN;
    bool abnormal = false, verdicts = true;
    for (size_t i = first; (i = next_of_study(r, head, i, done)) < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        if (f->has_probability && !(f->probability <= probability)) probability = f->probability;
        abnormal = abnormal || sx_verdict_of(f) == SX_VERDICT_ABNORMAL;
        verdicts = verdicts && sx_verdict_of(f) != SX_VERDICT_NONE;
    }
    sx_json at = sx_json_object(studies, NULL);
    text_or_null(at, "study_id", head->study_id);
    sx_json_number(at, "probability", probability);
    put_study_verdict(at, abnormal, verdicts);
    sx_json films = sx_json_array(at, "films");
    for (size_t i = first; (i = next_of_study(r, head, i, done)) < r->film_count; i++) {
        put_film(films, &r->films[i]);
        done[i] = 1;
    }
}

static bool put_studies(sx_json root, const sx_report *r, sx_error *err) {
    sx_json studies = sx_json_array(root, "studies");
    unsigned char *done = sx_calloc_for(r->film_count + 1, 1, "the report", err);
    for (size_t i = 0; done && i < r->film_count; i++)
        if (r->films[i].prediction && !done[i]) put_study(studies, r, i, done);
    free(done);
    return done != NULL;
}

static void put_refused(sx_json root, const sx_report *r) {
    sx_json refused = sx_json_array(root, "refused");
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_report_film *f = &r->films[i];
        if (f->prediction || f->error.code != SX_ERR_REFUSED) continue;
        sx_json at = sx_json_object(refused, NULL);
        sx_json_text(at, "path", f->path);
        sx_json_text(at, "message", f->error.message);
    }
}

static void put_failed(sx_json root, const sx_report *r) {
    sx_json failed = sx_json_array(root, "failed");
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_report_film *f = &r->films[i];
        if (f->prediction || f->error.code == SX_ERR_REFUSED) continue;
        sx_json at = sx_json_object(failed, NULL);
        sx_json_text(at, "path", f->path);
        sx_json_text(at, "error", sx_error_name(f->error.code));
        sx_json_text(at, "message", f->error.message);
    }
}

static void put_summary(sx_json root, const sx_report *r) {
    int abnormal = 0, unfamiliar = 0;
    int64_t findings = 0;
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        if (!f) continue;
        abnormal += sx_verdict_of(f) == SX_VERDICT_ABNORMAL;
        unfamiliar += f->unfamiliar;
        findings += f->finding_count;
    }
    sx_json at = sx_json_object(root, "summary");
    sx_json_count(at, "films", sx_report_done(r));
    sx_json_count(at, "refused", sx_report_refused(r));
    sx_json_count(at, "failed", sx_report_failed(r));
    sx_json_integer(at, "abnormal", abnormal);
    sx_json_integer(at, "unfamiliar", unfamiliar);
    sx_json_integer(at, "findings", findings);
    sx_json_bool(at, "stopped", r->stopped);
}

static void put_points(sx_json rule, const sx_bundle_info *info) {
    const bool used = info->rule.kind == SX_RULE_POINTS;
    sx_json_text(rule, "operating_point", used ? point_name(info->rule.least) : NULL);
    sx_json_text(rule, "operating_points_from",
                 info->rule.points ? "weights' metadata" : "no operating point");
    text_or_null(rule, "operating_points_chosen_on", info->points_chosen_on);
    text_or_null(rule, "operating_points_date", info->points_date);
    sx_json list = sx_json_array(rule, "operating_points");
    for (int i = 0; info->rule.points && i < info->label_count; i++) {
        const sx_class_points *p = &info->rule.points[i];
        sx_json at = sx_json_object(list, NULL);
        sx_json_text(at, "name", info->labels[i]);
        sx_json_number(at, "sensitive", p->sensitive);
        sx_json_number(at, "specific", p->specific);
    }
}

static void put_gates(sx_json rule, const sx_bundle_info *info) {
    sx_json list = sx_json_array(rule, "gates");
    for (int i = 0; info->rule.gates && i < info->label_count; i++) {
        if (isnan(info->rule.gates[i])) continue;
        sx_json at = sx_json_object(list, NULL);
        sx_json_text(at, "name", info->labels[i]);
        sx_json_number(at, "probability", info->rule.gates[i]);
    }
    text_or_null(rule, "gates_chosen_on", info->gates_chosen_on);
    text_or_null(rule, "gates_date", info->gates_date);
}

static void put_familiarity(sx_json rule, const sx_bundle_info *info) {
    const bool stored = !isnan(info->distance_limit);
    sx_json_number(rule, "distance_limit", info->distance_limit);
    sx_json_text(rule, "familiarity_from", stored ? "weights' metadata" : "no familiarity stored");
    text_or_null(rule, "familiarity_chosen_on", info->familiarity_chosen_on);
    text_or_null(rule, "familiarity_date", info->familiarity_date);
}

/* null: there are not several detectors. */
static void put_fusion(sx_json rule, const sx_bundle_info *info) {
    if (info->detector_count < 2) {
        sx_json_null(rule, "box_fusion");
        return;
    }
    sx_json at = sx_json_object(rule, "box_fusion");
    sx_json_text(at, "method", "weighted boxes fusion");
    sx_json_number(at, "iou", sx_float_decimal(sx_fuse_iou));
    sx_json_text(at, "weights_from", info->calibrated ? "weights' metadata" : "equal");
    sx_json list = sx_json_array(at, "weights");
    for (int i = 0; i < info->label_count; i++) {
        sx_json label = sx_json_object(list, NULL);
        sx_json_text(label, "name", info->labels[i]);
        sx_json weights = sx_json_array(label, "detectors");
        for (int d = 0; d < info->detector_count; d++)
            sx_json_number(weights, NULL,
                           sx_float_decimal(info->fusion_weights[d * info->label_count + i]));
    }
}

static void put_rule(sx_json root, const sx_bundle_info *info) {
    static const char *const kinds[] = { "operating points", "paper", "all boxes" };
    sx_json at = sx_json_object(root, "rule");
    sx_json_text(at, "kind", kinds[info->rule.kind]);
    sx_json_text(at, "ensemble", "mean of logits");
    sx_json_text(at, "probability", info->rule.fuse ? "mean of ensemble and best box" : "ensemble");
    sx_json_number(at, "threshold", info->rule.threshold);
    sx_json_text(at, "threshold_from", info->threshold_source);
    sx_json_number(at, "keep", info->rule.keep);
    sx_json_text(at, "keep_from", info->keep_source);
    sx_json_number(at, "nms", isnan(info->nms) ? info->nms : sx_float_decimal((float)info->nms));
    sx_json_integer(at, "tiles", info->tiles > 1 ? info->tiles : 1);
    put_fusion(at, info);
    put_points(at, info);
    put_gates(at, info);
    put_familiarity(at, info);
    sx_json warnings = sx_json_array(at, "warnings");
    for (int i = 0; i < info->warning_count; i++)
        sx_json_text(warnings, NULL, info->warnings[i]);
}

bool sx_report_to_json(const sx_report *r, sx_json_doc *out, sx_error *err) {
    sx_json root = sx_json_new_object(out);
    sx_json_text(root, "schema", SX_REPORT_SCHEMA);
    sx_run_to_json(&r->run, root, "run");
    sx_json models = sx_json_array(root, "models");
    for (int i = 0; i < r->info->network_count; i++)
        put_network(models, &r->info->networks[i]);
    sx_json labels = sx_json_array(root, "labels");
    for (int i = 0; i < r->info->label_count; i++)
        sx_json_text(labels, NULL, r->info->labels[i]);
    put_rule(root, r->info);
    put_summary(root, r);
    bool ok = put_studies(root, r, err);
    put_refused(root, r);
    put_failed(root, r);
    ok = ok && sx_json_ok(out, err);
    if (!ok) sx_json_free(out);
    return ok;
}

static void put_result(sx_json list, const sx_prediction *f, const sx_finding *b) {
    sx_json at = sx_json_object(list, NULL);
    sx_json_text(at, "image_id", f->image_id);
    sx_json_integer(at, "category_id", b->label);
    sx_json_text(at, "category_name", b->name);
    sx_json box = sx_json_array(at, "bbox");
    const float sides[4] = { b->x0, b->y0, b->x1 - b->x0, b->y1 - b->y0 };
    for (int i = 0; i < 4; i++)
        sx_json_number(box, NULL, (double)sides[i]);
    sx_json_number(at, "score", (double)b->score);
}

/* What evaluation of the framework needs: its rule of the paper drops boxes, but no operating point
 * cuts the ranking off. */
static bool is_ranked(const sx_bundle_info *info, const sx_prediction *f, const sx_finding *box) {
    sx_rule rule = info->rule;
    if (rule.kind == SX_RULE_POINTS) rule.kind = SX_RULE_PAPER;
    const bool below = f->has_probability && !sx_rule_abnormal(&rule, f->probability);
    return sx_rule_lists(&rule, below, box->label, (double)box->score);
}

bool sx_report_to_coco(const sx_report *r, sx_json_doc *out, sx_error *err) {
    sx_json list = sx_json_new_array(out);
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        for (int k = 0; f && k < f->box_count; k++)
            if (is_ranked(r->info, f, &f->boxes[k])) put_result(list, f, &f->boxes[k]);
    }
    if (sx_json_ok(out, err)) return true;
    sx_json_free(out);
    return false;
}
