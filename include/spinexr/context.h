/* A context: the number of threads that the library may use, the receiver of its messages, and
 * cancellation.
 *
 * The caller creates a context, passes it to the calls that open something (spinexr/spinexr.h) and
 * frees it last. The library has no global settings, so two parts of one program can use different
 * contexts at the same time.
 *
 *     sx_context_options o = SX_CONTEXT_DEFAULTS;
 *     o.threads = 4;
 *     sx_context *context = sx_context_new(&o, &err);
 *
 * Threads: a context may be shared by any number of threads. Only sx_context_cancel changes it. */
#ifndef SPINEXR_CONTEXT_H
#define SPINEXR_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "spinexr/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A call that takes a context accepts NULL, which stands for the defaults below: all cores that the
 * calling thread may run on, no messages, never cancelled. */
typedef struct sx_context sx_context;

typedef enum sx_log_level { SX_LOG_ERROR, SX_LOG_WARNING, SX_LOG_INFO, SX_LOG_DEBUG } sx_log_level;

/* Receives one message without a newline, in UTF-8. Any thread of the library may call it, and
 * several may call it at the same time. `message` is valid during the call only. */
typedef void sx_log_fn(void *user, sx_log_level level, const char *message);

/* Returns true when the work should stop. Any thread may call it, and calls are frequent, so it
 * must be fast. */
typedef bool sx_cancel_fn(void *user);

/* Begin with SX_CONTEXT_DEFAULTS. */
typedef struct sx_context_options {
    size_t struct_size;     /* sizeof(sx_context_options): later versions may add fields */
    int threads;            /* 1..1024; 0: the number of cores that the calling thread may run on */
    sx_log_level log_level; /* messages above this level are dropped */
    sx_log_fn *log;         /* NULL: no messages */
    void *log_user;
    sx_cancel_fn *cancelled; /* NULL: only sx_context_cancel stops the work */
    void *cancelled_user;
} sx_context_options;
#define SX_CONTEXT_DEFAULTS                                                                        \
    { sizeof(sx_context_options), 0, SX_LOG_WARNING, NULL, NULL, NULL, NULL }

/* `options` may be NULL for the defaults. Returns NULL on failure: SX_ERR_USAGE (an option out of
 * range), SX_ERR_MEMORY. Free the context with sx_context_free after everything that was opened
 * with it. */
SX_API sx_context *sx_context_new(const sx_context_options *options, sx_error *err) SX_MUST_USE;
SX_API void sx_context_free(sx_context *context); /* NULL is allowed */

SX_API int sx_context_threads(const sx_context *context); /* at least 1 */

/* Asks all work of this context to stop. Calls in progress soon return SX_ERR_CANCELLED; later
 * calls return it at once. A cancelled context stays cancelled. May be called from any thread and
 * from signal handlers. */
SX_API void sx_context_cancel(sx_context *context);
/* Whether the work should stop: sx_context_cancel was called, or `cancelled` returned true. */
SX_API bool sx_context_cancelled(const sx_context *context);

#ifdef __cplusplus
}
#endif
#endif
