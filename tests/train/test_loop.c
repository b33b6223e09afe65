/* The loop: batches do not depend on the threads, and a resumed run equals an uninterrupted one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "image/noise.h"
#include "image/png.h"
#include "support/check.h"
#include "train/loop.h"

enum { FILMS = 5, BATCH = 2 };

static sx_loader_film films[FILMS];
static sx_film_box boxes[FILMS] = { { 5, 5, 40, 60, 0 },
                                    { 20, 30, 90, 80, 0 },
                                    { 1, 2, 30, 30, 0 },
                                    { 50, 50, 88, 90, 0 },
                                    { 10, 40, 60, 70, 0 } };
static int labels[FILMS] = { 0, 1, 2, 1, 0 };
static const int sizes[] = { 64, 80 };

static int make_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        sx_image im;
        snprintf(name, sizeof name, "film%d.png", i);
        if (!sx_noise_image(name, 100, 96, false, &im, &err)) return 1;
        films[i] = (sx_loader_film){ .id = strdup(name),
                                     .path = strdup(check_tmp_path(name)),
                                     .boxes = &boxes[i],
                                     .labels = &labels[i],
                                     .count = 1,
                                     .width = 100,
                                     .height = 96 };
        if (!sx_png_write(&im, SX_PNG_QUICK, films[i].path, &err)) return 1;
        sx_image_free(&im);
    }
    return 0;
}

static int clean(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++) {
        free((char *)(uintptr_t)films[i].id);
        free((char *)(uintptr_t)films[i].path);
    }
    check_tmp_remove();
    return 0;
}

static const sx_loader_options usual = {
    .batch = BATCH,
    .seed = 3,
    .classes = 3,
    .augment = { .flip = 0.5, .min_sizes = sizes, .min_count = 2, .max_size = 128, .policy = true }
};

static sx_loader *make_loader(bool skip, size_t cache) {
    sx_error err = { 0 };
    sx_loader_options o = usual;
    o.cache_bytes = cache;
    o.skip_unreadable = skip;
    sx_loader *f = sx_loader_new(films, FILMS, &o, &err);
    CHECK_OK(f != NULL, err);
    return f;
}

#define BACKBONE                                                                                   \
    "\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, \"backbone_trained_norm\": 1"

static const struct {
    const char *arch, *config;
} detectors[] = {
    { "sparse_rcnn_r50",
      "{" BACKBONE
      ", \"proposals\": 10, \"heads\": 2, \"hidden\": 32, \"dynamic\": 8, \"feedforward\": 32}" },
    { "faster_rcnn_r50",
      "{" BACKBONE
      ", \"channels\": 16, \"anchor\": 16, \"proposals\": 10, \"sampled\": 16, \"fc\": 16}" },
    { "retinanet_r50", "{" BACKBONE ", \"channels\": 16, \"convs\": 1, \"anchor\": 16}" },
    { "efficientdet_d0",
      "{\"backbone_width\": 25, \"backbone_depth\": 50, \"channels\": 16, \"cells\": 1, "
      "\"convs\": 1, \"levels\": 3, \"anchor\": 16}" },
};
enum { DETECTORS = sizeof detectors / sizeof detectors[0] };

static int which; /* of the detectors */

static sx_trainer *trainer(void) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(detectors[which].arch), 3);
    CHECK_OK(sx_network_configure(&net, detectors[which].config, &err), err);
    const sx_trainer_options o = { .optim = { .kind = SX_OPTIM_ADAMW, .decay = 1e-4, .ema = 0.9 },
                                   .schedule = { .base = 1e-3, .gamma = 0.1 },
                                   .seed = 5 };
    sx_trainer *t = sx_trainer_new(&net, NULL, &o, &err);
    CHECK_OK(t != NULL, err);
    return t;
}

static bool stop_after_three(void *ctx) {
    return ++*(int *)ctx == 3;
}

static void train(const char *out, long iterations, bool resume, int *stop) {
    sx_error err = { 0 };
    sx_loop_result r;
    sx_trainer *t = trainer();
    sx_loader *f = make_loader(false, 0);
    const sx_context context = { .threads = 1,
                                 .cancel = stop ? stop_after_three : NULL,
                                 .cancel_user = stop };
    const sx_loop_options o = { .iterations = iterations,
                                .out = out,
                                .checkpoint_every = 2,
                                .resume = resume,
                                .context = &context };
    CHECK_OK(sx_train_loop(t, f, &o, &r, &err), err);
    assert_int_equal(r.iterations, stop ? 3 : iterations);
    sx_loader_free(f);
    sx_trainer_free(t);
}

static void check_same_file(const char *a, const char *b) {
    sx_error err = { 0 };
    sx_file x, y;
    CHECK_OK(sx_file_open(&x, a, &err) && sx_file_open(&y, b, &err), err);
    if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0) fail_msg("%s and %s differ", a, b);
    sx_file_close(&x);
    sx_file_close(&y);
}

static void in(const char *dir, const char *name, char *out) {
    snprintf(out, 1024, "%s/%s", dir, name);
}

static void check_resume(void) {
    char whole[512], part[512], a[1024], b[1024];
    snprintf(whole, sizeof whole, "%s", check_tmp_path("whole"));
    snprintf(part, sizeof part, "%s", check_tmp_path("part"));
    int count = 0;
    train(whole, 7, false, NULL);
    train(part, 7, false, &count);
    /* stopped before its first validation: there are weights all the same */
    sx_error err = { 0 };
    in(part, "last.safetensors", b);
    sx_weights *stopped = sx_weights_open(b, &err);
    CHECK_OK(stopped != NULL, err);
    sx_weights_free(stopped);
    train(part, 7, true, NULL);
    in(whole, "last.safetensors", a);
    check_same_file(a, b);
    in(whole, "last.ckpt.safetensors", a);
    in(part, "last.ckpt.safetensors", b);
    check_same_file(a, b);
}

static void test_resume(void **state) {
    (void)state;
    for (which = DETECTORS - 1; which > 0; which--)
        check_resume();
    check_resume();
}

/* A run that was killed between a checkpoint and its end: the log's later lines go, the weights are
 * the same. */
static void test_killed(void **state) {
    (void)state;
    sx_error err = { 0 };
    char whole[512], part[512], a[1024], b[1024];
    snprintf(whole, sizeof whole, "%s", check_tmp_path("whole"));
    snprintf(part, sizeof part, "%s", check_tmp_path("killed"));
    int count = 0;
    train(part, 7, false, &count);
    in(part, "metrics.jsonl", a);
    FILE *f = fopen(a, "a");
    assert_non_null(f);
    /* a line that ends before its number */
    fputs("{\"iteration\": \n2}\n", f);
    fputs("{\"iteration\": 3, \"rate\": 1}\n{\"iteration\": 4, \"ra", f);
    fclose(f);
    train(part, 7, true, NULL);
    in(whole, "last.safetensors", a);
    in(part, "last.safetensors", b);
    check_same_file(a, b);
    sx_file log;
    in(part, "metrics.jsonl", b);
    CHECK_OK(sx_file_open(&log, b, &err), err);
    int lines = 0;
    for (size_t i = 0; i < log.size; i++)
        lines += log.data[i] == '\n';
    assert_int_equal(lines, 7);
    sx_file_close(&log);
}

static void check_same_sample(const sx_example *x, const sx_example *y) {
    assert_string_equal(x->name, y->name);
    assert_int_equal(x->count, y->count);
    assert_true(x->classes[0] == y->classes[0]);
    for (int i = 0; i < x->count; i++) {
        assert_int_equal(x->labels[i], y->labels[i]);
        assert_memory_equal(&x->boxes[i], &y->boxes[i], sizeof(sx_box));
    }
    assert_int_equal(sx_image_bytes(&x->image), sx_image_bytes(&y->image));
    assert_int_equal(x->image.width, y->image.width);
    assert_memory_equal(x->image.data, y->image.data, sx_image_bytes(&x->image));
}

/* One loader after another gives the batches from, from + 1, ... of the first. */
static void check_same_batches(const sx_loader_options *one, const sx_loader_options *other,
                               int from, int count) {
    sx_error err = { 0 };
    sx_loader *a = sx_loader_new(films, FILMS, one, &err),
              *b = sx_loader_new(films, FILMS, other, &err);
    CHECK_OK(a && b, err);
    sx_loader_seek(b, (uint64_t)from);
    for (int k = 0; k < count; k++) {
        const sx_example *x = sx_loader_next(a, &err),
                         *y = k < from ? NULL : sx_loader_next(b, &err);
        CHECK_OK(x && (y || k < from), err);
        for (int i = 0; y && i < one->batch; i++)
            check_same_sample(&x[i], &y[i]);
    }
    assert_true(sx_loader_waited(a) > 0);
    sx_loader_free(a);
    sx_loader_free(b);
}

/* From memory, from the disk or from the films, by one thread or many, from the start or sought:
 * batch k is batch k. */
static void test_batches(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *paths[FILMS];
    for (int i = 0; i < FILMS; i++)
        paths[i] = films[i].path;
    for (int kind = 0; kind < 2; kind++) {
        sx_loader_options o = usual, other;
        if (kind) o.width = 48, o.height = 56, o.classes = 4; /* abnormal and three findings */
        sx_film_cache *store =
            sx_film_cache_open(&(sx_film_cache_options){ .dir = check_tmp_path("cache"),
                                                         .paths = paths,
                                                         .count = FILMS,
                                                         .fit = sx_loader_fit(&o) },
                               &err);
        CHECK_OK(store != NULL, err);
        o.threads = 1;
        other = o;
        other.cache_bytes = 1;
        check_same_batches(&o, &other, 0, 8);
        other.store = store;
        check_same_batches(&o, &other, 0, 8);
        other.threads = 5;
        check_same_batches(&o, &other, 0, 8);
        check_same_batches(&o, &other, 4, 8);
        sx_film_cache_close(store);
    }
    sx_film_cache *three = sx_film_cache_open(
        &(sx_film_cache_options){ .dir = check_tmp_path("cache"), .paths = paths, .count = 3 },
        &err);
    CHECK_OK(three != NULL, err);
    sx_loader_options wrong = usual;
    wrong.store = three;
    CHECK_FAILS(sx_loader_new(films, FILMS, &wrong, &err), err, SX_ERR_USAGE,
                "the cache has 3 films");
    sx_film_cache_close(three);
}

/* The caller requests batches as fast as it can, so that threads and caller compete for every slot
 * of the queue. */
static void test_hurry(void **state) {
    (void)state;
    sx_loader_options o = { .batch = 1, .width = 8, .height = 8, .threads = 1, .seed = 9 },
                      other = o;
    other.threads = 8;
    for (int round = 0; round < 20; round++)
        check_same_batches(&o, &other, round % 3, 200);
}

/* The largest size that may be drawn; boxes follow the film down to it. */
static void test_fit(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_fit fit = sx_loader_fit(&usual);
    assert_true(fit.width == 0 && fit.shorter == 80 && fit.longest == 128);
    const sx_loader_options fixed = { .width = 20, .height = 30 };
    assert_true(sx_loader_fit(&fixed).width == 20 && sx_loader_fit(&fixed).height == 30);
    static const int half[] = { 48 };
    const sx_loader_options o = {
        .batch = 1, .classes = 3, .augment = { .min_sizes = half, .min_count = 1, .max_size = 128 }
    };
    sx_loader *f = sx_loader_new(films, 1, &o, &err);
    const sx_example *x = f ? sx_loader_next(f, &err) : NULL;
    CHECK_OK(x != NULL, err);
    assert_true(x->image.width == 50 && x->image.height == 48);
    assert_int_equal(x->count, 1);
    const float want[4] = { 2.5F, 2.5F, 20, 30 },
                got[4] = { x->boxes[0].x0, x->boxes[0].y0, x->boxes[0].x1, x->boxes[0].y1 };
    check_close_f32(got, want, 4, 1e-5, "box");
    sx_loader_free(f);
}

static void test_unreadable(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *good = films[2].path;
    films[2].path = "/nowhere/film2.png";
    sx_loader *f = make_loader(false, 0);
    const sx_example *x = (const sx_example *)1;
    for (int k = 0; x && k < 6; k++)
        x = sx_loader_next(f, &err);
    assert_null(x);
    check_error(&err, SX_ERR_IO, "/nowhere/film2.png");
    sx_loader_free(f);
    f = make_loader(true, 0);
    for (int k = 0; k < 6; k++)
        CHECK_OK(sx_loader_next(f, &err) != NULL, err);
    sx_loader_free(f);
    films[2].path = good;
    labels[1] = 7;
    CHECK_FAILS(sx_loader_new(films, FILMS, &(sx_loader_options){ .batch = 1, .classes = 3 }, &err),
                err, SX_ERR_VALUE, "film1.png: a box of class 7; the network has 3");
    labels[1] = 1;
    CHECK_FAILS(sx_loader_new(films, 0, &(sx_loader_options){ .batch = 1, .classes = 3 }, &err),
                err, SX_ERR_MISSING, "no training films");
}

/* One film without a usable target: the batch that it is in ends the run, which names step and
 * films, or is left out. */
static void test_not_a_number(void **state) {
    (void)state;
    sx_loader_film some[FILMS];
    memcpy(some, films, sizeof some);
    for (int i = 0; i < FILMS; i++)
        some[i].target = i == 3 ? NAN : (float)(i % 2);
    for (int skip = 0; skip < 3; skip++) { /* 0 stop, 1 skip, 2 skip where nothing is usable */
        sx_error err = { 0 };
        sx_network net;
        sx_loop_result r;
        if (skip == 2)
            for (int i = 0; i < FILMS; i++)
                some[i].target = NAN;
        sx_network_default(&net, sx_arch_find("densenet121"), 1);
        CHECK_OK(sx_network_configure(
                     &net, "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}", &err),
                 err);
        sx_trainer *t =
            sx_trainer_new(&net, NULL, &(sx_trainer_options){ .schedule = { .base = 1e-3 } }, &err);
        sx_loader *f = sx_loader_new(
            some, FILMS, &(sx_loader_options){ .batch = 1, .width = 64, .height = 64 }, &err);
        CHECK_OK(t && f, err);
        const sx_loop_options o = { .iterations = 2 * FILMS,
                                    .out = check_tmp_path(skip ? "skip" : "stop"),
                                    .skip_not_a_number = skip > 0 };
        const bool ok = sx_train_loop(t, f, &o, &r, &err);
        if (skip == 1)
            assert_true(ok && r.iterations == 2 * FILMS);
        else
            assert_false(ok);
        if (skip == 0) {
            check_error(&err, SX_ERR_VALUE, "(films film3.png)");
            check_error(&err, SX_ERR_VALUE, "is not a number");
            assert_int_equal(strncmp(err.message, "iteration ", 10), 0);
            assert_null(strstr(err.message + 1, "iteration"));
            print_message("%s\n", err.message);
            assert_true(r.iterations < FILMS);
        }
        if (skip == 2) assert_int_equal(r.iterations, 0);
        sx_loader_free(f);
        sx_trainer_free(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_a_number), cmocka_unit_test(test_resume),
        cmocka_unit_test(test_killed),       cmocka_unit_test(test_batches),
        cmocka_unit_test(test_hurry),        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, make_films, clean);
}
