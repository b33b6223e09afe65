/* The overlay. No test depends on which fonts there are. */
#include "support/sample_pictures.h"

#include <math.h>

#include "base/context_impl.h"
#include "base/rng.h"
#include "image/overlay_draw.h"
#include "image/place.h"
#include "support/contexts.h"

static sx_image film(int width, int height, int channels, uint8_t value) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_image_new(&im, width, height, channels, 8, &err), err);
    memset(im.data, value, sx_image_bytes(&im));
    return im;
}

static sx_overlay plain(const sx_overlay_box *boxes, size_t count) {
    return (sx_overlay){ .boxes = boxes,
                         .count = count,
                         .probability = NAN,
                         .threshold = NAN,
                         .least = 1,
                         .most = 4000 };
}

static const uint8_t *pixel(const sx_image *im, int x, int y) {
    return sx_image_u8(im) + 3 * ((size_t)y * (size_t)im->width + (size_t)x);
}

static void a_film_without_anything_is_itself(void **state) {
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        sx_error err = { 0 };
        sx_image in = film(300, 200, channels, 77), out = { 0 };
        const sx_overlay what = plain(NULL, 0);
        CHECK_OK(sx_overlay_draw(&in, &what, &out, &err), err);
        assert_int_equal(out.width, 300);
        assert_int_equal(out.height, 200);
        for (size_t i = 0; i < sx_image_bytes(&out); i++)
            assert_int_equal(sx_image_u8(&out)[i], 77);
        sx_image_free(&in);
        sx_image_free(&out);
    }
}

/* Titles that do not fit are shortened in the middle: the ends of UIDs tell films apart. */
static void long_titles_keep_their_ends(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = film(150, 200, 1, 77), out[3] = { { 0 } };
    const char *const titles[3] = { "2.25.213623962737377753596661429804861964132",
                                    "2.25.213623962737377753596661429804861964138",
                                    "9.25.213623962737377753596661429804861964132" };
    for (int i = 0; i < 3; i++) {
        sx_overlay what = plain(NULL, 0);
        what.title = titles[i];
        CHECK_OK(sx_overlay_draw(&in, &what, &out[i], &err), err);
        assert_int_equal(sx_image_bytes(&out[i]), sx_image_bytes(&out[0]));
    }
    assert_memory_not_equal(out[0].data, out[1].data, sx_image_bytes(&out[0]));
    assert_memory_not_equal(out[0].data, out[2].data, sx_image_bytes(&out[0]));
    for (int i = 0; i < 3; i++)
        sx_image_free(&out[i]);
    sx_image_free(&in);
}

static void lines_have_the_label_colour(void **state) {
    (void)state;
    for (int background = 0; background <= 255; background += 255) {
        sx_error err = { 0 };
        sx_image in = film(600, 400, 1, (uint8_t)background), out = { 0 };
        for (int label = 0; label < 9;
             label += 7) { /* those with whole lines: 0; and 8's colour is 1's */
            const sx_overlay_box box = { 100, 150, 300, 350, NAN, label, NULL };
            const sx_overlay what = plain(&box, 1);
            uint8_t want[3];
            sx_label_color(label, want);
            CHECK_OK(sx_overlay_draw(&in, &what, &out, &err), err);
            const int y0 = out.height - 400; /* a header would be above */
            size_t colored = 0;
            for (int y = 160; y < 340; y++)
                for (int x = 98; x <= 102; x++)
                    colored += memcmp(pixel(&out, x, y0 + y), want, 3) == 0;
            assert_true(colored >= 60);
            assert_int_equal(*pixel(&out, 200, y0 + 250), background); /* inside */
            assert_int_equal(*pixel(&out, 500, y0 + 100), background); /* outside */
            sx_image_free(&out);
        }
        sx_image_free(&in);
    }
}

static void odd_boxes_and_texts(void **state) {
    (void)state;
    const sx_overlay_box boxes[] = {
        { NAN, 0, 10, 10, 0.5F, 0, "not a number" },
        { 50, 50, 50, 80, 0.5F, 1, "no width" },
        { 80, 80, 20, 20, 0.5F, 2, "reversed" },
        { -1e30F, -1e30F, 1e30F, 1e30F, 0.5F, 3, "beyond the film" },
        { 500, 500, 600, 600, 0.5F, 4, "outside" },
        { 10, 10, 60, 90, 0.5F, -3, "\xff\xfe broken \xc3 \xe0\x80\x80 \xed\xa0\x80 text\n\x01" },
        { 20, 20, 40, 40, 0.5F, 1000000, "Gr\xc3\xbc\xc3\x9f" },
        { 20, 20, 40, 40, NAN, 5, NULL },
    };
    char text[4000];
    memset(text, 'W', sizeof text - 1);
    for (size_t i = 9; i < 200; i += 11)
        text[i] = ' ';
    text[sizeof text - 1] = '\0';
    static const int sizes[][2] = { { 100, 100 }, { 1, 1 }, { 3, 2000 }, { 2000, 3 } };
    for (size_t s = 0; s < 4; s++) {
        sx_error err = { 0 };
        sx_image in = film(sizes[s][0], sizes[s][1], 1, 128), out = { 0 };
        sx_overlay what = plain(boxes, sizeof boxes / sizeof *boxes);
        what.title = what.verdict = what.note = what.notice = what.warning = text;
        what.probability = 7;
        what.threshold = -1;
        CHECK_OK(sx_overlay_draw(&in, &what, &out, &err), err);
        assert_int_equal(out.channels, 3);
        sx_image_free(&in);
        sx_image_free(&out);
    }
}

static void scales_between_least_and_most(void **state) {
    (void)state;
    static const int cases[][2] = { { 200, 1000 }, { 1200, 1200 }, { 4000, 1600 } };
    for (size_t i = 0; i < 3; i++) {
        sx_error err = { 0 };
        sx_image in = film(cases[i][0], cases[i][0] / 2, 1, 9), out = { 0 };
        sx_overlay what = plain(NULL, 0);
        what.least = what.most = 0;
        CHECK_OK(sx_overlay_draw(&in, &what, &out, &err), err);
        assert_int_equal(out.width, cases[i][1]);
        assert_int_equal(out.height, cases[i][1] / 2);
        sx_image_free(&in);
        sx_image_free(&out);
    }
}

static void refuses_other_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    CHECK_OK(sx_image_new(&in, 10, 10, 1, 16, &err), err);
    const sx_overlay what = plain(NULL, 0);
    CHECK_FAILS(sx_overlay_draw(&in, &what, &out, &err), err, SX_ERR_UNSUPPORTED, "16 bits");
    assert_null(out.data);
    sx_image_free(&in);
}

static bool overlap(const sx_rect *a, const sx_rect *b) {
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static void tags_never_overlap(void **state) {
    (void)state;
    enum { N = 120 };
    size_t placed = 0;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        sx_rect boxes[N];
        sx_tag tags[N] = { 0 };
        for (size_t i = 0; i < N; i++) {
            const double *u =
                (const double[]){ sx_rng_unit(seed, 4 * i), sx_rng_unit(seed, 4 * i + 1),
                                  sx_rng_unit(seed, 4 * i + 2), sx_rng_unit(seed, 4 * i + 3) };
            boxes[i] = (sx_rect){ 300 + 300 * u[0], 1100 * u[1], 20 + 150 * u[2], 20 + 80 * u[3] };
            tags[i].width[0] = 160;
            tags[i].width[1] = 40;
        }
        const sx_rect area = { 0, 0, 900, 1200 };
        sx_place_tags(boxes, N, 20, area, tags);
        for (size_t i = 0; i < N; i++) {
            if (!tags[i].placed) continue;
            const sx_rect *r = &tags[i].at;
            placed++;
            assert_true(r->x >= 0 && r->y >= 0 && r->x + r->w <= 900 && r->y + r->h <= 1200);
            for (size_t k = 0; k < i; k++)
                assert_false(tags[k].placed && overlap(&tags[k].at, r));
        }
    }
    assert_true(placed > 10 * N * 9 / 10);
}

static void a_lone_tag_sits_on_its_box(void **state) {
    (void)state;
    const sx_rect box = { 100, 100, 50, 40 }, top = { 100, 0, 50, 40 }, area = { 0, 0, 400, 300 };
    sx_tag tag = { .width = { 80, 30 } };
    sx_place_tags(&box, 1, 20, area, &tag);
    assert_true(tag.placed && tag.text == 0 && tag.at.x == 100 && tag.at.y == 80);
    sx_place_tags(&top, 1, 20, area, &tag); /* no room above: below */
    assert_true(tag.placed && tag.text == 0 && tag.at.x == 100 && tag.at.y == 40);
    tag.width[0] = 500; /* wider than the picture: the short text */
    sx_place_tags(&box, 1, 20, area, &tag);
    assert_true(tag.placed && tag.text == 1);
}

static void the_same_bytes_on_any_number_of_threads(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = film(2500, 1500, 1, 90), one = { 0 }, four = { 0 };
    const sx_overlay_box box = { 300, 300, 900, 800, 0.7F, 2, "Finding" };
    sx_overlay what = plain(&box, 1);
    what.most = 1000;
    CHECK_OK(sx_overlay_draw(&in, &what, &one, &err), err);
    const sx_context context = check_context(4);
    what.context = &context;
    CHECK_OK(sx_overlay_draw(&in, &what, &four, &err), err);
    assert_int_equal(sx_image_bytes(&one), sx_image_bytes(&four));
    assert_memory_equal(one.data, four.data, sx_image_bytes(&one));
    sx_image_free(&in);
    sx_image_free(&one);
    sx_image_free(&four);
}

static bool is_amber(const uint8_t *p) {
    return p[0] > 150 && p[0] > p[2] + 60 && p[1] > p[2] + 30;
}

/* The notice is on the canvas below the film, whatever the film's size; the rows above do not
 * change, and letters are at least 7 rows high. */
static void the_notice_is_below_the_film(void **state) {
    (void)state;
    static const int sizes[][2] = { { 100, 100 }, { 2, 2000 },    { 2000, 2 },
                                    { 300, 400 }, { 3000, 2500 }, { 150, 3500 } };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int titled = 0; titled < 2; titled++) {
            sx_error err = { 0 };
            sx_image in = film(sizes[s][0], sizes[s][1], 1, 128), without = { 0 }, with = { 0 };
            sx_overlay what = plain(NULL, 0);
            what.least = what.most = 0;
            what.title = titled ? "a film" : NULL;
            CHECK_OK(sx_overlay_draw(&in, &what, &without, &err), err);
            what.notice = "For research only, not a diagnosis.";
            CHECK_OK(sx_overlay_draw(&in, &what, &with, &err), err);
            assert_int_equal(with.width, without.width);
            assert_true(with.height > without.height);
            assert_memory_equal(with.data, without.data, sx_image_bytes(&without));
            int rows = 0;
            for (int y = without.height; y < with.height; y++) {
                bool amber = false;
                for (int x = 0; x < with.width; x++)
                    amber = amber || is_amber(pixel(&with, x, y));
                rows += amber;
            }
            if (rows < 7) fail_msg("%d x %d: %d rows of text", sizes[s][0], sizes[s][1], rows);
            what.warning = "trained on synthetic films only, not valid for patients";
            sx_image_free(&without);
            CHECK_OK(sx_overlay_draw(&in, &what, &without, &err), err);
            assert_true(without.height > with.height);
            sx_image_free(&in);
            sx_image_free(&with);
            sx_image_free(&without);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_film_without_anything_is_itself),
        cmocka_unit_test(lines_have_the_label_colour),
        cmocka_unit_test(long_titles_keep_their_ends),
        cmocka_unit_test(odd_boxes_and_texts),
        cmocka_unit_test(scales_between_least_and_most),
        cmocka_unit_test(refuses_other_films),
        cmocka_unit_test(tags_never_overlap),
        cmocka_unit_test(a_lone_tag_sits_on_its_box),
        cmocka_unit_test(the_notice_is_below_the_film),
        cmocka_unit_test(the_same_bytes_on_any_number_of_threads),
    };
    return cmocka_run_group_tests_name("image-draw", tests, NULL, NULL);
}
