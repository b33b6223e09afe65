/* What a data set has and the program does not use is told: rows of metadata, tables,
 * films without labels. And what tables may hold instead of a number. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/writer.h"
#include "data/manifest.h"
#include "data/manifest_write.h"
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

static void check_note(const char *set, size_t films, const char *text) {
    sx_manifest m;
    open_set(set, NULL, &m);
    assert_int_equal(m.film_count, films);
    assert_int_equal(m.unused.count, text ? 1 : 0);
    if (text && !strstr(m.unused.items[0], text)) fail_msg("%s: %s", set, m.unused.items[0]);
    sx_manifest_free(&m);
}

static void tables_beside_others(void **state) {
    (void)state;
    static const char csv[] = "image_id,abnormal\na,1\n",
                      coco[] = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], "
                               "\"annotations\": [], \"categories\": []}";
    set_put_text("t1/train.csv", csv);
    set_put_text("t1/annotations.csv", csv);
    check_note("t1", 1, "t1/annotations.csv: a table of annotations that is not read, because ");
    set_put_text("t2/train.csv", csv);
    set_put_text("t2/testset.csv", csv);
    check_note("t2", 1, "t2/testset.csv: a table");
    set_put_text("t3/train.csv", csv);
    set_put_text("t3/test/_annotations.coco.json", coco);
    check_note("t3", 1, "t3/train.csv: a table");
    set_put_text("t4/train.csv",
                 csv); /* the same set in two forms, and files without annotations */
    set_put_text("t4/train.json", coco);
    set_put_text("t4/train_meta.csv", "image_id,abnormal,patient_id\na,1,P1\n");
    set_put_text("t4/people.csv", "image_id,reader\na,1\n");
    set_put_text("t4/notes.json", "{}");
    check_note("t4", 1, NULL);
}

static void splits_without_labels(void **state) {
    (void)state;
    set_put_text("y1/classes.txt", "X\n");
    set_put_text("y1/labels/train/a.txt", "0 0.5 0.5 0.2 0.2\n");
    set_put_film("y1/images/train/a.png", 8, 8);
    set_put_film("y1/images/val/p/b.png", 8, 8);
    set_put_film("y1/images/val/c.png", 8, 8);
    check_note("y1", 1, "images/val: 2 films are left out, because there is no folder ");
    set_put_text("y2/classes.txt", "X\n");
    set_put_text("y2/train/labels/a.txt", "0 0.5 0.5 0.2 0.2\n");
    set_put_film("y2/train/images/a.png", 8, 8);
    set_put_film("y2/valid/images/b.png", 8, 8);
    check_note("y2", 1, "valid/images: 1 film is left out, because there is no folder ");
    set_put_text("y3/data.yaml", "names: [X]\ntrain: train/images\n");
    set_put_text("y3/train/labels/a.txt", "0 0.5 0.5 0.2 0.2\n");
    set_put_film("y3/train/images/a.png", 8, 8);
    set_put_film("y3/valid/images/b.png", 8, 8);
    check_note("y3", 1, "valid/images: 1 film is left out, because there is no folder ");
    set_put_text("y4/classes.txt", "X\n"); /* no folder is missing */
    set_put_text("y4/labels/train/a.txt", "0 0.5 0.5 0.2 0.2\n");
    set_put_film("y4/images/train/a.png", 8, 8);
    set_put_text("y4/labels/val/other.txt", "");
    set_put_film("y4/images/val/other.png", 8, 8);
    check_note("y4", 2, NULL);
}

/* Tables of any name are named, whatever is read, and labels that say more than what is read. */
static void other_layouts(void **state) {
    (void)state;
    static const char boxes[] = "image_id,lesion_type,xmin,ymin,xmax,ymax\nb,X,1,1,5,5\n",
                      labels[] = "image_id,abnormal\na,1\n",
                      coco[] = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], "
                               "\"annotations\": [], \"categories\": []}",
                      line[] = "0 0.5 0.5 0.2 0.2\n";
    set_put_text("o1/classes.txt", "X\n");
    set_put_text("o1/labels/a.txt", line);
    set_put_film("o1/images/a.png", 8, 8);
    set_put_film("o1/images/b.png", 8, 8);
    set_put_text("o1/extra.csv", boxes);
    check_note("o1", 2, "o1/extra.csv: a table of annotations that is not read, because ");
    set_put_text("o2/Annotations/a.xml", "<annotation/>");
    set_put_text("o2/annotations/other.json", coco);
    check_note("o2", 1, "o2/annotations/other.json: a table of annotations that is not read");
    set_put_text("o3/train/_annotations.coco.json", coco);
    set_put_text("o3/val/_annotations.csv", boxes);
    check_note("o3", 1, "o3/val/_annotations.csv: a table of annotations that is not read");
    set_put_text("o4/labels.csv", labels);
    set_put_text("o4/classes.txt", "X\n");
    set_put_text("o4/labels/a.txt", line);
    check_note("o4", 1, "o4/labels: labels of YOLO that are not read, because ");
    set_put_text("o5/labels.csv", labels);
    set_put_text("o5/Annotations/a.xml", "<annotation/>");
    check_note("o5", 1, "o5/Annotations: XML files of VOC that are not read, because ");
    set_put_text("o6/train.json", coco); /* the same set in three forms */
    set_put_text("o6/classes.txt", "X\n");
    set_put_text("o6/labels/train/a.txt", line);
    set_put_text("o6/Annotations/a.xml", "<annotation/>");
    check_note("o6", 1, NULL);
    set_put_text("o6/labels/val/b.txt", line);
    check_note("o6", 1, "o6/labels/val: labels of YOLO that are not read, because ");
    set_put_text("o7/train/annotations.csv", boxes); /* the film's own file */
    set_put_text("o7/train/a.json", coco);
    check_note("o7", 1, NULL);
}

/* YOLO: films outside the folders of the splits. */
static void films_outside_splits(void **state) {
    (void)state;
    static const char line[] = "0 0.5 0.5 0.2 0.2\n";
    for (int i = 1; i <= 4; i++) {
        char name[40];
        snprintf(name, sizeof name, "h%d/classes.txt", i);
        set_put_text(name, "X\n");
        snprintf(name, sizeof name, "h%d/labels/Train/a.txt", i);
        set_put_text(name, line);
        snprintf(name, sizeof name, "h%d/images/Train/a.png", i);
        set_put_film(name, 8, 8);
    }
    set_put_text("h1/labels/holdout/b.txt", line);
    set_put_film("h1/images/holdout/b.png", 8, 8);
    set_put_film("h1/images/holdout/p1/c.png", 8, 8);
    check_note("h1", 1,
               "h1/images/holdout: 2 films are left out, because the folder is not called like a "
               "split (train, val, valid, test)");
    set_put_text("h2/labels/b.txt", line);
    set_put_film("h2/images/b.png", 8, 8);
    check_note("h2", 1,
               "h2/images: 1 film is left out, because only those in folders of splits are read");
    set_put_text("h3/holdout/labels/b.txt", line);
    set_put_film("h3/holdout/images/b.png", 8, 8);
    check_note("h3", 1, "h3/holdout/images: 1 film is left out, because the folder is not called ");
    set_put_text("h4/data.yaml", "names: [X]\ntrain: images/Train\n");
    set_put_text("h4/holdout/labels/b.txt", line);
    set_put_film("h4/holdout/images/b.png", 8, 8);
    check_note("h4", 1, "h4/holdout/images: 1 film is left out, because no key of data.yaml names");
    set_put_text("h4/data.yaml", "names: [X]\ntrain: images/Train\ntest: holdout/images\n");
    check_note("h4", 2, NULL);
}

/* As labelImg writes it. */
static void classes_among_labels(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("l1/labels/classes.txt", "X\nY\n");
    set_put_text("l1/labels/a.txt", "1 0.5 0.5 0.2 0.2\n");
    set_put_film("l1/images/a.png", 8, 8);
    open_set("l1", NULL, &m);
    assert_true(m.layout == SX_LAYOUT_YOLO && m.film_count == 1 && m.box_count == 1);
    assert_string_equal(m.classes.items[m.boxes[0].label], "Y");
    sx_manifest_free(&m);
    set_put_text("l2/labels/train/classes.txt", "X\nY\n");
    set_put_text("l2/labels/train/a.txt", "1 0.5 0.5 0.2 0.2\n");
    set_put_film("l2/images/train/a.png", 8, 8);
    open_set("l2", NULL, &m);
    assert_true(m.box_count == 1 && m.films[0].split == SX_SPLIT_TRAIN);
    sx_manifest_free(&m);
    set_put_text("l2/classes.txt", "Y\nX\n"); /* decides */
    open_set("l2", NULL, &m);
    assert_string_equal(m.classes.items[m.boxes[0].label], "X");
    sx_manifest_free(&m);
}

/* As pandas writes numbers and gaps. */
static void numbers_of_pandas(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    set_put_text("n/labels.csv",
                 "image_id,abnormal,width,age\na,1.0,NaN,NaN\nb,0.0,,nan\nc,nan,8.0,5\n");
    open_set("n", NULL, &m);
    assert_true(m.films[0].label == 1 && m.films[1].label == 0 && m.films[2].label == -1);
    assert_true(m.films[0].width == 0 && m.films[2].width == 8);
    assert_true(isnan(m.films[0].age) && !m.films[0].no_age && m.films[2].age == 5);
    sx_manifest_free(&m);
    set_put_text("n/labels.csv", "image_id,abnormal\na,0.5\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("n"), NULL, &m, &err), err, SX_ERR_FORMAT,
                "abnormal \"0.5\" is neither 0 nor 1");
    sx_manifest_free(&m);
    set_put_text("n2/train.csv", "image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                 "a,r1,No finding,nan,NaN,nan,nan\n");
    open_set("n2", NULL, &m);
    assert_true(m.box_count == 0 && m.films[0].label == 0);
    sx_manifest_free(&m);
}

/* Pictures in a subfolder of films without any file of labels. */
static void folders_without_labels(void **state) {
    (void)state;
    sx_manifest m;
    set_put_film("f/images/a.png", 8, 8);
    set_put_film("f/images/p1/b.png", 8, 8);
    set_put_film("f/images/thumbs/a.png", 8, 8);
    set_put_film("f/images/thumbs/b.png", 8, 8);
    set_put_text("f/classes.txt", "X\n");
    set_put_text("f/labels/p1/.keep", "");
    open_set("f", NULL, &m);
    assert_int_equal(m.unused.count, 0); /* no film has labels: nothing can be said */
    sx_manifest_free(&m);
    set_put_text("f/labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
    open_set("f", NULL, &m);
    assert_int_equal(m.film_count, 4);
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0], "f/labels: has no folder thumbs: the 2 films in the "
                                              "folder of films of that name are read as normal"));
    sx_manifest_free(&m);
}

static void two_splits_of_a_row(void **state) {
    (void)state;
    sx_manifest m;
    set_put_text("s/train.csv", "image_id,abnormal,split\na,1,train\nb,0,\nc,0,val\nd,1,test\n");
    open_set("s", NULL, &m);
    assert_int_equal(m.films[1].split, SX_SPLIT_TRAIN);
    assert_int_equal(m.films[2].split, SX_SPLIT_VAL);
    assert_int_equal(m.unused.count, 1);
    assert_non_null(strstr(m.unused.items[0],
                           "train.csv: is the table of train, but the column split of 2 rows names "
                           "another one, the first in line 4; the column is used"));
    sx_manifest_free(&m);
    set_put_text("s2/labels.csv", "image_id,abnormal,split\na,1,train\nc,0,val\n");
    open_set("s2", NULL, &m);
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
}

/* `data convert` refuses such a set, in the same words. */
static void films_without_split(void **state) {
    (void)state;
    static const char rows[] = "image_id,abnormal,split\na,1,train\nb,0,\nc,0,val\nd,0,\n";
    sx_manifest m;
    sx_check c = { 0 };
    sx_error err = { 0 }, why = { 0 };
    set_put_text("w/labels.csv", rows);
    for (int some = 1; some >= 0; some--) {
        open_set("w", NULL, &m);
        CHECK_OK(sx_check_films(&m, &(sx_check_options){ .headers_only = true }, &c, &err), err);
        assert_int_equal(c.counts[SX_FAULT_UNUSED], some);
        assert_int_equal(sx_manifest_check_splits(&m, &why), !some);
        for (size_t i = 0; some && i < c.fault_count; i++)
            if (c.faults[i].kind == SX_FAULT_UNUSED)
                assert_string_equal(c.faults[i].text, why.message);
        assert_string_equal(why.message,
                            "2 films have no split, but others have one; the first is b (it has "
                            "no file): state its split in the annotations, too");
        sx_check_free(&c);
        sx_manifest_free(&m);
        set_put_text("w/labels.csv", "image_id,abnormal,split\na,1,\nb,0,\n"); /* none has one */
    }
}

/* Of COCO's images, as columns of a CSV. */
static void fields_nearly_known(void **state) {
    (void)state;
    static const char rest[] = "], \"annotations\": [], \"categories\": []}";
    char text[400];
    snprintf(text, sizeof text,
             "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}, "
             "{\"id\": 2, \"file_name\": \"b.png\", \"PatientID\": \"P1\"}, "
             "{\"id\": 3, \"file_name\": \"c.png\", \"PatientID\": \"P2\"}%s",
             rest);
    set_put_text("c1/annotations.json", text);
    check_note("c1", 3,
               "c1/annotations.json: the field PatientID is not read: its name must be patient_id");
    snprintf(text, sizeof text,
             "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"patient_id\": \"P\", "
             "\"PatientID\": \"P\", \"license\": 1, \"date_captured\": \"\"}%s",
             rest);
    set_put_text("c2/annotations.json", text);
    check_note("c2", 1, NULL);
}

/* Of VOC's XML files: each name once, and only if its value is lost. */
static void elements_nearly_known(void **state) {
    (void)state;
    set_put_film("v1/JPEGImages/a.png", 8, 8);
    set_put_film("v1/JPEGImages/b.png", 8, 8);
    set_put_text("v1/Annotations/a.xml",
                 "<annotation><PatientID>P1</PatientID><patient_id> </patient_id>"
                 "<StudyInstanceUID> </StudyInstanceUID></annotation>");
    set_put_text("v1/Annotations/b.xml",
                 "<annotation><PatientID>P2</PatientID><patient_sex>F</patient_sex>"
                 "<PatientSex>F</PatientSex><source><PatientAge>50</PatientAge></source>"
                 "</annotation>");
    check_note("v1", 2,
               "v1/Annotations/a.xml: the element PatientID is not read: its name must be "
               "patient_id");
    set_put_text("v1/Annotations/a.xml", "<annotation><patient_id>P1</patient_id></annotation>");
    check_note("v1", 2,
               "v1/Annotations/b.xml: the element PatientID is not read: its name must be "
               "patient_id");
    set_put_text("v1/Annotations/b.xml", "<annotation/>");
    check_note("v1", 2, NULL);
}

/* A column without values beside one whose name is nearly known. */
static void columns_without_values(void **state) {
    (void)state;
    set_put_text("e1/labels.csv", "image_id,abnormal,patient_id,PatientID\na,1,,P1\nb,0,,P2\n");
    check_note("e1", 2,
               "e1/labels.csv: the column PatientID is not read: its name must be patient_id, "
               "which is there without values");
    set_put_text("e1/labels.csv", "image_id,abnormal,patient_id,PatientID\na,1,,P1\nb,0,P,P2\n");
    check_note("e1", 2, NULL);
    set_put_text("e1/labels.csv", "image_id,abnormal,patient_id,PatientID\na,1,,\nb,0,,\n");
    check_note("e1", 2, NULL);
    set_put_text("e1/labels.csv", "image_id,abnormal,patient_age,age\na,1,,50\nb,0,,51\n");
    check_note("e1", 2,
               "e1/labels.csv: the column age is not read: its name must be patient_age, which "
               "is there without values");
    set_put_text("e1/labels.csv", "image_id,abnormal,Patient Age\na,1,\nb,0,\n");
    check_note("e1", 2, NULL);
    set_put_text("e1/labels.csv", "image_id,abnormal,Patient Age\na,1,\nb,0,50\n");
    check_note("e1", 2,
               "e1/labels.csv: the column Patient Age is not read: its name must be patient_age");
    set_put_text("e2/annotations.json",
                 "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"patient_id\": \"\", "
                 "\"PatientID\": \"P\", \"PatientSex\": null}], \"annotations\": [], "
                 "\"categories\": []}");
    check_note("e2", 1,
               "e2/annotations.json: the field PatientID is not read: its name must be patient_id");
}

/* A table of patients of any name; not that of `data split`, nor the one that --groups names. */
static void tables_of_patients(void **state) {
    (void)state;
    static const char rows[] = "image_id,PatientID\na,P1\nb,P2\n";
    set_put_text("n1/labels.csv", "image_id,abnormal\na,1\nb,0\n");
    set_put_text("n1/split.csv", "image_id,study_id,patient_id,split\na,,P1,fold-1\n");
    set_put_text("n1/scores.csv", "image_id,study_id,probability\na,S,1\n");
    set_put_text("n1/notes.csv", "image_id,note\na,PatientID\n");
    check_note("n1", 2, NULL);
    char *groups = sx_strdup(set_put_text("n1/patients.csv", rows));
    check_note("n1", 2, "n1/patients.csv: a table of metadata that is not read");
    check_note("n1/labels.csv", 2, NULL); /* named alone */
    sx_manifest m;
    sx_error err = { 0 };
    set_put_text("n1/patients.csv", "image_id,patient_id\na,P1\nb,P2\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("n1"), &(sx_manifest_options){ .groups = groups }, &m,
                              &err),
             err);
    assert_int_equal(m.unused.count, 0);
    sx_manifest_free(&m);
    free(groups);
}

/* The same in the folders of labels and lists, and in their subfolders. */
static void tables_among_labels(void **state) {
    (void)state;
    static const char rows[] = "image_id,patient_id\na,P1\nb,P2\n";
    static const char boxes[] = "image_id,patient_id,lesion_type,xmin,ymin,xmax,ymax\n"
                                "a,P1,No finding,,,,\nb,P2,No finding,,,,\n";
    set_put_text("among1/annotations/train.csv", boxes);
    set_put_text("among1/annotations/old/second.csv", boxes);
    check_note("among1", 2, NULL);
    set_put_text("among1/annotations/patients.csv", rows);
    check_note("among1", 2,
               "among1/annotations/patients.csv: a table of metadata that is not read");
    set_put_text("among2/Annotations/a.xml", "<annotation></annotation>");
    set_put_text("among2/ImageSets/Main/sexes.csv", "image_id,PatientSex\na,F\n");
    check_note("among2", 1,
               "among2/ImageSets/Main/sexes.csv: a table of metadata that is not read");
    set_put_film("among3/images/train/a.png", 8, 8);
    set_put_text("among3/classes.txt", "x\n");
    set_put_text("among3/labels/train/a.txt", "");
    set_put_text("among3/labels/train/p1/patients.csv", rows);
    check_note("among3", 1,
               "among3/labels/train/p1/patients.csv: a table of metadata that is not read");
}

static void utf16_of_any_name(void **state) {
    (void)state;
    static const uint8_t text[] = { 0xff, 0xfe, 'i', 0, 'm', 0, '\n', 0 };
    sx_manifest m;
    sx_error err = { 0 };
    set_put_film("u/images/a.png", 8, 8);
    CHECK_OK(sx_write_file(check_tmp_path("u/boxes.csv"), text, sizeof text, &err), err);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("u"), NULL, &m, &err), err, SX_ERR_UNSUPPORTED,
                "u/boxes.csv: is UTF-16 text");
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_of_films),      cmocka_unit_test(groups_of_films),
        cmocka_unit_test(tables_beside_others),   cmocka_unit_test(splits_without_labels),
        cmocka_unit_test(classes_among_labels),   cmocka_unit_test(numbers_of_pandas),
        cmocka_unit_test(utf16_of_any_name),      cmocka_unit_test(two_splits_of_a_row),
        cmocka_unit_test(folders_without_labels), cmocka_unit_test(other_layouts),
        cmocka_unit_test(films_outside_splits),   cmocka_unit_test(films_without_split),
        cmocka_unit_test(fields_nearly_known),    cmocka_unit_test(elements_nearly_known),
        cmocka_unit_test(columns_without_values), cmocka_unit_test(tables_of_patients),
        cmocka_unit_test(tables_among_labels),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}
