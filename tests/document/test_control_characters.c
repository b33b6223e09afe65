/* Characters that programs obey instead of showing them are escaped in every output, and come back
 * where the output is read again. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"

#include "base/csv.h"
#include "base/json.h"
#include "base/utf8.h"
#include "document/document.h"

/* C1, U+061C, U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069. */
static const char *const controls[] = { "\xC2\x80",     "\xC2\x85",     "\xC2\x9B",
                                        "\xC2\x9F",     "\xD8\x9C",     "\xE2\x80\x8E",
                                        "\xE2\x80\x8F", "\xE2\x80\xA8", "\xE2\x80\xA9",
                                        "\xE2\x80\xAA", "\xE2\x80\xAE", "\xE2\x81\xA6",
                                        "\xE2\x81\xA9" };
/* Their neighbours are shown: a no-break space, a joiner, a hyphen, an ellipsis, letters. */
static const char *const shown[] = { "\xC2\xA0",     "\xE2\x80\x8D", "\xE2\x80\x90",
                                     "\xE2\x80\xA6", "\xE2\x80\xAF", "\xE2\x81\xA5",
                                     "\xD8\x9B",     "\xC3\x84",     "\xE2\x84\xA8" };
enum { CONTROLS = sizeof controls / sizeof *controls, SHOWN = sizeof shown / sizeof *shown };

static void name_with(char name[32], const char *character) {
    snprintf(name, 32, "film%s 1.dcm", character);
}

static void check_text(const sx_str *text, const char *name, const char *character, bool escaped) {
    if ((strstr(sx_str_text(text), character) == NULL) != escaped)
        fail_msg("%s in: %s", escaped ? "a raw character" : "an escape", sx_str_text(text));
    if (!escaped) assert_non_null(strstr(sx_str_text(text), name));
}

static void check_document(const char *name, const char *character, bool escaped) {
    bool (*const renders[])(const sx_doc *, sx_str *, sx_error *) = { sx_doc_to_text, sx_doc_to_csv,
                                                                      sx_doc_to_html };
    sx_error err = { 0 };
    sx_doc *d = sx_doc_new(name);
    sx_table *t = sx_doc_table(d, "films", name);
    sx_table_column(t, "film", false);
    sx_table_column(t, name, false);
    sx_table_row(t, false);
    sx_table_text(t, "%s", name);
    sx_table_text(t, "%s", name);
    sx_doc_warn(d, "%s", name);
    for (size_t i = 0; i < 3; i++) {
        sx_str text = { 0 };
        CHECK_OK(renders[i](d, &text, &err), err);
        check_text(&text, name, character, escaped);
        sx_str_free(&text);
    }
    sx_doc_free(d);
}

static void check_json(const char *name, const char *character, bool escaped) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_str text = { 0 };
    sx_error err = { 0 };
    sx_json_text(root, name, name);
    CHECK_OK(sx_json_print(&doc, SX_JSON_LINES, &text, &err), err);
    check_text(&text, name, character, escaped);
    sx_json_free(&doc);
    json_t *back = json_loadb(text.data, text.len, 0, NULL);
    assert_non_null(back);
    assert_string_equal(json_string_value(json_object_get(back, name)), name);
    json_decref(back);
    text.len = 0;
    sx_json_quote(&text, name);
    check_text(&text, name, character, escaped);
    sx_str_free(&text);
}

static void check_csv(const char *name, const char *character, bool escaped) {
    sx_error err = { 0 };
    sx_str text = { 0 };
    sx_csv_put(&text, name);
    check_text(&text, name, character, escaped);
    sx_str_add(&text, ",b\n");
    sx_csv_put(&text, name);
    sx_str_add(&text, ",\\xf6\\x9b\\xe2\\x80\n"); /* no such characters: they stay escapes */
    sx_csv *c = sx_csv_from_memory(text.data, text.len, "t.csv", &err);
    CHECK_OK(c, err);
    assert_true(sx_csv_next(c, NULL, &err));
    assert_string_equal(sx_csv_field(c, 0), name);
    assert_string_equal(sx_csv_field(c, 1), "\\xf6\\x9b\\xe2\\x80");
    sx_csv_close(c);
    sx_str_free(&text);
}

static void check_message(const char *name, const char *character, bool escaped) {
    sx_error err = { 0 };
    sx_str text = { 0 };
    assert_false(sx_fail(&err, SX_ERR_FORMAT, "%s: no film", name));
    sx_str_add(&text, err.message);
    check_text(&text, name, character, escaped);
    text.len = 0;
    sx_utf8_printable(&text, name, false);
    check_text(&text, name, character, escaped);
    text.len = 0;
    sx_html_text(&text, name);
    check_text(&text, name, character, escaped);
    sx_str_free(&text);
}

static void every_output(void **state) {
    (void)state;
    for (size_t i = 0; i < CONTROLS + SHOWN; i++) {
        const bool escaped = i < CONTROLS;
        const char *character = escaped ? controls[i] : shown[i - CONTROLS];
        char name[32];
        name_with(name, character);
        check_document(name, character, escaped);
        check_json(name, character, escaped);
        check_csv(name, character, escaped);
        check_message(name, character, escaped);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_output) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
