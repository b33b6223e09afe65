/* De-identification of films in JPEG XL: the name is in every place of a stream that is not the
 * image, and nowhere else in the film. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "dicom/deid.h"
#include "image/jpeg_decode.h"
#include "support/check.h"
#include "support/coded_image.h"

#define PATIENT "MUSTERMANN^ERIKA" /* also in the profile of encode_jxl and the frame's name */

static sx_error err;
static const char *const lossless = "1.2.840.10008.1.2.4.110", *const result =
                                                                   "1.2.840.10008.1.2.4.90";

static void begin_film(test_dicom *d, const dicom_shape *s) {
    dicom_begin(d, lossless);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "4711-0815");
    dicom_image(d, s);
}

static bool deidentify(const test_dicom *d, uint8_t **out, size_t *n) {
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = SX_DEID_TEXT_KEEP };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    err = (sx_error){ 0 };
    return sx_deid_file(d->bytes.data, d->bytes.len, "in", &o, out, n, pairs, cleaned, &err);
}

static sx_film *open_frame(const void *bytes, size_t n, int frame) {
    sx_film *f = sx_film_from_memory(bytes, n, "film", &(sx_film_options){ .frame = frame }, &err);
    if (!f) fail_msg("%s", err.message);
    return f;
}

/* Every pixel remains, and nothing of the name. Frees the film. */
static void check_clean(test_dicom *d, int frames, const char *what) {
    uint8_t *out = NULL;
    size_t n = 0;
    if (!deidentify(d, &out, &n)) fail_msg("%s: %s", what, err.message);
    for (size_t i = 0; i + 4 < sizeof PATIENT; i++)
        if (memmem(out, n, &PATIENT[i], 4)) fail_msg("%s: %.4s is left", what, &PATIENT[i]);
    for (int k = 1; k <= frames; k++) {
        sx_film *was = open_frame(d->bytes.data, d->bytes.len, k), *now = open_frame(out, n, k);
        assert_string_equal(now->info.transfer_syntax, result);
        assert_true(was->width == now->width && was->height == now->height);
        for (size_t i = 0; i < (size_t)was->width * (size_t)was->height; i++)
            if (sx_film_value(was, i) != sx_film_value(now, i))
                fail_msg("%s: pixel %zu was %d, is %d", what, i, sx_film_value(was, i),
                         sx_film_value(now, i));
        sx_film_free(was);
        sx_film_free(now);
    }
    free(out);
    dicom_end(d);
}

static void put_boxes(const sx_str *code, sx_str *out) {
    static const char *const types[] = { "Exif", "xml ", "jumb", "brob", "jbrd", "free", "ERIK" };
    coded_put_box(out, "JXL ", "\r\n\x87\n", 4);
    coded_put_box(out, "ftyp", "jxl \0\0\0\0jxl ERIK", 16);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        coded_put_box(out, types[i], PATIENT, sizeof PATIENT);
    coded_put_box(out, "jxlc", code->data, code->len);
    coded_put_box(out, "xml ", PATIENT, sizeof PATIENT);
}

static void places_in_streams(void **state) {
    (void)state;
    static const jxl_options options[] = { { .name = true },
                                           { .icc = true },
                                           { .distance = 1, .name = true } };
    for (int bits = 8; bits <= 16; bits += 4)
        for (size_t i = 0; i < 3; i++)
            /* libjxl puts more than 12 bits into a file of boxes */
            for (int boxes = 0; boxes < 2 - (bits > 12); boxes++) {
                coded_image im = { .rows = 40, .columns = 50, .bits = bits };
                const dicom_shape s = coded_shape(&im);
                sx_str code = { 0 }, file = { 0 };
                test_dicom d;
                coded_fill(&im, false);
                encode_jxl(im.values, 50, 40, bits, &options[i], &code);
                put_boxes(&code, &file);
                sx_str_append(boxes ? &file : &code, PATIENT, sizeof PATIENT);
                begin_film(&d, &s);
                dicom_fragments(&d, boxes ? &file : &code, 1);
                check_clean(&d, 1, options[i].icc ? "profile" : "name of a frame");
                sx_str_free(&code);
                sx_str_free(&file);
            }
}

static void two_frames(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 12 };
    dicom_shape s = coded_shape(&im);
    sx_str streams[2] = { { 0 } };
    test_dicom d;
    s.frames = 2;
    for (int k = 0; k < 2; k++) {
        coded_fill(&im, k);
        encode_jxl(im.values, 50, 40, 12, &(jxl_options){ .name = true }, &streams[k]);
    }
    begin_film(&d, &s);
    dicom_fragments(&d, streams, 2);
    check_clean(&d, 2, "two frames");
    sx_str_free(&streams[0]);
    sx_str_free(&streams[1]);
}

/* Exif and a comment of the JPEG, which can be restored. */
static void jpeg_inside(void **state) {
    (void)state;
    static const uint8_t comment[] = { 0xFF, 0xFE, 0, 2 + sizeof PATIENT };
    static uint8_t grey[40 * 50];
    coded_image im = { .rows = 40, .columns = 50, .bits = 8 };
    const dicom_shape s = coded_shape(&im);
    sx_str jpeg = { 0 }, with = { 0 }, stream = { 0 };
    test_dicom d;
    for (int i = 0; i < 40 * 50; i++)
        grey[i] = (uint8_t)(i / 10);
    CHECK_OK(sx_jpeg_encode(&(sx_image){ 50, 40, 1, 8, grey }, 95, &jpeg, &err), err);
    sx_str_append(&with, jpeg.data, 2);
    sx_str_append(&with, comment, sizeof comment);
    sx_str_append(&with, PATIENT, sizeof PATIENT);
    sx_str_append(&with, jpeg.data + 2, jpeg.len - 2);
    encode_jxl_of_jpeg(&with, &stream);
    begin_film(&d, &s);
    dicom_fragments(&d, &stream, 1);
    check_clean(&d, 1, "JPEG");
    sx_str_free(&jpeg);
    sx_str_free(&with);
    sx_str_free(&stream);
}

/* Colour is not read. */
static void colour_is_refused(void **state) {
    (void)state;
    coded_image im = { .rows = 40, .columns = 50, .bits = 8 };
    dicom_shape s = coded_shape(&im);
    sx_str stream = { 0 };
    test_dicom d;
    uint8_t *out = NULL;
    size_t n = 0;
    s.samples = 3;
    s.photometric = "RGB";
    coded_fill(&im, false);
    encode_jxl(im.values, 50, 40, 8, &(jxl_options){ .colour = true, .name = true }, &stream);
    begin_film(&d, &s);
    dicom_fragments(&d, &stream, 1);
    CHECK_FAILS(deidentify(&d, &out, &n), err, SX_ERR_UNSUPPORTED, "in: the film cannot be read: ");
    assert_null(out);
    dicom_end(&d);
    sx_str_free(&stream);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_in_streams),
        cmocka_unit_test(two_frames),
        cmocka_unit_test(jpeg_inside),
        cmocka_unit_test(colour_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
