/* Which destinations get the result of a study. */
#include <stdio.h>
#include <string.h>

#include "service/build_fixture.h"
#include "service/store/films.h"
#include "service/store/jobs.h"
#include "service/worker_report.h"
#include "support/check.h"

static int64_t sends_to(const char *destination) {
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM job WHERE kind = 'send' AND destination = '%s'",
             destination);
    return build_number(sql);
}

static void choose_studies(const char *pacs, const char *trial) {
    sx_error err = { 0 };
    char text[200];
    snprintf(text, sizeof text, "destinations: {pacs: {only: [%s]}, trial: {only: [%s]}}", pacs,
             trial);
    CHECK_OK(sx_settings_parse(&build_settings, "s", text, strlen(text), &err), err);
}

static void destinations_get_the_studies_that_they_want(void **state) {
    (void)state;
    choose_studies("abnormal", "normal, unscored");
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.1", "false", ""));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(sends_to("pacs"), 0);
    assert_int_equal(sends_to("trial"), 1);
    /* an abnormal film comes: trial, which has the normal version, gets the new one as well */
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.9", "true", BOX));
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(sends_to("pacs"), 1);
    assert_int_equal(sends_to("trial"), 2);
}

/* The lists of a destination that are not in its text are the defaults. */
static void choose_films(const char *pacs, const char *trial) {
    static const char anew[] = "only: [abnormal, normal, unscored], films: [], sources: []";
    sx_error err = { 0 };
    char text[400];
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "destinations: {pacs: {%s}, trial: {%s}}", i ? pacs : anew,
                 i ? trial : anew);
        CHECK_OK(sx_settings_parse(&build_settings, "s", text, strlen(text), &err), err);
    }
}

/* The film shows an LSPINE, and SENDER has sent it. */
static void destinations_choose_by_header_and_sender(void **state) {
    static const struct {
        const char *rules;
        bool wanted;
    } cases[] = {
        { "films: [BodyPartExamined=HIP, bodypartexamined=*spine]", true },
        { "films: [BodyPartExamined=SPINE]", false },
        { "sources: [CR1, SENDER]", true },
        { "sources: [CR1, stow]", false },
        { "sources: [SENDER], films: [BodyPartExamined=L*]", true },
        { "sources: [SENDER], films: [BodyPartExamined=C*]", false },
        { "sources: [SENDER], only: [normal]", false },
    };
    (void)state;
    int sent = 0;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        choose_films(cases[i].rules, "films: []");
        /* nothing was to be sent before */
        CHECK_OK(sx_db_run(build_db, "DELETE FROM job WHERE kind = 'send'", NULL, 0, &err) &&
                     sx_store_force_study(build_db, "1.2.3", &err) &&
                     sx_store_reopen_study(build_db, "1.2.3", build_clock, &err) &&
                     sx_jobs_add_again(build_db, "build", "1.2.3", "", 0, 0, &err),
                 err);
        build_clock += 61000;
        assert_int_equal(build_due(), SX_BUILT_DONE);
        if (sends_to("pacs") != cases[i].wanted) fail_msg("%s", cases[i].rules);
        assert_int_equal(sends_to("trial"), 1);
        sent += cases[i].wanted;
    }
    assert_int_equal(sent, 3);
}

/* A refused film has no part in the result, whoever sent it. */
static void a_refused_film_chooses_no_destination(void **state) {
    (void)state;
    sx_error err = { 0 };
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    CHECK_OK(sx_db_run(build_db, "UPDATE instance SET source = 'CR9'", NULL, 0, &err), err);
    choose_films("sources: [CR9]", "sources: [SENDER]");
    build_receive("1.2.3.5");
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.5", "refused", "shows a hip", &err), err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(sends_to("pacs"), 1);
    assert_int_equal(sends_to("trial"), 0);
}

static void a_film_without_a_verdict_is_neither_normal_nor_abnormal(void **state) {
    (void)state;
    sx_error err = { 0 };
    choose_studies("abnormal, normal", "unscored");
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.1", "false", ""));
    build_receive("1.2.3.5");
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.5", "unfamiliar", "unlike", &err), err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(sends_to("pacs"), 0);
    assert_int_equal(sends_to("trial"), 1);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, build_start, build_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(destinations_get_the_studies_that_they_want),
        FRESH(destinations_choose_by_header_and_sender),
        FRESH(a_refused_film_chooses_no_destination),
        FRESH(a_film_without_a_verdict_is_neither_normal_nor_abnormal),
    };
    return cmocka_run_group_tests(tests, NULL, build_clean);
}
