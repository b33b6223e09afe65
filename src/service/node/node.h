/* The hospital node: receives films, has them predicted, builds the results of studies, and sends
 * them. Everything that it knows is in the database, so that it can end at any moment.
 *
 *     DICOM ports -> receive.h -> job "predict" -> worker processes -> job "build" -> job "send"
 *
 * Threads: two for each worker process, one that builds, one for each destination, and those of the
 * ports. They share nothing but the database and what is in sx_node; each has a connection of its
 * own. */
#ifndef SX_SERVICE_NODE_NODE_H
#define SX_SERVICE_NODE_NODE_H

#include <stdint.h>

#include "base/fail.h"
#include "service/node/networks.h"
#include "service/node/node_log.h"
#include "service/settings.h"

typedef struct sx_node sx_node;

typedef struct sx_node_options {
    /* The beginning of the command line of a worker process, up to NULL; its options and the
     * weights of the settings follow. */
    const char *const *worker;
    const sx_node_log *log;
    /* What this machine is called among those that share the work; NULL: its host name. */
    const char *host;
    double store_seconds; /* sx_db_set_wait; 0: its default */
    /* Milliseconds since 1970; NULL: the clock. */
    int64_t (*now)(void *user);
    void *user;
} sx_node_options;

/* Makes the folder of a service, for its user alone. One that exists keeps its permissions. */
bool sx_node_make_folder(const char *path, sx_error *err) SX_MUST_USE;

/* Opens the database, starts a worker process, then the ports. Takes the settings over, also after
 * an error. Options are copied, not what they point to. Errors: SX_ERR_IO (a port, the database,
 * the folder; another service uses the folder), SX_ERR_REFUSED (weights that are marked as
 * demonstration, without allow_demo), those of the weights, and SX_ERR_MEMORY. */
sx_node *sx_node_open(const sx_node_options *options, sx_settings *settings,
                      sx_error *err) SX_MUST_USE;
/* Uses other settings from now on: weights, destinations, AE titles that may send, and times. Jobs
 * in progress are finished with the earlier settings beside the new work; the call does not wait
 * for them, only for the weights to open. After an error the node goes on with the earlier
 * settings. Takes the settings over, also after an error. Errors: those of the weights;
 * SX_ERR_USAGE (what cannot change: data, store, DICOM and HTTP ports, our AE title). Certificates
 * are read again; limits of ports stay as they were. */
bool sx_node_reload(sx_node *node, sx_settings *settings, sx_error *err) SX_MUST_USE;
/* Takes no new associations; work goes on. */
void sx_node_drain(sx_node *node);
/* Ends associations that are still open after `seconds`, finishes the jobs in progress and frees
 * the node. NULL is allowed. */
void sx_node_close(sx_node *node, int seconds);

int sx_node_port(const sx_node *node, bool tls); /* of DICOM; 0: none */
int sx_node_http_port(const sx_node *node);
/* The networks in use. Any thread. */
void sx_node_get_networks(sx_node *node, sx_networks *out);

#endif
