/* The cases of an evaluation of classifiers, and the units of its bootstrap. */
#ifndef SX_EVALUATION_EVAL_CASES_H
#define SX_EVALUATION_EVAL_CASES_H

#include "evaluation/eval_input.h"

/* The units of the bootstrap. The groups' arrays belong to the truth. */
typedef struct sx_eval_draw {
    sx_unit unit;
    sx_groups groups;
} sx_eval_draw;
/* in->draw if given, else patients if the truth names them, else studies, else films. Error:
 * SX_ERR_MISSING, the truth does not have the units of in->draw. */
bool sx_eval_draw_make(const sx_eval_input *in, sx_eval_draw *draw, sx_error *err) SX_MUST_USE;

/* Boxes are evaluated on films that were predicted. SX_ERR_MISSING: `p` does not name a film of the
 * truth. If it cannot name films without boxes (!names_all), this is no error with a list of films
 * or skip_missing: then the film has no boxes. */
bool sx_eval_check_predicted(const sx_eval_input *in, const sx_predictions *p,
                             sx_error *err) SX_MUST_USE;

/* Films (or studies, patients) with a label and a score from every model. */
typedef struct sx_eval_cases {
    size_t count, model_count, positives;
    double prevalence;           /* positives / count */
    size_t unlabelled, unscored; /* films that were left out: no label; a label but no score */
    unsigned char *labels;
    double **scores;  /* [model_count] arrays of count */
    uint32_t *films;  /* [count] film of each case; the first of its group when pooled */
    uint32_t *groups; /* [count] what a bootstrap draws */
    size_t group_count;
    sx_unit unit;
} sx_eval_cases;
/* Pools the films into units of `level`. Errors: SX_ERR_MISSING, a film lacks a label or a score
 * (unless in->skip_missing), a file has no scores, or the truth does not name the units;
 * SX_ERR_USAGE, the bootstrap's units are smaller than a case; SX_ERR_VALUE, there is no case. Free
 * *c with sx_eval_cases_free; a failed call leaves it empty. */
bool sx_eval_cases_make(const sx_eval_input *in, sx_unit level, sx_pooling pooling,
                        const sx_eval_draw *draw, sx_eval_cases *c, sx_error *err) SX_MUST_USE;
void sx_eval_cases_free(sx_eval_cases *c);
/* The cases as the metrics take them; their arrays belong to `c`. */
sx_cases sx_eval_cases_view(const sx_eval_cases *c);

#endif
