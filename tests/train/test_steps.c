/* Training steps: gradients of parts of a batch add up to those of the batch, the number of threads
 * changes rounding only, a seed gives the same result; and the three DenseNets overfit one
 * batch. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "image/noise.h"
#include "support/check.h"
#include "support/contexts.h"
#include "train/trainer.h"

enum { FILMS = 4, SIDE = 64 };

static sx_example batch[FILMS], twice[FILMS]; /* the second: two films, each two times */
static sx_box boxes[FILMS][3] = {
    { { 10, 12, 40, 50 } },
    { { 4, 6, 30, 34 }, { 20, 30, 60, 62 }, { 8, 40, 22, 60 } },
    { { 0 } }, /* nothing on it */
    { { 12, 2, 52, 24 }, { 30, 30, 50, 60 } },
};
static const int counts[FILMS] = { 1, 3, 0, 2 };
static int labels[FILMS][3] = { { 0 }, { 1, 2, 0 }, { 0 }, { 2, 2 } };
static float classes[FILMS][1] = { { 1 }, { 0 }, { 0 }, { 1 } };

static int make_batch(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "steps/%d", i);
        batch[i] = (sx_example){ .boxes = boxes[i],
                                 .labels = labels[i],
                                 .count = counts[i],
                                 .classes = classes[i],
                                 .name = "film" };
        if (!sx_noise_image(name, SIDE, SIDE, false, &batch[i].image, &err)) return 1;
        twice[i] = batch[i % 2];
    }
    return 0;
}

static int free_batch(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        sx_image_free(&batch[i].image);
    return 0;
}

static const char small_dense[] = "{\"growth\": 8, \"stem\": 16, \"blocks\": [2, 2, 2, 2]}";
static const char small_sparse[] =
    "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, "
    "\"proposals\": 12, \"heads\": 2, \"hidden\": 32,"
    " \"attention\": 4, \"dynamic\": 8, \"feedforward\": 64, \"classes\": 3}";

static sx_trainer *trainer_in(const sx_context *context, const char *arch, const char *config,
                              int accumulate, double rate, double momentum) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(arch), 0);
    CHECK_OK(sx_network_configure(&net, config, &err), err);
    const sx_trainer_options o = { .context = context,
                                   .seed = 5,
                                   .accumulate = accumulate,
                                   .optim = { .kind = SX_OPTIM_SGD, .momentum = momentum },
                                   .schedule = { .base = rate } };
    sx_trainer *t = sx_trainer_new(&net, NULL, &o, &err);
    CHECK_OK(t != NULL, err);
    return t;
}

static sx_trainer *trainer(const char *arch, const char *config, int accumulate, double rate,
                           double momentum) {
    return trainer_in(NULL, arch, config, accumulate, rate, momentum);
}

static sx_train_report train_step(sx_trainer *t, const sx_example *films, int n) {
    sx_error err = { 0 };
    sx_train_report r = { 0 };
    for (int i = 0; i < n; i++)
        CHECK_OK(sx_trainer_step(t, films, FILMS, &r, &err), err);
    return r;
}

/* How far two trainings are apart, relative to how far the first has come. */
static double apart(const sx_trainer *start, const sx_trainer *a, const sx_trainer *b) {
    sx_error err = { 0 };
    sx_weights *w[3] = { sx_trainer_weights(start, false, &err), sx_trainer_weights(a, false, &err),
                         sx_trainer_weights(b, false, &err) };
    double moved = 0, differ = 0;
    CHECK_OK(w[0] && w[1] && w[2], err);
    for (size_t i = 0; i < sx_weights_count(w[0]); i++) {
        const sx_tensor *x = sx_weights_at(w[0], i), *y = sx_weights_find(w[1], x->name),
                        *z = sx_weights_find(w[2], x->name);
        if (x->dtype != SX_F32 || strstr(x->name, "running_")) continue;
        const float *p = x->data, *q = y->data, *r = z->data;
        for (int64_t k = 0; k < sx_tensor_count(x); k++) {
            moved += ((double)q[k] - (double)p[k]) * ((double)q[k] - (double)p[k]);
            differ += ((double)q[k] - (double)r[k]) * ((double)q[k] - (double)r[k]);
        }
    }
    for (int i = 0; i < 3; i++)
        sx_weights_free(w[i]);
    assert_true(moved > 0);
    return sqrt(differ / moved);
}

static void pieces(const char *arch, const char *config, const sx_example *films, int count) {
    sx_trainer *start = trainer(arch, config, 1, 0.01, 0),
               *whole = trainer(arch, config, 1, 0.01, 0),
               *parts = trainer(arch, config, count, 0.01, 0);
    const sx_train_report a = train_step(whole, films, 1), b = train_step(parts, films, 1);
    const double d = apart(start, whole, parts);
    print_message("%s in %d pieces: apart by %.2g of the step, losses %.9g and %.9g\n", arch, count,
                  d, a.losses.total, b.losses.total);
    assert_true(d < 1e-4);
    assert_int_equal(a.losses.count, b.losses.count);
    for (int i = 0; i < a.losses.count; i++) {
        assert_string_equal(a.losses.items[i].name, b.losses.items[i].name);
        assert_true(fabs(a.losses.items[i].value - b.losses.items[i].value) <
                    1e-5 * a.losses.total);
    }
    sx_trainer_free(start);
    sx_trainer_free(whole);
    sx_trainer_free(parts);
}

/* The statistics of batch norm are those of each piece: equal where the pieces are the same
 * films. */
static void test_pieces_add_up(void **state) {
    (void)state;
    pieces("sparse_rcnn_r50", small_sparse, batch, 2);
    pieces("sparse_rcnn_r50", small_sparse, batch, 4); /* one of them has no target */
    pieces("densenet121", small_dense, twice, 2);
}

static void threads(const char *arch, const char *config) {
    const sx_context pair = check_context(2);
    sx_trainer *start = trainer(arch, config, 1, 0.01, 0), *one = trainer(arch, config, 1, 0.01, 0),
               *two = trainer_in(&pair, arch, config, 1, 0.01, 0);
    train_step(one, batch, 1);
    train_step(two, batch, 1);
    const double d = apart(start, one, two);
    print_message("%s on 1 and 2 threads: apart by %.2g of the step\n", arch, d);
    assert_true(d < 1e-4);
    sx_trainer_free(start);
    sx_trainer_free(one);
    sx_trainer_free(two);
}

static void test_threads_round(void **state) {
    (void)state;
    threads("densenet121", small_dense);
    threads("sparse_rcnn_r50", small_sparse);
}

static void same_bytes(const char *arch, const char *config) {
    sx_error err = { 0 };
    sx_trainer *t[2];
    sx_weights *w[2];
    for (int i = 0; i < 2; i++) {
        t[i] = trainer(arch, config, 2, 0.01, 0.9);
        train_step(t[i], batch, 4);
        CHECK_OK((w[i] = sx_trainer_weights(t[i], false, &err)) != NULL, err);
    }
    for (size_t i = 0; i < sx_weights_count(w[0]); i++) {
        const sx_tensor *x = sx_weights_at(w[0], i), *y = sx_weights_find(w[1], x->name);
        if (memcmp(x->data, y->data, x->bytes) != 0) fail_msg("%s: %s differs", arch, x->name);
    }
    for (int i = 0; i < 2; i++) {
        sx_trainer_free(t[i]);
        sx_weights_free(w[i]);
    }
}

static void test_one_seed_one_result(void **state) {
    (void)state;
    same_bytes("densenet121", small_dense);
    same_bytes("sparse_rcnn_r50", small_sparse);
}

/* Blocks of unlike depth, as the three have, at a fraction of the size. */
static void test_densenets_overfit(void **state) {
    (void)state;
    static const char *const nets[][2] = {
        { "densenet121", "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 2, 4, 3]}" },
        { "densenet169", "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 2, 6, 6]}" },
        { "densenet201", "{\"growth\": 8, \"stem\": 16, \"blocks\": [1, 2, 8, 6]}" },
    };
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        sx_trainer *t = trainer(nets[i][0], nets[i][1], 1, 0.05, 0.9);
        const double first = train_step(t, batch, 1).losses.total,
                     last = train_step(t, batch, 80).losses.total;
        print_message("%s: loss %g, after 80 steps %g\n", nets[i][0], first, last);
        assert_true(first > 0.3 && last < 0.01);
        sx_trainer_free(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pieces_add_up),
                                        cmocka_unit_test(test_threads_round),
                                        cmocka_unit_test(test_one_seed_one_result),
                                        cmocka_unit_test(test_densenets_overfit) };
    return cmocka_run_group_tests_name("steps", tests, make_batch, free_batch);
}
