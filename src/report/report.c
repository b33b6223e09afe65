#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/line.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/vindr_classes.h"
#include "base/writer.h"

static void free_film(sx_report_film *f) {
    free(f->path);
    free(f->overlay);
    free(f->heat_map);
    sx_prediction_free(f->prediction);
}

static bool grow_films(sx_report *r) {
    if (r->film_count < r->film_cap) return true;
    const size_t cap = r->film_cap ? 2 * r->film_cap : 16;
    sx_report_film *films = sx_realloc(r->films, cap, sizeof *films);
    if (!films) return false;
    r->films = films;
    r->film_cap = cap;
    return true;
}

bool sx_report_add(sx_report *r, const char *path, sx_prediction *prediction, const sx_error *error,
                   const sx_report_pictures *pictures, sx_error *err) {
    static const sx_report_pictures none = { 0 };
    const sx_report_pictures *p = pictures ? pictures : &none;
    sx_report_film f = { .path = sx_strdup(path),
                         .prediction = prediction,
                         .overlay = p->overlay ? sx_strdup(p->overlay) : NULL,
                         .heat_map = p->heat_map ? sx_strdup(p->heat_map) : NULL,
                         .overlay_seconds = p->seconds };
    if (!prediction && error) f.error = *error;
    if (!f.path || (p->overlay && !f.overlay) || (p->heat_map && !f.heat_map) || !grow_films(r)) {
        free_film(&f);
        return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    }
    r->films[r->film_count++] = f;
    return true;
}

void sx_report_free(sx_report *r) {
    for (size_t i = 0; i < r->film_count; i++)
        free_film(&r->films[i]);
    free(r->films);
    sx_bundle_info_release(r->info);
    *r = (sx_report){ 0 };
}

size_t sx_report_done(const sx_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->film_count; i++)
        n += r->films[i].prediction != NULL;
    return n;
}

size_t sx_report_refused(const sx_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->film_count; i++)
        n += !r->films[i].prediction && r->films[i].error.code == SX_ERR_REFUSED;
    return n;
}

size_t sx_report_unfamiliar(const sx_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->film_count; i++)
        n += r->films[i].prediction && r->films[i].prediction->unfamiliar;
    return n;
}

size_t sx_report_failed(const sx_report *r) {
    return r->film_count - sx_report_done(r) - sx_report_refused(r);
}

size_t sx_report_abnormal(const sx_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->film_count; i++)
        n += r->films[i].prediction && r->films[i].prediction->abnormal;
    return n;
}

static bool add_finding(sx_str *out, const sx_prediction *p, int i, size_t columns) {
    static const char more[] = ", ...";
    char text[160];
    const bool last = i + 1 == p->finding_count;
    snprintf(text, sizeof text, "%s %.120s %.2f", i ? "," : ":", p->findings[i].name,
             (double)p->findings[i].score);
    if (sx_line_columns(sx_str_text(out)) + sx_line_columns(text) + (last ? 0 : strlen(more)) >
        columns)
        return false;
    sx_str_add(out, text);
    return true;
}

bool sx_report_film_text(const sx_report_film *film, size_t columns, sx_str *out) {
    const sx_prediction *p = film->prediction;
    const bool normal = sx_verdict_of(p) == SX_VERDICT_NORMAL;
    if (p->has_probability)
        sx_str_printf(out, "P(abnormal) %.3f, %s", p->probability, sx_verdict_text(p));
    const char *join = !p->has_probability ? "" : normal && p->finding_count ? " but " : "  ";
    if (sx_bundle_info_has_detector(p->info))
        sx_str_printf(out, "%s%d %s", join, p->finding_count,
                      sx_noun((size_t)p->finding_count, "finding", "findings"));
    int listed = 0;
    while (listed < p->finding_count && listed < 3 && add_finding(out, p, listed, columns))
        listed++;
    if (listed && listed < p->finding_count) sx_str_add(out, ", ...");
    return sx_line_columns(sx_str_text(out)) <= columns && (listed || !p->finding_count);
}

/* `none` is the lesion type of a film without boxes. */
static void csv_row(sx_str *out, const sx_prediction *f, const sx_finding *box, const char *none) {
    const char *const fields[] = { f->study_id, f->series_id, f->image_id, "spinexr",
                                   box ? box->name : none };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        sx_csv_put(out, fields[i]);
        sx_str_add(out, ",");
    }
    if (box)
        sx_str_printf(out, "%.9g,%.9g,%.9g,%.9g,%.9g\n", (double)box->x0, (double)box->y0,
                      (double)box->x1, (double)box->y1, (double)box->score);
    else
        sx_str_add(out, ",,,,\n");
}

void sx_report_to_csv(const sx_report *r, sx_str *out) {
    /* Without a detector no box was looked for. */
    const char *none = sx_bundle_info_has_detector(r->info) ? SX_NO_FINDING : "";
    sx_str_add(out, "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,score\n");
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        if (!f) continue;
        for (int k = 0; k < f->finding_count; k++)
            csv_row(out, f, &f->findings[k], none);
        if (f->finding_count == 0 && !f->unfamiliar) csv_row(out, f, NULL, none);
    }
}

void sx_report_to_scores(const sx_report *r, sx_str *out) {
    sx_str_add(out, "image_id,study_id,probability,abnormal\n");
    for (size_t i = 0; i < r->film_count; i++) {
        const sx_prediction *f = r->films[i].prediction;
        if (!f || !f->has_probability) continue;
        sx_csv_put(out, f->image_id);
        sx_str_add(out, ",");
        sx_csv_put(out, f->study_id);
        sx_str_printf(out, ",%.9g,", f->probability);
        if (sx_verdict_of(f) != SX_VERDICT_NONE) sx_str_printf(out, "%d", f->abnormal);
        sx_str_add(out, "\n");
    }
}

static bool write_text(const char *dir, const char *name, const sx_str *text, sx_error *err) {
    if (!sx_str_ok(text, err)) return false;
    char *path = sx_path_join(dir, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
    bool ok = sx_write_file(path, text->data, text->len, err);
    free(path);
    return ok;
}

static bool write_json(const char *dir, const char *name, const sx_json_doc *doc, sx_error *err) {
    sx_str text = { 0 };
    bool ok = sx_json_print(doc, SX_JSON_LINES, &text, err) && write_text(dir, name, &text, err);
    sx_str_free(&text);
    return ok;
}

bool sx_report_write(const sx_report *r, const char *dir, sx_error *err) {
    sx_str csv = { 0 }, scores = { 0 }, html = { 0 };
    sx_json_doc coco = { 0 }, report = { 0 };
    sx_report_to_csv(r, &csv);
    sx_report_to_scores(r, &scores);
    bool ok = sx_report_to_coco(r, &coco, err) && sx_report_to_json(r, &report, err) &&
              sx_report_to_html(r, &html, err) && write_text(dir, "findings.csv", &csv, err) &&
              write_text(dir, "scores.csv", &scores, err) &&
              write_json(dir, "coco_results.json", &coco, err) &&
              write_text(dir, "report.html", &html, err) &&
              write_json(dir, "report.json", &report, err);
    sx_json_free(&report);
    sx_json_free(&coco);
    sx_str_free(&html);
    sx_str_free(&scores);
    sx_str_free(&csv);
    return ok;
}
