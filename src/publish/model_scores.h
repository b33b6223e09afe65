/* The scores of a model that is published: its predictions of a data set, evaluated. */
#ifndef SX_PUBLISH_MODEL_SCORES_H
#define SX_PUBLISH_MODEL_SCORES_H

#include "base/context_impl.h"
#include "base/str.h"

/* A number with its interval; NaN: there is none. */
typedef struct sx_score {
    double value, low, high;
} sx_score;

typedef struct sx_model_scores {
    sx_str markdown; /* the tables of eval classify, eval detect and eval pipeline */
    sx_str csv;      /* the same, with all digits */
    sx_score auroc, ap50;
    size_t films, abnormal, boxes;
    char truth_hash[65];    /* SHA-256 of the annotations */
    size_t without_verdict; /* refused or unfamiliar films */
} sx_model_scores;

typedef struct sx_model_scoring {
    const sx_context *context;
    const char *data;             /* the data set: a folder or a file of annotations */
    const char *list;             /* only these films of it; NULL: all */
    const char *report;           /* report.json of the predictions */
    const char *name;             /* of the model, in tables */
    const char *meta;             /* CSV of the films' attributes; NULL: none */
    const char *const *subgroups; /* [subgroup_count] */
    size_t subgroup_count;
    size_t resamples; /* of the bootstrap; 0: no intervals */
} sx_model_scoring;

/* Evaluates films if the report has classifiers, and boxes if it has a detector and the data set
 * boxes. No film is named in the tables. The detector's classes that the data set lacks are added.
 * Errors: those of sx_truth_load, sx_predictions_load and sx_eval_classify; SX_ERR_MISSING (a film
 * of the data set was not predicted), SX_ERR_MISMATCH (the data set has no class of the
 * detector). Free *s with sx_model_scores_free, also after an error. */
bool sx_model_scores_make(const sx_model_scoring *o, sx_model_scores *s, sx_error *err) SX_MUST_USE;
void sx_model_scores_free(sx_model_scores *s);

#endif
