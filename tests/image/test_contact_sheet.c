/* Tiles of unlike size in rows and columns. */
#include <string.h>

#include "image/contact_sheet.h"
#include "image/image_file.h"
#include "image/png.h"
#include "support/check.h"

static void add(sx_sheet *s, int w, int h, uint8_t grey) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, w, h, 3, 8, &err), err);
    memset(sx_image_u8(&im), grey, 3 * (size_t)w * (size_t)h);
    assert_true(sx_sheet_add(s, &im));
}

static int at(const sx_image *im, int x, int y) {
    return sx_image_u8(im)[(size_t)im->channels * ((size_t)y * (size_t)im->width + (size_t)x)];
}

/* Gaps of 8: columns of 20 and 30, rows of 12 and 40. */
static void test_places(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_sheet s = { 0 };
    sx_image im;
    const char *path = check_tmp_path("sheet.png");
    add(&s, 20, 10, 200);
    add(&s, 25, 12, 201);
    add(&s, 10, 5, 202);
    add(&s, 30, 40, 203);
    CHECK_OK(sx_sheet_write(&s, 2, path, &err), err);
    CHECK_OK(sx_png_read(path, &im, &err), err);
    assert_int_equal(im.width, 8 + 20 + 8 + 30 + 8);
    assert_int_equal(im.height, 8 + 12 + 8 + 40 + 8);
    assert_int_equal(at(&im, 8, 8), 200);
    assert_int_equal(at(&im, 27, 17), 200);
    assert_int_equal(at(&im, 36, 19), 201);
    assert_int_equal(at(&im, 17, 32), 202);
    assert_int_equal(at(&im, 65, 67), 203);
    assert_int_equal(at(&im, 28, 8), 0x30);
    assert_int_equal(at(&im, 65, 68), 0x30);
    sx_image_free(&im);
    sx_sheet_free(&s);
}

static void test_is_full(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_sheet s = { 0 };
    sx_image im;
    CHECK_FAILS(sx_sheet_write(&s, 2, check_tmp_path("no.png"), &err), err, SX_ERR_USAGE,
                "no pictures");
    for (int i = 0; i < SX_SHEET_TILES; i++)
        add(&s, 4, 4, 9);
    CHECK_OK(sx_image_new(&im, 4, 4, 3, 8, &err), err);
    assert_false(sx_sheet_add(&s, &im));
    assert_null(im.data);
    sx_sheet_free(&s);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_places),
                                        cmocka_unit_test(test_is_full) };
    return cmocka_run_group_tests_name("sheet", tests, NULL, clean);
}
