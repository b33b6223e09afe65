/* The report of a prediction run: report.json (docs/report.md), findings.csv (the columns of the
 * VinDr-SpineXR annotations and the score), scores.csv and coco_results.json. */
#ifndef SX_REPORT_REPORT_H
#define SX_REPORT_REPORT_H

#include "base/run_record.h"
#include "base/str.h"
#include "spinexr/spinexr.h"

#define SX_REPORT_SCHEMA "spinexr-report/1"

/* One film of the run: findings, or why there are none. */
typedef struct sx_report_film {
    char *path;            /* as given or found */
    sx_findings *findings; /* NULL: failed */
    sx_error error;        /* of a failed film */
    char *overlay;         /* relative to the report; NULL: none was drawn */
    double overlay_seconds;
    char *heat_map; /* likewise; NULL: none was asked for */
} sx_report_film;

/* A network of the bundle, for the record. Strings are borrowed. */
typedef struct sx_report_model {
    const char *task, *arch, *path, *pixels, *precision, *chosen_on, *note;
    double threshold;   /* NaN: none stored */
    double temperature; /* of a classifier; NaN: a detector */
    int input_width, input_height;
} sx_report_model;

typedef struct sx_report {
    sx_run run;
    bool stopped; /* on request, before all films were done */
    double threshold, keep, nms;
    const char *threshold_source, *keep_source;
    const char *const *labels; /* [label_count] */
    int label_count;
    sx_report_model *models; /* owned */
    int model_count;
    sx_report_film *films; /* owned; in the order of the run */
    size_t film_count, film_cap;
} sx_report;

/* Takes `findings` (NULL: failed, *error says why); copies path and overlay. */
bool sx_report_add(sx_report *r, const char *path, sx_findings *findings, const sx_error *error,
                   const char *overlay, double overlay_seconds, sx_error *err) SX_MUST_USE;
/* Names the heat maps' picture of the film that was added last. */
bool sx_report_set_heat_map(sx_report *r, const char *name, sx_error *err) SX_MUST_USE;
void sx_report_free(sx_report *r); /* {0} is allowed */

/* The first note among the networks', "" if none has one. */
const char *sx_report_note(const sx_report *r);
size_t sx_report_failed(const sx_report *r); /* films that failed */

/* Makes the document of report.json in *out, which is cleared after an error (SX_ERR_MEMORY).
 * Release with sx_json_free. Names of films and paths that are not UTF-8 are escaped
 * (docs/report.md). */
bool sx_report_to_json(const sx_report *r, sx_json_doc *out, sx_error *err) SX_MUST_USE;
/* The rows of findings.csv. */
void sx_report_to_csv(const sx_report *r, sx_str *out);
/* The rows of scores.csv: a film that classifiers have looked at. */
void sx_report_to_scores(const sx_report *r, sx_str *out);
/* Likewise COCO's result list; image_id is the film's name, category_id the label's index from 0,
 * category_name its name (one key more than COCO's, as ids mean nothing without the list of
 * classes). */
bool sx_report_to_coco(const sx_report *r, sx_json_doc *out, sx_error *err) SX_MUST_USE;

/* Writes the four files into `dir`, each whole or not at all. */
bool sx_report_write(const sx_report *r, const char *dir, sx_error *err) SX_MUST_USE;

#endif
