/* Streams with wrong headers or missing parts, and with comments. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "dicom/decode.h"
#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "dicom/stream_comments.h"
#include "dicom/streams.h"
#include "support/check.h"
#include "support/dicom.h"

enum { ROWS = 37, COLUMNS = 53, PIXELS = ROWS * COLUMNS };

static sx_error err;
static uint16_t values[PIXELS];

static void fill(int low, int high) {
    for (int i = 0; i < PIXELS; i++)
        values[i] = (uint16_t)(low + (high - low) * ((i * 41) % PIXELS) / (PIXELS - 1));
}

static dicom_shape shape(int stored, bool is_signed) {
    return (dicom_shape){ .rows = ROWS,
                          .columns = COLUMNS,
                          .bits_allocated = stored > 8 ? 16 : 8,
                          .bits_stored = (uint16_t)stored,
                          .is_signed = is_signed };
}

/* The only frame's stream as DCMTK writes it in this transfer syntax. */
static void encode(const char *syntax, const dicom_shape *s, sx_str *out) {
    test_dicom d;
    sx_file file;
    sx_part10 p;
    sx_dataset set;
    sx_frame frame;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(&d, s);
    uint8_t bytes[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        bytes[i] = (uint8_t)values[i];
    if (s->bits_allocated == 8)
        dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", bytes, sizeof bytes);
    else
        dicom_pixels(&d, values, PIXELS);
    CHECK_OK(sx_write_file(check_tmp_path("plain.dcm"), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    assert_true(dcmtk_recode(check_tmp_path("plain.dcm"), check_tmp_path("coded.dcm"), syntax));
    CHECK_OK(sx_file_open(&file, check_tmp_path("coded.dcm"), &err), err);
    CHECK_OK(sx_part10_read(&p, file.data, file.size, &err), err);
    CHECK_OK(sx_dataset_read(&set, (const uint8_t *)file.data + p.dataset, file.size - p.dataset,
                             true, false, false, &err),
             err);
    CHECK_OK(sx_frame_get(&frame, sx_dataset_find(&set, SX_TAG_PIXEL_DATA), 0, 1, &err), err);
    sx_str_append(out, frame.data, frame.n);
    sx_frame_free(&frame);
    sx_dataset_free(&set);
    sx_file_close(&file);
}

static void begin(test_dicom *d, const char *label, const dicom_shape *s) {
    dicom_begin(d, label);
    dicom_image(d, s);
}

static void put(test_dicom *d, const char *label, const dicom_shape *s, const sx_str *stream) {
    begin(d, label, s);
    dicom_fragments(d, stream, 1);
}

static sx_film *read_film(test_dicom *d, const char *what) {
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, what, NULL, &err);
    if (!f) fail_msg("%s", err.message);
    dicom_end(d);
    return f;
}

/* Stored values are values[], by at most `most`. */
static void check_read(test_dicom *d, const char *what, int most) {
    sx_film *f = read_film(d, what);
    for (size_t i = 0; i < PIXELS; i++) {
        const int want = f->info.is_signed ? (int16_t)values[i] : values[i];
        if (abs(sx_film_value(f, i) - want) > most)
            fail_msg("%s: pixel %zu is %d, not %d", what, i, sx_film_value(f, i), want);
    }
    sx_film_free(f);
}

/* ---- labels ---- */

static const char *const labels[] = {
    "1.2.840.10008.1.2",      "1.2.840.10008.1.2.1",    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.55",
    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91",
};
enum { LABELS = sizeof labels / sizeof *labels };

static void check_labels(const sx_str *stream, const dicom_shape *s, int most, bool lossy) {
    for (int i = 0; i < LABELS; i++) {
        test_dicom d;
        put(&d, labels[i], s, stream);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, labels[i], NULL, &err);
        if (!f) fail_msg("%s", err.message);
        if (f->info.lossy_stream != lossy)
            fail_msg("%s: %s", labels[i], lossy ? "not lossy" : "lossy");
        sx_film_free(f);
        check_read(&d, labels[i], most);
    }
}

static void test_labels(void **state) {
    (void)state;
    static const struct {
        const char *syntax;
        int bits, most;
        bool lossy;
    } cases[] = {
        { "1.2.840.10008.1.2.4.50", 8, 60, true },   { "1.2.840.10008.1.2.4.51", 12, 900, true },
        { "1.2.840.10008.1.2.4.55", 12, 900, true }, { "1.2.840.10008.1.2.4.57", 8, 0, false },
        { "1.2.840.10008.1.2.4.57", 12, 0, false },  { "1.2.840.10008.1.2.4.70", 12, 0, false },
        { "1.2.840.10008.1.2.4.70", 16, 0, false },  { "1.2.840.10008.1.2.4.80", 8, 0, false },
        { "1.2.840.10008.1.2.4.80", 12, 0, false },  { "1.2.840.10008.1.2.4.81", 12, 0, false },
        { "1.2.840.10008.1.2.5", 12, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dicom_shape s = shape(cases[i].bits, false);
        sx_str stream = { 0 };
        fill(0, (1 << cases[i].bits) - 1);
        encode(cases[i].syntax, &s, &stream);
        check_labels(&stream, &s, cases[i].most, cases[i].lossy);
        sx_str_free(&stream);
    }
}

/* What scan headers say. */
static void test_scan_headers(void **state) {
    (void)state;
    static const uint8_t ls[] = { 0xFF, 0xD8, 0xFF, 0xDA, 0, 8, 1, 1, 0, 3, 0, 0, 7, 0xFF, 0x7F };
    uint8_t progressive[] = { 0xFF, 0xD8, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0,  0, 7,
                              0xFF, 0,    0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 63, 0, 7 };
    sx_jpeg_scans s = sx_jpeg_find_scans(ls, sizeof ls);
    assert_true(s.count == 1 && s.near_lossless == 3);
    s = sx_jpeg_find_scans(progressive, sizeof progressive);
    assert_true(s.count == 2 && s.complete);
    progressive[23] = 62; /* the last coefficient is missing */
    s = sx_jpeg_find_scans(progressive, sizeof progressive);
    assert_true(s.count == 2 && !s.complete);
    progressive[23] = 63;
    progressive[24] = 0x01; /* the lowest bits are missing */
    assert_false(sx_jpeg_find_scans(progressive, sizeof progressive).complete);
}

static void test_jpeg2000_label(void **state) {
    (void)state;
    const dicom_shape s = shape(12, false);
    sx_str stream = { 0 };
    fill(0, 4095);
    encode_jpeg2000(values, COLUMNS, ROWS, 12, false, &stream);
    for (int i = 0; i < LABELS; i++) {
        test_dicom d;
        put(&d, labels[i], &s, &stream);
        check_read(&d, labels[i], 0);
    }
    sx_str_free(&stream);
}

/* ---- precision and sign ---- */

/* A stream of other bits or sign than the header says. */
static void check_stored(int bits, bool stream_signed, int stored, bool film_signed, int low,
                         int high) {
    dicom_shape s = shape(stored, film_signed);
    s.bits_allocated = 16;
    sx_str stream = { 0 };
    uint16_t coded[PIXELS];
    test_dicom d;
    fill(low, high);
    for (int i = 0; i < PIXELS; i++) {
        const int mask = (1 << bits) - 1, v = values[i] & mask;
        coded[i] = (uint16_t)(stream_signed && v >> (bits - 1) ? v - mask - 1 : v);
    }
    encode_jpeg2000(coded, COLUMNS, ROWS, bits, stream_signed, &stream);
    put(&d, "1.2.840.10008.1.2.4.90", &s, &stream);
    check_read(&d, "JPEG 2000", 0);
    sx_str_free(&stream);
}

static void test_sign(void **state) {
    (void)state;
    check_stored(12, false, 16, true, -2000, 2047); /* signed values in an unsigned stream */
    check_stored(12, false, 12, true, -2048, 2047);
    check_stored(12, true, 16, false, 0, 4095); /* unsigned values in a signed stream */
    check_stored(12, true, 12, false, 0, 4095);
    check_stored(10, false, 16, true, -512, 511);
    check_stored(16, false, 12, true, -2048, 2047); /* more bits than are stored */
    check_stored(16, true, 12, false, 0, 4095);
    check_stored(8, true, 12, true, -128, 127); /* fewer */
    check_stored(8, false, 12, false, 0, 255);
}

/* A JPEG Lossless stream of fewer bits than are stored. */
static void test_lossless_sign(void **state) {
    (void)state;
    const dicom_shape coded = shape(12, false), film = shape(16, true);
    sx_str stream = { 0 };
    test_dicom d;
    fill(-2048, 2047);
    for (int i = 0; i < PIXELS; i++)
        values[i] &= 4095;
    encode("1.2.840.10008.1.2.4.80", &coded, &stream);
    for (int i = 0; i < PIXELS; i++)
        values[i] = (uint16_t)((values[i] ^ 2048) - 2048);
    put(&d, "1.2.840.10008.1.2.4.80", &film, &stream);
    assert_int_equal(stream.data[6], 12);
    check_read(&d, "JPEG-LS of 12 bits", 0);
    sx_str_free(&stream);
}

/* JPEG-LS of every precision that DCMTK writes, also where 16 bits are allocated for 8 and
 * fewer. */
static void test_ls_precision(void **state) {
    (void)state;
    for (int bits = 6; bits <= 16; bits++)
        for (int wide = bits > 8; wide < 2; wide++) {
            dicom_shape s = shape(bits, false);
            sx_str stream = { 0 };
            test_dicom d;
            fill(0, (1 << bits) - 1);
            encode("1.2.840.10008.1.2.4.80", &s, &stream);
            assert_int_equal(stream.data[6], bits);
            s.bits_allocated = wide ? 16 : 8;
            put(&d, "1.2.840.10008.1.2.4.80", &s, &stream);
            check_read(&d, "JPEG-LS", 0);
            sx_str_free(&stream);
        }
}

/* Values above BitsStored are kept and do not wrap around. */
static void test_wide_stream(void **state) {
    (void)state;
    dicom_shape s = shape(8, false);
    sx_str stream = { 0 };
    test_dicom d;
    sx_image im;
    s.bits_allocated = 16;
    fill(0, 4095);
    encode_jpeg2000(values, COLUMNS, ROWS, 12, false, &stream);
    put(&d, "1.2.840.10008.1.2.4.90", &s, &stream);
    sx_film *f = read_film(&d, "12 of 8 bits");
    assert_int_equal(f->info.stream_bits, 12);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
    for (int i = 0; i < PIXELS; i++)
        assert_in_range(sx_image_u8(&im)[i] + 1, values[i] * 255 / 4095,
                        values[i] * 255 / 4095 + 2);
    sx_image_free(&im);
    sx_film_free(f);
    sx_str_free(&stream);
}

/* ---- fragments ---- */

typedef struct stream_kind {
    const char *syntax;
    int bits, most;
} stream_kind;

static const stream_kind kinds[] = {
    { "1.2.840.10008.1.2.4.50", 8, 60 },   { "1.2.840.10008.1.2.4.51", 12, 900 },
    { "1.2.840.10008.1.2.4.55", 12, 900 }, { "1.2.840.10008.1.2.4.70", 16, 0 },
    { "1.2.840.10008.1.2.4.80", 12, 0 },   { "1.2.840.10008.1.2.4.90", 12, 0 },
    { "1.2.840.10008.1.2.5", 12, 0 },
};

static dicom_shape make_stream(const stream_kind *k, sx_str *stream) {
    const dicom_shape s = shape(k->bits, false);
    fill(0, (1 << k->bits) - 1);
    if (strcmp(k->syntax, "1.2.840.10008.1.2.4.90") == 0)
        encode_jpeg2000(values, COLUMNS, ROWS, 12, false, stream);
    else
        encode(k->syntax, &s, stream);
    return s;
}

static void test_many_fragments(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sx_str stream = { 0 }, parts[200] = { { 0 } };
        size_t count = 0;
        const dicom_shape s = make_stream(&kinds[i], &stream);
        for (size_t at = 0; at < stream.len; at += 64, count++)
            sx_str_append(&parts[count], stream.data + at,
                          stream.len - at < 64 ? stream.len - at : 64);
        test_dicom d;
        begin(&d, kinds[i].syntax, &s);
        dicom_fragments(&d, parts, count);
        check_read(&d, kinds[i].syntax, kinds[i].most);
        for (size_t k = 0; k < count; k++)
            sx_str_free(&parts[k]);
        sx_str_free(&stream);
    }
}

/* No delimiter; padding in its place; no offset table. */
static void test_missing_items(void **state) {
    (void)state;
    static const uint8_t padding[] = { 0xFC, 0xFF, 0xFC, 0xFF, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 0 };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int how = 0; how < 4; how++) {
            sx_str stream = { 0 };
            const dicom_shape s = make_stream(&kinds[i], &stream);
            test_dicom d;
            put(&d, kinds[i].syntax, &s, &stream);
            const size_t table = d.bytes.len - 8 - (stream.len + (stream.len & 1)) - 16;
            if (how < 3) d.bytes.len -= 8;
            if (how == 1) sx_str_append(&d.bytes, padding, sizeof padding);
            if (how == 2) sx_str_append(&d.bytes, (char[5]){ 0 }, 5);
            if (how == 3) {
                memmove(d.bytes.data + table, d.bytes.data + table + 8, d.bytes.len - table - 8);
                d.bytes.len -= 8;
            }
            check_read(&d, kinds[i].syntax, kinds[i].most);
            sx_str_free(&stream);
        }
}

/* Without its end marker a stream is read; with less than that it is refused. */
static void test_no_end(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds - 1; i++) {
        sx_str stream = { 0 };
        const dicom_shape s = make_stream(&kinds[i], &stream);
        test_dicom d;
        if (memcmp(stream.data + stream.len - 2, "\xFF\xD9", 2) != 0) stream.len--; /* padding */
        assert_memory_equal(stream.data + stream.len - 2, "\xFF\xD9", 2);
        stream.len -= 2;
        put(&d, kinds[i].syntax, &s, &stream);
        check_read(&d, kinds[i].syntax, kinds[i].most);
        for (size_t cut = 8; cut < stream.len; cut = cut * 3 / 2)
            for (int closed = 0; closed < 2; closed++) {
                sx_str part = { 0 };
                sx_str_append(&part, stream.data, stream.len - cut);
                if (closed) sx_str_append(&part, "\xFF\xD9", 2);
                put(&d, kinds[i].syntax, &s, &part);
                sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "part", NULL, &err);
                if (f) fail_msg("%s: %zu bytes are missing", kinds[i].syntax, cut);
                dicom_end(&d);
                sx_str_free(&part);
            }
        sx_str_free(&stream);
    }
}

/* ---- comments ---- */

#define PATIENT "MUSTERMANN^ERIKA"

static bool names_patient(const void *bytes, size_t n) {
    return memmem(bytes, n, PATIENT, strlen(PATIENT)) != NULL;
}

static void insert(sx_str *s, size_t at, const void *bytes, size_t n) {
    sx_str tail = { 0 };
    sx_str_append(&tail, s->data + at, s->len - at);
    s->len = at;
    sx_str_append(s, bytes, n);
    sx_str_append(s, tail.data, tail.len);
    sx_str_free(&tail);
}

/* A marker segment that holds the name behind two bytes, JPEG 2000's registration value. */
static size_t put_segment(sx_str *s, size_t at, int marker) {
    uint8_t segment[6 + sizeof PATIENT];
    const size_t n = sizeof segment;
    memcpy(segment, (uint8_t[]){ 0xFF, (uint8_t)marker, 0, (uint8_t)(n - 2), 'A', 'B' }, 6);
    memcpy(segment + 6, PATIENT, sizeof PATIENT);
    insert(s, at, segment, n);
    return n;
}

static size_t find_marker(const sx_str *s, uint8_t marker) {
    const uint8_t bytes[] = { 0xFF, marker };
    const char *at = memmem(s->data, s->len, bytes, 2);
    assert_non_null(at);
    return (size_t)(at - s->data);
}

static bool is_kind(const stream_kind *k, const char *syntax) {
    return strcmp(k->syntax, syntax) == 0;
}

/* Behind each of the two segments, and in the place of offsets that are not used. */
static void put_between_segments(sx_str *s) {
    uint8_t second[4];
    memcpy(second, s->data + 8, sizeof second);
    insert(s, second[0] | (size_t)second[1] << 8, PATIENT, sizeof PATIENT);
    const size_t now = (second[0] | (size_t)second[1] << 8) + sizeof PATIENT;
    s->data[8] = (char)now;
    s->data[9] = (char)(now >> 8);
    memcpy(s->data + 20, PATIENT, sizeof PATIENT);
}

/* In every place where a stream may name a patient. */
static void put_comments(sx_str *s, const stream_kind *kind) {
    if (is_kind(kind, "1.2.840.10008.1.2.5")) {
        put_between_segments(s);
    } else if (s->data[s->len - 1] == 0) {
        s->len--; /* padding */
    }
    if (is_kind(kind, "1.2.840.10008.1.2.4.90")) {
        const size_t tile_part = find_marker(s, 0x90);
        const size_t n = put_segment(s, tile_part + 12, 0x64);
        uint8_t *length = (uint8_t *)s->data + tile_part + 6; /* Psot */
        const uint32_t now =
            ((uint32_t)length[0] << 24 | length[1] << 16 | length[2] << 8 | length[3]) +
            (uint32_t)n;
        for (int k = 0; k < 4; k++)
            length[k] = (uint8_t)(now >> (24 - 8 * k));
        put_segment(s, tile_part, 0x64);
        put_segment(s, tile_part, 0x6F);             /* no marker of the standard */
        insert(s, tile_part, "\xFF\x63\0\6NGUY", 8); /* registration of the component */
    } else if (!is_kind(kind, "1.2.840.10008.1.2.5")) {
        put_segment(s, find_marker(s, 0xDA), 0xFE); /* COM */
        put_segment(s, 2, 0xE1);                    /* APP1 */
        put_segment(s, 2, 0xE0);                    /* APP0 that is no JFIF */
    }
    sx_str_append(s, PATIENT, sizeof PATIENT);
    if (s->len % 2) sx_str_append(s, "", 1);
}

static void read_values(test_dicom *d, const char *what, int *out) {
    sx_film *f = read_film(d, what);
    for (size_t i = 0; i < PIXELS; i++)
        out[i] = sx_film_value(f, i);
    sx_film_free(f);
}

static void check_same_image(const stream_kind *k, const dicom_shape *s, const sx_str *was,
                             const sx_str *now) {
    static int before[PIXELS], after[PIXELS];
    test_dicom d;
    put(&d, k->syntax, s, was);
    read_values(&d, k->syntax, before);
    put(&d, k->syntax, s, now);
    read_values(&d, k->syntax, after);
    assert_memory_equal(before, after, sizeof before);
}

static void test_comments(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sx_str plain = { 0 }, stream = { 0 };
        const dicom_shape s = make_stream(&kinds[i], &plain);
        sx_str_append(&stream, plain.data, plain.len);
        put_comments(&stream, &kinds[i]);
        assert_true(names_patient(stream.data, stream.len));
        assert_true(sx_stream_clear_comments((uint8_t *)stream.data, stream.len, PIXELS));
        if (names_patient(stream.data, stream.len)) fail_msg("%s", kinds[i].syntax);
        assert_null(memmem(stream.data, stream.len, "\6NGUY", 5));
        check_same_image(&kinds[i], &s, &plain, &stream);
        for (size_t n = 0; n < stream.len; n++) { /* no read or write behind the end */
            uint8_t *part = malloc(n + 1);
            memcpy(part, stream.data, n);
            part[n] = 0xA5;
            (void)sx_stream_clear_comments(part, n, PIXELS);
            assert_int_equal(part[n], 0xA5);
            free(part);
        }
        sx_str_free(&stream);
        sx_str_free(&plain);
    }
}

/* Bytes between the segments of a JPEG stream, and markers without a length. */
static void test_loose_bytes(void **state) {
    (void)state;
    static const uint8_t begin[] = { 0xFF, 0xD8, 0xFF, 0xE0, 0, 3, 1, 0xFF, 0x01 };
    static const uint8_t end[] = { 0xFF, 0xD0, 0xFF, 0, 0xFF, 0xFE, 0, 2 + sizeof PATIENT };
    sx_str s = { 0 };
    sx_str_append(&s, begin, sizeof begin);
    sx_str_append(&s, PATIENT, sizeof PATIENT);
    sx_str_append(&s, end, sizeof end);
    sx_str_append(&s, PATIENT, sizeof PATIENT);
    assert_true(sx_stream_clear_comments((uint8_t *)s.data, s.len, PIXELS));
    assert_false(names_patient(s.data, s.len));
    assert_memory_equal(s.data, begin, 6);
    sx_str_free(&s);
}

static void put_box(sx_str *s, const char *type, const void *content, size_t n) {
    const uint8_t length[] = { 0, 0, (uint8_t)((8 + n) >> 8), (uint8_t)(8 + n) };
    sx_str_append(s, length, 4);
    sx_str_append(s, type, 4);
    sx_str_append(s, content, n);
}

/* A JP2 file: boxes around the codestream, also in its header. */
static void test_boxes(void **state) {
    (void)state;
    sx_str s = { 0 }, header = { 0 }, code = { 0 };
    make_stream(&kinds[5], &code);
    put_comments(&code, &kinds[5]);
    put_box(&header, "ihdr", "\0\0\0\1\0\0\0\1\0\1\7\7\0\0", 14);
    put_box(&header, "xml ", PATIENT, sizeof PATIENT);
    put_box(&header, "colr", "\2\0\0ICC of " PATIENT, 10 + sizeof PATIENT);
    put_box(&s, "jP  ", "\r\n\x87\n", 4);
    put_box(&s, "ftyp", "jp2 DOESjp2 JOANjpx DO", 22);
    put_box(&s, "jp2h", header.data, header.len);
    put_box(&s, "uuid", PATIENT, sizeof PATIENT);
    put_box(&s, "jp2c", code.data, code.len);
    put_box(&s, "info", PATIENT, sizeof PATIENT);
    assert_true(sx_stream_clear_comments((uint8_t *)s.data, s.len, PIXELS));
    assert_false(names_patient(s.data, s.len));
    assert_non_null(memmem(s.data, s.len, "ihdr\0\0\0\1", 8));
    assert_non_null(memmem(s.data, s.len, "ftypjp2 \0\0\0\0jp2 jp2 jpx \0\0", 26));
    sx_str_free(&s);
    sx_str_free(&header);
    sx_str_free(&code);
}

typedef enum hiding { IN_TABLE, IN_SECOND_STREAM, IN_OTHER_FORMAT, HIDINGS } hiding;

static void put_hidden(test_dicom *d, const stream_kind *k, hiding where) {
    sx_str parts[2] = { { 0 } }, table = { 0 };
    const dicom_shape s = make_stream(k, &parts[0]);
    dicom_begin(d, k->syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(d, &s);
    if (where == IN_SECOND_STREAM) {
        sx_str_append(&parts[1], parts[0].data, parts[0].len);
        sx_str_append(&parts[1], PATIENT, sizeof PATIENT);
    }
    if (where == IN_OTHER_FORMAT) memcpy(parts[0].data, PATIENT, sizeof PATIENT);
    dicom_fragments(d, parts, where == IN_SECOND_STREAM ? 2 : 1);
    if (where == IN_TABLE) {
        const char *pixels = memmem(d->bytes.data, d->bytes.len, "\xE0\x7F\x10\0OB", 6);
        const size_t at = (size_t)(pixels - d->bytes.data) + 12;
        assert_memory_equal(d->bytes.data + at, "\xFE\xFF\0\xE0\0\0\0\0", 8);
        d->bytes.data[at + 4] = 2 * sizeof PATIENT;
        sx_str_append(&table, PATIENT, sizeof PATIENT);
        sx_str_append(&table, PATIENT, sizeof PATIENT);
        insert(&d->bytes, at + 8, table.data, table.len);
    }
    sx_str_free(&table);
    sx_str_free(&parts[0]);
    sx_str_free(&parts[1]);
}

/* In the Basic Offset Table, behind the only frame, and in a stream of another kind. */
static void test_hidden(void **state) {
    (void)state;
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = SX_DEID_TEXT_KEEP };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int where = 0; where < HIDINGS; where++) {
            test_dicom d;
            uint8_t *out = NULL;
            size_t n = 0;
            sx_deid_pair pairs[SX_DEID_PAIRS];
            char cleaned[SX_DEID_NOTE];
            put_hidden(&d, &kinds[i], (hiding)where);
            err = (sx_error){ 0 };
            const bool ok =
                sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err);
            if (ok == (where == IN_OTHER_FORMAT))
                fail_msg("%s, %d: %s", kinds[i].syntax, where, ok ? "written" : err.message);
            if (ok && names_patient(out, n)) fail_msg("%s, %d", kinds[i].syntax, where);
            free(out);
            dicom_end(&d);
        }
}

/* The name lies across fragments. */
static void test_comments_deidentified(void **state) {
    (void)state;
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = SX_DEID_TEXT_KEEP };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        sx_str stream = { 0 }, parts[600] = { { 0 } };
        size_t count = 0, n;
        const dicom_shape s = make_stream(&kinds[i], &stream);
        put_comments(&stream, &kinds[i]);
        for (size_t at = 0; at < stream.len; at += 10, count++)
            sx_str_append(&parts[count], stream.data + at,
                          stream.len - at < 10 ? stream.len - at : 10);
        test_dicom d;
        uint8_t *out;
        sx_deid_pair pairs[SX_DEID_PAIRS];
        char cleaned[SX_DEID_NOTE];
        dicom_begin(&d, kinds[i].syntax);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
        dicom_image(&d, &s);
        dicom_fragments(&d, parts, count);
        CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err),
                 err);
        dicom_end(&d);
        sx_film *f = sx_film_from_memory(out, n, "out", NULL, &err);
        if (!f) fail_msg("%s: %s", kinds[i].syntax, err.message);
        sx_film_free(f);
        /* fragments are looked at without the eight bytes of each item's header */
        for (size_t at = 0; at + 4 <= n; at++)
            if (memcmp(out + at, "MUST", 4) == 0 || memcmp(out + at, "ERIK", 4) == 0)
                fail_msg("%s: part of the name is left", kinds[i].syntax);
        free(out);
        for (size_t k = 0; k < count; k++)
            sx_str_free(&parts[k]);
        sx_str_free(&stream);
    }
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),        cmocka_unit_test(test_jpeg2000_label),
        cmocka_unit_test(test_sign),          cmocka_unit_test(test_scan_headers),
        cmocka_unit_test(test_lossless_sign), cmocka_unit_test(test_wide_stream),
        cmocka_unit_test(test_ls_precision),  cmocka_unit_test(test_many_fragments),
        cmocka_unit_test(test_missing_items), cmocka_unit_test(test_no_end),
        cmocka_unit_test(test_comments),      cmocka_unit_test(test_comments_deidentified),
        cmocka_unit_test(test_loose_bytes),   cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_hidden),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
