/* The same work on many items, in parallel: files to be read, films to be converted. */
#ifndef SX_DATA_PARALLEL_EACH_H
#define SX_DATA_PARALLEL_EACH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/progress.h"
#include "spinexr/error.h"

typedef bool sx_parallel_each_fn(void *ctx, size_t index, sx_error *err);

/* Calls fn(ctx, 0..n-1) once each, from any thread, in no certain order; each thread takes the next
 * item that nobody has. The first error ends it, and `stop` (may be NULL) with SX_ERR_CANCELLED;
 * items begun are finished. progress may be NULL. */
bool sx_parallel_each(size_t n, sx_parallel_each_fn *fn, void *ctx, sx_progress *progress,
                      bool (*stop)(void *), sx_error *err) SX_MUST_USE;

#endif
