#define SX_TRAIN_COMM_C
#include "train/comm.h"

#include "nn/plan.h"

int sx_comm_rank(const sx_comm *c) {
    return c ? c->rank : 0;
}

int sx_comm_size(const sx_comm *c) {
    return c ? c->size : 1;
}

void sx_comm_sum(sx_comm *c, double *x, size_t n) {
    if (c) c->ops->reduce(c->ctx, x, n, false);
}

void sx_comm_max(sx_comm *c, double *x, size_t n) {
    if (c) c->ops->reduce(c->ctx, x, n, true);
}

void sx_comm_share(sx_comm *c, void *data, size_t bytes, int from) {
    if (c) c->ops->share(c->ctx, data, bytes, from);
}

void sx_comm_gather(sx_comm *c, void *data, size_t bytes, int from) {
    if (c && from && (c->rank == 0 || c->rank == from)) c->ops->gather(c->ctx, data, bytes, from);
}

bool sx_comm_all_succeeded(sx_comm *c, bool ok, sx_error *err) {
    if (!c) return ok;
    double failed = ok ? 0 : c->size - c->rank; /* the highest value belongs to the lowest rank */
    sx_comm_max(c, &failed, 1);
    const int from = c->size - (int)failed;
    c->error_shared = failed > 0;
    c->failed = from;
    if (!c->error_shared) return true;
    sx_error told = { .code = SX_ERR_INTERNAL };
    if (from == c->rank && err) told = *err;
    sx_comm_share(c, &told, sizeof told, from);
    return from ? sx_fail(err, told.code, "rank %d: %s", from, told.message)
                : sx_fail(err, told.code, "%s", told.message);
}

void sx_comm_share_status(sx_comm *c, int *status) {
    if (!c) return;
    sx_comm_share(c, status, sizeof *status, 0);
    c->error_shared = *status != 0;
}

static void sum(void *ctx, double *x, size_t n) {
    sx_comm_sum(ctx, x, n);
}

const sx_peers *sx_comm_peers(sx_comm *c, sx_peers *room) {
    if (!c) return NULL;
    *room = (sx_peers){ .count = c->size, .sum = sum, .ctx = c };
    return room;
}
