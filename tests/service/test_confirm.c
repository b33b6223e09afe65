/* Confirmation of what was sent: by storage commitment, by looking for it, and what follows when
 * the archive has lost an object or does not answer. Most tests replace the network by an archive
 * in memory; the last ones use Orthanc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dicom/write.h"
#include "service/built_study.h"
#include "service/net/dicom_server.h"
#include "service/node/confirm.h"
#include "service/store/outputs.h"
#include "support/check.h"
#include "support/orthanc.h"
#include "support/plain_film.h"

enum { MOST = 40, MINUTE = 60000 };

/* ---- the archive ---- */

static struct {
    int64_t now;
    char has[MOST][SX_STORE_UID];
    int count;
    const char *loses; /* says that it stored this instance, and forgets it */
    bool down;
    sx_error_code asking; /* SX_OK: accepted */
    bool answers_at_once; /* on the association of the request */
    int sends, asks, finds;
    char transaction[SX_STORE_UID]; /* of the last request */
    char asked[MOST][SX_STORE_UID];
    int asked_count;
} archive;

static int64_t test_now(void *user) {
    (void)user;
    return archive.now;
}

static double test_draw(void *user) {
    (void)user;
    return 0.0;
}

static bool has(const char *uid) {
    for (int i = 0; i < archive.count; i++)
        if (strcmp(archive.has[i], uid) == 0) return true;
    return false;
}

static void put(sx_send_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        archive.sends++;
        items[i].sent = archive.down ? SX_SENT_TRANSIENT : SX_SENT_STORED;
        if (archive.down || (archive.loses && strcmp(archive.loses, items[i].sop_uid) == 0))
            continue;
        assert_true(archive.count < MOST);
        snprintf(archive.has[archive.count++], SX_STORE_UID, "%s", items[i].sop_uid);
    }
}

static void test_send(void *user, const sx_dicom_remote *remote, sx_send_item *items,
                      size_t count) {
    (void)user;
    assert_string_equal(remote->ae_title, "PACS");
    put(items, count);
}

static void test_stow(void *user, const sx_http_remote *remote, sx_send_item *items, size_t count) {
    (void)user;
    assert_string_equal(remote->url, "https://archive/dicom-web");
    put(items, count);
}

static bool test_find(void *user, const char *study_uid, const char *series_uid,
                      const char *sop_uid, bool *found, sx_error *err) {
    (void)user;
    assert_string_equal(study_uid, "1.2.3");
    assert_string_equal(series_uid, "1.2.3.9");
    archive.finds++;
    if (archive.down) return sx_fail(err, SX_ERR_IO, "no connection");
    *found = has(sop_uid);
    return true;
}

static bool test_ask(void *user, const char *transaction, const sx_send_item *items, size_t count,
                     const sx_commitment_wait *wait, sx_error *err) {
    sx_dicom_committed answer[MOST];
    (void)user;
    if (archive.down) return sx_fail(err, SX_ERR_IO, "no connection");
    if (archive.asking) return sx_fail(err, archive.asking, "not offered there");
    archive.asks++;
    archive.asked_count = (int)count;
    snprintf(archive.transaction, sizeof archive.transaction, "%s", transaction);
    for (size_t i = 0; i < count; i++) {
        snprintf(archive.asked[i], SX_STORE_UID, "%s", items[i].sop_uid);
        const bool there = has(items[i].sop_uid);
        answer[i] =
            (sx_dicom_committed){ items[i].sop_class, items[i].sop_uid, there, there ? 0 : 0x0112 };
    }
    if (archive.answers_at_once)
        assert_true(wait->committed(wait->user, transaction, answer, count));
    return true;
}

/* ---- the store ---- */

static sx_db *db;
static char where[700];
static sx_destination pacs;

static void add_output(const char *uid, const char *kind, const char *sop_class, const void *bytes,
                       size_t n) {
    sx_error err = { 0 };
    sx_store_output o = study_output(uid, kind, sop_class, 1);
    o.bytes = (void *)(uintptr_t)bytes;
    o.n = n;
    snprintf(o.series_uid, sizeof o.series_uid, "1.2.3.9");
    CHECK_OK(sx_store_add_output(db, &o, &err), err);
}

static void prepare(void) {
    char key[SX_JOB_KEY];
    sx_error err = { 0 };
    db = built_study("confirm", where, sizeof where);
    memset(&archive, 0, sizeof archive);
    pacs = test_destination();
    pacs.confirm = "commitment";
    sx_deliver_key("1.2.3", 1, key);
    CHECK_OK(sx_jobs_add(db, "send", key, "pacs", 0, 0, &err), err);
}

static int start_anew(void **state) {
    (void)state;
    prepare();
    add_output("1.1", "sr3d", "3D", "bytes", 5);
    add_output("1.2", "gsps", "GSPS", "bytes", 5);
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_db_close(db);
    return 0;
}

/* ---- work ---- */

static sx_deliver_options options(void) {
    return (sx_deliver_options){ .destination = &pacs,
                                 .our_title = "SPINEXR",
                                 .message_seconds = 5,
                                 .now = test_now,
                                 .draw = test_draw,
                                 .send = test_send,
                                 .stow = test_stow,
                                 .find = test_find,
                                 .ask = test_ask };
}

/* Works on one job that is due; false: there is none. */
static bool work_with(const sx_deliver_options *o, const char *kind, sx_delivered *outcome,
                      sx_job *job) {
    sx_error err = { 0 };
    bool found;
    CHECK_OK(sx_jobs_lease(db, kind, "pacs", "w", archive.now, 60000, job, &found, &err), err);
    if (!found) return false;
    CHECK_OK(strcmp(kind, "send") == 0 ? sx_deliver(db, o, job, outcome, &err)
                                       : sx_confirm(db, o, job, outcome, &err),
             err);
    CHECK_OK(sx_jobs_find(db, job->id, job, &found, &err), err);
    return true;
}

static bool work(const char *kind, sx_delivered *outcome, sx_job *job) {
    const sx_deliver_options o = options();
    return work_with(&o, kind, outcome, job);
}

static sx_delivered expect(const char *kind, sx_job *job) {
    sx_delivered outcome = SX_DELIVERED_LOST;
    if (!work(kind, &outcome, job)) fail_msg("no job \"%s\" is due", kind);
    return outcome;
}

/* All that is due up to a time, in steps of a minute. */
static void work_until(int64_t time) {
    sx_delivered outcome;
    sx_job job;
    for (; archive.now <= time; archive.now += MINUTE) {
        for (int i = 0; i < 20; i++)
            if (!work("send", &outcome, &job) && !work("confirm", &outcome, &job)) break;
    }
}

static sx_delivery state_of(const char *uid) {
    sx_error err = { 0 };
    sx_delivery state;
    CHECK_OK(sx_store_get_delivery(db, uid, "pacs", &state, &err), err);
    return state;
}

static int64_t number(const char *sql) {
    sx_error err = { 0 };
    int64_t n = 0;
    bool found;
    CHECK_OK(sx_db_query_int(db, sql, NULL, 0, &n, &found, &err), err);
    return found ? n : -1;
}

static bool report(const char *transaction, const sx_dicom_committed *items, size_t count) {
    sx_error err = { 0 };
    bool known;
    CHECK_OK(sx_confirm_answer(db, archive.now, transaction, items, count, &known, &err), err);
    return known;
}

/* ---- looking ---- */

static void what_is_found_is_confirmed(void **state) {
    (void)state;
    sx_job job;
    pacs.confirm = "find";
    assert_int_equal(expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_SENT);
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_ALL);
    assert_string_equal(job.state, "done");
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(archive.asks, 0);
}

static void without_a_confirmation_there_is_no_job(void **state) {
    (void)state;
    sx_job job;
    pacs.confirm = "none";
    assert_int_equal(expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE kind = 'confirm'"), 0);
}

static void an_object_that_was_lost_is_sent_again(void **state) {
    (void)state;
    sx_job job;
    pacs.confirm = "find";
    archive.loses = "1.2";
    assert_int_equal(expect("send", &job), SX_DELIVERED_ALL);
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_LATER);
    assert_string_equal(job.error, "1.2: the archive does not have it");
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    work_until(9 * MINUTE); /* it may only be slow */
    assert_int_equal(archive.sends, 2);
    archive.loses = NULL;
    work_until(40 * MINUTE);
    assert_int_equal(archive.sends, 3); /* the missing one alone */
    assert_int_equal(archive.count, 2);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

/* Not for ever: complaint 6 of other systems was an endless loop. */
static void what_is_always_lost_is_a_dead_letter(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found;
    pacs.confirm = "find";
    archive.loses = "1.2";
    work_until(300 * MINUTE);
    assert_int_equal(archive.sends, 2 + 2);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_FAILED);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    const int64_t id = number("SELECT id FROM job WHERE kind = 'confirm' AND state = 'dead'");
    CHECK_OK(sx_jobs_find(db, id, &job, &found, &err), err);
    assert_true(found);
    assert_string_equal(job.error, "1.2: the archive does not have it");
    /* a person repairs the archive */
    archive.loses = NULL;
    CHECK_OK(sx_jobs_revive(db, id, archive.now, &found, &err), err);
    work_until(400 * MINUTE);
    assert_int_equal(archive.sends, 5);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_COMMITTED);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

static void an_archive_that_is_down_is_asked_for_days(void **state) {
    (void)state;
    sx_job job;
    pacs.confirm = "find";
    expect("send", &job);
    archive.down = true;
    work_until((int64_t)71 * 60 * MINUTE);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'waiting'"), 1);
    work_until((int64_t)73 * 60 * MINUTE);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'dead'"), 1);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_SENT);
    assert_int_equal(archive.sends, 2);
}

static void a_destination_by_dicomweb_is_looked_at(void **state) {
    (void)state;
    pacs.host = "";
    pacs.url = "https://archive/dicom-web";
    work_until(MINUTE);
    assert_int_equal(archive.asks, 0);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
}

/* ---- storage commitment ---- */

static void an_answer_by_another_association_confirms(void **state) {
    (void)state;
    sx_job job;
    expect("send", &job);
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_LATER);
    assert_string_equal(job.error, "waits for the answer of storage commitment");
    assert_int_equal(job.not_before, 10 * MINUTE);
    assert_int_equal(archive.asked_count, 2);
    archive.now = MINUTE;
    const sx_dicom_committed items[] = { { "3D", "1.1", true, 0 }, { "GSPS", "1.2", true, 0 } };
    assert_false(report("1.2.3.4.5", items, 2)); /* not our transaction */
    assert_int_equal(state_of("1.1"), SX_DELIVERY_SENT);
    assert_true(report(archive.transaction, items, 2));
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_ALL); /* at once */
    assert_true(report(archive.transaction, items, 2));          /* again */
    assert_int_equal(archive.asks, 1);
    assert_int_equal(archive.finds, 0);
}

static void an_answer_on_the_same_association_confirms(void **state) {
    (void)state;
    sx_job job;
    archive.answers_at_once = true;
    expect("send", &job);
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_ALL);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_COMMITTED);
}

static void what_is_not_committed_is_sent_again(void **state) {
    (void)state;
    archive.answers_at_once = true;
    archive.loses = "1.1";
    work_until(0);
    archive.loses = NULL;
    work_until(25 * MINUTE);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(archive.asked_count, 1); /* the second request is for the lost one alone */
    assert_string_equal(archive.asked[0], "1.1");
    assert_int_equal(number("SELECT COUNT(*) FROM event WHERE kind = 'not committed'"), 2);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

/* Other failures than a missing instance are no reason to send it. */
static void a_busy_archive_is_asked_again(void **state) {
    (void)state;
    sx_job job;
    expect("send", &job);
    expect("confirm", &job);
    const sx_dicom_committed items[] = { { "3D", "1.1", true, 0 },
                                         { "GSPS", "1.2", false, 0x0213 } };
    assert_true(report(archive.transaction, items, 2));
    assert_int_equal(state_of("1.2"), SX_DELIVERY_SENT);
    archive.answers_at_once = true;
    work_until(11 * MINUTE);
    assert_int_equal(archive.asks, 2);
    assert_int_equal(archive.sends, 2);
    assert_int_equal(state_of("1.2"), SX_DELIVERY_COMMITTED);
}

static void an_answer_that_is_late_does_not_send_again(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    expect("send", &job);
    expect("confirm", &job);
    archive.now = MINUTE; /* sent again for another reason */
    CHECK_OK(sx_store_set_delivery(db, "1.1", "pacs", SX_DELIVERY_SENT, archive.now, &err), err);
    const sx_dicom_committed items[] = { { "3D", "1.1", false, 0x0112 } };
    assert_true(report(archive.transaction, items, 1));
    assert_int_equal(state_of("1.1"), SX_DELIVERY_SENT);
}

static void silence_is_asked_three_times_and_then_looked_at(void **state) {
    (void)state;
    work_until(29 * MINUTE);
    assert_int_equal(archive.asks, 3);
    assert_int_equal(archive.finds, 0);
    work_until(31 * MINUTE);
    assert_int_equal(archive.asks, 3);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'done'"), 2);
}

static void where_it_is_not_offered_the_objects_are_looked_at(void **state) {
    (void)state;
    archive.asking = SX_ERR_UNSUPPORTED;
    work_until(0);
    assert_int_equal(archive.finds, 2);
    assert_int_equal(state_of("1.1"), SX_DELIVERY_COMMITTED);
    assert_int_equal(number("SELECT COUNT(*) FROM commitment"), 0);
}

static void a_request_that_fails_is_no_request(void **state) {
    (void)state;
    sx_job job;
    expect("send", &job);
    archive.down = true;
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_LATER);
    assert_int_equal(job.not_before, 5000);
    assert_int_equal(number("SELECT COUNT(*) FROM commitment"), 0);
    archive.down = false;
    archive.answers_at_once = true;
    archive.now = 5000;
    assert_int_equal(expect("confirm", &job), SX_DELIVERED_ALL);
}

static void a_lost_lease_changes_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job, first, second;
    bool found;
    sx_delivered outcome;
    const sx_deliver_options o = options();
    expect("send", &job);
    archive.answers_at_once = true;
    CHECK_OK(sx_jobs_lease(db, "confirm", "pacs", "a", 0, 10, &first, &found, &err), err);
    CHECK_OK(sx_jobs_lease(db, "confirm", "pacs", "b", 10, 10, &second, &found, &err), err);
    CHECK_OK(sx_confirm(db, &o, &first, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_LOST);
    CHECK_OK(sx_confirm(db, &o, &second, &outcome, &err), err);
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_int_equal(archive.asks, 1);
}

/* ---- Orthanc ---- */

static int take_none(void *user, const sx_dicom_incoming *in) {
    (void)user;
    (void)in;
    return SX_STORE_NOT_ALLOWED;
}

static bool take_report(void *user, const char *transaction, const sx_dicom_committed *items,
                        size_t count) {
    bool known = false;
    sx_db *own = sx_db_open(where, NULL);
    (void)user;
    const bool ok =
        own && sx_confirm_answer(own, archive.now, transaction, items, count, &known, NULL);
    sx_db_close(own);
    return ok && known;
}

static sx_dicom_server *open_server(void) {
    static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.1.1", NULL };
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", NULL };
    sx_error err = { 0 };
    const sx_dicom_server_options o = {
        .gate = { .listen = "127.0.0.1", .seconds = 10, .most_waiting = 10 },
        .ae_title = "SPINEXR",
        .most_associations = 4,
        .most_per_address = 4,
        .idle_seconds = 10,
        .message_seconds = 10,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .store = take_none,
        .committed = take_report,
    };
    sx_dicom_server *s = sx_dicom_server_open(&o, &err);
    CHECK_OK(s != NULL, err);
    return s;
}

static void add_films(const char *const *uids, size_t count) {
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    static const char film_class[] = "1.2.840.10008.5.1.4.1.1.1.1";
    sx_error err = { 0 };
    for (size_t i = 0; i < count; i++) {
        uint8_t *bytes = NULL;
        size_t n = 0;
        sx_write_film f = plain_film(pixels, SIDE, SIDE);
        f.instance_uid = uids[i];
        f.series_uid = "1.2.3.9";
        CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
        add_output(uids[i], "capture", film_class, bytes, n);
        free(bytes);
    }
}

/* Waits for a report that comes in a thread of the server. */
static void wait_for_state(const char *uid, sx_delivery state) {
    for (int i = 0; i < 200 && state_of(uid) != state; i++)
        usleep(50000);
    assert_int_equal(state_of(uid), state);
}

/* One object never arrives, although the store says so: the archive's report names it, and it is
 * sent again. */
static void orthanc_commits_and_names_what_it_lacks(void **state) {
    (void)state;
    static const char *const uids[] = { "1.2.3.4", "1.2.3.5" };
    sx_error err = { 0 };
    orthanc o;
    sx_job job;
    sx_delivered outcome;
    prepare();
    sx_dicom_server *s = open_server();
    if (!orthanc_start(&o, sx_dicom_server_port(s))) {
        sx_dicom_server_close(s, 1);
        skip();
    }
    add_films(uids, 2);
    pacs.host = "127.0.0.1";
    pacs.port = o.dicom_port;
    pacs.ae_title = "ORTHANC";
    const sx_deliver_options real = { .destination = &pacs,
                                      .our_title = "SPINEXR",
                                      .message_seconds = 10,
                                      .now = test_now,
                                      .draw = test_draw };
    CHECK_OK(sx_destination_check(&real, &err), err);
    CHECK_OK(sx_store_set_delivery(db, "1.2.3.5", "pacs", SX_DELIVERY_SENT, 0, &err), err);
    assert_true(work_with(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_true(work_with(&real, "confirm", &outcome, &job));
    wait_for_state("1.2.3.4", SX_DELIVERY_COMMITTED);
    wait_for_state("1.2.3.5", SX_DELIVERY_WAITING);
    assert_true(work_with(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    for (int i = 0; i < 10 && work_with(&real, "confirm", &outcome, &job); i++)
        archive.now = job.not_before;
    wait_for_state("1.2.3.5", SX_DELIVERY_COMMITTED);
    bool found = false;
    CHECK_OK(sx_destination_find(&real, "1.2.3", "1.2.3.9", "1.2.3.5", &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_destination_find(&real, "1.2.3", "1.2.3.9", "1.2.3.6", &found, &err), err);
    assert_false(found);
    orthanc_stop(&o);
    sx_dicom_server_close(s, 1);
}

static void orthanc_by_dicomweb_is_looked_at(void **state) {
    (void)state;
    static const char *const uids[] = { "1.2.3.4", "1.2.3.5" };
    orthanc o;
    sx_job job;
    sx_delivered outcome;
    char url[100];
    prepare();
    if (!orthanc_start(&o, 11112)) skip();
    add_films(uids, 2);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/dicom-web", o.http_port);
    pacs.host = "";
    pacs.url = url;
    const sx_deliver_options real = {
        .destination = &pacs, .message_seconds = 10, .now = test_now, .draw = test_draw
    };
    assert_true(work_with(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_true(work_with(&real, "confirm", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_int_equal(state_of("1.2.3.4"), SX_DELIVERY_COMMITTED);
    assert_int_equal(state_of("1.2.3.5"), SX_DELIVERY_COMMITTED);
    orthanc_stop(&o);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test)        cmocka_unit_test_setup_teardown(test, start_anew, finish)
#define WITH_ORTHANC(test) cmocka_unit_test_teardown(test, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(what_is_found_is_confirmed),
        FRESH(without_a_confirmation_there_is_no_job),
        FRESH(an_object_that_was_lost_is_sent_again),
        FRESH(what_is_always_lost_is_a_dead_letter),
        FRESH(an_archive_that_is_down_is_asked_for_days),
        FRESH(a_destination_by_dicomweb_is_looked_at),
        FRESH(an_answer_by_another_association_confirms),
        FRESH(an_answer_on_the_same_association_confirms),
        FRESH(what_is_not_committed_is_sent_again),
        FRESH(a_busy_archive_is_asked_again),
        FRESH(an_answer_that_is_late_does_not_send_again),
        FRESH(silence_is_asked_three_times_and_then_looked_at),
        FRESH(where_it_is_not_offered_the_objects_are_looked_at),
        FRESH(a_request_that_fails_is_no_request),
        FRESH(a_lost_lease_changes_nothing),
        WITH_ORTHANC(orthanc_commits_and_names_what_it_lacks),
        WITH_ORTHANC(orthanc_by_dicomweb_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
