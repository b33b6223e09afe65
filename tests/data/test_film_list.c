#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/writer.h"
#include "data/film_list.h"
#include "support/check.h"
#include "support/set_files.h"

static sx_manifest set;

static void put(const char *name, const char *text) {
    sx_error err = { 0 };
    CHECK_OK(sx_write_file(check_tmp_path(name), text, strlen(text), &err), err);
}

static int open_set(void **state) {
    (void)state;
    static const char rows[] = "image_id,abnormal\na,1\nb,0\nc c,1\n#1,0\nR\\xf6ntgen,1\n"
                               "p/b.png,0\n"
                               "\xc3\xa4,1\no\xcc\x88,0\n";
    sx_error err = { 0 };
    put("labels.csv", rows);
    return sx_manifest_open(check_tmp_path("labels.csv"), NULL, &set, &err) ? 0 : -1;
}

static int close_set(void **state) {
    (void)state;
    sx_manifest_free(&set);
    check_tmp_remove();
    return 0;
}

static const char *list(const char *text) {
    put("list.txt", text);
    return check_tmp_path("list.txt");
}

/* The films that a list chooses, by their ids. */
static bool open_list(const sx_manifest *m, const char *text, sx_names *ids, sx_error *err) {
    bool *chosen = sx_calloc(m->film_count + 1, sizeof *chosen);
    uint32_t at;
    assert_non_null(chosen);
    bool ok = sx_film_list_open(list(text), m, chosen, err);
    for (size_t i = 0; ok && i < m->film_count; i++)
        ok = !chosen[i] || sx_names_add(ids, m->films[i].id, &at, err);
    free(chosen);
    return ok;
}

static void ids_one_a_line_each_once(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_OK(open_list(&set, "a\r\n\n  c c \na\nb", &ids, &err), err);
    assert_int_equal(ids.count, 3);
    assert_true(sx_names_find(&ids, "a") >= 0 && sx_names_find(&ids, "c c") >= 0 &&
                sx_names_find(&ids, "b") >= 0);
    sx_names_free(&ids);
}

static void check_ids(const char *text, size_t count, const char *id) {
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_OK(open_list(&set, text, &ids, &err), err);
    assert_int_equal(ids.count, count);
    assert_true(sx_names_find(&ids, id) >= 0);
    sx_names_free(&ids);
}

static void comments_and_marks(void **state) {
    (void)state;
    check_ids("\xef\xbb\xbf# films of today\r\n\r\na\r\n  # indented\r\n", 1, "a");
    check_ids("#1\n#2\nb", 2, "#1"); /* a film has this name */
    check_ids("\tb\t\n\n\n", 1, "b");
    check_ids("R\xf6ntgen\n", 1, "R\\xf6ntgen");
    check_ids("R\\xf6ntgen\n", 1, "R\\xf6ntgen");
}

/* The set's names are in one form of letters with marks, those of the list in the other. */
static void forms_of_letters(void **state) {
    (void)state;
    check_ids("a\xcc\x88\n", 1, "\xc3\xa4");
    check_ids("\xc3\xa4\n", 1, "\xc3\xa4");
    check_ids("\xc3\xb6\n", 1, "o\xcc\x88");
    check_ids("o\xcc\x88\n", 1, "o\xcc\x88");
}

static void paths_of_any_system(void **state) {
    (void)state;
    check_ids("b.png\n", 1, "b");
    check_ids("set/p/b.png\n", 1, "p/b.png");
    check_ids("C:\\set\\b.png\n", 1, "b");
    check_ids("x\\p\\b.png\n", 1, "p/b.png");
    check_ids("./set/p/./b.png\n", 1, "p/b.png");
    check_ids("https://host/set/R%C3%A4/a\n# set/b\n", 1, "a");
}

static void fails(const char *text, sx_error_code code, const char *part) {
    sx_error err = { 0 };
    sx_names ids = { 0 };
    CHECK_FAILS(open_list(&set, text, &ids, &err), err, code, part);
    sx_names_free(&ids);
}

static void bad_lists_are_named(void **state) {
    (void)state;
    fails("", SX_ERR_MISSING, "no image id");
    fails("\n \n", SX_ERR_MISSING, "no image id");
    fails("# a\n#b\n", SX_ERR_MISSING, "no image id");
    fails("\xef\xbb\xbf\r\n", SX_ERR_MISSING, "no image id");
    fails("a # not a comment\n", SX_ERR_MISSING, "list.txt:1: the data set has no film \"a # not");
    fails("a\r\n\r\nd\r\n", SX_ERR_MISSING, "list.txt:3: the data set has no film \"d\"");
    fails("a,b\n", SX_ERR_MISSING, "no film \"a,b\"");
    fails("a\nd\n", SX_ERR_MISSING, "list.txt:2: the data set has no film \"d\"");
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fails(text, SX_ERR_FORMAT, "list.txt:1: not an image id");
}

/* In the folder, an entry whose folders are not those of the film names none. */
static void check_home(const char *folder, const char *entry, const char *want) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_names ids = { 0 };
    CHECK_OK(sx_manifest_open(check_tmp_path(folder), NULL, &m, &err), err);
    const bool ok = open_list(&m, entry, &ids, &err);
    const char *first = ids.count ? ids.items[0] : "nothing";
    if (ok && !want) fail_msg("%s: %s chooses %s", folder, entry, first);
    if (!ok && want) fail_msg("%s: %s: %s", folder, entry, err.message);
    if (ok && (ids.count != 1 || strcmp(first, want) != 0))
        fail_msg("%s: %s chooses %zu, %s", folder, entry, ids.count, first);
    if (!ok && (!strstr(err.message, "list.txt:1: the data set has no film \"") ||
                !strstr(err.message, entry)))
        fail_msg("%s: %s", entry, err.message);
    sx_names_free(&ids);
    sx_manifest_free(&m);
}

static void folders_of_entries(void **state) {
    (void)state;
    static const struct {
        const char *entry, *id; /* NULL: no film */
    } cases[] = {
        { "a", "a" },
        { "p1/a", "a" },
        { "p2/a", NULL },
        { "p2/a.png", NULL },
        { "P1\\A.png", NULL }, /* ids are compared by bytes */
        { "C:\\old\\images\\p1\\a.png", "a" },
        { "C:\\old\\images\\p2\\a.png", NULL },
        { "/old/place/images/p1/a.png", "a" },
        { "/old/place/p1/a.png", "a" },
        { "images/a", NULL },
        { "images/p1/./a", "a" },
        { "images/p2/../p1/a", "a" },
        { "images/p1/../a", NULL },
        { "https://host/p2/a.png?v=1", NULL },
        { "images/b.png", "b" },
        { "/old/place/b.png", "b" },
        { "p1/b.png", NULL }, /* other films are there */
        { "p3/b.png", "b" },
        { "train/c", "c" },
        { "train_images/c", "c" },
        { "val_images/c", NULL },
        { "val/images/c", NULL },
        { "/old/train/images/c", "c" },
        { "train/p9/c", "c" },
        { "val/p9/c", NULL },
        { "/old/val/p9/images/c.png", NULL },
        { "any/folder/gone", "gone" }, /* where it is, is not known */
        { "p4/lost", "lost" },
        { "p5/lost", NULL },
    };
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("homes/images/p1"), &err), err);
    CHECK_OK(sx_make_dirs(check_tmp_path("homes/train/images"), &err), err);
    put("homes/images/p1/a.png", "not read");
    put("homes/images/b.png", "not read");
    put("homes/train/images/c.png", "not read");
    put("homes/labels.csv", "image_id,file,abnormal\na,images/p1/a.png,1\nb,images/b.png,0\n"
                            "c,train/images/c.png,0\ngone,,0\nlost,images\\p4\\lost.png,1\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_home("homes", cases[i].entry, cases[i].id);
        check_home("homes/", cases[i].entry, cases[i].id);
        check_home("homes/labels.csv", cases[i].entry, cases[i].id);
    }
}

/* The folder of the films is beside that of the data set. */
static void splits_of_films_elsewhere(void **state) {
    (void)state;
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path("beside/set"), &err), err);
    CHECK_OK(sx_make_dirs(check_tmp_path("beside/films/val/p1"), &err), err);
    put("beside/films/val/p1/b.png", "not read");
    put("beside/set/labels.csv", "image_id,file,abnormal\nb,../films/val/p1/b.png,1\n");
    check_home("beside/set", "val/p1/b.png", "b");
    check_home("beside/set", "/old/val/p1/b.png", "b");
    check_home("beside/set", "/old/p1/b.png", "b");
    check_home("beside/set", "train/p1/b.png", NULL);
    check_home("beside/set", "/old/images/train/p1/b.png", NULL);
    check_home("beside/set", "../films/train/p1/b.png", NULL);
}

/* The splits whose film `id` an entry chooses, as letters; "" if it names no film. */
static void check_splits(const char *set_path, const char *entry, const char *id,
                         const char *want) {
    static const char letters[] = "-tvx";
    sx_error err = { 0 };
    sx_manifest m;
    bool chosen[8] = { false };
    char got[8] = "";
    size_t n = 0;
    CHECK_OK(sx_manifest_open(set_path, NULL, &m, &err), err);
    assert_true(m.film_count <= 8);
    const bool ok = sx_film_list_open(list(entry), &m, chosen, &err);
    if (!ok && (*want || !strstr(err.message, "the data set has no film \"")))
        fail_msg("%s: %s: %s", set_path, entry, err.message);
    for (size_t i = 0; i < m.film_count; i++)
        if (chosen[i] && strcmp(m.films[i].id, id) == 0)
            got[n++] = letters[m.films[i].split];
        else if (chosen[i])
            fail_msg("%s: %s chooses %s", set_path, entry, m.films[i].id);
    if (strcmp(got, want) != 0) fail_msg("%s: %s: \"%s\"", set_path, entry, got);
    sx_manifest_free(&m);
}

static void make(const char *folder) {
    sx_error err = { 0 };
    CHECK_OK(sx_make_dirs(check_tmp_path(folder), &err), err);
}

/* Films of one id in two splits: the folder of an entry tells them apart. */
static void entries_of_two_splits(void **state) {
    (void)state;
    make("two/images/train");
    make("two/images/val");
    put("two/images/train/a.png", "not read");
    put("two/images/val/a.png", "not read");
    put("two/labels.csv", "image_id,split,abnormal\na,train,1\na,val,0\n");
    check_splits(check_tmp_path("two"), "a", "a", "tv");
    check_splits(check_tmp_path("two"), "images/val/a.png", "a", "v");
    check_splits(check_tmp_path("two"), "/old/train/a", "a", "t");
    check_splits(check_tmp_path("two"), "old/a", "a", "tv");
}

/* Where no folder of a film is known, the split decides between films of one id. */
static void entries_without_files(void **state) {
    (void)state;
    put("nowhere.csv", "image_id,split,abnormal\na,train,1\na,val,0\nb,val,0\n");
    check_splits(check_tmp_path("nowhere.csv"), "a", "a", "tv");
    check_splits(check_tmp_path("nowhere.csv"), "val/images/a", "a", "v");
    check_splits(check_tmp_path("nowhere.csv"), "train/b", "b", "v");
}

/* The same if the ids have folders. */
static void splits_of_ids_with_folders(void **state) {
    (void)state;
    static const char coco[] = "{\"images\": [{\"id\": 1, \"file_name\": \"p1/a.png\"}, "
                               "{\"id\": 2, \"file_name\": \"p2/a.png\"}], "
                               "\"annotations\": [], "
                               "\"categories\": [{\"id\": 1, \"name\": \"Osteophytes\"}]}";
    static const char *const folders[] = { "yolo/images/train/p1", "yolo/images/val/p1",
                                           "yolo/labels/train/p1", "yolo/labels/val/p1",
                                           "coco/annotations",     "coco/train2017/p1",
                                           "coco/train2017/p2",    "coco/val2017/p1",
                                           "coco/val2017/p2",      "stated/images/q" };
    static const char *const films[] = { "yolo/images/train/p1/a.png", "yolo/images/val/p1/a.png",
                                         "yolo/images/val/p1/b.png",   "coco/train2017/p1/a.png",
                                         "coco/train2017/p2/a.png",    "coco/val2017/p1/a.png",
                                         "coco/val2017/p2/a.png",      "stated/images/q/1.png",
                                         "stated/images/q/2.png" };
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        make(folders[i]);
    for (size_t i = 0; i < sizeof films / sizeof *films; i++)
        set_put_film(films[i], 48, 64);
    put("yolo/classes.txt", "Osteophytes\n");
    put("yolo/labels/train/p1/a.txt", "");
    put("yolo/labels/val/p1/a.txt", "");
    put("yolo/labels/val/p1/b.txt", "");
    put("coco/annotations/instances_train2017.json", coco);
    put("coco/annotations/instances_val2017.json", coco);
    put("stated/labels.csv", "image_id,file,split,abnormal\n"
                             "p1/a,images/q/1.png,train,1\np1/b,images/q/2.png,val,0\n");
    static const struct {
        const char *set, *entry, *id, *splits;
    } cases[] = { { "yolo", "p1/a", "p1/a", "tv" },
                  { "yolo", "images/train/p1/a.png", "p1/a", "t" },
                  { "yolo", "/old/images/val/p1/a.png", "p1/a", "v" },
                  { "yolo", "C:\\old\\val\\images\\p1\\a.png", "p1/a", "v" },
                  { "yolo", "images/train/p1/b.png", "p1/b", "" },
                  { "yolo", "images/val/p1/b.png", "p1/b", "v" },
                  { "coco", "p1/a.png", "p1/a", "tv" },
                  { "coco", "train2017/p1/a.png", "p1/a", "t" },
                  { "coco", "/old/val2017/p2/a.png", "p2/a", "v" },
                  { "stated", "old/p1/a", "p1/a", "t" },
                  { "stated", "images/train/p1/a", "p1/a", "t" },
                  { "stated", "train/p1/b", "p1/b", "" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_splits(check_tmp_path(cases[i].set), cases[i].entry, cases[i].id, cases[i].splits);
}

/* The path of a film's file always names it, however the data set is named. */
static void paths_of_files(void **state) {
    (void)state;
    static const struct {
        const char *folder, *set, *film;
    } cases[] = { { "above/annotations", "train.csv", "above/films/a.png" },
                  { "above/annotations", ".", "above/films/a.png" },
                  { "above", ".", "above/films/a.png" },
                  { "beside", "../above/annotations/train.csv", "above/films/a.png" },
                  { "beside", "../above/annotations", "above/films/a.png" },
                  { "linked", ".", "above/films/a.png" },
                  { "spine", ".", "spine/images/b.png" },
                  { "beside", "../spine", "spine/images/b.png" } };
    char here[4096], film[4096], linked[4096];
    assert_non_null(getcwd(here, sizeof here));
    make("above/annotations");
    make("above/films");
    make("beside");
    make("linked");
    make("spine/images");
    make("spine/spine");
    put("above/films/a.png", "not read");
    put("above/annotations/train.csv",
        "image_id,file,lesion_type,xmin,ymin,xmax,ymax\na,../films/a.png,No finding,,,,\n");
    put("spine/images/b.png", "not read");
    put("spine/spine/c.png", "not read");
    put("spine/labels.csv", "image_id,file,abnormal\nb,images/b.png,1\nc,spine/c.png,1\n");
    snprintf(linked, sizeof linked, "%s", check_tmp_path("linked/annotations"));
    assert_int_equal(symlink("../above/annotations", linked), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *id = strstr(cases[i].film, "b.png") ? "b" : "a";
        const char *split = *id == 'b' ? "-" : "t";
        snprintf(film, sizeof film, "%s", check_tmp_path(cases[i].film));
        const char *of_film = check_tmp_path(cases[i].folder);
        assert_int_equal(chdir(of_film), 0);
        check_splits(cases[i].set, film, id, split);
        assert_int_equal(chdir(here), 0);
    }
    snprintf(film, sizeof film, "%s", check_tmp_path("above"));
    assert_int_equal(chdir(film), 0);
    check_splits("annotations/train.csv", "old/films/a.png", "a", "t");
    check_splits("annotations/train.csv", "/old/above/films/a.png", "a", "t");
    check_splits("annotations/train.csv", "p1/a.png", "a", "");
    assert_int_equal(chdir(here), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_one_a_line_each_once),
        cmocka_unit_test(forms_of_letters),
        cmocka_unit_test(paths_of_any_system),
        cmocka_unit_test(comments_and_marks),
        cmocka_unit_test(bad_lists_are_named),
        cmocka_unit_test(folders_of_entries),
        cmocka_unit_test(splits_of_films_elsewhere),
        cmocka_unit_test(entries_of_two_splits),
        cmocka_unit_test(entries_without_files),
        cmocka_unit_test(splits_of_ids_with_folders),
        cmocka_unit_test(paths_of_files),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
