/* The same work on many items, in parallel: files to be read, films to be converted. */
#ifndef SX_DATA_PARALLEL_EACH_H
#define SX_DATA_PARALLEL_EACH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/context.h"
#include "base/error.h"
#include "base/progress.h"

typedef bool sx_parallel_each_fn(void *user, size_t index, sx_error *err);

/* Calls fn(user, 0..n-1) once each, from any of the context's threads, in no certain order; each
 * thread takes the next item that nobody has. The first error ends it, and cancellation of the
 * context with SX_ERR_CANCELLED; items begun are finished. progress may be NULL. */
bool sx_parallel_each(const sx_context *context, size_t n, sx_parallel_each_fn *fn, void *user,
                      sx_progress *progress, sx_error *err) SX_MUST_USE;

#endif
