/* Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): a data set as
 * JSON-LD in the vocabulary of schema.org. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "publish/licences.h"
#include "publish/set_about.h"

static const char *const plain_terms[][2] = {
    { "@language", "en" },
    { "@vocab", "https://schema.org/" },
    { "citeAs", "cr:citeAs" },
    { "column", "cr:column" },
    { "conformsTo", "dct:conformsTo" },
    { "cr", "http://mlcommons.org/croissant/" },
    { "rai", "http://mlcommons.org/croissant/RAI/" },
    { "dct", "http://purl.org/dc/terms/" },
    { "extract", "cr:extract" },
    { "field", "cr:field" },
    { "fileProperty", "cr:fileProperty" },
    { "fileObject", "cr:fileObject" },
    { "fileSet", "cr:fileSet" },
    { "format", "cr:format" },
    { "includes", "cr:includes" },
    { "isLiveDataset", "cr:isLiveDataset" },
    { "jsonPath", "cr:jsonPath" },
    { "key", "cr:key" },
    { "md5", "cr:md5" },
    { "parentField", "cr:parentField" },
    { "path", "cr:path" },
    { "recordSet", "cr:recordSet" },
    { "references", "cr:references" },
    { "regex", "cr:regex" },
    { "repeated", "cr:repeated" },
    { "replace", "cr:replace" },
    { "sc", "https://schema.org/" },
    { "separator", "cr:separator" },
    { "source", "cr:source" },
    { "subField", "cr:subField" },
    { "transform", "cr:transform" },
};

static void put_term(sx_json context, const char *name, const char *id, const char *type) {
    sx_json term = sx_json_object(context, name);
    sx_json_text(term, "@id", id);
    sx_json_text(term, "@type", type);
}

static void put_context(sx_json root) {
    sx_json context = sx_json_object(root, "@context");
    for (size_t i = 0; i < sizeof plain_terms / sizeof plain_terms[0]; i++)
        sx_json_text(context, plain_terms[i][0], plain_terms[i][1]);
    put_term(context, "data", "cr:data", "@json");
    put_term(context, "dataType", "cr:dataType", "@vocab");
    put_term(context, "examples", "cr:examples", "@json");
}

/* The text, whose failed allocation becomes the document's error. */
static const char *text_of(sx_json at, const sx_str *s) {
    if (s->failed && !at.doc->error.code)
        sx_fail(&at.doc->error, SX_ERR_MEMORY, "out of memory for a document");
    return sx_str_text(s);
}

static void put_optional(sx_json at, const char *key, const sx_about *a, const char *name) {
    const char *text = sx_about_text(a, name);
    if (text) sx_json_text(at, key, text);
}

static void put_creators(sx_json root, const sx_about *a) {
    const sx_yaml_value *v = sx_about_list(a, "creators");
    sx_json list = sx_json_array(root, "creator");
    for (size_t i = 0; v && i < v->count; i++) {
        sx_json one = sx_json_object(list, NULL);
        sx_json_text(one, "@type", "sc:Person");
        sx_json_text(one, "name", v->items[i]);
    }
}

/* A URL; a licence of the publisher's own without one is a file of the data set. */
static void put_licence(sx_json root, const sx_about *a) {
    const char *name = sx_about_text(a, "licence");
    sx_str link = { 0 };
    sx_about_put_licence_link(a, &link);
    if (sx_about_text(a, "licence_url") || sx_licence_kind_of(name) != SX_LICENCE_OWN) {
        sx_json_text(root, "license", text_of(root, &link));
    } else {
        sx_json licence = sx_json_object(root, "license");
        sx_json_text(licence, "@type", "sc:CreativeWork");
        sx_json_text(licence, "name", name);
        sx_json_text(licence, "url", text_of(licence, &link));
    }
    sx_str_free(&link);
}

static void put_head(sx_json root, const sx_about *a) {
    char today[16];
    const char *date = sx_about_text(a, "date");
    const sx_yaml_value *words = sx_about_list(a, "keywords");
    sx_today(today, sizeof today);
    sx_json_text(root, "@type", "sc:Dataset");
    sx_json_text(root, "conformsTo", "http://mlcommons.org/croissant/1.0");
    sx_json_text(root, "name", sx_about_text(a, "title"));
    sx_json_text(root, "description", sx_about_text(a, "description"));
    put_licence(root, a);
    put_optional(root, "url", a, "url");
    put_optional(root, "citeAs", a, "citation");
    put_creators(root, a);
    if (sx_about_text(a, "publisher")) {
        sx_json publisher = sx_json_object(root, "publisher");
        sx_json_text(publisher, "@type", "sc:Organization");
        sx_json_text(publisher, "name", sx_about_text(a, "publisher"));
    }
    sx_json_text(root, "datePublished", date ? date : today);
    sx_json_text(root, "version", sx_about_text(a, "version"));
    if (words) {
        sx_json list = sx_json_array(root, "keywords");
        for (size_t i = 0; i < words->count; i++)
            sx_json_text(list, NULL, words->items[i]);
    }
}

/* ---- files ---- */

static const char *type_of(const char *path) {
    static const char *const types[][2] = { { ".csv", "text/csv" },
                                            { ".json", "application/json" },
                                            { ".txt", "text/plain" },
                                            { ".yaml", "application/yaml" } };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (sx_ends_with(path, types[i][0])) return types[i][1];
    return NULL;
}

/* Files of annotations are described one by one, unless there is one for each film. */
static bool is_described(const char *path) {
    return type_of(path) && !sx_starts_with(path, "labels/") && !sx_starts_with(path, "images/");
}

static void put_file(sx_json list, const sx_checksum *c) {
    sx_json one = sx_json_object(list, NULL);
    sx_json_text(one, "@type", "cr:FileObject");
    sx_json_text(one, "@id", c->path);
    sx_json_text(one, "name", c->path);
    sx_json_text(one, "contentUrl", c->path);
    sx_json_text(one, "encodingFormat", type_of(c->path));
    sx_json_text(one, "sha256", c->hex);
}

static void put_set(sx_json list, const char *id, const char *what, const char *type,
                    const char *pattern) {
    sx_json one = sx_json_object(list, NULL);
    sx_json_text(one, "@type", "cr:FileSet");
    sx_json_text(one, "@id", id);
    sx_json_text(one, "name", id);
    sx_json_text(one, "description", what);
    sx_json_text(one, "encodingFormat", type);
    sx_json_text(one, "includes", pattern);
}

/* Whether the files of a folder ("images/") are in folders of it, as those of splits are. */
static bool is_split(const sx_set_facts *f, const char *folder) {
    for (size_t i = 0; i < f->sums->count; i++) {
        const char *path = f->sums->items[i].path;
        if (sx_starts_with(path, folder) && strchr(path + strlen(folder), '/')) return true;
    }
    return false;
}

static void put_files(sx_json root, const sx_set_facts *f) {
    sx_json list = sx_json_array(root, "distribution");
    sx_str films = { 0 };
    sx_str_printf(&films, "%s/%s*%s", f->layout == SX_LAYOUT_VOC ? "JPEGImages" : "images",
                  is_split(f, "images/") ? "*/" : "", f->film_ending);
    for (size_t i = 0; i < f->sums->count; i++)
        if (is_described(f->sums->items[i].path)) put_file(list, &f->sums->items[i]);
    put_set(list, "films", "The radiographs.", f->film_type, text_of(list, &films));
    if (f->layout == SX_LAYOUT_VOC)
        put_set(list, "boxes", "The findings of each film (Pascal VOC).", "application/xml",
                "Annotations/*.xml");
    if (f->layout == SX_LAYOUT_YOLO)
        put_set(list, "boxes", "The findings of each film (YOLO: class, centre, size).",
                "text/plain", is_split(f, "labels/") ? "labels/*/*.txt" : "labels/*.txt");
    sx_str_free(&films);
}

/* ---- records ---- */

/* Tables of the layouts. */
enum {
    BOXES = 1,      /* annotation CSV */
    LABELS = 2,     /* labels.csv */
    SPLITS = 4,     /* splits/split.csv */
    IMAGES = 8,     /* lists of COCO: what every entry has */
    NOTES = 16,     /* "annotations" */
    CATEGORIES = 32 /* "categories" */
};

typedef struct column {
    int tables;
    const char *name, *type, *about;
} column;

static const column columns[] = {
    { BOXES | LABELS | SPLITS, "study_id", "sc:Text", "the study that the film belongs to" },
    { BOXES | LABELS, "series_id", "sc:Text", "the series that the film belongs to" },
    { BOXES | LABELS | SPLITS, "image_id", "sc:Text", "the film: its file's name without ending" },
    { BOXES, "rad_id", "sc:Text", "the reader" },
    { BOXES, "lesion_type", "sc:Text", "the finding; \"No finding\": the reader marked nothing" },
    { BOXES, "xmin", "sc:Float", "left edge of the box, pixels" },
    { BOXES, "ymin", "sc:Float", "upper edge, pixels" },
    { BOXES, "xmax", "sc:Float", "right edge, pixels" },
    { BOXES, "ymax", "sc:Float", "lower edge, pixels" },
    { LABELS | IMAGES, "abnormal", "sc:Integer", "1 abnormal, 0 normal, empty: not known" },
    { LABELS | SPLITS, "split", "sc:Text", "train, val or test" },
    { BOXES | LABELS | SPLITS, "patient_id", "sc:Text", "the patient" },
    { BOXES, "image_width", "sc:Integer", "width of the film, pixels" },
    { BOXES, "image_height", "sc:Integer", "height of the film, pixels" },
    { BOXES, "patient_sex", "sc:Text", "F, M, O or empty" },
    { BOXES, "patient_age", "sc:Float", "years" },
    { LABELS, "sex", "sc:Text", "F, M, O or empty" },
    { LABELS, "age", "sc:Float", "years" },
    { IMAGES, "id", "sc:Integer", "number of the film" },
    { IMAGES, "file_name", "sc:Text", "the film's file" },
    { LABELS | IMAGES, "width", "sc:Integer", "width of the film, pixels" },
    { LABELS | IMAGES, "height", "sc:Integer", "height of the film, pixels" },
    { NOTES, "id", "sc:Integer", "number of the box" },
    { NOTES, "image_id", "sc:Integer", "number of the film" },
    { NOTES, "category_id", "sc:Integer", "number of the finding's class" },
    { NOTES, "bbox", "cr:BoundingBox", "left, top, width, height in pixels" },
    { CATEGORIES, "id", "sc:Integer", "number of the class" },
    { CATEGORIES, "name", "sc:Text", "the finding" },
};

static sx_json begin_field(sx_json fields, const char *set, const column *c) {
    sx_str id = { 0 };
    sx_str_printf(&id, "%s/%s", set, c->name);
    sx_json field = sx_json_object(fields, NULL);
    sx_json_text(field, "@type", "cr:Field");
    sx_json_text(field, "@id", text_of(field, &id));
    sx_json_text(field, "name", c->name);
    sx_json_text(field, "description", c->about);
    sx_json_text(field, "dataType", c->type);
    sx_str_free(&id);
    return field;
}

static sx_json begin_set(sx_json sets, const char *id) {
    sx_json set = sx_json_object(sets, NULL);
    sx_json_text(set, "@type", "cr:RecordSet");
    sx_json_text(set, "@id", id);
    sx_json_text(set, "name", id);
    return set;
}

/* A column of a CSV; `list` not NULL: a value of each entry of this list of a JSON file. */
static void put_field(sx_json fields, const char *set, const column *c, const char *file,
                      const char *list) {
    sx_json source = sx_json_object(begin_field(fields, set, c), "source");
    sx_json_text(sx_json_object(source, "fileObject"), "@id", file);
    sx_json extract = sx_json_object(source, "extract");
    if (list) {
        sx_str path = { 0 };
        sx_str_printf(&path, "$.%s[*].%s", list, c->name);
        sx_json_text(extract, "jsonPath", text_of(extract, &path));
        sx_str_free(&path);
    } else {
        sx_json_text(extract, "column", c->name);
    }
    if (strcmp(c->type, "cr:BoundingBox") == 0) sx_json_text(source, "format", "XYWH");
}

/* The records of a table of `columns` in a file. */
static void put_records(sx_json sets, const char *file, int table, const char *list) {
    sx_str id = { 0 };
    sx_str_printf(&id, "records/%s%s%s", file, list ? "/" : "", list ? list : "");
    sx_json fields = sx_json_array(begin_set(sets, text_of(sets, &id)), "field");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (columns[i].tables & table)
            put_field(fields, text_of(fields, &id), &columns[i], file, list);
    sx_str_free(&id);
}

static void put_film_records(sx_json sets) {
    static const column film = { 0, "file", "sc:Text", "the film's file" };
    sx_json set = begin_set(sets, "records/films");
    sx_json field = begin_field(sx_json_array(set, "field"), "records/films", &film);
    sx_json source = sx_json_object(field, "source");
    sx_json_text(sx_json_object(source, "fileSet"), "@id", "films");
    sx_json_text(sx_json_object(source, "extract"), "fileProperty", "filename");
}

static void put_record_sets(sx_json root, const sx_set_facts *f) {
    sx_json sets = sx_json_array(root, "recordSet");
    put_film_records(sets);
    for (size_t i = 0; i < f->sums->count; i++) {
        const char *path = f->sums->items[i].path;
        const bool annotations = sx_starts_with(path, "annotations");
        if (strcmp(path, "splits/split.csv") == 0) {
            put_records(sets, path, SPLITS, NULL);
        } else if (f->layout == SX_LAYOUT_VINDR && annotations) {
            put_records(sets, path, BOXES, NULL);
        } else if (f->layout == SX_LAYOUT_LABELS && strcmp(path, "labels.csv") == 0) {
            put_records(sets, path, LABELS, NULL);
        } else if (f->layout == SX_LAYOUT_COCO && annotations) {
            put_records(sets, path, IMAGES, "images");
            put_records(sets, path, NOTES, "annotations");
            put_records(sets, path, CATEGORIES, "categories");
        }
    }
}

bool sx_set_croissant(const sx_set_facts *f, sx_str *out, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    put_context(root);
    put_head(root, f->about);
    put_files(root, f);
    put_record_sets(root, f);
    const bool ok = sx_json_print(&doc, SX_JSON_INDENTED, out, err);
    sx_json_free(&doc);
    return ok;
}
