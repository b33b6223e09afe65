/* Bad films, each with its message. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/files.h"
#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;
static const uint16_t pixels[64 * 64];
static const dicom_shape small = {
    .rows = 8, .columns = 8, .bits_allocated = 16, .bits_stored = 12
};

/* Opening these bytes must fail so, and must not cost memory in proportion to what they claim. */
static void check_bytes(const void *bytes, size_t n, sx_error_code code, const char *message) {
    CHECK_FAILS(sx_film_from_memory(bytes, n, "bad.dcm", NULL, &err), err, code, message);
    assert_true(strncmp(err.message, "bad.dcm: ", 9) == 0);
}

static void check_dicom(test_dicom *d, sx_error_code code, const char *message) {
    check_bytes(d->bytes.data, d->bytes.len, code, message);
    dicom_end(d);
}

static void check_shape(dicom_shape s, size_t words, sx_error_code code, const char *message) {
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &s);
    dicom_pixels(&d, pixels, words);
    check_dicom(&d, code, message);
}

static void test_no_film(void **state) {
    (void)state;
    check_bytes("", 0, SX_ERR_FORMAT, "bad.dcm: the file is empty");
    check_bytes("just a text", 11, SX_ERR_FORMAT, "bad.dcm: not a DICOM, PNG or JPEG file");
    check_bytes(pixels, 5000, SX_ERR_FORMAT, "bad.dcm: not a DICOM, PNG or JPEG file");
    CHECK_FAILS(sx_film_open("/nowhere/film.dcm", NULL, &err), err, SX_ERR_IO,
                "/nowhere/film.dcm: cannot open");
    CHECK_FAILS(sx_film_open(check_tmp(), NULL, &err), err, SX_ERR_IO, "is a folder, not a file");
    check_bytes("\x89PNG\r\n\x1a\n", 8, SX_ERR_FORMAT, "bad.dcm: ");
    check_bytes("\xFF\xD8\xFF\xE0", 4, SX_ERR_FORMAT, "bad.dcm: ");
}

/* Every beginning of a good film is refused, and nothing is read behind it. */
static void test_truncated(void **state) {
    (void)state;
    test_dicom d, item;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_item(&item, &d);
    dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", "121320");
    dicom_sequence(&d, SX_TAG(0x0008, 0x2112), &item);
    dicom_image(&d, &small);
    dicom_pixels(&d, pixels, 64);
    for (size_t n = 0; n < d.bytes.len; n++) {
        void *copy = malloc(n ? n : 1); /* so that sanitizers see the end */
        memcpy(copy, d.bytes.data, n);
        sx_film *f = sx_film_from_memory(copy, n, "part", NULL, &err);
        if (f) fail_msg("%zu of %zu bytes are taken for a film", n, d.bytes.len);
        free(copy);
    }
    check_bytes(d.bytes.data, d.bytes.len - 28, SX_ERR_FORMAT,
                "bad.dcm: truncated: the pixel data claim 128 bytes, 100 are left");
    check_bytes(d.bytes.data, 240, SX_ERR_FORMAT, "bad.dcm: truncated: ");
    dicom_end(&item);
    dicom_end(&d);
}

static void test_pixel_data(void **state) {
    (void)state;
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &small);
    check_dicom(&d, SX_ERR_MISSING, "bad.dcm: Pixel Data (7FE0,0010) is absent");
    check_shape(small, 63, SX_ERR_FORMAT,
                "bad.dcm: the pixel data have 126 bytes; 8 x 8 pixels of 16 bits need 128");
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_pixels(&d, pixels, 64);
    check_dicom(&d, SX_ERR_MISSING, "bad.dcm: Rows (0028,0010) is absent");
}

static void test_shape(void **state) {
    (void)state;
    dicom_shape s = small;
    s.rows = 0;
    check_shape(s, 64, SX_ERR_VALUE, "bad.dcm: a film of 0 rows and 8 columns");
    s.rows = s.columns = 60000;
    check_shape(s, 64, SX_ERR_LIMIT,
                "bad.dcm: 60000 rows and 60000 columns: sides are at most 32768");
    s.rows = s.columns = 30000;
    check_shape(s, 64, SX_ERR_LIMIT, "bad.dcm: 30000 rows and 30000 columns");
    s.rows = s.columns = 16000;
    check_shape(s, 64, SX_ERR_FORMAT,
                "bad.dcm: the pixel data have 128 bytes; 16000 x 16000 pixels");
    s = small;
    s.bits_allocated = 32;
    check_shape(s, 64, SX_ERR_UNSUPPORTED, "bad.dcm: 32 bits allocated; 8 and 16 can be read");
    s = small;
    s.bits_stored = 17;
    check_shape(s, 64, SX_ERR_VALUE, "bad.dcm: 17 bits stored up to bit 16 do not fit into 16");
    s = small;
    s.samples = 3;
    s.photometric = "RGB";
    check_shape(s, 192, SX_ERR_UNSUPPORTED,
                "bad.dcm: a colour image (RGB, 3 samples per pixel), not a radiograph");
    s.samples = 1;
    s.photometric = "PALETTE COLOR";
    check_shape(s, 64, SX_ERR_UNSUPPORTED, "bad.dcm: a colour image (PALETTE COLOR, 1 sample per");
    s.photometric = "GRAYSCALE";
    check_shape(s, 64, SX_ERR_UNSUPPORTED,
                "bad.dcm: PhotometricInterpretation GRAYSCALE is unknown");
}

static void test_syntax(void **state) {
    (void)state;
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.4.100");
    dicom_image(&d, &small);
    dicom_pixels(&d, pixels, 64);
    check_dicom(&d, SX_ERR_UNSUPPORTED,
                "bad.dcm: the transfer syntax 1.2.840.10008.1.2.4.100 is not known");
    dicom_begin(&d, "1.2.840.10008.1.2.4.70");
    dicom_image(&d, &small);
    dicom_pixels(&d, pixels, 65);
    check_dicom(&d, SX_ERR_FORMAT, "bad.dcm: the transfer syntax is JPEG");
    dicom_begin(&d,
                "1.2.840.10008.1.2.1"); /* compressed nevertheless, which only the stream shows */
    dicom_image(&d, &small);
    dicom_fragments(&d, NULL, 0);
    check_dicom(&d, SX_ERR_MISSING, "bad.dcm: the compressed pixel data are empty");
    const sx_str no_stream = { .data = (char[]){ 1, 2, 3, 4 }, .len = 4 };
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &small);
    dicom_fragments(&d, &no_stream, 1);
    check_dicom(&d, SX_ERR_FORMAT,
                "bad.dcm: the transfer syntax is Explicit VR Little Endian, but the pixel data "
                "have an undefined length and hold no compressed stream");
    dicom_begin(&d, "1.2.840.10008.1.2.1.99");
    sx_str_add(&d.bytes, "\xFF\xFF\xFF\xFF");
    check_dicom(&d, SX_ERR_FORMAT, "bad.dcm: the deflated data set is damaged");
}

/* Numbers of the standard's US, written otherwise. */
static void test_numbers(void **state) {
    (void)state;
    static const struct {
        const char *vr, *value;
        const char *message; /* behind "bad.dcm: " and the attribute's name */
    } cases[] = {
        { "IS", "-48", "is negative" },
        { "DS", "-4.8E1", "is negative" },
        { "SS", "\xD0\xFF", "is negative" },
        { "SL", "\xD0\xFF\xFF\xFF", "is negative" },
        { "IS", "-70000", "is negative" },
        { "IS", "70000", "is not a whole number of 16 bits" },
        { "IS", "8.5", "is not a whole number of 16 bits" },
        { "IS", "eight", "is not a whole number of 16 bits" },
        { "IS", "", "is absent or empty" },
        { "US", "", "is absent or empty" },
    };
    static const struct {
        uint16_t element;
        const char *name;
    } attributes[] = { { 0x0010, "Rows (0028,0010)" },
                       { 0x0011, "Columns (0028,0011)" },
                       { 0x0100, "BitsAllocated (0028,0100)" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 3; k++) {
            char message[100];
            test_dicom d;
            dicom_begin(&d, "1.2.840.10008.1.2.1");
            for (size_t j = 0; j < 3; j++)
                if (j == k)
                    dicom_text(&d, SX_TAG(0x0028, attributes[j].element), cases[i].vr,
                               cases[i].value);
                else
                    dicom_word(&d, SX_TAG(0x0028, attributes[j].element), j < 2 ? 8 : 16);
            dicom_pixels(&d, pixels, 64);
            snprintf(message, sizeof message, "bad.dcm: %s %s", attributes[k].name,
                     cases[i].message);
            check_dicom(&d, cases[i].value[0] ? SX_ERR_VALUE : SX_ERR_MISSING, message);
        }
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0028, 0x0002), "IS", "-1");
    dicom_word(&d, SX_TAG(0x0028, 0x0010), 8);
    dicom_pixels(&d, pixels, 64);
    check_dicom(&d, SX_ERR_VALUE, "bad.dcm: SamplesPerPixel (0028,0002) is -1");
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_word(&d, SX_TAG(0x0028, 0x0010), 8);
    dicom_word(&d, SX_TAG(0x0028, 0x0011), 8);
    dicom_pixels(&d, pixels, 64);
    check_dicom(&d, SX_ERR_MISSING, "bad.dcm: BitsAllocated (0028,0100) is absent");
}

/* ---- deflated data sets ---- */

/* A deflated film of 8 x 8 pixels: header, pixels, and so many MiB of zeros at the end or, in a
 * private element, before the image. */
static void deflated_as(test_dicom *out, int mebibytes, bool before, int window_bits) {
    static const uint8_t element[] = { 9, 0, 1, 0x10, 'O', 'B', 0, 0, 0, 0, 0, 0x40 }; /* 1 GiB */
    test_dicom d;
    z_stream z = { 0 };
    const size_t zeros = (size_t)mebibytes << 20;
    dicom_item(&d, &(test_dicom){ 0 });
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    if (before) sx_str_append(&d.bytes, element, sizeof element);
    if (!before) {
        dicom_image(&d, &small);
        dicom_pixels(&d, pixels, 64);
    }
    uint8_t *all = calloc(d.bytes.len + zeros, 1), *packed = malloc(d.bytes.len + zeros);
    assert_true(all && packed);
    memcpy(all, d.bytes.data, d.bytes.len);
    assert_int_equal(deflateInit2(&z, 1, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = all;
    z.avail_in = (uInt)(d.bytes.len + zeros);
    z.next_out = packed;
    z.avail_out = z.avail_in;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    dicom_begin(out, "1.2.840.10008.1.2.1.99");
    sx_str_append(&out->bytes, packed, z.total_out);
    deflateEnd(&z);
    dicom_end(&d);
    free(all);
    free(packed);
}

static void deflated(test_dicom *out, int mebibytes, bool before) {
    deflated_as(out, mebibytes, before, -MAX_WBITS);
}

static void test_deflated(void **state) {
    (void)state;
    const sx_film_options header_only = { .header_only = true };
    test_dicom d;
    deflated(&d, 0, false);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
    CHECK_OK(f, err);
    sx_film_free(f);
    dicom_end(&d);
    for (int bits = 9; bits <= MAX_WBITS; bits++) { /* with a header of RFC 1950 */
        deflated_as(&d, 0, false, bits);
        f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", NULL, &err);
        CHECK_OK(f, err);
        assert_int_equal(f->width, 8);
        sx_film_free(f);
        dicom_end(&d);
    }
    deflated(&d, 40, false);
    f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &header_only, &err);
    CHECK_OK(f, err);
    assert_true(f->info.has_pixels && f->width == 8);
    sx_film_free(f);
    check_dicom(&d, SX_ERR_LIMIT,
                "bad.dcm: the deflated data set unpacks to more than its pixels need (8 MiB)");
    deflated(&d, 40, true);
    check_dicom(&d, SX_ERR_LIMIT, "bad.dcm: the deflated data set has no pixels in 32 MiB");
}

/* ---- compressed streams ---- */

static void check_stream(const char *syntax, const void *bytes, size_t n, dicom_shape s,
                         sx_error_code code, const char *message) {
    sx_str stream = { 0 };
    test_dicom d;
    sx_str_append(&stream, bytes, n);
    dicom_begin(&d, syntax);
    dicom_image(&d, &s);
    dicom_fragments(&d, &stream, 1);
    sx_str_free(&stream);
    check_dicom(&d, code, message);
}

static void test_rle(void **state) {
    (void)state;
    static const char *const rle = "1.2.840.10008.1.2.5";
    uint8_t header[80] = { 1, 0, 0, 0, 64 };
    check_stream(rle, header, 20, small, SX_ERR_FORMAT, "bad.dcm: the RLE stream has no header");
    check_stream(rle, header, 80, small, SX_ERR_MISMATCH,
                 "the RLE stream has 1 segments, the header says 2");
    header[0] = 2;
    header[8] = 200;
    check_stream(rle, header, 80, small, SX_ERR_FORMAT,
                 "the RLE stream's segment 1 lies outside it");
    header[8] = 72;
    check_stream(rle, header, 80, small, SX_ERR_FORMAT,
                 "the RLE stream ends before the film is complete");
    /* a literal run of 64 bytes, of which the segment holds 63 */
    uint8_t runs[130] = { 2, 0, 0, 0, 64, 0, 0, 0, 128 };
    runs[64] = 63;
    runs[128] = 257 - 64;
    check_stream(rle, runs, sizeof runs, small, SX_ERR_FORMAT,
                 "the RLE stream ends before the film is complete");
}

static void test_jpeg(void **state) {
    (void)state;
    static const char *const lossless = "1.2.840.10008.1.2.4.70", *const ls =
                                                                      "1.2.840.10008.1.2.4.80";
    uint8_t sof[] = { 0xFF, 0xD8, 0xFF, 0xC3, 0, 11, 12, 0, 8, 0, 8, 1, 1, 0x11, 0 };
    check_stream(lossless, "no JPEG", 7, small, SX_ERR_FORMAT,
                 "bad.dcm: the JPEG stream has no frame header");
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_FORMAT,
                 "the compressed pixel data cannot be decoded");
    sof[3] = 0xF7;
    check_stream(ls, sof, sizeof sof, small, SX_ERR_FORMAT,
                 "the JPEG-LS stream's parameters cannot be read");
    sof[8] = 9;
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_MISMATCH,
                 "the JPEG stream is 8 x 9 pixels, the header says 8 x 8");
    sof[8] = 8;
    sof[6] = 17;
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_MISMATCH,
                 "the JPEG stream has 17 bits a sample, the header allocates 16");
    sof[3] = 0xC1; /* DCT has 8 or 12 bits */
    sof[6] = 16;
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_UNSUPPORTED,
                 "a JPEG stream of process 0xC1 with 16 bits a sample cannot be read");
    sof[3] = 0xC9; /* arithmetic coding */
    sof[6] = 12;
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_UNSUPPORTED,
                 "a JPEG stream of process 0xC9 with 12 bits a sample cannot be read");
    sof[11] = 3;
    check_stream(lossless, sof, sizeof sof, small, SX_ERR_MISMATCH,
                 "the JPEG stream has 3 components, the header says 1");
}

/* 200 scans of a large film take seconds each; encoders write at most about ten. */
static void test_scans(void **state) {
    (void)state;
    static const uint8_t begin[] = { 0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0 };
    static const uint8_t scan[] = { 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x55, 0xFF, 0, 0x55 };
    dicom_shape s = small;
    sx_str stream = { 0 };
    s.bits_allocated = s.bits_stored = 8;
    sx_str_append(&stream, begin, sizeof begin);
    for (int i = 0; i < 33; i++)
        sx_str_append(&stream, scan, sizeof scan);
    check_stream("1.2.840.10008.1.2.4.55", stream.data, stream.len, s, SX_ERR_LIMIT,
                 "bad.dcm: a JPEG stream of 33 scans; at most 32 are read");
    sx_str_free(&stream);
}

static void test_jpeg2000(void **state) {
    (void)state;
    static const char *const j2k = "1.2.840.10008.1.2.4.90";
    dicom_shape other = small;
    sx_str stream = { 0 };
    uint16_t noise[64];
    for (int i = 0; i < 64; i++)
        noise[i] = (uint16_t)(i * 2654435761U >> 20);
    encode_jpeg2000(noise, 8, 8, 12, false, &stream);
    check_stream(j2k, "no JPEG 2000", 12, small, SX_ERR_FORMAT,
                 "bad.dcm: the JPEG 2000 stream has a bad header");
    check_stream(j2k, stream.data, stream.len - 60, small, SX_ERR_FORMAT,
                 "bad.dcm: the JPEG 2000 stream ");
    other.columns = 7;
    check_stream(j2k, stream.data, stream.len, other, SX_ERR_MISMATCH,
                 "the JPEG 2000 stream is 8 x 8 pixels, the header says 7 x 8");
    other.columns = 8;
    other.bits_allocated = other.bits_stored = 8;
    check_stream(j2k, stream.data, stream.len, other, SX_ERR_MISMATCH,
                 "the JPEG 2000 stream has 12 bits a sample, the header allocates 8");
    other = small;
    other.rows = other.columns = 16000;
    check_stream(j2k, stream.data, stream.len, other, SX_ERR_FORMAT,
                 "bytes of compressed pixel data cannot hold 16000 x 16000 pixels");
    sx_str_free(&stream);
}

static void test_fragments(void **state) {
    (void)state;
    static const uint8_t missing_end[] = { 0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF,
                                           0,    0xE0, 4, 0,    0, 0, 1, 2, 3,    4 };
    static const uint8_t too_long[] = { 0xFE, 0xFF, 0, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF,
                                        0,    0xE0, 5, 0,    0, 0, 1, 2, 3,    4 };
    static const uint8_t no_item[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    static const struct {
        const uint8_t *bytes;
        size_t n;
        sx_error_code code;
        const char *message;
    } cases[] = {
        { NULL, 0, SX_ERR_FORMAT, "truncated: the compressed pixel data end without delimiter" },
        { missing_end, sizeof missing_end, SX_ERR_FORMAT, "bad.dcm: the RLE stream has no header" },
        { too_long, sizeof too_long, SX_ERR_FORMAT,
          "truncated: a fragment of the pixel data claims 5 bytes, 4 are left" },
        { no_item, sizeof no_item, SX_ERR_FORMAT,
          "the compressed pixel data are not made of fragments" },
    };
    static const uint8_t pixel_data[] = { 0xE0, 0x7F, 0x10, 0,    'O',  'B',
                                          0,    0,    0xFF, 0xFF, 0xFF, 0xFF };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        dicom_begin(&d, "1.2.840.10008.1.2.5");
        dicom_image(&d, &small);
        sx_str_append(&d.bytes, pixel_data, sizeof pixel_data);
        if (cases[i].n) sx_str_append(&d.bytes, cases[i].bytes, cases[i].n);
        check_dicom(&d, cases[i].code, cases[i].message);
    }
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.5");
    dicom_image(&d, &small);
    dicom_fragments(&d, NULL, 0);
    check_dicom(&d, SX_ERR_MISSING, "bad.dcm: the compressed pixel data are empty");
    dicom_shape two = small;
    const sx_str parts[3] = { { 0 } };
    two.frames = 2;
    dicom_begin(&d, "1.2.840.10008.1.2.4.90");
    dicom_image(&d, &two);
    dicom_fragments(&d, parts, 3);
    const sx_film_options o = { .frame = 2 };
    CHECK_FAILS(sx_film_from_memory(d.bytes.data, d.bytes.len, "bad.dcm", &o, &err), err,
                SX_ERR_FORMAT, "bad.dcm: frame 2 cannot be located among 3 fragments of 2 frames");
    dicom_end(&d);
}

/* ---- the data set's structure ---- */

static void test_structure(void **state) {
    (void)state;
    /* no following element shows the encoding */
    static const uint8_t unknown_vr[] = { 8,   0, 0x60, 0, 'x', 'y', 2,   0, 'C',
                                          'R', 1, 0,    3, 4,   'U', 'L', 0, 0 };
    static const uint8_t open_sequence[] = { 8, 0, 0x12, 0x21, 'S',  'Q',
                                             0, 0, 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t open_item[] = { 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF };
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 100");
    sx_str_append(&d.bytes, unknown_vr, sizeof unknown_vr);
    check_dicom(&d, SX_ERR_FORMAT, "bad.dcm: (0008,0060) has an unknown value representation");
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    for (int i = 0; i < 100000; i++) { /* must not exhaust the stack */
        sx_str_append(&d.bytes, open_sequence, sizeof open_sequence);
        sx_str_append(&d.bytes, open_item, sizeof open_item);
    }
    check_dicom(&d, SX_ERR_FORMAT, "bad.dcm: sequences are nested more than 32 deep");
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    sx_str_append(&d.bytes, open_sequence, sizeof open_sequence);
    dicom_text(&d, SX_TAG(0x0008, 0x0060), "CS", "CR");
    check_dicom(&d, SX_ERR_FORMAT, "bad.dcm: (0008,0060) found instead of an item of a sequence");
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_film),    cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_pixel_data), cmocka_unit_test(test_shape),
        cmocka_unit_test(test_syntax),     cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_deflated),   cmocka_unit_test(test_rle),
        cmocka_unit_test(test_jpeg),       cmocka_unit_test(test_jpeg2000),
        cmocka_unit_test(test_scans),      cmocka_unit_test(test_fragments),
        cmocka_unit_test(test_structure),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
