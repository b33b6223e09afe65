/* Predictions of any program, matched by name with a truth: report.json of `spinexr predict`, a
 * findings CSV, COCO results, or a CSV of scores. docs/eval.md describes the handling of bad
 * input. */
#ifndef SX_EVALUATION_PREDICTIONS_H
#define SX_EVALUATION_PREDICTIONS_H

#include "base/str.h"
#include "evaluation/truth.h"

typedef struct sx_prediction_options {
    const char *score_column; /* of a scores CSV; NULL: probability, score, abnormal, p, prob */
    bool ignore_unknown; /* drop films and classes that are not in the truth, instead of an error */
    bool any_score;      /* any finite score, not only 0..1 */
    bool scores_only;    /* boxes are not read, nor the names of their classes */
    bool all_boxes;      /* a report's rule drops none: the detector alone is evaluated */
    /* Receives the names of classes that are not in the truth, whose boxes are then dropped; NULL:
     * ignore_unknown decides. */
    sx_names *new_classes;
} sx_prediction_options;

/* Whether predictions call a film abnormal or normal, and if not, why. */
typedef enum sx_film_outcome {
    SX_FILM_CALLED,     /* if it has a score */
    SX_FILM_UNFAMILIAR, /* it has a score, but no verdict */
    SX_FILM_REFUSED,    /* its header says that it shows something else; no score, no boxes */
    SX_FILM_FAILED,     /* it could not be read or predicted; likewise */
    SX_FILM_OUTCOMES
} sx_film_outcome;

typedef struct sx_predictions {
    char *name, *path;
    char hash[65];
    char *note; /* the notes of a report's weights, each once, separated by "; "; NULL: none */
    bool has_scores, has_boxes;
    double *scores;          /* [films of the truth] P(abnormal), NaN: none */
    unsigned char *outcomes; /* [films of the truth] sx_film_outcome */
    /* [films][class_count], the classes of the truth: P of a finding by the classifiers of a
     * report, NaN: none; NULL: no film has any. */
    double *class_scores;
    size_t class_count;
    size_t outcome_counts[SX_FILM_OUTCOMES];
    /* [films of the truth] 0: not named in the file; else its position there, from 1 */
    uint32_t *places;
    uint32_t named; /* films that are */
    /* [all_box_count]: first the boxes that are evaluated, then those of a report that its rule of
     * the paper drops: of films below the threshold, boxes that score less than `keep`. On each
     * film both are in the order of the file. */
    sx_found_box *boxes;
    size_t box_count, all_box_count;
    bool has_all_boxes; /* a report that also holds the boxes which its rule drops */
    /* The findings of a report that was made with operating points; NULL: there are none, and every
     * box is a finding. */
    sx_found_box *findings;
    size_t finding_count;
    size_t unknown_films, unknown_classes; /* rows dropped (with ignore_unknown) */
    size_t unseen;                         /* films of the truth that the file does not name */
    size_t left_out;                       /* rows of films that are not evaluated */
    /* The file names films without boxes too (report.json, "No finding" rows), so a film that it
     * does not name was not predicted. Otherwise this is unknown. */
    bool names_all;
    size_t failed; /* films that report.json lists as failed, also those of no truth */
    /* P(abnormal) from which the report calls a film abnormal, NaN: none; and its origin in the
     * report, "" if not stated. */
    double threshold;
    char threshold_from[160];
    /* The minimum score of boxes on other films, likewise. */
    double keep;
    char keep_from[160];
    size_t withheld;      /* boxes that a report without its dropped boxes says were dropped */
    size_t duplicates;    /* boxes that are exact copies; they count */
    bool ids_by_position; /* category_id was taken as the position in the truth's classes */
} sx_predictions;

/* Adds the classes of a report.json, also those without a box. A file that names none, or is no
 * report, adds none. The error is SX_ERR_MEMORY. */
bool sx_predictions_labels(const char *path, sx_names *out, sx_error *err) SX_MUST_USE;

/* `name` is printed in tables; NULL: the file's name. Errors name the file and the row: SX_ERR_IO,
 * SX_ERR_FORMAT, SX_ERR_MISSING (a column), SX_ERR_MISMATCH (not in the truth), SX_ERR_VALUE (a
 * score or box), SX_ERR_UNSUPPORTED. Free *p with sx_predictions_free; a failed call leaves it
 * empty. */
bool sx_predictions_load(sx_predictions *p, const char *path, const char *name, const sx_truth *t,
                         const sx_prediction_options *o, sx_error *err) SX_MUST_USE;
void sx_predictions_free(sx_predictions *p);

/* Films without a verdict. */
size_t sx_predictions_without_verdict(const sx_predictions *p);
/* "unfamiliar", "refused", "failed"; NULL for SX_FILM_CALLED. */
const char *sx_film_outcome_name(sx_film_outcome outcome);

/* The boxes that a reader of the report is shown: its findings, or else the boxes that are
 * evaluated. */
const sx_found_box *sx_predictions_shown(const sx_predictions *p, size_t *count);

#endif
