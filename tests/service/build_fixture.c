#include "service/build_fixture.h"

#include <stdio.h>
#include <sys/stat.h>

#include "dicom/write.h"
#include "service/fresh_store.h"
#include "service/query_number.h"
#include "service/store/films.h"
#include "support/check.h"
#include "support/plain_film.h"

enum { WIDTH = 60, HEIGHT = 80 };

int64_t build_clock;
char build_folder[512], build_incoming[600];
sx_db *build_db;
sx_settings build_settings;

static int64_t test_now(void *user) {
    (void)user;
    return build_clock;
}

/* ---- set-up and teardown ---- */

int build_start(void **state) {
    static int n;
    char name[32], store[700], where[700];
    sx_error err = { 0 };
    (void)state;
    build_clock = 1000;
    snprintf(name, sizeof name, "build%d", n++);
    snprintf(build_folder, sizeof build_folder, "%s", check_tmp_path(name));
    snprintf(build_incoming, sizeof build_incoming, "%s/incoming", build_folder);
    snprintf(store, sizeof store, "%s/store.sqlite", build_folder);
    assert_int_equal(mkdir(build_folder, 0777), 0);
    assert_int_equal(mkdir(build_incoming, 0777), 0);
    build_db = fresh_store(store, where, sizeof where);
    CHECK_OK(sx_settings_init(&build_settings, &err), err);
    static const char text[] = "destinations: {pacs: {host: a}, trial: {host: b, test: true}}";
    CHECK_OK(sx_settings_parse(&build_settings, "s", text, sizeof text - 1, &err), err);
    return 0;
}

int build_finish(void **state) {
    (void)state;
    sx_settings_free(&build_settings);
    sx_db_close(build_db);
    return 0;
}

int build_clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* ---- films and predictions ---- */

void build_receive_file(void) {
    sx_error err = { 0 };
    char path[700];
    snprintf(path, sizeof path, "%s/film", build_incoming);
    const sx_receive_options o = {
        .folder = build_folder, .incoming = build_incoming, .quiet = 60000, .now = test_now
    };
    const sx_announced by = { .source = "SENDER" };
    const sx_received r = sx_receive_film(build_db, &o, path, &by, NULL, &err);
    CHECK_OK(r == SX_RECEIVED_NEW, err);
}

void build_receive_of(const char *uid, const char *patient) {
    static uint16_t pixels[WIDTH * HEIGHT];
    sx_error err = { 0 };
    char path[700];
    snprintf(path, sizeof path, "%s/film", build_incoming);
    sx_write_film f = plain_film(pixels, WIDTH, HEIGHT);
    f.instance_uid = uid;
    f.patient_id = patient;
    CHECK_OK(sx_dicom_write(path, &f, SX_WRITE_EXPLICIT, NULL, &err), err);
    build_receive_file();
}

void build_receive(const char *uid) {
    build_receive_of(uid, "P");
}

void build_predict(const char *uid, const char *body) {
    sx_error err = { 0 };
    const sx_store_score score = { 0.9, 1.0, 1, 1 };
    CHECK_OK(
        sx_store_put_prediction(build_db, uid, "w", SX_VERSION, body, &score, build_clock, &err) &&
            sx_store_set_film_state(build_db, uid, "scored", "", &err),
        err);
}

/* ---- building ---- */

sx_build_options build_usual(void) {
    return (sx_build_options){ .folder = build_folder,
                               .settings = &build_settings,
                               .weights = "w",
                               .device_uid = "1.2.9",
                               .serial = "node",
                               .now = test_now };
}

sx_built build_with(const sx_build_options *o) {
    sx_error err = { 0 };
    sx_job job;
    bool found;
    sx_built outcome;
    CHECK_OK(sx_jobs_lease(build_db, "build", NULL, "w", build_clock, 1000, &job, &found, &err),
             err);
    assert_true(found);
    CHECK_OK(sx_build_study(build_db, o, &job, &outcome, &err), err);
    return outcome;
}

sx_built build_due(void) {
    const sx_build_options o = build_usual();
    return build_with(&o);
}

int64_t build_number(const char *sql) {
    return query_number(build_db, sql);
}
