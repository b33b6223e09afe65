/* A classifier with an output for each finding: its targets and its loss. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/noise.h"
#include "image/png.h"
#include "support/check.h"
#include "train/loader.h"
#include "train/trainer.h"

enum { FILMS = 3, CLASSES = 4 };

/* ---- targets ---- */

/* Findings follow from boxes; those of an abnormal film without boxes are not known. */
static void targets_follow_from_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im;
    const char *path = check_tmp_path("film.png");
    CHECK_OK(sx_noise_image("film", 64, 64, false, &im, &err) &&
                 sx_png_write(&im, SX_PNG_QUICK, path, &err),
             err);
    sx_image_free(&im);
    const sx_film_box boxes[] = { { 1, 1, 9, 9, 0 }, { 5, 5, 20, 20, 0 }, { 2, 2, 8, 8, 0 } };
    const int labels[] = { 2, 0, 2 };
    const sx_loader_film films[FILMS] = {
        { .id = "boxes", .path = path, .boxes = boxes, .labels = labels, .count = 3, .target = 1 },
        { .id = "normal", .path = path },
        { .id = "unknown", .path = path, .target = 1 },
    };
    const float nan = NAN,
                want[FILMS][CLASSES] = { { 1, 1, 0, 1 }, { 0, 0, 0, 0 }, { 1, nan, nan, nan } };
    const sx_loader_options o = {
        .batch = FILMS, .width = 32, .height = 32, .classes = CLASSES, .threads = 1
    };
    sx_loader *f = sx_loader_new(films, FILMS, &o, &err);
    CHECK_OK(f != NULL, err);
    const sx_example *batch = sx_loader_next(f, &err);
    CHECK_OK(batch != NULL, err);
    for (int i = 0; i < FILMS; i++)
        for (int k = 0; k < FILMS; k++) {
            if (batch[i].name != films[k].id) continue;
            for (int c = 0; c < CLASSES; c++) {
                const float got = batch[i].classes[c], expected = want[k][c];
                if (isnan(expected) ? !isnan(got) : got != expected)
                    fail_msg("%s: target %d is %g, not %g", films[k].id, c, (double)got,
                             (double)expected);
            }
        }
    sx_loader_free(f);
    /* a box of a class that the network lacks */
    const sx_loader_options few = { .batch = 1, .width = 32, .height = 32, .classes = 3 };
    CHECK_FAILS(sx_loader_new(films, FILMS, &few, &err) != NULL, err, SX_ERR_VALUE,
                "boxes: a box of class 2; the network has 2");
    check_tmp_remove();
}

/* ---- MixUp ---- */

enum { MIXED = 8 };

static void put_film(const char *path, uint8_t value) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, 32, 32, 1, 8, &err), err);
    memset(im.data, value, sx_image_bytes(&im));
    CHECK_OK(sx_png_write(&im, SX_PNG_QUICK, path, &err), err);
    sx_image_free(&im);
}

/* Films of one grey level each, 0 for normal and 250 for abnormal: targets and pixels of a mixed
 * sample tell the same share. The batch is the same from one thread, from several, and sought. */
static void mixup_mixes_pixels_and_targets_alike(void **state) {
    (void)state;
    sx_error err = { 0 };
    char black[512], bright[512];
    snprintf(black, sizeof black, "%s", check_tmp_path("black.png"));
    snprintf(bright, sizeof bright, "%s", check_tmp_path("bright.png"));
    put_film(black, 0);
    put_film(bright, 250);
    const sx_film_box box = { 1, 1, 9, 9, 0 };
    const int label = 0;
    const sx_loader_film films[] = {
        { .id = "a", .path = black },
        { .id = "b", .path = bright, .boxes = &box, .labels = &label, .count = 1, .target = 1 },
    };
    sx_loader_options o = { .batch = MIXED, .width = 32, .height = 32, .classes = 2, .mixup = 1 };
    o.threads = 1;
    sx_loader *one = sx_loader_new(films, 2, &o, &err);
    o.threads = 4;
    sx_loader *many = sx_loader_new(films, 2, &o, &err);
    CHECK_OK(one && many, err);
    sx_loader_seek(many, 1);
    const sx_example *batch = sx_loader_next(one, &err);
    CHECK_OK(batch != NULL, err);
    int between = 0;
    for (int i = 0; i < MIXED; i++) {
        const float t = batch[i].classes[0];
        assert_true(batch[i].classes[1] == t);
        assert_true(fabs(250 * (double)t - sx_image_u8(&batch[i].image)[77]) <= 0.51);
        between += t > 0.01F && t < 0.99F;
    }
    assert_true(between > 0);
    batch = sx_loader_next(one, &err);
    const sx_example *same = sx_loader_next(many, &err);
    CHECK_OK(batch && same, err);
    for (int i = 0; i < MIXED; i++) {
        assert_true(batch[i].classes[0] == same[i].classes[0]);
        assert_memory_equal(batch[i].image.data, same[i].image.data,
                            sx_image_bytes(&batch[i].image));
    }
    sx_loader_free(one);
    sx_loader_free(many);
    check_tmp_remove();
}

/* ---- loss ---- */

typedef struct setup {
    sx_network net;
    sx_trainer *trainer;
    sx_example batch[2];
} setup;

static const float targets[2][CLASSES] = { { 1, 0, 1, 1 }, { 0, 0, 0, 0 } };

static void make(setup *s, float films[2][CLASSES]) {
    sx_error err = { 0 };
    *s = (setup){ 0 };
    sx_network_default(&s->net, sx_arch_find("densenet121"), CLASSES);
    CHECK_OK(sx_network_configure(&s->net, "{\"growth\": 4, \"stem\": 8, \"blocks\": [1, 1, 1, 1]}",
                                  &err),
             err);
    s->trainer = sx_trainer_new(
        &s->net, NULL, &(sx_trainer_options){ .schedule = { .base = 1e-3 }, .seed = 2 }, &err);
    CHECK_OK(s->trainer != NULL, err);
    for (int i = 0; i < 2; i++) {
        s->batch[i] = (sx_example){ .classes = films[i], .name = "noise" };
        CHECK_OK(sx_noise_image(i ? "b" : "a", 32, 32, false, &s->batch[i].image, &err), err);
    }
}

static void unmake(setup *s) {
    for (int i = 0; i < 2; i++)
        sx_image_free(&s->batch[i].image);
    sx_trainer_free(s->trainer);
}

static double bce(double x, double t) {
    return log1p(exp(-fabs(x))) + fmax(x, 0) - t * x;
}

/* A step makes the plan; then the loss alone, whose gradients no backward pass has used up. */
static sx_losses losses_and_logits(setup *s, float logits[2][CLASSES], float grads[2][CLASSES]) {
    sx_error err = { 0 };
    sx_losses l;
    CHECK_OK(sx_trainer_add(s->trainer, s->batch, 2, &l, &err), err);
    sx_plan *p = sx_trainer_plan(s->trainer);
    const sx_targets truth[] = { { .classes = s->batch[0].classes },
                                 { .classes = s->batch[1].classes } };
    sx_loss_state kept = { 0 };
    CHECK_OK(sx_plan_run(p, &err) &&
                 sx_classifier_loss(s->net.config, p, truth, 2, &kept, &l, &err) &&
                 sx_plan_output(p, "logits", &logits[0][0], 2 * CLASSES, &err),
             err);
    sx_dtype dtype;
    const float *g = sx_plan_output_grad(p, "logits", &dtype);
    assert_int_equal(dtype, SX_F32);
    memcpy(grads, g, 2 * CLASSES * sizeof *g);
    return l;
}

/* The formulas by hand: the mean over films of the first output, and over films and findings of
 * the others. A target that is not known adds nothing, and nothing else changes. */
static void check_loss(float films[2][CLASSES]) {
    setup s;
    float x[2][CLASSES], g[2][CLASSES];
    make(&s, films);
    const sx_losses l = losses_and_logits(&s, x, g);
    double first = 0, others = 0;
    for (int i = 0; i < 2; i++) {
        first += bce((double)x[i][0], (double)films[i][0]) / 2;
        for (int c = 1; c < CLASSES; c++)
            if (!isnan(films[i][c]))
                others += bce((double)x[i][c], (double)films[i][c]) / (2 * (CLASSES - 1));
    }
    assert_int_equal(l.count, 2);
    assert_string_equal(l.items[1].name, "loss_findings");
    assert_true(fabs(l.items[0].value - first) < 1e-6);
    assert_true(fabs(l.items[1].value - others) < 1e-6);
    assert_true(fabs(l.total - first - others) < 1e-6);
    for (int i = 0; i < 2; i++)
        for (int c = 0; c < CLASSES; c++) {
            const double p = 1 / (1 + exp(-(double)x[i][c])), t = (double)films[i][c];
            const double want = isnan(t) ? 0 : (p - t) / (c ? 2 * (CLASSES - 1) : 2);
            if (fabs((double)g[i][c] - want) > 1e-6)
                fail_msg("gradient of output %d of film %d: %g, not %g", c, i, (double)g[i][c],
                         want);
        }
    unmake(&s);
}

static void loss_is_the_sum_of_both_means(void **state) {
    (void)state;
    float films[2][CLASSES];
    memcpy(films, targets, sizeof films);
    check_loss(films);
    films[0][1] = films[0][2] = films[0][3] = NAN;
    check_loss(films);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(targets_follow_from_boxes),
                                        cmocka_unit_test(mixup_mixes_pixels_and_targets_alike),
                                        cmocka_unit_test(loss_is_the_sum_of_both_means) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
