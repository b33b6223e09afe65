/* Calls a function in parallel for many items, such as files to read or films to convert. */
#ifndef SX_DATA_PARALLEL_EACH_H
#define SX_DATA_PARALLEL_EACH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/context_impl.h"
#include "base/fail.h"
#include "base/progress.h"

typedef bool sx_parallel_each_fn(void *user, size_t index, sx_error *err);

/* Calls fn(user, i) once for each i in 0..n-1, from any of the context's threads; a free thread
 * takes the next item. The first error, or cancellation of the context (SX_ERR_CANCELLED), ends the
 * loop after the items that have begun. progress may be NULL. */
bool sx_parallel_each(const sx_context *context, size_t n, sx_parallel_each_fn *fn, void *user,
                      sx_progress *progress, sx_error *err) SX_MUST_USE;

#endif
