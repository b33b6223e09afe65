/* The routes of the reading room; web/reading_api.json describes the documents.
 *
 *     GET  /api/reading/tasks                      the caller's tasks
 *     POST /api/reading/tasks/next                 opens the next one
 *     GET  /api/reading/tasks/{task}               films, boxes, verdicts, labels
 *     GET  /api/reading/tasks/{task}/ops?after=N   operations since a revision
 *     POST /api/reading/tasks/{task}/ops           saves operations, all or none
 *     POST /api/reading/tasks/{task}/complete      each film has a verdict
 *     POST /api/reading/tasks/{task}/reopen        by its reader, until it is locked
 *     POST /api/reading/tasks/{task}/return        by the manager, with a reason
 *     GET  /api/reading/tasks/{task}/prelabels     boxes of networks
 *     GET, POST /api/reading/tasks/{task}/comments, POST .../comments/{number}/resolve
 *     POST /api/reading/tasks/{task}/activity      time at a film
 *     GET  /api/reading/tasks/{task}/clusters      for adjudicators: readers' boxes side by side
 *     POST /api/reading/tasks/{task}/decisions     take, merge, draw, reject, withdraw
 *
 * For managers, below /api/reading/projects:
 *
 *     GET, POST /                                  all projects, with counts; a new one
 *     GET  /{project}/progress|tasks|questions|agreement
 *     POST /{project}/assign|lock|adjudication
 *     GET  /{project}/held, POST /{project}/held/{film}    release or reject
 *     POST /{project}/films                        of studies that the node received
 *     POST /{project}/readings                     a file of annotations, read as those of a person
 *     GET, POST /{project}/labels, POST /{project}/labels/{label}   retire, restore, attributes
 *     GET, POST /{project}/exports, GET /{project}/exports/{tag}/annotations.csv|reading.json
 *
 *     GET  /api/reading/received                   studies that the node received
 *
 * The web server's options.user begins with an sx_worklist. */
#ifndef SX_SERVICE_READING_READING_ROUTES_H
#define SX_SERVICE_READING_READING_ROUTES_H

#include "service/web/routes.h"

extern const sx_web_route sx_reading_task_routes[], sx_reading_op_routes[],
    sx_reading_comment_routes[], sx_reading_project_routes[], sx_reading_import_routes[],
    sx_reading_manager_routes[], sx_reading_version_routes[], sx_reading_adjudication_routes[],
    sx_reading_agreement_routes[], sx_reading_held_routes[], sx_reading_label_routes[];

#endif
