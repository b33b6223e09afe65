/* De-identification of compressed films: text in every place of a stream that is not the image.
 * The text occurs nowhere else in the film, so that no search for known values can find it. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>  /* before jpeglib.h, which needs FILE */

#include <jpeglib.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/stream_films.h"
#include "support/stream_places.h"

#include "dicom/deid.h"
#include "image/jpeg_decode.h"

#define TEXT     "CALL HARPER 555-0142 ROOM 7"
#define EXPLICIT "1.2.840.10008.1.2.1"

static sx_error err;

typedef struct film_kind {
    const char *syntax;
    uint16_t stored, allocated;
    bool is_signed, lossy_jpeg2000;
    const char *result; /* the transfer syntax of the result; NULL: the same */
} film_kind;

static const film_kind kinds[] = {
    { "1.2.840.10008.1.2.4.50", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.51", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.51", 12, 16, false, false, EXPLICIT },
    { "1.2.840.10008.1.2.4.55", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.55", 12, 16, false, false, EXPLICIT },
    { "1.2.840.10008.1.2.4.57", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.70", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.70", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.70", 16, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.70", 16, 16, true, false, NULL },
    { "1.2.840.10008.1.2.4.80", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.80", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.80", 16, 16, true, false, NULL },
    { "1.2.840.10008.1.2.4.81", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.90", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.4.90", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.4.90", 12, 16, true, false, NULL },
    { "1.2.840.10008.1.2.4.90", 16, 16, true, false, NULL },
    { "1.2.840.10008.1.2.4.91", 12, 16, false, true, NULL },
    { "1.2.840.10008.1.2.4.201", 12, 16, false, false, "1.2.840.10008.1.2.4.90" },
    { "1.2.840.10008.1.2.4.201", 16, 16, true, false, "1.2.840.10008.1.2.4.90" },
    { "1.2.840.10008.1.2.5", 8, 8, false, false, NULL },
    { "1.2.840.10008.1.2.5", 12, 16, false, false, NULL },
    { "1.2.840.10008.1.2.5", 16, 16, true, false, NULL },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static dicom_shape make_stream(const film_kind *k, sx_str *stream) {
    const dicom_shape s = stream_shape(k->stored, k->is_signed);
    const int top = (1 << k->stored) - 1;
    stream_fill(k->is_signed ? -top / 2 : 0, k->is_signed ? top / 2 : top);
    if (k->lossy_jpeg2000)
        encode_lossy_jpeg2000(stream_values, STREAM_COLUMNS, STREAM_ROWS, k->stored, stream);
    else if (strcmp(k->syntax, "1.2.840.10008.1.2.4.201") == 0)
        encode_htj2k(stream_values, STREAM_COLUMNS, STREAM_ROWS, k->stored, k->is_signed,
                     &htj2k_defaults, stream);
    else if (stream_place_kind(k->syntax) == PLACE_J2K)
        encode_jpeg2000(stream_values, STREAM_COLUMNS, STREAM_ROWS, k->stored, k->is_signed,
                        stream);
    else
        stream_encode(k->syntax, &s, stream);
    return s;
}

static void begin_film(test_dicom *d, const char *syntax, const dicom_shape *s) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "4711-0815");
    dicom_image(d, s);
}

/* ---- what came out ---- */

static const char *left_over(const void *bytes, size_t n) {
    static char part[5];
    for (size_t i = 0; i + 4 < sizeof TEXT; i++)
        if (memmem(bytes, n, &TEXT[i], 4)) return memcpy(part, &TEXT[i], 4);
    return NULL;
}

static void check_frame(const test_dicom *was, const uint8_t *now, size_t n, int frame,
                        const char *syntax, const char *what) {
    const sx_film_options o = { .frame = frame };
    sx_film *a = sx_film_from_memory(was->bytes.data, was->bytes.len, "before", &o, &err);
    if (!a) fail_msg("%s: %s", what, err.message);
    sx_film *b = sx_film_from_memory(now, n, "after", &o, &err);
    if (!b) fail_msg("%s: %s", what, err.message);
    if (strcmp(b->info.transfer_syntax, syntax) != 0)
        fail_msg("%s: became %s", what, b->info.transfer_syntax);
    assert_true(a->width == b->width && a->height == b->height && a->sample == b->sample);
    for (size_t i = 0; i < STREAM_PIXELS; i++)
        if (sx_film_value(a, i) != sx_film_value(b, i))
            fail_msg("%s: pixel %zu was %d, is %d", what, i, sx_film_value(a, i),
                     sx_film_value(b, i));
    sx_film_free(a);
    sx_film_free(b);
}

static bool deidentify(const test_dicom *d, sx_deid_text text, uint8_t **out, size_t *n) {
    const sx_deid_options o = { .key = (const uint8_t *)"0123456789abcdef",
                                .key_size = 16,
                                .text = text };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    err = (sx_error){ 0 };
    return sx_deid_file(d->bytes.data, d->bytes.len, "in", &o, out, n, pairs, cleaned, &err);
}

/* Nothing of the text is left, and every pixel is. */
static void check_film(const test_dicom *d, int frames, const char *syntax, const char *what) {
    uint8_t *out = NULL;
    size_t n = 0;
    assert_non_null(memmem(d->bytes.data, d->bytes.len, "CALL", 4)); /* it was there */
    for (int text = 0; text < 2; text++) {
        if (!deidentify(d, text ? SX_DEID_TEXT_KEEP : SX_DEID_TEXT_REFUSE, &out, &n))
            fail_msg("%s: %s", what, err.message);
        if (left_over(out, n)) fail_msg("%s: '%s' is left", what, left_over(out, n));
        if (memmem(out, n, "\xFF\xDD\0\4", 4)) fail_msg("%s: DRI is left", what);
        for (int k = 1; k <= frames; k++)
            check_frame(d, out, n, k, syntax, what);
        free(out);
    }
}

/* ---- tests ---- */

static const char *describe(const film_kind *k, const char *place) {
    static char text[200];
    snprintf(text, sizeof text, "%s, %d bits%s, %s", k->syntax, k->stored,
             k->is_signed ? ", signed" : "", place);
    return text;
}

static void places_in_streams(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (size_t p = 0; p < STREAM_PLACES; p++) {
            if (!(stream_places[p].kinds & stream_place_kind(kinds[i].syntax))) continue;
            sx_str stream = { 0 };
            test_dicom d;
            const dicom_shape s = make_stream(&kinds[i], &stream);
            stream_places[p].hide(&stream, TEXT);
            if (!left_over(stream.data, stream.len)) sx_str_add(&stream, TEXT);
            begin_film(&d, kinds[i].syntax, &s);
            dicom_fragments(&d, &stream, 1);
            check_film(&d, 1, kinds[i].result ? kinds[i].result : kinds[i].syntax,
                       describe(&kinds[i], stream_places[p].name));
            dicom_end(&d);
            sx_str_free(&stream);
        }
}

/* Two frames with an offset table and a fragment of no frame between them; text in all of these,
 * in the extended offset table, and behind the delimiter. */
static void places_around_streams(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        sx_str parts[3] = { { 0 } };
        test_dicom d;
        dicom_shape s = make_stream(&kinds[i], &parts[0]);
        if (parts[0].len % 2) sx_str_append(&parts[0], "", 1);
        sx_str_append(&parts[2], parts[0].data, parts[0].len);
        sx_str_add(&parts[1], "\nCALL HARPER 555-0142 ROOM 7");
        s.frames = 2;
        begin_film(&d, kinds[i].syntax, &s);
        dicom_bytes(&d, SX_TAG(0x7FE0, 0x0001), "OV", TEXT, 24);
        dicom_bytes(&d, SX_TAG(0x7FE0, 0x0002), "OV", TEXT, 24);
        dicom_bytes(&d, SX_TAG(0x7FE0, 0x0003), "UV", TEXT, 8);
        const size_t at = d.bytes.len + 12 + 8;
        dicom_fragments(&d, parts, 3);
        uint8_t table[8] = { 0 };
        const size_t second = 16 + parts[0].len + parts[1].len + parts[1].len % 2;
        memcpy(table + 4, &(uint32_t){ (uint32_t)second }, 4);
        d.bytes.data[at - 4] = 8;
        stream_insert(&d.bytes, at, table, sizeof table);
        sx_str_add(&d.bytes, TEXT);
        check_film(&d, 2, kinds[i].result ? kinds[i].result : kinds[i].syntax,
                   describe(&kinds[i], "around the frames"));
        dicom_end(&d);
        for (int k = 0; k < 3; k++)
            sx_str_free(&parts[k]);
    }
}

/* With text in place of the offset table. */
static void put_with_table(test_dicom *d, const sx_str *stream) {
    const size_t at = d->bytes.len + 12 + 8;
    dicom_fragments(d, stream, 1);
    d->bytes.data[at - 4] = 28;
    stream_insert(&d->bytes, at, TEXT " ", 28);
}

static void offset_table(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        sx_str stream = { 0 };
        test_dicom d;
        const dicom_shape s = make_stream(&kinds[i], &stream);
        begin_film(&d, kinds[i].syntax, &s);
        put_with_table(&d, &stream);
        check_film(&d, 1, kinds[i].result ? kinds[i].result : kinds[i].syntax,
                   describe(&kinds[i], "the offset table"));
        dicom_end(&d);
        sx_str_free(&stream);
    }
}

/* A stream of 8 bits with restart markers, as libjpeg writes it. */
static void encode_restarts(bool progressive, sx_str *out) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr manager;
    unsigned char *bytes = NULL;
    unsigned long n = 0;
    c.err = jpeg_std_error(&manager);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &bytes, &n);
    c.image_width = STREAM_COLUMNS;
    c.image_height = STREAM_ROWS;
    c.input_components = 1;
    c.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&c);
    if (progressive) jpeg_simple_progression(&c);
    c.restart_in_rows = 1;
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < STREAM_ROWS) {
        JSAMPLE row[STREAM_COLUMNS];
        for (size_t x = 0; x < STREAM_COLUMNS; x++)
            row[x] = (JSAMPLE)(2 * x + c.next_scanline);
        jpeg_write_scanlines(&c, &(JSAMPROW){ row }, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    sx_str_append(out, bytes, n);
    free(bytes);
}

/* Before a restart marker, in the density of JFIF, and in quantisers of coefficients that are 0 in
 * all blocks. */
static void places_in_dct_streams(void **state) {
    (void)state;
    for (int progressive = 0; progressive < 2; progressive++)
        for (int place = 0; place < 3; place++) {
            sx_str stream = { 0 };
            test_dicom d;
            const dicom_shape s = stream_shape(8, false);
            encode_restarts(progressive, &stream);
            uint8_t *bytes = (uint8_t *)stream.data, *tables = bytes + 20;
            assert_memory_equal(bytes + 2, "\xFF\xE0\0\x10JFIF", 8);
            assert_memory_equal(tables, "\xFF\xDB\0\x43\0", 5);
            if (place == 0)
                stream_insert(&stream, stream_find_marker(&stream, 0xD1), TEXT, strlen(TEXT));
            if (place == 1) memcpy(bytes + 14, "CALL", 4);
            if (place == 2) memcpy(tables + 5 + 64 - strlen(TEXT), TEXT, strlen(TEXT));
            begin_film(&d, "1.2.840.10008.1.2.4.51", &s);
            dicom_fragments(&d, &stream, 1);
            check_film(&d, 1, "1.2.840.10008.1.2.4.51", progressive ? "progressive" : "sequential");
            dicom_end(&d);
            sx_str_free(&stream);
        }
}

static void check_high_bits(const char *syntax) {
    sx_str stream = { 0 };
    test_dicom d;
    const dicom_shape s = stream_shape(16, false);
    stream_fill(0, 4095);
    for (size_t i = 0; i < STREAM_PIXELS; i++)
        stream_values[i] = (uint16_t)(stream_values[i] << 4);
    stream_encode(syntax, &s, &stream);
    sx_str_add(&stream, TEXT);
    dicom_begin(&d, syntax);
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "1.2.3.4");
    dicom_image(&d, &s);
    uint8_t *stored = memmem(d.bytes.data, d.bytes.len, "\x28\0\1\1US\2\0\x10", 9);
    assert_non_null(stored);
    stored[8] = 12;
    dicom_fragments(&d, &stream, 1);
    check_film(&d, 1, syntax, "HighBit 15");
    dicom_end(&d);
    sx_str_free(&stream);
}

/* Values in the upper twelve bits of a word, as HighBit says. */
static void values_in_high_bits(void **state) {
    (void)state;
    check_high_bits("1.2.840.10008.1.2.4.70");
    check_high_bits("1.2.840.10008.1.2.4.80");
}

/* ---- pixels of a defined length or another VR ---- */

typedef enum pixel_length {
    ITEMS,
    ITEMS_WITHOUT_DELIMITER,
    STREAM_ALONE,
    UNKNOWN_VR, /* UN of undefined length */
    PIXEL_LENGTHS
} pixel_length;

static void put_with_length(test_dicom *d, pixel_length form, const sx_str *stream) {
    enum { HEADER = 12, DELIMITER = 8 };
    const size_t at = d->bytes.len;
    if (form == STREAM_ALONE) {
        dicom_bytes(d, SX_TAG_PIXEL_DATA, "OB", stream->data, stream->len);
        return;
    }
    dicom_fragments(d, stream, 1);
    if (form == UNKNOWN_VR) memcpy(d->bytes.data + at + 4, "UN", 2);
    if (form == UNKNOWN_VR) return;
    if (form == ITEMS_WITHOUT_DELIMITER) d->bytes.len -= DELIMITER;
    memcpy(d->bytes.data + at + 8, &(uint32_t){ (uint32_t)(d->bytes.len - at - HEADER) }, 4);
}

/* Text behind the stream, and behind the pixels. */
static void pixels_of_another_form(void **state) {
    (void)state;
    static const char *const names[] = { "items", "items without delimiter", "the stream alone",
                                         "UN" };
    for (size_t i = 0; i < KINDS; i++)
        for (int form = 0; form < PIXEL_LENGTHS; form++) {
            sx_str stream = { 0 };
            test_dicom d;
            const dicom_shape s = make_stream(&kinds[i], &stream);
            sx_str_add(&stream, TEXT);
            begin_film(&d, kinds[i].syntax, &s);
            put_with_length(&d, (pixel_length)form, &stream);
            dicom_text(&d, SX_TAG(0xFFFC, 0xFFFC), "LO", TEXT);
            check_film(&d, 1, kinds[i].result ? kinds[i].result : kinds[i].syntax,
                       describe(&kinds[i], names[form]));
            dicom_end(&d);
            sx_str_free(&stream);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_in_streams),   cmocka_unit_test(places_around_streams),
        cmocka_unit_test(offset_table),        cmocka_unit_test(places_in_dct_streams),
        cmocka_unit_test(values_in_high_bits), cmocka_unit_test(pixels_of_another_form),
    };
    return STREAM_RUN_TESTS(tests);
}
