/* Films of one name in folders of other patients or splits: a film is missing rather than taken
 * from another folder than its name states. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

enum { FILMS = 3 };

/* One film of a new data set. */
typedef struct folder_case {
    const char *films[FILMS]; /* the files that exist; the rest NULL */
    const char *table;        /* annotations for the film */
    const char *name;         /* of the film in the table */
    const char *file;         /* "": it is missing; NULL: two files fit equally well */
    const char *folder;       /* VOC: <folder>, or NULL */
} folder_case;

static const folder_case splits[] = {
    { { "images/test/p1/1.png", "images/train/p9/x.png" }, "annotations/train.csv", "p1/1", "", 0 },
    { { "images/train/1.png", "images/val/2.png" }, "annotations/train.csv", "2", "", 0 },
    { { "images/train/1.png", "images/val2017/2.png" }, "annotations/train.csv", "2", "", 0 },
    { { "images/val/p3/1.png", "images/train/p3/1.png" },
      "annotations/train.csv",
      "1",
      "images/train/p3/1.png",
      0 },
    { { "images/train/test/2.png" }, "annotations/train.csv", "2", "", 0 },
    { { "images/train/a.png", "images/val/b.png" },
      "annotations/instances_train.json",
      "b.png",
      "",
      0 },
    { { "train2017/b.png", "val2017/b.png" },
      "annotations/instances_train2017.json",
      "b.png",
      "train2017/b.png",
      0 },
    { { "val2017/b.png" }, "annotations/instances_train2017.json", "b.png", "", 0 },
    { { "images/val/b.png" }, "annotations/instances_train.json", "train/b.png", "", 0 },
    { { "images/val/b.png" },
      "annotations/instances_train.json",
      "val/b.png",
      "images/val/b.png",
      0 },
    { { "images/val/a.png" }, "annotations.json", "train/a.png", "", 0 },
    { { "val_images/b.png" }, "annotations/instances_val.json", "train/b.png", "", 0 },
    { { "images/val/b.png" }, "annotations.json", "b.png", "images/val/b.png", 0 },
    { { "images/train/p1/b.png" }, "annotations.json", "p1/b.png", "images/train/p1/b.png", 0 },
    { { "images/train/p1/b.png" },
      "annotations.json",
      "/old/set/p1/b.png",
      "images/train/p1/b.png",
      0 },
    { { "images/train/b.png" }, "annotations.json", "images/b.png", "images/train/b.png", 0 },
    { { "images/Test 1/b.png" }, "annotations.json", "b.png", "images/Test 1/b.png", 0 },
    { { "images/Test 1/b.png" }, "annotations.json", "Test 2/b.png", "", 0 },
    { { "images/Test 1/p1/b.png" }, "annotations.json", "Test 2/p1/b.png", "", 0 },
    { { "images/test1/1.png" }, "annotations.json", "p1/1.png", "", 0 },
    { { "images/test1/1.png", "images/test2/2.png" }, "annotations.json", "p1/1.png", "", 0 },
    { { "images/test1/1.png" }, "labels.csv", "p1/1", "", 0 },
    { { "images/Test 1/1.png" }, "labels.csv", "Test 2/1", "", "test" },
    { { "JPEGImages/test1/1.png" }, "Annotations/1.xml", "p1/1.png", "", 0 },
    { { "JPEGImages/test1/1.png" }, "Annotations/1.xml", "1.png", "", "test2" },
    { { "JPEGImages/test1/1.png" }, "Annotations/p1/1.xml", "1.png", "", 0 },
    { { "images/train/1.png", "images/val/2.png" }, "labels.csv", "2", "", "train" },
    { { "images/train/1.png", "images/val/p/2.png" },
      "labels.csv",
      "2",
      "images/val/p/2.png",
      "val" },
};

static const folder_case patients[] = {
    { { "images/p2/1.png", "images/p1/2.png" }, "annotations.json", "p1/1.png", "", 0 },
    { { "images/p2/1.png" }, "annotations.json", "p1/1.png", "", 0 },
    { { "images/p2/1.png" }, "annotations.json", "/old/place/p1/1.png", "", 0 },
    { { "images/p2/s1/1.png" }, "annotations.json", "p1/s1/1.png", "", 0 },
    { { "images/p2/1.png" }, "annotations.json", "/old/place/P2/1.PNG", "images/p2/1.png", 0 },
    { { "images/1.png" }, "annotations.json", "p1/1.png", "images/1.png", 0 },
    { { "images/1.png", "images/p1/2.png" }, "annotations.json", "p1/1.png", "", 0 },
    { { "images/1.png", "images/p1/2.png" }, "annotations.json", "http://h/p1/1.png", "", 0 },
    { { "images/1.png", "images/p1/2.png" },
      "annotations.json",
      "http://h/p1/images/1.png",
      "images/1.png",
      0 },
    { { "images/p2/1.png" }, "labels.csv", "p1/1", "", 0 },
    { { "images/1.png", "images/p1/2.png" }, "labels.csv", "p1/1", "", 0 },
    { { "JPEGImages/p2/a.png" }, "Annotations/p1/a.xml", "a.png", "", "p1" },
    { { "JPEGImages/p2/a.png" }, "Annotations/p1/a.xml", "a.png", "", 0 },
    { { "JPEGImages/p2/a.png" }, "Annotations/a.xml", "p1/a.png", "", "p1" },
    { { "JPEGImages/p2/a.png" }, "Annotations/a.xml", "a.png", "", "p1" },
    { { "JPEGImages/p2/a.png" }, "Annotations/a.xml", "p1/a.png", "", 0 },
    { { "JPEGImages/p2/a.png" }, "Annotations/x.xml", "p1/a.png", "", 0 },
    { { "JPEGImages/p2/a.png" }, "Annotations/a.xml", "a.png", "JPEGImages/p2/a.png", 0 },
    { { "JPEGImages/p2/a.png" },
      "Annotations/a.xml",
      "a.png",
      "JPEGImages/p2/a.png",
      "JPEGImages" },
    { { "JPEGImages/p2/a.png", "JPEGImages/p3/a.png" },
      "Annotations/a.xml",
      "a.png",
      "JPEGImages/p3/a.png",
      "p3" },
};

/* VOC: a film of the XML file's name is in none of the subfolders, another one may be. */
static const folder_case beside[] = {
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a.png",
      "JPEGImages/p1/a.png",
      "p1" },
    { { "JPEGImages/a.png", "JPEGImages/p1/b.png" }, "Annotations/a.xml", "a.png", "", "p1" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "p1/a.png",
      "JPEGImages/p1/a.png",
      0 },
    { { "JPEGImages/a.png", "JPEGImages/p1/x.png" }, "Annotations/a.xml", "p1/a.png", "", 0 },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a.png</filename><path>/old/JPEGImages/p1/a.png</path><note>",
      "JPEGImages/p1/a.png",
      0 },
    { { "JPEGImages/a.png", "JPEGImages/p1/b.png" },
      "Annotations/a.xml",
      "C:\\set\\p1\\a.png",
      "",
      "JPEGImages" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a.png",
      "JPEGImages/a.png",
      "JPEGImages" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "JPEGImages/a.png",
      "JPEGImages/a.png",
      "elsewhere" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.png" },
      "Annotations/p1/a.xml",
      "a.png",
      "JPEGImages/p1/a.png",
      "p2" },
    /* a film of the same name in no subfolder changes nothing */
    { { "JPEGImages/a.png", "JPEGImages/p1/a.dcm", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a.dcm",
      "JPEGImages/p1/a.dcm",
      "p1" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.dcm", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a.png",
      "JPEGImages/p1/a.png",
      "p1" },
    { { "JPEGImages/a.png", "JPEGImages/p1/a.dcm", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a",
      "JPEGImages/p1/a.dcm",
      "p1" },
    { { "JPEGImages/p1/a.dcm", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "a",
      "JPEGImages/p1/a.dcm",
      "p1" },
};

/* VOC: folders of films beside JPEGImages, as in the other layouts. */
static const folder_case apart[] = {
    { { "p1/a.png" }, "Annotations/a.xml", "p1/a.png", "p1/a.png", 0 },
    { { "p1/a.png", "JPEGImages/b.png" }, "Annotations/a.xml", "p1/a.png", "p1/a.png", 0 },
    { { "p1/a.png" }, "Annotations/p1/a.xml", "a.png", "p1/a.png", 0 },
    { { "p1/a.png" }, "Annotations/p1/a.xml", "", "p1/a.png", 0 },
    { { "p1/a.png" }, "Annotations/a.xml", "a.png", "p1/a.png", "p1" },
    { { "p1/a.png" }, "Annotations/a.xml", "C:\\old\\set\\p1\\a.png", "p1/a.png", 0 },
    { { "p1/a.png" }, "Annotations/a.xml", "a.png", "", 0 },
    { { "p1/a.png" }, "Annotations/a.xml", "p2/a.png", "", 0 },
    { { "p1/a.png", "p2/a.png" }, "Annotations/p2/a.xml", "p1/a.png", "p2/a.png", 0 },
    { { "p1/a.png", "JPEGImages/p1/a.png" },
      "Annotations/a.xml",
      "p1/a.png",
      "JPEGImages/p1/a.png",
      0 },
};

/* Two patients' films of one name. */
static void films_apart_of_one_name(void **state) {
    (void)state;
    static const char *const folders[] = { "p1", "p2" };
    sx_error err = { 0 };
    sx_manifest m;
    for (int i = 0; i < 2; i++) {
        char name[200];
        snprintf(name, sizeof name, "twice/%s/a.png", folders[i]);
        set_put_film(name, 64, 48);
        snprintf(name, sizeof name, "twice/Annotations/%s/a.xml", folders[i]);
        set_put_text(name, "<annotation><filename>a.png</filename></annotation>");
    }
    CHECK_OK(sx_manifest_open(check_tmp_path("twice"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(m.films[i].path);
        assert_non_null(strstr(m.films[i].path, m.films[i].id));
    }
    sx_manifest_free(&m);
}

static const folder_case originals[] = {
    { { "images/aaa/a.dcm", "images/zzz/a.png" }, "labels.csv", "a", NULL, 0 },
    { { "images/zzz/a.dcm", "images/aaa/a.png" }, "labels.csv", "a", NULL, 0 },
    { { "images/zzz/a.dcm", "images/zzz/a.png" }, "labels.csv", "a", "images/zzz/a.dcm", 0 },
    { { "images/a.png", "a.dcm" }, "labels.csv", "a", NULL, 0 },
    { { "images/a.dcm", "a.png" }, "labels.csv", "a", "images/a.dcm", 0 },
    { { "train_pngs/a.png", "train_images/a.dcm" },
      "annotations/train.csv",
      "a",
      "train_images/a.dcm",
      0 },
};

static void put_table(const char *set, const folder_case *c) {
    char name[200], text[600];
    if (sx_path_has_ending(c->table, ".json"))
        snprintf(text, sizeof text,
                 "{\"images\": [{\"id\": 1, \"file_name\": \"%s\"}], \"annotations\": [], "
                 "\"categories\": []}",
                 c->name);
    else if (sx_path_has_ending(c->table, ".xml"))
        snprintf(text, sizeof text, "<annotation><folder>%s</folder><filename>%s</%s></annotation>",
                 c->folder ? c->folder : "", c->name,
                 sx_path_has_ending(c->name, "<note>") ? "note" : "filename");
    else if (strcmp(c->table, "labels.csv") == 0)
        snprintf(text, sizeof text, "image_id,abnormal,split\n%s,1,%s\n", c->name,
                 c->folder ? c->folder : "");
    else
        snprintf(text, sizeof text, "image_id,lesion_type,xmin,ymin,xmax,ymax\n%s,X,1,2,3,4\n",
                 c->name);
    snprintf(name, sizeof name, "%s/%s", set, c->table);
    set_put_text(name, text);
}

static void check_case(const char *set, const folder_case *c) {
    sx_error err = { 0 };
    sx_manifest m;
    char name[200];
    for (int i = 0; i < FILMS && c->films[i]; i++) {
        snprintf(name, sizeof name, "%s/%s", set, c->films[i]);
        set_put_film(name, 64, 48);
    }
    put_table(set, c);
    if (!c->file) {
        CHECK_FAILS(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err, SX_ERR_MISMATCH,
                    "film a has two files, ");
        sx_manifest_free(&m);
        return;
    }
    CHECK_OK(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    const char *path = m.films[0].path;
    snprintf(name, sizeof name, "%s/%s", set, c->file);
    if (c->file[0] ? !path || !strstr(path, name) : path != NULL)
        fail_msg("%s: \"%s\" of %s is %s, not %s", set, c->name, c->table, path ? path : "missing",
                 c->file[0] ? c->file : "missing");
    sx_manifest_free(&m);
}

static void check_cases(const char *prefix, const folder_case *cases, size_t count) {
    char set[40];
    for (size_t i = 0; i < count; i++) {
        snprintf(set, sizeof set, "%s%zu", prefix, i);
        check_case(set, &cases[i]);
    }
}

static void other_split(void **state) {
    (void)state;
    check_cases("split", splits, sizeof splits / sizeof *splits);
}

static void other_patient(void **state) {
    (void)state;
    check_cases("patient", patients, sizeof patients / sizeof *patients);
}

static void stated_folder(void **state) {
    (void)state;
    check_cases("beside", beside, sizeof beside / sizeof *beside);
}

static void folders_beside_the_films(void **state) {
    (void)state;
    check_cases("apart", apart, sizeof apart / sizeof *apart);
}

/* A DICOM film and its picture are one film in one folder only. */
static void other_folder(void **state) {
    (void)state;
    check_cases("original", originals, sizeof originals / sizeof *originals);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_split),
        cmocka_unit_test(other_patient),
        cmocka_unit_test(stated_folder),
        cmocka_unit_test(folders_beside_the_films),
        cmocka_unit_test(films_apart_of_one_name),
        cmocka_unit_test(other_folder),
    };
    return cmocka_run_group_tests_name("folders of films", tests, NULL, end);
}
