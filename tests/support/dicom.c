#include "support/dicom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openjpeg.h>

#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "support/check.h"

static void put16(test_dicom *d, unsigned v) {
    const uint8_t little[] = { (uint8_t)v, (uint8_t)(v >> 8) },
                  big[] = { (uint8_t)(v >> 8), (uint8_t)v };
    sx_str_append(&d->bytes, d->big_endian ? big : little, 2);
}

static void put32(test_dicom *d, uint32_t v) {
    put16(d, d->big_endian ? v >> 16 : v & 0xFFFF);
    put16(d, d->big_endian ? v & 0xFFFF : v >> 16);
}

static void put_header(test_dicom *d, uint32_t tag, const char *vr, uint32_t n) {
    put16(d, tag >> 16);
    put16(d, tag & 0xFFFF);
    if (d->implicit) {
        put32(d, n);
        return;
    }
    sx_str_append(&d->bytes, vr, 2);
    if (strstr("OB OD OF OL OV OW SQ SV UC UN UR UT UV", vr)) {
        put16(d, 0);
        put32(d, n);
    } else {
        put16(d, n);
    }
}

void dicom_begin(test_dicom *d, const char *transfer_syntax) {
    char preamble[132] = { 0 };
    *d = (test_dicom){ .implicit = transfer_syntax == NULL };
    if (!transfer_syntax) return;
    memcpy(preamble + 128, "DICM", 4);
    sx_str_append(&d->bytes, preamble, sizeof preamble);
    dicom_text(d, SX_TAG(0x0002, 0x0010), "UI", transfer_syntax);
    d->implicit = strcmp(transfer_syntax, "1.2.840.10008.1.2") == 0;
    d->big_endian = strcmp(transfer_syntax, "1.2.840.10008.1.2.2") == 0;
}

void dicom_end(test_dicom *d) {
    sx_str_free(&d->bytes);
}

void dicom_bytes(test_dicom *d, uint32_t tag, const char *vr, const void *bytes, size_t n) {
    put_header(d, tag, vr, (uint32_t)(n + (n & 1)));
    sx_str_append(&d->bytes, bytes, n);
    if (n & 1)
        sx_str_append(&d->bytes, strcmp(vr, "UI") == 0 || strcmp(vr, "OB") == 0 ? "\0" : " ", 1);
}

void dicom_text(test_dicom *d, uint32_t tag, const char *vr, const char *text) {
    dicom_bytes(d, tag, vr, text, strlen(text));
}

void dicom_words(test_dicom *d, uint32_t tag, const char *vr, const uint16_t *words, size_t n) {
    put_header(d, tag, vr, (uint32_t)(2 * n));
    for (size_t i = 0; i < n; i++)
        put16(d, words[i]);
}

void dicom_word(test_dicom *d, uint32_t tag, uint16_t word) {
    dicom_words(d, tag, "US", &word, 1);
}

void dicom_item(test_dicom *item, const test_dicom *like) {
    *item = (test_dicom){ .implicit = like->implicit, .big_endian = like->big_endian };
}

void dicom_sequence(test_dicom *d, uint32_t tag, const test_dicom *item) {
    put_header(d, tag, "SQ", (uint32_t)item->bytes.len + 8);
    put16(d, 0xFFFE);
    put16(d, 0xE000);
    put32(d, (uint32_t)item->bytes.len);
    sx_str_append(&d->bytes, item->bytes.data, item->bytes.len);
}

void dicom_image(test_dicom *d, const dicom_shape *s) {
    char frames[16];
    dicom_word(d, SX_TAG(0x0028, 0x0002), s->samples ? s->samples : 1);
    dicom_text(d, SX_TAG(0x0028, 0x0004), "CS", s->photometric ? s->photometric : "MONOCHROME2");
    snprintf(frames, sizeof frames, "%d", s->frames);
    if (s->frames) dicom_text(d, SX_TAG(0x0028, 0x0008), "IS", frames);
    dicom_word(d, SX_TAG(0x0028, 0x0010), s->rows);
    dicom_word(d, SX_TAG(0x0028, 0x0011), s->columns);
    dicom_word(d, SX_TAG(0x0028, 0x0100), s->bits_allocated);
    dicom_word(d, SX_TAG(0x0028, 0x0101), s->bits_stored);
    dicom_word(d, SX_TAG(0x0028, 0x0102), (uint16_t)(s->bits_stored - 1));
    dicom_word(d, SX_TAG(0x0028, 0x0103), s->is_signed);
}

void dicom_pixels(test_dicom *d, const uint16_t *words, size_t n) {
    dicom_words(d, SX_TAG_PIXEL_DATA, "OW", words, n);
}

void dicom_fragments(test_dicom *d, const sx_str *fragments, size_t count) {
    static const sx_str table = { 0 };
    put_header(d, SX_TAG_PIXEL_DATA, "OB", 0xFFFFFFFF);
    for (size_t i = 0; i <= count; i++) {
        const sx_str *f = i == 0 ? &table : &fragments[i - 1];
        put16(d, 0xFFFE);
        put16(d, 0xE000);
        put32(d, (uint32_t)(f->len + (f->len & 1)));
        sx_str_append(&d->bytes, sx_str_text(f), f->len);
        if (f->len & 1) sx_str_append(&d->bytes, "\0", 1);
    }
    put16(d, 0xFFFE);
    put16(d, 0xE0DD);
    put32(d, 0);
}

/* ---- JPEG 2000 ---- */

static OPJ_SIZE_T write_bytes(void *bytes, OPJ_SIZE_T n, void *ctx) {
    sx_str_append(ctx, bytes, n);
    return n;
}

static void encode(opj_image_t *image, opj_codec_t *codec, bool lossy, sx_str *out) {
    opj_cparameters_t p;
    opj_set_default_encoder_parameters(&p);
    p.tcp_numlayers = 1;
    p.cp_disto_alloc = 1;
    p.irreversible = lossy;
    if (lossy) p.tcp_rates[0] = 3;
    while (p.numresolution > 1 && (1U << (p.numresolution - 1)) > image->x1)
        p.numresolution--;
    opj_stream_t *s = opj_stream_default_create(OPJ_FALSE);
    opj_stream_set_user_data(s, out, NULL);
    opj_stream_set_write_function(s, write_bytes);
    assert_true(opj_setup_encoder(codec, &p, image));
    assert_true(opj_start_compress(codec, image, s));
    assert_true(opj_encode(codec, s));
    assert_true(opj_end_compress(codec, s));
    opj_stream_destroy(s);
}

static void encode_values(const uint16_t *values, int width, int height, int bits, bool is_signed,
                          bool lossy, sx_str *out) {
    opj_image_cmptparm_t p = { .dx = 1, .dy = 1, .w = (OPJ_UINT32)width, .h = (OPJ_UINT32)height };
    p.prec = (OPJ_UINT32)bits;
    p.sgnd = is_signed;
    opj_image_t *image = opj_image_create(1, &p, OPJ_CLRSPC_GRAY);
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_J2K);
    assert_non_null(image);
    image->x1 = (OPJ_UINT32)width;
    image->y1 = (OPJ_UINT32)height;
    for (int i = 0; i < width * height; i++)
        image->comps[0].data[i] = is_signed ? (int16_t)values[i] : values[i];
    encode(image, codec, lossy, out);
    opj_destroy_codec(codec);
    opj_image_destroy(image);
}

void encode_jpeg2000(const uint16_t *values, int width, int height, int bits, bool is_signed,
                     sx_str *out) {
    encode_values(values, width, height, bits, is_signed, false, out);
}

void encode_lossy_jpeg2000(const uint16_t *values, int width, int height, int bits, sx_str *out) {
    encode_values(values, width, height, bits, false, true, out);
}

/* ---- RLE ---- */

static void pack(const uint16_t *values, size_t n, int shift, sx_str *out) {
    for (size_t i = 0; i < n;) {
        uint8_t b = (uint8_t)(values[i] >> shift);
        size_t run = 1;
        while (run < 128 && i + run < n && (uint8_t)(values[i + run] >> shift) == b)
            run++;
        uint8_t code = (uint8_t)(run > 1 ? 257 - run : 0);
        sx_str_append(out, &code, 1);
        sx_str_append(out, &b, 1);
        i += run;
    }
}

void encode_rle(const uint16_t *values, size_t n, sx_str *out) {
    sx_str high = { 0 }, low = { 0 };
    pack(values, n, 8, &high);
    pack(values, n, 0, &low);
    uint32_t header[16] = { 2, 64, (uint32_t)(64 + high.len) };
    sx_str_append(out, header, sizeof header); /* tests run on little-endian machines */
    sx_str_append(out, high.data, high.len);
    sx_str_append(out, low.data, low.len);
    sx_str_free(&high);
    sx_str_free(&low);
}

sx_write_film dicom_written_film(const uint16_t *pixels, int columns, int rows, int bits) {
    return (sx_write_film){ .pixels = pixels,
                            .rows = rows,
                            .columns = columns,
                            .bits = bits,
                            .spacing = 0.1,
                            .patient_id = "",
                            .patient_name = "",
                            .patient_sex = "",
                            .patient_age = "",
                            .study_uid = "2.25.1",
                            .series_uid = "2.25.2",
                            .instance_uid = "2.25.3",
                            .date = "",
                            .time = "",
                            .description = "",
                            .station = "",
                            .body_part = "LSPINE",
                            .region_code = "122496007",
                            .region_meaning = "Lumbar spine",
                            .orientation = "L\\F",
                            .view = "AP" };
}

void dicom_check_warning(const test_dicom *d, const char *want) {
    sx_error err = { 0 };
    for (int header = 0; header < 2; header++) {
        sx_film_warnings warnings = { 0 };
        const sx_film_options o = { .header_only = header, .warnings = &warnings };
        const char *path = check_tmp_path("film.dcm");
        CHECK_OK(sx_write_file(path, d->bytes.data, d->bytes.len, &err), err);
        sx_film *f = sx_film_open(path, &o, &err);
        CHECK_OK(f, err);
        assert_int_equal(warnings.count, want != NULL);
        if (want) assert_string_equal(warnings.texts[0], want);
        sx_film_free(f);
    }
}
