/* Confirmation of what was sent, by storage commitment. */
#include "service/confirm_fixture.h"
#include "support/check.h"

static void an_answer_by_another_association_confirms(void **state) {
    (void)state;
    sx_job job;
    confirm_expect("send", &job);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_LATER);
    assert_string_equal(job.error, "waits for the answer of storage commitment");
    assert_int_equal(job.not_before, 10 * CONFIRM_MINUTE);
    assert_int_equal(archive.asked_count, 2);
    archive.now = CONFIRM_MINUTE;
    const sx_dicom_committed items[] = { { "3D", "1.1", true, 0 }, { "GSPS", "1.2", true, 0 } };
    assert_false(confirm_report("1.2.3.4.5", items, 2)); /* not our transaction */
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_SENT);
    assert_true(confirm_report(archive.transaction, items, 2));
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_ALL); /* at once */
    assert_true(confirm_report(archive.transaction, items, 2));          /* again */
    assert_int_equal(archive.asks, 1);
    assert_int_equal(archive.finds, 0);
}

static void an_answer_on_the_same_association_confirms(void **state) {
    (void)state;
    sx_job job;
    archive.answers_at_once = true;
    confirm_expect("send", &job);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_ALL);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
}

static void what_is_not_committed_is_sent_again(void **state) {
    (void)state;
    archive.answers_at_once = true;
    archive.loses = "1.1";
    confirm_work_until(0);
    archive.loses = NULL;
    confirm_work_until(25 * CONFIRM_MINUTE);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(archive.asked_count, 1); /* the second request is for the lost one alone */
    assert_string_equal(archive.asked[0], "1.1");
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM event WHERE kind = 'not committed'"), 2);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

/* Other failures than a missing instance are no reason to send it. */
static void a_busy_archive_is_asked_again(void **state) {
    (void)state;
    sx_job job;
    confirm_expect("send", &job);
    confirm_expect("confirm", &job);
    const sx_dicom_committed items[] = { { "3D", "1.1", true, 0 },
                                         { "GSPS", "1.2", false, 0x0213 } };
    assert_true(confirm_report(archive.transaction, items, 2));
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_SENT);
    archive.answers_at_once = true;
    confirm_work_until(11 * CONFIRM_MINUTE);
    assert_int_equal(archive.asks, 2);
    assert_int_equal(archive.sends, 2);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
}

static void an_answer_that_is_late_does_not_send_again(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    confirm_expect("send", &job);
    confirm_expect("confirm", &job);
    archive.now = CONFIRM_MINUTE; /* sent again for another reason */
    CHECK_OK(sx_store_set_delivery(confirm_db, "1.1", "pacs", SX_DELIVERY_SENT, archive.now, &err),
             err);
    const sx_dicom_committed items[] = { { "3D", "1.1", false, 0x0112 } };
    assert_true(confirm_report(archive.transaction, items, 1));
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_SENT);
}

static void silence_is_asked_three_times_and_then_looked_at(void **state) {
    (void)state;
    confirm_work_until(29 * CONFIRM_MINUTE);
    assert_int_equal(archive.asks, 3);
    assert_int_equal(archive.finds, 0);
    confirm_work_until(31 * CONFIRM_MINUTE);
    assert_int_equal(archive.asks, 3);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

static void where_it_is_not_offered_the_objects_are_looked_at(void **state) {
    (void)state;
    archive.asking = SX_ERR_UNSUPPORTED;
    confirm_work_until(0);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM commitment"), 0);
}

static void a_request_that_fails_is_no_request(void **state) {
    (void)state;
    sx_job job;
    confirm_expect("send", &job);
    archive.down = true;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_LATER);
    assert_int_equal(job.not_before, 5000);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM commitment"), 0);
    archive.down = false;
    archive.answers_at_once = true;
    archive.now = 5000;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_ALL);
}

static void a_lost_lease_changes_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job, first, second;
    bool found;
    sx_delivered outcome;
    const sx_deliver_options o = confirm_options();
    confirm_expect("send", &job);
    archive.answers_at_once = true;
    CHECK_OK(sx_jobs_lease(confirm_db, "confirm", "pacs", "a", 0, 10, &first, &found, &err), err);
    CHECK_OK(sx_jobs_lease(confirm_db, "confirm", "pacs", "b", 10, 10, &second, &found, &err), err);
    CHECK_OK(sx_confirm(confirm_db, &o, &first, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_LOST);
    CHECK_OK(sx_confirm(confirm_db, &o, &second, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_int_equal(archive.asks, 1);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, confirm_start, confirm_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(an_answer_by_another_association_confirms),
        FRESH(an_answer_on_the_same_association_confirms),
        FRESH(what_is_not_committed_is_sent_again),
        FRESH(a_busy_archive_is_asked_again),
        FRESH(an_answer_that_is_late_does_not_send_again),
        FRESH(silence_is_asked_three_times_and_then_looked_at),
        FRESH(where_it_is_not_offered_the_objects_are_looked_at),
        FRESH(a_request_that_fails_is_no_request),
        FRESH(a_lost_lease_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
