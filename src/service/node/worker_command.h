/* The command line of a worker process. */
#ifndef SX_SERVICE_NODE_WORKER_COMMAND_H
#define SX_SERVICE_NODE_WORKER_COMMAND_H

#include "base/fail.h"
#include "service/settings.h"

/* PROGRAM... --memory-mb N --threads N --user NAME WEIGHTS..., up to NULL. `program` ends with
 * NULL; its texts and those of the settings are borrowed. Free with free(). Errors:
 * SX_ERR_MEMORY. */
const char **sx_worker_command(const char *const *program, const sx_settings *settings,
                               sx_error *err) SX_MUST_USE;

#endif
