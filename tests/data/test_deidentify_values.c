/* What stays of a film: values that are valid and the standard's, and the bits of its pixels. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/deid_secrets.h"
#include "dicom/deid_values.h"
#include "dicom/dicom_film.h"

static const uint8_t key[] = "a key of thirty-two bytes, or so";

typedef struct value_case {
    uint32_t tag;
    const char *vr, *value, *want; /* want NULL: emptied */
} value_case;

static void values_are_valid(void **state) {
    (void)state;
    static const value_case cases[] = {
        { SX_TAG(0x0018, 0x0015), "CS", "Room 4, Dr Smith", NULL },
        { SX_TAG(0x0018, 0x0015), "CS", "MUELLER", NULL },
        { SX_TAG(0x0018, 0x0015), "CS", "LSPINE", "LSPINE" },
        { SX_TAG(0x0018, 0x0015), "CS", "Lspine", "LSPINE" },
        { SX_TAG(0x0028, 0x0004), "CS", "monochrome2", "MONOCHROME2" },
        { SX_TAG(0x0008, 0x0060), "CS", "ZZACC99", NULL },
        { SX_TAG(0x0008, 0x0060), "CS", "DX", "DX" },
        { SX_TAG(0x0018, 0x9999), "CS", "YES", "YES" },
        { SX_TAG(0x0018, 0x9999), "CS", "ANYTHING", NULL },
        { SX_TAG(0x0020, 0x0020), "CS", "L", "L" },
        { SX_TAG(0x0020, 0x0020), "CS", "AFL", "AFL" },
        { SX_TAG(0x0020, 0x0020), "CS", "HAP", NULL },
        { SX_TAG(0x0028, 0x1054), "LO", "HU", "HU" },
        { SX_TAG(0x0028, 0x1054), "LO", "DOE JANE", NULL },
        { SX_TAG(0x0020, 0x0013), "IS", "ZZDOE", NULL },
        { SX_TAG(0x0020, 0x0013), "IS", "12", "12" },
        { SX_TAG(0x0020, 0x0013), "IS", "-3", "-3" },
        { SX_TAG(0x0020, 0x0013), "IS", "19510203", NULL }, /* a date, or an identifier */
        { SX_TAG(0x0020, 0x0013), "IS", "1.5", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "2047.5", "2047.5" },
        { SX_TAG(0x0028, 0x1050), "DS", "-1.5E+2", "-1.5E+2" },
        { SX_TAG(0x0028, 0x1050), "DS", "2047,5", "2047.5" },
        { SX_TAG(0x0028, 0x1050), "DS", "-1,5E+2", "-1.5E+2" },
        { SX_TAG(0x0028, 0x1050), "DS", "2,047,5", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "2,047.5", NULL },
        { SX_TAG(0x0020, 0x0013), "IS", "12,5", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "4711998877", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "12 DOE", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "nan", NULL },
        { SX_TAG(0x0028, 0x1050), "DS", "0x10", NULL },
        { SX_TAG(0x0028, 0x0030), "DS", "0.14300000000000000", "0.143" },
        { SX_TAG(0x0008, 0x0030), "TM", "101112.123456", "101112.123456" },
        { SX_TAG(0x0008, 0x0030), "TM", "10", "10" },
        { SX_TAG(0x0008, 0x0030), "TM", "1011", "1011" },
        { SX_TAG(0x0008, 0x0030), "TM", "235960", "235960" },
        { SX_TAG(0x0008, 0x0030), "TM", "20201001", NULL }, /* a date */
        { SX_TAG(0x0008, 0x0030), "TM", "195102", "195102" },
        { SX_TAG(0x0008, 0x0030), "TM", "240000", NULL },
        { SX_TAG(0x0008, 0x0030), "TM", "106000", NULL },
        { SX_TAG(0x0008, 0x0030), "TM", "ZZDOE 10:30", NULL },
        { SX_TAG(0x0008, 0x0030), "TM", "10.5", NULL },
        { SX_TAG(0x0008, 0x0030), "TM", "101112.1234567", NULL },
        { SX_TAG(0x0008, 0x0022), "DA", "20190412", "20190412" },
        { SX_TAG(0x0008, 0x0022), "DA", "20190431", NULL },
        { SX_TAG(0x0008, 0x0022), "DA", "20190412 DOE", NULL },
        { SX_TAG(0x0008, 0x002A), "DT", "20190412101112.5+0100", "20190412101112.5+0100" },
        { SX_TAG(0x0008, 0x002A), "DT", "20190412 DOE", NULL },
        { SX_TAG(0x0008, 0x002A), "DT", "2019041210+0100X", NULL },
        { SX_TAG(0x0010, 0x1010), "AS", "071Y", "071Y" },
        { SX_TAG(0x0010, 0x1010), "AS", "71Y", NULL },
        { SX_TAG(0x0010, 0x1010), "AS", "071Y DOE", NULL },
        { SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1",
          "1.2.840.10008.5.1.4.1.1.1.1" },
        { SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.4711998877", NULL },
        { SX_TAG(0x0018, 0x1000), "LO", "SN 42", "SN 42" },
        { SX_TAG(0x0018, 0x1000), "LO", "M\xC3\xBCller", NULL },
        { SX_TAG(0x0018, 0x9999), "UT", "any text", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const value_case *c = &cases[i];
        char out[SX_DEID_VALUE];
        const bool stays = sx_deid_value(c->tag, c->vr, c->value, out);
        if (stays != (c->want != NULL) || (stays && strcmp(out, c->want) != 0))
            fail_msg("%s '%s': got '%s'", c->vr, c->value, stays ? out : "(emptied)");
    }
}

static void codes_are_of_the_list(void **state) {
    (void)state;
    assert_string_equal(sx_deid_code("SCT", "122496007"), "Lumbar spine");
    assert_string_equal(sx_deid_code("SRT", "R-10206"), "antero-posterior");
    assert_string_equal(sx_deid_code("DCM", "113090"), "Image stitching");
    assert_null(sx_deid_code("SCT", "122496008"));
    assert_null(sx_deid_code("99HOSPITAL", "122496007"));
}

static void add_code(test_dicom *d, const char *value, const char *scheme) {
    test_dicom item;
    dicom_item(&item, d);
    dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", value);
    dicom_text(&item, SX_TAG(0x0008, 0x0102), "SH", scheme);
    dicom_text(&item, SX_TAG(0x0008, 0x0103), "SH", "OF DOE");
    dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO", "DOE JANE");
    dicom_sequence(d, SX_TAG(0x0054, 0x0220), &item);
    dicom_end(&item);
}

static void codes_of_a_film(void **state) {
    (void)state;
    for (int known = 0; known < 2; known++) {
        const sx_deid_options o = { .key = key, .key_size = sizeof key };
        test_dicom d;
        sx_deid_pair pairs[SX_DEID_PAIRS];
        char cleaned[SX_DEID_NOTE];
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
        add_code(&d, known ? "399348003" : "399348004", "SCT");
        dicom_pixels(&d, (const uint16_t[4]){ 0 }, 4);
        CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err),
                 err);
        assert_int_equal(memmem(out, n, "antero-posterior", 16) != NULL, known);
        assert_int_equal(memmem(out, n, known ? "399348003" : "399348004", 9) != NULL, known);
        assert_null(memmem(out, n, "DOE", 3));
        free(out);
        dicom_end(&d);
    }
}

typedef struct match_case {
    sx_secret_kind kind;
    const char *secret, *text;
    sx_secret_place place;
    bool found;
} match_case;

static void secrets_in_any_spelling(void **state) {
    (void)state;
    static const match_case cases[] = {
        { SX_SECRET_NAME, "MUELLER^HANSI", "HANSI MUELLER", SX_PLACE_TERM, true },
        { SX_SECRET_NAME, "MUELLER^HANSI", "mueller", SX_PLACE_TERM, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Hans", "MULLER", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "M\xC3\xBCller^Hans", "MUELLER", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "M\xFCller^Hans", "muller", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "Nguy\xE1\xBB\x85n^An", "ROOM OF NGUYEN", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "Mu\xCC\x88ller^Hans", "MUELLER", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "LE^VAN^AN", "AN LE VAN", SX_PLACE_TEXT, true },
        { SX_SECRET_NAME, "LE^VAN^AN", "LEVEL", SX_PLACE_TEXT, false },
        { SX_SECRET_NAME, "CHES^JOE", "CHEST", SX_PLACE_TERM, false }, /* another word */
        { SX_SECRET_ID, "00471199", "471199", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "471199", "000471199", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "471199", "4711.99", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "471199", "1471199", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "12345", "12345.0", SX_PLACE_NUMBER, true }, /* the same value */
        { SX_SECRET_ID, "0012345", "+12345.00", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "123456", "1.23456E5", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "123456", "12345600e-2", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "123456", "12.3456E1", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "PID123456", "1.23456E5", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "87734", "room 8.7734E4 10", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "38890", "038^890 10", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "038890", "7 0 38 8 90", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "38890", "138 890", SX_PLACE_TEXT, false },
        { SX_SECRET_ID, "123456", "1.23457E5", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "12345", "2345.0", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "1435", "0.1435", SX_PLACE_NUMBER, false }, /* a pixel's size */
        { SX_SECRET_ID, "1435", "0.14350", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "PID-4711-X", "pid 4711 x", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "00999", "00999", SX_PLACE_NUMBER, true }, /* only with its zeros */
        { SX_SECRET_ID, "00999", "+00999.0", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "00999", "ROOM 00999", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "00999", "00-999", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "P00999", "00999", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "0001", "0001", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "0001", "1.0001", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "00999", "999", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "00999", "0999", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "00999", "100999", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "099", "099", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "12", "12", SX_PLACE_NUMBER, false },       /* too short to identify */
        { SX_SECRET_ID, "P12345", "12345", SX_PLACE_NUMBER, true }, /* the digits of an id */
        { SX_SECRET_ID, "P12345", "12345.0", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "P12345", "-1.2345E4", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "P0012345", "012345", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "P12345", "SN12345", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "P12345", "SN 12 345", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "P12345", "112345", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "P12345", "12.345", SX_PLACE_NUMBER, false }, /* a measurement */
        { SX_SECRET_ID, "P12345", "LEVEL12345", SX_PLACE_TERM, false },
        { SX_SECRET_ID, "12345/A", "12345", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "12345-7", "12345", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "A-12-B-345", "12345", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "ACC7781", "7781", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "ACC7781", "7781", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "ACC781", "781", SX_PLACE_NUMBER, false }, /* too short */
        { SX_SECRET_ID, "ACC0781", "781", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "STUDY2024", "2024", SX_PLACE_NUMBER, false }, /* less than half of it */
        { SX_SECRET_ID, "PAT-2021-44815", "44815", SX_PLACE_NUMBER, true }, /* any run of it */
        { SX_SECRET_ID, "UKD2021-044815", "44815", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "RAD/2021/44815", "0044815", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "RAD/2021/44815", "2021", SX_PLACE_NUMBER, false }, /* a year */
        { SX_SECRET_ID, "ORBIS.RAD.44815", "DX-44815", SX_PLACE_TEXT, true },
        { SX_SECRET_ID, "RIS-XRAY-4815", "4815", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "RIS-XRAY-0815", "0815", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "RIS-XRAY-0815", "815", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "RIS-XRAY-2101", "2101", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "RIS-XRAY-2100", "2100", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "RIS-XRAY-1900", "1900", SX_PLACE_NUMBER, false },
        { SX_SECRET_ID, "RIS-XRAY-1899", "1899", SX_PLACE_NUMBER, true },
        { SX_SECRET_ID, "HOSPITAL-12-34", "1234", SX_PLACE_NUMBER, false },
        { SX_SECRET_TEXT, "room 12345", "12345", SX_PLACE_NUMBER, false },
        { SX_SECRET_BIRTH, "19570312", "195703", SX_PLACE_NUMBER, true }, /* a time, too */
        { SX_SECRET_BIRTH, "19570312", "195703.50", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19570312", "031957", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19570312", "195704", SX_PLACE_NUMBER, false },
        { SX_SECRET_BIRTH, "19570312", "1957", SX_PLACE_NUMBER, false },
        { SX_SECRET_DATE, "19570312", "195703", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19570302", "195732", SX_PLACE_NUMBER, true }, /* without zeros */
        { SX_SECRET_BIRTH, "19570312", "1957.312", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19570302", "231957", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19570302", "57302", SX_PLACE_NUMBER, false }, /* too short */
        { SX_SECRET_DATE, "19570302", "195732", SX_PLACE_NUMBER, true },
        { SX_SECRET_BIRTH, "19510203", "1951-02-03", SX_PLACE_TEXT, true },
        { SX_SECRET_BIRTH, "19510203", "03.02.1951", SX_PLACE_TEXT, true },
        { SX_SECRET_BIRTH, "19510203", "02/03/1951", SX_PLACE_TEXT, true },
        { SX_SECRET_BIRTH, "19510203", "030251", SX_PLACE_NUMBER, true },
        { SX_SECRET_DATE, "19510203", "030251", SX_PLACE_NUMBER, true },
        { SX_SECRET_INSTITUTION, "Saint Elsewhere", "ELSEWHERE ROOM 4", SX_PLACE_TEXT, true },
        { SX_SECRET_TEXT, "call 555019977", "0555019977", SX_PLACE_NUMBER, true },
        { SX_SECRET_TEXT, "CHEST PA", "CHEST", SX_PLACE_TERM, false },
        { SX_SECRET_ID, "HG9044", "Fall HG9044", SX_PLACE_LABEL, true },
        { SX_SECRET_ID, "HG9044", "Fall 9044", SX_PLACE_LABEL, true },
        { SX_SECRET_ID, "HGX", "Fall HGX", SX_PLACE_LABEL, false },
        { SX_SECRET_ID, "HGXY", "Fall HGXY 2", SX_PLACE_LABEL, true },
        { SX_SECRET_ID, "TEST", "contested finding", SX_PLACE_LABEL, false },
        { SX_SECRET_BIRTH, "19470506", "b. 6.5.1947", SX_PLACE_LABEL, true },
        { SX_SECRET_BIRTH, "19470506", "Befund 470506", SX_PLACE_LABEL, true },
        { SX_SECRET_DATE, "20190714", "14.07.2019", SX_PLACE_LABEL, true },
        { SX_SECRET_SHIFTED, "20190714", "7/14/2019", SX_PLACE_LABEL, true },
        { SX_SECRET_UID, "1.2.3.99.0", "film 1.2.3.99.0", SX_PLACE_LABEL, true },
        { SX_SECRET_NAME, "Hagelstein^O", "Osteophyte Hagelstein", SX_PLACE_LABEL, true },
        { SX_SECRET_NAME, "Hagelstein^O", "Hagel\xE2\x80\xA8stein", SX_PLACE_LABEL, false },
        { SX_SECRET_NAME, "Hagelstein^O", "HAGELSTEINS", SX_PLACE_FREE_LABEL, true },
        { SX_SECRET_NAME, "Hagelstein^O", "FXHAGELSTEIN", SX_PLACE_FREE_LABEL, true },
        { SX_SECRET_NAME, "Hagelstein^O", "HAGELST", SX_PLACE_FREE_LABEL, true },
        { SX_SECRET_NAME, "Hagelstein^O", "HAGENAU", SX_PLACE_FREE_LABEL, false },
        { SX_SECRET_NAME, "Hose^Li", "KYPHOSE", SX_PLACE_FREE_LABEL, false },
        { SX_SECRET_TEXT, "Other lesion 123456", "Other lesion 123456", SX_PLACE_LABEL, false },
        { SX_SECRET_NAME, "ANONYMOUS", "ANONYMOUS", SX_PLACE_TEXT, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const match_case *c = &cases[i];
        sx_secrets s = { 0 };
        sx_error err = { 0 };
        CHECK_OK(sx_secrets_add(&s, 1, c->kind, c->secret, strlen(c->secret), c->secret, &err),
                 err);
        if ((sx_secrets_match(&s, c->text, c->place) != NULL) != c->found)
            fail_msg("'%s' in '%s': %d expected", c->secret, c->text, c->found);
        sx_secrets_free(&s);
    }
}

/* Numbers over several values. */
static void secrets_in_joined_values(void **state) {
    (void)state;
    static const struct {
        sx_secret_kind kind;
        const char *secret, *values[4];
        bool found;
    } cases[] = {
        { SX_SECRET_ID, "12345678", { "1234", "5678" }, true },
        { SX_SECRET_ID, "12345678", { "1234.0", "5678.00" }, true },
        { SX_SECRET_ID, "12345678", { "1.234E3", "56.78E2" }, true },
        { SX_SECRET_ID, "12345678", { "7", "12", "34", "5678" }, true },
        { SX_SECRET_ID, "012345", { "12", "345" }, true },
        { SX_SECRET_ID, "0001", { "0", "0", "0", "1" }, false }, /* an orientation */
        { SX_SECRET_ID, "PID12345678", { "1234", "5678" }, true },
        { SX_SECRET_BIRTH, "19510203", { "1951", "02", "03" }, true },
        { SX_SECRET_BIRTH, "19510203", { "3", "1951", "0203" }, true },
        { SX_SECRET_BIRTH, "19570312", { "1957", "312" }, true }, /* without zeros */
        { SX_SECRET_BIRTH, "19570312", { "12", "3", "1957" }, true },
        { SX_SECRET_BIRTH, "19570302", { "3", "2", "1957" }, true },
        { SX_SECRET_BIRTH, "19570302", { "1957", "3", "2" }, true },
        { SX_SECRET_BIRTH, "19570312", { "1957", "313" }, false },
        { SX_SECRET_BIRTH, "19570302", { "57", "3", "2" }, false }, /* too short */
        { SX_SECRET_DATE, "20200101", { "1", "1", "2020" }, true },
        { SX_SECRET_ID, "12345678", { "5678", "1234" }, false },
        { SX_SECRET_ID, "12345678", { "12345678" }, false }, /* not joined */
        { SX_SECRET_ID, "4711", { "47", "11" }, true },
        { SX_SECRET_ID, "4711", { "47.0", "11.0" }, true },
        { SX_SECRET_ID, "ACC4711", { "47", "11" }, true },
        { SX_SECRET_ID, "STUDY4711", { "47", "11" }, true },
        { SX_SECRET_ID, "STUDY2011", { "20", "11" }, false }, /* a year */
        { SX_SECRET_ID, "471", { "47", "1" }, false },
        { SX_SECRET_ID, "1414", { ".14", ".14" }, false }, /* with a fraction: too short */
        { SX_SECRET_ID, "12345678", { "0.143", "0.143" }, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_secrets s = { 0 };
        sx_error err = { 0 };
        size_t count = 0;
        while (count < 4 && cases[i].values[count])
            count++;
        CHECK_OK(sx_secrets_add(&s, 1, cases[i].kind, cases[i].secret, strlen(cases[i].secret),
                                cases[i].secret, &err),
                 err);
        if ((sx_secrets_match_joined(&s, cases[i].values, count) != NULL) != cases[i].found)
            fail_msg("'%s' in '%s' ..: %d expected", cases[i].secret, cases[i].values[0],
                     cases[i].found);
        sx_secrets_free(&s);
    }
}

static void plain_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text, *plain; /* NULL: none */
    } cases[] = {
        { "123", "123" },
        { "+0123.450", "123.45" },
        { "-.5", "0.5" },
        { "1.230E2", "123" },
        { "12E-4", "0.0012" },
        { "0", "0" },
        { "0.00E5", "0" },
        { "1E20", "100000000000000000000" },
        { "1E21", NULL },
        { "12a", NULL },
        { "", NULL },
        { "1E", NULL },
        { "1234567890123456789012345678901234567890.", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[SX_DEID_VALUE];
        const bool ok = sx_deid_plain_number(cases[i].text, out);
        if (ok != (cases[i].plain != NULL) || (ok && strcmp(out, cases[i].plain) != 0))
            fail_msg("'%s' became '%s'", cases[i].text, out);
    }
}

static const char *found(const char *secret, sx_secret_kind kind, const void *bytes, size_t n) {
    sx_secrets s = { 0 };
    sx_error err = { 0 };
    const char *terms[] = { "Lumbar spine" };
    CHECK_OK(sx_secrets_add(&s, 7, kind, secret, strlen(secret), secret, &err), err);
    const sx_secret *x = sx_secrets_find(&s, bytes, n, terms, 1, &err);
    sx_secrets_free(&s);
    return x ? "found" : "";
}

static void last_look_at_bytes(void **state) {
    (void)state;
    static const char bytes[] =
        "\0\1nguyen\0thi 047119988 x2.25.1234567890123 lumbar spine 03.02.1951";
    static const char wide[] = "\0N\0G\0U\0Y\0E\0N\0";
    const size_t n = sizeof bytes;
    assert_string_equal(found("NGUYEN^AN", SX_SECRET_NAME, bytes, n), "found");
    assert_string_equal(found("NGUYEN^AN", SX_SECRET_NAME, wide, sizeof wide), "found");
    assert_string_equal(found("TRAN^NGUYET", SX_SECRET_NAME, bytes, n), "");
    assert_string_equal(found("047119988", SX_SECRET_ID, bytes, n), "found");
    assert_string_equal(found("345678901", SX_SECRET_ID, bytes, n), ""); /* within a UID */
    assert_string_equal(found("19510203", SX_SECRET_BIRTH, bytes, n), "found");
    assert_string_equal(found("LUMBAR", SX_SECRET_TEXT, bytes, n), ""); /* a term that stays */
    assert_string_equal(found("LUMBAR^X", SX_SECRET_NAME, bytes, n), "found");
    assert_string_equal(found("SPINEXR", SX_SECRET_NAME, "spinexr: ps3.15", 16), "");
}

/* ---- bits ---- */

typedef struct bits_case {
    uint16_t stored, high, is_signed, value, want;
} bits_case;

static void begin_film(test_dicom *d, const char *syntax, const bits_case *c) {
    dicom_begin(d, syntax);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_word(d, SX_TAG(0x0028, 0x0002), 1);
    dicom_text(d, SX_TAG(0x0028, 0x0004), "CS", "MONOCHROME2");
    dicom_word(d, SX_TAG(0x0028, 0x0010), 2);
    dicom_word(d, SX_TAG(0x0028, 0x0011), 2);
    dicom_word(d, SX_TAG(0x0028, 0x0100), 16);
    dicom_word(d, SX_TAG(0x0028, 0x0101), c->stored);
    dicom_word(d, SX_TAG(0x0028, 0x0102), c->high);
    dicom_word(d, SX_TAG(0x0028, 0x0103), c->is_signed);
}

static void check_bits(test_dicom *d, const bits_case *c, sx_deid_text text, const char *syntax) {
    const sx_deid_options o = { .key = key, .key_size = sizeof key, .text = text };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    CHECK_OK(sx_deid_file(d->bytes.data, d->bytes.len, "in", &o, &out, &n, pairs, cleaned, &err),
             err);
    sx_film *f = sx_film_from_memory(out, n, "out", NULL, &err);
    CHECK_OK(f, err);
    assert_string_equal(f->info.transfer_syntax, syntax);
    for (size_t i = 0; i < 4; i++) {
        const int32_t want = c->is_signed ? (int16_t)c->want : c->want;
        if (sx_film_value(f, i) != want)
            fail_msg("%x of %d bits became %x", c->value, c->stored, sx_film_value(f, i));
    }
    assert_string_equal(cleaned, "");
    sx_film_free(f);
    free(out);
    dicom_end(d);
}

static void unused_bits_are_cleared(void **state) {
    (void)state;
    static const bits_case cases[] = {
        { 12, 11, 0, 0x1234, 0x0234 }, { 12, 11, 0, 0x0FFF, 0x0FFF }, { 12, 11, 1, 0x1234, 0x0234 },
        { 12, 11, 1, 0x0800, 0x0800 }, { 12, 11, 1, 0xFFFF, 0xFFFF }, { 12, 15, 0, 0x123F, 0x1230 },
        { 16, 15, 0, 0xFFFF, 0xFFFF }, { 12, 15, 0, 0x0234, 0x0234 }, /* the values are in the low
                                                                         bits */
        { 0, 11, 0, 0x1234, 0x0234 }, /* BitsStored is what HighBit says */
        { 12, 7, 0, 0x1234, 0x0234 },
    };
    static const char *const syntaxes[] = { "1.2.840.10008.1.2.1", "1.2.840.10008.1.2",
                                            "1.2.840.10008.1.2.2" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t s = 0; s < 3; s++) {
            test_dicom d;
            const uint16_t v = cases[i].value;
            begin_film(&d, syntaxes[s], &cases[i]);
            dicom_pixels(&d, (const uint16_t[4]){ v, v, v, v }, 4);
            check_bits(&d, &cases[i], s ? SX_DEID_TEXT_KEEP : SX_DEID_TEXT_REFUSE, syntaxes[s]);
        }
}

/* A compressed film stays as it is, unless its values have bits outside BitsStored. */
static void unused_bits_of_compressed_films(void **state) {
    (void)state;
    static const bits_case cases[] = { { 12, 11, 0, 0x1234, 0x0234 }, { 12, 11, 0, 0x234, 0x234 } };
    for (size_t i = 0; i < 2; i++)
        for (int text = 0; text < 2; text++) {
            test_dicom d;
            sx_str rle = { 0 };
            const uint16_t v = cases[i].value;
            encode_rle((const uint16_t[4]){ v, v, v, v }, 4, &rle);
            begin_film(&d, "1.2.840.10008.1.2.5", &cases[i]);
            dicom_fragments(&d, &rle, 1);
            sx_str_free(&rle);
            check_bits(&d, &cases[i], text ? SX_DEID_TEXT_KEEP : SX_DEID_TEXT_REFUSE,
                       i ? "1.2.840.10008.1.2.5" : "1.2.840.10008.1.2.1");
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_valid),
        cmocka_unit_test(codes_are_of_the_list),
        cmocka_unit_test(codes_of_a_film),
        cmocka_unit_test(secrets_in_any_spelling),
        cmocka_unit_test(secrets_in_joined_values),
        cmocka_unit_test(plain_numbers),
        cmocka_unit_test(last_look_at_bytes),
        cmocka_unit_test(unused_bits_are_cleared),
        cmocka_unit_test(unused_bits_of_compressed_films),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
