/* COCO, VOC and CSV as other systems and programs write them: paths of Windows, folders that were
 * moved, sizes that are not known, elements in any order, blanks after commas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static int begin(void **state) {
    (void)state;
    set_put_film("set/images/a.png", 64, 48);
    set_put_film("set/images/b.png", 64, 48);
    set_put_film("set/images/p1/c.png", 64, 48);
    set_put_film("set/images/p2/c.png", 64, 48);
    set_put_film("voc/JPEGImages/a.png", 64, 48);
    set_put_film("voc/JPEGImages/b.png", 64, 48);
    return 0;
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define COCO(images, notes)                                                                        \
    "{\"categories\": [{\"id\": 7, \"name\": \"X\"}], \"images\": [" images                        \
    "], \"annotations\": [" notes "]}"
#define BOX(image, more)                                                                           \
    "{\"image_id\": " image ", \"category_id\": 7, \"bbox\": [1, 2, 10, 12]" more "}"

static void open_coco(const char *text, const sx_manifest_options *o, sx_manifest *m) {
    sx_error err = { 0 };
    const char *path = set_put_text("set/annotations.json", text);
    CHECK_OK(sx_manifest_open(o && o->annotations_only ? path : check_tmp_path("set"), o, m, &err),
             err);
    remove(path);
}

static void check_film(const sx_manifest *m, size_t at, const char *id, const char *file) {
    assert_string_equal(m->films[at].id, id);
    if (!m->films[at].path) fail_msg("film %s has no file", id);
    if (!sx_ends_with(m->films[at].path, file))
        fail_msg("film %s is %s, not %s", id, m->films[at].path, file);
}

static void coco_paths(void **state) {
    (void)state;
    static const char *const names[] = {
        "images\\\\a.png",
        ".\\\\images\\\\a.png",
        "C:\\\\data\\\\images\\\\a.png",
        "\\\\\\\\server\\\\share\\\\a.png",
        "C:/data/images/a.png",
        "/home/someone/set/images/a.png",
        "images/a.png",
        "train2017/a.png",
        "a.png",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        sx_manifest m;
        snprintf(text, sizeof text, COCO("{\"id\": 1, \"file_name\": \"%s\"}", BOX("1", "")),
                 names[i]);
        open_coco(text, NULL, &m);
        check_film(&m, 0, "a", "/images/a.png");
        sx_manifest_free(&m);
    }
}

/* The same name in two folders: two films. */
static void coco_folders(void **state) {
    (void)state;
    static const char *const names[][2] = {
        { "p1/c.png", "p2/c.png" },
        { "p1\\\\c.png", "p2\\\\c.png" },
        { "images/p1/c.png", "images/p2/c.png" },
        { "D:\\\\x\\\\p1\\\\c.png", "D:\\\\x\\\\p2\\\\c.png" },
    };
    static const char *const ids[][2] = { { "p1/c", "p2/c" },
                                          { "p1/c", "p2/c" },
                                          { "images/p1/c", "images/p2/c" },
                                          { "x/p1/c", "x/p2/c" } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        sx_manifest m;
        snprintf(text, sizeof text,
                 COCO("{\"id\": 1, \"file_name\": \"%s\"}, {\"id\": 2, \"file_name\": \"%s\"}, "
                      "{\"id\": 3, \"file_name\": \"b.png\"}",
                      BOX("2", "")),
                 names[i][0], names[i][1]);
        open_coco(text, NULL, &m);
        assert_int_equal(m.film_count, 3);
        check_film(&m, 0, ids[i][0], "/images/p1/c.png");
        check_film(&m, 1, ids[i][1], "/images/p2/c.png");
        check_film(&m, 2, "b", "/images/b.png");
        assert_int_equal(m.boxes[0].film, 1);
        sx_manifest_free(&m);
        open_coco(text, &(sx_manifest_options){ .annotations_only = true, .image_ids = true }, &m);
        assert_string_equal(m.films[0].id, "1");
        assert_string_equal(m.films[0].alias, ids[i][0]);
        assert_string_equal(m.films[2].alias, "b");
        sx_manifest_free(&m);
    }
}

/* Two files of one name in a folder are two films, whose ids have the endings. */
static void coco_endings(void **state) {
    (void)state;
    static const char *const names[][2] = { { "two.png", "two.JPG" },
                                            { "images/two.png", "./images/two.JPG" } };
    static const char *const ids[][2] = { { "two.png", "two.JPG" },
                                          { "images/two.png", "images/two.JPG" } };
    set_put_film("set/images/two.png", 64, 48);
    set_put_film("set/images/two.JPG", 32, 48);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[700];
        sx_manifest m;
        snprintf(text, sizeof text,
                 COCO("{\"id\": 1, \"file_name\": \"%s\"}, {\"id\": 2, \"file_name\": \"%s\"}, "
                      "{\"id\": 3, \"file_name\": \"b.png\"}",
                      BOX("2", "")),
                 names[i][0], names[i][1]);
        open_coco(text, NULL, &m);
        check_film(&m, 0, ids[i][0], "/images/two.png");
        check_film(&m, 1, ids[i][1], "/images/two.JPG");
        check_film(&m, 2, "b", "/images/b.png");
        assert_int_equal(m.boxes[0].film, 1);
        sx_manifest_free(&m);
    }
    remove(check_tmp_path("set/images/two.png"));
    remove(check_tmp_path("set/images/two.JPG"));
}

static void coco_values(void **state) {
    (void)state;
    sx_manifest m;
    open_coco(COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": -1, \"height\": -1}, "
                   "{\"id\": 2, \"file_name\": \"b.png\", \"width\": 64.0, \"height\": null, "
                   "\"abnormal\": true}",
                   BOX("1", ", \"iscrowd\": true") ", " BOX("1", ", \"iscrowd\": false")),
              NULL, &m);
    assert_int_equal(m.films[0].width, 0);
    assert_int_equal(m.films[0].height, 0);
    assert_int_equal(m.films[1].width, 64);
    assert_int_equal(m.films[1].height, 0);
    assert_int_equal(m.films[1].label, 1);
    assert_true(m.boxes[0].crowd && !m.boxes[1].crowd);
    sx_manifest_free(&m);
}

/* Whole numbers as 1.0 and "1", in flags, sizes and ids. */
static void coco_numbers(void **state) {
    (void)state;
    sx_manifest m;
    open_coco(COCO("{\"id\": 1.0, \"file_name\": \"a.png\", \"width\": \"64\", \"height\": 32.0, "
                   "\"abnormal\": 1.0}, "
                   "{\"id\": 20000000000, \"file_name\": \"b.png\"}, "
                   "{\"id\": 3, \"file_name\": \"p1/c.png\", \"abnormal\": \"0\"}",
                   BOX("1", ", \"iscrowd\": 0.0") ", " BOX("1.0", ", \"iscrowd\": \"1\"") ", " BOX(
                       "2e10", ", \"iscrowd\": \"0\"")),
              NULL, &m);
    assert_int_equal(m.films[0].width, 64);
    assert_int_equal(m.films[0].height, 32);
    assert_int_equal(m.films[0].label, 1);
    assert_int_equal(m.films[2].label, 0);
    assert_true(!m.boxes[0].crowd && m.boxes[1].crowd && !m.boxes[2].crowd);
    assert_int_equal(m.boxes[1].film, 0);
    assert_int_equal(m.boxes[2].film, 1);
    sx_manifest_free(&m);
}

static void coco_refuses(const char *text, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    const char *path = set_put_text("set/annotations.json", text);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err, code, message);
    sx_manifest_free(&m);
    remove(path);
}

static void bad_coco(void **state) {
    (void)state;
    coco_refuses("{\"images\": [], \"categories\": []}", SX_ERR_FORMAT,
                 "not COCO: no list annotations");
    coco_refuses("{\"images\": [], \"annotations\": 1}", SX_ERR_FORMAT,
                 "not COCO: no lists annotations, categories");
    coco_refuses(COCO("{\"id\": 1.5, \"file_name\": \"a.png\"}", ""), SX_ERR_FORMAT,
                 "images[0]: id is neither a whole number nor a text of at most 400 bytes");
    coco_refuses(COCO("{\"file_name\": \"a.png\"}", ""), SX_ERR_FORMAT, "images[0] has no id");
    coco_refuses(COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": \"wide\"}", ""),
                 SX_ERR_VALUE, "images[0]: width is not a size");
    coco_refuses(COCO("{\"id\": 1, \"file_name\": \"a.png\", \"width\": 6.5}", ""), SX_ERR_VALUE,
                 "images[0]: width is not a size");
    coco_refuses(COCO("{\"id\": 1, \"file_name\": \"p1/c.png\"}, "
                      "{\"id\": 2, \"file_name\": \"p1\\\\c.png\"}",
                      ""),
                 SX_ERR_FORMAT, "images[1]: two films are called p1/c");
    coco_refuses(COCO("{\"id\": 1, \"file_name\": \"x/p1/c.png\"}, "
                      "{\"id\": 2, \"file_name\": \"y/p1/c.png\"}",
                      ""),
                 SX_ERR_MISMATCH, "films x/p1/c and y/p1/c have the same file, ");
    static const char *const crowds[] = { "\"2\"", "\"true\"", "2", "0.5", "[]", "\"\"" };
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 COCO("{\"id\": 1, \"file_name\": \"a.png\"}", BOX("1", ", \"iscrowd\": %s")),
                 crowds[i]);
        coco_refuses(text, SX_ERR_VALUE, "annotations[0]: iscrowd is neither 0 nor 1");
        snprintf(text, sizeof text,
                 COCO("{\"id\": 1, \"file_name\": \"a.png\", \"abnormal\": %s}", ""), crowds[i]);
        coco_refuses(text, SX_ERR_VALUE, "images[0]: abnormal is neither 0 nor 1");
    }
}

static void check_voc(const char *xml, const char *id, int width, int height) {
    sx_error err = { 0 };
    sx_manifest m;
    const char *path = set_put_text("voc/Annotations/a.xml", xml);
    CHECK_OK(sx_manifest_open(check_tmp_path("voc"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    char file[64];
    snprintf(file, sizeof file, "/JPEGImages/%s.png", id);
    check_film(&m, 0, id, file);
    assert_int_equal(m.films[0].width, width);
    assert_int_equal(m.films[0].height, height);
    assert_int_equal(m.box_count, 1);
    assert_true(m.boxes[0].xyxy[0] == 1 && m.boxes[0].xyxy[3] == 14);
    sx_manifest_free(&m);
    remove(path);
}

#define OBJECT                                                                                     \
    "<object><name>X</name><difficult>0</difficult><bndbox><xmin>2</xmin><ymin>3</ymin>"           \
    "<xmax>11</xmax><ymax>14</ymax></bndbox></object>"
#define SIZE(w, h) "<size><width>" w "</width><height>" h "</height><depth>1</depth></size>"

static void voc_order(void **state) {
    (void)state;
    check_voc("<annotation><filename>a.png</filename>" OBJECT SIZE("99", "98") "</annotation>", "a",
              99, 98);
    check_voc("<annotation>" OBJECT SIZE("64", "48") "<filename>a.png</filename></annotation>", "a",
              64, 48);
    check_voc("<annotation>" OBJECT "</annotation>", "a", 0, 0);
    check_voc("<annotation>" SIZE("-1", "0") OBJECT "</annotation>", "a", 0, 0);
}

static void voc_refuses(const char *xml, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    const char *path = set_put_text("voc/Annotations/a.xml", xml);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("voc"), NULL, &m, &err), err, code, message);
    sx_manifest_free(&m);
    remove(path);
}

/* Films have the names of the XML files; <filename> is often that of a download. */
static void voc_names(void **state) {
    (void)state;
    check_voc("<annotation><filename>007-1894.jpg</filename>" OBJECT "</annotation>", "a", 0, 0);
    check_voc("<annotation><filename>C:\\x\\a.png</filename>" OBJECT "</annotation>", "a", 0, 0);
    check_voc("<annotation><filename>b.png</filename>" OBJECT "</annotation>", "a", 0, 0);
    char *kept = sx_strdup(check_tmp_path("voc/JPEGImages/a.png"));
    assert_int_equal(rename(kept, check_tmp_path("kept.png")), 0);
    check_voc("<annotation><filename>b.png</filename>" OBJECT "</annotation>", "b", 0, 0);
    check_voc("<annotation><filename>x\\b.png</filename>" OBJECT "</annotation>", "b", 0, 0);
    assert_int_equal(rename(check_tmp_path("kept.png"), kept), 0);
    free(kept);
}

#define CORNERS             "<xmin>2</xmin><ymin>3</ymin><xmax>11</xmax><ymax>14</ymax>"
#define VOC_OBJECT(content) "<annotation><object><name>X</name>" content "</object></annotation>"

/* None of two boxes may be dropped in silence. */
static void bad_voc(void **state) {
    (void)state;
    static const struct {
        const char *xml, *message;
        sx_error_code code;
    } cases[] = {
        { VOC_OBJECT("<bndbox>" CORNERS "</bndbox>\n<bndbox>" CORNERS "</bndbox>"),
          "a.xml:2: a second <bndbox>", SX_ERR_FORMAT },
        { VOC_OBJECT("<bndbox>" CORNERS "</bndbox><bndbox/>"), "a second <bndbox>", SX_ERR_FORMAT },
        { VOC_OBJECT("<bndbox>" CORNERS "<xmin>5</xmin></bndbox>"), "a second <xmin>",
          SX_ERR_FORMAT },
        { VOC_OBJECT("<name>Y</name><bndbox>" CORNERS "</bndbox>"), "a second <name>",
          SX_ERR_FORMAT },
        { VOC_OBJECT("<difficult>yes</difficult><bndbox>" CORNERS "</bndbox>"),
          "difficult \"yes\" is neither 0 nor 1", SX_ERR_VALUE },
        { "<annotation><abnormal>yes</abnormal></annotation>",
          "abnormal \"yes\" is neither 0 nor 1", SX_ERR_VALUE },
        { "<annotation><filename>a.png</filename><filename>b.png</filename></annotation>",
          "a second <filename>", SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        voc_refuses(cases[i].xml, cases[i].code, cases[i].message);
    check_voc("<annotation>" OBJECT "<no_finding>A</no_finding><no_finding>B</no_finding>"
              "</annotation>",
              "a", 0, 0);
}

static void csv_no_finding(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    const char *path =
        set_put_text("set/annotations.csv", "image_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                            "b,No finding,,,,\n"
                                            "a,No finding,10,10,30,30\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "annotations.csv:3: a box in a row \"No finding\"");
    sx_manifest_free(&m);
    remove(path);
}

static void csv_blanks(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    const char *path =
        set_put_text("set/annotations.csv",
                     "study_id, image_id ,\trad_id, lesion_type, xmin, ymin, xmax, ymax, file\n"
                     "s, a, R1, X, 1, 2, 11, 14, images\\a.png\n"
                     "s, b , \"R, 2\" , \" Y \", 1, 2, 11, 14,\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    check_film(&m, 0, "a", "/images/a.png");
    check_film(&m, 1, "b", "/images/b.png");
    assert_string_equal(m.classes.items[0], " Y ");
    assert_string_equal(m.classes.items[1], "X");
    assert_string_equal(m.readers.items[1], "R, 2");
    sx_manifest_free(&m);
    remove(path);
}

/* An id with folders is the film below them, or else beside the others; never that of another id.
 */
static void csv_folders(void **state) {
    (void)state;
    static const char head[] = "image_id,lesion_type,xmin,ymin,xmax,ymax,file\n";
    static const struct {
        const char *rows, *first, *second; /* the films' files; second NULL: one film */
        const char *fault;                 /* of the second film; NULL: none */
    } cases[] = {
        { "p1/c,X,1,2,3,4,\np2/c,X,1,2,3,4,\n", "/p1/c.png", "/p2/c.png", NULL },
        { "p1\\c,X,1,2,3,4,\np2/c.png,X,1,2,3,4,\n", "/p1/c.png", "/p2/c.png", NULL },
        { "q/a,X,1,2,3,4,\n", "images/a.png", NULL, NULL },
        { "q/a,X,1,2,3,4,\nr/a,X,1,2,3,4,\n", "images/a.png", "images/a.png", "q/a" },
        { "a,X,1,2,3,4,\na.png,X,1,2,3,4,\n", "images/a.png", "images/a.png", "a" },
        { "f,X,1,2,3,4,images/a.png\ng,X,1,2,3,4,./images//a.png\n", "a.png", "a.png", "f" },
        { "f,X,1,2,3,4,images/a.png\ng,X,1,2,3,4,images/b.png\n", "a.png", "b.png", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[400];
        sx_error err = { 0 };
        sx_manifest m;
        snprintf(text, sizeof text, "%s%s", head, cases[i].rows);
        const char *path = set_put_text("set/annotations.csv", text), *set = check_tmp_path("set");
        CHECK_OK(sx_manifest_open(set, &(sx_manifest_options){ .keep_faults = true }, &m, &err),
                 err);
        assert_int_equal(m.film_count, cases[i].second ? 2 : 1);
        check_film(&m, 0, m.films[0].id, cases[i].first);
        assert_string_equal(m.films[0].same_file, "");
        if (cases[i].second) {
            check_film(&m, 1, m.films[1].id, cases[i].second);
            assert_string_equal(m.films[1].same_file, cases[i].fault ? cases[i].fault : "");
        }
        sx_manifest_free(&m);
        if (cases[i].fault)
            CHECK_FAILS(sx_manifest_open(set, NULL, &m, &err), err, SX_ERR_MISMATCH,
                        "annotations.csv:3: films ");
        else
            CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
        sx_manifest_free(&m);
        remove(path);
    }
}

/* Films and XML files in subfolders, and a list of films without XML files. */
static void voc_folders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("tree/JPEGImages/p1/a.png", 64, 48);
    set_put_film("tree/JPEGImages/p2/a.png", 64, 48);
    set_put_text("tree/Annotations/p1/a.xml", "<annotation>" OBJECT "</annotation>");
    set_put_text("tree/Annotations/p2/a.xml", "<annotation></annotation>");
    const char *list = set_put_text("tree/ImageSets/Main/train.txt", "p1/a\np2/a\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("tree"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 2);
    check_film(&m, 0, "p1/a", "tree/JPEGImages/p1/a.png");
    check_film(&m, 1, "p2/a", "tree/JPEGImages/p2/a.png");
    assert_int_equal(m.films[0].split, SX_SPLIT_TRAIN);
    assert_int_equal(m.films[0].box_count, 1);
    sx_manifest_free(&m);
    set_put_text("tree/ImageSets/Main/train.txt", "p1/a\np2/a\nlost\n");
    for (int keep = 0; keep < 2; keep++) {
        CHECK_FAILS(sx_manifest_open(check_tmp_path("tree"),
                                     &(sx_manifest_options){ .keep_faults = keep }, &m, &err),
                    err, SX_ERR_MISSING, "/ImageSets/Main: lists film lost for train, but");
        sx_manifest_free(&m);
    }
    remove(list);
}

/* Two XML files, or two rows of other splits, that lead to one film. */
static void shared_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    (void)set_put_text("set/labels.csv", "image_id,label,split\nq/a,1,train\nr/a,0,val\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "labels.csv:3: films q/a and r/a have the same file, ");
    sx_manifest_free(&m);
    /* the same film in two splits is one film */
    (void)set_put_text("set/labels.csv", "image_id,label,split\na,1,train\na,1,val\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    sx_manifest_free(&m);
    /* evaluation reads the table alone: its films need no files */
    const char *path = set_put_text("set/labels.csv", "image_id,label\nq/a,1\nr/a,0\n");
    CHECK_OK(sx_manifest_open(path, &(sx_manifest_options){ .annotations_only = true }, &m, &err),
             err);
    sx_manifest_free(&m);
    remove(path);
}

/* A film without a finding has no box of a class of that name, and no class. */
static void no_finding_boxes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    static const char *const files[][2] = {
        { "set/annotations.csv",
          "image_id,lesion_type,xmin,ymin,xmax,ymax\na,no finding,1,2,3,4\n" },
        { "set/annotations.json",
          "{\"categories\": [{\"id\": 7, \"name\": \"No Finding\"}], \"images\": [{\"id\": 1, "
          "\"file_name\": \"a.png\"}], \"annotations\": [" BOX("1", "") "]}" },
        { "voc/Annotations/a.xml",
          "<annotation><object><name>NO FINDING</name><bndbox><xmin>2</xmin><ymin>3</ymin>"
          "<xmax>11</xmax><ymax>14</ymax></bndbox></object></annotation>" },
    };
    for (size_t i = 0; i < 3; i++) {
        const char *path = set_put_text(files[i][0], files[i][1]);
        for (int keep = 0; keep < 2; keep++) {
            CHECK_FAILS(sx_manifest_open(check_tmp_path(i == 2 ? "voc" : "set"),
                                         &(sx_manifest_options){ .keep_faults = keep }, &m, &err),
                        err, SX_ERR_FORMAT, i ? ": a box of \"" : ": a box in a row");
            sx_manifest_free(&m);
        }
        remove(path);
    }
    const char *path = set_put_text("set/annotations.csv",
                                    "image_id,lesion_type,xmin,ymin,xmax,ymax\na,no finding,,,,\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    assert_int_equal(m.classes.count, 0);
    assert_int_equal(m.films[0].label, 0);
    sx_manifest_free(&m);
    remove(path);
}

static void sexes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    static const char *const texts[] = { "F", "f", "Female", "m", "MALE", "other", "Man", "W", "" };
    static const char want[] = { 'F', 'F', 'F', 'M', 'M', 'O', 0, 0, 0 };
    for (size_t i = 0; i < sizeof want; i++) {
        char text[200];
        snprintf(text, sizeof text, "image_id,abnormal,patient_sex\na,1,%s\n", texts[i]);
        const char *path = set_put_text("set/labels.csv", text);
        CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
        if (m.films[0].sex != want[i]) fail_msg("%s", texts[i]);
        sx_manifest_free(&m);
        remove(path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coco_paths),       cmocka_unit_test(coco_folders),
        cmocka_unit_test(coco_values),      cmocka_unit_test(bad_coco),
        cmocka_unit_test(voc_order),        cmocka_unit_test(voc_names),
        cmocka_unit_test(csv_blanks),       cmocka_unit_test(bad_voc),
        cmocka_unit_test(csv_no_finding),   cmocka_unit_test(csv_folders),
        cmocka_unit_test(shared_files),     cmocka_unit_test(voc_folders),
        cmocka_unit_test(coco_numbers),     cmocka_unit_test(coco_endings),
        cmocka_unit_test(no_finding_boxes), cmocka_unit_test(sexes),
    };
    return cmocka_run_group_tests_name("foreign sets", tests, begin, end);
}
