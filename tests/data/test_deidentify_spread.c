/* Identifying values as numbers: as a list of character codes, and spread over several values or
 * attributes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "base/writer.h"
#include "dicom/deid.h"

static const uint8_t key[] = "a key of thirty-two bytes, or so";

typedef struct number {
    uint16_t group, element;
    const char *vr, *text; /* of DS and IS */
    const void *bytes;     /* of other VRs */
    size_t n;
} number;

enum { NUMBERS = 4 };

typedef struct spread_case {
    const char *name, *id, *charset;
    number numbers[NUMBERS];
    bool kept; /* the numbers */
    const char *birth;
} spread_case;

/* Writes the de-identified film. */
static const char *make_result(const spread_case *c) {
    const sx_deid_options o = { .key = key, .key_size = sizeof key, .text = SX_DEID_TEXT_KEEP };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    sx_error err = { 0 };
    test_dicom d;
    uint8_t *out = NULL;
    size_t n = 0;
    bool image = false;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    if (c->charset) dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", c->charset);
    dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
    dicom_text(&d, SX_TAG(0x0010, 0x0010), "PN", c->name);
    dicom_text(&d, SX_TAG(0x0010, 0x0020), "LO", c->id);
    if (c->birth) dicom_text(&d, SX_TAG(0x0010, 0x0030), "DA", c->birth);
    for (int i = 0; i < NUMBERS && c->numbers[i].vr; i++) {
        const number *x = &c->numbers[i];
        if (x->group >= 0x0028 && !image) {
            dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
            image = true;
        }
        if (x->text)
            dicom_text(&d, SX_TAG(x->group, x->element), x->vr, x->text);
        else
            dicom_bytes(&d, SX_TAG(x->group, x->element), x->vr, x->bytes, x->n);
    }
    if (!image) dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(&d, (const uint16_t[4]){ 1, 2, 3, 4 }, 4);
    CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, &out, &n, pairs, cleaned, &err),
             err);
    dicom_end(&d);
    const char *path = check_tmp_path("out.dcm");
    CHECK_OK(sx_write_file(path, out, n, &err), err);
    free(out);
    return path;
}

static void check_kept(const spread_case *c, bool kept, const char *what, size_t index) {
    const char *path = make_result(c);
    for (int k = 0; k < NUMBERS && c->numbers[k].vr; k++) {
        const number *x = &c->numbers[k];
        char value[64] = "";
        dcmtk_value(path, x->group, x->element, 0, value, sizeof value);
        if ((value[0] != '\0') != kept)
            fail_msg("case %zu%s, (%04x,%04x): '%s'", index, what, x->group, x->element, value);
    }
}

/* The numbers of another patient's film stay. */
static void check_cases(const spread_case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        spread_case other = cases[i];
        other.name = "Ngo^Li";
        other.id = "QQ7";
        other.birth = NULL;
        check_kept(&cases[i], cases[i].kept, "", i);
        check_kept(&other, true, " of another patient", i);
    }
}

#define FIRST  0x0018, 0x1135, "DS" /* any number of values */
#define SECOND 0x0018, 0x1136, "DS"

static void character_codes(void **state) {
    (void)state;
    static const uint16_t words[] = { 77, 111, 108, 108, 101, 114 };
    static const uint32_t longs[] = { 77, 111, 108, 108, 101, 114 };
    static const uint32_t text[] = { 0x6F4D, 0x6C6C, 0x7265 }; /* two characters in each */
    static const uint8_t chinese[] = "\xCD \xF5 \xCD \xF5 ";
    const spread_case cases[] = {
        { "Moller^X", "", NULL, { { FIRST, "77\\111\\108\\108\\101\\114", NULL, 0 } }, false },
        { "Moller^X", "", NULL, { { FIRST, "77.0\\111\\1.08E2\\108\\101\\114", NULL, 0 } }, false },
        { "MOLLER^X", "", NULL, { { FIRST, "109\\111\\108\\108\\101\\114", NULL, 0 } }, false },
        { "M\xF6ller^X",
          "",
          "ISO_IR 100",
          { { FIRST, "77\\246\\108\\108\\101\\114", NULL, 0 } },
          false },
        { "\xCD\xF5\xCD\xF5",
          "",
          "GB18030",
          { { FIRST, "29579\\29579\\29579\\29579", NULL, 0 } },
          false },
        { "X^Y", "ZQ47Q", NULL, { { FIRST, "90\\81\\52\\55\\81", NULL, 0 } }, false },
        { "Maller^X", "", NULL, { { FIRST, "77\\111\\108\\108\\101\\114", NULL, 0 } }, true },
        { "Moller^X", "", NULL, { { 0x0028, 0x6020, "US", NULL, words, sizeof words } }, false },
        { "Moller^X", "", NULL, { { 0x0008, 0x1161, "UL", NULL, longs, sizeof longs } }, false },
        { "Moller^X", "", NULL, { { 0x0008, 0x1161, "UL", NULL, text, sizeof text } }, false },
        { "\xCD\xF5\xCD\xF5",
          "",
          "GB18030",
          { { 0x0028, 0x6020, "US", NULL, chinese, 8 } },
          false },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

static void secrets_in_neighbouring_values_are_found(void **state) {
    (void)state;
    static const spread_case cases[] = {
        { "X^Y", "12345678", NULL, { { FIRST, "1234" }, { SECOND, "5678" } }, false },
        { "X^Y", "12345678", NULL, { { FIRST, "5678" }, { SECOND, "1234" } }, false },
        { "X^Y", "0012345678", NULL, { { FIRST, "1234.0" }, { SECOND, "5678.00" } }, false },
        { "X^Y", "12345678", NULL, { { FIRST, "12\\34" }, { SECOND, "56\\78" } }, false },
        { "X^Y",
          "12345678",
          NULL,
          { { 0x0018, 0x1110, "DS", "123" }, { FIRST, "45" }, { SECOND, "678" } },
          false },
        { "X^Y", "PID123456", NULL, { { FIRST, "123" }, { SECOND, "456" } }, false },
        { "X^Y", "12345679", NULL, { { FIRST, "1234" }, { SECOND, "5678" } }, true },
        { "X^Y", "12345", NULL, { { FIRST, "12" }, { SECOND, "345" } }, true }, /* by chance */
        { "X^Y", "123456789", NULL, { { FIRST, "1234" }, { SECOND, "5678" } }, true },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

/* Each value without the zeros that begin it, or without that before the point. */
static void zeros_of_each_value_are_left_out(void **state) {
    (void)state;
    static const spread_case cases[] = {
        { "X^Y", "KX-583-1092", NULL, { { FIRST, "0.583\\0.1092" } }, false },
        { "X^Y", "KX-583-0092", NULL, { { FIRST, "0.583\\0.0092" } }, false },
        { "X^Y", "KX-583-1092", NULL, { { FIRST, ".583\\.10920" } }, false },
        { "X^Y", "KX-583-1092", NULL, { { FIRST, "0583\\001092" } }, false },
        { "X^Y", "KX-583-1092", NULL, { { FIRST, "0.583" }, { SECOND, "0.1092" } }, false },
        { "X^Y", "KX-583-1092", NULL, { { FIRST, "0.583\\0\\0.1092" } }, true },
        { "X^Y", "KX-583-1093", NULL, { { FIRST, "0.583\\0.1092" } }, true },
        { "X^Y", "", NULL, { { FIRST, "0.1952\\0.0823" } }, false, "19520823" },
        { "X^Y", "", NULL, { { FIRST, "0.1952" }, { SECOND, "0.0823" } }, false, "19520823" },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

#define SERIES   0x0020, 0x0011, "IS"
#define AREA     0x0020, 0x0012, "IS"
#define INSTANCE 0x0020, 0x0013, "IS"

static void dates_in_neighbouring_values_are_found(void **state) {
    (void)state;
    static const spread_case cases[] = {
        { "X^Y",
          "",
          NULL,
          { { SERIES, "1952" }, { AREA, "8" }, { INSTANCE, "23" } },
          false,
          "19520823" },
        { "X^Y",
          "",
          NULL,
          { { SERIES, "1952" }, { AREA, "08" }, { INSTANCE, "23" } },
          false,
          "19520823" },
        { "X^Y",
          "",
          NULL,
          { { SERIES, "23" }, { AREA, "8" }, { INSTANCE, "1952" } },
          false,
          "19520823" },
        { "X^Y", "", NULL, { { SERIES, "19520" }, { AREA, "823" } }, false, "19520823" },
        { "X^Y",
          "",
          NULL,
          { { SERIES, "1952" }, { AREA, "8" }, { INSTANCE, "3" } },
          false,
          "19520803" },
        { "X^Y", "", NULL, { { SERIES, "5208" }, { AREA, "23" } }, true, "19520823" },
        { "X^Y", "", NULL, { { SERIES, "1952" }, { AREA, "83" } }, true, "19520803" },
        { "X^Y",
          "",
          NULL,
          { { SERIES, "1952" }, { AREA, "8" }, { INSTANCE, "24" } },
          true,
          "19520823" },
    };
    check_cases(cases, sizeof cases / sizeof *cases);
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(character_codes),
        cmocka_unit_test(secrets_in_neighbouring_values_are_found),
        cmocka_unit_test(zeros_of_each_value_are_left_out),
        cmocka_unit_test(dates_in_neighbouring_values_are_found),
    };
    check_tmp();
    return cmocka_run_group_tests(tests, NULL, remove_all);
}
