/* Averages gradients over the ranks while the backward pass still runs. Gradients are exchanged in
 * buckets, in the reverse order of the parameters. The exchange of a bucket starts as soon as its
 * last gradient is complete (Li et al. 2020, "PyTorch Distributed"). The buckets depend only on the
 * network, so all ranks start them in the same order. */
#ifndef SX_TRAIN_BUCKETS_H
#define SX_TRAIN_BUCKETS_H

#include "nn/plan.h"
#include "train/comm.h"

typedef struct sx_buckets sx_buckets;

/* For the parameters that are currently trainable. `bytes`: size of a bucket, 0: 4 MiB; a larger
 * parameter gets its own. Graph, store and comm must outlive the result. */
sx_buckets *sx_buckets_new(const sx_graph *g, sx_store *store, sx_comm *comm, size_t bytes,
                           sx_error *err) SX_MUST_USE;
void sx_buckets_free(sx_buckets *b); /* NULL is allowed */

/* Runs the backward pass of the plan; afterwards the store's gradients are the mean over all ranks.
 * Errors: those of sx_plan_backward, on this rank only; the exchange is complete even then. */
bool sx_buckets_backward(sx_buckets *b, sx_plan *p, sx_error *err) SX_MUST_USE;
/* The same without a pass, for gradients accumulated over several. */
void sx_buckets_average(sx_buckets *b);

/* Seconds spent waiting after the last backward pass, and the bytes it exchanged. */
double sx_buckets_waited(const sx_buckets *b);
size_t sx_buckets_bytes(const sx_buckets *b);

#endif
