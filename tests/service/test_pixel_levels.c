/* The pixels that the reading room's pages get, against the film's own. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <jansson.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/writer.h"
#include "service/reading/pixel_cache.h"
#include "service/reading/pixel_film.h"
#include "service/reading/pixel_level.h"
#include "support/check.h"
#include "support/dicom.h"

static sx_error err;

enum { COLUMNS = 37, ROWS = 21, PIXELS = COLUMNS * ROWS };

/* ---- films ---- */

typedef struct film_case {
    const char *name;
    dicom_shape shape;
    const char *slope, *intercept;
    int padding;     /* -1: none */
    int first, step; /* pixel i has (first + i * step) mod 65536 */
} film_case;

#define SHAPE(bits, sign)                                                                          \
    {                                                                                              \
        .rows = ROWS, .columns = COLUMNS, .bits_allocated = 16, .bits_stored = (bits),             \
        .is_signed = (sign)                                                                        \
    }

static const film_case cases[] = {
    { "plain", SHAPE(12, 0), NULL, NULL, -1, 5, 5 },
    { "padding", SHAPE(12, 0), NULL, NULL, 0, 0, 4 },
    { "padding in the middle", SHAPE(12, 0), NULL, NULL, 1000, 0, 4 },
    { "signed", SHAPE(16, 1), NULL, NULL, -1, 64000, 7 },
    { "signed with padding", SHAPE(16, 1), "1", "-1024", 63536, 63536, 9 },
    { "slope", SHAPE(16, 0), "0.25", "-12.5", -1, 3, 80 },
    { "negative slope", SHAPE(16, 0), "-2", "100", 3, 3, 80 },
    { "whole range", SHAPE(16, 0), NULL, NULL, 260, 0, 65535 },
};
enum { CASES = sizeof cases / sizeof *cases };

static uint16_t word_of(const film_case *c, int i) {
    return (uint16_t)(c->first + i * c->step);
}

static void make_film(const film_case *c, test_dicom *d) {
    uint16_t words[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        words[i] = word_of(c, i);
    dicom_begin(d, "1.2.840.10008.1.2.1");
    dicom_image(d, &c->shape);
    if (c->padding >= 0) dicom_word(d, SX_TAG(0x0028, 0x0120), (uint16_t)c->padding);
    if (c->slope) {
        dicom_text(d, SX_TAG(0x0028, 0x1052), "DS", c->intercept);
        dicom_text(d, SX_TAG(0x0028, 0x1053), "DS", c->slope);
    }
    dicom_pixels(d, words, PIXELS);
}

static bool is_padding(const film_case *c, int i) {
    return c->padding >= 0 && word_of(c, i) == c->padding;
}

static double value_of(const film_case *c, int i) {
    const uint16_t word = word_of(c, i);
    const double stored = c->shape.is_signed ? (int16_t)word : word;
    return c->slope ? stored * sx_strtod(c->slope, NULL) + sx_strtod(c->intercept, NULL) : stored;
}

static double number_of(const json_t *at, const char *key) {
    const json_t *v = json_object_get(at, key);
    assert_true(json_is_number(v));
    return json_number_value(v);
}

/* ---- samples and description ---- */

static void check_values(const film_case *c, const sx_pixel_film *p, const json_t *about) {
    const double offset = number_of(about, "offset"), slope = number_of(about, "slope"),
                 intercept = number_of(about, "intercept");
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < PIXELS; i++) {
        const bool padding = p->has_padding && p->samples[i] == p->padding;
        if (padding != is_padding(c, i)) fail_msg("%s: pixel %d: padding %d", c->name, i, padding);
        if (padding) continue;
        const double have = (p->samples[i] + offset) * slope + intercept, want = value_of(c, i);
        if (have != want) fail_msg("%s: pixel %d is %g, not %g", c->name, i, have, want);
        low = fmin(low, want);
        high = fmax(high, want);
    }
    const json_t *limits = json_object_get(about, "limits");
    assert_true(json_number_value(json_array_get(limits, 0)) == low);
    assert_true(json_number_value(json_array_get(limits, 1)) == high);
}

static void test_values(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        test_dicom d;
        sx_pixel_film p;
        make_film(&cases[i], &d);
        CHECK_OK(sx_pixel_film_read(d.bytes.data, d.bytes.len, "film", NULL, &p, &err), err);
        json_t *about = sx_json_parse(p.description.data, p.description.len, true, NULL, &err);
        CHECK_OK(about, err);
        assert_int_equal(p.width, COLUMNS);
        assert_int_equal(p.height, ROWS);
        check_values(&cases[i], &p, about);
        json_decref(about);
        sx_pixel_film_free(&p);
        dicom_end(&d);
    }
}

static void test_sides_and_windows(void **state) {
    (void)state;
    test_dicom d;
    sx_pixel_film p;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    dicom_text(&d, SX_TAG(0x0020, 0x0020), "CS", "L\\F");
    dicom_image(&d, &cases[0].shape);
    dicom_text(&d, SX_TAG(0x0028, 0x1050), "DS", "100\\200\\300");
    dicom_text(&d, SX_TAG(0x0028, 0x1051), "DS", "50\\0\\70"); /* no window is of width 0 */
    const uint16_t words[PIXELS] = { 1, 2, 3 };
    dicom_pixels(&d, words, PIXELS);
    CHECK_OK(sx_pixel_film_read(d.bytes.data, d.bytes.len, "film", NULL, &p, &err), err);
    json_t *about = sx_json_parse(p.description.data, p.description.len, true, NULL, &err);
    CHECK_OK(about, err);
    const json_t *sides = json_object_get(about, "orientation"),
                 *windows = json_object_get(about, "windows");
    assert_string_equal(json_string_value(json_array_get(sides, 0)), "L");
    assert_string_equal(json_string_value(json_array_get(sides, 1)), "F");
    assert_int_equal(json_array_size(windows), 1);
    assert_true(number_of(json_array_get(windows, 0), "center") == 300);
    assert_true(number_of(json_array_get(windows, 0), "width") == 70);
    json_decref(about);
    sx_pixel_film_free(&p);
    dicom_end(&d);
}

/* ---- levels ---- */

static uint32_t le32(const char *at) {
    const uint8_t *b = (const uint8_t *)at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* As a page does it. */
static void unpack(const sx_str *level, uint16_t *samples, size_t n) {
    static uint8_t planes[2 * PIXELS];
    uLongf size = sizeof planes;
    assert_memory_equal(level->data, "SXPX\1\0", 6);
    assert_int_equal(le32(level->data + 28), level->len - SX_PIXEL_LEVEL_HEAD);
    assert_int_equal(uncompress(planes, &size, (const uint8_t *)level->data + SX_PIXEL_LEVEL_HEAD,
                                (uLong)(level->len - SX_PIXEL_LEVEL_HEAD)),
                     Z_OK);
    assert_int_equal(size, 2 * n);
    uint16_t value = 0;
    for (size_t i = 0; i < n; i++)
        samples[i] = value = (uint16_t)(value + (planes[i] | planes[n + i] << 8));
}

static uint16_t mean_of_block(const sx_pixel_film *p, int x0, int y0, int side) {
    double sum = 0, count = 0;
    for (int y = y0; y < y0 + side && y < ROWS; y++)
        for (int x = x0; x < x0 + side && x < COLUMNS; x++) {
            const uint16_t s = p->samples[y * COLUMNS + x];
            if (p->has_padding && s == p->padding) continue;
            sum += s;
            count++;
        }
    return (uint16_t)(count > 0 ? floor(sum / count + 0.5) : p->padding);
}

static void check_level(const film_case *c, const sx_pixel_film *p, int side) {
    const int columns = (COLUMNS + side - 1) / side, rows = (ROWS + side - 1) / side;
    sx_str level = { 0 };
    uint16_t samples[PIXELS];
    CHECK_OK(sx_pixel_level_pack(p, side, &level, &err), err);
    assert_int_equal(le32(level.data + 8), columns);
    assert_int_equal(le32(level.data + 12), rows);
    unpack(&level, samples, (size_t)columns * (size_t)rows);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            const int have = samples[y * columns + x],
                      want = mean_of_block(p, x * side, y * side, side);
            /* a mean that happens to be the sample of padding is moved to a neighbour of it */
            const bool moved = p->has_padding && want == p->padding && abs(have - want) == 1;
            if (have != want && !moved)
                fail_msg("%s: level %d, %d,%d is %d, not %d", c->name, side, x, y, have, want);
        }
    sx_str_free(&level);
}

static void test_levels(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        test_dicom d;
        sx_pixel_film p;
        make_film(&cases[i], &d);
        CHECK_OK(sx_pixel_film_read(d.bytes.data, d.bytes.len, "film", NULL, &p, &err), err);
        for (int side = 1; side <= 8; side += side == 1 ? 3 : 4)
            check_level(&cases[i], &p, side);
        sx_pixel_film_free(&p);
        dicom_end(&d);
    }
}

/* Only a block of padding is padding, although the mean of another one would be its sample. */
static void test_mean_is_not_padding(void **state) {
    (void)state;
    uint16_t samples[] = { 4, 6, 5, 5, 4, 6, 5, 5 }, means[1];
    const sx_pixel_film p = { 4, 2, samples, true, 5, { 0 } };
    sx_str level = { 0 };
    CHECK_OK(sx_pixel_level_pack(&p, 4, &level, &err), err);
    unpack(&level, means, 1);
    assert_int_equal(means[0], 4);
    sx_str_free(&level);
}

/* ---- the cache ---- */

static void read_part(const sx_pixel_source *s, const char *part, sx_str *out, ino_t *file) {
    int fd;
    uint64_t size;
    struct stat st;
    char bytes[4096];
    ssize_t n;
    CHECK_OK(sx_pixel_cache_open(s, part, &fd, &size, &err), err);
    assert_int_equal(fstat(fd, &st), 0);
    if (file) *file = st.st_ino;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        sx_str_append(out, bytes, (size_t)n);
    assert_int_equal(out->len, size);
    close(fd);
}

static void check_same_as_packed(const sx_pixel_source *s, const test_dicom *d) {
    sx_pixel_film p;
    sx_str want = { 0 }, have = { 0 };
    CHECK_OK(sx_pixel_film_read(d->bytes.data, d->bytes.len, "film", NULL, &p, &err), err);
    CHECK_OK(sx_pixel_level_pack(&p, 4, &want, &err), err);
    read_part(s, "4", &have, NULL);
    assert_int_equal(have.len, want.len);
    assert_memory_equal(have.data, want.data, want.len);
    sx_str_free(&have);
    read_part(s, "json", &have, NULL);
    assert_string_equal(have.data, p.description.data);
    sx_str_free(&have);
    sx_str_free(&want);
    sx_pixel_film_free(&p);
}

static void test_cache(void **state) {
    (void)state;
    test_dicom d;
    sx_sha256 sha;
    ino_t first, second;
    int fd;
    uint64_t size;
    make_film(&cases[1], &d);
    CHECK_OK(sx_sha256_of(d.bytes.data, d.bytes.len, &sha, &err), err);
    char *film = strdup(check_tmp_path("film.dcm"));
    CHECK_OK(sx_write_file(film, d.bytes.data, d.bytes.len, &err), err);
    const sx_pixel_source s = { .folder = check_tmp(), .film = film, .sha256 = sha.hex };
    check_same_as_packed(&s, &d);
    sx_str bytes = { 0 };
    read_part(&s, "1", &bytes, &first);
    sx_str_free(&bytes);
    read_part(&s, "1", &bytes, &second);
    assert_int_equal(first, second); /* not made again */
    sx_str_free(&bytes);
    CHECK_FAILS(sx_pixel_cache_open(&s, "2", &fd, &size, &err), err, SX_ERR_MISSING, "level 2");
    CHECK_FAILS(sx_pixel_cache_open(&s, "../x", &fd, &size, &err), err, SX_ERR_MISSING, "level");
    dicom_end(&d);
    free(film);
}

static void test_changed_film(void **state) {
    (void)state;
    test_dicom d;
    int fd;
    uint64_t size;
    make_film(&cases[0], &d);
    char *film = strdup(check_tmp_path("changed.dcm"));
    CHECK_OK(sx_write_file(film, d.bytes.data, d.bytes.len, &err), err);
    static const char other[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const sx_pixel_source s = { .folder = check_tmp(), .film = film, .sha256 = other };
    CHECK_FAILS(sx_pixel_cache_open(&s, "1", &fd, &size, &err), err, SX_ERR_MISMATCH,
                "has changed since its import");
    dicom_end(&d);
    free(film);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_sides_and_windows),
        cmocka_unit_test(test_levels), cmocka_unit_test(test_mean_is_not_padding),
        cmocka_unit_test(test_cache),  cmocka_unit_test(test_changed_film),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
