/* Confirmation of what was sent, by looking for it in the archive: what follows when the archive
 * has lost an object or does not answer. */
#include "service/confirm_fixture.h"
#include "support/check.h"

static void what_is_found_is_confirmed(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_SENT);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_ALL);
    assert_string_equal(job.state, "done");
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(archive.asks, 0);
}

static void without_a_confirmation_there_is_no_job(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "none";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE kind = 'confirm'"), 0);
}

static void an_object_that_was_lost_is_sent_again(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    archive.loses = "1.2";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_LATER);
    assert_string_equal(job.error, "1.2: the archive does not have it");
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    confirm_work_until(9 * CONFIRM_MINUTE); /* it may only be slow */
    assert_int_equal(archive.sends, 2);
    archive.loses = NULL;
    archive.now = 15 * CONFIRM_MINUTE;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_AGAIN);
    confirm_work_until(40 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 3); /* the missing one alone */
    assert_int_equal(archive.count, 2);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

/* Not for ever: complaint 6 of other systems was an endless loop. */
static void what_is_always_lost_is_a_dead_letter(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found;
    confirm_pacs.confirm = "find";
    archive.loses = "1.2";
    confirm_work_until(300 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 2 + 2);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_FAILED);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    const int64_t id =
        confirm_number("SELECT id FROM job WHERE kind = 'confirm' AND state = 'dead'");
    CHECK_OK(sx_jobs_find(confirm_db, id, &job, &found, &err), err);
    assert_true(found);
    assert_string_equal(job.error, "1.2: the archive does not have it");
    /* a person repairs the archive */
    archive.loses = NULL;
    CHECK_OK(sx_jobs_revive(confirm_db, id, archive.now, &found, &err), err);
    confirm_work_until(400 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 5);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

static void an_archive_that_is_down_is_asked_for_days(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    confirm_expect("send", &job);
    archive.down = true;
    confirm_work_until((int64_t)71 * 60 * CONFIRM_MINUTE);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'waiting'"), 1);
    confirm_work_until((int64_t)73 * 60 * CONFIRM_MINUTE);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'dead'"), 1);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_SENT);
    assert_int_equal(archive.sends, 2);
}

static void a_destination_by_dicomweb_is_looked_at(void **state) {
    (void)state;
    confirm_pacs.host = "";
    confirm_pacs.url = "https://archive/dicom-web";
    confirm_work_until(CONFIRM_MINUTE);
    assert_int_equal(archive.asks, 0);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, confirm_start, confirm_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(what_is_found_is_confirmed),
        FRESH(without_a_confirmation_there_is_no_job),
        FRESH(an_object_that_was_lost_is_sent_again),
        FRESH(what_is_always_lost_is_a_dead_letter),
        FRESH(an_archive_that_is_down_is_asked_for_days),
        FRESH(a_destination_by_dicomweb_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
