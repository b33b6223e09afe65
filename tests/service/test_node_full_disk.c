/* The disk fills up while films arrive: the sender hears that the film was not stored, what was
 * acknowledged before is kept, and when there is room again everything becomes a result. SMALL_DISK
 * in the environment: the folder of a file system of 250 MB (small_disk.sh). argv[1]:
 * worker-program. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dicom/write.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "support/check.h"
#include "support/plain_film.h"

/* LARGE: a film with this side has more bytes than ROOM. A small one has half a megabyte. */
enum { MOST = 60, ROOM = 4 << 20, SMALL = 500, LARGE = 1500 };

static char ballast[700];

/* The limits for a nearly full disk are off, so that it becomes really full. */
static sx_node *open_node(int archive_port) {
    char text[400];
    snprintf(text, sizeof text, "keep: {full_percent: 99, full_gb: 0}\n%s",
             node_sends_to(archive_port));
    return node_open(text);
}

/* Takes the disk's room but for `room` bytes. */
static void fill_disk(size_t room) {
    struct statvfs st;
    static const char block[65536];
    assert_int_equal(statvfs(node_folder, &st), 0);
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

static void check_results(void) {
    sx_db *db = node_open_store();
    expect_one_result_each(db);
    sx_db_close(db);
}

/* Until it is stored. */
static void send_again(const sx_node *node, int film, int side) {
    for (int i = 0; send_film(node, film, side).sent != SX_SENT_STORED; i++) {
        if (i == 240) fail_msg("there is room, and the film is not stored");
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
    node_wait_until_done(NULL, 1000); /* its picture would take the room */
    fill_up(node, &stored);
    for (int i = 0; i < 6; i++) { /* while it predicts and builds, or tries to */
        refused += send_film(node, stored, SMALL).sent != SX_SENT_STORED;
        usleep(500000);
        atomic_fetch_add(&node_later, 5000);
    }
    assert_int_equal(unlink(ballast), 0);
    send_again(node, stored, SMALL);
    send_again(node, MOST, LARGE);
    stored += 2;
    /* A job whose end could not be written for want of room has ended by now: with its lease, the
     * clock would stand still. */
    node_wait_until_done(NULL, 1000);
    sx_node_close(node, 5);
    check_results();
    archive_close();
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance"), stored);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE state = 'scored'"), stored);
    assert_int_equal(node_number("SELECT COUNT(*) FROM pragma_integrity_check"
                                 " WHERE integrity_check = 'ok'"),
                     1);
    print_message("%d films stored, %d refused\n", stored, refused);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_full_disk_loses_nothing) };
    const char *disk = getenv("SMALL_DISK");
    if (argc != 2 || !disk) return 2;
    node_worker = argv[1];
    snprintf(node_folder, sizeof node_folder, "%s/data", disk);
    snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
