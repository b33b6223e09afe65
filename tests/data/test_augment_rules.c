/* Augmentation by its written rules, where the golden pictures do not reach: odd and tiny films,
 * the ends of ranges, every step of the policy. */
#include "support/sample_pictures.h"

#include <math.h>

#include "data/augment.h"
#include "image/noise.h"

static sx_image picture(const char *name, int width, int height, bool color) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_noise_image(name, width, height, color, &im, &err), err);
    return im;
}

/* ---- rotation, translation and shear, one pixel at a time ---- */

typedef struct warp {
    double m[6]; /* source x = m0 * x + m1 * y + m2, source y = m3 * x + m4 * y + m5 */
    const sx_image *im;
} warp;

static int within(int v, int n) {
    return v < 0 ? 0 : v >= n ? n - 1 : v;
}

static int pixel(const warp *w, int x, int y, int k) {
    const size_t at =
        (size_t)within(y, w->im->height) * (size_t)w->im->width + (size_t)within(x, w->im->width);
    return sx_image_u8(w->im)[at * (size_t)w->im->channels + (size_t)k];
}

static warp rotation(const sx_image *im, double degrees) {
    const double a = -(degrees < 0 ? degrees + 360 : degrees) * (3.141592653589793 / 180);
    const double x = im->width / 2.0, y = im->height / 2.0, c = cos(a), s = sin(a);
    return (warp){ { c, s, x - c * x - s * y, -s, c, y + s * x - c * y }, im };
}

/* In integers of 1/65536, as in Pillow. */
static int rotated(const warp *w, int x, int y, int k) {
    int64_t f[6];
    for (int i = 0; i < 6; i++)
        f[i] = (int64_t)floor(
            (w->m[i] + (i % 3 == 2 ? 0.5 * (w->m[i - 2] + w->m[i - 1]) : 0)) * 65536 + 0.5);
    const int64_t u = (f[0] * x + f[1] * y + f[2]) >> 16, v = (f[3] * x + f[4] * y + f[5]) >> 16;
    if (u < 0 || v < 0 || u >= w->im->width || v >= w->im->height) return 128;
    return pixel(w, (int)u, (int)v, k);
}

static int nearest(const warp *w, int x, int y, int k) {
    const double *m = w->m;
    const double u = floor(m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2]),
                 v = floor(m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5]);
    if (u < 0 || v < 0 || u >= w->im->width || v >= w->im->height) return 128;
    return pixel(w, (int)u, (int)v, k);
}

static double cubic(const double v[4], double d) {
    const double p2 = v[2] - v[0], p3 = 2 * (v[0] - v[1]) + v[2] - v[3],
                 p4 = v[1] - v[0] - v[2] + v[3];
    return v[1] + d * (p2 + d * (p3 + d * p4));
}

static int bicubic(const warp *w, int x, int y, int k) {
    const double *m = w->m;
    double u = m[0] * (x + 0.5) + m[1] * (y + 0.5) + m[2],
           v = m[3] * (x + 0.5) + m[4] * (y + 0.5) + m[5];
    if (u < 0 || v < 0 || u >= w->im->width || v >= w->im->height) return 128;
    u -= 0.5;
    v -= 0.5;
    const int left = (int)floor(u), top = (int)floor(v);
    double column[4];
    for (int j = 0; j < 4; j++) {
        double row[4];
        for (int i = 0; i < 4; i++)
            row[i] = pixel(w, left - 1 + i, top - 1 + j, k);
        column[j] = cubic(row, u - left);
    }
    const double value = cubic(column, v - top);
    return value <= 0 ? 0 : value >= 255 ? 255 : (int)value;
}

static void check_warp(const warp *w, int (*value)(const warp *, int, int, int), sx_augment_op op,
                       double argument) {
    sx_error err = { 0 };
    sx_image got = { 0 };
    size_t n = 0;
    CHECK_OK(sx_image_new(&got, w->im->width, w->im->height, w->im->channels, 8, &err), err);
    memcpy(got.data, w->im->data, sx_image_bytes(w->im));
    CHECK_OK(sx_augment_apply(op, argument, &got, NULL, &n, NULL, &err), err);
    const uint8_t *p = sx_image_u8(&got);
    for (int y = 0; y < got.height; y++)
        for (int x = 0; x < got.width; x++)
            for (int k = 0; k < got.channels; k++, p++)
                if (*p != value(w, x, y, k))
                    fail_msg("%s %g, %d x %d: pixel %d, %d is %d, want %d", sx_augment_name(op),
                             argument, got.width, got.height, x, y, *p, value(w, x, y, k));
    sx_image_free(&got);
}

static void warps_of_all_sizes(void **state) {
    (void)state;
    static const int sizes[][2] = { { 1, 1 },   { 2, 1 },   { 1, 9 },   { 3, 4 },
                                    { 33, 20 }, { 20, 33 }, { 51, 47 }, { 64, 64 } };
    static const double shears[] = { 0.3, -0.3, 0.06, 1, -1, 0 },
                        shifts[] = { 0.4, -0.6, 12.5, -12.5, 50, -100 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int color = 0; color < 2; color++) {
            sx_image im = picture("augment/sizes", sizes[s][0], sizes[s][1], color);
            for (size_t i = 0; i < sx_image_bytes(&im); i += 5) /* steps that overshoot */
                sx_image_u8(&im)[i] = i % 2 ? 255 : 0;
            for (size_t i = 0; i < sizeof shears / sizeof *shears; i++) {
                const double v = shears[i], t = shifts[i];
                check_warp(&(warp){ { 1, v, 0, 0, 1, 0 }, &im }, bicubic, SX_AUG_SHEAR_X, v);
                check_warp(&(warp){ { 1, 0, 0, v, 1, 0 }, &im }, bicubic, SX_AUG_SHEAR_Y, v);
                check_warp(&(warp){ { 1, 0, t, 0, 1, 0 }, &im }, nearest, SX_AUG_TRANSLATE_X, t);
                check_warp(&(warp){ { 1, 0, 0, 0, 1, t }, &im }, nearest, SX_AUG_TRANSLATE_Y, t);
            }
            for (double degrees = -30; degrees <= 30; degrees += 4) {
                const warp w = rotation(&im, degrees);
                check_warp(&w, rotated, SX_AUG_ROTATE, degrees);
            }
            sx_image_free(&im);
        }
}

/* ---- boxes at the ends of their ranges ---- */

static size_t moved(sx_augment_op op, double argument, sx_film_box *box) {
    sx_error err = { 0 };
    sx_image im = picture("augment/edge", 200, 100, false);
    size_t n = 1;
    CHECK_OK(sx_augment_apply(op, argument, &im, box, &n, NULL, &err), err);
    sx_image_free(&im);
    return n;
}

static void check_box(const sx_film_box *b, double x0, double y0, double x1, double y1) {
    assert_true(fabs(b->x0 - x0) < 1e-12 && fabs(b->y0 - y0) < 1e-12);
    assert_true(fabs(b->x1 - x1) < 1e-12 && fabs(b->y1 - y1) < 1e-12);
}

/* A box that has just left the film still counts, inside out; one pixel further it is dropped. */
static void boxes_that_touch_the_edge(void **state) {
    (void)state;
    const sx_film_box box = { 0.25, 0.25, 0.5, 0.5, 0 };
    sx_film_box b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_X, 100, &b), 1);
    check_box(&b, 0.95, 0.25, 0.05, 0.5);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_X, 101, &b), 0);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_X, -150, &b), 1);
    check_box(&b, 1, 0.25, 1, 0.5);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_X, -151, &b), 0);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_Y, 50, &b), 1);
    check_box(&b, 0.25, 0.95, 0.5, 0.05);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_Y, 51, &b), 0);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_Y, -75, &b), 1);
    check_box(&b, 0.25, 1, 0.5, 1);
    b = box;
    assert_int_equal(moved(SX_AUG_TRANSLATE_Y, -76, &b), 0);
}

/* The corner (100, 10) goes to 100 - 10 * 0.3f: 96.9999999 in double, 97 in float, then
 * truncated. */
static void sheared_corners_are_floats(void **state) {
    (void)state;
    sx_film_box b = { 0.5, 0.1, 0.75, 0.1, 0 };
    assert_int_equal(moved(SX_AUG_SHEAR_X, 0.3, &b), 1);
    assert_true(b.x0 == 97 / 200.0);
    assert_true(b.x1 == 147 / 200.0);
}

/* ---- grey levels ---- */

/* Contrast 0 leaves the mean brightness, which for a film of one colour is that colour's. */
static void brightness_of_colours(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = { 0 };
    size_t n = 0;
    CHECK_OK(sx_image_new(&im, 2, 2, 3, 8, &err), err);
    for (int channel = 0; channel < 3; channel++)
        for (int v = 0; v < 256; v++) {
            static const int weight[] = { 7471, 38470, 19595 };
            memset(im.data, 0, sx_image_bytes(&im));
            for (int i = 0; i < 4; i++)
                sx_image_u8(&im)[3 * i + channel] = (uint8_t)v;
            CHECK_OK(sx_augment_apply(SX_AUG_CONTRAST, 0, &im, NULL, &n, NULL, &err), err);
            assert_int_equal(sx_image_u8(&im)[channel], (weight[channel] * v + 32768) >> 16);
        }
    sx_image_free(&im);
}

/* ---- scripted draws ---- */

typedef struct script {
    size_t signs; /* directions to draw before the steps */
    double direction, steps[4];
    int list; /* of the policy; its number is drawn first */
    size_t uniforms, integers;
} script;

static double script_uniform(void *ctx) {
    script *s = ctx;
    const size_t i = s->uniforms++;
    return i < s->signs ? s->direction : s->steps[i - s->signs];
}
static int script_integer(void *ctx, int low, int high) {
    script *s = ctx;
    if (s->integers++ == 0 && s->list >= 0) {
        assert_true(low == 0 && high == 15);
        return s->list;
    }
    return low + (high - low) / 3;
}
static int script_sign(void *ctx) {
    (void)ctx;
    return 1;
}
static sx_draws scripted(script *s) {
    return (sx_draws){ script_uniform, script_integer, script_sign, s };
}

/* A box of 11 x 12 pixels: half sides of 0.75 * 5.5 and 0.75 * 6, truncated. */
static void cutout_within_a_box(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_image_new(&im, 100, 50, 1, 8, &err), err);
    sx_film_box box = { 0.3, 0.4, 0.41, 0.6, 0 }; /* 30..41, 20..30 */
    size_t n = 1, filled = 0;
    script s = { .list = -1 };
    const sx_draws draws = scripted(&s);
    CHECK_OK(sx_augment_apply(SX_AUG_BOX_CUTOUT, 0.75, &im, &box, &n, &draws, &err), err);
    assert_int_equal(s.integers, 3);
    for (int y = 0; y < 50; y++) /* centre 34, 23 */
        for (int x = 0; x < 100; x++) {
            const bool in = y >= 23 - 4 && y < 23 + 4 && x >= 34 - 4 && x < 34 + 4;
            assert_int_equal(sx_image_u8(&im)[y * 100 + x], in ? 128 : 0);
            filled += in;
        }
    assert_int_equal(filled, 64);
    sx_image_free(&im);
}

typedef struct step {
    sx_augment_op op;
    double probability;
    int level;
} step;

static step step_of(const json_t *j) {
    const char *name = json_string_value(json_array_get(j, 0));
    for (int i = 0; i < SX_AUG_OPS; i++)
        if (strcmp(sx_augment_name((sx_augment_op)i), name) == 0)
            return (step){ (sx_augment_op)i, json_number_value(json_array_get(j, 1)),
                           (int)json_integer_value(json_array_get(j, 2)) };
    fail_msg("no operation %s", name);
    return (step){ 0 };
}

/* Runs list i of the policy on a film with a random number just below or just above the probability
 * of step k; other steps run only if their probability is 1. Compares with the operations applied
 * directly. */
static void check_step(const json_t *list, int i, size_t k, bool happens, bool positive) {
    sx_error err = { 0 };
    sx_image got = picture("augment/policy", 280, 300, true),
             want = picture("augment/policy", 280, 300, true);
    const sx_film_box boxes[2] = { { 0.3, 0.35, 0.6, 0.7, 0 }, { 0.5, 0.1, 0.7, 0.25, 1 } };
    sx_film_box a[2], b[2];
    memcpy(a, boxes, sizeof a);
    memcpy(b, boxes, sizeof b);
    size_t na = 2, nb = 2;
    script s = { .signs = 14, .direction = positive ? 0.5 : 0.49999999, .list = i },
           hand = { .list = -1 };
    const sx_draws draws = scripted(&s), by_hand = scripted(&hand);
    for (size_t j = 0; j < json_array_size(list); j++) {
        const step t = step_of(json_array_get(list, j));
        if (j == k) s.steps[j] = happens ? 1 - t.probability : fmax(1 - t.probability - 1e-9, 0);
        if (t.probability == 0) s.steps[j] = 0.99999999; /* even then not */
        if (t.probability < 1 && (j != k || !happens || t.probability == 0)) continue;
        CHECK_OK(sx_augment_apply(t.op, sx_augment_argument(t.op, t.level, positive), &want, b, &nb,
                                  &by_hand, &err),
                 err);
    }
    CHECK_OK(sx_augment_policy_v2(&got, a, &na, &draws, &err), err);
    assert_int_equal(s.uniforms, 14 + json_array_size(list));
    assert_int_equal(s.integers, 1 + hand.integers);
    if (memcmp(got.data, want.data, sx_image_bytes(&got)) != 0)
        fail_msg("list %d, step %zu: pixels", i, k);
    assert_int_equal(na, nb);
    for (size_t j = 0; j < na; j++)
        check_box(&a[j], b[j].x0, b[j].y0, b[j].x1, b[j].y1);
    sx_image_free(&got);
    sx_image_free(&want);
}

static void every_step_of_the_policy(void **state) {
    (void)state;
    json_t *all = golden("D/policy_v2.json"), *list;
    size_t i;
    json_array_foreach(json_object_get(all, "policy"), i, list) {
        for (size_t k = 0; k < json_array_size(list); k++) {
            check_step(list, (int)i, k, true, true);
            check_step(list, (int)i, k, true, false);
            check_step(list, (int)i, k, false, true);
        }
    }
    assert_int_equal(i, 15);
    json_decref(all);
}

/* ---- samples ---- */

static void flips_below_the_probability(void **state) {
    (void)state;
    static const struct {
        double probability, drawn;
        bool flipped;
    } cases[] = {
        { 0.5, 0.4999, true }, { 0.5, 0.5, false }, { 0, 0, false }, { 1, 0.9999, true }
    };
    sx_error err = { 0 };
    sx_image im = picture("augment/flip", 31, 17, true), out = { 0 };
    const sx_film_box box = { 3, 4, 9, 8, 0 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        script s = { .steps = { cases[i].drawn }, .list = -1 };
        const sx_draws draws = scripted(&s);
        sx_film_box got;
        size_t n = 0;
        CHECK_OK(sx_augment_film(&im, &box, 1,
                                 &(sx_augment_options){ .flip = cases[i].probability }, &draws,
                                 &out, &got, &n, &err),
                 err);
        assert_int_equal(n, 1);
        assert_true(got.x0 == (cases[i].flipped ? 22 : 3));
        if (cases[i].flipped) sx_flip_image(&out);
        assert_memory_equal(out.data, im.data, sx_image_bytes(&im));
        sx_image_free(&out);
    }
    sx_image_free(&im);
}

static void one_of_the_sizes(void **state) {
    (void)state;
    static const int sizes[] = { 20, 30, 50, 60 };
    sx_error err = { 0 };
    sx_image im = picture("augment/size", 40, 80, false), out = { 0 };
    script s = { .list = -1 }; /* draws 4 / 3 = 1 */
    const sx_draws draws = scripted(&s);
    size_t n = 0;
    CHECK_OK(sx_augment_film(&im, NULL, 0, &(sx_augment_options){ 0, sizes, 4, 1333, false },
                             &draws, &out, NULL, &n, &err),
             err);
    assert_true(out.width == 30 && out.height == 60);
    sx_image_free(&out);
    sx_image_free(&im);
}

static void empty_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = picture("augment/empty", 40, 40, false), out = { 0 };
    const sx_film_box boxes[] = { { 1, 1, 1.000005, 9, 0 },
                                  { 1, 1, 9, 1.000005, 0 },
                                  { 1, 1, 1.00002, 9, 0 },
                                  { 1, 1, 9, 1.00002, 0 } };
    sx_film_box got[4];
    size_t n = 0;
    script s = { .list = -1 };
    const sx_draws draws = scripted(&s);
    CHECK_OK(
        sx_augment_film(&im, boxes, 4, &(sx_augment_options){ 0 }, &draws, &out, got, &n, &err),
        err);
    assert_int_equal(n, 2);
    assert_int_equal(got[0].source, 2);
    assert_int_equal(got[1].source, 3);
    sx_image_free(&out);
    sx_image_free(&im);
}

static void draws_from_a_stream(void **state) {
    (void)state;
    enum { N = 6000 };
    sx_rng_draws s = { 77, 0 };
    const sx_draws d = sx_draws_from_rng(&s);
    size_t count[6] = { 0 }, positive = 0;
    double sum = 0;
    for (int i = 0; i < N; i++) {
        const int v = d.integer(d.ctx, -2, 4), sign = d.sign(d.ctx);
        const double u = d.uniform(d.ctx);
        assert_in_range(v + 2, 0, 5);
        assert_true(u >= 0 && u < 1);
        assert_true(sign == 1 || sign == -1);
        count[v + 2]++;
        positive += sign > 0;
        sum += u;
    }
    for (int i = 0; i < 6; i++) /* standard deviation 29 */
        assert_in_range(count[i], 1000 - 130, 1000 + 130);
    assert_in_range(positive, 3000 - 175, 3000 + 175); /* 39 */
    assert_true(fabs(sum / N - 0.5) < 0.017);          /* 0.0037 */
    assert_int_equal(s.next, 3 * N);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warps_of_all_sizes),
        cmocka_unit_test(boxes_that_touch_the_edge),
        cmocka_unit_test(sheared_corners_are_floats),
        cmocka_unit_test(brightness_of_colours),
        cmocka_unit_test(cutout_within_a_box),
        cmocka_unit_test(every_step_of_the_policy),
        cmocka_unit_test(flips_below_the_probability),
        cmocka_unit_test(one_of_the_sizes),
        cmocka_unit_test(empty_boxes),
        cmocka_unit_test(draws_from_a_stream),
    };
    return cmocka_run_group_tests_name("data-augment-rules", tests, NULL, NULL);
}
