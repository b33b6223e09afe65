#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

static json_t *text_or_null(const char *s) {
    json_t *j = s && s[0] ? json_string(s) : NULL;
    return j ? j : json_null();
}

static json_t *path_json(const char *path) { /* names of files need not be UTF-8 */
    json_t *j = json_string(path);
    return j ? j : json_string("(not UTF-8)");
}

static json_t *number_or_null(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

/* To the millisecond: the rest is noise. */
static json_t *seconds_json(double s) {
    return json_real(round(s * 1e3) / 1e3);
}

static json_t *model_json(const sx_report_model *m) {
    return json_pack("{s:s, s:s, s:o, s:[i,i], s:s, s:s, s:o, s:o, s:o, s:o}", "task", m->task,
                     "arch", m->arch, "path", path_json(m->path), "input", m->input_width,
                     m->input_height, "pixels", m->pixels, "precision", m->precision, "threshold",
                     number_or_null(m->threshold), "temperature", number_or_null(m->temperature),
                     "chosen_on", text_or_null(m->chosen_on), "note", text_or_null(m->note));
}

static json_t *finding_json(const sx_finding *f) {
    return json_pack("{s:s, s:i, s:f, s:[f,f,f,f]}", "name", f->name, "label", f->label, "score",
                     (double)f->score, "box", (double)f->x0, (double)f->y0, (double)f->x1,
                     (double)f->y1);
}

static json_t *film_json(const sx_report_film *film) {
    const sx_findings *f = film->findings;
    json_t *items = json_array(), *each = json_array();
    for (int i = 0; i < f->count; i++)
        json_array_append_new(items, finding_json(&f->items[i]));
    for (int i = 0; i < f->classifier_count; i++)
        json_array_append_new(each, json_real(f->classifier_probability[i]));
    json_t *seconds =
        json_pack("{s:o, s:o, s:o, s:o}", "read", seconds_json(f->seconds.read), "classify",
                  seconds_json(f->seconds.classify), "detect", seconds_json(f->seconds.detect),
                  "overlay", seconds_json(film->overlay_seconds));
    return json_pack(
        "{s:o, s:s, s:o, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o}", "path",
        path_json(film->path), "image_id", f->image_id, "series_id", text_or_null(f->series_id),
        "frame", f->frame, "width", f->width, "height", f->height, "reduced", f->reduced,
        "probability", f->has_probability ? json_real(f->probability) : json_null(), "classifiers",
        each, "abnormal", f->has_probability ? json_boolean(f->abnormal) : json_null(), "findings",
        items, "withheld", f->withheld, "overlay", text_or_null(film->overlay), "heat_map",
        text_or_null(film->heat_map), "seconds", seconds);
}

/* Films without a study UID each stand alone. */
static bool same_study(const sx_findings *a, const sx_findings *b) {
    return a->study_id[0] && strcmp(a->study_id, b->study_id) == 0;
}

/* The study of films[first] and all later ones of it; marks them done. */
static json_t *study_json(const sx_report *r, size_t first, unsigned char *done) {
    const sx_findings *head = r->films[first].findings;
    json_t *films = json_array();
    double probability = NAN;
    bool abnormal = false;
    for (size_t i = first; i < r->film_count; i++) {
        const sx_findings *f = r->films[i].findings;
        if (!f || done[i] || (i != first && !same_study(head, f))) continue;
        done[i] = 1;
        if (f->has_probability && !(f->probability <= probability)) probability = f->probability;
        abnormal = abnormal || (f->has_probability && f->abnormal);
        json_array_append_new(films, film_json(&r->films[i]));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "study_id", text_or_null(head->study_id),
                     "probability", number_or_null(probability), "abnormal",
                     isnan(probability) ? json_null() : json_boolean(abnormal), "films", films);
}

static json_t *studies_json(const sx_report *r) {
    json_t *studies = json_array();
    unsigned char *done = calloc(r->film_count + 1, 1);
    if (!done) {
        json_decref(studies);
        return NULL;
    }
    for (size_t i = 0; i < r->film_count; i++)
        if (r->films[i].findings && !done[i])
            json_array_append_new(studies, study_json(r, i, done));
    free(done);
    return studies;
}

static json_t *failed_json(const sx_report *r) {
    json_t *failed = json_array();
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_report_film *f = &r->films[i];
        if (!f->findings)
            json_array_append_new(failed, json_pack("{s:o, s:s, s:o}", "path", path_json(f->path),
                                                    "error", sx_error_name(f->error.code),
                                                    "message", path_json(f->error.message)));
    }
    return failed;
}

static json_t *summary_json(const sx_report *r) {
    int abnormal = 0;
    json_int_t findings = 0;
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_findings *f = r->films[i].findings;
        if (!f) continue;
        abnormal += f->has_probability && f->abnormal;
        findings += f->count;
    }
    size_t failed = sx_report_failed(r);
    return json_pack("{s:I, s:I, s:i, s:I, s:b}", "films", (json_int_t)(r->film_count - failed),
                     "failed", (json_int_t)failed, "abnormal", abnormal, "findings", findings,
                     "stopped", r->stopped);
}

static json_t *rule_json(const sx_report *r) {
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:o}", "ensemble", "mean of logits", "threshold",
                     number_or_null(r->threshold), "threshold_from", r->threshold_source, "keep",
                     number_or_null(r->keep), "keep_from", r->keep_source, "nms",
                     number_or_null(r->nms));
}

json_t *sx_report_to_json(const sx_report *r) {
    json_t *models = json_array(), *labels = json_array();
    for (int i = 0; i < r->model_count; i++)
        json_array_append_new(models, model_json(&r->models[i]));
    for (int i = 0; i < r->label_count; i++)
        json_array_append_new(labels, json_string(r->labels[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", SX_REPORT_SCHEMA, "run",
                     sx_run_to_json(&r->run), "models", models, "labels", labels, "rule",
                     rule_json(r), "summary", summary_json(r), "studies", studies_json(r), "failed",
                     failed_json(r));
}

json_t *sx_report_to_coco(const sx_report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_findings *f = r->films[i].findings;
        for (int k = 0; f && k < f->count; k++) {
            const sx_finding *b = &f->items[k];
            json_array_append_new(
                list, json_pack("{s:s, s:i, s:s, s:[f,f,f,f], s:f}", "image_id", f->image_id,
                                "category_id", b->label, "category_name", b->name, "bbox",
                                (double)b->x0, (double)b->y0, (double)(b->x1 - b->x0),
                                (double)(b->y1 - b->y0), "score", (double)b->score));
        }
    }
    return list;
}
