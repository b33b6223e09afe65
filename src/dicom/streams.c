#include "dicom/streams.h"

#include <string.h>

#include "dicom/byte_order.h"

/* RLE has a header of 16 little-endian words: the number of segments, then their offsets, of which
 * the first is always 64 (PS3.5 G.5). */
static bool is_rle(const uint8_t *p, size_t n) {
    return n >= 64 && p[0] >= 1 && p[0] <= 15 && !p[1] && !p[2] && !p[3] && p[4] == 64 && !p[5] &&
           !p[6] && !p[7];
}

sx_codec sx_stream_codec(const uint8_t *p, size_t n) {
    static const uint8_t jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };
    static const uint8_t jxl[] = { 0, 0, 0, 12, 'J', 'X', 'L', ' ', '\r', '\n', 0x87, '\n' };
    if (n >= 4 && memcmp(p, "\xFF\xD8\xFF", 3) == 0) return SX_CODEC_JPEG;
    if (n >= 4 && memcmp(p, "\xFF\x0A", 2) == 0) return SX_CODEC_JPEG_XL;
    if (n >= sizeof jxl && memcmp(p, jxl, sizeof jxl) == 0) return SX_CODEC_JPEG_XL;
    if (n >= 4 && memcmp(p, "\xFF\x4F\xFF\x51", 4) == 0) return SX_CODEC_JPEG_2000;
    if (n >= sizeof jp2 && memcmp(p, jp2, sizeof jp2) == 0) return SX_CODEC_JPEG_2000;
    return is_rle(p, n) ? SX_CODEC_RLE : SX_CODEC_NONE;
}

/* ---- JPEG markers ---- */

static bool is_frame(uint8_t marker) {
    return marker == 0xF7 ||
           (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC);
}

/* Markers without a length: TEM, RSTn, SOI, EOI. */
static bool stands_alone(uint8_t marker) {
    return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD9);
}

bool sx_jpeg_find_header(const uint8_t *bytes, size_t n, sx_jpeg_header *h) {
    const uint8_t *p = bytes, *end = p + n;
    if (n < 4 || p[0] != 0xFF || p[1] != 0xD8) return false;
    for (p += 2; end - p >= 4;) {
        if (*p != 0xFF) return false;
        const uint8_t marker = p[1];
        if (marker == 0xFF) { /* fill byte */
            p++;
            continue;
        }
        const size_t length = sx_be16(p + 2);
        if (length < 2 || length > (size_t)(end - p) - 2) return false;
        if (is_frame(marker)) {
            if (length < 8) return false;
            *h = (sx_jpeg_header){ marker, p[4], sx_be16(p + 5), sx_be16(p + 7), p[9] };
            return true;
        }
        p += 2 + length;
    }
    return false;
}

/* How many low bits of each coefficient of a progressive stream are still missing. */
typedef struct progress {
    uint8_t missing[64];
} progress;

/* A scan header of one component: length, 1, component, tables, Ss, Se, Ah and Al; in JPEG-LS the
 * first of these three is NEAR (T.81 B.2.3, T.87 C.2.3). */
static void note_scan(sx_jpeg_scans *s, progress *to, const uint8_t *p, size_t length) {
    const bool one = length >= 8 && p[2] == 1;
    if (one && s->count == 0) s->near_lossless = p[5];
    for (int k = p[5]; one && k <= p[6] && k < 64; k++)
        to->missing[k] = p[7] & 15;
    s->count++;
}

/* In entropy-coded data 0xFF is followed by 0 (in JPEG-LS: by less than 0x80). */
sx_jpeg_scans sx_jpeg_find_scans(const uint8_t *bytes, size_t n) {
    const uint8_t *p = bytes, *end = bytes + n;
    sx_jpeg_scans s = { .complete = true };
    progress to;
    memset(&to, 1, sizeof to);
    while (end - p >= 2) {
        p = memchr(p, 0xFF, (size_t)(end - p) - 1);
        if (!p) break;
        const uint8_t marker = p[1];
        const size_t left = (size_t)(end - p) - 2;
        if (marker < 0x80 || marker == 0xFF || stands_alone(marker) || left < 2) {
            p += marker == 0xFF ? 1 : 2;
            continue;
        }
        const size_t length = sx_be16(p + 2);
        if (length < 2 || length > left) break;
        if (marker == 0xDA) note_scan(&s, &to, p + 2, length);
        p += 2 + length;
    }
    for (int k = 0; k < 64; k++)
        s.complete = s.complete && to.missing[k] == 0;
    return s;
}

/* ---- JPEG 2000 ---- */

/* The first codestream (jp2c) among the boxes of a JP2 file (T.800 I.4); it may be truncated. */
static bool find_codestream(const uint8_t **bytes, size_t *n) {
    const uint8_t *p = *bytes, *end = p + *n;
    while (end - p >= 16) {
        const bool is_long = sx_be32(p) == 1; /* a length of 64 bits follows */
        const size_t header = is_long ? 16 : 8, left = (size_t)(end - p);
        const size_t length = is_long && sx_be32(p + 8) == 0 ? sx_be32(p + 12) : sx_be32(p);
        if (memcmp(p + 4, "jp2c", 4) == 0) {
            *bytes = p + header;
            *n = left - header;
            return true;
        }
        if (length < header || length > left) return false;
        p += length;
    }
    return false;
}

static uint64_t tiles_along(uint32_t end, uint32_t origin, uint32_t size) {
    return size && end > origin ? ((uint64_t)end - origin + size - 1) / size : 0;
}

bool sx_jpeg2000_find_header(const uint8_t *bytes, size_t n, sx_jpeg2000_header *h) {
    static const uint8_t begin[] = { 0xFF, 0x4F, 0xFF, 0x51 };
    if (n >= 4 && bytes[0] != 0xFF && !find_codestream(&bytes, &n)) return false;
    if (n < 42 || memcmp(bytes, begin, sizeof begin) != 0) return false;
    /* Lsiz, Rsiz, Xsiz, Ysiz, XOsiz, YOsiz, XTsiz, YTsiz, XTOsiz, YTOsiz, Csiz */
    const uint8_t *p = bytes + 8;
    h->tiles = tiles_along(sx_be32(p), sx_be32(p + 24), sx_be32(p + 16)) *
               tiles_along(sx_be32(p + 4), sx_be32(p + 28), sx_be32(p + 20));
    h->components = sx_be16(p + 32);
    h->bytes = n;
    return h->tiles > 0;
}

/* ---- the end of a stream ---- */

static size_t jpeg_unclosed(const uint8_t *bytes, size_t n) {
    size_t end = n;
    while (end > 2 && bytes[end - 1] == 0) /* padding */
        end--;
    return end >= 2 && bytes[end - 2] == 0xFF && bytes[end - 1] == 0xD9 ? 0 : n;
}

/* The first tile-part; n if there is none. */
static size_t first_tile_part(const uint8_t *bytes, size_t n) {
    size_t at = 2;
    while (n - at >= 4 && bytes[at] == 0xFF && bytes[at + 1] != 0x90) {
        const size_t length = 2 + sx_be16(bytes + at + 2);
        if (length > n - at) return n;
        at += length;
    }
    return n - at >= 4 && bytes[at] == 0xFF ? at : n;
}

/* SOT: marker, Lsot, Isot, Psot (the tile-part's length from its marker on), .. (T.800 A.4.2). */
static size_t jpeg2000_unclosed(const uint8_t *bytes, size_t n) {
    size_t at = first_tile_part(bytes, n);
    if (at == n) return 0;
    while (n - at >= 12 && bytes[at] == 0xFF && bytes[at + 1] == 0x90) {
        const size_t length = sx_be32(bytes + at + 6);
        if (length == 0) return jpeg_unclosed(bytes, n); /* as long as the stream */
        if (length < 14 || length > n - at) return 0;    /* damaged: the decoder reports it */
        at += length;
    }
    /* Packets neither end in 0xFF nor hold a marker: otherwise the stream was truncated, and its
     * end marker is within the tile-part's length. The stream is also truncated if anything except
     * padding follows. */
    if (bytes[at - 1] == 0xFF || (bytes[at - 2] == 0xFF && bytes[at - 1] == 0xD9)) return 0;
    for (size_t i = at; i < n; i++)
        if (bytes[i] != 0 && !(i == at && bytes[i] == 0xFF)) return 0; /* 0xFF: half a marker */
    return at;
}

size_t sx_stream_unclosed(const uint8_t *bytes, size_t n) {
    if (n < 4 || bytes[0] != 0xFF) return 0;
    if (bytes[1] == 0xD8) return jpeg_unclosed(bytes, n);
    return bytes[1] == 0x4F ? jpeg2000_unclosed(bytes, n) : 0;
}
