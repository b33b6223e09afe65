/* A worker process: decodes films and runs the networks for the service, and can do nothing else.
 * It has no network and no database, and may neither open files nor start programs: the service
 * hands each film over as an open file. A film that ends it costs an attempt of that film, not the
 * service. */
#ifndef SX_SERVICE_NODE_WORKER_H
#define SX_SERVICE_NODE_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "dicom/site_rules.h"
#include "spinexr/context.h"

typedef struct sx_worker_options {
    const sx_context *context;
    const char *const *weights;
    size_t weight_count;
    const char *user; /* who it becomes if it is started by root; NULL: "nobody" */
    int memory_mb;    /* 0: no limit */
    sx_site_rules rules;
    bool pictures; /* send a picture with the boxes after each result */
} sx_worker_options;

/* Serves the socket until the other end closes it, and ends the process with status 0. Returns only
 * if the process cannot serve, with its exit status; the service was told why. */
int sx_worker_run(int socket, const sx_worker_options *options);

/* The first step of giving up what a worker does not need, before it has threads and reads its
 * weights: capabilities that it inherited, new privileges and, where the kernel has Landlock,
 * writing files, starting programs, the network, and signals to other processes.
 * SX_ERR_UNSUPPORTED. In node/privileges.c. */
bool sx_worker_restrict(sx_error *err) SX_MUST_USE;
/* The second step, before the first film, for the whole process and for good: root becomes `user`
 * (NULL: "nobody"), memory has a limit, and system calls other than those of computing fail, among
 * them the ones that open files. Errors: SX_ERR_VALUE (no such user; it is root),
 * SX_ERR_UNSUPPORTED. In node/confine.c. */
bool sx_worker_confine(const char *user, int memory_mb, sx_error *err) SX_MUST_USE;

#endif
