/* The log of the service: one line for each event, as text or as JSON.
 *
 * Films and studies are named by the first digits of a hash of their UIDs, so that a log can be
 * shown to others; sx_node_log.patients writes UIDs and patient IDs instead. */
#ifndef SX_SERVICE_NODE_NODE_LOG_H
#define SX_SERVICE_NODE_NODE_LOG_H

#include <stdbool.h>

#include "spinexr/context.h" /* sx_log_level */

typedef struct sx_node_log {
    int fd;
    bool json, patients;
    sx_log_level most; /* events above this level are left out */
} sx_node_log;

/* Writes an event: names and values in turn, up to NULL; a value of "" is left out.
 *
 *     sx_node_log_event(log, SX_LOG_INFO, "received", "film", name, "from", title, NULL);
 *
 * Any thread; lines are never mixed. A line that cannot be written is lost. */
void sx_node_log_event(const sx_node_log *log, sx_log_level level, const char *event, ...)
    __attribute__((sentinel));

enum { SX_NODE_NAME = 65 };
/* What the log calls the film or study with this UID. */
const char *sx_node_log_name(const sx_node_log *log, const char *uid, char out[SX_NODE_NAME]);

#endif
