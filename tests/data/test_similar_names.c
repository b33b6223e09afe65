/* Films whose names in annotations are not those of their files: letters in another case, URLs,
 * subfolders, endings; and tables of any name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/manifest.h"
#include "support/check.h"
#include "support/set_files.h"

#define OBJECT                                                                                     \
    "<object><name>X</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>11</xmax><ymax>14</ymax>"     \
    "</bndbox></object>"

static int begin(void **state) {
    (void)state;
    set_put_film("set/images/Film_1.png", 64, 48);
    set_put_film("set/images/P1/Spine 2.PNG", 64, 48);
    set_put_film("set/images/p3/x.png", 64, 48);
    set_put_film("set/images/p4/x.png", 64, 48);
    set_put_film("set/images/aB.png", 64, 48);
    set_put_film("set/images/Ab.png", 64, 48);
    return 0;
}

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

typedef struct name_case {
    const char *name;
    const char *file;          /* of the film; NULL: none */
    const char *first, *other; /* the two that are named in the error */
} name_case;

static const name_case names[] = {
    { "film_1.PNG", "/images/Film_1.png", NULL, NULL },
    { "Images/FILM_1.png", "/images/Film_1.png", NULL, NULL },
    { "http://host/a/Film_1.png?x=1&y=/b.png", "/images/Film_1.png", NULL, NULL },
    { "https://host:8080/images/Film_1.png#top", "/images/Film_1.png", NULL, NULL },
    { "s3://bucket/P1/Spine%202.PNG", "/images/P1/Spine 2.PNG", NULL, NULL },
    { "https://host/o/images%2fFilm_1.png?alt=media", "/images/Film_1.png", NULL, NULL },
    { "Film_1.png?v=2", "/images/Film_1.png", NULL, NULL },
    { "/data/local-files/?d=images/Film_1.png", "/images/Film_1.png", NULL, NULL },
    { ".\\\\Images\\\\.\\\\film_1.png", "/images/Film_1.png", NULL, NULL },
    { "D:\\\\p1\\\\SPINE 2.png", "/images/P1/Spine 2.PNG", NULL, NULL },
    { "spine 2.png", "/images/P1/Spine 2.PNG", NULL, NULL },
    { "P4/X.PNG", "/images/p4/x.png", NULL, NULL },
    { "Ab.png", "/images/Ab.png", NULL, NULL },
    { "ab.png", NULL, "images/Ab.png", "images/aB.png" },
    { "x.png", NULL, "images/p3/x.png", "images/p4/x.png" },
    { "elsewhere/x.png", "", NULL, NULL },
    { "http://host/lost.png", "", NULL, NULL },
};
enum { NAMES = sizeof names / sizeof *names };

static void check_file(const sx_manifest *m, const name_case *c) {
    assert_int_equal(m->film_count, 1);
    const char *path = m->films[0].path;
    if (c->file[0] ? !path || !sx_ends_with(path, c->file) : path != NULL)
        fail_msg("\"%s\" is %s, not %s", c->name, path ? path : "missing", c->file);
}

/* The set is read, or refused with both names; data check goes on and names them. */
static void check_set(const char *set, const name_case *c) {
    sx_manifest m;
    sx_error err = { 0 };
    if (c->file) {
        CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
        check_file(&m, c);
    } else {
        CHECK_FAILS(sx_manifest_open(set, NULL, &m, &err), err, SX_ERR_MISMATCH,
                    " has two files, ");
        if (!strstr(err.message, c->first) || !strstr(err.message, c->other))
            fail_msg("%s: %s", c->name, err.message);
        sx_manifest_free(&m);
        err = (sx_error){ 0 };
        CHECK_OK(sx_manifest_open(set, &(sx_manifest_options){ .keep_faults = true }, &m, &err),
                 err);
        assert_true(m.films[0].path && m.films[0].other_file);
    }
    sx_manifest_free(&m);
}

static void coco_names(void **state) {
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        char text[500];
        snprintf(text, sizeof text,
                 "{\"images\": [{\"id\": 1, \"file_name\": \"%s\"}], \"annotations\": [], "
                 "\"categories\": []}",
                 names[i].name);
        const char *path = set_put_text("set/annotations.json", text);
        check_set(check_tmp_path("set"), &names[i]);
        remove(path);
    }
}

/* JSON has two backslashes for one. */
static void put_plain(sx_str *out, const char *name) {
    for (; *name; name++) {
        sx_str_append(out, name, 1);
        name += name[0] == '\\' && name[1] == '\\';
    }
}

static void csv_names(void **state) {
    (void)state;
    for (size_t i = 0; i < NAMES; i++) {
        sx_str text = { 0 };
        sx_str_add(&text, "image_id,abnormal,file\n17,1,\"");
        put_plain(&text, names[i].name);
        sx_str_add(&text, "\"\n");
        const char *path = set_put_text("set/labels.csv", sx_str_text(&text));
        check_set(check_tmp_path("set"), &names[i]);
        remove(path);
        sx_str_free(&text);
    }
}

/* A row that names a film is no other one, although that has the row's id. */
static void csv_absent_file(void **state) {
    (void)state;
    static const struct {
        const char *row, *file; /* NULL: none */
    } cases[] = {
        { "Film_1,1,\n", "/images/Film_1.png" },
        { "Film_1,1,Film_1.dcm\n", "/images/Film_1.png" },
        { "Film_1,1,C:\\old\\Film_1.png\n", "/images/Film_1.png" },
        { "Film_1,1,lost.png\n", NULL },
        { "Film_1,1,images/lost.png\n", NULL },
        { "Film_1,1,p3/Film_1.png\n", NULL },
        { "P1/Spine 2,1,p3/lost.png\n", NULL },
        { "p3/x,1,p4/x.png\n", "/images/p4/x.png" },
        { "p3/x,1,p1/x.png\n", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[200];
        sx_manifest m;
        sx_error err = { 0 };
        snprintf(text, sizeof text, "image_id,abnormal,file\n%s", cases[i].row);
        const char *path = set_put_text("set/labels.csv", text), *want = cases[i].file;
        CHECK_OK(sx_manifest_open(check_tmp_path("set"), NULL, &m, &err), err);
        const sx_manifest_film *f = &m.films[0];
        if (want ? !f->path || !sx_ends_with(f->path, want) : f->path != NULL)
            fail_msg("%s: %s", cases[i].row, f->path ? f->path : "missing");
        assert_true(want ? !f->absent_file : f->absent_file != NULL);
        sx_manifest_free(&m);
        remove(path);
    }
}

/* <filename>, then <path>. */
static void voc_names(void **state) {
    (void)state;
    for (int element = 0; element < 2; element++)
        for (size_t i = 0; i < NAMES; i++) {
            const char *tag = element ? "path" : "filename";
            sx_str text = { 0 };
            sx_str_printf(&text, "<annotation><%s>", tag);
            for (const char *s = names[i].name; *s; s++) {
                sx_str_add(&text, *s == '&' ? "&amp;" : "");
                if (*s != '&') sx_str_append(&text, s, 1);
                s += s[0] == '\\' && s[1] == '\\';
            }
            sx_str_printf(&text, "</%s></annotation>", tag);
            const char *path = set_put_text("set/Annotations/17.xml", sx_str_text(&text));
            check_set(check_tmp_path("set"), &names[i]);
            remove(path);
            sx_str_free(&text);
        }
    sx_error err = { 0 };
    assert_true(sx_remove_folder(check_tmp_path("set/Annotations"), &err));
}

#define COMPOSED "/images/m\u00e4/\u00d6 \u1ec7\uac01.png"
#define PARTS    "/images/ma\u0308/O\u0308 e\u0323\u0302\u1100\u1161\u11a8.png"

/* A name of one Unicode form finds the file of the other; if both exist, its own. */
static void check_forms(const char *layout, void (*put)(const char *name)) {
    static const char *const files[] = { COMPOSED, PARTS };
    for (int exists = 1; exists < 4; exists++)
        for (int name = 0; name < 2; name++) {
            char text[200];
            sx_manifest m;
            sx_error err = { 0 };
            CHECK_OK(sx_remove_folder(check_tmp_path("forms"), &err), err);
            for (int i = 0; i < 2; i++) {
                snprintf(text, sizeof text, "forms%s", files[i]);
                if (exists >> i & 1) set_put_film(text, 64, 48);
            }
            put(files[name] + 1);
            CHECK_OK(sx_manifest_open(check_tmp_path("forms"), NULL, &m, &err), err);
            const char *want = files[exists == 3 ? name : exists - 1], *path = m.films[0].path;
            if (!path || !sx_ends_with(path, want))
                fail_msg("%s %d %d: %s", layout, exists, name, path ? path : "missing");
            sx_manifest_free(&m);
        }
}

static void put_coco_form(const char *name) {
    char text[300];
    snprintf(text, sizeof text,
             "{\"images\": [{\"id\": 1, \"file_name\": \"%s\"}], \"annotations\": [], "
             "\"categories\": []}",
             name);
    set_put_text("forms/annotations.json", text);
}

static void put_csv_form(const char *name) {
    char text[300];
    snprintf(text, sizeof text, "image_id,abnormal,file\n17,1,%s\n", name);
    set_put_text("forms/labels.csv", text);
}

/* By the id, without ending and folder "images". */
static void put_id_form(const char *name) {
    char text[300];
    snprintf(text, sizeof text, "image_id,abnormal\n%.*s,1\n",
             (int)(strlen(name) - strlen("images/.png")), name + strlen("images/"));
    set_put_text("forms/labels.csv", text);
}

static void put_voc_form(const char *name) {
    char text[300];
    snprintf(text, sizeof text, "<annotation><filename>%s</filename></annotation>", name);
    set_put_text("forms/Annotations/17.xml", text);
}

static void unicode_forms(void **state) {
    (void)state;
    check_forms("coco", put_coco_form);
    check_forms("csv", put_csv_form);
    check_forms("csv id", put_id_form);
    check_forms("voc", put_voc_form);
}

/* A label file, and a list of films in ImageSets, in the other form than the film or XML file. */
static void unicode_forms_of_files(void **state) {
    (void)state;
    sx_manifest m;
    sx_error err = { 0 };
    set_put_film("form-yolo/images/a\u0308.png", 64, 48);
    set_put_text("form-yolo/classes.txt", "X\n");
    set_put_text("form-yolo/labels/\u00e4.txt", "0 0.5 0.5 0.2 0.2\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("form-yolo"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_int_equal(m.films[0].box_count, 1);
    sx_manifest_free(&m);
    for (int listed = 0; listed < 2; listed++) {
        set_put_film("form-voc/JPEGImages/a\u0308.png", 64, 48);
        set_put_text(listed ? "form-voc/Annotations/\u00e4.xml"
                            : "form-voc/Annotations/a\u0308.xml",
                     "<annotation>" OBJECT "</annotation>");
        set_put_text("form-voc/ImageSets/Main/val.txt", listed ? "a\u0308\n" : "\u00e4\n");
        CHECK_OK(sx_manifest_open(check_tmp_path("form-voc"), NULL, &m, &err), err);
        assert_int_equal(m.film_count, 1);
        assert_non_null(m.films[0].path);
        assert_int_equal(m.films[0].split, SX_SPLIT_VAL);
        sx_manifest_free(&m);
        assert_true(sx_remove_folder(check_tmp_path("form-voc"), &err));
    }
}

/* XML files and label files with another case than their films. */
static void own_names(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("voc/JPEGImages/img_1.png", 64, 48);
    set_put_text("voc/Annotations/IMG_1.xml", "<annotation>" OBJECT "</annotation>");
    CHECK_OK(sx_manifest_open(check_tmp_path("voc"), NULL, &m, &err), err);
    assert_true(m.films[0].path && sx_ends_with(m.films[0].path, "/img_1.png"));
    sx_manifest_free(&m);
    set_put_film("yolo/images/img_1.png", 64, 48);
    set_put_text("yolo/classes.txt", "X\n");
    set_put_text("yolo/labels/IMG_1.txt", "0 0.5 0.5 0.2 0.2\n");
    CHECK_OK(sx_manifest_open(check_tmp_path("yolo"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_string_equal(m.films[0].id, "img_1");
    assert_int_equal(m.films[0].box_count, 1);
    sx_manifest_free(&m);
    set_put_film("yolo/images/Img_1.png", 64, 48);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("yolo"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "IMG_1.txt: it is not known which film this is: ");
    sx_manifest_free(&m);
}

/* Ids without folders, of films in subfolders of --images. */
static void subfolders(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("films/p1/one.png", 64, 48);
    set_put_film("films/p1/two.png", 64, 48);
    set_put_film("films/p2/two.png", 64, 48);
    const char *films = check_tmp_path("films");
    const sx_manifest_options o = { .images = films };
    const char *head = "image_id,lesion_type,xmin,ymin,xmax,ymax\n";
    char text[200];
    snprintf(text, sizeof text, "%sone,X,1,2,3,4\np2/two,X,1,2,3,4\n", head);
    const char *table = set_put_text("findings.csv", text);
    CHECK_OK(sx_manifest_open(table, &o, &m, &err), err);
    assert_true(m.films[0].path && sx_ends_with(m.films[0].path, "/films/p1/one.png"));
    assert_true(m.films[1].path && sx_ends_with(m.films[1].path, "/films/p2/two.png"));
    sx_manifest_free(&m);
    snprintf(text, sizeof text, "%sone,X,1,2,3,4\ntwo,X,1,2,3,4\n", head);
    table = set_put_text("findings.csv", text);
    CHECK_FAILS(sx_manifest_open(table, &o, &m, &err), err, SX_ERR_MISMATCH,
                "findings.csv:3: film two has two files, ");
    sx_manifest_free(&m);
    /* an id with a folder is no film of another folder */
    snprintf(text, sizeof text, "%sp2/one,X,1,2,3,4\n", head);
    table = set_put_text("findings.csv", text);
    err = (sx_error){ 0 };
    CHECK_OK(sx_manifest_open(table, &o, &m, &err), err);
    assert_null(m.films[0].path);
    sx_manifest_free(&m);
}

static void check_two(const char *set, const char *first, const char *second, int boxes) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    assert_int_equal(m.film_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(m.films[i].id, i ? second : first);
        if (!m.films[i].path || !sx_ends_with(m.films[i].path, i ? second : first))
            fail_msg("%s is %s", m.films[i].id, m.films[i].path ? m.films[i].path : "missing");
        assert_int_equal(m.films[i].box_count, i == 0 ? boxes : 0);
    }
    sx_manifest_free(&m);
}

/* a.dcm and a.png (here .jpg and .png) side by side. */
static void endings(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("two/JPEGImages/a.jpg", 64, 48);
    set_put_film("two/JPEGImages/a.png", 32, 24);
    set_put_text("two/Annotations/a.jpg.xml", "<annotation>" OBJECT "</annotation>");
    set_put_text("two/Annotations/a.png.xml", "<annotation></annotation>");
    check_two(check_tmp_path("two"), "a.jpg", "a.png", 1);
    remove(check_tmp_path("two/Annotations/a.jpg.xml"));
    remove(check_tmp_path("two/Annotations/a.png.xml"));
    /* <filename> chooses by the ending; without it, the first by name */
    static const char *const texts[] = { "<annotation><filename>a.png</filename></annotation>",
                                         "<annotation></annotation>" };
    for (int i = 0; i < 2; i++) {
        set_put_text("two/Annotations/a.xml", texts[i]);
        CHECK_OK(sx_manifest_open(check_tmp_path("two"), NULL, &m, &err), err);
        assert_true(sx_ends_with(m.films[0].path, i ? "/a.jpg" : "/a.png"));
        sx_manifest_free(&m);
    }
    set_put_film("two-yolo/images/a.jpg", 64, 48);
    set_put_film("two-yolo/images/a.png", 32, 24);
    set_put_text("two-yolo/classes.txt", "X\n");
    set_put_text("two-yolo/labels/a.png.txt", "");
    CHECK_OK(sx_manifest_open(check_tmp_path("two-yolo"), NULL, &m, &err), err);
    assert_int_equal(m.film_count, 1);
    assert_string_equal(m.films[0].id, "a");
    assert_true(sx_ends_with(m.films[0].path, "/a.png"));
    sx_manifest_free(&m);
    set_put_text("two-yolo/labels/a.jpg.txt", "0 0.5 0.5 0.2 0.2\n");
    check_two(check_tmp_path("two-yolo"), "a.jpg", "a.png", 1);
    set_put_text("two-yolo/labels/a.txt", "");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("two-yolo"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                "a.txt: films of this name have files of labels with their endings too");
    sx_manifest_free(&m);
}

/* COCO chooses by the ending as well. */
static void coco_ending(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("coco/images/a.jpg", 64, 48);
    set_put_film("coco/images/a.png", 32, 24);
    set_put_text("coco/annotations.json",
                 "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}], \"annotations\": [], "
                 "\"categories\": []}");
    CHECK_OK(sx_manifest_open(check_tmp_path("coco"), NULL, &m, &err), err);
    assert_true(sx_ends_with(m.films[0].path, "/a.png"));
    sx_manifest_free(&m);
}

/* A table of any name beside the folder of films. */
static void any_table(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_manifest m;
    set_put_film("any/images/a.png", 64, 48);
    CHECK_FAILS(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err, SX_ERR_UNSUPPORTED,
                ": no known layout: ");
    sx_manifest_free(&m);
    set_put_text("any/notes.csv", "name,text\na,b\n");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err, SX_ERR_MISSING,
                "lists: notes.csv");
    sx_manifest_free(&m);
    set_put_text("any/cut.json",
                 "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}],\n \"annota");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err, SX_ERR_MISSING,
                "any/cut.json:2: a string without an end");
    sx_manifest_free(&m);
    assert_int_equal(remove(check_tmp_path("any/cut.json")), 0);
    set_put_text("any/cut.csv", "image_id,\"lesi");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err, SX_ERR_MISSING,
                "any/cut.csv:1: a quote is never closed");
    sx_manifest_free(&m);
    assert_int_equal(remove(check_tmp_path("any/cut.csv")), 0);
    set_put_text("any/my_boxes.CSV", "lesion_type,image_id,xmax,ymax,xmin,ymin\nX,a,9,9,1,1\n");
    err = (sx_error){ 0 };
    CHECK_OK(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err);
    assert_int_equal(m.box_count, 1);
    assert_int_equal(m.films[0].split, SX_SPLIT_NONE);
    assert_non_null(m.films[0].path);
    sx_manifest_free(&m);
    assert_true(sx_is_table(check_tmp_path("any/my_boxes.CSV")));
    assert_false(sx_is_table(check_tmp_path("any/notes.csv")));
    set_put_text("any/annotations/valley.json",
                 "{\"images\": [], \"annotations\": [], \"categories\": []}");
    CHECK_FAILS(sx_manifest_open(check_tmp_path("any"), NULL, &m, &err), err, SX_ERR_MISMATCH,
                ": several tables may be its annotations: my_boxes.CSV, annotations/valley.json;");
    sx_manifest_free(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coco_names),
        cmocka_unit_test(csv_names),
        cmocka_unit_test(csv_absent_file),
        cmocka_unit_test(unicode_forms),
        cmocka_unit_test(unicode_forms_of_files),
        cmocka_unit_test(voc_names),
        cmocka_unit_test(own_names),
        cmocka_unit_test(subfolders),
        cmocka_unit_test(endings),
        cmocka_unit_test(coco_ending),
        cmocka_unit_test(any_table),
    };
    return cmocka_run_group_tests_name("similar names", tests, begin, end);
}
