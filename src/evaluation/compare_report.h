/* The numbers of `eval compare`: two models on the same films. */
#ifndef SX_EVALUATION_COMPARE_REPORT_H
#define SX_EVALUATION_COMPARE_REPORT_H

#include "evaluation/classify_report.h"
#include "metrics/detection.h"

/* A number of both models and their difference. */
typedef struct sx_difference {
    char key[300], name[300];
    double a, b;
    sx_interval interval; /* of b - a; NaN: none */
    double p;             /* NaN: none */
    double holm;          /* p adjusted for all tests of the result (Holm 1979); NaN: none */
    /* the test: "DeLong", "paired bootstrap", "McNemar, exact"; "": none; "undefined": no number */
    const char *by;
    double scale; /* shown number = value * scale */
    int decimals;
} sx_difference;

typedef struct sx_compare_result {
    sx_eval_draw draw;
    sx_eval_cases cases;        /* of classifiers, with a verdict of both or not */
    sx_eval_cases called;       /* likewise: those that both call abnormal or normal */
    sx_threshold thresholds[2]; /* likewise */
    sx_lacking lacking;         /* of detectors: the resamples, which both share */
    sx_difference *items;
    size_t count;
    size_t test_count; /* items with a p: the family of Holm's correction */
} sx_compare_result;

/* Paired DeLong, paired bootstrap and McNemar for classifiers, paired bootstrap for detectors. NULL
 * on failure; free with sx_compare_result_free. */
sx_compare_result *sx_compare_compute(const sx_eval_input *in, const sx_compare_options *o,
                                      sx_error *err) SX_MUST_USE;
void sx_compare_result_free(sx_compare_result *r); /* NULL is allowed */

/* Keeps the rows that a list names: "auroc, ap/mean, sensitivity:mcnemar". A name is a row's key,
 * or the part of keys before "/", and takes every test of the row unless ":delong", ":bootstrap" or
 * ":mcnemar" follows. In compare_measures.c. Error: SX_ERR_USAGE, an item names no row; the message
 * lists the keys. */
bool sx_compare_choose(sx_compare_result *r, const char *measures, sx_error *err) SX_MUST_USE;

#endif
