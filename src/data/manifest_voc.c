/* Pascal VOC: an XML file per film. VOC counts pixels from 1, and xmax and ymax are inside the box;
 * here pixels count from 0 and the right and lower edges are excluded, so xmin and ymin are reduced
 * by 1. Document type declarations are rejected, and with them entities that expand without bound.
 * In addition to VOC's elements: study_id, series_id, patient_id, patient_sex, patient_age,
 * abnormal, no_finding (a reader who found nothing) of a film, rad_id of an object. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/ascii.h"
#include "data/manifest_build.h"

enum { DEPTH = 8 };

/* Bits of `seen`: the elements of an object are rows OBJECT_ROW .. of the table in keep_field. */
enum { OBJECT_ROW = 12, BOX = 1 << 20, OF_OBJECT = ~((1 << OBJECT_ROW) - 1) };

typedef struct reading {
    XML_Parser parser;
    char path[DEPTH][32]; /* names of the open elements */
    int depth;
    sx_str text; /* of the innermost element */
    char file[512], folder[1024], whole[1024], folder_id[512], study[160], series[160],
        patient[160], abnormal[8];
    char sex[8], age[40], width[24], height[24], none[160], name[160], reader[160], corner[4][40],
        difficult[8];
    sx_manifest_build *b;
    sx_split split;
    uint32_t film;
    unsigned seen;        /* bits of the elements that were read, by their row in the table */
    bool objects, failed; /* objects: the second pass, which reads what belongs to the film */
    bool twin;            /* another XML file differs in the film's ending only */
    sx_film_files *files;
    sx_error *err;
} reading;

static void stop(reading *r) {
    r->failed = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static size_t line_of(const reading *r) {
    return (size_t)XML_GetCurrentLineNumber(r->parser);
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int internal) {
    (void)name, (void)system_id, (void)public_id, (void)internal;
    reading *r = user;
    sx_manifest_fail(r->b, line_of(r), SX_ERR_UNSUPPORTED, r->err,
                     "a document type declaration (entities are not read)");
    stop(r);
}

static void begin_object(reading *r) {
    r->name[0] = r->reader[0] = r->difficult[0] = 0;
    for (int i = 0; i < 4; i++)
        r->corner[i][0] = 0;
    r->seen &= ~OF_OBJECT;
}

/* Marks an element that may occur once. */
static bool see(reading *r, unsigned bit, const char *element) {
    if (r->seen & bit)
        return sx_manifest_fail(r->b, line_of(r), SX_ERR_FORMAT, r->err,
                                "a second <%.40s>, which may occur once", element);
    r->seen |= bit;
    return true;
}

static void XMLCALL on_element_start(void *user, const XML_Char *name,
                                     const XML_Char **attributes) {
    (void)attributes;
    reading *r = user;
    if (r->depth < DEPTH) snprintf(r->path[r->depth], sizeof r->path[0], "%.31s", name);
    r->depth++;
    r->text.len = 0;
    if (r->depth == 1 && strcmp(name, "annotation") != 0) {
        sx_manifest_fail(r->b, line_of(r), SX_ERR_FORMAT, r->err, "<%.40s> instead of <annotation>",
                         name);
        stop(r);
    }
    if (r->depth == 2 && strcmp(name, "object") == 0) begin_object(r);
    if (r->depth == 3 && strcmp(r->path[1], "object") == 0 && strcmp(name, "bndbox") == 0 &&
        !see(r, BOX, name))
        stop(r);
}

static void XMLCALL on_text(void *user, const XML_Char *s, int n) {
    reading *r = user;
    if (r->text.len < 4096) sx_str_append(&r->text, s, (size_t)n);
}

/* The text of the element that ends, without the blanks around it. */
static bool keep(const reading *r, const char *element, char *to, size_t size) {
    const char *s = r->text.len ? r->text.data : "";
    size_t n = r->text.len;
    while (n && strchr(" \t\r\n", *s))
        s++, n--;
    while (n && strchr(" \t\r\n", s[n - 1]))
        n--;
    if (n >= size)
        return sx_manifest_fail(r->b, line_of(r), SX_ERR_LIMIT, r->err, "<%s> of over %zu bytes",
                                element, size - 1);
    snprintf(to, size, "%.*s", (int)n, s);
    return true;
}

/* The file of a film. */
typedef struct film_place {
    const char *path, *other; /* NULL: none; another that fits as well */
} film_place;

static bool search(const reading *r, const char *name, bool strict, film_place *at) {
    return at->path || !name[0] ||
           sx_film_files_search(r->b, r->files, name, r->split, strict, &at->path, &at->other,
                                r->err);
}

/* Of a film that has several files in one folder (a.dcm, a.png), the one that is named with its
 * ending. */
static bool prefer_ending(const reading *r, const char *file, film_place *at) {
    film_place exact = { 0 };
    const char *base = sx_path_base(file);
    if (!at->path || !sx_is_film_name(base) || strcmp(sx_path_base(at->path), base) == 0)
        return true;
    char stem[SX_FILM_STEM], named[SX_FILM_STEM];
    const size_t folder = (size_t)(sx_path_base(at->path) - at->path);
    sx_film_name_stem(at->path, stem, sizeof stem);
    sx_film_name_stem(base, named, sizeof named);
    if (strcmp(stem, named) != 0) return true;
    sx_str name = { 0 };
    sx_str_append(&name, at->path, folder);
    sx_str_add(&name, base);
    const bool ok = sx_str_ok(&name, r->err) && search(r, sx_str_text(&name), true, &exact);
    if (exact.path && (size_t)(sx_path_base(exact.path) - exact.path) == folder &&
        memcmp(exact.path, at->path, folder) == 0)
        *at = exact;
    sx_str_free(&name);
    return ok;
}

/* What the file says about its film. */
typedef struct film_names {
    sx_str file, whole, folder; /* <filename>, <path>, <folder>, with '/' between folders */
    sx_str id;                  /* the XML file's name with the folder that is stated for it */
} film_names;

/* <folder> is often only that of the data set or of all films. */
static bool is_common_folder(const reading *r, const char *folder) {
    const char *name = sx_path_base(folder);
    bool common = !name[0] || strcmp(name, ".") == 0;
    char *root = sx_path_real(r->b->root);
    common = common || (root && sx_equal_letters(name, sx_path_base(root)));
    free(root);
    for (size_t i = 0; !common && i < r->files->folders.count; i++)
        common = sx_equal_letters(name, sx_path_base(r->files->folders.items[i]));
    return common;
}

/* Puts a folder before a name without one: that of the XML file, or of `other`, or <folder>. */
static void add_folder(const reading *r, const char *other, const char *folder, sx_str *name) {
    const char *base = sx_path_base(r->folder_id), *text = r->folder_id;
    if (!name->len || strchr(name->data, '/')) return;
    if (base == text) base = sx_path_base(text = other);
    sx_str out = { 0 };
    if (base > text)
        sx_str_append(&out, text, (size_t)(base - text));
    else if (!is_common_folder(r, folder))
        sx_str_printf(&out, "%s/", folder);
    sx_str_add(&out, name->data);
    sx_str_free(name);
    *name = out;
}

static bool get_names(const reading *r, film_names *n) {
    char own[SX_FILM_STEM], named[SX_FILM_STEM];
    sx_manifest_file_name(r->file, &n->file);
    sx_manifest_file_name(r->whole, &n->whole);
    sx_manifest_file_name(r->folder, &n->folder);
    sx_str_add(&n->id, r->folder_id);
    const char *file = sx_str_text(&n->file), *folder = sx_str_text(&n->folder);
    sx_film_name_stem(r->folder_id, own, sizeof own);
    sx_film_name_stem(file, named, sizeof named);
    add_folder(r, strcmp(own, named) == 0 ? file : "", folder, &n->id);
    add_folder(r, "", folder, &n->file);
    add_folder(r, "", folder, &n->whole);
    return sx_str_ok(&n->file, r->err) && sx_str_ok(&n->whole, r->err) &&
           sx_str_ok(&n->folder, r->err) && sx_str_ok(&n->id, r->err);
}

static bool agrees(const reading *r, const char *name, const char *path) {
    return !strchr(name, '/') || sx_film_files_agree(r->b, r->files, name, r->split, path);
}

/* Drops a film that is in another folder than the names state: the XML file's folder decides, else
 * those of <filename> and <path>, if they name the film `stem`. */
static bool keep_if_agrees(const reading *r, const film_names *n, const char *stem,
                           film_place *at) {
    const sx_str *const names[] = { &n->file, &n->whole };
    const bool own = strchr(r->folder_id, '/') != NULL;
    char named[SX_FILM_STEM];
    if (!at->path) return true;
    if (!sx_film_files_list_tree(r->b, r->files, r->err)) return false;
    bool kept = agrees(r, sx_str_text(&n->id), at->path);
    for (int i = 0; i < 2 && kept && !own; i++) {
        sx_film_name_stem(sx_str_text(names[i]), named, sizeof named);
        if (strcmp(named, stem) == 0) kept = agrees(r, sx_str_text(names[i]), at->path);
    }
    if (!kept) *at = (film_place){ 0 };
    return true;
}

/* The film of that name in none of the subfolders, unless another folder is stated. */
static bool find_beside(const reading *r, const film_names *n, const char *stem, film_place *at) {
    if (at->path || !stem[0]) return true;
    at->path = sx_film_files_find(r->files, stem);
    return keep_if_agrees(r, n, stem, at);
}

/* The ending of <filename> decides, else that of the XML file's name. */
static bool prefer_stated_ending(const reading *r, const film_names *n, film_place *at) {
    return prefer_ending(r, sx_str_text(&n->file), at) && prefer_ending(r, r->folder_id, at);
}

/* The film of a similar name; one that is in another folder than the names state does not count. */
static bool search_agreeing(const reading *r, const film_names *n, const char *name, bool strict,
                            film_place *at) {
    char stem[SX_FILM_STEM];
    if (at->path) return true;
    sx_film_name_stem(name, stem, sizeof stem);
    return search(r, name, strict, at) && keep_if_agrees(r, n, stem, at) &&
           prefer_stated_ending(r, n, at);
}

/* The film of the XML file's name, as in the VOC development kit; or that of <filename> or <path>,
 * if only that one exists. In the end by names that are similar, those with folders first. */
static bool find_film(const reading *r, const film_names *n, char *stem, film_place *at) {
    char named[SX_FILM_STEM];
    const char *file = sx_str_text(&n->file), *whole = sx_str_text(&n->whole),
               *id = sx_str_text(&n->id);
    sx_film_name_stem(file, named, sizeof named);
    bool ok = find_beside(r, n, stem, at) && prefer_stated_ending(r, n, at);
    if (!ok || at->path) return ok;
    ok = find_beside(r, n, named, at) && prefer_ending(r, file, at);
    if (ok && !at->path) {
        ok = search_agreeing(r, n, id, true, at);
        if (at->path) return ok;
    }
    if (!strchr(file, '/') && strchr(whole, '/')) ok = ok && search_agreeing(r, n, whole, true, at);
    ok = ok && search_agreeing(r, n, file, true, at) && search_agreeing(r, n, whole, true, at) &&
         search_agreeing(r, n, file, false, at) && search_agreeing(r, n, whole, false, at);
    if (named[0]) memcpy(stem, named, sizeof named);
    return ok;
}

/* The film of the XML file's whole name: with its folders, and with an ending that is part of the
 * name. */
static bool find_known(const reading *r, const film_names *n, film_place *at) {
    const long known = sx_names_find(&r->files->stems, r->folder_id);
    if (known < 0) return true;
    at->path = r->files->paths.items[known];
    return prefer_ending(r, sx_str_text(&n->file), at) &&
           (strchr(r->folder_id, '/') || keep_if_agrees(r, n, r->folder_id, at));
}

/* The film whose place a name states, in a folder of the data set that is none of films: "p1/a". */
static bool find_stated(const reading *r, const film_names *n, char stem[SX_FILM_STEM],
                        film_place *at) {
    const sx_str *const names[] = { &n->id, &n->file, &n->whole };
    bool ok = true;
    for (int i = 0; ok && i < 3 && !at->path; i++) {
        sx_manifest_film f = { .id = stem, .split = r->split };
        char *found = NULL;
        const char *name = sx_str_text(names[i]);
        if (!strchr(name, '/')) continue;
        ok = i ? sx_manifest_find_file(r->b, r->files, name, true, &f, r->err)
               : sx_manifest_find_in_folders(r->files, name, &found, r->err);
        if (found && !(f.path = sx_arena_strdup(r->b->m->memory, found)))
            ok = sx_fail(r->err, SX_ERR_MEMORY, "out of memory for the data set");
        free(found);
        *at = (film_place){ f.path, f.other_file };
        ok = ok && keep_if_agrees(r, n, stem, at);
    }
    if (at->path && strchr(r->folder_id, '/')) snprintf(stem, SX_FILM_STEM, "%s", r->folder_id);
    return ok;
}

static bool name_film(reading *r, char stem[SX_FILM_STEM], film_place *at) {
    film_names n = { 0 };
    *at = (film_place){ 0 };
    bool ok = get_names(r, &n) && find_known(r, &n, at);
    if (at->path) {
        snprintf(stem, SX_FILM_STEM, "%s", r->folder_id);
    } else if (ok && r->twin) { /* a.dcm.xml beside a.png.xml */
        snprintf(stem, SX_FILM_STEM, "%s", r->folder_id);
        ok = search(r, r->folder_id, true, at);
    } else if (ok) {
        sx_film_name_stem(r->folder_id, stem, SX_FILM_STEM);
        ok = find_film(r, &n, stem, at) && (at->path || find_stated(r, &n, stem, at));
    }
    sx_str_free(&n.file);
    sx_str_free(&n.whole);
    sx_str_free(&n.folder);
    sx_str_free(&n.id);
    return ok;
}

/* "-1" and "0" mean unknown. */
static bool size_field(reading *r, const char *text, int *to) {
    double v = 0;
    if (!text[0]) return true;
    if (!sx_parse_double(text, &v) || !(v <= 1000000) || v != floor(v))
        return sx_manifest_fail(r->b, line_of(r), SX_ERR_VALUE, r->err, "a film of %s x %s pixels",
                                r->width, r->height);
    *to = v > 0 ? (int)v : 0;
    return true;
}

static bool flag_of(const reading *r, const char *element, const char *text, int *to) {
    *to = strcmp(text, "1") == 0 || sx_equal_letters(text, "true");
    if (*to || !text[0] || strcmp(text, "0") == 0 || sx_equal_letters(text, "false")) return true;
    return sx_manifest_fail(r->b, line_of(r), SX_ERR_VALUE, r->err, "%s \"%s\" is neither 0 nor 1",
                            element, text);
}

static bool describe(reading *r) {
    sx_manifest_build *b = r->b;
    bool fresh;
    char stem[SX_FILM_STEM];
    film_place at;
    if (!name_film(r, stem, &at) ||
        !sx_manifest_film_add(b, stem, r->split, 0, &r->film, &fresh, r->err))
        return false;
    sx_manifest_film *f = &b->m->films[r->film];
    if (!fresh)
        return sx_manifest_fail(b, line_of(r), SX_ERR_FORMAT, r->err, "two films are called %.80s",
                                stem);
    if (at.path && !(f->path = sx_arena_strdup(b->m->memory, at.path)))
        return sx_fail(r->err, SX_ERR_MEMORY, "out of memory for the data set");
    if (!sx_manifest_set_rival(b, f, at.other, r->err) ||
        (!at.other && !sx_manifest_check_rival(b, r->files, f, r->err)))
        return false;
    if (!size_field(r, r->width, &f->width) || !size_field(r, r->height, &f->height)) return false;
    if (!sx_manifest_set_sex(b, f, r->sex, 0, r->err) ||
        !sx_manifest_set_age(b, f, r->age, 0, r->err))
        return false;
    if (strcmp(r->abnormal, "unknown") == 0)
        f->label = -1;
    else if (!r->abnormal[0])
        sx_manifest_seen(b, r->film);
    else if (!flag_of(r, "abnormal", r->abnormal, &f->label))
        return false;
    return sx_manifest_set_text(b, &f->study, r->study, "study", f, r->err) &&
           sx_manifest_set_text(b, &f->series, r->series, "series", f, r->err) &&
           sx_manifest_set_text(b, &f->patient, r->patient, "patient", f, r->err);
}

static bool add_object(reading *r) {
    static const char *const names[4] = { "xmin", "ymin", "xmax", "ymax" };
    if (r->b->o->reader && strcmp(r->b->o->reader, r->reader) != 0) return true;
    int crowd;
    if (!(r->seen & BOX))
        return sx_manifest_fail(r->b, line_of(r), SX_ERR_UNSUPPORTED, r->err,
                                "an object without <bndbox>: only boxes are read");
    if (!flag_of(r, "difficult", r->difficult, &crowd)) return false;
    sx_manifest_box_row box = { .film = r->film,
                                .lesion = r->name,
                                .reader = r->reader,
                                .crowd = crowd == 1,
                                .line = line_of(r) };
    for (int i = 0; i < 4; i++)
        if (!sx_parse_double(r->corner[i], &box.xyxy[i]))
            return sx_manifest_fail(r->b, line_of(r), SX_ERR_FORMAT, r->err,
                                    "%s \"%s\" is not a number", names[i], r->corner[i]);
    box.xyxy[0] -= 1;
    box.xyxy[1] -= 1;
    return sx_manifest_box_add(r->b, &box, r->err);
}

static bool add_none(reading *r) {
    if (r->b->o->reader && strcmp(r->b->o->reader, r->none) != 0) return true;
    return sx_manifest_no_finding_add(r->b, r->film, r->none, r->err);
}

/* Keeps the text of an element that is known. Only no_finding may be repeated. */
static bool keep_field(reading *r, const char *inside, const char *element) {
    const struct {
        const char *inside, *name;
        char *to;
        size_t size;
    } fields[] = {
        { "annotation", "no_finding", r->none, sizeof r->none },
        { "annotation", "filename", r->file, sizeof r->file },
        { "annotation", "folder", r->folder, sizeof r->folder },
        { "annotation", "path", r->whole, sizeof r->whole },
        { "annotation", "study_id", r->study, sizeof r->study },
        { "annotation", "series_id", r->series, sizeof r->series },
        { "annotation", "patient_id", r->patient, sizeof r->patient },
        { "annotation", "patient_sex", r->sex, sizeof r->sex },
        { "annotation", "patient_age", r->age, sizeof r->age },
        { "annotation", "abnormal", r->abnormal, sizeof r->abnormal },
        { "size", "width", r->width, sizeof r->width },
        { "size", "height", r->height, sizeof r->height },
        [OBJECT_ROW] = { "object", "name", r->name, sizeof r->name },
        { "object", "rad_id", r->reader, sizeof r->reader },
        { "object", "difficult", r->difficult, sizeof r->difficult },
        { "bndbox", "xmin", r->corner[0], sizeof r->corner[0] },
        { "bndbox", "ymin", r->corner[1], sizeof r->corner[1] },
        { "bndbox", "xmax", r->corner[2], sizeof r->corner[2] },
        { "bndbox", "ymax", r->corner[3], sizeof r->corner[3] },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(inside, fields[i].inside) == 0 && strcmp(element, fields[i].name) == 0)
            return (i == 0 || see(r, 1U << i, element)) &&
                   keep(r, element, fields[i].to, fields[i].size);
    return true;
}

static void XMLCALL on_element_end(void *user, const XML_Char *element) {
    reading *r = user;
    const char *inside = r->depth >= 2 && r->depth <= DEPTH ? r->path[r->depth - 2] : "";
    const bool part = r->depth == 5; /* <part> of an object also has a name and a box */
    if (!part && !keep_field(r, inside, element)) {
        stop(r);
        return;
    }
    r->text.len = 0;
    if (r->objects && r->depth == 2 && strcmp(element, "no_finding") == 0 && !add_none(r)) stop(r);
    if (r->objects && r->depth == 2 && strcmp(element, "object") == 0 && !add_object(r)) stop(r);
    if (!r->failed && !r->objects && r->depth == 1 && !describe(r)) stop(r);
    r->depth--;
}

/* Elements may come in any order, so the film is read in a first pass and its boxes in a second. */
static bool parse_pass(reading *r, const sx_file *f, bool objects) {
    r->parser = XML_ParserCreate(NULL);
    if (!r->parser) return sx_manifest_fail(r->b, 0, SX_ERR_MEMORY, r->err, "out of memory");
    r->objects = objects;
    r->depth = 0;
    r->seen = 0;
    XML_SetUserData(r->parser, r);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    XML_SetElementHandler(r->parser, on_element_start, on_element_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    bool ok = XML_Parse(r->parser, (const char *)f->data, (int)f->size, 1) != XML_STATUS_ERROR;
    if (!ok && !r->failed) {
        const enum XML_Error fault = XML_GetErrorCode(r->parser);
        sx_manifest_fail(r->b, line_of(r),
                         fault == XML_ERROR_NO_MEMORY ? SX_ERR_MEMORY : SX_ERR_FORMAT, r->err, "%s",
                         XML_ErrorString(fault));
    }
    XML_ParserFree(r->parser);
    return ok && sx_str_ok(&r->text, r->err);
}

bool sx_manifest_read_voc(sx_manifest_build *b, const char *path, const sx_manifest_xml *x,
                          sx_film_files *files, sx_error *err) {
    sx_file f;
    sx_error own = { 0 };
    reading r = {
        .b = b, .split = x->split, .twin = x->twin, .files = files, .err = err ? err : &own
    };
    if (!sx_manifest_source_open(b, path, &f, err)) return false;
    snprintf(r.folder_id, sizeof r.folder_id, "%s", x->id);
    bool ok = true;
    if (f.size > 64u << 20) ok = sx_fail(err, SX_ERR_LIMIT, "%s: an XML file of over 64 MiB", path);
    ok = ok && parse_pass(&r, &f, false) && parse_pass(&r, &f, true);
    sx_str_free(&r.text);
    sx_file_close(&f);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_VOC;
    return ok;
}
