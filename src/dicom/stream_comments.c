#include "dicom/stream_comments.h"

#include <stdbool.h>
#include <string.h>

#include "dicom/big_endian.h"
#include "dicom/streams.h"

/* The part of a stream that has not been read yet. */
typedef struct rest {
    uint8_t *p, *end;
    size_t cleared;
} rest;

static size_t left(const rest *r) {
    return (size_t)(r->end - r->p);
}

static void clear(rest *r, uint8_t *from, size_t n) {
    for (size_t i = 0; i < n; i++)
        r->cleared += from[i] != 0;
    memset(from, 0, n);
}

/* ---- JPEG and JPEG-LS ---- */

/* Segments that decoding needs: frames, tables, lines, restart interval, hierarchy, scans; SOF55
 * and LSE of JPEG-LS (T.81 table B.1, T.87 C.1). */
static bool is_needed(uint8_t marker) {
    return (marker >= 0xC0 && marker <= 0xCF && marker != 0xC8) ||
           (marker >= 0xDA && marker <= 0xDF) || marker == 0xF7 || marker == 0xF8;
}

/* The bytes of an application segment that tell how colours are coded. */
static size_t kept_of_application(uint8_t marker, const uint8_t *body, size_t n) {
    if (marker == 0xE0 && n >= 14 && memcmp(body, "JFIF", 5) == 0) return 14;
    if (marker == 0xEE && n >= 12 && memcmp(body, "Adobe", 5) == 0) return 12;
    if (marker == 0xE8 && n == 5 && memcmp(body, "mrfx", 4) == 0) return 5;
    return 0;
}

/* To the next marker behind entropy-coded data, in which 0xFF is followed by less than 0x80 or by
 * a restart marker. */
static void skip_scan(rest *r) {
    for (; left(r) >= 2; r->p++) {
        r->p = memchr(r->p, 0xFF, left(r) - 1);
        if (!r->p) break;
        if (r->p[1] >= 0x80 && r->p[1] != 0xFF && (r->p[1] < 0xD0 || r->p[1] > 0xD7)) return;
    }
    r->p = r->end;
}

static void clear_jpeg(rest *r) {
    r->p += 2;
    while (left(r) >= 2 && r->p[0] == 0xFF) {
        const uint8_t marker = r->p[1];
        if (marker == 0xFF) { /* fill byte */
            r->p++;
            continue;
        }
        if (marker == 0xD9) { /* EOI */
            clear(r, r->p + 2, left(r) - 2);
            return;
        }
        const size_t length = left(r) >= 4 ? sx_be16(r->p + 2) : 0;
        if (length < 2 || length > left(r) - 2) return;
        uint8_t *body = r->p + 4;
        if (!is_needed(marker)) {
            const size_t kept = kept_of_application(marker, body, length - 2);
            clear(r, body + kept, length - 2 - kept);
        }
        r->p += 2 + length;
        if (marker == 0xDA) skip_scan(r);
    }
}

/* ---- JPEG 2000 ---- */

/* The segments of a main or tile-part header, up to the marker that ends it (SOT or SOD): of
 * comments (COM) all but the length and the registration value is cleared (T.800 A.9.2). */
static bool clear_header(rest *r, uint8_t last) {
    while (left(r) >= 4 && r->p[0] == 0xFF && r->p[1] != last) {
        const size_t length = sx_be16(r->p + 2);
        if (length < 2 || length > left(r) - 2) return false;
        if (r->p[1] == 0x64 && length > 4) clear(r, r->p + 6, length - 4);
        r->p += 2 + length;
    }
    return left(r) >= 2 && r->p[0] == 0xFF && r->p[1] == last;
}

static void clear_codestream(rest *r) {
    r->p += 2;
    if (!clear_header(r, 0x90)) return;
    while (left(r) >= 12 && r->p[0] == 0xFF && r->p[1] == 0x90) {
        uint8_t *tile_part = r->p;
        const size_t length = sx_be32(tile_part + 6);
        r->p += 12;
        if (!clear_header(r, 0x93)) return;
        if (length == 0) { /* the last one, up to the end of the codestream */
            while (left(r) >= 2 && !(r->p[0] == 0xFF && r->p[1] == 0xD9))
                r->p++;
            break;
        }
        if (length < (size_t)(r->p - tile_part) || length > (size_t)(r->end - tile_part)) return;
        r->p = tile_part + length;
    }
    if (left(r) >= 2 && r->p[0] == 0xFF && r->p[1] == 0xD9) /* EOC */
        clear(r, r->p + 2, left(r) - 2);
}

/* The boxes of a JP2 file (T.800 annex I): length, type, content. */
static void clear_boxes(rest *r) {
    while (left(r) >= 8) {
        size_t length = sx_be32(r->p), header = 8;
        const uint8_t *type = r->p + 4;
        if (length == 1 && left(r) >= 16 && sx_be32(r->p + 8) == 0) {
            length = sx_be32(r->p + 12);
            header = 16;
        }
        if (length == 0) length = left(r);
        if (length < header || length > left(r)) return;
        rest inside = { r->p + header, r->p + length, 0 };
        if (memcmp(type, "jp2c", 4) == 0) {
            if (left(&inside) >= 2) clear_codestream(&inside);
        } else if (memcmp(type, "jP  ", 4) != 0 && memcmp(type, "ftyp", 4) != 0 &&
                   memcmp(type, "jp2h", 4) != 0) {
            clear(&inside, inside.p, left(&inside));
        }
        r->cleared += inside.cleared;
        r->p += length;
    }
}

size_t sx_stream_clear_comments(uint8_t *bytes, size_t n) {
    rest r = { bytes, bytes + n, 0 };
    switch (sx_stream_codec(bytes, n)) {
    case SX_CODEC_JPEG:
        clear_jpeg(&r);
        break;
    case SX_CODEC_JPEG_2000:
        if (bytes[0] == 0xFF)
            clear_codestream(&r);
        else
            clear_boxes(&r);
        break;
    default:
        break;
    }
    return r.cleared;
}
