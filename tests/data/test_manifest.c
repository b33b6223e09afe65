/* Data sets as one description: layouts, labels, splits, and what is wrong with a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/writer.h"
#include "data/manifest.h"
#include "support/check.h"

static const char *const header =
    "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n";

static const char *put(const char *name, const char *a, const char *b) {
    sx_error err = { 0 };
    sx_str s = { 0 };
    char *path = sx_strdup(check_tmp_path(name)), *cut = strrchr(path, '/');
    sx_str_add(&s, a);
    sx_str_add(&s, b);
    *cut = 0;
    CHECK_OK(sx_make_dirs(path, &err), err);
    *cut = '/';
    CHECK_OK(sx_write_file(path, sx_str_text(&s), s.len, &err), err);
    sx_str_free(&s);
    free(path);
    return check_tmp_path(name);
}

static void vindr_layout(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    put("v/annotations/train.csv", header,
        "s1,e1,f1,r1,Osteophytes,1,2,30.5,40\r\ns1,e2,f2,r1,No finding,,,,\n"
        "s1,e1,f1,r2,Disc space narrowing,5,6,7,8\ns1,e1,f1,r2,No finding,,,,\n");
    put("v/annotations/test.csv", header, "s2,e3,f3,r1,Osteophytes,0,0,9,9\n");
    put("v/train_meta.csv",
        "image_id,patient_id,patient_sex,patient_age,image_width,image_height\n",
        "f1,p7,F,051Y,300,400\nelsewhere,p8,M,1,1,1\n");
    put("v/train_images/f1.dicom", "x", "");
    put("v/train_images/f1.png", "x", "");
    put("v/test_images/f3.png", "x", "");
    CHECK_OK(sx_manifest_open(check_tmp_path("v"), NULL, &m, &err), err);
    assert_int_equal(m.layout, SX_LAYOUT_VINDR);
    assert_int_equal(m.film_count, 3);
    assert_int_equal(m.box_count, 3);
    assert_int_equal(m.classes.count, 2);
    assert_string_equal(m.classes.items[0],
                        "Disc space narrowing"); /* sorted, though it comes second */
    const sx_manifest_film *f = m.films;
    assert_string_equal(f[0].id, "f1");
    assert_true(sx_ends_with(f[0].path, "train_images/f1.dicom"));
    assert_null(f[1].path);
    assert_true(sx_ends_with(f[2].path, "test_images/f3.png"));
    assert_int_equal(f[0].label, 1); /* a lesion outweighs another reader's "No finding" */
    assert_int_equal(f[1].label, 0);
    assert_int_equal(f[0].box_count, 2);
    assert_int_equal(f[2].first_box, 2);
    assert_int_equal(m.boxes[0].label, 1);
    assert_true(m.boxes[0].xyxy[2] == 30.5f);
    assert_string_equal(m.readers.items[m.boxes[1].reader], "r2");
    assert_string_equal(f[0].patient, "p7");
    assert_int_equal(f[0].width, 300);
    assert_true(f[0].age == 51 && f[0].sex == 'F' && isnan(f[1].age));
    assert_int_equal(f[2].split, SX_SPLIT_TEST);
    assert_int_equal(sx_manifest_find(&m, "f3", SX_SPLIT_TEST), 2);
    assert_int_equal(sx_manifest_find(&m, "f3", SX_SPLIT_TRAIN), -1);
    sx_manifest_free(&m);

    CHECK_OK(sx_manifest_open(check_tmp_path("v"),
                              &(sx_manifest_options){ .split = SX_SPLIT_TEST, .classes = "vindr" },
                              &m, &err),
             err);
    assert_int_equal(m.film_count, 1);
    assert_int_equal(m.classes.count, 7);
    assert_string_equal(m.classes.items[m.boxes[0].label], "Osteophytes");
    sx_manifest_free(&m);
    CHECK_OK(sx_manifest_open(check_tmp_path("v/annotations/train.csv"),
                              &(sx_manifest_options){ .reader = "r2" }, &m, &err),
             err);
    assert_int_equal(m.film_count, 1);
    assert_int_equal(m.box_count, 1);
    assert_non_null(m.films[0].path);
    sx_manifest_free(&m);
}

static void image_labels(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    put("k/images/a.jpg", "x", "");
    put("k/images/val/c.png", "y", "");
    put("k/images/train/c.png", "z", "");
    put("k/labels.csv", "image_id,file,patient,finding,abnormal,width,height,split\n",
        "a,images/a.jpg,\"p,1\",x,0,10,20,train\nb,images/b.jpg,p2,x,1,,,test\nc,,,,,,,val\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("k"), NULL, &m, &err), err);
    assert_int_equal(m.layout, SX_LAYOUT_LABELS);
    assert_int_equal(m.film_count, 3);
    assert_false(m.has_boxes);
    assert_non_null(m.films[0].path);
    assert_null(m.films[1].path);
    assert_string_equal(m.films[0].patient, "p,1");
    assert_int_equal(m.films[0].label, 0);
    assert_int_equal(m.films[1].label, 1);
    assert_int_equal(m.films[2].label, -1);
    assert_int_equal(m.films[0].height, 20);
    assert_int_equal(m.films[2].split, SX_SPLIT_VAL);
    assert_string_equal(m.films[2].path, check_tmp_path("k/images/val/c.png"));
    sx_manifest_free(&m);
}

static void fails(const char *rows, const sx_manifest_options *o, sx_error_code code,
                  const char *text) {
    sx_error err = { 0 };
    sx_manifest m;
    const char *path = put("bad/train.csv", header, rows);
    if (sx_manifest_open(path, o, &m, &err)) fail_msg("accepted: %s", rows);
    check_error(&err, code, text);
    sx_manifest_free(&m);
}

static void bad_rows(void **state) {
    (void)state;
    const sx_manifest_options seven = { .classes = "vindr" };
    fails("s,e,f,r,Osteophytes,5,1,4,9\n", NULL, SX_ERR_VALUE,
          "train.csv:2: not a box: x 5 to 4, y 1 to 9");
    fails("s,e,f,r,Osteophytes,1,1,1,9\n", NULL, SX_ERR_VALUE, "train.csv:2: not a box");
    fails("s,e,f,r,Osteophytes,nan,1,4,9\n", NULL, SX_ERR_VALUE,
          "train.csv:2: a box with a corner");
    fails("s,e,f,r,Osteophytes,1,1,1e300,9\n", NULL, SX_ERR_VALUE, "not a finite number");
    fails("s,e,f,r,Osteophytes,100000000,1,100000001,9\n", NULL, SX_ERR_VALUE, "not a box");
    fails("s,e,f,r,Osteophytes,,1,4,9\n", NULL, SX_ERR_FORMAT, "train.csv:2");
    fails("\ns,e,f,r,,1,1,4,9\n", NULL, SX_ERR_FORMAT, "train.csv:3: no lesion_type");
    fails("s,e,,r,Osteophytes,1,1,4,9\n", NULL, SX_ERR_MISSING,
          "train.csv:2: a film without an id");
    fails("s,e,f,r,Osteophyte,1,1,4,9\n", &seven, SX_ERR_VALUE,
          "train.csv:2: unknown lesion \"Osteophyte\"");
    fails("s,e,f,r,No finding,,,,\nt,e,f,r,No finding,,,,\n", NULL, SX_ERR_FORMAT,
          "train.csv:3: film f has the study t, but s in an earlier row");
    fails("", NULL, SX_ERR_MISSING, "no films");
    sx_error err = { 0 };
    sx_manifest m;
    const sx_manifest_options keep = { .keep_faults = true };
    CHECK_OK(
        sx_manifest_open(put("bad/train.csv", header, "s,e,f,r,X,nan,1,4,9\ns,e,f,r,X,5,1,4,9\n"),
                         &keep, &m, &err),
        err);
    assert_int_equal(m.box_count, 2);
    assert_int_equal(m.boxes[1].line, 3);
    sx_manifest_free(&m);
    put("bad/train.csv", "image_id,lesion_type,xmin,ymin,xmax,ymax,width,height\n",
        "f,X,1,1,2,2,9,9\nf,X,1,1,2,2,9,8\nf,X,1,1,2,2,7,9\ng,X,1,1,2,2,7,9\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("bad/train.csv"), NULL, &m, &err), err);
    assert_int_equal(m.films[0].two_sizes, 3); /* two films with one id */
    assert_int_equal(m.films[0].height, 9);
    assert_int_equal(m.films[1].two_sizes, 0);
    sx_manifest_free(&m);
}

/* The first age and sex count; a later one that differs is kept for data check. */
static void ages_and_sexes_that_differ(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    put("odd/train.csv", "image_id,lesion_type,xmin,ymin,xmax,ymax,patient_age,patient_sex\n",
        "f,X,1,1,2,2,40,F\nf,X,1,1,2,2,040Y,female\nf,X,1,1,2,2,,\nf,X,1,1,2,2,52,M\n"
        "f,X,1,1,2,2,60,O\ng,X,1,1,2,2,40.9,?\ng,X,1,1,2,2,40,M\n");
    put("odd/train_meta.csv", "image_id,patient_age,patient_sex\n", "g,039Y,F\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("odd"), NULL, &m, &err), err);
    assert_true(m.films[0].age == 40 && m.films[0].sex == 'F');
    assert_non_null(strstr(m.films[0].other_age, "52 ("));
    assert_non_null(strstr(m.films[0].other_age, "odd/train.csv:5)"));
    assert_non_null(strstr(m.films[0].other_sex, "M ("));
    assert_true(m.films[1].age == 40.9 && m.films[1].sex == 'M');
    assert_non_null(strstr(m.films[1].other_age, "039Y ("));
    assert_non_null(strstr(m.films[1].other_sex, "odd/train_meta.csv:2)"));
    sx_manifest_free(&m);
}

/* Labels and groups of a separate table that differ from the data set's. */
static void tables_read_alone(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_options o = { .label_column = "finding", .positive = "scoliosis" };
    o.annotations_only = true;
    o.groups = put("t/groups.csv", "image_id,patient_id\n", "elsewhere,p1\ng,p2\n");
    put("t/f.png", "x", "");
    const char *path = put("t/table", "image_id,finding,lesion_type,split\n",
                           "f,scoliosis,X,fold 1\ng,none,X,fold 2\n");
    CHECK_OK(sx_manifest_open(path, &o, &m, &err), err);
    assert_int_equal(m.layout, SX_LAYOUT_LABELS);
    assert_false(m.has_boxes);
    assert_int_equal(m.films[0].label, 1);
    assert_int_equal(m.films[1].label, 0);
    assert_null(m.films[0].path);
    assert_string_equal(m.films[0].patient, "");
    assert_string_equal(m.films[1].patient, "p2");
    assert_int_equal(strlen(m.hash), 64);
    sx_manifest_free(&m);
    o.groups = put("t/groups.csv", "image_id,patient_id\n", "g,p2\ng,p3\n");
    CHECK_FAILS(sx_manifest_open(path, &o, &m, &err), err, SX_ERR_FORMAT,
                "groups.csv:3: film g has the patient p3, but p2 in an earlier row");
    sx_manifest_free(&m);
    o.groups = put("t/groups.csv", "image_id,x\n", "g,p2\n");
    CHECK_FAILS(sx_manifest_open(path, &o, &m, &err), err, SX_ERR_MISSING, "study_id");
    sx_manifest_free(&m);
    o.label_column = "there is none";
    CHECK_FAILS(sx_manifest_open(path, &o, &m, &err), err, SX_ERR_MISSING, "there is none");
    sx_manifest_free(&m);
}

static void bad_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_FAILS(
        sx_manifest_open(put("c/train.csv", "image_id,lesion_type\n", "f,x\n"), NULL, &m, &err),
        err, SX_ERR_MISSING, "xmin");
    sx_manifest_free(&m);
    CHECK_FAILS(sx_manifest_open(put("c/other.csv", "image_id,sex\n", "f,F\n"), NULL, &m, &err),
                err, SX_ERR_MISSING, "lesion_type");
    sx_manifest_free(&m);
    CHECK_FAILS(
        sx_manifest_open(put("c/l.csv", "image_id,abnormal\n", "f,1\nf,0\n"), NULL, &m, &err), err,
        SX_ERR_FORMAT, "l.csv:3: film f has another label");
    sx_manifest_free(&m);
    CHECK_FAILS(sx_manifest_open(put("c/l.csv", "image_id,abnormal\n", "f,yes\n"), NULL, &m, &err),
                err, SX_ERR_FORMAT, "l.csv:2: abnormal \"yes\" is neither 0 nor 1");
    sx_manifest_free(&m);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("nowhere"), NULL, &m, &err), err, SX_ERR_IO,
                "nowhere");
    sx_manifest_free(&m);
    put("g/train.csv", header, "s,e,f,r,X,5,1,4,9\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("g"), NULL, &m, &err), err, SX_ERR_VALUE,
                "train.csv:2");
    sx_manifest_free(&m);
    sx_error why = { 0 };
    CHECK_OK(sx_write_file(check_tmp_path("c/film.png"), "\x89PNG\0\0", 6, &why), why);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("c/film.png"), NULL, &m, &err), err,
                SX_ERR_UNSUPPORTED, "film.png: not a folder, and not a CSV or JSON file");
    sx_manifest_free(&m);
    /* a table is known by its head, though its name does not say so and it is damaged further on */
    CHECK_OK(sx_write_file(check_tmp_path("c/upload"), "image_id,abnormal\nf,\0\n", 22, &why), why);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("c/upload"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "upload:2: a NUL byte in column abnormal");
    sx_manifest_free(&m);
    /* or in the head itself; JSON is known by its first byte */
    CHECK_OK(sx_write_file(check_tmp_path("c/upload"), "image_id,abnor\0mal\nf,1\n", 22, &why),
             why);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("c/upload"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "upload:1: a NUL byte in column 2");
    sx_manifest_free(&m);
    CHECK_OK(sx_write_file(check_tmp_path("c/upload"), "{\"images\":\0[]}", 14, &why), why);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("c/upload"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "upload:1: ");
    sx_manifest_free(&m);
    put("e/readme.txt", "x", "");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("e"), NULL, &m, &err), err, SX_ERR_UNSUPPORTED,
                "no known layout");
    sx_manifest_free(&m);
}

static void real_sets(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_shared("data/vertebrae"), NULL, &m, &err), err);
    assert_int_equal(m.box_count, 14631 + 3332);
    for (size_t i = 0; i < m.film_count; i++)
        if (!m.films[i].path || m.films[i].width <= 0) fail_msg("film %s", m.films[i].id);
    sx_manifest_free(&m);
    CHECK_OK(sx_manifest_open(check_shared("data/kauh"), NULL, &m, &err), err);
    for (size_t i = 0; i < m.film_count; i++)
        if (!m.films[i].path || m.films[i].label < 0) fail_msg("film %s", m.films[i].id);
    sx_manifest_free(&m);
}

static int remove_all(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vindr_layout),      cmocka_unit_test(image_labels),
        cmocka_unit_test(bad_rows),          cmocka_unit_test(ages_and_sexes_that_differ),
        cmocka_unit_test(tables_read_alone), cmocka_unit_test(bad_files)
    };
    const struct CMUnitTest with_material[] = { cmocka_unit_test(real_sets) };
    const int failed = cmocka_run_group_tests_name("manifest", tests, NULL, remove_all);
    if (!check_shared("data/vertebrae") || !check_shared("data/kauh")) return failed;
    return failed + cmocka_run_group_tests_name("manifests", with_material, NULL, NULL);
}
