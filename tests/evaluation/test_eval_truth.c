/* The truth: supported input, and the handling of inconsistent input. */
#include <stdlib.h>
#include <string.h>

#include "evaluation/eval_files.h"

#include "base/files.h"

static const sx_manifest_options plain = { 0 };

static void annotations_are_read(void **state) {
    (void)state;
    sx_truth t = truth_of(ANNOTATIONS);
    assert_int_equal(t.films.count, 3);
    assert_string_equal(t.films.items[0], "a");
    assert_int_equal(t.labels[0], 0);
    assert_int_equal(t.labels[1], 1);
    assert_int_equal(t.labels[2], 1);
    assert_int_equal(t.study_count, 2);
    assert_int_equal(t.patient_count, 0);
    assert_int_equal(t.box_count, 3);
    assert_int_equal(t.duplicate_boxes, 1);
    assert_int_equal(t.class_names.count,
                     7); /* all names are from the release, so all seven are used */
    assert_string_equal(t.class_names.items[t.boxes[0].label], "Osteophytes");
    assert_int_equal(t.boxes[0].film, 1);
    assert_true(t.boxes[0].w == 40 && t.boxes[0].h == 30 && t.boxes[0].area == 1200);
    assert_int_equal(t.reader_names.count, 2);
    assert_int_equal(t.reading_count, 3);
    assert_int_equal(sx_truth_film(&t, "some/folder/b.PNG"), 1);
    assert_int_equal(sx_truth_film(&t, "d"), -1);
    assert_int_equal(strlen(t.hash), 64);
    sx_truth_free(&t);
    sx_error err = { 0 };
    sx_manifest_options o = { .reader = "R2" };
    CHECK_OK(sx_truth_load(&t, file_with("truth", ANNOTATIONS), &o, NULL, &err), err);
    assert_int_equal(t.films.count, 1);
    sx_truth_free(&t);
    o.reader = "R9";
    CHECK_FAILS(sx_truth_load(&t, file_with("truth", ANNOTATIONS), &o, NULL, &err), err,
                SX_ERR_MISSING, "no row of reader R9");
}

/* Names with other folders than the truth has, and names without some of its folders. */
static void films_are_found_by_parts_of_their_names(void **state) {
    (void)state;
    static const struct {
        const char *name;
        long film;
        bool left_out, shared;
    } cases[] = {
        { "x/p1/a", 0, false, false },
        { "x/p1/a.png", 0, false, false },
        { "/set/x/p1/a", 0, false, false }, /* the longest end that is a name */
        { "p1/a", 0, false, false },
        { "p2/a.dcm", 1, false, false },
        { "other/p2/a", -1, false, false }, /* only the whole name may be such an end */
        { "a", -1, false, true },
        { "a.png", -1, false, true },
        { "x/p1/b.dcm", 2, false, false },
        { "b.dcm", 2, false, false },
        { "b", -1, false, false },
        { "c", -1, true, false },
        { "y/c.png", -1, true, false },
        { "d", -1, false, true }, /* of d and a film left out */
        { "C:\\set\\p1\\b.dcm", -1, false, false },
        { "C:\\set\\x\\p1\\b.dcm", 2, false, false },
        { "D:\\y\\c.png", -1, true, false },
        { "https://host/x/p2/a.png?v=1", 1, false, false },
    };
    sx_error err = { 0 };
    sx_truth t;
    const sx_truth_films films = { .list = file_with("list", "x/p1/a\nx/p2/a\nx/p1/b.dcm\nx/d\n") };
    CHECK_OK(
        sx_truth_load(&t,
                      file_with("truth", "image_id,abnormal\nx/p1/a,0\nx/p2/a,1\nx/p1/b.dcm,0\n"
                                         "x/d,0\nz/d,0\ny/c,1\n"),
                      &plain, &films, &err),
        err);
    const long at[] = { sx_names_find(&t.films, "x/p1/a"), sx_names_find(&t.films, "x/p2/a"),
                        sx_names_find(&t.films, "x/p1/b.dcm") };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const sx_truth_match m = sx_truth_find(&t, cases[i].name);
        const long want = cases[i].film < 0 ? -1 : at[cases[i].film];
        if (m.film != want || m.left_out != cases[i].left_out || m.shared != cases[i].shared)
            fail_msg("%s: film %ld instead of %ld, left out %d, shared %d", cases[i].name, m.film,
                     want, m.left_out, m.shared);
    }
    sx_truth_free(&t);
}

/* A placeholder must not make all films one patient, over which the bootstrap could not draw. */
static void placeholders_are_no_patients(void **state) {
    (void)state;
    sx_truth t =
        truth_of("image_id,study_id,patient_id,abnormal\n"
                 "a,s1,NO NAME,0\nb,s1,UNKNOWN PATIENT,1\nc,s2,-1,0\nd,,Unknown^Unknown,1\n"
                 "e,s3,P7,0\nf,s4,P7,1\ng,s4,,1\nh,,,0\n");
    sx_groups g;
    sx_error err = { 0 };
    assert_int_equal(t.films.count, 8);
    assert_int_equal(t.placeholders, 4);
    assert_string_equal(t.placeholder, "NO NAME");
    assert_int_equal(t.patient_count, 5); /* of s1, of s2, d, P7, h */
    CHECK_OK(sx_truth_groups(&t, SX_UNIT_PATIENT, &g, &err), err);
    assert_int_equal(g.of[0], g.of[1]);
    assert_int_equal(g.of[4], g.of[5]);
    assert_int_equal(g.of[5], g.of[6]);
    for (int i = 0; i < 8; i++) {
        assert_true(g.of[i] < g.count);
        for (int k = 0; k < i; k++)
            assert_int_equal(g.of[i] == g.of[k], (i == 1 && k == 0) || (k >= 4 && i < 7));
    }
    sx_truth_free(&t);
    /* no patient at all: the bootstrap draws studies */
    t = truth_of("image_id,study_id,patient_id,abnormal\na,s1,ANONYM,0\nb,s2,ANONYM,1\n");
    assert_int_equal(t.patient_count, 0);
    assert_int_equal(t.study_count, 2);
    sx_truth_free(&t);
    /* patients numbered from 0 */
    t = truth_of("image_id,patient_id,abnormal\na,0,0\nb,0,1\nc,1,1\n");
    assert_int_equal(t.patient_count, 2);
    assert_int_equal(t.placeholders, 0);
    sx_truth_free(&t);
}

static void labels_and_groups_are_read(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_truth t = truth_of("image_id,patient,abnormal\n10,p1,0\n9,p1,1\n");
    assert_string_equal(t.films.items[0], "9"); /* whole numbers by value */
    assert_int_equal(t.labels[0], 1);
    assert_int_equal(t.patient_count, 1);
    assert_false(t.has_boxes);
    sx_truth_free(&t);
    sx_manifest_options o = { .label_column = "finding", .positive = "scoliosis" };
    o.groups = file_with("groups", "image_id,study_id\nz,s9\nx,s1\ny,s1\n");
    const char *path = file_with("truth", "image_id,finding\nx,normal\ny,scoliosis\nw,normal\n");
    CHECK_OK(sx_truth_load(&t, path, &o, NULL, &err), err);
    assert_int_equal(t.labels[1], 0);
    assert_int_equal(t.labels[2], 1);
    sx_groups g;
    CHECK_OK(sx_truth_groups(&t, SX_UNIT_STUDY, &g, &err), err);
    assert_int_equal(g.of[1], g.of[2]);
    assert_int_not_equal(g.of[0], g.of[1]); /* w has no study and is a study of its own */
    CHECK_FAILS(sx_truth_groups(&t, SX_UNIT_PATIENT, &g, &err), err, SX_ERR_MISSING,
                "which patient a film");
    sx_truth_free(&t);
}

/* Lists and groups name films as predictions do. */
static void lists_and_groups_of_other_systems(void **state) {
    (void)state;
    const char *list = "# from /sets/d\n# "
                       "C:\\set\\d.png\nC:\\set\\a.png\nx\\p1\\b.dcm\nhttps://host/e.png?v=1\nf\n";
    const sx_truth_films films = { .list = file_with("list", list) };
    const sx_manifest_options o = {
        .annotations_only = true,
        .groups = file_with("groups", "image_id,patient_id\n\"C:\\x\\a.png\",P\np1\\b.dcm,P\n"
                                      "set/e,Q\nnone/q/f,Q\n"),
    };
    const char *path = file_with("truth", "image_id,abnormal\na,1\np1/b,0\np2/b,1\nd,0\ne,1\n"
                                          "q/f,0\n");
    sx_error err = { 0 };
    sx_truth t;
    sx_groups g;
    CHECK_OK(sx_truth_load(&t, path, &o, &films, &err), err);
    assert_int_equal(t.films.count, 4);
    assert_int_equal(t.left_out_count, 2);
    assert_int_equal(t.patient_count, 2);
    CHECK_OK(sx_truth_groups(&t, SX_UNIT_PATIENT, &g, &err), err);
    assert_int_equal(g.of[sx_truth_film(&t, "a")], g.of[sx_truth_film(&t, "p1/b")]);
    assert_int_equal(g.of[sx_truth_film(&t, "e")], g.of[sx_truth_film(&t, "q/f")]);
    sx_truth_free(&t);
    file_with("list", "a\nb.png\n");
    CHECK_FAILS(sx_truth_load(&t, path, &plain, &films, &err), err, SX_ERR_MISMATCH,
                "list:2: the names of several films end in \"b.png\"");
    file_with("list", "a\nC:\\p3\\b.png\n");
    CHECK_FAILS(sx_truth_load(&t, path, &plain, &films, &err), err, SX_ERR_MISSING,
                "list:2: the truth has no film \"C:\\p3\\b.png\"");
}

/* A row of another folder's film of the same name says nothing of a film. */
static void groups_of_other_folders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_truth t;
    CHECK_OK(sx_make_dirs(check_tmp_path("grouped/images/p1"), &err), err);
    file_with("grouped/images/p1/a.png", "not read");
    file_with("grouped/images/p1/b.png", "not read");
    file_with("grouped/annotations.csv", "image_id,file,lesion_type,xmin,ymin,xmax,ymax\n"
                                         "a,images/p1/a.png,Osteophytes,2,2,7,7\n"
                                         "b,images/p1/b.png,No finding,,,,\n");
    const sx_manifest_options o = {
        .groups =
            file_with("groups", "image_id,patient_id\np1/a,P1\np1/b,P2\np2/a,P3\np2/b,P3\n")
    };
    CHECK_OK(sx_truth_load(&t, check_tmp_path("grouped"), &o, NULL, &err), err);
    assert_int_equal(t.patient_count, 2);
    sx_truth_free(&t);
}

/* A COCO file for itself: a row has the number of an image or the name of its file. */
static void groups_of_coco(void **state) {
    (void)state;
    static const char images[] =
        "{\"images\": [{\"id\": 10}, {\"id\": 11, \"file_name\": \"images/a.png\"}, "
        "{\"id\": 12, \"file_name\": \"images/p1/b.png\"}, "
        "{\"id\": 13, \"file_name\": \"images/p2/b.png\"}, "
        "{\"id\": 14, \"file_name\": \"c.dcm\"}, "
        "{\"id\": 15, \"file_name\": \"images/p2/c.png\"}, "
        "{\"id\": 16, \"file_name\": \"17.png\"}, "
        "{\"id\": 17, \"file_name\": \"e.png\"}, "
        "{\"id\": 18, \"file_name\": \"f.png\"}, "
        "{\"id\": 19, \"file_name\": \"p1/18.png\"}, "
        "{\"id\": 20, \"file_name\": \"p2/18.jpg\"}], "
        "\"annotations\": [], \"categories\": [{\"id\": 1, "
        "\"name\": \"Osteophytes\"}]}";
    static const struct {
        const char *name;
        int film; /* 0: none */
    } cases[] = {
        { "11", 11 },
        { "a.png", 11 },
        { "a", 11 },
        { "A.PNG", 11 },
        { "images/a", 11 },
        { "C:\\old\\images\\a.png", 11 },
        { "/other/a.png", 11 },
        { "p2/a.png", 0 }, /* the films of p2 are others */
        { "p1/b", 12 },
        { "images/p2/b.png", 13 },
        { "https://host/set/images/p2/b.png?v=1", 13 },
        { "b.png", 0 }, /* of two films */
        { "p3/b.png", 0 },
        { "16", 16 },
        { "e.png", 17 },
        { "17", 17 }, /* a bare number is the id */
        { "17.png", 16 },
        { "17.PNG", 16 },
        { "C:\\x\\17.png", 16 },
        { "images/17.dcm", 16 },
        { "18.png", 0 }, /* of two films, and not the image 18 */
        { "p2/18", 20 },
        { "p3/18.png", 0 },
        { "18", 18 },
        { "19.png", 19 }, /* no file has the name */
        { "none", 0 },
    };
    const char *path = file_with("numbered", images);
    char truth[1024];
    snprintf(truth, sizeof truth, "%s", path);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[200];
        snprintf(rows, sizeof rows, "image_id,patient_id\n%s,P\n", cases[i].name);
        const sx_manifest_options o = { .annotations_only = true,
                                        .image_ids = true,
                                        .groups = file_with("groups", rows) };
        sx_error err = { 0 };
        sx_manifest m;
        CHECK_OK(sx_manifest_open(truth, &o, &m, &err), err);
        for (size_t k = 0; k < m.film_count; k++) {
            const bool want = strtol(m.films[k].id, NULL, 10) == cases[i].film;
            if ((strcmp(m.films[k].patient, "P") == 0) != want)
                fail_msg("%s: the patient of %s is \"%s\"", cases[i].name, m.films[k].id,
                         m.films[k].patient);
        }
        sx_manifest_free(&m);
    }
}

static void check_list(const char *truth, const char *entry, bool known) {
    const sx_truth_films films = { .list = file_with("list", entry) };
    sx_error err = { 0 };
    sx_truth t;
    if (!known) {
        CHECK_FAILS(sx_truth_load(&t, truth, &plain, &films, &err), err, SX_ERR_MISSING,
                    "list:1: the truth has no film ");
        return;
    }
    CHECK_OK(sx_truth_load(&t, truth, &plain, &films, &err), err);
    assert_int_equal(t.films.count, 1);
    sx_truth_free(&t);
}

/* An entry whose folders are not those of the film's file, or of the file that the truth states,
 * names none. */
static void lists_of_other_folders(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("homes/images/p1"), &err), err);
    file_with("homes/images/p1/a.png", "not read");
    file_with("homes/annotations.csv", "image_id,file,abnormal\n"
                                       "a,images/p1/a.png,1\nb,,0\n");
    file_with("stated", "{\"images\": [{\"id\": 1, \"file_name\": \"images/p1/a.png\"}, "
                        "{\"id\": 2, \"file_name\": \"b.png\"}], \"annotations\": [], "
                        "\"categories\": [{\"id\": 1, \"name\": \"Osteophytes\"}]}");
    static const char *const truths[] = { "homes", "homes/annotations.csv", "stated" };
    for (size_t i = 0; i < sizeof truths / sizeof *truths; i++) {
        char truth[1024];
        snprintf(truth, sizeof truth, "%s", check_tmp_path(truths[i]));
        check_list(truth, "a\n", true);
        check_list(truth, "p1/a.png\n", true);
        check_list(truth, "/old/images/p1/a.png\n", true);
        check_list(truth, "p2/a\n", false);
        check_list(truth, "/old/images/p2/a.png\n", false);
        check_list(truth, "C:\\x\\b.png\n", true);
    }
}

static void check_bad_truth(const char *text, sx_error_code code, const char *message) {
    sx_truth t;
    sx_error err = { 0 };
    CHECK_FAILS(sx_truth_load(&t, file_with("truth", text), &plain, NULL, &err), err, code,
                message);
}

static void bad_truths_are_named(void **state) {
    (void)state;
    check_bad_truth("", SX_ERR_FORMAT, "is empty");
    check_bad_truth(HEAD, SX_ERR_MISSING, "no film");
    check_bad_truth("image_id,lesion_type\na,x\n", SX_ERR_MISSING, "no column \"xmin\"");
    check_bad_truth("id,abnormal\na,1\n", SX_ERR_MISSING, "no column \"image_id\"");
    check_bad_truth("image_id,abnormal\na,maybe\n", SX_ERR_FORMAT,
                    "truth:2: abnormal \"maybe\" is neither 0 nor 1");
    check_bad_truth("image_id,abnormal\na,1\na,0\n", SX_ERR_FORMAT,
                    "truth:3: film a has another label");
    check_bad_truth("image_id,study_id,abnormal\na,s1,1\na,s2,1\n", SX_ERR_FORMAT,
                    "truth:3: film a has the study s2, but s1 in an earlier row");
    check_bad_truth(HEAD "a,R,Osteophytes,5,5,5,9\n", SX_ERR_VALUE, "truth:2: not a box");
    check_bad_truth(HEAD "a,R,Osteophytes,9,5,5,9\n", SX_ERR_VALUE, "truth:2: not a box");
    check_bad_truth(HEAD "a,R,Osteophytes,nan,5,5,9\n", SX_ERR_VALUE,
                    "truth:2: a box with a corner that is not");
    check_bad_truth(HEAD "a,R,Osteophytes,1,5,x,9\n", SX_ERR_FORMAT,
                    "truth:2: xmax: \"x\" is not a number");
    check_bad_truth(HEAD "a,R,,1,5,3,9\n", SX_ERR_FORMAT, "truth:2: no lesion_type");
    check_bad_truth(HEAD ",R,No finding,,,,\n", SX_ERR_MISSING, "truth:2: a film without an id");
    check_bad_truth("{\"images\": [], \"annotations\": [", SX_ERR_FORMAT, "truth:1:");
    check_bad_truth("[{\"image_id\": 1}]", SX_ERR_FORMAT, "looks like COCO results");
    check_bad_truth(
        "{\"images\": [{\"id\": 1}, {\"id\": 1}], \"annotations\": [], \"categories\": []}",
        SX_ERR_FORMAT, "truth: images[1]: the id 1 is there twice");
    check_bad_truth("{\"images\": [{\"id\": 1}], \"annotations\": [], \"categories\": "
                    "[{\"id\": 1, \"name\": \"x\"}, {\"id\": 2, \"name\": \"x\"}]}",
                    SX_ERR_FORMAT, "truth: categories[1]: two categories are called x");
    check_bad_truth("{\"images\": [{\"id\": 1}], \"annotations\": [], \"categories\": []}",
                    SX_ERR_MISSING, "no categories");
#define COCO(box, image, category)                                                                 \
    "{\"images\": [{\"id\": 1}], \"annotations\": [{\"image_id\": " image                          \
    ", \"category_id\": " category ", \"bbox\": " box                                              \
    "}], \"categories\": [{\"id\": 3, \"name\": \"x\"}]}"
    check_bad_truth(COCO("[1,2,3,4]", "2", "3"), SX_ERR_MISSING,
                    "annotations[0]: image_id 2 is not in images");
    check_bad_truth(COCO("[1,2,3,4]", "1", "4"), SX_ERR_MISSING,
                    "annotations[0]: category_id 4 is not in categories");
    check_bad_truth(COCO("[1,2,3]", "1", "3"), SX_ERR_FORMAT, "annotations[0]: bbox");
    check_bad_truth(COCO("[1,2,0,4]", "1", "3"), SX_ERR_VALUE, "annotations[0]: not a box: 0 x 4");
    sx_manifest_options o = { .classes = "Surgical implant,Fracture",
                              .classes_from = "SPINE.FINDINGS" };
    sx_truth t;
    sx_error err = { 0 };
    CHECK_FAILS(sx_truth_load(&t, file_with("truth", ANNOTATIONS), &o, NULL, &err), err,
                SX_ERR_VALUE,
                "truth:2: unknown lesion \"Osteophytes\" (known: Surgical implant, Fracture; "
                "SPINE.FINDINGS names them)");
}

/* Predictions and lists of another system. */
static void names_in_either_form_of_letters(void **state) {
    (void)state;
    static const char *const names[][2] = { { "\xc3\xa4", "a\xcc\x88" },
                                            { "p/\xc3\xb6", "p/o\xcc\x88" },
                                            { "\xc3\xb6.png", "o\xcc\x88.png" } };
    static const int films[] = { 0, 1, 1 };
    sx_error err = { 0 };
    sx_truth t = truth_of("image_id,abnormal\na\xcc\x88,1\np/\xc3\xb6,0\nz,1\n");
    for (int i = 0; i < 3; i++)
        for (int form = 0; form < 2; form++)
            if (sx_truth_film(&t, names[i][form]) != films[i])
                fail_msg("%d, %d: film %ld", i, form, sx_truth_film(&t, names[i][form]));
    assert_int_equal(sx_truth_film(&t, "\xc3\xbc"), -1);
    sx_truth_free(&t);
    const sx_truth_films only = { .list = file_with("list", "\xc3\xa4\np/o\xcc\x88\n") };
    CHECK_OK(sx_truth_load(&t,
                           file_with("truth", "image_id,abnormal\na\xcc\x88,1\np/\xc3\xb6,0\n"
                                              "u\xcc\x88,1\n"),
                           &plain, &only, &err),
             err);
    assert_int_equal(t.films.count, 2);
    assert_true(sx_truth_find(&t, "\xc3\xbc").left_out);
    sx_truth_free(&t);
}

static void coco_names_films_by_file_too(void **state) {
    (void)state;
    sx_truth t =
        truth_of("{\"images\": [{\"id\": 7, \"file_name\": \"dir/film_x.png\"}], \"annotations\": "
                 "[{\"image_id\": 7, \"category_id\": 3, \"bbox\": [1,2,3,4], \"iscrowd\": 1}], "
                 "\"categories\": [{\"id\": 3, \"name\": \"x\"}, {\"id\": 1, \"name\": \"y\"}]}");
    assert_int_equal(sx_truth_film(&t, "7"), 0);
    assert_int_equal(sx_truth_film(&t, "film_x"), 0);
    assert_string_equal(t.class_names.items[0], "y"); /* in the order of the ids */
    assert_int_equal(t.boxes[0].label, 1);
    assert_true(t.boxes[0].crowd);
    assert_true(t.boxes[0].area == 12);
    assert_int_equal(t.labels[0], 0); /* a film with only a crowd is not abnormal */
    sx_truth_free(&t);
}

/* In a folder the films have the names of their files, and splits may number images alike. */
static void coco_in_a_folder(void **state) {
    (void)state;
#define SPLIT(file, more)                                                                          \
    "{\"images\": [{\"id\": 7, \"file_name\": \"" file "\", \"study_id\": 4" more                  \
    "}], \"annotations\": [{\"image_id\": 7, \"category_id\": 3, \"bbox\": [1000.1,2,3.3,4], "     \
    "\"area\": 5, \"iscrowd\": 1}], \"categories\": [{\"id\": 3, \"name\": \"x\"}, "               \
    "{\"id\": 1, \"name\": \"y\"}]}"
    sx_error err = { 0 };
    sx_truth t;
    CHECK_OK(sx_make_dirs(check_tmp_path("coco"), &err), err);
    file_with("coco/train.json", SPLIT("b.png", ""));
    file_with("coco/val.json", SPLIT("a.png", ", \"abnormal\": 1"));
    CHECK_OK(sx_truth_load(&t, check_tmp_path("coco"), &plain, NULL, &err), err);
    assert_int_equal(t.films.count, 2);
    assert_string_equal(t.films.items[0], "a");
    assert_int_equal(sx_truth_film(&t, "7"), -1);
    assert_true(t.has_class_ids);
    assert_int_equal(t.class_ids[sx_truth_class(&t, "y")], 1);
    assert_string_equal(t.class_names.items[0], "y");
    assert_int_equal(t.study_count, 1);
    assert_true(t.boxes[0].w == 3.3 && t.boxes[0].area == 5); /* as the file has them */
    assert_int_equal(t.labels[1], 0);
    sx_truth_free(&t);
    file_with("coco/val.json", "{\"images\": [], \"annotations\": [], "
                               "\"categories\": [{\"id\": 9, \"name\": \"x\"}]}");
    CHECK_OK(sx_truth_load(&t, check_tmp_path("coco"), &plain, NULL, &err), err);
    assert_false(t.has_class_ids); /* x is 3 here and 9 there */
    assert_string_equal(t.class_names.items[0], "x");
    assert_int_equal(t.class_ids[0], 0);
    sx_truth_free(&t);
}

/* A folder is read through src/data: the same truth as its annotation file. */
static void a_folder_is_read_through_data(void **state) {
    (void)state;
    static const char text[] =
        "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
        "s1,a,f1,r,Osteophytes,1,2,11,22\n"
        "s1,a,f2,r,No finding,,,,\n"
        "s2,b,f3,r,Vertebral collapse,5,5,25,15\n";
    sx_error err = { 0 };
    const char *dir = check_tmp_path("folder"), *file = check_tmp_path("folder/annotations.csv");
    CHECK_OK(sx_make_dirs(dir, &err) && sx_write_file(file, text, sizeof text - 1, &err), err);
    sx_truth a, b;
    CHECK_OK(sx_truth_load(&a, file, &(sx_manifest_options){ 0 }, NULL, &err), err);
    CHECK_OK(sx_truth_load(&b, dir, &(sx_manifest_options){ 0 }, NULL, &err), err);
    assert_int_equal(a.films.count, b.films.count);
    assert_int_equal(a.box_count, b.box_count);
    assert_int_equal(a.study_count, b.study_count);
    for (size_t i = 0; i < a.films.count; i++) {
        assert_string_equal(a.films.items[i], b.films.items[i]);
        assert_int_equal(a.labels[i], b.labels[i]);
    }
    for (size_t i = 0; i < a.box_count; i++) {
        assert_true(a.boxes[i].x == b.boxes[i].x && a.boxes[i].w == b.boxes[i].w &&
                    a.boxes[i].h == b.boxes[i].h);
        assert_string_equal(a.class_names.items[a.boxes[i].label],
                            b.class_names.items[b.boxes[i].label]);
    }
    sx_truth_free(&a);
    sx_truth_free(&b);
    CHECK_FAILS(
        sx_truth_load(&a, dir, &(sx_manifest_options){ .classes = "Osteophytes" }, NULL, &err), err,
        SX_ERR_VALUE, "annotations.csv:4: unknown lesion \"Vertebral collapse\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_read_through_data),
        cmocka_unit_test(annotations_are_read),
        cmocka_unit_test(films_are_found_by_parts_of_their_names),
        cmocka_unit_test(placeholders_are_no_patients),
        cmocka_unit_test(labels_and_groups_are_read),
        cmocka_unit_test(lists_and_groups_of_other_systems),
        cmocka_unit_test(groups_of_other_folders),
        cmocka_unit_test(lists_of_other_folders),
        cmocka_unit_test(groups_of_coco),
        cmocka_unit_test(bad_truths_are_named),
        cmocka_unit_test(coco_names_films_by_file_too),
        cmocka_unit_test(names_in_either_form_of_letters),
        cmocka_unit_test(coco_in_a_folder),
    };
    return cmocka_run_group_tests(tests, NULL, remove_files);
}
