/* Damage in JPEG streams that decoders do not report. */
#include <stdio.h> /* before jpeglib.h, which needs FILE */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/rng.h"
#include "base/str.h"
#include "image/jpeg_check.h"
#include "image/jpeg_decode.h"
#include "image/noise.h"
#include "support/check.h"

enum { WIDTH = 200, HEIGHT = 160 };

typedef struct kind {
    const char *name;
    bool colour, progressive, optimised;
    int subsampling, restart_rows, quality;
} kind;

static const kind kinds[] = {
    { "grey", false, false, false, 1, 0, 80 },
    { "grey, own codes", false, false, true, 1, 0, 95 },
    { "grey, fine", false, false, true, 1, 0, 100 },
    { "colour", true, false, false, 1, 0, 80 },
    { "colour 4:2:0", true, false, true, 2, 0, 60 },
    { "restart intervals", true, false, false, 2, 1, 80 },
    { "grey, restart intervals", false, false, true, 1, 3, 90 },
    { "progressive", false, true, true, 1, 0, 85 },
    { "progressive 4:2:0", true, true, true, 2, 0, 75 },
    { "progressive, restart intervals", true, true, true, 2, 2, 85 },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static sx_error err;

static void set_options(j_compress_ptr c, const kind *k) {
    c->image_width = WIDTH;
    c->image_height = HEIGHT;
    c->input_components = k->colour ? 3 : 1;
    c->in_color_space = k->colour ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, k->quality, TRUE);
    c->optimize_coding = k->optimised;
    c->comp_info[0].h_samp_factor = c->comp_info[0].v_samp_factor = k->subsampling;
    c->restart_in_rows = k->restart_rows;
    if (k->progressive) jpeg_simple_progression(c);
}

static void encode(const kind *k, sx_str *out) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    sx_image im = { 0 };
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    CHECK_OK(sx_noise_image("jpeg/check", WIDTH, HEIGHT, k->colour, &im, &err), err);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &n);
    set_options(&c, k);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW row =
            sx_image_u8(&im) + (size_t)c.next_scanline * WIDTH * (size_t)c.input_components;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    out->len = 0;
    sx_str_append(out, bytes, n);
    free(bytes);
    sx_image_free(&im);
}

static bool check(const sx_str *s) {
    err = (sx_error){ 0 };
    return sx_jpeg_check((const uint8_t *)s->data, s->len, NULL, &err);
}

/* The last marker of this kind. */
static size_t find(const sx_str *s, int marker) {
    size_t at = s->len - 1;
    while (at > 0 && !((uint8_t)s->data[at - 1] == 0xFF && (uint8_t)s->data[at] == marker))
        at--;
    assert_true(at > 0);
    return at - 1;
}

static void insert(sx_str *s, size_t at, const char *bytes, size_t n) {
    sx_str tail = { 0 };
    sx_str_append(&tail, s->data + at, s->len - at);
    s->len = at;
    sx_str_append(s, bytes, n);
    sx_str_append(s, tail.data, tail.len);
    sx_str_free(&tail);
}

static void test_whole(void **state) {
    (void)state;
    sx_str s = { 0 };
    for (size_t i = 0; i < KINDS; i++) {
        encode(&kinds[i], &s);
        if (!check(&s)) fail_msg("%s: %s", kinds[i].name, err.message);
    }
    sx_str_free(&s);
}

/* Bytes before the end marker that are no part of the image. */
static void test_fillings(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } fillings[] = {
        { "\0", 1 },
        { "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 },
        { "\xFF\0\xFF\0\xFF\0", 6 },
        { "\xFF\xFF\xFF", 3 }, /* before a marker */
        { "MUSTERMANN^ERIKA", 16 },
        { "M\0\xC3\xBCller", 8 },
    };
    sx_str s = { 0 };
    for (size_t i = 0; i < KINDS; i++)
        for (size_t k = 0; k < sizeof fillings / sizeof *fillings; k++) {
            encode(&kinds[i], &s);
            insert(&s, s.len - 2, fillings[k].bytes, fillings[k].n);
            if (!check(&s)) fail_msg("%s, %zu: %s", kinds[i].name, k, err.message);
        }
    sx_str_free(&s);
}

/* Of a stream whose header has fewer columns, each line leaves blocks to the next one. Further
 * whole lines are no damage: the image is where it should be. */
static void test_blocks_left(void **state) {
    (void)state;
    sx_str s = { 0 };
    for (size_t i = 0; i < KINDS; i++) {
        const int block = 8 * kinds[i].subsampling;
        if (kinds[i].restart_rows || kinds[i].progressive) continue;
        encode(&kinds[i], &s);
        const size_t frame = find(&s, 0xC0);
        s.data[frame + 6] = (char)(HEIGHT - block);
        if (!check(&s)) fail_msg("%s: %s", kinds[i].name, err.message);
        s.data[frame + 6] = (char)HEIGHT;
        s.data[frame + 8] = (char)(WIDTH - 2 * block);
        CHECK_FAILS(check(&s), err, SX_ERR_FORMAT, "damaged: data are left after the image");
        s.data[frame + 8] = (char)(WIDTH + block);
        CHECK_FAILS(check(&s), err, SX_ERR_FORMAT, "damaged: codes are invalid or missing");
    }
    sx_str_free(&s);
}

/* A restart interval that is longer or shorter than the header says. */
static void test_intervals(void **state) {
    (void)state;
    sx_str s = { 0 };
    for (size_t i = 0; i < KINDS; i++) {
        if (!kinds[i].restart_rows) continue;
        encode(&kinds[i], &s);
        const size_t at = find(&s, 0xDD) + 5; /* the last byte of DRI */
        s.data[at]++;
        CHECK_FAILS(check(&s), err, SX_ERR_FORMAT, "damaged: ");
        s.data[at] = (char)(s.data[at] - 2);
        CHECK_FAILS(check(&s), err, SX_ERR_FORMAT, "damaged: ");
    }
    sx_str_free(&s);
}

static void test_component_missing(void **state) {
    (void)state;
    sx_str s = { 0 };
    encode(&kinds[3], &s);
    s.len = find(&s, 0xDA); /* the only scan */
    CHECK_FAILS(check(&s), err, SX_ERR_FORMAT, "damaged: a component is missing");
    sx_str_free(&s);
}

/* A hundred zeros, and a byte with other bits, at places of the last scan's data. */
static void test_damage(void **state) {
    (void)state;
    enum { PLACES = 60, ZEROS = 100 };
    int zeroed = 0, changed = 0, all = 0;
    sx_str s = { 0 };
    for (size_t i = 0; i < KINDS; i++)
        for (uint64_t k = 0; k < PLACES; k++, all++) {
            encode(&kinds[i], &s);
            const size_t begin = find(&s, 0xDA) + 16,
                         at = begin + sx_rng_u64(3, k) % (s.len - begin - ZEROS - 2);
            const char was = s.data[at];
            s.data[at] = (char)(was ^ (1 + sx_rng_u64(4, k) % 127));
            changed += !check(&s);
            s.data[at] = was;
            memset(s.data + at, 0, ZEROS);
            zeroed += !check(&s);
        }
    print_message("found: %d of %d streams with zeros, %d with a changed byte\n", zeroed, all,
                  changed);
    assert_true(zeroed > all * 85 / 100);
    assert_true(changed > all / 4);
    sx_str_free(&s);
}

/* The pictures' reader uses the check and names the file. */
static void test_reader(void **state) {
    (void)state;
    sx_image im = { 0 };
    sx_str s = { 0 };
    encode(&kinds[0], &s);
    s.data[find(&s, 0xC0) + 8] = (char)(WIDTH - 16);
    CHECK_FAILS(sx_jpeg_decode(s.data, s.len, "a.jpg", &im, &err), err, SX_ERR_FORMAT,
                "a.jpg: the JPEG data are damaged: data are left after the image");
    assert_null(im.data);
    encode(&kinds[0], &s);
    insert(&s, s.len - 2, "MUSTERMANN^ERIKA", 16);
    CHECK_OK(sx_jpeg_decode(s.data, s.len, "a.jpg", &im, &err), err);
    sx_image_free(&im);
    sx_str_free(&s);
}

/* A file without EOI is read. Of a file that lacks more, nothing is. */
static void test_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        sx_image whole = { 0 }, im = { 0 };
        sx_str s = { 0 };
        encode(&kinds[i], &s);
        CHECK_OK(sx_jpeg_decode(s.data, s.len, "a.jpg", &whole, &err), err);
        for (size_t n = 0; n < s.len; n++) {
            sx_str cut = { 0 };
            sx_str_append(&cut, s.data, n);
            err = (sx_error){ 0 };
            const bool ok = sx_jpeg_decode(sx_str_text(&cut), n, "a.jpg", &im, &err);
            if (ok && memcmp(im.data, whole.data, sx_image_bytes(&whole)) != 0)
                fail_msg("%s, %zu of %zu bytes: other pixels", kinds[i].name, n, s.len);
            if (!ok && n >= s.len - 2) fail_msg("%s: %s", kinds[i].name, err.message);
            if (!ok && n >= 4)
                assert_string_equal(err.message, "a.jpg: the JPEG file is truncated");
            sx_image_free(&im);
            sx_str_free(&cut);
        }
        sx_image_free(&whole);
        sx_str_free(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_fillings),
        cmocka_unit_test(test_blocks_left),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_component_missing),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_reader),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
