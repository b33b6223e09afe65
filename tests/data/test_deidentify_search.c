/* The final search for spellings of removed values, in headers and in pixels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/rng.h"
#include "dicom/deid_finder.h"

#define HEADER SX_FIND_HEADER
#define STREAM SX_FIND_STREAM
#define PIXELS SX_FIND_PIXELS

static sx_finder *finder_of(sx_secrets *s, sx_secret_kind kind, const char *secret) {
    sx_error err = { 0 };
    *s = (sx_secrets){ 0 };
    CHECK_OK(sx_secrets_add(s, 7, kind, secret, strlen(secret), secret, &err), err);
    sx_finder *f = sx_finder_new(s, &err);
    CHECK_OK(f, err);
    return f;
}

static bool is_found(sx_secret_kind kind, const char *secret, const void *bytes, size_t n,
                     sx_find_place place) {
    sx_secrets s;
    const char *const terms[] = { "Lumbar spine", "LSPINE" };
    sx_finder *f = finder_of(&s, kind, secret);
    const sx_secret *x = sx_finder_search(f, bytes, n, place, terms, 2);
    assert_true(!x || x->tag == 7);
    sx_finder_free(f);
    sx_secrets_free(&s);
    return x != NULL;
}

typedef struct search_case {
    sx_secret_kind kind;
    const char *secret, *text;
    sx_find_place place;
    bool found;
} search_case;

static void check_cases(const search_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const search_case *c = &cases[i];
        if (is_found(c->kind, c->secret, c->text, strlen(c->text), c->place) != c->found)
            fail_msg("'%s' in '%s' (%d): %d expected", c->secret, c->text, (int)c->place, c->found);
    }
}

static void names_are_found_in_any_spelling(void **state) {
    (void)state;
    static const search_case cases[] = {
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "Muller", PIXELS, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "mueller, x", PIXELS, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "M\xFCLLER", PIXELS, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "mu\xCC\x88ller", PIXELS, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "J_O_S_E_F_I_N_E", HEADER, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Josefine", "Jose-fine", PIXELS, true },
        { SX_SECRET_NAME, "MUELLER^X", "M\xC3\xBCller", HEADER, true },
        { SX_SECRET_NAME, "Nguy\xE1\xBB\x85n^An", "XNGUYENX", HEADER, true },
        { SX_SECRET_NAME, "Nguy\xE1\xBB\x85n^Anh", "nguyenanh", STREAM, true },
        { SX_SECRET_NAME, "Hans^Li", "by HANS.", HEADER, true },
        { SX_SECRET_NAME, "Hans^Li", "SHANS", HEADER, false },
        { SX_SECRET_NAME, "Hans^Li", " HANS ", STREAM, false }, /* too short for pixels */
        { SX_SECRET_NAME, "Peter^Li", " Peter ", STREAM, true },
        { SX_SECRET_NAME, "Peter^Li", "-Peter ", STREAM, false },
        { SX_SECRET_NAME, "LE^VAN^AN", "An Le Van", HEADER, true },
        { SX_SECRET_NAME, "LE^VAN^AN", "LEVEL ANVIL", HEADER, false },
        { SX_SECRET_NAME, "\xE7\x8E\x8B^\xE6\x99\x93\xE4\xB8\x9C",
          "x\xE6\x99\x93\xE4\xB8\x9C\xE7\x8E\x8B", HEADER, true },
        { SX_SECRET_NAME, "\xD0\x9F\xD0\xB5\xD1\x82\xD1\x80\xD0\xBE\xD0\xB2",
          "\xD0\x9F\xD0\x95\xD0\xA2\xD0\xA0\xD0\x9E\xD0\x92", STREAM, true }, /* Cyrillic */
        { SX_SECRET_NAME, "MUELLER^X",
          "\xEF\xBC\xAD\xEF\xBC\xB5"
          "eller",
          HEADER, true },
        { SX_SECRET_NAME, "Mu\xCC\x88ller^X", "MUELLER", HEADER, true }, /* decomposed */
        { SX_SECRET_NAME, "Mu\xCC\xA3\xCC\x88ller^X", "MUELLER", HEADER, true },
        { SX_SECRET_NAME, "A\xCC\x8Ag\xC3\xA5rd^X", "AAGAARD", HEADER, true },
        { SX_SECRET_NAME, "O\xCC\xB8sterga\xCC\x8Ard^X", "OESTERGAARD", HEADER, true },
        { SX_SECRET_NAME, "Zoe\xCC\x88lla^X", "ZOELLA", HEADER, true },
        { SX_SECRET_NAME,
          "L\xC7\x8E"
          "ozi^X",
          "LAOZI", HEADER, true },
        { SX_SECRET_NAME, "\xD0\xA1\xD0\xB5\xD1\x80\xD0\xB3\xD0\xB5\xD0\xB9^X",
          "\xD0\xA1\xD0\xB5\xD1\x80\xD0\xB3\xD0\xB5\xD0\xB8\xCC\x86", HEADER, true },
        { SX_SECRET_NAME, "\xCE\xA0\xCE\xB1\xCF\x80\xCE\xAC\xCF\x82^X",
          "\xCE\xA0\xCE\x91\xCE\xA0\xCE\x91\xCE\xA3", HEADER, true }, /* Greek */
        { SX_SECRET_NAME, "\xEA\xB9\x80\xEA\xB5\xAD^X",
          "\xE1\x84\x80\xE1\x85\xB5\xE1\x86\xB7\xE1\x84\x80\xE1\x85\xAE\xE1\x86\xA8", HEADER,
          true }, /* Hangul */
        { SX_SECRET_NAME,
          "\xE1\x84\x80\xE1\x85\xB5\xE1\x86\xB7\xE1\x84\x80\xE1\x85\xAE\xE1\x86\xA8^X",
          "\xEA\xB9\x80\xEA\xB5\xAD", HEADER, true },
        { SX_SECRET_NAME, "\xE3\x81\x8C\xE3\x81\xB1^X",
          "\xE3\x81\x8B\xE3\x82\x99\xE3\x81\xAF\xE3\x82\x9A", HEADER, true }, /* kana */
        { SX_SECRET_NAME, "SPINEXR", "spinexr: PS3.15 annex E", HEADER, false },
        { SX_SECRET_TEXT, "LUMBAR-SPINE", "lumbar spine", HEADER, false }, /* a term that is kept */
        { SX_SECRET_TEXT, "Room 42 left", "ROOM-42/LEFT", HEADER, true },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

static void numbers_are_found_in_any_spelling(void **state) {
    (void)state;
    static const search_case cases[] = {
        { SX_SECRET_ID, "4711-88", "47 11 88", HEADER, true },
        { SX_SECRET_ID, "4711-88", "x471188y", STREAM, true },
        { SX_SECRET_ID, "4711-88", "47 11 88", STREAM, true },
        { SX_SECRET_ID, "4711-88", "000471188", HEADER, true },
        { SX_SECRET_ID, "4711-88", "471188.0", HEADER, true },
        { SX_SECRET_ID, "4711-88", "471188.5", HEADER, false },
        { SX_SECRET_ID, "4711-88", "1471188", HEADER, false },
        { SX_SECRET_ID, "4711-88", "1.471188", HEADER, false },
        { SX_SECRET_ID, "4711-88", "4711880", HEADER, false },
        { SX_SECRET_ID, "4711-88",
          "\x32"
          "471188",
          PIXELS, false },
        { SX_SECRET_ID, "4711-88", "x471188y", PIXELS, false }, /* only between blanks */
        { SX_SECRET_ID, "4711-88", "  471188  ", PIXELS, true },
        { SX_SECRET_ID, "00471188-9", "x4711 889-", PIXELS, false },
        { SX_SECRET_ID, "0471188-99", "x471188 99-", PIXELS, true },
        { SX_SECRET_ID, "0471188-99", "4 7 1 1 8 8 9 9", PIXELS, false },
        { SX_SECRET_ID, "0471188-99", "4 7 1 1 8 8 9 9", HEADER, true },
        { SX_SECRET_ID, "4711", "4711", HEADER, true },
        { SX_SECRET_ID, "4711", "47 11", HEADER, false },
        { SX_SECRET_ID, "4711", " 4711 ", STREAM, false },
        { SX_SECRET_ID, "ZQ-0815", "zq 0815", HEADER, true },
        { SX_SECRET_ID, "00999", "x 00999 y", HEADER, true }, /* the rest alone is too short */
        { SX_SECRET_ID, "00999", "000999", HEADER, true },
        { SX_SECRET_ID, "00999", "00999.0", HEADER, true },
        { SX_SECRET_ID, "00999", "00-999", HEADER, false },
        { SX_SECRET_ID, "00999", "999", HEADER, false },
        { SX_SECRET_ID, "00999", "100999", HEADER, false },
        { SX_SECRET_ID, "00999", "009990", HEADER, false },
        { SX_SECRET_ID, "00999", " 00999 ", PIXELS, false },
        { SX_SECRET_ID, "0099", "0099", HEADER, true },
        { SX_SECRET_ID, "099", "099", HEADER, false },
        { SX_SECRET_ID, "0009999", "9999", HEADER, true },
        { SX_SECRET_ID, "113100", "113100", HEADER, false }, /* a code of every result */
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

static void dates_are_found_in_any_spelling(void **state) {
    (void)state;
    static const char *const spellings[] = {
        "12051961", "12 05 1961", "610512",  "1961/05/12", "05121961", "12.5.1961",     "5/12/1961",
        "120561",   "1961-5-12",  "12.5.61", "5/12/61",    "61-05-12", "19610512123000"
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char text[64];
        snprintf(text, sizeof text, "born %s.", spellings[i]);
        if (!is_found(SX_SECRET_BIRTH, "19610512", text, strlen(text), HEADER))
            fail_msg("'%s' is not found", text);
    }
    static const search_case cases[] = {
        { SX_SECRET_BIRTH, "19610512",
          "\x01"
          "12051961\x02",
          PIXELS, true },
        { SX_SECRET_BIRTH, "19610512", "(1961/05/12)", PIXELS, true },
        { SX_SECRET_BIRTH, "19610512", " 610512 ", PIXELS, true },
        { SX_SECRET_BIRTH, "19610512", "x610512-", PIXELS, false },
        { SX_SECRET_BIRTH, "19610512", "x610512-", STREAM, true },
        { SX_SECRET_BIRTH, "19610512", "1610512", STREAM, false },
        { SX_SECRET_BIRTH, "19610512", "0.610512", HEADER, false },
        { SX_SECRET_BIRTH, "19610512", "1251961", HEADER, false },
        { SX_SECRET_DATE, "19610512", "610512", HEADER, false }, /* might be any number */
        { SX_SECRET_DATE, "19610512", "12.05.1961", HEADER, true },
        { SX_SECRET_DATE, "19610512", "2.25.19610512.7", HEADER, false },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

/* Either byte order, at even and odd places, also across the blocks of the search. */
static void utf16_anywhere(void **state) {
    (void)state;
    enum { SIZE = 140000 };
    static const char text[] = "Josefine";
    uint8_t *bytes = calloc(SIZE, 1);
    assert_non_null(bytes);
    for (size_t at = 65500; at < 65560; at++)
        for (int step = 1; step <= 2; step++) {
            memset(bytes, 0xFF, SIZE);
            memset(bytes + at - 1, 0, sizeof text * 2 + 1);
            for (size_t i = 0; i + 1 < sizeof text; i++)
                bytes[at + i * (size_t)step] = (uint8_t)text[i];
            for (int place = HEADER; place <= PIXELS; place++)
                if (!is_found(SX_SECRET_NAME, "X^JOSEFINE", bytes, SIZE, (sx_find_place)place))
                    fail_msg("byte %zu, step %d, place %d", at, step, place);
        }
    free(bytes);
}

/* Noise of pixels around the codes of digits and letters, of 8 and 16 bits. */
static void noise_is_no_text(void **state) {
    (void)state;
    enum { SIZE = 4 << 20 };
    static const struct {
        uint8_t low, range, high; /* high: of 16 bits, 0xFF: 8 bits */
    } kinds[] = { { 44, 18, 0xFF }, { 0, 255, 0xFF }, { 44, 18, 0 },
                  { 44, 18, '\t' }, { 44, 18, ' ' },  { 60, 32, 0 } };
    sx_secrets s = { 0 };
    sx_error err = { 0 };
    static const char *const names[] = { "Hans^Peter", "Mueller^Josefine", "Le^Van^An" };
    for (size_t i = 0; i < 3; i++)
        CHECK_OK(sx_secrets_add(&s, 1, SX_SECRET_NAME, names[i], strlen(names[i]), names[i], &err),
                 err);
    CHECK_OK(sx_secrets_add(&s, 2, SX_SECRET_BIRTH, "19610512", 8, "19610512", &err), err);
    CHECK_OK(sx_secrets_add(&s, 3, SX_SECRET_ID, "4711-88", 7, "4711-88", &err), err);
    sx_finder *f = sx_finder_new(&s, &err);
    uint8_t *bytes = malloc(SIZE);
    assert_true(f && bytes);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        const uint64_t stream = sx_rng_key("noise", k);
        for (size_t i = 0; i < SIZE; i++)
            if (kinds[k].high != 0xFF && (i & 1))
                bytes[i] = kinds[k].high;
            else
                bytes[i] = (uint8_t)(kinds[k].low + sx_rng_u64(stream, i) % kinds[k].range);
        const sx_secret *x = sx_finder_search(f, bytes, SIZE, PIXELS, NULL, 0);
        if (x) fail_msg("noise %zu: %s", k, x->raw);
        if (k == 1) assert_null(sx_finder_search(f, bytes, SIZE, STREAM, NULL, 0));
    }
    free(bytes);
    sx_finder_free(f);
    sx_secrets_free(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_in_any_spelling),
        cmocka_unit_test(numbers_are_found_in_any_spelling),
        cmocka_unit_test(dates_are_found_in_any_spelling),
        cmocka_unit_test(utf16_anywhere),
        cmocka_unit_test(noise_is_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
