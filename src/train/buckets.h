/* Gradients averaged over the ranks while the backward pass still runs: in buckets, in the reverse
 * order of the parameters, each begun as soon as its last gradient is there (Li et al. 2020,
 * "PyTorch Distributed"). Which gradient is in which bucket depends on the network alone, so that
 * all ranks begin them in the same order. */
#ifndef SX_TRAIN_BUCKETS_H
#define SX_TRAIN_BUCKETS_H

#include "nn/plan.h"
#include "train/comm.h"

typedef struct sx_buckets sx_buckets;

/* Parameters that learn at this moment. `bytes`: a bucket's size, 0: 4 MiB; a larger parameter has
 * its own. Graph, store and comm outlive it. */
sx_buckets *sx_buckets_new(const sx_graph *g, sx_store *store, sx_comm *comm, size_t bytes,
                           sx_error *err) SX_MUST_USE;
void sx_buckets_free(sx_buckets *b); /* NULL is allowed */

/* The backward pass of the plan; then the store's gradients are the mean of those of all ranks.
 * Errors: those of sx_plan_backward, on this rank alone; the ranks have exchanged as much then. */
bool sx_buckets_backward(sx_buckets *b, sx_plan *p, sx_error *err) SX_MUST_USE;
/* The same without a pass: gradients that were collected over several. */
void sx_buckets_average(sx_buckets *b);

/* Seconds of the last pass that went by after it, waiting; and its bytes. */
double sx_buckets_waited(const sx_buckets *b);
size_t sx_buckets_bytes(const sx_buckets *b);

#endif
