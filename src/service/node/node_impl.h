/* What the parts of the node share. */
#ifndef SX_SERVICE_NODE_NODE_IMPL_H
#define SX_SERVICE_NODE_NODE_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/claim.h"
#include "service/net/dicom_server.h"
#include "service/node/alarms.h"
#include "service/node/counters.h"
#include "service/node/node.h"
#include "service/node/receive.h"
#include "service/node/worker_pool.h"
#include "service/store/db.h"
#include "service/store/jobs.h"
#include "service/worklist/worklist.h"

enum { SX_NODE_HOST = 128 };

/* A thread that works on jobs of one kind. */
typedef struct sx_node_loop {
    sx_node *node;
    struct sx_node_crew *crew;
    const struct sx_node_work *work;
    const sx_destination *destination; /* of a loop that sends; else NULL */
    sx_pool_worker *worker;            /* that it has taken from its crew; NULL: none */
    sx_db *db;
    /* A job that failed, and why, whose end could not be written: the disk was full, or the
     * database away. */
    sx_job unended;
    sx_error why;
    bool owes; /* there is such a job */
    pthread_t thread;
    bool started;
} sx_node_loop;

/* Connections that are not in use; the threads of the ports take one for each film. */
typedef struct sx_node_connections {
    sx_db *free[64];
    size_t count;
    pthread_mutex_t lock;
} sx_node_connections;

/* The threads that work on jobs, and what they work with. A reload starts another crew; the one
 * before it finishes the jobs that it has begun. Settings last until the node is closed, because
 * ports and other threads may refer to them. */
typedef struct sx_node_crew {
    struct sx_node_crew *before;
    sx_settings settings;
    const char **command;  /* of a worker process, up to NULL */
    sx_networks networks;  /* guarded by node->lock, and so are the worker processes */
    sx_pool_worker **idle; /* [settings.workers.processes] */
    size_t idle_count;
    sx_node_loop *loops;
    size_t loop_count;
    atomic_size_t working; /* threads that have not ended */
    bool retired;          /* guarded by node->lock: begins no further job */
} sx_node_crew;

struct sx_node {
    sx_worklist worklist; /* first: the web server's routes get it */
    sx_node_options o;
    sx_node_crew *crew;      /* at work; guarded by `lock` in other threads than that of reloads */
    bool predicts;           /* there are weights */
    const char *data;        /* the folder, in the settings that it was opened with */
    char host[SX_NODE_HOST]; /* the owner of our leases */
    char *store;             /* where the database is */
    char *incoming;          /* folder */
    char device_uid[65];
    sx_claim *claim;
    sx_db *db; /* of the thread that opens, reloads and closes */
    sx_receive_options receive;
    sx_node_connections connections;
    sx_dicom_server *ports[2];           /* without and with TLS; NULL: none */
    struct sx_web_server *web, *metrics; /* NULL: none */
    sx_context *context;                 /* of their messages */
    sx_counters counters;
    struct sx_node_keeper *keeper; /* NULL: not started */
    atomic_bool alarms[SX_ALARMS]; /* that are on */
    atomic_int disk;               /* sx_disk */
    pthread_mutex_t disk_lock;     /* of those who look at it */
    pthread_mutex_t lock;
    pthread_cond_t woken;
    unsigned long news; /* counts what may have made a job due */
    bool stopping;      /* all threads end after their job */
    atomic_bool draining;
};

int64_t sx_node_now(const sx_node *node);
/* The settings in force. They last until the node is closed. Any thread. */
const sx_settings *sx_node_settings(sx_node *node);
/* False: there are no weights. The pages and the reading room run; no film is received. */
bool sx_node_predicts(const sx_node *node);
/* Whether films are received now; otherwise *why is a sentence in memory that lasts. Any thread. */
bool sx_node_takes_films(const sx_node *node, const char **why);
/* Something has happened that may have made a job due. Any thread. */
void sx_node_wake(sx_node *node);

sx_db *sx_node_open_connection(const sx_node *node, sx_error *err) SX_MUST_USE;
/* One that is not in use, or a new one. */
sx_db *sx_node_take_connection(sx_node *node, sx_error *err) SX_MUST_USE;
/* A connection whose last statement failed is closed. */
void sx_node_give_connection(sx_node *node, sx_db *db, bool good);

/* node_receive.c: takes a file, as sx_receive_film does, logs and counts it, and wakes the workers.
 * `db` NULL: there is no connection, and *err says why. `ids` may be NULL. Any thread. */
sx_received sx_node_receive(sx_node *node, sx_db *db, const char *path,
                            const sx_announced *announced, const char *address, sx_film_ids *ids,
                            sx_error *err);

/* node_ports.c */
bool sx_node_open_ports(sx_node *node, sx_error *err) SX_MUST_USE;
sx_dicom_tls sx_node_tls(const sx_settings *s); /* borrows its texts */
/* Who may send, limits and certificates. */
bool sx_node_set_ports(sx_node *node, const sx_settings *s, sx_error *err) SX_MUST_USE;

/* node_web.c */
bool sx_node_open_web(sx_node *node, sx_error *err) SX_MUST_USE;
void sx_node_close_web(sx_node *node);
/* Uses the settings, whose certificates were checked. */
bool sx_node_renew_web(sx_node *node, const sx_settings *s, sx_error *err) SX_MUST_USE;

/* node_keep.c. Uses the settings in force, also after a reload. Stop it after node->stopping was
 * set. */
typedef struct sx_node_keeper sx_node_keeper;
bool sx_node_start_keeper(sx_node *node, sx_error *err) SX_MUST_USE;
void sx_node_stop_keeper(sx_node *node);
/* By the settings in force. Any thread. */
void sx_node_look_at_disk(sx_node *node);

/* node.c: what sx_settings_check does not know. */
bool sx_node_check_settings(const sx_settings *s, sx_error *err) SX_MUST_USE;

/* node_crew.c. `worker` as in sx_node_options. Takes the settings over, also after an error. */
sx_node_crew *sx_node_crew_new(const char *const *worker, sx_settings *settings,
                               sx_error *err) SX_MUST_USE;
/* Opens the weights in a worker process, whose networks become those of the crew. False: an error,
 * among them that of demonstration weights which the settings do not allow. *first NULL: the node
 * predicts nothing. */
bool sx_node_crew_open(sx_node *node, sx_node_crew *crew, sx_pool_worker **first,
                       sx_error *err) SX_MUST_USE;
/* Starts the threads, two that predict for each worker process: one stores what it was told while
 * the process works on the film of the other. `first` is taken over, also after an error. */
bool sx_node_crew_start(sx_node *node, sx_node_crew *crew, sx_pool_worker *first,
                        sx_error *err) SX_MUST_USE;
/* The crew begins no further job. */
void sx_node_crew_retire(sx_node *node, sx_node_crew *crew);
/* Waits until the jobs in progress are finished. */
void sx_node_crew_join(sx_node_crew *crew);
/* After sx_node_crew_join. NULL is allowed. */
void sx_node_crew_free(sx_node_crew *crew);

/* node_loops.c: starts a thread. `to` is the destination of one that sends or confirms. */
typedef enum sx_node_task {
    SX_NODE_PREDICTS,
    SX_NODE_BUILDS,
    SX_NODE_SENDS,
    SX_NODE_CONFIRMS
} sx_node_task;
bool sx_node_loop_start(sx_node_loop *l, sx_node *node, sx_node_crew *crew, sx_node_task task,
                        const sx_destination *to, sx_error *err) SX_MUST_USE;

#endif
