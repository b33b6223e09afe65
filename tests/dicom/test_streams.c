/* Streams with wrong headers or missing parts. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "dicom/decode.h"
#include "dicom/dicom_film.h"
#include "dicom/streams.h"
#include "support/check.h"
#include "support/stream_films.h"

enum { ROWS = STREAM_ROWS, COLUMNS = STREAM_COLUMNS, PIXELS = STREAM_PIXELS };

static sx_error err;

/* Stored stream_values are stream_values[], by at most `most`. */
static void check_read(test_dicom *d, const char *what, int most) {
    sx_film *f = stream_read_film(d, what);
    for (size_t i = 0; i < PIXELS; i++) {
        const int want = f->info.is_signed ? (int16_t)stream_values[i] : stream_values[i];
        if (abs(sx_film_value(f, i) - want) > most)
            fail_msg("%s: pixel %zu is %d, not %d", what, i, sx_film_value(f, i), want);
    }
    sx_film_free(f);
}

/* ---- labels ---- */

static const char *const labels[] = {
    "1.2.840.10008.1.2",       "1.2.840.10008.1.2.1",     "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50",  "1.2.840.10008.1.2.4.51",  "1.2.840.10008.1.2.4.55",
    "1.2.840.10008.1.2.4.57",  "1.2.840.10008.1.2.4.70",  "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",  "1.2.840.10008.1.2.4.90",  "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203",
    "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112",
};
enum { LABELS = sizeof labels / sizeof *labels };

static void check_labels(const sx_str *stream, const dicom_shape *s, int most, bool lossy) {
    for (int i = 0; i < LABELS; i++) {
        test_dicom d;
        stream_put(&d, labels[i], s, stream);
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
        { "1.2.840.10008.1.2.4.80", 12, 0, false },  { "1.2.840.10008.1.2.4.81", 12, 2, true },
        { "1.2.840.10008.1.2.5", 12, 0, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dicom_shape s = stream_shape(cases[i].bits, false);
        sx_str stream = { 0 };
        stream_fill(0, (1 << cases[i].bits) - 1);
        stream_encode(cases[i].syntax, &s, &stream);
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
    const dicom_shape s = stream_shape(12, false);
    sx_str stream = { 0 };
    stream_fill(0, 4095);
    encode_jpeg2000(stream_values, COLUMNS, ROWS, 12, false, &stream);
    for (int i = 0; i < LABELS; i++) {
        test_dicom d;
        stream_put(&d, labels[i], &s, &stream);
        check_read(&d, labels[i], 0);
    }
    sx_str_free(&stream);
}

/* ---- precision and sign ---- */

/* A stream of other bits or sign than the header says. */
static void check_stored(int bits, bool stream_signed, int stored, bool film_signed, int low,
                         int high) {
    dicom_shape s = stream_shape(stored, film_signed);
    s.bits_allocated = 16;
    sx_str stream = { 0 };
    uint16_t coded[PIXELS];
    test_dicom d;
    stream_fill(low, high);
    for (int i = 0; i < PIXELS; i++) {
        const int mask = (1 << bits) - 1, v = stream_values[i] & mask;
        coded[i] = (uint16_t)(stream_signed && v >> (bits - 1) ? v - mask - 1 : v);
    }
    encode_jpeg2000(coded, COLUMNS, ROWS, bits, stream_signed, &stream);
    stream_put(&d, "1.2.840.10008.1.2.4.90", &s, &stream);
    check_read(&d, "JPEG 2000", 0);
    sx_str_free(&stream);
}

static void test_sign(void **state) {
    (void)state;
    check_stored(12, false, 16, true, -2000, 2047); /* signed stream_values in an unsigned stream */
    check_stored(12, false, 12, true, -2048, 2047);
    check_stored(12, true, 16, false, 0, 4095); /* unsigned stream_values in a signed stream */
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
    const dicom_shape coded = stream_shape(12, false), film = stream_shape(16, true);
    sx_str stream = { 0 };
    test_dicom d;
    stream_fill(-2048, 2047);
    for (int i = 0; i < PIXELS; i++)
        stream_values[i] &= 4095;
    stream_encode("1.2.840.10008.1.2.4.80", &coded, &stream);
    for (int i = 0; i < PIXELS; i++)
        stream_values[i] = (uint16_t)((stream_values[i] ^ 2048) - 2048);
    stream_put(&d, "1.2.840.10008.1.2.4.80", &film, &stream);
    assert_int_equal(stream.data[6], 12);
    check_read(&d, "JPEG-LS of 12 bits", 0);
    sx_str_free(&stream);
}

/* JPEG-LS of every precision, also where 16 bits are allocated for 8 and fewer. */
static void test_ls_precision(void **state) {
    (void)state;
    for (int bits = 2; bits <= 16; bits++)
        for (int wide = bits > 8; wide < 2; wide++) {
            dicom_shape s = stream_shape(bits, false);
            sx_str stream = { 0 };
            test_dicom d;
            stream_fill(0, (1 << bits) - 1);
            stream_encode("1.2.840.10008.1.2.4.80", &s, &stream);
            assert_int_equal(stream.data[6], bits);
            s.bits_allocated = wide ? 16 : 8;
            stream_put(&d, "1.2.840.10008.1.2.4.80", &s, &stream);
            check_read(&d, "JPEG-LS", 0);
            sx_str_free(&stream);
        }
}

/* Values above BitsStored are kept and do not wrap around. */
static void test_wide_stream(void **state) {
    (void)state;
    dicom_shape s = stream_shape(8, false);
    sx_str stream = { 0 };
    test_dicom d;
    sx_image im;
    s.bits_allocated = 16;
    stream_fill(0, 4095);
    encode_jpeg2000(stream_values, COLUMNS, ROWS, 12, false, &stream);
    stream_put(&d, "1.2.840.10008.1.2.4.90", &s, &stream);
    sx_film *f = stream_read_film(&d, "12 of 8 bits");
    assert_int_equal(f->info.stream_bits, 12);
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &im, &err), err);
    for (int i = 0; i < PIXELS; i++)
        assert_in_range(sx_image_u8(&im)[i] + 1, stream_values[i] * 255 / 4095,
                        stream_values[i] * 255 / 4095 + 2);
    sx_image_free(&im);
    sx_film_free(f);
    sx_str_free(&stream);
}

/* ---- fragments ---- */

static void test_many_fragments(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++) {
        sx_str stream = { 0 }, parts[200] = { { 0 } };
        const dicom_shape s = stream_make(&stream_kinds[i], &stream);
        const size_t count = stream_cut(&stream, 64, parts, 200);
        test_dicom d;
        stream_begin(&d, stream_kinds[i].syntax, &s);
        dicom_fragments(&d, parts, count);
        check_read(&d, stream_kinds[i].syntax, stream_kinds[i].most);
        stream_free_parts(parts, count);
        sx_str_free(&stream);
    }
}

/* No delimiter; padding in its place; no offset table. */
static void test_missing_items(void **state) {
    (void)state;
    static const uint8_t padding[] = { 0xFC, 0xFF, 0xFC, 0xFF, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 0 };
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++)
        for (int how = 0; how < 4; how++) {
            sx_str stream = { 0 };
            const dicom_shape s = stream_make(&stream_kinds[i], &stream);
            test_dicom d;
            stream_put(&d, stream_kinds[i].syntax, &s, &stream);
            const size_t table = d.bytes.len - 8 - (stream.len + (stream.len & 1)) - 16;
            if (how < 3) d.bytes.len -= 8;
            if (how == 1) sx_str_append(&d.bytes, padding, sizeof padding);
            if (how == 2) sx_str_append(&d.bytes, (char[5]){ 0 }, 5);
            if (how == 3) {
                memmove(d.bytes.data + table, d.bytes.data + table + 8, d.bytes.len - table - 8);
                d.bytes.len -= 8;
            }
            check_read(&d, stream_kinds[i].syntax, stream_kinds[i].most);
            sx_str_free(&stream);
        }
}

/* Without its end marker a stream is read; with less than that it is refused. */
static void test_no_end(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds - 1; i++) {
        sx_str stream = { 0 };
        const dicom_shape s = stream_make(&stream_kinds[i], &stream);
        test_dicom d;
        if (memcmp(stream.data + stream.len - 2, "\xFF\xD9", 2) != 0) stream.len--; /* padding */
        assert_memory_equal(stream.data + stream.len - 2, "\xFF\xD9", 2);
        stream.len -= 2;
        stream_put(&d, stream_kinds[i].syntax, &s, &stream);
        check_read(&d, stream_kinds[i].syntax, stream_kinds[i].most);
        for (size_t cut = 8; cut < stream.len; cut = cut * 3 / 2)
            for (int closed = 0; closed < 2; closed++) {
                sx_str part = { 0 };
                sx_str_append(&part, stream.data, stream.len - cut);
                if (closed) sx_str_append(&part, "\xFF\xD9", 2);
                stream_put(&d, stream_kinds[i].syntax, &s, &part);
                sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "part", NULL, &err);
                if (f) fail_msg("%s: %zu bytes are missing", stream_kinds[i].syntax, cut);
                dicom_end(&d);
                sx_str_free(&part);
            }
        sx_str_free(&stream);
    }
}

/* The size in a stream's frame header. */
static void put_columns(sx_str *stream, int marker, int columns) {
    const uint8_t begin[] = { 0xFF, (uint8_t)marker, 0, 11 };
    char *at = memmem(stream->data, stream->len, begin, sizeof begin);
    assert_non_null(at);
    at[8] = (char)columns;
}

/* A decoder that gets the number of columns wrong has data left and a distorted image, as after
 * damage, and does not report it. */
static void test_data_left(void **state) {
    (void)state;
    static const int markers[] = { 0xC0, 0xC1, 0xC2, 0xC3, 0xF7 };
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
        sx_str stream = { 0 };
        dicom_shape s = stream_make(&stream_kinds[i], &stream);
        test_dicom d;
        s.columns = 48; /* no whole lines are left */
        put_columns(&stream, markers[i], s.columns);
        stream_put(&d, stream_kinds[i].syntax, &s, &stream);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "left", NULL, &err);
        if (f) fail_msg("%s: read", stream_kinds[i].syntax);
        check_error(&err, SX_ERR_FORMAT,
                    markers[i] == 0xF7 ? "left: the JPEG-LS stream is"
                    : markers[i] == 0xC2
                        ? "left: the JPEG data are damaged"
                        : "left: the JPEG data are damaged: data are left after the image");
        dicom_end(&d);
        sx_str_free(&stream);
    }
}

/* Compressed Pixel Data with a length: the stream alone, or its items. */
static void test_defined_length(void **state) {
    (void)state;
    for (size_t i = 0; i < STREAM_KINDS; i++)
        for (int items = 0; items < 2; items++) {
            sx_str stream = { 0 }, value = { 0 };
            const dicom_shape s = stream_make(&stream_kinds[i], &stream);
            const uint32_t n = (uint32_t)(stream.len + (stream.len & 1));
            const uint8_t head[] = { 0xFE,
                                     0xFF,
                                     0,
                                     0xE0,
                                     0,
                                     0,
                                     0,
                                     0,
                                     0xFE,
                                     0xFF,
                                     0,
                                     0xE0,
                                     (uint8_t)n,
                                     (uint8_t)(n >> 8),
                                     (uint8_t)(n >> 16),
                                     0 };
            test_dicom d;
            if (items) sx_str_append(&value, head, sizeof head);
            sx_str_append(&value, stream.data, stream.len);
            if (items && value.len & 1) sx_str_append(&value, "", 1);
            stream_begin(&d, stream_kinds[i].syntax, &s);
            dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", value.data, value.len);
            check_read(&d, stream_kinds[i].syntax, stream_kinds[i].most);
            sx_str_free(&value);
            sx_str_free(&stream);
        }
}

/* Uncompressed pixels, and an uncompressed data set, under labels of compression. */
static void test_false_labels(void **state) {
    (void)state;
    static const char *const false_labels[] = { "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.50",
                                                "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.5",
                                                "1.2.840.10008.1.2.1.99" };
    const dicom_shape s = stream_shape(12, false);
    stream_fill(0, 4095);
    for (size_t i = 0; i < sizeof false_labels / sizeof *false_labels; i++) {
        test_dicom d;
        stream_begin(&d, false_labels[i], &s);
        if (i == 4) { /* begins with an element of group 8 */
            dicom_end(&d);
            dicom_begin(&d, false_labels[i]);
            dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
            dicom_image(&d, &s);
        }
        dicom_pixels(&d, stream_values, PIXELS);
        check_read(&d, false_labels[i], 0);
    }
}

/* The same where the transfer syntax names no compression: too few bytes for the pixels. */
static void test_unlabelled_stream(void **state) {
    (void)state;
    sx_str stream = { 0 };
    const dicom_shape s = stream_make(&stream_kinds[0], &stream);
    test_dicom d;
    assert_true(stream.len < PIXELS);
    stream_begin(&d, "1.2.840.10008.1.2.1", &s);
    dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", stream.data, stream.len);
    check_read(&d, stream_kinds[0].syntax, stream_kinds[0].most);
    stream_begin(&d, stream_kinds[0].syntax, &s);
    dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", stream.data, stream.len);
    d.bytes.len -= 100;
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "cut", NULL, &err);
    assert_null(f);
    check_error(&err, SX_ERR_FORMAT, "cut: truncated: the pixel data claim");
    dicom_end(&d);
    sx_str_free(&stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_jpeg2000_label),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_scan_headers),
        cmocka_unit_test(test_lossless_sign),
        cmocka_unit_test(test_wide_stream),
        cmocka_unit_test(test_ls_precision),
        cmocka_unit_test(test_many_fragments),
        cmocka_unit_test(test_missing_items),
        cmocka_unit_test(test_no_end),
        cmocka_unit_test(test_data_left),
        cmocka_unit_test(test_defined_length),
        cmocka_unit_test(test_unlabelled_stream),
        cmocka_unit_test(test_false_labels),
    };
    return STREAM_RUN_TESTS(tests);
}
