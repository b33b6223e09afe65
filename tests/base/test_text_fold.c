/* Blanks and letters of Unicode. */
#include <string.h>

#include "base/fold.h"
#include "base/utf8.h"
#include "support/check.h"

static void what_is_blank(void **state) {
    (void)state;
    static const uint32_t blanks[] = { '\t',   '\n',   '\r',   ' ',    0x85,   0xA0,   0x1680,
                                       0x00AD, 0x180E, 0x2000, 0x200A, 0x200B, 0x200C, 0x200D,
                                       0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF };
    static const uint32_t others[] = { 'a', '_', 0x7F, 0xB7, 0x200E, 0x2010, 0x2800, 0x1F600 };
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        char text[16] = "", word[24];
        sx_utf8_encode(blanks[i], (uint8_t *)text);
        if (sx_blank_length(text, strlen(text)) != strlen(text) || !sx_is_blank(text))
            fail_msg("U+%04X is not blank", (unsigned)blanks[i]);
        snprintf(word, sizeof word, "a%sb", text);
        assert_false(sx_is_blank(word) || sx_has_outer_blank(word));
        snprintf(word, sizeof word, "ab%s", text);
        assert_true(sx_has_outer_blank(word));
        snprintf(word, sizeof word, "%sab", text);
        assert_true(sx_has_outer_blank(word));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[16] = "";
        sx_utf8_encode(others[i], (uint8_t *)text);
        if (sx_is_blank(text)) fail_msg("U+%04X is blank", (unsigned)others[i]);
    }
    assert_true(sx_is_blank(""));
    assert_false(sx_has_outer_blank(""));
    /* bytes that are no UTF-8, among them one that would be U+0085 or U+00A0 */
    assert_false(sx_is_blank("\x85") || sx_is_blank(" \xA0") || sx_has_outer_blank("a\xA0"));
    assert_int_equal(sx_blank_length("\xC2", 1), 0);
    assert_int_equal(sx_blank_length("", 0), 0);
}

static void what_is_equal(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "", "", true },
        { "a", "", false },
        { "Fracture", "fRACTURE", true },
        { "OST\u00C9O", "ost\u00E9o", true },
        { "oste\u0301o", "OST\u00C9O", true }, /* the accent behind the letter */
        { "\u1EA0\u01A0\u01AF\u0110", "\u1EA1\u01A1\u01B0\u0111", true },
        { "\u0391\u03A3", "\u03B1\u03C2", true }, /* both forms of sigma */
        { "\u0416\u0401", "\u0436\u0451", true },
        { "\u017D\u0178", "\u017E\u00FF", true },
        { "a b", "a\u00A0\u2003b", true },
        { "a b", "ab", false },
        { "a\u200Bb", "AB", true },
        { " a", "a", false },
        { "a\u00D7", "a\u00F7", false }, /* signs, no letters */
        { "\x85", "\xC2\x85", false },
        { "ab", "abc", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (sx_equal_folded(cases[i].a, cases[i].b) != cases[i].equal ||
            sx_equal_folded(cases[i].b, cases[i].a) != cases[i].equal)
            fail_msg("case %zu: %s and %s", i, cases[i].a, cases[i].b);
}

/* A small letter is that of itself. */
static void letters_are_folded_once(void **state) {
    (void)state;
    for (uint32_t c = 0; c < 0x30000; c++)
        assert_int_equal(sx_fold_letter(sx_fold_letter(c)), sx_fold_letter(c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_blank),
        cmocka_unit_test(what_is_equal),
        cmocka_unit_test(letters_are_folded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
