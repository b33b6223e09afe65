/* Golden cases D2 to D4: flips, the operations of AutoAugment and the whole policy, pixel and box
 * exact. */
#include "support/sample_pictures.h"

#include <math.h>

#include "data/augment.h"
#include "image/noise.h"
#include "image/resize.h"

/* ---- recorded numbers ---- */

typedef struct recording {
    const json_t *list; /* numbers, or [kind, value, low, high] */
    size_t next;
} recording;

static double recorded(recording *r, const char *kind) {
    const json_t *v = json_array_get(r->list, r->next++);
    if (!v) fail_msg("more numbers are drawn than were recorded (%s)", kind);
    if (!json_is_array(v)) return json_number_value(v);
    assert_string_equal(json_string_value(json_array_get(v, 0)), kind);
    return json_number_value(json_array_get(v, 1));
}
static double recorded_uniform(void *ctx) {
    return recorded(ctx, "uniform");
}
static int recorded_integer(void *ctx, int low, int high) {
    recording *r = ctx;
    const json_t *v = json_array_get(r->list, r->next);
    if (json_is_array(v)) {
        assert_int_equal(json_integer_value(json_array_get(v, 2)), low);
        assert_int_equal(json_integer_value(json_array_get(v, 3)), high);
    }
    return (int)recorded(r, "randint");
}
static int recorded_sign(void *ctx) {
    return (int)recorded(ctx, "choice");
}
static sx_draws replay(recording *r) {
    return (sx_draws){ recorded_uniform, recorded_integer, recorded_sign, r };
}

/* ---- boxes ---- */

enum { MOST = 16 };

/* [[a, b, c, d], ...]: x0, y0, x1, y1, or y0, x0, y1, x1 when `turned`. */
static size_t read_boxes(const json_t *rows, bool turned, sx_film_box *out) {
    const size_t n = json_array_size(rows);
    assert_true(n <= MOST);
    for (size_t i = 0; i < n; i++) {
        double v[4];
        for (size_t k = 0; k < 4; k++)
            v[k] = json_number_value(json_array_get(json_array_get(rows, i), k));
        out[i] = turned ? (sx_film_box){ v[1], v[0], v[3], v[2], (int)i }
                        : (sx_film_box){ v[0], v[1], v[2], v[3], (int)i };
    }
    return n;
}

static void check_boxes(const sx_film_box *got, size_t n, const json_t *rows, bool turned,
                        const char *what) {
    sx_film_box want[MOST];
    if (read_boxes(rows, turned, want) != n)
        fail_msg("%s: %zu boxes, want %zu", what, n, json_array_size(rows));
    for (size_t i = 0; i < n; i++) {
        const double d = fmax(fmax(fabs(got[i].x0 - want[i].x0), fabs(got[i].y0 - want[i].y0)),
                              fmax(fabs(got[i].x1 - want[i].x1), fabs(got[i].y1 - want[i].y1)));
        if (!(d <= 1e-12))
            fail_msg("%s: box %zu is %.17g %.17g %.17g %.17g, want %.17g %.17g %.17g %.17g", what,
                     i, got[i].x0, got[i].y0, got[i].x1, got[i].y1, want[i].x0, want[i].y0,
                     want[i].x1, want[i].y1);
    }
}

static sx_image picture(const char *name, int width, int height, bool color) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_noise_image(name, width, height, color, &im, &err), err);
    return im;
}

/* ---- D2 ---- */

static void flips_are_the_authors(void **state) {
    (void)state;
    json_t *all = golden("D/flip.json"), *j;
    size_t i, done = 0;
    json_array_foreach(all, i, j) {
        if (!json_object_get(j, "prob")) continue;
        const int w = int_of(j, "w"), h = int_of(j, "h");
        sx_image im = picture(text_of(j, "image"), w, h, true);
        sx_film_box boxes[MOST];
        size_t n = read_boxes(json_object_get(j, "boxes_in"), false, boxes);
        check_hash(&im, text_of(j, "in_sha256"), text_of(j, "image"));
        if (json_number_value(json_object_get(j, "prob")) > 0.5) {
            sx_flip_image(&im);
            sx_flip_boxes(boxes, n, w);
        }
        check_hash(&im, text_of(j, "out_sha256"), text_of(j, "case"));
        check_boxes(boxes, n, json_object_get(j, "boxes_unclipped"), false, text_of(j, "case"));
        sx_clip_boxes(boxes, n, w, h);
        check_boxes(boxes, n, json_object_get(j, "boxes_out"), false, text_of(j, "case"));
        sx_image_free(&im);
        done++;
    }
    assert_int_equal(done, 3);
    json_decref(all);
}

static double never(void *ctx) {
    (void)ctx;
    return 0.999;
}
static double always(void *ctx) {
    (void)ctx;
    return 0;
}

static void flips_and_resizes(void **state) {
    (void)state;
    json_t *all = golden("D/flip.json"), *j;
    size_t i, done = 0;
    json_array_foreach(all, i, j) {
        if (json_object_get(j, "prob")) continue;
        sx_error err = { 0 };
        sx_image im = picture(text_of(j, "image"), int_of(j, "w"), int_of(j, "h"), true),
                 out = { 0 };
        sx_film_box boxes[MOST], got[MOST];
        size_t n = read_boxes(json_object_get(j, "boxes_in"), false, boxes);
        const int size = int_of(j, "min_size");
        const sx_augment_options options = { 0.5, &size, 1, int_of(j, "max_size"), false };
        const sx_draws draws = { .uniform = always };
        CHECK_OK(sx_augment_film(&im, boxes, n, &options, &draws, &out, got, &n, &err), err);
        assert_int_equal(out.width, int_of(j, "out_w"));
        assert_int_equal(out.height, int_of(j, "out_h"));
        check_hash(&out, text_of(j, "out_sha256"), text_of(j, "case"));
        check_boxes(got, n, json_object_get(j, "boxes_out_autoaugmentmapper"), false,
                    text_of(j, "case"));
        sx_image_free(&im);
        sx_image_free(&out);
        done++;
    }
    assert_int_equal(done, 2);
    json_decref(all);
}

/* ---- D3 ---- */

static sx_augment_op op_of(const char *name) {
    for (int i = 0; i < SX_AUG_OPS; i++)
        if (strcmp(sx_augment_name((sx_augment_op)i), name) == 0) return (sx_augment_op)i;
    fail_msg("no operation %s", name);
    return SX_AUG_OPS;
}

/* The golden inputs besides the colour picture and the grey one are made from the colour one. */
static sx_image input(const char *src) {
    if (strcmp(src, "gray") == 0) return picture("D/autoaugment/gray", 128, 96, false);
    sx_image im = picture("D/autoaugment", 128, 96, true);
    uint8_t *p = sx_image_u8(&im);
    for (size_t i = 0; i < sx_image_bytes(&im); i += 3)
        if (strcmp(src, "flat") == 0) {
            p[i] = (uint8_t)(p[i] / 3 + 60);
            p[i + 1] = 77;
        } else if (strcmp(src, "two") == 0)
            for (size_t k = 0; k < 3; k++)
                p[i + k] = p[i + k] > 120 ? 200 : 50;
    return im;
}

static void operations_are_the_authors(void **state) {
    (void)state;
    json_t *all = golden("D/autoaugment_ops.json"), *j;
    size_t i;
    json_array_foreach(json_object_get(all, "inputs"), i, j) {
        sx_image im = input(text_of(j, "input"));
        check_hash(&im, text_of(j, "sha256"), text_of(j, "input"));
        sx_image_free(&im);
    }
    json_array_foreach(json_object_get(all, "cases"), i, j) {
        const json_t *args = json_object_get(j, "args");
        if (json_is_true(json_array_get(args, 1)) ||
            strcmp(text_of(j, "case"), "BBox_Cutout_mean") == 0)
            continue; /* filled with the box's mean: nothing uses that */
        sx_error err = { 0 };
        sx_image im = input(text_of(j, "src"));
        sx_film_box boxes[MOST];
        size_t n = read_boxes(json_object_get(j, "boxes_in"), true, boxes);
        recording r = { json_object_get(j, "draws"), 0 };
        const sx_draws draws = replay(&r);
        CHECK_OK(sx_augment_apply(op_of(text_of(j, "op")),
                                  json_number_value(json_array_get(args, 0)), &im, boxes, &n,
                                  &draws, &err),
                 err);
        assert_int_equal(r.next, json_array_size(r.list));
        check_hash(&im, text_of(j, "out_sha256"), text_of(j, "case"));
        check_boxes(boxes, n, json_object_get(j, "boxes_out"), true, text_of(j, "case"));
        sx_image_free(&im);
    }
    assert_true(i >= 90);
    json_decref(all);
}

/* One channel is what three equal ones would be. */
static void grey_films(void **state) {
    (void)state;
    static const double arguments[SX_AUG_OPS] = { 0.3, 1.5, 1.7, 0.9, 0,   0,    100, 66,
                                                  3,   12,  0.5, 20,  7.5, -9.2, 0.2, -0.2 };
    for (int op = 0; op < SX_AUG_OPS; op++) {
        sx_error err = { 0 };
        sx_image grey = picture("augment/grey", 61, 47, false), rgb = { 0 };
        CHECK_OK(sx_image_new(&rgb, 61, 47, 3, 8, &err), err);
        for (size_t i = 0; i < sx_image_bytes(&rgb); i++)
            sx_image_u8(&rgb)[i] = sx_image_u8(&grey)[i / 3];
        for (int k = 0; k < 2; k++) {
            sx_film_box boxes[1] = { { 0.2, 0.2, 0.6, 0.7, 0 } };
            size_t n = 1;
            sx_rng_draws s = { 5, 0 };
            const sx_draws draws = sx_draws_from_rng(&s);
            CHECK_OK(sx_augment_apply((sx_augment_op)op, arguments[op], k ? &rgb : &grey, boxes, &n,
                                      &draws, &err),
                     err);
        }
        for (size_t i = 0; i < sx_image_bytes(&rgb); i++)
            if (sx_image_u8(&rgb)[i] != sx_image_u8(&grey)[i / 3])
                fail_msg("%s", sx_augment_name((sx_augment_op)op));
        sx_image_free(&grey);
        sx_image_free(&rgb);
    }
}

static void levels_are_the_authors(void **state) {
    (void)state;
    json_t *all = golden("D/levels.json"), *j;
    const char *name;
    json_object_foreach(all, name, j) {
        const sx_augment_op op = op_of(name);
        for (int level = 0; level <= 10; level++) {
            const json_t *up = json_array_get(json_object_get(j, "high"), (size_t)level);
            const json_t *down = json_array_get(json_object_get(j, "low"), (size_t)level);
            if (json_is_null(up)) continue; /* takes no argument */
            assert_true(sx_augment_argument(op, level, true) == json_number_value(up));
            assert_true(sx_augment_argument(op, level, false) == json_number_value(down));
        }
    }
    assert_int_equal(json_object_size(all), SX_AUG_OPS);
    json_decref(all);
}

/* ---- D4 ---- */

static void whole_policy(void **state) {
    (void)state;
    json_t *all = golden("D/policy_v2.json"), *j;
    size_t i;
    json_array_foreach(json_object_get(all, "cases"), i, j) {
        sx_error err = { 0 };
        sx_image im = picture(text_of(j, "image"), int_of(j, "w"), int_of(j, "h"), true);
        sx_film_box boxes[MOST];
        size_t n = read_boxes(json_object_get(all, "boxes_in"), true, boxes);
        recording r = { json_object_get(j, "draws"), 0 };
        const sx_draws draws = replay(&r);
        CHECK_OK(sx_augment_policy_v2(&im, boxes, &n, &draws, &err), err);
        assert_int_equal(r.next, json_array_size(r.list));
        check_hash(&im, text_of(j, "out_sha256"), text_of(j, "case"));
        check_boxes(boxes, n, json_object_get(j, "boxes_out"), true, text_of(j, "case"));
        sx_image_free(&im);
    }
    assert_int_equal(i, 30);
    json_decref(all);
}

/* ---- what the authors' program does not do ---- */

static void a_dropped_box_takes_its_label_along(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = picture("augment/label", 100, 100, false);
    sx_film_box boxes[] = { { 0.1, 0.05, 0.2, 0.2, 0 },
                            { 0.3, 0.5, 0.4, 0.6, 1 },
                            { 0.1, 0.0, 0.3, 0.1, 2 },
                            { 0.7, 0.8, 0.9, 0.9, 3 } };
    size_t n = 4;
    CHECK_OK(sx_augment_apply(SX_AUG_TRANSLATE_Y, 40, &im, boxes, &n, NULL, &err), err);
    assert_int_equal(n, 2);
    assert_int_equal(boxes[0].source, 1);
    assert_int_equal(boxes[1].source, 3);
    sx_image_free(&im);
}

/* The direction of everything is positive and list 2 is chosen: TranslateY by 200 pixels. */
static int third(void *ctx, int low, int high) {
    (void)ctx, (void)high;
    return low + 2;
}

static void a_film_never_loses_all_its_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = picture("augment/lose", 120, 150, false), out = { 0 };
    const sx_film_box boxes[] = { { 10, 20, 50, 60, 7 },
                                  { 70, 90, 71, 90.000001, 9 },
                                  { 60, 60, 110, 140, 8 } };
    sx_film_box got[3];
    size_t n = 0;
    const sx_augment_options options = { .flip = 0.5, .policy = true };
    const sx_draws draws = { .uniform = never, .integer = third };
    CHECK_OK(sx_augment_film(&im, boxes, 3, &options, &draws, &out, got, &n, &err), err);
    assert_memory_equal(out.data, im.data, sx_image_bytes(&im));
    assert_int_equal(n, 2); /* the flat one is empty */
    assert_int_equal(got[0].source, 0);
    assert_int_equal(got[1].source, 2);
    assert_true(fabs(got[1].x1 - 110) < 1e-9);
    sx_image_free(&out);
    /* a film that has none is augmented all the same */
    CHECK_OK(sx_augment_film(&im, NULL, 0, &options, &draws, &out, got, &n, &err), err);
    assert_int_equal(n, 0);
    assert_memory_not_equal(out.data, im.data, sx_image_bytes(&im));
    sx_image_free(&out);
    sx_image_free(&im);
}

/* A box whose sides an earlier operation reversed makes the cutout fail: it is repeated, then
 * abandoned. */
static double tenth(void *ctx) {
    (void)ctx;
    return 0.1; /* no rotation, but the cutout */
}
static int cutout_list(void *ctx, int low, int high) {
    ++*(int *)ctx;
    return high == 15 ? 10 : low;
}

static void tries_ten_times(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = picture("augment/try", 60, 40, false), out = { 0 };
    const sx_film_box boxes[] = { { 30, 35, 20, 5, 0 } };
    sx_film_box got[1];
    size_t n = 0;
    int drawn = 0;
    const sx_augment_options options = { .policy = true };
    const sx_draws draws = { tenth, cutout_list, NULL, &drawn };
    CHECK_OK(sx_augment_film(&im, boxes, 1, &options, &draws, &out, got, &n, &err), err);
    assert_int_equal(drawn, 20); /* each time the list and the box */
    assert_memory_equal(out.data, im.data, sx_image_bytes(&im));
    assert_int_equal(n, 0);
    sx_image_free(&im);
    sx_image_free(&out);
}

static void seeded_samples(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = picture("augment/seed", 173, 211, false);
    const sx_film_box boxes[] = { { 40, 50, 120, 140, 0 } };
    const int sizes[] = { 96, 128 };
    const sx_augment_options options = { 0.5, sizes, 2, 160, true };
    size_t different = 0, flipped = 0;
    sx_image first = { 0 };
    for (uint64_t seed = 0; seed < 60; seed++) {
        sx_image out[2];
        sx_film_box got[2][1];
        size_t n[2];
        for (int k = 0; k < 2; k++) {
            sx_rng_draws s = { seed, 0 };
            const sx_draws draws = sx_draws_from_rng(&s);
            CHECK_OK(sx_augment_film(&im, boxes, 1, &options, &draws, &out[k], got[k], &n[k], &err),
                     err);
        }
        assert_int_equal(out[0].width, out[1].width);
        assert_memory_equal(out[0].data, out[1].data, sx_image_bytes(&out[0]));
        assert_int_equal(n[0], n[1]);
        for (size_t i = 0; i < n[0]; i++) {
            assert_true(got[0][i].x0 == got[1][i].x0 && got[0][i].y1 == got[1][i].y1);
            assert_true(got[0][i].x0 >= 0 && got[0][i].x1 <= out[0].width + 1e-9);
            flipped += got[0][i].x0 > 0.29 * out[0].width;
        }
        if (first.data && (out[0].width != first.width ||
                           memcmp(out[0].data, first.data, sx_image_bytes(&first)) != 0))
            different++;
        sx_image_free(&out[1]);
        if (first.data)
            sx_image_free(&out[0]);
        else
            first = out[0];
    }
    assert_true(different > 50 && flipped > 10);
    sx_image_free(&first);
    sx_image_free(&im);
}

static void unsupported_pictures_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = { 0 };
    size_t n = 0;
    CHECK_OK(sx_image_new(&im, 8, 8, 1, 16, &err), err);
    CHECK_FAILS(sx_augment_apply(SX_AUG_COLOR, 1, &im, NULL, &n, NULL, &err), err,
                SX_ERR_UNSUPPORTED, "16 bits");
    sx_image_free(&im);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flips_are_the_authors),
        cmocka_unit_test(flips_and_resizes),
        cmocka_unit_test(operations_are_the_authors),
        cmocka_unit_test(grey_films),
        cmocka_unit_test(levels_are_the_authors),
        cmocka_unit_test(whole_policy),
        cmocka_unit_test(a_dropped_box_takes_its_label_along),
        cmocka_unit_test(a_film_never_loses_all_its_boxes),
        cmocka_unit_test(tries_ten_times),
        cmocka_unit_test(seeded_samples),
        cmocka_unit_test(unsupported_pictures_are_refused),
    };
    return cmocka_run_group_tests_name("data-augment", tests, NULL, NULL);
}
