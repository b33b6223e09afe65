/* De-identification and text in the pixels: refused, blanked, or let be. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"
#include "support/letters.h"

#include "base/files.h"
#include "base/writer.h"
#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "dicom/write.h"
#include "phantom/phantom.h"

#define EXPLICIT "1.2.840.10008.1.2.1"
static const uint8_t key[] = "a key of thirty-two bytes, or so";
static const char secret[] = "NGUYEN^VAN 4711";

typedef struct canvas {
    uint16_t *pixels, value;
    int width, height;
} canvas;

static void put_dot(void *ctx, int x, int y) {
    canvas *c = ctx;
    if (x >= 0 && y >= 0 && x < c->width && y < c->height) c->pixels[y * c->width + x] = c->value;
}

typedef struct made {
    uint8_t *bytes;
    size_t n;
    sx_phantom_film film;
} made;

/* A phantom, with text in its upper left corner where asked. */
static void make(made *m, size_t index, sx_write_syntax syntax, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(
        sx_phantom_draw(NULL, &m->film, 21, index, &(sx_phantom_options){ .long_side = 600 }, &err),
        err);
    canvas c = { sx_image_u16(&m->film.image), 0, m->film.image.width, m->film.image.height };
    c.value = (uint16_t)(m->film.inverted ? 0 : (1 << m->film.bits) - 1);
    /* on a dark strip, as machines do it; a phantom's own border may be white */
    for (int y = 0; y < 34 && text; y++)
        for (int x = 0; x < c.width; x++)
            c.pixels[y * c.width + x] = (uint16_t)((1 << m->film.bits) - 1 - c.value);
    if (text) letters_draw(text, 10, 10, 2, false, put_dot, &c);
    const sx_write_film w = { .pixels = c.pixels,
                              .rows = c.height,
                              .columns = c.width,
                              .bits = m->film.bits,
                              .inverted = m->film.inverted,
                              .window_center = (double)m->film.window_center,
                              .window_width = (double)m->film.window_width,
                              .spacing = 0.4,
                              .patient_id = "PID-4711-X",
                              .patient_name = "SECRET^NAME",
                              .patient_sex = "F",
                              .patient_age = "049Y",
                              .study_uid = "2.25.100000000000000000005",
                              .series_uid = "2.25.100000000000000000006",
                              .instance_uid = "2.25.100000000000000000007",
                              .date = "20200131",
                              .time = "093000",
                              .description = "Spine",
                              .station = "ROOM",
                              .body_part = "LSPINE",
                              .region_code = "122496007",
                              .region_meaning = "Lumbar spine",
                              .orientation = "L\\F",
                              .view = "AP",
                              .series_number = 1,
                              .instance_number = 1 };
    CHECK_OK(sx_dicom_encode(&w, syntax, &m->bytes, &m->n, &err), err);
}

static void drop(made *m) {
    free(m->bytes);
    sx_phantom_film_free(&m->film);
}

typedef struct result {
    uint8_t *bytes;
    size_t n;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
} result;

static bool deidentify_bytes(const void *bytes, size_t n, sx_deid_text text, result *r,
                             sx_error *err) {
    const sx_deid_options o = { .key = key, .key_size = sizeof key, .text = text };
    return sx_deid_file(bytes, n, "in.dcm", &o, &r->bytes, &r->n, r->pairs, r->cleaned, err);
}

static bool holds(const result *r, const char *text) {
    return memmem(r->bytes, r->n, text, strlen(text)) != NULL;
}

static int vfy_errors(const result *r) {
    char command[4200], line[1024];
    sx_error err = { 0 };
    int errors = 0;
    if (system("command -v dciodvfy >/dev/null") != 0) return 0;
    const char *path = check_tmp_path("out.dcm");
    CHECK_OK(sx_write_file(path, r->bytes, r->n, &err), err);
    snprintf(command, sizeof command, "dciodvfy '%s' 2>&1", path);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    while (fgets(line, sizeof line, p))
        errors += strncmp(line, "Error", 5) == 0;
    pclose(p);
    return errors;
}

/* Pixels outside the strip are as they were, the text is gone. */
static void check_pixels(const made *m, const result *r) {
    sx_error err = { 0 };
    sx_film *f = sx_film_from_memory(r->bytes, r->n, "out.dcm", NULL, &err);
    CHECK_OK(f, err);
    assert_string_equal(f->info.transfer_syntax, EXPLICIT);
    assert_int_equal(f->info.bits_stored, m->film.bits);
    assert_int_equal(f->info.monochrome1, m->film.inverted);
    const uint16_t *was = sx_image_u16(&m->film.image);
    const int32_t ink = m->film.inverted ? 0 : (1 << m->film.bits) - 1;
    int left = 0;
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            const size_t i = (size_t)y * (size_t)f->width + (size_t)x;
            if (y >= 34) assert_int_equal(sx_film_value(f, i), was[i]);
            left += y < 24 && sx_film_value(f, i) == ink;
        }
    assert_int_equal(left, 0);
    sx_film_free(f);
}

static void all_syntaxes(void **state) {
    (void)state;
    check_tmp();
    for (int s = 0; s < SX_WRITE_SYNTAXES; s++) {
        made m;
        result r, again;
        sx_error err = { 0 };
        make(&m, (size_t)s, (sx_write_syntax)s, secret);
        CHECK_FAILS(deidentify_bytes(m.bytes, m.n, SX_DEID_TEXT_REFUSE, &r, &err), err,
                    SX_ERR_UNSUPPORTED, "in.dcm: likely text in the pixels at x ");
        assert_non_null(strstr(err.message, "(upper "));
        assert_null(r.bytes);
        CHECK_OK(deidentify_bytes(m.bytes, m.n, SX_DEID_TEXT_KEEP, &r, &err), err);
        assert_string_equal(r.cleaned, "");
        assert_false(holds(&r, "113101"));
        free(r.bytes);
        CHECK_OK(deidentify_bytes(m.bytes, m.n, SX_DEID_TEXT_CLEAN, &r, &err), err);
        assert_non_null(strstr(r.cleaned, "(upper "));
        check_pixels(&m, &r);
        assert_true(holds(&r, "113101"));
        assert_true(holds(&r, "Clean Pixel Data Option"));
        assert_true(holds(&r, "113100"));
        assert_false(holds(&r, "PID-4711-X"));
        assert_int_equal(vfy_errors(&r), 0);
        CHECK_OK(deidentify_bytes(r.bytes, r.n, SX_DEID_TEXT_REFUSE, &again, &err),
                 err); /* nothing is left to find */
        free(again.bytes);
        free(r.bytes);
        drop(&m);
    }
    check_tmp_remove();
}

/* Nothing to blank: the pixels stay as they are, compressed or not. */
static void no_false_alarms(void **state) {
    (void)state;
    int alarms = 0;
    for (size_t i = 0; i < 40; i++) {
        made m;
        result r;
        sx_error err = { 0 };
        make(&m, i, SX_WRITE_RLE, NULL);
        if (deidentify_bytes(m.bytes, m.n, SX_DEID_TEXT_CLEAN, &r, &err)) {
            alarms += r.cleaned[0] != 0;
            if (!r.cleaned[0]) assert_true(holds(&r, "1.2.840.10008.1.2.5"));
            free(r.bytes);
        } else {
            fail_msg("%s", err.message);
        }
        drop(&m);
    }
    assert_int_equal(alarms, 0);
}

/* A film of our own making: 8 or 16 bits, several frames, colour. */
typedef struct setup {
    const char *burned;
    uint16_t bits, samples;
    int frames, with_text; /* which frame has text, 1..; 0: none */
    bool hidden;           /* behind a window that shows all as white */
    bool planes;           /* something in the bits above BitsStored */
} setup;

enum { W = 300, H = 200 };

static void make_plain(test_dicom *d, const setup *s) {
    const int frames = s->frames ? s->frames : 1;
    const size_t n = (size_t)(W * H * frames) * (s->samples ? 3 : 1);
    uint16_t *pixels = calloc(n, 2);
    canvas c = { pixels + (s->with_text ? (size_t)(s->with_text - 1) * W * H : 0),
                 (uint16_t)(s->bits > 8 ? 4095 : 255), W, H };
    for (size_t i = 0; i < n; i++)
        pixels[i] = (uint16_t)((i % W) / 8 + (s->hidden ? 2900 : 0));
    if (s->with_text) letters_draw(secret, 8, H - 30, 2, false, put_dot, &c);
    for (size_t i = 0; i < n && s->planes; i++)
        pixels[i] = (uint16_t)(pixels[i] | (i % 7 == 0) << 15);
    dicom_begin(d, EXPLICIT);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "PID-4711-X");
    dicom_text(d, SX_TAG(0x0020, 0x000D), "UI", "9.8.7.6.5.4.3.22");
    dicom_text(d, SX_TAG(0x0020, 0x000E), "UI", "9.8.7.6.5.4.3.23");
    dicom_image(d, &(dicom_shape){ H, W, s->bits, (uint16_t)(s->bits > 8 ? 12 : 8), 0,
                                   s->samples ? "RGB" : NULL, s->frames, s->samples });
    if (s->burned) dicom_text(d, SX_TAG(0x0028, 0x0301), "CS", s->burned);
    if (s->hidden) {
        dicom_text(d, SX_TAG(0x0028, 0x1050), "DS", "500");
        dicom_text(d, SX_TAG(0x0028, 0x1051), "DS", "1000");
    }
    if (s->bits > 8) {
        dicom_pixels(d, pixels, n);
    } else {
        uint8_t *bytes = calloc(n, 1);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)pixels[i];
        dicom_bytes(d, SX_TAG_PIXEL_DATA, "OB", bytes, n);
        free(bytes);
    }
    free(pixels);
}

static bool run_plain(const setup *s, sx_deid_text text, result *r, sx_error *err) {
    test_dicom d;
    make_plain(&d, s);
    bool ok = deidentify_bytes(d.bytes.data, d.bytes.len, text, r, err);
    dicom_end(&d);
    return ok;
}

static int32_t largest(const result *r, int number) {
    sx_error err = { 0 };
    sx_film *f =
        sx_film_from_memory(r->bytes, r->n, "out", &(sx_film_options){ .frame = number }, &err);
    CHECK_OK(f, err);
    int32_t most = INT32_MIN;
    for (size_t i = 0; i < (size_t)W * H; i++)
        most = sx_film_value(f, i) > most ? sx_film_value(f, i) : most;
    sx_film_free(f);
    return most;
}

static void header_says_yes(void **state) {
    (void)state;
    const setup yes = { .burned = "YES", .bits = 16, .with_text = 1 },
                empty = { .burned = "YES", .bits = 16 };
    sx_error err = { 0 };
    result r;
    CHECK_FAILS(run_plain(&yes, SX_DEID_TEXT_REFUSE, &r, &err), err, SX_ERR_UNSUPPORTED,
                "Burned In Annotation is YES");
    CHECK_FAILS(run_plain(&yes, SX_DEID_TEXT_KEEP, &r, &err), err, SX_ERR_UNSUPPORTED,
                "Burned In Annotation is YES");
    CHECK_FAILS(run_plain(&empty, SX_DEID_TEXT_CLEAN, &r, &err), err, SX_ERR_UNSUPPORTED,
                "no text was found that could be blanked");
    CHECK_OK(run_plain(&yes, SX_DEID_TEXT_CLEAN, &r, &err), err);
    assert_non_null(memmem(r.bytes, r.n, "\x28\0\1\3CS\2\0NO", 10)); /* Burned In Annotation */
    assert_true(largest(&r, 1) < 4095);
    free(r.bytes);
}

static void other_films(void **state) {
    (void)state;
    sx_error err = { 0 };
    result r;
    /* 8 bits */
    CHECK_OK(run_plain(&(setup){ .bits = 8, .with_text = 1 }, SX_DEID_TEXT_CLEAN, &r, &err), err);
    assert_non_null(strstr(r.cleaned, "(lower "));
    assert_true(largest(&r, 1) < 255);
    free(r.bytes);
    /* in the second frame of three: blanked there, and the others stay films */
    CHECK_OK(run_plain(&(setup){ .bits = 16, .frames = 3, .with_text = 2 }, SX_DEID_TEXT_CLEAN, &r,
                       &err),
             err);
    assert_true(r.cleaned[0] != 0);
    for (int k = 1; k <= 3; k++)
        assert_int_equal(largest(&r, k), (W - 1) / 8);
    free(r.bytes);
    /* a window shows none of it, another one would */
    CHECK_FAILS(run_plain(&(setup){ .bits = 16, .with_text = 1, .hidden = true },
                          SX_DEID_TEXT_REFUSE, &r, &err),
                err, SX_ERR_UNSUPPORTED, "likely text");
    /* what stood in unused bits does not survive */
    CHECK_OK(run_plain(&(setup){ .bits = 16, .with_text = 1, .planes = true }, SX_DEID_TEXT_CLEAN,
                       &r, &err),
             err);
    assert_true(largest(&r, 1) < 4096);
    free(r.bytes);
    /* colour cannot be read, with any option */
    for (int text = 0; text < 3; text++)
        CHECK_FAILS(run_plain(&(setup){ .bits = 8, .samples = 3 }, (sx_deid_text)text, &r, &err),
                    err, SX_ERR_UNSUPPORTED, "in.dcm: the film cannot be read: ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_syntaxes),
        cmocka_unit_test(no_false_alarms),
        cmocka_unit_test(header_says_yes),
        cmocka_unit_test(other_films),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
