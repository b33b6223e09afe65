#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/check.h"

#include "base/files.h"
#include "image/noise.h"
#include "image/overlay_draw.h"
#include "image/png.h"
#include "report/report_folder.h"

static sx_findings *findings(const char *name) {
    sx_findings *f = calloc(1, sizeof *f);
    snprintf(f->image_id, sizeof f->image_id, "%s", name);
    f->frame = 1;
    f->width = 300;
    f->height = 400;
    f->count = 2;
    f->items = calloc(2, sizeof *f->items);
    f->items[0] = (sx_finding){ 20, 30, 120, 160, 0.9F, 0, "Osteophytes" };
    f->items[1] = (sx_finding){ 150, 200, 280, 390, 0.2F, 1, "Other lesions" };
    return f;
}

static void film(sx_image *im) {
    sx_error err = { 0 };
    CHECK_OK(sx_noise_image("film", 300, 400, false, im, &err), err);
}

static void pictures_get_names_of_their_own(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    sx_report r = { .threshold_source = "paper", .keep_source = "paper" };
    sx_image im;
    static const char *const want[] = { "overlays/a.png", "overlays/a-2.png", "overlays/a-3.png",
                                        "overlays/a-frame4.png", "overlays/b.png" };
    const char *dir = check_tmp_path("deep/out");
    CHECK_OK(sx_report_folder_open(&o, dir, 5, true, &err), err);
    film(&im);
    for (size_t i = 0; i < 5; i++) {
        char name[300];
        sx_findings *f = findings(i < 4 ? "a" : "b");
        if (i == 3) f->frame = 4;
        CHECK_OK(sx_report_folder_overlay(&o, &r, &im, f, 0, name, sizeof name, &err), err);
        assert_string_equal(name, want[i]);
        CHECK_OK(sx_report_add(&r, "x", f, NULL, name, 0, &err), err);
    }
    sx_image back;
    CHECK_OK(sx_png_read(check_tmp_path("deep/out/overlays/a-3.png"), &back, &err), err);
    assert_int_equal(back.channels, 3);
    sx_image_free(&back);
    sx_image_free(&im);
    sx_report_folder_close(&o);
    sx_report_free(&r);
    check_tmp_remove();
}

/* As the report writes them, and short enough to be written. */
static void pictures_names_are_utf8_and_not_too_long(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    sx_report r = { .threshold_source = "paper", .keep_source = "paper" };
    sx_image im;
    char name[300], longest[254] = "";
    memset(longest, 'a', 251);
    memcpy(longest + 248, "\xf6\xc3\xb6", 3);
    film(&im);
    CHECK_OK(sx_report_folder_open(&o, check_tmp(), 2, true, &err), err);
    for (size_t i = 0; i < 2; i++) {
        sx_findings *f = findings(i ? longest : "R\xf6ntgen");
        CHECK_OK(sx_report_folder_overlay(&o, &r, &im, f, 0, name, sizeof name, &err), err);
        if (i == 0) assert_string_equal(name, "overlays/R\\xf6ntgen.png");
        assert_true(sx_path_exists(check_tmp_path(name)));
        sx_findings_free(f);
    }
    sx_image_free(&im);
    sx_report_folder_close(&o);
    check_tmp_remove();
}

static void reserve_is_taken_and_given_back(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    struct stat held;
    sx_report r = { .threshold_source = "paper", .keep_source = "paper" };
    CHECK_OK(sx_report_folder_open(&o, check_tmp(), 1000, false, &err), err);
    assert_int_equal(fstat(o.reserve, &held), 0);
    assert_true(held.st_size > 1000 * 40960);
    assert_false(sx_path_exists(check_tmp_path("overlays")));
    CHECK_OK(sx_report_folder_tables(&o, &r, false, &err), err);
    assert_true(o.reserve >= 0);
    CHECK_OK(sx_report_folder_tables(&o, &r, true, &err), err);
    assert_int_equal(o.reserve, -1);
    assert_true(sx_path_exists(check_tmp_path("report.json")));
    sx_paths files = { 0 };
    CHECK_OK(sx_paths_walk(&files, check_tmp(), &err), err);
    assert_int_equal(files.count, 4); /* report.json, two CSVs, coco_results.json */
    sx_paths_free(&files);
    sx_report_folder_close(&o);
    check_tmp_remove();
}

static void a_place_that_cannot_be_written_is_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    const char *file = check_tmp_path("file");
    CHECK_OK(sx_write_file(file, "x", 1, &err), err);
    CHECK_FAILS(sx_report_folder_open(&o, file, 1, false, &err), err, SX_ERR_IO,
                "file: exists and is not a folder");
    CHECK_FAILS(sx_report_folder_open(&o, check_tmp_path("file/out"), 1, true, &err), err,
                SX_ERR_IO, "file/out");
    CHECK_FAILS(sx_report_folder_open(&o, "/proc/nowhere", 1, true, &err), err, SX_ERR_IO,
                "/proc/nowhere");
    check_tmp_remove();
}

/* Samples of a label's own colour in the drawing of both findings. */
static size_t inked(int label, double min_score, double probability) {
    sx_error err = { 0 };
    sx_image im, out;
    uint8_t rgb[3];
    film(&im);
    sx_findings *f = findings("f");
    f->has_probability = !isnan(probability);
    f->probability = probability;
    sx_report_overlay o = { 0.28, "weights of a test", min_score };
    CHECK_OK(sx_report_draw(&im, f, &o, check_tmp_path("a.png"), &err), err);
    CHECK_OK(sx_png_read(check_tmp_path("a.png"), &out, &err), err);
    sx_label_color(label, rgb);
    size_t n = 0;
    for (size_t i = 0; i + 2 < sx_image_bytes(&out); i += 3)
        n += memcmp(sx_image_u8(&out) + i, rgb, 3) == 0;
    sx_image_free(&im), sx_image_free(&out);
    sx_findings_free(f);
    return n;
}

static void weak_boxes_are_not_drawn(void **state) {
    (void)state;
    assert_true(inked(0, 0, (double)NAN) > 500);
    assert_true(inked(1, 0, (double)NAN) > 500);
    assert_true(inked(0, 0.5, 0.4) > 500);
    assert_int_equal(inked(1, 0.5, 0.4), 0);
    assert_int_equal(inked(0, 0.95, 0.4), 0);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_get_names_of_their_own),
        cmocka_unit_test(pictures_names_are_utf8_and_not_too_long),
        cmocka_unit_test(reserve_is_taken_and_given_back),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
        cmocka_unit_test(weak_boxes_are_not_drawn),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
