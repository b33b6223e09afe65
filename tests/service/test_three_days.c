/* 72 hours of the node's clock. The archive is away for 30 of them, and the disk is full for 8: a
 * file system of its own, in memory, so that every write fails. Each film that was answered with
 * success ends in one result, and the alarms come and go. Skipped where a process may not mount.
 * argv[1]: worker-program. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/query_number.h"
#include "support/check.h"

enum { HOURS = 72, AWAY = 10, BACK = 40, FULL = 44, ROOM = 52 };

static char disk[512];
static int log_file;

/* ---- the disk ---- */

/* In a namespace of this process, of which nothing is left when it ends. */
static bool mount_disk(void) {
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mkdir(disk, 0700) == 0 && mount("tmpfs", disk, "tmpfs", 0, "size=600m") == 0;
}

static char ballast[560];

/* To the last byte. */
static void fill_disk(void) {
    static char block[1 << 16];
    const int fd = open(ballast, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0) {}
    for (size_t n = sizeof block; n; n /= 2)
        while (write(fd, block, n) > 0) {}
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void make_room(void) {
    assert_int_equal(unlink(ballast), 0);
}

/* ---- the node ---- */

static sx_node *open_node(int archive_port) {
    static sx_node_log log;
    const char *const worker[] = { node_worker, "real", NULL };
    char more[500];
    sx_error err = { 0 };
    sx_settings s;
    log_file = open(check_tmp_path("log"), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    log = (sx_node_log){ .fd = log_file, .most = SX_LOG_INFO };
    snprintf(more, sizeof more,
             "study: {quiet_seconds: 60}\nkeep: {full_gb: 0, full_percent: 95}\n%s",
             node_sends_to(archive_port));
    node_settings(&s, more);
    sx_node *n = sx_node_open(
        &(const sx_node_options){ .worker = worker, .log = &log, .now = node_clock }, &s, &err);
    CHECK_OK(n != NULL, err);
    return n;
}

/* ---- the sender ---- */

enum { MOST = HOURS };

static struct {
    char study[24], film[24];
    bool stored;
} films[MOST];
static int film_count;

/* A new study every second hour; every fifth one gets a late film. */
static void add_films(int hour) {
    const int study = hour / 2;
    if (hour % 2 && study % 5) return;
    snprintf(films[film_count].study, sizeof films[0].study, "1.2.%d", study);
    snprintf(films[film_count].film, sizeof films[0].film, "1.2.%d.%d", study, hour % 2);
    film_count++;
}

/* All that were not answered with success; a failure must be one that may pass. */
static int send_rest(int port) {
    int failed = 0;
    for (int i = 0; i < film_count; i++) {
        if (films[i].stored) continue;
        const sx_sent sent = send_film_to(port, films[i].study, films[i].film);
        if (sent != SX_SENT_STORED) assert_int_equal(sent, SX_SENT_TRANSIENT);
        films[i].stored = sent == SX_SENT_STORED;
        failed += !films[i].stored;
    }
    return failed;
}

/* All are stored in the end: on a busy machine an association may take too long. */
static void send_until_stored(int port) {
    for (const double start = sx_now(); send_rest(port); usleep(100000))
        if (sx_now() - start > 120) fail_msg("there is room, and a film is not stored");
}

/* ---- three days ---- */

static void pass_hour(void) {
    usleep(150000);
    atomic_fetch_add(&node_later, 3600 * 1000);
}

/* A film that was just taken cannot be predicted or its result not be kept. If its result is sent,
 * that it arrived may not be kept either, and it is sent again. The films of the next hours are not
 * taken, and are sent again each hour. */
static void have_full_disk(int port) {
    node_wait_until_done(NULL, 5000);
    add_films(FULL);
    send_until_stored(port);
    fill_disk();
    const int before = film_count;
    node_wait_for_log("nearly full: no film is taken", 1);
    pass_hour();
    for (int hour = FULL + 1; hour < ROOM; hour++) {
        add_films(hour);
        assert_int_equal(send_rest(port) > 0, film_count > before);
        pass_hour();
    }
    make_room();
    node_wait_for_log("the disk has room again", 1);
}

static bool expect_no_repeat(void *user, const sx_db_row *row, sx_error *err) {
    const char *uid = sx_db_get_text(row, 0);
    (void)user;
    (void)err;
    if (archive_repeats_of(uid)) fail_msg("%s was sent again", uid);
    return true;
}

static void expect_no_repeats(sx_db *db) {
    char study[24];
    sx_error err = { 0 };
    snprintf(study, sizeof study, "1.2.%d", FULL / 2);
    const sx_db_value value = sx_db_text(study);
    CHECK_OK(sx_db_query(db, "SELECT sop_uid FROM output WHERE study_uid <> ?", &value, 1,
                         expect_no_repeat, NULL, &err),
             err);
}

static void check_all(void) {
    sx_db *db = node_open_store();
    node_wait_until_done(db, 5000); /* a job may wait for 15 minutes */
    assert_int_equal(query_number(db, "SELECT COUNT(*) FROM instance WHERE state = 'scored'"),
                     film_count);
    expect_one_result_each(db);
    expect_no_repeats(db);
    sx_db_close(db);
}

/* Each alarm came, and none is left. */
static void check_alarms(void) {
    static const char *const names[] = { "disk", "late_delivery" };
    char on[80], off[80];
    for (int i = 0; i < 2; i++) {
        snprintf(on, sizeof on, " alarm alarm=%s ", names[i]);
        snprintf(off, sizeof off, " alarm is over alarm=%s", names[i]);
        node_wait_for_log(off, 1);
        assert_int_equal(node_log_count(on), node_log_count(off));
    }
    assert_int_equal(node_log_count("alarm=dead_jobs"), 0);
}

static void every_film_ends_in_one_result(void **state) {
    (void)state;
    if (!mount_disk()) {
        print_message("no permission to mount\n");
        skip();
    }
    const int archive_port = archive_open(0);
    sx_node *node = open_node(archive_port);
    const int port = sx_node_port(node, false);
    for (int hour = 0; hour < HOURS; hour++) {
        if (hour == AWAY) {
            node_wait_until_done(NULL, 5000); /* what it receives would be sent again */
            archive_close();
        }
        if (hour == BACK) archive_open(archive_port);
        if (hour == FULL) {
            have_full_disk(port);
            hour = ROOM;
        }
        add_films(hour);
        send_until_stored(port);
        pass_hour();
    }
    check_all();
    atomic_fetch_add(&node_later, 3600 * 1000); /* the next look for alarms */
    check_alarms();
    print_message("%d films, %d objects\n", film_count, archive_count(false));
    sx_node_close(node, 5);
    archive_close();
}

static int clean(void **state) {
    (void)umount2(disk, MNT_DETACH);
    return node_clean(state);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_film_ends_in_one_result) };
    if (argc != 2) return 2;
    node_worker = argv[1];
    snprintf(disk, sizeof disk, "%s/disk", check_tmp());
    snprintf(node_folder, sizeof node_folder, "%s/data", disk);
    snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    return node_end_tests(cmocka_run_group_tests(tests, NULL, clean));
}
