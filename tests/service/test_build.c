/* Results of studies: which objects there are, when, and for whom. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "service/build_fixture.h"
#include "service/store/films.h"
#include "service/store/outputs.h"
#include "service/store/picture_file.h"
#include "service/worker_report.h"
#include "support/check.h"

/* ---- tests ---- */

static void a_quiet_study_gets_its_objects(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs outputs;
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_LATER); /* not predicted yet */
    build_clock = 66000;
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &outputs, &err), err);
    assert_int_equal(outputs.count, 3); /* two reports, a GSPS of the film with a box */
    assert_string_equal(outputs.items[0].kind, "gsps");
    assert_string_equal(outputs.items[1].kind, "sr");
    assert_string_equal(outputs.items[2].kind, "sr3d");
    const char *bytes = outputs.items[2].bytes;
    assert_non_null(memmem(bytes, outputs.items[2].n, "Osteophytes 0.83", 16));
    assert_non_null(memmem(bytes, outputs.items[2].n, "not a normal report", 19));
    sx_store_outputs_free(&outputs);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"), 2);
    assert_int_equal(build_number("SELECT revision FROM study"), 1);
}

/* A picture as a worker process leaves it, all of one grey: its path. */
static char *put_picture(const char *uid, uint8_t grey) {
    sx_error err = { 0 };
    sx_store_film film;
    bool found = false;
    uint8_t bytes[SX_PICTURE_HEAD + 5 * 3 * 3] = { 5, 0, 0, 0, 3, 0, 0, 0 };
    memset(bytes + SX_PICTURE_HEAD, grey, sizeof bytes - SX_PICTURE_HEAD);
    CHECK_OK(sx_store_find_film(build_db, uid, &film, &found, &err), err);
    char *path = sx_picture_path(build_folder, film.path), *parent = sx_path_folder(path);
    CHECK_OK(sx_make_dirs(parent, &err) && sx_write_file(path, bytes, sizeof bytes, &err), err);
    free(parent);
    return path;
}

/* The grey of a film's picture in a revision; -1: there is none. */
static int grey_of(const char *uid, int64_t revision, const char *weights) {
    sx_error err = { 0 };
    sx_film_picture p;
    CHECK_OK(sx_film_picture_open(&p, build_db, build_folder, "films/none", uid, revision, weights,
                                  &err),
             err);
    const int grey = p.rgb ? p.rgb[0] : -1;
    if (p.rgb) {
        assert_int_equal(p.width, 5);
        assert_int_equal(p.height, 3);
        assert_int_equal(p.rgb[44], grey);
    }
    sx_film_picture_close(&p);
    return grey;
}

/* The file goes when the result has the picture; a later version takes it from there. */
static void a_picture_is_kept_once(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    char *first = put_picture("1.2.3.4", 44);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_false(sx_path_exists(first));
    assert_int_equal(grey_of("1.2.3.4", 1, "w"), 44);
    assert_int_equal(grey_of("1.2.3.4", 1, "other"), -1);
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    char *second = put_picture("1.2.3.5", 55);
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_false(sx_path_exists(second));
    assert_int_equal(grey_of("1.2.3.4", 2, "w"), 44);
    assert_int_equal(grey_of("1.2.3.5", 2, NULL), 55);
    assert_int_equal(grey_of("1.2.3.5", 1, NULL), -1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE kind = 'capture'"), 3);
    free(first);
    free(second);
}

/* A film that was predicted again has a new picture, which counts. */
static void a_new_picture_replaces_the_captured_one(void **state) {
    (void)state;
    sx_error err = { 0 };
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    free(put_picture("1.2.3.4", 44));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    build_predict("1.2.3.4", REPORT("0.8", "true", BOX));
    free(put_picture("1.2.3.4", 66));
    CHECK_OK(sx_db_run(build_db, "UPDATE study SET state = 'open'", NULL, 0, &err) &&
                 sx_jobs_add_again(build_db, "build", "1.2.3", "", build_clock, build_clock, &err),
             err);
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(grey_of("1.2.3.4", 2, "w"), 66);
}

static void a_late_film_makes_a_new_revision(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs first, second;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &first, &err), err);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 2, &second, &err), err);
    assert_int_equal(first.count, 3);
    assert_int_equal(second.count, 3);
    const sx_store_output *old = &first.items[2], *new = &second.items[2];
    assert_string_not_equal(old->sop_uid, new->sop_uid);
    assert_string_equal(old->series_uid, new->series_uid);
    assert_non_null(memmem(new->bytes, new->n, old->sop_uid, strlen(old->sop_uid)));
    sx_store_outputs_free(&first);
    sx_store_outputs_free(&second);
}

/* Films that earlier weights have scored are predicted again first. */
static void other_weights_make_a_new_version(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs first, kept, second;
    const sx_store_score score = { 0.2, 1.0, 0, 0 };
    sx_build_options o = build_usual();
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &first, &err), err);
    o.weights = "others";
    CHECK_OK(sx_db_run(build_db, "UPDATE study SET state = 'open'", NULL, 0, &err) &&
                 sx_jobs_add_again(build_db, "build", "1.2.3", "", build_clock, build_clock, &err),
             err);
    assert_int_equal(build_with(&o), SX_BUILT_LATER);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE state = 'new'"), 1);
    CHECK_OK(sx_store_put_prediction(build_db, "1.2.3.4", "others", SX_VERSION,
                                     REPORT("0.2", "false", ""), &score, build_clock, &err) &&
                 sx_store_set_film_state(build_db, "1.2.3.4", "scored", "", &err),
             err);
    build_clock = 70000;
    assert_int_equal(build_with(&o), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &kept, &err), err);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 2, &second, &err), err);
    assert_int_equal(kept.count, first.count);
    for (size_t i = 0; i < first.count; i++)
        assert_string_equal(kept.items[i].sha256, first.items[i].sha256);
    const sx_store_output *report = &second.items[second.count - 1];
    assert_string_equal(report->kind, "sr3d");
    assert_string_equal(report->weights, "others");
    const char *before = first.items[first.count - 1].sop_uid;
    assert_non_null(memmem(report->bytes, report->n, before, strlen(before)));
    sx_store_outputs_free(&first);
    sx_store_outputs_free(&kept);
    sx_store_outputs_free(&second);
}

/* The prediction by other weights is an hour ahead. */
static void a_clock_put_back_does_not_hide_the_new_prediction(void **state) {
    (void)state;
    sx_error err = { 0 };
    const sx_store_score score = { 0.2, 1.0, 0, 0 };
    build_clock = 3600000;
    build_receive("1.2.3.4");
    CHECK_OK(sx_store_put_prediction(build_db, "1.2.3.4", "others", SX_VERSION,
                                     REPORT("0.2", "false", ""), &score, build_clock, &err),
             err);
    build_clock = 10000;
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    assert_int_equal(build_number("SELECT made FROM prediction WHERE weights = 'w'"), 3600001);
    build_clock = 3700000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT revision FROM study"), 1);
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX)); /* replaces its own */
    assert_int_equal(build_number("SELECT made FROM prediction WHERE weights = 'w'"), 3700000);
}

/* The job is killed after its work and before its end, and runs again. */
static void building_twice_gives_the_same_objects(void **state) {
    (void)state;
    sx_error err = { 0 };
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_db_run(build_db, "UPDATE study SET state = 'open', revision = 0", NULL, 0, &err) &&
                 sx_db_run(build_db, "UPDATE job SET state = 'ready' WHERE kind = 'build'", NULL, 0,
                           &err),
             err);
    build_clock = 99000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output"), 3);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE length(configuration) = 64"),
                     3);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"), 2);
}

/* Builds the study from a film with a box, with these codes: whether the report has the text.
 * uid: the report's. */
static bool report_has(const char *codes, const char *text, char uid[65]) {
    sx_error err = { 0 };
    sx_store_outputs o = { 0 };
    build_start(NULL);
    CHECK_OK(sx_settings_parse(&build_settings, "codes", codes, strlen(codes), &err), err);
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &o, &err), err);
    const sx_store_output *report = &o.items[o.count - 1];
    assert_string_equal(report->kind, "sr3d");
    snprintf(uid, 65, "%s", report->sop_uid);
    const bool has = memmem(report->bytes, report->n, text, strlen(text)) != NULL;
    sx_store_outputs_free(&o);
    build_finish(NULL);
    return has;
}

/* Another map of codes never reuses a UID. */
static void classes_get_the_codes_of_the_settings(void **state) {
    (void)state;
    static const char other[] = "codes: {Surgical implant: [40388003, SCT, Implant]}",
                      mapped[] = "codes: {Osteophytes: [88998003, SCT, Osteophyte]}";
    char uids[3][65];
    assert_true(report_has("{}", "OSTEOPHYTES", uids[0]));
    assert_true(report_has(other, "OSTEOPHYTES", uids[1]));
    assert_string_not_equal(uids[0], uids[1]);
    assert_true(report_has(mapped, "88998003", uids[2]));
    assert_string_not_equal(uids[0], uids[2]);
    assert_false(report_has(mapped, "OSTEOPHYTES", uids[1]));
    assert_string_equal(uids[1], uids[2]);
}

/* The networks read the film again; the job does not die of what it cannot read. */
static void a_damaged_prediction_is_made_again(void **state) {
    (void)state;
    static const char *const bad[] = { "", "{}", "nonsense" };
    build_receive("1.2.3.4");
    build_clock = 61000;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        build_predict("1.2.3.4", bad[i]);
        assert_int_equal(build_due(), SX_BUILT_LATER);
        assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE state = 'new'"), 1);
        assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'predict'"
                                      " AND state = 'ready'"),
                         1);
        build_clock += 60000;
    }
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    assert_int_equal(build_due(), SX_BUILT_DONE);
}

static void demonstration_weights_go_to_test_destinations(void **state) {
    (void)state;
    sx_build_options o = build_usual();
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    o.demonstration = true;
    assert_int_equal(build_with(&o), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"), 1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE destination = 'trial'"), 1);
}

static void in_shadow_mode_nothing_is_sent(void **state) {
    (void)state;
    build_settings.shadow = true;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output"), 3);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"), 0);
}

/* It shows something else than a spine, and nobody waits for a result. */
static void a_study_of_refused_films_has_no_result(void **state) {
    (void)state;
    sx_error err = { 0 };
    build_receive("1.2.3.4");
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.4", "refused", "shows a hip", &err), err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_NOTHING);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output"), 0);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"), 0);
}

/* A reader must know that nothing was found because nothing was looked for. */
static void a_study_of_failed_films_has_a_report_without_a_verdict(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs outputs;
    build_receive("1.2.3.4");
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.4", "failed", "truncated", &err), err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &outputs, &err), err);
    assert_int_equal(outputs.count, 2);
    for (size_t i = 0; i < outputs.count; i++) {
        const sx_store_output *r = &outputs.items[i];
        assert_non_null(memmem(r->bytes, r->n, "truncated", 9));
        assert_non_null(memmem(r->bytes, r->n, "111245", 6));
        assert_null(memmem(r->bytes, r->n, "111241", 6));
    }
    sx_store_outputs_free(&outputs);
}

/* Beside a film with a verdict: no code of a result without findings. */
static void an_unfamiliar_film_gets_no_verdict(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_outputs outputs;
    build_settings.study.says_normal = true;
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.1", "null, \"unfamiliar\": true", ""));
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.5", "unfamiliar", "a strange film", &err),
             err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &outputs, &err), err);
    const sx_store_output *report = &outputs.items[outputs.count - 1];
    assert_string_equal(report->kind, "sr3d");
    assert_non_null(memmem(report->bytes, report->n, "a strange film", 14));
    assert_non_null(memmem(report->bytes, report->n, "111245", 6));
    assert_null(memmem(report->bytes, report->n, "111241", 6));
    assert_null(memmem(report->bytes, report->n, "408573005", 9));
    sx_store_outputs_free(&outputs);
}

static void a_film_that_comes_while_building_is_waited_for(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 30000;
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    build_clock = 61000; /* the first film's time is over, the second's is not */
    sx_error err = { 0 };
    sx_job job;
    bool found;
    CHECK_OK(sx_jobs_lease(build_db, "build", NULL, "w", build_clock, 1000, &job, &found, &err),
             err);
    if (found) {
        sx_built outcome;
        const sx_build_options o = build_usual();
        CHECK_OK(sx_build_study(build_db, &o, &job, &outcome, &err), err);
        assert_int_equal(outcome, SX_BUILT_LATER);
    }
    build_clock = 90000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, build_start, build_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_quiet_study_gets_its_objects),
        FRESH(a_picture_is_kept_once),
        FRESH(a_new_picture_replaces_the_captured_one),
        FRESH(a_late_film_makes_a_new_revision),
        FRESH(other_weights_make_a_new_version),
        FRESH(a_clock_put_back_does_not_hide_the_new_prediction),
        FRESH(building_twice_gives_the_same_objects),
        cmocka_unit_test(classes_get_the_codes_of_the_settings),
        FRESH(a_damaged_prediction_is_made_again),
        FRESH(demonstration_weights_go_to_test_destinations),
        FRESH(in_shadow_mode_nothing_is_sent),
        FRESH(a_study_of_refused_films_has_no_result),
        FRESH(a_study_of_failed_films_has_a_report_without_a_verdict),
        FRESH(an_unfamiliar_film_gets_no_verdict),
        FRESH(a_film_that_comes_while_building_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, build_clean);
}
