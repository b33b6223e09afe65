/* Processes that share one task: ranks 0 .. size - 1, one program each. A NULL comm is a single
 * process: every call accepts it and does nothing. The program opens MPI if it was built with MPI
 * and started by mpirun or srun (train/comm_mpi.h); the library itself does not use MPI.
 *
 * All calls except those that return a number are collective: every rank makes them, in the same
 * order, from the thread that opened the comm. When a rank crashes, all ranks end. */
#ifndef SX_TRAIN_COMM_H
#define SX_TRAIN_COMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"

/* The functions of an implementation. */
typedef struct sx_comm_ops {
    void (*reduce)(void *ctx, double *x, size_t n,
                   bool max); /* in place, the same bits on every rank */
    void (*share)(void *ctx, void *data, size_t bytes, int from);
    void (*gather)(void *ctx, void *data, size_t bytes, int from); /* from: not 0 */
    /* Starts to sum x over the ranks; x must not be used until `finish`. Several may be in
     * progress. */
    void (*begin_sum)(void *ctx, float *x, size_t n);
    void (*progress)(void *ctx); /* lets operations in progress advance; not collective */
    void (*finish)(void *ctx);
} sx_comm_ops;

typedef struct sx_comm {
    const sx_comm_ops *ops;
    void *ctx;
    int rank, size;
    int local_rank, local_size; /* among the ranks of this machine */
    /* the last sx_comm_all_succeeded reported an error to all ranks: each may end by itself */
    bool error_shared;
    int failed; /* the rank whose error it was */
} sx_comm;

int sx_comm_rank(const sx_comm *c); /* 0 for one process */
int sx_comm_size(const sx_comm *c); /* 1 for one process */

void sx_comm_sum(sx_comm *c, double *x, size_t n);
void sx_comm_max(sx_comm *c, double *x, size_t n);
/* the data of rank `from` to all */
void sx_comm_share(sx_comm *c, void *data, size_t bytes, int from);

/* Sends the data of rank `from` to rank 0 only; both pass the same `bytes`. On the other ranks, and
 * with `from` 0, `data` is ignored and nothing is sent. */
void sx_comm_gather(sx_comm *c, void *data, size_t bytes, int from);

/* True if `ok` on every rank. Else false on all ranks, with the error of the lowest failed rank in
 * *err. */
bool sx_comm_all_succeeded(sx_comm *c, bool ok, sx_error *err) SX_MUST_USE;
/* The static analyser sees one file at a time, and so not that this is false without `ok`. */
#if defined(__clang_analyzer__) && !defined(SX_TRAIN_COMM_C)
static inline bool sx_comm_analysed(sx_comm *c, bool ok, sx_error *err) {
    return sx_comm_all_succeeded(c, ok, err) && ok;
}
#define sx_comm_all_succeeded sx_comm_analysed
#endif

/* Sends rank 0's exit status to all ranks; each may then end by itself with it. */
void sx_comm_share_status(sx_comm *c, int *status);

/* For plans and losses (nn/plan.h); NULL for one process. Valid as long as `room`, which the caller
 * provides. */
struct sx_peers;
const struct sx_peers *sx_comm_peers(sx_comm *c, struct sx_peers *room);

#endif
