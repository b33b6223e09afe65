/* The Exif orientation of picture files: drawn films of four corners, turned by each value. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/str.h"
#include "dicom/dicom_film.h"
#include "image/image_file.h"
#include "image/jpeg_decode.h"
#include "image/orientation.h"
#include "image/png.h"
#include "support/check.h"

enum { WIDTH = 48, HEIGHT = 32 };

/* The corners top left, top right, bottom left, bottom right as shown, of a picture that is stored
 * as A B / C D (Exif 2.32, section 4.6.4). */
static const char shown[9][5] = {
    "", "ABCD", "BADC", "DCBA", "CDAB", "ACBD", "CADB", "DBCA", "BDAC"
};

static int value_of(char corner) {
    return 40 + 50 * (corner - 'A');
}

/* Four quarters with the values of their corners. */
static sx_image draw(int channels, int bits) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_image_new(&im, WIDTH, HEIGHT, channels, bits, &err), err);
    for (int i = 0; i < WIDTH * HEIGHT * channels; i++) {
        const int x = i / channels % WIDTH, y = i / channels / WIDTH;
        const int v = value_of((char)('A' + (x >= WIDTH / 2) + 2 * (y >= HEIGHT / 2)));
        if (bits == 8)
            sx_image_u8(&im)[i] = (uint8_t)v;
        else
            sx_image_u16(&im)[i] = (uint16_t)(v << 8);
    }
    return im;
}

static void put16(sx_str *s, bool big, unsigned v) {
    sx_str_append(s,
                  big ? (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }
                      : (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) },
                  2);
}

static void put32(sx_str *s, bool big, unsigned v) {
    put16(s, big, big ? v >> 16 : v & 0xffff);
    put16(s, big, big ? v & 0xffff : v >> 16);
}

/* A TIFF header whose directory, at `offset`, has another entry and the orientation. */
static sx_str exif(bool big, unsigned offset, unsigned type, unsigned count, unsigned value) {
    sx_str s = { 0 };
    sx_str_append(&s, big ? "MM\0*" : "II*\0", 4);
    put32(&s, big, offset);
    while (s.len < offset && offset < 100)
        sx_str_append(&s, "", 1);
    put16(&s, big, 2);
    const unsigned entries[2][4] = { { 0x0100, 3, 1, 5 }, { 0x0112, type, count, value } };
    for (int i = 0; i < 2; i++) {
        put16(&s, big, entries[i][0]);
        put16(&s, big, entries[i][1]);
        put32(&s, big, entries[i][2]);
        if (entries[i][1] == 4) {
            put32(&s, big, entries[i][3]);
            continue;
        }
        put16(&s, big, entries[i][3]);
        put16(&s, big, 0);
    }
    put32(&s, big, offset); /* the next directory is this one */
    return s;
}

/* Inserts the block as a segment or a chunk; `after_pixels`: a chunk before IEND. */
static sx_str with_exif(const sx_str *file, const sx_str *block, bool after_pixels) {
    sx_str s = { 0 };
    const uint8_t *bytes = (const uint8_t *)file->data;
    const bool jpeg = bytes[0] == 0xff;
    const size_t at = jpeg ? 2 : after_pixels ? file->len - 12 : 33; /* after SOI, IHDR */
    sx_str_append(&s, bytes, at);
    if (jpeg) {
        sx_str_append(&s, "\xff\xe1", 2);
        put16(&s, true, (unsigned)block->len + 8);
        sx_str_append(&s, "Exif\0", 6);
        sx_str_append(&s, block->data, block->len);
    } else {
        const size_t chunk = s.len + 4;
        put32(&s, true, (unsigned)block->len);
        sx_str_append(&s, "eXIf", 4);
        sx_str_append(&s, block->data, block->len);
        put32(&s, true, (unsigned)crc32(0, (const Bytef *)s.data + chunk, (uInt)(s.len - chunk)));
    }
    sx_str_append(&s, bytes + at, file->len - at);
    assert_false(s.failed);
    return s;
}

static sx_str encode(const sx_image *im, bool jpeg) {
    sx_error err = { 0 };
    sx_str s = { 0 };
    CHECK_OK(jpeg ? sx_jpeg_encode(im, 95, &s, &err) : sx_png_encode(im, SX_PNG_QUICK, &s, &err),
             err);
    return s;
}

static int sample(const sx_image *im, int x, int y) {
    const size_t i = ((size_t)y * (size_t)im->width + (size_t)x) * (size_t)im->channels;
    return im->bits == 8 ? sx_image_u8(im)[i] : sx_image_u16(im)[i] >> 8;
}

/* The picture is shown in this orientation, decoded and as a film's header. */
static void check_shown(const sx_str *file, int orientation) {
    sx_error err = { 0 };
    sx_image im;
    const bool swap = orientation >= 5;
    const int width = swap ? HEIGHT : WIDTH, height = swap ? WIDTH : HEIGHT;
    CHECK_OK(sx_image_decode(file->data, file->len, "picture", &im, &err), err);
    assert_int_equal(im.width, width);
    assert_int_equal(im.height, height);
    for (int i = 0; i < 4; i++)
        for (int y = 2; y < height / 2 - 2; y++)
            for (int x = 2; x < width / 2 - 2; x++) {
                const int got = sample(&im, x + i % 2 * width / 2, y + i / 2 * height / 2);
                assert_in_range(got + 3 - value_of(shown[orientation][i]), 0, 6);
            }
    sx_image_free(&im);
    for (int header_only = 0; header_only < 2; header_only++) {
        const sx_film_options o = { .header_only = header_only };
        sx_film *film = sx_film_from_memory(file->data, file->len, "picture", &o, &err);
        CHECK_OK(film, err);
        assert_int_equal(film->width, width);
        assert_int_equal(film->height, height);
        sx_film_free(film);
    }
}

static void test_every_orientation(void **state) {
    (void)state;
    static const int kinds[][3] = {
        { 1, 1, 8 }, { 1, 3, 8 }, { 0, 1, 8 }, { 0, 3, 8 }, { 0, 1, 16 }
    };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        sx_image im = draw(kinds[k][1], kinds[k][2]);
        sx_str plain = encode(&im, kinds[k][0]);
        check_shown(&plain, 1);
        for (int orientation = 1; orientation <= 8; orientation++)
            for (int big = 0; big < 2; big++) {
                sx_str block = exif(big, 8 + 6 * (unsigned)big, 3, 1, (unsigned)orientation);
                sx_str file = with_exif(&plain, &block, false);
                check_shown(&file, orientation);
                sx_str_free(&file);
                sx_str_free(&block);
            }
        sx_str_free(&plain);
        sx_image_free(&im);
    }
}

/* Rows and columns of one pixel, where there is nothing to exchange but the sides. */
static void test_thin(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (int orientation = 1; orientation <= 8; orientation++) {
        sx_image im = { 0 };
        CHECK_OK(sx_image_new(&im, 3, 1, 1, 8, &err), err);
        memcpy(im.data, "\1\2\3", 3);
        CHECK_OK(sx_image_orient(&im, orientation, &err), err);
        assert_int_equal(im.width, orientation >= 5 ? 1 : 3);
        const bool back = strchr("2378", '0' + orientation) != NULL;
        assert_memory_equal(im.data, back ? "\3\2\1" : "\1\2\3", 3);
        sx_image_free(&im);
    }
}

/* A damaged or meaningless block does not turn the picture, whatever it says. */
static void test_bad_blocks(void **state) {
    (void)state;
    sx_image im = draw(1, 8);
    sx_str jpeg = encode(&im, true), png = encode(&im, false);
    static const unsigned bad[][4] = {
        { 8, 3, 1, 0 },       { 8, 3, 1, 9 },   { 8, 3, 1, 65535 },      { 8, 9, 1, 6 },
        { 8, 4, 1, 0x60006 }, { 8, 3, 0, 6 },   { 8, 3, 2, 6 },          { 0, 3, 1, 6 },
        { 7, 3, 1, 6 },       { 100, 3, 1, 6 }, { 0xffffffff, 3, 1, 6 }, { 0x80000000, 3, 1, 6 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (int big = 0; big < 2; big++) {
            sx_str block = exif(big, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
            for (int k = 0; k < 2; k++) {
                sx_str file = with_exif(k ? &png : &jpeg, &block, false);
                check_shown(&file, 1);
                sx_str_free(&file);
            }
            sx_str_free(&block);
        }
    /* some programs write the number in four bytes */
    for (int big = 0; big < 2; big++) {
        sx_str wide = exif(big, 8, 4, 1, 6), file = with_exif(&jpeg, &wide, false);
        check_shown(&file, 6);
        sx_str_free(&file);
        sx_str_free(&wide);
    }
    /* behind the pixels of a PNG, where a reader of headers does not see it */
    sx_str block = exif(true, 8, 3, 1, 6), late = with_exif(&png, &block, true);
    check_shown(&late, 1);
    sx_str_free(&late);
    /* each length of the block: an entry that is not whole does not count */
    for (size_t n = block.len; n-- > 0;) {
        sx_str cut = { 0 };
        sx_str_append(&cut, block.data, n);
        sx_str file = with_exif(&jpeg, &cut, false);
        check_shown(&file, n >= 8 + 2 + 24 ? 6 : 1);
        sx_str_free(&file);
        sx_str_free(&cut);
    }
    sx_str_free(&block);
    sx_str_free(&jpeg);
    sx_str_free(&png);
    sx_image_free(&im);
}

/* Every beginning of a file, in memory of exactly that size (run with sanitizers). */
static void test_beginnings(void **state) {
    (void)state;
    sx_image im = draw(1, 8);
    for (int k = 0; k < 2; k++) {
        sx_str plain = encode(&im, k == 0), block = exif(k == 0, 8, 3, 1, 6),
               file = with_exif(&plain, &block, false);
        bool before = false;
        for (size_t n = 8; n <= file.len; n++) { /* a PNG is known by 8 bytes */
            uint8_t *part = malloc(n);
            assert_non_null(part);
            memcpy(part, file.data, n);
            bool whole;
            const int orientation = sx_picture_orientation(part, n, &whole);
            assert_true(whole || !before);
            assert_int_equal(orientation, whole ? 6 : 1);
            before = whole;
            free(part);
        }
        assert_true(before);
        sx_str_free(&file);
        sx_str_free(&block);
        sx_str_free(&plain);
    }
    sx_image_free(&im);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_orientation),
        cmocka_unit_test(test_thin),
        cmocka_unit_test(test_bad_blocks),
        cmocka_unit_test(test_beginnings),
    };
    return cmocka_run_group_tests_name("orientation", tests, NULL, NULL);
}
