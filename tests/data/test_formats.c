/* COCO, Pascal VOC and YOLO: what is read, what is written, what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/headers.h"
#include "data/manifest_write.h"
#include "support/check.h"
#include "support/set_files.h"

static const char *put(const char *name, const char *text) {
    sx_error err = { 0 };
    char *path = sx_strdup(check_tmp_path(name)), *cut = strrchr(path, '/');
    *cut = 0;
    CHECK_OK(sx_make_dirs(path, &err), err);
    *cut = '/';
    CHECK_OK(sx_write_file(path, text, strlen(text), &err), err);
    free(path);
    return check_tmp_path(name);
}

/* A set with everything that a layout may fail to hold. */
static void made(const char *name) {
    sx_str s = { 0 };
    const uint64_t key = sx_rng_key("test formats", 1);
    sx_str_add(
        &s,
        "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,patient_id,image_width,"
        "image_height,patient_sex,patient_age\n");
    for (uint64_t i = 0; i < 40; i++) {
        const float x = (float)sx_rng_unit(key, i) * 900,
                    y = (float)sx_rng_unit(key, i + 100) * 1900;
        sx_str_printf(
            &s, "s.%d,e%d,1.2.%d,r<%d>,\"a, b & %d\",%.9g,%.9g,%.9g,%.9g,p%d,1013,2001,F,51.5\n",
            (int)i / 4, (int)i / 2, (int)i / 2, (int)i % 3, (int)i % 5, (double)x, (double)y,
            (double)(x + 7.3f), (double)(y + 0.37f), (int)i / 4);
    }
    sx_str_add(&s, "s9,e,9.9.9,r1,No finding,,,,,p9,77,78,M,3\ns9,e,9.9.9,\"r, 2\",No "
                   "finding,,,,,p9,77,78,M,3\n"
                   "s.0,e0,1.2.0,r4,No finding,,,,,p0,1013,2001,F,51.5\n"
                   "s10,f,8.8,,No finding,,,,,p10,77,78,O,005M\n");
    put(name, sx_str_text(&s));
    sx_str_free(&s);
}

static void same(const sx_manifest *a, const sx_manifest *b, bool whole) {
    assert_int_equal(a->film_count, b->film_count);
    assert_int_equal(a->box_count, b->box_count);
    assert_int_equal(a->classes.count, b->classes.count);
    for (size_t c = 0; c < a->classes.count; c++)
        assert_string_equal(a->classes.items[c], b->classes.items[c]);
    for (size_t i = 0; i < a->film_count; i++) {
        const sx_manifest_film *f = &a->films[i];
        long at = sx_manifest_find(b, f->id, f->split);
        if (at < 0) fail_msg("film %s is lost", f->id);
        const sx_manifest_film *g = &b->films[at];
        assert_int_equal(f->label, g->label);
        assert_int_equal(f->box_count, g->box_count);
        assert_true(!whole || f->no_finding_count == g->no_finding_count);
        for (size_t k = 0; whole && k < f->no_finding_count; k++)
            assert_string_equal(a->readers.items[a->no_findings[f->first_no_finding + k].reader],
                                b->readers.items[b->no_findings[g->first_no_finding + k].reader]);
        for (size_t k = 0; k < f->box_count; k++) {
            const sx_manifest_box *p = &a->boxes[f->first_box + k],
                                  *q = &b->boxes[g->first_box + k];
            assert_string_equal(a->classes.items[p->label], b->classes.items[q->label]);
            assert_memory_equal(p->xyxy, q->xyxy, sizeof p->xyxy);
            if (whole)
                assert_string_equal(a->readers.items[p->reader], b->readers.items[q->reader]);
        }
        if (!whole) continue;
        assert_string_equal(f->study, g->study);
        assert_string_equal(f->series, g->series);
        assert_string_equal(f->patient, g->patient);
        assert_int_equal(f->width, g->width);
        assert_int_equal(f->height, g->height);
        assert_int_equal(f->sex, g->sex);
        assert_true(f->age == g->age || (isnan(f->age) && isnan(g->age)));
    }
}

static void round_trips(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest a, b;
    sx_manifest_loss loss;
    const sx_layout layouts[] = { SX_LAYOUT_VINDR, SX_LAYOUT_COCO, SX_LAYOUT_VOC };
    const char *const from[] = { "one/annotations.csv", "two/test.csv" };
    for (int s = 0; s < 2; s++) {
        made(from[s]);
        CHECK_OK(sx_manifest_open(check_tmp_path(from[s]), NULL, &a, &err), err);
        assert_int_equal(a.no_finding_count, 4);
        assert_true(a.films[0].sex == 'F' && a.films[0].age == 51.5);
        for (int i = 0; i < 3; i++) {
            char name[16] = { 'o', (char)('0' + s), (char)('0' + i), 0 };
            CHECK_OK(sx_manifest_write(
                         &a,
                         &(sx_manifest_target){ .layout = layouts[i], .dir = check_tmp_path(name) },
                         &loss, &err),
                     err);
            assert_int_equal(loss.boxes + loss.films + loss.readers + loss.described, 0);
            CHECK_OK(sx_manifest_open(check_tmp_path(name), NULL, &b, &err), err);
            assert_int_equal(b.layout, layouts[i]);
            same(&a, &b, true);
            sx_manifest_free(&b);
        }
        sx_manifest_free(&a);
    }
}

/* Marks that COCO and VOC have and others have not are kept, or counted. */
static void crowds_are_kept_or_counted(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest a, b;
    sx_manifest_loss loss;
    put("crowd/annotations.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 9, "
        "\"height\": 9}], \"categories\": [{\"id\": 7, "
        "\"name\": \"x\"}], \"annotations\": [{\"image_id\": 1, \"category_id\": "
        "7, \"bbox\": [1, 1, 2, 2], \"iscrowd\": 1}, "
        "{\"image_id\": 1, \"category_id\": 7, \"bbox\": [1, 1, 3, 3]}]}");
    const sx_layout layouts[] = { SX_LAYOUT_VOC, SX_LAYOUT_COCO, SX_LAYOUT_VINDR, SX_LAYOUT_YOLO };
    for (int i = 0; i < 4; i++) {
        const char *to = check_tmp_path(sx_layout_name(layouts[i]));
        CHECK_OK(sx_manifest_open(check_tmp_path("crowd"), NULL, &a, &err), err);
        CHECK_OK(sx_manifest_write(
                     &a,
                     &(sx_manifest_target){ .layout = layouts[i], .dir = to, .stated_sizes = true },
                     &loss, &err),
                 err);
        assert_int_equal(loss.crowds, i >= 2);
        if (i < 2) {
            CHECK_OK(sx_manifest_open(to, NULL, &b, &err), err);
            same(&a, &b, true);
            assert_true(b.boxes[0].crowd && !b.boxes[1].crowd);
            sx_manifest_free(&b);
        }
        sx_manifest_free(&a);
    }
}

/* data.yaml names the splits of which films are written: YOLO has no place for the film of val. */
static void splits_without_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest a, b;
    sx_manifest_loss loss;
    char *to = sx_strdup(check_tmp_path("one-split"));
    put("splits/labels.csv", "image_id,abnormal,split\na,0,train\nb,1,val\nc,,test\n");
    set_put_film("splits/images/a.png", 8, 8);
    set_put_film("splits/images/b.png", 8, 8);
    set_put_film("splits/images/c.png", 8, 8);
    CHECK_OK(sx_manifest_open(check_tmp_path("splits"), NULL, &a, &err), err);
    CHECK_OK(sx_manifest_headers(NULL, &a, NULL, &err), err);
    CHECK_OK(sx_manifest_write(
                 &a, &(sx_manifest_target){ .layout = SX_LAYOUT_YOLO, .dir = to, .link = true },
                 &loss, &err),
             err);
    CHECK_OK(sx_manifest_open(to, NULL, &b, &err), err);
    assert_int_equal(b.film_count, 1);
    assert_int_equal(b.unused.count, 0);
    sx_manifest_free(&b);
    sx_manifest_free(&a);
    free(to);
}

static void films_without_split(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    char *dir = sx_strdup(check_tmp_path("held"));
    const sx_manifest_target to = { .layout = SX_LAYOUT_COCO, .dir = dir };
    put("some/data.yaml", "names: [X]\ntrain: images/train\n");
    put("some/labels/train/a.txt", "");
    put("some/labels/test/b.txt", "");
    set_put_film("some/images/train/a.png", 8, 8);
    set_put_film("some/images/test/b.png", 8, 8);
    CHECK_OK(sx_manifest_open(check_tmp_path("some"), NULL, &m, &err), err);
    CHECK_FAILS(sx_manifest_write(&m, &to, &loss, &err), err, SX_ERR_UNSUPPORTED,
                "some/images/test/b.png): name its folder in data.yaml (train, val or test), too");
    sx_manifest_free(&m);
    free(dir);
}

static void cannot_hold(const char *lesion, sx_layout layout, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    sx_str s = { 0 };
    sx_str_printf(&s,
                  "image_id,lesion_type,xmin,ymin,xmax,ymax,width,height\nf,\"%s\",1,1,2,2,9,9\n",
                  lesion);
    put("hold.csv", sx_str_text(&s));
    sx_str_free(&s);
    CHECK_OK(sx_manifest_open(check_tmp_path("hold.csv"), NULL, &m, &err), err);
    CHECK_FAILS(sx_manifest_write(
                    &m, &(sx_manifest_target){ .layout = layout, .dir = check_tmp_path("held") },
                    &loss, &err),
                err, SX_ERR_UNSUPPORTED, message);
    assert_false(sx_path_exists(check_tmp_path("held")));
    sx_manifest_free(&m);
}

static void names_that_do_not_fit(void **state) {
    (void)state;
    char name[161];
    memset(name, 'x', sizeof name - 1);
    name[160] = 0;
    cannot_hold("a\nb", SX_LAYOUT_YOLO, "a control character in the lesion name");
    cannot_hold("a ", SX_LAYOUT_YOLO, "a blank or quote at an end of the lesion name");
    cannot_hold("'a'", SX_LAYOUT_YOLO, "a blank or quote at an end of the lesion name");
    cannot_hold("a\x01", SX_LAYOUT_VOC, "a control character in the lesion name");
    cannot_hold(name, SX_LAYOUT_VOC, "a lesion name of over 159 bytes");
}

static void nothing_half_written(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest a, b;
    sx_manifest_loss loss;
    made("half.csv");
    CHECK_OK(sx_manifest_open(check_tmp_path("half.csv"), NULL, &a, &err), err);
    /* what a killed run left is no data set */
    put(".spinexr-0123456789abcdef.part/annotations.csv", "image_id\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path(".spinexr-0123456789abcdef.part/"), NULL, &b, &err),
                err, SX_ERR_FORMAT, "left by an interrupted run");
    sx_manifest_free(&b);
    put("there/x", "");
    CHECK_FAILS(sx_manifest_write(&a,
                                  &(sx_manifest_target){ .layout = SX_LAYOUT_COCO,
                                                         .dir = check_tmp_path("there") },
                                  &loss, &err),
                err, SX_ERR_IO, "already exists");
    CHECK_FAILS(sx_manifest_write(
                    &a,
                    &(sx_manifest_target){ .layout = SX_LAYOUT_YOLO, .dir = check_tmp_path("y") },
                    &loss, &err),
                err, SX_ERR_MISSING, "no film has a file from which its size can be read");
    a.films[1].id = "../up";
    CHECK_FAILS(sx_manifest_write(
                    &a,
                    &(sx_manifest_target){ .layout = SX_LAYOUT_YOLO, .dir = check_tmp_path("y") },
                    &loss, &err),
                err, SX_ERR_UNSUPPORTED, "cannot name a file");
    assert_false(sx_path_exists(check_tmp_path("y")));
    sx_manifest_free(&a);
}

/* Files beside the new folder belong to others, whatever they are called. */
static void files_of_others_stay(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest a;
    sx_manifest_loss loss;
    made("beside.csv");
    CHECK_OK(sx_manifest_open(check_tmp_path("beside.csv"), NULL, &a, &err), err);
    static const char *const theirs[] = { "cv.partial", "cv.partial.plan", "cv.part",
                                          ".spinexr-cv.part" };
    for (size_t i = 0; i < 4; i++)
        put(theirs[i], "mine");
    CHECK_OK(sx_manifest_write(
                 &a, &(sx_manifest_target){ .layout = SX_LAYOUT_COCO, .dir = check_tmp_path("cv") },
                 &loss, &err),
             err);
    for (size_t i = 0; i < 4; i++) {
        sx_file f;
        CHECK_OK(sx_file_open(&f, check_tmp_path(theirs[i]), &err), err);
        assert_true(f.size == 4 && memcmp(f.data, "mine", 4) == 0);
        sx_file_close(&f);
    }
    sx_manifest_free(&a);
}

static void refuses(const char *name, const char *text, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    char folder[64];
    put(name, text);
    snprintf(folder, sizeof folder, "%.*s", (int)strcspn(name, "/"), name);
    if (sx_manifest_open(check_tmp_path(folder), NULL, &m, &err)) fail_msg("accepted: %s", text);
    check_error(&err, code, message);
    sx_manifest_free(&m);
}

#define IMAGES                                                                                     \
    "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"categories\": [{\"id\": 7, "          \
    "\"name\": \"x\"}], "

static void bad_coco(void **state) {
    (void)state;
    const char *f = "bc/annotations.json";
    refuses(f, "{\"images\": [", SX_ERR_FORMAT, "annotations.json:1: ");
    refuses(f, "[]", SX_ERR_FORMAT, "not COCO");
    refuses(f, "{\"images\": [{\"file_name\": \"\xe9.png\"}]}", SX_ERR_FORMAT,
            "annotations.json:1: byte 0xe9 is not UTF-8");
    refuses(f,
            IMAGES
            "\"annotations\": [{\"image_id\": 2, \"category_id\": 7, \"bbox\": [1, 1, 2, 2]}]}",
            SX_ERR_MISSING, "annotations[0]: image_id 2 is not in images");
    refuses(f,
            IMAGES
            "\"annotations\": [{\"image_id\": 1, \"category_id\": 8, \"bbox\": [1, 1, 2, 2]}]}",
            SX_ERR_MISSING, "annotations[0]: category_id 8 is not in categories");
    refuses(f,
            IMAGES "\"annotations\": [{\"image_id\": 1, \"category_id\": 7, \"bbox\": [1, 1, 2]}]}",
            SX_ERR_FORMAT, "annotations[0]: bbox is not four numbers");
    refuses(f,
            IMAGES
            "\"annotations\": [{\"image_id\": 1, \"category_id\": 7, \"bbox\": [1, 1, -2, 2]}]}",
            SX_ERR_VALUE, "annotations[0]: not a box: -2 x 2");
    refuses(f,
            "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}, {\"id\": 1, \"file_name\": "
            "\"b.png\"}], "
            "\"categories\": [], \"annotations\": []}",
            SX_ERR_FORMAT, "images[1]: the id 1 is there twice");
    refuses(f,
            "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}, {\"id\": 2, \"file_name\": "
            "\"./a.png\"}], "
            "\"categories\": [], \"annotations\": []}",
            SX_ERR_FORMAT, "images[1]: two films are called a");
}

static void bad_voc(void **state) {
    (void)state;
    const char *f = "bv/Annotations/a.xml";
    refuses(f,
            "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b "
            "\"&a;&a;&a;&a;\">]>\n<annotation>&b;</annotation>",
            SX_ERR_UNSUPPORTED, "a.xml:1: a document type declaration");
    refuses(f, "<annotation>\n<object>\n</annotation>", SX_ERR_FORMAT, "a.xml:3: mismatched tag");
    refuses(f, "<annotation><filename>\xe9.png</filename></annotation>", SX_ERR_FORMAT,
            "a.xml:1: not well-formed");
    refuses(f, "<html/>", SX_ERR_FORMAT, "<html> instead of <annotation>");
    refuses(f, "<annotation>&b;</annotation>", SX_ERR_FORMAT, "undefined entity");
    refuses(f,
            "<annotation><filename>a.png</filename>\n<object><name>x</name><bndbox><xmin>9</"
            "xmin><ymin>1</ymin>"
            "<xmax>2</xmax><ymax>5</ymax></bndbox></object></annotation>",
            SX_ERR_VALUE, "a.xml:2: not a box: x 8 to 2");
    refuses(
        f,
        "<annotation><object><name>x</name><bndbox><xmin>9</xmin></bndbox></object></annotation>",
        SX_ERR_FORMAT, "ymin \"\" is not a number");
}

static void long_voc_texts(void **state) {
    (void)state;
    sx_str s = { 0 };
    sx_str_add(&s, "<annotation><filename>a.png</filename>\n<patient_id>");
    for (int i = 0; i < 160; i++)
        sx_str_add(&s, "p");
    sx_str_add(&s, "</patient_id></annotation>");
    refuses("bl/Annotations/a.xml", sx_str_text(&s), SX_ERR_LIMIT,
            "a.xml:2: <patient_id> of over 159 bytes");
    sx_str_free(&s);
}

static void bad_yolo(void **state) {
    (void)state;
    put("by/labels/a.txt", "0 0.5 0.5 0.1 0.1\n");
    refuses("by/classes.txt", "x\n", SX_ERR_MISSING, "labels/a.txt: there is no film a");
    refuses("by/classes.txt", "ost\xe9ophyte\n", SX_ERR_FORMAT,
            "classes.txt: the byte 0xe9 is not UTF-8");
    refuses("bz/data.yaml", "path: .\n", SX_ERR_MISSING, "data.yaml: no names of classes");
    refuses("bz/data.yaml", "names: [x]\n", SX_ERR_MISSING, "no folder labels");
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(round_trips),
                                        cmocka_unit_test(nothing_half_written),
                                        cmocka_unit_test(files_of_others_stay),
                                        cmocka_unit_test(bad_coco),
                                        cmocka_unit_test(bad_voc),
                                        cmocka_unit_test(bad_yolo),
                                        cmocka_unit_test(crowds_are_kept_or_counted),
                                        cmocka_unit_test(names_that_do_not_fit),
                                        cmocka_unit_test(splits_without_films),
                                        cmocka_unit_test(films_without_split),
                                        cmocka_unit_test(long_voc_texts) };
    return cmocka_run_group_tests_name("formats", tests, NULL, remove_all);
}
