/* Studies that take another way than from their films to a result: work that was given up, films of
 * two patients, objects that are no films. */
#include <stdio.h>

#include "service/build_fixture.h"
#include "service/node/redo.h"
#include "service/worker_report.h"
#include "support/check.h"

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

#define FRESH(test) cmocka_unit_test_setup_teardown(test, build_start, build_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_dropped_job_is_done_when_there_is_new_work),
        FRESH(two_patients_are_a_dead_letter),
        FRESH(another_patient_after_the_result_is_a_dead_letter),
    };
    return cmocka_run_group_tests(tests, NULL, build_clean);
}
