/* The study 1.2.3 on its way from received films to a result, for tests of building. */
#ifndef TESTS_SERVICE_BUILD_FIXTURE_H
#define TESTS_SERVICE_BUILD_FIXTURE_H

#include "service/node/build.h"
#include "service/node/receive.h"

extern sx_db *build_db;
extern int64_t build_clock; /* of all jobs, milliseconds */
extern char build_folder[512], build_incoming[600];
extern sx_settings build_settings;

/* ---- set-up and teardown ---- */

/* An empty service at 1000 ms, with the destinations pacs and trial, which is for tests. */
int build_start(void **state);
int build_finish(void **state);
/* After all tests of a program. */
int build_clean(void **state);

/* ---- work ---- */

/* Receives the file at build_incoming/film; the quiet time of the study is 60 s. */
void build_receive_file(void);
void build_receive_of(const char *uid, const char *patient);
/* A film of the patient P. */
void build_receive(const char *uid);
/* A worker process says this of a film (worker_report.h). */
void build_predict(const char *uid, const char *body);
sx_build_options build_usual(void);
/* Works on the job "build" that is due; the test fails if there is none. */
sx_built build_with(const sx_build_options *o);
sx_built build_due(void);

int64_t build_number(const char *sql);

#endif
