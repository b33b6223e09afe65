/* Finds the names of films' files in the paths that data sets state, in the syntax of any
 * system. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "data/manifest_build.h"

static bool is_escape(const char *s) {
    return s[1] == 'x' && s[2] && strchr("89abcdef", s[2]) && s[3] &&
           strchr("0123456789abcdef", s[3]);
}

/* A backslash that does not begin the escape of a byte (base/utf8.h). */
static bool is_windows_path(const char *text) {
    for (const char *s = strchr(text, '\\'); s; s = strchr(s + 1, '\\'))
        if (!is_escape(s)) return true;
    return false;
}

/* The path of a URL; NULL: it is none. */
static const char *path_of_url(const char *text) {
    size_t n = 0;
    while (sx_is_letter(text[n]) || (n && sx_is_digit(text[n])))
        n++;
    if (n < 2 || strncmp(text + n, "://", 3) != 0) return NULL;
    const char *path = strchr(text + n + 3, '/');
    return path ? path + 1 : NULL;
}

/* The length without the query or fragment behind the name of a film. A name may also contain '?'
 * and '#' itself. */
static size_t length_without_query(const char *text, bool url) {
    const size_t n = strcspn(text, "?#");
    if (!text[n] || (!url && sx_is_film_name(text))) return strlen(text);
    for (size_t i = 0; i < SX_FILM_ENDINGS; i++) {
        const size_t ending = strlen(sx_film_endings[i]);
        if (n > ending && sx_equal_letters_n(text + n - ending, sx_film_endings[i], ending))
            return n;
    }
    return strlen(text);
}

/* The byte that "%20" stands for; 0: it stands for none. */
static char decoded(const char *s) {
    static const char digits[] = "0123456789ABCDEF";
    const char *high = s[0] == '%' && s[1] ? strchr(digits, sx_to_upper(s[1])) : NULL;
    const char *low = high && s[2] ? strchr(digits, sx_to_upper(s[2])) : NULL;
    return (char)(low ? (high - digits) * 16 + (low - digits) : 0);
}

static bool is_separator(char c, bool windows) {
    return c == '/' || (windows && c == '\\');
}

/* Bytes of "./" between a separator and a name; 0: it is none. */
static size_t no_folder(const char *s, char before, bool windows) {
    if (!is_separator(before, windows) && !(windows && before == ':')) return 0;
    if (s[0] != '.' || !is_separator(s[1], windows)) return 0;
    size_t n = 2;
    while (is_separator(s[n], windows))
        n++;
    return s[n] ? n : 0;
}

void sx_manifest_file_name(const char *text, sx_str *out) {
    const char *path = path_of_url(text);
    const bool windows = !path && is_windows_path(text);
    const size_t n = length_without_query(text, path != NULL);
    size_t i = path ? (size_t)(path - text) : 0;
    if (windows && sx_is_letter(text[0]) && text[1] == ':') i = 2;
    out->len = 0;
    while (i < n) {
        const size_t skipped = no_folder(text + i, i ? text[i - 1] : '/', windows);
        if (skipped) {
            i += skipped;
            continue;
        }
        const char byte = path ? decoded(text + i) : 0;
        sx_str_append(out, byte ? &byte : windows && text[i] == '\\' ? "/" : text + i, 1);
        i += byte ? 3 : 1;
    }
}

bool sx_manifest_try_ids(const char *text, bool (*fits)(void *user, const char *id), void *user,
                         bool *found, sx_error *err) {
    sx_str name = { 0 }, stem = { 0 };
    sx_manifest_file_name(text, &name);
    const char *whole = sx_str_text(&name), *base = sx_path_base(whole);
    sx_str_append(&stem, whole, (size_t)(base - whole) + sx_film_name_length(base));
    const bool ok = sx_str_ok(&name, err) && sx_str_ok(&stem, err);
    *found = false;
    for (const char *s = whole; ok && s && !*found;) {
        *found = fits(user, s) || fits(user, sx_str_text(&stem) + (s - whole));
        s = strchr(s, '/');
        s = s ? s + 1 : NULL;
    }
    sx_str_free(&name);
    sx_str_free(&stem);
    return ok;
}

void sx_manifest_folder_id(const char *name, sx_str *out) {
    char stem[SX_FILM_STEM];
    const char *base = sx_path_base(name);
    while (strncmp(name, "./", 2) == 0 || name[0] == '/')
        name += name[0] == '/' ? 1 : 2;
    sx_film_name_stem(base, stem, sizeof stem);
    out->len = 0;
    if (base > name) sx_str_append(out, name, (size_t)(base - name));
    sx_str_add(out, stem);
}

bool sx_manifest_see_name(sx_names *seen, sx_names *several, const char *name, sx_error *err) {
    bool fresh;
    return sx_names_put(seen, name, 0, &fresh, err) &&
           (fresh || sx_names_put(several, name, 0, &fresh, err));
}

/* The first n bytes of `path`, an id, without the ending of a film. False: it has none. */
static bool twin_name(const char *path, size_t n, char name[PATH_MAX]) {
    snprintf(name, PATH_MAX, "%.*s", n < PATH_MAX ? (int)n : 0, path);
    const char *base = sx_path_base(name);
    const size_t stem = sx_film_name_length(base);
    const bool ending = base[stem] != '\0';
    name[(size_t)(base - name) + stem] = '\0';
    return ending;
}

bool sx_manifest_see_twin(sx_names *seen, sx_names *twins, const char *path, sx_error *err) {
    char name[PATH_MAX];
    bool fresh = true;
    if (!twin_name(path, strlen(path) - 4, name)) return true;
    return sx_names_put(seen, name, 0, &fresh, err) &&
           (fresh || sx_names_put(twins, name, 0, &fresh, err));
}

bool sx_manifest_is_twin(const sx_names *twins, const char *id) {
    char name[PATH_MAX];
    return twin_name(id, strlen(id), name) && sx_names_find(twins, name) >= 0;
}

/* The file of a film, on the heap; NULL: not found. */
typedef struct search {
    char *present; /* ends the search */
    char *unknown; /* the first that may exist: used, and reported, if no other does */
} search;

/* Keeps dir/name if that exists. */
static bool try_below(const char *dir, const char *name, search *s, sx_error *err) {
    char *joined = sx_path_join(dir, name), *path = NULL;
    sx_presence presence;
    if (!joined) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    const bool ok = sx_path_named(joined, &path, &presence, err);
    char **to = presence == SX_PATH_PRESENT ? &s->present : &s->unknown;
    if (ok && !*to)
        *to = path;
    else
        free(path);
    free(joined);
    return ok;
}

static bool try_folders(const sx_film_files *files, const char *name, search *s, sx_error *err) {
    for (size_t i = 0; !s->present && i < files->folders.count; i++)
        if (!try_below(files->folders.items[i], name, s, err)) return false;
    return true;
}

/* The name without its first folders, down to `least` parts. */
static bool try_endings(const sx_film_files *files, const char *name, int least, search *found,
                        sx_error *err) {
    for (const char *next; !found->present && (next = strchr(name, '/')) != NULL;) {
        int parts = 1;
        name = next + 1;
        for (const char *s = name; *s; s++)
            parts += *s == '/';
        if (parts < least) return true;
        if (*name && !try_folders(files, name, found, err)) return false;
    }
    return true;
}

/* Sets *path to NULL if its folders do not agree with those of the name. */
static bool keep_if_agrees(sx_manifest_build *b, sx_film_files *files, const char *name,
                           sx_split split, const char **path, sx_error *err) {
    if (!strchr(name, '/')) return true;
    if (!sx_film_files_list_tree(b, files, err)) return false;
    if (!sx_film_files_agree(b, files, name, split, *path)) *path = NULL;
    return true;
}

bool sx_manifest_find_file(sx_manifest_build *b, sx_film_files *files, const char *name,
                           bool shared, sx_manifest_film *f, sx_error *err) {
    search s = { 0 };
    const char *path = NULL, *other = NULL;
    bool ok = try_below(b->o->images ? b->o->images : b->root, name, &s, err);
    if (ok) ok = try_folders(files, name, &s, err);
    const bool exact = s.present;
    if (ok && !exact && !shared) path = sx_film_files_find(files, f->id);
    if (ok && path) ok = keep_if_agrees(b, files, name, f->split, &path, err);
    if (ok && !exact && !path) ok = try_endings(files, name, shared ? 2 : 1, &s, err);
    if (ok && !exact && s.present) {
        const char *kept = s.present;
        ok = keep_if_agrees(b, files, name, f->split, &kept, err);
        if (!kept) free(s.present), s.present = NULL;
    }
    const bool by_id = path != NULL;
    if (ok && !path && !s.present)
        ok = sx_film_files_search(b, files, name, f->split, shared, &path, &other, err);
    if (s.present) path = s.present;
    if (!path) path = s.unknown;
    if (ok && path)
        ok = (f->path = sx_arena_strdup(b->m->memory, path)) != NULL ||
             sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    if (ok) ok = sx_manifest_set_rival(b, f, other, err);
    if (ok && by_id && path != s.present) ok = sx_manifest_check_rival(b, files, f, err);
    free(s.present);
    free(s.unknown);
    return ok;
}

bool sx_manifest_find_in_folders(const sx_film_files *files, const char *id, char **path,
                                 sx_error *err) {
    sx_str name = { 0 };
    search s = { 0 };
    sx_manifest_file_name(id, &name);
    bool ok = sx_str_ok(&name, err);
    const size_t n = name.len;
    if (ok && sx_is_film_name(sx_path_base(name.data))) ok = try_folders(files, name.data, &s, err);
    for (size_t i = 0; ok && !s.present && i < SX_FILM_ENDINGS; i++) {
        name.len = n;
        sx_str_add(&name, sx_film_endings[i]);
        ok = sx_str_ok(&name, err) && try_folders(files, name.data, &s, err);
    }
    *path = s.present ? s.present : s.unknown;
    if (s.present) free(s.unknown);
    sx_str_free(&name);
    return ok;
}
