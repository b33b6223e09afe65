/* The logger: the one thing below src/cli that may reach the user, through the function that the
 * program gives. Without one, nothing is printed. */
#ifndef SX_BASE_LOG_H
#define SX_BASE_LOG_H

#include "spinexr/error.h"

typedef enum sx_log_level { SX_LOG_ERROR, SX_LOG_WARN, SX_LOG_INFO, SX_LOG_DEBUG } sx_log_level;

typedef void sx_log_fn(void *ctx, sx_log_level level, const char *message);

/* Set before threads start; fn may be called from any thread. NULL: silence. */
void sx_log_set(sx_log_fn *fn, void *ctx, sx_log_level most);
void sx_log(sx_log_level level, const char *fmt, ...) SX_PRINTF(2, 3);

#endif
