#define _GNU_SOURCE /* syncfs */
#include "base/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/stand_in.h"
#include "base/str.h"
#include "base/utf8.h"

/* ---- writing ---- */

FILE *sx_file_append(const char *path, sx_error *err) {
    struct stat st;
    const int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ok = fd >= 0 || sx_fail_errno(err, path, "write");
    ok = ok && ((fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) ||
                sx_fail(err, SX_ERR_IO, "%s: is not a regular file", path));
    ok = ok &&
         (st.st_nlink <= 1 ||
          sx_fail(err, SX_ERR_IO,
                  "%s: has another name too (a hard link): not written to; make it a copy", path));
    FILE *f = ok ? fdopen(fd, "a") : NULL;
    if (ok && !f) sx_fail_errno(err, path, "write");
    if (fd >= 0 && !f) close(fd);
    return f;
}

bool sx_sync_folder(const char *path, sx_error *err) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return sx_fail_errno(err, path, "open the folder");
    bool ok = syncfs(fd) == 0 || sx_fail_errno(err, path, "write");
    close(fd);
    return ok;
}

/* Where a folder cannot be opened or synced, nothing can be done, and the name is there. */
bool sx_sync_name(const char *path, sx_error *err) {
    char *folder = sx_path_folder(path);
    const int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    const bool ok =
        fd < 0 || fsync(fd) == 0 || errno == EINVAL || sx_fail_errno(err, path, "write");
    if (fd >= 0) close(fd);
    free(folder);
    return ok;
}

bool sx_remove_folder(const char *path, sx_error *err) {
    DIR *d = opendir(path);
    if (!d) return errno == ENOENT || sx_fail_errno(err, path, "remove");
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d));) {
        struct stat st;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        char *full = sx_path_join(path, e->d_name);
        ok = full || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
        if (ok && lstat(full, &st) == 0 && S_ISDIR(st.st_mode))
            ok = sx_remove_folder(full, err);
        else if (ok)
            ok = unlink(full) == 0 || sx_fail_errno(err, full, "remove");
        free(full);
    }
    closedir(d);
    return ok && (rmdir(path) == 0 || sx_fail_errno(err, path, "remove"));
}

/* ---- paths ---- */

static bool is_absence(int number) {
    return number == ENOENT || number == ENOTDIR;
}

/* Shortens a path that does not exist to the longest part of it that does and copies that to
 * part[PATH_MAX]; its type, 0: there is none. Does not follow a link at its end. */
static mode_t find_existing(const char *path, char *part) {
    struct stat st;
    snprintf(part, PATH_MAX, "%s", path);
    for (size_t n = strlen(part); n > 0;) {
        if (lstat(part, &st) == 0) return st.st_mode;
        const bool slash = part[n - 1] == '/';
        while (n > 0 && (part[n - 1] == '/') == slash)
            n--;
        part[n] = '\0';
    }
    return 0;
}

/* The link to nothing, the pipe or the device on the way of a path that does not exist, in
 * part[PATH_MAX], and its type; 0: there is none. */
static mode_t find_obstacle(const char *path, char *part) {
    struct stat st;
    const mode_t mode = find_existing(path, part);
    if (S_ISLNK(mode)) return stat(part, &st) == 0 ? 0 : mode;
    return S_ISDIR(mode) || S_ISREG(mode) ? 0 : mode;
}

sx_presence sx_path_presence(const char *path) {
    struct stat st;
    char part[PATH_MAX];
    if (stat(path, &st) == 0) return SX_PATH_PRESENT;
    return is_absence(errno) && !find_obstacle(path, part) ? SX_PATH_ABSENT : SX_PATH_UNKNOWN;
}

bool sx_path_exists(const char *path) {
    return sx_path_presence(path) != SX_PATH_ABSENT;
}

bool sx_path_fail(sx_error *err, const char *path, const char *what) {
    char part[PATH_MAX];
    const int number = errno;
    if (!*path) return sx_fail(err, SX_ERR_IO, "cannot %s: the path is empty", what);
    const mode_t mode = is_absence(number) ? find_obstacle(path, part) : 0;
    errno = number;
    if (!mode) return sx_fail_errno(err, path, what);
    const bool whole = sx_path_length(path) == strlen(part);
    if (!S_ISLNK(mode))
        return sx_fail(err, SX_ERR_IO, "%s: cannot %s: %s is a %s, not a folder", path, what, part,
                       sx_file_kind(mode));
    if (whole) return sx_fail_errno(err, path, "follow this link");
    return sx_fail(err, SX_ERR_IO, "%s: cannot %s: the link %s leads nowhere", path, what, part);
}

bool sx_same_file(const char *a, const char *b) {
    struct stat s, t;
    return stat(a, &s) == 0 && stat(b, &t) == 0 && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

bool sx_file_identity(const char *path, char *text, size_t size) {
    struct stat s;
    if (stat(path, &s) != 0) return false;
    const int n = snprintf(text, size, "%ju:%ju", (uintmax_t)s.st_dev, (uintmax_t)s.st_ino);
    return n > 0 && (size_t)n < size;
}

/* Shortens a path to its folder; false: it names something in the current folder. */
static bool to_parent(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash) return false;
    slash[slash == path] = '\0';
    return true;
}

/* The nearest folder above the path that exists, without links, on the heap. */
static char *real_parent(const char *path) {
    char *at = sx_strdup(path), *real = NULL;
    bool more = at != NULL;
    while (more && !real) {
        more = to_parent(at) && strcmp(at, "/") != 0;
        real = realpath(more ? at : *path == '/' ? "/" : ".", NULL);
    }
    free(at);
    return real;
}

/* Appends the parts of a path that does not exist; "..": without the last part. */
static void append_parts(sx_str *to, const char *parts) {
    for (size_t n; *parts; parts += n + (parts[n] == '/')) {
        n = strcspn(parts, "/");
        if (n == 0 || (n == 1 && parts[0] == '.')) continue;
        if (n == 2 && parts[0] == '.' && parts[1] == '.') {
            char *slash = to->data ? strrchr(to->data, '/') : NULL;
            if (!slash) continue; /* the root */
            *slash = '\0';
            to->len = (size_t)(slash - to->data);
            continue;
        }
        sx_str_add(to, "/");
        sx_str_append(to, parts, n);
    }
}

char *sx_path_real(const char *path) {
    char *at = sx_strdup(path), *real = NULL;
    size_t known = at ? strlen(at) : 0; /* bytes of the path that may exist */
    sx_str whole = { 0 };
    while (at && !real) {
        at[known] = '\0';
        real = realpath(known ? at : *path == '/' ? "/" : ".", NULL);
        if (real || known == 0) break;
        const char *slash = strrchr(at, '/');
        known = slash ? (size_t)(slash - at) : 0;
    }
    if (real && strcmp(real, "/") != 0) sx_str_add(&whole, real);
    if (real) append_parts(&whole, path + known);
    if (real && whole.len == 0) sx_str_add(&whole, "/");
    const bool ok = real && !whole.failed;
    free(real);
    free(at);
    if (!ok) sx_str_free(&whole);
    return whole.data;
}

bool sx_same_path(const char *a, const char *b) {
    if (sx_same_file(a, b)) return true;
    char *real_a = sx_path_real(a), *real_b = sx_path_real(b);
    const bool same = real_a && real_b && strcmp(real_a, real_b) == 0;
    free(real_a);
    free(real_b);
    return same;
}

/* By the names alone, so that the folder need not exist. */
static bool is_named_below(const char *path, const char *folder) {
    char *real_path = sx_path_real(path), *real_folder = sx_path_real(folder);
    const size_t n = real_folder ? strlen(real_folder) : 0;
    const bool below =
        real_path && n && strncmp(real_path, real_folder, n) == 0 && real_path[n] == '/';
    free(real_path);
    free(real_folder);
    return below;
}

bool sx_path_is_below(const char *path, const char *folder) {
    char *at = real_parent(path), *slash;
    bool below = sx_same_file("/", folder) || is_named_below(path, folder);
    while (!below && at && (slash = strrchr(at, '/')) != NULL) {
        below = sx_same_file(at, folder);
        *slash = '\0';
    }
    free(at);
    return below;
}

bool sx_path_named(const char *text, char **path, sx_presence *presence, sx_error *err) {
    sx_str back = { 0 };
    sx_presence found = sx_path_presence(text);
    const char *which = text;
    *path = NULL;
    sx_utf8_unescape(&back, text);
    bool ok = !back.failed;
    if (ok && found != SX_PATH_PRESENT && strcmp(sx_str_text(&back), text) != 0) {
        const sx_presence other = sx_path_presence(sx_str_text(&back));
        if (other == SX_PATH_PRESENT || found == SX_PATH_ABSENT) {
            which = sx_str_text(&back);
            found = other;
        }
    }
    if (ok && found != SX_PATH_ABSENT) ok = (*path = sx_strdup(which)) != NULL;
    if (presence) *presence = found;
    sx_str_free(&back);
    return ok || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", text);
}

bool sx_path_is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool sx_path_check_dir(const char *path, sx_error *err) {
    struct stat st;
    if (sx_path_presence(path) == SX_PATH_ABSENT)
        return sx_fail(err, SX_ERR_IO, "%s: no such folder", path);
    if (stat(path, &st) != 0) return sx_path_fail(err, path, "open the folder");
    if (S_ISDIR(st.st_mode))
        return access(path, X_OK) == 0 || sx_path_fail(err, path, "enter the folder");
    return S_ISREG(st.st_mode) ? sx_fail(err, SX_ERR_IO, "%s: is not a folder", path)
                               : sx_fail(err, SX_ERR_IO, "%s: is a %s, not a folder", path,
                                         sx_file_kind(st.st_mode));
}

bool sx_make_dirs(const char *path, sx_error *err) {
    char *p = sx_strdup(path);
    if (!p) return sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    bool ok = true;
    for (char *s = p + 1; ok && *p; s++) {
        if (*s != '/' && *s != '\0') continue;
        char c = *s;
        *s = '\0';
        if (mkdir(p, 0777) != 0 && errno != EEXIST)
            ok = sx_fail_errno(err, path, "make the folder");
        *s = c;
        if (c == '\0') break;
    }
    free(p);
    if (ok && !sx_path_is_dir(path))
        return sx_fail(err, SX_ERR_IO, "%s: exists and is not a folder", path);
    return ok;
}

size_t sx_path_length(const char *path) {
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--;
    return n;
}

const char *sx_path_base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *sx_path_folder_above(const char *path, const char *end, size_t *n) {
    while (end > path) {
        const char *s = --end; /* the separator */
        while (s > path && s[-1] != '/')
            s--;
        *n = (size_t)(end - s);
        if (*n && !(*n == 1 && *s == '.')) return s;
        end = s;
    }
    *n = 0;
    return NULL;
}

bool sx_path_has_ending(const char *path, const char *ending) {
    const char *base = sx_path_base(path);
    const size_t n = strlen(base), m = strlen(ending);
    return n > m && sx_equal_letters(base + n - m, ending);
}

char *sx_path_folder(const char *path) {
    const size_t n = (size_t)(sx_path_base(path) - path);
    if (n == 0) return sx_strdup(".");
    char *folder = sx_strdup(path);
    if (folder) folder[n > 1 ? n - 1 : 1] = '\0';
    return folder;
}

char *sx_path_absolute(const char *path) {
    char folder[PATH_MAX];
    if (path[0] == '/' || !getcwd(folder, sizeof folder)) return sx_strdup(path);
    while (sx_starts_with(path, "./"))
        path += 2;
    return sx_path_join(folder, path);
}

bool sx_paths_add(sx_paths *p, const char *path, sx_error *err) {
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 64;
        char **items = sx_realloc(p->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of files");
        p->items = items;
        p->cap = cap;
    }
    char *copy = sx_strdup(path);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of files");
    p->items[p->count++] = copy;
    return true;
}

void sx_paths_free(sx_paths *p) {
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i]);
    free(p->items);
    *p = (sx_paths){ 0 };
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void sx_paths_sort(sx_paths *p) {
    if (p->count) qsort(p->items, p->count, sizeof *p->items, by_bytes);
}
