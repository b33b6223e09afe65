#include <stdio.h>
#include <string.h>

#include "support/check.h"

#include "base/csv.h"
#include "base/files.h"
#include "base/writer.h"

static sx_csv *open_text(const char *text, sx_error *err) {
    return sx_csv_from_memory(text, strlen(text), "t.csv", err);
}

static void quotes_commas_and_line_ends(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_csv *c = open_text("\xef\xbb\xbfid, note ,x\r\na,\"one, \"\"two\"\"\r\nthree\",1.5\n\nb,,\" "
                          "2 \"\rc,5\" tall,3",
                          &err);
    if (!c) fail_msg("%s", err.message);
    assert_int_equal(sx_csv_columns(c), 3);
    assert_int_equal(sx_csv_find(c, "id"), 0);
    assert_int_equal(sx_csv_find(c, "note"), 1);
    assert_int_equal(sx_csv_find(c, "none"), -1);
    bool failed;
    double x;
    assert_true(sx_csv_next(c, &failed, &err));
    assert_string_equal(sx_csv_field(c, 1), "one, \"two\"\r\nthree");
    assert_int_equal(sx_csv_line(c), 2);
    assert_true(sx_csv_next(c, &failed, &err));
    assert_int_equal(sx_csv_line(c), 5);
    assert_string_equal(sx_csv_field(c, 1), "");
    CHECK_OK(sx_csv_double(c, 2, &x, &err), err);
    assert_true(x == 2);
    assert_true(sx_csv_next(c, &failed, &err));
    assert_string_equal(sx_csv_field(c, 1), "5\" tall");
    assert_string_equal(sx_csv_field(c, -1), "");
    assert_false(sx_csv_next(c, &failed, &err));
    assert_false(failed);
    sx_csv_close(c);
}

static void check_bad_open(const char *text, size_t n, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    assert_null(sx_csv_from_memory(text, n, "t.csv", &err));
    check_error(&err, code, message);
}

static void bad_headers_are_named(void **state) {
    (void)state;
    check_bad_open("", 0, SX_ERR_FORMAT, "t.csv: is empty");
    check_bad_open("\n\r\n\n", 4, SX_ERR_FORMAT, "t.csv: is empty");
    check_bad_open("\xef\xbb\xbf", 3, SX_ERR_FORMAT, "t.csv: is empty");
    check_bad_open("a,b,a\n", 6, SX_ERR_FORMAT, "two columns are named \"a\"");
    check_bad_open("\xff\xfe"
                   "a\0",
                   4, SX_ERR_UNSUPPORTED, "UTF-16");
    check_bad_open("a,b\0c\n", 6, SX_ERR_FORMAT, "t.csv:1: a NUL byte in column 2");
    check_bad_open("\"a", 2, SX_ERR_FORMAT, "t.csv:1: a quote is never closed");
    check_bad_open("image_\xed\n", 8, SX_ERR_FORMAT, "t.csv:1: the byte 0xed is not UTF-8");
    sx_error err = { 0 };
    assert_null(sx_csv_open("/nonexistent/t.csv", &err));
    check_error(&err, SX_ERR_IO, "/nonexistent/t.csv");
}

static void check_bad_row(const char *text, const char *message) {
    sx_error err = { 0 };
    sx_csv *c = open_text(text, &err);
    if (!c) fail_msg("%s", err.message);
    bool failed = false;
    while (sx_csv_next(c, &failed, &err))
        ;
    assert_true(failed);
    check_error(&err, SX_ERR_FORMAT, message);
    sx_csv_close(c);
}

static void bad_rows_name_their_line(void **state) {
    (void)state;
    check_bad_row("a,b\n1,2\n1\n", "t.csv:3: 1 field, the header has 2");
    check_bad_row("a,b\n1,2,3\n", "t.csv:2: 3 fields");
    check_bad_row("a,b\n1,\"2\"x\n", "t.csv:2: text after a closing quote");
    check_bad_row("a,b\n\"1\n2\",3\n4,\"5\n", "t.csv:4: a quote is never closed");
    check_bad_row("a,b\n1,2\nost\xe9ophyte,2\n",
                  "t.csv:3: the byte 0xe9 is not UTF-8: save the file as UTF-8");
    check_bad_row("a,b\n1,caf\xc3\n", "t.csv:2: the byte 0xc3 is not UTF-8");
}

static void wrong_numbers_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_csv *c = open_text("a,b\n1e5,x\nnan,7\n,0x10\n", &err);
    double x;
    long n;
    int col;
    bool failed;
    assert_true(sx_csv_next(c, &failed, &err));
    CHECK_OK(sx_csv_double(c, 0, &x, &err) && x == 1e5, err);
    CHECK_FAILS(sx_csv_double(c, 1, &x, &err), err, SX_ERR_FORMAT,
                "t.csv:2: b: \"x\" is not a number");
    assert_true(sx_csv_next(c, &failed, &err));
    CHECK_OK(sx_csv_double(c, 0, &x, &err) && x != x, err);
    CHECK_OK(sx_csv_long(c, 1, 0, 7, &n, &err) && n == 7, err);
    CHECK_FAILS(sx_csv_long(c, 1, 0, 6, &n, &err), err, SX_ERR_FORMAT, "from 0 to 6");
    assert_true(sx_csv_next(c, &failed, &err));
    CHECK_FAILS(sx_csv_double(c, 0, &x, &err), err, SX_ERR_FORMAT, "\"\" is not a number");
    CHECK_FAILS(sx_csv_double(c, 1, &x, &err), err, SX_ERR_FORMAT, "\"0x10\" is not a number");
    CHECK_FAILS(sx_csv_need(c, "image_id", &col, &err), err, SX_ERR_MISSING,
                "no column \"image_id\" (there are: a, b)");
    sx_csv_close(c);
}

static void check_marked(const char *field, bool marked) {
    sx_str s = { 0 };
    sx_csv_put(&s, field);
    if ((strncmp(s.data, "\"'", 2) == 0) != marked)
        fail_msg("\"%s\" is written as %s", field, s.data);
    sx_str_free(&s);
}

/* Blanks and newlines before a formula do not stop a spreadsheet, nor does full width. */
static void formulas_are_marked(void **state) {
    (void)state;
    static const char *const formulas[] = { "=1",
                                            "@a",
                                            "+x",
                                            " =1",
                                            "  \t@a",
                                            "\n=1",
                                            "\r+x",
                                            "\tx",
                                            "\nx",
                                            "' =1",
                                            "\xef\xbc\x9d"
                                            "1",
                                            " \xef\xbc\x8b"
                                            "1",
                                            "\xef\xbc\x8d"
                                            "1",
                                            "\xef\xbc\xa0"
                                            "1",
                                            "-0x10",
                                            "-inf" };
    static const char *const plain[] = { "a",  " a=1",         "-2",    "+1e5",
                                         "'a", "\xef\xbc\x9c", "1 = 1", "-" };
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        check_marked(formulas[i], true);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        check_marked(plain[i], false);
}

static void what_is_written_reads_back(void **state) {
    (void)state;
    static const char *const hard[] = {
        "plain",    "",     "a,b",          "say \"so\"", "two\nlines", " lead", "5\" tall", "=1+2",
        "@SUM(A1)", "+x",   "-2",           "-x,y",       "'=a",        "'a",    "''-",      "\n=1",
        " =1",      "' =1", "\xef\xbc\x9d", "\t",         "-inf",       "-",     "'-",       " -"
    };
    sx_str s = { 0 };
    sx_str_add(&s, "x,y\n");
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        sx_csv_put(&s, hard[i]);
        sx_str_add(&s, ",1\n");
    }
    sx_error err = { 0 };
    const char *path = check_tmp_path("back.csv");
    CHECK_OK(sx_write_file(path, s.data, s.len, &err), err);
    sx_csv *c = sx_csv_open(path, &err);
    if (!c) fail_msg("%s", err.message);
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        bool failed;
        assert_true(sx_csv_next(c, &failed, &err));
        assert_string_equal(sx_csv_field(c, 0), hard[i]);
    }
    sx_csv_close(c);
    sx_str_free(&s);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_commas_and_line_ends), cmocka_unit_test(bad_headers_are_named),
        cmocka_unit_test(bad_rows_name_their_line),    cmocka_unit_test(wrong_numbers_are_named),
        cmocka_unit_test(formulas_are_marked),         cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
