/* Identifying values in other forms: of any group, in parts, with names of months, in fractions,
 * over two attributes. What repeats them does not stay; where the picture depends on it, the film
 * is rejected. */
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/copies.h"

#include "dicom/deid.h"

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
        { 0x0040, 0x2016, "LO" }, { 0x0040, 0x2017, "LO" }, { 0x0008, 0x0114, "ST" },
        { 0x0010, 0x2155, "LT" }, { 0x0010, 0x4000, "LT" }, { 0x0038, 0x4000, "LT" },
        { 0x0040, 0xE001, "ST" }, { 0x0044, 0x0001, "ST" }, { 0x2200, 0x0005, "LT" },
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
        { "Hagelstein^Ottilie", "HAGELST1" }, /* cut, and with other letters */
        { "Hagelstein^Ottilie", "CTHAGELST" },
        { "Hagelstein^Ottilie", "OHAGELST" },
        { "\xE1\xB4\xB4\xE1\xB5\x83gel\xE1\xB5\x97^Z", "HAGELT" }, /* raised letters */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0008, 0x0005, "CS", "ISO_IR 192", 0 },
                                      { 0x0010, 0x0010, "PN", cases[i].name, 0 },
                                      STATION(cases[i].station) } },
                      cases[i].station);
}

/* Values of SH have at most 16 characters. */
static void identifiers_that_are_cut(void **state) {
    (void)state;
    static const char *const stations[] = { "HG90-44A7-7B12-C", "HG9044A77B12" };
    for (size_t i = 0; i < 2; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0020, "LO", "HG90-44A7-7B12-CD77", 0 },
                                      STATION(stations[i]) } },
                      stations[i]);
}

/* A name or an identifier that is cut in two. */
static void texts_in_two_attributes(void **state) {
    (void)state;
    static const struct {
        const char *first, *second;
    } cases[] = { { "XEN", "IA" }, { "IA", "XEN" }, { "771", "234" }, { "CR ZK5", "5X 7" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0010, "PN", "Quastenflosser^Xenia", 0 },
                                      { 0x0010, 0x0020, "LO", "771234", 0 },
                                      { 0x0010, 0x1000, "LO", "ZK55X", 0 },
                                      STATION(cases[i].first),
                                      { 0x0018, 0x1000, "LO", cases[i].second, 0 } } },
                      cases[i].second);
}

/* Without them the film would look different. */
static void values_of_the_picture(void **state) {
    (void)state;
    static const struct {
        attribute late;
        const char *name; /* NULL: kept, or no reader uses it */
    } cases[] = {
        { { 0x0028, 0x1050, "DS", "4711", 0 }, "WindowCenter (0028,1050)" },
        { { 0x0028, 0x1050, "DS", "20\\4711,0", 0 }, "WindowCenter (0028,1050)" },
        { { 0x0028, 0x1051, "DS", "47\\11", 0 }, "WindowWidth (0028,1051)" },
        { { 0x0028, 0x1051, "DS", "1E6", 0 }, "WindowWidth (0028,1051)" },
        { { 0x0028, 0x1052, "DS", "-4711", 0 }, "RescaleIntercept (0028,1052)" },
        { { 0x0028, 0x1053, "DS", "4711", 0 }, "RescaleSlope (0028,1053)" },
        { { 0x0028, 0x0120, "US", "\x67\x12", 2 }, "PixelPaddingValue (0028,0120)" }, /* 4711 */
        { { 0x0028, 0x0120, "US", "\x68\x12", 2 }, NULL },
        { { 0x0028, 0x1056, "CS", "SIGMOID", 0 }, "VOILUTFunction (0028,1056)" },
        { { 0x2050, 0x0020, "CS", "INVERSE", 0 }, "PresentationLUTShape (2050,0020)" },
        { { 0x0028, 0x1050, "DS", "4712", 0 }, NULL },
        { { 0x0028, 0x1050, "DS", "Inverse", 0 }, NULL },
        { { 0x2050, 0x0020, "CS", "ID4711", 0 }, NULL },
    };
    const attribute a[] = { { 0x0010, 0x0010, "PN", "Inverse^Sigmoid", 0 },
                            { 0x0010, 0x0020, "LO", "4711", 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        const bool ok = deidentify_attributes(a, 2, &cases[i].late, false, &out, &n, &err);
        if (cases[i].name)
            CHECK_FAILS(ok, err, SX_ERR_FORMAT, cases[i].name);
        else
            CHECK_OK(ok, err);
        free(out);
    }
}

static void dates_with_names_of_months(void **state) {
    (void)state;
    static const struct {
        const char *date, *station;
    } cases[] = {
        { "19610924", "24SEP1961" },        { "19610924", "SEP 24 1961" },
        { "19610924", "24-Sep-1961" },      { "19610924", "24 Sept. 61" },
        { "19610924", "Sept 24th 61" },     { "19610924", "24th of Sep 1961" },
        { "19610924", "SEP1961" },          { "19610924", "09/1961" },
        { "19611024", "24 Okt 1961" },      { "19611224", "1961 DEZ 24" },
        { "19610324", "24. Maerz 61" },     { "19610214", "14 fevrier 1961" },
        { "19610414", "14avr1961" },        { "19610714", "14 juillet 61" },
        { "19610614", "14 juin 1961" },     { "19610814", "14 aout 1961" },
        { "19610104", "4.Januar 1961" },    { "19610104", "January 4,1961" },
        { "19610506", "6 May, in 1961" },   { "19610506", "1961, the 6 May" },
        { "19610506", "1961 the 6th May" }, { "19610506", "6/5/1961" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_emptied(&(film_case){ { { 0x0010, 0x0030, "DA", cases[i].date, 0 },
                                      STATION(cases[i].station) } },
                      cases[i].station);
    check_emptied(
        &(film_case){ { { 0x0010, 0x0030, "LO", "24 f\xE9vrier 1961", 0 }, STATION("24021961") } },
        "a birth date in French");
}

/* With --keep-dates an old date does not stay in text that is kept, and new dates stay even where
 * one is another's old date. */
static void old_dates_beside_shifted_ones(void **state) {
    (void)state;
    const attribute study = { 0x0008, 0x0020, "DA", "20200314", 0 };
    static const char *const stations[] = { "20200314",  "14.03.2020",      "CR 2020-03-14",
                                            "14MAR2020", "14/3/2020",       "3/14/2020",
                                            "2020 3 14", "14th March 2020", "CR-1" };
    enum { COUNT = sizeof stations / sizeof *stations };
    for (size_t i = 0; i < COUNT; i++) {
        const attribute a[] = { study, STATION(stations[i]) };
        uint8_t *out = NULL;
        size_t n = 0;
        sx_error err = { 0 };
        CHECK_OK(deidentify_attributes(a, 2, NULL, true, &out, &n, &err), err);
        assert_true(has_value(out, n, &study));
        if (has_value(out, n, &a[1]) != (i == COUNT - 1)) fail_msg("%s", stations[i]);
        free(out);
    }
}

/* Who knows the day of a calibration or an export would know the patient's shift. */
static void dates_that_many_patients_share(void **state) {
    (void)state;
    static const attribute a[] = {
        { 0x0008, 0x0020, "DA", "20200314", 0 }, /* Study Date stays, shifted */
        { 0x0008, 0x0012, "DA", "20200401", 0 }, { 0x0018, 0x1012, "DA", "20200401", 0 },
        { 0x0018, 0x1200, "DA", "20200102", 0 }, { 0x0018, 0x1201, "TM", "101112", 0 },
        { 0x0018, 0x1204, "DA", "20150102", 0 }, { 0x0018, 0x700C, "DA", "20200102", 0 },
    };
    enum { COUNT = sizeof a / sizeof *a };
    uint8_t *out = NULL;
    size_t n = 0;
    sx_error err = { 0 };
    CHECK_OK(deidentify_attributes(a, COUNT, NULL, true, &out, &n, &err), err);
    for (size_t i = 0; i < COUNT; i++)
        if (has_value(out, n, &a[i]) != (i == 0)) fail_msg("(%04x,%04x)", a[i].group, a[i].element);
    free(out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_of_any_group),
        cmocka_unit_test(identifiers_in_fractions),
        cmocka_unit_test(names_in_other_forms),
        cmocka_unit_test(identifiers_that_are_cut),
        cmocka_unit_test(texts_in_two_attributes),
        cmocka_unit_test(values_of_the_picture),
        cmocka_unit_test(dates_with_names_of_months),
        cmocka_unit_test(old_dates_beside_shifted_ones),
        cmocka_unit_test(dates_that_many_patients_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
