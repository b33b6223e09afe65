#include "service/node/watch_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/writer.h"
#include "dicom/dataset.h"
#include "dicom/syntax.h"

enum { MOST_FILES = 100000, MOST_DEPTH = 16 };

/* ---- listing ---- */

static bool is_unfinished(const char *name) {
    static const char *const endings[] = { ".part", ".partial", ".tmp", ".filepart", "~" };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (sx_ends_with(name, endings[i])) return true;
    return name[0] == '.';
}

static void describe(const struct stat *st, sx_watched_file *f) {
    f->device = st->st_dev;
    f->inode = st->st_ino;
    f->size = st->st_size;
    f->changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static bool add_file(sx_watched_files *list, const char *path, const struct stat *st, int64_t now,
                     sx_error *err) {
    sx_watched_file f = { .since = now };
    sx_watched_file *items = sx_realloc(list->items, list->count + 1, sizeof *items);
    if (items) list->items = items;
    f.path = items ? sx_strdup(path) : NULL;
    if (!f.path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of files");
    describe(st, &f);
    items[list->count++] = f;
    return true;
}

static bool list_folder(const char *folder, int depth, int64_t now, sx_watched_files *list,
                        sx_error *err);

/* A name that is gone again is no error. */
static bool list_name(int at, const char *folder, const char *name, int depth, int64_t now,
                      sx_watched_files *list, sx_error *err) {
    struct stat st;
    if (is_unfinished(name) || (depth == 0 && strcmp(name, "refused") == 0) ||
        fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return true;
    char *path = sx_path_join(folder, name);
    if (!path) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    bool ok = true;
    if (S_ISREG(st.st_mode))
        ok = list->count >= MOST_FILES || add_file(list, path, &st, now, err);
    else if (depth < MOST_DEPTH)
        ok = list_folder(path, depth + 1, now, list, err);
    free(path);
    return ok;
}

/* Folders below that cannot be read are passed over: others may be making or removing them. */
static bool list_folder(const char *folder, int depth, int64_t now, sx_watched_files *list,
                        sx_error *err) {
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0);
    const int fd = open(folder, flags);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    bool ok = true;
    if (!d) {
        ok = depth > 0 || sx_fail_errno(err, folder, "open the folder");
        if (fd >= 0) close(fd);
        return ok;
    }
    for (struct dirent *e; ok && (e = readdir(d));)
        ok = list_name(fd, folder, e->d_name, depth, now, list, err);
    closedir(d);
    return ok;
}

static int by_path(const void *a, const void *b) {
    return strcmp(((const sx_watched_file *)a)->path, ((const sx_watched_file *)b)->path);
}

bool sx_watched_list(const char *folder, int64_t now, sx_watched_files *out, sx_error *err) {
    *out = (sx_watched_files){ NULL, 0 };
    if (!list_folder(folder, 0, now, out, err)) {
        sx_watched_free(out);
        return false;
    }
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_path);
    return true;
}

void sx_watched_free(sx_watched_files *files) {
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].path);
    free(files->items);
    *files = (sx_watched_files){ NULL, 0 };
}

bool sx_watched_same(const sx_watched_file *a, const sx_watched_file *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed == b->changed;
}

/* ---- one file ---- */

static bool is_still(const sx_watched_file *f, const struct stat *st) {
    sx_watched_file now = *f;
    describe(st, &now);
    return S_ISREG(st->st_mode) && sx_watched_same(f, &now);
}

static bool copy_bytes(int from, int to, const char *path, const char *copy, sx_error *err) {
    enum { PIECE = 1 << 18 };
    char *buffer = sx_calloc_for(PIECE, 1, "a copy of a file", err);
    bool ok = buffer != NULL;
    for (ssize_t n = 1; ok && n > 0;) {
        n = read(from, buffer, PIECE);
        if (n < 0 && errno == EINTR) {
            n = 1;
            continue;
        }
        if (n < 0) ok = sx_fail_errno(err, path, "read");
        for (ssize_t done = 0; ok && done < n;) {
            const ssize_t put = write(to, buffer + done, (size_t)(n - done));
            if (put < 0 && errno != EINTR) ok = sx_fail_errno(err, copy, "write");
            if (put > 0) done += put;
        }
    }
    free(buffer);
    return ok;
}

bool sx_watched_copy(const sx_watched_file *f, const char *to, bool *changed, sx_error *err) {
    struct stat st;
    const int from = open(f->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    *changed = from < 0 && (errno == ENOENT || errno == ELOOP);
    if (*changed) return true;
    if (from < 0) return sx_fail_errno(err, f->path, "open");
    const int copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok = copy >= 0 || sx_fail_errno(err, to, "create");
    if (ok) *changed = fstat(from, &st) != 0 || !is_still(f, &st);
    ok = ok && (*changed || copy_bytes(from, copy, f->path, to, err));
    if (ok && !*changed) *changed = fstat(from, &st) != 0 || !is_still(f, &st);
    if (copy >= 0 && close(copy) != 0 && ok) ok = sx_fail_errno(err, to, "write");
    close(from);
    if (copy >= 0 && (!ok || *changed)) (void)unlink(to);
    return ok;
}

bool sx_watched_remove(const sx_watched_file *f) {
    struct stat st;
    if (lstat(f->path, &st) != 0) return errno == ENOENT;
    return is_still(f, &st) && unlink(f->path) == 0;
}

/* A name in the folder that is free, together with that of its text. */
static char *free_name(const char *folder, const char *name) {
    for (int i = 1; i < 10000; i++) {
        sx_str path = { 0 };
        sx_str_printf(&path, "%s/%s", folder, name);
        if (i > 1) sx_str_printf(&path, "-%d", i);
        const size_t n = path.len;
        bool taken = path.failed || sx_path_exists(path.data);
        sx_str_add(&path, ".txt");
        taken = taken || path.failed || sx_path_exists(path.data);
        if (!taken) {
            path.data[n] = '\0';
            return path.data;
        }
        const bool failed = path.failed;
        sx_str_free(&path);
        if (failed) return NULL;
    }
    return NULL;
}

static bool move_with_text(const sx_watched_file *f, const char *to, const char *why,
                           sx_error *err) {
    sx_str name = { 0 }, text = { 0 };
    sx_str_printf(&name, "%s.txt", to);
    sx_str_printf(&text, "%s\n%s\n", f->path, why);
    bool ok = sx_str_ok(&name, err) && sx_str_ok(&text, err) &&
              sx_write_file(name.data, text.data, text.len, err);
    if (ok && rename(f->path, to) != 0) {
        ok = sx_fail_errno(err, to, "rename the file");
        (void)unlink(name.data);
    }
    sx_str_free(&name);
    sx_str_free(&text);
    return ok;
}

bool sx_watched_refuse(const sx_watched_file *f, const char *folder, const char *why,
                       sx_error *err) {
    char *refused = sx_path_join(folder, "refused");
    bool ok = refused || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path");
    ok = ok && sx_make_dirs(refused, err);
    char *to = ok ? free_name(refused, sx_path_base(f->path)) : NULL;
    if (ok && !to) ok = sx_fail(err, SX_ERR_IO, "%s: there is no free name in it", refused);
    ok = ok && move_with_text(f, to, why, err);
    free(refused);
    free(to);
    return ok;
}

/* ---- whole files ---- */

/* Whether objects of a modality have no pixels: what comes back of our results. */
static bool is_document(const sx_dataset *d) {
    char modality[20];
    sx_dataset_text(d, SX_TAG(0x0008, 0x0060), 0, modality, sizeof modality);
    return strcmp(modality, "SR") == 0 || strcmp(modality, "PR") == 0 ||
           strcmp(modality, "KO") == 0;
}

static bool has_all_pixels(const sx_dataset *d) {
    const sx_element *pixels = sx_dataset_find(d, SX_TAG_PIXEL_DATA);
    size_t used;
    bool delimited = false;
    if (!pixels) return is_document(d);
    if (!pixels->undefined) return d->claimed <= pixels->n;
    return sx_dataset_walk(d, &used, &delimited, NULL) && delimited;
}

static bool is_deflated(const sx_part10 *p) {
    const sx_syntax *syntax = sx_syntax_find(p->transfer_syntax);
    return syntax && syntax->deflated;
}

static bool is_whole(const sx_file *f) {
    enum { SHORTEST = 1024 }; /* the beginning of any film is longer */
    sx_part10 p;
    sx_dataset d;
    if (!sx_part10_read(&p, f->data, f->size, NULL)) return false;
    if (!p.is_dicom || is_deflated(&p)) return f->size >= SHORTEST;
    if (!sx_dataset_read(&d, f->data + p.dataset, f->size - p.dataset, p.explicit_vr, p.big_endian,
                         true, NULL))
        return false;
    const bool whole = has_all_pixels(&d);
    sx_dataset_free(&d);
    return whole;
}

bool sx_is_whole_instance(const char *path) {
    sx_file f;
    if (!sx_file_open(&f, path, NULL)) return true; /* its reader says why */
    const bool whole = is_whole(&f);
    sx_file_close(&f);
    return whole;
}
