/* De-identification of films whose headers contradict their pixels: BitsStored and HighBit are
 * random, absent, empty, zero or too large, and samples have bits besides their values. The result
 * must read as the film did, without the other bits.
 *
 * Each run draws a seed and prints it. SPINEXR_DEID_SEED=N repeats one, SPINEXR_DEID_FILM=K makes
 * only its film K. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/check.h"
#include "support/stream_films.h"

#include "base/rng.h"
#include "dicom/deid.h"
#include "dicom/levels.h"
#include "dicom/stored_bits.h"

enum { FILMS = 300, FRAMES = 2 };

static const uint8_t key[] = "a key of thirty-two bytes, or so";

typedef struct dice {
    uint64_t stream, at;
} dice;

static size_t draw(dice *d, size_t below) {
    return (size_t)(sx_rng_u64(d->stream, d->at++) % below);
}

static uint64_t new_seed(void) {
    const char *given = getenv("SPINEXR_DEID_SEED");
    struct timespec now;
    if (given) return strtoull(given, NULL, 10);
    clock_gettime(CLOCK_REALTIME, &now);
    return ((uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec + (uint64_t)getpid()) %
           1000000000u;
}

/* ---- the header ---- */

/* Mostly the right value. */
static void put_word(test_dicom *film, uint32_t tag, int right, dice *d) {
    const uint16_t word = (uint16_t)(draw(d, 2) ? right : (int)draw(d, 20));
    switch (draw(d, 7)) {
    case 0:
        return;
    case 1:
        dicom_words(film, tag, "US", NULL, 0);
        return;
    case 2:
        dicom_word(film, tag, 0);
        return;
    case 3:
        dicom_words(film, tag, "SS", &word, 1);
        return;
    default:
        dicom_word(film, tag, word);
    }
}

static void put_grey_scale(test_dicom *film, dice *d) {
    static const char *const centers[] = { "2047,5", "300", "-12.5", "1E3" }, *const widths[] = {
        "4095,0", "100", "1200.5", "2"
    };
    if (draw(d, 2)) {
        dicom_text(film, SX_TAG(0x0028, 0x1050), "DS", centers[draw(d, 4)]);
        dicom_text(film, SX_TAG(0x0028, 0x1051), "DS", widths[draw(d, 4)]);
    }
    if (draw(d, 2)) {
        dicom_text(film, SX_TAG(0x0028, 0x1052), "DS", "-10,5");
        dicom_text(film, SX_TAG(0x0028, 0x1053), "DS", draw(d, 2) ? "1,5" : "2");
    }
}

/* ---- the pixels ---- */

typedef enum coding {
    NATIVE,
    RLE,
    JPEG,
    LOSSY_JPEG,
    JPEG_LS,
    JPEG_2000,
    HTJ2K,
    JPEG_XL,
    CODINGS
} coding;

static const char *const syntaxes[CODINGS] = {
    "1.2.840.10008.1.2.1",     "1.2.840.10008.1.2.5",    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.51",  "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.110"
};
static const char *const native_syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                               "1.2.840.10008.1.2.2" };

/* Where a value of `bits` bits is in its word, and what is beside it. */
typedef enum layout { LOW, HIGH, EXTENDED, PLANES_ABOVE, NOISE_ABOVE, NOISE_BELOW, LAYOUTS } layout;

typedef struct picture {
    coding coding;
    int allocated, bits, frames;
    bool is_signed;
} picture;

static uint16_t place(layout l, int value, const picture *p, int i, dice *d) {
    const int whole = 1 << p->bits, up = p->allocated - p->bits;
    const int plane = i % STREAM_COLUMNS / 8 % 2, noise = (int)draw(d, 1u << up);
    switch (l) {
    case HIGH:
        return (uint16_t)(value << up);
    case EXTENDED:
        return (uint16_t)(value >= whole / 2 ? value - whole : value);
    case PLANES_ABOVE:
        return (uint16_t)(value + plane * whole);
    case NOISE_ABOVE:
        return (uint16_t)(value + noise * whole);
    case NOISE_BELOW:
        return (uint16_t)((value << up) + noise);
    default:
        return (uint16_t)value;
    }
}

/* Into stream_values. */
static void make_frame(const picture *p, dice *d) {
    const layout l = (layout)draw(d, LAYOUTS);
    const int whole = 1 << p->bits, top = draw(d, 3) ? whole : 1 + (int)draw(d, (size_t)whole);
    const bool smooth = draw(d, 2);
    for (int i = 0; i < STREAM_PIXELS; i++) {
        const int value = smooth ? i * (top - 1) / (STREAM_PIXELS - 1) : (int)draw(d, (size_t)top);
        stream_values[i] = place(l, value, p, i, d);
        if (p->allocated == 8) stream_values[i] &= 0xFF;
    }
}

static void put_bytes(sx_str *s, const picture *p, bool big, bool words) {
    const size_t first = s->len;
    for (int i = 0; i < STREAM_PIXELS; i++)
        sx_str_append_le(
            s, big ? (uint16_t)(stream_values[i] << 8 | stream_values[i] >> 8) : stream_values[i],
            2);
    if (p->allocated == 16) return;
    s->len = first;
    for (int i = 0; i < STREAM_PIXELS; i++)
        sx_str_append_le(s, stream_values[i], 1);
    if (s->len % 2) sx_str_append_le(s, 0, 1);
    for (size_t i = first; big && words && i < s->len; i += 2) {
        const char c = s->data[i];
        s->data[i] = s->data[i + 1];
        s->data[i + 1] = c;
    }
}

static void put_native(test_dicom *film, const picture *p, dice *d) {
    const bool words = p->allocated == 16 || film->implicit || draw(d, 2);
    sx_str s = { 0 };
    for (int k = 0; k < p->frames; k++) {
        make_frame(p, d);
        put_bytes(&s, p, film->big_endian, words);
    }
    dicom_bytes(film, SX_TAG_PIXEL_DATA, words ? "OW" : "OB", s.data, s.len);
    sx_str_free(&s);
}

/* The bits of a stream: those of its values, or more. DCMTK's encoder needs eight. */
static int stream_bits(const picture *p, dice *d) {
    if (p->coding == LOSSY_JPEG) return p->allocated == 16 ? 12 : 8;
    const int bits = draw(d, 2) ? p->allocated : p->bits;
    return bits < 8 && p->coding == JPEG ? 8 : bits;
}

static void put_stream(test_dicom *film, const picture *p, dice *d) {
    sx_str s = { 0 };
    make_frame(p, d);
    const int bits = stream_bits(p, d);
    dicom_shape shape = stream_shape(bits, false);
    shape.bits_allocated = (uint16_t)p->allocated;
    for (int i = 0; i < STREAM_PIXELS; i++) {
        const int sign = 1 << (bits - 1), v = stream_values[i] & (2 * sign - 1);
        const bool extend = p->is_signed && p->coding == JPEG_2000;
        stream_values[i] = (uint16_t)(extend ? (v ^ sign) - sign : v);
    }
    if (p->coding == JPEG_2000)
        encode_jpeg2000(stream_values, STREAM_COLUMNS, STREAM_ROWS, bits, p->is_signed, &s);
    else if (p->coding == HTJ2K)
        encode_htj2k(stream_values, STREAM_COLUMNS, STREAM_ROWS, bits, false, &htj2k_defaults, &s);
    else if (p->coding == JPEG_XL)
        encode_jxl(stream_values, STREAM_COLUMNS, STREAM_ROWS, bits, &(jxl_options){ 0 }, &s);
    else
        stream_encode(p->coding == LOSSY_JPEG && bits == 8 ? "1.2.840.10008.1.2.4.50"
                                                           : syntaxes[p->coding],
                      &shape, &s);
    dicom_fragments(film, &s, 1);
    sx_str_free(&s);
}

static void make_film(test_dicom *film, picture *p, dice *d) {
    static const int most[] = { 8, 10, 12, 15, 16 };
    *p = (picture){ .coding = draw(d, 2) ? NATIVE : (coding)draw(d, CODINGS), .frames = 1 };
    p->allocated = draw(d, 4) ? 16 : 8;
    p->bits = p->allocated == 16 ? most[draw(d, 5)] : 5 + (int)draw(d, 4);
    p->is_signed = draw(d, 3) == 0;
    if (p->coding == NATIVE && p->allocated == 16) p->frames = 1 + (int)draw(d, FRAMES);
    dicom_begin(film, p->coding == NATIVE ? native_syntaxes[draw(d, 3)] : syntaxes[p->coding]);
    dicom_text(film, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_word(film, SX_TAG(0x0028, 0x0002), 1);
    dicom_text(film, SX_TAG(0x0028, 0x0004), "CS", draw(d, 3) ? "MONOCHROME2" : "MONOCHROME1");
    dicom_text(film, SX_TAG(0x0028, 0x0008), "IS", p->frames > 1 ? "2" : "1");
    dicom_word(film, SX_TAG(0x0028, 0x0010), STREAM_ROWS);
    dicom_word(film, SX_TAG(0x0028, 0x0011), STREAM_COLUMNS);
    dicom_word(film, SX_TAG(0x0028, 0x0100), (uint16_t)p->allocated);
    put_word(film, SX_TAG(0x0028, 0x0101), p->bits, d);
    put_word(film, SX_TAG(0x0028, 0x0102), draw(d, 2) ? p->bits - 1 : p->allocated - 1, d);
    if (p->is_signed) dicom_word(film, SX_TAG(0x0028, 0x0103), 1);
    put_grey_scale(film, d);
    if (p->coding == NATIVE)
        put_native(film, p, d);
    else
        put_stream(film, p, d);
}

/* ---- the look ---- */

/* The bits outside the values are 0, or repeat the sign in every sample. The values themselves are
 * those of the samples: a lossy decoder may leave the range, and such values are limited to it. */
static bool is_clean(const sx_film *f) {
    const sx_film_info *info = &f->info;
    const uint32_t whole = info->bits_allocated == 8 ? 0xFF : 0xFFFF,
                   above = whole & ~((2u << info->high_bit) - 1),
                   low = (uint32_t)(info->high_bit + 1 - info->bits_stored),
                   below = (1u << low) - 1;
    bool zero = true, extended = info->is_signed;
    for (size_t i = 0; i < STREAM_PIXELS; i++) {
        const uint32_t bits = (uint32_t)sx_film_value(f, i) & whole;
        const uint32_t sign = bits >> info->high_bit & 1 ? above : 0;
        const uint32_t value = (uint32_t)sx_film_stored_value(info, sx_film_value(f, i));
        if ((bits & below) || ((value << low ^ bits) & whole & ~above)) return false;
        zero = zero && !(bits & above);
        extended = extended && (bits & above) == sign;
    }
    return (zero || extended) && !info->stream_bits;
}

static void check_8bit(const sx_film *a, const sx_film *b, sx_pixels pixels, const char *what) {
    sx_image x = { 0 }, y = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_film_to_8bit(a, pixels, &x, &err), err);
    CHECK_OK(sx_film_to_8bit(b, pixels, &y, &err), err);
    for (size_t i = 0; i < STREAM_PIXELS; i++)
        if (sx_image_u8(&x)[i] != sx_image_u8(&y)[i])
            fail_msg("%s, pipeline %d: pixel %zu was %d and is %d", what, (int)pixels, i,
                     sx_image_u8(&x)[i], sx_image_u8(&y)[i]);
    sx_image_free(&x);
    sx_image_free(&y);
}

/* The vindr pipeline uses all bits of a sample, so other bits change it. */
static void check_same(const sx_film *a, const sx_film *b, const char *what) {
    if (!is_clean(b)) fail_msg("%s: other bits are left", what);
    if (a->info.bits_stored != b->info.bits_stored || a->info.is_signed != b->info.is_signed)
        fail_msg("%s: %d bits became %d", what, a->info.bits_stored, b->info.bits_stored);
    for (size_t i = 0; i < STREAM_PIXELS; i++) {
        const int32_t was = sx_film_stored_value(&a->info, sx_film_value(a, i)),
                      now = sx_film_stored_value(&b->info, sx_film_value(b, i));
        if (was != now) fail_msg("%s: value %zu was %d and is %d", what, i, was, now);
        if (is_clean(a) && sx_film_value(a, i) != sx_film_value(b, i))
            fail_msg("%s: sample %zu was %d and is %d", what, i, sx_film_value(a, i),
                     sx_film_value(b, i));
    }
    check_8bit(a, b, SX_PIXELS_DICOM, what);
    if (is_clean(a)) check_8bit(a, b, SX_PIXELS_VINDR, what);
}

typedef struct tally {
    size_t same, cleared, unreadable, beyond;
} tally;

/* Compares one frame; a film that cannot be read is refused. */
static void check_frame(const test_dicom *film, const uint8_t *out, size_t n, int frame,
                        const char *what, tally *t) {
    const sx_film_options o = { .frame = frame };
    sx_error err = { 0 };
    sx_film *a = sx_film_from_memory(film->bytes.data, film->bytes.len, "film", &o, &err);
    if (!a || a->info.stream_bits) {
        if (out) fail_msg("%s is de-identified", what);
        t->unreadable += !a;
        t->beyond += a != NULL;
        sx_film_free(a);
        return;
    }
    if (!out) fail_msg("%s is refused", what);
    sx_film *b = sx_film_from_memory(out, n, "result", &o, &err);
    CHECK_OK(b, err);
    check_same(a, b, what);
    is_clean(a) ? t->same++ : t->cleared++;
    sx_film_free(a);
    sx_film_free(b);
}

static void check_film(uint64_t seed, size_t index, tally *t) {
    dice d = { sx_rng_key("bits", seed * FILMS + index), 0 };
    const sx_deid_options o = { .key = key, .key_size = sizeof key, .text = SX_DEID_TEXT_KEEP };
    picture p;
    test_dicom film;
    sx_error err = { 0 };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE], what[700];
    uint8_t *out = NULL;
    size_t n = 0;
    make_film(&film, &p, &d);
    const bool ok =
        sx_deid_file(film.bytes.data, film.bytes.len, "film", &o, &out, &n, pairs, cleaned, &err);
    for (int k = 1; k <= p.frames; k++) {
        snprintf(what, sizeof what, "film %zu of seed %" PRIu64 ", coding %d, frame %d (%s)", index,
                 seed, (int)p.coding, k, ok ? "" : err.message);
        check_frame(&film, ok ? out : NULL, n, k, what, t);
    }
    free(out);
    dicom_end(&film);
}

static void films_read_as_before(void **state) {
    (void)state;
    const uint64_t seed = new_seed();
    const char *only = getenv("SPINEXR_DEID_FILM");
    tally t = { 0 };
    printf("SPINEXR_DEID_SEED=%" PRIu64 "\n", seed);
    for (size_t i = 0; i < FILMS; i++)
        if (!only || strtoull(only, NULL, 10) == i) check_film(seed, i, &t);
    printf("%zu frames the same, %zu cleared, %zu unreadable, %zu with bits above BitsStored\n",
           t.same, t.cleared, t.unreadable, t.beyond);
    if (!only) assert_true(t.same > FILMS / 5 && t.cleared > FILMS / 5);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(films_read_as_before) };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
