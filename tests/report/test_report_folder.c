#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"

#include "base/files.h"
#include "base/notice.h"
#include "base/writer.h"
#include "image/noise.h"
#include "image/overlay_draw.h"
#include "image/png.h"
#include "report/picture_names.h"
#include "report/report_folder.h"

static sx_bundle_info info = { .holders = 1, /* never freed: this one is held here */
                               .rule = { 0.28, 0.5 },
                               .threshold_source = "paper",
                               .keep_source = "paper",
                               .note = "weights of a test" };

static sx_prediction *findings(const char *name) {
    sx_prediction *f = calloc(1, sizeof *f);
    f->image_id = strdup(name);
    f->frame = 1;
    f->width = 300;
    f->height = 400;
    f->box_count = f->finding_count = 2;
    f->boxes = calloc(2, sizeof *f->boxes);
    f->findings = calloc(2, sizeof *f->findings);
    f->findings[0] = (sx_finding){ 20, 30, 120, 160, 0.9F, 0, "Osteophytes" };
    f->findings[1] = (sx_finding){ 150, 200, 280, 390, 0.2F, 1, "Other lesions" };
    f->info = sx_bundle_info_hold(&info);
    return f;
}

static void draw_noise(sx_prediction *p) {
    sx_error err = { 0 };
    CHECK_OK(sx_noise_image("film", 300, 400, false, &p->picture, &err), err);
}

static void open_folder(sx_report_folder *o, const char *dir) {
    sx_error err = { 0 };
    const sx_report_folder_options how = { .dir = dir, .command = "predict", .first = true };
    CHECK_OK(sx_report_folder_open(o, &how, &err), err);
}

/* ---- names ---- */

static void check_names(const char *const *paths, size_t count, int frame,
                        const char *const *want) {
    sx_error err = { 0 };
    sx_picture_names names;
    sx_inputs in = { .items = calloc(count, sizeof *in.items), .count = count };
    for (size_t i = 0; i < count; i++)
        in.items[i].path = (char *)paths[i];
    CHECK_OK(sx_picture_names_make(&names, &in, frame, &err), err);
    assert_int_equal(names.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(names.items[i], want[i]);
    sx_picture_names_free(&names);
    free(in.items);
}

static void pictures_get_names_of_their_own(void **state) {
    (void)state;
    static const char *const paths[] = { "x/a.png",   "y/a.dcm", "a",      "b.png",
                                         "z/a-2.png", "z/b.jpg", "w/a.png" };
    static const char *const want[] = { "a", "a-2", "a-3", "b", "a-2-2", "b-2", "a-4" };
    static const char *const frames[] = { "a-frame4",   "a-frame4-2", "a-frame4-3", "b-frame4",
                                          "a-2-frame4", "b-frame4-2", "a-frame4-4" };
    check_names(paths, 7, 0, want);
    check_names(paths, 7, 1, want);
    check_names(paths, 7, 4, frames);
}

/* As the report writes them, and short enough to be written. */
static void pictures_names_are_utf8_and_not_too_long(void **state) {
    (void)state;
    static const char *const paths[] = { "films/R\xf6ntgen.png" };
    static const char *const want[] = { "R\\xf6ntgen" };
    check_names(paths, 1, 0, want);

    sx_error err = { 0 };
    sx_picture_names names;
    sx_report_folder o;
    char longest[256] = "", other[256];
    memset(longest, 'a', 255);
    memcpy(longest + 229, "\xc3\xb6\xc3\xb6", 4); /* no character is cut in two */
    memcpy(other, longest, sizeof other);
    other[254] = 'b';
    sx_input items[] = { { .path = longest }, { .path = other } };
    CHECK_OK(sx_picture_names_make(&names, &(sx_inputs){ .items = items, .count = 2 }, 7, &err),
             err);
    assert_string_not_equal(names.items[0], names.items[1]);
    open_folder(&o, check_tmp());
    const sx_report_contents contents = { .overlays = true,
                                          .names = (const char *const *)names.items,
                                          .count = 2 };
    CHECK_OK(sx_report_folder_begin(&o, &contents, &err), err);
    for (size_t i = 0; i < 2; i++) {
        sx_prediction *p = findings("long");
        draw_noise(p);
        CHECK_OK(sx_report_folder_overlay(&o, NULL, p, 0, names.items[i], &err), err);
        sx_prediction_free(p);
    }
    sx_paths files = { 0 };
    CHECK_OK(sx_paths_walk(&files, check_tmp_path("overlays"), &err), err);
    assert_int_equal(files.count, 2);
    sx_paths_free(&files);
    sx_picture_names_free(&names);
    sx_report_folder_close(&o, true);
    check_tmp_remove();
}

/* Half a million films of one name, which once took time by the cube. */
static void many_films_of_one_name_take_linear_time(void **state) {
    (void)state;
    enum { MANY = 500000 };
    sx_error err = { 0 };
    sx_picture_names names;
    sx_inputs in = { .items = calloc(MANY, sizeof *in.items), .count = MANY };
    for (size_t i = 0; i < MANY; i++)
        in.items[i].path = (char *)(i % 2 ? "x/film.dcm" : "y/film-2.dcm");
    CHECK_OK(sx_picture_names_make(&names, &in, 0, &err), err);
    assert_string_equal(names.items[MANY - 1], "film-250001");
    sx_picture_names_free(&names);
    free(in.items);
}

/* ---- the folder ---- */

static void reserve_is_taken_and_given_back(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    struct stat held;
    sx_report r = { .info = sx_bundle_info_hold(&info) };
    open_folder(&o, check_tmp());
    const char *const names[1000] = { NULL };
    const sx_report_contents contents = { .tables = true, .names = names, .count = 1000 };
    /* the name of an earlier version, as a link into another's file */
    const char *theirs = check_tmp_path("theirs.txt"), *link = check_tmp_path(".spinexr-reserve");
    CHECK_OK(sx_write_file(theirs, "theirs", 6, &err), err);
    assert_int_equal(symlink(theirs, link), 0);
    CHECK_OK(sx_report_folder_begin(&o, &contents, &err), err);
    assert_int_equal(stat(theirs, &held), 0);
    assert_int_equal(held.st_size, 6);
    assert_int_equal(unlink(theirs) + unlink(link), 0);
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
    assert_int_equal(files.count, 5); /* report.json, its page, two CSVs, coco_results.json */
    sx_paths_free(&files);
    sx_report_folder_close(&o, true);
    sx_report_free(&r);
    check_tmp_remove();
}

static void a_place_that_cannot_be_written_is_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_report_folder o;
    const char *file = check_tmp_path("file");
    CHECK_OK(sx_write_file(file, "x", 1, &err), err);
    sx_report_folder_options how = { .dir = file, .command = "predict", .first = true };
    CHECK_FAILS(sx_report_folder_open(&o, &how, &err), err, SX_ERR_IO,
                "file: exists and is not a folder");
    how.dir = check_tmp_path("file/out");
    CHECK_FAILS(sx_report_folder_open(&o, &how, &err), err, SX_ERR_IO, "file/out");
    how.dir = "/proc/nowhere";
    CHECK_FAILS(sx_report_folder_open(&o, &how, &err), err, SX_ERR_IO, "/proc/nowhere");
    check_tmp_remove();
}

/* Samples of a label's own colour in the drawing of both findings. */
static size_t inked(int label, double min_score, double probability) {
    sx_error err = { 0 };
    sx_image out;
    uint8_t rgb[3];
    sx_prediction *f = findings("f");
    f->has_probability = !isnan(probability);
    f->probability = probability;
    draw_noise(f);
    CHECK_OK(sx_overlay_write(NULL, f, min_score, check_tmp_path("a.png"), &err), err);
    CHECK_OK(sx_png_read(check_tmp_path("a.png"), &out, &err), err);
    sx_label_color(label, rgb);
    size_t n = 0;
    for (size_t i = 0; i + 2 < sx_image_bytes(&out); i += 3)
        n += memcmp(sx_image_u8(&out) + i, rgb, 3) == 0;
    sx_image_free(&out);
    sx_prediction_free(f);
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

static bool holds(const sx_file *f, const char *bytes, size_t n) {
    for (size_t i = 0; i + n <= f->size; i++)
        if (memcmp(f->data + i, bytes, n) == 0) return true;
    return false;
}

static void check_texts(const char *path) {
    static const char disclaimer[] = "tEXtDisclaimer\0" SX_NOTICE,
                      warning[] = "tEXtWarning\0weights of a test",
                      program[] = "tEXtSoftware\0spinexr ";
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_true(holds(&f, disclaimer, sizeof disclaimer - 1));
    assert_true(holds(&f, warning, sizeof warning - 1));
    assert_true(holds(&f, program, sizeof program - 1));
    assert_false(holds(&f, check_tmp(), strlen(check_tmp())));
    sx_file_close(&f);
}

/* The first or last column in which two pictures differ; -1: none. */
static int differing_column(const sx_image *a, const sx_image *b, int step) {
    const uint8_t *left = a->data, *right = b->data;
    for (int x = step > 0 ? 0 : a->width - 1; x >= 0 && x < a->width; x += step)
        for (int y = 0; y < a->height; y++) {
            const size_t at = 3 * ((size_t)y * (size_t)a->width + (size_t)x);
            if (memcmp(left + at, right + at, 3) != 0) return x;
        }
    return -1;
}

/* The explanation of an unfamiliar film says under the film that there is no verdict. */
static void check_unfamiliar(sx_prediction *p) {
    sx_image known, unknown;
    sx_error err = { 0 };
    CHECK_OK(sx_heat_picture(p, &known, &err), err);
    p->has_probability = p->unfamiliar = true;
    CHECK_OK(sx_heat_picture(p, &unknown, &err), err);
    p->unfamiliar = false;
    assert_int_equal(known.width, unknown.width);
    assert_int_equal(known.height, unknown.height);
    const int left = differing_column(&known, &unknown, 1),
              right = differing_column(&known, &unknown, -1);
    assert_true(left >= 0 && right < known.width / 2); /* the film's panel is the left one */
    assert_true(right - left > known.width / 8);       /* a whole text */
    sx_image_free(&known);
    sx_image_free(&unknown);
}

/* Overlays and heat maps say what they are, in the picture and in the file; no path of this
 * machine. */
static void pictures_hold_the_notice(void **state) {
    (void)state;
    static float cells[] = { 0, 1, 2, 3 };
    static sx_network_info network = { .arch = "densenet121", .path = "w/c.safetensors" };
    sx_error err = { 0 };
    sx_prediction *p = findings("film");
    draw_noise(p);
    CHECK_OK(sx_overlay_write(NULL, p, 0, check_tmp_path("a.png"), &err), err);
    check_texts(check_tmp_path("a.png"));
    double probability = 0.5;
    sx_heat_map map = { .width = 2, .height = 2, .cell = cells, .over_x = 1, .over_y = 1 };
    p->heat = (sx_explanation){ .count = 1, .each = &map, .mean = map };
    p->classifier_probability = &probability;
    info.networks = &network;
    CHECK_OK(sx_heat_write_picture(p, check_tmp_path("h.png"), &err), err);
    check_texts(check_tmp_path("h.png"));
    sx_image with, without;
    CHECK_OK(sx_heat_picture(p, &with, &err), err);
    info.note = "";
    CHECK_OK(sx_heat_picture(p, &without, &err), err);
    assert_true(with.height > without.height);
    info.note = "weights of a test";
    sx_image_free(&with);
    sx_image_free(&without);
    check_unfamiliar(p);
    p->heat = (sx_explanation){ 0 };
    p->classifier_probability = NULL;
    sx_prediction_free(p);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_get_names_of_their_own),
        cmocka_unit_test(pictures_names_are_utf8_and_not_too_long),
        cmocka_unit_test(many_films_of_one_name_take_linear_time),
        cmocka_unit_test(reserve_is_taken_and_given_back),
        cmocka_unit_test(a_place_that_cannot_be_written_is_named),
        cmocka_unit_test(weak_boxes_are_not_drawn),
        cmocka_unit_test(pictures_hold_the_notice),
    };
    return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
