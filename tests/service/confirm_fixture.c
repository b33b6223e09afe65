#include "service/confirm_fixture.h"

#include <stdio.h>
#include <string.h>

#include "service/built_study.h"
#include "service/query_number.h"
#include "service/store/outputs.h"
#include "support/check.h"

/* ---- the archive ---- */

struct confirm_archive archive;

int64_t confirm_now(void *user) {
    (void)user;
    return archive.now;
}

double confirm_draw(void *user) {
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
        const bool refused = archive.refuses && strcmp(archive.refuses, items[i].sop_uid) == 0;
        if (!archive.down && refused) items[i].sent = SX_SENT_PERMANENT;
        if (items[i].sent != SX_SENT_STORED ||
            (archive.loses && strcmp(archive.loses, items[i].sop_uid) == 0))
            continue;
        assert_true(archive.count < CONFIRM_MOST);
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
    sx_dicom_committed answer[CONFIRM_MOST];
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

sx_db *confirm_db;
char confirm_store[700];
sx_destination confirm_pacs;

void confirm_add_output(const char *uid, const char *kind, const char *sop_class, const void *bytes,
                        size_t n) {
    sx_error err = { 0 };
    sx_store_output o = study_output(uid, kind, sop_class, 1);
    o.bytes = (void *)(uintptr_t)bytes;
    o.n = n;
    snprintf(o.series_uid, sizeof o.series_uid, "1.2.3.9");
    CHECK_OK(sx_store_add_output(confirm_db, &o, &err), err);
}

void confirm_prepare(void) {
    char key[SX_JOB_KEY];
    sx_error err = { 0 };
    confirm_db = built_study("confirm", confirm_store, sizeof confirm_store);
    memset(&archive, 0, sizeof archive);
    confirm_pacs = test_destination();
    confirm_pacs.confirm = "commitment";
    sx_deliver_key("1.2.3", 1, key);
    CHECK_OK(sx_jobs_add(confirm_db, "send", key, "pacs", 0, 0, &err), err);
}

int confirm_start(void **state) {
    (void)state;
    confirm_prepare();
    confirm_add_output("1.1", "sr3d", "3D", "bytes", 5);
    confirm_add_output("1.2", "gsps", "GSPS", "bytes", 5);
    return 0;
}

int confirm_finish(void **state) {
    (void)state;
    sx_db_close(confirm_db);
    return 0;
}

/* ---- work ---- */

sx_deliver_options confirm_options(void) {
    return (sx_deliver_options){ .destination = &confirm_pacs,
                                 .our_title = "SPINEXR",
                                 .message_seconds = 5,
                                 .now = confirm_now,
                                 .draw = confirm_draw,
                                 .send = test_send,
                                 .stow = test_stow,
                                 .find = test_find,
                                 .ask = test_ask };
}

bool confirm_work(const sx_deliver_options *o, const char *kind, sx_delivered *outcome,
                  sx_job *job) {
    sx_error err = { 0 };
    bool found;
    CHECK_OK(sx_jobs_lease(confirm_db, kind, "pacs", "w", archive.now, 60000, job, &found, &err),
             err);
    if (!found) return false;
    CHECK_OK(strcmp(kind, "send") == 0 ? sx_deliver(confirm_db, o, job, outcome, &err)
                                       : sx_confirm(confirm_db, o, job, outcome, &err),
             err);
    CHECK_OK(sx_jobs_find(confirm_db, job->id, job, &found, &err), err);
    return true;
}

static bool work(const char *kind, sx_delivered *outcome, sx_job *job) {
    const sx_deliver_options o = confirm_options();
    return confirm_work(&o, kind, outcome, job);
}

sx_delivered confirm_expect(const char *kind, sx_job *job) {
    sx_delivered outcome = SX_DELIVERED_LOST;
    if (!work(kind, &outcome, job)) fail_msg("no job \"%s\" is due", kind);
    return outcome;
}

void confirm_work_until(int64_t time) {
    sx_delivered outcome;
    sx_job job;
    for (; archive.now <= time; archive.now += CONFIRM_MINUTE) {
        for (int i = 0; i < 20; i++)
            if (!work("send", &outcome, &job) && !work("confirm", &outcome, &job)) break;
    }
}

sx_delivery confirm_state(const char *uid) {
    sx_error err = { 0 };
    sx_delivery state;
    CHECK_OK(sx_store_get_delivery(confirm_db, uid, "pacs", &state, &err), err);
    return state;
}

int64_t confirm_number(const char *sql) {
    return query_number(confirm_db, sql);
}

bool confirm_report(const char *transaction, const sx_dicom_committed *items, size_t count) {
    sx_error err = { 0 };
    bool known;
    CHECK_OK(sx_confirm_answer(confirm_db, archive.now, transaction, items, count, &known, &err),
             err);
    return known;
}
