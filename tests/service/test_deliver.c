/* Delivery of results: what arrived is not sent again, what may pass is tried again for as long as
 * the settings say, what stays becomes a dead letter. The network is replaced by a list of
 * answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/built_study.h"
#include "service/node/deliver.h"
#include "service/store/outputs.h"
#include "support/check.h"

/* ---- the other end ---- */

enum { MOST = 40 };

static struct {
    int64_t now;
    sx_sent answer;          /* to everything */
    const char *never_class; /* this class has no context */
    size_t lost_after;       /* items of an association that are answered before it is lost */
    int sent_count;
    char sent[MOST][SX_STORE_UID]; /* stored, in order */
} other;

static int64_t test_now(void *user) {
    (void)user;
    return other.now;
}

static double test_draw(void *user) {
    (void)user;
    return 0.0;
}

static void test_send(void *user, const sx_dicom_remote *remote, sx_send_item *items,
                      size_t count) {
    (void)user;
    assert_string_equal(remote->host, "archive");
    for (size_t i = 0; i < count; i++) {
        items[i].sent = i >= other.lost_after ? SX_SENT_NOT : other.answer;
        if (other.never_class && strcmp(items[i].sop_class, other.never_class) == 0)
            items[i].sent = SX_SENT_NO_CONTEXT;
        snprintf(items[i].reason, sizeof items[i].reason, "%s",
                 items[i].sent == SX_SENT_STORED ? "" : "no luck");
        if (items[i].sent != SX_SENT_STORED) continue;
        assert_true(other.sent_count < MOST);
        snprintf(other.sent[other.sent_count++], SX_STORE_UID, "%s", items[i].sop_uid);
    }
}

/* ---- the store ---- */

static sx_db *db;
static sx_destination pacs;

static void add_output(const char *uid, const char *kind, const char *sop_class) {
    sx_error err = { 0 };
    char bytes[] = "bytes";
    sx_store_output o = study_output(uid, kind, sop_class, 1);
    o.bytes = bytes;
    o.n = 5;
    CHECK_OK(sx_store_add_output(db, &o, &err), err);
    CHECK_OK(sx_store_add_output(db, &o, &err), err); /* again: nothing */
    snprintf(o.sha256, sizeof o.sha256, "other");
    CHECK_FAILS(sx_store_add_output(db, &o, &err), err, SX_ERR_MISMATCH, "other contents");
}

static int start_anew(void **state) {
    char key[SX_JOB_KEY], where[700];
    sx_error err = { 0 };
    (void)state;
    db = built_study("deliver", where, sizeof where);
    add_output("1.1", "sr3d", "3D");
    add_output("1.2", "sr", "SR");
    add_output("1.3", "gsps", "GSPS");
    add_output("1.4", "capture", "SC");
    memset(&other, 0, sizeof other);
    other.answer = SX_SENT_STORED;
    other.lost_after = MOST;
    pacs = test_destination();
    pacs.confirm = "commitment";
    sx_deliver_key("1.2.3", 1, key);
    CHECK_OK(sx_jobs_add(db, "send", key, "pacs", 0, 0, &err), err);
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_db_close(db);
    return 0;
}

/* Works on the job, which must be due. */
static sx_delivered work_once(sx_job *job) {
    sx_error err = { 0 };
    bool found;
    sx_delivered outcome;
    const sx_deliver_options o = { .destination = &pacs,
                                   .our_title = "SPINEXR",
                                   .message_seconds = 5,
                                   .now = test_now,
                                   .draw = test_draw,
                                   .send = test_send };
    CHECK_OK(sx_jobs_lease(db, "send", "pacs", "w", other.now, 1000, job, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_deliver(db, &o, job, &outcome, &err), err);
    CHECK_OK(sx_jobs_find(db, job->id, job, &found, &err), err);
    return outcome;
}

static void check_sent(int count, const char *const *uids) {
    assert_int_equal(other.sent_count, count);
    for (int i = 0; i < count; i++)
        assert_string_equal(other.sent[i], uids[i]);
}

/* ---- tests ---- */

static void each_object_is_sent_once(void **state) {
    (void)state;
    sx_job job;
    assert_int_equal(work_once(&job), SX_DELIVERED_ALL);
    check_sent(3, (const char *const[]){ "1.4", "1.3", "1.1" });
    assert_string_equal(job.state, "done");
}

static void settings_choose_the_kinds(void **state) {
    (void)state;
    sx_job job;
    pacs.send.count = 1;
    assert_int_equal(work_once(&job), SX_DELIVERED_ALL);
    check_sent(1, (const char *const[]){ "1.1" });
}

static void the_other_report_goes_where_the_first_is_not_accepted(void **state) {
    (void)state;
    sx_job job;
    other.never_class = "3D";
    assert_int_equal(work_once(&job), SX_DELIVERED_ALL);
    check_sent(3, (const char *const[]){ "1.4", "1.3", "1.2" });
    assert_string_equal(job.state, "done");
}

static void what_arrived_is_not_sent_again(void **state) {
    (void)state;
    sx_job job;
    other.lost_after = 1;
    assert_int_equal(work_once(&job), SX_DELIVERED_LATER);
    assert_string_equal(job.error, "no luck");
    assert_int_equal(job.not_before, 5000);
    other.now = 5000;
    assert_int_equal(work_once(&job), SX_DELIVERED_LATER);
    assert_int_equal(job.not_before, 5000 + 10000);
    other.now = 15000;
    other.lost_after = MOST;
    assert_int_equal(work_once(&job), SX_DELIVERED_ALL);
    check_sent(3, (const char *const[]){ "1.4", "1.3", "1.1" });
}

/* For 72 hours, not for a number of tries. */
static void a_failure_that_may_pass_is_tried_for_days(void **state) {
    (void)state;
    const int64_t hour = 3600 * 1000;
    sx_job job;
    other.answer = SX_SENT_TRANSIENT;
    int tries = 0;
    sx_delivered outcome = SX_DELIVERED_LATER;
    while (outcome == SX_DELIVERED_LATER) {
        outcome = work_once(&job);
        tries++;
        if (outcome == SX_DELIVERED_LATER) other.now = job.not_before;
    }
    assert_int_equal(outcome, SX_DELIVERED_DEAD);
    assert_true(other.now >= 72 * hour && other.now < 73 * hour);
    assert_in_range(tries, 250, 320);
    assert_string_equal(job.state, "dead");
}

/* The job is held, or put off by a fault of the service, for longer than a failure is tried again.
 */
static void lose_days(bool hold) {
    sx_error err = { 0 };
    sx_job job;
    bool found, held;
    for (int i = 0; i < 3; i++) {
        other.now += INT64_C(50) * 3600 * 1000;
        CHECK_OK(sx_jobs_lease(db, "send", "pacs", "w", other.now, 9, &job, &found, &err), err);
        assert_true(found);
        CHECK_OK(hold ? sx_jobs_hold(db, &job, other.now, 0.0, "held", &held, &err)
                      : sx_jobs_put_off(db, &job, other.now, 0.0, "disk", &held, &err),
                 err);
    }
    CHECK_OK(sx_jobs_find(db, job.id, &job, &found, &err), err);
    other.now = job.not_before;
}

/* It has all of its 72 hours left. */
static void check_the_time_that_is_left(void) {
    const int64_t start = other.now, limit = INT64_C(72) * 3600 * 1000;
    sx_job job;
    other.answer = SX_SENT_TRANSIENT;
    assert_int_equal(work_once(&job), SX_DELIVERED_LATER);
    other.now = start + limit - 1;
    assert_int_equal(work_once(&job), SX_DELIVERED_LATER);
    other.now = job.not_before;
    assert_int_equal(work_once(&job), SX_DELIVERED_DEAD);
}

static void the_time_of_shadow_mode_does_not_count(void **state) {
    (void)state;
    lose_days(true);
    check_the_time_that_is_left();
}

static void the_time_of_faults_of_the_service_does_not_count(void **state) {
    (void)state;
    lose_days(false);
    check_the_time_that_is_left();
}

/* A person removes the cause and revives the dead letter. */
static void a_refusal_is_a_dead_letter_that_can_be_revived(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found;
    other.answer = SX_SENT_PERMANENT;
    assert_int_equal(work_once(&job), SX_DELIVERED_DEAD);
    assert_string_equal(job.state, "dead");
    assert_string_equal(job.error, "no luck");
    other.answer = SX_SENT_STORED;
    CHECK_OK(sx_jobs_revive(db, job.id, other.now, &found, &err), err);
    assert_true(found);
    assert_int_equal(work_once(&job), SX_DELIVERED_ALL);
    check_sent(3, (const char *const[]){ "1.4", "1.3", "1.1" });
}

static void a_lost_lease_changes_nothing_of_the_job(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job first, second;
    bool found;
    sx_delivered outcome;
    const sx_deliver_options o = { .destination = &pacs,
                                   .our_title = "SPINEXR",
                                   .message_seconds = 5,
                                   .now = test_now,
                                   .draw = test_draw,
                                   .send = test_send };
    CHECK_OK(sx_jobs_lease(db, "send", "pacs", "a", 0, 10, &first, &found, &err), err);
    CHECK_OK(sx_jobs_lease(db, "send", "pacs", "b", 10, 10, &second, &found, &err), err);
    CHECK_OK(sx_deliver(db, &o, &first, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_LOST);
    CHECK_OK(sx_deliver(db, &o, &second, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_int_equal(other.sent_count, 3); /* and nothing was sent twice */
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start_anew, finish)

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(each_object_is_sent_once),
        FRESH(settings_choose_the_kinds),
        FRESH(the_other_report_goes_where_the_first_is_not_accepted),
        FRESH(what_arrived_is_not_sent_again),
        FRESH(a_failure_that_may_pass_is_tried_for_days),
        FRESH(the_time_of_shadow_mode_does_not_count),
        FRESH(the_time_of_faults_of_the_service_does_not_count),
        FRESH(a_refusal_is_a_dead_letter_that_can_be_revived),
        FRESH(a_lost_lease_changes_nothing_of_the_job),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
