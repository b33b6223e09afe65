/* YOLO data sets: the names of classes by number, and text as editors of all systems write it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static int begin(void **state) {
    (void)state;
    set_put_film("set/images/a.png", 64, 48);
    set_put_text("set/labels/a.txt", "1 0.5 0.5 0.25 0.25\n");
    return 0;
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* The classes with `|` between them, then the name of the only box. */
static void check_names(const char *file, const char *text, const char *classes,
                        const char *boxed) {
    sx_error err = { 0 };
    sx_manifest m;
    char got[200] = "", path[64];
    snprintf(path, sizeof path, "set/%s", file);
    const char *written = set_put_text(path, text);
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
    for (size_t i = 0; i < m.classes.count; i++) {
        const size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%s", i ? "|" : "", m.classes.items[i]);
    }
    assert_string_equal(got, classes);
    assert_int_equal(m.box_count, 1);
    assert_string_equal(m.classes.items[m.boxes[0].label], boxed);
    sx_manifest_free(&m);
    remove(written);
}

static void names_in_yaml(void **state) {
    (void)state;
    static const struct {
        const char *text, *classes, *boxed;
    } cases[] = {
        { "names:\n  1: Y\n  0: X\n", "X|Y", "Y" },
        { "names:\n  10: K\n  2: C\n  0: A\n  1: B\n  3: D\n  9: J\n  8: I\n  7: H\n  6: G\n"
          "  5: F\n  4: E\n",
          "A|B|C|D|E|F|G|H|I|J|K", "B" },
        { "names: {1: Y, 0: X}", "X|Y", "Y" },
        { "names: {'1': 'Y: two', \"0\": X}", "X|Y: two", "Y: two" },
        { "names: ['X, mild', 'Y']\n", "X, mild|Y", "Y" },
        { "names:\n  ['X',\n   'Y']\n", "X|Y", "Y" },
        { "names: [X,\n  Y, # second\n  Z]\nnc: 3\n", "X|Y|Z", "Y" },
        { "names:\n  - X  # first\n  - Y\nnc: 2\n", "X|Y", "Y" },
        { "names:\n- X\n- Y\n", "X|Y", "Y" },
        { "\xef\xbb\xbfnames: [X, Y]\r\n", "X|Y", "Y" },
        { "names: # below\r\n  0: X\r\n\r\n  1: Y\r\n", "X|Y", "Y" },
        { "train: images\nall: &all {0: X, 1: Y}\nnames: *all\n", "X|Y", "Y" },
        { "names: [&x X, '*x']\n", "X|*x", "*x" },
        { "b: &b {0: X}\nnames:\n  <<: *b\n  1: Y\n", "X|Y", "Y" },
        { "names: ['null', \"~\"]\n", "null|~", "~" },
        { "names: [(X), \"[Y]\"]\n", "(X)|[Y]", "[Y]" },
        { "names:\n  0: (X)\n  1: (Y, Z)\n", "(X)|(Y, Z)", "(Y, Z)" },
        { "path: .\ndownload: |\n  names: [no]\nroboflow: {names: 5, list: [{a: 1}]}\n"
          "names: [no, yes]\nflip_idx: [[1, 0]]\n",
          "no|yes", "yes" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_names("data.yaml", cases[i].text, cases[i].classes, cases[i].boxed);
}

static void names_in_lines(void **state) {
    (void)state;
    check_names("classes.txt", "\xef\xbb\xbfX\r\nY\r\n", "X|Y", "Y");
    check_names("classes.txt", "X\nY\n\n \n", "X|Y", "Y");
    check_names("obj.names", "X, mild\n  Y  ", "X, mild|Y", "Y");
}

static void refuses(const char *file, const char *text, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    char path[64];
    snprintf(path, sizeof path, "set/%s", file);
    const char *written = set_put_text(path, text);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err, code, message);
    sx_manifest_free(&m);
    remove(written);
}

static void bad_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        sx_error_code code;
    } cases[] = {
        { "names:\n  0: X\n  0: Y\n", "data.yaml, line 3: names.0 a second time (line 2)",
          SX_ERR_FORMAT },
        { "names:\n  0: X\n  2: Y\n",
          "data.yaml:3: class number 2, but there are only 2 names: a number is missing",
          SX_ERR_MISSING },
        { "names: {1: X, 2: Y}", "class number 2, but there are only 2 names", SX_ERR_MISSING },
        { "names: {0: X, one: Y}", "data.yaml:1: \"one\" is not a class number", SX_ERR_VALUE },
        { "names: {0: X, -1: Y}", "\"-1\" is not a class number", SX_ERR_VALUE },
        { "names: {0: X, 01: Y}", "\"01\" is not a class number", SX_ERR_VALUE },
        { "names: {0: X, 1: {a: b}}", "\"1.a\" is not a class number", SX_ERR_VALUE },
        { "names: {0: X, 1: [a, b]}", "class 1 has no name", SX_ERR_FORMAT },
        { "names: {0: X, 1: }", "class 1 has no name", SX_ERR_FORMAT },
        { "names: [X, Y, X]", "data.yaml:1: the classes 0 and 2 are both called \"X\"",
          SX_ERR_FORMAT },
        { "names: [X, , Y]", "data.yaml, line 1: ", SX_ERR_FORMAT },
        { "names: [X, '', Y]", "data.yaml:1: class 1 has an empty name", SX_ERR_FORMAT },
        { "names: [X, '  ', Y]", "data.yaml:1: class 1 has an empty name", SX_ERR_FORMAT },
        { "names: {0: X, 1: ' '}", "data.yaml:1: class 1 has an empty name", SX_ERR_FORMAT },
        { "names: [X, ~, Y]", "data.yaml:1: class 1 has no name", SX_ERR_FORMAT },
        { "names:\n- X\n-\n- Y\n", "data.yaml:1: class 1 has no name", SX_ERR_FORMAT },
        { "names: [X, null]", "data.yaml:1: class 1 has no name", SX_ERR_FORMAT },
        { "names: [[X], Y]", "data.yaml:1: class 0 has no name", SX_ERR_FORMAT },
        { "names: X", "names is neither a list nor a mapping", SX_ERR_FORMAT },
        { "names:\n", "no names of classes", SX_ERR_MISSING },
        { "path: .\n", "no names of classes", SX_ERR_MISSING },
        { "names: [X, Y]\nnames: [Y, X]\n", "line 2: names a second time (line 1)", SX_ERR_FORMAT },
        { "names: [X, Y]\nnc: 3\n", "data.yaml:2: nc is 3, but there are 2 names",
          SX_ERR_MISMATCH },
        { "names:\n  0: |\n    X\n  1: Y\n", "the name of class 0 has a line break",
          SX_ERR_FORMAT },
        { "names: [X\n", "data.yaml, line 2: ", SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses("data.yaml", cases[i].text, cases[i].code, cases[i].message);
    refuses("classes.txt", "X\n\nY\n", SX_ERR_FORMAT, "classes.txt:2: class 1 has an empty name");
    refuses("classes.txt", "X\nY\nX\n", SX_ERR_FORMAT,
            "classes.txt:3: the classes 0 and 2 are both called \"X\"");
}

/* Two files that number the classes differently: neither can be trusted. */
static void two_files(void **state) {
    (void)state;
    const char *first = set_put_text("set/classes.txt", "X\nY\n");
    check_names("data.yaml", "names: {1: Y, 0: X}", "X|Y", "Y");
    refuses("data.yaml", "names: [Y, X]", SX_ERR_MISMATCH,
            "data.yaml: its classes are not those of classes.txt beside it");
    remove(first);
}

/* Class numbers are those of the data set; --classes gives another order, not other meanings. */
static void other_order(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    const char *written = set_put_text("set/data.yaml", "names: [X, Y, Z]\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), &(sx_manifest_options){ .classes = "Y,X" }, &m,
                              &err),
             err);
    assert_string_equal(m.classes.items[m.boxes[0].label], "Y");
    assert_int_equal(m.boxes[0].label, 0);
    sx_manifest_free(&m);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("set"), &(sx_manifest_options){ .classes = "X,Z" },
                                 &m, &err),
                err, SX_ERR_VALUE, "a.txt:1: unknown lesion \"Y\"");
    sx_manifest_free(&m);
    remove(written);
}

/* Films of one name in subfolders are films of their own, as their labels are. */
static void subfolders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_text("tree/classes.txt", "X\nY\n");
    set_put_film("tree/images/train/top.png", 64, 48);
    set_put_film("tree/images/train/p1/a.png", 64, 48);
    set_put_film("tree/images/train/p2/a.png", 64, 48);
    set_put_text("tree/labels/train/top.txt", "0 0.5 0.5 0.25 0.25\n");
    set_put_text("tree/labels/train/p1/a.txt", "1 0.5 0.5 0.25 0.25\n1 0.5 0.5 0.5 0.5\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("tree"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 3);
    assert_string_equal(m.films[0].id, "p1/a");
    assert_int_equal(m.films[0].box_count, 2);
    assert_non_null(strstr(m.films[0].path, "/images/train/p1/a.png"));
    assert_string_equal(m.films[1].id, "p2/a");
    assert_int_equal(m.films[1].label, 0);
    assert_string_equal(m.films[2].id, "top");
    assert_int_equal(m.films[2].box_count, 1);
    sx_manifest_free(&m);
    set_put_text("tree/labels/train/p2/top.txt", "0 0.5 0.5 0.25 0.25\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("tree"), NULL, &m, &err), err, SX_ERR_MISSING,
                "labels/train/p2/top.txt: there is no film p2/top");
    sx_manifest_free(&m);
    set_put_text("flat/classes.txt", "X\n");
    set_put_film("flat/images/p1/a.png", 64, 48);
    set_put_text("flat/labels/p1/a.txt", "0 0.5 0.5 0.25 0.25\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("flat"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_string_equal(m.films[0].id, "p1/a");
    assert_int_equal(m.box_count, 1);
    sx_manifest_free(&m);
}

/* The files of one film: two folders, or a byte that is literally escaped in the other name. */
static void two_files_of_a_film(void **state) {
    (void)state;
    static const char *const files[][2] = { { "two/images/x.png", "two/x.png" },
                                            { "two/images/R\xf6.png", "two/images/R\\xf6.png" },
                                            { "two/images/x.png", "two/images/x.jpg" } };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sx_error err = { 0 };
        sx_manifest m;
        const bool rivals = i < 2;
        const sx_manifest_options keep = { .keep_faults = true };
        set_put_text("two/classes.txt", "X\n");
        set_put_text("two/labels/none.TXT.bak", "");
        char *first = sx_strdup(set_put_film(files[i][0], 64, 48)),
             *other = sx_strdup(set_put_film(files[i][1], 64, 48));
        const char *set = check_tmp_path("two");
        if (rivals) {
            CHECK_FAILS(sx_manifest_open(set, NULL, &m, &err), err, SX_ERR_MISMATCH,
                        " has two files, ");
            sx_manifest_free(&m);
        }
        CHECK_OK(sx_manifest_open(set, rivals ? &keep : NULL, &m, &err), err);
        assert_int_equal(m.film_count, 1);
        assert_int_equal(m.films[0].other_file != NULL, rivals);
        sx_manifest_free(&m);
        remove(first);
        remove(other);
        free(first);
        free(other);
    }
}

static void byte_order_mark(void **state) {
    (void)state;
    set_put_text("set/labels/a.txt", "\xef\xbb\xbf"
                                     "1 0.5 0.5 0.25 0.25\r\n\r\n");
    check_names("classes.txt", "X\nY\n", "X|Y", "Y");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_in_yaml), cmocka_unit_test(names_in_lines),
        cmocka_unit_test(bad_names),     cmocka_unit_test(two_files),
        cmocka_unit_test(other_order),   cmocka_unit_test(byte_order_mark),
        cmocka_unit_test(subfolders),    cmocka_unit_test(two_files_of_a_film),
    };
    return cmocka_run_group_tests_name("yolo", tests, begin, end);
}
