#include "publish/checksums.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/writer.h"
#include "data/parallel_each.h"

static int by_path(const void *a, const void *b) {
    return strcmp(((const sx_checksum *)a)->path, ((const sx_checksum *)b)->path);
}

/* ---- of a folder ---- */

static bool check_name(const char *folder, const char *name, sx_error *err) {
    return (sx_utf8_span(name, strlen(name)) == strlen(name) && !strpbrk(name, "\n\r\\")) ||
           sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%s: a file whose name is not UTF-8, or has a line break or backslash", folder);
}

static bool list_folder(const char *folder, const char *below, sx_paths *paths, int depth,
                        sx_error *err);

/* The list and its signatures, which cannot list themselves. */
static bool is_list(const char *name) {
    static const char *const names[] = { SX_CHECKSUMS, SX_CHECKSUMS ".sig",
                                         SX_CHECKSUMS ".minisig" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

/* A file, or the files of a folder. `below`: the path from the release, with '/' at its end. */
static bool list_entry(const char *folder, const char *below, const char *name, sx_paths *paths,
                       int depth, sx_error *err) {
    struct stat st;
    sx_str path = { 0 }, relative = { 0 };
    sx_str_printf(&path, "%s/%s", folder, name);
    sx_str_printf(&relative, "%s%s", below, name);
    bool ok = sx_str_ok(&path, err) && sx_str_ok(&relative, err) && check_name(folder, name, err);
    if (ok && lstat(path.data, &st) != 0) ok = sx_fail_errno(err, path.data, "examine this file");
    if (ok && S_ISDIR(st.st_mode)) {
        sx_str_add(&relative, "/");
        ok = sx_str_ok(&relative, err) &&
             list_folder(path.data, relative.data, paths, depth + 1, err);
    } else if (ok && !S_ISREG(st.st_mode)) {
        ok = sx_fail(err, SX_ERR_IO, "%s: a %s is no part of a release", path.data,
                     S_ISLNK(st.st_mode) ? "symbolic link" : sx_file_kind(st.st_mode));
    } else if (ok && (below[0] || !is_list(name))) {
        ok = sx_paths_add(paths, relative.data, err);
    }
    sx_str_free(&path);
    sx_str_free(&relative);
    return ok;
}

static bool list_folder(const char *folder, const char *below, sx_paths *paths, int depth,
                        sx_error *err) {
    if (depth > 16) return sx_fail(err, SX_ERR_LIMIT, "%s: folders are too deep", folder);
    DIR *dir = opendir(folder);
    if (!dir) return sx_fail_errno(err, folder, "read this folder");
    bool ok = true, empty = true;
    const struct dirent *entry;
    while (ok && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        ok = list_entry(folder, below, entry->d_name, paths, depth, err);
        empty = false;
    }
    if (ok && errno) ok = sx_fail_errno(err, folder, "read this folder");
    closedir(dir);
    /* the list has only files, so it could not tell whether the folder was published */
    if (ok && empty && below[0])
        ok = sx_fail(err, SX_ERR_IO, "%s: an empty folder is no part of a release", folder);
    return ok;
}

typedef struct work {
    const char *folder;
    sx_checksums *s;
} work;

static bool hash_one(void *user, size_t i, sx_error *err) {
    const work *w = user;
    sx_checksum *c = &w->s->items[i];
    char *path = sx_path_join(w->folder, c->path);
    sx_file f;
    sx_sha256 hash;
    bool ok = path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    ok = ok && sx_file_open_up_to(&f, path, (uint64_t)64 << 30, err);
    if (ok) {
        ok = sx_sha256_of(f.data, f.size, &hash, err);
        if (ok) memcpy(c->hex, hash.hex, sizeof c->hex);
        sx_file_close(&f);
    }
    free(path);
    return ok;
}

static bool fill_items(sx_checksums *s, sx_error *err) {
    s->items = sx_calloc_for(s->paths.count + 1, sizeof *s->items, "checksums", err);
    if (!s->items) return false;
    for (size_t i = 0; i < s->paths.count; i++)
        s->items[i].path = s->paths.items[i];
    s->count = s->paths.count;
    return true;
}

bool sx_checksums_of(const sx_context *context, const char *folder, sx_progress *progress,
                     sx_checksums *s, sx_error *err) {
    *s = (sx_checksums){ 0 };
    if (!list_folder(folder, "", &s->paths, 0, err)) return false;
    sx_paths_sort(&s->paths);
    work w = { folder, s };
    return fill_items(s, err) && sx_parallel_each(context, s->count, hash_one, &w, progress, err);
}

bool sx_checksums_add(sx_checksums *s, const char *folder, const char *path, sx_error *err) {
    sx_checksum *items = sx_realloc(s->items, s->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for checksums");
    s->items = items;
    if (!sx_paths_add(&s->paths, path, err)) return false;
    items[s->count] = (sx_checksum){ .path = s->paths.items[s->paths.count - 1] };
    work w = { folder, s };
    if (!hash_one(&w, s->count, err)) return false;
    s->count++;
    qsort(s->items, s->count, sizeof *s->items, by_path);
    return true;
}

const char *sx_checksums_find(const sx_checksums *s, const char *path) {
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->items[i].path, path) == 0) return s->items[i].hex;
    return NULL;
}

bool sx_checksums_write(const sx_checksums *s, const char *folder, sx_error *err) {
    sx_str text = { 0 };
    for (size_t i = 0; i < s->count; i++)
        sx_str_printf(&text, "%s  %s\n", s->items[i].hex, s->items[i].path);
    char *path = sx_path_join(folder, SX_CHECKSUMS);
    const bool ok = (path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path")) &&
                    sx_str_ok(&text, err) && sx_write_file(path, sx_str_text(&text), text.len, err);
    free(path);
    sx_str_free(&text);
    return ok;
}

void sx_checksums_free(sx_checksums *s) {
    free(s->items);
    sx_paths_free(&s->paths);
    *s = (sx_checksums){ 0 };
}

/* ---- of a file ---- */

/* Whether a path stays below a folder: no part of it is empty, "." or "..". */
static bool is_below(const char *path) {
    for (const char *part = path;; part++) {
        const size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += n;
        if (!*part) return true;
    }
}

/* "HEX  PATH", or "HEX *PATH" */
static bool parse_line(const char *line, size_t n, sx_checksums *s, sx_error *err) {
    static const char digits[] = "0123456789abcdef";
    if (n < 67 || line[64] != ' ' || (line[65] != ' ' && line[65] != '*') || memchr(line, 0, n))
        return sx_fail(err, SX_ERR_FORMAT, "not a SHA-256, two blanks and a path");
    for (int i = 0; i < 64; i++)
        if (!strchr(digits, line[i]))
            return sx_fail(err, SX_ERR_FORMAT, "not a SHA-256, two blanks and a path");
    sx_str path = { 0 };
    sx_str_append(&path, line + 66, n - 66);
    const bool ok = sx_str_ok(&path, err) &&
                    (is_below(path.data) || sx_fail(err, SX_ERR_FORMAT, "a path that leads out")) &&
                    sx_paths_add(&s->paths, path.data, err);
    sx_str_free(&path);
    return ok;
}

static bool parse_lines(const char *name, const char *text, size_t n, sx_checksums *s,
                        sx_str *hexes, sx_error *err) {
    size_t line = 1;
    for (const char *end = text + n; text < end; line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((stop ? stop : end) - text);
        if (!parse_line(text, length, s, err)) return sx_fail_in(err, "%s:%zu", name, line);
        sx_str_append(hexes, text, 64);
        text += length + (stop != NULL);
    }
    return sx_str_ok(hexes, err);
}

bool sx_checksums_parse(const char *name, const void *bytes, size_t n, sx_checksums *s,
                        sx_error *err) {
    sx_str hexes = { 0 };
    *s = (sx_checksums){ 0 };
    bool ok = parse_lines(name, bytes, n, s, &hexes, err) && fill_items(s, err);
    for (size_t i = 0; ok && hexes.data && i < s->count; i++)
        memcpy(s->items[i].hex, hexes.data + 64 * i, 64);
    sx_str_free(&hexes);
    if (!ok) return false;
    if (!s->count) return sx_fail(err, SX_ERR_FORMAT, "%s: no checksums", name);
    qsort(s->items, s->count, sizeof *s->items, by_path);
    for (size_t i = 1; i < s->count; i++)
        if (strcmp(s->items[i].path, s->items[i - 1].path) == 0)
            return sx_fail(err, SX_ERR_FORMAT, "%s: %.200s twice", name, s->items[i].path);
    return true;
}

/* ---- both ---- */

static bool add_fault(sx_paths *faults, const char *path, const char *what, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "%s: %s", path, what);
    const bool ok = sx_str_ok(&text, err) && sx_paths_add(faults, text.data, err);
    sx_str_free(&text);
    return ok;
}

bool sx_checksums_compare(const sx_checksums *listed, const sx_checksums *found, sx_paths *faults,
                          sx_error *err) {
    size_t i = 0, k = 0;
    while (i < listed->count || k < found->count) {
        const sx_checksum *a = &listed->items[i], *b = &found->items[k];
        const int order = i == listed->count  ? 1
                          : k == found->count ? -1
                                              : strcmp(a->path, b->path);
        const char *what = order < 0                     ? "missing"
                           : order > 0                   ? "not listed in " SX_CHECKSUMS
                           : strcmp(a->hex, b->hex) != 0 ? "other bytes than published"
                                                         : NULL;
        if (what && !add_fault(faults, order > 0 ? b->path : a->path, what, err)) return false;
        i += order <= 0;
        k += order >= 0;
    }
    return true;
}
