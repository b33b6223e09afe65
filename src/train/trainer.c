#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "models/input.h"
#include "train/buckets.h"
#include "train/start_weights.h"

enum { PLANS = 2 };

typedef struct ready {
    sx_shape shape;
    sx_graph *graph;
    sx_plan *plan;
    long used;
} ready;

struct sx_trainer {
    sx_network net;
    sx_trainer_options o;
    sx_graph *graph; /* names the parameters; lives as long as the optimizer */
    sx_store *store;
    sx_optim *optim;
    ready plans[PLANS];
    long clock;
    sx_loss_state loss;
    sx_peers peers;
    sx_buckets *buckets; /* NULL: one process */
    bool averaged;       /* the gradients are those of all ranks */
};

/* The least common multiple; the other number if one is not positive. */
static int multiple(int a, int b) {
    int m = b;
    while (a > 0 && m % a)
        m += b;
    return m;
}

sx_trainer *sx_trainer_new(const sx_network *net, const sx_weights *start,
                           const sx_trainer_options *o, sx_error *err) {
    sx_trainer *t = sx_calloc_for(1, sizeof *t, "training", err);
    if (!t) return NULL;
    t->net = *net;
    t->o = *o;
    t->o.optim.threads = sx_threads_of(o->context);
    t->o.pad = multiple(o->pad, sx_network_stride(net));
    t->graph = sx_network_build(net, sx_network_shape(net, 64, 64), SX_WHOLE, err);
    const sx_start_options so = { .context = o->context,
                                  .net = &t->net,
                                  .graph = t->graph,
                                  .classes = o->classes,
                                  .frozen = o->frozen,
                                  .seed = o->seed };
    sx_weights *first = t->graph ? sx_start_weights(&so, start, err) : NULL;
    bool ok = first &&
              (t->store = sx_store_open(
                   t->graph, first,
                   (sx_store_options){ .own = true, .threads = sx_threads_of(o->context) }, err));
    sx_weights_free(first); /* the store has its own copies */
    for (size_t i = 0; ok && i < sx_graph_param_count(t->graph); i++)
        if (sx_start_is_frozen(t->o.frozen, sx_graph_param(t->graph, i)->name))
            sx_store_set_trainable(t->store, sx_graph_param(t->graph, i), false);
    ok = ok && sx_store_make_grads(t->store, err);
    ok = ok && (t->optim = sx_optim_new(t->graph, t->store, t->o.optim, err));
    if (ok && o->comm) {
        t->loss.peers = sx_comm_peers(o->comm, &t->peers);
        t->buckets = sx_buckets_new(t->graph, t->store, o->comm, 0, err);
        ok = t->buckets != NULL;
    }
    if (ok) return t;
    sx_trainer_free(t);
    return NULL;
}

static void drop_plan(ready *r) {
    sx_plan_free(r->plan);
    sx_graph_free(r->graph);
    *r = (ready){ 0 };
}

void sx_trainer_free(sx_trainer *t) {
    if (!t) return;
    for (int i = 0; i < PLANS; i++)
        drop_plan(&t->plans[i]);
    sx_buckets_free(t->buckets);
    sx_optim_free(t->optim);
    sx_store_free(t->store);
    sx_graph_free(t->graph);
    free(t);
}

static bool same(sx_shape a, sx_shape b) {
    return a.n == b.n && a.h == b.h && a.w == b.w;
}

static sx_plan *plan_for(sx_trainer *t, sx_shape shape, sx_error *err) {
    ready *r = &t->plans[0];
    for (int i = 0; i < PLANS; i++) {
        ready *k = &t->plans[i];
        if (k->plan && same(k->shape, shape)) {
            k->used = ++t->clock;
            return k->plan;
        }
        if (k->used < r->used) r = k;
    }
    drop_plan(r);
    r->graph = sx_network_build(&t->net, shape, SX_FOR_TRAINING, err);
    r->plan = r->graph
                  ? sx_plan_new(r->graph, t->store,
                                (sx_plan_options){ .compute = t->o.compute,
                                                   .training = true,
                                                   .threads = sx_threads_of(t->o.context),
                                                   .recompute = t->o.recompute,
                                                   .peers = t->o.sync_norm ? t->loss.peers : NULL },
                                err)
                  : NULL;
    if (!r->plan) {
        drop_plan(r);
        return NULL;
    }
    r->shape = shape;
    r->used = ++t->clock;
    return r->plan;
}

static sx_shape shape_of(const sx_trainer *t, const sx_example *batch, int count) {
    int w = 0, h = 0;
    for (int i = 0; i < count; i++) {
        w = batch[i].image.width > w ? batch[i].image.width : w;
        h = batch[i].image.height > h ? batch[i].image.height : h;
    }
    /* as in one process: the padding of a film does not depend on its rank */
    if (t->o.comm) {
        double most[] = { w, h };
        sx_comm_max(t->o.comm, most, 2);
        w = (int)most[0];
        h = (int)most[1];
    }
    const int pad = t->o.pad;
    return (sx_shape){ count, (h + pad - 1) / pad * pad, (w + pad - 1) / pad * pad, 3 };
}

static void fill_inputs(const sx_trainer *t, sx_plan *p, const sx_example *batch, int count) {
    for (int i = 0; i < count; i++)
        sx_input_fill(p, i, &batch[i].image, sx_network_normalisation(&t->net));
}

/* Random draws depend only on the seed, the iteration and the position in the batch. */
static uint64_t draw_key(const sx_trainer *t, int i) {
    char name[64];
    snprintf(name, sizeof name, "draw/%ld/%d", sx_optim_steps(t->optim), i);
    const uint64_t key = sx_rng_key(name, t->o.seed);
    return key ? key : 1;
}

typedef struct piece {
    const sx_example *batch;
    int first, count; /* position in this rank's batch */
    int before;       /* films of the whole batch before that */
    sx_shape shape;
    double weight; /* of its loss in that of the whole batch */
    bool last;     /* gradients are averaged over all ranks during the backward pass */
} piece;

/* Runs up to the gradients of the outputs. Each part succeeds on all ranks or on none. */
static bool forward(sx_trainer *t, sx_plan *p, const piece *part, sx_losses *losses,
                    sx_error *err) {
    const sx_example *batch = part->batch + part->first;
    sx_targets *truth = sx_calloc_for((size_t)part->count, sizeof *truth, "batch", err);
    bool ok = truth != NULL;
    for (int i = 0; ok && i < part->count; i++)
        truth[i] = (sx_targets){ .boxes = batch[i].boxes,
                                 .labels = batch[i].labels,
                                 .count = batch[i].count,
                                 .width = batch[i].image.width,
                                 .height = batch[i].image.height,
                                 .classes = batch[i].classes,
                                 .draw = draw_key(t, part->before + part->first + i) };
    if (ok) fill_inputs(t, p, batch, part->count);
    ok = sx_comm_all_succeeded(t->o.comm, ok && sx_targets_fill(p, truth, part->count, err), err);
    ok = ok && sx_comm_all_succeeded(t->o.comm, sx_plan_run(p, err), err);
    ok = ok && sx_comm_all_succeeded(t->o.comm,
                                     t->net.arch->train->loss(t->net.config, p, truth, part->count,
                                                              &t->loss, losses, err),
                                     err);
    free(truth);
    return ok;
}

static bool add_piece(sx_trainer *t, const piece *part, sx_losses *losses, sx_error *err) {
    sx_plan *p = plan_for(t, part->shape, err);
    if (!sx_comm_all_succeeded(t->o.comm, p != NULL, err) || !forward(t, p, part, losses, err))
        return false;
    if (part->weight != 1) sx_plan_scale_output_grads(p, (float)part->weight);
    t->averaged = part->last && t->buckets;
    const bool ok =
        t->averaged ? sx_buckets_backward(t->buckets, p, err) : sx_plan_backward(p, err);
    return sx_comm_all_succeeded(t->o.comm, ok, err);
}

/* The divisor of the loss of these films, over all ranks. */
static double divisor(const sx_trainer *t, const sx_example *batch, int count) {
    double targets = 0;
    for (int i = 0; i < count; i++)
        targets += batch[i].count;
    if (!t->net.arch->train->loss_by_targets) return count;
    sx_comm_sum(t->o.comm, &targets, 1);
    return targets > 0 ? targets : 1;
}

static void add_losses(sx_losses *sum, const sx_losses *l, double weight) {
    if (sum->count == 0) *sum = (sx_losses){ .count = l->count };
    for (int i = 0; i < l->count; i++) {
        memcpy(sum->items[i].name, l->items[i].name, sizeof l->items[i].name);
        sum->items[i].value += weight * l->items[i].value;
    }
    sum->total += weight * l->total;
}

/* From every rank's mean loss to the mean of the whole batch. */
static void share_losses(sx_trainer *t, sx_losses *l) {
    double x[SX_MAX_LOSSES + 1] = { l->total };
    if (!t->o.comm) return;
    for (int i = 0; i < l->count; i++)
        x[i + 1] = l->items[i].value;
    sx_comm_sum(t->o.comm, x, (size_t)l->count + 1);
    for (int i = 0; i < l->count; i++)
        l->items[i].value = x[i + 1] / sx_comm_size(t->o.comm);
    l->total = x[0] / sx_comm_size(t->o.comm);
}

static bool add_gradients(sx_trainer *t, const sx_example *batch, int count, bool last,
                          sx_losses *losses, sx_error *err) {
    const int pieces = t->o.accumulate > 1 ? t->o.accumulate : 1,
              most = (count + pieces - 1) / pieces;
    const double whole = divisor(t, batch, count);
    sx_shape shape = shape_of(t, batch, count);
    *losses = (sx_losses){ 0 };
    for (int first = 0; first < count; first += most) {
        sx_losses l;
        const int n = count - first < most ? count - first : most;
        shape.n = n;
        const piece p = { batch,
                          first,
                          n,
                          sx_comm_rank(t->o.comm) * count,
                          shape,
                          divisor(t, batch + first, n) / whole,
                          last && first + n == count };
        if (!add_piece(t, &p, &l, err)) return false;
        add_losses(losses, &l, p.weight);
    }
    share_losses(t, losses);
    return true;
}

bool sx_trainer_add(sx_trainer *t, const sx_example *batch, int count, sx_losses *losses,
                    sx_error *err) {
    return add_gradients(t, batch, count, false, losses, err);
}

bool sx_trainer_update(sx_trainer *t, sx_train_report *r, sx_error *err) {
    r->iteration = sx_optim_steps(t->optim);
    r->rate = sx_schedule_rate(&t->o.schedule, r->iteration);
    if (t->buckets && !t->averaged) sx_buckets_average(t->buckets);
    t->averaged = false;
    bool ok = sx_optim_step(t->optim, r->rate, &r->optim, err);
    sx_store_zero_grads(t->store);
    return ok;
}

bool sx_trainer_step(sx_trainer *t, const sx_example *batch, int count, sx_train_report *r,
                     sx_error *err) {
    const double start = sx_now();
    *r = (sx_train_report){ 0 };
    const sx_loss_state before = t->loss;
    bool ok = add_gradients(t, batch, count, true, &r->losses, err);
    if (!ok) sx_store_zero_grads(t->store);
    ok = ok && sx_trainer_update(t, r, err);
    if (!ok) t->loss = before;
    r->seconds = sx_now() - start;
    for (int i = 0; i < PLANS; i++)
        r->memory += t->plans[i].plan ? sx_plan_memory(t->plans[i].plan) : 0;
    return ok;
}

sx_plan *sx_trainer_plan(const sx_trainer *t) {
    const ready *last = &t->plans[0];
    for (int i = 1; i < PLANS; i++)
        if (t->plans[i].used > last->used) last = &t->plans[i];
    return last->plan;
}

sx_comm *sx_trainer_comm(const sx_trainer *t) {
    return t->o.comm;
}

double sx_trainer_waited(const sx_trainer *t) {
    return t->buckets ? sx_buckets_waited(t->buckets) : 0;
}

size_t sx_trainer_exchanged(const sx_trainer *t) {
    return t->buckets ? sx_buckets_bytes(t->buckets) : 0;
}

long sx_trainer_iteration(const sx_trainer *t) {
    return sx_optim_steps(t->optim);
}

static int64_t count_of(const sx_param *p) {
    int64_t n = 1;
    for (int i = 0; i < p->ndim; i++)
        n *= p->dims[i];
    return n;
}

size_t sx_trainer_params(const sx_trainer *t) {
    size_t n = 0;
    for (size_t i = 0; i < sx_graph_param_count(t->graph); i++)
        if (sx_store_trainable(t->store, sx_graph_param(t->graph, i)))
            n += (size_t)count_of(sx_graph_param(t->graph, i));
    return n;
}

void sx_trainer_share(sx_trainer *t) {
    for (size_t i = 0; t->o.comm && i < sx_graph_param_count(t->graph); i++) {
        const sx_param *p = sx_graph_param(t->graph, i);
        sx_comm_share(t->o.comm, sx_store_f32_mutable(t->store, p),
                      (size_t)count_of(p) * sizeof(float), 0);
    }
}

static bool copy_params(const sx_trainer *t, sx_weights *w, bool ema, sx_error *err) {
    for (size_t i = 0; i < sx_graph_param_count(t->graph); i++) {
        const sx_param *p = sx_graph_param(t->graph, i);
        const float *v = ema ? sx_optim_ema(t->optim, p) : NULL;
        if (!v) v = sx_store_f32(t->store, p);
        const bool counter = p->kind == SX_PARAM_COUNTER;
        void *to =
            sx_weights_add_empty(w, p->name, counter ? SX_I64 : SX_F32, p->ndim, p->dims, err);
        if (!to) return false;
        if (counter)
            *(int64_t *)to = (int64_t)v[0];
        else
            memcpy(to, v, (size_t)count_of(p) * sizeof *v);
    }
    return true;
}

sx_weights *sx_trainer_weights(const sx_trainer *t, bool ema, sx_error *err) {
    sx_weights *w = sx_weights_new(err);
    if (w && copy_params(t, w, ema, err) && sx_network_describe(&t->net, w, err)) return w;
    sx_weights_free(w);
    return NULL;
}

bool sx_trainer_save(const sx_trainer *t, sx_weights *into, sx_error *err) {
    char state[64];
    snprintf(state, sizeof state, "%a", t->loss.normaliser);
    return copy_params(t, into, false, err) && sx_network_describe(&t->net, into, err) &&
           sx_optim_save(t->optim, into, err) &&
           sx_weights_set_meta(into, "loss.normaliser", state, err);
}

bool sx_trainer_load(sx_trainer *t, const sx_weights *from, sx_error *err) {
    for (size_t i = 0; i < sx_graph_param_count(t->graph); i++) {
        const sx_param *p = sx_graph_param(t->graph, i);
        const sx_tensor *have = sx_weights_find(from, p->name);
        float *to = sx_store_f32_mutable(t->store, p);
        if (!have || sx_tensor_count(have) != count_of(p))
            return sx_fail(err, SX_ERR_MISMATCH,
                           "%s: no tensor %s: not a checkpoint of this training",
                           sx_weights_path(from), p->name);
        if (!sx_tensor_to_f32(have, 0, count_of(p), to, err)) return false;
    }
    const char *state = sx_weights_meta(from, "loss.normaliser");
    t->loss.normaliser = 0;
    if (state && (!sx_parse_printed_double(state, &t->loss.normaliser) ||
                  !(t->loss.normaliser >= 0) || t->loss.normaliser > 1e12))
        return sx_fail(err, SX_ERR_FORMAT, "%s: loss.normaliser is %s", sx_weights_path(from),
                       state);
    return sx_optim_load(t->optim, from, err);
}
