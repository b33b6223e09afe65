/* Comments and other bytes of streams that are no image, which de-identification clears. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "dicom/decode.h"
#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "dicom/stream_comments.h"
#include "dicom/streams.h"
#include "support/check.h"
#include "support/stream_films.h"
#include "support/stream_places.h"

enum { ROWS = STREAM_ROWS, COLUMNS = STREAM_COLUMNS, PIXELS = STREAM_PIXELS };

static sx_error err;

#define PATIENT "MUSTERMANN^ERIKA"

static bool names_patient(const void *bytes, size_t n) {
    return memmem(bytes, n, PATIENT, strlen(PATIENT)) != NULL;
}

static bool is_kind(const stream_kind *k, const char *syntax) {
    return strcmp(k->syntax, syntax) == 0;
}

/* Behind each of the two segments, and in the place of offsets that are not used. */
static void put_between_segments(sx_str *s) {
    uint8_t second[4];
    memcpy(second, s->data + 8, sizeof second);
    stream_insert(s, second[0] | (size_t)second[1] << 8, PATIENT, sizeof PATIENT);
    const size_t now = (second[0] | (size_t)second[1] << 8) + sizeof PATIENT;
    s->data[8] = (char)now;
    s->data[9] = (char)(now >> 8);
    memcpy(s->data + 20, PATIENT, sizeof PATIENT);
}

/* In every place where a stream may name a patient. */
static void put_comments(sx_str *s, const stream_kind *kind) {
    if (is_kind(kind, "1.2.840.10008.1.2.5")) {
        put_between_segments(s);
    } else if (s->data[s->len - 1] == 0) {
        s->len--; /* padding */
    }
    if (is_kind(kind, "1.2.840.10008.1.2.4.90") || is_kind(kind, "1.2.840.10008.1.2.4.201")) {
        const size_t tile_part = stream_find_marker(s, 0x90);
        const size_t n = stream_put_segment(s, tile_part + 12, 0x64, PATIENT);
        uint8_t *length = (uint8_t *)s->data + tile_part + 6; /* Psot */
        const uint32_t now =
            ((uint32_t)length[0] << 24 | length[1] << 16 | length[2] << 8 | length[3]) +
            (uint32_t)n;
        for (int k = 0; k < 4; k++)
            length[k] = (uint8_t)(now >> (24 - 8 * k));
        stream_put_segment(s, tile_part, 0x64, PATIENT);
        stream_put_segment(s, tile_part, 0x6F, PATIENT);    /* no marker of the standard */
        stream_insert(s, tile_part, "\xFF\x63\0\6NGUY", 8); /* registration of the component */
    } else if (!is_kind(kind, "1.2.840.10008.1.2.5")) {
        stream_put_segment(s, stream_find_marker(s, 0xDA), 0xFE, PATIENT); /* COM */
        stream_put_segment(s, 2, 0xE1, PATIENT);                           /* APP1 */
        stream_put_segment(s, 2, 0xE0, PATIENT); /* APP0 that is no JFIF */
    }
    sx_str_append(s, PATIENT, sizeof PATIENT);
    if (s->len % 2) sx_str_append(s, "", 1);
}

static void read_values(test_dicom *d, const char *what, int *out) {
    sx_film *f = stream_read_film(d, what);
    for (size_t i = 0; i < PIXELS; i++)
        out[i] = sx_film_value(f, i);
    sx_film_free(f);
}

static void check_same_image(const stream_kind *k, const dicom_shape *s, const sx_str *was,
                             const sx_str *now) {
    static int before[PIXELS], after[PIXELS];
    test_dicom d;
    stream_put(&d, k->syntax, s, was);
    read_values(&d, k->syntax, before);
    stream_put(&d, k->syntax, s, now);
    read_values(&d, k->syntax, after);
    assert_memory_equal(before, after, sizeof before);
}

static void test_comments(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++) {
        sx_str plain = { 0 }, stream = { 0 };
        const dicom_shape s = stream_make(&stream_kinds[i], &plain);
        sx_str_append(&stream, plain.data, plain.len);
        put_comments(&stream, &stream_kinds[i]);
        assert_true(names_patient(stream.data, stream.len));
        assert_true(sx_stream_clear_comments((uint8_t *)stream.data, stream.len, PIXELS));
        if (names_patient(stream.data, stream.len)) fail_msg("%s", stream_kinds[i].syntax);
        assert_null(memmem(stream.data, stream.len, "\6NGUY", 5));
        check_same_image(&stream_kinds[i], &s, &plain, &stream);
        for (size_t n = 0; n < stream.len; n++) { /* no read or write behind the end */
            uint8_t *part = malloc(n + 1);
            memcpy(part, stream.data, n);
            part[n] = 0xA5;
            (void)sx_stream_clear_comments(part, n, PIXELS);
            assert_int_equal(part[n], 0xA5);
            free(part);
        }
        sx_str_free(&stream);
        sx_str_free(&plain);
    }
}

/* Each place on its own, also behind what is kept of a segment. */
static void test_places(void **state) {
    (void)state;
    for (size_t i = 0; i < STREAM_KINDS; i++)
        for (size_t p = 0; p < STREAM_PLACES; p++) {
            const stream_place *place = &stream_places[p];
            sx_str plain = { 0 }, stream = { 0 };
            if (place->coded || !(place->kinds & stream_place_kind(stream_kinds[i].syntax)))
                continue;
            const dicom_shape s = stream_make(&stream_kinds[i], &plain);
            sx_str_append(&stream, plain.data, plain.len);
            place->hide(&stream, PATIENT);
            assert_true(names_patient(stream.data, stream.len));
            assert_true(sx_stream_clear_comments((uint8_t *)stream.data, stream.len, PIXELS));
            if (names_patient(stream.data, stream.len))
                fail_msg("%s: %s", stream_kinds[i].syntax, place->name);
            check_same_image(&stream_kinds[i], &s, &plain, &stream);
            sx_str_free(&stream);
            sx_str_free(&plain);
        }
}

/* Bytes between the segments of a JPEG stream, and markers without a length. */
static void test_loose_bytes(void **state) {
    (void)state;
    static const uint8_t begin[] = { 0xFF, 0xD8, 0xFF, 0xE0, 0, 3, 1, 0xFF, 0x01 };
    static const uint8_t end[] = { 0xFF, 0xD0, 0xFF, 0, 0xFF, 0xFE, 0, 2 + sizeof PATIENT };
    sx_str s = { 0 };
    sx_str_append(&s, begin, sizeof begin);
    sx_str_append(&s, PATIENT, sizeof PATIENT);
    sx_str_append(&s, end, sizeof end);
    sx_str_append(&s, PATIENT, sizeof PATIENT);
    assert_true(sx_stream_clear_comments((uint8_t *)s.data, s.len, PIXELS));
    assert_false(names_patient(s.data, s.len));
    assert_memory_equal(s.data, begin, 6);
    sx_str_free(&s);
}

static void put_box(sx_str *s, const char *type, const void *content, size_t n) {
    const uint8_t length[] = { 0, 0, (uint8_t)((8 + n) >> 8), (uint8_t)(8 + n) };
    sx_str_append(s, length, 4);
    sx_str_append(s, type, 4);
    sx_str_append(s, content, n);
}

/* A JP2 file: boxes around the codestream, also in its header. */
static void test_boxes(void **state) {
    (void)state;
    sx_str s = { 0 }, header = { 0 }, code = { 0 };
    stream_make(&stream_kinds[5], &code);
    put_comments(&code, &stream_kinds[5]);
    put_box(&header, "ihdr", "\0\0\0\1\0\0\0\1\0\1\7\7\0\0", 14);
    put_box(&header, "xml ", PATIENT, sizeof PATIENT);
    put_box(&header, "colr", "\2\0\0ICC of " PATIENT, 10 + sizeof PATIENT);
    put_box(&s, "jP  ", "\r\n\x87\n", 4);
    put_box(&s, "ftyp", "jp2 DOESjp2 JOANjpx DO", 22);
    put_box(&s, "jp2h", header.data, header.len);
    put_box(&s, "uuid", PATIENT, sizeof PATIENT);
    put_box(&s, "jp2c", code.data, code.len);
    put_box(&s, "info", PATIENT, sizeof PATIENT);
    assert_true(sx_stream_clear_comments((uint8_t *)s.data, s.len, PIXELS));
    assert_false(names_patient(s.data, s.len));
    assert_non_null(memmem(s.data, s.len, "ihdr\0\0\0\1", 8));
    assert_non_null(memmem(s.data, s.len, "ftypjp2 \0\0\0\0jp2 jp2 jpx \0\0", 26));
    sx_str_free(&s);
    sx_str_free(&header);
    sx_str_free(&code);
}

typedef enum hiding { IN_TABLE, IN_SECOND_STREAM, IN_OTHER_FORMAT, HIDINGS } hiding;

static void put_hidden(test_dicom *d, const stream_kind *k, hiding where) {
    sx_str parts[2] = { { 0 } }, table = { 0 };
    const dicom_shape s = stream_make(k, &parts[0]);
    dicom_begin(d, k->syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(d, &s);
    if (where == IN_SECOND_STREAM) {
        sx_str_append(&parts[1], parts[0].data, parts[0].len);
        sx_str_append(&parts[1], PATIENT, sizeof PATIENT);
    }
    if (where == IN_OTHER_FORMAT) memcpy(parts[0].data, PATIENT, sizeof PATIENT);
    dicom_fragments(d, parts, where == IN_SECOND_STREAM ? 2 : 1);
    if (where == IN_TABLE) {
        const char *pixels = memmem(d->bytes.data, d->bytes.len, "\xE0\x7F\x10\0OB", 6);
        const size_t at = (size_t)(pixels - d->bytes.data) + 12;
        assert_memory_equal(d->bytes.data + at, "\xFE\xFF\0\xE0\0\0\0\0", 8);
        d->bytes.data[at + 4] = 2 * sizeof PATIENT;
        sx_str_append(&table, PATIENT, sizeof PATIENT);
        sx_str_append(&table, PATIENT, sizeof PATIENT);
        stream_insert(&d->bytes, at + 8, table.data, table.len);
    }
    sx_str_free(&table);
    sx_str_free(&parts[0]);
    sx_str_free(&parts[1]);
}

/* In the Basic Offset Table, behind the only frame, and in a stream of another kind. */
static void test_hidden(void **state) {
    (void)state;
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = SX_DEID_TEXT_KEEP };
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++)
        for (int where = 0; where < HIDINGS; where++) {
            test_dicom d;
            uint8_t *out = NULL;
            size_t n = 0;
            sx_deid_pair pairs[SX_DEID_PAIRS];
            char cleaned[SX_DEID_NOTE];
            put_hidden(&d, &stream_kinds[i], (hiding)where);
            err = (sx_error){ 0 };
            const bool ok =
                sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err);
            if (ok == (where == IN_OTHER_FORMAT))
                fail_msg("%s, %d: %s", stream_kinds[i].syntax, where, ok ? "written" : err.message);
            if (ok && names_patient(out, n)) fail_msg("%s, %d", stream_kinds[i].syntax, where);
            free(out);
            dicom_end(&d);
        }
}

/* The name lies across fragments. */
static void test_comments_deidentified(void **state) {
    (void)state;
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = SX_DEID_TEXT_KEEP };
    for (size_t i = 0; i < sizeof stream_kinds / sizeof *stream_kinds; i++) {
        sx_str stream = { 0 }, parts[600] = { { 0 } };
        size_t n;
        const dicom_shape s = stream_make(&stream_kinds[i], &stream);
        put_comments(&stream, &stream_kinds[i]);
        const size_t count = stream_cut(&stream, 10, parts, 600);
        test_dicom d;
        uint8_t *out;
        sx_deid_pair pairs[SX_DEID_PAIRS];
        char cleaned[SX_DEID_NOTE];
        dicom_begin(&d, stream_kinds[i].syntax);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
        dicom_image(&d, &s);
        dicom_fragments(&d, parts, count);
        CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err),
                 err);
        dicom_end(&d);
        sx_film *f = sx_film_from_memory(out, n, "out", NULL, &err);
        if (!f) fail_msg("%s: %s", stream_kinds[i].syntax, err.message);
        sx_film_free(f);
        /* fragments are looked at without the eight bytes of each item's header */
        for (size_t at = 0; at + 4 <= n; at++)
            if (memcmp(out + at, "MUST", 4) == 0 || memcmp(out + at, "ERIK", 4) == 0)
                fail_msg("%s: part of the name is left", stream_kinds[i].syntax);
        free(out);
        stream_free_parts(parts, count);
        sx_str_free(&stream);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_comments_deidentified),
        cmocka_unit_test(test_loose_bytes),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_hidden),
    };
    return STREAM_RUN_TESTS(tests);
}
