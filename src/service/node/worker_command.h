/* The command line of a worker process, and how many there are. */
#ifndef SX_SERVICE_NODE_WORKER_COMMAND_H
#define SX_SERVICE_NODE_WORKER_COMMAND_H

#include <stdint.h>

#include "base/fail.h"
#include "service/settings.h"

/* The number of worker processes: that of the settings, or what this machine has room for. */
int sx_worker_processes(const sx_settings *settings);
/* The rule for a machine of `cores` and `memory` bytes. With a process for each core, no core waits
 * while films are read, drawn and stored. Each process has networks of its own, so that there are
 * not more than memory allows, nor more than 8; they then share the cores. */
int sx_worker_processes_for(int cores, uint64_t memory);

/* PROGRAM... --memory-mb N --threads N --user NAME WEIGHTS..., up to NULL. `program` ends with
 * NULL; its texts and those of the settings are borrowed. Free with free(). Errors:
 * SX_ERR_MEMORY. */
const char **sx_worker_command(const char *const *program, const sx_settings *settings,
                               sx_error *err) SX_MUST_USE;

#endif
