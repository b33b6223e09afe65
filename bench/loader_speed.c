/* Times the loader against the networks that train from it: bench-loader DIR [FILMS
 * [classifier|detector]]
 *
 * Writes a set of drawn films (DICOM, mixed transfer syntaxes, longer side 2,500) and their cache
 * into DIR and trains each network from the cache on the same cores. "loader alone" is the rate of
 * the loader without a network, "network" the rate of the network on one batch in memory, "ratio"
 * the former over the latter, and "waited" the time that training spent in sx_loader_next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/context_impl.h"
#include "base/cpu.h"
#include "base/files.h"
#include "data/manifest.h"
#include "phantom/phantom_set.h"
#include "train/loader.h"
#include "train/trainer.h"

static sx_context context;

typedef struct films {
    sx_manifest manifest;
    sx_loader_film *film;
    sx_film_box *boxes;
    int *labels;
    const char **paths;
    size_t count;
} films;

static void stop(const sx_error *err) {
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static void *room(size_t count, size_t size) {
    void *p = calloc(count + 1, size);
    if (!p) exit(1);
    return p;
}

/* ---- the films ---- */

static void draw_set(const char *dir, size_t count) {
    sx_error err = { 0 };
    sx_phantom_totals totals;
    if (sx_path_exists(dir)) return;
    const sx_phantom_set set = {
        .out = dir, .count = count, .seed = 1, .syntax = -1, .film = { .long_side = 2500 }
    };
    const double t = sx_now();
    if (!sx_phantom_write_set(&set, &totals, &err)) stop(&err);
    printf("%zu films drawn in %.1f s\n", count, sx_now() - t);
}

static void open_set(const char *dir, films *f) {
    sx_error err = { 0 };
    if (!sx_manifest_open(dir, NULL, &f->manifest, &err)) stop(&err);
    const sx_manifest *m = &f->manifest;
    f->film = room(m->film_count, sizeof *f->film);
    f->boxes = room(m->box_count, sizeof *f->boxes);
    f->labels = room(m->box_count, sizeof *f->labels);
    f->paths = room(m->film_count, sizeof *f->paths);
    for (size_t k = 0; k < m->box_count; k++) {
        const float *b = m->boxes[k].xyxy;
        f->boxes[k] = (sx_film_box){ (double)b[0], (double)b[1], (double)b[2], (double)b[3], 0 };
        f->labels[k] = (int)m->boxes[k].label;
    }
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *x = &m->films[i];
        f->paths[f->count] = x->path;
        f->film[f->count++] = (sx_loader_film){ .id = x->id,
                                                .path = x->path,
                                                .boxes = &f->boxes[x->first_box],
                                                .labels = &f->labels[x->first_box],
                                                .count = x->box_count,
                                                .target = x->label == 1 ? 1.0F : 0.0F,
                                                .width = x->width,
                                                .height = x->height };
    }
}

static void close_set(films *f) {
    free(f->film);
    free(f->boxes);
    free(f->labels);
    free(f->paths);
    sx_manifest_free(&f->manifest);
}

static sx_film_cache *open_cache(const char *dir, const films *f, const sx_loader_options *o) {
    sx_error err = { 0 };
    const sx_film_cache_options how = { .context = &context,
                                        .dir = dir,
                                        .paths = f->paths,
                                        .count = f->count,
                                        .fit = sx_loader_fit(o) };
    double t = sx_now();
    sx_film_cache *c = sx_film_cache_open(&how, &err);
    if (!c) stop(&err);
    t = sx_now() - t;
    printf("  cache made   %8.1f films/s (%zu read)\n", (double)sx_film_cache_decoded(c) / t,
           sx_film_cache_decoded(c));
    sx_film_cache_close(c);
    t = sx_now();
    if (!(c = sx_film_cache_open(&how, &err))) stop(&err);
    printf("  cache opened %8.2f ms\n", (sx_now() - t) * 1e3);
    return c;
}

/* ---- the loader alone ---- */

static double loader_rate(const films *f, const sx_loader_options *o, double seconds) {
    sx_error err = { 0 };
    sx_loader *loader = sx_loader_new(f->film, f->count, o, &err);
    if (!loader || !sx_loader_next(loader, &err)) stop(&err);
    for (size_t i = 0; i < f->count / (size_t)o->batch;
         i++) /* all films are checked and in the page cache */
        if (o->store && !sx_loader_next(loader, &err)) stop(&err);
    long batches = 0;
    const double t = sx_now();
    for (; sx_now() - t < seconds; batches++)
        if (!sx_loader_next(loader, &err)) stop(&err);
    const double rate = (double)batches * o->batch / (sx_now() - t);
    sx_loader_free(loader);
    return rate;
}

/* ---- with a network ---- */

static void train(const char *arch, sx_dtype dtype, const films *f, const sx_loader_options *o,
                  double alone, int steps) {
    sx_error err = { 0 };
    sx_network net;
    sx_train_report r;
    sx_network_default(&net, sx_arch_find(arch), 0);
    const bool detector = net.arch->task == SX_DETECTOR;
    static const char *const frozen[] = { "bottom_up.stem", "bottom_up.res2", NULL };
    const sx_trainer_options how = { .context = &context,
                                     .compute = dtype,
                                     .optim = { .kind = SX_OPTIM_SGD, .momentum = 0.9 },
                                     .schedule = { .base = 1e-5 },
                                     .pad = detector ? 64 : 32,
                                     .frozen = detector ? frozen : NULL };
    sx_trainer *t = sx_trainer_new(&net, NULL, &how, &err);
    sx_loader *loader = t ? sx_loader_new(f->film, f->count, o, &err) : NULL;
    const sx_example *batch = loader ? sx_loader_next(loader, &err) : NULL;
    if (!batch || !sx_trainer_step(t, batch, o->batch, &r, &err)) stop(&err);
    double held = 0, fed = 0;
    for (int i = 0; i < steps; i++) { /* the loader has filled its queue and is idle */
        const double start = sx_now();
        if (!sx_trainer_step(t, batch, o->batch, &r, &err)) stop(&err);
        held += sx_now() - start;
    }
    const double before = sx_loader_waited(loader);
    for (int i = 0; i < steps; i++) {
        const double start = sx_now();
        if (!(batch = sx_loader_next(loader, &err)) ||
            !sx_trainer_step(t, batch, o->batch, &r, &err))
            stop(&err);
        fed += sx_now() - start;
    }
    const double network_rate = steps * o->batch / held, waited = sx_loader_waited(loader) - before;
    printf(
        "  %s %s, batches of %d: network %.2f films/s; ratio %.1f; waited %.3f of %.0f ms per step "
        "(%.3f %%)\n",
        arch, dtype == SX_BF16 ? "bf16" : "f32", o->batch, network_rate, alone / network_rate,
        waited / steps * 1e3, fed / steps * 1e3, waited / fed * 100);
    fflush(stdout);
    sx_loader_free(loader);
    sx_trainer_free(t);
}

static double both_rates(const films *f, sx_loader_options *o, const char *cache) {
    sx_film_cache *c = open_cache(cache, f, o);
    o->store = NULL;
    o->cache_bytes = 1;
    printf("  loader alone, from the films' own files %8.1f films/s\n", loader_rate(f, o, 3));
    o->store = c;
    const double alone = loader_rate(f, o, 3);
    printf("  loader alone, from the cache            %8.1f films/s\n", alone);
    fflush(stdout);
    return alone;
}

static void classifier(const films *f, const char *cache) {
    printf("classifier, 224x224\n");
    sx_loader_options o = {
        .context = &context, .batch = 32, .width = 224, .height = 224, .augment = { .flip = 0.5 }
    };
    const double alone = both_rates(f, &o, cache);
    train("densenet121", SX_F32, f, &o, alone, 4);
    train("densenet121", SX_BF16, f, &o, alone, 8);
    sx_film_cache_close((sx_film_cache *)(uintptr_t)o.store);
}

static void detector(const films *f, const char *cache) {
    printf("detector, shorter edge 800, AutoAugment\n");
    static const int sizes[] = { 800 };
    sx_loader_options o = { .context = &context,
                            .batch = 2,
                            .classes = 80,
                            .repeat_threshold = 0.1,
                            .group_by_aspect = true,
                            .augment = { .flip = 0.5,
                                         .min_sizes = sizes,
                                         .min_count = 1,
                                         .max_size = 1333,
                                         .policy = true } };
    const double alone = both_rates(f, &o, cache);
    train("sparse_rcnn_r50", SX_BF16, f, &o, alone, 3);
    sx_film_cache_close((sx_film_cache *)(uintptr_t)o.store);
}

int main(int argc, char **argv) {
    context.threads = sx_cores();
    if (argc < 2)
        return fprintf(stderr, "usage: bench-loader DIR [FILMS [classifier|detector]]\n"), 2;
    const size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
    const char *part = argc > 3 ? argv[3] : NULL;
    char set[1000], cache[1000];
    sx_error err = { 0 };
    snprintf(set, sizeof set, "%s/set", argv[1]);
    snprintf(cache, sizeof cache, "%s/cache", argv[1]);
    if (!sx_make_dirs(argv[1], &err)) stop(&err);
    printf("%s, %d threads\n", sx_cpu_get()->model, context.threads);
    draw_set(set, count);
    films f = { 0 };
    open_set(set, &f);

    if (!part || strcmp(part, "classifier") == 0) classifier(&f, cache);
    if (!part || strcmp(part, "detector") == 0) detector(&f, cache);
    close_set(&f);
    return 0;
}
