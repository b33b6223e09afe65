/* Parts of statements that the lists of studies and of versions share. */
#ifndef SX_SERVICE_WORKLIST_STUDY_SQL_H
#define SX_SERVICE_WORKLIST_STUDY_SQL_H

/* Joins p, the newest prediction of the instance i, if there is one. */
#define SX_NEWEST_PREDICTION                                                                       \
    " LEFT JOIN prediction p ON p.sop_uid = i.sop_uid AND p.made ="                                \
    " (SELECT MAX(q.made) FROM prediction q WHERE q.sop_uid = i.sop_uid)"

/* What is said of a study: of its films i, each with p. Only the result of a film that has a
 * verdict counts, or of one by weights without a classifier. A film unlike those that the weights
 * know has a probability and no verdict: as in its report, neither the probability nor the findings
 * count. */
#define SX_HAS_VERDICT                                                                             \
    "(i.state IN ('scored', 'deleted') AND (p.abnormal IS NOT NULL OR p.probability IS NULL))"
#define SX_STUDY_PROBABILITY "MAX(CASE WHEN " SX_HAS_VERDICT " THEN p.probability END)"
#define SX_STUDY_ABNORMAL    "MAX(CASE WHEN " SX_HAS_VERDICT " THEN p.abnormal END)"
/* How many films leave the study without a verdict unless another one is abnormal. Films that were
 * refused do not, nor those that were deleted without a prediction. */
#define SX_STUDY_LACKING                                                                           \
    "SUM(CASE WHEN i.state IN ('new', 'failed', 'unfamiliar') OR (p.abnormal IS NULL AND"          \
    " (i.state = 'scored' OR (i.state = 'deleted' AND p.probability IS NOT NULL)))"                \
    " THEN 1 ELSE 0 END)"
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
