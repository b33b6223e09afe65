/* The disk fills up while films arrive: the sender hears that the film was not stored, what was
 * acknowledged before is kept, and when there is room again everything becomes a result. SMALL_DISK
 * in the environment: the folder of a file system of 250 MB (small_disk.sh). argv[1]:
 * worker-program. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "dicom/write.h"
#include "node_ends.h"
#include "service/node/node.h"
#include "service/store/db.h"
#include "support/check.h"
#include "support/plain_film.h"
#include "support/small_networks.h"

/* LARGE: a film with this side has more bytes than ROOM. A small one has half a megabyte. */
enum { MOST = 60, ROOM = 4 << 20, SMALL = 500, LARGE = 1500 };

static char *program;
static char data_folder[600], ballast[700];
static atomic_llong later; /* milliseconds that the node's clock is fast */

static int64_t clock_of(void *user) {
    struct timespec t;
    (void)user;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + atomic_load(&later);
}

/* The limits for a nearly full disk are off, so that it becomes really full. */
static sx_node *open_node(int archive_port) {
    static const char *worker[3];
    static const sx_node_log quiet = { .fd = -1, .most = SX_LOG_ERROR };
    sx_error err = { 0 };
    sx_settings s;
    char text[2000];
    const char *const *networks = small_networks_write();
    worker[0] = program;
    worker[1] = "real";
    snprintf(text, sizeof text,
             "data: %s\nweights: [%s, %s, %s]\nallow_demo: true\nstudy: {quiet_seconds: 1}\n"
             "dicom: {port: 0}\nhttp: {port: 0, metrics_port: 0}\n"
             "keep: {full_percent: 99, full_gb: 0}\n"
             "destinations: {archive: {host: 127.0.0.1, port: %d, ae_title: ARCHIVE, test: true, "
             "confirm: none}}\n",
             data_folder, networks[0], networks[1], networks[2], archive_port);
    CHECK_OK(sx_settings_init(&s, &err), err);
    CHECK_OK(sx_settings_parse(&s, "settings", text, strlen(text), &err), err);
    sx_node *n = sx_node_open(
        &(const sx_node_options){ .worker = worker, .log = &quiet, .now = clock_of }, &s, &err);
    CHECK_OK(n != NULL, err);
    return n;
}

/* Takes the disk's room but for `room` bytes. */
static void fill_disk(size_t room) {
    struct statvfs st;
    static const char block[65536];
    assert_int_equal(statvfs(data_folder, &st), 0);
    const size_t have = (size_t)st.f_bavail * st.f_frsize;
    const int fd = open(ballast, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    for (size_t n = room; n + sizeof block < have; n += sizeof block)
        assert_int_equal(write(fd, block, sizeof block), sizeof block);
    close(fd);
}

/* Three films make a study. */
static sx_send_item send_film(const sx_node *node, int i, int side) {
    static uint16_t pixels[LARGE * LARGE];
    static char study[32], uid[32];
    sx_error err = { 0 };
    uint8_t *bytes = NULL;
    size_t n = 0;
    snprintf(study, sizeof study, "1.2.%d", i / 3);
    snprintf(uid, sizeof uid, "1.2.%d.%d", i / 3, i);
    sx_write_film f = plain_film(pixels, side, side);
    f.study_uid = study;
    f.instance_uid = uid;
    for (size_t k = 0; k < (size_t)side * (size_t)side; k++)
        pixels[k] = (uint16_t)((k * 7919 + (size_t)i) % 4096);
    CHECK_OK(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &bytes, &n, &err), err);
    const sx_dicom_remote to = { .host = "127.0.0.1",
                                 .port = sx_node_port(node, false),
                                 .ae_title = "SPINEXR",
                                 .our_title = "CR1",
                                 .message_seconds = 20 };
    sx_send_item item = {
        .bytes = bytes, .n = n, .sop_class = "1.2.840.10008.5.1.4.1.1.1.1", .sop_uid = uid
    };
    sx_dicom_send(&to, &item, 1);
    free(bytes);
    return item;
}

static int64_t number(const char *sql) {
    return number_in_store(data_folder, sql);
}

/* A job whose end could not be written for want of room is ended as soon as there is room: no lease
 * of 90 minutes has to end. The clock runs ten times as fast, for half an hour at most. */
static void wait_until_all_is_done(void) {
    for (int i = 0; i < 400; i++) {
        if (number("SELECT COUNT(*) FROM job WHERE state <> 'done'") == 0 &&
            number("SELECT COUNT(*) FROM study WHERE state <> 'built'") == 0)
            return;
        usleep(500000);
        atomic_fetch_add(&later, 5000);
    }
    fail_msg("%lld jobs are not done",
             (long long)number("SELECT COUNT(*) FROM job WHERE state <> 'done'"));
}

static void check_results(void) {
    char path[700];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/store.sqlite", data_folder);
    sx_db *db = sx_db_open(path, &err);
    CHECK_OK(db != NULL, err);
    expect_one_result_each(db);
    sx_db_close(db);
}

/* Until it is stored. */
static void send_again(const sx_node *node, int film, int side) {
    for (int i = 0; send_film(node, film, side).sent != SX_SENT_STORED; i++) {
        if (i == 40) fail_msg("there is room, and the film is not stored");
        usleep(500000);
    }
}

/* A film for which there is no room, while the disk does not yet count as full, gets the status
 * A700. When it counts as full, associations are refused. */
static void fill_up(const sx_node *node, int *stored) {
    fill_disk(ROOM);
    const sx_send_item large = send_film(node, MOST, LARGE);
    assert_int_equal(large.status, SX_STORE_OUT_OF_RESOURCES);
    assert_int_equal(large.sent, SX_SENT_TRANSIENT);
    for (; *stored < MOST; ++*stored) {
        const sx_send_item item = send_film(node, *stored, SMALL);
        if (item.sent == SX_SENT_STORED) continue;
        assert_int_equal(item.sent, SX_SENT_TRANSIENT);
        return;
    }
    fail_msg("the disk is not full");
}

static void a_full_disk_loses_nothing(void **state) {
    (void)state;
    int stored = 1, refused = 0;
    sx_node *node = open_node(archive_open(0));
    assert_int_equal(send_film(node, 0, SMALL).sent, SX_SENT_STORED);
    fill_up(node, &stored);
    for (int i = 0; i < 6; i++) { /* while it predicts and builds, or tries to */
        refused += send_film(node, stored, SMALL).sent != SX_SENT_STORED;
        usleep(500000);
        atomic_fetch_add(&later, 5000);
    }
    assert_int_equal(unlink(ballast), 0);
    send_again(node, stored, SMALL);
    send_again(node, MOST, LARGE);
    stored += 2;
    wait_until_all_is_done();
    sx_node_close(node, 5);
    check_results();
    archive_close();
    assert_int_equal(number("SELECT COUNT(*) FROM instance"), stored);
    assert_int_equal(number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), stored);
    assert_int_equal(number("SELECT COUNT(*) FROM pragma_integrity_check"
                            " WHERE integrity_check = 'ok'"),
                     1);
    print_message("%d films stored, %d refused\n", stored, refused);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_full_disk_loses_nothing) };
    const char *disk = getenv("SMALL_DISK");
    if (argc != 2 || !disk) return 2;
    program = argv[1];
    snprintf(data_folder, sizeof data_folder, "%s/data", disk);
    snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    return cmocka_run_group_tests(tests, NULL, clean);
}
