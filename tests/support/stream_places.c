#define _GNU_SOURCE /* memmem */
#include "support/stream_places.h"

#include <string.h>

#include "support/check.h"

void stream_insert(sx_str *s, size_t at, const void *bytes, size_t n) {
    sx_str tail = { 0 };
    sx_str_append(&tail, s->data + at, s->len - at);
    s->len = at;
    sx_str_append(s, bytes, n);
    sx_str_append(s, tail.data, tail.len);
    sx_str_free(&tail);
}

static size_t put_body(sx_str *s, size_t at, int marker, const void *body, size_t n) {
    const uint8_t head[] = { 0xFF, (uint8_t)marker, 0, (uint8_t)(n + 2) };
    stream_insert(s, at, body, n);
    stream_insert(s, at, head, sizeof head);
    return n + sizeof head;
}

size_t stream_put_segment(sx_str *s, size_t at, int marker, const char *text) {
    sx_str body = { 0 };
    sx_str_printf(&body, "AB%s", text);
    /* OpenJPEG skips unknown markers by two bytes at a time */
    const size_t n = put_body(s, at, marker, body.data, body.len + body.len % 2);
    sx_str_free(&body);
    return n;
}

size_t stream_find_marker(const sx_str *s, uint8_t marker) {
    const uint8_t bytes[] = { 0xFF, marker };
    const char *at = memmem(s->data, s->len, bytes, 2);
    assert_non_null(at);
    return (size_t)(at - s->data);
}

/* Without padding a stream of JPEG or JPEG 2000 ends with its end marker. */
static void trim(sx_str *s) {
    if (memcmp(s->data + s->len - 2, "\xFF\xD9", 2) != 0) s->len--; /* DCMTK pads with any byte */
    assert_memory_equal(s->data + s->len - 2, "\xFF\xD9", 2);
}

/* ---- JPEG and JPEG-LS ---- */

static void in_comment(sx_str *s, const char *text) {
    stream_put_segment(s, stream_find_marker(s, 0xDA), 0xFE, text);
}

static void in_application(sx_str *s, const char *text) {
    stream_put_segment(s, 2, 0xE1, text);
}

static void in_jfif(sx_str *s, const char *text) {
    uint8_t body[80] = "JFIF\0\1\2\0\0\1\0\1\0\0";
    memcpy(body + 14, text, strlen(text));
    put_body(s, 2, 0xE0, body, 14 + strlen(text));
}

static void in_lines(sx_str *s, const char *text) {
    stream_put_segment(s, 2, 0xDC, text);
}

static void between_segments(sx_str *s, const char *text) {
    stream_insert(s, stream_find_marker(s, 0xDA), text, strlen(text));
}

static void in_quantisers(sx_str *s, const char *text) {
    uint8_t body[65];
    memset(body, 1, sizeof body);
    body[0] = 3;
    memcpy(body + 1, text, strlen(text));
    put_body(s, 2, 0xDB, body, sizeof body);
}

/* A table of as many codes of eight bits as there are letters. */
static void in_codes(sx_str *s, const char *text) {
    uint8_t body[80] = { 0x03, [8] = (uint8_t)strlen(text) };
    memcpy(body + 17, text, strlen(text));
    put_body(s, 2, 0xC4, body, 17 + strlen(text));
}

static void in_restart_interval(sx_str *s, const char *text) {
    const size_t at = stream_find_marker(s, 0xDA);
    for (size_t i = 0; text[i] && text[i + 1]; i += 2) /* the last one decides: 0 */
        put_body(s, at + 3 * i, 0xDD, text + i, 2);
    put_body(s, at + 6 * (strlen(text) / 2), 0xDD, "\0", 2);
}

static void before_end(sx_str *s, const char *text) {
    trim(s);
    stream_insert(s, s->len - 2, text, strlen(text));
    const size_t at = s->len - 2 - strlen(text);
    if ((uint8_t)s->data[at - 1] == 0xFF) stream_insert(s, at, "", 1); /* no marker */
}

static void after_end(sx_str *s, const char *text) {
    trim(s);
    sx_str_add(s, text);
}

/* ---- JPEG 2000 ---- */

/* Enlarges the only tile-part. */
static void grow_tile(sx_str *s, size_t n) {
    uint8_t *length = (uint8_t *)s->data + stream_find_marker(s, 0x90) + 6;
    size_t now = n;
    for (int k = 0; k < 4; k++)
        now += (size_t)length[k] << (24 - 8 * k);
    for (int k = 0; k < 4; k++)
        length[k] = (uint8_t)(now >> (24 - 8 * k));
}

static void in_main_comment(sx_str *s, const char *text) {
    stream_put_segment(s, stream_find_marker(s, 0x90), 0x64, text);
}

static void in_tile_comment(sx_str *s, const char *text) {
    grow_tile(s, stream_put_segment(s, stream_find_marker(s, 0x90) + 12, 0x64, text));
}

static void in_unknown_j2k(sx_str *s, const char *text) {
    stream_put_segment(s, stream_find_marker(s, 0x90), 0x6F, text);
}

/* The lengths of packets, which decoders do not need. */
static void in_packet_lengths(sx_str *s, const char *text) {
    uint8_t body[80] = { 0 };
    memcpy(body + 1, text, strlen(text));
    grow_tile(s, put_body(s, stream_find_marker(s, 0x90) + 12, 0x58, body, 1 + strlen(text)));
}

static void after_packets(sx_str *s, const char *text) {
    trim(s);
    stream_insert(s, s->len - 2, text, strlen(text));
    grow_tile(s, strlen(text));
}

static void put_box(sx_str *s, const char *type, const void *content, size_t n) {
    const size_t all = 8 + n;
    const uint8_t length[] = { (uint8_t)(all >> 24), (uint8_t)(all >> 16), (uint8_t)(all >> 8),
                               (uint8_t)all };
    sx_str_append(s, length, 4);
    sx_str_append(s, type, 4);
    sx_str_append(s, content, n);
}

/* A JP2 file around the codestream, whose precision its header repeats. */
static void in_box(sx_str *s, const char *type, const char *text) {
    sx_str file = { 0 }, header = { 0 };
    const uint8_t *siz = (const uint8_t *)s->data + 4; /* Lsiz, Rsiz, Xsiz, Ysiz .. Ssiz */
    uint8_t image[14] = { [9] = 1, [11] = 7 };
    memcpy(image, siz + 8, 4);
    memcpy(image + 4, siz + 4, 4);
    image[10] = siz[38];
    put_box(&header, "ihdr", image, sizeof image);
    put_box(&header, "colr", "\1\0\0\0\0\0\x11", 7);
    put_box(&file, "jP  ", "\r\n\x87\n", 4);
    put_box(&file, "ftyp", "jp2 \0\0\0\0jp2 ", 12);
    put_box(&file, "jp2h", header.data, header.len);
    put_box(&file, type, text, strlen(text));
    put_box(&file, "jp2c", s->data, s->len);
    sx_str_free(&header);
    sx_str_free(s);
    *s = file;
}

static void in_uuid(sx_str *s, const char *text) {
    in_box(s, "uuid", text);
}

static void in_xml(sx_str *s, const char *text) {
    in_box(s, "xml ", text);
}

static void in_unknown_box(sx_str *s, const char *text) {
    in_box(s, "hosp", text);
}

/* ---- RLE ---- */

static size_t second_segment(const sx_str *s) {
    const uint8_t *p = (const uint8_t *)s->data + 8;
    return p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;
}

static void between_rle_segments(sx_str *s, const char *text) {
    const size_t at = second_segment(s), now = at + strlen(text);
    if (s->data[0] < 2) return;
    stream_insert(s, at, text, strlen(text));
    for (int k = 0; k < 3; k++)
        s->data[8 + k] = (char)(now >> 8 * k);
}

static void in_rle_header(sx_str *s, const char *text) {
    memcpy(s->data + 20, text, strlen(text));
}

static void after_rle(sx_str *s, const char *text) {
    sx_str_add(s, text);
}

enum { JPEG = PLACE_DCT | PLACE_LOSSLESS | PLACE_LS, HUFFMAN = PLACE_DCT | PLACE_LOSSLESS };

const stream_place stream_places[STREAM_PLACES] = {
    { "COM", JPEG, in_comment, false },
    { "APP1", JPEG, in_application, false },
    { "behind JFIF", JPEG, in_jfif, false },
    { "DNL", JPEG, in_lines, true },
    { "between segments", HUFFMAN, between_segments, false },
    { "an unused DQT", HUFFMAN, in_quantisers, true },
    { "an unused DHT", HUFFMAN, in_codes, true },
    { "DRI", HUFFMAN, in_restart_interval, true },
    { "before EOI", JPEG, before_end, true },
    { "after EOI", JPEG, after_end, false },
    { "COM of the main header", PLACE_J2K, in_main_comment, false },
    { "COM of a tile-part", PLACE_J2K, in_tile_comment, false },
    { "an unknown marker", PLACE_J2K, in_unknown_j2k, false },
    { "PLT", PLACE_J2K, in_packet_lengths, true },
    { "behind the packets", PLACE_J2K, after_packets, true },
    { "after EOC", PLACE_J2K, after_end, false },
    { "a uuid box", PLACE_J2K, in_uuid, false },
    { "an xml box", PLACE_J2K, in_xml, false },
    { "an unknown box", PLACE_J2K, in_unknown_box, false },
    { "between segments", PLACE_RLE, between_rle_segments, false },
    { "the unused header", PLACE_RLE, in_rle_header, false },
    { "after the last segment", PLACE_RLE, after_rle, false },
};

int stream_place_kind(const char *syntax) {
    static const struct {
        const char *syntaxes;
        int kind;
    } kinds[] = {
        { "4.50 4.51 4.55", PLACE_DCT },
        { "4.57 4.70", PLACE_LOSSLESS },
        { "4.80 4.81", PLACE_LS },
        { "4.90 4.91 .201", PLACE_J2K },
    };
    const char *last = syntax + strlen(syntax) - 4;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strstr(kinds[i].syntaxes, last)) return kinds[i].kind;
    return PLACE_RLE;
}
