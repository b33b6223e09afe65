/* Sizes of films in converted data sets: the film's own, or the film is left out and counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "data/headers.h"
#include "data/manifest_write.h"
#include "data/set_check.h"
#include "support/check.h"
#include "support/dicom.h"
#include "support/set_files.h"

/* Film a is 64 x 48, its rows state 100 x 50 or 48 x 64; b has the stated size; c has no file; of d
 * nothing is known. */
static int begin(void **state) {
    (void)state;
    set_put_film("set/images/a.png", 64, 48);
    set_put_film("set/images/b.png", 40, 20);
    set_put_text("set/annotations.csv",
                 "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height\n"
                 "a,r,X,16,12,32,36,100,50\n"
                 "a,r,X,0,0,64,48,48,64\n"
                 "b,r,X,10,10,20,20,40,20\n"
                 "c,r,X,10,10,20,20,200,100\n"
                 "d,r,X,1,2,3,4,,\n"
                 "d,r,X,5,6,7,8,,\n");
    return 0;
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static sx_manifest_loss convert(const char *to, sx_layout layout, bool stated) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    assert_true(sx_manifest_has_sizes(&m, layout));
    CHECK_OK(sx_manifest_headers(NULL, &m, NULL, &err), err);
    const sx_manifest_target target = {
        .layout = layout, .dir = check_tmp_path(to), .link = true, .stated_sizes = stated
    };
    CHECK_OK(sx_manifest_write(&m, &target, &loss, &err), err);
    sx_manifest_free(&m);
    return loss;
}

static void check_loss(const sx_manifest_loss *loss, size_t unsized, size_t boxes, size_t other,
                       size_t unchecked) {
    assert_int_equal(loss->unsized, unsized);
    assert_int_equal(loss->unsized_boxes, boxes);
    assert_int_equal(loss->other_sizes, other);
    assert_int_equal(loss->unchecked_sizes, unchecked);
}

static void check_text(const char *name, const char *want) {
    char *text = set_read_text(name);
    assert_string_equal(text, want);
    free(text);
}

static void yolo_takes_the_size_of_the_film(void **state) {
    (void)state;
    const sx_manifest_loss loss = convert("yolo", SX_LAYOUT_YOLO, false);
    check_loss(&loss, 2, 3, 1, 0);
    check_text("yolo/labels/a.txt", "0 0.375 0.5 0.25 0.5\n0 0.5 0.5 1 1\n");
    check_text("yolo/labels/b.txt", "0 0.375 0.75 0.25 0.5\n");
    check_text("yolo/data.yaml", "nc: 1\nnames:\n  0: X\n");
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path("yolo"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 2);
    assert_true(m.boxes[0].xyxy[0] == 16 && m.boxes[0].xyxy[3] == 36);
    sx_manifest_free(&m);
}

static void yolo_as_stated(void **state) {
    (void)state;
    const sx_manifest_loss loss = convert("stated", SX_LAYOUT_YOLO, true);
    check_loss(&loss, 1, 2, 1, 1);
    check_text("stated/labels/a.txt", "0 0.375 0.5 0.25 0.5\n0 0.5 0.5 1 1\n");
    check_text("stated/labels/c.txt", "0 0.075 0.15 0.05 0.1\n");
}

static void check_size(const sx_manifest *m, const char *id, int width, int height) {
    const long at = sx_manifest_find(m, id, SX_SPLIT_NONE);
    if (at < 0) fail_msg("film %s is lost", id);
    assert_int_equal(m->films[at].width, width);
    assert_int_equal(m->films[at].height, height);
}

/* Layouts that state the size: the film's, where there is one. */
static void stated_sizes_give_way_to_the_film(void **state) {
    (void)state;
    static const sx_layout layouts[] = { SX_LAYOUT_COCO, SX_LAYOUT_VOC, SX_LAYOUT_VINDR,
                                         SX_LAYOUT_LABELS };
    for (size_t i = 0; i < 4; i++) {
        sx_error err = { 0 };
        sx_manifest m;
        const char *name = sx_layout_name(layouts[i]);
        const sx_manifest_loss loss = convert(name, layouts[i], false);
        check_loss(&loss, i < 2, i < 2 ? 2 : 0, 1, 1);
        CHECK_OK(sx_manifest_open(check_tmp_path(name), NULL, &m, &err), err);
        assert_int_equal(m.film_count, i < 2 ? 3 : 4);
        assert_int_equal(m.box_count, i < 2 ? 4 : i < 3 ? 6 : 0);
        check_size(&m, "a", 64, 48);
        check_size(&m, "b", 40, 20);
        check_size(&m, "c", 200, 100);
        sx_manifest_free(&m);
    }
}

/* A side that the annotations do not state is neither compared nor named. */
static void a_size_is_compared_as_far_as_it_is_stated(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_check check = { 0 };
    const sx_manifest_options keep = { .keep_faults = true };
    const sx_check_options headers = { .headers_only = true };
    const char *const said[] = { "film a is 64 x 48, the annotations say a width of 60",
                                 "film b is 64 x 48, the annotations say a height of 40",
                                 "film c is 64 x 48, the annotations say 60 x 48" };
    for (size_t i = 0; i < 4; i++)
        set_put_film((const char *[]){ "sides/images/a.png", "sides/images/b.png",
                                       "sides/images/c.png", "sides/images/d.png" }[i],
                     64, 48);
    set_put_text("sides/annotations.csv",
                 "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,image_width,image_height\n"
                 "a,r,X,1,2,3,4,60,\nb,r,X,1,2,3,4,,40\nc,r,X,1,2,3,4,60,48\n"
                 "d,r,X,1,2,3,4,,48\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("sides"), &keep, &m, &err), err);
    CHECK_OK(sx_check_films(&m, &headers, &check, &err), err);
    assert_int_equal(check.counts[SX_FAULT_SIZE], 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(check.faults[i].text, said[i]);
    sx_check_free(&check);
    sx_manifest_free(&m);
}

/* Names that YAML would take for something else, and a set with splits. */
static void class_names(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    set_put_film("odd/images/a.png", 8, 8);
    set_put_film("odd/images/b.png", 8, 8);
    set_put_text("odd/annotations.csv",
                 "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,split\n"
                 "a,r,\"X: mild, #1\",1,1,2,2,train\nb,r,~,1,1,2,2,val\nb,r,(a),1,1,2,2,val\n"
                 "b,r,- no,1,1,2,2,val\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("odd"), NULL, &m, &err), err);
    CHECK_OK(sx_manifest_headers(NULL, &m, NULL, &err), err);
    const sx_manifest_target to = { .layout = SX_LAYOUT_YOLO,
                                    .dir = check_tmp_path("oddly"),
                                    .link = true };
    CHECK_OK(sx_manifest_write(&m, &to, &loss, &err), err);
    sx_manifest_free(&m);
    check_text("oddly/data.yaml", "train: images/train\nval: images/val\nnc: 4\nnames:\n"
                                  "  0: \"(a)\"\n  1: \"- no\"\n  2: \"X: mild, #1\"\n"
                                  "  3: \"~\"\n");
    /* classes.txt is compared with it; then without classes.txt. */
    for (int i = 0; i < 2; i++) {
        CHECK_OK(sx_manifest_open(check_tmp_path("oddly"), NULL, &m, &err), err);
        assert_int_equal(m.classes.count, 4);
        assert_string_equal(m.classes.items[2], "X: mild, #1");
        sx_manifest_free(&m);
        remove(check_tmp_path("oddly/classes.txt"));
    }
}

/* A DICOM film of which the header has no size, or a false one, cannot be read: that is the reason,
 * not that there is no file. */
static void a_film_without_a_size_cannot_be_read(void **state) {
    (void)state;
    static const char *const rows[] = { NULL, "-48", "eight", "0" };
    static const char *const messages[] = { "Rows (0028,0010) is absent or empty",
                                            "Rows (0028,0010) is negative",
                                            "Rows (0028,0010) is not a whole number of 16 bits",
                                            "a film of 0 rows and 2 columns" };
    for (size_t i = 0; i < 4; i++) {
        sx_error err = { 0 };
        sx_manifest m;
        sx_check check;
        sx_paths said = { 0 };
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        if (rows[i]) dicom_text(&d, SX_TAG(0x0028, 0x0010), "IS", rows[i]);
        dicom_word(&d, SX_TAG(0x0028, 0x0011), 2);
        dicom_word(&d, SX_TAG(0x0028, 0x0100), 16);
        dicom_pixels(&d, (const uint16_t[2]){ 1, 2 }, 2);
        CHECK_OK(sx_make_dirs(check_tmp_path("unsized/images"), &err), err);
        CHECK_OK(
            sx_write_file(check_tmp_path("unsized/images/e.dcm"), d.bytes.data, d.bytes.len, &err),
            err);
        dicom_end(&d);
        set_put_text("unsized/annotations.csv",
                     "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\ne,r,X,1,2,3,4\n");
        CHECK_OK(sx_manifest_open(check_tmp_path("unsized"), NULL, &m, &err), err);
        CHECK_OK(sx_check_films(&m, &(sx_check_options){ .headers_only = true }, &check, &err),
                 err);
        assert_int_equal(check.counts[SX_FAULT_UNREADABLE], 1);
        sx_check_free(&check);
        CHECK_OK(sx_manifest_headers_readable(NULL, &m, NULL, &said, &err), err);
        assert_int_equal(m.film_count, 0);
        assert_int_equal(said.count, 1);
        if (!strstr(said.items[0], "e.dcm: ") || !strstr(said.items[0], messages[i]))
            fail_msg("%s", said.items[0]);
        sx_paths_free(&said);
        sx_manifest_free(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yolo_takes_the_size_of_the_film),
        cmocka_unit_test(yolo_as_stated),
        cmocka_unit_test(stated_sizes_give_way_to_the_film),
        cmocka_unit_test(class_names),
        cmocka_unit_test(a_film_without_a_size_cannot_be_read),
        cmocka_unit_test(a_size_is_compared_as_far_as_it_is_stated),
    };
    return cmocka_run_group_tests_name("film sizes", tests, begin, end);
}
