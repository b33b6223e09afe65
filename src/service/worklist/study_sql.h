/* Parts of statements that the lists of studies and of versions share. */
#ifndef SX_SERVICE_WORKLIST_STUDY_SQL_H
#define SX_SERVICE_WORKLIST_STUDY_SQL_H

/* Joins p, the newest prediction of the instance i, if there is one. */
#define SX_NEWEST_PREDICTION                                                                       \
    " LEFT JOIN prediction p ON p.sop_uid = i.sop_uid AND p.made ="                                \
    " (SELECT MAX(q.made) FROM prediction q WHERE q.sop_uid = i.sop_uid)"

/* True of a study s whose result can no longer be built: the job is a dead letter, or an
 * administrator dropped it. */
#define SX_STOPPED_JOBS                                                                            \
    " FROM job j WHERE j.kind = 'build' AND j.key = s.study_uid AND j.destination = ''"            \
    " AND j.state IN ('dead', 'dropped')"
#define SX_STUDY_STOPPED "(s.state = 'open' AND EXISTS (SELECT 1" SX_STOPPED_JOBS "))"
#define SX_STUDY_STATE   "CASE WHEN " SX_STUDY_STOPPED " THEN 'dead' ELSE s.state END"
#define SX_STUDY_REASON                                                                            \
    "CASE WHEN " SX_STUDY_STOPPED " THEN (SELECT MAX(CASE WHEN j.state = 'dropped' THEN"           \
    " 'dropped: ' ELSE '' END || j.error)" SX_STOPPED_JOBS ") ELSE s.reason END"

/* The rule for which films i carry the result of their study s: those that were scored and have not
 * failed, been refused or been put in the queue again since. A film whose file was deleted after
 * its retention time does if the newest version of the result says so. A study that has stopped has
 * no result. */
#define SX_IN_RESULT                                                                               \
    "((i.state = 'scored' OR (i.state = 'deleted' AND i.outcome = 'scored'))"                      \
    " AND s.state <> 'dead' AND NOT " SX_STUDY_STOPPED ")"

/* What is said of a study s: of its films i, each with p. Only the result of a film that has a
 * verdict counts, or of one by weights without a classifier. A film unlike those that the weights
 * know has a probability and no verdict: as in its report, neither the probability nor the findings
 * count. */
#define SX_HAS_VERDICT "(" SX_IN_RESULT " AND (p.abnormal IS NOT NULL OR p.probability IS NULL))"
#define SX_IS_REFUSED  "(i.state = 'refused' OR (i.state = 'deleted' AND i.outcome = 'refused'))"
/* True of a film i that a person should look at. Retention does not hide that there is no verdict.
 */
#define SX_NOT_SCORED                                                                              \
    "(i.state IN ('refused', 'failed', 'unfamiliar')"                                              \
    " OR (i.state = 'deleted' AND i.outcome IN ('refused', 'unscored')))"

#define SX_STUDY_PROBABILITY "MAX(CASE WHEN " SX_HAS_VERDICT " THEN p.probability END)"
#define SX_STUDY_ABNORMAL    "MAX(CASE WHEN " SX_HAS_VERDICT " THEN p.abnormal END)"
/* How many films leave the study without a verdict unless another one is abnormal. Films that were
 * refused do not. */
#define SX_STUDY_LACKING                                                                           \
    "SUM(CASE WHEN " SX_IS_REFUSED " OR (p.abnormal IS NOT NULL AND " SX_IN_RESULT ")"             \
    " THEN 0 ELSE 1 END)"
/* The films of the study s, each with p. */
#define SX_STUDY_FILMS                                                                             \
    " FROM instance i" SX_NEWEST_PREDICTION " WHERE i.study_uid = s.study_uid AND i.is_film = 1"
#define SX_STUDY_VERDICT                                                                           \
    "CASE WHEN " SX_STUDY_ABNORMAL " = 1 THEN 1 WHEN " SX_STUDY_LACKING                            \
    " > 0 THEN NULL ELSE " SX_STUDY_ABNORMAL " END"

/* True of a delivery d of the output u: the destination refused the report as Comprehensive 3D SR
 * and took it as Comprehensive SR. The report is there, and the refusal does not count. */
#define SX_REPORT_WENT_AS_SR                                                                       \
    "(u.kind = 'sr3d' AND d.state = 'failed' AND EXISTS (SELECT 1 FROM delivery e"                 \
    " JOIN output v ON v.sop_uid = e.sop_uid WHERE v.study_uid = u.study_uid"                      \
    " AND v.revision = u.revision AND v.kind = 'sr' AND e.destination = d.destination"             \
    " AND e.state IN ('sent', 'committed')))"

#endif
