/* What can be tested of a service without starting it: `spinexr serve check`. */
#ifndef SX_SERVICE_NODE_CHECK_UP_H
#define SX_SERVICE_NODE_CHECK_UP_H

#include "base/fail.h"
#include "service/settings.h"

/* Receives each test: what was tested, and NULL or what is wrong. A text that begins with "warning:
 * " is no fault yet. */
typedef void sx_check_fn(void *user, const char *what, const char *error);

/* Tests settings, folder, disk, database, ports, certificates, destinations and weights; changes
 * nothing but that the folder and the database are created. `worker`: the beginning of the command
 * line of a worker process, up to NULL. *faults: how many failed. False: out of memory. */
bool sx_node_check_up(const sx_settings *s, const char *const *worker, sx_check_fn *each,
                      void *user, size_t *faults, sx_error *err) SX_MUST_USE;

#endif
