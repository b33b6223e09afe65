/* An association of the DICOM port: our server on DCMTK's reader. The first byte says what the
 * rest is:
 *   even  everything that the peer sends, from the first byte of its A-ASSOCIATE-RQ
 *   odd   what it sends after a correct request: pieces, each of which becomes a P-DATA-TF PDU
 *         with one value. A piece is its presentation context, its message control header, two
 *         bytes of length (little endian), and bytes. A context of 0 makes the piece a raw PDU.
 * Whatever comes, the association ends when the peer has closed, and a data set that is passed on
 * is a file. DCMTK itself is not instrumented: the pieces help new inputs to reach its parser of
 * commands and data sets. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzz/fuzz_folder.h"
#include "service/net/association.h"
#include "service/net/dicom_client.h"
#include "support/association_request.h"

static int take(void *user, const sx_dicom_incoming *in) {
    struct stat st;
    (void)user;
    if (stat(in->path, &st) != 0 || strlen(in->sop_uid) > 64 || strlen(in->sop_class) > 64) abort();
    return SX_STORE_SUCCESS;
}

static bool note_commitment(void *user, const char *transaction, const sx_dicom_committed *items,
                            size_t count) {
    size_t bytes = strlen(transaction);
    (void)user;
    for (size_t i = 0; i < count; i++)
        bytes += strlen(items[i].sop_class) + strlen(items[i].sop_uid);
    return bytes > 0;
}

static void serve(int socket) {
    static const char *const classes[] = { "1.2.840.10008.5.1.4.1.1.1.1", NULL },
                             *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                                   NULL };
    const sx_dicom_server_options o = { .ae_title = "SPINEXR",
                                        .most_associations = 1,
                                        .most_per_address = 1,
                                        .idle_seconds = 1,
                                        .message_seconds = 1,
                                        .folder = fuzz_folder(),
                                        .classes = classes,
                                        .syntaxes = syntaxes,
                                        .most_bytes = 1 << 20,
                                        .store = take,
                                        .committed = note_commitment };
    sx_association_serve(&o, &(const sx_association){ .socket = socket, .address = "127.0.0.1" });
}

/* ---- what the peer sends ---- */

static size_t put_piece(const uint8_t *data, size_t size, uint8_t *out, size_t *used) {
    size_t n = (size_t)data[2] | (size_t)data[3] << 8;
    if (n > size - 4) n = size - 4;
    *used = 4 + n;
    if (data[0] == 0) {
        memcpy(out, data + 4, n);
        return n;
    }
    const uint32_t value = (uint32_t)n + 2, pdu = value + 4;
    const uint8_t head[] = { 4,
                             0,
                             (uint8_t)(pdu >> 24),
                             (uint8_t)(pdu >> 16),
                             (uint8_t)(pdu >> 8),
                             (uint8_t)pdu,
                             (uint8_t)(value >> 24),
                             (uint8_t)(value >> 16),
                             (uint8_t)(value >> 8),
                             (uint8_t)value,
                             data[0],
                             data[1] };
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, data + 4, n);
    return sizeof head + n;
}

/* Pieces need at most 12 bytes for 4. */
static size_t put_pieces(const uint8_t *data, size_t size, uint8_t *out) {
    size_t n = association_request(out), used;
    for (; size >= 4; data += used, size -= used)
        n += put_piece(data, size, out + n, &used);
    return n;
}

enum { MOST = 60000 }; /* fits into the buffer of a socket */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t bytes[ASSOCIATION_REQUEST + 3 * MOST];
    int pair[2];
    if (size < 1 || size > MOST / 3) return 0;
    size_t n = size - 1;
    if (data[0] % 2)
        n = put_pieces(data + 1, size - 1, bytes);
    else
        memcpy(bytes, data + 1, n);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return 0;
    if (send(pair[1], bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)n) abort();
    shutdown(pair[1], SHUT_WR);
    serve(pair[0]); /* which closes its end */
    close(pair[1]);
    return 0;
}
