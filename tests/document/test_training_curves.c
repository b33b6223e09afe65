/* Curves of training runs: what is read of metrics.jsonl, and a picture that can be drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "document/training_curves.h"
#include "support/check.h"
#include "support/figure_parts.h"
#include "train/run_curves.h"

static void write_run(const char *name, const char *text) {
    sx_error err = { 0 };
    const char *dir = check_tmp_path(name);
    CHECK_OK(sx_make_dirs(dir, &err), err);
    char *path = sx_path_join(dir, "metrics.jsonl");
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    free(path);
}

static const char lines[] = "{\"iteration\": 0, \"rate\": 0.001, \"loss\": 9, \"loss_ce\": 2, "
                            "\"loss_giou\": 1, \"loss_ce_0\": 6}\n"
                            "{\"iteration\": 1, \"rate\": 0.002, \"loss\": 4, \"loss_ce\": 1, "
                            "\"loss_giou\": 1, \"loss_ce_0\": 2}\n"
                            "{\"iteration\": 1, \"validation\": null}\n"
                            "{\"iteration\": 2, \"rate\": 0.003, \"loss\": 3, \"loss_ce\": 1, "
                            "\"loss_giou\": 1, \"loss_ce_0\": 1}\n"
                            "{\"iteration\": 2, \"validation\": 0.75}\n"
                            "{\"iteration\": 3, \"rate\": 0.003, \"loss\": 2, \"loss_ce\": 1, "
                            "\"loss_giou\": 1, \"loss_ce_0\": 0}\n"
                            "{\"iteration\": 3, \"validation\": 0.5}\n"
                            "{\"iteration\": 4, \"ra";

static void metrics_of_runs_are_read(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_run_metrics m;
    write_run("run7", lines);
    CHECK_OK(sx_run_metrics_read(check_tmp_path("run7/"), &m, &err), err);
    assert_string_equal(m.name, "run7");
    assert_int_equal(m.step_count, 4);
    assert_int_equal(m.part_count, 2);
    assert_string_equal(m.part_names[1], "loss_giou");
    assert_true(m.steps[2].loss == 3 && m.steps[0].parts[0] == 2 && m.steps[3].iteration == 3);
    assert_int_equal(m.score_count, 3);
    assert_true(isnan(m.scores[0]) && m.scored_at[1] == 3);
    assert_int_equal(sx_run_metrics_best(&m), 1);
    /* the curve of the loss ends where the last validation is drawn */
    sx_run_curve c;
    sx_run_curve_of(&m, SX_RUN_LOSS, 1, &c);
    assert_true(c.x[0] == 1 && c.x[c.count - 1] == 4 && m.scored_at[2] == 4);
    sx_run_metrics_free(&m);
}

static void bad_metrics_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        sx_error_code code;
    } cases[] = {
        { "", "metrics.jsonl: no step yet", SX_ERR_MISSING },
        { "{\"iteration\": 0, \"loss\": 1}\nnonsense\n",
          "metrics.jsonl, line 2: not a step of a run", SX_ERR_FORMAT },
        { "{\"loss\": 1}\n", "line 1: not a step of a run", SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_run_metrics m;
        write_run("bad", cases[i].text);
        CHECK_FAILS(sx_run_metrics_read(check_tmp_path("bad"), &m, &err), err, cases[i].code,
                    cases[i].message);
        sx_run_metrics_free(&m);
    }
}

static void read_two_runs(sx_run_metrics m[2]) {
    sx_error err = { 0 };
    write_run("a<b", lines);
    write_run("other", "{\"iteration\": 0, \"rate\": 0.001, \"loss\": 9}\n");
    CHECK_OK(sx_run_metrics_read(check_tmp_path("a<b"), &m[0], &err), err);
    CHECK_OK(sx_run_metrics_read(check_tmp_path("other"), &m[1], &err), err);
}

static void test_draws(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_run_metrics m[2];
    read_two_runs(m);
    for (size_t n = 1; n <= 2; n++) {
        sx_figure *f = NULL;
        sx_image im;
        CHECK_OK(sx_training_curves(m, n, &f, &err), err);
        CHECK_OK(sx_figure_image(f, 1, &im, &err), err);
        assert_int_equal(im.width, 688);
        size_t headings = 0;
        for (size_t i = 0; i < f->label_count; i++)
            headings += f->labels[i].style.size == 15;
        assert_int_equal(headings, n == 1 ? 4 : 3); /* parts for one run only */
        assert_non_null(find_label(f, "a<b"));
        assert_true((find_label(f, "loss_giou") != NULL) == (n == 1));
        assert_string_equal(f->title, n == 1 ? "a<b" : "2 runs");
        assert_null(strstr(f->description.data, "nan"));
        sx_image_free(&im);
        sx_figure_free(f);
    }
    sx_run_metrics_free(&m[0]);
    sx_run_metrics_free(&m[1]);
}

/* The loss 9, 4, 3, 2 of the iterations 0 to 3, drawn at 1 to 4 steps, on axes to 4 and to 10.
 * cairo joins the last two pieces, which have the same slope. */
static void test_points(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_run_metrics m[2];
    sx_figure *f = NULL;
    read_two_runs(m);
    CHECK_OK(sx_training_curves(m, 1, &f, &err), err);
    double frame[4], xy[8][2];
    size_t moves;
    path_box(find_shape(f, false, 0x1b1f24, 0), frame);
    assert_int_equal(path_points(find_shape(f, false, 0x0072b2, 0), xy, 8, &moves), 3);
    static const double done[] = { 1, 2, 4 }, loss[] = { 9, 4, 2 };
    for (int i = 0; i < 3; i++) {
        assert_true(fabs(xy[i][0] - (frame[0] + (frame[2] - frame[0]) * done[i] / 4)) < 0.07);
        assert_true(fabs(xy[i][1] - (frame[3] - (frame[3] - frame[1]) * loss[i] / 10)) < 0.07);
    }
    sx_figure_free(f);
    sx_run_metrics_free(&m[0]);
    sx_run_metrics_free(&m[1]);
}

/* 3000 steps whose loss is the iteration, but for one in 50 that is missing. */
static void test_thins(void **state) {
    (void)state;
    sx_run_metrics m = { .step_count = 3000 };
    m.steps = calloc(m.step_count, sizeof *m.steps);
    for (size_t i = 0; i < m.step_count; i++) {
        m.steps[i].iteration = (double)i;
        m.steps[i].loss = i % 50 ? (double)i : NAN;
        m.steps[i].rate = 0.004;
    }
    sx_run_curve c;
    sx_run_curve_of(&m, SX_RUN_LOSS, 2, &c);
    assert_int_equal(c.count, SX_RUN_CURVE_POINTS);
    /* 1 to 19: mean 10, variance (19^2 - 1) / 12 = 30; halved by the unit. Iteration 10, counted
     * from 0, is the eleventh step. */
    assert_true(c.x[0] == 11 && c.y[0] == 5);
    assert_true(fabs(c.high[0] - c.y[0] - sqrt(30) / 2) < 1e-12);
    assert_true(fabs(c.most - c.y[149]) < 1e-12);
    /* A fiftieth of the points may be outside. */
    const double top = sx_run_curves_top(&c, 1);
    size_t beyond = 0;
    for (size_t i = 0; i < c.count; i++)
        beyond += c.y[i] > top;
    assert_true(50 * beyond <= c.count);
    for (size_t i = 0; i < 3; i++)
        c.y[i] = 1e6;
    c.most = 1e6;
    assert_true(sx_run_curves_top(&c, 1) < 2000);
    assert_true(fabs(sx_run_rate_unit(&m, 1) - 0.001) < 1e-15);
    for (size_t i = 0; i < m.step_count; i++)
        m.steps[i].loss = NAN;
    sx_run_curve_of(&m, SX_RUN_LOSS, 1, &c);
    assert_int_equal(c.count, 0);
    assert_true(sx_run_curves_top(&c, 1) == 0);
    free(m.steps);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(metrics_of_runs_are_read),
                                        cmocka_unit_test(bad_metrics_are_refused),
                                        cmocka_unit_test(test_draws), cmocka_unit_test(test_points),
                                        cmocka_unit_test(test_thins) };
    return cmocka_run_group_tests_name("curves", tests, NULL, clean);
}
