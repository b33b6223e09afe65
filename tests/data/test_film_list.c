#include <string.h>

#include "base/files.h"
#include "base/names.h"
#include "base/writer.h"
#include "data/film_list.h"
#include "support/check.h"

static sx_manifest set;

static void put(const char *name, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(check_tmp_path(name), text, strlen(text), &err), err);
}

static int open_set(void **state) {
    (void)state;
    static const char rows[] = "image_id,abnormal\na,1\nb,0\nc c,1\n#1,0\nR\\xf6ntgen,1\n"
                               "p/b.png,0\n"
                               "\xc3\xa4,1\no\xcc\x88,0\n";
    sx_error err = { 0 };
    put("labels.csv", rows);
    return sx_manifest_open(check_tmp_path("labels.csv"), NULL, &set, &err) ? 0 : -1;
}

static int close_set(void **state) {
    (void)state;
    sx_manifest_free(&set);
    check_tmp_remove();
    return 0;
}

static const char *list(const char *text) {
    put("list.txt", text);
    return check_tmp_path("list.txt");
}

static void ids_one_a_line_each_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_OK(sx_film_list_open(list("a\r\n\n  c c \na\nb"), &set, &ids, &err), err);
    assert_int_equal(ids.count, 3);
    assert_true(sx_names_find(&ids, "a") >= 0 && sx_names_find(&ids, "c c") >= 0 &&
                sx_names_find(&ids, "b") >= 0);
    sx_names_free(&ids);
}

static void check_ids(const char *text, size_t count, const char *id) {
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_OK(sx_film_list_open(list(text), &set, &ids, &err), err);
    assert_int_equal(ids.count, count);
    assert_true(sx_names_find(&ids, id) >= 0);
    sx_names_free(&ids);
}

static void comments_and_marks(void **state) {
    (void)state;
    check_ids("\xef\xbb\xbf# films of today\r\n\r\na\r\n  # indented\r\n", 1, "a");
    check_ids("#1\n#2\nb", 2, "#1"); /* a film has this name */
    check_ids("\tb\t\n\n\n", 1, "b");
    check_ids("R\xf6ntgen\n", 1, "R\\xf6ntgen");
    check_ids("R\\xf6ntgen\n", 1, "R\\xf6ntgen");
}

/* The set's names are in one form of letters with marks, those of the list in the other. */
static void forms_of_letters(void **state) {
    (void)state;
    check_ids("a\xcc\x88\n", 1, "\xc3\xa4");
    check_ids("\xc3\xa4\n", 1, "\xc3\xa4");
    check_ids("\xc3\xb6\n", 1, "o\xcc\x88");
    check_ids("o\xcc\x88\n", 1, "o\xcc\x88");
}

static void paths_of_any_system(void **state) {
    (void)state;
    check_ids("b.png\n", 1, "b");
    check_ids("set/p/b.png\n", 1, "p/b.png");
    check_ids("C:\\set\\b.png\n", 1, "b");
    check_ids("x\\p\\b.png\n", 1, "p/b.png");
    check_ids("https://host/set/R%C3%A4/a\n# set/b\n", 1, "a");
}

static void fails(const char *text, sx_error_code code, const char *part) {
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_FAILS(sx_film_list_open(list(text), &set, &ids, &err), err, code, part);
    sx_names_free(&ids);
}

static void bad_lists_are_named(void **state) {
    (void)state;
    fails("", SX_ERR_MISSING, "no image id");
    fails("\n \n", SX_ERR_MISSING, "no image id");
    fails("# a\n#b\n", SX_ERR_MISSING, "no image id");
    fails("\xef\xbb\xbf\r\n", SX_ERR_MISSING, "no image id");
    fails("a # not a comment\n", SX_ERR_MISSING, "list.txt:1: the data set has no film \"a # not");
    fails("a\r\n\r\nd\r\n", SX_ERR_MISSING, "list.txt:3: the data set has no film \"d\"");
    fails("a,b\n", SX_ERR_MISSING, "no film \"a,b\"");
    fails("a\nd\n", SX_ERR_MISSING, "list.txt:2: the data set has no film \"d\"");
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fails(text, SX_ERR_FORMAT, "list.txt:1: not an image id");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_one_a_line_each_once), cmocka_unit_test(forms_of_letters),
        cmocka_unit_test(paths_of_any_system),      cmocka_unit_test(comments_and_marks),
        cmocka_unit_test(bad_lists_are_named),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
