/* The log of the service: one line for each event, as text or as JSON.
 *
 * Films and studies are named by the first digits of a hash of their UIDs, so that a log can be
 * shown to others: sx_node_log_event does so with every UID in a value, and sx_node_log_reason also
 * leaves out text from a header. sx_node_log.patients writes UIDs and headers instead. */
#ifndef SX_SERVICE_NODE_NODE_LOG_H
#define SX_SERVICE_NODE_NODE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "spinexr/context.h" /* sx_log_level */

typedef struct sx_node_log {
    int fd;
    bool json;
    atomic_bool patients; /* may change at any time */
    sx_log_level most;    /* events above this level are left out */
} sx_node_log;

/* Writes an event: names and values in turn, up to NULL; a value of "" is left out. UIDs in a value
 * are replaced by their sx_node_log_name, except those that DICOM itself defines (1.2.840.10008.).
 * A UID has at least four components here, and is no IPv4 address.
 *
 *     sx_node_log_event(log, SX_LOG_INFO, "received", "film", name, "from", title, NULL);
 *
 * Any thread; lines are never mixed. A line that cannot be written is lost. */
void sx_node_log_event(const sx_node_log *log, sx_log_level level, const char *event, ...)
    __attribute__((sentinel));

enum { SX_NODE_NAME = 65 };
/* What the log calls the film or study with this UID. */
const char *sx_node_log_name(const sx_node_log *log, const char *uid, char out[SX_NODE_NAME]);

enum { SX_NODE_REASON = 512 };
/* A message about a film or study as the log may show it: what stands between quotes is text from a
 * header, and becomes "...". */
const char *sx_node_log_reason(const sx_node_log *log, const char *text, char out[SX_NODE_REASON]);
/* The same for a message about a file: a path below `folder` at its beginning is replaced by the
 * sx_node_log_name of the path, since names of files may be names of patients. */
const char *sx_node_log_file_reason(const sx_node_log *log, const char *folder, const char *text,
                                    char out[SX_NODE_REASON]);

#endif
