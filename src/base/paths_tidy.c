/* Spells paths without parts that lead nowhere else. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/mem.h"

static bool is_part(const char *s, size_t n, const char *part) {
    return strlen(part) == n && memcmp(s, part, n) == 0;
}

/* Where the last part of a path begins. */
static size_t last_part(const char *path, size_t n) {
    while (n > 0 && path[n - 1] != '/')
        n--;
    return n;
}

/* Whether ".." behind this path is the folder that its text names: not behind a link, whose target
 * is elsewhere, nor behind what does not exist. */
static bool leads_back(const char *path, size_t n) {
    struct stat st;
    const size_t last = last_part(path, n);
    return n > last && !is_part(path + last, n - last, "..") && lstat(path, &st) == 0 &&
           S_ISDIR(st.st_mode);
}

static size_t without_last(char *path, size_t n) {
    n = last_part(path, n);
    if (n > 1) n--; /* the slash, unless it is the root */
    path[n] = '\0';
    return n;
}

static size_t append(char *path, size_t n, const char *part, size_t length) {
    if (n > 0 && path[n - 1] != '/') path[n++] = '/';
    memcpy(path + n, part, length);
    path[n + length] = '\0';
    return n + length;
}

char *sx_path_tidy(const char *path) {
    char *tidy = sx_calloc(strlen(path) + 2, 1);
    size_t n = 0, length;
    if (!tidy || !*path) return tidy;
    if (*path == '/') tidy[n++] = '/';
    for (const char *s = path; *s; s += length + (s[length] == '/')) {
        length = strcspn(s, "/");
        const bool upwards = is_part(s, length, "..");
        if (length == 0 || is_part(s, length, ".")) continue;
        if (upwards && leads_back(tidy, n))
            n = without_last(tidy, n);
        else if (!upwards || !is_part(tidy, n, "/"))
            n = append(tidy, n, s, length);
    }
    if (n == 0) memcpy(tidy, ".", 2);
    return tidy;
}

/* Whether a name has parts "." or "..". */
static bool has_dots(const char *name) {
    for (const char *s = name; s; s = strchr(s, '/'), s = s ? s + 1 : NULL) {
        const size_t n = strcspn(s, "/");
        if (is_part(s, n, ".") || is_part(s, n, "..")) return true;
    }
    return false;
}

char *sx_path_join(const char *dir, const char *name) {
    size_t n = strlen(dir), m = strlen(name);
    char *p = sx_calloc(n + m + 2, 1);
    if (!p) return NULL;
    memcpy(p, dir, n);
    if (n && dir[n - 1] != '/') p[n++] = '/';
    memcpy(p + n, name, m);
    if (!has_dots(name)) return p;
    char *tidy = sx_path_tidy(p);
    free(p);
    return tidy;
}

char *sx_path_above(const char *path) {
    char *tidy = sx_path_tidy(path);
    const char *base = tidy ? sx_path_base(tidy) : NULL;
    if (!tidy) return NULL;
    const bool upwards = strcmp(base, ".") == 0 || strcmp(base, "..") == 0;
    char *above = upwards ? sx_path_join(tidy, "..") : sx_path_folder(tidy);
    free(tidy);
    return above;
}
