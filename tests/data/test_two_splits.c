/* Films that two splits have, while only one of these has other films of their name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "data/manifest.h"
#include "data/set_check.h"
#include "support/check.h"
#include "support/set_files.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static void put_films(const char *set, const char *films) {
    static const char *const names[] = { "p1/x", "p2/x", "p3/y" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[200];
        snprintf(name, sizeof name, "%s/%s/%s.png", set, films, names[i]);
        set_put_film(name, 16 + (int)i, 12);
    }
}

static void has(const sx_manifest *m, const char *id, sx_split split) {
    const long film = sx_manifest_find(m, id, split);
    if (film < 0) fail_msg("no film %s in %s", id, sx_split_name(split));
    assert_string_equal(m->films[film].id, id);
    assert_int_equal(m->films[film].split, split);
    assert_non_null(m->films[film].path);
}

/* p1/x is in train beside p2/x, and in val and test alone; p3/y is in val. */
static void check_set(const char *set, const char *x, const char *other, const char *y) {
    sx_manifest m;
    sx_error err = { 0 };
    sx_check c = { 0 };
    CHECK_OK(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 5);
    has(&m, x, SX_SPLIT_TRAIN);
    has(&m, other, SX_SPLIT_TRAIN);
    has(&m, x, SX_SPLIT_VAL);
    has(&m, x, SX_SPLIT_TEST);
    has(&m, y, SX_SPLIT_VAL);
    assert_int_equal(sx_manifest_find(&m, "x", SX_SPLIT_VAL), -1);
    for (int headers = 0; headers < 2; headers++) {
        CHECK_OK(sx_check_films(&m, &(sx_check_options){ .headers_only = headers }, &c, &err), err);
        assert_int_equal(c.counts[SX_FAULT_SHARED], 2);
        assert_int_equal(c.fault_count, 2);
        sx_check_free(&c);
    }
    sx_manifest_free(&m);
}

static void voc(void **state) {
    (void)state;
    static const char *const folders[] = { "p1", "p2", "p3" };
    put_films("voc", "JPEGImages");
    for (size_t i = 0; i < 3; i++) {
        char name[80], text[200];
        snprintf(name, sizeof name, "voc/Annotations/%zu.xml", i);
        snprintf(text, sizeof text,
                 "<annotation><folder>%s</folder><filename>%s.png</filename></annotation>",
                 folders[i], i == 2 ? "y" : "x");
        set_put_text(name, text);
    }
    set_put_text("voc/ImageSets/Main/train.txt", "0\n1\n");
    set_put_text("voc/ImageSets/Main/val.txt", "0\n2\n");
    set_put_text("voc/ImageSets/Main/test.txt", "0\n");
    check_set("voc", "p1/x", "p2/x", "y");
}

#define COCO(images)    "{\"images\": [" images "], \"annotations\": [], \"categories\": []}"
#define IMAGE(id, file) "{\"id\": " #id ", \"file_name\": \"" file "\"}"

static void coco(void **state) {
    (void)state;
    put_films("coco", "images");
    set_put_text("coco/annotations/train.json",
                 COCO(IMAGE(1, "p1/x.png") ", " IMAGE(2, "p2/x.png")));
    set_put_text("coco/annotations/val.json", COCO(IMAGE(1, "p1/x.png") ", " IMAGE(2, "p3/y.png")));
    set_put_text("coco/annotations/test.json", COCO(IMAGE(1, "p1/x.png")));
    check_set("coco", "p1/x", "p2/x", "y");
}

/* The list whose ids are longer comes last. */
static void coco_backwards(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    put_films("back", "images");
    set_put_text("back/annotations/train.json", COCO(IMAGE(1, "p1/x.png")));
    set_put_text("back/annotations/val.json", COCO(IMAGE(1, "p1/x.png")));
    set_put_text("back/annotations/test.json",
                 COCO(IMAGE(1, "p1/x.png") ", " IMAGE(2, "p2/x.png")));
    set_put_text("back/meta.csv", "image_id,study_id\np1/x,S\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("back"), NULL, &m, &err), err);
    for (sx_split split = SX_SPLIT_TRAIN; split < SX_SPLITS; split++) {
        has(&m, "p1/x", split);
        assert_string_equal(m.films[sx_manifest_find(&m, "p1/x", split)].study, "S");
    }
    has(&m, "p2/x", SX_SPLIT_TEST);
    sx_manifest_free(&m);
}

/* x.dcm and x.png are two films only in a list that has both. */
static void coco_endings(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    set_put_film("ends/images/x.png", 16, 12);
    set_put_film("ends/images/x.dcm", 17, 12);
    set_put_text("ends/annotations/train.json", COCO(IMAGE(1, "x.dcm") ", " IMAGE(2, "x.png")));
    set_put_text("ends/annotations/val.json", COCO(IMAGE(1, "x.png")));
    CHECK_OK(sx_manifest_open(check_tmp_path("ends"), NULL, &m, &err), err);
    has(&m, "x.dcm", SX_SPLIT_TRAIN);
    has(&m, "x.png", SX_SPLIT_TRAIN);
    has(&m, "x.png", SX_SPLIT_VAL);
    sx_manifest_free(&m);
}

static void yolo(void **state) {
    (void)state;
    static const char *const labels[] = { "p1/labels/x", "p2/labels/x", "p3/labels/y" };
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "yolo/%s.txt", labels[i]);
        set_put_text(name, "");
    }
    set_put_film("yolo/p1/images/x.png", 16, 12);
    set_put_film("yolo/p2/images/x.png", 17, 12);
    set_put_film("yolo/p3/images/y.png", 18, 12);
    set_put_text("yolo/data.yaml", "names: [a]\ntrain: [p1/images, p2/images]\n"
                                   "val: [p1/images, p3/images]\ntest: p1/images\n");
    check_set("yolo", "p1/images/x", "p2/images/x", "y");
}

/* Links lead to the file of a film; a copy is a film with its pixels. */
static void links(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    set_put_film("links/images/a.png", 16, 12);
    char film[200], hard[200];
    sx_file f;
    snprintf(film, sizeof film, "%s", check_tmp_path("links/images/a.png"));
    snprintf(hard, sizeof hard, "%s", check_tmp_path("links/images/hard.png"));
    CHECK_OK(sx_file_open(&f, film, &err), err);
    CHECK_OK(sx_write_file(check_tmp_path("links/images/copy.png"), f.data, f.size, &err), err);
    sx_file_close(&f);
    assert_int_equal(link(film, hard), 0);
    assert_int_equal(symlink("a.png", check_tmp_path("links/images/soft.png")), 0);
    set_put_text("links/annotations.csv", "image_id,split,lesion_type,xmin,ymin,xmax,ymax\n"
                                          "a,train,No finding,,,,\nhard,val,No finding,,,,\n"
                                          "soft,test,No finding,,,,\ncopy,val,No finding,,,,\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("links"), NULL, &m, &err), err);
    for (int headers = 0; headers < 2; headers++) {
        sx_check c = { 0 };
        CHECK_OK(sx_check_films(&m, &(sx_check_options){ .headers_only = headers }, &c, &err), err);
        assert_int_equal(c.counts[SX_FAULT_SHARED], 2);
        assert_string_equal(c.faults[0].text, "film hard of val has the file of film a of train");
        assert_int_equal(c.counts[SX_FAULT_DUPLICATE], headers ? 0 : 1);
        sx_check_free(&c);
    }
    sx_manifest_free(&m);
}

/* The ids of a CSV are as stated. */
static void stated_ids(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    put_films("csv", "images");
    set_put_text("csv/annotations/train.csv", "image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                              "p1/x,No finding,,,,\n");
    set_put_text("csv/annotations/val.csv", "image_id,file,lesion_type,xmin,ymin,xmax,ymax\n"
                                            "x,p1/x.png,No finding,,,,\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("csv"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "films p1/x and x have the same file");
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(voc),          cmocka_unit_test(coco), cmocka_unit_test(coco_backwards),
        cmocka_unit_test(coco_endings), cmocka_unit_test(yolo), cmocka_unit_test(links),
        cmocka_unit_test(stated_ids),
    };
    return cmocka_run_group_tests_name("films in two splits", tests, NULL, end);
}
