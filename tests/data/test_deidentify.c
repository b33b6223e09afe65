/* De-identification: nothing of the patient is left in the bytes, what is needed to read the film
 * is. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "dicom/deid.h"
#include "dicom/dicom_film.h"
#include "support/dicom.h"

#define EXPLICIT "1.2.840.10008.1.2.1"
static const uint8_t key[] = "a key of thirty-two bytes, or so";

/* Every text here is somewhere in the film; the result must contain none of them. */
static const char *const secrets[] = {
    "NGUYEN^VAN^SECRET", "PID-4711-X",       "19480229",         "ACC-998877",
    "Saint Elsewhere",   "1 Hospital Road",  "REF^DOCTOR",       "OPER^ATOR^NAME",
    "20190412",          "call 555-0199",    "9.8.7.6.5.4.3.21", "9.8.7.6.5.4.3.22",
    "9.8.7.6.5.4.3.23",  "9.8.7.6.5.4.3.24", "PRIVATE NOTE",     "NESTED^NAME",
    "OVERLAY COMMENT",   "PREAMBLE SECRET",  "AE-OF-HOSPITAL",   "SN-0042-77",
    "AFTER THE PIXELS",
};

typedef struct setup {
    const char *uid, *burned, *age, *patient;
    bool no_pixels;
} setup;

static void add_reference(test_dicom *d) {
    test_dicom item;
    dicom_item(&item, d);
    dicom_text(&item, SX_TAG(0x0008, 0x1150), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(&item, SX_TAG(0x0008, 0x1155), "UI", "9.8.7.6.5.4.3.24");
    dicom_text(&item, SX_TAG(0x0010, 0x0010), "PN", "NESTED^NAME");
    dicom_sequence(d, SX_TAG(0x0008, 0x2112), &item);
    dicom_end(&item);
}

static void make_film(test_dicom *d, const setup *s) {
    const uint16_t pixels[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
    dicom_begin(d, EXPLICIT);
    memcpy(d->bytes.data, "PREAMBLE SECRET", 15);
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", s->uid ? s->uid : "9.8.7.6.5.4.3.21");
    dicom_text(d, SX_TAG(0x0008, 0x0020), "DA", "20190412");
    dicom_text(d, SX_TAG(0x0008, 0x0021), "DA", "20190415");
    dicom_text(d, SX_TAG(0x0008, 0x0030), "TM", "101112");
    dicom_text(d, SX_TAG(0x0008, 0x0050), "SH", "ACC-998877");
    dicom_text(d, SX_TAG(0x0008, 0x0055), "AE", "AE-OF-HOSPITAL");
    dicom_text(d, SX_TAG(0x0008, 0x0080), "LO", "Saint Elsewhere");
    dicom_text(d, SX_TAG(0x0008, 0x0081), "ST", "1 Hospital Road");
    dicom_text(d, SX_TAG(0x0008, 0x0090), "PN", "REF^DOCTOR");
    dicom_text(d, SX_TAG(0x0008, 0x1070), "PN", "OPER^ATOR^NAME");
    add_reference(d);
    dicom_text(d, SX_TAG(0x0009, 0x0010), "LO", "PRIVATE NOTE");
    dicom_text(d, SX_TAG(0x0010, 0x0010), "PN", "NGUYEN^VAN^SECRET");
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", s->patient ? s->patient : "PID-4711-X");
    dicom_text(d, SX_TAG(0x0010, 0x0030), "DA", "19480229");
    dicom_text(d, SX_TAG(0x0010, 0x0040), "CS", "F");
    dicom_text(d, SX_TAG(0x0010, 0x1010), "AS", s->age ? s->age : "071Y");
    dicom_text(d, SX_TAG(0x0010, 0x4000), "LT", "call 555-0199");
    dicom_text(d, SX_TAG(0x0018, 0x1000), "LO", "SN-0042-77");
    dicom_text(d, SX_TAG(0x0020, 0x000D), "UI", "9.8.7.6.5.4.3.22");
    dicom_text(d, SX_TAG(0x0020, 0x000E), "UI", "9.8.7.6.5.4.3.23");
    dicom_image(d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
    dicom_text(d, SX_TAG(0x0028, 0x0301), "CS", s->burned ? s->burned : "NO");
    dicom_text(d, SX_TAG(0x6000, 0x4000), "LT", "OVERLAY COMMENT");
    if (s->no_pixels) return;
    dicom_pixels(d, pixels, 16);
    dicom_bytes(d, SX_TAG(0xFFFC, 0xFFFC), "OB", "AFTER THE PIXELS", 16);
}

typedef struct result {
    uint8_t *bytes;
    size_t n;
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    sx_film *film;
} result;

static sx_deid_options plain(void) {
    return (sx_deid_options){ .key = key, .key_size = sizeof key };
}

static bool try(const setup *s, const sx_deid_options *o, result *r, sx_error *err) {
    test_dicom d;
    make_film(&d, s);
    bool ok = sx_deid_file(d.bytes.data, d.bytes.len, "in.dcm", o, &r->bytes, &r->n, r->pairs,
                           r->cleaned, err);
    dicom_end(&d);
    return ok;
}

static void deidentify(const setup *s, const sx_deid_options *o, result *r) {
    sx_error err = { 0 };
    CHECK_OK(try(s, o, r, &err), err);
    r->film = sx_film_from_memory(r->bytes, r->n, "out.dcm", NULL, &err);
    CHECK_OK(r->film, err);
}

static void drop(result *r) {
    sx_film_free(r->film);
    free(r->bytes);
}

static void nothing_survives(void **state) {
    (void)state;
    for (int options = 0; options < 8; options++) {
        sx_deid_options o = plain();
        o.keep_dates = options & 1;
        o.keep_device = options & 2;
        o.keep_patient = options & 4;
        test_dicom d;
        result r;
        make_film(&d, &(setup){ 0 });
        deidentify(&(setup){ 0 }, &o, &r);
        for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
            size_t n = strlen(secrets[i]);
            assert_non_null(
                memmem(d.bytes.data, d.bytes.len, secrets[i], n)); /* the test itself is sound */
            if (o.keep_device && strcmp(secrets[i], "SN-0042-77") == 0) continue;
            if (memmem(r.bytes, r.n, secrets[i], n))
                fail_msg("'%s' is still there (options %d)", secrets[i], options);
        }
        dicom_end(&d);
        drop(&r);
    }
}

/* A name is removed whatever its VR is. */
static void wrong_kinds_of_values(void **state) {
    (void)state;
    static const struct {
        uint32_t tag;
        const char *vr, *text;
    } wrong[] = {
        { SX_TAG(0x0008, 0x0080), "CS", "SAINT ELSEWHERE" }, /* Institution Name */
        { SX_TAG(0x0008, 0x1030), "DS", "MR SECRET SPINE" }, /* Study Description */
        { SX_TAG(0x0020, 0x0052), "IS", "9.8.7.6.5.4.77" },  /* Frame of Reference UID */
        { SX_TAG(0x0018, 0x017F), "CS", "PID-4711-X" },      /* not in the standard */
        { SX_TAG(0x0018, 0x1030), "TM", "NGUYEN SECRET" },   /* Protocol Name */
    };
    for (size_t i = 0; i < 2 * sizeof wrong / sizeof *wrong; i++) {
        test_dicom d;
        result r = { 0 };
        sx_error err = { 0 };
        const size_t k = i / 2, n = strlen(wrong[k].text);
        sx_deid_options o = plain();
        o.keep_dates = i & 1;
        dicom_begin(&d, EXPLICIT);
        dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
        dicom_text(&d, SX_TAG(0x0008, 0x0018), "UI", "9.8.7.6.5.4.3.21");
        dicom_text(&d, wrong[k].tag, wrong[k].vr, wrong[k].text);
        dicom_image(&d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
        dicom_pixels(&d, (const uint16_t[16]){ 0 }, 16);
        assert_non_null(memmem(d.bytes.data, d.bytes.len, wrong[k].text, n));
        CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in.dcm", &o, &r.bytes, &r.n, r.pairs,
                              r.cleaned, &err),
                 err);
        if (memmem(r.bytes, r.n, wrong[k].text, n)) fail_msg("'%s' is still there", wrong[k].text);
        free(r.bytes);
        dicom_end(&d);
    }
}

/* The identifier itself as numbers: nothing could replace it. */
static void uid_of_numbers(void **state) {
    (void)state;
    test_dicom d;
    result r = { 0 };
    sx_error err = { 0 };
    const sx_deid_options o = plain();
    dicom_begin(&d, EXPLICIT);
    dicom_text(&d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_bytes(&d, SX_TAG(0x0008, 0x0018), "US", "1.2.3.4.", 8);
    dicom_image(&d, &(dicom_shape){ 4, 4, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(&d, (const uint16_t[16]){ 0 }, 16);
    CHECK_FAILS(sx_deid_file(d.bytes.data, d.bytes.len, "in.dcm", &o, &r.bytes, &r.n, r.pairs,
                             r.cleaned, &err),
                err, SX_ERR_UNSUPPORTED, "in.dcm: the SOP Instance UID is not written as a UID");
    assert_null(r.bytes);
    dicom_end(&d);
}

static void film_stays(void **state) {
    (void)state;
    sx_deid_options o = plain();
    result r;
    deidentify(&(setup){ 0 }, &o, &r);
    const sx_film_info *i = &r.film->info;
    assert_string_equal(i->sop_class, "1.2.840.10008.5.1.4.1.1.1.1");
    assert_string_equal(i->transfer_syntax, EXPLICIT);
    assert_int_equal(i->bits_stored, 12);
    for (int k = 0; k < 16; k++)
        assert_int_equal(sx_film_value(r.film, (size_t)k), k + 1);
    assert_string_equal(i->sop_uid, r.pairs[3].now);
    assert_string_equal(i->patient_id, r.pairs[0].now);
    assert_string_equal(r.pairs[0].was, "PID-4711-X");
    assert_string_equal(i->sex, "");
    assert_string_equal(i->study_date, "");
    assert_true(i->age != i->age); /* NaN */
    for (size_t k = 0; k + 1 < 3; k++)
        assert_non_null(memmem(r.bytes, r.n, k ? "113100" : "REMOVED", k ? 6 : 7));
    drop(&r);
}

/* Films of one patient and study stay together under one key, and come apart under another. */
static void replacement_is_keyed(void **state) {
    (void)state;
    sx_deid_options o = plain(), other = plain();
    result a, b, c;
    other.key = (const uint8_t *)"another key of some thirty bytes";
    deidentify(&(setup){ 0 }, &o, &a);
    deidentify(&(setup){ .uid = "9.8.7.6.5.4.3.29" }, &o, &b);
    deidentify(&(setup){ 0 }, &other, &c);
    assert_string_equal(a.film->info.patient_id, b.film->info.patient_id);
    assert_string_equal(a.film->info.study_uid, b.film->info.study_uid);
    assert_string_not_equal(a.film->info.sop_uid, b.film->info.sop_uid);
    assert_string_not_equal(a.film->info.patient_id, c.film->info.patient_id);
    assert_string_not_equal(a.film->info.study_uid, c.film->info.study_uid);
    drop(&a), drop(&b), drop(&c);
}

static void options_keep_what_they_say(void **state) {
    (void)state;
    static const struct {
        const char *age;
        double want;
    } ages[] = { { "071Y", 71 }, { "089Y", 89 }, { "090Y", 90 }, { "104Y", 90 } };
    sx_deid_options o = plain();
    o.keep_patient = o.keep_dates = o.keep_device = true;
    result r;
    for (size_t i = 0; i < 4; i++) {
        deidentify(&(setup){ .age = ages[i].age }, &o, &r);
        assert_true(r.film->info.age == ages[i].want);
        assert_string_equal(r.film->info.sex, "F");
        assert_non_null(memmem(r.bytes, r.n, "SN-0042-77", 10));
        char date[] = "20190412", series[] = "20190415";
        int days;
        sx_error err = { 0 };
        CHECK_OK(sx_deid_days(&o, "PID-4711-X", &days, &err), err);
        assert_true(sx_deid_shift(date, days) && sx_deid_shift(series, days));
        assert_string_equal(r.film->info.study_date, date);
        assert_non_null(memmem(r.bytes, r.n, series, 8)); /* as far apart as before */
        assert_non_null(memmem(r.bytes, r.n, "MODIFIED", 8));
        drop(&r);
    }
}

static void dates_shift_by_the_calendar(void **state) {
    (void)state;
    static const struct {
        const char *was;
        int days;
        const char *now;
    } all[] = { { "20200301", 1, "20200229" },
                { "20190301", 1, "20190228" },
                { "20000101", 366, "19981231" },
                { "21000301", 1, "21000228" },
                { "20191231235959.5", 31, "20191130235959.5" } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", all[i].was);
        assert_true(sx_deid_shift(text, all[i].days));
        assert_string_equal(text, all[i].now);
    }
    char bad[] = "20190230", words[] = "unknown!";
    assert_false(sx_deid_shift(bad, 1));
    assert_false(sx_deid_shift(words, 1));
}

static void unsafe_films_are_refused(void **state) {
    (void)state;
    sx_deid_options o = plain(), weak = plain();
    sx_error err = { 0 };
    result r;
    weak.key_size = 8;
    CHECK_FAILS(try(&(setup){ .burned = "YES" }, &o, &r, &err), err, SX_ERR_UNSUPPORTED,
                "Burned In Annotation");
    CHECK_FAILS(try(&(setup){ .no_pixels = true }, &o, &r, &err), err, SX_ERR_MISSING,
                "Pixel Data");
    CHECK_FAILS(try(&(setup){ 0 }, &weak, &r, &err), err, SX_ERR_USAGE, "16 bytes");
    /* A patient's id that is also the value of an attribute that is kept. */
    CHECK_FAILS(try(&(setup){ .patient = "MONOCHROME2" }, &o, &r, &err), err, SX_ERR_UNSUPPORTED,
                "(0010,0020)");
    CHECK_FAILS(sx_deid_file("no film", 7, "x.txt", &o, &r.bytes, &r.n, r.pairs, r.cleaned, &err),
                err, SX_ERR_FORMAT, "x.txt");
    assert_null(r.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_survives),
        cmocka_unit_test(wrong_kinds_of_values),
        cmocka_unit_test(uid_of_numbers),
        cmocka_unit_test(film_stays),
        cmocka_unit_test(replacement_is_keyed),
        cmocka_unit_test(options_keep_what_they_say),
        cmocka_unit_test(dates_shift_by_the_calendar),
        cmocka_unit_test(unsafe_films_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
