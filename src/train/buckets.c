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
    size_t first, part_count; /* its parts */
    float *sum; /* the buffer of the sum: a copy, or the gradient itself in a bucket of one */
    size_t count;
    int ready; /* the step after which it is complete, in falling order; 0: the last one */
} bucket;

struct sx_buckets {
    sx_comm *comm;
    sx_store *store;
    part *parts; /* last parameter first */
    size_t part_count;
    part **by_grad; /* the same, by address */
    bucket *buckets;
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
    for (size_t i = 0; i < b->part_count; i++) {
        bucket *last = b->count ? &b->buckets[b->count - 1] : NULL;
        if (!last || last->count + b->parts[i].count > most) {
            last = &b->buckets[b->count++];
            *last = (bucket){ .first = i };
        }
        last->part_count++;
        last->count += b->parts[i].count;
        b->parts[i].bucket = b->count - 1;
        b->numbers += b->parts[i].count;
    }
}

static bool make_room(sx_buckets *b, sx_error *err) {
    size_t copied = 0;
    for (int i = 0; i < b->count; i++)
        copied += b->buckets[i].part_count > 1 ? b->buckets[i].count : 0;
    b->room = sx_calloc_for(copied + 1, sizeof *b->room, "gradients of all ranks", err);
    if (!b->room) return false;
    float *at = b->room;
    for (int i = 0; i < b->count; i++) {
        bucket *k = &b->buckets[i];
        k->sum = k->part_count > 1 ? at : b->parts[k->first].grad;
        at += k->part_count > 1 ? k->count : 0;
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
    b->parts = sx_calloc_for(params + 1, sizeof *b->parts, "gradients of all ranks", err);
    b->by_grad = sx_calloc_for(params + 1, sizeof *b->by_grad, "gradients of all ranks", err);
    b->buckets = sx_calloc_for(params + 1, sizeof *b->buckets, "gradients of all ranks", err);
    bool ok = b->parts && b->by_grad && b->buckets && sx_store_make_grads(store, err);
    for (size_t i = params; ok && i-- > 0;) {
        const sx_param *p = sx_graph_param(g, i);
        if (!sx_store_trainable(store, p)) continue;
        part *to = &b->parts[b->part_count];
        *to = (part){ .grad = sx_store_grad(store, p), .count = count_of(p) };
        b->by_grad[b->part_count++] = to;
    }
    if (ok) {
        qsort(b->by_grad, b->part_count, sizeof *b->by_grad, by_address);
        put_in_buckets(b, (bytes ? bytes : (size_t)4 << 20) / sizeof(float));
        ok = make_room(b, err);
    }
    if (ok) return b;
    sx_buckets_free(b);
    return NULL;
}

void sx_buckets_free(sx_buckets *b) {
    if (!b) return;
    free(b->parts);
    free(b->by_grad);
    free(b->buckets);
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
        key.grad ? bsearch(&wanted, b->by_grad, b->part_count, sizeof *b->by_grad, by_address)
                 : NULL;
    if (!have) return;
    bucket *k = &b->buckets[(*have)->bucket];
    if (step < k->ready) k->ready = step;
}

static void start_sum(sx_buckets *b, bucket *k) {
    float *to = k->sum;
    for (size_t i = k->first; k->part_count > 1 && i < k->first + k->part_count; i++) {
        memcpy(to, b->parts[i].grad, b->parts[i].count * sizeof *to);
        to += b->parts[i].count;
    }
    b->comm->ops->begin_sum(b->comm->ctx, k->sum, k->count);
}

static void after_step(void *ctx, int step) {
    sx_buckets *b = ctx;
    while (b->begun < b->count && b->buckets[b->begun].ready >= step)
        start_sum(b, &b->buckets[b->begun++]);
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
        start_sum(b, &b->buckets[b->begun++]);
    b->comm->ops->finish(b->comm->ctx);
    for (int k = 0; k < b->count; k++) {
        const float *from = b->buckets[k].sum;
        for (size_t i = b->buckets[k].first; i < b->buckets[k].first + b->buckets[k].part_count;
             i++) {
            scale(b->parts[i].grad, from, b->parts[i].count, share);
            from += b->parts[i].count;
        }
    }
    b->waited = sx_now() - start;
}

bool sx_buckets_backward(sx_buckets *b, sx_plan *p, sx_error *err) {
    for (int k = 0; k < b->count; k++)
        b->buckets[k].ready = sx_plan_steps(p);
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
