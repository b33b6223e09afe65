/* What a program predicted, read against a truth: report.json of `spinexr predict`, a findings CSV,
 * COCO results, or a CSV of scores. docs/eval.md says what becomes of everything that does not
 * fit. */
#ifndef SX_EVALUATION_PREDICTIONS_H
#define SX_EVALUATION_PREDICTIONS_H

#include "evaluation/truth.h"

typedef struct sx_prediction_options {
    const char *score_column; /* of a scores CSV; NULL: probability, score, abnormal, p, prob */
    bool ignore_unknown; /* drop films and classes that the truth does not know; else an error */
    bool any_score;      /* scores need not lie in 0..1 (they must be finite all the same) */
    bool scores_only;    /* boxes, and so the names of their classes, are not read */
} sx_prediction_options;

typedef struct sx_predictions {
    char *name, *path;
    char hash[65];
    bool has_scores, has_boxes;
    double *scores; /* [films of the truth] P(abnormal), NaN: none */
    uint32_t
        *places; /* [films of the truth] 0: not named in the file; else its place there, from 1 */
    uint32_t named; /* films that are */
    sx_found_box *boxes;
    size_t box_count;
    size_t unknown_films, unknown_classes; /* rows dropped (with ignore_unknown) */
    size_t unseen;                         /* films of the truth that the file does not name */
    size_t failed;                         /* films that report.json lists as failed */
    size_t withheld;      /* boxes that the report's decision rule had already dropped */
    size_t duplicates;    /* boxes that are exact copies; they count */
    bool ids_by_position; /* category_id was taken as the position in the truth's classes */
} sx_predictions;

/* `name` is what tables call it; NULL: the file's name. Errors name file and row. */
bool sx_predictions_load(sx_predictions *p, const char *path, const char *name, const sx_truth *t,
                         const sx_prediction_options *o, sx_error *err) SX_MUST_USE;
void sx_predictions_free(sx_predictions *p);

#endif
