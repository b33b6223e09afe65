/* The new Patient ID of films whose Patient ID or name is a placeholder: films of different
 * patients do not become one patient's. */
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"
#include "support/set_files.h"

#include "base/writer.h"
#include "data/deidentify_set.h"
#include "dicom/deid.h"

static const uint8_t key[] = "a key of thirty-two bytes, or so";

typedef struct patient {
    const char *id, *name, *study, *issuer, *birth;
} patient;

static void make_film(test_dicom *d, const patient *p, const char *uid) {
    dicom_begin(d, "1.2.840.10008.1.2.1");
    dicom_text(d, SX_TAG(0x0008, 0x0016), "UI", "1.2.840.10008.5.1.4.1.1.1.1");
    dicom_text(d, SX_TAG(0x0008, 0x0018), "UI", uid);
    dicom_text(d, SX_TAG(0x0010, 0x0010), "PN", p->name);
    dicom_text(d, SX_TAG(0x0010, 0x0020), "LO", p->id);
    if (p->issuer) dicom_text(d, SX_TAG(0x0010, 0x0021), "LO", p->issuer);
    if (p->birth) dicom_text(d, SX_TAG(0x0010, 0x0030), "DA", p->birth);
    dicom_text(d, SX_TAG(0x0020, 0x000D), "UI", p->study);
    dicom_image(d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    dicom_pixels(d, (const uint16_t[4]){ 1, 2, 3, 4 }, 4);
}

static void subject_of(const patient *p, bool numbered, char subject[24]) {
    const sx_deid_options o = { .key = key, .key_size = sizeof key, .numbered_patients = numbered };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    sx_error err = { 0 };
    test_dicom d;
    make_film(&d, p, "9.8.7.6.5.4.3.21");
    CHECK_OK(sx_deid_pairs(d.bytes.data, d.bytes.len, "in", &o, pairs, &err), err);
    snprintf(subject, 24, "%.23s", pairs[0].now);
    dicom_end(&d);
}

static void placeholders_are_no_common_patient(void **state) {
    static const struct {
        patient a, b;
        bool numbered, same;
    } cases[] = {
        { { "P1", "", "1.2.1" }, { "P1", "", "1.2.2" }, false, true },
        { { "UNKNOWN", "", "1.2.1" }, { "UNKNOWN", "", "1.2.2" }, false, false },
        { { "UNKNOWN", "", "1.2.1" }, { "UNKNOWN", "", "1.2.1" }, false, true },
        { { "-1", "NO NAME", "1.2.1" }, { "-1", "NO NAME", "1.2.2" }, false, false },
        { { "", "Unknown^Unknown", "1.2.1" }, { "", "Unknown^Unknown", "1.2.2" }, false, false },
        { { "NONE GIVEN", "Le^An", "1.2.1" }, { "NONE GIVEN", "Le^An", "1.2.2" }, false, true },
        { { "ANONYM", "Le^An", "1.2.1" }, { "ANONYM", "Le^Anh", "1.2.1" }, false, false },
        { { "0", "", "1.2.1" }, { "0", "", "1.2.2" }, false, false },
        { { "0", "", "1.2.1" }, { "0", "", "1.2.2" }, true, true },
        { { "7", "", "1.2.1", "NORD" }, { "7", "", "1.2.2", "NORD" }, false, true },
        { { "7", "Le^An", "1.2.1", "NORD" }, { "7", "Le^An", "1.2.1", "SUED" }, false, false },
        { { "7", "", "1.2.1", "NORD" }, { "7", "", "1.2.1" }, false, false },
        { { "7", "", "1.2.1", "UNKNOWN" }, { "7", "", "1.2.2" }, false, true },
        { { "TRAUMA 3", "Le^An", "1.2.1" }, { "TRAUMA 3", "Le^An", "1.2.2" }, false, true },
        { { "TRAUMA 3", "Le^An", "1.2.1" }, { "TRAUMA 3", "Ngo^Li", "1.2.1" }, false, false },
        { { "Unbekannt1", "Le^An", "1.2.1", "", "19500101" },
          { "Unbekannt1", "Le^An", "1.2.1", "", "19720303" },
          false,
          false },
        { { "TRAUMA 3", "Trauma^3", "1.2.1" }, { "TRAUMA 3", "Trauma^3", "1.2.2" }, false, false },
        { { "UNKNOWN", "Trauma^3", "1.2.1" }, { "UNKNOWN", "Trauma^3", "1.2.2" }, false, false },
        { { "NOTFALL", "Le^An", "1.2.1" }, { "NOTFALL", "Ngo^Li", "1.2.1" }, false, false },
        { { "EMERGENCY", "", "1.2.1" }, { "EMERGENCY", "", "1.2.2" }, false, false },
        { { "NOTAUFNAHME", "", "1.2.1" }, { "NOTAUFNAHME", "", "1.2.2" }, false, false },
        { { "SCHOCKRAUM 1", "Le^An", "1.2.1" },
          { "SCHOCKRAUM 1", "Ngo^Li", "1.2.1" },
          false,
          false },
        { { "POLYTRAUMA 2", "Le^An", "1.2.1" },
          { "POLYTRAUMA 2", "Ngo^Li", "1.2.1" },
          false,
          false },
        { { "PHANTOM", "", "1.2.1" }, { "PHANTOM", "", "1.2.2" }, false, false },
        { { "TEMP", "Doe^John", "1.2.1" }, { "TEMP", "Doe^John", "1.2.2" }, false, false },
        { { "NN", "N.N.", "1.2.1" }, { "NN", "N.N.", "1.2.2" }, false, false },
        { { "", "Unbekannt^weiblich", "1.2.1" },
          { "", "Unbekannt^weiblich", "1.2.2" },
          false,
          false },
        { { "ANON0012", "Le^An", "1.2.1" }, { "ANON0012", "Le", "1.2.2" }, false, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char a[24], b[24];
        subject_of(&cases[i].a, cases[i].numbered, a);
        subject_of(&cases[i].b, cases[i].numbered, b);
        if ((strcmp(a, b) == 0) != cases[i].same) fail_msg("case %zu: %s and %s", i, a, b);
    }
}

/* The annotations of a film say the same as its header. id: of both patients. */
static void check_annotations(const patient patients[2], const char *id) {
    static const char *const uids[] = { "9.8.7.6.5.4.3.21", "9.8.7.6.5.4.3.22" };
    sx_error err = { 0 };
    sx_manifest m;
    sx_deidentify_set_totals t;
    char name[32], set[4096], out[4096];
    sx_str rows = { 0 };
    snprintf(set, sizeof set, "%s", check_tmp_path("set"));
    snprintf(out, sizeof out, "%s", check_tmp_path("out"));
    sx_str_printf(&rows,
                  "image_id,study_id,patient_id,lesion_type,xmin,ymin,xmax,ymax\n"
                  "f0,1.2.1,%s,No finding,,,,\nf1,1.2.2,%s,No finding,,,,\n",
                  id, id);
    set_put_text("set/annotations.csv", sx_str_text(&rows));
    sx_str_free(&rows);
    for (int i = 0; i < 2; i++) {
        test_dicom d;
        make_film(&d, &patients[i], uids[i]);
        snprintf(name, sizeof name, "set/images/f%d.dcm", i);
        set_put_text(name, "");
        CHECK_OK(sx_write_file(check_tmp_path(name), d.bytes.data, d.bytes.len, &err), err);
        dicom_end(&d);
    }
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    const sx_deidentify d = {
        .out = out, .options = { .key = key, .key_size = sizeof key, .text = SX_DEID_TEXT_KEEP }
    };
    CHECK_OK(sx_deidentify_set(&d, set, &m, &t, &err), err);
    assert_int_equal(t.annotated, 2);
    for (int i = 0; i < 2; i++) {
        char subject[24];
        subject_of(&patients[i], false, subject);
        assert_string_equal(m.films[i].patient, subject);
    }
    assert_string_not_equal(m.films[0].patient, m.films[1].patient);
    sx_manifest_free(&m);
    check_tmp_remove();
    check_tmp();
}

static void patients_of_annotations(void **state) {
    static const patient unknown[] = { { "UNKNOWN", "", "1.2.1" }, { "UNKNOWN", "", "1.2.2" } },
                         issued[] = { { "10045", "Le^An", "1.2.1", "NORD" },
                                      { "10045", "Ngo^Li", "1.2.2", "SUED" } },
                         trauma[] = { { "TRAUMA 3", "Le^An", "1.2.1" },
                                      { "TRAUMA 3", "Ngo^Li", "1.2.2" } };
    (void)state;
    check_annotations(unknown, "UNKNOWN");
    check_annotations(issued, "10045");
    check_annotations(trauma, "TRAUMA 3");
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(placeholders_are_no_common_patient),
                                        cmocka_unit_test(patients_of_annotations) };
    check_tmp();
    return cmocka_run_group_tests(tests, NULL, remove_all);
}
