/* Verdicts of radiologists: import, export, and the comparison with the networks. On SQLite, and on
 * the PostgreSQL server that STORE names. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "service/web_client.h"
#include "service/worklist/reader_comparison.h"
#include "service/worklist/verdict_import.h"
#include "service/worklist_fixture.h"
#include "support/check.h"

static const char *patient; /* of the studies that are added; NULL: each has its own */

/* A study of one film; abnormal -1: it has no verdict. */
static void add_study(const char *uid, const char *accession, int abnormal) {
    sx_error err = { 0 };
    sx_store_film f = { .received = 5 };
    snprintf(f.patient_id, sizeof f.patient_id, "%s", patient ? patient : uid);
    snprintf(f.sop_uid, sizeof f.sop_uid, "%s.1", uid);
    snprintf(f.study_uid, sizeof f.study_uid, "%s", uid);
    snprintf(f.accession, sizeof f.accession, "%s", accession);
    worklist_add_film_of(f);
    worklist_score(f.sop_uid, &(sx_store_score){ abnormal > 0 ? 0.9 : 0.1, NAN, abnormal, 0 }, "");
    if (abnormal < 0)
        CHECK_OK(sx_store_set_film_state(web_db, f.sop_uid, "unfamiliar", "", &err), err);
}

static int start_server(void **state) {
    static const sx_web_route *const tables[] = { sx_session_routes, sx_worklist_routes,
                                                  sx_verdict_routes, NULL };
    (void)state;
    worklist_start(tables);
    return 0;
}

static sx_verdict_counts import(const char *csv) {
    sx_error err = { 0 };
    sx_verdict_counts counts = { 0 };
    CHECK_OK(sx_db_begin(web_db, &err) &&
                 sx_db_end(web_db,
                           sx_verdicts_import(web_db, csv, strlen(csv), "v.csv", &counts, &err),
                           &err),
             err);
    return counts;
}

static int64_t opinions(void) {
    int64_t n = -1;
    bool found;
    sx_error err = { 0 };
    CHECK_OK(sx_db_query_int(web_db, "SELECT COUNT(*) FROM opinion", NULL, 0, &n, &found, &err),
             err);
    return n;
}

static char *export(void) {
    sx_str text = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_verdicts_export(web_db, &text, &err), err);
    return text.data;
}

/* ---- import and export ---- */

static void an_import_can_be_repeated(void **state) {
    (void)state;
    add_study("1.2.3", "A1", 1);
    add_study("1.2.4", "", 0);
    const char *csv = "accession,study_uid,verdict,reader,date,comment\n"
                      "A1,,abnormal,Dr. Ito,2026-11-28,\"two, \"\"three\"\"\n  =4\"\n"
                      ",1.2.4,normal,Dr. Ito,2026-11-28T09:30:00.250Z,\n"
                      "A1,1.2.3,unsure,Dr. Y,1969-12-31T23:59:59Z,\n";
    sx_verdict_counts n = import(csv);
    assert_int_equal(n.rows, 3);
    assert_int_equal(n.added, 3);
    n = import(csv);
    assert_int_equal(n.rows, 3);
    assert_int_equal(n.added, 0);
    assert_int_equal(opinions(), 3);
    int64_t at = 0;
    bool found;
    sx_error err = { 0 };
    CHECK_OK(sx_db_query_int(web_db, "SELECT at FROM opinion WHERE verdict = 'normal'", NULL, 0,
                             &at, &found, &err),
             err);
    assert_int_equal(at, 1795858200250); /* date -d 2026-11-28T09:30:00Z +%s */
    n = import("study_uid,verdict,reader,date\n1.2.4,abnormal,Dr. Ito,2026-11-29\n");
    assert_int_equal(n.added, 1); /* Dr. Ito has changed her mind */
}

static void an_export_is_read_back_unchanged(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_PHYSICIAN);
    add_study("1.2.3", "A1", 1);
    assert_int_equal(web_status(web_port, "POST", "/api/studies/1.2.3/opinion", headers,
                                "{\"agrees\":false,\"comment\":\" =1+1,\\n\\\"x\\\"'\"}"),
                     204);
    (void)import("study_uid,verdict,reader,date\n1.2.3,normal,+x,2026-11-28\n");
    char *first = export();
    assert_int_equal(import(first).added, 0);
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(web_db, "DELETE FROM opinion", NULL, 0, &err), err);
    assert_int_equal(import(first).added, 2);
    char *second = export();
    assert_string_equal(first, second);
    web_expect(web_call(web_port, "GET", "/api/verdicts.csv", headers, NULL), 200, first);
    free(first);
    free(second);
}

static void faults_name_line_and_column(void **state) {
    (void)state;
    static const char head[] = "study_uid,accession,verdict,reader,date,comment,agrees,revision\n"
                               "1.2.3,A1,normal,r,2026-11-28,,,\n";
    static const struct {
        const char *row, *fault;
    } cases[] = {
        { "1.2.9,,normal,r,2026-11-28,,,", "v.csv:3: column study_uid: there is no such study" },
        { ",A9,normal,r,2026-11-28,,,", "v.csv:3: column accession: there is no such study" },
        { ",DUP,normal,r,2026-11-28,,,", "column accession: it names more than one study" },
        { "1.2.3,A9,normal,r,2026-11-28,,,", "column accession: it is not that of the study" },
        { ",,normal,r,2026-11-28,,,", "columns study_uid and accession: both are empty" },
        { "1.2.3,,ill,r,2026-11-28,,,", "v.csv:3: column verdict: abnormal, normal, unsure" },
        { "1.2.3,,,r,2026-11-28,,,", "column verdict: it is empty" },
        { "1.2.3,,normal,,2026-11-28,,,", "column reader: a text of 1 to 79 bytes, not 0" },
        { "1.2.3,,normal,r,,,,", "column date: a date such as 2026-11-28" },
        { "1.2.3,,normal,r,28.11.2026,,,", "column date" },
        { "1.2.3,,normal,r,2026-02-29,,,", "column date" },
        { "1.2.3,,normal,r,2026-11-28T24:00:00Z,,,", "column date" },
        { "1.2.3,,normal,r,2026-11-28T10:00:00,,,", "column date" },
        { "1.2.3,,normal,r,2026-11-28 ; DROP TABLE opinion,,,", "column date" },
        { "1.2.3,,normal,r,2026-11-28,,maybe,", "column agrees: yes, no or empty" },
        { "1.2.3,,normal,r,2026-11-28,,,-1", "revision" },
        { "1.2.3,,normal,r,2026-11-28,,,7", "column revision: the study has no such result" },
        { "1.2.3,,normal,r", "v.csv:3: 4 fields" },
        { "' OR 1=1,,normal,r,2026-11-28,,,", "column study_uid: there is no such study" },
    };
    add_study("1.2.3", "A1", 1);
    add_study("1.2.5", "DUP", 1);
    add_study("1.2.6", "DUP", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char csv[400];
        sx_error err = { 0 };
        sx_verdict_counts n;
        snprintf(csv, sizeof csv, "%s%s\n", head, cases[i].row);
        CHECK_OK(sx_db_begin(web_db, &err), err);
        assert_false(sx_db_end(
            web_db, sx_verdicts_import(web_db, csv, strlen(csv), "v.csv", &n, &err), &err));
        if (!strstr(err.message, cases[i].fault)) fail_msg("%s: %s", cases[i].row, err.message);
        assert_int_equal(opinions(), 0); /* nor the row before it */
    }
}

static void headers_of_other_files_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *csv, *fault;
    } cases[] = {
        { "", "" },
        { "verdict,reader,date\n", "study_uid" },
        { "study_uid,reader,date\n", "verdict" },
        { "study_uid,verdict,reader\n", "date" },
        { "study_uid,verdict,reader,date,coment\n", "no column of verdicts: coment" },
        { "study_uid,verdict,reader,date,date\n", "date" },
        { "study_uid,verdict,reader,date\n1.2.3,normal,\xff,2026-11-28\n", "UTF-8" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_verdict_counts n;
        assert_false(
            sx_verdicts_import(web_db, cases[i].csv, strlen(cases[i].csv), "v.csv", &n, &err));
        if (!strstr(err.message, cases[i].fault)) fail_msg("%s: %s", cases[i].csv, err.message);
    }
}

static void an_administrator_imports_by_http(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("ada", SX_ROLE_ADMIN);
    add_study("1.2.3", "A1", 1);
    const char *body = "{\"csv\": \"accession,verdict,reader,date\\nA1,normal,r,2026-11-28\\n\"}";
    web_expect(web_call(web_port, "POST", "/api/verdicts", headers, body), 200,
               "{\"rows\":1,\"added\":1}");
    web_expect(web_call(web_port, "POST", "/api/verdicts", headers, body), 200,
               "{\"rows\":1,\"added\":0}");
    web_expect(web_call(web_port, "GET", "/api/audit", headers, NULL), 200,
               "\"action\":\"verdicts import\",\"object\":\"\",\"detail\":\"1 rows, 1 added\"");
    web_expect(web_call(web_port, "POST", "/api/verdicts", headers,
                        "{\"csv\": \"accession,verdict,reader,date\\nA1,ill,r,2026-11-28\\n\"}"),
               400, "verdicts:2: column verdict");
    web_expect(web_call(web_port, "POST", "/api/verdicts", headers, "{\"csv\": 5}"), 400, "csv");
    headers = worklist_sign_in("eva", SX_ROLE_PHYSICIAN);
    assert_int_equal(web_status(web_port, "POST", "/api/verdicts", headers, body), 404);
}

/* ---- the comparison ---- */

static sx_reader_comparison compare(const char *reader) {
    sx_reader_comparison c;
    sx_error err = { 0 };
    CHECK_OK(sx_reader_compare(web_db, reader, &c, &err), err);
    return c;
}

/* `count` studies of the networks' verdict with the reader's verdict. */
static void add_many(int first, int count, int abnormal, const char *verdict) {
    for (int i = first; i < first + count; i++) {
        char uid[20], csv[120];
        snprintf(uid, sizeof uid, "1.%d", i);
        add_study(uid, "", abnormal);
        if (!verdict) continue;
        snprintf(csv, sizeof csv, "study_uid,verdict,reader,date\n%s,%s,r,2026-11-28\n", uid,
                 verdict);
        (void)import(csv);
    }
}

static void add_second_film(const char *uid, double p, int abnormal, const char *state) {
    sx_error err = { 0 };
    sx_store_film f = { .received = 6, .study_uid = "1.9", .patient_id = "1.9" };
    snprintf(f.sop_uid, sizeof f.sop_uid, "%s", uid);
    worklist_add_film_of(f);
    worklist_score(uid, &(sx_store_score){ p, NAN, abnormal, 0 }, "");
    CHECK_OK(sx_store_set_film_state(web_db, uid, state, "", &err), err);
}

/* The study's probability is not that of a film without a verdict, and a film that is refused now
 * has no part in it. */
static void films_without_a_verdict_are_not_compared(void **state) {
    (void)state;
    add_study("1.9", "", 1);
    add_second_film("1.9.2", 0.99, -1, "unfamiliar");
    add_second_film("1.9.3", 0.98, 1, "refused");
    (void)import("study_uid,verdict,reader,date\n1.9,normal,r,2026-11-28\n");
    sx_reader_comparison c = compare(NULL);
    assert_int_equal(c.films, 2);
    assert_int_equal(c.films_without_verdict, 1);
    assert_int_equal(c.disagreement_count, 1);
    assert_true(c.disagreements[0].probability == 0.9);
    sx_reader_comparison_free(&c);
}

/* Figures by hand: 12 studies, table 4 2 1 5. Wilson's interval of 4 of 5 at 95 % is 0.3755 to
 * 0.9638 (Newcombe 1998 gives the formula); kappa: observed 9/12, expected (6 5 + 6 7) / 144 = 0.5.
 */
static void measures_are_those_of_the_table(void **state) {
    (void)state;
    add_many(100, 4, 1, "abnormal");
    add_many(200, 2, 1, "normal");
    add_many(300, 1, 0, "abnormal");
    add_many(400, 5, 0, "normal");
    add_many(500, 1, -1, "normal");
    add_many(600, 2, 1, NULL);
    add_many(700, 1, 1, "unsure");
    sx_error err = { 0 };
    const sx_store_film report = { .sop_uid = "1.400.2",
                                   .study_uid = "1.400",
                                   .received = 5,
                                   .state = "new",
                                   .size = 1,
                                   .other = true };
    CHECK_OK(sx_store_add_film(web_db, &report, &err), err); /* no film, so without a verdict */
    sx_reader_comparison c = compare(NULL);
    assert_int_equal(c.studies, 16);
    assert_int_equal(c.films, 16);
    assert_int_equal(c.films_without_verdict, 1);
    assert_int_equal(c.compared, 12);
    assert_int_equal(c.without_model, 1);
    assert_int_equal(c.without_readers, 2);
    assert_int_equal(c.undecided, 1);
    assert_int_equal(c.tp, 4);
    assert_int_equal(c.fp, 2);
    assert_int_equal(c.fn, 1);
    assert_int_equal(c.tn, 5);
    assert_true(fabs(c.sensitivity.value - 0.8) < 1e-12);
    assert_true(fabs(c.sensitivity.interval.low - 0.3755) < 1e-4);
    assert_true(fabs(c.sensitivity.interval.high - 0.9638) < 1e-4);
    assert_true(fabs(c.specificity.value - 5.0 / 7) < 1e-12);
    assert_true(fabs(c.ppv.value - 4.0 / 6) < 1e-12);
    assert_true(fabs(c.npv.value - 5.0 / 6) < 1e-12);
    assert_true(fabs(c.agreement.value - 0.75) < 1e-12);
    assert_true(fabs(c.kappa - 0.5) < 1e-12);
    assert_true(c.kappa_interval.low < 0.5 && c.kappa_interval.high > 0.5);
    assert_int_equal(c.disagreement_count, 3);
    assert_string_equal(c.disagreements[0].study_uid, "1.200");
    assert_true(c.disagreements[0].abnormal);
    sx_reader_comparison_free(&c);
}

/* 4 of 5 studies of one patient say as much as one study; an ID that names no patient joins
 * none. */
static void studies_of_a_patient_say_less(void **state) {
    (void)state;
    const sx_interval one = sx_wilson_of(0.8, 1, 0.95);
    patient = "P1";
    add_many(100, 4, 1, "abnormal");
    add_many(300, 1, 0, "abnormal");
    sx_reader_comparison c = compare(NULL);
    assert_true(fabs(c.sensitivity.value - 0.8) < 1e-12);
    assert_true(fabs(c.sensitivity.interval.low - one.low) < 1e-12);
    sx_reader_comparison_free(&c);
    patient = NULL;
}

static void studies_of_no_patient_are_apart(void **state) {
    (void)state;
    patient = "UNKNOWN";
    add_many(100, 4, 1, "abnormal");
    add_many(300, 1, 0, "abnormal");
    sx_reader_comparison c = compare(NULL);
    assert_true(fabs(c.sensitivity.interval.low - 0.3755) < 1e-4);
    sx_reader_comparison_free(&c);
    patient = NULL;
}

static void readers_decide_by_majority(void **state) {
    (void)state;
    add_study("1.1", "", 1);
    add_study("1.2", "", 1);
    add_study("1.3", "", 0);
    (void)import("study_uid,verdict,reader,date,agrees,comment\n"
                 "1.1,abnormal,a,2026-11-01,,\n"
                 "1.1,normal,a,2026-11-03,,\n"   /* the newest of a */
                 "1.1,abnormal,a,2026-11-02,,\n" /* came later, and is older */
                 "1.1,abnormal,b,2026-11-03,,\n"
                 "1.1,normal,c,2026-11-04,,why\n"
                 "1.2,abnormal,a,2026-11-01,,\n"
                 "1.2,normal,b,2026-11-01,,\n" /* equally divided */
                 "1.3,,b,2026-11-01,no,\n"     /* disagrees: abnormal */
                 "1.3,,a,2026-11-01,,only words\n" /* says nothing */);
    sx_reader_comparison c = compare(NULL);
    assert_int_equal(c.compared, 2);
    assert_int_equal(c.undecided, 1);
    assert_int_equal(c.fp, 1);
    assert_int_equal(c.fn, 1);
    assert_int_equal(c.disagreements[0].readers, 3);
    assert_string_equal(c.disagreements[0].comment, "why");
    assert_int_equal(c.reader_count, 3);
    assert_int_equal(c.readers[0].studies, 2); /* a: 1.1 and 1.2 */
    sx_reader_comparison_free(&c);
    c = compare("b");
    assert_int_equal(c.tp, 1);
    assert_int_equal(c.fp, 1);
    assert_int_equal(c.fn, 1);
    assert_int_equal(c.undecided, 0);
    sx_reader_comparison_free(&c);
    c = compare("' OR '1'='1");
    assert_int_equal(c.compared, 0);
    assert_int_equal(c.without_readers, 3);
    sx_reader_comparison_free(&c);
}

/* The first opinion has a date that lies ahead. */
static void a_correction_counts_though_the_clock_was_put_back(void **state) {
    (void)state;
    sx_opinion o = { .study_uid = "1.1", .who = "a", .agrees = -1, .verdict = "normal" };
    sx_error err = { 0 };
    add_study("1.1", "", 1);
    CHECK_OK(sx_opinions_add_now(web_db, &o, 5000, &err), err);
    snprintf(o.verdict, sizeof o.verdict, "abnormal");
    CHECK_OK(sx_opinions_add_now(web_db, &o, 1000, &err), err);
    sx_reader_comparison c = compare(NULL);
    assert_true(c.tp == 1 && c.fn == 0);
    sx_reader_comparison_free(&c);
}

static void nothing_to_compare_is_null(void **state) {
    (void)state;
    const char *headers = worklist_sign_in("eva", SX_ROLE_PHYSICIAN);
    web_expect(web_call(web_port, "GET", "/api/comparison", headers, NULL), 200,
               "\"kappa\":{\"value\":null,\"low\":null,\"high\":null}");
    web_expect(web_call(web_port, "GET", "/api/comparison?reader=x", headers, NULL), 200,
               "{\"reader\":\"x\",\"level\":0.9");
    headers = worklist_sign_in("rob", SX_ROLE_READER);
    assert_int_equal(web_status(web_port, "GET", "/api/comparison", headers, NULL), 404);
    assert_int_equal(web_status(web_port, "GET", "/api/verdicts.csv", headers, NULL), 404);
}

int main(void) {
#define SERVED(name) cmocka_unit_test_setup_teardown(name, start_server, worklist_stop)
    const struct CMUnitTest tests[] = {
        SERVED(an_import_can_be_repeated),
        SERVED(an_export_is_read_back_unchanged),
        SERVED(faults_name_line_and_column),
        SERVED(headers_of_other_files_are_refused),
        SERVED(an_administrator_imports_by_http),
        SERVED(measures_are_those_of_the_table),
        SERVED(films_without_a_verdict_are_not_compared),
        SERVED(studies_of_a_patient_say_less),
        SERVED(studies_of_no_patient_are_apart),
        SERVED(readers_decide_by_majority),
        SERVED(a_correction_counts_though_the_clock_was_put_back),
        SERVED(nothing_to_compare_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
