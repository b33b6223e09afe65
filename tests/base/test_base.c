#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

#include "base/age.h"
#include "base/compose.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "support/contexts.h"

static void error_message_is_cut_not_overrun(void **state) {
    (void)state;
    char big[2000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    sx_error err = { 0 };
    assert_false(sx_fail(&err, SX_ERR_IO, "%s", big));
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_true(sx_ends_with(err.message, "..."));
    sx_fail(&err, SX_ERR_IO, "inner");
    sx_fail_in(&err, "outer %d", 7);
    assert_string_equal(err.message, "outer 7: inner");
}

static void a_path_in_a_message_gets_another_name(void **state) {
    (void)state;
    char big[2000];
    memset(big, 'y', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    sx_error err = { 0 };
    sx_fail(&err, SX_ERR_FORMAT, "/tmp/a: line 3, not /tmp/a or /tmp/b");
    sx_fail_rename(&err, "/tmp/a", "marks.csv");
    assert_string_equal(err.message, "marks.csv: line 3, not marks.csv or /tmp/b");
    sx_fail_rename(&err, "", "x");
    sx_fail_rename(&err, "elsewhere", "x");
    assert_string_equal(err.message, "marks.csv: line 3, not marks.csv or /tmp/b");
    sx_fail_rename(&err, "marks.csv", big);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_true(sx_ends_with(err.message, "yyy..."));
    assert_int_equal(err.code, SX_ERR_FORMAT);
}

static void stream_is_the_golden_one(void **state) {
    (void)state;
    /* FNV-1a 64 test vectors of its authors; splitmix64 of seed 0 begins so */
    assert_true(sx_fnv1a("", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(sx_fnv1a("foobar", 6) == UINT64_C(0x85944171f73967e8));
    assert_true(sx_rng_u64(0, 0) == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(sx_rng_u64(0, 1) == UINT64_C(0x6e789e6aa1b965f4));
}

/* Published values of XXH64. */
static void xxh64_of_texts(void **state) {
    (void)state;
    static const char repetition[] = "Nobody inspects the spammish repetition";
    assert_true(sx_xxh64("", 0, 0) == 0xEF46DB3751D8E999ULL);
    assert_true(sx_xxh64("a", 1, 0) == 0xD24EC4F1A98C6E5BULL);
    assert_true(sx_xxh64("abc", 3, 0) == 0x44BC2CF5AD770999ULL);
    assert_true(sx_xxh64("xxhash", 6, 0) == 0x32DD38952C4BC720ULL);
    assert_true(sx_xxh64("xxhash", 6, 20141025) == 13067679811253438005ULL);
    assert_true(sx_xxh64(repetition, 39, 0) == 0xFBCEA83C8A378BF1ULL);
}

static void sha256_of_abc(void **state) {
    (void)state;
    assert_string_equal(check_sha256("abc", 3),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Blocks and the part after them, from the beginning or not. */
static void a_file_has_the_hash_of_its_bytes(void **state) {
    (void)state;
    enum { SIZE = 300001 };
    static uint8_t bytes[SIZE];
    sx_error err = { 0 };
    sx_sha256 want, got;
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    const char *path = check_tmp_path("hashed");
    CHECK_OK(sx_write_file(path, bytes, SIZE, &err), err);
    static const size_t offsets[] = { 0, 132, SIZE - 1, SIZE };
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        CHECK_OK(sx_sha256_of(bytes + offsets[i], SIZE - offsets[i], &want, &err), err);
        CHECK_OK(sx_sha256_of_file(path, offsets[i], &got, &err), err);
        assert_string_equal(got.hex, want.hex);
    }
    assert_int_equal(unlink(path), 0);
    CHECK_FAILS(sx_sha256_of_file(check_tmp_path("gone"), 0, &got, &err), err, SX_ERR_IO, "gone");
}

static void marks_are_composed(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        { "", "" },
        { "a.png", "a.png" },
        { "a\u0308", "\u00e4" },
        { "\u00e4O\u0308", "\u00e4\u00d6" },
        { "e\u0323\u0302", "\u1ec7" },        /* two marks */
        { "\u0418\u0306", "\u0419" },         /* Cyrillic */
        { "\u03b1\u0301", "\u03ac" },         /* Greek */
        { "\u30cf\u309a", "\u30d1" },         /* kana */
        { "\u1100\u1161\u11a8x", "\uac01x" }, /* Hangul */
        { "x\u0308", "\u1e8d" },
        { "q\u0308a", "q\u0308a" }, /* no such character */
        { "\u0308a", "\u0308a" },
        { "a\xff\u0308\xe4", "a\xff\u0308\xe4" }, /* no UTF-8 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        sx_compose_text(text);
        assert_string_equal(text, cases[i][1]);
    }
}

static void utf8_is_told_from_what_is_not(void **state) {
    (void)state;
    const char *good =
        "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    assert_int_equal(sx_utf8_span(good, strlen(good)), strlen(good));
    assert_int_equal(sx_utf8_span("", 0), 0);
    assert_int_equal(sx_utf8_span("a\0b", 3), 3);
    static const char *const bad[] = { "\x80",
                                       "\xbf",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2\x41",
                                       "\xe0\x9f\xbf",
                                       "\xed\xa0\x80",
                                       "\xe2\x82",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xff" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (sx_utf8_length(bad[i], strlen(bad[i])) != 0) fail_msg("case %zu is taken", i);
    assert_int_equal(sx_utf8_span("ab\xff", 3), 2);
}

static void arena_gives_aligned_zeros(void **state) {
    (void)state;
    sx_arena *a = sx_arena_new();
    assert_non_null(a);
    for (size_t i = 1; i < 3000; i += 7) {
        unsigned char *p = sx_arena_alloc(a, i, 3);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < 3 * i; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xff, 3 * i);
    }
    assert_null(sx_arena_alloc(a, SIZE_MAX / 2, 3));
    assert_string_equal(sx_arena_printf(a, "%s-%d", "block", 3), "block-3");
    sx_arena_free(a);
}

static void numbers_are_parsed_whole(void **state) {
    (void)state;
    double d;
    long n;
    assert_true(sx_parse_double("0.25", &d) && d == 0.25);
    assert_false(sx_parse_double("0.25x", &d));
    assert_false(sx_parse_double("", &d));
    static const char *const none[] = { "inf",  "-inf",  "nan",   "NAN(1)", "infinity",
                                        "0x10", "0x1p3", "1e999", "1,5" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(sx_parse_double(none[i], &d));
    assert_true(sx_parse_double("-1.5E-3", &d) && d == -1.5e-3);
    assert_true(sx_parse_printed_double("0x1.8p+1", &d) && d == 3);
    assert_true(sx_parse_printed_double("nan", &d) && d != d);
    assert_true(sx_parse_long("42", 0, 100, &n) && n == 42);
    assert_false(sx_parse_long("101", 0, 100, &n));
}

static void ages_are_years(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double years;
    } ages[] = { { "022Y", 22 },          { "018M", 1.5 }, { "003W", 21 / 365.25 },
                 { "010D", 10 / 365.25 }, { "51", 51 },    { "6.5", 6.5 },
                 { "000D", 0 },           { "058y", 58 },  { "0.00001", 0 },
                 { "058 Y", 58 },         { "18  m", 1.5 } };
    static const char *const bad[] = { "",    "Y",   "22z", "022Yx", "-5",    "0x10", "1e1",
                                       "200", "inf", " 22", "22 z",  "22 Yx", "2 2Y", " Y" };
    for (size_t i = 0; i < sizeof ages / sizeof *ages; i++)
        assert_true(fabs(sx_age_years(ages[i].text) - ages[i].years) < 1e-12);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!isnan(sx_age_years(bad[i]))) fail_msg("\"%s\" is an age", bad[i]);
    assert_true(!signbit(sx_age_of(-0.0)) && sx_age_of(1e-320) == 0 && isnan(sx_age_of(-1)));
    assert_true(sx_is_dicom_age("022Y") && !sx_is_dicom_age("22Y") && !sx_is_dicom_age("0221"));
}

static void files_are_written_whole_or_not_at_all(void **state) {
    (void)state;
    sx_error err = { 0 };
    const char *path = check_tmp_path("a/b/file.txt");
    CHECK_OK(sx_make_dirs(check_tmp_path("a/b"), &err), err);
    CHECK_OK(sx_write_file(path, "first", 5, &err), err);
    sx_writer *w = sx_writer_open(path, &err);
    assert_non_null(w);
    CHECK_OK(sx_writer_put(w, "second", 6, &err), err);
    sx_writer_abort(w);
    sx_file f;
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_int_equal(f.size, 5);
    assert_memory_equal(f.data, "first", 5);
    sx_file_close(&f);
    CHECK_OK(sx_write_file(path, "second", 6, &err), err);
    sx_paths p = { 0 };
    CHECK_OK(sx_paths_walk(&p, check_tmp(), &err), err);
    assert_int_equal(p.count, 1); /* no temporary file is left */
    sx_paths_free(&p);
    CHECK_FAILS(sx_file_open(&f, check_tmp_path("absent"), &err), err, SX_ERR_IO, "absent");
    CHECK_FAILS(sx_file_open(&f, check_tmp(), &err), err, SX_ERR_IO, "folder");
    CHECK_FAILS(sx_file_open(&f, "", &err), err, SX_ERR_IO, "cannot open: the path is empty");
    check_tmp_remove();
}

static void count_range(void *ctx, size_t begin, size_t end) {
    unsigned char *seen = ctx;
    for (size_t i = begin; i < end; i++)
        seen[i]++;
}

static void parallel_for_covers_each_index_once(void **state) {
    (void)state;
    unsigned char seen[1000];
    for (int threads = 1; threads <= 4; threads++) {
        const sx_context context = check_context(threads);
        memset(seen, 0, sizeof seen);
        sx_parallel_for(&context, sizeof seen, 10, count_range, seen);
        for (size_t i = 0; i < sizeof seen; i++)
            assert_int_equal(seen[i], 1);
    }
}

/* Or else a long text costs the square of its length. */
static void text_grows_by_doubling(void **state) {
    (void)state;
    sx_str s = { 0 };
    size_t grown = 0, cap = 0;
    for (int i = 0; i < 100000; i++) {
        sx_str_add(&s, "ab");
        grown += s.cap != cap;
        cap = s.cap;
    }
    assert_int_equal(s.len, 200000);
    assert_true(grown < 20);
    sx_str_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_message_is_cut_not_overrun),
        cmocka_unit_test(a_path_in_a_message_gets_another_name),
        cmocka_unit_test(stream_is_the_golden_one),
        cmocka_unit_test(sha256_of_abc),
        cmocka_unit_test(a_file_has_the_hash_of_its_bytes),
        cmocka_unit_test(xxh64_of_texts),
        cmocka_unit_test(utf8_is_told_from_what_is_not),
        cmocka_unit_test(marks_are_composed),
        cmocka_unit_test(text_grows_by_doubling),
        cmocka_unit_test(arena_gives_aligned_zeros),
        cmocka_unit_test(numbers_are_parsed_whole),
        cmocka_unit_test(ages_are_years),
        cmocka_unit_test(files_are_written_whole_or_not_at_all),
        cmocka_unit_test(parallel_for_covers_each_index_once),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
