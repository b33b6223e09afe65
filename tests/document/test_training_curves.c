/* Curves of training runs: what is read of metrics.jsonl, and a picture that can be drawn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "document/svg_raster.h"
#include "document/training_curves.h"
#include "support/check.h"

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

static void test_reads(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_run_metrics m;
    write_run("run7", lines);
    CHECK_OK(sx_run_metrics_read(check_tmp_path("run7/"), &m, &err), err);
    assert_string_equal(m.name, "run7");
    assert_int_equal(m.steps, 4);
    assert_int_equal(m.parts, 2);
    assert_string_equal(m.part[1], "loss_giou");
    assert_true(m.step[2].loss == 3 && m.step[0].part[0] == 2 && m.step[3].iteration == 3);
    assert_int_equal(m.scores, 3);
    assert_true(isnan(m.score[0]) && m.at[1] == 3);
    assert_int_equal(sx_run_metrics_best(&m), 1);
    sx_run_metrics_free(&m);
}

static void test_refuses(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        sx_error_code code;
    } cases[] = {
        { "", "metrics.jsonl: no step yet", SX_ERR_MISSING },
        { "{\"iteration\": 0, \"loss\": 1}\nnonsense\n", "metrics.jsonl, line 2: no step of a run",
          SX_ERR_FORMAT },
        { "{\"loss\": 1}\n", "line 1: no step of a run", SX_ERR_FORMAT },
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

static size_t count(const char *text, const char *what) {
    size_t n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

static void test_draws(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_run_metrics m[2];
    sx_image im;
    write_run("a<b", lines);
    write_run("other", "{\"iteration\": 0, \"rate\": 0.001, \"loss\": 9}\n");
    CHECK_OK(sx_run_metrics_read(check_tmp_path("a<b"), &m[0], &err), err);
    CHECK_OK(sx_run_metrics_read(check_tmp_path("other"), &m[1], &err), err);
    for (size_t n = 1; n <= 2; n++) {
        sx_str svg = { 0 };
        CHECK_OK(sx_curves_plot(m, n, &svg, &err), err);
        assert_int_equal(count(svg.data, "font-size='15'"),
                         n == 1 ? 4 : 3); /* panels: parts for one run only */
        assert_non_null(strstr(svg.data, "a&lt;b"));
        assert_null(strstr(svg.data, "nan"));
        assert_null(strstr(svg.data, "inf"));
        CHECK_OK(sx_svg_raster(svg.data, svg.len, 1, &im, &err), err);
        assert_int_equal(im.width, 688);
        sx_image_free(&im);
        sx_str_free(&svg);
    }
    sx_run_metrics_free(&m[0]);
    sx_run_metrics_free(&m[1]);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_reads),
                                        cmocka_unit_test(test_refuses),
                                        cmocka_unit_test(test_draws) };
    return cmocka_run_group_tests_name("curves", tests, NULL, clean);
}
