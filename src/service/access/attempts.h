/* Sign-ins that failed, and how long the next one must wait. An account that is tried from one
 * address must wait after five failures: 5 s, doubled with each further failure up to 15 minutes.
 * An account from all addresses together, and an address for all accounts together, have 25. A
 * failure is forgotten a day after the last one. The table has a fixed size and is not kept when
 * the program ends.
 *
 * Times are milliseconds since 1970. Threads: shared by all. */
#ifndef SX_SERVICE_ACCESS_ATTEMPTS_H
#define SX_SERVICE_ACCESS_ATTEMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

typedef struct sx_attempts sx_attempts;

sx_attempts *sx_attempts_new(sx_error *err) SX_MUST_USE; /* SX_ERR_MEMORY */
void sx_attempts_free(sx_attempts *a);                   /* NULL is allowed */

/* Whether a password may be tried now. If so, it counts as a failure until one of the calls below,
 * so that attempts at the same time are counted. If not, *wait is the time until then. */
bool sx_attempts_begin(sx_attempts *a, const char *login, const char *address, int64_t now,
                       int64_t *wait) SX_MUST_USE;
/* The password was right: the failures of the account are forgotten, those of the address are one
 * fewer. */
void sx_attempts_right(sx_attempts *a, const char *login, const char *address);
/* The password was not tried. */
void sx_attempts_undo(sx_attempts *a, const char *login, const char *address);

#endif
