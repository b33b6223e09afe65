/* Parts of statements that the lists of studies and of versions share. */
#ifndef SX_SERVICE_WORKLIST_STUDY_SQL_H
#define SX_SERVICE_WORKLIST_STUDY_SQL_H

/* Joins p, the newest prediction of the instance i, if there is one. */
#define SX_NEWEST_PREDICTION                                                                       \
    " LEFT JOIN prediction p ON p.sop_uid = i.sop_uid AND p.made ="                                \
    " (SELECT MAX(q.made) FROM prediction q WHERE q.sop_uid = i.sop_uid)"

/* True of a delivery d of the output u: the destination refused the report as Comprehensive 3D SR
 * and took it as Comprehensive SR. The report is there, and the refusal does not count. */
#define SX_REPORT_WENT_AS_SR                                                                       \
    "(u.kind = 'sr3d' AND d.state = 'failed' AND EXISTS (SELECT 1 FROM delivery e"                 \
    " JOIN output v ON v.sop_uid = e.sop_uid WHERE v.study_uid = u.study_uid"                      \
    " AND v.revision = u.revision AND v.kind = 'sr' AND e.destination = d.destination"             \
    " AND e.state IN ('sent', 'committed')))"

#endif
