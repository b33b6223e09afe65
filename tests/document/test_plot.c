/* Curves and bars: positions of points, bars and texts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document/plot_impl.h"
#include "support/check.h"
#include "support/figure_parts.h"

enum { BLUE = 0x0072b2, ORANGE = 0xd55e00, INK = 0x1b1f24, GRID = 0xe3e7eb };

static const double eighth = 0.0626; /* coordinates are rounded to 1/8 */

/* The frame as the axes draw it: left, top, right, bottom. */
static void frame_of(const sx_figure *f, double box[4]) {
    const sx_shape *axes = find_shape(f, false, INK, 0);
    assert_non_null(axes);
    path_box(axes, box);
}

static void check_near(double got, double want, double bound, const char *what) {
    if (!(fabs(got - want) <= bound)) fail_msg("%s: %.4f, not %.4f", what, got, want);
}

static sx_figure *draw(const sx_series *series, size_t count, sx_axis x, sx_axis y) {
    const sx_plot p = { .title = "t",
                        .x = x,
                        .y = y,
                        .series = series,
                        .series_count = count,
                        .width = 460,
                        .height = 420 };
    sx_error err = { 0 };
    sx_figure *f = sx_plot_curves(&p);
    assert_non_null(f);
    CHECK_OK(sx_figure_check(f, &err), err);
    return f;
}

static const sx_axis ten = { .label = "x", .most = 10 }, one = { .label = "y", .most = 1 };

static void points_stand_at_their_values(void **state) {
    (void)state;
    static const double x[] = { 0, 2, 5, 10 }, y[] = { 0, 0.5, 0.25, 1 };
    const sx_series s = { .name = "A", .x = x, .y = y, .count = 4 };
    sx_figure *f = draw(&s, 1, ten, one);
    double box[4], xy[8][2];
    size_t moves;
    frame_of(f, box);
    assert_true(box[0] > 40 && box[2] < 460 && box[1] > 0 && box[3] < 420);
    assert_int_equal(path_points(find_shape(f, false, BLUE, 0), xy, 8, &moves), 4);
    assert_int_equal(moves, 1);
    for (size_t i = 0; i < 4; i++) {
        check_near(xy[i][0], box[0] + (box[2] - box[0]) * x[i] / 10, eighth, "x");
        check_near(xy[i][1], box[3] - (box[3] - box[1]) * y[i], eighth, "y");
    }
    /* The tick 4 is below its position. */
    const sx_label *tick = find_label(f, "4");
    assert_non_null(tick);
    check_near(tick->x, box[0] + 0.4 * (box[2] - box[0]), 1e-6, "tick");
    assert_true(tick->y > box[3] && tick->style.anchor == SX_ANCHOR_MIDDLE);
    assert_non_null(find_label(f, "0.6"));
    assert_true(find_label(f, "y")->style.upward);
    assert_non_null(strstr(f->description.data, "A: from 0 at 0 to 1 at 10; lowest 0, highest 1."));
    sx_figure_free(f);
}

/* The same as pixels: the line passes through the point and not beside it. */
static void pixels_lie_on_the_curve(void **state) {
    (void)state;
    static const double x[] = { 0, 10 }, y[] = { 0.2, 0.7 };
    const sx_series s = { .x = x, .y = y, .count = 2 };
    sx_figure *f = draw(&s, 1, ten, one);
    sx_error err = { 0 };
    sx_image im;
    double box[4];
    frame_of(f, box);
    CHECK_OK(sx_figure_image(f, 2, &im, &err), err);
    for (int i = 1; i < 20; i++) {
        const double u = i / 20.0, v = 0.2 + 0.5 * u;
        const int px = (int)(2 * (box[0] + u * (box[2] - box[0]))),
                  py = (int)(2 * (box[3] - v * (box[3] - box[1])));
        const uint8_t *at = sx_image_u8(&im) + 3 * (py * im.width + px);
        const uint8_t *above = at - 3 * 8 * im.width;
        if (at[0] > 40 || at[2] < 120) fail_msg("no line at x %d, y %d", px, py);
        if (above[0] < 200) fail_msg("a line 8 pixels above (%d, %d)", px, py);
    }
    sx_image_free(&im);
    sx_figure_free(f);
}

static void gaps_part_a_line(void **state) {
    (void)state;
    static const double x[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    static const double y[] = { 0.1, 0.2, NAN, 0.4, NAN, 0.6, INFINITY, 0.8 };
    static const double low[] = { 0, 0.1, NAN, 0.3, 0.3, 0.5, NAN, 0.7 };
    static const double high[] = { 0.2, 0.3, 0.4, 0.5, 0.5, 0.7, NAN, 0.9 };
    const sx_series s = { .x = x, .y = y, .low = low, .high = high, .count = 8 };
    sx_figure *f = draw(&s, 1, ten, one);
    double xy[32][2], box[4], dots[4];
    size_t moves;
    frame_of(f, box);
    /* One line of two points; three lone points are dots; the bands are of two and of three. */
    assert_int_equal(path_points(find_shape(f, false, BLUE, 0), xy, 32, &moves), 2);
    assert_null(find_shape(f, false, BLUE, 1));
    assert_true(find_shape(f, true, BLUE, 0)->paint.fill_alpha < 1);
    size_t parts = path_points(find_shape(f, true, BLUE, 0), xy, 32, &moves);
    assert_in_range(parts, 10, 12);
    path_box(find_shape(f, true, BLUE, 1), dots);
    check_near(dots[0], box[0] + 0.3 * (box[2] - box[0]) - 2.4, 0.2, "first dot");
    check_near(dots[2], box[0] + 0.7 * (box[2] - box[0]) + 2.4, 0.2, "last dot");
    for (size_t i = 0; i < f->shape_count; i++) {
        double b[4];
        path_box(&f->shapes[i], b);
        assert_true(isfinite(b[0]) && isfinite(b[1]) && isfinite(b[2]) && isfinite(b[3]));
    }
    sx_figure_free(f);
}

static void empty_plots_say_so(void **state) {
    (void)state;
    static const double x[] = { 1, 2 }, nothing[] = { NAN, NAN };
    const sx_series cases[] = { { .name = "A" },
                                { .name = "A", .x = x, .y = nothing, .count = 2 } };
    for (size_t i = 0; i < 3; i++) {
        sx_figure *f = draw(i < 2 ? &cases[i] : NULL, i < 2, ten, one);
        assert_non_null(find_label(f, "no data"));
        assert_null(find_label(f, "A"));
        assert_null(find_shape(f, false, BLUE, 0));
        assert_non_null(strstr(f->description.data, i < 2 ? "A: no data." : "No data."));
        sx_figure_free(f);
    }
}

static void one_point_is_a_dot(void **state) {
    (void)state;
    static const double x = 5, y = 0.5;
    for (int points = 0; points < 2; points++) {
        const sx_series s = { .name = "A", .x = &x, .y = &y, .count = 1, .points = points };
        sx_figure *f = draw(&s, 1, ten, one);
        double box[4], dot[4];
        frame_of(f, box);
        path_box(find_shape(f, true, BLUE, 0), dot);
        check_near((dot[0] + dot[2]) / 2, (box[0] + box[2]) / 2, 0.13, "x");
        check_near((dot[1] + dot[3]) / 2, (box[1] + box[3]) / 2, 0.13, "y");
        assert_in_range((int)(dot[2] - dot[0]), 4, 8);
        assert_null(find_label(f, "no data"));
        assert_non_null(strstr(f->description.data, "A: 0.5 at 5."));
        sx_figure_free(f);
    }
}

static void logarithmic_axes(void **state) {
    (void)state;
    static const double x[] = { 0, 0.125, 2, 8 }, y[] = { 0, 0.1, 0.2, 0.3 };
    const sx_axis rates = { .label = "rate", .least = 0.125, .most = 8, .log2 = true };
    const sx_series s = { .x = x, .y = y, .count = 4 };
    sx_figure *f = draw(&s, 1, rates, one);
    double box[4], xy[8][2];
    size_t moves;
    frame_of(f, box);
    /* 0 has no place. */
    assert_int_equal(path_points(find_shape(f, false, BLUE, 0), xy, 8, &moves), 3);
    check_near(xy[0][0], box[0], eighth, "1/8");
    check_near(xy[1][0], box[0] + (box[2] - box[0]) * 4 / 6, eighth, "2");
    check_near(xy[2][0], box[2], eighth, "8");
    check_near(find_label(f, "1/4")->x, box[0] + (box[2] - box[0]) / 6, 1e-6, "tick 1/4");
    sx_figure_free(f);
}

/* A line leaves the frame where it crosses the edge, and comes back. */
static void lines_are_cut_at_the_frame(void **state) {
    (void)state;
    static const double x[] = { 0, 4, 8, 20 }, y[] = { 0.5, 1.5, 0.5, 0.5 };
    const sx_series s[2] = { { .x = x, .y = y, .count = 4 },
                             { .x = x, .y = y, .count = 4, .colour = 1, .points = true } };
    sx_figure *f = draw(s, 2, ten, one);
    double box[4], xy[8][2], dots[4];
    size_t moves;
    frame_of(f, box);
    assert_int_equal(path_points(find_shape(f, false, BLUE, 0), xy, 8, &moves), 5);
    assert_int_equal(moves, 2);
    check_near(xy[1][0], box[0] + 0.2 * (box[2] - box[0]), eighth, "leaves at x");
    check_near(xy[1][1], box[1], eighth, "leaves at y");
    check_near(xy[2][0], box[0] + 0.6 * (box[2] - box[0]), eighth, "returns at x");
    check_near(xy[4][0], box[2], eighth, "ends at x");
    check_near(xy[4][1], (box[1] + box[3]) / 2, eighth, "ends at y");
    /* Marks outside are not drawn. */
    path_box(find_shape(f, true, ORANGE, 0), dots);
    check_near(dots[2], box[0] + 0.8 * (box[2] - box[0]) + 3.4, 0.2, "last mark");
    check_near(dots[1], (box[1] + box[3]) / 2 - 3.4, 0.2, "highest mark");
    sx_figure_free(f);
}

static void legend_holds_its_names(void **state) {
    (void)state;
    static const double x[] = { 0, 10 }, y[] = { 1, 1 };
    static const char name[] = "WWWWWWWWWWWWWWWWWWWW: AUROC 0.999";
    const sx_series s = { .name = name, .x = x, .y = y, .count = 2, .dashed = true };
    sx_figure *f = draw(&s, 1, ten, one);
    double frame[4], box[4];
    frame_of(f, frame);
    path_box(find_shape(f, true, 0xffffff, 0), box);
    const sx_label *l = find_label(f, name);
    assert_true(l->x > box[0] && l->x + sx_figure_text_width(f, 12, false, name) < box[2]);
    assert_true(box[0] > frame[0] && box[2] < frame[2]);
    assert_true(box[1] > frame[1] + 20); /* not on the line at the top */
    /* The line and its sample have the same dash. */
    assert_int_equal(find_shape(f, false, BLUE, 0)->paint.dash, 1 + 2 % 3);
    assert_int_equal(find_shape(f, false, BLUE, 1)->paint.dash, 1 + 2 % 3);
    sx_figure_free(f);
}

/* Where data are in every corner, the legend is above the frame and hides none. */
static void legend_leaves_the_data(void **state) {
    (void)state;
    static const double x[] = { 0.5, 9.5, 9.5, 0.5, 0.5 }, y[] = { 0.05, 0.05, 0.95, 0.95, 0.05 };
    static const char *const names[] = { "first", "second", "third",
                                         "a name that does not fit into the line of the others" };
    sx_series s[4];
    for (int i = 0; i < 4; i++)
        s[i] = (sx_series){ .name = names[i], .x = x, .y = y, .count = 5, .colour = i };
    for (size_t count = 1; count <= 4; count++) {
        sx_figure *f = draw(s, count, ten, one);
        double frame[4];
        frame_of(f, frame);
        const sx_label *last = NULL;
        for (size_t i = 0; i < count; i++) {
            const sx_label *l = find_label(f, names[i]);
            assert_true(l->y > 10 && l->y < frame[1] - 4);
            assert_true(l->x > frame[0] &&
                        l->x + sx_figure_text_width(f, 12, false, names[i]) <= frame[2]);
            if (last && last->y == l->y)
                assert_true(l->x > last->x + sx_figure_text_width(f, 12, false, last->text) + 20);
            last = l;
        }
        assert_true(count < 4 || last->y > find_label(f, "first")->y); /* on a second line */
        sx_figure_free(f);
    }
}

/* Curves that coincide are seen, each in its own plot. */
static void multiples_show_each_series(void **state) {
    (void)state;
    static const double x[] = { 0, 10 }, y[] = { 1, 1 };
    static const char *const names[] = { "first", "second", "third", "fourth" };
    sx_series s[4];
    for (int i = 0; i < 4; i++)
        s[i] = (sx_series){ .name = names[i], .x = x, .y = y, .count = 2, .colour = i };
    const sx_plot p = { .title = "t",
                        .x = ten,
                        .y = one,
                        .series = s,
                        .series_count = 4,
                        .width = 200,
                        .height = 180 };
    sx_error err = { 0 };
    sx_figure *f = sx_plot_multiples(&p, 3);
    assert_non_null(f);
    CHECK_OK(sx_figure_check(f, &err), err);
    assert_true(f->width == 600 && f->height == 400);
    for (size_t i = 0; i < 4; i++) {
        double frame[4], line[4];
        path_box(find_shape(f, false, INK, i), frame);
        path_box(find_shape(f, false, sx_series_colour((int)i), 0), line);
        check_near(line[0], frame[0], eighth, "left");
        check_near(line[2], frame[2], eighth, "right");
        check_near(line[1], frame[1], eighth, "top");
        assert_null(find_shape(f, false, sx_series_colour((int)i), 1));
        const sx_label *heading = find_label(f, names[i]);
        assert_true(heading->y < frame[1] && heading->x >= 200.0 * (double)(i % 3) &&
                    heading->x < frame[2]);
        /* the lines in grey lie below it */
        assert_non_null(find_shape(f, false, sx_series_colour(-1), 4 * 3 - 1));
    }
    assert_non_null(strstr(sx_str_text(&f->description), "third: from 1 at 0 to 1 at 10"));
    sx_figure_free(f);
}

static void impossible_axes(void **state) {
    (void)state;
    static const double x[] = { 1, 2 }, y[] = { 1, 2 };
    const sx_series s = { .x = x, .y = y, .count = 2 };
    const sx_axis bad[] = { { .label = "x", .least = NAN, .most = 1 },
                            { .label = "x", .least = 3, .most = 3 },
                            { .label = "x", .log2 = true },
                            { .label = "x", .least = 1e300, .most = 1e301 },
                            { .label = "x", .least = 1e16, .most = 1e16 + 4 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sx_figure *f = draw(&s, 1, bad[i], bad[i]);
        double box[4];
        frame_of(f, box);
        assert_true(box[2] > box[0] && box[3] > box[1]);
        sx_figure_free(f);
    }
}

/* ---- bars ---- */

static const char *const rows[] = { "first", "second", "third" }, *const groups[] = { "A", "B" };

static void bars_are_as_long_as_their_values(void **state) {
    (void)state;
    static const double values[] = { 0.2, 0.4, NAN, 0.1, 0.9, 0 };
    static const double lows[] = { 0.1, NAN, NAN, 0.05, 0.7, 0 },
                        highs[] = { 0.3, 0.5, NAN, 0.15, 1, 0 };
    const sx_bars b = { .title = "t",
                        .label = "percent",
                        .row_names = rows,
                        .row_count = 3,
                        .group_names = groups,
                        .group_count = 2,
                        .values = values,
                        .lows = lows,
                        .highs = highs,
                        .most = 0.8,
                        .scale = 100,
                        .width = 400,
                        .decimals = 1,
                        .missing = "none" };
    sx_figure *f = sx_plot_bars(&b);
    double frame[4], box[4];
    assert_true(f->width == 400 && f->height == sx_plot_bars_height(&b));
    /* The intervals of the first four bars are drawn before the axes. */
    path_box(find_shape(f, false, INK, 4), frame);
    const double length = frame[2] - frame[0];
    static const struct {
        uint32_t colour;
        size_t n;
        double value;
    } bars[] = { { BLUE, 1, 0.2 }, { BLUE, 2, 0.4 }, { ORANGE, 1, 0.1 }, { ORANGE, 2, 0.8 } };
    for (size_t i = 0; i < 4; i++) { /* 0 is the legend's; 0.9 ends with the axis */
        path_box(find_shape(f, true, bars[i].colour, bars[i].n), box);
        /* Two rounded edges. */
        check_near(box[0], frame[0], eighth, "begins");
        check_near(box[2], frame[0] + length * bars[i].value / 0.8, 2 * eighth, "ends");
    }
    path_box(find_shape(f, false, INK, 0), box);
    check_near(box[0], frame[0] + length * 0.1 / 0.8, 2 * eighth, "low");
    check_near(box[2], frame[0] + length * 0.3 / 0.8, 2 * eighth, "high");
    const sx_label *number = find_label(f, "20.0"), *none = find_label(f, "none");
    assert_true(number && none && number->x > box[2] && none->x > frame[0]);
    assert_non_null(find_label(f, "90.0"));
    assert_true(find_label(f, "80")->x > find_label(f, "60")->x);
    assert_non_null(strstr(f->description.data, "first: A 20.0 (10.0 to 30.0), B 10.0"));
    assert_non_null(strstr(f->description.data, "third: A none, B 0.0"));
    sx_figure_free(f);
}

static void bars_without_rows(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_bars b = {
        .title = "t", .label = "n", .group_count = 1, .most = NAN, .scale = 1, .width = 400
    };
    sx_figure *f = sx_plot_bars(&b);
    assert_non_null(f);
    CHECK_OK(sx_figure_check(f, &err), err);
    assert_null(find_shape(f, true, BLUE, 0));
    sx_figure_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_stand_at_their_values),
        cmocka_unit_test(pixels_lie_on_the_curve),
        cmocka_unit_test(gaps_part_a_line),
        cmocka_unit_test(empty_plots_say_so),
        cmocka_unit_test(one_point_is_a_dot),
        cmocka_unit_test(logarithmic_axes),
        cmocka_unit_test(lines_are_cut_at_the_frame),
        cmocka_unit_test(legend_holds_its_names),
        cmocka_unit_test(legend_leaves_the_data),
        cmocka_unit_test(multiples_show_each_series),
        cmocka_unit_test(impossible_axes),
        cmocka_unit_test(bars_are_as_long_as_their_values),
        cmocka_unit_test(bars_without_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
