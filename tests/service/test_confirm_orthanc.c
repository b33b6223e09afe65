/* Confirmation of what was sent to Orthanc. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dicom/write.h"
#include "service/confirm_fixture.h"
#include "service/net/dicom_server.h"
#include "support/check.h"
#include "support/orthanc.h"
#include "support/plain_film.h"

static int take_none(void *user, const sx_dicom_incoming *in) {
    (void)user;
    (void)in;
    return SX_STORE_NOT_ALLOWED;
}

static bool take_report(void *user, const char *transaction, const sx_dicom_committed *items,
                        size_t count) {
    bool known = false;
    sx_db *own = sx_db_open(confirm_store, NULL);
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
        confirm_add_output(uids[i], "capture", film_class, bytes, n);
        free(bytes);
    }
}

/* Waits for a report that comes in a thread of the server. */
static void wait_for_state(const char *uid, sx_delivery state) {
    for (int i = 0; i < 200 && confirm_state(uid) != state; i++)
        usleep(50000);
    assert_int_equal(confirm_state(uid), state);
}

/* It ends well only if it could read what we responded to each report. */
static void expect_reports_done(const orthanc *o, int least) {
    for (int i = 0; i < 200 && orthanc_jobs(o, "Success") < least && !orthanc_jobs(o, "Failure");
         i++)
        usleep(50000);
    assert_int_equal(orthanc_jobs(o, "Failure"), 0);
    assert_true(orthanc_jobs(o, "Success") >= least);
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
    confirm_prepare();
    sx_dicom_server *s = open_server();
    if (!orthanc_start(&o, sx_dicom_server_port(s))) {
        sx_dicom_server_close(s, 1);
        skip();
    }
    add_films(uids, 2);
    confirm_pacs.host = "127.0.0.1";
    confirm_pacs.port = o.dicom_port;
    confirm_pacs.ae_title = "ORTHANC";
    const sx_deliver_options real = { .destination = &confirm_pacs,
                                      .our_title = "SPINEXR",
                                      .message_seconds = 10,
                                      .now = confirm_now,
                                      .draw = confirm_draw };
    CHECK_OK(sx_destination_check(&real, &err), err);
    CHECK_OK(sx_store_set_delivery(confirm_db, "1.2.3.5", "pacs", SX_DELIVERY_SENT, 0, &err), err);
    assert_true(confirm_work(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_true(confirm_work(&real, "confirm", &outcome, &job));
    wait_for_state("1.2.3.4", SX_DELIVERY_COMMITTED);
    wait_for_state("1.2.3.5", SX_DELIVERY_WAITING);
    assert_true(confirm_work(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    for (int i = 0; i < 10 && confirm_work(&real, "confirm", &outcome, &job); i++)
        archive.now = job.not_before;
    wait_for_state("1.2.3.5", SX_DELIVERY_COMMITTED);
    bool found = false;
    CHECK_OK(sx_destination_find(&real, "1.2.3", "1.2.3.9", "1.2.3.5", &found, &err), err);
    assert_true(found);
    CHECK_OK(sx_destination_find(&real, "1.2.3", "1.2.3.9", "1.2.3.6", &found, &err), err);
    assert_false(found);
    expect_reports_done(&o, 2);
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
    confirm_prepare();
    if (!orthanc_start(&o, 11112)) skip();
    add_films(uids, 2);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/dicom-web", o.http_port);
    confirm_pacs.host = "";
    confirm_pacs.url = url;
    const sx_deliver_options real = { .destination = &confirm_pacs,
                                      .message_seconds = 10,
                                      .now = confirm_now,
                                      .draw = confirm_draw };
    assert_true(confirm_work(&real, "send", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_true(confirm_work(&real, "confirm", &outcome, &job));
    assert_int_equal(outcome, SX_DELIVERED_ALL);
    assert_int_equal(confirm_state("1.2.3.4"), SX_DELIVERY_COMMITTED);
    assert_int_equal(confirm_state("1.2.3.5"), SX_DELIVERY_COMMITTED);
    orthanc_stop(&o);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FINISHED(test) cmocka_unit_test_teardown(test, confirm_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FINISHED(orthanc_commits_and_names_what_it_lacks),
        FINISHED(orthanc_by_dicomweb_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
