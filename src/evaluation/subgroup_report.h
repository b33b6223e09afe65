/* The numbers of `--subgroup`: measures of each level of an attribute, and whether they differ. */
#ifndef SX_EVALUATION_SUBGROUP_REPORT_H
#define SX_EVALUATION_SUBGROUP_REPORT_H

#include "evaluation/classify_report.h"
#include "evaluation/detect_report.h"
#include "evaluation/subgroups.h"
#include "metrics/heterogeneity.h"

enum { SX_SUBGROUP_MEASURES = 3 };

typedef struct sx_subgroup_row {
    const char *level;
    size_t n, positives; /* films or cases, abnormal ones; for detection: films, lesions */
    size_t no_verdict;   /* cases of the level without a verdict, which n leaves out */
    size_t counts[SX_SUBGROUP_MEASURES]; /* what each measure rests on, in the table's `counted` */
    double values[SX_SUBGROUP_MEASURES];
    sx_interval intervals[SX_SUBGROUP_MEASURES];
    /* Resamples that lack a class: of detection their mAP is that of the others, of classification
     * they are left out of the interval of AUROC. */
    size_t lacking;
} sx_subgroup_row;

typedef struct sx_subgroup_table {
    const sx_subgroup *subgroup;
    char model[128];
    size_t measure_count;
    char measures[SX_SUBGROUP_MEASURES][48];
    char how[SX_SUBGROUP_MEASURES][24];     /* of the interval: "bootstrap", "DeLong", "Wilson" */
    char counted[SX_SUBGROUP_MEASURES][32]; /* "films", "abnormal films", "lesions" */
    /* Of all evaluated cases, films or lesions, those without a level too: the same in every
     * table of a model. */
    double overall[SX_SUBGROUP_MEASURES];
    sx_subgroup_row rows[SX_LEVELS_MAX];
    char level_texts[SX_LEVELS_MAX][64]; /* of levels that are made here (lesion_size) */
    size_t row_count;
    sx_subgroup_row all; /* of all films with a level */
    sx_heterogeneity q[SX_SUBGROUP_MEASURES];
    size_t unknown;      /* cases or films without a level, left out here */
    size_t shared;       /* units of the bootstrap with films, or lesions, in several levels */
    sx_unit shared_unit; /* of the bootstrap */
    bool detection;
    const char *unit; /* of n: "films" */
    bool lesions;     /* n is lesions, there are no positives */
} sx_subgroup_table;

typedef struct sx_subgroup_result {
    sx_subgroup_table *tables; /* [count] subgroups of the first model, then of the next */
    size_t count;
} sx_subgroup_result;

/* Measures: AUROC (bootstrap; without resamples DeLong), sensitivity and specificity at the
 * model's threshold (Wilson), of the cases with a verdict. A study has the level of its first film.
 * Texts in the result belong to the inputs. *out is empty after an error; free it with
 * sx_subgroup_result_free. Errors: SX_ERR_MEMORY, SX_ERR_CANCELLED. */
bool sx_subgroups_classify(const sx_eval_input *in, const sx_classify_result *r,
                           sx_subgroup_result *out, sx_error *err) SX_MUST_USE;
/* Measures: mAP at iou_one, the mean FROC sensitivity (both bootstrap), sensitivity at the
 * operating points (Wilson). Of lesion_size, thirds by the side of a square of the lesion's area,
 * the sensitivity. */
bool sx_subgroups_detect(const sx_eval_input *in, const sx_detect_report_options *o,
                         const sx_detect_result *r, sx_subgroup_result *out,
                         sx_error *err) SX_MUST_USE;
void sx_subgroup_result_free(sx_subgroup_result *r);

/* Sections with a table and, for the page, a forest plot of each; "subgroups" in the JSON. */
void sx_subgroups_write(const sx_eval_input *in, const sx_subgroup_result *r, sx_eval_output *out);

#endif
