/* MixUp, mild augmentation, and the share of films without boxes in training. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/augment.h"
#include "data/augment_impl.h"
#include "data/sampler.h"
#include "image/noise.h"
#include "support/check.h"

/* ---- recorded draws ---- */

typedef struct recorded {
    const double *values;
    int next;
} recorded;

static double next_value(void *ctx) {
    recorded *r = ctx;
    return r->values[r->next++];
}

static sx_draws replay(recorded *r) {
    return (sx_draws){ .uniform = next_value, .ctx = r };
}

static void beta_follows_from_pairs(void **state) {
    (void)state;
    static const double values[] = { 0.25, 0.25, 0.9, 0.3, 0.6, 0.2, 0.5, 0.25 };
    recorded r = { values, 0 };
    const sx_draws d = replay(&r);
    assert_true(sx_draw_beta(&d, 1) == 0.5);
    assert_true(fabs(sx_draw_beta(&d, 1) - 0.75) < 1e-15); /* 0.9 + 0.3 is above 1: drawn again */
    assert_int_equal(r.next, 6);
    assert_true(fabs(sx_draw_beta(&d, 0.5) - 0.25 / (0.25 + 0.0625)) < 1e-15);
}

/* Mean 1/2, variance 1 / (4 (2 alpha + 1)). */
static void beta_has_its_moments(void **state) {
    (void)state;
    enum { DRAWS = 100000 };
    static const double alphas[] = { 1e-12, 0.001, 0.2, 0.5, 1 };
    for (int k = 0; k < 5; k++) {
        sx_rng_draws stream = { 77 + (uint64_t)k, 0 };
        const sx_draws d = sx_draws_from_rng(&stream);
        double sum = 0, squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            const double x = sx_draw_beta(&d, alphas[k]);
            assert_true(x >= 0 && x <= 1);
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
        }
        const double variance = 1 / (4 * (2 * alphas[k] + 1));
        /* five standard errors; squares of (x - 1/2) are at most 1/4 */
        assert_true(fabs(sum / DRAWS - 0.5) < 5 * sqrt(variance / DRAWS));
        assert_true(fabs(squares / DRAWS - variance) < 5 * sqrt(0.25 * variance / DRAWS));
    }
}

/* ---- pixels ---- */

static void pixels_mix_with_rounding(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image grey, other, colour;
    CHECK_OK(sx_image_new(&grey, 2, 1, 1, 8, &err) && sx_image_new(&other, 2, 1, 1, 8, &err) &&
                 sx_image_new(&colour, 2, 1, 3, 8, &err),
             err);
    memcpy(grey.data, "\x64\x00", 2);                   /* 100, 0 */
    memcpy(other.data, "\xc8\xff", 2);                  /* 200, 255 */
    memcpy(colour.data, "\x0a\x14\x1f\x00\xff\x80", 6); /* mean 20 (20.33), 128 (127.67) */
    sx_augment_mix(&grey, &other, 0.25);
    assert_int_equal(sx_image_u8(&grey)[0], 175);
    assert_int_equal(sx_image_u8(&grey)[1], 191); /* 191.25 */
    memcpy(grey.data, "\x64\x00", 2);
    sx_augment_mix(&grey, &colour, 0.5);
    assert_int_equal(sx_image_u8(&grey)[0], 60);
    assert_int_equal(sx_image_u8(&grey)[1], 64);
    sx_augment_mix(&colour, &other, 0.5);
    assert_memory_equal(colour.data, "\x69\x6e\x74\x80\xff\xc0", 6);
    sx_augment_mix(&other, &grey, 1);
    assert_memory_equal(other.data, "\xc8\xff", 2);
    sx_image_free(&grey);
    sx_image_free(&other);
    sx_image_free(&colour);
}

static void make(sx_image *im) {
    sx_error err = { 0 };
    CHECK_OK(sx_noise_image("mild", 40, 30, false, im, &err), err);
}

static void mild_draws_all_its_numbers(void **state) {
    (void)state;
    static const double values[] = { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 0, 1, 0.5, 0, 0.75, 0.25 };
    sx_error err = { 0 };
    sx_image plain, im, want;
    recorded r = { values, 0 };
    const sx_draws d = replay(&r);
    size_t none = 0;
    make(&plain);
    make(&im);
    make(&want);
    CHECK_OK(sx_augment_mild(&im, &d, &err), err); /* by nothing */
    assert_memory_equal(im.data, plain.data, sx_image_bytes(&im));
    CHECK_OK(sx_augment_mild(&im, &d, &err), err);
    CHECK_OK(sx_augment_apply(SX_AUG_BRIGHTNESS, 0.8, &want, NULL, &none, &d, &err) &&
                 sx_augment_apply(SX_AUG_CONTRAST, 1.1, &want, NULL, &none, &d, &err) &&
                 sx_aug_similarity(&want, 15, 0.9, 2, 0, &err) && /* 5 % of 40 */
                 sx_aug_sharpness(&want, 0.75, &err),
             err);
    assert_memory_equal(im.data, want.data, sx_image_bytes(&im));
    assert_int_equal(r.next, 14);
    sx_image_free(&plain);
    sx_image_free(&im);
    sx_image_free(&want);
}

/* A channel of a 4x4 image; another one has 255 minus its values. */
static void check_similarity(double degrees, double scale, double right, double down,
                             const uint8_t want[16]) {
    sx_error err = { 0 };
    for (int channels = 1; channels <= 3; channels += 2) {
        sx_image im;
        CHECK_OK(sx_image_new(&im, 4, 4, channels, 8, &err), err);
        for (int i = 0; i < 16; i++)
            for (int c = 0; c < channels; c++)
                sx_image_u8(&im)[i * channels + c] = (uint8_t)(c ? 255 - 10 * i : 10 * i);
        CHECK_OK(sx_aug_similarity(&im, degrees, scale, right, down, &err), err);
        for (int i = 0; i < 16; i++)
            for (int c = 0; c < channels; c++) {
                const int got = sx_image_u8(&im)[i * channels + c];
                /* grey is uncovered in all channels; a half is rounded up */
                const bool right_value =
                    want[i] == 128 ? got == 128 : abs(got - (c ? 255 - want[i] : want[i])) <= !!c;
                if (!right_value)
                    fail_msg("%g degrees, %g times: pixel %d of channel %d is %d", degrees, scale,
                             i, c, got);
            }
        sx_image_free(&im);
    }
}

static void similarity_turns_scales_and_moves(void **state) {
    (void)state;
    check_similarity(0, 1, 1, -2,
                     (const uint8_t[]){ 128, 80, 90, 100,   /* right and up */
                                        128, 120, 130, 140, /**/
                                        128, 128, 128, 128, /**/
                                        128, 128, 128, 128 });
    check_similarity(90, 1, 0, 0,
                     (const uint8_t[]){ 30, 70, 110, 150, /* counter-clockwise */
                                        20, 60, 100, 140, /**/
                                        10, 50, 90, 130,  /**/
                                        0, 40, 80, 120 });
    check_similarity(0, 0.5, 0, 0,
                     (const uint8_t[]){ 128, 128, 128, 128, /* means of four */
                                        128, 25, 45, 128,   /**/
                                        128, 105, 125, 128, /**/
                                        128, 128, 128, 128 });
    /* from the middle: steps of half a pixel */
    check_similarity(0, 2, 0, 0,
                     (const uint8_t[]){ 38, 43, 48, 53, /**/
                                        58, 63, 68, 73, /**/
                                        78, 83, 88, 93, /**/
                                        98, 103, 108, 113 });
}

/* ---- films without boxes ---- */

static void films_without_boxes_get_their_share(void **state) {
    (void)state;
    enum { FILMS = 5, DRAWS = 20000 };
    static const uint8_t empty[FILMS] = { 0, 1, 0, 1, 0 };
    double factors[FILMS] = { 1, 1, 1, 1, 2 };
    assert_int_equal(sx_share_factors(empty, FILMS, 0.5, factors), 2);
    static const double even[FILMS] = { 1, 2, 1, 2, 2 };
    assert_memory_equal(factors, even, sizeof factors);
    assert_int_equal(sx_share_factors(empty, FILMS, 0.2, factors), 2); /* of 4 + 1 */
    for (int i = 0; i < FILMS; i++)
        assert_true(fabs(factors[i] - (empty[i] ? 0.5 : even[i])) < 1e-12);
    sx_error err = { 0 };
    sx_sampler *s = sx_sampler_new(
        &(sx_sampler_options){ .film_count = FILMS, .factors = factors, .seed = 4 }, &err);
    CHECK_OK(s != NULL, err);
    int drawn = 0;
    for (int i = 0; i < DRAWS; i++)
        drawn += empty[sx_sampler_next(s)];
    assert_true(fabs((double)drawn / DRAWS - 0.2) < 0.015);
    sx_sampler_free(s);
    static const uint8_t none[FILMS] = { 0 };
    double same[FILMS] = { 1, 1, 1, 1, 2 };
    assert_int_equal(sx_share_factors(none, FILMS, 0.5, same), 0);
    assert_true(same[0] == 1 && same[4] == 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_follows_from_pairs),
        cmocka_unit_test(beta_has_its_moments),
        cmocka_unit_test(pixels_mix_with_rounding),
        cmocka_unit_test(mild_draws_all_its_numbers),
        cmocka_unit_test(similarity_turns_scales_and_moves),
        cmocka_unit_test(films_without_boxes_get_their_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
