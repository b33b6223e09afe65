#include "cli/bench_train.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "train/trainer.h"

enum { BOXES = 5 };

typedef struct noise_batch {
    sx_example *items;
    int count;
    sx_box boxes[BOXES];
    int labels[BOXES];
    float *classes;
} noise_batch;

static void free_batch(noise_batch *b) {
    for (int i = 0; b->items && i < b->count; i++)
        sx_image_free(&b->items[i].image);
    free(b->items);
    free(b->classes);
}

static bool make_batch(noise_batch *b, sx_shape s, int classes, sx_error *err) {
    *b = (noise_batch){ .count = s.n };
    b->items = sx_calloc_for((size_t)s.n, sizeof *b->items, "a batch", err);
    b->classes = sx_calloc_for((size_t)classes, sizeof *b->classes, "a batch", err);
    if (!b->items || !b->classes) return false;
    b->classes[0] = 1;
    const float w = (float)s.w, h = (float)s.h;
    for (int k = 0; k < BOXES; k++) {
        const float x = w * (float)(k + 1) / 8, y = h * (float)(k + 1) / 8;
        b->boxes[k] = (sx_box){ x, y, x + w / 6, y + h / 8 };
        b->labels[k] = k % classes;
    }
    for (int i = 0; i < s.n; i++) {
        sx_example *e = &b->items[i];
        if (!sx_image_new(&e->image, s.w, s.h, 1, 8, err)) return false;
        const uint64_t key = sx_rng_key("bench", (uint64_t)i);
        for (int64_t k = 0; k < (int64_t)s.w * s.h; k++)
            sx_image_u8(&e->image)[k] = (uint8_t)sx_rng_u64(key, (uint64_t)k);
        e->boxes = b->boxes;
        e->labels = b->labels;
        e->count = BOXES;
        e->classes = b->classes;
        e->name = "noise";
    }
    return true;
}

static double flops_of(const sx_network *net, sx_shape shape) {
    double sum = 0;
    sx_graph *g = sx_network_build(net, shape, SX_FOR_TRAINING, NULL);
    for (size_t i = 0; g && i < sx_graph_node_count(g); i++)
        sum += sx_node_flops(sx_graph_node(g, i));
    sx_graph_free(g);
    return 3 * sum;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static sx_trainer *new_trainer(const sx_context *context, const sx_network *net, sx_dtype dtype,
                               bool recompute, sx_error *err) {
    const sx_trainer_options o = {
        .context = context,
        .compute = dtype,
        .recompute = recompute,
        .optim = { .kind = SX_OPTIM_SGD, .momentum = 0.9, .decay = 1e-4 },
        .schedule = { .base = 1e-5 },
        .frozen = net->arch->frozen
    };
    return sx_trainer_new(net, NULL, &o, err);
}

bool sx_bench_train(const sx_context *context, const sx_network *net, sx_shape shape,
                    sx_dtype dtype, bool recompute, long runs, sx_bench_step *out, sx_error *err) {
    noise_batch batch;
    double *seconds = sx_calloc_for((size_t)runs, sizeof *seconds, "times", err);
    bool ok = make_batch(&batch, shape, sx_network_classes(net), err) && seconds;
    sx_trainer *t = ok ? new_trainer(context, net, dtype, recompute, err) : NULL;
    sx_train_report r = { 0 };
    ok = t && sx_trainer_step(t, batch.items, batch.count, &r, err);
    for (long i = 0; ok && i < runs; i++) {
        const double start = sx_now();
        ok = sx_trainer_step(t, batch.items, batch.count, &r, err);
        seconds[i] = sx_now() - start;
    }
    if (ok) {
        qsort(seconds, (size_t)runs, sizeof *seconds, by_value);
        *out = (sx_bench_step){ seconds[0] * 1e3, seconds[runs / 2] * 1e3, flops_of(net, shape),
                                r.memory, r.losses.total };
    }
    sx_trainer_free(t);
    free_batch(&batch);
    free(seconds);
    return ok;
}

bool sx_bench_train_steps(const sx_context *context, const sx_network *net, sx_shape shape,
                          sx_dtype dtype, bool recompute, sx_bench_plan_fn *fn, sx_error *err) {
    noise_batch batch;
    sx_train_report r;
    sx_trainer *t = make_batch(&batch, shape, sx_network_classes(net), err)
                        ? new_trainer(context, net, dtype, recompute, err)
                        : NULL;
    bool ok = t && sx_trainer_step(t, batch.items, batch.count, &r, err);
    if (ok) sx_plan_profile(sx_trainer_plan(t), true);
    ok = ok && sx_trainer_step(t, batch.items, batch.count, &r, err);
    if (ok) fn(sx_trainer_plan(t));
    sx_trainer_free(t);
    free_batch(&batch);
    return ok;
}
