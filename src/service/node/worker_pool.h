/* The worker processes of the service, as seen from the service. */
#ifndef SX_SERVICE_NODE_WORKER_POOL_H
#define SX_SERVICE_NODE_WORKER_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"
#include "service/node/networks.h"

/* One worker process. A thread uses it at a time. */
typedef struct sx_pool_worker sx_pool_worker;

typedef struct sx_pool_options {
    /* The program and its arguments, up to NULL. It serves the socket that is its descriptor 3
     * (node/worker.h). */
    const char *const *command;
    int start_seconds; /* until the networks are open */
    int film_seconds;  /* for a film */
} sx_pool_options;

/* Describes a worker; its process starts with the first film. Options are copied, not what they
 * point to. NULL: SX_ERR_MEMORY. */
sx_pool_worker *sx_pool_worker_new(const sx_pool_options *options, sx_error *err) SX_MUST_USE;
/* Ends the process. NULL is allowed. */
void sx_pool_worker_free(sx_pool_worker *worker);
/* Ends the process; the next one opens the weight files as they are then. */
void sx_pool_worker_renew(sx_pool_worker *worker);

typedef enum sx_pool_outcome {
    SX_POOL_PREDICTED,
    SX_POOL_FILM_FAILED, /* *err says why; a second try has the same result */
    SX_POOL_CRASHED,     /* the process ended, or ran out of time: an attempt of this film */
    SX_POOL_NOT_STARTED  /* no process could be started: not the film's fault */
} sx_pool_outcome;

/* The pictures that belong to a result: with the boxes, width * height * 3 bytes of RGB; width 0:
 * none. The film alone, a PNG; empty: none. */
typedef struct sx_pool_picture {
    int width, height;
    sx_str bytes, film;
} sx_pool_picture;

/* Predicts a film. *json is the result (sx_prediction_json); `picture` may be NULL if the workers
 * send none. Release them with sx_str_free. */
sx_pool_outcome sx_pool_predict(sx_pool_worker *worker, const char *path, sx_str *json,
                                sx_pool_picture *picture, sx_error *err);

/* Starts the process if there is none: reports what is wrong with weights. */
bool sx_pool_start(sx_pool_worker *worker, sx_networks *out, sx_error *err) SX_MUST_USE;

#endif
