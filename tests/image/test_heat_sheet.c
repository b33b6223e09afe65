/* Heat maps as pictures. */
#include <math.h>
#include <string.h>

#include "image/heat_sheet.h"
#include "support/check.h"

static float cells[] = { 0, 1, 2, /**/ 3, 4, 8 };

static sx_heat_map map_of(double over_x, double over_y) {
    return (
        sx_heat_map){ .width = 3, .height = 2, .cell = cells, .over_x = over_x, .over_y = over_y };
}

static sx_image film_of(uint8_t value) {
    sx_error err = { 0 };
    sx_image im;
    CHECK_OK(sx_image_new(&im, 60, 100, 1, 8, &err), err);
    memset(im.data, value, sx_image_bytes(&im));
    return im;
}

static void values_lie_in_the_middle_of_cells(void **state) {
    (void)state;
    const sx_heat_map plain = map_of(1, 1), padded = map_of(1.5, 2);
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 3; i++)
            assert_true(fabs(sx_heat_at(&plain, (i + 0.5) / 3, (j + 0.5) / 2) -
                             (double)cells[3 * j + i]) < 1e-12);
    assert_true(sx_heat_at(&plain, 0, 0) == 0 &&
                sx_heat_at(&plain, 1, 1) == 8);                      /* as the nearest cell */
    assert_true(fabs(sx_heat_at(&plain, 1 / 3.0, 0.5) - 2) < 1e-12); /* between 0, 1, 3 and 4 */
    /* the film ends where two thirds of the columns and half of the rows do */
    assert_true(fabs(sx_heat_at(&padded, 0.75, 0.5) - 1) < 1e-12);
    double x, y;
    assert_true(sx_heat_peak(&plain, &x, &y) == 8 && fabs(x - 5 / 6.0) < 1e-12 && y == 0.75);
    /* the highest cell is beside the film and does not count */
    assert_true(sx_heat_peak(&padded, &x, &y) == 1 && x == 0.75 && y == 0.5);
}

/* The colours differ in lightness, so that colour-blind readers can distinguish them. */
static void colours_grow_lighter(void **state) {
    (void)state;
    double last = -1;
    for (int i = 0; i <= 100; i++) {
        uint8_t c[3];
        sx_heat_color(i / 100.0, c);
        double linear[3];
        for (int k = 0; k < 3; k++)
            linear[k] = pow(c[k] / 255.0, 2.2);
        const double y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        assert_true(y > last);
        last = y;
        const int most = c[0] > c[1]   ? (c[0] > c[2] ? c[0] : c[2])
                         : c[1] > c[2] ? c[1]
                                       : c[2],
                  least = c[0] < c[1]   ? (c[0] < c[2] ? c[0] : c[2])
                          : c[1] < c[2] ? c[1]
                                        : c[2];
        assert_true(most - least > 60); /* and from the greys of a film */
    }
}

/* How many pixels of the right panel differ from the left one's, which is the film. */
static size_t colored(const sx_image *film, const sx_heat_map *map, double full) {
    sx_error err = { 0 };
    sx_image one = { 0 }, both = { 0 };
    const sx_heat_panel panels[] = { { "Film", NULL, NULL }, { "Film", NULL, map } };
    const sx_heat_panel twice[] = { { "Film", NULL, NULL }, { "Film", NULL, NULL } };
    sx_heat_sheet sheet = {
        .panels = panels, .count = 2, .title = "t", .scale = "s", .full = full
    };
    CHECK_OK(sx_heat_draw(film, &sheet, &both, &err), err);
    sheet.panels = twice;
    CHECK_OK(sx_heat_draw(film, &sheet, &one, &err), err);
    assert_true(one.width == both.width && one.height == both.height);
    size_t n = 0;
    for (size_t i = 0; i < sx_image_bytes(&one); i += 3)
        n += memcmp(sx_image_u8(&one) + i, sx_image_u8(&both) + i, 3) != 0;
    sx_image_free(&one);
    sx_image_free(&both);
    return n;
}

static void evidence_is_seen_on_dark_and_bright_films(void **state) {
    (void)state;
    for (int value = 0; value <= 255; value += 51) {
        sx_image film = film_of((uint8_t)value);
        const sx_heat_map map = map_of(1, 1);
        assert_true(colored(&film, &map, 8) > 300000); /* of 480x800 pixels */
        sx_image_free(&film);
    }
}

static void where_nothing_speaks_the_film_is_untouched(void **state) {
    (void)state;
    float low[6] = { -5, -1, 0, -2, -3, -9 };
    sx_image film = film_of(128);
    const sx_heat_map map = { .width = 3, .height = 2, .cell = low, .over_x = 1, .over_y = 1 };
    assert_int_equal(colored(&film, &map, 1), 0);
    sx_image_free(&film);
}

/* No place stays empty where 1 to 6 panels are drawn. */
static void panels_fill_their_rows(void **state) {
    (void)state;
    sx_image film = film_of(100);
    const sx_heat_map map = map_of(1, 1);
    sx_heat_panel panels[6] = { { 0 } };
    int width = 0, height = 0;
    for (size_t n = 1; n <= 6; n++) {
        sx_error err = { 0 };
        sx_image out = { 0 };
        panels[n - 1].map = n > 1 ? &map : NULL;
        const sx_heat_sheet sheet = { .panels = panels, .count = n, .full = 8 };
        CHECK_OK(sx_heat_draw(&film, &sheet, &out, &err), err);
        if (n == 5) {
            width = out.width;
            height = out.height;
        }
        if (n == 6) assert_true(width > out.width && height < out.height);
        sx_image_free(&out);
    }
    sx_image_free(&film);
}

static size_t count_amber(const sx_image *im) {
    size_t n = 0;
    for (size_t i = 0; i + 2 < sx_image_bytes(im); i += 3) {
        const uint8_t *p = sx_image_u8(im) + i;
        n += p[0] > 150 && p[0] > p[2] + 60;
    }
    return n;
}

/* Below the panels and the scale, which do not change. */
static void the_notice_is_below_the_panels(void **state) {
    (void)state;
    sx_image film = film_of(100);
    const sx_heat_map map = map_of(1, 1);
    const sx_heat_panel panels[5] = { { .map = &map } };
    for (size_t n = 1; n <= 5; n += 4) {
        sx_error err = { 0 };
        sx_image without = { 0 }, with = { 0 };
        sx_heat_sheet sheet = { .panels = panels, .count = n, .full = 8 };
        CHECK_OK(sx_heat_draw(&film, &sheet, &without, &err), err);
        sheet.notice = "For research only, not a diagnosis.";
        CHECK_OK(sx_heat_draw(&film, &sheet, &with, &err), err);
        assert_true(with.width == without.width && with.height >= without.height + 15);
        assert_memory_equal(with.data, without.data, sx_image_bytes(&without) * 9 / 10);
        assert_true(count_amber(&with) > count_amber(&without) + 200);
        sx_image_free(&without);
        sheet.warning = "trained on synthetic films only, not valid for patients";
        CHECK_OK(sx_heat_draw(&film, &sheet, &without, &err), err);
        assert_true(without.height >= with.height + 15);
        sx_image_free(&with);
        sx_image_free(&without);
    }
    sx_image_free(&film);
}

static void what_cannot_be_drawn_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image film = film_of(10), out;
    const sx_heat_panel panel = { 0 };
    sx_heat_sheet sheet = { .panels = &panel, .count = 1, .full = 0 };
    CHECK_FAILS(sx_heat_draw(&film, &sheet, &out, &err), err, SX_ERR_USAGE, "a scale above 0");
    sheet = (sx_heat_sheet){ .panels = &panel, .count = 0, .full = 1 };
    CHECK_FAILS(sx_heat_draw(&film, &sheet, &out, &err), err, SX_ERR_USAGE, "panels");
    sx_image_free(&film);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_lie_in_the_middle_of_cells),
        cmocka_unit_test(colours_grow_lighter),
        cmocka_unit_test(evidence_is_seen_on_dark_and_bright_films),
        cmocka_unit_test(where_nothing_speaks_the_film_is_untouched),
        cmocka_unit_test(panels_fill_their_rows),
        cmocka_unit_test(the_notice_is_below_the_panels),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
