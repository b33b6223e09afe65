/* Our reader and printer of JSON beside Jansson's: the same documents are accepted, and give the
 * same values and the same text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/json.h"
#include "base/utf8.h"

static const char *const documents[] = {
    "[]",
    " {\t}\r\n",
    "[1, -0, 0, 12345678901234567, -9223372036854775808, 9223372036854775807]",
    "[9223372036854775808]",
    "[-9223372036854775809]",
    "[01]",
    "[-]",
    "[1.]",
    "[.5]",
    "[1e]",
    "[+1]",
    "[1.5, -2.25e3, 1E5, 1e-7, 3e+09, 0.1, 1e308, 4.9e-324, 1e-400, 0.0, -0.0, 123456.789]",
    "[1e309]",
    "[true, false, null]",
    "[True]",
    "[nullx]",
    "[tru]",
    "[NaN]",
    "{\"a\": 1, \"b\": {\"c\": [[], {}, [[1], 2]]}, \"\": \"\"}",
    "{\"a\": 1, \"b\": 2, \"a\": 3}",
    "{\"a\" 1}",
    "{\"a\": }",
    "{a: 1}",
    "{\"a\": 1,}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1",
    "{\"a\": 1",
    "[1]]",
    "[1] 2",
    "[1]\x00",
    "\"text\"",
    "7",
    "",
    "  ",
    "\xef\xbb\xbf[]",
    "[\"\\u0041\\u00e9\\u20ac\\ud834\\udd1e\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    "[\"\\u0000\"]",
    "[\"\\ud834\"]",
    "[\"\\ud834\\u0041\"]",
    "[\"\\udd1e\"]",
    "[\"\\u12g4\"]",
    "[\"\\x41\"]",
    "[\"\\",
    "[\"no end",
    "[\"a\nb\"]",
    "[\"a\tb\"]",
    "[\"\x7f \xc3\xa9 \xe2\x82\xac \xf0\x9d\x84\x9e\"]",
    "[\"\xff\"]",
    "[\"\xc3\"]",
    "[\"\xed\xa0\x80\"]",
    "[\"\xf4\x90\x80\x80\"]",
    ("{\"studies\": [{\"id\": \"1.2.3\", \"films\": [{\"path\": \"a/b.dcm\", \"probability\": "
     "0.734512345, \"findings\": [{\"box\": [1.5, 2, 300.25, 4], \"score\": 9.5e-05}]}]}], "
     "\"n\": 1}"),
};

enum { DOCUMENTS = sizeof documents / sizeof *documents };

/* As Jansson prints it, but for the control characters that it leaves. */
static void put_controls(sx_str *out, const char *text) {
    for (size_t n = strlen(text), k; n; text += k, n -= k) {
        const size_t control = *text == 0x7F ? 1 : sx_utf8_control(text, n);
        k = control ? control : 1;
        if (control < 2 && *text != 0x7F)
            sx_str_append(out, text, 1);
        else if (control < 2)
            sx_str_add(out, "\\u007F");
        else if (control == 2)
            sx_str_printf(out, "\\u%04X", (text[0] & 0x1Fu) << 6 | (text[1] & 0x3Fu));
        else
            sx_str_printf(out, "\\u%04X", 0x2000u | (text[1] & 0x3Fu) << 6 | (text[2] & 0x3Fu));
    }
}

static void check_style(const json_t *j, sx_json_style style, size_t flags, bool newline) {
    sx_error err = { 0 };
    sx_json_doc doc = { .root = (json_t *)j };
    sx_str text = { 0 };
    CHECK_OK(sx_json_print(&doc, style, &text, &err), err);
    char *dumped = json_dumps(j, flags);
    sx_str all = { 0 };
    put_controls(&all, dumped);
    const char *want = sx_str_text(&all);
    if (newline) assert_true(text.data[--text.len] == '\n');
    if (strlen(want) != text.len || memcmp(want, text.data, text.len) != 0)
        fail_msg("printed as %s\nJansson: %s", text.data, want);
    free(dumped);
    sx_str_free(&all);
    sx_str_free(&text);
}

/* Whether both accept it; then they agree on everything. */
static bool compare(const char *text, size_t n, bool unique) {
    sx_error err = { 0 };
    json_t *ours = sx_json_parse(text, n, unique, NULL, &err),
           *theirs = json_loadb(text, n, unique ? JSON_REJECT_DUPLICATES : 0, NULL);
    if ((ours == NULL) != (theirs == NULL))
        fail_msg("%s: %s\n%.*s", ours ? "only we accept this" : "only Jansson accepts this",
                 err.message, (int)n, text);
    if (!ours) assert_true(err.code == SX_ERR_FORMAT && err.message[0]);
    if (ours) {
        assert_true(json_equal(ours, theirs));
        check_style(ours, SX_JSON_ONE_LINE, JSON_REAL_PRECISION(9), true);
        check_style(ours, SX_JSON_INDENTED, JSON_INDENT(1) | JSON_REAL_PRECISION(17), true);
        check_style(ours, SX_JSON_COMPACT, JSON_COMPACT | JSON_REAL_PRECISION(17), false);
    }
    const bool accepted = ours != NULL;
    json_decref(ours);
    json_decref(theirs);
    return accepted;
}

static void documents_are_read_as_by_jansson(void **state) {
    (void)state;
    int accepted = 0;
    for (int i = 0; i < DOCUMENTS; i++)
        for (int unique = 0; unique < 2; unique++)
            accepted += compare(documents[i], strlen(documents[i]), unique);
    assert_true(accepted >= 18);
}

static uint32_t next_random(void) {
    static uint32_t s = 12345;
    s = s * 1664525 + 1013904223;
    return s >> 8;
}

/* Bytes are changed, removed and moved. */
static void damaged_documents_are_read_as_by_jansson(void **state) {
    (void)state;
    static const char bytes[] = "[]{}\",:\\0123456789-+.eEutfnd/ \n\xc3\xa9\xed\xff\x01";
    int accepted = 0;
    for (int round = 0; round < 40000; round++) {
        const char *from = documents[next_random() % DOCUMENTS];
        char text[400];
        size_t n = strlen(from);
        memcpy(text, from, n);
        for (uint32_t k = next_random() % 3 + 1; k && n; k--) {
            const size_t at = next_random() % n;
            if (next_random() % 4 == 0)
                memmove(text + at, text + at + 1, --n - at);
            else
                text[at] = bytes[next_random() % (sizeof bytes - 1)];
        }
        accepted += compare(text, n, round % 2);
    }
    assert_true(accepted > 2000);
}

static void nesting_has_a_limit(void **state) {
    (void)state;
    enum { MOST = 2048 };
    static char text[2 * MOST + 2];
    for (int depth = MOST; depth <= MOST + 1; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        assert_true(compare(text, 2 * (size_t)depth, false) == (depth == MOST));
    }
}

static void check_fault(const char *text, int line, const char *what) {
    sx_error err = { 0 };
    int got = 0;
    json_t *j = sx_json_parse(text, strlen(text), true, &got, &err);
    CHECK_FAILS(j, err, SX_ERR_FORMAT, what);
    assert_int_equal(got, line);
}

static void faults_name_line_and_place(void **state) {
    (void)state;
    check_fault("{\"a\": 1,\n \"b\": tru}", 2, "a value expected near 'tru}'");
    check_fault("[1,\n2\n3]", 3, "']' or ',' expected near '3]'");
    check_fault("{\"a\": 1,\n\"a\": 2}", 2, "a duplicate key near '\"a\": 2}'");
    check_fault("[\"R\xf6ntgen\"]", 1, "byte 0xf6 is not UTF-8 near '\\xf6ntgen\"]'");
    check_fault("[1,\n", 2, "a value expected near the end of the file");
    check_fault("[1e999]", 1, "too large near '1e999]'");
}

static size_t allocations, failing;

static void *allocate(size_t size) {
    return ++allocations == failing ? NULL : malloc(size);
}

/* Whichever of Jansson's allocations fails, the document is whole or an error. */
static void parsing_without_memory_is_an_error(void **state) {
    (void)state;
    /* more items and keys than a new array and a new table hold */
    static const char text[] =
        "[1, 2, 3, 4, 5, 6, 7, 8, 9, {\"a\": 1, \"b\": 2, \"c\": \"x\", \"d\": 1.5, \"e\": [], "
        "\"f\": {}, \"g\": 1, \"h\": 2, \"i\": 3}, \"text\"]";
    sx_error err = { 0 };
    json_t *whole = sx_json_parse(text, strlen(text), false, NULL, &err);
    CHECK_OK(whole != NULL, err);
    json_set_alloc_funcs(allocate, free);
    for (failing = 1;; failing++) {
        allocations = 0;
        json_t *j = sx_json_parse(text, strlen(text), false, NULL, &err);
        const size_t asked = allocations;
        if (j) assert_true(asked < failing && json_equal(j, whole));
        if (!j) assert_int_equal(err.code, SX_ERR_MEMORY);
        json_decref(j);
        if (j) break;
    }
    json_set_alloc_funcs(malloc, free);
    json_decref(whole);
    assert_true(failing > 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_as_by_jansson),
        cmocka_unit_test(damaged_documents_are_read_as_by_jansson),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(faults_name_line_and_place),
        cmocka_unit_test(parsing_without_memory_is_an_error),
    };
    return cmocka_run_group_tests_name("json-parse", tests, NULL, NULL);
}
