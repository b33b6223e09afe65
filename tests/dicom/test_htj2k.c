/* Films in High-Throughput JPEG 2000. OpenJPH writes the streams, OpenJPEG reads them. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dicom/decode.h"
#include "dicom/dicom_film.h"
#include "dicom/streams.h"
#include "support/check.h"
#include "support/coded_image.h"

static sx_error err;
static const char *const labels[] = { "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202",
                                      "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.4.90",
                                      "1.2.840.10008.1.2.1" };
enum { LABELS = sizeof labels / sizeof *labels };

static void check_coded(const coded_image *im, const htj2k_options *o, int most) {
    sx_str stream = { 0 };
    encode_htj2k(im->values, im->columns, im->rows, im->bits, im->is_signed, o, &stream);
    coded_check(im, &stream, labels[0], most);
    sx_str_free(&stream);
}

static void every_precision_is_exact(void **state) {
    (void)state;
    for (int bits = 1; bits <= 16; bits++)
        for (int is_signed = 0; is_signed < 2; is_signed++)
            for (int noise = 0; noise < 2; noise++) {
                coded_image im = {
                    .rows = 67, .columns = 129, .bits = bits, .is_signed = is_signed
                };
                if (bits == 1 && is_signed) continue;
                coded_fill(&im, noise);
                check_coded(&im, &htj2k_defaults, 0);
            }
}

static void every_size_is_exact(void **state) {
    (void)state;
    static const int sides[] = { 1, 2, 3, 7, 64, 65, 128 };
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++) {
            coded_image im = { .rows = sides[i], .columns = sides[k], .bits = 12 };
            coded_fill(&im, true);
            check_coded(&im, &htj2k_defaults, 0);
        }
}

static void every_coding_is_exact(void **state) {
    (void)state;
    static const char *const progressions[] = { "LRCP", "RLCP", "RPCL", "PCRL", "CPRL" };
    coded_image im = { .rows = 101, .columns = 90, .bits = 14 };
    coded_fill(&im, true);
    for (int levels = 0; levels <= 6; levels += 2)
        for (size_t p = 0; p < 5; p++)
            for (int tile = 0; tile <= 48; tile += 48)
                for (int side = 32; side <= 64; side += 32) {
                    const htj2k_options o = {
                        levels, progressions[p], { side, 96 - side }, tile, false
                    };
                    check_coded(&im, &o, 0);
                }
}

/* OpenJPH allocates hundreds of megabytes for these. */
static void extreme_blocks_are_exact(void **state) {
    (void)state;
    static const int blocks[][2] = { { 4, 4 }, { 1024, 4 }, { 4, 1024 } };
    coded_image im = { .rows = 101, .columns = 90, .bits = 14 };
    coded_fill(&im, true);
    for (size_t i = 0; i < 3; i++) {
        const htj2k_options o = { 3, "RPCL", { blocks[i][0], blocks[i][1] }, 0, false };
        check_coded(&im, &o, 0);
    }
}

static void irreversible_is_near(void **state) {
    (void)state;
    htj2k_options o = htj2k_defaults;
    coded_image im = { .rows = 101, .columns = 90, .bits = 12 };
    o.irreversible = true;
    coded_fill(&im, false);
    check_coded(&im, &o, 8);
}

static void put_image_header(sx_str *s, const coded_image *im) {
    const uint8_t ihdr[] = { 0, 0, (uint8_t)(im->rows >> 8),    (uint8_t)im->rows,
                             0, 0, (uint8_t)(im->columns >> 8), (uint8_t)im->columns,
                             0, 1, (uint8_t)(im->bits - 1),     7,
                             0, 0 };
    sx_str header = { 0 };
    coded_put_box(&header, "ihdr", ihdr, sizeof ihdr);
    coded_put_box(&header, "colr", "\1\0\0\0\0\0\x11", 7);
    coded_put_box(s, "jp2h", header.data, header.len);
    sx_str_free(&header);
}

/* A JPH file (ITU-T T.814 annex D) in place of a codestream, and every label. */
static void containers_and_labels(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    sx_str code = { 0 }, file = { 0 };
    coded_fill(&im, true);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &code);
    coded_put_box(&file, "jP  ", "\r\n\x87\n", 4);
    coded_put_box(&file, "ftyp", "jph \0\0\0\0jph ", 12);
    put_image_header(&file, &im);
    coded_put_box(&file, "jp2c", code.data, code.len);
    for (int i = 0; i < LABELS; i++) {
        coded_check(&im, &code, labels[i], 0);
        coded_check(&im, &file, labels[i], 0);
    }
    sx_str_free(&code);
    sx_str_free(&file);
}

static void truncated_streams_are_refused(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    coded_fill(&im, true);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &stream);
    for (size_t n = 0; n < stream.len; n++) {
        const sx_str part = { .data = stream.data, .len = n };
        test_dicom d;
        if (n + 2 >= stream.len) { /* only the end marker is missing */
            coded_check(&im, &part, labels[0], 0);
            continue;
        }
        stream_put(&d, labels[0], &s, &part);
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "part", NULL, &err);
        if (f) fail_msg("%zu of %zu bytes are read", n, stream.len);
        dicom_end(&d);
    }
    sx_str_free(&stream);
}

static void put_be32(sx_str *s, size_t at, uint32_t v) {
    for (int i = 0; i < 4; i++)
        s->data[at + (size_t)i] = (char)(v >> (24 - 8 * i));
}

/* Headers that would make a decoder allocate memory that no stream of this size needs. */
static void hostile_headers_are_refused(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    sx_str stream = { 0 };
    coded_fill(&im, true);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &stream);
    put_be32(&stream, 8, 51);
    coded_check_refused(&im, &stream, labels[0], SX_ERR_MISMATCH,
                        "bad.dcm: the JPEG 2000 stream is 51 x 40 pixels, the header says 50 x 40");
    put_be32(&stream, 8, 50);
    put_be32(&stream, 24, 1); /* tiles of one pixel */
    put_be32(&stream, 28, 1);
    coded_check_refused(&im, &stream, labels[0], SX_ERR_FORMAT, "bytes cannot hold 2000 tiles");
    put_be32(&stream, 24, 0);
    coded_check_refused(&im, &stream, labels[0], SX_ERR_FORMAT,
                        "bad.dcm: the JPEG 2000 stream has a bad header");
    put_be32(&stream, 24, 50);
    put_be32(&stream, 28, 40);
    stream.data[40] = 0x40; /* 16,384 components and more */
    coded_check_refused(&im, &stream, labels[0], SX_ERR_MISMATCH,
                        "bad.dcm: the JPEG 2000 stream has 16385 components, the header says 1");
    sx_str_free(&stream);
}

/* Where the data of the only tile-part begin. */
static size_t data_begin(const sx_str *stream) {
    const char *sod = memmem(stream->data, stream->len, "\xFF\x93", 2);
    assert_non_null(sod);
    return (size_t)(sod - stream->data) + 2;
}

/* OpenJPEG would end the process at some of them. */
static void markers_in_code_blocks_are_refused(void **state) {
    (void)state;
    static const char *const damaged = "bad.dcm: the JPEG 2000 stream is damaged or incomplete";
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    sx_str stream = { 0 };
    coded_fill(&im, true);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &stream);
    for (size_t at = data_begin(&stream); at + 4 <= stream.len; at++) {
        char was[2];
        memcpy(was, stream.data + at, 2);
        memcpy(stream.data + at, "\xFF\x90", 2);
        coded_check_refused(&im, &stream, labels[0], SX_ERR_FORMAT, damaged);
        memcpy(stream.data + at, was, 2);
    }
    coded_check(&im, &stream, labels[0], 0);
    /* the style of packets in COD: SOP */
    char *cod = memmem(stream.data, stream.len, "\xFF\x52", 2);
    assert_non_null(cod);
    cod[4] |= 2;
    coded_check_refused(&im, &stream, labels[0], SX_ERR_UNSUPPORTED,
                        "with markers between packets (SOP, EPH) is not read");
    sx_str_free(&stream);
}

/* The style of code blocks is also in tile-part headers, behind which nothing must be missed. */
static void styles_of_tile_parts(void **state) {
    (void)state;
    static const uint8_t coc[] = { 0xFF, 0x53, 0, 9, 0, 0, 5, 4, 4, 0x40, 0 };
    uint8_t stream[] = { 0xFF, 0x4F, 0xFF, 0x90, 0, 10, 0, 0, 0, 0,    0,    27, 0, 1,    0,   0,
                         0,    0,    0,    0,    0, 0,  0, 0, 0, 0xFF, 0x93, 1,  2, 0xFF, 0xD9 };
    memcpy(stream + 14, coc, sizeof coc);
    CHECK_OK(sx_htj2k_check(stream, sizeof stream, &err), err);
    stream[27] = 0xFF;
    stream[28] = 0x90;
    CHECK_FAILS(sx_htj2k_check(stream, sizeof stream, &err), err, SX_ERR_FORMAT, "damaged");
    stream[23] = 0; /* classic code blocks: OpenJPEG decides */
    CHECK_OK(sx_htj2k_check(stream, sizeof stream, &err), err);
    stream[23] = 0x40;
    stream[11] = 200; /* a length beyond the end */
    CHECK_FAILS(sx_htj2k_check(stream, sizeof stream, &err), err, SX_ERR_FORMAT, "damaged");
    stream[23] = 0;
    CHECK_OK(sx_htj2k_check(stream, sizeof stream, &err), err);
}

static void half_the_size(void **state) {
    (void)state;
    coded_image im = { .rows = 120, .columns = 100, .bits = 12 };
    const sx_film_options o = { .least_side = 25 };
    const dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    coded_fill(&im, false);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &stream);
    stream_put(&d, labels[0], &s, &stream);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "reduced", &o, &err);
    CHECK_OK(f, err);
    assert_true(f->halvings == 2 && f->width == 25 && f->height == 30);
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++)
            assert_in_range(abs(sx_film_value(f, (size_t)(y * f->width + x)) -
                                im.values[4 * y * im.columns + 4 * x]),
                            0, 40);
    sx_film_free(f);
    dicom_end(&d);
    sx_str_free(&stream);
}

static void memory_may_end(void **state) {
    (void)state;
    coded_image im = { .rows = 300, .columns = 300, .bits = 12 };
    sx_str stream = { 0 };
    coded_fill(&im, true);
    encode_htj2k(im.values, im.columns, im.rows, im.bits, false, &htj2k_defaults, &stream);
    coded_check_no_memory(&im, &stream, labels[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_precision_is_exact),
        cmocka_unit_test(every_size_is_exact),
        cmocka_unit_test(every_coding_is_exact),
        cmocka_unit_test(extreme_blocks_are_exact),
        cmocka_unit_test(irreversible_is_near),
        cmocka_unit_test(containers_and_labels),
        cmocka_unit_test(truncated_streams_are_refused),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(markers_in_code_blocks_are_refused),
        cmocka_unit_test(styles_of_tile_parts),
        cmocka_unit_test(half_the_size),
        cmocka_unit_test(memory_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
