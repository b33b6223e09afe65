/* De-identification of films that are not written as the standard says. */
#define _GNU_SOURCE /* memmem */
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/deidentified.h"

#include "dicom/deid_rewrite.h"
#include "dicom/dicom_film.h"

#define IMPLICIT "1.2.840.10008.1.2"
#define EXPLICIT "1.2.840.10008.1.2.1"
#define BIG      "1.2.840.10008.1.2.2"
#define RLE      "1.2.840.10008.1.2.5"
#define NAME     "Quastenflosser^Xenia"
#define STATION  "QUASTENFLOSSER"

static const uint16_t pixels[16] = { 0, 1, 2, 0x102, 4095, 77, 300, 2000, 5, 4, 3, 2, 1, 9, 8, 7 };

static const sx_deid_options keep_device = { .keep_device = true };

static void put_pixels(test_dicom *d, bool compressed) {
    sx_str rle = { 0 };
    dicom_image(d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
    if (!compressed) {
        dicom_pixels(d, pixels, 16);
        return;
    }
    encode_rle(pixels, 16, &rle);
    dicom_fragments(d, &rle, 1);
    sx_str_free(&rle);
}

/* The result is what its meta header says, and has the film's values. */
static void check_result(const deidentified *r, const char *syntax) {
    sx_error err = { 0 };
    sx_part10 p;
    uint8_t *again;
    size_t n;
    CHECK_OK(sx_part10_read(&p, r->bytes, r->n, &err), err);
    assert_true(p.is_dicom && !p.unusual && p.group_length);
    assert_string_equal(p.transfer_syntax, syntax);
    CHECK_OK(sx_deid_rewrite(r->bytes, r->n, &again, &n, &err), err);
    assert_null(again);
    sx_film *f = sx_film_from_memory(r->bytes, r->n, "out.dcm", NULL, &err);
    CHECK_OK(f, err);
    for (size_t v = 0; v < 16; v++)
        assert_int_equal(sx_film_value(f, v), pixels[v]);
    sx_film_free(f);
}

static bool holds(const deidentified *r, const char *text) {
    return memmem(r->bytes, r->n, text, strlen(text)) != NULL;
}

/* ---- how the film as a whole is written ---- */

enum { PREAMBLE = 1, DICM = 2, META = 4, META_IMPLICIT = 8, META_BIG = 16 };

static void begin(test_dicom *d, int with, const char *label) {
    static const char preamble[128] = "NGUYEN VAN AN";
    const test_dicom data = *d;
    dicom_item(d, &data);
    if (with & PREAMBLE) sx_str_append(&d->bytes, preamble, sizeof preamble);
    if (with & DICM) sx_str_add(&d->bytes, "DICM");
    d->implicit = with & META_IMPLICIT;
    d->big_endian = with & META_BIG;
    if (with & META) {
        dicom_bytes(d, SX_TAG(0x0002, 0x0001), "OB", "\0\1", 2);
        dicom_text(d, SX_TAG(0x0002, 0x0003), "UI", "9.8.7.6.5.4.3.21");
        dicom_text(d, SX_TAG(0x0002, 0x0010), "UI", label);
    }
    d->implicit = data.implicit;
    d->big_endian = data.big_endian;
}

static void beginnings_and_labels(void **state) {
    (void)state;
    static const struct {
        int with;
        const char *label;
        bool implicit, big;
        const char *result;
    } cases[] = {
        { 0, "", false, false, EXPLICIT },
        { 0, "", true, false, IMPLICIT },
        { 0, "", false, true, BIG },
        { PREAMBLE, "", false, false, EXPLICIT },
        { PREAMBLE, "", true, false, IMPLICIT },
        { PREAMBLE | DICM, "", false, false, EXPLICIT },
        { META, EXPLICIT, false, false, EXPLICIT },
        { DICM | META, EXPLICIT, false, false, EXPLICIT },
        { PREAMBLE | META, IMPLICIT, true, false, IMPLICIT },
        { PREAMBLE | DICM | META | META_IMPLICIT, EXPLICIT, false, false, EXPLICIT },
        { PREAMBLE | DICM | META | META_IMPLICIT, IMPLICIT, true, false, IMPLICIT },
        { PREAMBLE | DICM | META | META_BIG, EXPLICIT, false, false, EXPLICIT },
        { PREAMBLE | DICM | META | META_BIG, BIG, false, true, BIG },
        { PREAMBLE | DICM | META, EXPLICIT, true, false, IMPLICIT },
        { PREAMBLE | DICM | META, EXPLICIT, false, true, BIG },
        { PREAMBLE | DICM | META, IMPLICIT, false, false, EXPLICIT },
        { PREAMBLE | DICM | META, IMPLICIT, false, true, BIG },
        { PREAMBLE | DICM | META, BIG, false, false, EXPLICIT },
        { PREAMBLE | DICM | META, BIG, true, false, IMPLICIT },
        { META, RLE, false, false, RLE },
        { PREAMBLE | DICM | META, RLE, true, false, RLE },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d = { .implicit = cases[i].implicit, .big_endian = cases[i].big };
        deidentified r;
        sx_error err = { 0 };
        begin(&d, cases[i].with, cases[i].label);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_text(&d, SX_TAG(0x0008, 0x1010), "SH", STATION);
        dicom_text(&d, SX_TAG(0x0010, 0x0010), "PN", NAME);
        put_pixels(&d, strcmp(cases[i].result, RLE) == 0);
        if (!deidentify_with(&d, &keep_device, &r, &err)) fail_msg("%zu: %s", i, err.message);
        check_result(&r, cases[i].result);
        if (holds(&r, STATION) || holds(&r, "Quasten") || holds(&r, "NGUYEN") ||
            holds(&r, "9.8.7.6.5"))
            fail_msg("%zu: a value survives", i);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* ---- how single elements are written ---- */

static void unknown_vr(test_dicom *d) {
    dicom_text(d, SX_TAG(0x0010, 0x0010), "??", NAME);
}

static void lower_case(test_dicom *d) {
    dicom_text(d, SX_TAG(0x0010, 0x0010), "pn", NAME);
}

static void implicit_element(test_dicom *d) {
    d->implicit = true;
    dicom_text(d, SX_TAG(0x0010, 0x0010), "", NAME);
    d->implicit = false;
}

static void short_length(test_dicom *d) {
    sx_str_append(&d->bytes, "\x10\0\x10\0UN\x14\0" NAME, 28);
}

/* An item of a sequence of undefined length. */
static void put_sequence(test_dicom *d, const char *vr, bool implicit, uint32_t tag) {
    static const uint8_t item[] = { 0xFE, 0xFF, 0, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t ends[] = { 0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0,
                                    0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0 };
    const uint8_t head[] = { (uint8_t)(tag >> 16),
                             0,
                             (uint8_t)tag,
                             (uint8_t)(tag >> 8),
                             (uint8_t)vr[0],
                             (uint8_t)vr[1],
                             0,
                             0,
                             0xFF,
                             0xFF,
                             0xFF,
                             0xFF };
    sx_str_append(&d->bytes, head, sizeof head);
    sx_str_append(&d->bytes, item, sizeof item);
    d->implicit = implicit;
    dicom_text(d, SX_TAG(0x0010, 0x0010), "PN", NAME);
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", "P1");
    d->implicit = false;
    sx_str_append(&d->bytes, ends, sizeof ends);
}

static void implicit_items(test_dicom *d) {
    put_sequence(d, "SQ", true, 0x00101002);
}

static void items_of_un(test_dicom *d) {
    put_sequence(d, "UN", false, 0x00101002);
}

static void items_of_unknown_vr(test_dicom *d) {
    put_sequence(d, "ZZ", false, 0x00101002);
}

/* Of defined length, in the other encoding. */
static void short_items(test_dicom *d) {
    test_dicom item;
    dicom_item(&item, &(test_dicom){ .implicit = true });
    dicom_text(&item, SX_TAG(0x0010, 0x0010), "PN", NAME);
    dicom_text(&item, SX_TAG(0x0010, 0x0020), "LO", "P1");
    dicom_sequence(d, SX_TAG(0x0010, 0x1002), &item);
    dicom_end(&item);
}

/* Of an element that no dictionary has, nothing is known but that it goes. */
static void private_element(test_dicom *d) {
    dicom_text(d, SX_TAG(0x0011, 0x0010), "LO", "ACME");
    dicom_text(d, SX_TAG(0x0011, 0x1001), "??", NAME);
}

/* The name is found where it is repeated, in whatever form it is written. */
static void elements_in_other_forms(void **state) {
    (void)state;
    static const struct {
        void (*put)(test_dicom *d);
        const char *what; /* NULL: the copy stays */
    } cases[] = {
        { unknown_vr, "unknown VR" },
        { lower_case, "lower case" },
        { implicit_element, "implicit" },
        { short_length, "a length of 16 bits" },
        { implicit_items, "implicit items" },
        { items_of_un, "items of UN" },
        { items_of_unknown_vr, "items of an unknown VR" },
        { short_items, "items of defined length" },
        { private_element, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        test_dicom d;
        deidentified r;
        sx_error err = { 0 };
        dicom_begin(&d, EXPLICIT);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_text(&d, SX_TAG(0x0008, 0x1010), "SH", STATION);
        cases[i].put(&d);
        put_pixels(&d, false);
        if (!deidentify_with(&d, &keep_device, &r, &err))
            fail_msg("%s: %s", cases[i].what, err.message);
        check_result(&r, EXPLICIT);
        if (holds(&r, "Quasten") || holds(&r, STATION) != (cases[i].what == NULL))
            fail_msg("%s: the name, or its copy", cases[i].what);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* Numbers of unknown VR keep their meaning. */
static void numbers_of_unknown_vr(void **state) {
    (void)state;
    static const uint16_t descriptor[] = { 4, 0, 16 }, entries[] = { 10, 20, 30, 40 };
    for (int i = 0; i < 2; i++) {
        test_dicom d, item;
        deidentified r;
        sx_error err = { 0 };
        dicom_begin(&d, EXPLICIT);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_image(&d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
        dicom_item(&item, &d);
        item.implicit = i;
        dicom_words(&item, SX_TAG(0x0028, 0x3002), i ? "" : "??", descriptor, 3);
        dicom_words(&item, SX_TAG(0x0028, 0x3006), i ? "" : "??", entries, 4);
        dicom_sequence(&d, SX_TAG(0x0028, 0x3010), &item);
        dicom_end(&item);
        dicom_pixels(&d, pixels, 16);
        CHECK_OK(deidentify_with(&d, &keep_device, &r, &err), err);
        check_result(&r, EXPLICIT);
        sx_film *f = sx_film_from_memory(r.bytes, r.n, "out.dcm", NULL, &err);
        CHECK_OK(f, err);
        assert_int_equal(f->info.voi_lut.count, 4);
        for (int k = 0; k < 4; k++)
            assert_int_equal(f->info.voi_lut.entries[k], entries[k]);
        sx_film_free(f);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* What cannot be read to its end is rejected, not cut. */
static void damaged_items(void **state) {
    (void)state;
    static const char *const items[] = {
        /* an element of an item claims more bytes than the item has; another element in its place
         */
        "\xFE\xFF\x00\xE0\x0A\0\0\0\x10\0\x10\0\x14\0\0\0AB",
        "\xFE\xFF\x00\xE0\x00\0\0\0\x10\0\x10\0\x00\0\0\0\0\0",
    };
    for (size_t i = 0; i < 2; i++) {
        test_dicom d;
        deidentified r;
        sx_error err = { 0 };
        dicom_begin(&d, EXPLICIT);
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_bytes(&d, SX_TAG(0x0010, 0x1002), "SQ", items[i], 18);
        put_pixels(&d, false);
        CHECK_FAILS(deidentify_with(&d, &keep_device, &r, &err), err, SX_ERR_FORMAT,
                    i ? "(0010,0010) found instead of an item of a sequence" : "truncated: ");
        dicom_end(&d);
    }
}

static void unknown_syntax(void **state) {
    (void)state;
    test_dicom d;
    deidentified r;
    sx_error err = { 0 };
    dicom_begin(&d, "1.2.840.113619.5.2");
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    put_pixels(&d, false);
    CHECK_FAILS(deidentify_with(&d, &keep_device, &r, &err), err, SX_ERR_UNSUPPORTED,
                "in.dcm: the transfer syntax 1.2.840.113619.5.2 is not known");
    dicom_end(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beginnings_and_labels), cmocka_unit_test(elements_in_other_forms),
        cmocka_unit_test(numbers_of_unknown_vr), cmocka_unit_test(damaged_items),
        cmocka_unit_test(unknown_syntax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
