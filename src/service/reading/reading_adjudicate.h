/* Adjudication: what readers of one study said, side by side, and who decides. */
#ifndef SX_SERVICE_READING_READING_ADJUDICATE_H
#define SX_SERVICE_READING_READING_ADJUDICATE_H

#include "service/reading/reading_access.h"
#include "service/reading/reading_clusters.h"

enum { SX_READING_BOX_MOST = 65, SX_READING_MOST_READERS = 20 };

/* A box of a reader; readers are numbered in an order drawn by lot for each study, so that numbers
 * say nothing of people. */
typedef struct sx_study_box {
    int64_t film, task;
    char box[SX_READING_BOX_MOST];
} sx_study_box;

typedef struct sx_study_verdict {
    int64_t film;
    int reader;
    char verdict[SX_READING_WORD];
} sx_study_verdict;

/* All readings of a study in a round. */
typedef struct sx_study_reads {
    int readers; /* complete tasks */
    int64_t tasks[SX_READING_MOST_READERS];
    sx_cluster_box *boxes; /* [count] by film; clusters are numbered in each film */
    sx_study_box *of;      /* [count] */
    size_t count;
    sx_study_verdict *verdicts; /* [verdict_count] by film and reader */
    size_t verdict_count;
} sx_study_reads;

/* Reads them, and makes the clusters. Free them also after an error. */
bool sx_study_reads_load(sx_db *db, int64_t study, int round, sx_study_reads *out,
                         sx_error *err) SX_MUST_USE;
void sx_study_reads_free(sx_study_reads *s);
/* Why the study needs an adjudicator, and a number by which the queue is sorted: 4 "verdicts
 * differ", 3 "a box of some readers alone", 2 "classes differ", 1 "boxes differ", 0 "agreement". */
int sx_study_reads_rank(const sx_study_reads *s, const char **why);

typedef struct sx_reading_adjudicators {
    const char *const *logins; /* [count] accounts with the role adjudicator */
    size_t count;
    int round; /* whose readings are adjudicated; it must be locked */
    int64_t now;
} sx_reading_adjudicators;
/* Gives each study of the round, which at least two have read, to one adjudicator, who is none of
 * its readers; those that differ most come first. Studies that have an adjudicator stay. *tasks:
 * new ones. Call it in a transaction. SX_ERR_MISMATCH: a task of the round is not locked;
 * SX_ERR_MISSING: no such adjudicator; SX_ERR_VALUE: a study has none that did not read it. */
bool sx_reading_adjudicate(sx_db *db, const sx_reading_project *project,
                           const sx_reading_adjudicators *a, size_t *tasks,
                           sx_error *err) SX_MUST_USE;

#endif
