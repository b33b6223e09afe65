/* Studies that take another way than from their films to a result: work that was given up, films of
 * two patients, objects that are no films. */
#include <stdio.h>

#include "base/writer.h"
#include "service/build_fixture.h"
#include "service/node/redo.h"
#include "service/worker_report.h"
#include "support/check.h"
#include "support/dicom.h"

/* Gives up the only job of a kind that is dead. */
static void drop_dead(const char *kind) {
    sx_error err = { 0 };
    char sql[100];
    bool found = false;
    snprintf(sql, sizeof sql, "SELECT id FROM job WHERE kind = '%s' AND state = 'dead'", kind);
    CHECK_OK(sx_jobs_drop(build_db, build_number(sql), &found, &err), err);
    assert_true(found);
}

/* What was given up does not swallow what comes later. */
static void a_dropped_job_is_done_when_there_is_new_work(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t films = 0;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    CHECK_OK(sx_db_run(build_db, "UPDATE job SET state = 'dead'", NULL, 0, &err), err);
    drop_dead("build");
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(
        sx_db_run(build_db, "UPDATE job SET state = 'dead' WHERE kind = 'build'", NULL, 0, &err),
        err);
    drop_dead("build");
    CHECK_OK(sx_db_run(build_db,
                       "UPDATE job SET state = CASE WHEN key = '1.2.3.4' THEN 'dead' ELSE 'done'"
                       " END WHERE kind = 'predict'",
                       NULL, 0, &err),
             err);
    drop_dead("predict");
    CHECK_OK(sx_node_redo(build_db, "1.2.3", true, build_clock, &films, &err), err);
    assert_int_equal(films, 2);
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE state = 'open'"
                                  " AND accession = '' AND study_date = '20200131'"),
                     1);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'ready'"), 2);
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT revision FROM study"), 2);
}

static void two_patients_are_a_dead_letter(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_receive_of("1.2.3.5", "Q");
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DEAD);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'"), 1);
}

/* The result that was built before stays as it is, and the new fault is told. */
static void another_patient_after_the_result_is_a_dead_letter(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    build_clock = 90000;
    build_receive_of("1.2.3.5", "Q");
    assert_int_equal(build_due(), SX_BUILT_DEAD);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'"
                                  " AND error = 'its films name more than one patient'"),
                     1);
    assert_int_equal(build_number("SELECT MAX(revision) FROM output"), 1);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'send' AND state = 'ready'"), 2);
    drop_dead("build");
    build_receive_of("1.2.3.6", "Q"); /* again something that nobody has been told */
    assert_int_equal(build_due(), SX_BUILT_DEAD);
}

/* What another program drew, in colour, with an issuer of its patient's identifier. */
static void receive_capture(const char *uid, const char *patient) {
    static const uint16_t rgb[6];
    sx_error err = { 0 };
    char path[700];
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.7");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", uid);
    dicom_text(&d, SX_TAG(0x0008, 0x0020), "DA", "20200130");
    dicom_text(&d, SX_TAG(0x0008, 0x0050), "SH", "A-7");
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", patient);
    dicom_text(&d, SX_TAG(0x0010, 0x0021), "LO", "RIS");
    dicom_text(&d, SX_TAG(0x0020, 0x000D), "UI", "1.2.3");
    dicom_text(&d, SX_TAG(0x0020, 0x000E), "UI", "1.2.3.7");
    dicom_image(&d, &(dicom_shape){ 2, 2, 8, 8, 0, "RGB", 0, 3 });
    dicom_pixels(&d, rgb, 6);
    snprintf(path, sizeof path, "%s/film", build_incoming);
    CHECK_OK(sx_write_file(path, sx_str_text(&d.bytes), d.bytes.len, &err), err);
    dicom_end(&d);
    build_receive_file();
}

/* Neither the first nor a later one; and the study is of the patient of its films. */
static void an_object_that_is_no_film_does_not_name_the_patient(void **state) {
    (void)state;
    receive_capture("1.2.3.7.1", "Q");
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE patient_id = 'Q'"), 1);
    build_clock = 2000;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    receive_capture("1.2.3.7.2", "R");
    build_clock = 62000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE patient_id = 'P'"
                                  " AND issuer = '' AND accession = ''"
                                  " AND study_date = '20200131'"),
                     1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE is_film = 0"), 2);
    build_receive_of("1.2.3.5", "Q"); /* a film does */
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DEAD);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, build_start, build_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_dropped_job_is_done_when_there_is_new_work),
        FRESH(two_patients_are_a_dead_letter),
        FRESH(another_patient_after_the_result_is_a_dead_letter),
        FRESH(an_object_that_is_no_film_does_not_name_the_patient),
    };
    return cmocka_run_group_tests(tests, NULL, build_clean);
}
