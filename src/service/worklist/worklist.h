/* The data of the worklist page: studies with their state, results and deliveries.
 *
 *     GET  /api/studies?text=T&state=S&sort=COLUMN&order=O&first=N&most=N   a page of the list
 *     GET  /api/studies/{study}               films, findings, deliveries, jobs, events, opinions
 *     GET  /api/studies/{study}/versions      results, their weights, objects and deliveries
 *     POST /api/studies/{study}/opinion       {"agrees": true, "verdict": "normal", "comment": ""}
 *     GET  /api/films/{film}/picture          PNG with the boxes
 *     GET  /api/films/{film}/image            PNG of the film alone, at most 2048 pixels long
 *     GET  /api/opinions.csv                  results beside opinions
 *     GET  /api/comparison?reader=NAME        the networks' verdicts against the radiologists'
 *     GET  /api/verdicts.csv                  all opinions, as they are imported
 *     POST /api/verdicts                      {"csv": "..."}: verdicts of another system
 *     POST /api/studies/{study}/retry         its dead deliveries become ready again
 *     GET  /api/jobs?before=ID&most=N&state=open|dead|...          newest first
 *     GET  /api/jobs/{job}
 *     POST /api/jobs/{job}/retry              a dead job becomes ready again
 *     POST /api/jobs/{job}/drop               a dead job is given up
 *
 * For SX_ROLES_NODE; jobs and imports for administrators alone. Times are milliseconds since 1970.
 * web/api.json describes the documents. */
#ifndef SX_SERVICE_WORKLIST_WORKLIST_H
#define SX_SERVICE_WORKLIST_WORKLIST_H

#include "base/json.h"
#include "service/store/db.h"
#include "service/web/routes.h"

/* What the routes need of their node: the web server's options.user begins with it. */
typedef struct sx_worklist {
    const char *folder;           /* of the service */
    _Atomic uint64_t pixel_bytes; /* of prepared films (reading/pixel_cache.h); 0: any number */
    void (*wake)(void *node);
    void *node;
} sx_worklist;

/* study_list.c and study_versions.c: for SX_ROLES_NODE. */
sx_web_handler sx_list_studies, sx_show_versions;

/* study_list.c: adds what is said of a study, P(abnormal) in `column` and the verdict in the next;
 * each may be NULL. */
void sx_study_put_verdict(sx_json at, const sx_db_row *row, int column);

extern const sx_web_route sx_worklist_routes[], sx_job_routes[], sx_verdict_routes[];

#endif
