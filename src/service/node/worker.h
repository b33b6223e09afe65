/* A worker process: decodes films and runs the networks for the service, and can do nothing else.
 * It has no network, no database, and may neither write files nor start programs. A film that ends
 * it costs an attempt of that film, not the service. */
#ifndef SX_SERVICE_NODE_WORKER_H
#define SX_SERVICE_NODE_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/context.h"

typedef struct sx_worker_options {
    const sx_context *context;
    const char *const *weights;
    size_t weight_count;
    int memory_mb; /* 0: no limit */
    bool pictures; /* send a picture with the boxes after each result */
} sx_worker_options;

/* Serves the socket until the other end closes it. Returns an exit status. */
int sx_worker_run(int socket, const sx_worker_options *options);

/* Gives up what a worker does not need: privileges, the network, files to write, programs, memory
 * beyond the limit. For the whole process, and for good. False: the system does not support it. */
bool sx_worker_confine(int memory_mb);

#endif
