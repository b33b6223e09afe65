#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "dicom/dataset.h"
#include "dicom/inflate.h"

static const char plain_uid[20] = "1.2.840.10008.1.2.1", /* with its NUL */
    deflated_uid[] = "1.2.840.10008.1.2.1.99";
enum { GROW = sizeof deflated_uid - 1 - sizeof plain_uid, GROUP_LENGTH_AT = 140 };

/* The offset of the transfer syntax in the File Meta Information; 0: it is not the deflated one. */
static size_t find_syntax(const uint8_t *bytes, size_t n) {
    static const uint8_t element[] = { 2, 0, 0x10, 0, 'U', 'I', sizeof plain_uid, 0 };
    for (size_t i = 132; i + sizeof element + sizeof plain_uid <= n; i++)
        if (memcmp(bytes + i, element, sizeof element) == 0 &&
            memcmp(bytes + i + sizeof element, plain_uid, sizeof plain_uid) == 0)
            return i + sizeof element;
    return 0;
}

/* The File Meta Information bytes[n] with the other transfer syntax, GROW bytes longer. */
static bool put_meta(const uint8_t *bytes, size_t n, uint8_t *out, sx_error *err) {
    const size_t at = find_syntax(bytes, n);
    static const uint8_t group_length[] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
    if (!at || memcmp(bytes + 132, group_length, sizeof group_length) != 0)
        return sx_fail(err, SX_ERR_INTERNAL, "a File Meta Information that cannot be changed");
    const size_t behind = at + sizeof plain_uid;
    memcpy(out, bytes, at);
    out[at - 2] = sizeof deflated_uid - 1;
    memcpy(out + at, deflated_uid, sizeof deflated_uid - 1);
    memcpy(out + behind + GROW, bytes + behind, n - behind);
    uint32_t length = 0;
    for (int i = 0; i < 4; i++)
        length |= (uint32_t)out[GROUP_LENGTH_AT + i] << (8 * i);
    length += GROW;
    for (int i = 0; i < 4; i++)
        out[GROUP_LENGTH_AT + i] = (uint8_t)(length >> (8 * i));
    return true;
}

/* bytes[n] to out[*size], with DCMTK's settings: the bytes are those that it writes, but for the
 * last one of an odd number. */
static bool deflate_all(const uint8_t *bytes, size_t n, uint8_t *out, size_t *size, sx_error *err) {
    z_stream z = { .next_in = (z_const Bytef *)bytes,
                   .avail_in = (uInt)n,
                   .next_out = out,
                   .avail_out = (uInt)*size };
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for deflating");
    const int status = deflate(&z, Z_FINISH);
    *size = z.total_out;
    deflateEnd(&z);
    if (status != Z_STREAM_END) return sx_fail(err, SX_ERR_INTERNAL, "the film cannot be deflated");
    return true;
}

bool sx_deflate_file(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size, sx_error *err) {
    sx_part10 p;
    *out = NULL;
    *size = 0;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    const size_t meta = p.dataset, length = n - meta;
    if (length > (size_t)1 << 30)
        return sx_fail(err, SX_ERR_LIMIT, "a data set of %zu bytes is not deflated", length);
    size_t room = compressBound((uLong)length) + 64;
    uint8_t *whole = sx_realloc(NULL, meta + GROW + room, 1);
    if (!whole) return sx_fail(err, SX_ERR_MEMORY, "out of memory for deflating");
    if (!put_meta(bytes, meta, whole, err) ||
        !deflate_all(bytes + meta, length, whole + meta + GROW, &room, err)) {
        free(whole);
        return false;
    }
    if (room % 2) whole[meta + GROW + room++] = 0; /* PS3.5 A.5: an even length */
    *out = whole;
    *size = meta + GROW + room;
    return true;
}
