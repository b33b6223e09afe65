/* `eval shortcut`: what attributes that say nothing about the disease predict on their own. */
#ifndef SX_EVALUATION_SHORTCUT_REPORT_H
#define SX_EVALUATION_SHORTCUT_REPORT_H

#include "evaluation/eval_cases.h"
#include "evaluation/film_attributes.h"

enum { SX_SHORTCUTS_MAX = 16, SX_SHORTCUT_FOLDS = 5 };

typedef struct sx_shortcut {
    char name[60];
    size_t level_count, unknown; /* a film without a value has a level of its own */
    /* The second of two levels, in the order of numbers or texts; a missing value comes first. Then
     * auroc is that of films of this level against the others, and below 0.5 if it is more frequent
     * among normal films. "": other than two levels; auroc is cross-validated. */
    char level[60];
    double auroc;         /* NaN: not measured */
    sx_interval interval; /* normal, with the variance of sx_auroc_of_clusters */
    /* Two-sided, that the AUROC is 0.5: of (auroc - 0.5) / se. Where no se can be
     * estimated, as when all pairs agree, it has Mann and Whitney's variance without a relation,
     * (a + b + 1) / (12 a b) of a units with abnormal and b with normal films. NaN: not measured */
    double p;
    double p_holm; /* adjusted for the tests of all attributes */
    /* p_holm is below 1 - level, and the AUROC above 0.5, or of two levels on either side of it */
    bool predicts;
    size_t no_age; /* films whose value is no age among ages; they count as `unknown` */
    char no_age_text[40];
    const char *why; /* not measured because; NULL: measured */
} sx_shortcut;

typedef struct sx_shortcut_result {
    sx_shortcut items[SX_SHORTCUTS_MAX + 1]; /* the last: all together */
    size_t count;                            /* with the last */
    size_t tests;                            /* attributes that have a p */
    size_t films, abnormal, unlabelled;
    sx_eval_draw draw; /* its groups are kept in one fold, and are the clusters of the variance */
} sx_shortcut_result;

/* Every attribute that a source has. Errors: those of reading; SX_ERR_MISSING (no source has any);
 * SX_ERR_VALUE (the films are of one class). */
bool sx_shortcut_compute(const sx_eval_input *in, const sx_attribute_sources *from,
                         sx_shortcut_result *out, sx_error *err) SX_MUST_USE;
void sx_shortcut_write(const sx_eval_input *in, const sx_shortcut_result *r, sx_eval_output *out);

#endif
