/* A reader's page for tests: a web server with the routes of the reading room, people who are
 * signed in, and operations. */
#ifndef TESTS_SERVICE_READING_PAGE_H
#define TESTS_SERVICE_READING_PAGE_H

#include "service/reading_room.h"
#include "service/web_client.h"
#include "service/web_fixture.h"

/* A server with three studies (reading_room.h) of the project "spine", the last one of split
 * "test"; readers ann, ben and cho, the adjudicator jo, the manager max; tasks of round 1 for ann
 * and ben. */
extern sx_reading_project page_project;
int page_start(void **state);
/* Also removes the films and pixels that the server kept, so that each test begins without any. */
int page_stop(void **state);
/* The routes of the server; NULL ends them. */
extern const sx_web_route *const page_tables[], *const page_reading_tables[];

/* Headers of a new session, in a ring of static buffers. */
const char *page_session(const char *login);
/* The call must have this status and its answer contain `text`. */
void page_expect(const char *method, const char *target, const char *headers, const char *body,
                 int status, const char *text);
/* The answer of a call, which must have this status, parsed; json_decref it. */
json_t *page_json(const char *method, const char *target, const char *headers, const char *body,
                  int status);
/* "/api/reading/tasks/TASK/WHAT", in a ring of static buffers. */
const char *page_path(int64_t task, const char *what);

/* Sends operations "[...]" of the client "page-0001" and gives the status. */
int page_send(const char *headers, int64_t task, int64_t base_rev, const char *ops);
int page_send_as(const char *client, const char *headers, int64_t task, int64_t base_rev,
                 const char *ops);
/* One operation, in a ring of static buffers: the kind's body is given. */
const char *page_op(int seq, const char *kind, int64_t film, const char *box, const char *body);
/* The body of a box with a label. */
const char *page_box(int64_t label, double x0, double y0, double x1, double y1);

/* The task of a reader for a study of the project. */
int64_t page_task_of(const char *login, const char *study);
/* The next number of an operation of the client "page-0009", whose operations `page_expect_op`
 * sends on top of all that is there; "[...]" of page_op. */
extern int page_seq;
void page_expect_op(const char *headers, int64_t task, const char *op, int status,
                    const char *text);
/* The log and what follows from it must fit. */
void page_verify(void);

/* Completes all three tasks of a reader: a box of class Osteophytes at 1 + shift, 2, 20 + shift, 30
 * on each first film, nothing on the second. */
void page_read_all(const char *login, double shift);

#endif
