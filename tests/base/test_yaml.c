/* YAML configurations: what is read, what is refused and where, and that what is written is read
 * again. */
#include <string.h>

#include "base/yaml.h"
#include "support/check.h"

static void parse(const char *text, sx_yaml *y) {
    sx_error err = { 0 };
    CHECK_OK(sx_yaml_parse("c.yaml", text, strlen(text), y, &err), err);
}

static void check_value(const sx_yaml *y, const char *key, size_t line, const char *items) {
    const sx_yaml_value *v = sx_yaml_find(y, key);
    char got[256] = "";
    if (!v) fail_msg("%s is not there", key);
    for (size_t i = 0; i < v->count; i++) {
        const size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%s", i ? "|" : "", v->items[i]);
    }
    assert_string_equal(got, items);
    assert_int_equal(v->line, line);
}

static void documents_are_read(void **state) {
    (void)state;
    sx_yaml y;
    parse("SEED: 1999 # a remark\n"
          "SOLVER:\n"
          "  STEPS: (5000,7500)\n"
          "  CLIP: {ENABLED: True}\n"
          "  ONE: (\"spine_train\",)\n"
          "  QUOTED: \"(1, 2)\"\n"
          "LIST: [\"a, b\", c,]\n"
          "LONG:\n"
          "- x\n"
          "- [1, \"a, b\"]\n"
          "NOTHING:\n"
          "A.B: 1\n",
          &y);
    check_value(&y, "SEED", 1, "1999");
    check_value(&y, "SOLVER.STEPS", 3, "5000|7500");
    check_value(&y, "SOLVER.CLIP.ENABLED", 4, "True");
    check_value(&y, "SOLVER.ONE", 5, "spine_train");
    check_value(&y, "SOLVER.QUOTED", 6, "(1, 2)");
    check_value(&y, "LIST", 7, "a, b|c");
    check_value(&y, "LONG", 8, "x|[1, \"a, b\"]");
    check_value(&y, "A.B", 12, "1");
    assert_true(sx_yaml_find(&y, "NOTHING")->null);
    assert_true(sx_yaml_find(&y, "SOLVER.STEPS")->list);
    assert_true(sx_yaml_find(&y, "SOLVER.ONE")->list);
    assert_false(sx_yaml_find(&y, "SOLVER.QUOTED")->list);
    assert_int_equal(y.count, 9);
    sx_yaml_free(&y);
}

static void test_set(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_yaml y = { 0 };
    CHECK_OK(sx_yaml_set(&y, "A.B", "(1, 2)", &err), err);
    check_value(&y, "A.B", 0, "1|2");
    CHECK_OK(sx_yaml_set(&y, "A.B", "[ 'x y' , \"p,q\"]", &err), err);
    check_value(&y, "A.B", 0, "x y|p,q");
    CHECK_OK(sx_yaml_set(&y, "A.B", "3", &err), err);
    check_value(&y, "A.B", 0, "3");
    assert_int_equal(y.count, 1);
    sx_yaml_free(&y);
}

static void bad_documents_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
        sx_error_code code;
    } cases[] = {
        { "A: 1\nB: 2\nA: 3\n", "c.yaml, line 3: A a second time (line 1)", SX_ERR_FORMAT },
        { "A: [1, 2\nB: 2\n", "c.yaml, line 2: ", SX_ERR_FORMAT },
        { "A: *x\nB: 1\n", "c.yaml, line 1: found undefined alias", SX_ERR_FORMAT },
        { "A: !!python/object 1\n", "line 1: tags are not read", SX_ERR_UNSUPPORTED },
        { "A: {B: 1}\nA: {C: 2}\n", "line 2: A a second time (line 1)", SX_ERR_FORMAT },
        { "A.B: 1\nA: {B: 2}\n", "line 2: A.B a second time (line 1)", SX_ERR_FORMAT },
        { "A: &x {B: *x}\n", "line 1: nested too deeply", SX_ERR_LIMIT },
        { "A:\n - B: 1\n", "line 2: only scalars", SX_ERR_UNSUPPORTED },
        { "just words\n", "line 1: expected keys with values", SX_ERR_FORMAT },
        { "A: 1\n---\nB: 1\n", "line 2: a second document", SX_ERR_UNSUPPORTED },
        { "A: \"x\\0y\"\n", "line 1: a NUL", SX_ERR_FORMAT },
        { "{[1]: 2}\n", "line 1: a key that is not a scalar", SX_ERR_UNSUPPORTED },
        { "A: 1\n\tB: 2\n", "line 2", SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_yaml y;
        CHECK_FAILS(sx_yaml_parse("c.yaml", cases[i].text, strlen(cases[i].text), &y, &err), err,
                    cases[i].code, cases[i].message);
        sx_yaml_free(&y);
    }
    enum { DEPTH = 30 };
    char deep[5 * DEPTH + 1] = "";
    for (int i = 0; i < DEPTH; i++)
        memcpy(deep + 4 * i, "{a: ", 4);
    memset(deep + 4 * DEPTH, '}', DEPTH);
    sx_error err = { 0 };
    sx_yaml y;
    CHECK_FAILS(sx_yaml_parse("c.yaml", deep, strlen(deep), &y, &err), err, SX_ERR_LIMIT,
                "nested too deeply");
    sx_yaml_free(&y);
}

/* Without limits libyaml would take hours for each. */
static void test_hostile(void **state) {
    (void)state;
    static const struct {
        const char *head, *repeated, *message;
    } cases[] = {
        { "A: ", "[", "c.yaml, line 1: nested too deeply" },
        { "A:\n", " [\n", "c.yaml, line 33: nested too deeply" },
        { "A: 1\nB: ", "{a: ", "c.yaml, line 2: nested too deeply" },
        { "A:\n", "- ", "c.yaml, line 2: nested too deeply" },
        { "", "? ", "c.yaml, line 1: nested too deeply" },
        { "A: ['[[[[', #]]\n", "[", "c.yaml, line 2: nested too deeply" },
        { "A:\n", "&", "c.yaml, line 1002: more than 1000 anchors" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_str text = { 0 };
        sx_error err = { 0 };
        sx_yaml y;
        sx_str_add(&text, cases[i].head);
        for (size_t k = 0; text.len < 1000000; k++)
            if (strchr(cases[i].repeated, '&'))
                sx_str_printf(&text, "- &a%zu x\n", k);
            else
                sx_str_add(&text, cases[i].repeated);
        CHECK_FAILS(sx_yaml_parse("c.yaml", text.data, text.len, &y, &err), err, SX_ERR_LIMIT,
                    cases[i].message);
        sx_yaml_free(&y);
        sx_str_free(&text);
    }
}

/* Brackets in texts and comments are not nested lists. */
static void test_brackets_in_text(void **state) {
    (void)state;
    char brackets[65] = "";
    memset(brackets, '[', 64);
    sx_str text = { 0 };
    sx_yaml y;
    sx_str_printf(&text, "A: '%s' # %s\nB: |\n  %s\nC: x%s\n", brackets, brackets, brackets,
                  brackets);
    parse(text.data, &y);
    check_value(&y, "A", 1, brackets);
    assert_int_equal(y.count, 3);
    sx_yaml_free(&y);
    sx_str_free(&text);
}

static void test_aliases(void **state) {
    (void)state;
    sx_yaml y;
    parse("BASE: &b\n"
          "  LR: &lr 0.1\n"
          "  STEPS: &s [1, 2]\n"
          "COPY: *b\n"
          "RATE: *lr\n"
          "IN: [*lr, *s]\n",
          &y);
    check_value(&y, "BASE.LR", 2, "0.1");
    check_value(&y, "COPY.LR", 2, "0.1");
    check_value(&y, "COPY.STEPS", 3, "1|2");
    check_value(&y, "RATE", 5, "0.1");
    check_value(&y, "IN", 6, "0.1|[1, 2]");
    assert_int_equal(y.count, 6);
    sx_yaml_free(&y);
}

/* Nine aliases of nine aliases of ... one text. */
static void test_alias_bomb(void **state) {
    (void)state;
    sx_str text = { 0 };
    sx_str_add(&text, "a0: &a0 {x: lol, y: lol, z: lol}\n");
    for (int i = 1; i < 14; i++)
        sx_str_printf(&text, "a%d: &a%d {x: *a%d, y: *a%d, z: *a%d}\n", i, i, i - 1, i - 1, i - 1);
    sx_error err = { 0 };
    sx_yaml y;
    CHECK_FAILS(sx_yaml_parse("c.yaml", text.data, text.len, &y, &err), err, SX_ERR_LIMIT,
                "aliases make it too large");
    sx_yaml_free(&y);
    sx_str_free(&text);
}

static void test_one_key(void **state) {
    (void)state;
    static const char text[] = "download: |\n"
                               "  from somewhere import it\n"
                               "list: [{a: 1}, {b: 2}]\n"
                               "tag: !!python/object 1\n"
                               "[1, 2]: 3\n"
                               "names: {1: (a), 0: [x]}\n"
                               "more: {names: 5}\n";
    sx_error err = { 0 };
    sx_yaml y;
    CHECK_OK(sx_yaml_parse_key("d.yaml", text, strlen(text), "names", &y, &err), err);
    check_value(&y, "names.1", 6, "(a)");
    check_value(&y, "names.0", 6, "x");
    assert_false(sx_yaml_find(&y, "names.1")->list);
    assert_int_equal(y.count, 2);
    sx_yaml_free(&y);
    static const char twice[] = "names: [a]\nnames: {0: b}\n";
    CHECK_FAILS(sx_yaml_parse_key("d.yaml", twice, strlen(twice), "names", &y, &err), err,
                SX_ERR_FORMAT, "line 2: names a second time (line 1)");
    sx_yaml_free(&y);
}

static void test_written_is_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "plain",      "two words",    "",      "~",           "- a",         "-1.5",
        "a: b",       "a #b",         "x\ny",  "\"quoted\"",  "(1, 2)",      "{a}",
        "\xc2\x85|",  "\xe2\x80\xa8", " lead", "caf\xc3\xa9", "back\\slash", "null",
        "tab\tin it", "/a/b-c_d.e"
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sx_str out = { 0 };
        sx_yaml y;
        sx_str_add(&out, "KEY: ");
        sx_yaml_put(&out, texts[i]);
        sx_str_add(&out, "\nIN: [");
        sx_yaml_put(&out, texts[i]);
        sx_str_add(&out, ", z]\n");
        parse(out.data, &y);
        check_value(&y, "KEY", 1, texts[i]);
        assert_int_equal(sx_yaml_find(&y, "IN")->count, 2);
        assert_string_equal(sx_yaml_find(&y, "IN")->items[0], texts[i]);
        assert_false(sx_yaml_find(&y, "KEY")->null || sx_yaml_find(&y, "KEY")->list);
        sx_yaml_free(&y);
        sx_str_free(&out);
    }
    sx_yaml y;
    sx_str out = { 0 };
    sx_str_add(&out, "KEY: ");
    sx_yaml_put(&out, "R\xf6ntgen");
    parse(out.data, &y);
    check_value(&y, "KEY", 1, "R\\xf6ntgen");
    sx_yaml_free(&y);
    sx_str_free(&out);
}

/* Other programs read what is written, and YAML has more types than our reader. */
static void test_other_types_are_quoted(void **state) {
    (void)state;
    static const char *const quoted[] = {
        "",      "null",    "Null",       "NULL",  "~",      "yes",   "No",    "ON",    "off",
        "True",  "FALSE",   "y",          "N",     "1",      "1.0",   "0x1F",  "0o7",   "007",
        "0b1",   "1_000",   "+1",         "-1",    "1e3",    "0.",    ".5",    "+.5",   "-.5",
        ".inf",  "-.INF",   ".NaN",       ".",     "1:30",   "=",     "<<",    "...",   "---",
        "1.2.3", "0.1e-05", "2026-11-29", "12:30", "20:1.5", "1 000", "1,000", "* a",   "& a",
        "! a",   "? a",     "| a",        "> a",   "% a",    "@ a",   "` a",   "a #b",  "a: b",
        "[a",    "{a",      "- a",        "-",     "a,b",    "0bsd",  "a]",    "2nd x",
    };
    static const char *const plain[] = { "Osteophytes", "Other lesions", "nothing",
                                         "yesterday",   "v1.0",          "e5",
                                         "a-1",         "/a/0.5" };
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        sx_str out = { 0 };
        sx_yaml_put(&out, quoted[i]);
        if (out.data[0] != '"') fail_msg("%s is not quoted", quoted[i]);
        sx_str_free(&out);
    }
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        sx_str out = { 0 };
        sx_yaml_put(&out, plain[i]);
        assert_string_equal(out.data, plain[i]);
        sx_str_free(&out);
    }
}

/* ---- merge keys ---- */

static void test_merge_keys(void **state) {
    (void)state;
    sx_yaml y;
    parse("base: &base\n"
          "  rate: 1\n"
          "  steps: [2, 3]\n"
          "  inner: {a: 4, b: 5}\n"
          "more: &more {rate: 6, <<: *base, extra: 7}\n"
          "run:\n"
          "  <<: [*more, {steps: 8, last: 9}]\n"
          "  inner: {c: 10}\n"
          "text:\n"
          "  \"<<\": 11\n",
          &y);
    check_value(&y, "more.rate", 5, "6"); /* the mapping's own key decides */
    check_value(&y, "more.steps", 3, "2|3");
    check_value(&y, "run.rate", 5, "6");
    check_value(&y, "run.extra", 5, "7");
    check_value(&y, "run.steps", 3, "2|3"); /* the first of the list decides */
    check_value(&y, "run.last", 7, "9");
    check_value(&y, "run.inner.c", 8, "10"); /* values are not merged */
    assert_null(sx_yaml_find(&y, "run.inner.a"));
    check_value(&y, "text.<<", 10, "11");
    sx_yaml_free(&y);
}

static void check_bad_merge(const char *text, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_yaml y;
    CHECK_FAILS(sx_yaml_parse("c.yaml", text, strlen(text), &y, &err), err, code, message);
    sx_yaml_free(&y);
}

static void test_bad_merge_keys(void **state) {
    (void)state;
    static const char one[] = "b: &b {names: [x]}\n<<: *b\nother: {<<: 1}\n";
    sx_error err = { 0 };
    sx_str bomb = { 0 };
    sx_yaml y;
    check_bad_merge("a: 1\n<<: 2\n", SX_ERR_FORMAT,
                    "c.yaml, line 2: a merge key (<<) without a mapping");
    check_bad_merge("<<: [1]\n", SX_ERR_FORMAT, "c.yaml, line 1: a merge key (<<) without");
    /* a merged mapping has each key once as well, and a mapping has one merge key */
    check_bad_merge("a: 1\n<<: {names: [x],\n  names: [y]}\n", SX_ERR_FORMAT,
                    "c.yaml, line 3: names a second time (line 2)");
    check_bad_merge("<<: [{a: 1}, {b: 1,\n  b: 1}]\n", SX_ERR_FORMAT,
                    "c.yaml, line 2: b a second time (line 1)");
    check_bad_merge("<<: {a: 1}\n<<: {b: 1}\n", SX_ERR_FORMAT,
                    "c.yaml, line 2: << a second time (line 1)");
    check_bad_merge("<<: {<<: {a: 1}, <<: {b: 1}}\n", SX_ERR_FORMAT, "<< a second time");
    check_bad_merge("a: &a {<<: *a, b: 1}\n", SX_ERR_LIMIT, "nested too deeply");
    sx_str_add(&bomb, "a0: &a0 {k: 1}\n");
    for (int i = 1; i < 15; i++)
        sx_str_printf(&bomb, "a%d: &a%d {<<: [*a%d, *a%d, *a%d, *a%d]}\n", i, i, i - 1, i - 1,
                      i - 1, i - 1);
    CHECK_FAILS(sx_yaml_parse("c.yaml", bomb.data, bomb.len, &y, &err), err, SX_ERR_LIMIT,
                "aliases make it too large");
    sx_yaml_free(&y);
    sx_str_free(&bomb);
    /* of the only key that is read, also through a merge */
    CHECK_OK(sx_yaml_parse_key("d.yaml", one, strlen(one), "names", &y, &err), err);
    check_value(&y, "names", 1, "x");
    sx_yaml_free(&y);
}

/* Windows' editors write UTF-16 with a byte order mark. */
static void test_utf16(void **state) {
    (void)state;
    static const char text[] = "names: {0: M\xFC, 1: x}\n"; /* Latin-1, to be widened */
    for (int big = 0; big < 2; big++) {
        sx_error err = { 0 };
        sx_str bytes = { 0 };
        sx_yaml y;
        sx_str_append(&bytes, big ? "\xFE\xFF" : "\xFF\xFE", 2);
        for (const char *p = text; *p; p++) {
            const char pair[2] = { big ? '\0' : *p, big ? *p : '\0' };
            sx_str_append(&bytes, pair, 2);
        }
        CHECK_OK(sx_yaml_parse("c.yaml", bytes.data, bytes.len, &y, &err), err);
        check_value(&y, "names.0", 1, "M\xC3\xBC");
        sx_yaml_free(&y);
        sx_str_free(&bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(documents_are_read),
                                        cmocka_unit_test(test_set),
                                        cmocka_unit_test(bad_documents_are_refused),
                                        cmocka_unit_test(test_hostile),
                                        cmocka_unit_test(test_brackets_in_text),
                                        cmocka_unit_test(test_aliases),
                                        cmocka_unit_test(test_alias_bomb),
                                        cmocka_unit_test(test_one_key),
                                        cmocka_unit_test(test_written_is_read),
                                        cmocka_unit_test(test_other_types_are_quoted),
                                        cmocka_unit_test(test_merge_keys),
                                        cmocka_unit_test(test_bad_merge_keys),
                                        cmocka_unit_test(test_utf16) };
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
