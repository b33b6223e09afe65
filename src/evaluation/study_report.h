/* The numbers of `eval report` by film and study, and its headlines. */
#ifndef SX_EVALUATION_STUDY_REPORT_H
#define SX_EVALUATION_STUDY_REPORT_H

#include "evaluation/classify_report.h"
#include "evaluation/detect_report.h"
#include "evaluation/pipeline_report.h"
#include "spinexr/result.h"

/* Lesions found and missed on a film, or in a study. */
typedef struct sx_tally {
    size_t film_count, lesions, found, false_positives;
    double probability; /* the highest of its films; NaN: none */
    bool abnormal;      /* in truth */
    size_t no_verdict;  /* films that are called neither */
    /* A study is abnormal if one of its films is; otherwise NONE if one of them is NONE: it has no
     * verdict or no score. */
    sx_verdict verdict;
    uint32_t first; /* its first film */
} sx_tally;

/* Boxes with scores below options->least are not counted. */
typedef struct sx_study_result {
    sx_tally *films;    /* [films of the truth] */
    uint32_t *study_of; /* [films of the truth] index into `studies` */
    /* [films of the truth] the order in which films are shown: those of a study together, first the
     * studies that are abnormal or have false positives, or those that are most wrong */
    uint32_t *order;
    sx_tally *studies; /* [study_count], in the order of their first films */
    size_t study_count;
} sx_study_result;

/* NULL on failure; free with sx_study_result_free. */
sx_study_result *sx_study_compute(const sx_eval_input *in, const sx_eval_report_options *o,
                                  sx_error *err) SX_MUST_USE;
void sx_study_result_free(sx_study_result *r); /* NULL is allowed */

typedef struct sx_headline {
    char name[64];
    double value;
    sx_interval interval; /* NaN: none */
    const char *by;       /* how it was made: "Wilson"; "": there is none */
    int decimals;
    double scale;
} sx_headline;

enum { SX_HEADLINES = 9 };
/* The headline numbers; returns their count. Each result may be NULL. */
size_t sx_study_headlines(const sx_eval_report_options *o, const sx_classify_result *classify,
                          const sx_detect_result *detect, const sx_pipeline_result *pipeline,
                          sx_headline out[SX_HEADLINES]);

#endif
