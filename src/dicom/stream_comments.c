#include "dicom/stream_comments.h"

#include <stdbool.h>
#include <string.h>

#include "dicom/byte_order.h"
#include "dicom/decode.h"
#include "dicom/streams.h"

/* The part of a stream that has not been read yet. */
typedef struct rest {
    uint8_t *p, *end;
} rest;

static size_t left(const rest *r) {
    return (size_t)(r->end - r->p);
}

/* Whether a segment of that many bytes, its length field included, is within the stream. */
static bool fits(const rest *r, size_t length) {
    return length >= 2 && length <= left(r) - 2;
}

static void clear_rest(rest *r) {
    memset(r->p, 0, left(r));
    r->p = r->end;
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

/* Between segments decoders skip everything up to the next marker. */
static void clear_to_marker(rest *r) {
    for (; left(r) && (r->p[0] != 0xFF || (left(r) > 1 && r->p[1] == 0)); r->p++)
        *r->p = 0;
}

/* TEM and RSTn have no length. */
static bool stands_alone(uint8_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7);
}

static bool clear_jpeg(rest *r) {
    r->p += 2;
    while (clear_to_marker(r), left(r) >= 2) {
        const uint8_t marker = r->p[1];
        r->p += marker == 0xFF ? 1 : 2; /* 0xFF: a fill byte */
        if (marker == 0xD9) clear_rest(r);
        if (marker == 0xD9 || marker == 0xFF || stands_alone(marker)) continue;
        const size_t length = left(r) >= 2 ? sx_be16(r->p) : 0;
        if (length < 2 || length > left(r)) return false;
        if (!is_needed(marker)) {
            const size_t kept = kept_of_application(marker, r->p + 2, length - 2);
            memset(r->p + 2 + kept, 0, length - 2 - kept);
        }
        r->p += length;
        if (marker == 0xDA) skip_scan(r);
    }
    return true;
}

/* ---- JPEG 2000 ---- */

/* Segments that decoding needs; not 0x63, the registration of components, and 0x64, a comment
 * (T.800 table A.2, T.801, T.814). */
static bool is_known(uint8_t marker) {
    static const uint8_t known[] = { 0x50, 0x51, 0x52, 0x53, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5C,
                                     0x5D, 0x5E, 0x5F, 0x60, 0x61, 0x74, 0x75, 0x76, 0x77, 0x78 };
    return memchr(known, marker, sizeof known) != NULL;
}

/* The segments of a main or tile-part header, up to the marker that ends it (SOT or SOD). Of
 * other segments all but the length is cleared, of comments all but the length and the registration
 * value is cleared (T.800 A.9.2). */
static bool clear_header(rest *r, uint8_t last) {
    while (left(r) >= 4 && r->p[0] == 0xFF && r->p[1] != last) {
        const uint8_t marker = r->p[1];
        const size_t length = sx_be16(r->p + 2), kept = marker == 0x64 ? 4 : 2;
        if (!fits(r, length)) return false;
        if (!is_known(marker) && length > kept) memset(r->p + 2 + kept, 0, length - kept);
        r->p += 2 + length;
    }
    return left(r) >= 2 && r->p[0] == 0xFF && r->p[1] == last;
}

static bool at_end_marker(const rest *r) {
    return left(r) >= 2 && r->p[0] == 0xFF && r->p[1] == 0xD9;
}

static bool is_zero(const rest *r) {
    return !left(r) || (!r->p[0] && memcmp(r->p, r->p + 1, left(r) - 1) == 0);
}

/* False: something else than the end marker or padding follows the tile-parts. */
static bool clear_codestream(rest *r) {
    r->p += 2;
    if (!clear_header(r, 0x90)) return false;
    while (left(r) >= 12 && r->p[0] == 0xFF && r->p[1] == 0x90) {
        uint8_t *tile_part = r->p;
        const size_t length = sx_be32(tile_part + 6);
        r->p += 12;
        if (!clear_header(r, 0x93)) return false;
        if (length == 0) { /* the last one, up to the end of the codestream */
            while (left(r) && !at_end_marker(r))
                r->p++;
            break;
        }
        if (length < (size_t)(r->p - tile_part)) return false;
        if (length > (size_t)(r->end - tile_part)) return true; /* truncated: nothing follows */
        r->p = tile_part + length;
    }
    if (!at_end_marker(r)) return is_zero(r) || (left(r) == 1 && r->p[0] == 0xFF);
    r->p += 2;
    clear_rest(r);
    return true;
}

static bool is_type(const uint8_t *type, const char *types) {
    for (; *types; types += 4)
        if (memcmp(type, types, 4) == 0) return true;
    return false;
}

/* File Type: brand, minor version, compatible brands. Other texts than brands are overwritten. */
static void clear_file_type(rest *r) {
    for (size_t i = 0; i + 4 <= left(r); i += 4)
        if (i == 4)
            memset(r->p + i, 0, 4);
        else if (!is_type(r->p + i, "jp2 jpx jpxbjpm jph J2P0J2P1"))
            memcpy(r->p + i, "jp2 ", 4);
    memset(r->p + left(r) / 4 * 4, 0, left(r) % 4);
}

/* An ICC profile has texts. Decoding grey values does not need it: it would follow the method (not
 * 1, an enumerated colour space), precedence and approximation. */
static void clear_colour(rest *r) {
    if (left(r) > 3 && r->p[0] != 1) memset(r->p + 3, 0, left(r) - 3);
}

/* The next box of a JP2 file (T.800 annex I): length, type, content. Kept are the boxes of the
 * types; the codestream (jp2c) is cleared on its own. */
static bool clear_box(rest *r, const char *kept, rest *content, const uint8_t **type) {
    size_t length = sx_be32(r->p), header = 8;
    *type = r->p + 4;
    if (length == 1 && left(r) >= 16 && sx_be32(r->p + 8) == 0) {
        length = sx_be32(r->p + 12);
        header = 16;
    }
    if (length == 0) length = left(r);
    if (length < header || length > left(r)) return false;
    *content = (rest){ r->p + header, r->p + length };
    r->p += length;
    if (memcmp(*type, "jp2c", 4) == 0) return left(content) >= 2 && clear_codestream(content);
    if (!is_type(*type, kept)) clear_rest(content);
    if (is_type(*type, "ftyp")) clear_file_type(content);
    if (is_type(*type, "colr")) clear_colour(content);
    return true;
}

/* The boxes in the header (jp2h) describe the image. */
static bool clear_boxes(rest *r) {
    const uint8_t *type;
    rest content, inner;
    while (left(r) >= 8) {
        if (!clear_box(r, "jP  ftypjp2h", &content, &type)) return false;
        if (memcmp(type, "jp2h", 4) != 0) continue;
        while (left(&content) >= 8)
            if (!clear_box(&content, "ihdrbpcccolrpclrcmapcdefres ", &inner, &type)) return false;
        clear_rest(&content);
    }
    clear_rest(r);
    return true;
}

/* ---- RLE ---- */

/* Where the segment begins; n behind the last one. */
static size_t segment_begin(const uint8_t *bytes, size_t n, size_t segment) {
    return segment < bytes[0] ? sx_rle_offset(bytes, segment) : n;
}

/* Clears what follows the last value of each segment, and the header's unused offsets. */
static bool clear_rle(uint8_t *bytes, size_t n, size_t pixels) {
    const size_t segments = bytes[0];
    memset(bytes + 4 + 4 * segments, 0, 64 - 4 - 4 * segments);
    for (size_t s = 0; s < segments; s++) {
        const size_t begin = segment_begin(bytes, n, s), end = segment_begin(bytes, n, s + 1);
        size_t used;
        if (begin < 64 || begin > end || end > n) return false;
        if (!sx_rle_used(bytes + begin, end - begin, pixels, &used)) return false;
        memset(bytes + begin + used, 0, end - begin - used);
    }
    return true;
}

bool sx_stream_clear_comments(uint8_t *bytes, size_t n, size_t pixels) {
    rest r = { bytes, bytes + n };
    switch (sx_stream_codec(bytes, n)) {
    case SX_CODEC_JPEG:
        return clear_jpeg(&r);
    case SX_CODEC_JPEG_2000:
        return bytes[0] == 0xFF ? clear_codestream(&r) : clear_boxes(&r);
    case SX_CODEC_RLE:
        return clear_rle(bytes, n, pixels);
    default:
        return false;
    }
}
