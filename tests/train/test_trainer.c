/* Small networks overfit one batch; a resumed run equals one that was never stopped. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "image/noise.h"
#include "nn/plan.h"
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

/* One network of each kind, and the loss that it must reach on the batch. */
typedef struct network {
    const char *arch, *config;
    sx_optim_options optim;
    sx_schedule schedule;
    int steps;
    double below;
} network;

/* clang-format off */
#define BACKBONE \
    "{\"backbone_blocks\": [1, 1, 1, 1], \"backbone_stem\": 16, \"backbone_trained_norm\": 1, " \
    "\"classes\": 3, "

static const char sparse_config[] = BACKBONE
    "\"proposals\": 20, \"heads\": 2, \"hidden\": 64, \"attention\": 4, \"dynamic\": 16, "
    "\"feedforward\": 128}";
static const char faster_config[] = BACKBONE
    "\"channels\": 32, \"anchor\": 16, \"per_level_train\": 100, \"proposals\": 30, "
    "\"sampled\": 32, \"fc\": 256}";
static const char retinanet_config[] = BACKBONE
    "\"channels\": 32, \"convs\": 1, \"anchor\": 16}";
static const char efficientdet_config[] =
    "{\"backbone_width\": 50, \"backbone_depth\": 50, \"backbone_drop\": 10, \"channels\": 32, "
    "\"cells\": 1, \"convs\": 1, \"levels\": 3, \"anchor\": 16, \"bias\": 0, \"momentum\": 100, "
    "\"classes\": 3}";
/* clang-format on */

#define ADAMW                                                                                      \
    { .kind = SX_OPTIM_ADAMW, .decay = 1e-4, .clip = SX_CLIP_FULL_NORM, .clip_limit = 1 }

static const network densenet = {
    .arch = "densenet121",
    .config = "{\"growth\": 16, \"stem\": 32, \"blocks\": [2, 2, 2, 2]}",
    .optim = { .momentum = 0.9, .decay = 1e-4, .clip = SX_CLIP_VALUE, .clip_limit = 1, .ema = 0.9 },
    .schedule = { .base = 1e-2, .gamma = 0.1 },
    .steps = 60,
    .below = 0.01,
};

static const network detectors[] = {
    { .arch = "sparse_rcnn_r50",
      .config = sparse_config,
      .optim = { .kind = SX_OPTIM_ADAMW, .clip = SX_CLIP_FULL_NORM, .clip_limit = 1 },
      .schedule = { .kind = SX_SCHEDULE_COSINE, .base = 2e-3, .iterations = 400 },
      .steps = 400,
      .below = 0.05 /* the weighted sum over both stages starts above 10 */ },
    { .arch = "faster_rcnn_r50",
      .config = faster_config,
      .optim = ADAMW,
      .schedule = { .base = 2e-3, .gamma = 0.1, .steps = { 160, 260 } },
      .steps = 300,
      .below = 0.2 /* from 2; 0.02 to 0.12, by the draw */ },
    { .arch = "retinanet_r50",
      .config = retinanet_config,
      .optim = ADAMW,
      .schedule = { .base = 2e-3, .gamma = 0.1, .steps = { 130 } },
      .steps = 170,
      .below = 0.03 },
    { .arch = "efficientdet_d0",
      .config = efficientdet_config,
      .optim = ADAMW,
      .schedule = { .base = 4e-3, .gamma = 0.1, .steps = { 200 } },
      .steps = 240,
      .below = 0.05 },
};
enum { DETECTORS = sizeof detectors / sizeof detectors[0] };

static sx_trainer *trainer_of(const network *n, sx_dtype compute, bool recompute) {
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(n->arch), 0);
    CHECK_OK(sx_network_configure(&net, n->config, &err), err);
    const sx_trainer_options o = { .compute = compute,
                                   .recompute = recompute,
                                   .seed = 7,
                                   .optim = n->optim,
                                   .schedule = n->schedule };
    sx_trainer *t = sx_trainer_new(&net, NULL, &o, &err);
    CHECK_OK(t != NULL, err);
    return t;
}

static sx_trainer *trainer(const network *n, sx_dtype compute) {
    return trainer_of(n, compute, false);
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

/* With AddressSanitizer a tenth of the steps run the same code; the loss must then only fall. */
#ifdef __SANITIZE_ADDRESS__
enum { SHARE = 10 };
#else
enum { SHARE = 1 };
#endif

static void overfit(const network *n, sx_dtype compute, double below) {
    sx_trainer *t = trainer(n, compute);
    const int count = n->steps / SHARE;
    double first, last = steps(t, count, &first);
    const double bound = SHARE == 1 ? below : first;
    sx_trainer_free(t);
    print_message("%s: loss %g, after %d steps %g\n", n->arch, first, count, last);
    if (!(last < bound)) fail_msg("%s: the loss is not below %g", n->arch, bound);
}

static void test_classifier_overfits(void **state) {
    (void)state;
    overfit(&densenet, SX_F32, densenet.below);
}
static void test_classifier_overfits_bf16(void **state) {
    (void)state;
    SKIP_WITHOUT_BF16();
    overfit(&densenet, SX_BF16, 2 * densenet.below);
}
static void test_detectors_overfit(void **state) {
    (void)state;
    for (int i = 0; i < DETECTORS; i++)
        overfit(&detectors[i], SX_F32, detectors[i].below);
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

static void resume(const network *n) {
    sx_error err = { 0 };
    sx_trainer *whole = trainer(n, SX_F32), *part = trainer(n, SX_F32), *rest = trainer(n, SX_F32);
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
    resume(&densenet);
}
static void test_resume_detectors(void **state) {
    (void)state;
    for (int i = 0; i < DETECTORS; i++)
        resume(&detectors[i]);
}

/* The same bytes with less memory for activations: the kernels' scratch memory stays. */
static void check_recomputed(const network *n, sx_dtype compute, double most) {
    sx_error err = { 0 };
    sx_train_report r;
    sx_trainer *t[2];
    size_t memory[2];
    for (int k = 0; k < 2; k++) {
        t[k] = trainer_of(n, compute, k);
        for (int i = 0; i < 4; i++)
            CHECK_OK(sx_trainer_step(t[k], batch, FILMS, &r, &err), err);
        memory[k] = r.memory - sx_plan_scratch_bytes(sx_trainer_plan(t[k]));
    }
    check_same(t[0], t[1]);
    print_message("%s: %zu bytes, recomputed %zu\n", n->arch, memory[0], memory[1]);
    if (!((double)memory[1] < most * (double)memory[0]))
        fail_msg("%s: not below %g of it", n->arch, most);
    sx_trainer_free(t[0]);
    sx_trainer_free(t[1]);
}

static void test_recomputed(void **state) {
    (void)state;
    check_recomputed(&densenet, SX_F32, 0.7);
    if (sx_plan_has_bf16()) check_recomputed(&densenet, SX_BF16, 0.7);
    for (int i = 0; i < DETECTORS; i++)
        check_recomputed(&detectors[i], SX_F32, 0.85);
}

/* Random draws depend only on the seed, the step and the position: the same seed gives the same
 * bytes, another seed gives others from the same start. */
static void test_draws(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < DETECTORS; i++) {
        sx_trainer *a = trainer(&detectors[i], SX_F32), *b = trainer(&detectors[i], SX_F32);
        steps(a, 3, NULL);
        steps(b, 3, NULL);
        check_same(a, b);
        sx_trainer_free(a);
        sx_trainer_free(b);
    }
    const network *faster = &detectors[1];
    sx_network net;
    double first[2];
    sx_network_default(&net, sx_arch_find(faster->arch), 0);
    CHECK_OK(sx_network_configure(&net, faster->config, &err), err);
    sx_trainer *from = trainer(faster, SX_F32);
    sx_weights *start = sx_trainer_weights(from, false, &err);
    for (int i = 0; i < 2; i++) {
        const sx_trainer_options o = { .seed = (uint64_t)i,
                                       .optim = faster->optim,
                                       .schedule = faster->schedule };
        sx_trainer *t = sx_trainer_new(&net, start, &o, &err);
        CHECK_OK(t != NULL, err);
        steps(t, 1, &first[i]);
        sx_trainer_free(t);
    }
    assert_true(first[0] != first[1]);
    sx_weights_free(start);
    sx_trainer_free(from);
}

/* A film that makes the numbers overflow is refused, and nothing has changed. */
static void test_not_a_number(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_train_report r;
    sx_trainer *t = trainer(&densenet, SX_F32), *untouched = trainer(&densenet, SX_F32);
    classes[0][0] = NAN;
    CHECK_FAILS(sx_trainer_step(t, batch, FILMS, &r, &err), err, SX_ERR_VALUE, "is not a number");
    classes[0][0] = 1;
    assert_int_equal(sx_trainer_iteration(t), 0);
    steps(t, 1, NULL);
    steps(untouched, 1, NULL);
    sx_trainer_free(untouched);
    sx_trainer_free(t);
}

/* Weights to start from that are not finite: the message names the file and the tensor. */
static void test_start_is_finite(void **state) {
    (void)state;
    static const float bad[] = { NAN, -INFINITY };
    static const char *const told[] = { "start.safetensors: tensor ", " holds an infinite value" };
    sx_error err = { 0 };
    sx_network net;
    sx_network_default(&net, sx_arch_find(densenet.arch), 0);
    CHECK_OK(sx_network_configure(&net, densenet.config, &err), err);
    sx_trainer *from = trainer(&densenet, SX_F32);
    for (int i = 0; i < 2; i++) {
        const char *path = check_tmp_path("start.safetensors");
        sx_weights *w = sx_trainer_weights(from, false, &err);
        CHECK_OK(w, err);
        const sx_tensor *last = sx_weights_at(w, sx_weights_count(w) - 1);
        ((float *)(uintptr_t)last->data)[sx_tensor_count(last) - 1] = bad[i];
        CHECK_OK(sx_weights_save(w, path, &err), err);
        sx_weights_free(w);
        sx_weights *start = sx_weights_open_trained(path, &err);
        CHECK_OK(start, err);
        const sx_trainer_options o = { .optim = densenet.optim, .schedule = densenet.schedule };
        CHECK_FAILS(sx_trainer_new(&net, start, &o, &err), err, SX_ERR_VALUE, told[i]);
        sx_weights_free(start);
    }
    sx_trainer_free(from);
}

static int clean(void **state) {
    check_tmp_remove();
    return free_batch(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classifier_overfits), cmocka_unit_test(test_classifier_overfits_bf16),
        cmocka_unit_test(test_detectors_overfit),   cmocka_unit_test(test_resume_classifier),
        cmocka_unit_test(test_resume_detectors),    cmocka_unit_test(test_draws),
        cmocka_unit_test(test_not_a_number),        cmocka_unit_test(test_recomputed),
        cmocka_unit_test(test_start_is_finite),
    };
    return cmocka_run_group_tests(tests, make_batch, clean);
}
