/* Stored values from every transfer syntax. DCMTK, OpenJPEG and tests/support/dicom.c write the
 * files. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/rng.h"
#include "base/writer.h"
#include "dicom/decode.h"
#include "dicom/dicom_film.h"
#include "image/jpeg_decode.h"
#include "image/png.h"
#include "support/check.h"
#include "support/dicom.h"

enum { ROWS = 37, COLUMNS = 53, PIXELS = ROWS * COLUMNS };

static sx_error err;
static uint16_t values[PIXELS];

/* A slope with a fine grain, from low to high. */
static void fill(int low, int high) {
    uint64_t key = sx_rng_key("film", 1);
    for (int i = 0; i < PIXELS; i++) {
        int v = low + (int)((double)(high - low) * i / PIXELS) +
                (int)(sx_rng_u64(key, (uint64_t)i) % 7);
        values[i] = (uint16_t)(v > high ? high : v);
    }
}

static dicom_shape shape(int allocated, int stored, bool is_signed) {
    return (dicom_shape){ .rows = ROWS,
                          .columns = COLUMNS,
                          .bits_allocated = (uint16_t)allocated,
                          .bits_stored = (uint16_t)stored,
                          .is_signed = is_signed };
}

static void make_native(test_dicom *d, const char *syntax, const dicom_shape *s) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(d, s);
    if (s->bits_allocated == 16) {
        dicom_pixels(d, values, PIXELS);
        return;
    }
    uint8_t bytes[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        bytes[i] = (uint8_t)values[i];
    dicom_bytes(d, SX_TAG_PIXEL_DATA, "OB", bytes, sizeof bytes);
}

static sx_film *read_back(const test_dicom *d, int frame) {
    const sx_film_options o = { .frame = frame };
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "film", &o, &err);
    if (!f) fail_msg("%s", err.message);
    return f;
}

static void check_values(const sx_film *f, const char *what, int most) {
    assert_int_equal(f->width, COLUMNS);
    assert_int_equal(f->height, ROWS);
    for (size_t i = 0; i < PIXELS; i++) {
        int want = f->sample == SX_SAMPLE_S16 ? (int16_t)values[i] : values[i];
        if (abs(sx_film_value(f, i) - want) > most)
            fail_msg("%s: pixel %zu is %d, not %d", what, i, sx_film_value(f, i), want);
    }
}

/* ---- native ---- */

static void test_native(void **state) {
    (void)state;
    static const char *const syntaxes[] = { NULL, "1.2.840.10008.1.2", "1.2.840.10008.1.2.1",
                                            "1.2.840.10008.1.2.2" };
    for (size_t i = 0; i < 4; i++)
        for (int is_signed = 0; is_signed < 2; is_signed++) {
            dicom_shape s = shape(16, 16, is_signed);
            test_dicom d;
            fill(is_signed ? -30000 : 0, is_signed ? 30000 : 65535);
            make_native(&d, syntaxes[i], &s);
            sx_film *f = read_back(&d, 0);
            check_values(f, syntaxes[i] ? syntaxes[i] : "without meta header", 0);
            assert_int_equal(f->info.big_endian, i == 3);
            sx_film_free(f);
            dicom_end(&d);
        }
}

/* Explicit VR where the meta header says implicit, and the other way round: pydicom and DCMTK read
 * them. */
static void test_wrong_syntax(void **state) {
    (void)state;
    for (int explicit_vr = 0; explicit_vr < 2; explicit_vr++) {
        test_dicom d;
        dicom_shape s = shape(16, 12, false);
        fill(0, 4095);
        dicom_begin(&d, explicit_vr ? "1.2.840.10008.1.2" : "1.2.840.10008.1.2.1");
        d.implicit = !explicit_vr;
        dicom_image(&d, &s);
        dicom_pixels(&d, values, PIXELS);
        sx_film *f = read_back(&d, 0);
        check_values(f, "wrong syntax", 0);
        sx_film_free(f);
        dicom_end(&d);
    }
}

/* ---- what DCMTK writes ---- */

static void check_recoded(const char *syntax, const dicom_shape *s, int most) {
    test_dicom d;
    make_native(&d, "1.2.840.10008.1.2.1", s);
    CHECK_OK(sx_write_file(check_tmp_path("native.dcm"), d.bytes.data, d.bytes.len, &err), err);
    dicom_end(&d);
    if (!dcmtk_recode(check_tmp_path("native.dcm"), check_tmp_path("coded.dcm"), syntax))
        fail_msg("DCMTK does not write %s", syntax);
    sx_film *f = sx_film_open(check_tmp_path("coded.dcm"), NULL, &err);
    if (!f) fail_msg("%s: %s", syntax, err.message);
    assert_string_equal(f->info.transfer_syntax, syntax);
    check_values(f, syntax, most);
    sx_film_free(f);
}

static void test_lossless(void **state) {
    (void)state;
    static const char *const syntaxes[] = {
        "1.2.840.10008.1.2",      "1.2.840.10008.1.2.2",    "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
    };
    for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++) {
        const dicom_shape bytes = shape(8, 8, false), twelve = shape(16, 12, false),
                          sixteen = shape(16, 16, false), negative = shape(16, 16, true);
        fill(0, 255);
        check_recoded(syntaxes[i], &bytes, 0);
        fill(0, 4095);
        check_recoded(syntaxes[i], &twelve, 0);
        fill(0, 65535);
        check_recoded(syntaxes[i], &sixteen, 0);
        fill(-2000, 3000);
        check_recoded(syntaxes[i], &negative, 0);
    }
}

static void test_lossy(void **state) {
    (void)state;
    const dicom_shape bytes = shape(8, 8, false), twelve = shape(16, 12, false);
    fill(0, 255);
    check_recoded("1.2.840.10008.1.2.4.50", &bytes, 8); /* quality 90 of a grain of 7 */
    check_recoded("1.2.840.10008.1.2.4.51", &bytes, 8);
    fill(0, 4095);
    check_recoded("1.2.840.10008.1.2.4.51", &twelve, 40);
    check_recoded("1.2.840.10008.1.2.4.53", &twelve, 40);
    check_recoded("1.2.840.10008.1.2.4.55", &twelve, 40);
    check_recoded("1.2.840.10008.1.2.4.81", &twelve, 2); /* near-lossless by at most 2 */
}

/* ---- JPEG 2000 and RLE ---- */

static void test_jpeg2000(void **state) {
    (void)state;
    static const struct {
        int allocated, stored, is_signed, low, high;
    } cases[] = { { 8, 8, 0, 0, 255 },
                  { 16, 12, 0, 0, 4095 },
                  { 16, 16, 0, 0, 65535 },
                  { 16, 16, 1, -30000, 30000 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dicom_shape s = shape(cases[i].allocated, cases[i].stored, cases[i].is_signed);
        sx_str stream = { 0 };
        test_dicom d;
        fill(cases[i].low, cases[i].high);
        encode_jpeg2000(values, COLUMNS, ROWS, cases[i].stored, cases[i].is_signed, &stream);
        dicom_begin(&d, "1.2.840.10008.1.2.4.90");
        dicom_image(&d, &s);
        dicom_fragments(&d, &stream, 1);
        sx_film *f = read_back(&d, 0);
        check_values(f, "JPEG 2000", 0);
        sx_film_free(f);
        dicom_end(&d);
        sx_str_free(&stream);
    }
}

/* A pixel of the quarter is near the one in its corner, which the wavelet keeps. */
static void check_quarter(const test_dicom *d) {
    const sx_film_options o = { .least_side = 9 };
    sx_film *f = sx_film_from_memory(d->bytes.data, d->bytes.len, "film", &o, &err);
    if (!f) fail_msg("%s", err.message);
    assert_true(f->halvings == 2 && f->width == (COLUMNS + 3) / 4 && f->height == (ROWS + 3) / 4);
    assert_true(f->info.columns == COLUMNS && f->info.rows == ROWS);
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            const int got = sx_film_value(f, (size_t)(y * f->width + x));
            assert_in_range(abs(got - values[4 * y * COLUMNS + 4 * x]), 0, 40);
        }
    sx_image small = { 0 };
    CHECK_OK(sx_film_to_8bit(f, SX_PIXELS_DICOM, &small, &err), err);
    assert_true(small.width == f->width && small.height == f->height);
    sx_image_free(&small);
    sx_film_free(f);
}

static void test_reduced(void **state) {
    (void)state;
    static const struct {
        int least_side, halvings;
    } cases[] = { { 0, 0 }, { 38, 0 }, { 19, 0 }, { 18, 1 }, { 10, 1 }, { 9, 2 }, { 1, 5 } };
    const dicom_shape s = shape(16, 12, false);
    sx_str stream = { 0 };
    test_dicom d;
    fill(0, 4095);
    encode_jpeg2000(values, COLUMNS, ROWS, 12, false, &stream);
    dicom_begin(&d, "1.2.840.10008.1.2.4.90");
    dicom_image(&d, &s);
    dicom_fragments(&d, &stream, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_film_options o = { .least_side = cases[i].least_side };
        sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
        if (!f) fail_msg("%s", err.message);
        assert_int_equal(f->halvings, cases[i].halvings);
        if (!f->halvings) check_values(f, "JPEG 2000 in full", 0);
        sx_film_free(f);
    }
    check_quarter(&d);
    dicom_end(&d);
    make_native(&d, "1.2.840.10008.1.2.1", &s);
    const sx_film_options o = { .least_side = 1 };
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "film", &o, &err);
    assert_true(f && f->halvings == 0 && f->width == COLUMNS);
    sx_film_free(f);
    dicom_end(&d);
    sx_str_free(&stream);
}

/* ---- several frames ---- */

static void split(const sx_str *from, sx_str *a, sx_str *b) {
    size_t half = from->len / 4 * 2;
    sx_str_append(a, from->data, half);
    sx_str_append(b, from->data + half, from->len - half);
}

static void check_frames(const test_dicom *d, const char *what) {
    for (int frame = 1; frame <= 2; frame++) {
        fill(100 * frame, 4000);
        sx_film *f = read_back(d, frame);
        assert_int_equal(f->frame, frame);
        assert_int_equal(f->info.frames, 2);
        check_values(f, what, 0);
        sx_film_free(f);
    }
}

/* A frame is its own fragments and no others. */
static void check_frame_bytes(const test_dicom *d, const sx_str *fragments) {
    sx_part10 p;
    sx_dataset set;
    CHECK_OK(sx_part10_read(&p, (const uint8_t *)d->bytes.data, d->bytes.len, &err), err);
    CHECK_OK(sx_dataset_read(&set, (const uint8_t *)d->bytes.data + p.dataset,
                             d->bytes.len - p.dataset, true, false, false, &err),
             err);
    for (int i = 0; i < 2; i++) {
        const sx_str *first = &fragments[2 * i], *second = &fragments[2 * i + 1];
        sx_frame frame;
        CHECK_OK(sx_frame_get(&frame, sx_dataset_find(&set, SX_TAG_PIXEL_DATA), i, 2, &err), err);
        assert_int_equal(frame.n, first->len + second->len + (second->len & 1));
        assert_memory_equal(frame.data, first->data, first->len);
        assert_memory_equal(frame.data + first->len, second->data, second->len);
        sx_frame_free(&frame);
    }
    sx_dataset_free(&set);
}

static void test_frames(void **state) {
    (void)state;
    dicom_shape s = shape(16, 12, false);
    uint16_t both[2 * PIXELS];
    sx_str j2k[4] = { { 0 } }, rle[2] = { { 0 } };
    test_dicom d;
    s.frames = 2;
    for (int i = 0; i < 2; i++) {
        sx_str stream = { 0 };
        fill(100 * (i + 1), 4000);
        memcpy(both + i * PIXELS, values, sizeof values);
        encode_jpeg2000(values, COLUMNS, ROWS, 12, false, &stream);
        split(&stream, &j2k[2 * i], &j2k[2 * i + 1]);
        sx_str_free(&stream);
        encode_rle(values, PIXELS, &rle[i]);
    }
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_image(&d, &s);
    dicom_pixels(&d, both, 2 * PIXELS);
    check_frames(&d, "native frames");
    sx_film *f = sx_film_from_memory(d.bytes.data, d.bytes.len, "two.dcm", NULL, &err);
    CHECK_FAILS(f != NULL, err, SX_ERR_UNSUPPORTED,
                "two.dcm: holds 2 frames; --frame 1..2 selects one, for every film of the run");
    const sx_film_options third = { .frame = 3 };
    f = sx_film_from_memory(d.bytes.data, d.bytes.len, "two.dcm", &third, &err);
    CHECK_FAILS(f != NULL, err, SX_ERR_USAGE, "two.dcm: there is no frame 3; frames are 1 to 2");
    dicom_end(&d);

    dicom_begin(&d, "1.2.840.10008.1.2.5");
    dicom_image(&d, &s);
    dicom_fragments(&d, rle, 2);
    check_frames(&d, "a fragment a frame");
    dicom_end(&d);

    dicom_begin(&d, "1.2.840.10008.1.2.4.90");
    dicom_image(&d, &s);
    dicom_fragments(&d, j2k, 4);
    check_frames(&d, "two fragments a frame");
    check_frame_bytes(&d, j2k);
    dicom_end(&d);
    for (int i = 0; i < 4; i++)
        sx_str_free(&j2k[i]);
    for (int i = 0; i < 2; i++)
        sx_str_free(&rle[i]);
}

/* ---- pictures ---- */

static void check_picture(const sx_str *file, sx_film_kind kind, int bits, const uint8_t want[4]) {
    static const sx_pixels ways[] = { SX_PIXELS_DICOM, SX_PIXELS_VINDR };
    const sx_film_options header = { .header_only = true };
    sx_film *f = sx_film_from_memory(file->data, file->len, "picture", &header, &err);
    CHECK_OK(f, err);
    assert_true(f->kind == kind && f->width == 2 && f->height == 2 &&
                f->info.bits_allocated == bits);
    sx_film_free(f);
    f = sx_film_from_memory(file->data, file->len, "picture", NULL, &err);
    CHECK_OK(f, err);
    for (int i = 0; i < 2; i++) {
        sx_image im;
        CHECK_OK(sx_film_to_8bit(f, ways[i], &im, &err), err);
        assert_int_equal(im.bits, 8);
        assert_memory_equal(im.data, want, 4);
        sx_image_free(&im);
    }
    sx_film_free(f);
}

static void test_pictures(void **state) {
    (void)state;
    static uint8_t grey[] = { 9, 80, 80, 200 }, flat[] = { 80, 80, 80, 80 };
    static uint16_t words[] = { 1000, 2000, 3000, 1000 }, one[] = { 7, 7, 7, 7 };
    sx_str file = { 0 };
    CHECK_OK(sx_png_encode(&(sx_image){ 2, 2, 1, 8, grey }, SX_PNG_SMALL, &file, &err), err);
    check_picture(&file, SX_FILM_PNG, 8, grey);
    file.len = 0;
    CHECK_OK(sx_png_encode(&(sx_image){ 2, 2, 1, 16, words }, SX_PNG_SMALL, &file, &err), err);
    check_picture(&file, SX_FILM_PNG, 16, (const uint8_t[]){ 0, 128, 255, 0 });
    file.len = 0;
    CHECK_OK(sx_png_encode(&(sx_image){ 2, 2, 1, 16, one }, SX_PNG_SMALL, &file, &err), err);
    check_picture(&file, SX_FILM_PNG, 16, (const uint8_t[]){ 0, 0, 0, 0 });
    file.len = 0;
    CHECK_OK(sx_jpeg_encode(&(sx_image){ 2, 2, 1, 8, flat }, 95, &file, &err), err);
    check_picture(&file, SX_FILM_JPEG, 8, flat);
    sx_str_free(&file);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 5 };
static const char *const threaded[] = { "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                                        "1.2.840.10008.1.2.5" };

static void *open_often(void *failures) {
    for (int i = 0; i < ROUNDS * 3; i++) {
        sx_error why = { 0 };
        char name[32];
        snprintf(name, sizeof name, "threads-%d.dcm", i % 3);
        char path[400];
        snprintf(path, sizeof path, "%s/%s", check_tmp(), name);
        sx_film *f = sx_film_open(path, NULL, &why);
        for (size_t p = 0; f && p < PIXELS; p++)
            if (sx_film_value(f, p) != values[p]) atomic_fetch_add((atomic_int *)failures, 1);
        if (!f) atomic_fetch_add((atomic_int *)failures, 1);
        sx_film_free(f);
    }
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    atomic_int failures = 0;
    const dicom_shape s = shape(16, 12, false);
    fill(0, 4095);
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "threads-%d.dcm", i);
        check_recoded(threaded[i], &s, 0);
        assert_int_equal(rename(check_tmp_path("coded.dcm"), check_tmp_path(name)), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_often, &failures), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
}

static int clean(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native),   cmocka_unit_test(test_wrong_syntax),
        cmocka_unit_test(test_lossless), cmocka_unit_test(test_lossy),
        cmocka_unit_test(test_jpeg2000), cmocka_unit_test(test_reduced),
        cmocka_unit_test(test_frames),   cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
