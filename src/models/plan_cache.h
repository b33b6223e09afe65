/* The plans of one network: detectors see films of many sizes, and to make a plan for a new size
 * costs about as much as to run it.
 *
 * The cache grows with use. It begins with room for two plans; when a plan is asked for that was
 * dropped lately, it gets room for one more (test-time augmentation with three scales asks for
 * three sizes in turn). The plans' memory is bounded: beyond `most_bytes` the least recently used
 * ones are dropped, all but the newest. */
#ifndef SX_MODELS_PLAN_CACHE_H
#define SX_MODELS_PLAN_CACHE_H

#include "models/arch.h"

typedef struct sx_plan_cache sx_plan_cache;

/* The network and the store are borrowed and must outlive the cache. most_bytes 0: 1 GiB. Not for
 * two threads at a time. */
sx_plan_cache *sx_plan_cache_new(const sx_network *net, sx_store *store, sx_plan_options options,
                                 size_t most_bytes, sx_error *err) SX_MUST_USE;
void sx_plan_cache_free(sx_plan_cache *c); /* NULL is allowed */

/* The plan for an input of this shape, made if it is not there; valid until the next call. Errors:
 * those of sx_network_build and sx_plan_new. */
sx_plan *sx_plan_cache_get(sx_plan_cache *c, sx_shape shape, sx_part part,
                           sx_error *err) SX_MUST_USE;

/* Of the plan that sx_plan_cache_get gave last. */
const sx_graph *sx_plan_cache_graph(const sx_plan_cache *c);
/* How many plans have been made. */
long sx_plan_cache_made(const sx_plan_cache *c);

#endif
