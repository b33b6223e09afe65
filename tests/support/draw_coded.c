/* draw-coded FOLDER WIDTH HEIGHT: one film in each coding whose decoder needs much memory, for the
 * tests of whole programs: jpeg.jpg, and as DICOM baseline.dcm (JPEG process 1), lossless.dcm
 * (process 14), jpeg2000.dcm and htj2k.dcm. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/writer.h"
#include "image/jpeg_decode.h"
#include "image/noise.h"
#include "support/check.h"
#include "support/dicom.h"

static const char explicit_uid[] = "1.2.840.10008.1.2.1";

static sx_error err;
static const char *folder;

static const char *path_of(const char *name) {
    static char path[2][1000];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void begin(test_dicom *d, const char *syntax, const dicom_shape *s, const char *uid) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", uid);
    dicom_text(d, SX_TAG(0x0008, 0x0060), "CS", "DX");
    dicom_image(d, s);
}

static void end(test_dicom *d, const char *name) {
    CHECK_OK(sx_write_file(path_of(name), d->bytes.data, d->bytes.len, &err), err);
    dicom_end(d);
}

/* By DCMTK, from a plain file. */
static void write_jpeg(const sx_image *im, const char *syntax, const char *name, const char *uid) {
    const dicom_shape s = { .rows = (uint16_t)im->height,
                            .columns = (uint16_t)im->width,
                            .bits_allocated = 8,
                            .bits_stored = 8 };
    test_dicom d;
    begin(&d, explicit_uid, &s, uid);
    dicom_bytes(&d, SX_TAG_PIXEL_DATA, "OB", sx_image_u8(im), sx_image_bytes(im));
    end(&d, "plain");
    assert_true(dcmtk_recode(path_of("plain"), path_of(name), syntax));
    remove(path_of("plain"));
}

static void write_stream(const sx_image *im, bool high_throughput, const char *name,
                         const char *uid) {
    const dicom_shape s = { .rows = (uint16_t)im->height,
                            .columns = (uint16_t)im->width,
                            .bits_allocated = 16,
                            .bits_stored = 12 };
    const size_t pixels = sx_image_bytes(im);
    uint16_t *values = calloc(pixels, sizeof *values);
    sx_str stream = { 0 };
    test_dicom d;
    assert_non_null(values);
    for (size_t i = 0; i < pixels; i++)
        values[i] = (uint16_t)(16 * sx_image_u8(im)[i]);
    if (high_throughput)
        encode_htj2k(values, im->width, im->height, 12, false, &htj2k_defaults, &stream);
    else
        encode_jpeg2000(values, im->width, im->height, 12, false, &stream);
    begin(&d, high_throughput ? "1.2.840.10008.1.2.4.201" : "1.2.840.10008.1.2.4.90", &s, uid);
    dicom_fragments(&d, &stream, 1);
    end(&d, name);
    sx_str_free(&stream);
    free(values);
}

int main(int argc, char **argv) {
    sx_image im = { 0 };
    long width, height;
    if (argc != 4 || !sx_parse_long(argv[2], 1, SX_IMAGE_MAX_SIDE, &width) ||
        !sx_parse_long(argv[3], 1, SX_IMAGE_MAX_SIDE, &height))
        return 2;
    folder = argv[1];
    CHECK_OK(sx_noise_image("film", (int)width, (int)height, false, &im, &err), err);
    CHECK_OK(sx_jpeg_write(&im, 90, path_of("jpeg.jpg"), &err), err);
    write_jpeg(&im, "1.2.840.10008.1.2.4.50", "baseline.dcm", "2.25.1");
    write_jpeg(&im, "1.2.840.10008.1.2.4.70", "lossless.dcm", "2.25.2");
    write_stream(&im, false, "jpeg2000.dcm", "2.25.3");
    write_stream(&im, true, "htj2k.dcm", "2.25.4");
    sx_image_free(&im);
    return 0;
}
