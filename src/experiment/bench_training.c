#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "experiment/bench_times.h"
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

static sx_trainer *new_trainer(const sx_bench_options *o, sx_error *err) {
    const sx_trainer_options to = {
        .context = o->context,
        .compute = o->dtype,
        .recompute = o->recompute,
        .optim = { .kind = SX_OPTIM_SGD, .momentum = 0.9, .decay = 1e-4 },
        .schedule = { .base = 1e-5 },
        .frozen = o->net->arch->train->frozen
    };
    return sx_trainer_new(o->net, NULL, &to, err);
}

typedef struct training {
    sx_trainer *trainer;
    noise_batch batch;
    sx_train_report report; /* of the last step */
} training;

static bool train_step(void *user, sx_error *err) {
    training *t = user;
    return sx_trainer_step(t->trainer, t->batch.items, t->batch.count, &t->report, err);
}

static bool profile_steps(const sx_bench_options *o, training *t, sx_error *err) {
    if (!o->steps) return true;
    sx_plan_profile(sx_trainer_plan(t->trainer), true);
    if (!train_step(t, err)) return false;
    o->steps(o->user, sx_trainer_plan(t->trainer));
    return true;
}

bool sx_bench_training(const sx_bench_options *o, sx_bench_result *out, sx_error *err) {
    *out = (sx_bench_result){ .boxes_ms = -1 };
    training t = { 0 };
    const sx_bench_work work = { NULL, train_step, &t };
    const bool ok = make_batch(&t.batch, o->shape, sx_network_classes(o->net), err) &&
                    (t.trainer = new_trainer(o, err)) &&
                    sx_bench_time(&work, o->context, o->runs, out, err) &&
                    profile_steps(o, &t, err);
    out->flops = flops_of(o->net, o->shape);
    out->memory = t.report.memory;
    sx_trainer_free(t.trainer);
    free_batch(&t.batch);
    return ok;
}
