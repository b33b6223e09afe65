/* What a data set has and the program does not use is told: rows of metadata. */
#include <math.h>
#include <string.h>

#include "data/manifest.h"
#include "data/set_check.h"
#include "support/check.h"
#include "support/set_files.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static void open_set(const char *set, const sx_manifest_options *o, sx_manifest *m) {
    sx_error err = { 0 };
    CHECK_OK(sx_manifest_open(check_tmp_path(set), o, m, &err), err);
}

/* Films are matched by names with other folders, endings and letters, as those of films are. */
static void metadata_of_films(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("m/train.csv", "image_id,abnormal\np1/a,1\np2/a,0\nb,0\nC,0\nd,0\nD,1\n");
    set_put_film("m/train_images/p1/a.png", 8, 8);
    set_put_film("m/train_images/p2/a.png", 8, 8);
    set_put_film("m/train_images/p3/b.png", 8, 8);
    set_put_text("m/train_meta.csv", "image_id,abnormal,patient_id,patient_age\n"
                                     "train_images/p1/A.dicom,,P1,51\n"
                                     "p2\\a.PNG,,P2,52\np3/b.png,,P3,53\nc.png,,P4,54\n"
                                     "d,,P5,55\nD.png,,P6,56\n"
                                     "a,,P7,57\np4/b,,P8,58\nelsewhere,,P9,59\n");
    open_set("m", NULL, &m);
    assert_int_equal(m.film_count, 6);
    for (size_t i = 0; i < 6; i++) {
        char patient[3] = { 'P', (char)('1' + i), 0 };
        assert_string_equal(m.films[i].patient, patient);
        assert_true(m.films[i].age == 51 + (double)i);
    }
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0], "train_meta.csv: 3 of 9 rows are not used: "
                                              "2 name no film, 1 fits several films alike; the "
                                              "first is \"a\" in line 8"));
    sx_check c = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_check_films(&m, &(sx_check_options){ .headers_only = true }, &c, &err), err);
    assert_int_equal(c.counts[SX_FAULT_UNUSED], 1);
    sx_check_free(&c);
    sx_manifest_free(&m);
    /* rows of films that an option leaves out are no fault */
    set_put_text("r/train.csv", "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                "a,r1,No finding,,,,\nb,r2,No finding,,,,\n");
    set_put_text("r/train_meta.csv", "image_id,abnormal,patient_id\na,,P1\nb,,P2\n");
    open_set("r", &(sx_manifest_options){ .reader = "r1" }, &m);
    assert_int_equal(m.film_count, 1);
    assert_string_equal(m.films[0].patient, "P1");
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
}

static void groups_of_films(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("g/labels.csv", "image_id,split,abnormal\np1/a,train,1\np1/a,test,1\nb,train,0\n");
    const char *groups = set_put_text("g.csv", "image_id,patient_id\np1/a,P1\nB.png,P2\nx,P3\n");
    open_set("g", &(sx_manifest_options){ .groups = groups }, &m);
    assert_string_equal(m.films[0].patient, "P1");
    assert_string_equal(m.films[1].patient, "P1");
    assert_string_equal(m.films[2].patient, "P2");
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_of_films),
        cmocka_unit_test(groups_of_films),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
