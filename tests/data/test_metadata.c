/* Tables of metadata (train_meta.csv, meta.csv) beside annotations of every layout: without the
 * patients a split could put films of one patient into two parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

static const char boxes[] = "image_id,lesion_type,xmin,ymin,xmax,ymax\na,X,1,1,5,5\nb,X,1,1,5,5\n",
                  coco[] = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}, "
                           "{\"id\": 2, \"file_name\": \"b.png\"}], "
                           "\"annotations\": [], \"categories\": []}",
                  voc[] = "<annotation></annotation>",
                  meta[] = "image_id,patient_id,patient_age\n"
                           "a,P1,51\nb,P2,52\n";

static void put_yolo(const char *set, const char *folder) {
    static const char *const films[] = { "a", "b" };
    char name[80];
    snprintf(name, sizeof name, "%s/classes.txt", set);
    set_put_text(name, "X\n");
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/labels%s/%s.txt", set, folder, films[i]);
        set_put_text(name, "0 0.5 0.5 0.2 0.2\n");
        snprintf(name, sizeof name, "%s/images%s/%s.png", set, folder, films[i]);
        set_put_film(name, 8, 8);
    }
}

/* Film i belongs to patient i + 1. */
static void check_patients(const char *path, const sx_manifest_options *o, const char *note) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path(path), o, &m, &err), err);
    for (size_t i = 0; i < m.film_count; i++) {
        const char patient[3] = { 'P', m.films[i].id[0] == 'a' ? '1' : '2', 0 };
        if (strcmp(m.films[i].patient, patient) != 0)
            fail_msg("%s: the patient of %s is \"%s\"", path, m.films[i].id, m.films[i].patient);
        assert_true(m.films[i].age == (m.films[i].id[0] == 'a' ? 51 : 52));
    }
    assert_int_equal(m.unused.count, note != NULL);
    if (note && !strstr(m.unused.items[0], note)) fail_msg("%s: %s", path, m.unused.items[0]);
    sx_manifest_free(&m);
}

static void check_note(const char *set, const char *note) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path(set), NULL, &m, &err), err);
    assert_int_equal(m.unused.count, 1);
    if (!strstr(m.unused.items[0], note)) fail_msg("%s: %s", set, m.unused.items[0]);
    sx_manifest_free(&m);
}

static void sets_without_splits(void **state) {
    (void)state;
    set_put_text("v/annotations.csv", boxes);
    set_put_text("v/train_meta.csv", meta);
    check_patients("v", NULL, NULL);
    set_put_text("l/labels.csv", "image_id,abnormal\na,1\nb,0\n");
    set_put_text("l/meta.csv", meta);
    check_patients("l", NULL, NULL);
    set_put_text("c/annotations.json", coco);
    set_put_text("c/META.csv", meta);
    check_patients("c", NULL, NULL);
    set_put_text("x/Annotations/a.xml", voc);
    set_put_text("x/Annotations/b.xml", voc);
    set_put_text("x/train_meta.csv", "image_id,patient_id,patient_age\na,P1,51\n");
    set_put_text("x/test_meta.csv", "image_id,patient_id,patient_age\nb,P2,52\n");
    check_patients("x", NULL, NULL);
    put_yolo("y", "");
    set_put_text("y/annotations/meta.csv", meta);
    check_patients("y", NULL, NULL);
    set_put_text("n/annotations/my boxes.csv", boxes);
    set_put_film("n/images/a.png", 8, 8);
    set_put_text("n/meta.csv", meta);
    check_patients("n", NULL, NULL);
}

/* In the folders of VOC. */
static void beside_xml(void **state) {
    (void)state;
    static const char *const names[] = { "Annotations/meta.csv", "Annotations/train_meta.csv",
                                         "JPEGImages/meta.csv", "JPEGImages/train_meta.csv" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char set[20], path[60];
        snprintf(set, sizeof set, "voc%zu", i);
        snprintf(path, sizeof path, "%s/Annotations/a.xml", set);
        set_put_text(path, voc);
        snprintf(path, sizeof path, "%s/JPEGImages/a.png", set);
        set_put_film(path, 8, 8);
        snprintf(path, sizeof path, "%s/%s", set, names[i]);
        set_put_text(path, "image_id,patient_id,patient_age\na,P1,51\n");
        check_patients(set, NULL, NULL);
    }
    set_put_text("other/Annotations/a.xml", voc);
    set_put_text("other/Annotations/my_meta.csv", meta);
    set_put_text("other/meta.csv", "image_id,patient_id,patient_age\na,P1,51\n");
    check_patients("other", NULL, "Annotations/my_meta.csv: a table of metadata that is not read");
}

/* Files that are called metadata and are not read are named with the reason, however the set is
 * named: by its folder, by its table, or by the folder of its split. */
static void unread_tables(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *note; /* text NULL: a named pipe */
    } cases[] = {
        { "u/images/metadata.csv", meta,
          "/metadata.csv: a table of metadata that is not read: it is called neither" },
        { "u/Meta_Data.CSV", meta,
          "/Meta_Data.CSV: a table of metadata that is not read: it is called neither" },
        { "u/train/labels/meta.csv", meta,
          "/meta.csv: a table of metadata that is not read: it is in another folder" },
        { "u/meta.tsv", "image_id\tpatient_id\n",
          "/meta.tsv: is not read: metadata is read from CSV files only" },
        { "u/metadata.csv", "filename,patient_id\na,P1\n",
          "/metadata.csv: is not read, because it has no column image_id" },
        { "u/train/metadata.csv", NULL,
          "/metadata.csv: is a named pipe, not a file; the table is not read" },
    };
    static const char *const sets[] = { "u", "u/train", "u/train/annotations.csv" };
    set_put_text("u/train/annotations.csv", boxes);
    set_put_film("u/train/images/a.png", 8, 8);
    set_put_film("u/images/other.png", 8, 8);
    set_put_text("u/meta.csv", meta);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = sx_strdup(check_tmp_path(cases[i].name));
        if (cases[i].text)
            set_put_text(cases[i].name, cases[i].text);
        else
            assert_int_equal(mkfifo(path, 0600), 0);
        for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
            sx_error err = { 0 };
            sx_manifest m;
            CHECK_OK(sx_manifest_open(check_tmp_path(sets[k]), NULL, &m, &err), err);
            if (m.unused.count != 1 || !strstr(m.unused.items[0], cases[i].note))
                fail_msg("%s as %s: %zu notes, %s", cases[i].name, sets[k], m.unused.count,
                         m.unused.count ? m.unused.items[0] : "");
            sx_manifest_free(&m);
        }
        remove(path);
        free(path);
    }
}

/* Tables that are read are so however the set is named. */
static void tables_in_split_folders(void **state) {
    (void)state;
    static const char *const names[] = { "images/meta.csv", "images/train_meta.csv", "meta.csv",
                                         "annotations/meta.csv", "annotations/train_meta.csv" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[80];
        snprintf(path, sizeof path, "in%zu/train/%s", i, names[i]);
        set_put_text(path, "image_id,patient_id,patient_age\na,P1,51\nb,P2,52\n");
        snprintf(path, sizeof path, "in%zu/train/images/a.png", i);
        set_put_film(path, 8, 8);
        snprintf(path, sizeof path, "in%zu/train/annotations.csv", i);
        set_put_text(path, boxes);
        check_patients(path, NULL, NULL);
        snprintf(path, sizeof path, "in%zu/train", i);
        check_patients(path, NULL, NULL);
        snprintf(path, sizeof path, "in%zu", i);
        check_patients(path, NULL, NULL);
    }
}

/* The folder of a split has its metadata above it; rows of other splits are no fault. */
static void folder_of_one_split(void **state) {
    (void)state;
    set_put_text("one/train/annotations.csv", boxes);
    set_put_film("one/train/images/a.png", 8, 8);
    set_put_text("one/train_meta.csv", meta);
    set_put_text("one/test_meta.csv", "image_id,patient_id\na,P8\nb,P9\n");
    check_patients("one/train", NULL, NULL);
    set_put_text("all/train/annotations.csv", boxes);
    set_put_text("all/meta.csv", "image_id,patient_id,patient_age\na,P1,51\nb,P2,52\nc,P3,53\n");
    check_patients("all/train", NULL, NULL);
    set_put_text("all/train/train_meta.csv", "image_id,patient_id\nz,P1\n");
    check_patients("all/train", NULL, "train/train_meta.csv: its only row is not used");
}

static void check_above(const char *path) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(path, NULL, &m, &err), err);
    assert_true(m.sources.count > 1);
    for (size_t i = 0; i < m.sources.count; i++)
        if (strstr(m.sources.items[i] + 2, "/../") || strstr(m.sources.items[i], "/./") ||
            strstr(m.sources.items[i], "//") || strncmp(m.sources.items[i], "./..", 4) == 0)
            fail_msg("%s: %s", path, m.sources.items[i]);
    for (size_t i = 0; i < m.film_count; i++)
        if (m.films[i].path && strstr(m.films[i].path, "/../"))
            fail_msg("%s: %s", path, m.films[i].path);
    sx_manifest_free(&m);
}

/* Messages name files above the folder that is named, however it is written. */
static void paths_above_are_tidy(void **state) {
    (void)state;
    char here[1024];
    set_put_text("above/train/annotations.csv", boxes);
    set_put_film("above/train/images/a.png", 8, 8);
    set_put_text("above/meta.csv", meta);
    set_put_text("above/annotations/test.csv", boxes);
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(check_tmp_path("above")), 0);
    check_above("train");
    check_above("train/");
    check_above("./train/.");
    check_above("../above/train");
    check_above("annotations/test.csv");
    assert_int_equal(symlink("train", "link"), 0);
    check_above("link");
    assert_int_equal(chdir("train"), 0);
    check_above(".");
    check_above("annotations.csv");
    assert_int_equal(chdir(here), 0);
}

static void sets_with_splits(void **state) {
    (void)state;
    set_put_text("cs/annotations/train.json", coco);
    set_put_text("cs/train_meta.csv", meta);
    check_patients("cs", NULL, NULL);
    put_yolo("ys", "/train");
    put_yolo("ys", "/val"); /* films of one name in two splits */
    set_put_text("ys/meta.csv", meta);
    check_patients("ys", NULL, NULL);
    check_patients("ys", &(sx_manifest_options){ .split = SX_SPLIT_VAL }, NULL);
    set_put_text("ys/test_meta.csv", meta);
    check_patients("ys", NULL, "test_meta.csv: 2 of 2 rows are not used: 2 name no film");
    check_patients("ys", &(sx_manifest_options){ .split = SX_SPLIT_VAL }, NULL);
    set_put_text("ys/test_meta.csv", "image_id,patient_id\nz,P1\n");
    check_patients("ys", NULL,
                   "test_meta.csv: its only row is not used: \"z\" in line 2 names no film");
    set_put_text("vs/annotations/train.csv", boxes);
    set_put_text("vs/annotations/train_meta.csv", meta);
    check_patients("vs", NULL, NULL);
}

/* A file of the data set instead of its folder. */
static void single_files(void **state) {
    (void)state;
    set_put_text("s/annotations/train.json", coco);
    set_put_text("s/annotations/test.json", coco);
    set_put_text("s/train_meta.csv", meta);
    set_put_text("s/test_meta.csv", "image_id,patient_id\na,P8\nb,P9\n");
    set_put_text("s/meta.csv", "image_id,patient_id\na,P1\nelsewhere,P7\n");
    check_patients("s/annotations/train.json", NULL, NULL);
    check_patients("s/annotations/train.json", &(sx_manifest_options){ .split = SX_SPLIT_TRAIN },
                   NULL);
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(check_tmp_path("s/annotations/train.json"),
                              &(sx_manifest_options){ .annotations_only = true }, &m, &err),
             err);
    assert_string_equal(m.films[0].patient, "");
    sx_manifest_free(&m);
}

/* Of a part of a data set, some rows may be of other films, but not all of them. */
static void no_row_fits(void **state) {
    (void)state;
    static const char *const names[] = { "z/annotations/train.csv", "z/annotations/train.json",
                                         "z/data.yaml" };
    const sx_manifest_options train = { .split = SX_SPLIT_TRAIN };
    const char *note = "meta.csv: 2 of 2 rows are not used: 2 name no film; the first is "
                       "\"001_a\" in line 2";
    put_yolo("z", "/train");
    set_put_text(names[0], boxes);
    set_put_text(names[1], coco);
    set_put_text(names[2], "names: [X]\n");
    set_put_text("z/train_meta.csv", meta);
    for (size_t i = 0; i < 3; i++) {
        set_put_text("z/meta.csv", "image_id,patient_id\n001_a,P1\n001_b,P1\n");
        check_patients(names[i], NULL, note);
        check_patients(names[i], &train, note);
        set_put_text("z/meta.csv", "image_id,patient_id\n001_a,P1\nb,P2\n");
        check_patients(names[i], NULL, NULL);
        check_patients(names[i], &train, NULL);
    }
}

/* Beside the films of data.yaml's keys: in the folder that `path` names, and in that of all films.
 */
static void data_sets_of_keys(void **state) {
    (void)state;
    static const struct {
        const char *yaml, *keys, *films, *meta;
    } cases[] = {
        { "ka/cfg/data.yaml", "path: ../set\ntrain: images\n", "ka/set", "ka/set/meta.csv" },
        { "kb/cfg/data.yaml", "path: ../set\ntrain: list.txt\n", "kb/set", "kb/set/meta.csv" },
        { "kc/cfg/data.yaml", "path: ../set\ntrain: [a/images]\n", "kc/set/a", "kc/set/meta.csv" },
        { "kd/cfg/data.yaml", "train: ../train/images\n", "kd/train", "kd/meta.csv" },
        { "ke/data.yaml", "path: set\ntrain: train/images\n", "ke/set/train", "ke/set/meta.csv" },
        { "kf/data.yaml", "path: set\ntrain: train/images\n", "kf/set/train",
          "kf/set/train/images/meta.csv" },
        { "kg/data.yaml", "train: site/images\n", "kg/site", "kg/site/images/meta.csv" },
    };
    set_put_text("kb/set/list.txt", "images/a.png\nimages/b.png\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[120];
        put_yolo(cases[i].films, "");
        snprintf(text, sizeof text, "names: [X]\n%s", cases[i].keys);
        set_put_text(cases[i].yaml, text);
        set_put_text(cases[i].meta, meta);
        check_patients(cases[i].yaml, NULL, NULL);
    }
}

/* A table of one of several folders could give another film of that name a patient: it is named. */
static void several_folders_of_keys(void **state) {
    (void)state;
    static const char *const tables[] = { "k2/one/meta.csv", "k2/one/images/meta.csv",
                                          "k2/two/labels/meta.csv" };
    put_yolo("k2/one", "");
    put_yolo("k2/two", "");
    set_put_text("k2/data.yaml", "names: [X]\ntrain: one/images\nval: two/images\n");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const char *path = set_put_text(tables[i], meta);
        check_note("k2", "/meta.csv: a table of metadata that is not read: it is in another");
        remove(path);
    }
}

/* Wherever the films are: in folders that the column `file`, --images or subfolders name. */
static void beside_films(void **state) {
    (void)state;
    static const char *const notes[] = {
        "/meta.csv: a table of metadata that is not read: it is in another folder",
        "/metadata.csv: a table of metadata that is not read: it is called neither",
    };
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("bf/films/a.png", 8, 8);
    set_put_text("bf/films/meta.csv", meta);
    set_put_text("bf/labels.csv", "image_id,abnormal,file\na,1,films/a.png\n");
    check_note("bf", notes[0]);
    check_note("bf/labels.csv", notes[0]);
    set_put_text("bf/x/annotations.csv", "image_id,lesion_type,xmin,ymin,xmax,ymax\na,X,1,1,5,5\n");
    char *images = sx_strdup(check_tmp_path("bf/films"));
    const sx_manifest_options o = { .images = images };
    CHECK_OK(sx_manifest_open(check_tmp_path("bf/x"), &o, &m, &err), err);
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0], notes[0]));
    sx_manifest_free(&m);
    remove(check_tmp_path("bf/films/a.png")); /* no film is found */
    CHECK_OK(sx_manifest_open(check_tmp_path("bf/x"), &o, &m, &err), err);
    assert_int_equal(m.unused.count, 1);
    sx_manifest_free(&m);
    free(images);
    set_put_film("bg/films/p1/x/a.png", 8, 8);
    set_put_text("bg/films/p1/metadata.csv", meta);
    set_put_text("bg/labels.csv", "image_id,abnormal,file\na,1,films/p1/x/a.png\n");
    check_note("bg", notes[1]);
    put_yolo("bh", "/p1");
    set_put_text("bh/classes.txt", "X\n");
    set_put_text("bh/images/p1/meta.csv", meta);
    check_note("bh", notes[0]);
}

/* The films of a data set, with annotations from elsewhere: its metadata are its own, unless these
 * do not say whose films they are. */
static void of_the_set_of_the_films(void **state) {
    (void)state;
    static const char *const heads[] = { "image_id,patient_id,study_id", "image_id,patient_id",
                                         "image_id,study_id" };
    static const char *const rows[] = { "a,p,s", "a,p", "a,s" };
    sx_error err = { 0 };
    sx_manifest m;
    char text[200];
    set_put_film("bs/films/train_images/a.png", 8, 8);
    set_put_text("bs/films/train_meta.csv", "image_id,patient_id,study_id,patient_sex\na,p,s,F\n");
    set_put_text("bs/films/train_images/meta.csv", "image_id,patient_sex\na,F\n");
    char *images = sx_strdup(check_tmp_path("bs/films"));
    const sx_manifest_options o = { .images = images };
    for (int set = 0; set < 2; set++) {
        for (int i = 0; i < 3; i++) {
            snprintf(text, sizeof text, "%s,lesion_type,xmin,ymin,xmax,ymax\n%s,No finding,,,,\n",
                     heads[i], rows[i]);
            set_put_text("bs/x/annotations.csv", text);
            CHECK_OK(sx_manifest_open(check_tmp_path("bs/x"), &o, &m, &err), err);
            assert_int_equal(m.unused.count, set ? i > 0 : 2);
            if (set && i)
                assert_non_null(strstr(m.unused.items[0], "films/train_meta.csv: a table of meta"));
            sx_manifest_free(&m);
        }
        set_put_text("bs/films/annotations/train.csv", text);
    }
    free(images);
}

/* In subfolders of XML files and labels, where no films are. */
static void beside_labels(void **state) {
    (void)state;
    static const char *const tables[] = { "bl/labels/p1/meta.csv", "bl/labels/p1/q/meta.csv" };
    static const char note[] =
        "/meta.csv: a table of metadata that is not read: it is in another folder";
    set_put_text("bv/Annotations/p1/a.xml", voc);
    set_put_film("bv/JPEGImages/p1/a.png", 8, 8);
    set_put_text("bv/Annotations/p1/meta.csv", meta);
    check_note("bv", note);
    put_yolo("bl", "/p1");
    set_put_text("bl/classes.txt", "X\n");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const char *path = set_put_text(tables[i], meta);
        check_note("bl", note);
        remove(path);
    }
    put_yolo("bt", "/train");
    set_put_text("bt/classes.txt", "X\n");
    set_put_text("bt/labels/train/p2/meta.csv", meta);
    check_note("bt", note);
}

static void tables_of_other_names(void **state) {
    (void)state;
    set_put_text("o/train.csv", boxes);
    set_put_text("o/train_meta.csv", meta);
    set_put_text("o/patients_meta.csv", meta);
    check_patients("o", NULL,
                   "o/patients_meta.csv: a table of metadata that is not read: it is "
                   "called neither meta.csv nor after a split");
    set_put_text("h/train.json", coco);
    set_put_text("h/train_meta.csv", meta);
    set_put_text("h/meta.csv", "camera,lens\n1,2\n");
    check_patients("h", NULL, "h/meta.csv: is not read, because it has no column image_id");
}

/* Beside the table or the films of a split. */
static void folders_of_splits(void **state) {
    (void)state;
    static const char *const names[] = { "train/meta.csv", "train/train_meta.csv",
                                         "images/meta.csv", "images/train/meta.csv",
                                         "images/train_meta.csv" };
    char name[80];
    set_put_text("fc/train/_annotations.coco.json", coco);
    set_put_text("fv/train/annotations.csv", boxes);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "fc/%s", names[i]);
        const char *path = set_put_text(name, meta);
        check_patients("fc", NULL, NULL);
        remove(path);
        snprintf(name, sizeof name, "fv/%s", names[i]);
        path = set_put_text(name, meta);
        check_patients("fv", NULL, NULL);
        remove(path);
    }
    put_yolo("fy", "/train");
    set_put_text("fy/train/meta.csv", meta);
    check_patients("fy", NULL, NULL);
}

/* A table that is named alone, in the folder of its split. */
static void above_a_single_file(void **state) {
    (void)state;
    static const char *const tables[] = { "u/train/annotations.csv",
                                          "u/train/_annotations.coco.json" };
    set_put_text(tables[0], boxes);
    set_put_text(tables[1], coco);
    set_put_text("u/test_meta.csv", "image_id,patient_id\na,P8\nb,P9\n");
    for (size_t i = 0; i < 2; i++) {
        const char *path = set_put_text("u/train_meta.csv", meta);
        check_patients(tables[i], NULL, NULL);
        remove(path);
        path = set_put_text("u/meta.csv", meta);
        check_patients(tables[i], NULL, NULL);
        remove(path);
    }
}

static void tables_in_other_places(void **state) {
    (void)state;
    set_put_text("q/annotations.csv", boxes);
    set_put_text("q/images/films_meta.csv", meta);
    check_note("q", "q/images/films_meta.csv: a table of metadata that is not read");
    set_put_text("r/train/annotations.csv", boxes);
    set_put_text("r/train/films_meta.csv", meta);
    check_note("r", "r/train/films_meta.csv: a table of metadata that is not read");
}

static void columns_of_other_names(void **state) {
    (void)state;
    set_put_text("k/annotations.csv", boxes);
    set_put_text("k/meta.csv", "image_id,PatientID\na,P1\nb,P2\n");
    check_note("k", "k/meta.csv: the column PatientID is not read: its name must be patient_id");
    set_put_text("k/meta.csv", "image_id,study_id,Patient ID\na,S1,P1\nb,S2,P2\n");
    check_note("k", "k/meta.csv: the column Patient ID is not read: its name must be patient_id");
    set_put_text("k/meta.csv", "image_id,camera\na,1\nb,2\n");
    check_note("k", "k/meta.csv: has none of the columns patient_id, study_id, series_id, ");
    set_put_text("k/meta.csv", "image_id,patient,PatientID,patient_age\na,P1,1,51\nb,P2,2,52\n");
    check_patients("k", NULL, NULL);
    set_put_text("t/labels.csv", "image_id,abnormal,patientid\na,1,P1\nb,0,P2\n");
    check_note("t", "t/labels.csv: the column patientid is not read: its name must be patient_id");
}

static void another_patient(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_text("p/annotations.json", "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", "
                                       "\"patient_id\": \"P9\"}], \"annotations\": [], "
                                       "\"categories\": []}");
    set_put_text("p/meta.csv", meta);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("p"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "p/meta.csv:2: ");
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_without_splits),    cmocka_unit_test(beside_xml),
        cmocka_unit_test(unread_tables),          cmocka_unit_test(tables_in_split_folders),
        cmocka_unit_test(folder_of_one_split),    cmocka_unit_test(sets_with_splits),
        cmocka_unit_test(single_files),           cmocka_unit_test(another_patient),
        cmocka_unit_test(tables_of_other_names),  cmocka_unit_test(folders_of_splits),
        cmocka_unit_test(above_a_single_file),    cmocka_unit_test(tables_in_other_places),
        cmocka_unit_test(columns_of_other_names), cmocka_unit_test(no_row_fits),
        cmocka_unit_test(data_sets_of_keys),      cmocka_unit_test(several_folders_of_keys),
        cmocka_unit_test(beside_films),           cmocka_unit_test(of_the_set_of_the_films),
        cmocka_unit_test(beside_labels),          cmocka_unit_test(paths_above_are_tidy),
    };
    return cmocka_run_group_tests_name("metadata", tests, NULL, end);
}
