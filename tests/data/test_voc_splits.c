/* Pascal VOC: the lists in ImageSets/Main, and the encodings of lists and XML files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void put_film(const char *set, const char *id) {
    char name[200];
    snprintf(name, sizeof name, "%s/Annotations/%s.xml", set, id);
    set_put_text(name, "<annotation></annotation>");
    snprintf(name, sizeof name, "%s/JPEGImages/%s.png", set, id);
    set_put_film(name, 8, 8);
}

static void put_list(const char *set, const char *split, const char *text) {
    char name[200];
    snprintf(name, sizeof name, "%s/ImageSets/Main/%s.txt", set, split);
    set_put_text(name, text);
}

static void open_set(const char *set, sx_split split, size_t films, sx_manifest *m) {
    sx_error err = { 0 };
    CHECK_OK(
        sx_manifest_open(check_tmp_path(set), &(sx_manifest_options){ .split = split }, m, &err),
        err);
    assert_int_equal(m->film_count, films);
}

static bool is_in(const sx_manifest *m, const char *id, sx_split split) {
    return sx_manifest_find(m, id, split) >= 0;
}

static void films_in_two_splits(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    sx_check c = { 0 };
    put_film("two", "a");
    put_film("two", "p1/b");
    put_film("two", "c");
    put_list("two", "train", "a\np1/b\n");
    put_list("two", "val", "b\np1/b\n");
    put_list("two", "test", "a\n");
    open_set("two", SX_SPLIT_NONE, 5, &m);
    assert_true(is_in(&m, "a", SX_SPLIT_TRAIN) && is_in(&m, "a", SX_SPLIT_TEST));
    assert_true(is_in(&m, "p1/b", SX_SPLIT_TRAIN) && is_in(&m, "p1/b", SX_SPLIT_VAL));
    assert_true(is_in(&m, "c", SX_SPLIT_NONE));
    CHECK_OK(sx_check_films(&m, &(sx_check_options){ 0 }, &c, &err), err);
    assert_int_equal(c.counts[SX_FAULT_SHARED], 2);
    sx_check_free(&c);
    sx_manifest_free(&m);
    open_set("two", SX_SPLIT_TEST, 1, &m);
    assert_true(is_in(&m, "a", SX_SPLIT_TEST));
    sx_manifest_free(&m);
}

/* A blank may be a part of the name, or stand before a flag. */
static void names_with_blanks(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    put_film("blank", "a b");
    put_film("blank", "a");
    put_film("blank", "c 1");
    put_film("blank", "c");
    put_film("blank", "d e");
    put_list("blank", "train", "a b\r\n c 1 \nd e\t-1\n\n");
    put_list("blank", "val", "a  1\nc 0");
    open_set("blank", SX_SPLIT_NONE, 5, &m);
    assert_true(is_in(&m, "a b", SX_SPLIT_TRAIN) && is_in(&m, "c 1", SX_SPLIT_TRAIN));
    assert_true(is_in(&m, "d e", SX_SPLIT_TRAIN));
    assert_true(is_in(&m, "a", SX_SPLIT_VAL) && is_in(&m, "c", SX_SPLIT_VAL));
    sx_manifest_free(&m);
    put_list("blank", "val", "a x\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("blank"), NULL, &m, &err), err, SX_ERR_MISSING,
                "lists film a x for val, but there is no file");
    sx_manifest_free(&m);
}

static void check_bytes(const void *text, size_t size, sx_error_code code, const char *why) {
    sx_manifest m;
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(check_tmp_path("bytes/ImageSets/Main/train.txt"), text, size, &err),
             err);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("bytes"), NULL, &m, &err), err, code, why);
    sx_manifest_free(&m);
}

static void encodings(void **state) {
    (void)state;
    static const char utf16[] = "\xff\xfe"
                                "a\0\n\0",
                      nul[] = "a\0\n";
    sx_manifest m;
    char longest[600] = "a\n";
    put_film("bytes", "a");
    put_list("bytes", "train",
             "\xef\xbb\xbf"
             "a\r\n");
    open_set("bytes", SX_SPLIT_TRAIN, 1, &m);
    sx_manifest_free(&m);
    check_bytes(utf16, sizeof utf16 - 1, SX_ERR_UNSUPPORTED, "train.txt: is UTF-16 text");
    check_bytes(nul, sizeof nul - 1, SX_ERR_FORMAT, "train.txt: not text: a NUL byte");
    memset(longest + 2, 'x', sizeof longest - 2);
    check_bytes(longest, sizeof longest, SX_ERR_LIMIT, "train.txt:2: a name of over 511 bytes");
}

#define VOC_CORNERS                                                                                \
    "<difficult>Unspecified</difficult><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax>"        \
    "<ymax>14</ymax></bndbox>"

static void xml_refuses(const char *xml, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    set_put_text("xml/Annotations/a.xml", xml);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("xml"), NULL, &m, &err), err, code, message);
    sx_manifest_free(&m);
}

/* XML in an encoding that Expat does not read, and one that nobody does. */
static void xml_encodings(void **state) {
    (void)state;
#define STATED(encoding) "<?xml version=\"1.0\" encoding=\"" encoding "\"?>\n<annotation>"
    static const struct {
        const char *xml, *class;
    } cases[] = {
        { STATED("windows-1252") "<object><name>Br\xfc"
                                 "ck\x80</name>" VOC_CORNERS "</object></annotation>",
          "Br\u00fcck\u20ac" },
        { STATED("GBK") "<object><name>\xb9\xc7</name>" VOC_CORNERS "</object></annotation>",
          "\u9aa8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_manifest m;
        const char *path = set_put_text("xml/Annotations/a.xml", cases[i].xml);
        CHECK_OK(sx_manifest_open(check_tmp_path("xml"), NULL, &m, &err), err);
        assert_int_equal(m.box_count, 1);
        assert_string_equal(m.classes.items[0], cases[i].class);
        sx_manifest_free(&m);
        remove(path);
    }
    xml_refuses(STATED("x-mine") "</annotation>", SX_ERR_UNSUPPORTED,
                "a.xml: the encoding x-mine is not known: save the file as UTF-8");
    xml_refuses(STATED("GBK") "\n<folder>\xff\xff</folder></annotation>", SX_ERR_FORMAT,
                "a.xml:3: the byte 0xff is not GBK");
#undef STATED
}

/* Lists of other names are told only if films depend on them. */
static void other_lists(void **state) {
    (void)state;
    sx_manifest m;
    put_film("other", "a");
    put_film("other", "b");
    put_film("other", "c 1");
    put_list("other", "test", "a\n");
    put_list("other", "X_test", "a -1\n");
    put_list("other", "README", "These lists are ours.\n");
    open_set("other", SX_SPLIT_NONE, 3, &m);
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
    put_list("other", "trainval", "a\nb\nc 1\n");
    open_set("other", SX_SPLIT_NONE, 3, &m);
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0], "ImageSets/Main/trainval.txt: is not read, and 2 of "
                                              "its films are in no list that is"));
    sx_manifest_free(&m);
    put_list("other", "train", "b\nc 1\n");
    set_put_text("other/ImageSets/val.txt", "a\n");
    open_set("other", SX_SPLIT_NONE, 3, &m);
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
    put_list("other", "train", "b\n");
    set_put_text("other/ImageSets/val.txt", "c 1\n");
    put_list("other", "trainval", "a\nb\n");
    open_set("other", SX_SPLIT_NONE, 3, &m);
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0], "ImageSets/val.txt: is not read, and 1 of "));
    sx_manifest_free(&m);
}

/* The lists of the splits, in folders and with names of films as other programs write them. */
static void forms_of_lists(void **state) {
    (void)state;
    static const struct {
        const char *list, *text;
    } cases[] = {
        { "imagesets/main/TRAIN.txt", "a\np1/b\n" },
        { "ImageSets/main/train.TXT", "a\nb\n" },
        { "ImageSets/Main/train.txt", "a.png\np1/b.dcm\n" },
        { "ImageSets/Main/train.txt", "JPEGImages/a.png\nJPEGImages/p1/b.png 1\n" },
        { "ImageSets/Main/train.txt", "C:\\set\\jpegimages\\a.png\np1\\b\n" },
        { "ImageSets/Main/train.txt", "/old/images/a\n./images/p1/b.png\n" },
        { "ImageSets/Main/train.txt", "a.xml\np1/b.xml 1\n" },
        { "ImageSets/Main/train.txt", "Annotations/a.xml\nC:\\set\\annotations\\p1\\b.XML\n" },
        { "ImageSets/Main/train.txt", "./a\n.//./p1/b.png\n" },
        { "ImageSets/Main/train.txt", "Annotations/.//a -1\n./p1/b.xml\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_manifest m;
        char set[20], name[80];
        snprintf(set, sizeof set, "forms%zu", i);
        put_film(set, "a");
        put_film(set, "p1/b");
        put_film(set, "c");
        snprintf(name, sizeof name, "%s/%s", set, cases[i].list);
        set_put_text(name, cases[i].text);
        open_set(set, SX_SPLIT_TRAIN, 2, &m);
        if (!is_in(&m, "a", SX_SPLIT_TRAIN) || !is_in(&m, "p1/b", SX_SPLIT_TRAIN))
            fail_msg("case %zu", i);
        assert_int_equal(m.unused.count, 0);
        sx_manifest_free(&m);
    }
    put_film("folders", "p1/b");
    put_list("folders", "train", "p2/b.png\n");
    sx_manifest m;
    sx_error err = { 0 };
    CHECK_FAILS(sx_manifest_open(check_tmp_path("folders"), NULL, &m, &err), err, SX_ERR_MISSING,
                "lists film p2/b.png for train, but there is no file");
    sx_manifest_free(&m);
}

static void put_described(const char *set, const char *xml, const char *text) {
    char name[200];
    snprintf(name, sizeof name, "%s/Annotations/%s.xml", set, xml);
    set_put_text(name, text);
}

/* By the name of a film in a folder that its XML file states, or that is called otherwise; but by
 * no name of another XML file. */
static void listed_by_film(void **state) {
    (void)state;
    static const char *const lists[] = { "p1/a\np2/c\n", "p1/a.png\np2/c.png\n",
                                         "JPEGImages/p1/a.png 1\nJPEGImages/p2/c.png -1\n",
                                         "a\nc\n" };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        sx_manifest m;
        char set[20], name[80];
        snprintf(set, sizeof set, "film%zu", i);
        put_described(set, "a", "<annotation><folder>p1</folder></annotation>");
        put_described(set, "x", "<annotation><filename>p2/c.png</filename></annotation>");
        put_described(set, "y", "<annotation><filename>p3/a.png</filename></annotation>");
        for (int k = 1; k <= 3; k++) {
            snprintf(name, sizeof name, "%s/JPEGImages/p%d/%s.png", set, k, k == 2 ? "c" : "a");
            set_put_film(name, 8, 8);
        }
        put_list(set, "train", lists[i]);
        put_list(set, "val", "images/p3/a.png\n");
        open_set(set, SX_SPLIT_NONE, 3, &m);
        assert_true(is_in(&m, "c", SX_SPLIT_TRAIN) && is_in(&m, "a", SX_SPLIT_TRAIN));
        assert_true(is_in(&m, "a", SX_SPLIT_VAL));
        sx_manifest_free(&m);
    }
}

/* The ids of films of one name depend on the others of their split only. */
static void films_of_one_name(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    for (int i = 1; i <= 3; i++) {
        char name[80], text[100];
        snprintf(name, sizeof name, "%d", i);
        snprintf(text, sizeof text,
                 "<annotation><folder>p%d</folder><filename>x.png</filename></annotation>", i);
        put_described("same", name, text);
        snprintf(name, sizeof name, "same/JPEGImages/p%d/x.png", i);
        set_put_film(name, 8 + i, 8);
    }
    put_list("same", "train", "1\n2\n");
    put_list("same", "val", "p3/x.png\n");
    open_set("same", SX_SPLIT_NONE, 3, &m);
    assert_true(is_in(&m, "p1/x", SX_SPLIT_TRAIN) && is_in(&m, "p2/x", SX_SPLIT_TRAIN));
    assert_true(is_in(&m, "x", SX_SPLIT_VAL));
    sx_manifest_free(&m);
    put_described("same", "4", "<annotation><filename>/old/p2/x.png</filename></annotation>");
    put_list("same", "train", "1\n2\n4\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("same"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "4.xml:1: two films are called p2/x; the other one is that of ");
    assert_true(sx_ends_with(err.message, "same/Annotations/2.xml"));
    sx_manifest_free(&m);
}

/* An XML file "a.png.xml" may be listed as "a". */
static void listed_without_ending(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("ending/Annotations/a.png.xml", "<annotation></annotation>");
    set_put_film("ending/JPEGImages/a.png", 8, 8);
    put_list("ending", "val", "a\n");
    open_set("ending", SX_SPLIT_VAL, 1, &m);
    assert_non_null(m.films[0].path);
    sx_manifest_free(&m);
}

/* Wherever they are, unless they name no film, or only films that are listed. */
static void lists_elsewhere(void **state) {
    (void)state;
    static const struct {
        const char *list, *text;
        size_t notes;
    } cases[] = {
        { "ImageSets/Main/trainval", "b\n", 1 },
        { "ImageSets/Main/train.lst", "b\n", 1 },
        { "imagesets/val.txt", "b\n", 1 },
        { "ImageSets/Segmentation/val.txt", "b\n", 1 },
        { "ImageSets/Segmentation/val.txt", "a\n", 0 },
        { "val.txt", "JPEGImages/b.png\n", 1 },
        { "val.txt", "a\n", 0 },
        { "readme.txt", "These films are ours.\n", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_manifest m;
        char set[20], name[80];
        snprintf(set, sizeof set, "else%zu", i);
        put_film(set, "a");
        put_film(set, "b");
        if (i != 2) put_list(set, "train", "a\n");
        snprintf(name, sizeof name, "%s/%s", set, cases[i].list);
        set_put_text(name, cases[i].text);
        open_set(set, SX_SPLIT_NONE, 2, &m);
        if (m.unused.count != cases[i].notes ||
            (cases[i].notes && (!strstr(m.unused.items[0], cases[i].list) ||
                                !strstr(m.unused.items[0], "is not read, and 1 of its films"))))
            fail_msg("%s: %zu notes, %s", cases[i].list, m.unused.count,
                     m.unused.count ? m.unused.items[0] : "");
        sx_manifest_free(&m);
    }
}

/* Names in lists may differ from those of the files in case, if one file alone fits. */
static void lists_in_another_case(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    put_film("case", "Ab");
    put_film("case", "B");
    put_film("case", "P1/c");
    put_film("case", "D 1");
    put_film("case", "e");
    put_film("case", "E");
    put_film("case", "\u00c4x");
    put_list("case", "train", "aB\nb.PNG 1\nd 1\ne\n");
    put_list("case", "val", "jpegimages/p1/C.png\nE\nA\u0308X\n");
    open_set("case", SX_SPLIT_NONE, 7, &m);
    assert_true(is_in(&m, "Ab", SX_SPLIT_TRAIN) && is_in(&m, "B", SX_SPLIT_TRAIN));
    assert_true(is_in(&m, "D 1", SX_SPLIT_TRAIN) && is_in(&m, "e", SX_SPLIT_TRAIN));
    assert_true(is_in(&m, "P1/c", SX_SPLIT_VAL) && is_in(&m, "E", SX_SPLIT_VAL));
    assert_true(is_in(&m, "\u00c4x", SX_SPLIT_VAL));
    sx_manifest_free(&m);
    put_film("case", "aB.1");
    put_film("case", "Ab.1");
    put_list("case", "test", "ab.1\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("case"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "lists film ab.1 for test, which may be Ab.1 or aB.1");
    sx_manifest_free(&m);
}

/* Another flag, folder or ending makes no other film of a name that is as it is written. */
static void own_case_first(void **state) {
    (void)state;
    static const struct {
        const char *films[3], *line, *own; /* of `films`, own alone is listed */
    } cases[] = {
        { { "img", "IMG 1", "b" }, "img 1", "img" },
        { { "img", "IMG", "b" }, "Img\nimg 1\nIMG 1", NULL },
        { { "a", "A.dcm", "b" }, "a.dcm", "a" },
        { { "a", "JPEGIMAGES/A", "A.xml" }, "JPEGImages/a.xml", "a" },
        { { "a", "a 1", "A" }, "JPEGImages/a 1", "a 1" },
        { { "p/a", "images/P/a", "P/A" }, "images/p/a.png", "p/a" },
        { { "p/a", "images/p/a", "P/a" }, "images/p/a", "images/p/a" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_manifest m;
        sx_error err = { 0 };
        char set[20];
        snprintf(set, sizeof set, "first%zu", i);
        for (size_t k = 0; k < 3; k++)
            put_film(set, cases[i].films[k]);
        put_list(set, "train", cases[i].line);
        if (!cases[i].own) {
            CHECK_FAILS(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err, SX_ERR_MISMATCH,
                        "lists film Img for train, which may be IMG or img");
            sx_manifest_free(&m);
            continue;
        }
        open_set(set, SX_SPLIT_TRAIN, 1, &m);
        if (!is_in(&m, cases[i].own, SX_SPLIT_TRAIN))
            fail_msg("%s: %s", cases[i].line, m.films[0].id);
        sx_manifest_free(&m);
    }
}

/* A file of annotations comes before a film whose name ends in ".xml", too. */
static void film_called_xml(void **state) {
    (void)state;
    sx_manifest m;
    put_film("xmls", "a");
    put_described("xmls", "1", "<annotation><filename>a.xml.png</filename></annotation>");
    set_put_film("xmls/JPEGImages/a.xml.png", 9, 8);
    put_list("xmls", "train", "a.xml\n");
    put_list("xmls", "val", "a.xml.png\n");
    open_set("xmls", SX_SPLIT_NONE, 2, &m);
    assert_true(is_in(&m, "a", SX_SPLIT_TRAIN) && is_in(&m, "a.xml", SX_SPLIT_VAL));
    sx_manifest_free(&m);
}

/* The film's own name in another case, beside another file's. */
static void films_in_another_case(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("own/Annotations/1.xml",
                 "<annotation><filename>Spine.png</filename></annotation>");
    set_put_text("own/Annotations/SPINE.xml",
                 "<annotation><filename>other.png</filename></annotation>");
    set_put_text("own/Annotations/2.xml", "<annotation><filename>Neck.png</filename></annotation>");
    set_put_film("own/JPEGImages/Spine.png", 8, 8);
    set_put_film("own/JPEGImages/other.png", 9, 8);
    set_put_film("own/JPEGImages/Neck.png", 10, 8);
    put_list("own", "train", "spine\nNECK.png\n");
    open_set("own", SX_SPLIT_TRAIN, 2, &m);
    assert_true(is_in(&m, "Neck", SX_SPLIT_TRAIN));
    sx_manifest_free(&m);
}

/* Metadata among the lists are not read. */
static void metadata_among_lists(void **state) {
    (void)state;
    static const char *const places[] = { "ImageSets/meta.csv", "ImageSets/Main/meta.csv",
                                          "imagesets/Main/train_meta.csv" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        sx_manifest m;
        char set[20], name[80];
        snprintf(set, sizeof set, "meta%zu", i);
        put_film(set, "a");
        snprintf(name, sizeof name, "%s/%s", set, places[i]);
        set_put_text(name, "image_id,study_id\na,S\n");
        open_set(set, SX_SPLIT_NONE, 1, &m);
        if (m.unused.count != 1 || !strstr(m.unused.items[0], places[i]) ||
            !strstr(m.unused.items[0], "a table of metadata that is not read"))
            fail_msg("%s: %zu notes, %s", places[i], m.unused.count,
                     m.unused.count ? m.unused.items[0] : "");
        assert_string_equal(m.films[0].study, "");
        sx_manifest_free(&m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_in_two_splits),
        cmocka_unit_test(names_with_blanks),
        cmocka_unit_test(encodings),
        cmocka_unit_test(xml_encodings),
        cmocka_unit_test(other_lists),
        cmocka_unit_test(forms_of_lists),
        cmocka_unit_test(listed_by_film),
        cmocka_unit_test(films_of_one_name),
        cmocka_unit_test(listed_without_ending),
        cmocka_unit_test(lists_elsewhere),
        cmocka_unit_test(lists_in_another_case),
        cmocka_unit_test(own_case_first),
        cmocka_unit_test(film_called_xml),
        cmocka_unit_test(films_in_another_case),
        cmocka_unit_test(metadata_among_lists),
    };
    return cmocka_run_group_tests_name("splits of VOC", tests, NULL, end);
}
