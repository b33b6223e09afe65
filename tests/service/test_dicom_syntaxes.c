/* Every transfer syntax that docs/conformance.md lists, and those that it says are refused, at the
 * DICOM port of a node. The sender writes its PDUs (PS3.8 9.3) itself: DCMTK's tools propose only
 * some of the syntaxes. argv[1]: worker-program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "dicom/dataset.h"
#include "dicom/write.h"
#include "service/node_fixture.h"
#include "service/store/films.h"
#include "service/web_client.h"
#include "support/association_request.h"
#include "support/check.h"
#include "support/plain_film.h"

#define DIGITAL_XRAY "1.2.840.10008.5.1.4.1.1.1.1"

/* ---- PDUs ---- */

enum { ACCEPT = 2, DATA = 4, RELEASE = 5, RELEASED = 6 };
enum { COMMAND = 3, DATA_SET = 2 }; /* control headers of a last fragment */

static void read_all(int fd, uint8_t *out, size_t n) {
    for (size_t at = 0; at < n;) {
        const ssize_t done = recv(fd, out + at, n - at, 0);
        if (done <= 0) fail_msg("the connection has ended");
        at += (size_t)done;
    }
}

static size_t big_endian(const uint8_t *p) {
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* The body of the next PDU, which must be of this type. */
static size_t read_pdu(int fd, uint8_t type, uint8_t *out, size_t most) {
    uint8_t head[6];
    read_all(fd, head, sizeof head);
    const size_t n = big_endian(head + 2);
    assert_in_range(n, 1, most);
    read_all(fd, out, n);
    if (head[0] != type) fail_msg("a PDU of type %d, its last byte is %d", head[0], out[n - 1]);
    return n;
}

static void put_length(sx_str *to, size_t n) {
    const uint8_t bytes[] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                              (uint8_t)n };
    sx_str_append(to, bytes, sizeof bytes);
}

static void send_bytes(int fd, const void *bytes, size_t n) {
    assert_int_equal(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

/* One fragment in the context 1. */
static void send_data(int fd, uint8_t control, const void *bytes, size_t n) {
    static const uint8_t type[] = { DATA, 0 };
    const uint8_t head[] = { 1, control };
    sx_str pdu = { 0 };
    sx_str_append(&pdu, type, sizeof type);
    put_length(&pdu, n + 6);
    put_length(&pdu, n + 2);
    sx_str_append(&pdu, head, sizeof head);
    sx_str_append(&pdu, bytes, n);
    send_bytes(fd, pdu.data, pdu.len);
    sx_str_free(&pdu);
}

/* ---- C-STORE ---- */

/* An element of group 0, in Implicit VR Little Endian. */
static void put_element(sx_str *to, uint16_t element, const void *value, size_t n) {
    const uint8_t head[] = { 0, 0, (uint8_t)element, (uint8_t)(element >> 8), (uint8_t)n, 0, 0, 0 };
    sx_str_append(to, head, sizeof head);
    sx_str_append(to, value, n);
}

/* With a NUL if its length is odd. */
static void put_uid(sx_str *to, uint16_t element, const char *uid) {
    put_element(to, element, uid, (strlen(uid) + 1) / 2 * 2);
}

static void send_store_request(int fd, const char *uid) {
    static const uint8_t store[] = { 1, 0 }, id[] = { 1, 0 }, medium[] = { 0, 0 },
                         has_data_set[] = { 1, 0 };
    sx_str rest = { 0 }, all = { 0 };
    put_uid(&rest, 0x0002, DIGITAL_XRAY);
    put_element(&rest, 0x0100, store, 2);
    put_element(&rest, 0x0110, id, 2);
    put_element(&rest, 0x0700, medium, 2);
    put_element(&rest, 0x0800, has_data_set, 2);
    put_uid(&rest, 0x1000, uid);
    const uint8_t length[] = { (uint8_t)rest.len, (uint8_t)(rest.len >> 8), 0, 0 };
    put_element(&all, 0x0000, length, sizeof length);
    sx_str_append(&all, rest.data, rest.len);
    send_data(fd, COMMAND, all.data, all.len);
    sx_str_free(&rest);
    sx_str_free(&all);
}

static int read_status(int fd) {
    static const uint8_t tag[] = { 0, 0, 0, 9, 2, 0, 0, 0 };
    uint8_t answer[1000] = { 0 };
    const size_t n = read_pdu(fd, DATA, answer, sizeof answer);
    const uint8_t *at = memmem(answer, n, tag, sizeof tag);
    assert_non_null(at);
    return at[8] | at[9] << 8;
}

/* ---- associations ---- */

/* *result: of the presentation context, 0 if it is accepted (PS3.8 9.3.3.2). */
static int associate(const sx_node *node, const char *syntax, int *result) {
    uint8_t request[ASSOCIATION_REQUEST], answer[2000] = { 0 };
    const int fd = web_connect(sx_node_port(node, false), NULL);
    send_bytes(fd, request, association_request_for(request, DIGITAL_XRAY, syntax));
    const size_t n = read_pdu(fd, ACCEPT, answer, sizeof answer);
    for (size_t at = 68; at + 8 <= n; at += 4 + (size_t)(answer[at + 2] << 8 | answer[at + 3]))
        if (answer[at] == 0x21 && answer[at + 4] == 1) {
            *result = answer[at + 6];
            return fd;
        }
    fail_msg("no presentation context in the answer");
    return -1;
}

static void release(int fd) {
    static const uint8_t request[] = { RELEASE, 0, 0, 0, 0, 4, 0, 0, 0, 0 };
    uint8_t answer[4] = { 0 };
    send_bytes(fd, request, sizeof request);
    read_pdu(fd, RELEASED, answer, sizeof answer);
    close(fd);
}

/* ---- films ---- */

typedef struct coded_film {
    uint8_t *bytes;
    size_t n, data_set; /* where it begins */
} coded_film;

/* A film whose file names the syntax. Receiving decodes no pixels, so several of the compressed
 * syntaxes may have the same ones. */
static coded_film code_film(const char *uid, sx_write_syntax as, const char *syntax) {
    enum { SIDE = 40 };
    static uint16_t pixels[SIDE * SIDE];
    sx_error err = { 0 };
    sx_part10 p;
    coded_film out = { .bytes = NULL };
    uint8_t *film = NULL;
    size_t n = 0;
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.instance_uid = uid;
    CHECK_OK(sx_dicom_encode(&f, as, &film, &n, &err) &&
                 sx_part10_rename_syntax(film, n, syntax, &out.bytes, &out.n, &err) &&
                 sx_part10_read(&p, out.bytes, out.n, &err),
             err);
    assert_string_equal(p.transfer_syntax, syntax);
    out.data_set = p.dataset;
    free(film);
    return out;
}

static void expect_kept(const char *uid, const char *syntax, const uint8_t *data_set, size_t n) {
    sx_error err = { 0 };
    sx_store_film film;
    sx_part10 p;
    sx_file f;
    bool found = false;
    sx_db *db = node_open_store();
    CHECK_OK(sx_store_find_film(db, uid, &film, &found, &err), err);
    if (!found) fail_msg("%s is not in the database", syntax);
    char *path = sx_path_join(node_folder, film.path);
    CHECK_OK(sx_file_open(&f, path, &err) && sx_part10_read(&p, f.data, f.size, &err), err);
    assert_string_equal(p.transfer_syntax, syntax);
    if (f.size - p.dataset != n || memcmp(f.data + p.dataset, data_set, n) != 0)
        fail_msg("%s: other bytes were kept", syntax);
    sx_file_close(&f);
    free(path);
    sx_db_close(db);
}

/* ---- tests ---- */

static void these_arrive_with_the_bytes_that_were_sent(void **state) {
    (void)state;
    static const struct {
        const char *syntax;
        sx_write_syntax as;
    } rows[] = {
        { "1.2.840.10008.1.2", SX_WRITE_IMPLICIT },
        { "1.2.840.10008.1.2.1", SX_WRITE_EXPLICIT },
        { "1.2.840.10008.1.2.1.99", SX_WRITE_DEFLATED },
        { "1.2.840.10008.1.2.2", SX_WRITE_BIG_ENDIAN },
        { "1.2.840.10008.1.2.5", SX_WRITE_RLE },
        { "1.2.840.10008.1.2.4.50", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.51", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.53", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.55", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.57", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.70", SX_WRITE_JPEG },
        { "1.2.840.10008.1.2.4.80", SX_WRITE_JPEG_LS },
        { "1.2.840.10008.1.2.4.81", SX_WRITE_JPEG_LS },
        { "1.2.840.10008.1.2.4.90", SX_WRITE_JPEG_2000 },
        { "1.2.840.10008.1.2.4.91", SX_WRITE_JPEG_2000 },
    };
    sx_node *node = node_open("");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char uid[24];
        int result = -1;
        snprintf(uid, sizeof uid, "1.2.3.%zu", i);
        const coded_film f = code_film(uid, rows[i].as, rows[i].syntax);
        const int fd = associate(node, rows[i].syntax, &result);
        if (result != 0) fail_msg("%s is refused: %d", rows[i].syntax, result);
        send_store_request(fd, uid);
        send_data(fd, DATA_SET, f.bytes + f.data_set, f.n - f.data_set);
        assert_int_equal(read_status(fd), 0);
        release(fd);
        expect_kept(uid, rows[i].syntax, f.bytes + f.data_set, f.n - f.data_set);
        free(f.bytes);
    }
    sx_node_close(node, 5);
}

/* The network part of DCMTK 3.6.7 does not know them; STOW-RS takes them. */
static void these_are_refused_at_negotiation(void **state) {
    (void)state;
    static const char *const syntaxes[] = {
        "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203",
        "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112",
        "1.2.840.10008.1.2.4.100", /* MPEG2 */
        "1.2.840.10008.1.2.4.94",  /* JPIP */
    };
    enum { SYNTAXES_NOT_SUPPORTED = 4 };
    sx_node *node = node_open("");
    for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++) {
        int result = -1;
        const int fd = associate(node, syntaxes[i], &result);
        if (result != SYNTAXES_NOT_SUPPORTED) fail_msg("%s: %d", syntaxes[i], result);
        release(fd);
    }
    sx_node_close(node, 5);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(these_arrive_with_the_bytes_that_were_sent, node_fresh),
        cmocka_unit_test_setup(these_are_refused_at_negotiation, node_fresh),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
