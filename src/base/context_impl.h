/* The internals of sx_context: messages, cancellation and parallel loops for everything below
 * src/cli.
 *
 * If a caller of the library passes NULL, the public calls replace it by a context with the
 * defaults (pipeline/predictor.c). An internal function that gets a NULL context works in the
 * calling thread only, which may be a thread of a pool. It sends no messages and is never
 * cancelled. */
#ifndef SX_BASE_CONTEXT_IMPL_H
#define SX_BASE_CONTEXT_IMPL_H

#include <stdatomic.h>

#include "base/fail.h"
#include "spinexr/context.h"

struct sx_progress;
/* Shows a progress bar: base/progress.h. */
typedef void sx_progress_fn(void *user, const struct sx_progress *p);

struct sx_context {
    int threads;
    sx_log_level log_level;
    sx_log_fn *log;
    void *log_user;
    sx_cancel_fn *cancel;
    void *cancel_user;
    atomic_bool cancelled;
    sx_progress_fn *progress; /* NULL: progress is not shown */
    void *progress_user;
    const sx_context *parent; /* a context that is cancelled with its parent; NULL: none */
};

/* A context with `threads` threads that otherwise behaves as `parent` (may be NULL) and must not
 * outlive it. Use 1 thread for a thread that is one of a pool and runs its loops serially. */
sx_context sx_context_child(const sx_context *parent, int threads);

/* The threads for this work; no context: 1. */
int sx_threads_of(const sx_context *context);

/* Cores that the calling thread may run on (its affinity mask), at least 1. */
int sx_cores(void);

/* Logs one message, truncated to 1023 bytes. */
void sx_log(const sx_context *context, sx_log_level level, const char *fmt, ...) SX_PRINTF(3, 4);

/* False with SX_ERR_CANCELLED when the work should stop. */
bool sx_context_check(const sx_context *context, sx_error *err) SX_MUST_USE;

/* Calls fn(user, begin, end) on ranges that together cover [0, n), each at least `grain` long
 * except the last. With one thread, with n <= grain and inside another parallel loop the calling
 * thread does all the work. fn cannot fail. */
typedef void sx_range_fn(void *user, size_t begin, size_t end);
void sx_parallel_for(const sx_context *context, size_t n, size_t grain, sx_range_fn *fn,
                     void *user);

#endif
