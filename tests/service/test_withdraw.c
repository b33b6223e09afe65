/* A result that a later one replaces: it is not sent any more, or it is withdrawn where the
 * destination supports that. The note is checked by dciodvfy, and Orthanc takes it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "dicom/result_withdrawal.h"
#include "dicom/write.h"
#include "service/built_study.h"
#include "service/node/deliver.h"
#include "service/query_number.h"
#include "service/store/outputs.h"
#include "support/check.h"
#include "support/orthanc.h"
#include "support/plain_film.h"

enum { MOST = 40 };

/* ---- the other end ---- */

static struct {
    sx_sent answer;
    const char *refused; /* this class has no context */
    int count;
    char sent[MOST][SX_STORE_UID];
    char classes[MOST][SX_STORE_UID];
    uint8_t *last; /* bytes of the last object, [n] */
    size_t n;
} other;

static int64_t test_now(void *user) {
    (void)user;
    return 1000;
}

static double test_draw(void *user) {
    (void)user;
    return 0.0;
}

static void test_send(void *user, const sx_dicom_remote *remote, sx_send_item *items,
                      size_t count) {
    (void)user;
    (void)remote;
    for (size_t i = 0; i < count; i++) {
        items[i].sent = other.answer;
        if (other.refused && strcmp(items[i].sop_class, other.refused) == 0)
            items[i].sent = SX_SENT_NO_CONTEXT;
        if (items[i].sent != SX_SENT_STORED) continue;
        assert_true(other.count < MOST);
        snprintf(other.classes[other.count], SX_STORE_UID, "%s", items[i].sop_class);
        snprintf(other.sent[other.count++], SX_STORE_UID, "%s", items[i].sop_uid);
        free(other.last);
        other.last = malloc(items[i].n);
        other.n = items[i].n;
        memcpy(other.last, items[i].bytes, items[i].n);
    }
}

/* ---- the store ---- */

static sx_db *db;
static sx_destination pacs;
static uint8_t *report; /* of a film, [report_size] */
static size_t report_size;
static uint8_t *film_bytes;
static size_t film_size;

/* A real report: what the note copies must be there. */
static void make_report(void) {
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    static const char digest[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    sx_error err = { 0 };
    const sx_write_film f = plain_film(pixels, SIDE, SIDE);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &film_bytes, &film_size, &err), err);
    sx_film *film = sx_film_from_memory(film_bytes, film_size, "film",
                                        &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(film != NULL, err);
    const sx_result_film one = { .file = film_bytes,
                                 .size = film_size,
                                 .digest = digest,
                                 .info = &film->info,
                                 .probability = 0.5 };
    const sx_result_study s = { .films = &one,
                                .film_count = 1,
                                .version = SX_VERSION,
                                .weights = digest,
                                .configuration = digest,
                                .device_uid = "1.2.9",
                                .serial = "node",
                                .completed = 1795897800,
                                .revision = 2,
                                .demonstration = true };
    CHECK_OK(sx_result_report(&s, SX_RESULT_SR_3D, &report, &report_size, &err), err);
    sx_film_free(film);
}

static void add_output(const char *uid, const char *kind, sx_result_kind class_of,
                       int64_t revision) {
    sx_error err = { 0 };
    sx_store_output o = study_output(uid, kind, sx_result_sop_class(class_of), revision);
    o.bytes = report;
    o.n = report_size;
    snprintf(o.series_uid, sizeof o.series_uid, "1.2.3.%s", kind[0] == 's' ? "8" : "9");
    CHECK_OK(sx_store_add_output(db, &o, &err), err);
}

static void add_revision(int64_t revision) {
    char uid[32], key[SX_JOB_KEY];
    sx_error err = { 0 };
    snprintf(uid, sizeof uid, "77.%d.1", (int)revision);
    add_output(uid, "sr3d", SX_RESULT_SR_3D, revision);
    snprintf(uid, sizeof uid, "77.%d.2", (int)revision);
    add_output(uid, "gsps", SX_RESULT_GSPS, revision);
    snprintf(uid, sizeof uid, "77.%d.3", (int)revision);
    add_output(uid, "capture", SX_RESULT_CAPTURE, revision);
    sx_deliver_key("1.2.3", revision, key);
    CHECK_OK(sx_jobs_add(db, "send", key, "pacs", 1000, 1000, &err), err);
}

static int start_anew(void **state) {
    char where[700];
    (void)state;
    db = built_study("withdraw", where, sizeof where);
    other.answer = SX_SENT_STORED;
    other.refused = NULL;
    other.count = 0;
    pacs = test_destination();
    pacs.withdraw = "iocm";
    add_revision(1);
    return 0;
}

static int finish(void **state) {
    (void)state;
    sx_db_close(db);
    return 0;
}

/* Works on the job that is due first. */
static sx_delivered work_once(void) {
    sx_error err = { 0 };
    sx_job job;
    bool found;
    sx_delivered outcome;
    const sx_deliver_options o = { .destination = &pacs,
                                   .our_title = "SPINEXR",
                                   .message_seconds = 5,
                                   .now = test_now,
                                   .draw = test_draw,
                                   .send = test_send };
    CHECK_OK(sx_jobs_lease(db, "send", "pacs", "w", 1000, 1000, &job, &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_deliver(db, &o, &job, &outcome, &err), err);
    return outcome;
}

static bool note_names(const char *uid) {
    return memmem(other.last, other.n, uid, strlen(uid)) != NULL;
}

static int64_t number(const char *sql) {
    return query_number(db, sql);
}

/* ---- tests ---- */

static void a_later_result_withdraws_the_earlier_one(void **state) {
    (void)state;
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 3);
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 3 + 3 + 1);
    assert_string_equal(other.classes[6], SX_WITHDRAWAL_CLASS); /* after what replaces it */
    assert_true(note_names("113001"));
    assert_true(note_names("77.1.1") && note_names("77.1.2") && note_names("77.1.3"));
    assert_false(note_names("77.2.1") || note_names("77.2.2"));
    assert_true(note_names("NOT FOR CLINICAL USE"));
    assert_int_equal(number("SELECT COUNT(*) FROM event WHERE kind = 'withdrawn'"), 1);
    /* the next one withdraws what this one said, not what is withdrawn already */
    add_revision(3);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 7 + 3 + 1);
    assert_true(note_names("77.2.1") && !note_names("77.1.1"));
}

static void without_the_setting_nothing_is_withdrawn(void **state) {
    (void)state;
    pacs.withdraw = "none";
    work_once();
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 6);
}

/* What replaces a result must be there first. */
static void a_result_that_is_refused_withdraws_nothing(void **state) {
    (void)state;
    work_once();
    add_revision(2);
    other.answer = SX_SENT_PERMANENT;
    assert_int_equal(work_once(), SX_DELIVERED_DEAD);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'withdrawal'"), 0);
}

/* One kind is refused: the report is there all the same, and what it replaces is withdrawn. The
 * dead letter of the earlier version ends, that of the later one stays. */
static void what_arrived_without_one_kind_withdraws(void **state) {
    (void)state;
    other.refused = sx_result_sop_class(SX_RESULT_GSPS);
    assert_int_equal(work_once(), SX_DELIVERED_DEAD);
    assert_int_equal(other.count, 2);
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_DEAD);
    assert_int_equal(other.count, 2 + 2 + 1);
    assert_string_equal(other.classes[4], SX_WITHDRAWAL_CLASS);
    assert_true(note_names("77.1.1") && note_names("77.1.3") && !note_names("77.1.2"));
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'dead'"), 1);
    assert_int_equal(number("SELECT COUNT(*) FROM job WHERE state = 'dead' AND key = '1.2.3/2'"),
                     1);
}

/* Another report is not there, whatever else is. */
static void a_version_without_its_report_withdraws_nothing(void **state) {
    (void)state;
    work_once();
    add_revision(2);
    other.refused = sx_result_sop_class(SX_RESULT_SR_3D);
    assert_int_equal(work_once(), SX_DELIVERED_DEAD);
    assert_int_equal(other.count, 3 + 2);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'withdrawal'"), 0);
}

static void a_note_that_fails_is_sent_again_with_its_bytes(void **state) {
    (void)state;
    sx_error err = { 0 };
    work_once();
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    uint8_t *first = malloc(other.n);
    const size_t n = other.n;
    memcpy(first, other.last, n);
    CHECK_OK(
        sx_db_run(db,
                  "UPDATE delivery SET state = 'waiting' WHERE sop_uid IN"
                  " (SELECT sop_uid FROM output WHERE kind = 'withdrawal')",
                  NULL, 0, &err) &&
            sx_db_run(db, "UPDATE job SET state = 'ready' WHERE key = '1.2.3/2'", NULL, 0, &err),
        err);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 8);
    assert_int_equal(other.n, n);
    assert_memory_equal(other.last, first, n);
    assert_int_equal(number("SELECT COUNT(*) FROM output WHERE kind = 'withdrawal'"), 1);
    free(first);
}

static void a_superseded_result_is_not_sent(void **state) {
    (void)state;
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_SUPERSEDED); /* revision 1 */
    assert_int_equal(other.count, 0);
    assert_int_equal(number("SELECT COUNT(*) FROM event WHERE kind = 'superseded'"), 1);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 3); /* and nothing is there to be withdrawn */
}

/* The later result does not say what was said of films that are gone. */
static void a_study_that_lacks_films_withdraws_nothing(void **state) {
    (void)state;
    sx_error err = { 0 };
    work_once();
    CHECK_OK(sx_db_run(db,
                       "INSERT INTO instance (sop_uid, sop_class, transfer_syntax, study_uid,"
                       " series_uid, patient_id, issuer, sha256, size, path, source, received,"
                       " state) VALUES ('1.9', 'c', 't', '1.2.3', 's', 'P', '', 'h', 1, 'p', 'q',"
                       " 0, 'deleted')",
                       NULL, 0, &err),
             err);
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 6);
}

static void an_earlier_result_on_its_way_is_waited_for(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    bool found;
    work_once();
    CHECK_OK(sx_db_run(db, "UPDATE job SET state = 'ready'", NULL, 0, &err), err);
    CHECK_OK(sx_jobs_lease(db, "send", "pacs", "another", 1000, 1000, &job, &found, &err), err);
    add_revision(2);
    assert_int_equal(work_once(), SX_DELIVERED_LATER);
    assert_int_equal(other.count, 6);
    CHECK_OK(sx_jobs_done(db, &job, &found, &err), err);
    CHECK_OK(sx_db_run(db, "UPDATE job SET not_before = 0", NULL, 0, &err), err);
    assert_int_equal(work_once(), SX_DELIVERED_ALL);
    assert_int_equal(other.count, 7);
}

/* ---- the note itself ---- */

static void make_note(uint8_t **bytes, size_t *n, char uid[SX_RESULT_UID]) {
    static const sx_withdrawn items[] = {
        { "1.2.840.10008.5.1.4.1.1.88.34", "1.1.1", "1.2.3.8" },
        { "1.2.840.10008.5.1.4.1.1.7", "1.1.3", "1.2.3.9" },
        { "1.2.840.10008.5.1.4.1.1.11.1", "1.1.2", "1.2.3.8" },
    };
    sx_error err = { 0 };
    const sx_withdrawal w = { .file = report,
                              .size = report_size,
                              .study_uid = "1.2.3",
                              .successor = "1.2.1",
                              .items = items,
                              .count = 3,
                              .number = 2 };
    CHECK_OK(sx_withdrawal_encode(&w, bytes, n, &err), err);
    CHECK_OK(sx_withdrawal_uid(&w, false, uid, &err), err);
}

static void the_same_input_gives_the_same_note(void **state) {
    (void)state;
    sx_error err = { 0 };
    uint8_t *a, *b;
    size_t n, m;
    char uid[SX_RESULT_UID];
    make_note(&a, &n, uid);
    make_note(&b, &m, uid);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    assert_non_null(memmem(a, n, uid, strlen(uid)));
    const sx_withdrawal nothing = {
        .file = report, .size = report_size, .study_uid = "1.2.3", .successor = "1.2.1"
    };
    free(b);
    CHECK_FAILS(sx_withdrawal_encode(&nothing, &b, &m, &err), err, SX_ERR_VALUE, "names no object");
    const sx_withdrawn odd = { "1.2", "a b", "1.3" };
    const sx_withdrawal bad = { .file = report,
                                .size = report_size,
                                .study_uid = "1.2.3",
                                .successor = "1.2.1",
                                .items = &odd,
                                .count = 1 };
    CHECK_FAILS(sx_withdrawal_encode(&bad, &b, &m, &err), err, SX_ERR_VALUE, "no UID");
    free(a);
}

static void dciodvfy_finds_no_error_in_the_note(void **state) {
    (void)state;
    sx_error err = { 0 };
    uint8_t *bytes;
    size_t n;
    char uid[SX_RESULT_UID], command[4000], path[600];
    if (system("command -v dciodvfy >/dev/null 2>&1") != 0) skip();
    make_note(&bytes, &n, uid);
    snprintf(path, sizeof path, "%s/note.dcm", check_tmp());
    CHECK_OK(sx_write_file(path, bytes, n, &err), err);
    free(bytes);
    snprintf(command, sizeof command,
             "dciodvfy '%s' >'%s.txt' 2>&1; grep -q KeyObjectSelectionDocument '%s.txt' &&"
             " ! grep '^Error' '%s.txt'",
             path, path, path, path);
    assert_int_equal(system(command), 0);
}

static void orthanc_takes_the_note(void **state) {
    (void)state;
    orthanc o;
    uint8_t *bytes;
    size_t n;
    char uid[SX_RESULT_UID];
    if (!orthanc_start(&o, 11112)) skip();
    make_note(&bytes, &n, uid);
    sx_send_item items[] = {
        { .bytes = film_bytes,
          .n = film_size,
          .sop_class = "1.2.840.10008.5.1.4.1.1.1.1",
          .sop_uid = "1.2.3.1.1" },
        { .bytes = bytes, .n = n, .sop_class = SX_WITHDRAWAL_CLASS, .sop_uid = uid }
    };
    const sx_dicom_remote r = { .host = "127.0.0.1",
                                .port = o.dicom_port,
                                .ae_title = "ORTHANC",
                                .our_title = "SPINEXR",
                                .message_seconds = 10 };
    sx_dicom_send(&r, items, 2);
    assert_string_equal(items[1].reason, "");
    assert_int_equal(items[1].sent, SX_SENT_STORED);
    sx_error err = { 0 };
    bool found = false;
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/dicom-web", o.http_port);
    const sx_http_remote web = { .url = url, .message_seconds = 10 };
    CHECK_OK(sx_stow_find(&web, "1.2.3", uid, &found, &err), err); /* in the study of the film */
    assert_true(found);
    free(bytes);
    orthanc_stop(&o);
}

static int prepare(void **state) {
    (void)state;
    make_report();
    return 0;
}

static int clean(void **state) {
    (void)state;
    free(report);
    free(film_bytes);
    free(other.last);
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, start_anew, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_later_result_withdraws_the_earlier_one),
        FRESH(without_the_setting_nothing_is_withdrawn),
        FRESH(a_result_that_is_refused_withdraws_nothing),
        FRESH(what_arrived_without_one_kind_withdraws),
        FRESH(a_version_without_its_report_withdraws_nothing),
        FRESH(a_note_that_fails_is_sent_again_with_its_bytes),
        FRESH(a_superseded_result_is_not_sent),
        FRESH(a_study_that_lacks_films_withdraws_nothing),
        FRESH(an_earlier_result_on_its_way_is_waited_for),
        cmocka_unit_test(the_same_input_gives_the_same_note),
        cmocka_unit_test(dciodvfy_finds_no_error_in_the_note),
        cmocka_unit_test(orthanc_takes_the_note),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}
