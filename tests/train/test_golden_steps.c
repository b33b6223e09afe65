/* The solvers at full size against the authors' own code (golden cases A and B): learning rates
 * exactly, the first update of the parameters, later steps within the difference of the reference's
 * own float and double runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "image/noise.h"
#include "models/synthetic_weights.h"
#include "support/check.h"
#include "support/reference.h"
#include "train/trainer.h"

/* AddressSanitizer looks at the code, which one network of each kind and few steps run. */
#ifdef __SANITIZE_ADDRESS__
enum { SHORT = 1 };
#else
enum { SHORT = 0 };
#endif

/* Sums over pixels are cut by thread: a fixed number makes the same run on every machine. */
static const sx_context two_threads = { .threads = 2 };

static double number(const sx_weights *ref, const char *name, int i) {
    const sx_tensor *t = sx_weights_find(ref, name);
    if (!t || i >= sx_tensor_count(t)) fail_msg("reference %s is absent", name);
    if (t->dtype == SX_I64) return (double)((const int64_t *)t->data)[i];
    return t->dtype == SX_F64 ? ((const double *)t->data)[i] : (double)((const float *)t->data)[i];
}

static double of_run(const sx_weights *ref, const char *run, const char *what, int i) {
    char key[128];
    snprintf(key, sizeof key, "%s/%s", run, what);
    return number(ref, key, i);
}

static sx_trainer *begin(const sx_network *net, const sx_trainer_options *o, sx_weights **start) {
    sx_error err = { 0 };
    sx_graph *g = sx_network_build(net, sx_network_shape(net, 64, 64), SX_WHOLE, &err);
    CHECK_OK(g != NULL, err);
    *start = sx_synthetic_weights(g, &err);
    CHECK_OK(*start != NULL, err);
    sx_graph_free(g);
    sx_trainer_options with = *o;
    with.context = &two_threads;
    sx_trainer *t = sx_trainer_new(net, *start, &with, &err);
    CHECK_OK(t != NULL, err);
    return t;
}

static void check_rate(const sx_weights *ref, const char *run, int step, double rate) {
    const double want = of_run(ref, run, "lr", step);
    if (!(fabs(rate - want) <= 1e-12 * want))
        fail_msg("%s: rate of step %d is %.17g, not %.17g", run, step, rate, want);
}

/* ---- the first update ---- */

static double clamp(double g, double limit) {
    return g > limit ? limit : g < -limit ? -limit : g;
}

/* What the first step adds to p, from the reference's gradient. `norm`: of all gradients, for
 * clipping. */
static double first_change(const sx_optim_options *o, double rate, double p, double g, double decay,
                           double norm) {
    if (o->clip == SX_CLIP_VALUE) g = clamp(g, o->clip_limit);
    if (o->clip == SX_CLIP_FULL_NORM && norm > o->clip_limit) g *= o->clip_limit / (norm + 1e-6);
    if (o->kind == SX_OPTIM_SGD)
        return -rate * (g + decay * p); /* the momentum is the gradient itself */
    return -rate *
           (g / (fabs(g) + 1e-8) + decay * p); /* both moments are, without their bias, g and g^2 */
}

static double decay_of(const sx_optim_options *o, const sx_tensor *t) {
    if (t->ndim > 1) return o->decay;
    return strstr(t->name, "norm") ? o->decay_norm : o->decay_bias;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Compares the first update where the reference has samples of gradients. The tolerance has three
 * parts: one unit in the last place of the f32 parameter; the rounding of the quotient; and
 * `noise`, the largest error of single gradients relative to their tensor's largest (measured in
 * test_golden_training.c), of which a tenth in the median. */
static void check_first_update(const sx_trainer *t, const sx_weights *start, const sx_weights *ref,
                               const sx_optim_options *o, double rate, double norm, double noise) {
    static double off[512];
    sx_error err = { 0 };
    sx_weights *now = sx_trainer_weights(t, false, &err);
    CHECK_OK(now != NULL, err);
    size_t n = 0;
    for (size_t i = 0; i < sx_weights_count(now); i++) {
        const sx_tensor *to = sx_weights_at(now, i), *from = sx_weights_find(start, to->name);
        char key[256];
        snprintf(key, sizeof key, "train/grad_samples/%s", to->name);
        const sx_tensor *g = sx_weights_find(ref, key);
        if (!g) continue;
        snprintf(key, sizeof key, "train/grad_l2/%s", to->name);
        const double largest = number(ref, key, 1);
        const int64_t samples = sx_tensor_count(g); /* 16, or all */
        for (int64_t k = 0; k < samples; k++) {
            const int64_t at = samples > 1 ? k * (sx_tensor_count(to) - 1) / (samples - 1) : 0;
            const double p = (double)((const float *)from->data)[at],
                         change = (double)((const float *)to->data)[at] - p,
                         gk = (double)((const float *)g->data)[k], slack = noise * largest;
            const double decay = decay_of(o, to), ulp = fabs(p) * 0x1p-23 + 2e-5 * rate;
            const double low = first_change(o, rate, p, gk + slack, decay, norm) - ulp,
                         high = first_change(o, rate, p, gk - slack, decay, norm) + ulp,
                         want = first_change(o, rate, p, gk, decay, norm);
            if (!(change >= low && change <= high))
                fail_msg("%s, sample %d: changed by %g, reference between %g and %g", to->name,
                         (int)k, change, low, high);
            if (fabs(change) > 16 * ulp) off[n++] = fabs(change - want) / (rate * fmin(largest, 1));
        }
    }
    qsort(off, n, sizeof *off, by_size);
    print_message("first update: %zu samples beyond rounding, median off by %.3g\n", n,
                  n ? off[n / 2] : NAN);
    assert_true(n >= 30 && off[n / 2] <= noise / 10);
    sx_weights_free(now);
}

/* ---- classifiers: SGD with momentum, clipped by value, norms without decay ---- */

typedef struct densenet_case {
    const char *depth;
    double loss[5]; /* of each step, the reference's f32 against its f64 */
} densenet_case;

/* The loss of the first step has one difference a depth, 5.4e-7 to 8.5e-7, which says little about
 * the size of rounding errors: ours, at each level of instructions, are 2.9e-7 to 2.2e-6. The
 * largest of the three holds for every depth. */
static const double first_difference = 8.5e-7;

static const densenet_case densenets[] = {
    { "121", { 6.3e-7, 8.67e-3, 3.73e-2, 1.85e-2, 1.77e-1 } },
    { "169", { 8.5e-7, 3.89e-2, 1.92e-1, 1.69e-1, 1.75e-1 } },
    { "201", { 5.4e-7, 1.02e-2, 1.46e-2, 5.30e-1, 2.42e-2 } },
};

static const sx_optim_options by_value = {
    .momentum = 0.9, .decay = 1e-4, .decay_bias = 1e-4, .clip = SX_CLIP_VALUE, .clip_limit = 1
};

static void load_films(const char *depth, int step, sx_example *batch) {
    sx_error err = { 0 };
    for (int i = 0; i < 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "input/densenet%s/train/s%d/%d", depth, step, i);
        sx_image_free(&batch[i].image);
        CHECK_OK(sx_noise_image(name, 224, 224, false, &batch[i].image, &err), err);
    }
}

/* Runs that have diverged do not converge again, so the tolerance of a step is the largest
 * difference so far between the reference's f32 and f64 runs. From the third step on this
 * difference is a single sample of the effect of rounding, and other samples are larger. Other
 * instruction sets than the one with which all steps passed are therefore compared for the first
 * two steps only. */
static void check_densenet_run(const densenet_case *c, const char *run, const sx_schedule *schedule,
                               const sx_weights *ref, sx_example *batch) {
    sx_error err = { 0 };
    char name[64];
    sx_network net;
    sx_weights *start;
    snprintf(name, sizeof name, "densenet%s", c->depth);
    sx_network_default(&net, sx_arch_find(name), 1);
    sx_trainer *t =
        begin(&net, &(sx_trainer_options){ .optim = by_value, .schedule = *schedule }, &start);
    double drift = first_difference;
    for (int s = 0; s < (SHORT ? 2 : 5); s++) {
        sx_train_report r;
        drift = fmax(drift, c->loss[s]);
        load_films(c->depth, s, batch);
        CHECK_OK(sx_trainer_step(t, batch, 4, &r, &err), err);
        check_rate(ref, run, s, r.rate);
        const double loss = of_run(ref, run, "loss", s), clipped = of_run(ref, run, "n_clipped", s);
        print_message("densenet%s, %s, step %d: loss %.9f, reference %.9f\n", c->depth, run, s,
                      r.losses.total, loss);
        if ((s < 2 || sx_cpu_get()->avx512) && !(fabs(r.losses.total - loss) <= 4 * drift))
            fail_msg("loss of step %d is %g, reference %g", s, r.losses.total, loss);
        if (s == 0 && fabs((double)r.optim.clipped - clipped) > 0.01 * clipped)
            fail_msg("%lld gradients clipped, reference %g", (long long)r.optim.clipped, clipped);
        if (s == 0) check_first_update(t, start, ref, &by_value, r.rate, 0, 0.03);
    }
    sx_trainer_free(t);
    sx_weights_free(start);
}

static void check_densenet(const densenet_case *c) {
    char name[64];
    float classes[4];
    sx_example batch[4] = { 0 };
    snprintf(name, sizeof name, "densenet%s_train.safetensors", c->depth);
    sx_weights *ref = reference_open(name);
    for (int i = 0; i < 4; i++) {
        classes[i] = (float)number(ref, "train/classes", i);
        batch[i].classes = &classes[i];
        batch[i].name = "reference";
    }
    check_densenet_run(c, "train/steps_default",
                       &(sx_schedule){ .base = 0.01,
                                       .warmup = 1000,
                                       .warmup_factor = 0.001,
                                       .gamma = 0.1,
                                       .steps = { 5000, 7500 } },
                       ref, batch);
    check_densenet_run(
        c, "train/steps_nowarmup",
        &(sx_schedule){
            .base = 0.01, .warmup = 2, .warmup_factor = 0.25, .gamma = 0.1, .steps = { 3, 4 } },
        ref, batch);
    for (int i = 0; i < 4; i++)
        sx_image_free(&batch[i].image);
    sx_weights_free(ref);
}

static void test_densenet121(void **state) {
    (void)state;
    check_densenet(&densenets[0]);
}
static void test_densenet169(void **state) {
    (void)state;
    if (SHORT) skip();
    check_densenet(&densenets[1]);
}
static void test_densenet201(void **state) {
    (void)state;
    if (SHORT) skip();
    check_densenet(&densenets[2]);
}

/* ---- Sparse R-CNN: theirs, SGD; and AdamW, clipped by the norm of all, as Sparse R-CNN's own
 * authors do ---- */

static const char *const frozen[] = { "bottom_up.stem", "bottom_up.res2", NULL };

static void load_regions(const sx_weights *ref, sx_example batch[2], int labels[2][16]) {
    static const struct {
        const char *name;
        int width, height;
        bool color;
    } images[] = { { "input/sparse/0", 630, 470, false }, { "input/sparse/1", 384, 512, true } };
    sx_error err = { 0 };
    for (int i = 0; i < 2; i++) {
        char key[64];
        snprintf(key, sizeof key, "train/target%d_boxes", i);
        const sx_tensor *boxes = sx_weights_find(ref, key);
        assert_non_null(boxes);
        snprintf(key, sizeof key, "train/target%d_classes", i);
        const int n = (int)boxes->dims[0];
        assert_true(n <= 16);
        for (int k = 0; k < n; k++)
            labels[i][k] = (int)number(ref, key, k);
        batch[i] = (sx_example){ .boxes = (sx_box *)(uintptr_t)boxes->data,
                                 .labels = labels[i],
                                 .count = n,
                                 .name = images[i].name };
        CHECK_OK(sx_noise_image(images[i].name, images[i].width, images[i].height, images[i].color,
                                &batch[i].image, &err),
                 err);
    }
}

static void check_sparse_run(const sx_weights *ref, const char *run, const sx_trainer_options *o,
                             double bound) {
    sx_error err = { 0 };
    sx_example batch[2];
    int labels[2][16];
    sx_network net;
    sx_weights *start;
    sx_network_default(&net, sx_arch_find("sparse_rcnn_r50"), 7);
    load_regions(ref, batch, labels);
    sx_trainer *t = begin(&net, o, &start);
    for (int s = 0; s < (SHORT ? 1 : 3); s++) {
        sx_train_report r;
        CHECK_OK(sx_trainer_step(t, batch, 2, &r, &err), err);
        check_rate(ref, run, s, r.rate);
        const double loss = of_run(ref, run, "loss_total", s);
        print_message("sparse_rcnn_r50, %s, step %d: loss %.9f, reference %.9f\n", run, s,
                      r.losses.total, loss);
        if (!(fabs(r.losses.total - loss) <= (s ? bound : 1e-4) * loss))
            fail_msg("loss of step %d is %g, reference %g", s, r.losses.total, loss);
        if (s > 0) continue;
        double norm = 0;
        if (o->optim.clip == SX_CLIP_FULL_NORM) {
            norm = of_run(ref, run, "grad_norm_before_clip/0", 0);
            if (!(fabs(r.optim.grad_norm - norm) <= 1e-3 * norm))
                fail_msg("norm of the gradient is %g, reference %g", r.optim.grad_norm, norm);
        }
        check_first_update(t, start, ref, &o->optim, r.rate, norm, 4e-3);
    }
    sx_trainer_free(t);
    sx_weights_free(start);
    for (int i = 0; i < 2; i++)
        sx_image_free(&batch[i].image);
}

static void test_sparse_rcnn(void **state) {
    (void)state;
    sx_weights *ref = reference_open("sparse_rcnn_r50_train.safetensors");
    const sx_schedule theirs = {
        .base = 0.001, .warmup = 1000, .warmup_factor = 0.001, .gamma = 0.1, .steps = { 30000 }
    };
    for (int s = 0; s < 3; s++)
        check_rate(ref, "train/sgd_default", s, sx_schedule_rate(&theirs, s));
    check_sparse_run(
        ref, "train/sgd_nowarmup",
        &(sx_trainer_options){ .optim = by_value,
                               .schedule = { .base = 0.001, .gamma = 0.1, .steps = { 2 } },
                               .frozen = frozen,
                               .pad = 32 },
        5e-3);
    check_sparse_run(ref, "train/adamw",
                     &(sx_trainer_options){ .optim = { .kind = SX_OPTIM_ADAMW,
                                                       .decay = 1e-4,
                                                       .decay_norm = 1e-4,
                                                       .decay_bias = 1e-4,
                                                       .clip = SX_CLIP_FULL_NORM,
                                                       .clip_limit = 1 },
                                            .schedule = { .base = 2.5e-5 },
                                            .frozen = frozen,
                                            .pad = 32 },
                     5e-3);
    sx_weights_free(ref);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_densenet121),
        cmocka_unit_test(test_densenet169),
        cmocka_unit_test(test_densenet201),
        cmocka_unit_test(test_sparse_rcnn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
