/* Confirmation of what was sent, by looking for it in the archive: what follows when the archive
 * has lost an object or does not answer. */
#include "service/built_study.h"
#include "service/confirm_fixture.h"
#include "service/store/retry.h"
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
    CHECK_OK(sx_retry_job(confirm_db, id, archive.now, &found, &err), err);
    confirm_work_until(400 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 5);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

/* What arrived is confirmed, and reviving that job does not send what was refused. */
static void what_arrived_is_confirmed_if_another_object_is_refused(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    archive.refuses = "1.2";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_DEAD);
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_ALL);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_FAILED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'dead'"), 1);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'dead'"
                                    " AND kind = 'send'"),
                     1);
}

/* The job that confirms the rest does not revive the dead one, which would add it anew. */
static void a_lost_object_that_is_then_refused_is_not_sent_again(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    archive.loses = "1.2";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    archive.count = 0; /* 1.1 is gone too */
    archive.refuses = "1.2";
    confirm_work_until(400 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 2 + 2);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_FAILED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"
                                    " AND state = 'dead'"),
                     1);
}

static void hold_confirmation(void) {
    sx_error err = { 0 };
    sx_job job;
    bool found, held;
    CHECK_OK(sx_jobs_lease(confirm_db, "confirm", "pacs", "w", archive.now, 9, &job, &found, &err),
             err);
    assert_true(found);
    CHECK_OK(sx_jobs_hold(confirm_db, &job, archive.now, 0.0, "held", &held, &err), err);
    assert_true(held);
}

/* Nor if shadow mode held that job: only a person revives what was refused. */
static void a_job_that_was_held_sends_nothing_again(void **state) {
    (void)state;
    sx_job job;
    confirm_pacs.confirm = "find";
    archive.loses = "1.2";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    archive.count = 0; /* 1.1 is gone too */
    archive.refuses = "1.2";
    archive.now = 15 * CONFIRM_MINUTE;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_AGAIN);
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_DEAD);
    hold_confirmation();
    confirm_work_until(400 * CONFIRM_MINUTE);
    assert_int_equal(archive.sends, 2 + 2);
    assert_int_equal(confirm_state("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2"), SX_DELIVERY_FAILED);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE kind = 'send'"
                                    " AND state = 'dead'"),
                     1);
}

/* Nobody needs what a later version replaced. */
static void a_superseded_version_is_no_dead_letter(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    confirm_pacs.confirm = "find";
    assert_int_equal(confirm_expect("send", &job), SX_DELIVERED_ALL);
    archive.down = true;
    confirm_work_until((int64_t)71 * 60 * CONFIRM_MINUTE);
    sx_store_output later = study_output("1.9", "sr3d", "3D", 2);
    char bytes[] = "bytes", key[SX_JOB_KEY];
    later.bytes = bytes;
    later.n = 5;
    sx_deliver_key("1.2.3", 2, key);
    CHECK_OK(sx_store_add_output(confirm_db, &later, &err) &&
                 sx_jobs_add(confirm_db, "send", key, "pacs", archive.now, archive.now, &err) &&
                 sx_db_run(confirm_db, "UPDATE job SET state = 'done' WHERE key = '1.2.3/2'", NULL,
                           0, &err),
             err);
    confirm_work_until((int64_t)73 * 60 * CONFIRM_MINUTE);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE state = 'dead'"), 0);
    assert_int_equal(confirm_number("SELECT COUNT(*) FROM job WHERE kind = 'confirm'"
                                    " AND state = 'done'"),
                     1);
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

/* Shadow mode began after the sending, and lasted for longer than an archive is asked. */
static void the_time_of_shadow_mode_does_not_count(void **state) {
    (void)state;
    const int64_t hour = 60 * CONFIRM_MINUTE;
    sx_error err = { 0 };
    sx_job job;
    bool found;
    confirm_pacs.confirm = "find";
    confirm_expect("send", &job);
    for (int i = 0; i < 2; i++) {
        archive.now += 50 * hour;
        hold_confirmation();
    }
    const int64_t id = confirm_number("SELECT id FROM job WHERE kind = 'confirm'");
    CHECK_OK(sx_jobs_find(confirm_db, id, &job, &found, &err), err);
    assert_true(found);
    archive.now = job.not_before;
    archive.down = true;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_LATER);
    archive.now += 71 * hour;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_LATER);
    archive.now += hour;
    assert_int_equal(confirm_expect("confirm", &job), SX_DELIVERED_DEAD);
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
        FRESH(what_arrived_is_confirmed_if_another_object_is_refused),
        FRESH(a_lost_object_that_is_then_refused_is_not_sent_again),
        FRESH(a_job_that_was_held_sends_nothing_again),
        FRESH(a_superseded_version_is_no_dead_letter),
        FRESH(an_archive_that_is_down_is_asked_for_days),
        FRESH(the_time_of_shadow_mode_does_not_count),
        FRESH(a_destination_by_dicomweb_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
