/* The report of a prediction run: report.json (docs/report.md), report.html,
 * findings.csv (the columns of the VinDr-SpineXR annotations and the score), scores.csv and
 * coco_results.json. */
#ifndef SX_REPORT_REPORT_H
#define SX_REPORT_REPORT_H

#include "base/run_record.h"
#include "base/str.h"
#include "pipeline/prediction.h"

#define SX_REPORT_SCHEMA "spinexr-report/1"

/* One film of the run: a prediction, or why there is none. */
typedef struct sx_report_film {
    char *path;                /* as given or found */
    sx_prediction *prediction; /* NULL: failed or refused */
    sx_error error;            /* of such a film; SX_ERR_REFUSED: refused */
    char *overlay;             /* relative to the report; NULL: not drawn */
    char *heat_map;            /* likewise */
    double overlay_seconds;    /* for all its pictures */
} sx_report_film;

typedef struct sx_report {
    sx_run run;
    bool stopped;          /* stopped on request before all films were done */
    sx_bundle_info *info;  /* held: the networks and the rule */
    sx_report_film *films; /* owned; in the order of the run */
    size_t film_count, film_cap;
} sx_report;

/* The pictures of a film, by their paths relative to the report. */
typedef struct sx_report_pictures {
    const char *overlay, *heat_map; /* NULL: none */
    double seconds;
} sx_report_pictures;

/* Takes ownership of `prediction`, on failure too (NULL: the film failed, with *error); copies path
 * and pictures (NULL: none). */
bool sx_report_add(sx_report *r, const char *path, sx_prediction *prediction, const sx_error *error,
                   const sx_report_pictures *pictures, sx_error *err) SX_MUST_USE;
void sx_report_free(sx_report *r); /* {0} is allowed */

size_t sx_report_failed(const sx_report *r);   /* films that failed */
size_t sx_report_refused(const sx_report *r);  /* films that were refused (SX_ERR_REFUSED) */
size_t sx_report_done(const sx_report *r);     /* films that were predicted */
size_t sx_report_abnormal(const sx_report *r); /* films that are called abnormal */

size_t sx_report_unfamiliar(const sx_report *r); /* predicted films that are unfamiliar */

/* Makes the document of report.json in *out, which is cleared after an error (SX_ERR_MEMORY).
 * Release with sx_json_free. Names of films and paths that are not UTF-8 are escaped
 * (docs/report.md). */
bool sx_report_to_json(const sx_report *r, sx_json_doc *out, sx_error *err) SX_MUST_USE;
/* One line, without a newline, about a predicted film: P(abnormal), the verdict, and as many of the
 * three best findings as have room in `columns` columns. False if the text is longer than that, or
 * if there are findings and none of them has room. */
bool sx_report_film_text(const sx_report_film *film, size_t columns, sx_str *out);
/* The rows of findings.csv. */
void sx_report_to_csv(const sx_report *r, sx_str *out);
/* The rows of scores.csv: the films that classifiers have predicted. */
void sx_report_to_scores(const sx_report *r, sx_str *out);
/* Appends COCO's result list of the boxes that the paper's rule keeps (with SX_RULE_ALL every box),
 * whatever the operating points, because average precision needs the whole ranking; image_id is the
 * film's name, category_id the label's index from 0, category_name its name (not part of COCO, but
 * ids are meaningless without the list of classes). */
bool sx_report_to_coco(const sx_report *r, sx_json_doc *out, sx_error *err) SX_MUST_USE;

/* Appends report.html: the films by study, with their findings and their pictures by paths relative
 * to the report; no absolute path. */
bool sx_report_to_html(const sx_report *r, sx_str *out, sx_error *err) SX_MUST_USE;

/* Writes the five files into `dir`, each completely or not at all. */
bool sx_report_write(const sx_report *r, const char *dir, sx_error *err) SX_MUST_USE;

#endif
