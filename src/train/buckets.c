#include "train/buckets.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

typedef struct part {
    float *grad;
    size_t count;
    int bucket;
} part;

typedef struct bucket {
    size_t first, parts; /* of the list */
    float *sum; /* the buffer of the sum: a copy, or the gradient itself in a bucket of one */
    size_t count;
    int ready; /* the step after which it is complete, in falling order; 0: the last one */
} bucket;

struct sx_buckets {
    sx_comm *comm;
    sx_store *store;
    part *part; /* last parameter first */
    size_t parts;
    part **by_grad; /* the same, by address */
    bucket *list;
    int count, begun;
    float *room;
    size_t numbers;
    double waited;
};

static size_t count_of(const sx_param *p) {
    size_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= (size_t)p->dims[i];
    return n;
}

static void put_in_buckets(sx_buckets *b, size_t most) {
    for (size_t i = 0; i < b->parts; i++) {
        bucket *last = b->count ? &b->list[b->count - 1] : NULL;
        if (!last || last->count + b->part[i].count > most) {
            last = &b->list[b->count++];
            *last = (bucket){ .first = i };
        }
        last->parts++;
        last->count += b->part[i].count;
        b->part[i].bucket = b->count - 1;
        b->numbers += b->part[i].count;
    }
}

static bool make_room(sx_buckets *b, sx_error *err) {
    size_t copied = 0;
    for (int i = 0; i < b->count; i++)
        copied += b->list[i].parts > 1 ? b->list[i].count : 0;
    b->room = sx_calloc_for(copied + 1, sizeof *b->room, "gradients of all ranks", err);
    if (!b->room) return false;
    float *at = b->room;
    for (int i = 0; i < b->count; i++) {
        bucket *k = &b->list[i];
        k->sum = k->parts > 1 ? at : b->part[k->first].grad;
        at += k->parts > 1 ? k->count : 0;
    }
    return true;
}

static int by_address(const void *x, const void *y) {
    const uintptr_t a = (uintptr_t)(*(part *const *)x)->grad,
                    b = (uintptr_t)(*(part *const *)y)->grad;
    return (a > b) - (a < b);
}

sx_buckets *sx_buckets_new(const sx_graph *g, sx_store *store, sx_comm *comm, size_t bytes,
                           sx_error *err) {
    const size_t params = sx_graph_param_count(g);
    sx_buckets *b = sx_calloc_for(1, sizeof *b, "gradients of all ranks", err);
    if (!b) return NULL;
    b->comm = comm;
    b->store = store;
    b->part = sx_calloc_for(params + 1, sizeof *b->part, "gradients of all ranks", err);
    b->by_grad = sx_calloc_for(params + 1, sizeof *b->by_grad, "gradients of all ranks", err);
    b->list = sx_calloc_for(params + 1, sizeof *b->list, "gradients of all ranks", err);
    bool ok = b->part && b->by_grad && b->list && sx_store_make_grads(store, err);
    for (size_t i = params; ok && i-- > 0;) {
        const sx_param *p = sx_graph_param(g, i);
        if (!sx_store_trainable(store, p)) continue;
        part *to = &b->part[b->parts];
        *to = (part){ .grad = sx_store_grad(store, p), .count = count_of(p) };
        b->by_grad[b->parts++] = to;
    }
    if (ok) {
        qsort(b->by_grad, b->parts, sizeof *b->by_grad, by_address);
        put_in_buckets(b, (bytes ? bytes : (size_t)4 << 20) / sizeof(float));
        ok = make_room(b, err);
    }
    if (ok) return b;
    sx_buckets_free(b);
    return NULL;
}

void sx_buckets_free(sx_buckets *b) {
    if (!b) return;
    free(b->part);
    free(b->by_grad);
    free(b->list);
    free(b->room);
    free(b);
}

/* Steps come in rising order: the first step with a parameter is the last to add to its
 * gradient. */
static void note_step(void *ctx, int step, const sx_param *param) {
    const sx_buckets *b = ctx;
    if (!sx_store_trainable(b->store, param)) return;
    part key = { .grad = sx_store_grad(b->store, param) }, *wanted = &key;
    part *const *have =
        key.grad ? bsearch(&wanted, b->by_grad, b->parts, sizeof *b->by_grad, by_address) : NULL;
    if (!have) return;
    bucket *k = &b->list[(*have)->bucket];
    if (step < k->ready) k->ready = step;
}

static void start_sum(sx_buckets *b, bucket *k) {
    float *to = k->sum;
    for (size_t i = k->first; k->parts > 1 && i < k->first + k->parts; i++) {
        memcpy(to, b->part[i].grad, b->part[i].count * sizeof *to);
        to += b->part[i].count;
    }
    b->comm->ops->begin_sum(b->comm->ctx, k->sum, k->count);
}

static void after_step(void *ctx, int step) {
    sx_buckets *b = ctx;
    while (b->begun < b->count && b->list[b->begun].ready >= step)
        start_sum(b, &b->list[b->begun++]);
    b->comm->ops->progress(b->comm->ctx);
}

static void scale(float *to, const float *from, size_t n, float by) {
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] * by;
}

static void finish_sums(sx_buckets *b) {
    const double start = sx_now();
    const float share = 1.0F / (float)b->comm->size;
    while (b->begun < b->count)
        start_sum(b, &b->list[b->begun++]);
    b->comm->ops->finish(b->comm->ctx);
    for (int k = 0; k < b->count; k++) {
        const float *from = b->list[k].sum;
        for (size_t i = b->list[k].first; i < b->list[k].first + b->list[k].parts; i++) {
            scale(b->part[i].grad, from, b->part[i].count, share);
            from += b->part[i].count;
        }
    }
    b->waited = sx_now() - start;
}

bool sx_buckets_backward(sx_buckets *b, sx_plan *p, sx_error *err) {
    for (int k = 0; k < b->count; k++)
        b->list[k].ready = sx_plan_steps(p);
    sx_plan_each_param(p, note_step, b);
    b->begun = 0;
    const bool ok = sx_plan_backward_watched(p, after_step, b, err);
    finish_sums(b);
    return ok;
}

void sx_buckets_average(sx_buckets *b) {
    b->begun = 0;
    finish_sums(b);
}

double sx_buckets_waited(const sx_buckets *b) {
    return b->waited;
}

size_t sx_buckets_bytes(const sx_buckets *b) {
    return b->numbers * sizeof(float);
}
