/* COCO JSON: images, annotations, categories. Values for which COCO has no field are stored under
 * the names of the CSV's columns: study_id, series_id, patient_id, patient_sex, patient_age,
 * abnormal of an image, rad_id of an annotation; no_finding of an image lists the readers who found
 * nothing on it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/age.h"
#include "base/json.h"
#include "base/utf8.h"
#include "data/manifest_tables.h"

enum { ID_SIZE = 401 };
/* The ids of each list of a file. */
enum { IMAGES, CATEGORIES, ANNOTATIONS, ID_LISTS };

/* A whole number, which programs also write as text: "1". */
static bool whole_value(const json_t *v, json_int_t *to) {
    const char *text = json_string_value(v);
    double number;
    if (!text) return sx_json_whole(v, to);
    if (!sx_parse_double(text, &number) || fabs(number) > 1e9 || number != floor(number))
        return false;
    *to = (json_int_t)number;
    return true;
}

/* COCO's ids as text. Ids are whole numbers or texts. */
static bool id_text(const json_t *id, char buf[ID_SIZE]) {
    json_int_t number;
    if (sx_json_whole(id, &number))
        snprintf(buf, ID_SIZE, "%" JSON_INTEGER_FORMAT, number);
    else if (json_is_string(id) && strlen(json_string_value(id)) < ID_SIZE)
        snprintf(buf, ID_SIZE, "%s", json_string_value(id));
    else
        return false;
    return true;
}

static const char *text_of(const json_t *j, const char *key) {
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static bool read_id(const sx_manifest_build *b, const json_t *item, const char *list, size_t i,
                    char id[ID_SIZE], sx_error *err) {
    const json_t *v = json_object_get(item, "id");
    if (id_text(v, id)) return true;
    return v ? sx_manifest_fail(b, 0, SX_ERR_FORMAT, err,
                                "%s[%zu]: id is neither a whole number nor a text of at most %d "
                                "bytes",
                                list, i, ID_SIZE - 1)
             : sx_manifest_fail(b, 0, SX_ERR_FORMAT, err, "%s[%zu] has no id", list, i);
}

static bool id_add(sx_manifest_build *b, sx_names *ids, const json_t *item, const char *list,
                   size_t i, uint32_t value, sx_error *err) {
    char id[ID_SIZE];
    bool fresh;
    if (!read_id(b, item, list, i, id, err)) return false;
    if (!sx_names_put(ids, id, value, &fresh, err)) return false;
    return fresh || sx_manifest_fail(b, 0, SX_ERR_FORMAT, err, "%s[%zu]: the id %s is there twice",
                                     list, i, id);
}

static bool read_category(sx_manifest_build *b, const json_t *c, size_t i, sx_names *ids,
                          sx_names *names, sx_error *err) {
    const char *name = text_of(c, "name");
    sx_error why = { 0 };
    json_int_t id;
    uint32_t label;
    bool fresh;
    if (!name[0])
        return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err, "categories[%zu] has no name", i);
    if (!sx_names_put(names, name, 0, &fresh, err)) return false;
    if (!fresh)
        return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err,
                                "categories[%zu]: two categories are called %.80s", i, name);
    if (!sx_manifest_class(b, name, &label, &why))
        return sx_manifest_fail(b, 0, why.code, err, "categories[%zu]: %s", i, why.message);
    return id_add(b, ids, c, "categories", i, label, err) &&
           (!sx_json_whole(json_object_get(c, "id"), &id) ||
            sx_manifest_class_id(b, label, (long)id, err));
}

static bool read_categories(sx_manifest_build *b, const json_t *list, sx_names *ids,
                            sx_error *err) {
    sx_names names = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(list); i++)
        ok = read_category(b, json_array_get(list, i), i, ids, &names, err);
    sx_names_free(&names);
    b->ordered = true;
    return ok;
}

static bool size_of(const sx_manifest_build *b, const json_t *im, const char *key, size_t i,
                    int *to, sx_error *err) {
    const json_t *v = json_object_get(im, key);
    json_int_t n;
    *to = 0;
    if (!v || json_is_null(v) || (json_is_number(v) && json_number_value(v) <= 0))
        return true; /* not known */
    if (!whole_value(v, &n) || n > 1000000)
        return sx_manifest_fail(b, 0, SX_ERR_VALUE, err, "images[%zu]: %s is not a size", i, key);
    *to = n > 0 ? (int)n : 0;
    return true;
}

/* 0, 1 (also as 1.0 or "1"), false, true or null (absent); *to: 0, 1, or `absent`. */
static bool flag_of(const sx_manifest_build *b, const json_t *v, int absent, const char *list,
                    size_t i, const char *key, int *to, sx_error *err) {
    json_int_t number;
    *to = absent;
    if (!v || json_is_null(v)) return true;
    if (json_is_boolean(v))
        *to = json_is_true(v);
    else if (whole_value(v, &number) && (number == 0 || number == 1))
        *to = (int)number;
    else
        return sx_manifest_fail(b, 0, SX_ERR_VALUE, err, "%s[%zu]: %s is neither 0 nor 1", list, i,
                                key);
    return true;
}

static bool read_nones(sx_manifest_build *b, const json_t *list, uint32_t film, size_t i,
                       sx_error *err) {
    for (size_t k = 0; k < json_array_size(list); k++) {
        const char *reader = json_string_value(json_array_get(list, k));
        if (!reader)
            return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err,
                                    "images[%zu]: no_finding is not a list of readers", i);
        if (b->o->reader && strcmp(b->o->reader, reader) != 0) continue;
        if (!sx_manifest_no_finding_add(b, film, reader, err)) return false;
    }
    return true;
}

/* A study, series or patient: a text or a whole number. */
static bool set_group(sx_manifest_build *b, const json_t *im, const char *key, const char **to,
                      const sx_manifest_film *f, sx_error *err) {
    char id[ID_SIZE] = "";
    return !id_text(json_object_get(im, key), id) || sx_manifest_set_text(b, to, id, key, f, err);
}

/* Data of the images while they are read. */
typedef struct image_list {
    sx_names *ids;   /* place of a film by COCO's id */
    sx_names shared; /* names without folder and ending that several images have */
    sx_names twins;  /* names with folders, but without ending, that several of these have */
    sx_str name;     /* of the file of the current image */
} image_list;

static bool find_shared(const json_t *images, image_list *l, sx_error *err) {
    sx_names files = { 0 }, stems = { 0 }, paths = { 0 };
    sx_str path = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < json_array_size(images); i++) {
        char stem[SX_FILM_STEM];
        sx_manifest_file_name(text_of(json_array_get(images, i), "file_name"), &l->name);
        sx_film_name_stem(sx_str_text(&l->name), stem, sizeof stem);
        sx_manifest_folder_id(sx_str_text(&l->name), &path);
        ok = sx_str_ok(&l->name, err) && sx_str_ok(&path, err) &&
             sx_names_put(&files, sx_str_text(&l->name), 0, &fresh, err) &&
             sx_manifest_see_name(&stems, &l->shared, stem, err) &&
             /* no ending tells a file from itself */
             (!fresh || sx_manifest_see_name(&paths, &l->twins, sx_str_text(&path), err));
    }
    sx_names_free(&files);
    sx_names_free(&stems);
    sx_names_free(&paths);
    sx_str_free(&path);
    return ok;
}

/* The name of the current image's file without folder and ending; with its folders if other images
 * have the same, and with the ending if images in its folder do. */
static void name_film(const image_list *l, bool *shared, sx_str *out) {
    char stem[SX_FILM_STEM];
    const char *name = sx_str_text(&l->name), *base = sx_path_base(name);
    sx_film_name_stem(name, stem, sizeof stem);
    out->len = 0;
    *shared = sx_names_find(&l->shared, stem) >= 0;
    if (*shared)
        sx_manifest_folder_id(name, out);
    else
        sx_str_add(out, stem);
    if (*shared && sx_names_find(&l->twins, sx_str_text(out)) >= 0)
        sx_str_add(out, base + sx_film_name_length(base));
}

/* Adds the film of images[i], named by its file or its id; *shared: other films have the same name
 * without folder and ending. */
static bool add_film(sx_manifest_build *b, const json_t *im, size_t i, sx_split split,
                     image_list *l, uint32_t *film, bool *shared, sx_error *err) {
    char id[ID_SIZE];
    bool fresh;
    const char *file = text_of(im, "file_name");
    if (!read_id(b, im, "images", i, id, err)) return false;
    if (!file[0] && !b->o->image_ids)
        return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err, "images[%zu] has no file_name", i);
    sx_str own = { 0 };
    sx_manifest_file_name(file, &l->name);
    name_film(l, shared, &own);
    const char *name = b->o->image_ids ? id : sx_str_text(&own);
    bool ok = sx_str_ok(&l->name, err) && sx_str_ok(&own, err) &&
              id_add(b, l->ids, im, "images", i, (uint32_t)b->m->film_count, err) &&
              sx_manifest_film_add(b, name, split, 0, film, &fresh, err);
    if (ok && !fresh)
        ok = sx_manifest_fail(b, 0, SX_ERR_FORMAT, err, "images[%zu]: two films are called %.80s",
                              i, name);
    if (ok && b->o->image_ids && own.len)
        ok = (b->m->films[*film].alias = sx_arena_strdup(b->m->memory, own.data)) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (ok && b->o->annotations_only && file[0])
        ok = (b->m->films[*film].file_name =
                  sx_arena_strdup(b->m->memory, sx_str_text(&l->name))) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    sx_str_free(&own);
    return ok;
}

static bool read_age(sx_manifest_build *b, const json_t *age, sx_manifest_film *f, sx_error *err) {
    char text[32] = "";
    if (json_is_string(age)) return sx_manifest_set_age(b, f, json_string_value(age), 0, err);
    if (json_is_number(age)) f->age = sx_age_of(json_number_value(age));
    if (json_is_number(age) && isnan(f->age))
        snprintf(text, sizeof text, "%g", json_number_value(age));
    if (json_is_boolean(age) || json_is_array(age) || json_is_object(age))
        snprintf(text, sizeof text, "%s",
                 json_is_true(age)    ? "true"
                 : json_is_false(age) ? "false"
                 : json_is_array(age) ? "a list"
                                      : "an object");
    return sx_manifest_set_age(b, f, text, 0, err);
}

static bool read_image(sx_manifest_build *b, const json_t *im, size_t i, sx_split split,
                       sx_film_files *files, image_list *l, sx_error *err) {
    uint32_t film = 0;
    bool shared = false;
    if (!add_film(b, im, i, split, l, &film, &shared, err)) return false;
    sx_manifest_film *f = &b->m->films[film];
    const json_t *label = json_object_get(im, "abnormal");
    if (!flag_of(b, label, f->label, "images", i, "abnormal", &f->label, err)) return false;
    if (!sx_manifest_set_sex(b, f, text_of(im, "patient_sex"), 0, err) ||
        !read_age(b, json_object_get(im, "patient_age"), f, err))
        return false;
    if (!label) sx_manifest_seen(b, film); /* COCO lists films that were examined */
    if (!read_nones(b, json_object_get(im, "no_finding"), film, i, err)) return false;
    return size_of(b, im, "width", i, &f->width, err) &&
           size_of(b, im, "height", i, &f->height, err) &&
           set_group(b, im, "study_id", &f->study, f, err) &&
           set_group(b, im, "series_id", &f->series, f, err) &&
           set_group(b, im, "patient_id", &f->patient, f, err) &&
           (b->o->annotations_only ||
            sx_manifest_find_file(b, files, sx_str_text(&l->name), shared, f, err));
}

/* Fields whose names are nearly those that are read are noted, as columns of a CSV are. */
static bool note_fields(sx_manifest_build *b, const json_t *images, sx_error *err) {
    sx_names seen = { 0 };
    sx_paths names = { 0 };
    const char *key;
    json_t *value;
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < json_array_size(images); i++)
        json_object_foreach(json_array_get(images, i), key, value) {
            if (json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
                continue;
            ok = ok && sx_names_put(&seen, key, 0, &fresh, err) &&
                 (!fresh || sx_paths_add(&names, key, err));
        }
    ok = ok &&
         sx_manifest_note_fields(b, &names, "field", b->m->sources.items[b->source], NULL, err);
    sx_names_free(&seen);
    sx_paths_free(&names);
    return ok;
}

static bool read_images(sx_manifest_build *b, const json_t *images, sx_split split,
                        sx_film_files *files, sx_names *ids, sx_error *err) {
    image_list l = { .ids = ids };
    bool ok = find_shared(images, &l, err);
    for (size_t i = 0; ok && i < json_array_size(images); i++)
        ok = read_image(b, json_array_get(images, i), i, split, files, &l, err);
    ok = ok && note_fields(b, images, err);
    sx_names_free(&l.shared);
    sx_names_free(&l.twins);
    sx_str_free(&l.name);
    return ok;
}

static bool dangling(const sx_manifest_build *b, const json_t *a, const char *key, const char *list,
                     size_t i, const sx_names *ids, long *at, sx_error *err) {
    char id[ID_SIZE] = "none";
    *at = id_text(json_object_get(a, key), id) ? sx_names_find(ids, id) : -1;
    return *at >= 0 || sx_manifest_fail(b, 0, SX_ERR_MISSING, err,
                                        "annotations[%zu]: %s %s is not in %s", i, key, id, list);
}

/* For data check: programs that find annotations by their ids find one of the two only. */
static bool see_id(const sx_manifest_build *b, const json_t *a, size_t i, sx_names *ids,
                   uint32_t *same, sx_error *err) {
    char id[ID_SIZE];
    bool fresh = true;
    *same = 0;
    if (!b->o->keep_faults || !id_text(json_object_get(a, "id"), id)) return true;
    if (!sx_names_put(ids, id, (uint32_t)i + 1, &fresh, err)) return false;
    if (!fresh) *same = (uint32_t)sx_names_find(ids, id);
    return true;
}

static bool read_annotation(sx_manifest_build *b, const json_t *a, size_t i, sx_names ids[ID_LISTS],
                            sx_error *err) {
    long film, label;
    int crowd;
    uint32_t same_id;
    double v[4];
    const json_t *box = json_object_get(a, "bbox"), *area = json_object_get(a, "area");
    if (!dangling(b, a, "image_id", "images", i, &ids[IMAGES], &film, err) ||
        !dangling(b, a, "category_id", "categories", i, &ids[CATEGORIES], &label, err) ||
        !flag_of(b, json_object_get(a, "iscrowd"), 0, "annotations", i, "iscrowd", &crowd, err) ||
        !see_id(b, a, i, &ids[ANNOTATIONS], &same_id, err))
        return false;
    if (!box && json_object_get(a, "segmentation"))
        return sx_manifest_fail(b, 0, SX_ERR_UNSUPPORTED, err,
                                "annotations[%zu] has a segmentation and no bbox: only boxes are "
                                "read",
                                i);
    if (json_array_size(box) != 4)
        return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err,
                                "annotations[%zu]: bbox is not four numbers", i);
    for (size_t k = 0; k < 4; k++) {
        if (!json_is_number(json_array_get(box, k)))
            return sx_manifest_fail(b, 0, SX_ERR_FORMAT, err,
                                    "annotations[%zu]: bbox is not four numbers", i);
        v[k] = json_number_value(json_array_get(box, k));
    }
    const char *reader = text_of(a, "rad_id");
    if (b->o->reader && strcmp(b->o->reader, reader) != 0) return true;
    const sx_manifest_box_row row = {
        .film = (uint32_t)film,
        .entry = i,
        .same_id = same_id,
        .lesion = b->m->classes.items[label],
        .reader = reader,
        .xyxy = { v[0], v[1], v[0] + v[2], v[1] + v[3] },
        .own_size = true,
        .width = v[2],
        .height = v[3],
        .area = json_is_number(area) ? json_number_value(area) : v[2] * v[3],
        .crowd = crowd == 1,
    };
    if (!b->o->keep_faults && !(row.xyxy[2] > v[0] && row.xyxy[3] > v[1]))
        return sx_manifest_fail(b, 0, SX_ERR_VALUE, err,
                                "annotations[%zu]: not a box: %g x %g pixels", i, v[2], v[3]);
    return sx_manifest_box_add(b, &row, err);
}

/* Names the lists that are missing. */
static bool fail_lists(const sx_manifest_build *b, const json_t *j, sx_error *err) {
    static const char *const names[] = { "images", "annotations", "categories" };
    char missing[64] = "";
    size_t n = 0, count = 0;
    for (size_t i = 0; i < 3; i++)
        if (!json_is_array(json_object_get(j, names[i])))
            n += sx_format(missing + n, sizeof missing - n, "%s%s", count++ ? ", " : "", names[i]);
    return sx_manifest_fail(
        b, 0, SX_ERR_FORMAT, err, "not COCO: no %s %s%s", sx_noun(count, "list", "lists"), missing,
        json_is_array(j) ? " (it looks like COCO results, which are predictions)" : "");
}

static bool read_all(sx_manifest_build *b, const json_t *j, sx_split split, sx_film_files *files,
                     sx_names ids[ID_LISTS], sx_error *err) {
    const json_t *images = json_object_get(j, "images"), *notes = json_object_get(j, "annotations"),
                 *categories = json_object_get(j, "categories");
    if (!json_is_array(images) || !json_is_array(notes) || !json_is_array(categories))
        return fail_lists(b, j, err);
    if (!read_categories(b, categories, &ids[CATEGORIES], err)) return false;
    if (!read_images(b, images, split, files, &ids[IMAGES], err)) return false;
    for (size_t i = 0; i < json_array_size(notes); i++)
        if (!read_annotation(b, json_array_get(notes, i), i, ids, err)) return false;
    return true;
}

/* A byte order mark may be there. */
static json_t *parse(const sx_file *file, int *line, sx_error *err) {
    const bool marked = file->size >= 3 && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0;
    const size_t skip = marked ? 3 : 0;
    return sx_json_parse(file->data + skip, file->size - skip, true, line, err);
}

bool sx_manifest_coco_fits(const char *path, sx_error *err) {
    sx_file f;
    int line;
    if (!sx_file_open(&f, path, err)) return false;
    json_t *j = parse(&f, &line, err);
    const bool parsed = j != NULL;
    const bool fits = json_is_array(json_object_get(j, "images")) &&
                      json_is_array(json_object_get(j, "annotations")) &&
                      json_is_array(json_object_get(j, "categories"));
    json_decref(j);
    sx_file_close(&f);
    if (!parsed) return sx_fail_in(err, "%s:%d", path, line);
    if (!fits) sx_fail(err, SX_ERR_MISSING, "%s: not COCO", path);
    return fits;
}

bool sx_manifest_read_coco(sx_manifest_build *b, const sx_file *file, sx_split split,
                           sx_film_files *files, sx_error *err) {
    int line;
    sx_error why = { 0 };
    sx_names ids[ID_LISTS] = { { 0 } };
    if (sx_utf16_is_marked(file->data, file->size))
        return sx_manifest_fail(b, 0, SX_ERR_UNSUPPORTED, err, "is UTF-16 text; save it as UTF-8");
    json_t *j = parse(file, &line, &why);
    if (!j) return sx_manifest_fail(b, (size_t)line, why.code, err, "%s", why.message);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_COCO;
    bool ok = read_all(b, j, split, files, ids, err);
    json_decref(j);
    for (size_t i = 0; i < ID_LISTS; i++)
        sx_names_free(&ids[i]);
    return ok;
}
