/* Studies that take another way than from their films to a result: work that was given up, films of
 * two patients, objects that are no films, damaged films. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/writer.h"
#include "service/build_fixture.h"
#include "service/node/redo.h"
#include "service/store/outputs.h"
#include "service/worker_report.h"
#include "support/check.h"
#include "support/dicom.h"

/* Gives up the only job of a kind that is dead. */
static void drop_dead(const char *kind) {
    sx_error err = { 0 };
    char sql[100];
    bool found = false;
    snprintf(sql, sizeof sql, "SELECT id FROM job WHERE kind = '%s' AND state = 'dead'", kind);
    CHECK_OK(sx_jobs_drop(build_db, build_number(sql), &found, &err), err);
    assert_true(found);
}

/* What was given up does not swallow what comes later. */
static void a_dropped_job_is_done_when_there_is_new_work(void **state) {
    (void)state;
    sx_error err = { 0 };
    size_t films = 0;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    CHECK_OK(sx_db_run(build_db, "UPDATE job SET state = 'dead'", NULL, 0, &err), err);
    drop_dead("build");
    build_receive("1.2.3.5");
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    CHECK_OK(
        sx_db_run(build_db, "UPDATE job SET state = 'dead' WHERE kind = 'build'", NULL, 0, &err),
        err);
    drop_dead("build");
    CHECK_OK(sx_db_run(build_db,
                       "UPDATE job SET state = CASE WHEN key = '1.2.3.4' THEN 'dead' ELSE 'done'"
                       " END WHERE kind = 'predict'",
                       NULL, 0, &err),
             err);
    drop_dead("predict");
    CHECK_OK(sx_node_redo(build_db, "1.2.3", true, build_clock, &films, &err), err);
    assert_int_equal(films, 2);
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE state = 'open'"
                                  " AND accession = '' AND study_date = '20200131'"),
                     1);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'predict' AND state = 'ready'"), 2);
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.1", "false", ""));
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT revision FROM study"), 2);
}

static void two_patients_are_a_dead_letter(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_receive_of("1.2.3.5", "Q");
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DEAD);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'"), 1);
}

/* The result that was built before stays as it is, and the new fault is told. */
static void another_patient_after_the_result_is_a_dead_letter(void **state) {
    (void)state;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    build_clock = 90000;
    build_receive_of("1.2.3.5", "Q");
    assert_int_equal(build_due(), SX_BUILT_DEAD);
    assert_int_equal(build_number("SELECT COUNT(*) FROM job WHERE kind = 'build' AND state = 'dead'"
                                  " AND error = 'its films name more than one patient'"),
                     1);
    assert_int_equal(build_number("SELECT MAX(revision) FROM output"), 1);
    assert_int_equal(
        build_number("SELECT COUNT(*) FROM job WHERE kind = 'send' AND state = 'ready'"), 2);
    drop_dead("build");
    build_receive_of("1.2.3.6", "Q"); /* again something that nobody has been told */
    assert_int_equal(build_due(), SX_BUILT_DEAD);
}

/* What another program drew, in colour, with an issuer of its patient's identifier. */
static void receive_capture(const char *uid, const char *patient) {
    static const uint16_t rgb[6];
    sx_error err = { 0 };
    char path[700];
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.7");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", uid);
    dicom_text(&d, SX_TAG(0x0008, 0x0020), "DA", "20200130");
    dicom_text(&d, SX_TAG(0x0008, 0x0050), "SH", "A-7");
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", patient);
    dicom_text(&d, SX_TAG(0x0010, 0x0021), "LO", "RIS");
    dicom_text(&d, SX_TAG(0x0020, 0x000D), "UI", "1.2.3");
    dicom_text(&d, SX_TAG(0x0020, 0x000E), "UI", "1.2.3.7");
    dicom_image(&d, &(dicom_shape){ 2, 2, 8, 8, 0, "RGB", 0, 3 });
    dicom_pixels(&d, rgb, 6);
    snprintf(path, sizeof path, "%s/film", build_incoming);
    CHECK_OK(sx_write_file(path, sx_str_text(&d.bytes), d.bytes.len, &err), err);
    dicom_end(&d);
    build_receive_file();
}

/* Neither the first nor a later one; and the study is of the patient of its films. */
static void an_object_that_is_no_film_does_not_name_the_patient(void **state) {
    (void)state;
    receive_capture("1.2.3.7.1", "Q");
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE patient_id = 'Q'"), 1);
    build_clock = 2000;
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    receive_capture("1.2.3.7.2", "R");
    build_clock = 62000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT COUNT(*) FROM study WHERE patient_id = 'P'"
                                  " AND issuer = '' AND accession = ''"
                                  " AND study_date = '20200131'"),
                     1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE is_film = 0"), 2);
    build_receive_of("1.2.3.5", "Q"); /* a film does */
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DEAD);
}

/* ---- damaged films ---- */

typedef enum damage {
    CUT_PIXELS,     /* the file ends in the pixels */
    BAD_SEQUENCE,   /* an item of a copied sequence is longer than the sequence */
    DEEP_SEQUENCE,  /* 40 sequences in one another */
    UNKNOWN_VR,     /* of the patient's name */
    OTHER_VR,       /* of texts, and of an accession number that is no text */
    IMPLICIT_BYTES, /* though the transfer syntax says explicit */
    DAMAGES
} damage;

static void nest(test_dicom *d, int depth) {
    static const uint32_t tag = SX_TAG(0x0008, 0x1032);
    test_dicom item;
    dicom_item(&item, d);
    if (depth) nest(&item, depth - 1);
    dicom_sequence(d, tag, &item);
    dicom_end(&item);
}

static void put_damaged(test_dicom *d, damage how, const char *uid) {
    static const uint16_t pixels[60 * 80];
    static const char bad_item[] = "\xFE\xFF\x00\xE0\xFF\x00\x00\x00";
    dicom_begin(d, "1.2.840.10008.1.2.1");
    d->implicit = how == IMPLICIT_BYTES;
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", uid);
    dicom_text(d, SX_TAG(0x0008, 0x0020), "DA", "20200131");
    if (how == DEEP_SEQUENCE) nest(d, 40);
    if (how == BAD_SEQUENCE)
        dicom_bytes(d, SX_TAG(0x0008, 0x1120), "SQ", bad_item, sizeof bad_item - 1);
    if (how == OTHER_VR) {
        dicom_bytes(d, SX_TAG(0x0008, 0x0050), "OB", "\1\2", 2);
        dicom_bytes(d, SX_TAG(0x0008, 0x1030), "US", "WRONG ", 6);
        dicom_bytes(d, SX_TAG(0x0010, 0x0010), "OB", "KEPT^NAME\0", 10);
    } else {
        dicom_text(d, SX_TAG(0x0010, 0x0010), how == UNKNOWN_VR ? "QQ" : "PN", "KEPT^NAME");
    }
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "P");
    dicom_text(d, SX_TAG(0x0018, 0x0015), "CS", "LSPINE");
    dicom_text(d, SX_TAG(0x0020, 0x000D), how == OTHER_VR ? "LO" : "UI", "1.2.3");
    dicom_text(d, SX_TAG(0x0020, 0x000E), "UI", "1.2.3.1");
    dicom_image(d, &(dicom_shape){ 80, 60, 16, 12, 0, NULL, 0, 1 });
    dicom_pixels(d, pixels, sizeof pixels / sizeof *pixels);
    if (how == CUT_PIXELS) d->bytes.len -= 100;
}

static void receive_damaged(damage how, const char *uid) {
    sx_error err = { 0 };
    char path[700];
    test_dicom d;
    put_damaged(&d, how, uid);
    snprintf(path, sizeof path, "%s/film", build_incoming);
    CHECK_OK(sx_write_file(path, sx_str_text(&d.bytes), d.bytes.len, &err), err);
    dicom_end(&d);
    build_receive_file();
}

/* In the newest version. */
static bool report_says(const char *text) {
    sx_error err = { 0 };
    sx_store_outputs outputs;
    bool says = false;
    const int64_t revision = build_number("SELECT revision FROM study");
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", revision, &outputs, &err), err);
    for (size_t i = 0; i < outputs.count; i++)
        if (strcmp(outputs.items[i].kind, "sr3d") == 0)
            says = memmem(outputs.items[i].bytes, outputs.items[i].n, text, strlen(text)) != NULL;
    sx_store_outputs_free(&outputs);
    return says;
}

static bool report_has(const char *bytes, size_t n) {
    sx_error err = { 0 };
    sx_store_outputs outputs;
    bool has = false;
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &outputs, &err), err);
    for (size_t i = 0; i < outputs.count; i++)
        has = has || memmem(outputs.items[i].bytes, outputs.items[i].n, bytes, n);
    sx_store_outputs_free(&outputs);
    return has;
}

/* Followed by the series: not that of the evidence. */
static bool all_have_the_study(void) {
    static const char uid[] = "\x20\0\x0D\0UI\6\0"
                              "1.2.3\0\x20\0\x0E";
    sx_error err = { 0 };
    sx_store_outputs outputs;
    bool all = true;
    CHECK_OK(sx_store_list_outputs(build_db, "1.2.3", 1, &outputs, &err), err);
    for (size_t i = 0; i < outputs.count; i++)
        all = all && memmem(outputs.items[i].bytes, outputs.items[i].n, uid, sizeof uid - 1);
    sx_store_outputs_free(&outputs);
    return all;
}

/* Whatever was received and read is in the report, with its patient. */
static void check_damaged(damage how) {
    sx_error err = { 0 };
    receive_damaged(how, "1.2.3.1.1");
    build_receive("1.2.3.4");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    if (how == CUT_PIXELS)
        CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.1.1", "failed", "truncated", &err), err);
    else
        build_predict("1.2.3.1.1", REPORT("0.8", "true", BOX));
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_true(report_says("KEPT^NAME"));
    assert_true(report_has("\x10\0\x10\0PN\xA\0KEPT^NAME ", 18));
    assert_false(report_has("\x08\0\x50\0OB", 6));
    assert_false(report_has("WRONG", 5));
    assert_true(all_have_the_study());
    assert_int_equal(report_says("Film 1 has no result: truncated"), how == CUT_PIXELS);
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE kind = 'gsps'"),
                     how == CUT_PIXELS ? 1 : 2);
}

static void a_damaged_film_has_its_part_in_the_report(void **state) {
    for (int how = 0; how < DAMAGES; how++) {
        check_damaged((damage)how);
        if (how + 1 == DAMAGES) break;
        build_finish(state);
        build_start(state);
    }
}

static void find_file(const char *uid, char *path, size_t size) {
    sx_error err = { 0 };
    sx_store_film f;
    bool found;
    CHECK_OK(sx_store_find_film(build_db, uid, &f, &found, &err) && found, err);
    snprintf(path, size, "%s/%s", build_folder, f.path);
}

static void overwrite(const char *uid) {
    sx_error err = { 0 };
    char path[900];
    find_file(uid, path, sizeof path);
    CHECK_OK(sx_write_file(path, "nonsense", 8, &err), err);
}

/* Its patient and study come from another film; if there is none, people are told. */
static void a_film_that_can_no_longer_be_read_does_not_stop_the_others(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    sx_built outcome;
    bool found;
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.9", "true", BOX));
    overwrite("1.2.3.4");
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_true(report_says("Film 1 has no result: its file can no longer be read: "));
    assert_true(report_says("A^B"));
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE kind = 'gsps'"), 1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE sop_uid = '1.2.3.4'"
                                  " AND state = 'failed' AND outcome = 'unscored'"
                                  " AND reason LIKE 'its file can no longer be read: %'"),
                     1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE sop_uid = '1.2.3.5'"
                                  " AND state = 'scored' AND outcome = 'scored'"),
                     1);
    overwrite("1.2.3.5");
    build_receive("1.2.3.6");
    build_predict("1.2.3.6", REPORT("0.9", "true", BOX));
    overwrite("1.2.3.6");
    build_clock = 200000;
    const sx_build_options o = build_usual();
    CHECK_OK(sx_jobs_lease(build_db, "build", NULL, "w", build_clock, 1000, &job, &found, &err) &&
                 found,
             err);
    CHECK_FAILS(sx_build_study(build_db, &o, &job, &outcome, &err), err, SX_ERR_FORMAT,
                "no film of the study can be read");
}

static void remove_file(const char *uid) {
    char path[900];
    find_file(uid, path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

/* Nothing is waited for that will not come again. */
static void a_film_whose_file_is_missing_does_not_stop_the_others(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    sx_built outcome;
    bool found;
    char films[600], away[600];
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.9", "true", BOX));
    remove_file("1.2.3.4");
    build_clock = 61000;
    /* a disk that is not mounted is another matter */
    snprintf(films, sizeof films, "%s/films", build_folder);
    snprintf(away, sizeof away, "%s/away", build_folder);
    assert_int_equal(rename(films, away), 0);
    const sx_build_options o = build_usual();
    CHECK_OK(sx_jobs_lease(build_db, "build", NULL, "w", build_clock, 10, &job, &found, &err) &&
                 found,
             err);
    CHECK_FAILS(sx_build_study(build_db, &o, &job, &outcome, &err), err, SX_ERR_IO, "cannot");
    assert_int_equal(rename(away, films), 0);
    build_clock += 10;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_true(report_says("Film 1 has no result: its file can no longer be read: the file is "
                            "missing from the data folder"));
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE kind = 'gsps'"), 1);
}

/* A socket in place of the file: it is there, and cannot be opened. */
static void a_film_that_cannot_be_read_for_days_does_not_stop_the_others(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_job job;
    sx_built outcome;
    bool found;
    char path[900];
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    build_predict("1.2.3.5", REPORT("0.9", "true", BOX));
    remove_file("1.2.3.4");
    find_file("1.2.3.4", path, sizeof path);
    assert_int_equal(mknod(path, S_IFSOCK | 0600, 0), 0);
    build_clock = 61000;
    CHECK_OK(
        sx_db_run(build_db, "UPDATE job SET put_off = 299 WHERE kind = 'build'", NULL, 0, &err),
        err);
    const sx_build_options o = build_usual();
    CHECK_OK(sx_jobs_lease(build_db, "build", NULL, "w", build_clock, 10, &job, &found, &err) &&
                 found,
             err);
    CHECK_FAILS(sx_build_study(build_db, &o, &job, &outcome, &err), err, SX_ERR_IO, "is a socket");
    CHECK_OK(
        sx_db_run(build_db, "UPDATE job SET put_off = 300 WHERE kind = 'build'", NULL, 0, &err),
        err);
    build_clock += 10;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_true(report_says("Film 1 has no result: its file can no longer be read: the file in the "
                            "data folder cannot be opened or read"));
    assert_int_equal(build_number("SELECT COUNT(*) FROM output WHERE kind = 'gsps'"), 1);
}

/* The version of a late film says that it lacks what the earlier one said. */
static void a_late_film_after_retention_does_not_hide_the_earlier_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    build_receive("1.2.3.4");
    build_receive("1.2.3.5");
    build_predict("1.2.3.4", REPORT("0.9", "true", BOX));
    CHECK_OK(sx_store_set_film_state(build_db, "1.2.3.5", "refused", "a hand", &err), err);
    build_clock = 61000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    remove_file("1.2.3.4");
    remove_file("1.2.3.5");
    CHECK_OK(
        sx_db_run(build_db, "UPDATE instance SET state = 'deleted', removed = 1", NULL, 0, &err),
        err);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE outcome = 'scored'"), 1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE outcome = 'refused'"), 1);
    build_receive("1.2.3.6");
    build_predict("1.2.3.6", REPORT("0.1", "false", ""));
    build_clock = 200000;
    assert_int_equal(build_due(), SX_BUILT_DONE);
    assert_int_equal(build_number("SELECT revision FROM study"), 2);
    assert_true(report_says("Film 1 has no result: its file was deleted after its retention time"));
    assert_true(report_says("Film 2 has no result: a hand"));
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE sop_uid = '1.2.3.4'"
                                  " AND state = 'deleted' AND outcome = 'unscored'"
                                  " AND reason = 'its file was deleted after its retention time'"),
                     1);
    assert_int_equal(build_number("SELECT COUNT(*) FROM instance WHERE outcome = 'refused'"), 1);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, build_start, build_finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRESH(a_dropped_job_is_done_when_there_is_new_work),
        FRESH(two_patients_are_a_dead_letter),
        FRESH(another_patient_after_the_result_is_a_dead_letter),
        FRESH(an_object_that_is_no_film_does_not_name_the_patient),
        FRESH(a_damaged_film_has_its_part_in_the_report),
        FRESH(a_film_that_can_no_longer_be_read_does_not_stop_the_others),
        FRESH(a_film_whose_file_is_missing_does_not_stop_the_others),
        FRESH(a_film_that_cannot_be_read_for_days_does_not_stop_the_others),
        FRESH(a_late_film_after_retention_does_not_hide_the_earlier_films),
    };
    return cmocka_run_group_tests(tests, NULL, build_clean);
}
