/* Films in JPEG XL, which libjxl writes and reads. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "dicom/decode.h"
#include "dicom/dicom_film.h"
#include "image/jpeg_decode.h"
#include "support/check.h"
#include "support/coded_image.h"

static sx_error err;
static const char *const labels[] = { "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111",
                                      "1.2.840.10008.1.2.4.112", "1.2.840.10008.1.2.4.90",
                                      "1.2.840.10008.1.2.1" };
enum { LABELS = sizeof labels / sizeof *labels };

static void encode(const coded_image *im, const jxl_options *o, sx_str *out) {
    encode_jxl(im->values, im->columns, im->rows, im->bits, o, out);
}

static void check_coded(const coded_image *im, const jxl_options *o, int most) {
    sx_str stream = { 0 };
    encode(im, o, &stream);
    coded_check(im, &stream, labels[0], most);
    sx_str_free(&stream);
}

static void every_precision_is_exact(void **state) {
    (void)state;
    for (int bits = 1; bits <= 16; bits++)
        for (int is_signed = 0; is_signed < 2; is_signed++)
            for (int boxes = 0; boxes < 2; boxes++) {
                coded_image im = { .rows = 67, .columns = 129, .bits = bits };
                im.is_signed = is_signed && bits > 1;
                coded_fill(&im, !boxes);
                check_coded(&im, &(jxl_options){ .boxes = boxes }, 0);
            }
}

/* Not a single value of 16 bits, or of fewer in words of 16, is rounded to its neighbour. */
static void every_value_is_exact(void **state) {
    (void)state;
    for (int bits = 9; bits <= 16; bits++) {
        coded_image im = { .rows = 256, .columns = 256, .bits = bits };
        for (int i = 0; i < 65536; i++)
            im.values[i] = (uint16_t)(i & ((1 << bits) - 1));
        check_coded(&im, &(jxl_options){ 0 }, 0);
    }
}

static void every_size_is_exact(void **state) {
    (void)state;
    static const int sides[] = { 1, 2, 7, 64, 255, 257, 300 };
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < 7; k++) {
            coded_image im = { .rows = sides[i], .columns = sides[k], .bits = 12 };
            coded_fill(&im, i == k);
            check_coded(&im, &(jxl_options){ 0 }, 0);
        }
}

static void every_effort_is_exact(void **state) {
    (void)state;
    coded_image im = { .rows = 101, .columns = 290, .bits = 12 };
    coded_fill(&im, false);
    for (int effort = 1; effort <= 9; effort++)
        check_coded(&im, &(jxl_options){ .effort = effort, .boxes = effort % 2 }, 0);
}

/* All threads of the program, and the same values. */
static void threads_are_used(void **state) {
    (void)state;
    const sx_context context = { .threads = 3 };
    const sx_film_options o = { .context = &context };
    coded_image im = { .rows = 300, .columns = 300, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    coded_fill(&im, true);
    encode(&im, &(jxl_options){ .effort = 1 }, &stream);
    stream_put(&d, labels[0], &s, &stream);
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "threads", &o, &err);
    CHECK_OK(f, err);
    assert_memory_equal(f->samples, im.values, 300 * 300 * sizeof *im.values);
    sx_film_free(f);
    dicom_end(&d);
    sx_str_free(&stream);
}

/* Precision and sign that the DICOM header does not have. */
static void check_header(int bits, int allocated, int stored, bool is_signed) {
    coded_image im = { .rows = 30, .columns = 40, .bits = bits };
    dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    coded_fill(&im, false);
    encode(&im, &(jxl_options){ 0 }, &stream);
    s.bits_allocated = (uint16_t)allocated;
    s.bits_stored = (uint16_t)stored;
    s.is_signed = is_signed;
    stream_put(&d, labels[0], &s, &stream);
    sx_film *f = stream_read_film(&d, "header");
    for (int i = 0; i < 1200; i++) {
        const int v = im.values[i], sign = is_signed ? 1 << (bits - 1) : 0;
        assert_int_equal(sx_film_value(f, (size_t)i), (v ^ sign) - sign);
    }
    assert_int_equal(f->info.stream_bits, bits > stored ? bits : 0);
    sx_film_free(f);
    sx_str_free(&stream);
}

static void the_header_may_differ(void **state) {
    (void)state;
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        check_header(8, 16, 16, is_signed);
        check_header(8, 16, 12, is_signed);
        check_header(12, 16, 16, is_signed);
        check_header(16, 16, 12, is_signed);
        check_header(6, 8, 8, is_signed);
    }
}

static void wrong_labels(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    coded_fill(&im, true);
    for (int boxes = 0; boxes < 2; boxes++) {
        sx_str stream = { 0 };
        encode(&im, &(jxl_options){ .boxes = boxes }, &stream);
        for (int i = 0; i < LABELS; i++)
            coded_check(&im, &stream, labels[i], 0);
        sx_str_free(&stream);
    }
}

/* Any number of fragments, with and without a delimiter; no item for the offset table. */
static void streams_come_in_any_fragments(void **state) {
    (void)state;
    enum { MOST_PARTS = 100 };
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    coded_fill(&im, true);
    for (int how = 0; how < 6; how++) {
        sx_str stream = { 0 }, parts[MOST_PARTS] = { { 0 } };
        const bool boxes = how % 2;
        size_t count = 0;
        test_dicom d;
        encode(&im, &(jxl_options){ .boxes = boxes }, &stream);
        const size_t size = how < 4 ? 64 : stream.len;
        for (size_t at = 0; at < stream.len; at += size, count++)
            sx_str_append(&parts[count], stream.data + at,
                          stream.len - at < size ? stream.len - at : size);
        stream_begin(&d, labels[0], &s);
        const size_t table = d.bytes.len + 12; /* behind the header of Pixel Data */
        dicom_fragments(&d, parts, count);
        if (how == 2 || how == 3) d.bytes.len -= 8; /* no delimiter */
        if (how >= 4) {
            memmove(d.bytes.data + table, d.bytes.data + table + 8, d.bytes.len - table - 8);
            d.bytes.len -= 8;
        }
        sx_film *f = stream_read_film(&d, "fragments");
        assert_memory_equal(f->samples, im.values, 2000 * sizeof *im.values);
        sx_film_free(f);
        for (size_t k = 0; k < count; k++)
            sx_str_free(&parts[k]);
        sx_str_free(&stream);
    }
}

static void lossy_is_near(void **state) {
    (void)state;
    coded_image im = { .rows = 100, .columns = 120, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    coded_fill(&im, false);
    encode(&im, &(jxl_options){ .distance = 0.1F }, &stream);
    coded_check(&im, &stream, labels[2], 40);
    stream_put(&d, labels[0], &s, &stream);
    sx_film *f = stream_read_film(&d, "lossy under a lossless label");
    assert_true(f->info.lossy && f->info.lossy_stream);
    sx_film_free(f);
    sx_str_free(&stream);
}

/* A JPEG in JPEG XL (1.2.840.10008.1.2.4.111). */
static void recompressed_jpeg(void **state) {
    (void)state;
    static uint8_t grey[64 * 80];
    coded_image im = { .rows = 64, .columns = 80, .bits = 8 };
    sx_str jpeg = { 0 }, stream = { 0 };
    coded_fill(&im, false);
    for (int i = 0; i < 64 * 80; i++)
        grey[i] = (uint8_t)im.values[i];
    CHECK_OK(sx_jpeg_encode(&(sx_image){ 80, 64, 1, 8, grey }, 95, &jpeg, &err), err);
    encode_jxl_of_jpeg(&jpeg, &stream);
    coded_check(&im, &stream, labels[1], 8);
    sx_str_free(&jpeg);
    sx_str_free(&stream);
}

static void truncated_streams_are_refused(void **state) {
    (void)state;
    coded_image im = { .rows = 24, .columns = 30, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    coded_fill(&im, true);
    for (int boxes = 0; boxes < 2; boxes++) {
        sx_str stream = { 0 };
        encode(&im, &(jxl_options){ .boxes = boxes }, &stream);
        for (size_t n = 0; n < stream.len; n++) {
            const sx_str part = { .data = stream.data, .len = n };
            test_dicom d;
            /* the padding of an odd length takes the place of the last byte */
            if (n + 1 == stream.len && n % 2) continue;
            stream_put(&d, labels[0], &s, &part);
            sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "part", NULL, &err);
            for (int i = 0; f && i < im.rows * im.columns; i++)
                if (sx_film_value(f, (size_t)i) != im.values[i])
                    fail_msg("%zu of %zu bytes are read", n, stream.len);
            sx_film_free(f);
            dicom_end(&d);
        }
        sx_str_free(&stream);
    }
}

static void other_images_are_refused(void **state) {
    (void)state;
    static const struct {
        jxl_options o;
        sx_error_code code;
        const char *message;
    } cases[] = {
        { { .colour = true },
          SX_ERR_MISMATCH,
          "bad.dcm: the JPEG XL stream has 3 colour channels, the header says 1" },
        { { .alpha = true },
          SX_ERR_UNSUPPORTED,
          "bad.dcm: a JPEG XL stream with extra channels, such as transparency; only plain" },
        { { .floats = true }, SX_ERR_UNSUPPORTED, "stream with floating-point values" },
        { { .frames = true }, SX_ERR_UNSUPPORTED, "stream with an animation" },
        { { .orientation = 6 }, SX_ERR_UNSUPPORTED, "stream with an orientation" },
        { { .crop = true }, SX_ERR_UNSUPPORTED, "a JPEG XL stream of several frames or layers" },
        { { .icc = true, .distance = 1 },
          SX_ERR_UNSUPPORTED,
          "a lossy JPEG XL stream with an ICC profile" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        coded_image im = { .rows = 40, .columns = 40, .bits = 12 };
        sx_str stream = { 0 };
        coded_fill(&im, false);
        encode(&im, &cases[i].o, &stream);
        coded_check_refused(&im, &stream, labels[0], cases[i].code, cases[i].message);
        sx_str_free(&stream);
    }
}

/* Letters that occur often: encoders put them into a frame of their own. */
static void fill_letters(coded_image *im) {
    static const char *const letter[8] = { "xxxxxxxx", "x......x", "x.xxxx.x", "x.x..x.x",
                                           "x.x..x.x", "x.xxxx..", "x......x", "xxxxxxxx" };
    for (int y = 0; y < im->rows; y++)
        for (int x = 0; x < im->columns; x++)
            im->values[y * im->columns + x] =
                y % 20 < 8 && x % 24 < 8 && letter[y % 20][x % 24] == 'x' ? 4000 : 500;
}

static void hidden_frames_are_read(void **state) {
    (void)state;
    coded_image im = { .rows = 300, .columns = 300, .bits = 12 };
    fill_letters(&im);
    for (int effort = 7; effort <= 9; effort++)
        check_coded(&im, &(jxl_options){ .effort = effort }, 0);
    check_coded(&im, &(jxl_options){ .effort = 7, .distance = 0.5F }, 400);
    coded_fill(&im, false);
    check_coded(&im, &(jxl_options){ .distance = 0.5F, .progressive = true }, 100);
    check_coded(&im, &(jxl_options){ .progressive = true }, 0);
}

/* The header of a frame of 8000 x 8000 pixels that is not shown, in an image of 40 x 40. */
static void huge_hidden_frames_are_refused(void **state) {
    (void)state;
    static const uint8_t huge[] = { 0x0C, 0x2A, 0x90, 0x25, 0x90, 0x55, 0, 0 };
    coded_image im = { .rows = 40, .columns = 40, .bits = 8 };
    sx_str stream = { 0 }, with = { 0 };
    coded_fill(&im, true);
    encode(&im, &(jxl_options){ 0 }, &stream);
    const size_t first = 7; /* of the image's frame */
    sx_str_append(&with, stream.data, first);
    sx_str_append(&with, huge, sizeof huge);
    sx_str_append(&with, stream.data + first, stream.len - first);
    coded_check_refused(
        &im, &with, labels[0], SX_ERR_UNSUPPORTED,
        "bad.dcm: a JPEG XL stream with a hidden frame that is larger than the image");
    coded_check(&im, &stream, labels[0], 0);
    sx_str_free(&stream);
    sx_str_free(&with);
}

/* The codestream in several boxes, with others between them. */
static void parts_of_codestreams(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    sx_str code = { 0 }, file = { 0 };
    coded_fill(&im, true);
    encode(&im, &(jxl_options){ 0 }, &code);
    coded_put_box(&file, "JXL ", "\r\n\x87\n", 4);
    coded_put_box(&file, "ftyp", "jxl \0\0\0\0jxl ", 12);
    for (size_t at = 0, number = 0; at < code.len; at += 400, number++) {
        const size_t left = code.len - at, n = left < 400 ? left : 400;
        uint8_t part[404] = { left > 400 ? 0 : 0x80, 0, 0, (uint8_t)number };
        memcpy(part + 4, code.data + at, n);
        coded_put_box(&file, "jxlp", part, 4 + n);
        coded_put_box(&file, "xml ", "<a/>", 4);
    }
    coded_check(&im, &file, labels[0], 0);
    sx_str_free(&code);
    sx_str_free(&file);
}

static void other_sizes_are_refused(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    sx_str stream = { 0 };
    coded_fill(&im, false);
    encode(&im, &(jxl_options){ 0 }, &stream);
    im.rows = 41;
    coded_check_refused(&im, &stream, labels[0], SX_ERR_MISMATCH,
                        "bad.dcm: the JPEG XL stream is 50 x 40 pixels, the header says 50 x 41");
    im.rows = 40;
    im.bits = 8;
    coded_check_refused(&im, &stream, labels[0], SX_ERR_MISMATCH,
                        "the JPEG XL stream has 12 bits a sample, the header allocates 8");
    stream.len = 2;
    coded_check_refused(&im, &stream, labels[0], SX_ERR_FORMAT,
                        "bad.dcm: the JPEG XL stream is incomplete");
    memcpy(stream.data, "no", 2);
    coded_check_refused(&im, &stream, labels[0], SX_ERR_FORMAT,
                        "bad.dcm: the JPEG XL stream cannot be decoded");
    sx_str_free(&stream);
}

/* A profile does not change the values of a lossless stream. */
static void profiles_are_ignored(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    coded_fill(&im, true);
    check_coded(&im, &(jxl_options){ .icc = true }, 0);
}

static bool cancel_always(void *user) {
    (void)user;
    return true;
}

static void decoding_is_cancelled(void **state) {
    (void)state;
    const sx_context context = { .threads = 1, .cancel = cancel_always };
    const sx_film_options o = { .context = &context };
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    const dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    coded_fill(&im, true);
    encode(&im, &(jxl_options){ 0 }, &stream);
    stream_put(&d, labels[0], &s, &stream);
    CHECK_FAILS(sx_film_from_memory(d.bytes.data, d.bytes.len, "a.dcm", &o, &err), err,
                SX_ERR_CANCELLED, "a.dcm: cancelled");
    dicom_end(&d);
    sx_str_free(&stream);
}

static void memory_may_end(void **state) {
    (void)state;
    coded_image im = { .rows = 300, .columns = 300, .bits = 12 };
    sx_str stream = { 0 };
    coded_fill(&im, true);
    encode(&im, &(jxl_options){ 0 }, &stream);
    coded_check_no_memory(&im, &stream, labels[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_precision_is_exact),
        cmocka_unit_test(every_value_is_exact),
        cmocka_unit_test(every_size_is_exact),
        cmocka_unit_test(every_effort_is_exact),
        cmocka_unit_test(threads_are_used),
        cmocka_unit_test(the_header_may_differ),
        cmocka_unit_test(wrong_labels),
        cmocka_unit_test(streams_come_in_any_fragments),
        cmocka_unit_test(lossy_is_near),
        cmocka_unit_test(recompressed_jpeg),
        cmocka_unit_test(truncated_streams_are_refused),
        cmocka_unit_test(other_images_are_refused),
        cmocka_unit_test(other_sizes_are_refused),
        cmocka_unit_test(hidden_frames_are_read),
        cmocka_unit_test(huge_hidden_frames_are_refused),
        cmocka_unit_test(parts_of_codestreams),
        cmocka_unit_test(profiles_are_ignored),
        cmocka_unit_test(decoding_is_cancelled),
        cmocka_unit_test(memory_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
