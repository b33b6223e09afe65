/* Identifying attributes in other value representations than the standard's, in other spellings,
 * twice in a film, and in sequences that are not marked as such: what repeats them does not stay.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/copies.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/deid_dates.h"

/* ---- other value representations ---- */

static void identifiers_of_any_representation(void **state) {
    (void)state;
    static const char *const texts[] = { "AE", "CS", "DA", "DS", "IS", "LO", "LT", "OB", "OW",
                                         "PN", "SH", "ST", "TM", "UC", "UI", "UN", "UT" };
    static const uint16_t tags[][2] = { { 0x0008, 0x0050 },
                                        { 0x0010, 0x0020 },
                                        { 0x0010, 0x1000 },
                                        { 0x0020, 0x0010 },
                                        { 0x0038, 0x0010 } };
    static const uint8_t number[8] = { 0xA2, 0xC4, 0x0B };
    static const float single = 771234;
    static const double twice = 771234;
    const attribute numbers[] = { { 0, 0, "UL", number, 4 },     { 0, 0, "SL", number, 4 },
                                  { 0, 0, "SV", number, 8 },     { 0, 0, "UV", number, 8 },
                                  { 0, 0, "FL", &single, 4 },    { 0, 0, "FD", &twice, 8 },
                                  { 0, 0, "DS", "7.71234E5", 0 } };
    for (size_t t = 0; t < sizeof tags / sizeof *tags; t++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            check_emptied(&(film_case){ { { tags[t][0], tags[t][1], texts[i], "771234", 0 },
                                          INSTANCE("771234") } },
                          texts[i]);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            film_case c = { { numbers[i], INSTANCE("771234") } };
            c.attributes[0].group = tags[t][0];
            c.attributes[0].element = tags[t][1];
            check_emptied(&c, numbers[i].vr);
        }
    }
}

/* The number of an identifier with a prefix, of which it is the smaller part. */
static void numbers_behind_prefixes(void **state) {
    (void)state;
    static const attribute sources[] = {
        { 0x0008, 0x0050, "SH", "RAD/2021/44815", 0 },
        { 0x0008, 0x0050, "SH", "ORBIS.RAD.44815", 0 },
        { 0x0010, 0x0020, "LO", "PAT-2021-44815", 0 },
        { 0x0010, 0x0020, "LO", "UKD2021-044815", 0 },
        { 0x0010, 0x0020, "LO", "KIS-PATNR-44815", 0 },
    };
    static const attribute comments[] = {
        { 0x0018, 0x4000, "LT", "Pat.-Nr. 44815", 0 },
        { 0x0020, 0x4000, "LT", "Pat.-Nr. 44815", 0 },
    };
    static const attribute copies[] = {
        { 0x0018, 0x1150, "IS", "44815", 0 },    { 0x0020, 0x0011, "IS", "44815", 0 },
        { 0x0020, 0x0012, "IS", "44815", 0 },    { 0x0020, 0x0013, "IS", "0044815", 0 },
        { 0x0018, 0x1000, "LO", "DX-44815", 0 }, { 0x0008, 0x1010, "SH", "DX44815", 0 },
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
            check_emptied(&(film_case){ { sources[k], copies[i] } }, sources[k].bytes);
        for (size_t k = 0; copies[i].group == 0x0020 && k < sizeof comments / sizeof *comments; k++)
            check_emptied(&(film_case){ { comments[k], copies[i] } }, comments[k].bytes);
    }
}

/* Years of identifiers, short numbers and settings of the device repeat no identifier. */
static void ordinary_numbers_stay(void **state) {
    (void)state;
    static const attribute film[] = {
        { 0x0008, 0x0050, "SH", "RAD/2021/44815", 0 },
        { 0x0008, 0x1010, "SH", "DX-ROOM-4481", 0 },
        { 0x0010, 0x0020, "LO", "UKD2021-044816", 0 },
        { 0x0018, 0x0060, "DS", "81.5", 0 },
        { 0x0018, 0x1150, "IS", "448", 0 },
        { 0x0018, 0x1151, "IS", "2021", 0 },
        { 0x0020, 0x0011, "IS", "4481", 0 },
        { 0x0020, 0x0013, "IS", "44817", 0 },
        { 0x0020, 0x4000, "LT", "80 kV, 1250 mA", 0 },
        { 0x0028, 0x1050, "DS", "1250", 0 },
    };
    sx_error err = { 0 };
    uint8_t *out;
    size_t n;
    CHECK_OK(deidentify_attributes(film, sizeof film / sizeof *film, NULL, false, &out, &n, &err),
             err);
    for (size_t i = 0; i < sizeof film / sizeof *film; i++) {
        const bool removed = i == 0 || i == 2 || i == 8;
        if (!removed && !has_value(out, n, &film[i])) fail_msg("%s", (const char *)film[i].bytes);
    }
    free(out);
}

static void names_of_any_representation(void **state) {
    (void)state;
    static const char *const all[] = { "LO", "LT", "OB", "SH", "ST", "UN", "UC", "UT" };
    static const uint16_t tags[][2] = {
        { 0x0008, 0x0090 }, { 0x0008, 0x1070 }, { 0x0010, 0x0010 }, { 0x0010, 0x1060 }
    };
    for (size_t t = 0; t < sizeof tags / sizeof *tags; t++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            check_emptied(
                &(film_case){ { { tags[t][0], tags[t][1], all[i], "Quastenflosser^Xenia", 0 },
                                STATION("XENIA") } },
                all[i]);
}

static void birth_dates_of_any_representation(void **state) {
    (void)state;
    static const struct {
        const char *vr, *date, *station;
    } cases[] = {
        { "LO", "24.09.1961", "240961" },     { "LO", "24.09.1961", "19610924" },
        { "SH", "1961-09-24", "240961" },     { "DA", "1961.09.24", "24091961" },
        { "DA", "24SEP1961", "19610924" },    { "UN", "19610924", "240961" },
        { "ST", "24. Sept. 61", "19610924" }, { "LO", "240961", "19610924" },
        { "IS", "24091961", "19610924" },     { "DA", "196109", "196109" },
        { "DT", "196109241200", "610924" },   { "LO", "9/24/1961", "1961-09-24" },
    };
    static const uint8_t number[4] = { 0x2C, 0x3D, 0x2B, 0x01 };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0030, cases[i].vr, cases[i].date, 0 },
                                      STATION(cases[i].station) } },
                      cases[i].date);
    check_emptied(&(film_case){ { { 0x0010, 0x0030, "UL", number, 4 }, STATION("24.09.1961") } },
                  "UL 19610924");
}

static void dates_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text, *dates; /* sorted */
    } cases[] = {
        { "19610924", "19610924" },
        { "19610924120000.5", "19610924" },
        { "1961-09-24 12:30", "19610924" },
        { "24.09.1961", "19610924" },
        { "9/24/1961", "19610924" },
        { "3/4/1961", "19610403 19610304" },
        { "born 24 September 1961", "19610924" },
        { "SEP 24, 1961", "19610924" },
        { "1. Mai 1961", "19610501" },
        { "24091961", "19610924" },
        { "240961", "19610924 20610924" },
        { "24.09.61", "19610924 20610924" },
        { "196109", "" },
        { "31.31.1961", "" },
        { "1961", "" },
        { "", "" },
        { "771234567890", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dates[SX_DEID_DATES][9], all[SX_DEID_DATES * 9 + 1] = "";
        const size_t n = sx_deid_dates(cases[i].text, dates);
        for (size_t k = 0; k < n; k++)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? " " : "", dates[k]);
        if (strcmp(all, cases[i].dates) != 0) fail_msg("'%s': %s", cases[i].text, all);
    }
}

/* ---- twice ---- */

static void attributes_that_occur_twice(void **state) {
    (void)state;
    const attribute one[] = { STATION("ZWIRBEL"),
                              { 0x0010, 0x0010, "PN", "Quastenflosser^Xenia", 0 },
                              { 0x0010, 0x0020, "LO", "ZK77123", 0 },
                              { 0x0010, 0x0020, "LO", "ZK88234", 0 },
                              { 0x0018, 0x0015, "CS", "LSPINE", 0 } };
    static const struct {
        attribute late;
        const char *message; /* NULL: de-identified */
    } cases[] = {
        { { 0x0010, 0x0010, "PN", "Zwirbel^Otto", 0 }, "in: (0010,0010) occurs more than once" },
        { { 0x0010, 0x0010, "UN", "Zwirbel^Otto", 0 }, "in: (0010,0010) occurs more than once" },
        { { 0x0010, 0x0020, "LO", "ZK77123", 0 }, "in: (0010,0020) occurs more than once" },
        { { 0x0018, 0x0015, "CS", "LSPINE", 0 }, NULL }, /* a value that is kept */
        { { 0x0010, 0x4000, "LT", "Zwirbel", 0 }, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const attribute first[] = { one[0], one[1], one[2], one[4] };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        const bool ok = deidentify_attributes(first, 4, &cases[i].late, false, &out, &n, &err);
        if (cases[i].message)
            CHECK_FAILS(ok, err, SX_ERR_FORMAT, cases[i].message);
        else
            CHECK_OK(ok, err);
        free(out);
    }
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    CHECK_FAILS(deidentify_attributes(one, 5, NULL, false, &out, &n, &err), err, SX_ERR_FORMAT,
                "in: (0010,0020) occurs more than once");
}

static void attributes_that_occur_twice_in_an_item(void **state) {
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        test_dicom like = { .implicit = false }, item;
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        dicom_item(&item, &like);
        dicom_text(&item, SX_TAG(0x0010, 0x0020), "LO", "AB-55321");
        if (twice) dicom_text(&item, SX_TAG(0x0010, 0x0020), "LO", "AB-55322");
        sx_str value = { 0 };
        sx_str_append_le(&value, 0xE000FFFE, 4);
        sx_str_append_le(&value, item.bytes.len, 4);
        sx_str_append(&value, item.bytes.data, item.bytes.len);
        const attribute a[] = { { 0x0010, 0x1002, "SQ", value.data, value.len } };
        const bool ok = deidentify_attributes(a, 1, NULL, false, &out, &n, &err);
        if (twice)
            CHECK_FAILS(ok, err, SX_ERR_FORMAT, "in: (0010,0020) occurs more than once");
        else
            CHECK_OK(ok, err);
        free(out);
        sx_str_free(&value);
        dicom_end(&item);
    }
}

/* ---- sequences that are not marked ---- */

/* An item in implicit or explicit VR with a name, in `depth` sequences. */
static void put_item(sx_str *to, int depth, bool explicit_vr, const char *name) {
    sx_str inner = { 0 };
    if (depth > 0)
        put_item(&inner, depth - 1, explicit_vr, name);
    else
        sx_str_add(&inner, name);
    sx_str_append_le(to, 0xE000FFFE, 4);
    sx_str_append_le(to, inner.len + (explicit_vr && depth > 0 ? 12 : 8), 4);
    sx_str_append_le(to, depth > 0 ? 0x10120029 : 0x00100010, 4);
    if (explicit_vr) sx_str_append(to, depth > 0 ? "SQ\0" : "PN", depth > 0 ? 4 : 2);
    sx_str_append_le(to, inner.len, explicit_vr && depth == 0 ? 2 : 4);
    sx_str_append(to, inner.data, inner.len);
    sx_str_free(&inner);
}

static void names_in_sequences_of_unknown_representation(void **state) {
    (void)state;
    static const char *const bytes[] = { "OB", "OW" };
    for (int depth = 0; depth < 4; depth++) {
        sx_str value = { 0 };
        put_item(&value, depth, false, "Zwirbel^Otto");
        check_emptied(&(film_case){ { { 0x0029, 0x0010, "LO", "ACME", 0 },
                                      { 0x0029, 0x1001, "UN", value.data, value.len },
                                      STATION("ZWIRBEL") } },
                      "private");
        for (int i = 0; i < 4; i++) {
            sx_str own = { 0 };
            put_item(&own, depth, i / 2, "Zwirbel^Otto");
            if (depth % 2) sx_str_append_le(&own, 0xE0DDFFFE, 8);          /* of undefined length */
            if (depth >= 2) sx_str_append_le(&own, 0, depth == 2 ? 2 : 8); /* padded */
            check_emptied(&(film_case){ { { 0x0029, 0x0010, "LO", "ACME", 0 },
                                          { 0x0029, 0x1001, bytes[i % 2], own.data, own.len },
                                          STATION("ZWIRBEL") } },
                          bytes[i % 2]);
            sx_str_free(&own);
        }
        check_emptied(
            &(film_case){ { { 0x0010, 0x1002, "UN", value.data, value.len }, STATION("ZWIRBEL") } },
            "of the standard");
        sx_str_free(&value);
    }
}

/* More than 32 deep, and with a length beyond its end. */
static void broken_sequences_of_unknown_representation(void **state) {
    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        sx_str value = { 0 };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        put_item(&value, broken ? 1 : 40, false, "Zwirbel^Otto");
        if (broken) value.data[12]++;
        const attribute a[] = { { 0x0029, 0x1001, "UN", value.data, value.len } };
        const attribute data[] = { { 0x0029, 0x1001, "OB", value.data, value.len } };
        CHECK_OK(deidentify_attributes(data, 1, NULL, false, &out, &n, &err),
                 err); /* not a sequence */
        free(out);
        CHECK_FAILS(deidentify_attributes(a, 1, NULL, false, &out, &n, &err), err, SX_ERR_FORMAT,
                    broken ? "truncated" : "nested more than 32 deep");
        sx_str_free(&value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_of_any_representation),
        cmocka_unit_test(numbers_behind_prefixes),
        cmocka_unit_test(ordinary_numbers_stay),
        cmocka_unit_test(names_of_any_representation),
        cmocka_unit_test(birth_dates_of_any_representation),
        cmocka_unit_test(dates_as_people_write_them),
        cmocka_unit_test(attributes_that_occur_twice),
        cmocka_unit_test(attributes_that_occur_twice_in_an_item),
        cmocka_unit_test(names_in_sequences_of_unknown_representation),
        cmocka_unit_test(broken_sequences_of_unknown_representation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
