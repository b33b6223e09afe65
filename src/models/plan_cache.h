/* The plans of one network. Detectors get films of many sizes, and making a plan for a new size
 * takes about as long as running it.
 *
 * The cache starts with room for two plans. If a plan is requested that was dropped recently, the
 * cache gets room for one more. (Test-time augmentation with three scales requests three sizes one
 * after another.) Memory is limited: if the plans take more than `most_bytes`, the least recently
 * used ones are dropped, but never the newest.
 *
 * While other programs take the cores of its threads, the cache gives plans for fewer threads
 * (base/busy_cores.h), if the results are the same to the bit: in f32 at AVX2, and on up
 * to eight threads at AVX-512. */
#ifndef SX_MODELS_PLAN_CACHE_H
#define SX_MODELS_PLAN_CACHE_H

#include "models/arch.h"

typedef struct sx_plan_cache sx_plan_cache;

/* The network and the store are borrowed and must outlive the cache. most_bytes 0: 1 GiB.
 * options.threads is the largest number of threads of a plan. One thread at a time may use a
 * cache. */
sx_plan_cache *sx_plan_cache_new(const sx_network *net, sx_store *store, sx_plan_options options,
                                 size_t most_bytes, sx_error *err) SX_MUST_USE;
void sx_plan_cache_free(sx_plan_cache *c); /* NULL is allowed */

/* Takes over the network's graph for an input of this shape, so that its first plan needs none of
 * its own. Before the first sx_plan_cache_get. */
void sx_plan_cache_take_graph(sx_plan_cache *c, sx_shape shape, sx_part part, sx_graph *graph);
/* The plan for an input of this shape, which is made if necessary. It is valid until the next call.
 * Errors: those of sx_network_build and sx_plan_new. */
sx_plan *sx_plan_cache_get(sx_plan_cache *c, sx_shape shape, sx_part part,
                           sx_error *err) SX_MUST_USE;

/* The graph of the plan that sx_plan_cache_get returned last. */
const sx_graph *sx_plan_cache_graph(const sx_plan_cache *c);
/* The number of plans that have been made. */
long sx_plan_cache_made(const sx_plan_cache *c);

#endif
