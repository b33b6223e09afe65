/* The files of a folder and of those below it. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/film_name.h"
#include "base/run_results.h"
#include "base/stand_in.h"

/* *gone: there is no such folder. */
static bool list_dir(sx_paths *names, const char *dir, bool *gone, sx_error *err) {
    DIR *d = opendir(dir);
    *gone = !d && errno == ENOENT;
    if (!d) return sx_path_fail(err, dir, "open the folder");
    bool ok = true;
    for (struct dirent *e; ok && (errno = 0, e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.') continue;
        char *full = sx_path_join(dir, e->d_name);
        ok = full ? sx_paths_add(names, full, err)
                  : sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", dir);
        free(full);
        errno = 0;
    }
    if (ok && errno) ok = sx_fail_errno(err, dir, "read the folder");
    closedir(d);
    sx_paths_sort(names);
    return ok;
}

/* A folder that was there when the one above it was listed, and is gone, is no error. */
static bool list_for_walk(sx_paths *names, sx_paths *unread, const char *dir, bool below,
                          sx_error *err) {
    sx_error why = { 0 };
    bool gone;
    if (list_dir(names, dir, &gone, &why) || (gone && below)) return true;
    if (unread && why.code == SX_ERR_IO) return sx_paths_add(unread, dir, err);
    return sx_fail(err, why.code, "%s", why.message);
}

/* What earlier runs wrote in one of the folders above. */
typedef struct journal {
    const struct journal *above;
    const char *dir;
    sx_names names;
} journal;

typedef struct walk {
    sx_paths *files, *unread; /* unread NULL: a folder that cannot be read is an error */
    sx_paths *results;        /* the results of earlier runs; NULL: they are in `files` too */
    bool films;               /* the files that are not films do not matter */
    const sx_context *context;
    const journal *earlier;
} walk;

static bool is_result(const walk *w, const char *path) {
    for (const journal *r = w->earlier; r; r = r->above) {
        const char *name = path + strlen(r->dir);
        if (sx_names_find(&r->names, name + (*name == '/')) >= 0) return true;
    }
    return false;
}

/* A pipe, a device or a link to nothing. With the name of a film it is a film that is missing. */
static bool pass_over(const walk *w, const char *path, sx_error *err) {
    sx_error why = { 0 };
    if (sx_is_film_name(sx_path_base(path))) return sx_paths_add(w->unread, path, err);
    sx_paths_unread_error(path, &why);
    sx_log(w->context, SX_LOG_WARNING, "passed over: %s", why.message);
    return true;
}

static bool walk_entry(const walk *w, const char *path, sx_error *err);

static bool walk_folder(const walk *w, const char *dir, bool below, sx_error *err) {
    sx_paths names = { 0 };
    journal here = { .above = w->earlier, .dir = dir };
    walk inside = *w;
    bool ok = list_for_walk(&names, w->unread, dir, below, err);
    if (ok && w->results) ok = sx_run_results_read(dir, &here.names, err);
    if (here.names.count) inside.earlier = &here;
    for (size_t i = 0; ok && i < names.count; i++)
        ok = walk_entry(&inside, names.items[i], err);
    sx_names_free(&here.names);
    sx_paths_free(&names);
    return ok;
}

static bool pass_over_result(const walk *w, const char *path, sx_error *err) {
    sx_log(w->context, SX_LOG_DEBUG, "passed over: %s: a result of an earlier run", path);
    return sx_paths_add(w->results, path, err);
}

/* A file that was removed since its folder was listed is no error, and a link to a folder is not
 * followed. */
static bool walk_entry(const walk *w, const char *path, sx_error *err) {
    struct stat named, st;
    if (lstat(path, &named) != 0 && (errno == ENOENT || errno == ENOTDIR)) return true;
    const bool known = stat(path, &st) == 0;
    const bool nothing = !known && (errno == ENOENT || errno == ENOTDIR);
    if (known && S_ISDIR(st.st_mode))
        return S_ISLNK(named.st_mode) || walk_folder(w, path, true, err);
    if (is_result(w, path)) return pass_over_result(w, path, err);
    const bool readable = known ? S_ISREG(st.st_mode) : !nothing || sx_pointer_link(path);
    return readable || !w->films ? sx_paths_add(w->files, path, err) : pass_over(w, path, err);
}

bool sx_paths_walk(sx_paths *p, const char *dir, sx_error *err) {
    const walk w = { .files = p };
    return walk_folder(&w, dir, false, err);
}

bool sx_paths_walk_set(sx_paths *p, sx_paths *unread, sx_paths *results, const char *dir,
                       sx_error *err) {
    const walk w = { .files = p, .unread = unread, .results = results };
    return walk_folder(&w, dir, false, err);
}

bool sx_paths_walk_films(sx_paths *p, sx_paths *unread, sx_paths *results, const char *dir,
                         const sx_context *context, sx_error *err) {
    const walk w = {
        .files = p, .unread = unread, .results = results, .films = true, .context = context
    };
    return walk_folder(&w, dir, false, err);
}

void sx_paths_unread_error(const char *path, sx_error *err) {
    sx_paths names = { 0 };
    struct stat st;
    bool gone;
    if (lstat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
        if (S_ISLNK(st.st_mode) && stat(path, &st) != 0)
            sx_fail_errno(err, path, "follow this link");
        else
            sx_fail(err, SX_ERR_IO, "%s: is a %s, not a file", path, sx_file_kind(st.st_mode));
    } else if (list_dir(&names, path, &gone, err)) {
        sx_fail(err, SX_ERR_IO, "%s: the folder could not be read", path);
    }
    sx_paths_free(&names);
}
