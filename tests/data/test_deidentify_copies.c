/* Copies of identifying values in numbers and in texts of the device: study dates without the
 * century, parts of identifiers and names, places, free text, and elements in the bytes of private
 * ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/copies.h"
#include "support/dicom.h"

#include "dicom/deid.h"

/* ---- dates ---- */

static void study_dates_in_numbers(void **state) {
    (void)state;
    static const attribute copies[] = {
        INSTANCE("230407"),
        INSTANCE("070423"),
        INSTANCE("040723"),
        INSTANCE("70423"),
        INSTANCE("202304"),
        { 0x0018, 0x1110, "DS", "23.0407", 0 },
        { 0x0028, 0x0030, "DS", "0.230407\\0.230407", 0 },
        { 0x0018, 0x1164, "DS", "23\\0407", 0 },
        STATION("DX230407"),
        STATION("DX 2304071"),
        STATION("7-4-23"),
        STATION("7.4.23"),
        STATION("4/7/23"),
        STATION("cal. 7 Apr 23"),
        STATION("April 2023"),
        STATION("APR23"),
        STATION("7 IV 2023"),
        STATION("7. Apr, Jahr 23"),
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        check_emptied(&(film_case){ { { 0x0008, 0x0020, "DA", "20230407", 0 }, copies[i] } },
                      copies[i].bytes);
        check_emptied(&(film_case){ { { 0x0008, 0x0020, "DA", "07.04.23", 0 }, copies[i] } },
                      copies[i].bytes);
        check_emptied(&(film_case){ { { 0x0010, 0x0030, "DA", "20230407", 0 }, copies[i] } },
                      copies[i].bytes);
    }
}

/* With --keep-dates a number would give the shift away. */
static void numbers_of_shifted_dates(void **state) {
    (void)state;
    static const attribute copies[] = { INSTANCE("230407"), STATION("7.4.23"), STATION("Apr 2023"),
                                        INSTANCE("230408") };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        const bool station = copies[i].group == 8;
        const attribute date = { 0x0008, 0x0020, "DA", "20230407", 0 };
        const attribute a[] = { date, copies[i] };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        CHECK_OK(deidentify_attributes(a, 2, NULL, true, &out, &n, &err), err);
        if (has_value(out, n, &copies[i]) != (i == 3))
            fail_msg("%s%s", station ? "station " : "", (const char *)copies[i].bytes);
        assert_true(has_value(out, n, &date));
        free(out);
    }
}

/* ---- identifiers, names and places ---- */

typedef struct copy_case {
    uint16_t group, element;
    const char *vr, *value, *station;
    bool found;
} copy_case;

static void check_copies(const copy_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const copy_case *c = &cases[i];
        const film_case f = { { { c->group, c->element, c->vr, c->value, 0 },
                                STATION(c->station) } };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        if (c->found) {
            check_emptied(&f, c->station);
            continue;
        }
        CHECK_OK(deidentify_attributes(f.attributes, 2, NULL, false, &out, &n, &err), err);
        if (!has_value(out, n, &f.attributes[1])) fail_msg("%s is not kept", c->station);
        free(out);
    }
}

static void parts_in_texts_of_the_device(void **state) {
    (void)state;
    static const copy_case cases[] = {
        { 0x0010, 0x0020, "LO", "756.1234.5678.97", "75612345678", true },
        { 0x0010, 0x0020, "LO", "A123456789", "A12345", true },
        { 0x0010, 0x0020, "LO", "A123456789", "RX456789", true },
        { 0x0010, 0x0020, "LO", "DEPHOS-1", "DEPHOT", false }, /* no digits in common */
        { 0x0010, 0x0010, "PN", "Hagelstein^Ottilie", "PC_OTTILI2", true },
        { 0x0010, 0x0010, "PN", "Hagelstein^Ottilie", "CTHAGEL", true },
        { 0x0010, 0x0010, "PN", "Hagelstein^Ottilie", "HAGENAU", false },
        { 0x0008, 0x0090, "PN", "Abt^Ute", "ABT-PC", true },
        { 0x0008, 0x0090, "PN", "Abt^Ute", "PC1ABT", true },
        { 0x0008, 0x0090, "PN", "Abt^Ute", "ABTEI", false },
        { 0x0008, 0x0090, "PN", "Abt^Ute^^med.", "GE MED 2", false },
        { 0x0008, 0x0080, "LO", "UKE", "UKE1", true },
        { 0x0008, 0x0080, "LO", "MHH Hannover", "MHH-DX2", true },
        { 0x0008, 0x0080, "LO", "Mayo Clinic", "MAYO3", true },
        { 0x0008, 0x0080, "LO", "Asklepios Klinik Barmbek", "AKB-1", true },
        { 0x0008, 0x0080, "LO", "Kreiskrankenhaus Nord", "KREISKRANKEN", true },
        { 0x0008, 0x0080, "LO", "Medical Imaging West", "Imaging Station", false },
        { 0x0010, 0x4000, "LT", "Begleitung: Tochter Frauke", "FRAUKE", true },
        { 0x0010, 0x21B0, "LT", "Hausarzt Dr. Vogelsang", "PC-VOGELSANG", true },
        { 0x0008, 0x1030, "LO", "LWS Fr. Zwickel", "ZWICKEL 2", true },
        { 0x0008, 0x1030, "LO", "LWS 2 Ebenen", "LWS 2", false },
    };
    check_copies(cases, sizeof cases / sizeof *cases);
}

/* Numbers in comments of a patient. */
static void numbers_in_comments(void **state) {
    (void)state;
    check_emptied(
        &(film_case){ { { 0x0010, 0x4000, "LT", "Pat.-Nr. 5532 alt", 0 }, INSTANCE("5532") } },
        "5532");
    check_emptied(
        &(film_case){ { { 0x0038, 0x4000, "LT", "case 12, then 5532", 0 }, STATION("DX5532") } },
        "DX5532");
    static const copy_case year = { 0x0010, 0x4000, "LT", "since 2019", "DX2019", false };
    check_copies(&year, 1);
}

/* A private creator or another text that repeats the manufacturer does not remove it. */
static void manufacturer_stays(void **state) {
    (void)state;
    static const attribute a[] = {
        { 0x0008, 0x0070, "LO", "FUJI PHOTO FILM Co., ltd.", 0 },
        STATION("XR-2"),
        { 0x0008, 0x1090, "LO", "Fluorospot Compact FD", 0 },
        { 0x0009, 0x0010, "LO", "FUJI PHOTO FILM Co., ltd.", 0 },
        { 0x0009, 0x1001, "LO", "Fluorospot", 0 },
        { 0x0018, 0x1030, "LO", "Fluorospot LWS", 0 },
    };
    static const attribute name = { 0x0010, 0x0010, "PN", "Fuji^Ken", 0 };
    const attribute named[] = { a[0], name };
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    CHECK_OK(deidentify_attributes(a, 6, NULL, false, &out, &n, &err), err);
    for (size_t i = 0; i < 3; i++)
        if (!has_value(out, n, &a[i])) fail_msg("(%04x,%04x)", a[i].group, a[i].element);
    assert_false(has_value(out, n, &a[4]));
    free(out);
    CHECK_OK(deidentify_attributes(named, 2, NULL, false, &out, &n, &err), err);
    assert_false(has_value(out, n, &a[0]));
    free(out);
}

/* ---- elements in the bytes of private ones ---- */

#define ID                                                                                         \
    "\x10\0\x20\0\6\0\0\0"                                                                         \
    "55321A"
#define NAME                                                                                       \
    "\x10\0\x10\0\x0C\0\0\0"                                                                       \
    "Brunnhuber^X"
#define ITEM  "\xFE\xFF\0\xE0"
#define DELIM "\xFE\xFF\xDD\xE0\0\0\0\0"

typedef struct hidden_case {
    const char *bytes;
    size_t n;
} hidden_case;
#define CASE(text)                                                                                 \
    { text, sizeof(text) - 1 }

static void elements_in_private_bytes(void **state) {
    (void)state;
    static const hidden_case cases[] = {
        CASE(ITEM "\x22\0\0\0" ID NAME "\0\0\0\0\0\0\0\0\0\0"),
        CASE(ITEM "\x22\0\0\0" ID NAME "\xFF\xFF"),
        CASE(ITEM "\x22\0\0\0" ID NAME "  "),
        CASE(ITEM "\x4A\0\0\0" ID NAME),
        CASE(ITEM "\xFF\xFF\xFF\xFF" ID NAME),
        CASE("SV10\4\3\2\1" ITEM "\x22\0\0\0" ID NAME),
        CASE("\0\0" ID NAME),
        CASE("\1" ID NAME "\0"),
        CASE(ITEM "\x2E\0\0\0"
                  "\x08\0\x40\x11\x24\0\0\0" ITEM "\x24\0\0\0" ID NAME DELIM),
        CASE("\x10\0\x20\0LO\6\0"
             "55321A"
             "\x10\0\x10\0PN\x0C\0"
             "Brunnhuber^X"),
        CASE("\x10\0\x20\0UT\0\0\6\0\0\0"
             "55321A"
             "\x10\0\x10\0UN\0\0\x0C\0\0\0"
             "Brunnhuber^X"),
        CASE("\0\x10\0\x20\0\0\0\6"
             "55321A"
             "\0\x10\0\x10\0\0\0\x0C"
             "Brunnhuber^X"),
        CASE(ID "\x10\0\x10\0\x0C\0\0\0"
                "Brunnhuber"),
    };
    static const char *const vrs[] = { "OB", "UN" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < 2; k++) {
            const attribute creator = { 0x0029, 0x0010, "LO", "ACME", 0 },
                            bytes = { 0x0029, 0x1010, vrs[k], cases[i].bytes, cases[i].n };
            char what[32];
            snprintf(what, sizeof what, "case %zu, %s", i, vrs[k]);
            if (k && memcmp(cases[i].bytes, "\xFE\xFF", 2) == 0) continue; /* a damaged sequence */
            check_emptied(&(film_case){ { creator, bytes, INSTANCE("55321") } }, what);
            check_emptied(&(film_case){ { creator, bytes, STATION("BRUNNHUBER") } }, what);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(study_dates_in_numbers),       cmocka_unit_test(numbers_of_shifted_dates),
        cmocka_unit_test(parts_in_texts_of_the_device), cmocka_unit_test(numbers_in_comments),
        cmocka_unit_test(manufacturer_stays),           cmocka_unit_test(elements_in_private_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
