/* What the networks say of studies, compared with what radiologists say: for shadow mode, in which
 * results are made and not sent, and for supervision afterwards. */
#ifndef SX_SERVICE_WORKLIST_READER_COMPARISON_H
#define SX_SERVICE_WORKLIST_READER_COMPARISON_H

#include "metrics/interval.h"
#include "service/worklist/opinions.h"

enum { SX_COMPARISON_LISTED = 1000 };

/* A study of which the two verdicts differ. */
typedef struct sx_disagreement {
    char study_uid[SX_STORE_UID], patient_id[SX_STORE_TEXT], accession[68];
    double probability;               /* P(abnormal), the highest of its films; NaN: none */
    bool abnormal;                    /* the networks' verdict; the readers' is the opposite */
    size_t readers;                   /* who have a verdict */
    char comment[SX_OPINION_COMMENT]; /* of the newest opinion that has one */
} sx_disagreement;

typedef struct sx_reader_count {
    char who[SX_OPINION_WHO];
    size_t studies; /* of which this reader has a verdict or is unsure */
} sx_reader_count;

/* k of n, with Wilson's interval, in which studies of a patient count as dependent
 * (metrics/proportion.h); value and interval are NaN for n = 0 */
typedef struct sx_share {
    size_t k, n;
    double value;
    sx_interval interval;
} sx_share;

typedef struct sx_reader_comparison {
    double level;                                 /* of the intervals: 0.95 */
    size_t studies, films, films_without_verdict; /* all; no verdict of the networks */
    size_t compared;                              /* studies with both verdicts */
    size_t without_model;                         /* studies with a verdict of readers alone */
    size_t without_readers;                       /* studies with a verdict of the networks alone */
    size_t undecided;      /* studies of which readers are unsure or equally divided */
    size_t tp, fp, fn, tn; /* positive: the networks say abnormal; true: the readers agree */
    sx_share sensitivity, specificity, ppv, npv, agreement;
    double kappa; /* Cohen's; NaN: not defined */
    sx_interval kappa_interval;
    sx_disagreement *disagreements; /* [disagreement_count], at most SX_COMPARISON_LISTED */
    size_t disagreement_count;
    sx_reader_count *readers; /* [reader_count], in the order of their first opinions */
    size_t reader_count;
} sx_reader_comparison;

/* Compares all studies. The networks call a study abnormal if one of its films is, and normal if
 * every film has a verdict and none is; films that the rules refuse do not count, and a study that
 * has stopped has no verdict. The newest opinion by date of each reader counts; one that only
 * agrees or disagrees with the newest result stands for that verdict or its opposite. Several
 * readers decide by majority. `reader`: this one alone; NULL: all. The interval of kappa is a
 * bootstrap's of patients (percentiles of 1,000 resamples, seed 1). Free *out with
 * sx_reader_comparison_free, also after an error. Errors: SX_ERR_MEMORY, and those of sx_db_run. */
bool sx_reader_compare(sx_db *db, const char *reader, sx_reader_comparison *out,
                       sx_error *err) SX_MUST_USE;
void sx_reader_comparison_free(sx_reader_comparison *c);

#endif
