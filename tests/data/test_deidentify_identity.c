/* Identifying attributes in other value representations than the standard's, in other spellings,
 * twice in a film, and in sequences that are not marked as such: what repeats them does not stay.
 */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"
#include "dicom/deid_dates.h"

typedef struct attribute {
    uint16_t group, element;
    const char *vr;
    const void *bytes;
    size_t n; /* 0: text */
} attribute;

enum { ATTRIBUTES = 6 };

static bool keep_dates;

/* At first the identifying attributes, and at last one that is kept for any other patient. */
typedef struct film_case {
    attribute attributes[ATTRIBUTES];
} film_case;

static void put(test_dicom *d, const attribute *a) {
    if (a->n)
        dicom_bytes(d, SX_TAG(a->group, a->element), a->vr, a->bytes, a->n);
    else
        dicom_text(d, SX_TAG(a->group, a->element), a->vr, a->bytes);
}

/* In ascending order, except that `late` follows all others. */
static bool deidentify(const attribute *a, size_t count, const attribute *late, uint8_t **out,
                       size_t *n, sx_error *err) {
    const sx_deid_options o = { .key = (const uint8_t *)"a key of thirty-two bytes, or so",
                                .key_size = 32,
                                .keep_device = true,
                                .keep_dates = keep_dates,
                                .text = SX_DEID_TEXT_KEEP };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    const attribute uid = { 0x0008, 0x0018, "UI", "9.8.7.6.5.4.3.21", 0 };
    bool named = false;
    for (size_t i = 0; i < count; i++) {
        if (!named && SX_TAG(a[i].group, a[i].element) > SX_TAG(0x0008, 0x0018)) {
            put(&d, &uid);
            named = true;
        }
        put(&d, &a[i]);
    }
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    if (late) put(&d, late);
    dicom_pixels(&d, (const uint16_t[4]){ 1, 2, 3, 4 }, 4);
    const bool ok = sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, out, n, pairs, cleaned, err);
    dicom_end(&d);
    return ok;
}

/* Whether the result has the attribute with a value. */
static bool has_value(const uint8_t *out, size_t n, const attribute *a) {
    const uint8_t head[] = { (uint8_t)a->group,   (uint8_t)(a->group >> 8),
                             (uint8_t)a->element, (uint8_t)(a->element >> 8),
                             (uint8_t)a->vr[0],   (uint8_t)a->vr[1] };
    const uint8_t *at = memmem(out, n, head, sizeof head);
    return at && (at[6] || at[7]);
}

static int by_tag(const void *a, const void *b) {
    const attribute *x = a, *y = b;
    const uint32_t s = SX_TAG(x->group, x->element), t = SX_TAG(y->group, y->element);
    return (s > t) - (s < t);
}

/* Whether the last attribute is kept. */
static bool is_kept(const film_case *c, size_t from, const char *what) {
    attribute sorted[ATTRIBUTES];
    uint8_t *out = NULL;
    size_t count = 0, n = 0;
    sx_error err = { 0 };
    while (count < ATTRIBUTES && c->attributes[count].vr)
        count++;
    const attribute last = c->attributes[count - 1];
    memcpy(sorted, c->attributes + from, (count - from) * sizeof *sorted);
    qsort(sorted, count - from, sizeof *sorted, by_tag);
    if (!deidentify(sorted, count - from, NULL, &out, &n, &err))
        fail_msg("%s: %s", what, err.message);
    const bool kept = has_value(out, n, &last);
    free(out);
    return kept;
}

static void check_emptied(const film_case *c, const char *what) {
    size_t count = 0;
    while (count < ATTRIBUTES && c->attributes[count].vr)
        count++;
    if (is_kept(c, 0, what)) fail_msg("%s: the copy is kept", what);
    if (!is_kept(c, count - 1, what)) fail_msg("%s: not kept for another patient", what);
}

#define STATION(text)                                                                              \
    { 0x0008, 0x1010, "SH", text, 0 }
#define INSTANCE(text)                                                                             \
    { 0x0020, 0x0013, "IS", text, 0 }

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

/* Four digits are enough in any group, as for Patient ID. */
static void identifiers_of_any_group(void **state) {
    (void)state;
    static const struct {
        uint16_t group, element;
        const char *vr;
    } tags[] = {
        { 0x0008, 0x0050, "SH" }, { 0x0010, 0x1000, "LO" }, { 0x0012, 0x0020, "LO" },
        { 0x0012, 0x0030, "LO" }, { 0x0012, 0x0040, "LO" }, { 0x0012, 0x0042, "LO" },
        { 0x0018, 0x1003, "LO" }, { 0x0018, 0x1004, "LO" }, { 0x0018, 0x1009, "UT" },
        { 0x0020, 0x0010, "SH" }, { 0x0038, 0x0010, "LO" }, { 0x0040, 0x0009, "SH" },
        { 0x0040, 0x0253, "SH" }, { 0x0040, 0x0512, "LO" }, { 0x0040, 0x0551, "LO" },
        { 0x0040, 0x050A, "LO" }, { 0x0040, 0x1001, "SH" }, { 0x0040, 0x1103, "SH" },
        { 0x0040, 0x2016, "LO" }, { 0x0040, 0x2017, "LO" },
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        char what[32];
        snprintf(what, sizeof what, "(%04x,%04x)", tags[i].group, tags[i].element);
        for (int k = 0; k < 2; k++) {
            const attribute a = { tags[i].group, tags[i].element, tags[i].vr, "5531", 0 };
            const attribute copies[] = { INSTANCE("5531"), { 0x0018, 0x1110, "DS", "5531.0", 0 } };
            check_emptied(&(film_case){ { a, copies[k] } }, what);
        }
        check_emptied(&(film_case){ { { tags[i].group, tags[i].element, tags[i].vr, "ZK55", 0 },
                                      STATION("CR ZK55") } },
                      what);
    }
}

static void names_in_other_forms(void **state) {
    (void)state;
    static const struct {
        const char *name, *station;
    } cases[] = {
        { "Quastenflosser^Xenia", "QUASTENFLOSS" }, /* cut */
        { "Quastenflosser^Xenia", "FLOSSER" },
        { "Quastenflosser^Xenia", "Q.U.A.S.T.E.N.F" },
        { "Lee^Kim^Ann", "LEEKIM" },
        { "Lee^Kim^Ann", "CR ANNLEE 1" },
        { "\xEF\xAC\x81scher^Z", "FISCHER" }, /* U+FB01 */
        { "Schi\xEF\xAC\x83n^Z", "SCHIFFIN" },
        { "Mar\xC7\x89ica^Z", "MARLJICA" },
        { "Muller^Jorg", "MUELLER" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0008, 0x0005, "CS", "ISO_IR 192", 0 },
                                      { 0x0010, 0x0010, "PN", cases[i].name, 0 },
                                      STATION(cases[i].station) } },
                      cases[i].station);
}

static void dates_with_names_of_months(void **state) {
    (void)state;
    static const struct {
        const char *date, *station;
    } cases[] = {
        { "19610924", "24SEP1961" },     { "19610924", "SEP 24 1961" },
        { "19610924", "24-Sep-1961" },   { "19610924", "24 Sept. 61" },
        { "19610924", "SEP1961" },       { "19610924", "09/1961" },
        { "19611024", "24 Okt 1961" },   { "19611224", "1961 DEZ 24" },
        { "19610324", "24. Maerz 61" },  { "19610214", "14 fevrier 1961" },
        { "19610414", "14avr1961" },     { "19610714", "14 juillet 61" },
        { "19610614", "14 juin 1961" },  { "19610814", "14 aout 1961" },
        { "19610104", "4.Januar 1961" }, { "19610104", "January 4,1961" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0030, "DA", cases[i].date, 0 },
                                      STATION(cases[i].station) } },
                      cases[i].station);
    check_emptied(
        &(film_case){ { { 0x0010, 0x0030, "LO", "24 f\xE9vrier 1961", 0 }, STATION("24021961") } },
        "a birth date in French");
}

static void identifiers_in_fractions(void **state) {
    (void)state;
    static const struct {
        const char *id, *number;
    } cases[] = {
        { "1771234", "0.1771234" },
        { "771234", "0.1771234" },
        { "771234", "0.7712345" },
        { "771234", "1.00771234" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0020, "LO", cases[i].id, 0 },
                                      { 0x0018, 0x1110, "DS", cases[i].number, 0 } } },
                      cases[i].number);
    check_emptied(&(film_case){ { { 0x0010, 0x0030, "DA", "19610924", 0 },
                                  { 0x0018, 0x1110, "DS", "0.240961", 0 } } },
                  "a birth date");
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
        bool birth;
    } cases[] = {
        { "19610924", "19610924", true },
        { "19610924120000.5", "19610924", true },
        { "1961-09-24 12:30", "19610924", false },
        { "24.09.1961", "19610924", false },
        { "9/24/1961", "19610924", false },
        { "3/4/1961", "19610403 19610304", false },
        { "born 24 September 1961", "19610924", false },
        { "SEP 24, 1961", "19610924", false },
        { "1. Mai 1961", "19610501", false },
        { "24091961", "19610924", false },
        { "240961", "19610924 20610924", true },
        { "240961", "", false },
        { "24.09.61", "19610924 20610924", true },
        { "196109", "", false },
        { "31.31.1961", "", true },
        { "1961", "", true },
        { "", "", true },
        { "771234567890", "", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dates[SX_DEID_DATES][9], all[SX_DEID_DATES * 9 + 1] = "";
        const size_t n = sx_deid_dates(cases[i].text, cases[i].birth, dates);
        for (size_t k = 0; k < n; k++)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? " " : "", dates[k]);
        if (strcmp(all, cases[i].dates) != 0) fail_msg("'%s': %s", cases[i].text, all);
    }
}

/* With --keep-dates an old date does not stay in text that is kept, and new dates stay even where
 * one is another's old date. */
static void old_dates_beside_shifted_ones(void **state) {
    (void)state;
    const attribute study = { 0x0008, 0x0020, "DA", "20200314", 0 };
    static const char *const stations[] = { "20200314", "14.03.2020", "CR 2020-03-14", "14MAR2020",
                                            "CR-1" };
    keep_dates = true;
    for (size_t i = 0; i < 5; i++) {
        const attribute a[] = { study, STATION(stations[i]) };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        CHECK_OK(deidentify(a, 2, NULL, &out, &n, &err), err);
        assert_true(has_value(out, n, &study));
        if (has_value(out, n, &a[1]) != (i == 4)) fail_msg("%s", stations[i]);
        free(out);
    }
    keep_dates = false;
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
        const bool ok = deidentify(first, 4, &cases[i].late, &out, &n, &err);
        if (cases[i].message)
            CHECK_FAILS(ok, err, SX_ERR_FORMAT, cases[i].message);
        else
            CHECK_OK(ok, err);
        free(out);
    }
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    CHECK_FAILS(deidentify(one, 5, NULL, &out, &n, &err), err, SX_ERR_FORMAT,
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
        const bool ok = deidentify(a, 1, NULL, &out, &n, &err);
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

/* An item in implicit VR with a name, in `depth` sequences. */
static void put_item(sx_str *to, int depth, const char *name) {
    sx_str inner = { 0 };
    if (depth > 0)
        put_item(&inner, depth - 1, name);
    else
        sx_str_add(&inner, name);
    sx_str_append_le(to, 0xE000FFFE, 4);
    sx_str_append_le(to, inner.len + 8, 4);
    sx_str_append_le(to, depth > 0 ? 0x10120029 : 0x00100010, 4);
    sx_str_append_le(to, inner.len, 4);
    sx_str_append(to, inner.data, inner.len);
    sx_str_free(&inner);
}

static void names_in_sequences_of_unknown_representation(void **state) {
    (void)state;
    for (int depth = 0; depth < 4; depth++) {
        sx_str value = { 0 };
        put_item(&value, depth, "Zwirbel^Otto");
        check_emptied(&(film_case){ { { 0x0029, 0x0010, "LO", "ACME", 0 },
                                      { 0x0029, 0x1001, "UN", value.data, value.len },
                                      STATION("ZWIRBEL") } },
                      "private");
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
        put_item(&value, broken ? 1 : 40, "Zwirbel^Otto");
        if (broken) value.data[12]++;
        const attribute a[] = { { 0x0029, 0x1001, "UN", value.data, value.len } };
        CHECK_FAILS(deidentify(a, 1, NULL, &out, &n, &err), err, SX_ERR_FORMAT,
                    broken ? "truncated" : "nested more than 32 deep");
        sx_str_free(&value);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_of_any_representation),
        cmocka_unit_test(identifiers_of_any_group),
        cmocka_unit_test(identifiers_in_fractions),
        cmocka_unit_test(names_in_other_forms),
        cmocka_unit_test(dates_with_names_of_months),
        cmocka_unit_test(old_dates_beside_shifted_ones),
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
