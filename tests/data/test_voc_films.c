/* Pascal VOC: which film an XML file means, for all combinations of what it states and of the films
 * that exist. The expected film is computed by the rule in docs/data.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/str.h"
#include "data/manifest.h"
#include "support/check.h"

static int end(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

/* Films called "a": the file PLACES[p] "a" ENDINGS[e] exists if bit 2 p + e of a mask is set. */
enum { TOP, P1, P2, PLACES, FILMS = PLACES * 2, MASKS = 1 << FILMS };
enum { NONE = -1, DCM, PNG };
/* Folders that a name states: NOWHERE is none of the data set. */
enum { NO_FOLDER = -1, NOWHERE = PLACES, ALL_FILMS };

static const char *const endings[] = { ".dcm", ".png" };

/* A name of the film as it is written, and what it says. */
typedef struct film_name {
    const char *text;
    int folder, ending;
    const char *prefix; /* the folder as an id has it; NULL: none */
} film_name;

static const film_name xml_names[] = {
    { "a", NO_FOLDER, NONE, NULL },    { "a.dcm", NO_FOLDER, DCM, NULL },
    { "a.png", NO_FOLDER, PNG, NULL }, { "p1/a", P1, NONE, "p1/" },
    { "p1/a.png", P1, PNG, "p1/" },    { "b", NO_FOLDER, NONE, NULL },
};
static const film_name file_names[] = {
    { .folder = NO_FOLDER, .ending = NONE },
    { "a", NO_FOLDER, NONE, NULL },
    { "a.dcm", NO_FOLDER, DCM, NULL },
    { "a.png", NO_FOLDER, PNG, NULL },
    { "p1/a", P1, NONE, "p1/" },
    { "p1\\a.dcm", P1, DCM, "p1/" },
    { "./p1/a.png", P1, PNG, "p1/" },
    { "x/a.png", NOWHERE, PNG, "x/" },
};
static const film_name folders[] = {
    { .folder = NO_FOLDER, .ending = NONE },
    { "p1", P1, NONE, "p1/" },
    { "JPEGImages", ALL_FILMS, NONE, NULL },
};
static const film_name paths[] = {
    { .folder = NO_FOLDER, .ending = NONE },
    { "C:\\old\\p1\\a.png", P1, PNG, "old/p1/" },
    { "/old/p2/a.dcm", P2, DCM, "old/p2/" },
    { "/old/a.png", NOWHERE, PNG, "old/" },
};
enum {
    XML_NAMES = sizeof xml_names / sizeof *xml_names,
    FILE_NAMES = sizeof file_names / sizeof *file_names,
    FOLDERS = sizeof folders / sizeof *folders,
    PATHS = sizeof paths / sizeof *paths
};

/* Each set of films meets one of so many statements, and each statement several sets. */
enum { SHARE = 31 };

typedef struct voc_case {
    const film_name *xml, *file, *folder, *path;
    bool twin;  /* with another XML file of the other ending */
    int mask;   /* of the films */
    bool apart; /* p1 and p2 are beside JPEGImages */
} voc_case;

/* Whether the data set has a folder of that name, of films or of XML files. */
static bool has_place(const voc_case *c, int place) {
    return place > TOP && place < PLACES && ((c->mask >> place * 2 & 3) || c->xml->folder == place);
}

static bool is_b(const voc_case *c) {
    return strcmp(c->xml->text, "b") == 0 || strcmp(c->xml->text, "c") == 0;
}

/* The folders that must agree, and the one that is only preferred. */
static void get_folders(const voc_case *c, int required[2], int *preferred) {
    required[0] = c->xml->folder;
    required[1] = *preferred = NO_FOLDER;
    if (c->xml->folder != NO_FOLDER) return;
    required[0] = c->file->folder;
    if (required[0] == NO_FOLDER) {
        /* <folder> */
        if (c->folder->folder == ALL_FILMS)
            *preferred = ALL_FILMS;
        else
            required[0] = c->folder->folder;
    }
    required[1] = c->path->folder;
}

static int stated_ending(const voc_case *c) {
    const int own = is_b(c) ? NONE : c->xml->ending;
    if (c->twin && own != NONE) return own;
    if (c->file->ending != NONE) return c->file->ending;
    return c->path->ending != NONE ? c->path->ending : own;
}

static bool may_be(const voc_case *c, const int required[2], int place) {
    for (int i = 0; i < 2; i++) {
        const int folder = required[i];
        if (folder == NO_FOLDER) continue;
        if (place == TOP ? has_place(c, folder) : folder != place) return false;
    }
    return place == TOP || !c->apart || required[0] == place || required[1] == place;
}

static int score(const voc_case *c, const int required[2], int preferred, int film) {
    const int place = film / 2, ending = stated_ending(c);
    int stated = 0;
    for (int i = 0; i < 2; i++)
        stated += required[i] == place;
    const int folders_that_agree = stated + (preferred == ALL_FILMS && place == TOP);
    return folders_that_agree * 4 + (ending == NONE || ending == film % 2) * 2 +
           (place == TOP || stated);
}

/* The film's number; NONE: missing. *other: that of another that is as good, or NONE. */
static int expected(const voc_case *c, int *other) {
    int required[2], preferred, best = NONE, most = -1;
    *other = NONE;
    if (is_b(c) && !c->file->text && !c->path->text) return NONE;
    get_folders(c, required, &preferred);
    for (int film = 0; film < FILMS; film++) {
        if (!(c->mask >> film & 1) || !may_be(c, required, film / 2)) continue;
        if (c->twin && film % 2 != c->xml->ending) continue;
        const int now = score(c, required, preferred, film);
        if (now > most) {
            best = film;
            most = now;
            *other = NONE;
        } else if (now == most && film / 2 != best / 2 && *other == NONE)
            *other = film;
    }
    return best;
}

static void put_path(const voc_case *c, int film, char name[40]) {
    static const char *const places[] = { "", "p1/", "p2/" };
    snprintf(name, 40, "%s%sa%s", c->apart && film / 2 != TOP ? "" : "JPEGImages/",
             places[film / 2], endings[film % 2]);
}

/* Without the pains that the program's writer takes to keep a file: there are thousands. */
static void put_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) fail_msg("%s: cannot be written", path);
}

static void put_element(sx_str *s, const char *element, const char *text) {
    if (text) sx_str_printf(s, "<%s>%s</%s>", element, text, element);
}

static void put_xml(const char *folder, const voc_case *c, char path[300]) {
    sx_str s = { 0 };
    snprintf(path, 300, "%s/Annotations/%s.xml", folder, c->xml->text);
    sx_str_add(&s, "<annotation>");
    put_element(&s, "path", c->path->text);
    put_element(&s, "folder", c->folder->text);
    put_element(&s, "filename", c->file->text);
    sx_str_add(&s, "</annotation>");
    put_file(path, sx_str_text(&s));
    sx_str_free(&s);
}

static bool is_file(const char *path, const voc_case *c, int film) {
    char name[40];
    if (film == NONE) return !path;
    put_path(c, film, name);
    return path && sx_ends_with(path, name);
}

static void check_film(const voc_case *c, const sx_manifest_film *f) {
    int other;
    const int film = expected(c, &other);
    if (is_file(f->path, c, film) && is_file(f->other_file, c, other)) return;
    char want[40] = "missing", second[40] = "none";
    if (film != NONE) put_path(c, film, want);
    if (other != NONE) put_path(c, other, second);
    fail_msg("%s.xml%s, <filename>%s, <folder>%s, <path>%s, films %02x%s: %s (other %s), not %s "
             "(other %s)",
             c->xml->text, c->twin ? " of twins" : "", c->file->text, c->folder->text,
             c->path->text, (unsigned)c->mask, c->apart ? " apart" : "",
             f->path ? f->path : "missing", f->other_file ? f->other_file : "none", want, second);
}

static void check_case(const char *folder, const voc_case *c) {
    sx_error err = { 0 };
    sx_manifest m;
    char path[300], twin[300];
    voc_case second = *c;
    put_xml(folder, c, path);
    if (c->twin) {
        second.xml = &xml_names[c->xml == &xml_names[1] ? 2 : 1];
        put_xml(folder, &second, twin);
    }
    CHECK_OK(sx_manifest_open(folder, &(sx_manifest_options){ .keep_faults = true }, &m, &err),
             err);
    assert_int_equal(m.film_count, c->twin ? 2 : 1);
    check_film(c, &m.films[0]);
    if (c->twin) {
        assert_string_equal(m.films[0].id, c->xml->text);
        check_film(&second, &m.films[1]);
        remove(twin);
    }
    sx_manifest_free(&m);
    remove(path);
}

static void check_statements(const char *folder, int mask, bool apart) {
    for (int i = 0; i < (XML_NAMES + 1) * FILE_NAMES * FOLDERS * PATHS; i++) {
        if ((i + mask) % SHARE) continue;
        const int xml = i / (FILE_NAMES * FOLDERS * PATHS);
        const voc_case c = { .xml = &xml_names[xml < XML_NAMES ? xml : 1],
                             .file = &file_names[i % FILE_NAMES],
                             .folder = &folders[i / FILE_NAMES % FOLDERS],
                             .path = &paths[i / (FILE_NAMES * FOLDERS) % PATHS],
                             .twin = xml == XML_NAMES,
                             .mask = mask,
                             .apart = apart };
        check_case(folder, &c);
    }
}

static void put_films(const char *folder, const voc_case *c) {
    char file[40], path[300];
    for (int film = 0; film < FILMS; film++) {
        if (!(c->mask >> film & 1)) continue;
        put_path(c, film, file);
        snprintf(path, sizeof path, "%s/%s", folder, file);
        put_file(path, "");
    }
}

static void make_folders(const char *folder, const voc_case *c) {
    static const char *const names[] = { "Annotations/p1", "JPEGImages" };
    sx_error err = { 0 };
    char path[300];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        CHECK_OK(sx_make_dirs(path, &err), err);
    }
    for (int place = P1; place < PLACES; place++) {
        snprintf(path, sizeof path, "%s/%sp%d", folder, c->apart ? "" : "JPEGImages/", place);
        if (c->mask >> place * 2 & 3) CHECK_OK(sx_make_dirs(path, &err), err);
    }
}

static void check_sets(bool apart) {
    for (int mask = 0; mask < MASKS; mask++) {
        const voc_case c = { .mask = mask, .apart = apart };
        char folder[200];
        snprintf(folder, sizeof folder, "%s/%s%d", check_tmp(), apart ? "apart" : "set", mask);
        make_folders(folder, &c);
        put_films(folder, &c);
        check_statements(folder, mask, apart);
    }
}

/* ---- two XML files whose films have one name ---- */

/* "b" has no film, so the film is that of <filename>. The id of a film whose name others have: in
 * the folder in which it is, else in the one that is stated. */
static void expected_folder_id(const voc_case *c, char id[40]) {
    static const char *const places[] = { "", "p1/", "p2/" };
    int other;
    const int film = expected(c, &other);
    const char *prefix = c->file->prefix ? c->file->prefix : c->folder->prefix;
    if (!prefix) prefix = c->path->prefix ? c->path->prefix : "";
    const bool certain = film != NONE && other == NONE;
    if (certain && film / 2 != TOP) prefix = places[film / 2];
    snprintf(id, 40, "%sa", prefix);
}

static const char *ending_text(const voc_case *c) {
    return c->file->ending == NONE ? "" : endings[c->file->ending];
}

static void check_pair(const char *folder, const voc_case pair[2]) {
    sx_error err = { 0 };
    sx_manifest m;
    char files[2][300], ids[2][40];
    for (int i = 0; i < 2; i++) {
        put_xml(folder, &pair[i], files[i]);
        expected_folder_id(&pair[i], ids[i]);
    }
    const bool twins = strcmp(ids[0], ids[1]) == 0,
               same = twins && pair[0].file->ending == pair[1].file->ending;
    const bool ok =
        sx_manifest_open(folder, &(sx_manifest_options){ .keep_faults = true }, &m, &err);
    if (ok == same)
        fail_msg("<filename>%s, <folder>%s, <path>%s and %s, %s, %s, films %02x: %s",
                 pair[0].file->text, pair[0].folder->text, pair[0].path->text, pair[1].file->text,
                 pair[1].folder->text, pair[1].path->text, (unsigned)pair[0].mask,
                 ok ? "no error" : err.message);
    if (same) assert_true(sx_ends_with(err.message, "/b.xml"));
    for (int i = 0; ok && i < 2; i++) {
        char want[100];
        snprintf(want, sizeof want, "%s%s", ids[i], twins ? ending_text(&pair[i]) : "");
        assert_string_equal(m.films[i].id, want);
        check_film(&pair[i], &m.films[i]);
    }
    sx_manifest_free(&m);
    remove(files[0]);
    remove(files[1]);
}

static voc_case statement(int i, int mask, bool apart, const film_name *xml) {
    return (voc_case){ .xml = xml,
                       .file = &file_names[1 + i % (FILE_NAMES - 1)],
                       .folder = &folders[i / (FILE_NAMES - 1) % FOLDERS],
                       .path = &paths[i / ((FILE_NAMES - 1) * FOLDERS) % PATHS],
                       .mask = mask,
                       .apart = apart };
}

static void check_pairs(const char *folder, int mask, bool apart) {
    static const film_name c = { "c", NO_FOLDER, NONE, NULL };
    enum { STATEMENTS = (FILE_NAMES - 1) * FOLDERS * PATHS };
    for (int i = 0; i < STATEMENTS; i++)
        for (int k = 0; k < STATEMENTS; k++) {
            if ((i * STATEMENTS + k + mask) % (SHARE * 29)) continue;
            const voc_case pair[2] = { statement(i, mask, apart, &xml_names[XML_NAMES - 1]),
                                       statement(k, mask, apart, &c) };
            check_pair(folder, pair);
        }
}

static void films_of_one_name(void **state) {
    (void)state;
    for (int apart = 0; apart < 2; apart++)
        for (int mask = 0; mask < MASKS; mask++) {
            char folder[200];
            snprintf(folder, sizeof folder, "%s/%s%d", check_tmp(), apart ? "apart" : "set", mask);
            check_pairs(folder, mask, apart);
        }
}

static void films_in_folders(void **state) {
    (void)state;
    check_sets(false);
}

static void films_beside(void **state) {
    (void)state;
    check_sets(true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(films_in_folders), cmocka_unit_test(films_beside),
        cmocka_unit_test(films_of_one_name), /* with the films of the other two */
    };
    return cmocka_run_group_tests_name("films of VOC", tests, NULL, end);
}
