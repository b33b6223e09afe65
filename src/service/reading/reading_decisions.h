/* Decisions of an adjudicator. */
#ifndef SX_SERVICE_READING_READING_DECISIONS_H
#define SX_SERVICE_READING_READING_DECISIONS_H

#include "service/reading/reading_adjudicate.h"

/* Puts readings, clusters, proposals and decisions of the task's study into an object
 * (ReadingClusters of web/reading_api.json). */
bool sx_reading_clusters_put(sx_db *db, const sx_reading_task *task, sx_json to,
                             sx_error *err) SX_MUST_USE;

typedef struct sx_reading_decision {
    int64_t film, account, now;
    int cluster; /* -1: none, a lesion that no reader marked */
    /* "take", "merge", "draw", "reject", or "withdraw": the rejection of the cluster, or without
     * one the reason of the box */
    const char *decision;
    const char *box; /* of the task, which says what was decided; "": of a rejection */
    const char *reason;
    int rev; /* of the clusters that the page has seen, which is a number of decisions; -1: any */
} sx_reading_decision;
/* Adds a decision in the transaction of the caller. Of several on the same boxes of readers the
 * newest counts whose box is there, while that has the class and place of the cluster.
 * SX_ERR_VALUE: no such film, cluster or box; a box of another cluster, or unlike the boxes of this
 * one; a rejection with a box, without a reason, or while the cluster's box is there; a withdrawal
 * where nothing is rejected, or of a reason that the box does not have. SX_ERR_MISMATCH: a decision
 * on the same cluster or box, which is not the same, came after `rev`. One that is the same, whose
 * answer was lost, adds nothing. */
bool sx_reading_decide(sx_db *db, const sx_reading_task *task, const sx_reading_decision *d,
                       sx_error *err) SX_MUST_USE;
/* SX_ERR_MISMATCH: a cluster has no decision that holds, or a box is that of no decision: it was
 * drawn without a reason, or its cluster was rejected. */
bool sx_reading_decisions_complete(sx_db *db, const sx_reading_task *task,
                                   sx_error *err) SX_MUST_USE;

#endif
