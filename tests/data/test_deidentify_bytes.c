/* De-identification of files with false lengths, and of bytes behind the pixels. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deidentified.h"

#include "dicom/dicom_film.h"

#define EXPLICIT "1.2.840.10008.1.2.1"

static void make_small_film(test_dicom *d, const char *syntax, bool delimited) {
    uint16_t pixels[16];
    sx_str rle = { 0 };
    for (int i = 0; i < 16; i++)
        pixels[i] = (uint16_t)(100 * i);
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_image(d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
    if (strcmp(syntax, "1.2.840.10008.1.2.5") != 0) {
        dicom_pixels(d, pixels, 16);
        return;
    }
    encode_rle(pixels, 16, &rle);
    dicom_fragments(d, &rle, 1);
    if (!delimited) d->bytes.len -= 8;
    sx_str_free(&rle);
}

static void check_values(const deidentified *r) {
    sx_error err = { 0 };
    sx_film *f = sx_film_from_memory(r->bytes, r->n, "out.dcm", NULL, &err);
    CHECK_OK(f, err);
    for (size_t v = 0; v < 16; v++)
        assert_int_equal(sx_film_value(f, v), 100 * v);
    sx_film_free(f);
}

/* ---- lengths ---- */

/* Inserts bytes before Pixel Data. */
static void add_element(test_dicom *d, const void *bytes, size_t n) {
    const char *pixels = memmem(d->bytes.data, d->bytes.len, "\xE0\x7F\x10\0", 4);
    assert_non_null(pixels);
    sx_str rest = { 0 };
    const size_t at = (size_t)(pixels - d->bytes.data);
    sx_str_append(&rest, pixels, d->bytes.len - at);
    d->bytes.len = at;
    sx_str_append(&d->bytes, bytes, n);
    sx_str_append(&d->bytes, rest.data, rest.len);
    sx_str_free(&rest);
}

/* `depth` sequences of defined length, each the only element of the one around it. */
static void add_nested(test_dicom *d, uint32_t depth) {
    sx_str s = { 0 };
    for (uint32_t i = depth; i-- > 0;) {
        const uint32_t item = i * 20, sequence = item + 8;
        uint8_t b[20] = {
            0xFB, 0xFF, 0x01, 0x10, 'S', 'Q', 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0x00, 0xE0
        };
        memcpy(b + 8, &sequence, 4);
        memcpy(b + 16, &item, 4);
        sx_str_append(&s, b, sizeof b);
    }
    add_element(d, s.data, s.len);
    sx_str_free(&s);
}

static void refuses_bytes(test_dicom *d, const char *message) {
    sx_error err = { 0 };
    deidentified r;
    CHECK_FAILS(deidentify(d, &r, &err), err, SX_ERR_FORMAT, message);
    assert_null(r.bytes);
    dicom_end(d);
}

/* DCMTK would overflow the stack or allocate gigabytes, so it never gets these files. */
static void hostile_lengths(void **state) {
    (void)state;
    test_dicom d;
    make_small_film(&d, EXPLICIT, true);
    add_nested(&d, 100000);
    refuses_bytes(&d, "in.dcm: sequences are nested more than 32 deep");
    static const uint8_t tail[] = { 0xFD, 0xFF, 0xFD, 0xFF, 'O', 'B', 0, 0, 0, 0, 0, 0xE9, 7 };
    make_small_film(&d, EXPLICIT, true);
    add_element(&d, tail, sizeof tail);
    refuses_bytes(&d, "in.dcm: truncated: (FFFD,FFFD) claims 3909091328 bytes");
    /* as deep as may be */
    sx_error err = { 0 };
    deidentified r;
    make_small_film(&d, EXPLICIT, true);
    add_nested(&d, 32);
    CHECK_OK(deidentify(&d, &r, &err), err);
    free(r.bytes);
    dicom_end(&d);
}

/* ---- behind the pixels ---- */

static const char zeros[512];

/* What follows the pixels is no part of the data set. Predictions ignore it; it is removed. */
static void bytes_after_the_pixels(void **state) {
    (void)state;
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                            "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.5" };
    static const char padding[] = "\xFC\xFF\xFC\xFFOB\0\0\x10\0\0\0NGUYEN^VAN^SECRE";
    const struct {
        const char *bytes;
        size_t n;
        bool after_delimiter_only;
    } tails[] = {
        { "", 0, false },
        { zeros, sizeof zeros, false },
        { padding, sizeof padding - 1, false },
        { "NGUYEN^VAN^SECRET", 17, true },
        { " ", 1, true },
        { "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, true },
    };
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < sizeof tails / sizeof *tails; k++) {
            test_dicom d;
            deidentified r;
            sx_error err = { 0 };
            const bool delimited = i < 4;
            if (!delimited && tails[k].after_delimiter_only) continue;
            make_small_film(&d, syntaxes[delimited ? i : 3], delimited);
            sx_str_append(&d.bytes, tails[k].bytes, tails[k].n);
            if (!deidentify(&d, &r, &err)) fail_msg("%zu, %zu: %s", i, k, err.message);
            assert_null(memmem(r.bytes, r.n, "NGUYEN", 6));
            check_values(&r);
            free(r.bytes);
            dicom_end(&d);
        }
}

/* ---- labels ---- */

/* The transfer syntax is Deflated, the data set is not. The result is what its label says. */
static void plain_data_labelled_as_deflated(void **state) {
    (void)state;
    test_dicom d;
    deidentified r;
    sx_part10 p;
    sx_error err = { 0 };
    make_small_film(&d, "1.2.840.10008.1.2.1.99", true);
    sx_str_add(&d.bytes, "NGUYEN VAN AN");
    CHECK_OK(deidentify(&d, &r, &err), err);
    CHECK_OK(sx_part10_read(&p, r.bytes, r.n, &err), err);
    assert_string_equal(p.transfer_syntax, "1.2.840.10008.1.2.1.99");
    assert_memory_not_equal(r.bytes + p.dataset, "\x08\0", 2); /* deflated */
    check_values(&r);
    free(r.bytes);
    dicom_end(&d);
}

/* The result is uncompressed, as the film is. */
static void uncompressed_pixels_labelled_as_compressed(void **state) {
    (void)state;
    static const char *const labels[] = { "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70",
                                          "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
                                          "1.2.840.10008.1.2.4.110" };
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        test_dicom d;
        deidentified r;
        sx_part10 p;
        sx_error err = { 0 };
        make_small_film(&d, labels[i], true);
        CHECK_OK(deidentify(&d, &r, &err), err);
        CHECK_OK(sx_part10_read(&p, r.bytes, r.n, &err), err);
        assert_string_equal(p.transfer_syntax, EXPLICIT);
        check_values(&r);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* DCMTK relies on the length of the File Meta Information. */
static void false_lengths_of_the_meta_header(void **state) {
    (void)state;
    static const uint32_t lengths[] = { 0, 8, 9999, 0xFFFFFFFF };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        test_dicom d;
        deidentified r;
        sx_error err = { 0 };
        uint8_t element[12] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
        sx_str rest = { 0 };
        memcpy(element + 8, &lengths[i], 4);
        make_small_film(&d, EXPLICIT, true);
        sx_str_append(&rest, d.bytes.data + 132, d.bytes.len - 132);
        d.bytes.len = 132;
        sx_str_append(&d.bytes, element, sizeof element);
        sx_str_append(&d.bytes, rest.data, rest.len);
        CHECK_OK(deidentify(&d, &r, &err), err);
        check_values(&r);
        sx_str_free(&rest);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* Rejected, with the reason that `predict` gives. */
static void uncompressed_pixels_in_items(void **state) {
    (void)state;
    static const uint16_t pixels[16] = { 0, 1, 2 };
    static const char *const syntaxes[] = { "1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.2" };
    for (size_t i = 0; i < 3; i++) {
        test_dicom d;
        deidentified r;
        sx_error err = { 0 }, why = { 0 };
        const sx_str fragment = { .data = (char *)(uintptr_t)pixels, .len = sizeof pixels };
        make_small_film(&d, syntaxes[i], true);
        d.bytes.len -= 32 + (i ? 12 : 8);
        dicom_fragments(&d, &fragment, 1);
        assert_null(sx_film_from_memory(d.bytes.data, d.bytes.len, "in.dcm", NULL, &why));
        CHECK_FAILS(deidentify(&d, &r, &err), err, SX_ERR_FORMAT,
                    "but the pixel data have an undefined length and hold no compressed stream");
        if (!strstr(err.message, strchr(why.message, ':')))
            fail_msg("\"%s\", but \"%s\"", err.message, why.message);
        dicom_end(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_lengths),
        cmocka_unit_test(bytes_after_the_pixels),
        cmocka_unit_test(plain_data_labelled_as_deflated),
        cmocka_unit_test(uncompressed_pixels_labelled_as_compressed),
        cmocka_unit_test(uncompressed_pixels_in_items),
        cmocka_unit_test(false_lengths_of_the_meta_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
