/* Films scaled into a rectangle with their aspect ratio kept. */
#include <string.h>

#include "image/letterbox.h"
#include "image/noise.h"
#include "image/resize.h"
#include "support/check.h"

static void check_size(int film_width, int film_height, int width, int height, int want_width,
                       int want_height) {
    int w, h;
    sx_letterbox_size(film_width, film_height, width, height, &w, &h);
    if (w != want_width || h != want_height)
        fail_msg("%d x %d in %d x %d is %d x %d, not %d x %d", film_width, film_height, width,
                 height, w, h, want_width, want_height);
}

static void films_keep_their_aspect_ratio(void **state) {
    (void)state;
    check_size(1000, 3000, 224, 224, 75, 224); /* 74.67 */
    check_size(3000, 1000, 224, 224, 224, 75);
    check_size(500, 500, 224, 224, 224, 224);
    check_size(100, 300, 96, 64, 21, 64); /* 21.33 */
    check_size(96, 64, 96, 64, 96, 64);
    check_size(10, 10, 224, 112, 112, 112); /* small films are enlarged */
    check_size(1, SX_IMAGE_MAX_SIDE, 224, 224, 1, 224);
    check_size(SX_IMAGE_MAX_SIDE, 1, 8192, 8192, 8192, 1);
}

/* A film that a cache holds in its fitted size is not resized again. */
static void a_fitted_size_is_its_own(void **state) {
    (void)state;
    for (int width = 1; width < 400; width += 7)
        for (int height = 1; height < 400; height += 5) {
            int w, h;
            sx_letterbox_size(width, height, 96, 80, &w, &h);
            assert_true(w >= 1 && w <= 96 && h >= 1 && h <= 80 && (w == 96 || h == 80));
            check_size(w, h, 96, 80, w, h);
        }
}

/* The film as resized, then grey, row by row. */
static void check_pixels(const char *name, bool colour, int width, int height) {
    enum { BOX_WIDTH = 90, BOX_HEIGHT = 60 };
    sx_error err = { 0 };
    sx_image film, want, got;
    int w, h;
    CHECK_OK(sx_noise_image(name, width, height, colour, &film, &err), err);
    sx_letterbox_size(width, height, BOX_WIDTH, BOX_HEIGHT, &w, &h);
    CHECK_OK(sx_image_resize(NULL, &film, w, h, &want, &err) &&
                 sx_image_letterbox(NULL, &film, BOX_WIDTH, BOX_HEIGHT, &got, &err),
             err);
    assert_true(got.width == BOX_WIDTH && got.height == BOX_HEIGHT &&
                got.channels == film.channels && got.bits == 8);
    const size_t c = (size_t)film.channels;
    for (size_t y = 0; y < BOX_HEIGHT; y++)
        for (size_t x = 0; x < BOX_WIDTH * c; x++) {
            const bool on_film = y < (size_t)h && x < (size_t)w * c;
            const int value = on_film ? sx_image_u8(&want)[y * (size_t)w * c + x] : 128;
            assert_int_equal(sx_image_u8(&got)[y * BOX_WIDTH * c + x], value);
        }
    sx_image_free(&film);
    sx_image_free(&want);
    sx_image_free(&got);
}

static void what_the_film_does_not_cover_is_grey(void **state) {
    (void)state;
    check_pixels("tall", false, 100, 300);
    check_pixels("wide", true, 301, 77);
    check_pixels("small", true, 9, 6); /* fills it */
}

static void faults_leave_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image deep, got;
    CHECK_OK(sx_image_new(&deep, 8, 8, 1, 16, &err), err);
    CHECK_FAILS(sx_image_letterbox(NULL, &deep, 16, 16, &got, &err), err, SX_ERR_UNSUPPORTED, "");
    assert_null(got.data);
    sx_image_free(&deep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_keep_their_aspect_ratio),
        cmocka_unit_test(a_fitted_size_is_its_own),
        cmocka_unit_test(what_the_film_does_not_cover_is_grey),
        cmocka_unit_test(faults_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
