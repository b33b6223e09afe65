/* PNG and JPEG: round trips, and files that must be refused. */
#include "support/sample_pictures.h"

#include <time.h>
#include <zlib.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/rng.h"
#include "image/convert.h"
#include "image/image_file.h"
#include "image/jpeg_decode.h"
#include "image/noise.h"
#include "image/png.h"

/* Smooth and noisy parts, so that every row filter is the best one somewhere. */
static sx_image sample(int width, int height, int channels, int bits) {
    sx_error err = { 0 };
    sx_image im = { 0 };
    CHECK_OK(sx_image_new(&im, width, height, channels, bits, &err), err);
    const uint64_t key = sx_rng_key("codec", 0);
    const size_t n = (size_t)width * (size_t)height * (size_t)channels;
    for (size_t i = 0; i < n; i++) {
        const size_t y = i / ((size_t)width * (size_t)channels),
                     x = i % ((size_t)width * (size_t)channels);
        const uint64_t noise = sx_rng_u64(key, i) >> (y % 3 == 0 ? 48 : y % 3 == 1 ? 60 : 63);
        const uint64_t v = 200 * x + 150 * y + noise;
        if (bits == 8)
            sx_image_u8(&im)[i] = (uint8_t)(v >> 6);
        else
            sx_image_u16(&im)[i] = (uint16_t)v;
    }
    return im;
}

static void check_same(const sx_image *a, const sx_image *b) {
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    assert_int_equal(a->bits, b->bits);
    assert_memory_equal(a->data, b->data, sx_image_bytes(a));
}

static void png_round_trips(void **state) {
    (void)state;
    static const int sizes[][2] = { { 1, 1 }, { 3, 5 }, { 257, 129 }, { 700, 401 } };
    for (size_t s = 0; s < 4; s++)
        for (int channels = 1; channels <= 3; channels += 2)
            for (int bits = 8; bits <= 16; bits += 8)
                for (int effort = SX_PNG_SMALL; effort <= SX_PNG_QUICK; effort++) {
                    sx_error err = { 0 };
                    sx_image in = sample(sizes[s][0], sizes[s][1], channels, bits), out = { 0 };
                    sx_str file = { 0 };
                    CHECK_OK(sx_png_encode(&in, (sx_png_effort)effort, &file, &err), err);
                    CHECK_OK(sx_png_decode(file.data, file.len, "x.png", &out, &err), err);
                    check_same(&in, &out);
                    sx_image_free(&in);
                    sx_image_free(&out);
                    sx_str_free(&file);
                }
}

static void png_alpha_is_dropped(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = sample(20, 10, 4, 8), out = { 0 };
    const char *path = check_tmp_path("alpha.png");
    CHECK_OK(sx_png_write(&in, SX_PNG_SMALL, path, &err), err);
    CHECK_OK(sx_png_read(path, &out, &err), err);
    assert_int_equal(out.channels, 3);
    for (size_t i = 0; i < 200; i++)
        assert_memory_equal(sx_image_u8(&in) + 4 * i, sx_image_u8(&out) + 3 * i, 3);
    sx_image_free(&in);
    sx_image_free(&out);
}

static bool holds(const sx_file *f, const char *bytes, size_t n) {
    for (size_t i = 0; i + n <= f->size; i++)
        if (memcmp(f->data + i, bytes, n) == 0) return true;
    return false;
}

static void png_holds_texts(void **state) {
    (void)state;
    static const char disclaimer[] = "tEXtDisclaimer\0not a diagnosis",
                      warning[] = "iTXtWarning\0\0\0\0\0R\xc3\xb6ntgen";
    const sx_png_text texts[] = { { "Disclaimer", "not a diagnosis" },
                                  { "Author", NULL },
                                  { "Title", "" },
                                  { "Warning", "R\xc3\xb6ntgen" } };
    sx_error err = { 0 };
    sx_image in = sample(20, 10, 3, 8), out = { 0 };
    sx_file f;
    const char *path = check_tmp_path("texts.png");
    CHECK_OK(sx_png_write_with(&in, SX_PNG_QUICK, texts, 4, path, &err), err);
    CHECK_OK(sx_png_read(path, &out, &err), err);
    check_same(&in, &out);
    CHECK_OK(sx_file_open(&f, path, &err), err);
    assert_true(holds(&f, disclaimer, sizeof disclaimer - 1));
    assert_true(holds(&f, warning, sizeof warning - 1));
    assert_false(holds(&f, "Author", 6) || holds(&f, "Title", 5));
    sx_file_close(&f);
    sx_image_free(&in);
    sx_image_free(&out);
}

static void png_effort_shrinks(void **state) {
    (void)state;
    sx_image in = sample(800, 600, 3, 8);
    size_t sizes[2] = { 0 };
    for (int effort = SX_PNG_SMALL; effort <= SX_PNG_QUICK; effort++) {
        sx_error err = { 0 };
        sx_str one = { 0 }, two = { 0 };
        CHECK_OK(sx_png_encode(&in, (sx_png_effort)effort, &one, &err), err);
        CHECK_OK(sx_png_encode(&in, (sx_png_effort)effort, &two, &err), err);
        assert_int_equal(one.len, two.len);
        assert_memory_equal(one.data, two.data, one.len);
        sizes[effort] = one.len;
        sx_str_free(&one);
        sx_str_free(&two);
    }
    assert_true(sizes[SX_PNG_SMALL] < sizes[SX_PNG_QUICK]);
    assert_true(sizes[SX_PNG_QUICK] < sx_image_bytes(&in));
    sx_image_free(&in);
}

static void add_chunk(sx_str *out, const char *type, const void *data, size_t n) {
    uint8_t size[4] = { (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n },
            sum[4];
    const uLong crc = crc32(crc32(0, (const Bytef *)type, 4), data, (uInt)n);
    for (int i = 0; i < 4; i++)
        sum[i] = (uint8_t)(crc >> (24 - 8 * i));
    sx_str_append(out, size, 4);
    sx_str_append(out, type, 4);
    sx_str_append(out, data, n);
    sx_str_append(out, sum, 4);
}

/* A PNG file from its parts; header: the 13 bytes of IHDR. */
static sx_str png_of(const uint8_t header[13], const void *palette, size_t palette_size,
                     const void *rows, size_t n) {
    sx_str out = { 0 };
    uint8_t packed[256];
    uLongf size = sizeof packed;
    assert_int_equal(compress(packed, &size, rows, n), Z_OK);
    sx_str_append(&out, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&out, "IHDR", header, 13);
    if (palette_size) add_chunk(&out, "PLTE", palette, palette_size);
    add_chunk(&out, "IDAT", packed, size);
    add_chunk(&out, "IEND", "", 0);
    return out;
}

/* Data after the last row is not decompressed: here 2 GB of zeros, which would take seconds. Its
 * checksums count. */
static void png_stops_after_the_last_row(void **state) {
    (void)state;
    static const uint8_t header[13] = { 0, 0, 0, 2, 0, 0, 0, 1, 8, 0, 0, 0, 0 };
    static uint8_t zeros[1 << 20];
    sx_error err = { 0 };
    sx_image out = { 0 };
    sx_str file = { 0 }, data = { 0 };
    z_stream z = { 0 };
    uint8_t packed[4096];
    assert_int_equal(deflateInit(&z, 9), Z_OK);
    for (int i = 0; i < 2048; i++) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        while (z.avail_in) {
            z.next_out = packed;
            z.avail_out = sizeof packed;
            assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
            sx_str_append(&data, packed, sizeof packed - z.avail_out);
        }
    }
    deflateEnd(&z);
    sx_str_append(&file, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&file, "IHDR", header, 13);
    add_chunk(&file, "IDAT", data.data, data.len);
    const size_t damaged = file.len - 100;
    add_chunk(&file, "IEND", "", 0);
    const clock_t begin = clock();
    CHECK_OK(sx_png_decode(file.data, file.len, "z.png", &out, &err), err);
    if (clock() - begin > CLOCKS_PER_SEC) fail_msg("the rest was decompressed");
    sx_image_free(&out);
    CHECK_FAILS(sx_png_decode(file.data, file.len - 12, "z.png", &out, &err), err, SX_ERR_FORMAT,
                "z.png: the PNG file is truncated");
    file.data[damaged] ^= 1;
    err = (sx_error){ 0 };
    CHECK_FAILS(sx_png_decode(file.data, file.len, "z.png", &out, &err), err, SX_ERR_FORMAT,
                "z.png: damaged PNG file (IDAT: CRC error)");
    sx_str_free(&file);
    sx_str_free(&data);
}

static void png_with_a_palette_interlaced(void **state) {
    (void)state;
    static const uint8_t header[13] = {
        0, 0, 0, 2, 0, 0, 0, 2, 2, 3, 0, 0, 1
    }; /* 2 x 2, 2 bits, palette, Adam7 */
    static const uint8_t palette[] = { 1, 2, 3, 40, 50, 60, 7, 8, 9, 255, 0, 128 };
    static const uint8_t rows[] = { 0, 0x00, 0, 0x40, 0, 0xb0 }; /* pixels 0; 1; 2 and 3 */
    sx_error err = { 0 };
    sx_image out = { 0 };
    sx_str file = png_of(header, palette, sizeof palette, rows, sizeof rows);
    CHECK_OK(sx_png_decode(file.data, file.len, "p.png", &out, &err), err);
    assert_int_equal(out.channels, 3);
    assert_int_equal(out.bits, 8);
    assert_memory_equal(out.data, palette, sizeof palette);
    sx_image_free(&out);
    sx_str_free(&file);
}

/* Adam7 of every small size: no pass may be left out. */
static void png_interlaced_sizes(void **state) {
    (void)state;
    static const int passes[7][4] = { { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 },
                                      { 2, 0, 4, 4 }, { 0, 2, 2, 4 }, { 1, 0, 2, 2 },
                                      { 0, 1, 1, 2 } }; /* first x, y; steps in x, y */
    for (int size = 0; size < 100; size++) {
        const int width = size % 10 + 1, height = size / 10 + 1;
        const uint8_t header[13] = { 0, 0, 0, (uint8_t)width, 0, 0, 0, (uint8_t)height, 8, 0,
                                     0, 0, 1 };
        uint8_t rows[256];
        size_t n = 0;
        for (int p = 0; p < 7; p++)
            for (int y = passes[p][1]; y < height && passes[p][0] < width; y += passes[p][3]) {
                rows[n++] = 0;
                for (int x = passes[p][0]; x < width; x += passes[p][2])
                    rows[n++] = (uint8_t)(20 * y + x + 1);
            }
        sx_error err = { 0 };
        sx_image out = { 0 };
        sx_str file = png_of(header, NULL, 0, rows, n);
        CHECK_OK(sx_png_decode(file.data, file.len, "i.png", &out, &err), err);
        for (int i = 0; i < width * height; i++)
            assert_int_equal(sx_image_u8(&out)[i], 20 * (i / width) + i % width + 1);
        sx_image_free(&out);
        sx_str_free(&file);
    }
}

static void png_of_one_bit(void **state) {
    (void)state;
    static const uint8_t header[13] = { 0, 0, 0, 3, 0, 0, 0, 1, 1, 0, 0, 0, 0 },
                         rows[] = { 0, 0xa0 };
    static const uint8_t want[] = { 255, 0, 255 };
    sx_error err = { 0 };
    sx_image out = { 0 };
    sx_str file = png_of(header, NULL, 0, rows, sizeof rows);
    CHECK_OK(sx_png_decode(file.data, file.len, "p.png", &out, &err), err);
    assert_int_equal(out.channels, 1);
    assert_memory_equal(out.data, want, 3);
    sx_image_free(&out);
    sx_str_free(&file);
}

static void jpeg_round_trips(void **state) {
    (void)state;
    for (int channels = 1; channels <= 3; channels += 2) {
        sx_error err = { 0 };
        sx_image in = { 0 }, out = { 0 };
        CHECK_OK(sx_noise_image("codec/jpeg", 203, 155, channels == 3, &in, &err), err);
        const char *path = check_tmp_path("film.jpg");
        CHECK_OK(sx_image_write(&in, path, &err), err);
        CHECK_OK(sx_image_read(path, &out, &err), err);
        assert_int_equal(out.channels, channels);
        assert_int_equal(out.width, 203);
        assert_int_equal(out.height, 155);
        double square = 0;
        const size_t n = sx_image_bytes(&in);
        for (size_t i = 0; i < n; i++) {
            const double d = (double)sx_image_u8(&in)[i] - sx_image_u8(&out)[i];
            square += d * d;
        }
        /* quality 92 of grain of +-8: a peak signal-to-noise ratio well above 30 dB */
        assert_true(square / (double)n < 255.0 * 255.0 / 1000.0);
        sx_image_free(&in);
        sx_image_free(&out);
    }
}

/* Every cut of a good file is refused by name, and nothing is left in `out`. */
static void check_cuts(const sx_str *file, const char *name) {
    for (size_t n = 0; n + 16 < file->len; n += 1 + file->len / 97) {
        sx_error err = { 0 };
        sx_image out = { 0 };
        void *cut = malloc(
            n ? n : 1); /* its own block, so that the sanitizer detects reading past its end */
        assert_non_null(cut);
        memcpy(cut, file->data, n);
        if (sx_image_decode(cut, n, name, &out, &err))
            fail_msg("%s cut to %zu of %zu bytes", name, n, file->len);
        assert_non_null(strstr(err.message, name));
        assert_null(out.data);
        free(cut);
    }
}

static void cut_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    sx_str png = { 0 }, jpeg = { 0 };
    CHECK_OK(sx_noise_image("codec/cut", 90, 70, true, &in, &err), err);
    CHECK_OK(sx_png_encode(&in, SX_PNG_SMALL, &png, &err), err);
    CHECK_OK(sx_jpeg_encode(&in, 80, &jpeg, &err), err);
    check_cuts(&png, "cut.png");
    check_cuts(&jpeg, "cut.jpg");
    CHECK_FAILS(sx_png_decode(png.data, png.len / 2, "half.png", &out, &err), err, SX_ERR_FORMAT,
                "half.png: the PNG file is truncated");
    CHECK_FAILS(sx_jpeg_decode(jpeg.data, jpeg.len / 2, "half.jpg", &out, &err), err, SX_ERR_FORMAT,
                "half.jpg: the JPEG file is truncated");
    sx_str_free(&png);
    sx_str_free(&jpeg);
    sx_image_free(&in);
}

static void damaged_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    sx_str png = { 0 }, jpeg = { 0 };
    CHECK_OK(sx_noise_image("codec/bad", 60, 50, false, &in, &err), err);
    CHECK_OK(sx_png_encode(&in, SX_PNG_SMALL, &png, &err), err);
    CHECK_OK(sx_jpeg_encode(&in, 80, &jpeg, &err), err);
    CHECK_FAILS(sx_png_decode(jpeg.data, jpeg.len, "a.png", &out, &err), err, SX_ERR_FORMAT,
                "a.png: not a PNG");
    CHECK_FAILS(sx_jpeg_decode(png.data, png.len, "a.jpg", &out, &err), err, SX_ERR_FORMAT,
                "a.jpg: not a JPEG");
    CHECK_FAILS(sx_image_decode("GIF89a..", 8, "a.gif", &out, &err), err, SX_ERR_UNSUPPORTED,
                "a.gif: neither");
    png.data[png.len / 2] ^= 0x40;
    CHECK_FAILS(sx_png_decode(png.data, png.len, "a.png", &out, &err), err, SX_ERR_FORMAT,
                "a.png: damaged");
    /* Flipped bits anywhere: read or refused, never a crash (the sanitizers watch). */
    for (size_t i = 0; i < 400; i++) {
        const size_t at = sx_rng_u64(1, i) % jpeg.len;
        const char keep = jpeg.data[at];
        jpeg.data[at] = (char)sx_rng_u64(2, i);
        if (sx_jpeg_decode(jpeg.data, jpeg.len, "a.jpg", &out, &err)) sx_image_free(&out);
        jpeg.data[at] = keep;
    }
    sx_str_free(&png);
    sx_str_free(&jpeg);
    sx_image_free(&in);
}

static void png_that_claims_too_much(void **state) {
    (void)state;
    static const uint8_t large[13] = { 0, 0, 0x60, 0, 0, 0, 0x60, 0, 16, 2, 0, 0, 0 };
    static const uint8_t larger[13] = { 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 8, 0, 0, 0, 0 };
    static const uint8_t none[13] = { 0, 0, 0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0 };
    static const struct {
        const uint8_t *header;
        sx_error_code code;
        const char *text;
    } cases[] = {
        { large, SX_ERR_FORMAT, "b.png: 24576 x 24576 pixels cannot be in a PNG file of" },
        { larger, SX_ERR_LIMIT, "b.png: 2147483647 x 1 pixels; at most 32768" },
        { none, SX_ERR_FORMAT, "b.png: damaged PNG file" },
    };
    for (size_t i = 0; i < 3; i++) {
        sx_error err = { 0 };
        sx_image out = { 0 };
        sx_str file = png_of(cases[i].header, NULL, 0, "abc", 3);
        CHECK_FAILS(sx_png_decode(file.data, file.len, "b.png", &out, &err), err, cases[i].code,
                    cases[i].text);
        assert_null(out.data);
        sx_str_free(&file);
    }
}

static void jpeg_that_claims_too_much(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = { 0 }, out = { 0 };
    sx_str jpeg = { 0 };
    CHECK_OK(sx_noise_image("codec/huge", 16, 16, false, &in, &err), err);
    CHECK_OK(sx_jpeg_encode(&in, 80, &jpeg, &err), err);
    uint8_t *sof = NULL;
    for (size_t i = 0; i + 9 < jpeg.len && !sof; i++)
        if ((uint8_t)jpeg.data[i] == 0xff && (uint8_t)jpeg.data[i + 1] == 0xc0)
            sof = (uint8_t *)jpeg.data + i;
    assert_non_null(sof);
    sof[5] = 0x60, sof[7] = 0x60; /* 24592 x 24592 */
    CHECK_FAILS(sx_jpeg_decode(jpeg.data, jpeg.len, "b.jpg", &out, &err), err, SX_ERR_FORMAT,
                "cannot be in a JPEG");
    sof[5] = 0xf0;
    CHECK_FAILS(sx_jpeg_decode(jpeg.data, jpeg.len, "b.jpg", &out, &err), err, SX_ERR_LIMIT,
                "at most 32768");
    sof[5] = 0, sof[7] = 0, sof[4] = 12; /* bits */
    CHECK_FAILS(sx_jpeg_decode(jpeg.data, jpeg.len, "b.jpg", &out, &err), err, SX_ERR_UNSUPPORTED,
                "b.jpg: this kind of JPEG");
    assert_null(out.data);
    sx_str_free(&jpeg);
    sx_image_free(&in);
}

static void what_formats_do_not_hold(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image in = sample(4, 4, 1, 16), out = { 0 };
    sx_str s = { 0 };
    CHECK_FAILS(sx_jpeg_encode(&in, 80, &s, &err), err, SX_ERR_UNSUPPORTED, "16 bits");
    CHECK_FAILS(sx_image_write(&in, "a.bmp", &err), err, SX_ERR_UNSUPPORTED,
                "a.bmp: pictures are written as");
    CHECK_FAILS(sx_image_read("/nowhere/a.png", &out, &err), err, SX_ERR_IO, "/nowhere/a.png");
    sx_image_free(&in);
}

static void grey_and_colour(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_image grey = sample(9, 7, 1, 8), rgb = { 0 }, back = { 0 };
    CHECK_OK(sx_image_to_rgb(&grey, &rgb, &err), err);
    assert_true(sx_image_is_grey(&rgb));
    CHECK_OK(sx_image_to_grey(&rgb, &back, &err), err);
    check_same(&grey, &back);
    sx_image_free(&back);
    static const uint8_t red_blue[] = { 255, 0, 0, 0, 0, 255, 10, 200, 30 };
    memcpy(rgb.data, red_blue, sizeof red_blue);
    assert_false(sx_image_is_grey(&rgb));
    CHECK_OK(sx_image_to_grey(&rgb, &back, &err), err);
    assert_int_equal(sx_image_u8(&back)[0], 76); /* Pillow's numbers */
    assert_int_equal(sx_image_u8(&back)[1], 29);
    assert_int_equal(sx_image_u8(&back)[2], 124);
    sx_image_free(&grey);
    sx_image_free(&rgb);
    sx_image_free(&back);
}

static int tidy(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_round_trips),
        cmocka_unit_test(png_alpha_is_dropped),
        cmocka_unit_test(png_holds_texts),
        cmocka_unit_test(png_effort_shrinks),
        cmocka_unit_test(png_with_a_palette_interlaced),
        cmocka_unit_test(png_interlaced_sizes),
        cmocka_unit_test(png_of_one_bit),
        cmocka_unit_test(jpeg_round_trips),
        cmocka_unit_test(cut_files),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(png_stops_after_the_last_row),
        cmocka_unit_test(png_that_claims_too_much),
        cmocka_unit_test(jpeg_that_claims_too_much),
        cmocka_unit_test(what_formats_do_not_hold),
        cmocka_unit_test(grey_and_colour),
    };
    return cmocka_run_group_tests_name("image-codec", tests, NULL, tidy);
}
