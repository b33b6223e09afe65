/* Splits: patients are not divided, findings are balanced, a seed gives the same split. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/patient_id.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/patients.h"
#include "data/split.h"
#include "support/check.h"

enum { FILMS = 1200 };

/* Two films a study, two studies a patient; five findings from on a tenth to on one in eighty of
 * the films. */
static void made(sx_manifest *m) {
    sx_error err = { 0 };
    sx_str s = { 0 };
    const uint64_t key = sx_rng_key("test split", 1);
    sx_str_add(&s, "image_id,study_id,patient_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n");
    for (int i = 0; i < FILMS; i++) {
        bool any = false;
        for (int c = 0; c < 5; c++) {
            if (sx_rng_unit(key, (uint64_t)i * 5 + (uint64_t)c) > 0.1 / (1 << c) + 0.007) continue;
            any = true;
            sx_str_printf(&s, "f%d,s%d,p%d,r,finding %d,1,1,5,5\n", i, i / 2, i / 4, c);
        }
        if (!any) sx_str_printf(&s, "f%d,s%d,p%d,r,No finding,,,,\n", i, i / 2, i / 4);
    }
    const char *path = check_tmp_path("split.csv");
    CHECK_OK(sx_str_ok(&s, &err) && sx_write_file(path, s.data, s.len, &err), err);
    sx_str_free(&s);
    CHECK_OK(sx_manifest_open(path, NULL, m, &err), err);
    assert_int_equal(m->film_count, FILMS);
}

static void patients_whole_findings_even(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    int part[FILMS], again[FILMS], other[FILMS];
    const double shares[] = { 0.6, 0.2, 0.2 };
    made(&m);
    sx_split_plan plan = { shares, 3, 5 };
    CHECK_OK(sx_split_films(&m, &plan, part, &err), err);
    CHECK_OK(sx_split_films(&m, &plan, again, &err), err);
    plan.seed = 6;
    CHECK_OK(sx_split_films(&m, &plan, other, &err), err);
    assert_memory_equal(part, again, sizeof part);
    assert_memory_not_equal(part, other, sizeof part);
    double films[3] = { 0 }, with[3][5] = { { 0 } }, all[5] = { 0 };
    for (size_t i = 0; i < FILMS; i++) {
        assert_int_equal(part[i], part[i / 4 * 4]); /* the patient's first film */
        films[part[i]]++;
        for (size_t b = 0; b < m.films[i].box_count; b++) {
            with[part[i]][m.boxes[m.films[i].first_box + b].label]++;
            all[m.boxes[m.films[i].first_box + b].label]++;
        }
    }
    for (int p = 0; p < 3; p++) {
        if (fabs(films[p] - shares[p] * FILMS) > 0.01 * FILMS)
            fail_msg("part %d: %g films", p, films[p]);
        for (int c = 0; c < 5; c++) /* groups are dealt, and a group may have the finding twice */
            if (fabs(with[p][c] - shares[p] * all[c]) > 3.5)
                fail_msg("finding %d in part %d: %g of %g", c, p, with[p][c], all[c]);
    }
    sx_manifest_free(&m);
}

static void bad_plans(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    int part[FILMS];
    double shares[65];
    made(&m);
    for (int i = 0; i < 65; i++)
        shares[i] = 1;
    CHECK_FAILS(sx_split_films(&m, &(sx_split_plan){ shares, 65, 1 }, part, &err), err,
                SX_ERR_USAGE, "2 to 64");
    CHECK_FAILS(sx_split_films(&m, &(sx_split_plan){ shares, 1, 1 }, part, &err), err, SX_ERR_USAGE,
                "2 to 64");
    shares[1] = NAN;
    CHECK_FAILS(sx_split_films(&m, &(sx_split_plan){ shares, 2, 1 }, part, &err), err, SX_ERR_USAGE,
                "nan");
    shares[1] = 1;
    for (size_t i = 0; i < m.film_count; i++)
        m.films[i].patient = "one";
    CHECK_FAILS(sx_split_films(&m, &(sx_split_plan){ shares, 2, 1 }, part, &err), err, SX_ERR_USAGE,
                "1 patient cannot");
    sx_manifest_free(&m);
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static void placeholders_name_no_patient(void **state) {
    static const char *const none[] = { "",
                                        "UNKNOWN",
                                        "anonymous",
                                        "Anonymized",
                                        "N/A",
                                        "no^id",
                                        "0",
                                        "00-000",
                                        "XXXX",
                                        "-",
                                        "un known",
                                        "None",
                                        "patient ID",
                                        "NO NAME",
                                        "ANONYM",
                                        "Unknown^Unknown",
                                        "UNKNOWN PATIENT",
                                        "ANONYMIZED PATIENT",
                                        "NONE GIVEN",
                                        "-1",
                                        " -1 ",
                                        "-9",
                                        "-999",
                                        "Test^Patient",
                                        "not known",
                                        "unbekannt",
                                        "Not Applicable^",
                                        "NAME UNKNOWN",
                                        "NOTFALL",
                                        "N.N.",
                                        "nn",
                                        "John Doe",
                                        "DOE^JANE",
                                        "Unbekannt, m\xC3\xA4nnlich",
                                        "UNBEKANNT M\xC3\x84NNLICH",
                                        "Unbekannt maennlich",
                                        "unbekannt weiblich",
                                        "SCHOCKRAUM",
                                        "Polytrauma",
                                        "PHANTOM",
                                        "TEMP",
                                        "Unknown Male",
                                        "Trauma^Unknown",
                                        "an-onymous" };
    static const char *const real[] = {
        "ANON0012",         "1",   "p0",           "10",  "UNKNOWN7",     "Xx1",
        "\xC3\xA4",         "-12", "-19",          "999", "UNKNOWN^JOHN", "Tester",
        "PATIENT 7",        "A-1", "NONE GIVEN 2", "1-",  "ANONYMOUSE",   "DOE^JIM",
        "Unbekannt Manfred"
    };
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (!sx_patient_is_placeholder(none[i])) fail_msg("'%s' names a patient", none[i]);
    for (size_t i = 0; i < sizeof real / sizeof *real; i++)
        if (sx_patient_is_placeholder(real[i])) fail_msg("'%s' names no patient", real[i]);
}

static void groups_of(const char *csv, uint32_t *group, size_t *groups, size_t *unnamed) {
    sx_error err = { 0 };
    sx_manifest m;
    const char *path = check_tmp_path("placeholders.csv"), *first = "";
    CHECK_OK(sx_write_file(path, csv, strlen(csv), &err), err);
    CHECK_OK(sx_manifest_open(path, NULL, &m, &err), err);
    CHECK_OK(sx_film_groups(&m, group, groups, &err), err);
    *unnamed = sx_films_of_placeholders(&m, &first);
    sx_manifest_free(&m);
}

static void placeholders_join_no_films(void **state) {
    uint32_t group[8];
    size_t groups, unnamed;
    (void)state;
    groups_of("image_id,study_id,patient_id,label\na,s1,UNKNOWN,0\nb,s1,UNKNOWN,0\n"
              "c,s2,Unknown^Unknown,0\nd,s3,P7,0\ne,s4,P7,0\nf,s5,0,0\ng,s6,0,0\n",
              group, &groups, &unnamed);
    assert_int_equal(groups, 5); /* s1, s2, P7, s5, s6 */
    assert_int_equal(unnamed, 5);
    assert_int_equal(group[0], group[1]);
    assert_int_equal(group[3], group[4]);
    /* patients numbered from 0 */
    groups_of("image_id,study_id,patient_id,label\na,s1,0,0\nb,s2,0,0\nc,s3,1,0\n", group, &groups,
              &unnamed);
    assert_int_equal(groups, 2);
    assert_int_equal(unnamed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(placeholders_name_no_patient),
                                        cmocka_unit_test(placeholders_join_no_films),
                                        cmocka_unit_test(patients_whole_findings_even),
                                        cmocka_unit_test(bad_plans) };
    return cmocka_run_group_tests_name("split", tests, NULL, remove_all);
}
