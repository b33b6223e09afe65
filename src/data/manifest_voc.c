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
#include "data/manifest_tables.h"
#include "data/manifest_voc.h"

enum { DEPTH = 8 };

/* Bits of `seen`: the elements of an object are rows OBJECT_ROW .. of the table in keep_field. */
enum { OBJECT_ROW = 12, BOX = 1 << 20, OF_OBJECT = ~((1 << OBJECT_ROW) - 1) };

typedef struct reading {
    XML_Parser parser;
    char path[DEPTH][32]; /* names of the open elements */
    int depth;
    sx_str text; /* of the innermost element */
    char file[512], folder[1024], whole[1024], study[160], series[160], patient[160], abnormal[8];
    char sex[8], age[40], width[24], height[24], none[160], name[160], reader[160], corner[4][40],
        difficult[16];
    sx_manifest_build *b;
    sx_voc_names names;
    const sx_manifest_xml *xml;
    sx_voc_film *only; /* NULL: all is read; otherwise only which film it is */
    uint32_t film;
    unsigned seen;        /* bits of the elements that were read, by their row in the table */
    bool objects, failed; /* objects: the second pass, which reads what belongs to the film */
    char encoding[64];    /* stated, of a file whose text was converted to UTF-8; "": others */
    bool unknown;         /* the encoding, to Expat */
    sx_film_files *files;
    sx_paths elements; /* with text, in <annotation> */
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

static bool has_text(const reading *r) {
    for (size_t i = 0; i < r->text.len; i++)
        if (!strchr(" \t\r\n", r->text.data[i])) return true;
    return false;
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

static bool find_film(reading *r, sx_voc_film *film) {
    r->names.file = r->file;
    r->names.folder = r->folder;
    r->names.path = r->whole;
    return sx_voc_find_film(r->b, r->files, &r->names, film, r->err);
}

static bool has_id(const sx_names *keys, const char *id, sx_split split) {
    char key[SX_FILM_KEY];
    sx_manifest_key(key, id, split);
    return sx_names_find(keys, key) >= 0;
}

/* Adds the film under its name, with its folder if others have the same, and with its ending if
 * others in its folder do. */
static bool add_film(reading *r, const sx_voc_film *film) {
    char id[SX_FILM_STEM + sizeof film->ending];
    bool fresh;
    const bool shared = has_id(r->xml->shared, film->id, r->xml->split),
               twin = shared && has_id(r->xml->shared_folders, film->folder_id, r->xml->split);
    snprintf(id, sizeof id, "%s%s", shared ? film->folder_id : film->id, twin ? film->ending : "");
    if (!sx_manifest_film_add(r->b, id, r->xml->split, 0, &r->film, &fresh, r->err)) return false;
    if (fresh) return true;
    const sx_manifest *m = r->b->m;
    return sx_manifest_fail(r->b, line_of(r), SX_ERR_FORMAT, r->err,
                            "two films are called %.80s; the other one is that of %s", id,
                            m->sources.items[m->films[r->film].source]);
}

static bool describe(reading *r) {
    sx_manifest_build *b = r->b;
    sx_voc_film film;
    if (!find_film(r, &film) || !add_film(r, &film)) return false;
    sx_manifest_film *f = &b->m->films[r->film];
    if (film.path && !(f->path = sx_arena_strdup(b->m->memory, film.path)))
        return sx_fail(r->err, SX_ERR_MEMORY, "out of memory for the data set");
    if (!sx_manifest_set_rival(b, f, film.other, r->err)) return false;
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
    /* "Unspecified" is a value of <pose> that some programs write for all that is unknown */
    if (sx_equal_letters(r->difficult, "Unspecified")) r->difficult[0] = '\0';
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
    if (r->objects && r->depth == 2 && has_text(r) && !sx_paths_add(&r->elements, element, r->err))
        stop(r);
    r->text.len = 0;
    if (r->objects && r->depth == 2 && strcmp(element, "no_finding") == 0 && !add_none(r)) stop(r);
    if (r->objects && r->depth == 2 && strcmp(element, "object") == 0 && !add_object(r)) stop(r);
    if (!r->failed && !r->objects && r->depth == 1 &&
        !(r->only ? find_film(r, r->only) : describe(r)))
        stop(r);
    r->depth--;
}

/* Notes an encoding that Expat does not read. */
static int XMLCALL on_encoding(void *user, const XML_Char *name, XML_Encoding *info) {
    (void)info;
    reading *r = user;
    snprintf(r->encoding, sizeof r->encoding, "%s", name);
    return XML_STATUS_ERROR;
}

/* Elements may come in any order, so the film is read in a first pass and its boxes in a second. */
static bool parse_pass(reading *r, const char *text, size_t size, bool objects) {
    r->parser = XML_ParserCreate(r->encoding[0] ? "UTF-8" : NULL);
    if (!r->parser) return sx_manifest_fail(r->b, 0, SX_ERR_MEMORY, r->err, "out of memory");
    r->objects = objects;
    r->depth = 0;
    r->seen = 0;
    XML_SetUserData(r->parser, r);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    XML_SetElementHandler(r->parser, on_element_start, on_element_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    if (!r->encoding[0]) XML_SetUnknownEncodingHandler(r->parser, on_encoding, r);
    bool ok = XML_Parse(r->parser, text, (int)size, 1) != XML_STATUS_ERROR;
    const enum XML_Error fault = XML_GetErrorCode(r->parser);
    r->unknown = !ok && fault == XML_ERROR_UNKNOWN_ENCODING;
    if (!ok && !r->failed && !r->unknown)
        sx_manifest_fail(r->b, line_of(r),
                         fault == XML_ERROR_NO_MEMORY ? SX_ERR_MEMORY : SX_ERR_FORMAT, r->err, "%s",
                         XML_ErrorString(fault));
    XML_ParserFree(r->parser);
    return ok && sx_str_ok(&r->text, r->err);
}

static bool parse(reading *r, const sx_file *f) {
    const char *text = (const char *)f->data;
    size_t size = f->size;
    sx_str utf8 = { 0 };
    bool ok = parse_pass(r, text, size, false);
    if (!ok && r->unknown) {
        ok = sx_voc_to_utf8(r->b, r->encoding, text, size, &utf8, r->err);
        text = sx_str_text(&utf8);
        size = utf8.len;
        ok = ok && parse_pass(r, text, size, false);
    }
    ok = ok && (r->only || parse_pass(r, text, size, true));
    sx_str_free(&utf8);
    return ok;
}

static bool read_file(reading *r, const char *path, const sx_file *f) {
    const bool ok = f->size <= 64u << 20
                        ? parse(r, f)
                        : sx_fail(r->err, SX_ERR_LIMIT, "%s: an XML file of over 64 MiB", path);
    sx_str_free(&r->text);
    return ok;
}

static reading begin_reading(sx_manifest_build *b, const sx_manifest_xml *x, sx_film_files *files,
                             sx_error *err) {
    return (reading){ .b = b,
                      .names = { .id = x->id, .twin = x->twin, .split = x->split },
                      .xml = x,
                      .files = files,
                      .err = err };
}

bool sx_voc_read_film(sx_manifest_build *b, const char *path, const sx_manifest_xml *x,
                      sx_film_files *files, sx_voc_film *film, sx_error *err) {
    sx_file f;
    sx_error own = { 0 };
    reading r = begin_reading(b, x, files, err ? err : &own);
    r.only = film;
    if (!sx_manifest_source(b, path, err) || !sx_file_open(&f, path, err)) return false;
    const bool ok = read_file(&r, path, &f);
    sx_file_close(&f);
    return ok;
}

bool sx_manifest_read_voc(sx_manifest_build *b, const char *path, const sx_manifest_xml *x,
                          sx_film_files *files, sx_error *err) {
    sx_file f;
    sx_error own = { 0 };
    reading r = begin_reading(b, x, files, err ? err : &own);
    if (!sx_manifest_source_open(b, path, &f, err)) return false;
    const bool ok = read_file(&r, path, &f) &&
                    sx_manifest_note_fields(b, &r.elements, "element", path, x->noted, r.err);
    sx_file_close(&f);
    sx_paths_free(&r.elements);
    b->m->has_boxes = true;
    b->m->layout = SX_LAYOUT_VOC;
    return ok;
}
