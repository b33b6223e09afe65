/* One training step on the ranks that started this: mpirun -n N bench-scaling NETWORK BATCH SIZE
 * STEPS [sync] [bf16]
 *
 * BATCH films of SIZE pixels a side in all. Prints ranks, threads, films; of the fastest of the
 * steps (the slowest rank's): seconds, and those spent waiting for gradients after the backward
 * pass; the least processor seconds of a rank's step, which other programs on the machine disturb
 * less; the seconds that one all-reduce of all gradients takes by itself, and their bytes.
 * bench/scaling runs it and says what follows for more machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/rng.h"
#ifdef SX_HAVE_MPI
#include "train/comm_mpi.h"
#endif
#include "train/trainer.h"

enum { BOXES = 5 };

static sx_box boxes[BOXES];
static int labels[BOXES];
static float abnormal[1] = { 1 };

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static sx_example *noise(int count, int size) {
    sx_error err = { 0 };
    sx_example *e = calloc((size_t)count, sizeof *e);
    if (!e) exit(1);
    for (int k = 0; k < BOXES; k++) {
        const float at = (float)(size * (k + 1)) / 8;
        boxes[k] = (sx_box){ at, at, at + (float)size / 6, at + (float)size / 8 };
    }
    for (int i = 0; i < count; i++) {
        if (!sx_image_new(&e[i].image, size, size, 1, 8, &err)) stop(&err);
        const uint64_t key = sx_rng_key("bench", (uint64_t)i);
        for (int64_t k = 0; k < (int64_t)size * size; k++)
            sx_image_u8(&e[i].image)[k] = (uint8_t)sx_rng_u64(key, (uint64_t)k);
        e[i].boxes = boxes;
        e[i].labels = labels;
        e[i].count = BOXES;
        e[i].classes = abnormal;
        e[i].name = "noise";
    }
    return e;
}

/* All gradients at once, with nothing to hide behind. */
static double exchange(sx_comm *c, size_t bytes, int runs) {
    double best = 0;
    float *x = calloc(bytes / sizeof *x + 1, sizeof *x);
    for (int i = 0; c && x && i < runs; i++) {
        double start = 0;
        sx_comm_max(c, &start, 1); /* all begin together */
        start = sx_now();
        c->ops->begin_sum(c->ctx, x, bytes / sizeof *x);
        c->ops->finish(c->ctx);
        double t = sx_now() - start;
        sx_comm_max(c, &t, 1);
        if (i == 0 || t < best) best = t;
    }
    free(x);
    return best;
}

static int number(const char *text) {
    return (int)strtol(text, NULL, 10);
}

int main(int argc, char **argv) {
    if (argc < 5)
        return fprintf(stderr, "usage: bench-scaling NETWORK BATCH SIZE STEPS [sync] [bf16]\n"), 2;
    sx_error err = { 0 };
    sx_comm *c = NULL;
#ifdef SX_HAVE_MPI
    if (!sx_comm_mpi_open(&c, &err)) stop(&err);
#endif
    const char *threads = getenv("THREADS");
    const sx_context context = { .threads = threads ? number(threads) : sx_cores() };
    sx_network net;
    const sx_arch *arch = sx_arch_find(argv[1]);
    if (!arch) return fprintf(stderr, "%s is not known\n", argv[1]), 2;
    sx_network_default(&net, arch, 0);
    sx_trainer_options o = { .context = &context,
                             .compute = SX_F32,
                             .optim = { .kind = SX_OPTIM_SGD, .momentum = 0.9 },
                             .schedule = { .base = 1e-6 },
                             .frozen = arch->train->frozen,
                             .comm = c };
    for (int i = 5; i < argc; i++) {
        if (strcmp(argv[i], "sync") == 0) o.sync_norm = true;
        if (strcmp(argv[i], "bf16") == 0) o.compute = SX_BF16;
    }
    const int count = number(argv[2]) / sx_comm_size(c), steps = number(argv[4]);
    sx_example *batch = noise(count, number(argv[3]));
    sx_trainer *t = sx_trainer_new(&net, NULL, &o, &err);
    sx_train_report r;
    double best[3] = { 0 }; /* seconds of a step, of it waiting; processor seconds */
    if (!t) stop(&err);
    for (int i = 0; i <= steps; i++) { /* the first one makes the plan */
        const clock_t began = clock();
        if (!sx_trainer_step(t, batch, count, &r, &err)) stop(&err);
        double s[3] = { r.seconds, sx_trainer_waited(t),
                        (double)(clock() - began) / CLOCKS_PER_SEC };
        sx_comm_max(c, s, 3);
        if (i == 1 || (i > 1 && s[0] < best[0])) memcpy(best, s, 2 * sizeof *s);
        if (i == 1 || (i > 1 && s[2] < best[2])) best[2] = s[2];
    }
    const double alone = exchange(c, sx_trainer_exchanged(t), 5);
    if (sx_comm_rank(c) == 0)
        printf("%d %d %d %.4f %.4f %.4f %.4f %zu\n", sx_comm_size(c), context.threads,
               count * sx_comm_size(c), best[0], best[1], best[2], alone,
               sx_trainer_params(t) * sizeof(float));
    sx_trainer_free(t);
    for (int i = 0; i < count; i++)
        sx_image_free(&batch[i].image);
    free(batch);
#ifdef SX_HAVE_MPI
    sx_comm_mpi_close(c, 0);
#endif
    return 0;
}
