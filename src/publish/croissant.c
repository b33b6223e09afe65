/* Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): a data set as
 * JSON-LD in the vocabulary of schema.org. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
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

static void put_head(sx_json root, const sx_about *a) {
    char today[16];
    const char *date = sx_about_text(a, "date");
    const sx_yaml_value *words = sx_about_list(a, "keywords");
    sx_today(today, sizeof today);
    sx_json_text(root, "@type", "sc:Dataset");
    sx_json_text(root, "conformsTo", "http://mlcommons.org/croissant/1.0");
    sx_json_text(root, "name", sx_about_text(a, "title"));
    sx_json_text(root, "description", sx_about_text(a, "description"));
    sx_str licence = { 0 };
    const char *url = sx_about_text(a, "licence_url");
    if (!url)
        sx_str_printf(&licence, "https://spdx.org/licenses/%s.html", sx_about_text(a, "licence"));
    sx_json_text(root, "license", url ? url : text_of(root, &licence));
    sx_str_free(&licence);
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

typedef struct column {
    const char *name, *type, *about;
} column;

static const column boxes[] = {
    { "study_id", "sc:Text", "the study that the film belongs to" },
    { "series_id", "sc:Text", "the series that the film belongs to" },
    { "image_id", "sc:Text", "the film: the name of its file without ending" },
    { "rad_id", "sc:Text", "the reader" },
    { "lesion_type", "sc:Text", "the finding; \"No finding\": the reader marked nothing" },
    { "xmin", "sc:Float", "left edge of the box, pixels" },
    { "ymin", "sc:Float", "upper edge, pixels" },
    { "xmax", "sc:Float", "right edge, pixels" },
    { "ymax", "sc:Float", "lower edge, pixels" },
    { "patient_id", "sc:Text", "the patient" },
    { "image_width", "sc:Integer", "width of the film, pixels" },
    { "image_height", "sc:Integer", "height of the film, pixels" },
    { "patient_sex", "sc:Text", "F, M, O or empty" },
    { "patient_age", "sc:Float", "years" },
    { NULL, NULL, NULL },
};

static const column labels[] = {
    { "image_id", "sc:Text", "the film: the name of its file without ending" },
    { "study_id", "sc:Text", "the study that the film belongs to" },
    { "series_id", "sc:Text", "the series that the film belongs to" },
    { "abnormal", "sc:Integer", "1 abnormal, 0 normal, empty: not known" },
    { "split", "sc:Text", "train, val or test" },
    { "patient_id", "sc:Text", "the patient" },
    { "width", "sc:Integer", "width of the film, pixels" },
    { "height", "sc:Integer", "height of the film, pixels" },
    { "sex", "sc:Text", "F, M, O or empty" },
    { "age", "sc:Float", "years" },
    { NULL, NULL, NULL },
};

static const column coco_images[] = {
    { "id", "sc:Integer", "number of the film" },
    { "file_name", "sc:Text", "the film's file" },
    { "width", "sc:Integer", "width of the film, pixels" },
    { "height", "sc:Integer", "height of the film, pixels" },
    { NULL, NULL, NULL },
};
static const column coco_boxes[] = {
    { "image_id", "sc:Integer", "number of the film" },
    { "category_id", "sc:Integer", "number of the finding's class" },
    { "bbox", "sc:Text", "left, top, width, height in pixels" },
    { NULL, NULL, NULL },
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

/* The records of a CSV; `list` not NULL: of this list of a JSON file. */
static void put_records(sx_json sets, const char *file, const char *part, const column *c,
                        const char *list) {
    sx_str id = { 0 };
    sx_str_printf(&id, "records/%s%s", file, part);
    sx_json set = sx_json_object(sets, NULL);
    sx_json_text(set, "@type", "cr:RecordSet");
    sx_json_text(set, "@id", text_of(set, &id));
    sx_json_text(set, "name", text_of(set, &id));
    sx_json fields = sx_json_array(set, "field");
    for (; c->name; c++) {
        sx_json source = sx_json_object(begin_field(fields, text_of(fields, &id), c), "source");
        sx_json_text(sx_json_object(source, "fileObject"), "@id", file);
        sx_json extract = sx_json_object(source, "extract");
        sx_str path = { 0 };
        sx_str_printf(&path, "$.%s[*].%s", list ? list : "", c->name);
        if (list)
            sx_json_text(extract, "jsonPath", text_of(extract, &path));
        else
            sx_json_text(extract, "column", c->name);
        sx_str_free(&path);
    }
    sx_str_free(&id);
}

static void put_film_records(sx_json sets) {
    static const column film = { "file", "sc:Text", "the film's file" };
    sx_json set = sx_json_object(sets, NULL);
    sx_json_text(set, "@type", "cr:RecordSet");
    sx_json_text(set, "@id", "records/films");
    sx_json_text(set, "name", "records/films");
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
        if (f->layout == SX_LAYOUT_VINDR && annotations)
            put_records(sets, path, "", boxes, NULL);
        else if (f->layout == SX_LAYOUT_LABELS && strcmp(path, "labels.csv") == 0)
            put_records(sets, path, "", labels, NULL);
        else if (f->layout == SX_LAYOUT_COCO && annotations) {
            put_records(sets, path, "/images", coco_images, "images");
            put_records(sets, path, "/annotations", coco_boxes, "annotations");
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
