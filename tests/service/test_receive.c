/* Films on their way into the service: what was acknowledged is on disk and in the queue, once,
 * whatever happens. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/write.h"
#include "service/fresh_store.h"
#include "service/node/receive.h"
#include "service/query_number.h"
#include "service/store/films.h"
#include "support/check.h"
#include "support/plain_film.h"

static int64_t now_is = 1000;

static int64_t test_now(void *user) {
    (void)user;
    return now_is;
}

static char folder[512], incoming[600], store[700];

static sx_receive_options options(void) {
    return (sx_receive_options){
        .folder = folder, .incoming = incoming, .quiet = 60000, .now = test_now
    };
}

static sx_db *open_store(void) {
    sx_error err = { 0 };
    sx_db *db = sx_db_open(store, &err);
    CHECK_OK(db != NULL, err);
    return db;
}

static int start_anew(void **state) {
    static int n;
    char name[32], file[600];
    (void)state;
    snprintf(name, sizeof name, "service%d", n++);
    snprintf(folder, sizeof folder, "%s", check_tmp_path(name));
    snprintf(incoming, sizeof incoming, "%s/incoming", folder);
    snprintf(file, sizeof file, "%s/store.sqlite", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    sx_error err = { 0 };
    sx_db *db = fresh_store(file, store, sizeof store);
    const sx_receive_options o = options();
    CHECK_OK(sx_receive_prepare(db, &o, &err), err);
    sx_db_close(db);
    return 0;
}

/* ---- films ---- */

enum { SIDE = 40 };

static void write_film(const char *path, const char *uid, const char *study, const char *patient,
                       uint16_t grey, sx_write_syntax syntax) {
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    pixels[0] = grey;
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.instance_uid = uid;
    f.study_uid = study;
    f.patient_id = patient;
    CHECK_OK(sx_dicom_write(path, &f, syntax, NULL, &err), err);
}

static const char *in_incoming(const char *name) {
    static char path[700];
    snprintf(path, sizeof path, "%s/%s", incoming, name);
    return path;
}

static const sx_announced by_ae = { .source = "SENDER" };

static sx_received receive(sx_db *db, const char *path, sx_error *err) {
    const sx_receive_options o = options();
    const sx_received r = sx_receive_film(db, &o, path, &by_ae, NULL, err);
    assert_false(sx_path_exists(path));
    return r;
}

static sx_received receive_film(sx_db *db, const char *uid, uint16_t grey) {
    sx_error err = { 0 };
    const char *path = in_incoming("film");
    write_film(path, uid, "1.2.3", "P", grey, SX_WRITE_EXPLICIT);
    return receive(db, path, &err);
}

static size_t files_below(const char *name) {
    sx_error err = { 0 };
    sx_paths p = { 0 };
    char path[700];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_OK(sx_paths_walk(&p, path, &err), err);
    const size_t n = p.count;
    sx_paths_free(&p);
    return n;
}

/* ---- tests ---- */

static void a_film_is_stored_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_store_film f;
    bool found;
    char path[700];
    sx_db *db = open_store();
    assert_int_equal(receive_film(db, "1.2.3.4", 1), SX_RECEIVED_NEW);
    now_is = 2000;
    assert_int_equal(receive_film(db, "1.2.3.4", 1), SX_RECEIVED_AGAIN);
    now_is = 1000;
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM instance"), 1);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM job WHERE kind = 'predict'"), 1);
    assert_int_equal(query_number(db, "SELECT not_before FROM job WHERE kind = 'build'"), 61000);
    CHECK_OK(sx_store_find_film(db, "1.2.3.4", &f, &found, &err), err);
    assert_true(found);
    assert_string_equal(f.source, "SENDER");
    assert_string_equal(f.patient_id, "P");
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM study WHERE study_date = '20200131'"),
                     1);
    assert_null(strstr(f.path, "1.2.3.4"));
    snprintf(path, sizeof path, "%s/%s", folder, f.path);
    assert_true(sx_path_exists(path));
    sx_db_close(db);
}

/* The film has the element without a value; it gets one. */
static void write_film_with_accession(const char *path) {
    static uint16_t pixels[SIDE * SIDE];
    static const char empty[] = { 0x08, 0, 0x50, 0, 'S', 'H', 0, 0 };
    static const char filled[] = { 0x08, 0, 0x50, 0, 'S', 'H', 6, 0, 'A', '-', '1', '7', '1', ' ' };
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    char out[20000];
    size_t n = 0, at = 0;
    const sx_write_film f = plain_film(pixels, SIDE, SIDE);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    while (at + sizeof empty < n && memcmp(bytes + at, empty, sizeof empty) != 0)
        at++;
    const size_t rest = at + sizeof empty;
    assert_true(rest < n && n + sizeof filled <= sizeof out);
    memcpy(out, bytes, at);
    memcpy(out + at, filled, sizeof filled);
    memcpy(out + at + sizeof filled, bytes + rest, n - rest);
    CHECK_OK(sx_write_file(path, out, at + sizeof filled + n - rest, &err), err);
    free(bytes);
}

static void a_study_has_the_accession_number_of_its_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    write_film_with_accession(in_incoming("film"));
    assert_int_equal(receive(db, in_incoming("film"), &err), SX_RECEIVED_NEW);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM study WHERE accession = 'A-171'"), 1);
    sx_db_close(db);
}

static void other_contents_are_a_conflict(void **state) {
    (void)state;
    sx_db *db = open_store();
    assert_int_equal(receive_film(db, "1.2.3.4", 1), SX_RECEIVED_NEW);
    assert_int_equal(receive_film(db, "1.2.3.4", 2), SX_RECEIVED_CONFLICT);
    assert_int_equal(receive_film(db, "1.2.3.4", 1), SX_RECEIVED_AGAIN);
    assert_int_equal(files_below("films"), 1);
    assert_int_equal(files_below("quarantine"), 1);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM job WHERE kind = 'predict'"), 1);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM event WHERE kind = 'conflict'"), 1);
    sx_db_close(db);
}

static void a_late_film_opens_the_study_again(void **state) {
    (void)state;
    sx_db *db = open_store();
    receive_film(db, "1.2.3.4", 1);
    sx_error err = { 0 };
    CHECK_OK(sx_db_run(db, "UPDATE study SET state = 'built'", NULL, 0, &err), err);
    CHECK_OK(sx_db_run(db, "UPDATE job SET state = 'done' WHERE kind = 'build'", NULL, 0, &err),
             err);
    now_is = 500000;
    receive_film(db, "1.2.3.5", 1);
    now_is = 1000;
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM study WHERE state = 'open'"), 1);
    assert_int_equal(
        query_number(db, "SELECT not_before FROM job WHERE kind = 'build' AND state = 'ready'"),
        560000);
    sx_db_close(db);
}

static void two_patients_in_a_study_are_never_one_result(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    receive_film(db, "1.2.3.4", 1);
    write_film(in_incoming("film"), "1.2.3.5", "1.2.3", "Q", 1, SX_WRITE_EXPLICIT);
    assert_int_equal(receive(db, in_incoming("film"), &err), SX_RECEIVED_NEW);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM study WHERE state = 'dead'"), 1);
    receive_film(db, "1.2.3.6", 1); /* it stays dead */
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM study WHERE state = 'dead'"), 1);
    sx_db_close(db);
}

static void add_result(sx_db *db, const char *uid, const char *sop_class, const char *study) {
    sx_error err = { 0 };
    const sx_db_value values[] = { sx_db_text(uid), sx_db_text(sop_class), sx_db_text(study),
                                   sx_db_bytes("x", 1) };
    CHECK_OK(sx_db_run(db,
                       "INSERT INTO output (sop_uid, sop_class, study_uid, series_uid, kind,"
                       " revision, weights, sha256, bytes, made) VALUES (?, ?, ?, 's', 'sr', 1,"
                       " 'w', 'h', ?, 0)",
                       values, 4, &err),
             err);
}

/* Whatever is not of the class and study of the result is another object: a film is never lost. */
static void a_film_with_the_uid_of_a_result_is_a_conflict(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    receive_film(db, "1.2.3.4", 1);
    write_film(in_incoming("film"), "1.2.4.4", "1.2.4", "P", 1, SX_WRITE_EXPLICIT);
    assert_int_equal(receive(db, in_incoming("film"), &err), SX_RECEIVED_NEW);
    add_result(db, "1.2.3.9", "1.2.840.10008.5.1.4.1.1.88.33", "1.2.3");
    add_result(db, "1.2.3.8", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.4");
    assert_int_equal(receive_film(db, "1.2.3.9", 1), SX_RECEIVED_CONFLICT);
    assert_int_equal(receive_film(db, "1.2.3.8", 1), SX_RECEIVED_CONFLICT);
    assert_int_equal(files_below("films"), 2);
    assert_int_equal(files_below("quarantine"), 2);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM event WHERE kind = 'conflict'"), 2);
    sx_db_close(db);
}

static void our_results_are_recognised(void **state) {
    (void)state;
    sx_db *db = open_store();
    receive_film(db, "1.2.3.4", 1);
    /* an archive may have written it again in another transfer syntax */
    add_result(db, "1.2.3.9", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3");
    assert_int_equal(receive_film(db, "1.2.3.9", 1), SX_RECEIVED_OURS);
    assert_int_equal(files_below("films"), 1);
    assert_int_equal(files_below("quarantine"), 0);
    sx_db_close(db);
}

static void what_is_no_film_is_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_db *db = open_store();
    const char *path = in_incoming("film");
    CHECK_OK(sx_write_file(path, "nonsense", 8, &err), err);
    assert_int_equal(receive(db, path, &err), SX_RECEIVED_INVALID);
    write_film(path, "not-a-uid", "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
    assert_int_equal(receive(db, path, &err), SX_RECEIVED_INVALID);
    check_error(&err, SX_ERR_FORMAT, "SOP Instance UID is not a UID: \"not-a-uid\"");
    static const char *const no_uids[] = { ".", "..", "1..2", ".1", "1." };
    for (size_t i = 0; i < sizeof no_uids / sizeof *no_uids; i++) {
        write_film(path, no_uids[i], "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
        assert_int_equal(receive(db, path, &err), SX_RECEIVED_INVALID);
        write_film(path, "1.2.3.4", no_uids[i], "P", 1, SX_WRITE_EXPLICIT);
        assert_int_equal(receive(db, path, &err), SX_RECEIVED_INVALID);
    }
    write_film(path, "1.2.3.4", "", "P", 1, SX_WRITE_EXPLICIT);
    assert_int_equal(receive(db, path, &err), SX_RECEIVED_INVALID);
    check_error(&err, SX_ERR_FORMAT, "there is no Study Instance UID");
    write_film(path, "1.2.3.4", "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
    const sx_receive_options o = options();
    const sx_announced other = { .sop_uid = "1.2.3.5", .source = "SENDER" };
    assert_int_equal(sx_receive_film(db, &o, path, &other, NULL, &err), SX_RECEIVED_MISMATCH);
    check_error(&err, SX_ERR_MISMATCH, "announced as 1.2.3.5, but the film is 1.2.3.4");
    assert_int_equal(receive(db, in_incoming("gone"), &err), SX_RECEIVED_FAILED);
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM instance"), 0);
    sx_db_close(db);
}

/* The same data set from two senders, whose meta headers differ. */
static void the_meta_header_is_not_the_film(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_file f;
    sx_db *db = open_store();
    const char *path = in_incoming("film");
    write_film(path, "1.2.3.4", "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
    CHECK_OK(sx_file_open(&f, path, &err), err);
    uint8_t *copy = malloc(f.size);
    memcpy(copy, f.data, f.size);
    const size_t n = f.size;
    sx_file_close(&f);
    assert_int_equal(receive(db, path, &err), SX_RECEIVED_NEW);
    memset(copy, 'x', 128); /* the preamble */
    CHECK_OK(sx_write_file(path, copy, n, &err), err);
    free(copy);
    assert_int_equal(receive(db, path, &err), SX_RECEIVED_AGAIN);
    sx_db_close(db);
}

/* ---- many at once, and kills ---- */

enum { THREADS = 4, FILMS = 12 };

static void *send_all(void *user) {
    sx_error err = { 0 };
    sx_db *db = sx_db_open(store, &err);
    const sx_receive_options o = options();
    size_t fresh = 0;
    for (int i = 0; db && i < FILMS; i++) {
        char path[700], uid[32];
        snprintf(path, sizeof path, "%s/%s-%d", incoming, (const char *)user, i);
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        const sx_received r = sx_receive_film(db, &o, path, &by_ae, NULL, &err);
        if (r != SX_RECEIVED_NEW && r != SX_RECEIVED_AGAIN) {
            fprintf(stderr, "%s: %s\n", uid, err.message);
            fresh += 1000;
        }
        fresh += r == SX_RECEIVED_NEW;
    }
    sx_db_close(db);
    return (void *)fresh;
}

static void senders_of_the_same_films_do_not_collide(void **state) {
    (void)state;
    static char names[THREADS][2] = { "a", "b", "c", "d" };
    pthread_t threads[THREADS];
    size_t fresh = 0;
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < FILMS; i++) {
            char path[700], uid[32];
            snprintf(path, sizeof path, "%s/%s-%d", incoming, names[t], i);
            snprintf(uid, sizeof uid, "1.2.3.%d", i);
            write_film(path, uid, "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
        }
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, send_all, names[t]), 0);
    for (int t = 0; t < THREADS; t++) {
        void *count;
        pthread_join(threads[t], &count);
        fresh += (size_t)count;
    }
    assert_int_equal(fresh, FILMS);
    assert_int_equal(files_below("films"), FILMS);
}

/* The child receives films until it is killed, and tells each success. */
static _Noreturn void receive_until_killed(int to) {
    sx_db *db = sx_db_open(store, NULL);
    const sx_receive_options o = options();
    if (!db) _exit(1);
    for (unsigned char i = 0;; i++) {
        char path[700], uid[32];
        snprintf(path, sizeof path, "%s/%d", incoming, i);
        snprintf(uid, sizeof uid, "1.2.3.%d", i);
        write_film(path, uid, "1.2.3", "P", 1, SX_WRITE_EXPLICIT);
        if (sx_receive_film(db, &o, path, &by_ae, NULL, NULL) != SX_RECEIVED_NEW) _exit(1);
        if (write(to, &i, 1) != 1) _exit(1);
    }
}

static void check_acknowledged(int i) {
    sx_error err = { 0 };
    sx_store_film f;
    sx_db *db = open_store();
    bool found;
    char uid[32], path[700];
    snprintf(uid, sizeof uid, "1.2.3.%d", i);
    CHECK_OK(sx_store_find_film(db, uid, &f, &found, &err), err);
    if (!found) fail_msg("film %d was acknowledged and is gone", i);
    snprintf(path, sizeof path, "%s/%s", folder, f.path);
    if (!sx_path_exists(path)) fail_msg("the file of film %d is gone", i);
    sx_db_close(db);
}

static void what_was_acknowledged_survives_a_kill(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int round = 0; round < 6; round++) {
        int pipes[2], status, told = 0;
        unsigned char i = 0;
        start_anew(NULL);
        assert_int_equal(pipe(pipes), 0);
        const pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) receive_until_killed(pipes[1]);
        close(pipes[1]);
        while (told < 3 + round && read(pipes[0], &i, 1) == 1)
            told++;
        usleep((unsigned)round * 1500);
        kill(child, SIGKILL);
        while (read(pipes[0], &i, 1) == 1)
            told++;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        close(pipes[0]);
        for (int k = 0; k < told; k++)
            check_acknowledged(k);
        sx_db *db = open_store();
        const sx_receive_options o = options();
        CHECK_OK(sx_receive_prepare(db, &o, &err), err);
        assert_int_equal(files_below("incoming"), 0);
        sx_db_close(db);
    }
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

#define FRESH(test) cmocka_unit_test_setup(test, start_anew)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_film_is_stored_once),
        FRESH(a_study_has_the_accession_number_of_its_films),
        FRESH(other_contents_are_a_conflict),
        FRESH(a_late_film_opens_the_study_again),
        FRESH(two_patients_in_a_study_are_never_one_result),
        FRESH(our_results_are_recognised),
        FRESH(a_film_with_the_uid_of_a_result_is_a_conflict),
        FRESH(what_is_no_film_is_refused),
        FRESH(the_meta_header_is_not_the_film),
        FRESH(senders_of_the_same_films_do_not_collide),
        FRESH(what_was_acknowledged_survives_a_kill),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
