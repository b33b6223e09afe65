/* De-identification: nothing of the patient is left in the bytes, what is needed to read the film
 * is. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/check.h"

#include "data/deidentify.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_set.h"
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

static void refuses(void **state) {
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
    const sx_deid_options o = plain();
    result r = { 0 };
    CHECK_FAILS(sx_deid_file(d->bytes.data, d->bytes.len, "in.dcm", &o, &r.bytes, &r.n, r.pairs,
                             r.cleaned, &err),
                err, SX_ERR_FORMAT, message);
    assert_null(r.bytes);
    dicom_end(d);
}

/* DCMTK would overflow the stack or allocate gigabytes, so it never gets these files. */
static void hostile_lengths(void **state) {
    (void)state;
    test_dicom d;
    make_film(&d, &(setup){ 0 });
    add_nested(&d, 100000);
    refuses_bytes(&d, "in.dcm: sequences are nested more than 32 deep");
    static const uint8_t tail[] = { 0xFD, 0xFF, 0xFD, 0xFF, 'O', 'B', 0, 0, 0, 0, 0, 0xE9, 7 };
    make_film(&d, &(setup){ 0 });
    add_element(&d, tail, sizeof tail);
    refuses_bytes(&d, "in.dcm: truncated: (FFFD,FFFD) claims 3909091328 bytes");
    make_film(&d, &(setup){ 0 });
    uint8_t *syntax = memmem(d.bytes.data, d.bytes.len, EXPLICIT, strlen(EXPLICIT));
    assert_non_null(syntax);
    memset(syntax + strlen(EXPLICIT) - 2, 0, 2);
    refuses_bytes(&d, "in.dcm: the elements are not written as the transfer syntax says");
    /* as deep as may be */
    sx_error err = { 0 };
    const sx_deid_options o = plain();
    result r;
    make_film(&d, &(setup){ 0 });
    add_nested(&d, 32);
    CHECK_OK(sx_deid_file(d.bytes.data, d.bytes.len, "in.dcm", &o, &r.bytes, &r.n, r.pairs,
                          r.cleaned, &err),
             err);
    free(r.bytes);
    dicom_end(&d);
}

static const char zeros[512];

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
            result r = { 0 };
            sx_error err = { 0 };
            const sx_deid_options o = plain();
            const bool delimited = i < 4;
            if (!delimited && tails[k].after_delimiter_only) continue;
            make_small_film(&d, syntaxes[delimited ? i : 3], delimited);
            sx_str_append(&d.bytes, tails[k].bytes, tails[k].n);
            if (!sx_deid_file(d.bytes.data, d.bytes.len, "in.dcm", &o, &r.bytes, &r.n, r.pairs,
                              r.cleaned, &err))
                fail_msg("%zu, %zu: %s", i, k, err.message);
            assert_null(memmem(r.bytes, r.n, "NGUYEN", 6));
            r.film = sx_film_from_memory(r.bytes, r.n, "out.dcm", NULL, &err);
            CHECK_OK(r.film, err);
            for (size_t v = 0; v < 16; v++)
                assert_int_equal(sx_film_value(r.film, v), 100 * v);
            drop(&r);
            dicom_end(&d);
        }
}

static void count_refused(void *ctx, const sx_error *why) {
    (void)why;
    ++*(int *)ctx;
}

static int vfy_errors(const char *path) {
    char command[4200], line[1024];
    int errors = 0;
    snprintf(command, sizeof command, "dciodvfy '%s' 2>&1", path);
    FILE *p = popen(command, "r");
    assert_non_null(p);
    while (fgets(line, sizeof line, p))
        errors += strncmp(line, "Error", 5) == 0;
    pclose(p);
    return errors;
}

/* A folder of phantoms in all transfer syntaxes: valid before and after; an interrupted run is
 * continued; duplicate films are rejected. */
static void folder(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_phantom_totals made;
    check_tmp();
    char set[4096], out[4096], map[4096];
    snprintf(set, sizeof set, "%s", check_tmp_path("set"));
    snprintf(out, sizeof out, "%s", check_tmp_path("out"));
    snprintf(map, sizeof map, "%s", check_tmp_path("map.csv"));
    CHECK_OK(
        sx_phantom_write_set(
            &(sx_phantom_set){
                .out = set, .count = 10, .seed = 5, .syntax = -1, .film = { .long_side = 64 } },
            &made, &err),
        err);
    sx_paths files = { 0 }, results = { 0 };
    char films[4200];
    snprintf(films, sizeof films, "%s/train_images", set);
    CHECK_OK(sx_paths_walk(&files, films, &err), err);
    CHECK_OK(sx_paths_add(&files, files.items[0], &err), err); /* one film twice */
    int refused = 0;
    sx_deidentify d = { .files = &files,
                        .out = out,
                        .map = map,
                        .options = plain(),
                        .refused = count_refused,
                        .ctx = &refused };
    sx_deidentify_totals t;
    CHECK_OK(sx_deidentify_run(&d, &t, &err), err);
    assert_int_equal(t.written, 10);
    assert_int_equal(t.refused, 1);
    assert_int_equal(refused, 1);
    CHECK_FAILS(sx_deidentify_run(&d, &t, &err), err, SX_ERR_IO, "name a new file");
    d.map = NULL;
    err = (sx_error){ 0 };
    CHECK_OK(sx_deidentify_run(&d, &t, &err), err);
    assert_int_equal(t.existing, 10);
    assert_int_equal(t.written, 0);
    struct stat st;
    assert_int_equal(stat(map, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    CHECK_OK(sx_paths_walk(&results, out, &err), err);
    assert_int_equal(results.count, 10);
    bool can_verify = system("command -v dciodvfy >/dev/null") == 0;
    for (size_t i = 0; i < results.count && can_verify; i++)
        assert_int_equal(vfy_errors(results.items[i]), 0);
    sx_paths_free(&files);
    sx_paths_free(&results);
    check_tmp_remove();
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
        cmocka_unit_test(refuses),
        cmocka_unit_test(hostile_lengths),
        cmocka_unit_test(bytes_after_the_pixels),
        cmocka_unit_test(folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
