/* A node in this process with small networks, whose clock the test moves. Its folder is empty for
 * each test. The other ends are in node_ends.h. */
#ifndef TESTS_SERVICE_NODE_FIXTURE_H
#define TESTS_SERVICE_NODE_FIXTURE_H

#include <stdatomic.h>

#include "service/net/dicom_client.h"
#include "service/node/node.h"
#include "service/node/node_log.h"
#include "service/store/db.h"

/* Set by main: the path of worker-program. */
extern const char *node_worker;
/* The data folder. node_fresh sets it; tests without that setup set it themselves. */
extern char node_folder[600];

/* Wall clock time and node_later, milliseconds. */
extern atomic_llong node_later;
int64_t node_clock(void *user);

/* How long the nodes' connections wait for another that writes; node_fresh: 0, the default. */
extern double node_store_seconds;

/* ---- set-up and teardown ---- */

/* Where the nodes log; node_fresh: nowhere. A test may change it before it opens a node. */
extern sx_node_log node_log;

/* An empty folder and archive, no log, and a clock that is right. */
int node_fresh(void **state);
/* Removes all files of the test program. */
int node_clean(void **state);
/* What main returns, from what cmocka returns. After a failure, which has left a node open, it ends
 * the process at once: the node's threads are at work. */
int node_end_tests(int failed);

/* ---- the node ---- */

/* Settings with free ports, demonstration weights and a quiet time of one second, and then those of
 * the YAML text `more`. */
void node_settings(sx_settings *s, const char *more);
/* A destination "archive" at a port of this machine, whose results are not confirmed, for `more`.
 * In a static buffer. */
const char *node_sends_to(int port);
/* Opens a node with node_settings. */
sx_node *node_try(const char *more, sx_error *err);
/* The same, and it must succeed. */
sx_node *node_open(const char *more);

/* ---- its films and database ---- */

/* Sends a film of 48 x 48 pixels by C-STORE. */
sx_sent node_send_film(const sx_node *node, const char *study_uid, const char *sop_uid);
/* The functions below wait as long as jobs end. If none has ended for two minutes, they print those
 * that are not done, and the test fails. A job that is tried again and again has not ended. `db`
 * NULL: the store in the data folder. */

/* Until the first number of a query is not zero. */
void node_wait_for(sx_db *db, const char *sql);
/* Until the archive has so many reports. */
void node_wait_for_reports(int count);
/* Until each job is done and each study is built. The node's clock goes on by `step` milliseconds
 * every tenth of a second, but not while a job is at work, whose lease would end. */
void node_wait_until_done(sx_db *db, int64_t step);

/* How often the file `log` of check_tmp has this text; 0 if there is no file. */
int node_log_count(const char *text);
/* Until the log has the text so often; the test fails after two minutes. */
void node_wait_for_log(const char *text, int count);

/* A connection of its own; close it. */
sx_db *node_open_store(void);
/* The first number of a query; fails without a row. */
int64_t node_number(const char *sql);

#endif
