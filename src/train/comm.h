/* Processes that work on one task: ranks 0 .. size - 1, one program each. A NULL comm is one
 * process alone: every call may be made with it and does nothing. The program opens MPI where it
 * was built with it and was started by mpirun or srun (train/comm_mpi.h); the library itself
 * doesn't know of it.
 *
 * All calls but those that ask for a number are collective: every rank makes them, in the same
 * order, from the thread that opened it. A rank that dies ends all. */
#ifndef SX_TRAIN_COMM_H
#define SX_TRAIN_COMM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What an implementation gives. */
typedef struct sx_comm_ops {
    void (*reduce)(void *ctx, double *x, size_t n,
                   bool max); /* in place, the same bits on every rank */
    void (*share)(void *ctx, void *data, size_t bytes, int from);
    void (*gather)(void *ctx, void *data, size_t bytes, int from); /* from: not 0 */
    /* Begins to add x up over the ranks; x stays untouched until `finish`. Several may be under
     * way. */
    void (*begin_sum)(void *ctx, float *x, size_t n);
    void (*progress)(void *ctx); /* what is under way moves on; not collective */
    void (*finish)(void *ctx);
} sx_comm_ops;

typedef struct sx_comm {
    const sx_comm_ops *ops;
    void *ctx;
    int rank, size;
    int local_rank, local_size; /* among the ranks of this machine */
    /* the last sx_comm_all_succeeded told all ranks of an error: each may end by itself */
    bool agreed;
    int failed; /* then whose it was */
} sx_comm;

int sx_comm_rank(const sx_comm *c); /* 0 alone */
int sx_comm_size(const sx_comm *c); /* 1 alone */

void sx_comm_sum(sx_comm *c, double *x, size_t n);
void sx_comm_max(sx_comm *c, double *x, size_t n);
/* the data of rank `from` to all */
void sx_comm_share(sx_comm *c, void *data, size_t bytes, int from);

/* The data of rank `from` to rank 0 alone, which has room for `bytes`; both know how many. On the
 * other ranks, and with `from` 0, `data` is not looked at and nothing is sent. */
void sx_comm_gather(sx_comm *c, void *data, size_t bytes, int from);

/* True if `ok` on every rank. Else false everywhere, with the error of the lowest rank that failed
 * in *err. */
bool sx_comm_all_succeeded(sx_comm *c, bool ok, sx_error *err) SX_MUST_USE;

/* Rank 0's exit status to all: each may then end by itself with it. */
void sx_comm_share_status(sx_comm *c, int *status);

/* For plans and losses (nn/plan.h); NULL alone. Lives as long as `room`, which the caller keeps. */
struct sx_peers;
const struct sx_peers *sx_comm_peers(sx_comm *c, struct sx_peers *room);

#endif
