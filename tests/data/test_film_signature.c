/* The same picture in another size or compression has the same signature, another has not. */
#include <math.h>
#include <string.h>

#include "support/check.h"

#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/film_signature.h"
#include "data/set_check.h"
#include "image/jpeg_decode.h"
#include "image/resize.h"
#include "support/dicom.h"

/* A column of blocks, as vertebrae are, at a place that depends on the seed. */
static sx_image draw(uint64_t seed, int width, int height) {
    sx_image im;
    sx_error err = { 0 };
    CHECK_OK(sx_image_new(&im, width, height, 1, 8, &err), err);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            const double bend = 0.5 + 0.12 * sin(3.0 * y / height + (double)(seed % 17));
            const double off = fabs((double)x / width - bend);
            const double block = sin(60.0 * y / height + (double)(seed % 5));
            const double v = 40 + 120 * exp(-off * off * 60) + (off < 0.1 ? 40 * block : 0) +
                             (double)(sx_rng_u64(seed, (uint64_t)(y * width + x)) % 9);
            sx_image_u8(&im)[y * width + x] = (uint8_t)fmin(fmax(v, 0), 255);
        }
    return im;
}

static sx_film_signature sign(const sx_image *im) {
    sx_film_signature s;
    sx_error err = { 0 };
    CHECK_OK(sx_film_signature_of(im, &s, &err), err);
    return s;
}

static void other_size_and_compression(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image im = draw(3, 600, 1400), half, again;
    sx_str jpeg = { 0 };
    const sx_film_signature whole = sign(&im);
    CHECK_OK(sx_image_resize(NULL, &im, 301, 700, &half, &err), err);
    const sx_film_signature small = sign(&half);
    CHECK_OK(sx_jpeg_encode(&half, 40, &jpeg, &err), err);
    CHECK_OK(sx_jpeg_decode(jpeg.data, jpeg.len, "a copy", &again, &err), err);
    const sx_film_signature compressed = sign(&again);
    assert_true(whole.known && sx_signature_same(&whole, &whole));
    assert_int_equal(sx_signature_distance(&whole, &whole), 0);
    assert_true(sx_signature_same(&whole, &small));
    assert_true(sx_signature_same(&whole, &compressed));
    sx_str_free(&jpeg);
    sx_image_free(&again);
    sx_image_free(&half);
    sx_image_free(&im);
}

static void other_pictures_differ(void **state) {
    (void)state;
    sx_image im = draw(3, 600, 1400);
    const sx_film_signature first = sign(&im);
    sx_image_free(&im);
    for (uint64_t seed = 4; seed < 12; seed++) {
        sx_image other = draw(seed, 600, 1400);
        const sx_film_signature s = sign(&other);
        assert_false(sx_signature_same(&first, &s));
        sx_image_free(&other);
    }
}

static void one_grey_value_has_none(void **state) {
    (void)state;
    sx_image im;
    sx_error err = { 0 };
    CHECK_OK(sx_image_new(&im, 50, 80, 1, 8, &err), err);
    const sx_film_signature s = sign(&im);
    assert_false(s.known || sx_signature_same(&s, &s));
    sx_image_free(&im);
}

static const char *path_in(const char *dir, const char *name) {
    static char path[500];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s/%s", check_tmp_path("set"), dir);
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(path, sizeof path, "%s/%s/%s", check_tmp_path("set"), dir, name);
    return path;
}

static void write_rows(const char *name, const char *rows) {
    sx_error err = { 0 };
    sx_str s = { 0 };
    sx_str_printf(&s, "image_id,lesion_type,xmin,ymin,xmax,ymax\n%s", rows);
    CHECK_OK(sx_write_file(path_in("annotations", name), s.data, s.len, &err), err);
    sx_str_free(&s);
}

static void write_film(const char *dir, const char *name, uint64_t seed, int width, int quality) {
    sx_error err = { 0 };
    sx_image im = draw(seed, 600, 1400), small;
    CHECK_OK(sx_image_resize(NULL, &im, width, width * 7 / 3, &small, &err), err);
    CHECK_OK(sx_jpeg_write(&small, quality, path_in(dir, name), &err), err);
    sx_image_free(&small);
    sx_image_free(&im);
}

/* A film of the training set is in the test set again, smaller and compressed. */
static void a_leak_is_a_fault(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_check c;
    write_rows("train.csv", "a,No finding,,,,\nb,No finding,,,,\n");
    write_rows("test.csv", "c,No finding,,,,\nd,No finding,,,,\n");
    write_film("train_images", "a.jpg", 3, 600, 95);
    write_film("train_images", "b.jpg", 5, 600, 95);
    write_film("test_images", "c.jpg", 6, 600, 95);
    write_film("test_images", "d.jpg", 5, 400, 60);
    const sx_manifest_options how = { .keep_faults = true };
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), &how, &m, &err), err);
    CHECK_OK(sx_check_films(&m, &(sx_check_options){ 0 }, &c, &err), err);
    assert_int_equal(c.fault_count, 1);
    assert_int_equal(c.counts[SX_FAULT_SIMILAR], 1);
    assert_non_null(strstr(c.faults[0].text, "film d of test looks like film b of train"));
    sx_check_free(&c);
    sx_manifest_free(&m);
}

static void write_dicom(const char *dir, const char *name, bool overlay) {
    enum { SIDE = 64 };
    static uint16_t pixels[SIDE * SIDE];
    const dicom_shape s = {
        .rows = SIDE, .columns = SIDE, .bits_allocated = 16, .bits_stored = 12
    };
    sx_error err = { 0 };
    test_dicom d;
    for (int i = 0; i < SIDE * SIDE; i++)
        pixels[i] = (uint16_t)((i * 7 % 4096) | (overlay && i % 5 == 0 ? 0x1000 : 0));
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &s);
    dicom_pixels(&d, pixels, SIDE * SIDE);
    CHECK_OK(sx_write_file(path_in(dir, name), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
}

/* An overlay in a bit that is not stored is no other film. */
static void unused_bits_do_not_count(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_check c;
    check_tmp_remove();
    write_rows("train.csv", "e,No finding,,,,\n");
    write_rows("test.csv", "f,No finding,,,,\n");
    write_dicom("train_images", "e.dcm", false);
    write_dicom("test_images", "f.dcm", true);
    const sx_manifest_options how = { .keep_faults = true };
    CHECK_OK(sx_manifest_open(check_tmp_path("set"), &how, &m, &err), err);
    CHECK_OK(sx_check_films(&m, &(sx_check_options){ 0 }, &c, &err), err);
    assert_int_equal(c.counts[SX_FAULT_DUPLICATE], 1);
    sx_check_free(&c);
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_size_and_compression), cmocka_unit_test(other_pictures_differ),
        cmocka_unit_test(one_grey_value_has_none),    cmocka_unit_test(a_leak_is_a_fault),
        cmocka_unit_test(unused_bits_do_not_count),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
