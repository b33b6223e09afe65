/* Names of the spine, of other parts and of postures in many languages, as the only description of
 * a film (dicom/film_rules.h). */
#include <stdio.h>
#include <string.h>

#include "dicom/film_rules.h"
#include "support/check.h"

/* Names with "|" between them. */
typedef struct name_list {
    const char *language, *names;
} name_list;

static const name_list of_the_spine[] = {
#include "film_names_spine.inc"
};
static const name_list of_others[] = {
#include "film_names_other.inc"
};
static const name_list of_postures[] = {
#include "film_names_posture.inc"
};

static void put(sx_film_subject *s, sx_subject subject, const char *text) {
    s->texts[subject] = (char *)(uintptr_t)text; /* only read */
}

/* Whether films with this series description are accepted. */
static size_t check_name(const char *name, const char *part, const char *study, bool wanted) {
    sx_film_subject s = { 0 };
    sx_film_refusal why = { 0 };
    put(&s, SX_SUBJECT_BODY_PART, part);
    put(&s, SX_SUBJECT_SERIES, name);
    put(&s, SX_SUBJECT_STUDY, study);
    if (sx_film_rules_accept(&sx_film_rules_builtin, &s, &why) == wanted) return 0;
    print_error("\"%s\", \"%s\", \"%s\": %s\n", part ? part : "", name, study ? study : "",
                wanted ? why.reason : "accepted");
    return 1;
}

static void check_lists(const name_list *lists, size_t count, const char *part, const char *study,
                        bool wanted) {
    size_t names = 0, wrong = 0;
    for (size_t i = 0; i < count; i++)
        for (const char *p = lists[i].names; *p; names++) {
            char name[128];
            const size_t n = strcspn(p, "|");
            assert_in_range(n, 1, sizeof name - 1);
            snprintf(name, sizeof name, "%.*s", (int)n, p);
            wrong += check_name(name, part, study, wanted);
            p += n + (p[n] == '|');
        }
    print_message("%zu languages, %zu names, %zu wrong\n", count, names, wrong);
    assert_int_equal(wrong, 0);
}

enum {
    SPINES = sizeof of_the_spine / sizeof *of_the_spine,
    OTHERS = sizeof of_others / sizeof *of_others,
    POSTURES = sizeof of_postures / sizeof *of_postures
};

static void names_of_the_spine_accept(void **state) {
    (void)state;
    static const char *const parts[] = { "CHEST", "ABDOMEN", "PELVIS", "HEAD" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        check_lists(of_the_spine, SPINES, parts[i], NULL, true);
}

static void names_of_other_parts_refuse(void **state) {
    (void)state;
    check_lists(of_others, OTHERS, NULL, NULL, false);
}

/* Alone, and in a study of the spine, which a far part in the series would outweigh. */
static void postures_refuse_nothing(void **state) {
    (void)state;
    check_lists(of_postures, POSTURES, NULL, NULL, true);
    check_lists(of_postures, POSTURES, NULL, "Scoliosis", true);
}

/* What looks like a posture and is none. */
static void parts_are_no_postures(void **state) {
    (void)state;
    static const char *const names[] = {
        "Hand PA",
        "H\xC3\xA4nder PA",
        "Hand nach Gips",
        "Knie nach OP",
        "Schulter nach Reposition",
        "Kopf in 2 Ebenen",
        "Hands in cast",
        "Elbow to wrist",
        "Mano en yeso",
        "Gomiti in AP",
        "TMJ open and closed mouth",
        "Kiefergelenk Mund offen",
        "Knee weight bear",
        "Stopy na stojaco",
        "Shoulder with hand",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check_name(names[i], NULL, NULL, false), 0);
}

/* Levels also number fingers, cassettes and rooms. */
static void levels_beside_far_parts_are_no_spine(void **state) {
    (void)state;
    static const char *const names[] = { "Hand Th4", "Finger D4/5", "Hand L 4/5", "Foot C4/5" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(check_name(names[i], NULL, NULL, false), 0);
    assert_int_equal(check_name("Th4", "HAND", NULL, false), 0);
    assert_int_equal(check_name("Open mouth", "JAW", NULL, false), 0);
    assert_int_equal(check_name("Th4", "CHEST", NULL, true), 0);
    assert_int_equal(check_name("L 4/5", "HIP", NULL, true), 0);
}

/* The beginnings of the names of far parts, as body parts; none begins a word of the spine. */
static void short_body_parts_refuse(void **state) {
    (void)state;
    static const char *const parts[] = {
        "FEM",   "RFEM",  "HUM",   "TIB",   "FIB",   "ANK",   "WRI",  "ELB",  "SCAP",  "ACJ",
        "HND",   "FT",    "KN",    "SHO",   "SHOU",  "SKUL",  "RAD",  "ULN",  "FOREA", "METAC",
        "METAT", "MANDI", "MAXIL", "ZYGOM", "LANKL", "R ELB", "LSHO", "FIN",  "LFT",   "RKN",
        "CLA",   "CALC",  "HEE",   "PATEL", "ORBI",  "SINU",  "NASA", "THUM", "THIG",  "LWRIS",
    };
    static const char *const spines[] = { "PATER", "LUM", "CERV", "THOR", "SPI", "LSP", "TSP" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_int_equal(check_name("AP", parts[i], NULL, false), 0);
        assert_int_equal(check_name("LWS", parts[i], NULL, true), 0);
    }
    for (size_t i = 0; i < sizeof spines / sizeof *spines; i++)
        assert_int_equal(check_name("AP", spines[i], NULL, true), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_spine_accept),
        cmocka_unit_test(names_of_other_parts_refuse),
        cmocka_unit_test(postures_refuse_nothing),
        cmocka_unit_test(parts_are_no_postures),
        cmocka_unit_test(levels_beside_far_parts_are_no_spine),
        cmocka_unit_test(short_body_parts_refuse),
    };
    return cmocka_run_group_tests_name("film names", tests, NULL, NULL);
}
