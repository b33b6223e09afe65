/* Result objects: what they say of a study, the copied modules, UIDs, and that the same input gives
 * the same bytes. tests/peers has validators and viewers that are not ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dicom/finding_codes.h"
#include "dicom/results_fixture.h"
#include "support/check.h"

static void patient_and_study_are_those_of_the_film(void **state) {
    (void)state;
    static const uint32_t same[] = { SX_TAG(0x0010, 0x0010), SX_TAG(0x0010, 0x0020),
                                     SX_TAG(0x0010, 0x0040), SX_TAG(0x0010, 0x1010),
                                     SX_TAG(0x0020, 0x000D), SX_TAG(0x0008, 0x0020),
                                     SX_TAG(0x0008, 0x1030) };
    const sx_result_study s = result_study();
    const sx_dataset film = read_result(&result_files[0]);
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        result_object o = make_result(&s, (sx_result_kind)kind, 0);
        sx_dataset d = read_result(&o);
        assert_string_equal(result_text(&d, SX_TAG(0x0008, 0x0016)),
                            sx_result_sop_class((sx_result_kind)kind));
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            const sx_element *want = sx_dataset_find(&film, same[i]),
                             *have = sx_dataset_find(&d, same[i]);
            assert_true(want && have && want->n == have->n);
            assert_memory_equal(have->value, want->value, want->n);
        }
        sx_dataset_free(&d);
        free(o.bytes);
    }
    sx_dataset copy = film;
    sx_dataset_free(&copy);
}

static void the_same_input_gives_the_same_bytes(void **state) {
    (void)state;
    const sx_result_study s = result_study();
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        result_object a = make_result(&s, (sx_result_kind)kind, 1),
                      b = make_result(&s, (sx_result_kind)kind, 1);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.bytes, b.bytes, a.n);
        free(a.bytes);
        free(b.bytes);
    }
}

static void uid_of(const sx_result_study *s, sx_result_kind kind, size_t film, bool series,
                   char out[SX_RESULT_UID]) {
    sx_error err = { 0 };
    CHECK_OK(sx_results_uid(s, kind, film, series, out, &err), err);
    assert_true(strncmp(out, "2.25.", 5) == 0 && strlen(out) <= 64);
    assert_int_equal(strspn(out + 5, "0123456789"), strlen(out + 5));
}

/* Whatever changes the bytes changes the UID; a revision stays in the series. */
static void uids_follow_from_the_input(void **state) {
    (void)state;
    enum { CHANGES = 7 };
    char was[SX_RESULT_UID], now[SX_RESULT_UID], series[SX_RESULT_UID];
    const sx_result_study s = result_study();
    uid_of(&s, SX_RESULT_SR, 0, false, was);
    uid_of(&s, SX_RESULT_SR, 0, true, series);
    for (int i = 0; i < CHANGES; i++) {
        sx_result_study t = s;
        if (i == 0) t.weights = "f";
        if (i == 1) t.configuration = "d";
        if (i == 2) t.version = "0.1.1";
        if (i == 3) t.revision = 2;
        if (i == 4) t.film_count = 1;
        if (i == 5) t.completed++;
        if (i == 6) t.demonstration = true;
        uid_of(&t, SX_RESULT_SR, 0, false, now);
        assert_string_not_equal(was, now);
        uid_of(&t, SX_RESULT_SR, 0, true, now);
        assert_string_equal(series, now);
    }
    uid_of(&s, SX_RESULT_SR_3D, 0, false, now);
    assert_string_not_equal(was, now);
    uid_of(&s, SX_RESULT_GSPS, 0, false, was);
    uid_of(&s, SX_RESULT_GSPS, 1, false, now);
    assert_string_not_equal(was, now);
}

static void the_report_says_what_was_found(void **state) {
    (void)state;
    const sx_result_study s = result_study();
    result_object o = make_result(&s, SX_RESULT_SR_3D, 0);
    assert_true(result_contains(&o, "408574004"));
    assert_true(result_contains(&o, "111241"));
    assert_false(result_contains(&o, "408573005")); /* normal: off by default */
    assert_true(result_contains(&o, "Film 2: no finding above threshold; not a normal report"));
    assert_true(result_contains(&o, "Disc space narrowing 0.83"));
    assert_true(result_contains(&o, "Osteophytes 0.43 (below the specific operating point)"));
    assert_true(result_contains(&o, s.weights));
    assert_false(result_contains(&o, "NOT FOR CLINICAL USE"));
    free(o.bytes);
    sx_result_study demo = s;
    demo.demonstration = demo.says_normal = true;
    o = make_result(&demo, SX_RESULT_SR_3D, 0);
    assert_true(result_contains(&o, "NOT FOR CLINICAL USE"));
    assert_false(result_contains(&o, "408573005"));
    free(o.bytes);
    demo.demonstration = false;
    o = make_result(&demo, SX_RESULT_SR_3D, 0);
    assert_true(result_contains(&o, "408573005"));
    free(o.bytes);
}

/* A film without a result must not look normal. */
static void a_film_that_failed_has_no_verdict(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_result_film two[RESULT_FILMS] = { film_results[0], film_results[1] };
    two[1].outcome = SX_OUTCOME_NOT_SCORED;
    two[1].reason = "unlike the films that the weights know";
    sx_result_study s = result_study();
    s.films = two;
    result_object o = make_result(&s, SX_RESULT_SR, 0);
    assert_true(result_contains(&o, "111245"));
    assert_false(result_contains(&o, "111241"));
    assert_true(
        result_contains(&o, "Film 2 has no result: unlike the films that the weights know"));
    free(o.bytes);
    two[0].outcome = SX_OUTCOME_NOT_SCORED;
    two[0].reason = "truncated";
    o = make_result(&s, SX_RESULT_SR_3D, 0);
    assert_true(result_contains(&o, "Film 1 has no result: truncated"));
    assert_true(result_contains(&o, "Films without a result")); /* viewers need a group */
    free(o.bytes);
    s.film_count = 0;
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_MISSING,
                "a report needs a film");
}

static void films_of_two_studies_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    result_object o;
    sx_film_info other = result_films[1]->info;
    sx_result_film two[RESULT_FILMS] = { film_results[0], film_results[1] };
    sx_result_study s = result_study();
    two[1].info = &other;
    s.films = two;
    snprintf(other.study_uid, sizeof other.study_uid, "1.2.3.5");
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_MISMATCH,
                "the films are of two studies: 1.2.3.4 and 1.2.3.5");
    snprintf(other.study_uid, sizeof other.study_uid, "1.2.3.4");
    snprintf(other.sop_uid, sizeof other.sop_uid, "x");
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_VALUE,
                "the film's SOP Instance UID is not a UID: \"x\"");
}

static void a_new_revision_names_the_old_one(void **state) {
    (void)state;
    sx_result_study s = result_study();
    s.revision = 2;
    s.predecessor = "2.25.77";
    result_object o = make_result(&s, SX_RESULT_SR, 0);
    sx_dataset d = read_result(&o);
    assert_non_null(sx_dataset_find(&d, SX_TAG(0x0040, 0xA360)));
    assert_string_equal(result_text(&d, SX_TAG(0x0020, 0x0013)), "2");
    assert_true(result_contains(&o, "2.25.77"));
    sx_dataset_free(&d);
    free(o.bytes);
}

/* ---- dates and times ---- */

/* What an object says of 20:30 on 28 November in UTC. */
static void check_time(const char *film_offset, const char *date, const char *time,
                       const char *offset) {
    static const uint32_t dates[SX_RESULT_KINDS][2] = {
        [SX_RESULT_SR_3D] = { SX_TAG(0x0008, 0x0023), SX_TAG(0x0008, 0x0033) },
        [SX_RESULT_SR] = { SX_TAG(0x0008, 0x0023), SX_TAG(0x0008, 0x0033) },
        [SX_RESULT_GSPS] = { SX_TAG(0x0070, 0x0082), SX_TAG(0x0070, 0x0083) },
        [SX_RESULT_CAPTURE] = { SX_TAG(0x0018, 0x1012), SX_TAG(0x0018, 0x1014) },
    };
    sx_film_info info = result_films[0]->info;
    snprintf(info.utc_offset, sizeof info.utc_offset, "%s", film_offset);
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        result_object o = make_result_of(&info, (sx_result_kind)kind);
        sx_dataset d = read_result(&o);
        assert_string_equal(result_text(&d, dates[kind][0]), date);
        assert_string_equal(result_text(&d, dates[kind][1]), time);
        assert_string_equal(result_text(&d, SX_TAG(0x0008, 0x0201)), offset);
        sx_dataset_free(&d);
        free(o.bytes);
    }
}

static void times_are_in_the_time_zone_of_the_film(void **state) {
    (void)state;
    static const char *const none[] = { "", "+1401", "-1201", "+0960", "-0000", "+09000" };
    const char *zone = getenv("TZ");
    char *was = zone ? strdup(zone) : NULL;
    check_time("+0900", "20261129", "053000", "+0900");
    check_time("-0330", "20261128", "170000", "-0330");
    setenv("TZ", "JST-9", 1);
    tzset();
    check_time("+0000", "20261128", "203000", "+0000");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check_time(none[i], "20261129", "053000", "");
    (void)(was ? setenv("TZ", was, 1) : unsetenv("TZ"));
    tzset();
    free(was);
}

static void codes_are_short_and_differ(void **state) {
    (void)state;
    static const char *const labels[] = { "Other lesions",
                                          "a",
                                          "a-",
                                          "Scoliosis of the whole spine",
                                          "Scoliosis of the whole body",
                                          "\xC3\xA9pine",
                                          "\xC3\xA8pine",
                                          "" };
    enum { LABELS = sizeof labels / sizeof *labels };
    sx_finding_code c[LABELS];
    for (size_t i = 0; i < LABELS; i++) {
        sx_finding_code_of(labels[i], &c[i]);
        assert_in_range(strlen(c[i].value), 1, 16);
        assert_in_range(strlen(c[i].meaning), 1, 64);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(c[i].value, c[k].value);
    }
    assert_string_equal(c[0].value, "OTHER_LESIONS");
    assert_string_equal(c[5].meaning, "?pine");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patient_and_study_are_those_of_the_film),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(uids_follow_from_the_input),
        cmocka_unit_test(the_report_says_what_was_found),
        cmocka_unit_test(a_film_that_failed_has_no_verdict),
        cmocka_unit_test(films_of_two_studies_are_refused),
        cmocka_unit_test(a_new_revision_names_the_old_one),
        cmocka_unit_test(times_are_in_the_time_zone_of_the_film),
        cmocka_unit_test(codes_are_short_and_differ),
    };
    return cmocka_run_group_tests(tests, make_result_films, free_result_films);
}
