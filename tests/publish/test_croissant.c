/* croissant.json of every layout against the rules of Croissant 1.0
 * (https://docs.mlcommons.org/croissant/docs/croissant-spec.html), and against the files that it
 * describes. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deidentified_set.h"
#include "support/check.h"
#include "support/text_files.h"

#include "base/csv.h"
#include "base/files.h"
#include "base/json.h"
#include "base/str.h"
#include "publish/set_release.h"

enum { FILMS = 8 };

static char set[512], published[512];

/* ---- a published set ---- */

static json_t *publish(sx_layout to, sx_film_format films, const char *licence) {
    static int turn;
    char about[512], name[32];
    sx_str text = { 0 };
    sx_error err = { 0 };
    sx_set_release_totals t;
    snprintf(about, sizeof about, "%s", check_tmp_path("about.yaml"));
    snprintf(name, sizeof name, "published-%d", ++turn);
    snprintf(published, sizeof published, "%s", check_tmp_path(name));
    sx_str_printf(&text,
                  "{title: T, description: D, creators: [A, B], version: 1.0.0, publisher: P, "
                  "url: https://example.org/set, keywords: [spine], citation: C, %s}\n",
                  licence);
    write_text(about, sx_str_text(&text));
    write_text(check_tmp_path("terms.txt"), "Terms.\n");
    sx_str_free(&text);
    const sx_set_release r = {
        .set = set, .about = about, .out = published, .to = to, .films = { .format = films }
    };
    CHECK_OK(sx_set_release_write(&r, &t, &err), err);
    json_t *root = sx_json_read(path_in(published, "croissant.json"), &err);
    CHECK_OK(root, err);
    return root;
}

/* ---- JSON ---- */

static const char *text(const json_t *at, const char *key) {
    const char *s = json_string_value(json_object_get(at, key));
    if (!s || !*s) fail_msg("no text %s", key);
    return s ? s : "";
}

static bool is(const json_t *at, const char *key, const char *want) {
    return strcmp(text(at, key), want) == 0;
}

/* Properties of schema.org, which need no term of the context, and JSON-LD's own. */
static bool is_plain(const char *key) {
    static const char *const keys[] = {
        "name",      "description",   "license", "url",      "creator",      "publisher",
        "version",   "datePublished", "sha256",  "keywords", "distribution", "contentUrl",
        "@language", "@vocab",        "@type",   "@id",      "@context",     "encodingFormat"
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(key, keys[i]) == 0) return true;
    return false;
}

/* Every key is a term: one that is not would be taken for a property of schema.org. */
static void check_terms(const json_t *v, const json_t *context) {
    const char *key;
    json_t *child;
    size_t i;
    if (json_is_array(v)) {
        json_array_foreach(v, i, child) check_terms(child, context);
        return;
    }
    json_object_foreach((json_t *)v, key, child) {
        if (!is_plain(key) && !json_object_get(context, key)) fail_msg("%s is no term", key);
        if (strcmp(key, "@context") != 0) check_terms(child, context);
    }
}

/* Prefixes and the terms with an @id or @type lead to where Croissant 1.0 has them. */
static void check_context(const json_t *context) {
    static const char *const names[][2] = { { "@vocab", "https://schema.org/" },
                                            { "sc", "https://schema.org/" },
                                            { "cr", "http://mlcommons.org/croissant/" },
                                            { "dct", "http://purl.org/dc/terms/" },
                                            { "conformsTo", "dct:conformsTo" },
                                            { "recordSet", "cr:recordSet" },
                                            { "field", "cr:field" },
                                            { "source", "cr:source" },
                                            { "fileObject", "cr:fileObject" },
                                            { "fileSet", "cr:fileSet" },
                                            { "extract", "cr:extract" },
                                            { "column", "cr:column" },
                                            { "jsonPath", "cr:jsonPath" },
                                            { "fileProperty", "cr:fileProperty" },
                                            { "format", "cr:format" },
                                            { "includes", "cr:includes" },
                                            { "citeAs", "cr:citeAs" } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(text(context, names[i][0]), names[i][1]);
    const json_t *type = json_object_get(context, "dataType");
    assert_true(is(type, "@id", "cr:dataType") && is(type, "@type", "@vocab"));
}

/* ---- the data set ---- */

/* The properties that Croissant requires. */
static void check_head(const json_t *root) {
    const json_t *creators = json_object_get(root, "creator"), *one;
    size_t i;
    assert_true(is(root, "@type", "sc:Dataset"));
    assert_true(is(root, "conformsTo", "http://mlcommons.org/croissant/1.0"));
    assert_true(is(root, "name", "T") && is(root, "description", "D"));
    assert_true(is(root, "url", "https://example.org/set"));
    assert_int_equal(strlen(text(root, "datePublished")), 10);
    assert_true(is(root, "version", "1.0.0") && is(root, "citeAs", "C"));
    assert_int_equal(json_array_size(creators), 2);
    json_array_foreach(creators, i, one) {
        assert_true(is(one, "@type", "sc:Person") || is(one, "@type", "sc:Organization"));
        text(one, "name");
    }
    assert_true(is(json_object_get(root, "publisher"), "@type", "sc:Organization"));
}

/* The element of a list with this @id. */
static const json_t *find(const json_t *list, const char *id) {
    json_t *one;
    size_t i;
    json_array_foreach((json_t *)list, i, one) if (is(one, "@id", id)) return one;
    return NULL;
}

static void check_unique(const json_t *list, const char *id) {
    size_t count = 0, i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one) count += is(one, "@id", id);
    if (count != 1) fail_msg("%zu elements %s", count, id);
}

static void check_object(const json_t *one) {
    sx_error err = { 0 };
    sx_file f;
    CHECK_OK(sx_file_open(&f, path_in(published, text(one, "contentUrl")), &err), err);
    assert_string_equal(check_sha256(f.data, f.size), text(one, "sha256"));
    sx_file_close(&f);
    text(one, "name");
    assert_non_null(strchr(text(one, "encodingFormat"), '/'));
}

static size_t files_of_set(const json_t *one) {
    glob_t g = { 0 };
    if (glob(path_in(published, text(one, "includes")), 0, NULL, &g) != 0)
        fail_msg("no file is like %s", text(one, "includes"));
    const size_t count = g.gl_pathc;
    globfree(&g);
    return count;
}

static void check_distribution(const json_t *list) {
    json_t *one;
    size_t i;
    assert_true(json_array_size(list) > 0);
    json_array_foreach((json_t *)list, i, one) {
        check_unique(list, text(one, "@id"));
        if (is(one, "@type", "cr:FileObject")) {
            check_object(one);
        } else {
            assert_true(is(one, "@type", "cr:FileSet"));
            assert_non_null(strchr(text(one, "encodingFormat"), '/'));
            assert_int_equal(files_of_set(one), FILMS);
        }
    }
    assert_non_null(find(list, "films"));
}

/* ---- records ---- */

static void check_column(const char *file, const char *column) {
    sx_error err = { 0 };
    sx_csv *csv = sx_csv_open(path_in(published, file), &err);
    CHECK_OK(csv, err);
    if (sx_csv_find(csv, column) < 0) fail_msg("%s has no column %s", file, column);
    sx_csv_close(csv);
}

/* "$.list[*].key": every entry of the list has the key, so that all columns are of one length. */
static void check_path(const char *file, const char *path, const char *type) {
    char list[32], key[32];
    sx_error err = { 0 };
    assert_int_equal(sscanf(path, "$.%31[a-z][*].%31[a-z_]", list, key), 2);
    json_t *j = sx_json_read(path_in(published, file), &err), *one;
    CHECK_OK(j, err);
    size_t i;
    if (!json_array_size(json_object_get(j, list))) fail_msg("%s: no %s", file, list);
    json_array_foreach(json_object_get(j, list), i, one) {
        const json_t *v = json_object_get(one, key);
        if (!v) fail_msg("%s: an entry of %s has no %s", file, list, key);
        if (strcmp(type, "sc:Integer") == 0) assert_true(json_is_integer(v) || json_is_null(v));
        if (strcmp(type, "sc:Text") == 0) assert_true(json_is_string(v));
        if (strcmp(type, "cr:BoundingBox") == 0) assert_int_equal(json_array_size(v), 4);
    }
    json_decref(j);
}

/* A field has a type and one source in the distribution, from which one thing is extracted. */
static void check_field(const json_t *field, const json_t *distribution) {
    static const char *const types[] = { "sc:Text", "sc:Integer", "sc:Float", "cr:BoundingBox" };
    const json_t *source = json_object_get(field, "source");
    const json_t *object = json_object_get(source, "fileObject");
    const json_t *fileset = json_object_get(source, "fileSet");
    const json_t *extract = json_object_get(source, "extract");
    const char *type = text(field, "dataType");
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known = known || strcmp(type, types[i]) == 0;
    assert_true(known && is(field, "@type", "cr:Field"));
    text(field, "name"), text(field, "description");
    assert_true((object == NULL) != (fileset == NULL));
    assert_int_equal(json_object_size(extract), 1);
    const char *id = text(object ? object : fileset, "@id");
    const json_t *from = find(distribution, id);
    assert_non_null(from);
    assert_true(is(from, "@type", object ? "cr:FileObject" : "cr:FileSet"));
    if (json_object_get(extract, "column"))
        check_column(id, text(extract, "column"));
    else if (json_object_get(extract, "jsonPath"))
        check_path(id, text(extract, "jsonPath"), type);
    else
        assert_true(is(extract, "fileProperty", "filename"));
    if (strcmp(type, "cr:BoundingBox") == 0) assert_true(is(source, "format", "XYWH"));
}

static size_t check_records(const json_t *sets, const json_t *distribution) {
    json_t *one, *field;
    size_t i, k, fields = 0;
    json_array_foreach((json_t *)sets, i, one) {
        const char *id = text(one, "@id");
        const json_t *list = json_object_get(one, "field");
        check_unique(sets, id);
        assert_true(is(one, "@type", "cr:RecordSet") && json_array_size(list) > 0);
        json_array_foreach((json_t *)list, k, field) {
            const char *name = text(field, "@id");
            check_unique(list, name);
            assert_true(sx_starts_with(name, id) && name[strlen(id)] == '/');
            check_field(field, distribution);
            fields++;
        }
    }
    return fields;
}

static size_t check_all(const json_t *root) {
    const json_t *context = json_object_get(root, "@context");
    const json_t *distribution = json_object_get(root, "distribution");
    check_context(context);
    check_terms(root, context);
    check_head(root);
    check_distribution(distribution);
    return check_records(json_object_get(root, "recordSet"), distribution);
}

static void every_layout_follows_the_rules(void **state) {
    (void)state;
    static const struct {
        sx_layout layout;
        sx_film_format films;
        size_t fields;
    } cases[] = {
        { SX_LAYOUT_VINDR, SX_EXPORT_DICOM, 1 + 4 + 2 * 14 },
        { SX_LAYOUT_COCO, SX_EXPORT_PNG, 1 + 4 + 2 * (5 + 4 + 2) },
        { SX_LAYOUT_VOC, SX_EXPORT_JPEG, 1 + 4 },
        { SX_LAYOUT_YOLO, SX_EXPORT_PNG, 1 + 4 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *root = publish(cases[i].layout, cases[i].films, "licence: CC-BY-4.0");
        assert_int_equal(check_all(root), cases[i].fields);
        assert_string_equal(text(root, "license"), "https://spdx.org/licenses/CC-BY-4.0.html");
        json_decref(root);
    }
}

static void a_licence_is_a_url_or_a_work(void **state) {
    (void)state;
    json_t *root = publish(SX_LAYOUT_VINDR, SX_EXPORT_DICOM,
                           "licence: CC0-1.0, licence_url: https://example.org/terms");
    assert_string_equal(text(root, "license"), "https://example.org/terms");
    check_all(root);
    json_decref(root);
    root = publish(SX_LAYOUT_VINDR, SX_EXPORT_DICOM,
                   "licence: LicenseRef-Hospital, licence_file: terms.txt");
    const json_t *licence = json_object_get(root, "license");
    assert_true(is(licence, "@type", "sc:CreativeWork") && is(licence, "url", "LICENSE"));
    assert_true(is(licence, "name", "LicenseRef-Hospital"));
    assert_true(sx_path_exists(path_in(published, "LICENSE")));
    check_all(root);
    json_decref(root);
}

static int make(void **state) {
    (void)state;
    make_deidentified_set(FILMS, set);
    return 0;
}

static int clear(void **state) {
    (void)state;
    check_tmp_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_follows_the_rules),
        cmocka_unit_test(a_licence_is_a_url_or_a_work),
    };
    return cmocka_run_group_tests(tests, make, clear);
}
