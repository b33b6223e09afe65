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

/* Films (or studies, patients) with a label, and from every model a score or the reason why there
 * is no verdict. A case has no verdict if its film has none. A study (or patient) is called
 * abnormal if its films with a verdict reach the threshold together; otherwise it has no verdict if
 * a film of it has none. */
typedef struct sx_eval_cases {
    size_t count, model_count, positives;
    double prevalence;           /* positives / count */
    size_t unlabelled, unscored; /* films that were left out: no label; a label but no score */
    unsigned char *labels;
    /* [model_count] arrays of count: the score of the films with a verdict, NaN: all have none */
    double **scores;
    /* [model_count] arrays of count: the score of all films, verdict or not; NaN: a film has none
     */
    double **all_scores;
    unsigned char **open; /* [model_count] arrays of count: a film of the case has no verdict */
    uint32_t *films;      /* [count] film of each case; the first of its group when pooled */
    uint32_t *groups;     /* [count] what a bootstrap draws */
    size_t group_count;
    sx_unit unit;
} sx_eval_cases;

typedef struct sx_case_options {
    sx_unit level; /* films are pooled into these units */
    sx_pooling pooling;
    bool every_score; /* a film with a score has a verdict, even if it is unfamiliar */
} sx_case_options;
/* Errors: SX_ERR_MISSING, a film lacks a label or a score (unless in->skip_missing), a file has no
 * scores, or the truth does not name the units; SX_ERR_USAGE, the bootstrap's units are smaller
 * than a case; SX_ERR_VALUE, there is no case. Free *c with sx_eval_cases_free; a failed call
 * leaves it empty. */
bool sx_eval_cases_make(const sx_eval_input *in, const sx_case_options *o, const sx_eval_draw *draw,
                        sx_eval_cases *c, sx_error *err) SX_MUST_USE;
void sx_eval_cases_free(sx_eval_cases *c);
/* The cases as the metrics take them; their arrays belong to `c`. */
sx_cases sx_eval_cases_view(const sx_eval_cases *c);

/* Which cases a measure uses. */
typedef enum sx_case_choice {
    SX_CASES_WHOLE,  /* every film of the case has a verdict: a threshold can be chosen on these */
    SX_CASES_CALLED, /* every model calls the case abnormal or normal */
    SX_CASES_SCORED, /* all_scores of every model */
    /* All: intention to diagnose. A model without a verdict is wrong: its score of an abnormal case
     * is below the threshold, its score of a normal case above it. */
    SX_CASES_INTENDED
} sx_case_choice;
/* Chooses from cases of the models [first, first + model_count), at their thresholds (not read for
 * WHOLE and SCORED). *out may have no case; free it with sx_eval_cases_free, also after an error
 * (SX_ERR_MEMORY). */
bool sx_eval_cases_choose(const sx_eval_cases *c, sx_case_choice choice, size_t first,
                          size_t model_count, const double *thresholds, sx_eval_cases *out,
                          sx_error *err) SX_MUST_USE;
/* Whether the model calls case i abnormal or normal at this threshold. */
bool sx_eval_case_called(const sx_eval_cases *c, size_t model, double threshold, size_t i);

#endif
