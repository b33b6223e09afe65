/* The loop: the same batches whatever the threads do, and a resumed run equals one that was never stopped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/noise.h"
#include "image/png.h"
#include "support/check.h"
#include "train/loop.h"

enum { FILMS = 5, BATCH = 2 };

static sx_feed_film films[FILMS];
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
        films[i] = (sx_feed_film){ .id = strdup(name),
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

static sx_feed *feed(bool skip, size_t cache) {
    sx_error err = { 0 };
    const sx_feed_options o = {
        .batch = BATCH,
        .seed = 3,
        .classes = 3,
        .cache_bytes = cache,
        .skip_unreadable = skip,
        .augment = { .flip = 0.5, .min_sizes = sizes, .min_count = 2, .max_size = 128, .policy = true }
    };
    sx_feed *f = sx_feed_new(films, FILMS, &o, &err);
    CHECK_OK(f != NULL, err);
    return f;
}

static sx_trainer *trainer(void) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find("sparse_rcnn_r50"), 3);
    CHECK_OK(sx_network_configure(
                 &net,
                 "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, \"backbone_trained_norm\": 1, "
                 "\"proposals\": 10, \"heads\": 2, \"hidden\": 32, \"dynamic\": 8, \"feedforward\": 32}",
                 &err),
             err);
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
    sx_feed *f = feed(false, 0);
    const sx_loop_options o = { .iterations = iterations,
                                .out = out,
                                .checkpoint_every = 2,
                                .resume = resume,
                                .stop = stop ? stop_after_three : NULL,
                                .ctx = stop };
    CHECK_OK(sx_train_loop(t, f, &o, &r, &err), err);
    assert_int_equal(r.iterations, stop ? 3 : iterations);
    sx_feed_free(f);
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

static void test_resume(void **state) {
    (void)state;
    char whole[512], part[512], a[1024], b[1024];
    snprintf(whole, sizeof whole, "%s", check_tmp_path("whole"));
    snprintf(part, sizeof part, "%s", check_tmp_path("part"));
    int count = 0;
    train(whole, 7, false, NULL);
    train(part, 7, false, &count);
    train(part, 7, true, NULL);
    in(whole, "last.safetensors", a);
    in(part, "last.safetensors", b);
    check_same_file(a, b);
    in(whole, "last.ckpt.safetensors", a);
    in(part, "last.ckpt.safetensors", b);
    check_same_file(a, b);
}

/* A run that was killed between a checkpoint and its end: the log's later lines go, the weights are the same. */
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

/* With and without the cache, from the start or sought: batch k is batch k. */
static void test_batches(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_feed *a = feed(false, 0), *b = feed(false, 1), *c = feed(false, 0);
    sx_feed_seek(c, 4);
    for (int k = 0; k < 8; k++) {
        const sx_example *x = sx_feed_next(a, &err), *y = sx_feed_next(b, &err),
                         *z = k < 4 ? NULL : sx_feed_next(c, &err);
        CHECK_OK(x && y && (z || k < 4), err);
        for (int i = 0; i < BATCH; i++) {
            const sx_example *others[] = { &y[i], z ? &z[i] : NULL };
            for (int o = 0; o < 2 && others[o]; o++) {
                assert_string_equal(x[i].name, others[o]->name);
                assert_int_equal(x[i].count, others[o]->count);
                assert_int_equal(sx_image_bytes(&x[i].image), sx_image_bytes(&others[o]->image));
                assert_memory_equal(x[i].image.data, others[o]->image.data, sx_image_bytes(&x[i].image));
            }
        }
    }
    sx_feed_free(a);
    sx_feed_free(b);
    sx_feed_free(c);
}

static void test_unreadable(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *good = films[2].path;
    films[2].path = "/nowhere/film2.png";
    sx_feed *f = feed(false, 0);
    const sx_example *x = (const sx_example *)1;
    for (int k = 0; x && k < 6; k++)
        x = sx_feed_next(f, &err);
    assert_null(x);
    check_error(&err, SX_ERR_IO, "/nowhere/film2.png");
    sx_feed_free(f);
    f = feed(true, 0);
    for (int k = 0; k < 6; k++)
        CHECK_OK(sx_feed_next(f, &err) != NULL, err);
    sx_feed_free(f);
    films[2].path = good;
    labels[1] = 7;
    CHECK_FAILS(sx_feed_new(films, FILMS, &(sx_feed_options){ .batch = 1, .classes = 3 }, &err), err,
                SX_ERR_VALUE, "film1.png: a box of class 7; the network has 3");
    labels[1] = 1;
    CHECK_FAILS(sx_feed_new(films, 0, &(sx_feed_options){ .batch = 1, .classes = 3 }, &err), err,
                SX_ERR_MISSING, "no films");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, make_films, clean);
}
