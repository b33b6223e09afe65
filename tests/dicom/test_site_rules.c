/* The rules of an installation (dicom/site_rules.h). */
#include <stdio.h>

#include "dicom/site_rules.h"
#include "support/check.h"

/* What a rule says of a film whose body part and series have these texts. */
static bool matches(const char *rule, const char *part, const char *series) {
    sx_film_subject film = { .texts = { NULL } };
    const sx_site_rules rules = { .accept = &rule, .accept_count = 1 };
    const char *which;
    film.texts[SX_SUBJECT_BODY_PART] = (char *)(uintptr_t)part; /* only read */
    film.texts[SX_SUBJECT_SERIES] = (char *)(uintptr_t)series;
    return sx_site_rules_decide(&rules, &film, &which) == SX_SITE_ACCEPTS;
}

static void values_are_compared_as_a_whole(void **state) {
    (void)state;
    static const struct {
        const char *rule, *part, *series;
        bool matches;
    } cases[] = {
        { "BodyPartExamined=HAND", "HAND", NULL, true },
        { "bodypartexamined=hand", " Hand ", NULL, true },
        { "BodyPartExamined=HAND", "HANDS", NULL, false },
        { "BodyPartExamined=HAND", NULL, NULL, false },
        { "BodyPartExamined=HAND", "", NULL, false },
        { "BodyPartExamined=HAND", NULL, "HAND", false },
        { "BodyPartExamined=*", "", NULL, false },
        { "BodyPartExamined=*", "X", NULL, true },
        { "BodyPartExamined=HAND*", "HANDS", NULL, true },
        { "BodyPartExamined=HAND*", "HAND", NULL, true },
        { "BodyPartExamined=*AND", "HAND", NULL, true },
        { "BodyPartExamined=*AND", "HANDS", NULL, false },
        { "BodyPartExamined=H*N*D", "HABNCD", NULL, true },
        { "BodyPartExamined=H**D", "HAND", NULL, true },
        { "BodyPartExamined=HAND", "FOOT\\ HAND", NULL, true },
        { "BodyPartExamined=FOOT*HAND", "FOOT\\HAND", NULL, false },
        { "SeriesDescription=*bone age*", NULL, "Hand BONE AGE left", true },
        { "SeriesDescription=*ab*ab", NULL, "abxab", true },
        { "SeriesDescription=*ab*ab", NULL, "ab", false },
        { "SeriesDescription=a=b", NULL, "a=b", true },
        { "Nonsense=X", "X", "X", false },
        { "BodyPartExamined", "BodyPartExamined", NULL, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i].rule, cases[i].part, cases[i].series) != cases[i].matches)
            fail_msg("case %zu: %s", i, cases[i].rule);
}

static void what_refuses_comes_first(void **state) {
    (void)state;
    static const char *const refuse[] = { "ViewPosition=X", "Modality=OT" }, *const accept[] = {
        "Modality=*"
    };
    const sx_site_rules rules = { refuse, accept, 2, 1 };
    char other[] = "OT", digital[] = "DX";
    sx_film_subject film = { .texts = { [SX_SUBJECT_MODALITY] = other } };
    const char *rule;
    assert_int_equal(sx_site_rules_decide(&rules, &film, &rule), SX_SITE_REFUSES);
    assert_string_equal(rule, "Modality=OT");
    film.texts[SX_SUBJECT_MODALITY] = digital;
    assert_int_equal(sx_site_rules_decide(&rules, &film, &rule), SX_SITE_ACCEPTS);
    assert_string_equal(rule, "Modality=*");
    film.texts[SX_SUBJECT_MODALITY] = NULL;
    assert_int_equal(sx_site_rules_decide(&rules, &film, &rule), SX_SITE_SILENT);
    assert_null(rule);
}

static void faulty_rules_are_named(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int i = 0; i < SX_SUBJECTS; i++) {
        char rule[80];
        snprintf(rule, sizeof rule, "%s=X", sx_subject_name((sx_subject)i));
        CHECK_OK(sx_site_rule_check(rule, &err), err);
    }
    CHECK_FAILS(sx_site_rule_check("HAND", &err), err, SX_ERR_FORMAT, "ATTRIBUTE=VALUE");
    CHECK_FAILS(sx_site_rule_check("Modality=", &err), err, SX_ERR_FORMAT, "no value");
    CHECK_FAILS(sx_site_rule_check("=X", &err), err, SX_ERR_FORMAT, "no rule can be about");
    CHECK_FAILS(sx_site_rule_check("ViewPositon=X", &err), err, SX_ERR_FORMAT,
                "no rule can be about ViewPositon; did you mean ViewPosition?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_compared_as_a_whole),
        cmocka_unit_test(what_refuses_comes_first),
        cmocka_unit_test(faulty_rules_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
