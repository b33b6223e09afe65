/* YOLO data sets: `path`, `train`, `val` and `test` of data.yaml decide which films are in which
 * split. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static const char box[] = "0 0.5 0.5 0.25 0.25\n";

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* The films as "train:a=1 val:b=0", with the number of boxes, in the order of the manifest. */
static void check_films(const char *set, const sx_manifest_options *o, const char *expected) {
    sx_error err = { 0 };
    sx_manifest m;
    char got[400] = "";
    CHECK_OK(sx_manifest_open(check_tmp_path(set), o, &m, &err), err);
    for (size_t i = 0; i < m.film_count; i++) {
        const size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%s:%s=%zu", i ? " " : "",
                 sx_split_name(m.films[i].split), m.films[i].id, m.films[i].box_count);
    }
    assert_string_equal(got, expected);
    sx_manifest_free(&m);
}

static void check_fails(const char *set, sx_error_code code, const char *message) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_FAILS(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err, code, message);
    sx_manifest_free(&m);
}

/* One sentence says what is not read. */
static void check_unused(const char *set, const char *films, const char *note) {
    sx_error err = { 0 };
    sx_manifest m;
    check_films(set, NULL, films);
    CHECK_OK(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err);
    assert_int_equal(m.unused.count, 1);
    if (!strstr(m.unused.items[0], note)) fail_msg("%s: %s", set, m.unused.items[0]);
    sx_manifest_free(&m);
}

static void put_split(const char *set, const char *images, const char *labels, const char *id) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s/%s.png", set, images, id);
    set_put_film(path, 64, 48);
    snprintf(path, sizeof path, "%s/%s/%s.txt", set, labels, id);
    set_put_text(path, box);
}

/* The keys, not the names of the folders. */
static void keys_decide(void **state) {
    (void)state;
    put_split("s", "images/train", "labels/train", "a");
    put_split("s", "images/val", "labels/val", "b");
    put_split("s", "images/val", "labels/val", "c");
    static const struct {
        const char *yaml, *films;
    } cases[] = {
        { "names: [X]\n", "train:a=1 val:b=1 val:c=1" },
        { "names: [X]\ntrain:\nval: ''\ntest: ~\n", "train:a=1 val:b=1 val:c=1" },
        { "names: [X]\ntrain: images/val\nval: images/train\n", "train:b=1 train:c=1 val:a=1" },
        { "names: [X]\ntrain: images/train\nvalidation: ./images//val/\n",
          "train:a=1 val:b=1 val:c=1" },
        { "names: [X]\ntrain: images/val\ntest: images/val\n",
          "train:b=1 train:c=1 test:b=1 test:c=1 :a=1" },
        { "names: [X]\ntrain: [images/train, images/val]\n", "train:a=1 train:b=1 train:c=1" },
        { "names: [X]\npath: .\ntrain: images\n", "train:a=1 train:b=1 train:c=1" },
        { "names: [X]\npath: images\ntrain: val\nval: train\n", "train:b=1 train:c=1 val:a=1" },
        { "names: [X]\npath: /no/such/place\ntrain: images/val\nval: images/train\n",
          "train:b=1 train:c=1 val:a=1" },
        { "names: [X]\ntrain: /old/place/images/val\nval: 'C:\\old\\images\\train'\n",
          "train:b=1 train:c=1 val:a=1" },
        { "names: [X]\ntrain: ../images/val\nval: ../images/TRAIN\n",
          "train:b=1 train:c=1 val:a=1" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_put_text("s/data.yaml", cases[i].yaml);
        check_films("s", NULL, cases[i].films);
    }
}

/* Roboflow's folders; a set of one split does not need those of the others. */
static void roboflow(void **state) {
    (void)state;
    put_split("r", "train/images", "train/labels", "a");
    put_split("r", "valid/images", "valid/labels", "b");
    set_put_text("r/data.yaml", "train: ../train/images\nval: ../valid/images\n"
                                "test: ../test/images\nnames: [X]\nnc: 1\n");
    check_fails("r", SX_ERR_MISSING,
                "data.yaml:3: test is ../test/images, but there is no such folder or list");
    check_films("r", &(sx_manifest_options){ .split = SX_SPLIT_VAL }, "val:b=1");
    put_split("r", "test/images", "test/labels", "c");
    check_films("r", NULL, "train:a=1 val:b=1 test:c=1");
    put_split("train", "images", "labels", "other");
    check_fails("r", SX_ERR_MISMATCH, "data.yaml:1: train: it is not known which one this is: ");
}

static void lists_of_films(void **state) {
    (void)state;
    for (const char *id = "abcd"; *id; id++)
        put_split("l", "images", "labels", (char[]){ *id, '\0' });
    put_split("l", "images/p1", "labels/p1", "a");
    set_put_text("l/data.yaml", "train: train.txt\nval: lists/val.txt\nnames: [X]\n");
    set_put_text("l/train.txt", "./images/c.png\r\n\r\n images/p1/a.png \n");
    set_put_text("l/lists/val.txt", "/home/someone/set/images/a.png\n../images/b.png\n");
    check_films("l", NULL, "train:c=1 train:p1/a=1 val:a=1 val:b=1 :d=1");
    check_films("l", &(sx_manifest_options){ .split = SX_SPLIT_TRAIN }, "train:c=1 train:p1/a=1");
    set_put_text("l/train.txt", "images/c.png\nimages/none.png\n");
    check_fails("l", SX_ERR_MISSING, "train.txt:2: there is no film images/none.png");
    set_put_text("l/train.txt", "images/p1\n");
    check_fails("l", SX_ERR_FORMAT, "train.txt:1: images/p1 is no film");
    set_put_text("l/train.txt", "");
    check_films("l", NULL, "val:a=1 val:b=1 :c=1 :d=1 :p1/a=1");
}

/* Names of films and folders in the other form of letters with marks. */
static void forms_of_letters(void **state) {
    (void)state;
    put_split("f", "images/o\xcc\x88", "labels/o\xcc\x88", "a\xcc\x88");
    put_split("f", "images", "labels", "\xc3\xa4");
    set_put_text("f/data.yaml", "train: train.txt\nval: val.txt\nnames: [X]\n");
    set_put_text("f/train.txt", "images/\xc3\xb6/\xc3\xa4.png\n");
    set_put_text("f/val.txt", "images/a\xcc\x88.png\n");
    check_films("f", NULL, "train:o\xcc\x88/a\xcc\x88=1 val:\xc3\xa4=1");
}

/* A list names the picture beside the DICOM film; one folder has the films of two splits. */
static void named_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    put_split("n", "images", "labels", "a");
    set_put_film("n/images/a.jpg", 32, 24);
    set_put_text("n/data.yaml", "train: t.txt\nnames: [X]\n");
    set_put_text("n/t.txt", "images/a.png\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("n"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_true(sx_path_has_ending(m.films[0].path, ".png"));
    assert_int_equal(m.films[0].width, 64);
    sx_manifest_free(&m);
    set_put_text("n/labels/a.png.txt", box);
    set_put_text("n/labels/a.jpg.txt", box);
    remove(set_put_text("n/labels/a.txt", ""));
    check_films("n", NULL, "train:a.png=1");
}

static void labels_beside_films(void **state) {
    (void)state;
    put_split("k", "good", "good", "a");
    put_split("k", "more/images", "more/labels", "b");
    set_put_film("k/good/b.png", 64, 48);
    set_put_text("k/data.yaml", "train: good\nval: more\nnames: [X]\n");
    check_films("k", NULL, "train:a=1 train:b=0 val:b=1");
    set_put_film("k/bare/images/c.png", 64, 48);
    set_put_film("k/none/c.png", 64, 48);
    set_put_text("k/data.yaml", "train: bare\nval: more\nnames: [X]\n");
    check_fails("k", SX_ERR_MISSING, "data.yaml:1: train names films in ");
    set_put_text("k/data.yaml", "train: none\nval: more\nnames: [X]\n");
    check_fails("k", SX_ERR_MISSING, "but there are no files of labels in ");
    set_put_text("k/data.yaml", "train: [good, more]\nnames: [X]\n");
    check_films("k", NULL, "train:a=1 train:good/b=0 train:more/images/b=1");
}

static void bad_keys(void **state) {
    (void)state;
    put_split("b", "images/train", "labels/train", "a");
    static const struct {
        const char *yaml, *message;
        sx_error_code code;
    } cases[] = {
        { "names: [X]\ntrain: {a: b}\n", "data.yaml:2: train is neither a path nor a list",
          SX_ERR_FORMAT },
        { "names: [X]\ntrain: [images/train, ~]\n", "data.yaml:2: train: item 2 is no path",
          SX_ERR_FORMAT },
        { "names: [X]\ntrain: [images/train, '']\n", "data.yaml:2: train: item 2 is empty",
          SX_ERR_FORMAT },
        { "names: [X]\nval: images/train\nvalidation: images/train\n",
          "data.yaml:3: validation names the films of a split that val in line 2 names, too",
          SX_ERR_FORMAT },
        { "names: [X]\npath: [a, b]\ntrain: images\n", "data.yaml:2: path is a list",
          SX_ERR_FORMAT },
        { "names: [X]\ntrain: images/valid\n", "data.yaml:2: train is images/valid, but",
          SX_ERR_MISSING },
        { "names: [X]\ntrain: /elsewhere/val/images\n", "but there is no such folder",
          SX_ERR_MISSING },
        { "names: [X]\ntrain: ../..\n", "a folder that contains the data set itself",
          SX_ERR_VALUE },
        { "names: [X]\ntrain: images/train/a.png\n", "which is a film, not a folder",
          SX_ERR_FORMAT },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_put_text("b/data.yaml", cases[i].yaml);
        check_fails("b", cases[i].code, cases[i].message);
    }
    set_put_text("b/data.yaml", "names: [X]\ntrain: images/train\n");
    set_put_text("b/data.yml", "names: [X]\nval: images/train\n");
    check_fails("b", SX_ERR_MISMATCH, "data.yml:2: val of data.yaml beside it names films, too");
}

/* --images takes the place of the folders that the layout has, not of others. */
static void films_elsewhere(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    char *films = sx_strdup(check_tmp_path("films"));
    const sx_manifest_options o = { .images = films };
    set_put_film("films/a.png", 64, 48);
    set_put_text("e/labels/train/a.txt", box);
    set_put_text("e/data.yaml", "names: [X]\ntrain: images/train\n");
    check_films("e", &o, "train:a=1");
    set_put_text("e/data.yaml", "names: [X]\nval: images/train\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("e"), &o, &m, &err), err, SX_ERR_UNSUPPORTED,
                "data.yaml: names other folders of films, or lists of films");
    sx_manifest_free(&m);
    free(films);
}

/* Each of two films of one name has the boxes of its own label file. */
static void names_in_two_folders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    put_split("t", "site1/images", "site1/labels", "a");
    put_split("t", "site2/images", "site2/labels", "b");
    set_put_film("t/site2/images/a.png", 32, 24);
    set_put_text("t/site2/labels/a.txt", "0 0.5 0.5 0.5 0.5\n0 0.2 0.2 0.1 0.1\n");
    set_put_text("t/data.yaml", "train: [site1/images, site2/images]\nnames: [X]\n");
    check_films("t", NULL, "train:site1/images/a=1 train:site2/images/a=2 train:b=1");
    CHECK_OK(sx_manifest_open(check_tmp_path("t"), NULL, &m, &err), err);
    assert_true(sx_ends_with(m.films[0].path, "t/site1/images/a.png"));
    assert_true(sx_ends_with(m.films[1].path, "t/site2/images/a.png"));
    assert_int_equal(m.films[1].width, 32);
    sx_manifest_free(&m);
    set_put_text("t/data.yaml", "train: site1/images\nval: site2/images\nnames: [X]\n");
    check_films("t", NULL, "train:a=1 val:a=2 val:b=1");
}

/* Without keys, two folders of films of one split are an error that names both; with keys, films of
 * both are read. */
static void two_places_of_a_split(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    const sx_manifest_options val = { .split = SX_SPLIT_VAL };
    put_split("both", "images/train", "labels/train", "a");
    put_split("both", "train/images", "train/labels", "b");
    put_split("both", "val/images", "val/labels", "c");
    set_put_text("both/data.yaml", "names: [X]\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("both"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "both/images/train and ");
    assert_non_null(
        strstr(err.message, "both/train/images: two folders have films of split train"));
    sx_manifest_free(&m);
    check_films("both", &val, "val:c=1");
    set_put_text("both/data.yaml",
                 "names: [X]\ntrain: [images/train, train/images]\nval: val/images\n");
    check_films("both", NULL, "train:a=1 train:b=1 val:c=1");
    put_split("empty", "images/train", "labels/train", "a");
    set_put_text("empty/train/images/notes.txt", "no film");
    set_put_text("empty/data.yaml", "names: [X]\n");
    check_films("empty", NULL, "train:a=1");
}

/* data.yaml, or one of another name, instead of the folder. */
static void path_of_yaml(void **state) {
    (void)state;
    put_split("y", "images/train", "labels/train", "a");
    put_split("y", "images/val", "labels/val", "b");
    set_put_text("y/data.yaml", "train: images/train\nval: images/val\nnames: [X]\n");
    set_put_text("y/turned.yml", "train: images/val\nval: images/train\nnames: [X]\n");
    set_put_text("y/plain.yaml", "names: [X]\n");
    check_films("y/data.yaml", NULL, "train:a=1 val:b=1");
    check_films("y/turned.yml", NULL, "train:b=1 val:a=1");
    check_films("y/plain.yaml", NULL, "train:a=1 val:b=1");
    check_films("y/turned.yml", &(sx_manifest_options){ .split = SX_SPLIT_VAL }, "val:a=1");
}

/* The folder of one split, with data.yaml or the names of the classes above it. */
static void split_alone(void **state) {
    (void)state;
    static const sx_manifest_options val = { .split = SX_SPLIT_VAL };
    sx_manifest m;
    sx_error err = { 0 };
    put_split("deep/alone", "train/images", "train/labels", "a");
    put_split("deep/alone", "valid/images", "valid/labels", "b");
    set_put_text("deep/alone/data.yaml",
                 "train: ../train/images\nval: ../valid/images\nnames: [X]\n");
    set_put_text("deep/alone/meta.csv", "image_id,study_id\na,S\nb,T\n");
    check_films("deep/alone/train", NULL, "train:a=1");
    check_films("deep/alone/valid", NULL, "val:b=1");
    check_films("deep/alone/valid", &val, "val:b=1");
    CHECK_OK(sx_manifest_open(check_tmp_path("deep/alone/train"), NULL, &m, &err), err);
    assert_string_equal(m.films[0].study, "S");
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("deep/alone/train"), &val, &m, &err), err,
                SX_ERR_MISSING, "deep/alone/train: no films of the split val");
    sx_manifest_free(&m);
    check_fails("deep/alone/train/images", SX_ERR_UNSUPPORTED, "no known layout");
    set_put_text("deep/alone/data.yaml", "train: valid/images\nval: train/images\nnames: [X]\n");
    check_fails("deep/alone/train", SX_ERR_MISMATCH, "has other films of the split train, such as");
    check_fails("deep/alone/train", SX_ERR_MISMATCH, "b.png: name the data set instead");
    put_split("plain", "test/images", "test/labels", "a");
    check_fails("plain/test", SX_ERR_UNSUPPORTED, "no known layout");
    set_put_text("plain/classes.txt", "X\n");
    check_films("plain/test", NULL, "test:a=1");
    set_put_film("coco/valid/c.png", 8, 8);
    set_put_text("coco/valid/_annotations.coco.json",
                 "{\"images\": [{\"id\": 1, \"file_name\": \"c.png\"}], \"annotations\": [], "
                 "\"categories\": []}");
    check_films("coco/valid", NULL, ":c=0");
}

/* Tables that are no annotations do not prevent it; with those of annotations it is not known which
 * are meant, unless the table has the name that data sets give it. */
static void split_alone_with_tables(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    put_split("tables", "train/images", "train/labels", "a");
    set_put_text("tables/data.yaml", "names: [X]\n");
    set_put_text("tables/train/meta.csv", "image_id,study_id\na,S\n");
    set_put_text("tables/train/notes.csv", "a,b\n1,2\n");
    set_put_text("tables/train/other.csv", "\xff\xfe,");
    set_put_text("tables/train/x.json", "{}");
    CHECK_OK(sx_manifest_open(check_tmp_path("tables/train"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_int_equal(m.films[0].box_count, 1);
    assert_string_equal(m.films[0].study, "S");
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
    set_put_text("tables/train/findings.csv", "image_id,abnormal\na,1\n");
    check_fails("tables/train", SX_ERR_MISMATCH, "tables/train: two layouts: labels of YOLO (");
    check_fails("tables/train", SX_ERR_MISMATCH, "tables/train/findings.csv: name that table, or");
    check_films("tables/train/findings.csv", NULL, ":a=0");
    check_films("tables", NULL, "train:a=1");
    remove(check_tmp_path("tables/train/findings.csv"));
    set_put_text("tables/train/labels.csv", "image_id,abnormal\na,1\n");
    check_unused("tables/train", ":a=0", "tables/train/labels: labels of YOLO that are not read, ");
    set_put_text("tables/train/labels.csv", "film,what\na,1\n");
    check_unused("tables/train", "train:a=1", "train/labels.csv: no column \"image_id\"");
    set_put_text("tables/labels.csv", "film,what\na,1\n");
    check_unused("tables", "train:a=1", "tables/labels.csv: no column \"image_id\"");
    remove(check_tmp_path("tables/labels.csv"));
    set_put_text("tables/train.csv", "film,what\na,1\n");
    check_unused("tables", "train:a=1", "tables/train.csv: no column \"image_id\"");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("tables"),
                                 &(sx_manifest_options){ .label_column = "mine" }, &m, &err),
                err, SX_ERR_MISSING, "tables/train.csv: no column \"image_id\"");
    sx_manifest_free(&m);
    remove(check_tmp_path("tables/train.csv"));
    remove(check_tmp_path("tables/train/labels.csv"));
    remove(check_tmp_path("tables/data.yaml"));
    check_fails("tables/train", SX_ERR_UNSUPPORTED, "other.csv: ");
    remove(check_tmp_path("tables/train/other.csv"));
    check_fails("tables/train", SX_ERR_MISSING, "none of its tables has the columns");
}

/* Beside labels of YOLO, a table that is only misspelt is an error; without them, it is one for
 * itself. */
static void misspelt_tables(void **state) {
    (void)state;
    static const char *const heads[] = { "Image_ID,Lesion_Type", "image_id;lesion_type;xmin",
                                         "image_id,class_name,x_min,y_min,x_max,y_max",
                                         "image_id,abnorm", "film,Abnormal" };
    static const char *const names[] = { "misspelt/train.csv", "misspelt/annotations/train.csv",
                                         "misspelt/train/annotations.csv",
                                         "misspelt/annotations.csv", "misspelt/labels.csv" };
    put_split("misspelt", "images/train", "labels/train", "a");
    set_put_text("misspelt/classes.txt", "X\n");
    check_films("misspelt", NULL, "train:a=1");
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
            set_put_text(names[k], heads[i]);
            check_fails("misspelt", SX_ERR_MISMATCH, "/misspelt/labels), and a table to correct");
            check_fails("misspelt", SX_ERR_MISMATCH, names[k]);
        }
        set_put_text(names[k], "film;what");
        check_unused("misspelt", "train:a=1", "misspelt/classes.txt is read instead");
        remove(check_tmp_path(names[k]));
    }
    remove(check_tmp_path("misspelt/classes.txt"));
    set_put_text("misspelt/labels.csv", "image_id,abnorm\na,1\n");
    check_fails("misspelt", SX_ERR_MISSING,
                "misspelt/labels.csv: no column \"lesion_type\" (there are: image_id, abnorm)");
}

/* The note about a table names the folder of the XML files that are read. */
static void stray_beside_xml(void **state) {
    (void)state;
    set_put_film("xml/JPEGImages/p1/a.png", 48, 64);
    set_put_text("xml/Annotations/p1/a.xml",
                 "<annotation><filename>p1/a.png</filename></annotation>");
    set_put_text("xml/labels.csv", "film,what\na,1\n");
    check_unused("xml", ":p1/a=0", "xml/Annotations is read instead");
    set_put_text("xml/labels.csv", "Image ID,abnormal\na,1\n");
    check_fails("xml", SX_ERR_MISMATCH, "two layouts: XML files of VOC (");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_decide),
        cmocka_unit_test(roboflow),
        cmocka_unit_test(lists_of_films),
        cmocka_unit_test(forms_of_letters),
        cmocka_unit_test(named_files),
        cmocka_unit_test(bad_keys),
        cmocka_unit_test(labels_beside_films),
        cmocka_unit_test(films_elsewhere),
        cmocka_unit_test(names_in_two_folders),
        cmocka_unit_test(path_of_yaml),
        cmocka_unit_test(two_places_of_a_split),
        cmocka_unit_test(split_alone),
        cmocka_unit_test(misspelt_tables),
        cmocka_unit_test(stray_beside_xml),
        cmocka_unit_test(split_alone_with_tables),
    };
    return cmocka_run_group_tests_name("yolo-splits", tests, NULL, end);
}
