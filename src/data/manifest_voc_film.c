/* Pascal VOC: the film of an XML file. The XML file's own name, <filename> and <path> are names of
 * the film, and <folder> its folder. One rule decides (docs/data.md, "The film of a VOC file"):
 *
 * 1. The film has the name of the XML file, else that of <filename>, else that of <path>; folders
 *    and the ending do not count here, nor does the case of letters. "a.dcm.xml" is at first a film
 *    "a.dcm.png".
 * 2. The folders that are stated for this name must agree: that of an XML file in a subfolder, else
 *    those of <filename>, else <folder>, and those of <path>.
 * 3. Of the films that are left the best one counts: that which agrees in the most folders, then in
 *    the stated ending, then is in the stated folder itself and no other one, then is in a folder
 * of films, then agrees in case. The ending is that of <filename>, else of <path>, else of the XML
 *    file's name; if XML files differ in it alone, their own ending comes first and must agree.
 * 4. Of one film in a folder the DICOM file comes first. Otherwise two films that are equally good
 *    are an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "data/manifest_voc.h"

/* One name of the film. */
typedef struct film_name {
    sx_str text;              /* with '/' between folders; "": not stated */
    char upper[SX_FILM_STEM]; /* its stem, to compare */
} film_name;

enum { OWN, FILENAME, PATH, NAMES };

typedef struct statements {
    film_name names[NAMES];
    sx_str folder;          /* <folder> */
    bool common;            /* <folder> is that of the data set or of all films */
    bool in_subfolder;      /* the XML file */
    const sx_voc_names *in; /* as they are in the file */
    sx_manifest_build *b;
    sx_film_files *files;
} statements;

/* What is stated for one stem. */
typedef struct wanted {
    char upper[SX_FILM_STEM];
    const char *base; /* a name of that stem */
    sx_str required[2], preferred;
    const char *ending; /* "": none */
    bool ending_required;
} wanted;

typedef struct choice {
    const char *path, *other; /* NULL: none */
    long rank;
} choice;

static const char *text_of(const film_name *n) {
    return sx_str_text(&n->text);
}

static const char *ending_of(const char *name) {
    const char *base = sx_path_base(name);
    return base + sx_film_name_length(base);
}

static void set_name(film_name *n, const char *text) {
    sx_manifest_file_name(text, &n->text);
    sx_film_name_upper_stem(text_of(n), n->upper);
}

/* <folder> is often only that of the data set or of all films. */
static bool is_common(const statements *s, const char *folder) {
    const char *name = sx_path_base(folder);
    bool common = !name[0] || strcmp(name, ".") == 0;
    char *root = sx_path_real(s->b->root);
    common = common || (root && sx_equal_letters(name, sx_path_base(root)));
    free(root);
    for (size_t i = 0; !common && i < s->files->folders.count; i++)
        common = sx_equal_letters(name, sx_path_base(s->files->folders.items[i]));
    return common;
}

static bool read_statements(statements *s, sx_error *err) {
    bool ok = true;
    sx_str_add(&s->names[OWN].text, s->in->id);
    sx_film_name_upper_stem(s->in->id, s->names[OWN].upper);
    set_name(&s->names[FILENAME], s->in->file);
    set_name(&s->names[PATH], s->in->path);
    sx_manifest_file_name(s->in->folder, &s->folder);
    for (int i = 0; i < NAMES; i++)
        ok = ok && sx_str_ok(&s->names[i].text, err);
    ok = ok && sx_str_ok(&s->folder, err);
    s->in_subfolder = strchr(s->in->id, '/') != NULL;
    s->common = ok && is_common(s, sx_str_text(&s->folder));
    return ok;
}

static bool states_folder(const statements *s, int name, const wanted *w) {
    const film_name *n = &s->names[name];
    return strcmp(n->upper, w->upper) == 0 && strchr(text_of(n), '/');
}

static void set_folders(const statements *s, wanted *w) {
    const char *folder = sx_str_text(&s->folder), *own = text_of(&s->names[OWN]);
    if (s->in_subfolder) {
        sx_str_printf(&w->required[0], "%.*s%s", (int)(sx_path_base(own) - own), own, w->base);
        return;
    }
    if (states_folder(s, FILENAME, w))
        sx_str_add(&w->required[0], text_of(&s->names[FILENAME]));
    else if (folder[0])
        sx_str_printf(s->common ? &w->preferred : &w->required[0], "%s/%s", folder, w->base);
    if (states_folder(s, PATH, w)) sx_str_add(&w->required[1], text_of(&s->names[PATH]));
}

static void set_ending(const statements *s, wanted *w) {
    static const int order[] = { FILENAME, PATH, OWN }, of_twins[] = { OWN, FILENAME, PATH };
    w->ending = "";
    for (int i = 0; i < NAMES && !w->ending[0]; i++) {
        const int k = s->in->twin ? of_twins[i] : order[i];
        if (strcmp(s->names[k].upper, w->upper) != 0) continue;
        w->ending = ending_of(text_of(&s->names[k]));
        w->ending_required = k == OWN && s->in->twin;
    }
}

static bool is_required(const wanted *w) {
    return w->required[0].len || w->required[1].len;
}

static bool fits(const statements *s, const wanted *w, const char *path) {
    bool agrees =
        is_required(w) || sx_film_files_agree(s->b, s->files, w->base, s->in->split, path);
    for (int i = 0; i < 2 && agrees; i++)
        agrees = !w->required[i].len ||
                 sx_film_files_agree(s->b, s->files, w->required[i].data, s->in->split, path);
    return agrees && (!w->ending_required || sx_equal_letters(ending_of(path), w->ending));
}

static long count_folders(const char *path, const sx_str *name, bool *same) {
    if (!name->len) return 0;
    const sx_name_fit fit = sx_name_fit_of(path, name->data);
    *same = *same && fit.same_folders;
    return fit.folders;
}

/* How good a film that fits is; -1: it is in a folder that holds no films unless it is stated. */
static long rank_of(const statements *s, const wanted *w, const char *path) {
    const char *below = sx_film_files_below(s->files, path);
    bool same = sx_name_fit_of(path, w->base).same_stem;
    const long required[] = { count_folders(path, &w->required[0], &same),
                              count_folders(path, &w->required[1], &same) };
    const long most = required[0] > required[1] ? required[0] : required[1];
    long depth = 0;
    for (const char *at = below; (at = strchr(at, '/')); at++)
        depth++;
    const bool stated = depth <= most, beside = depth && sx_film_files_is_beside(s->b, path, below);
    if (beside && !stated) return -1;
    const long folders = required[0] + required[1] + count_folders(path, &w->preferred, &same);
    const bool ending = !w->ending[0] || sx_equal_letters(ending_of(path), w->ending);
    return folders * 16 + ending * 8 + stated * 4 + !beside * 2 + same;
}

/* Of equal films those whose paths come first, whatever the order in which they were listed. */
static void add_equal(const statements *s, const char *path, choice *c) {
    const char *first = c->path;
    if (sx_film_files_is_original(s->files, first, path)) return;
    const bool before = strcmp(path, first) < 0;
    if (sx_film_files_is_original(s->files, path, first))
        c->path = path;
    else if (!sx_film_files_are_rivals(first, path))
        c->path = before ? path : first; /* "x.dcm" before "x.png" */
    else if (before)
        *c = (choice){ path, first, c->rank };
    else if (!c->other || strcmp(path, c->other) < 0)
        c->other = path;
}

static void consider(const statements *s, const char *path, long rank, choice *c) {
    if (rank > c->rank)
        *c = (choice){ path, NULL, rank };
    else if (rank == c->rank)
        add_equal(s, path, c);
}

/* The film with that stem; `name` has it. */
static bool choose(const statements *s, const char *name, choice *c, sx_error *err) {
    wanted w = { .base = sx_path_base(name) };
    *c = (choice){ .rank = -1 };
    sx_film_name_upper_stem(name, w.upper);
    if (!w.upper[0]) return true;
    set_folders(s, &w);
    set_ending(s, &w);
    bool ok = sx_str_ok(&w.preferred, err);
    for (int i = 0; i < 2 && ok; i++)
        ok = sx_str_ok(&w.required[i], err) &&
             sx_film_files_list_stated(s->b, s->files, sx_str_text(&w.required[i]), err);
    const sx_film_stems *stems = &s->files->tree.stems;
    for (long at = ok ? sx_film_stems_find(stems, name) : -1; at >= 0;
         at = sx_film_stems_next(stems, at)) {
        const char *path = s->files->tree.paths.items[at];
        const long rank = fits(s, &w, path) ? rank_of(s, &w, path) : -1;
        if (rank >= 0) consider(s, path, rank, c);
    }
    sx_str_free(&w.required[0]);
    sx_str_free(&w.required[1]);
    sx_str_free(&w.preferred);
    return ok;
}

/* Whether the film is in the XML file's subfolder, or may be: there is none. */
static bool is_in_subfolder(const statements *s, const choice *c) {
    return s->in_subfolder && (!c->path || sx_name_fit_of(c->path, s->in->id).folders > 0);
}

static bool copy_id(const sx_str *text, char id[SX_FILM_STEM], sx_error *err) {
    if (!sx_str_ok(text, err)) return false;
    if (text->len >= SX_FILM_STEM)
        return sx_fail(err, SX_ERR_LIMIT, "%.200s...: the name of a film of over %d bytes",
                       text->data, SX_FILM_STEM - 1);
    snprintf(id, SX_FILM_STEM, "%s", sx_str_text(text));
    return true;
}

/* Appends the folder in which the film is, below that of all films, with its slash. */
static void add_found_folder(const statements *s, const choice *c, sx_str *out) {
    if (!c->path || c->other) return;
    const char *below = sx_film_files_below(s->files, c->path);
    sx_str_append(out, below, (size_t)(sx_path_base(below) - below));
}

/* The same of the folder that is stated for the name, unless it is that of all films. */
static void add_stated_folder(const statements *s, const choice *c, const char *name, sx_str *out) {
    wanted w = { .base = sx_path_base(name) };
    sx_str id = { 0 };
    sx_film_name_upper_stem(name, w.upper);
    set_folders(s, &w);
    const sx_str *stated = w.required[0].len ? &w.required[0] : &w.required[1];
    sx_manifest_folder_id(sx_str_text(stated), &id);
    const char *text = sx_str_text(&id);
    const bool common = c->path && sx_name_fit_of(c->path, text).folders > 0;
    if (!common) sx_str_append(out, text, (size_t)(sx_path_base(text) - text));
    sx_str_free(&id);
    for (int i = 0; i < 2; i++)
        sx_str_free(&w.required[i]);
    sx_str_free(&w.preferred);
}

/* The film's id: `name`, with its ending if `whole`, in the XML file's subfolder; and the same in
 * the folder of the film. */
static bool set_ids(const statements *s, const choice *c, const char *name, bool whole,
                    sx_voc_film *film, sx_error *err) {
    sx_str text = { 0 }, folder = { 0 }, id = { 0 };
    char stem[SX_FILM_STEM];
    const char *own = s->in->id;
    sx_film_name_stem(name, stem, sizeof stem);
    if (whole)
        sx_utf8_escape(&text, sx_path_base(name));
    else
        sx_str_add(&text, stem);
    if (is_in_subfolder(s, c)) sx_str_append(&folder, own, (size_t)(sx_path_base(own) - own));
    sx_utf8_escape(&id, sx_str_text(&folder));
    sx_str_add(&id, sx_str_text(&text));
    bool ok = sx_str_ok(&folder, err) && sx_str_ok(&text, err) && copy_id(&id, film->id, err);
    if (!folder.len) add_found_folder(s, c, &folder);
    if (!folder.len) add_stated_folder(s, c, name, &folder);
    id.len = 0;
    sx_utf8_escape(&id, sx_str_text(&folder));
    sx_str_add(&id, sx_str_text(&text));
    ok = ok && sx_str_ok(&folder, err) && copy_id(&id, film->folder_id, err);
    snprintf(film->ending, sizeof film->ending, "%s", whole ? "" : ending_of(name));
    sx_str_free(&text);
    sx_str_free(&folder);
    sx_str_free(&id);
    return ok;
}

/* Tries the names in turn. The id of a missing film is <filename>, if that is stated. */
static bool choose_first(const statements *s, choice *c, sx_voc_film *film, sx_error *err) {
    const char *own = text_of(&s->names[OWN]);
    sx_str whole = { 0 };
    *c = (choice){ 0 };
    sx_str_printf(&whole, "%s%s", own, sx_film_endings[0]);
    bool ok = sx_str_ok(&whole, err);
    if (ok && sx_is_film_name(sx_path_base(own))) ok = choose(s, whole.data, c, err);
    sx_str_free(&whole);
    if (ok && c->path) return set_ids(s, c, own, true, film, err);
    int found = OWN;
    for (int i = 0; ok && !c->path && i < NAMES; i++) {
        ok = choose(s, text_of(&s->names[i]), c, err);
        found = i;
    }
    if (!c->path) found = s->names[FILENAME].upper[0] && !s->in->twin ? FILENAME : OWN;
    return ok && set_ids(s, c, text_of(&s->names[found]), found == OWN && s->in->twin, film, err);
}

bool sx_voc_find_film(sx_manifest_build *b, sx_film_files *files, const sx_voc_names *names,
                      sx_voc_film *film, sx_error *err) {
    statements s = { .in = names, .b = b, .files = files };
    choice c = { 0 };
    *film = (sx_voc_film){ 0 };
    const bool ok = sx_film_files_list_tree(b, files, err) && read_statements(&s, err) &&
                    choose_first(&s, &c, film, err);
    film->path = c.path;
    film->other = c.other;
    for (int i = 0; i < NAMES; i++)
        sx_str_free(&s.names[i].text);
    sx_str_free(&s.folder);
    return ok;
}
