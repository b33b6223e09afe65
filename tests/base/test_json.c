/* JSON documents: what is appended is printed, or the document fails. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/json.h"
#include "base/run_record.h"
#include "base/utf8.h"
#include "support/check.h"

static char *printed(const sx_json_doc *doc, sx_json_style style) {
    sx_str out = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_json_print(doc, style, &out, &err), err);
    return out.data;
}

static void check_printed(const sx_json_doc *doc, sx_json_style style, const char *want) {
    char *text = printed(doc, style);
    assert_string_equal(text, want);
    free(text);
}

static void values_are_printed_in_order(void **state) {
    (void)state;
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "text", "a \"b\"\n\\");
    sx_json_text(root, "none", NULL);
    sx_json_number(root, "number", 0.1);
    sx_json_integer(root, "integer", INT64_MIN);
    sx_json_count(root, "count", 7);
    sx_json_bool(root, "yes", true);
    sx_json list = sx_json_array(root, "list");
    sx_json_null(list, NULL);
    sx_json_text(sx_json_object(list, NULL), "", "no name");
    sx_json_bool(root, "no", false);
    check_printed(&doc, SX_JSON_COMPACT,
                  "{\"text\":\"a \\\"b\\\"\\n\\\\\",\"none\":null,\"number\":0.10000000000000001,"
                  "\"integer\":-9223372036854775808,\"count\":7,\"yes\":true,"
                  "\"list\":[null,{\"\":\"no name\"}],\"no\":false}");
    sx_json_free(&doc);
    sx_json_free(&doc);
}

static void styles_differ_in_lines_and_digits(void **state) {
    (void)state;
    sx_json_doc doc;
    sx_json list = sx_json_new_array(&doc);
    sx_json_number(list, NULL, 0.1);
    sx_json_integer(list, NULL, 1);
    check_printed(&doc, SX_JSON_LINES, "[0.1, 1]\n");
    check_printed(&doc, SX_JSON_ONE_LINE, "[0.1, 1]\n");
    check_printed(&doc, SX_JSON_INDENTED, "[\n 0.10000000000000001,\n 1\n]\n");
    char longer[151] = "";
    memset(longer, 'a', sizeof longer - 1);
    sx_json_text(list, NULL, longer);
    char *lines = printed(&doc, SX_JSON_LINES), *line = printed(&doc, SX_JSON_ONE_LINE);
    assert_true(strncmp(lines, "[\n 0.1,\n 1,\n \"aaa", 17) == 0);
    assert_true(strncmp(line, "[0.1, 1, \"aaa", 13) == 0);
    free(lines), free(line);
    sx_json_free(&doc);
}

static void numbers_that_json_lacks_are_null(void **state) {
    (void)state;
    sx_json_doc doc;
    sx_json list = sx_json_new_array(&doc);
    const double odd[] = { (double)NAN, (double)INFINITY, -(double)INFINITY };
    for (size_t i = 0; i < 3; i++)
        sx_json_number(list, NULL, odd[i]);
    check_printed(&doc, SX_JSON_COMPACT, "[null,null,null]");
    sx_json_free(&doc);
}

/* Every value and key is there, as UTF-8 that other readers take. */
static void text_that_is_not_utf8_is_escaped(void **state) {
    (void)state;
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "R\xf6ntgen", "\xff/R\xf6ntgen.png");
    sx_json_text(root, "R\xc3\xb6ntgen", "\xc3");
    sx_json_text(root, "cut", "\xe2\x82");
    char *text = printed(&doc, SX_JSON_COMPACT);
    assert_string_equal(text, "{\"R\\\\xf6ntgen\":\"\\\\xff/R\\\\xf6ntgen.png\","
                              "\"R\xc3\xb6ntgen\":\"\\\\xc3\",\"cut\":\"\\\\xe2\\\\x82\"}");
    json_t *back = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_object_size(back), 3);
    json_decref(back);
    free(text);
    sx_json_free(&doc);
    sx_str quoted = { 0 };
    sx_json_quote(&quoted, "\"\xf6");
    assert_string_equal(quoted.data, "\"\\\"\\\\xf6\"");
    sx_str_free(&quoted);
}

static void escapes_are_read_back(void **state) {
    (void)state;
    static const char *const names[] = {
        "",     "plain \\x41 \\xzz \\x", "R\xf6ntgen.png",      "\xc3\xb6\xf6\xff",
        "\x80", "\xed\xa0\x80",          "ends in \xf0\x9f\x92"
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sx_str once = { 0 }, twice = { 0 }, back = { 0 };
        sx_utf8_escape(&once, names[i]);
        assert_int_equal(sx_utf8_span(sx_str_text(&once), once.len), once.len);
        sx_utf8_escape(&twice, sx_str_text(&once));
        assert_string_equal(sx_str_text(&twice), sx_str_text(&once));
        sx_utf8_unescape(&back, sx_str_text(&once));
        assert_string_equal(sx_str_text(&back), names[i]);
        sx_str_free(&once), sx_str_free(&twice), sx_str_free(&back);
    }
}

static void misuse_is_an_error_that_stays(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str out = { 0 };
    for (int i = 0; i < 4; i++) {
        sx_json_doc doc;
        sx_json root = sx_json_new_object(&doc), list = sx_json_array(root, "list");
        if (i == 0) sx_json_integer(root, "list", 1);
        if (i == 1) sx_json_integer(root, NULL, 1);
        if (i == 2) sx_json_integer(list, "key", 1);
        if (i == 3) sx_json_count(list, NULL, SIZE_MAX);
        sx_json_integer(root, "later", 1);
        sx_json_text(sx_json_object(list, NULL), "deeper", "text");
        CHECK_FAILS(sx_json_print(&doc, SX_JSON_LINES, &out, &err), err, SX_ERR_INTERNAL,
                    i == 0 ? "two values under the key \"list\"" : "JSON document");
        sx_json_free(&doc);
    }
    assert_int_equal(out.len, 0);
    const sx_json_doc never = { 0 };
    CHECK_FAILS(sx_json_ok(&never, &err), err, SX_ERR_INTERNAL, "not initialised");
}

static void documents_move_into_one_another(void **state) {
    (void)state;
    sx_json_doc doc, part;
    sx_json root = sx_json_new_object(&doc);
    sx_json_integer(sx_json_new_array(&part), NULL, 1);
    sx_json_move(root, "part", &part);
    assert_null(part.root);
    check_printed(&doc, SX_JSON_COMPACT, "{\"part\":[1]}");
    sx_json_integer(sx_json_new_array(&part), "key", 1);
    sx_json_move(root, "broken", &part);
    sx_error err = { 0 };
    CHECK_FAILS(sx_json_ok(&doc, &err), err, SX_ERR_INTERNAL, "a key in an array");
    sx_json_free(&doc);
}

/* ---- allocations that fail ---- */

static size_t allocations, failing; /* from 1; 0: none fails */

static void *allocate(size_t size) {
    return ++allocations == failing ? NULL : malloc(size);
}

static void build(sx_json_doc *doc) {
    char program[] = "spinexr", command[] = "predict", film[] = "R\xf6ntgen.png";
    char *argv[] = { program, command, film };
    const sx_run run = { .argc = 3, .argv = argv, .precision = "f32", .has_seed = true };
    sx_json root = sx_json_new_object(doc);
    sx_run_to_json(&run, root, "run");
    sx_json films = sx_json_array(root, "films");
    for (int i = 0; i < 12; i++) {
        char key[16];
        sx_json one = sx_json_object(films, NULL);
        for (int k = 0; k < 12; k++) { /* more than a new table of keys holds */
            snprintf(key, sizeof key, "key %d", k);
            sx_json_integer(one, key, k);
        }
        sx_json_number(one, "score", 0.5);
        sx_json_text(one, "name", "R\xf6ntgen");
        sx_json_null(one, "none");
    }
}

/* Whichever allocation fails, the document is complete or there is an error. */
static void failed_appends_are_errors(void **state) {
    (void)state;
    sx_json_doc doc;
    sx_error err;
    sx_str text = { 0 };
    build(&doc);
    json_object_del(doc.root, "run"); /* holds the time */
    char *whole = printed(&doc, SX_JSON_LINES);
    sx_json_free(&doc);
    json_set_alloc_funcs(allocate, free);
    size_t failures = 0;
    for (failing = 1;; failing++) {
        allocations = 0;
        err = (sx_error){ 0 };
        build(&doc);
        if (doc.root) json_object_del(doc.root, "run");
        const bool ok = sx_json_print(&doc, SX_JSON_LINES, &text, &err);
        sx_json_free(&doc);
        if (ok) assert_string_equal(text.data, whole);
        sx_str_free(&text);
        if (allocations < failing) break;
        if (!ok) check_error(&err, SX_ERR_MEMORY, "out of memory");
        failures += !ok;
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > failing / 2);
    free(whole);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_printed_in_order),
        cmocka_unit_test(styles_differ_in_lines_and_digits),
        cmocka_unit_test(numbers_that_json_lacks_are_null),
        cmocka_unit_test(text_that_is_not_utf8_is_escaped),
        cmocka_unit_test(escapes_are_read_back),
        cmocka_unit_test(misuse_is_an_error_that_stays),
        cmocka_unit_test(documents_move_into_one_another),
        cmocka_unit_test(failed_appends_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
