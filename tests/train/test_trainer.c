/* Small networks learn one batch by heart; a resumed run equals one that was never stopped. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/threads.h"
#include "image/noise.h"
#include "support/check.h"
#include "train/trainer.h"

enum { FILMS = 2, SIDE = 96 };

static sx_example batch[FILMS];
static sx_box boxes[FILMS][2] = { { { 10, 12, 50, 60 }, { 40, 50, 90, 80 } },
                                  { { 20, 20, 70, 44 }, { 5, 60, 30, 90 } } };
static int labels[FILMS][2] = { { 0, 2 }, { 1, 1 } };
static float classes[FILMS][1] = { { 1 }, { 0 } };

static int make_batch(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < FILMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "train/%d", i);
        batch[i] = (sx_example){
            .boxes = boxes[i], .labels = labels[i], .count = 2, .classes = classes[i], .name = name
        };
        if (!sx_noise_image(name, SIDE, SIDE, false, &batch[i].image, &err)) return 1;
    }
    return 0;
}

static int free_batch(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++)
        sx_image_free(&batch[i].image);
    return 0;
}

static void network(sx_network *net, bool detector) {
    sx_error err = { 0 };
    const char *config =
        detector ? "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, \"backbone_trained_norm\": 1,"
                   " \"proposals\": 20, \"heads\": 2, \"hidden\": 64, \"attention\": 4, \"dynamic\": 16,"
                   " \"feedforward\": 128, \"classes\": 3}"
                 : "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2]}";
    sx_network_default(net, sx_arch_find(detector ? "sparse_rcnn_r50" : "densenet121"), 0);
    CHECK_OK(sx_network_configure(net, config, &err), err);
}

static sx_trainer *trainer(bool detector, sx_dtype compute) {
    sx_error err = { 0 };
    sx_network net;
    network(&net, detector);
    sx_trainer_options o = { .compute = compute, .seed = 7 };
    o.optim = detector
                  ? (sx_optim_options){ .kind = SX_OPTIM_ADAMW,
                                        .decay = 1e-4,
                                        .clip = SX_CLIP_FULL_NORM,
                                        .clip_limit = 1 }
                  : (sx_optim_options){
                        .momentum = 0.9, .decay = 1e-4, .clip = SX_CLIP_VALUE, .clip_limit = 1, .ema = 0.9
                    };
    o.schedule =
        (sx_schedule){ .base = detector ? 1e-3 : 1e-2, .gamma = 0.1, .steps = { detector ? 200 : 0 } };
    sx_trainer *t = sx_trainer_new(&net, NULL, &o, &err);
    CHECK_OK(t != NULL, err);
    return t;
}

static double steps(sx_trainer *t, int n, double *first) {
    sx_error err = { 0 };
    sx_train_report r = { 0 };
    for (int i = 0; i < n; i++) {
        CHECK_OK(sx_trainer_step(t, batch, FILMS, &r, &err), err);
        if (i == 0 && first) *first = r.losses.total;
    }
    return r.losses.total;
}

static void overfit(bool detector, sx_dtype compute, int n, double below) {
    sx_trainer *t = trainer(detector, compute);
    double first, last = steps(t, n, &first);
    sx_trainer_free(t);
    if (!(last < below))
        fail_msg("after %d steps the loss went from %g to %g, not below %g", n, first, last, below);
}

static void test_classifier_overfits(void **state) {
    (void)state;
    overfit(false, SX_F32, 60, 0.01);
}
static void test_classifier_overfits_bf16(void **state) {
    (void)state;
    overfit(false, SX_BF16, 60, 0.02);
}
/* the weighted sum over both stages starts above 10 */
static void test_detector_overfits(void **state) {
    (void)state;
    overfit(true, SX_F32, 260, 0.6);
}

static void check_same(const sx_trainer *a, const sx_trainer *b) {
    sx_error err = { 0 };
    sx_weights *wa = sx_trainer_weights(a, false, &err), *wb = sx_trainer_weights(b, false, &err);
    CHECK_OK(wa && wb, err);
    for (size_t i = 0; i < sx_weights_count(wa); i++) {
        const sx_tensor *x = sx_weights_at(wa, i), *y = sx_weights_find(wb, x->name);
        assert_non_null(y);
        if (memcmp(x->data, y->data, x->bytes) != 0) fail_msg("%s differs", x->name);
    }
    sx_weights_free(wa);
    sx_weights_free(wb);
}

static void resume(bool detector) {
    sx_error err = { 0 };
    sx_trainer *whole = trainer(detector, SX_F32), *part = trainer(detector, SX_F32),
               *rest = trainer(detector, SX_F32);
    steps(whole, 6, NULL);
    steps(part, 3, NULL);
    sx_weights *w = sx_weights_new(&err);
    CHECK_OK(w && sx_trainer_save(part, w, &err), err);
    CHECK_OK(sx_weights_save(w, check_tmp_path("last.safetensors"), &err), err);
    sx_weights_free(w);
    w = sx_weights_open(check_tmp_path("last.safetensors"), &err);
    CHECK_OK(w != NULL, err);
    steps(rest, 1, NULL); /* whatever it did before is forgotten */
    CHECK_OK(sx_trainer_load(rest, w, &err), err);
    assert_int_equal(sx_trainer_iteration(rest), 3);
    steps(rest, 3, NULL);
    check_same(whole, rest);
    sx_weights_free(w);
    sx_trainer_free(whole);
    sx_trainer_free(part);
    sx_trainer_free(rest);
}

static void test_resume_classifier(void **state) {
    (void)state;
    resume(false);
}
static void test_resume_detector(void **state) {
    (void)state;
    resume(true);
}

/* A film that makes the numbers overflow is refused, and nothing has changed. */
static void test_not_a_number(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_train_report r;
    sx_trainer *t = trainer(false, SX_F32), *untouched = trainer(false, SX_F32);
    classes[0][0] = NAN;
    CHECK_FAILS(sx_trainer_step(t, batch, FILMS, &r, &err), err, SX_ERR_VALUE, "is not a number");
    classes[0][0] = 1;
    assert_int_equal(sx_trainer_iteration(t), 0);
    steps(t, 1, NULL);
    steps(untouched, 1, NULL);
    sx_trainer_free(untouched);
    sx_trainer_free(t);
}

static int clean(void **state) {
    check_tmp_remove();
    return free_batch(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier_overfits), cmocka_unit_test(test_classifier_overfits_bf16),
        cmocka_unit_test(test_detector_overfits),   cmocka_unit_test(test_resume_classifier),
        cmocka_unit_test(test_resume_detector),     cmocka_unit_test(test_not_a_number),
    };
    return cmocka_run_group_tests(tests, make_batch, clean);
}
