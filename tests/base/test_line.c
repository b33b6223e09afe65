/* Lines of at most 80 columns, and tables of them. */
#include <stdio.h>
#include <string.h>

#include "base/text_table.h"
#include "support/check.h"

static void expect(sx_str *got, const char *wanted) {
    assert_false(got->failed);
    assert_string_equal(sx_str_text(got), wanted);
    sx_str_free(got);
}

static void expect_narrow(const sx_str *got) {
    for (const char *line = sx_str_text(got); *line;) {
        const size_t n = strcspn(line, "\n");
        if (sx_line_columns_of(line, n) > SX_LINE_COLUMNS) fail_msg("too long: %.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void test_names_lose_their_middle(void **state) {
    sx_str out = { 0 };
    (void)state;
    sx_line_shorten(&out, "vertebrae", 9);
    expect(&out, "vertebrae");
    sx_line_shorten(&out, "vertebrae", 8);
    expect(&out, "ver...ae");
    /* characters, not bytes: each of these has two */
    sx_line_shorten(&out, "\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA9\xC3\xA8", 5);
    expect(&out, "\xC3\xA4...\xC3\xA8");
    assert_int_equal(sx_line_columns("\xC3\xA4\xC3\xB6"), 2);
}

static void test_sentences_are_folded_at_spaces(void **state) {
    sx_str out = { 0 };
    (void)state;
    for (int i = 0; i < 40; i++)
        sx_str_add(&out, "four ");
    sx_str text = out;
    out = (sx_str){ 0 };
    sx_str_add(&out, "! ");
    sx_line_fold(&out, text.data, 2);
    expect_narrow(&out);
    assert_non_null(strstr(out.data, "four\n  four"));
    sx_str_free(&out);
    sx_str_free(&text);
}

static void test_long_words(void **state) {
    sx_str out = { 0 };
    char word[101], wanted[160];
    (void)state;
    memset(word, 'x', 100);
    word[100] = '\0';
    snprintf(wanted, sizeof wanted, "of %s or", word);
    sx_line_fold(&out, wanted, 0);
    snprintf(wanted, sizeof wanted, "of\n%s\nor", word);
    expect(&out, wanted);
    /* JSON has commas instead of spaces */
    for (int i = 0; i < 100; i++)
        word[i] = i % 10 == 9 ? ',' : 'x';
    sx_line_fold(&out, word, 4);
    expect_narrow(&out);
    assert_non_null(strstr(out.data, "x,\n    x"));
    sx_str_free(&out);
}

static void test_parts_share_a_line_if_they_fit(void **state) {
    sx_str out = { 0 };
    (void)state;
    const sx_line_part short_parts[] = { { "a.png", "  ", true }, { "normal", "; " }, { "b" } };
    sx_line_parts(&out, short_parts, 3);
    expect(&out, "a.png  normal; b\n");
    char path[91];
    memset(path, 'p', 90);
    path[90] = '\0';
    path[45] = ' '; /* a path is never broken */
    char wanted[200];
    const sx_line_part long_parts[] = { { path, "  ", true }, { "normal", "; " }, { "b" } };
    sx_line_parts(&out, long_parts, 3);
    snprintf(wanted, sizeof wanted, "%s\n  normal; b\n", path);
    expect(&out, wanted);
    const sx_line_part behind[] = { { "two films", "; " }, { path, NULL, true } };
    sx_line_parts(&out, behind, 2);
    snprintf(wanted, sizeof wanted, "two films;\n  %s\n", path);
    expect(&out, wanted);
    /* exactly 80 columns, with what joins */
    path[70] = '\0';
    const sx_line_part full[] = { { path, "; ", true }, { "12345678" } };
    sx_line_parts(&out, full, 2);
    assert_int_equal(out.len, 81);
    sx_str_free(&out);
}

enum { COLUMNS = 8 };

static const bool numbers[COLUMNS] = { false, true, true, true, true, true, true, true };

static void put(sx_str *out, const char *const *headings, size_t count, const char *name) {
    const char *const cells[COLUMNS] = { name, "1", "2", "3", "4", "5", "6", NULL };
    const sx_text_table t = { count, 1, headings, numbers, cells, true };
    sx_text_table_put(out, &t);
}

static void test_narrow_table(void **state) {
    static const char *const headings[] = { "class", "films with boxes", "b" };
    sx_str out = { 0 };
    (void)state;
    put(&out, headings, 3, "Osteophytes");
    expect(&out, "class        films with boxes  b\n"
                 "-----------  ----------------  -\n"
                 "Osteophytes                 1  2\n");
}

static void test_headings_are_broken_first(void **state) {
    static const char *const headings[] = { "class",    "one long heading", "another long heading",
                                            "a third",  "a fourth one",     "a fifth one",
                                            "and more", "and more" };
    sx_str out = { 0 };
    (void)state;
    put(&out, headings, COLUMNS, "Disc space narrowing");
    expect_narrow(&out);
    expect(&out, "                          one  another              a      a\n"
                 "                         long     long      a  fourth  fifth   and   and\n"
                 "class                 heading  heading  third     one    one  more  more\n"
                 "--------------------  -------  -------  -----  ------  -----  ----  ----\n"
                 "Disc space narrowing        1        2      3       4      5     6\n");
}

static void test_names_are_shortened_next(void **state) {
    static const char *const headings[] = {
        "class", "heading", "heading", "heading", "heading", "h"
    };
    sx_str out = { 0 };
    (void)state;
    put(&out, headings, 6, "a class of lesions with a name that is too long");
    expect_narrow(&out);
    assert_non_null(strstr(out.data, "\na class of lesions ...me that is too long  "));
    sx_str_free(&out);
}

static void test_columns_are_spread_last(void **state) {
    static const char *const headings[] = { "class",
                                            "aaaaaaaaaaaaaaa",
                                            "bbbbbbbbbbbbbbb",
                                            "ccccccccccccc",
                                            "ddddddddddddddd",
                                            "eeeeeeeeeeeeeee",
                                            "f" };
    sx_str out = { 0 };
    (void)state;
    put(&out, headings, 7, "Osteophytes");
    expect_narrow(&out);
    assert_non_null(strstr(out.data, "\n\nclass "));
    /* each column once, the first in both */
    const char *again = strstr(out.data, "\nOsteophytes");
    assert_non_null(again);
    assert_non_null(strstr(again + 1, "\nOsteophytes"));
    assert_non_null(strstr(out.data, "eeeeeeeeeeeeeee  f\n"));
    sx_str_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_lose_their_middle),
        cmocka_unit_test(test_sentences_are_folded_at_spaces),
        cmocka_unit_test(test_long_words),
        cmocka_unit_test(test_parts_share_a_line_if_they_fit),
        cmocka_unit_test(test_narrow_table),
        cmocka_unit_test(test_headings_are_broken_first),
        cmocka_unit_test(test_names_are_shortened_next),
        cmocka_unit_test(test_columns_are_spread_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
