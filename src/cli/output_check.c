#include "cli/output_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/film_name.h"
#include "base/mem.h"
#include "cli/named_files.h"
#include "data/manifest.h"

/* The i-th path that an option gives; NULL: it gives no more. */
static const char *text_at(const sx_parsed *p, const sx_option *o, int i) {
    const void *field = (const char *)p->call.args + o->offset;
    if (o->type == SX_OPT_TEXT) return i == 0 ? *(const char *const *)field : NULL;
    const sx_texts *list = o->type == SX_OPT_LIST ? field : NULL;
    return list && i < list->count ? list->items[i] : NULL;
}

/* What an argument names: of NAME=FILE that is no file itself, FILE. */
static const char *named_input(const char *argument) {
    const char *equals = strchr(argument, '=');
    return equals && !sx_path_exists(argument) ? equals + 1 : argument;
}

/* A folder of which files are read. */
typedef struct source {
    const char *input, *folder;
    bool whole; /* any file; otherwise films and metadata of films */
    char *heap; /* `folder` of an input that is a file */
} source;

static bool is_in_annotations(const char *file) {
    size_t n;
    const char *folder = sx_path_folder_above(file, sx_path_base(file), &n);
    return folder && n == strlen("annotations") && memcmp(folder, "annotations", n) == 0;
}

/* A file brings the folder of its data set: other films may be read there. A folder "annotations"
 * shows that this is a data set; it is often just the folder in which the user works. real: of the
 * file itself, which `input` may name by a link or with other parts. */
static bool open_source(const char *input, bool real, source *s, sx_error *err) {
    *s = (source){ .input = input, .folder = input, .whole = true };
    if (!sx_path_exists(input) || sx_path_is_dir(input)) return true;
    char *file = real ? sx_path_real(input) : sx_strdup(input);
    s->folder = s->heap = file ? sx_manifest_root(file) : NULL;
    s->whole = file && is_in_annotations(file);
    free(file);
    return s->heap || sx_fail(err, SX_ERR_MEMORY, "out of memory for %s", input);
}

/* No command reads these. */
static bool is_never_read(const char *path) {
    static const char *const endings[] = { ".svg", ".pdf", ".html", ".md", ".tex" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (sx_path_has_ending(path, endings[i])) return true;
    return false;
}

/* As manifest_folder.c finds them beside a file of annotations. */
static bool is_film_or_metadata(const char *path) {
    return sx_is_film_name(path) || sx_path_has_ending(path, "_meta.csv") ||
           sx_equal_letters(sx_path_base(path), "meta.csv");
}

static const char *place(const source *s) {
    return s->heap ? "data set of the input" : "folder of the input";
}

static bool check_file(const sx_option *out, const char *path, const source *s, sx_error *err) {
    const bool at_risk = !is_never_read(path) && (s->whole || is_film_or_metadata(path)) &&
                         sx_path_exists(path) && !sx_path_is_dir(path);
    return !at_risk || !sx_path_is_below(path, s->folder) ||
           sx_fail(err, SX_ERR_USAGE,
                   "--%s %s: is in the %s, %s, and may be one of its files; name another file",
                   out->name, path, place(s), s->input);
}

static bool check_folder(const sx_option *out, const char *path, const source *s, sx_error *err) {
    if (sx_same_file(path, s->folder))
        return sx_fail(err, SX_ERR_USAGE, "--%s %s: is the folder of the input; name another",
                       out->name, path);
    return !s->whole || !sx_path_is_below(path, s->folder) ||
           sx_fail(err, SX_ERR_USAGE,
                   "--%s %s: is in the %s, %s, and may be read as a part of it; name another "
                   "folder",
                   out->name, path, place(s), s->input);
}

/* ---- tables of a data set ---- */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names; names++)
        if (sx_equal_letters(name, *names)) return true;
    return false;
}

/* The data set of which the file is a table, by its place, name or content: on the heap; NULL: it
 * is none, or out of memory. */
static char *table_root(const char *path) {
    static const char *const places[] = { "annotations", "labels", "ImageSets", NULL };
    char *folder = sx_path_folder(path), *root = NULL;
    for (int up = 0; folder && up < 2 && !root; up++) {
        if (is_one_of(sx_path_base(folder), places)) root = sx_path_above(folder);
        char *above = root ? NULL : sx_path_folder(folder);
        free(folder);
        folder = above;
    }
    free(folder);
    if (root) return root;
    return sx_is_table_name(sx_path_base(path)) || sx_is_table(path) ? sx_path_folder(path) : NULL;
}

/* The input may be a part of its data set, such as a folder of films. */
static bool check_table(const sx_option *out, const char *path, const char *input, sx_error *err) {
    if (!out->output || is_never_read(path) || !sx_path_exists(path) || !sx_path_exists(input))
        return true;
    char *real = sx_path_real(path), *root = table_root(real ? real : path);
    const bool own = root && sx_path_is_below(input, root);
    free(real);
    free(root);
    return !own || sx_fail(err, SX_ERR_USAGE,
                           "--%s %s: is a table of the data set of the input, %s; name another "
                           "file",
                           out->name, path, input);
}

/* `input`: a file or folder that the command reads. */
static bool check_against(const sx_option *out, const char *path, const char *input,
                          sx_error *err) {
    bool ok = true;
    if (!out->output && !out->outside_inputs) return true;
    for (int real = 0; ok && real < 2; real++) {
        source s;
        ok = open_source(input, real == 1, &s, err) &&
             (out->output ? check_file(out, path, &s, err) : check_folder(out, path, &s, err));
        free(s.heap);
    }
    return ok && check_table(out, path, input, err) &&
           (is_never_read(path) || sx_named_files_check(out, path, input, err));
}

static bool check_against_inputs(const sx_parsed *p, const sx_option *out, const char *path,
                                 sx_error *err) {
    for (int i = 0; i < p->call.input_count; i++) {
        const char *input = named_input(p->call.inputs[i]);
        if (!*input) continue; /* not the current folder: the command says what is missing */
        if (out->output && sx_same_file(path, input))
            return sx_fail(err, SX_ERR_USAGE, "--%s %s: would replace an input of the command",
                           out->name, path);
        if (!check_against(out, path, input, err)) return false;
    }
    return true;
}

static bool check_against_option(const sx_option *out, const char *path, const sx_option *other,
                                 const char *text, sx_error *err) {
    const bool both = other->output || other->output_folder;
    if (out->output && (both ? sx_same_path(path, text) : sx_same_file(path, text)))
        return sx_fail(err, SX_ERR_USAGE, "--%s %s: would replace the file of --%s", out->name,
                       path, other->name);
    const sx_value_kind kind = sx_option_value_kind(other);
    const bool is_read = (kind == SX_VALUE_FOLDER || kind == SX_VALUE_FILE) && !other->output &&
                         !other->output_folder;
    return !is_read || !sx_path_is_dir(text) || check_against(out, path, text, err);
}

static bool check_output(const sx_parsed *p, const sx_command *c, const sx_option *out,
                         sx_error *err) {
    const char *path = text_at(p, out, 0), *text;
    if (!path || !check_against_inputs(p, out, path, err)) return !path;
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));)
        for (int i = 0; o != out && (text = text_at(p, o, i)) != NULL; i++)
            if (!check_against_option(out, path, o, text, err)) return false;
    return true;
}

bool sx_outputs_check(const sx_parsed *p, const sx_command *c, sx_error *err) {
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));)
        if (!check_output(p, c, o, err)) return false;
    return true;
}
