#include "dicom/inflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "dicom/dataset.h"
#include "dicom/elements.h"
#include "dicom/syntax.h"

static const size_t most = (size_t)1 << 30, header_room = (size_t)32 << 20,
                    trailer_room = (size_t)8 << 20;

typedef struct inflation {
    z_stream z;
    uint8_t *out;
    size_t size, cap;
    size_t limit;      /* of size */
    bool pixels_begun; /* Pixel Data lies in out, and limit follows from it */
} inflation;

static size_t word(const sx_dataset *d, uint32_t tag, uint16_t absent) {
    uint16_t v;
    return sx_dataset_word(d, tag, 0, &v) ? v : absent;
}

/* At most about 2^70; as a floating-point number it cannot overflow. */
static double pixel_bytes(const sx_dataset *d) {
    double frames = 1;
    if (!sx_dataset_number(d, SX_TAG(0x0028, 0x0008), 0, &frames) || frames < 1) frames = 1;
    const size_t sample_bytes = (word(d, SX_TAG(0x0028, 0x0100), 16) + 7) / 8;
    return (double)word(d, SX_TAG(0x0028, 0x0010), 0) * (double)word(d, SX_TAG(0x0028, 0x0011), 0) *
           (double)word(d, SX_TAG(0x0028, 0x0002), 1) * (double)sample_bytes * frames;
}

/* Sets the limit once Pixel Data has been reached; before that the header does not end yet. */
static void find_pixels(inflation *f) {
    sx_dataset d;
    if (!sx_dataset_read(&d, f->out, f->size, true, false, true, NULL)) return;
    const sx_element *pixels = sx_dataset_find(&d, SX_TAG_PIXEL_DATA);
    if (pixels) {
        const double all =
            (double)(pixels->value - f->out) + pixel_bytes(&d) + (double)trailer_room;
        f->limit = all < (double)most ? (size_t)all : most;
        f->pixels_begun = true;
    }
    sx_dataset_free(&d);
}

static bool grow_output(inflation *f, sx_error *err) {
    size_t cap = f->cap ? 2 * f->cap : (size_t)1 << 16;
    if (cap > f->limit) cap = f->limit;
    if (cap <= f->size)
        return f->pixels_begun
                   ? sx_fail(err, SX_ERR_LIMIT,
                             "the deflated data set unpacks to more than its pixels need (%zu MiB)",
                             f->limit >> 20)
                   : sx_fail(err, SX_ERR_LIMIT, "the deflated data set has no pixels in %zu MiB",
                             f->limit >> 20);
    uint8_t *p = sx_realloc(f->out, cap, 1);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    f->out = p;
    f->cap = cap;
    return true;
}

static bool inflate_more(inflation *f, int *status, sx_error *err) {
    f->z.next_out = f->out + f->size;
    f->z.avail_out = (uInt)(f->cap - f->size);
    *status = inflate(&f->z, Z_NO_FLUSH);
    f->size = f->cap - f->z.avail_out;
    if (*status == Z_MEM_ERROR)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    if (*status == Z_BUF_ERROR && f->z.avail_in == 0)
        return sx_fail(err, SX_ERR_FORMAT, "truncated: the deflated data set is incomplete");
    if (*status != Z_OK && *status != Z_STREAM_END && *status != Z_BUF_ERROR)
        return sx_fail(err, SX_ERR_FORMAT, "the deflated data set is damaged");
    return true;
}

static bool inflate_all(inflation *f, bool header_only, sx_error *err) {
    for (int status = Z_OK; status != Z_STREAM_END;) {
        if (f->size == f->cap && !grow_output(f, err)) return false;
        if (!inflate_more(f, &status, err)) return false;
        if (!f->pixels_begun && f->size == f->cap) find_pixels(f);
        if (f->pixels_begun && header_only) return true;
    }
    return true;
}

/* Some writers label a data set as deflated that is not: it begins with an element of group 8, with
 * its VR. */
static bool is_plain(const uint8_t *bytes, size_t n) {
    return n >= 8 && bytes[0] == 8 && bytes[1] == 0 && sx_vr_is_known(bytes + 4);
}

static bool copy_plain(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size, sx_error *err) {
    *out = sx_calloc_for(n, 1, "a film that is labelled as deflated", err);
    if (!*out) return false;
    memcpy(*out, bytes, n);
    *size = n;
    return true;
}

/* Some writers put the header of RFC 1950 before the deflated data. They would otherwise begin with
 * a stored block (bits 1 and 2), which has its length twice, the second time inverted. */
static bool has_zlib_header(const uint8_t *bytes, size_t n) {
    if (n < 6 || (bytes[0] & 0x8f) != 8 || (bytes[0] << 8 | bytes[1]) % 31 || bytes[1] & 0x20)
        return false;
    return (bytes[1] ^ bytes[3]) != 0xff || (bytes[2] ^ bytes[4]) != 0xff;
}

bool sx_inflate(const uint8_t *bytes, size_t n, bool header_only, uint8_t **out, size_t *size,
                sx_error *err) {
    inflation f = { .z = { .next_in = (z_const Bytef *)bytes, .avail_in = (uInt)n },
                    .limit = header_room };
    *out = NULL;
    *size = 0;
    if (n > most)
        return sx_fail(err, SX_ERR_LIMIT, "a deflated data set of more than %zu MiB", most >> 20);
    if (is_plain(bytes, n)) return copy_plain(bytes, n, out, size, err);
    if (inflateInit2(&f.z, has_zlib_header(bytes, n) ? MAX_WBITS : -MAX_WBITS) != Z_OK)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    const bool ok = inflate_all(&f, header_only, err);
    inflateEnd(&f.z);
    if (!ok) {
        free(f.out);
        return false;
    }
    *out = f.out;
    *size = f.size;
    return true;
}

bool sx_inflate_file(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size, sx_error *err) {
    static const char meta[] = "DICM\2\0\x10\0UI\x14\0"
                               "1.2.840.10008.1.2.1"; /* and a NUL */
    enum { PREAMBLE = 128, HEAD = PREAMBLE + sizeof meta };
    sx_part10 p;
    uint8_t *plain = NULL;
    size_t length = 0;
    *out = NULL;
    *size = 0;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    const sx_syntax *syntax = sx_syntax_find(p.transfer_syntax);
    if (!syntax || !syntax->deflated) return true;
    if (!sx_inflate(bytes + p.dataset, n - p.dataset, false, &plain, &length, err)) return false;
    uint8_t *whole = sx_realloc(plain, HEAD + length, 1);
    if (!whole) {
        free(plain);
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a deflated film");
    }
    memmove(whole + HEAD, whole, length);
    memset(whole, 0, PREAMBLE);
    memcpy(whole + PREAMBLE, meta, sizeof meta);
    *out = whole;
    *size = HEAD + length;
    return true;
}
