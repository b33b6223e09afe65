/* Lesion names of radiology's words, and those that may be names of patients. */
#include <string.h>

#include "support/check.h"

#include "base/vindr_classes.h"
#include "data/lesion_words.h"

static void names_of_findings(void **state) {
    (void)state;
    static const char *const names[] = { "Spondylolisthesis",
                                         "No finding",
                                         "disc_space_narrowing",
                                         "DiscSpaceNarrowing",
                                         "OSTEOPHYTES",
                                         "Schmorl's node",
                                         "Fracture L4/5",
                                         "L4-L5 stenosis",
                                         "Th12 wedge deformity (Genant 2)",
                                         "T12L1 kyphosis",
                                         "class_12",
                                         "grade2",
                                         "0",
                                         "Sk\xC3\xB6liose" /* accents are ignored */,
                                         "Keilwirbel LWK2",
                                         "L\xC3\xA4sion",
                                         "L\xC3\xA4sionen",
                                         "Wirbelk\xC3\xB6rperl\xC3\xA4sionen",
                                         "H\xC3\xA4mangiome",
                                         "Deformit\xC3\xA4ten",
                                         "degenerative Ver\xC3\xA4nderungen",
                                         "Deckplatteneinbr\303\274che",
                                         "H\xC3\xB6henminderung",
                                         "H\xC3\xB6henminderungen",
                                         "Wirbelk\xC3\xB6rper",
                                         "WIRBELS\xC3\x84ULE",
                                         "Deformit\xC3\xA4t",
                                         "Wirbelkoerperl\xC3\xA4sion",
                                         "LWK 1 Fraktur",
                                         "Fraktur BWK 12",
                                         "BWK 12 LWK 1 Grad 2",
                                         "HWK 6",
                                         "Spina bifida",
                                         "Osteophyt L4",
                                         "Spondylophyten",
                                         "Anterolisthese L5",
                                         "" };
    for (int c = 0; c < SX_VINDR_CLASSES; c++) {
        sx_str words = { 0 };
        assert_true(sx_lesion_unknown_words(sx_vindr_class_name((sx_vindr_class)c), &words));
        assert_string_equal(sx_str_text(&words), "");
        sx_str_free(&words);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sx_str words = { 0 };
        assert_true(sx_lesion_unknown_words(names[i], &words));
        if (words.len) fail_msg("%s: '%s'", names[i], words.data);
        sx_str_free(&words);
    }
}

static void names_of_patients(void **state) {
    (void)state;
    static const char *const names[][2] = {
        { "Hagelsteins Fx", "HAGELSTEINS" },
        { "Hagelstein's fracture", "HAGELSTEIN" },
        { "FractureHagelstein", "FRACTUREHAGELSTEIN" },
        { "fracture_HAGELST", "HAGELST" },
        { "Hagel stein", "HAGEL STEIN" },
        { "H\xC3\xA4gelstein", "HAGELSTEIN" },
        { "Frau H.", "FRAU H" },
        { "M.B. fracture", "M B" },
        { "fracture 6.5.47", "47" },
        { "fracture 060547", "060547" },
        { "14.07.19", "07 19" },
        { "May 1947", "MAY 1947" },
        { "Fracture 9044", "9044" },
        { "HG9044 L1", "HG9044" },
        { "9044L1", "9044L1" },
        { "L1/9044", "9044" },
        { "C5532", "C5532" },
        { "fracture 55 32", "32" },
        { "BWK 19 LWK 47", "47" },
        { "LWK 060547", "060547" },
        { "H\xC3\xB6henm\xC3\xBCller", "HOHENMULLER" },
        { "Klinikum Buxtorf", "KLINIKUM BUXTORF" },
        { "\xE9\x87\x91\xE5\xA4\xAA\xE9\x83\x8E", "" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sx_str words = { 0 };
        assert_true(sx_lesion_unknown_words(names[i][0], &words));
        if (!words.len || (names[i][1][0] && strcmp(words.data, names[i][1]) != 0))
            fail_msg("%s: '%s'", names[i][0], sx_str_text(&words));
        sx_str_free(&words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_of_findings),
                                        cmocka_unit_test(names_of_patients) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
