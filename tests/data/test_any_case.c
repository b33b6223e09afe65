/* Files of data sets whose names are in upper case: none is passed over. */
#include <stdio.h>
#include <string.h>

#include "base/files.h"
#include "base/film_name.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* The number of films and boxes of a data set. */
static void check_counts(const char *set, size_t films, size_t boxes) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err);
    if (m.film_count != films || m.box_count != boxes)
        fail_msg("%s: %zu films, %zu boxes", set, m.film_count, m.box_count);
    for (size_t i = 0; i < m.film_count; i++)
        if (!m.films[i].path) fail_msg("%s: %s has no file", set, m.films[i].id);
    sx_manifest_free(&m);
}

#define HEAD "image_id,lesion_type,xmin,ymin,xmax,ymax\n"

static void tables_in_any_case_are_found(void **state) {
    (void)state;
    set_put_film("csv/images/a.PNG", 64, 48);
    set_put_film("csv/images/b.Png", 64, 48);
    set_put_text("csv/annotations/train.csv", HEAD "a,X,1,2,11,14\n");
    set_put_text("csv/annotations/VAL.CSV", HEAD "b,X,1,2,11,14\nb,Y,1,2,11,14\n");
    check_counts("csv", 2, 3);
    set_put_film("single/a.png", 64, 48);
    set_put_text("single/ANNOTATIONS.CSV", HEAD "a,X,1,2,11,14\n");
    check_counts("single", 1, 1);
    check_counts("single/ANNOTATIONS.CSV", 1, 1);
    set_put_film("coco/a.png", 64, 48);
    set_put_text("coco/annotations.Json",
                 "{\"categories\": [{\"id\": 7, \"name\": \"X\"}], \"images\": [{\"id\": 1, "
                 "\"file_name\": \"a.png\"}], \"annotations\": [{\"image_id\": 1, "
                 "\"category_id\": 7, \"bbox\": [1, 2, 10, 12]}]}");
    check_counts("coco", 1, 1);
}

#define BOX                                                                                        \
    "<object><name>X</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax>"                    \
    "<ymax>14</ymax></bndbox></object>"

static void voc_in_any_case_is_found(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("voc/JPEGImages/a.png", 64, 48);
    set_put_film("voc/JPEGImages/b.png", 64, 48);
    set_put_text("voc/Annotations/a.xml", "<annotation>" BOX "</annotation>");
    set_put_text("voc/Annotations/b.XML", "<annotation>" BOX BOX "</annotation>");
    set_put_text("voc/ImageSets/Main/TRAIN.TXT", "a\nb\n");
    check_counts("voc", 2, 3);
    CHECK_OK(sx_manifest_open(check_tmp_path("voc"), NULL, &m, &err), err);
    assert_int_equal(m.films[0].split, SX_SPLIT_TRAIN);
    sx_manifest_free(&m);
}

static void yolo_in_any_case_is_found(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("yolo/images/a.png", 64, 48);
    set_put_film("yolo/images/b.png", 64, 48);
    set_put_film("yolo/images/c.png", 64, 48);
    set_put_text("yolo/CLASSES.TXT", "X\n");
    set_put_text("yolo/labels/a.TXT", "0 0.5 0.5 0.25 0.25\n");
    set_put_text("yolo/labels/b.png.txt", "0 0.5 0.5 0.25 0.25\n");
    check_counts("yolo", 3, 2);
    /* two files for one film */
    set_put_text("yolo/labels/a.txt", "0 0.5 0.5 0.25 0.25\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("yolo"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "a.txt: film a has the file of labels ");
    sx_manifest_free(&m);
}

static void endings_match_in_any_case(void **state) {
    (void)state;
    assert_true(sx_path_has_ending("a/b.TXT", ".txt"));
    assert_true(sx_path_has_ending("b.tXt", ".txt"));
    assert_false(sx_path_has_ending("a/.txt", ".txt"));
    assert_false(sx_path_has_ending("a/btxt", ".txt"));
    assert_false(sx_path_has_ending("a.txt/b", ".txt"));
    assert_true(sx_is_film_name("a.DICOM"));
    assert_false(sx_is_film_name(".dicom"));
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(tables_in_any_case_are_found),
                                        cmocka_unit_test(voc_in_any_case_is_found),
                                        cmocka_unit_test(yolo_in_any_case_is_found),
                                        cmocka_unit_test(endings_match_in_any_case) };
    check_tmp();
    return cmocka_run_group_tests(tests, NULL, end);
}
