#include "node_ends.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/rng.h"
#include "dicom/dicom_film.h"
#include "dicom/result_withdrawal.h"
#include "dicom/results.h"
#include "dicom/write.h"
#include "service/net/dicom_server.h"
#include "service/query_number.h"
#include "support/check.h"
#include "support/plain_film.h"

#define DIGITAL_XRAY "1.2.840.10008.5.1.4.1.1.1.1"

enum { MOST = 2000 };

static struct {
    pthread_mutex_t lock;
    struct {
        char uid[65];
        bool is_report;
        int repeats;
        uint64_t hash;
    } objects[MOST];
    int count, repeats, conflicts;
    sx_dicom_server *server;
} archive = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const orthanc *pacs; /* the archive, if it is not in this process */

void archive_is(const orthanc *o) {
    pacs = o;
}

static int find(const char *uid) {
    int i = 0;
    while (i < archive.count && strcmp(archive.objects[i].uid, uid) != 0)
        i++;
    return i;
}

static int keep_object(void *user, const sx_dicom_incoming *in) {
    sx_error err = { 0 };
    sx_file f;
    (void)user;
    if (!sx_file_open(&f, in->path, &err)) return SX_STORE_OUT_OF_RESOURCES;
    const uint64_t hash = sx_fnv1a(f.data, f.size);
    sx_file_close(&f);
    pthread_mutex_lock(&archive.lock);
    const int i = find(in->sop_uid);
    if (i < archive.count) {
        archive.repeats++;
        archive.objects[i].repeats++;
        archive.conflicts += archive.objects[i].hash != hash;
    } else if (i < MOST) {
        snprintf(archive.objects[i].uid, sizeof archive.objects[i].uid, "%s", in->sop_uid);
        archive.objects[i].is_report = strstr(in->sop_class, ".88.34") != NULL;
        archive.objects[i].repeats = 0;
        archive.objects[i].hash = hash;
        archive.count++;
    }
    pthread_mutex_unlock(&archive.lock);
    return SX_STORE_SUCCESS;
}

int archive_open(int port) {
    static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.88.34",
                                           "1.2.840.10008.5.1.4.1.1.11.1",
                                           "1.2.840.10008.5.1.4.1.1.7", NULL },
                             *const syntaxes[] = { "1.2.840.10008.1.2.1", NULL };
    sx_error err = { 0 };
    const sx_dicom_server_options o = {
        .gate = { .listen = "127.0.0.1", .port = port, .seconds = 10, .most_waiting = 10 },
        .ae_title = "ARCHIVE",
        .most_associations = 10,
        .most_per_address = 10,
        .idle_seconds = 30,
        .message_seconds = 60,
        .folder = check_tmp(),
        .classes = classes,
        .syntaxes = syntaxes,
        .store = keep_object
    };
    archive.server = sx_dicom_server_open(&o, &err);
    CHECK_OK(archive.server != NULL, err);
    return sx_dicom_server_port(archive.server);
}

void archive_close(void) {
    sx_dicom_server_close(archive.server, 5);
    archive.server = NULL;
}

void archive_clear(void) {
    archive.count = archive.repeats = archive.conflicts = 0;
}

int archive_count(bool reports) {
    int n = 0;
    if (pacs && !reports) return orthanc_count(pacs);
    pthread_mutex_lock(&archive.lock);
    for (int i = 0; i < archive.count; i++)
        n += !reports || archive.objects[i].is_report;
    pthread_mutex_unlock(&archive.lock);
    return n;
}

bool archive_has(const char *sop_uid) {
    if (pacs) return orthanc_has(pacs, sop_uid);
    pthread_mutex_lock(&archive.lock);
    const bool has = find(sop_uid) < archive.count;
    pthread_mutex_unlock(&archive.lock);
    return has;
}

int archive_conflicts(void) {
    return archive.conflicts;
}

int archive_repeats(void) {
    return archive.repeats;
}

int archive_repeats_of(const char *sop_uid) {
    pthread_mutex_lock(&archive.lock);
    const int i = find(sop_uid), n = i < archive.count ? archive.objects[i].repeats : 0;
    pthread_mutex_unlock(&archive.lock);
    return n;
}

typedef struct tally {
    int arrived, missing;
} tally;

static bool check_output(void *user, const sx_db_row *row, sx_error *err) {
    tally *t = user;
    const bool arrived = archive_has(sx_db_get_text(row, 0)), newest = sx_db_get_int(row, 1) != 0;
    (void)err;
    t->arrived += arrived;
    t->missing += newest && !arrived;
    return true;
}

void expect_one_result_each(sx_db *db) {
    tally t = { 0, 0 };
    sx_error err = { 0 };
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM output WHERE kind = 'sr3d'"),
                     query_number(db, "SELECT CAST(SUM(revision) AS BIGINT) FROM study"));
    assert_int_equal(
        query_number(db, "SELECT COUNT(*) FROM output o JOIN study s ON s.study_uid ="
                         " o.study_uid WHERE kind = 'capture' AND o.revision = s.revision"),
        query_number(db, "SELECT COUNT(*) FROM instance"));
    CHECK_OK(sx_db_query(db,
                         "SELECT sop_uid, CASE WHEN o.revision = s.revision THEN 1 ELSE 0 END"
                         " FROM output o JOIN study s ON s.study_uid = o.study_uid"
                         " WHERE kind <> 'sr'",
                         NULL, 0, check_output, &t, &err),
             err);
    assert_int_equal(t.missing, 0);
    assert_int_equal(archive_count(false), t.arrived); /* nothing else */
    assert_int_equal(archive_conflicts(), 0);
}

enum { MOST_SIDE = 200 };

static uint8_t *make_film_of(int side, const char *study_uid, const char *sop_uid, size_t *n) {
    uint16_t pixels[MOST_SIDE * MOST_SIDE];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    assert_in_range(side, 1, MOST_SIDE);
    sx_write_film f = plain_film(pixels, side, side);
    for (size_t i = 0; i < (size_t)side * (size_t)side; i++)
        pixels[i] = (uint16_t)((i * 7919 + strlen(sop_uid)) % 4096);
    f.study_uid = study_uid;
    f.instance_uid = sop_uid;
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, n, &err), err);
    return bytes;
}

uint8_t *make_film(const char *study_uid, const char *sop_uid, size_t *n) {
    return make_film_of(48, study_uid, sop_uid, n);
}

sx_sent send_film_to(int port, const char *study_uid, const char *sop_uid) {
    return send_film_of(48, port, study_uid, sop_uid);
}

static sx_sent send_object(int port, const sx_send_item *object) {
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = port,
                                 .ae_title = "SPINEXR",
                                 .our_title = "CR1",
                                 .message_seconds = 60 };
    sx_send_item item = *object;
    sx_dicom_send(&to, &item, 1);
    return item.sent;
}

sx_sent send_film_of(int side, int port, const char *study_uid, const char *sop_uid) {
    size_t n = 0;
    uint8_t *bytes = make_film_of(side, study_uid, sop_uid, &n);
    const sx_sent sent = send_object(
        port, &(const sx_send_item){
                  .bytes = bytes, .n = n, .sop_class = DIGITAL_XRAY, .sop_uid = sop_uid });
    free(bytes);
    return sent;
}

/* `uid`: of the object. Free the bytes. */
static uint8_t *make_other(const char *study_uid, sx_result_kind kind, char uid[65], size_t *size) {
    static const uint8_t rgb[12];
    sx_error err = { 0 };
    size_t n = 0;
    char film_uid[65];
    uint8_t *bytes = NULL, *film = NULL;
    snprintf(film_uid, sizeof film_uid, "%s.99", study_uid);
    film = make_film(study_uid, film_uid, &n);
    sx_film *f =
        sx_film_from_memory(film, n, "film", &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(f != NULL, err);
    const sx_result_film one = {
        .file = film, .size = n, .digest = "0", .info = &f->info, .probability = 0.5
    };
    const sx_result_study s = { .films = &one,
                                .film_count = 1,
                                .version = "other",
                                .weights = "0",
                                .configuration = "0",
                                .device_uid = "1.2",
                                .serial = "1",
                                .completed = 1795867200,
                                .revision = 1 };
    CHECK_OK((kind == SX_RESULT_SR ? sx_result_report(&s, kind, &bytes, size, &err)
                                   : sx_result_capture(&s, 0, rgb, 2, 2, &bytes, size, &err)) &&
                 sx_results_uid(&s, kind, 0, false, uid, &err),
             err);
    sx_film_free(f);
    free(film);
    return bytes;
}

sx_sent send_other_to(int port, const char *study_uid, bool report) {
    const sx_result_kind kind = report ? SX_RESULT_SR : SX_RESULT_CAPTURE;
    char uid[65];
    sx_send_item o = { .sop_uid = uid, .sop_class = sx_result_sop_class(kind) };
    uint8_t *bytes = make_other(study_uid, kind, uid, &o.n);
    o.bytes = bytes;
    const sx_sent sent = send_object(port, &o);
    free(bytes);
    return sent;
}

sx_sent send_note_to(int port, const char *study_uid) {
    const sx_withdrawn item = { "1.2.840.10008.5.1.4.1.1.7", "1.2.3.99", "1.2.3.98" };
    sx_error err = { 0 };
    char uid[65], note_uid[SX_RESULT_UID];
    sx_withdrawal w = {
        .study_uid = study_uid, .successor = uid, .items = &item, .count = 1, .number = 2
    };
    sx_send_item o = { .sop_uid = note_uid, .sop_class = SX_WITHDRAWAL_CLASS };
    uint8_t *report = make_other(study_uid, SX_RESULT_SR, uid, &w.size), *bytes = NULL;
    w.file = report;
    CHECK_OK(sx_withdrawal_encode(&w, &bytes, &o.n, &err) &&
                 sx_withdrawal_uid(&w, false, note_uid, &err),
             err);
    o.bytes = bytes;
    const sx_sent sent = send_object(port, &o);
    free(bytes);
    free(report);
    return sent;
}
