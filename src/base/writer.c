#define _GNU_SOURCE /* O_TMPFILE */
#include "base/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/mem.h"

struct sx_writer {
    FILE *out;
    char *path;
    char *temporary; /* path of the named file; NULL: it has no name yet */
    char name[SX_CLAIM_NAME];
    sx_claim *own; /* if the caller has none; opened for the first temporary name */
    sx_writer_options options;
};

/* The claim that lists temporary names. NULL: another process writes this very file, or the claim
 * cannot be made; the name is then not listed. */
static sx_claim *claim_of(sx_writer *w) {
    if (w->options.claim) return w->options.claim;
    char *folder = w->own ? NULL : sx_path_folder(w->path);
    if (folder && sx_path_is_dir(folder)) /* a claim would make it */
        w->own = sx_claim_open_name(w->path, "writing a file", NULL);
    free(folder);
    return w->own;
}

/* A new temporary name next to w->path, in w->name and w->temporary. */
static bool take_name(sx_writer *w, sx_error *err) {
    sx_claim *c = claim_of(w);
    if (c ? !sx_claim_temporary(c, w->path, w->name, err) : !sx_claim_draw_name(w->name, err))
        return sx_fail_in(err, "%s", w->path);
    char *folder = sx_path_folder(w->path);
    w->temporary = folder ? sx_path_join(folder, w->name) : NULL;
    free(folder);
    return w->temporary || sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", w->path);
}

static void give_name_back(sx_writer *w) {
    sx_claim *c = w->options.claim ? w->options.claim : w->own;
    if (c && w->name[0]) sx_claim_done(c, w->name);
    free(w->temporary);
    w->temporary = NULL;
    w->name[0] = '\0';
}

static int open_nameless(const sx_writer *w, mode_t mode) {
    char *folder = w->options.named ? NULL : sx_path_folder(w->path);
    int fd = -1;
    if (folder && access("/proc/self/fd", X_OK) == 0)
        fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    free(folder);
    return fd;
}

/* O_EXCL: an existing link or file of another program is never written to. */
static int open_named(sx_writer *w, mode_t mode, sx_error *err) {
    for (int tries = 0; tries < 100; tries++) {
        if (!take_name(w, err)) return -1;
        const int fd =
            open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd >= 0) return fd;
        const int why = errno;
        give_name_back(w);
        errno = why;
        if (why != EEXIST) break;
    }
    sx_fail_errno(err, w->path, "write");
    return -1;
}

/* A device, a named pipe or a link that is replaced by a file is lost for those who use it. (A
 * folder is never replaced.) */
static bool check_target(const sx_writer *w, sx_error *err) {
    struct stat st;
    if (lstat(w->path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) return true;
    return sx_fail(err, SX_ERR_IO, "%s: is a %s and is not replaced by a file", w->path,
                   sx_file_kind(st.st_mode));
}

static bool open_file(sx_writer *w, sx_error *err) {
    if (!check_target(w, err)) return false;
    const mode_t mode = w->options.private_file ? 0600 : 0666;
    int fd = open_nameless(w, mode);
    if (fd < 0) fd = open_named(w, mode, err);
    if (fd < 0) return false;
    w->out = fdopen(fd, "wb");
    if (w->out) return true;
    sx_fail_errno(err, w->path, "write");
    close(fd);
    return false;
}

sx_writer *sx_writer_open_with(const char *path, const sx_writer_options *options, sx_error *err) {
    sx_writer *w = sx_calloc(1, sizeof *w);
    if (w) {
        w->options = *options;
        w->path = sx_strdup(path);
    }
    if (!w || !w->path)
        sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", path);
    else if (open_file(w, err))
        return w;
    sx_writer_abort(w);
    return NULL;
}

sx_writer *sx_writer_open(const char *path, sx_error *err) {
    return sx_writer_open_with(path, &(sx_writer_options){ 0 }, err);
}

void sx_writer_abort(sx_writer *w) {
    if (!w) return;
    if (w->out) fclose(w->out);
    if (w->temporary) unlink(w->temporary);
    give_name_back(w);
    sx_claim_close(w->own);
    free(w->path);
    free(w);
}

bool sx_writer_put(sx_writer *w, const void *bytes, size_t n, sx_error *err) {
    if (n == 0 || fwrite(bytes, 1, n, w->out) == n) return true;
    return sx_fail_errno(err, w->path, "write");
}

static bool sync_file(const sx_writer *w) {
    if (w->options.unsynced || fsync(fileno(w->out)) == 0) return true;
    return errno == EINVAL; /* not a file that can be synced */
}

/* errno: why the file did not get its name. */
static bool fail_place(const sx_writer *w, sx_error *err) {
    if (errno != EEXIST || !w->options.keep_existing) return sx_fail_errno(err, w->path, "write");
    return sx_fail(err, SX_ERR_IO, "%s: already exists and is not replaced", w->path);
}

/* Some file systems cannot rename without replacing; there, another program may still make the file
 * between the two calls. */
static bool rename_it(const sx_writer *w) {
    if (!w->options.keep_existing) return rename(w->temporary, w->path) == 0;
    if (renameat2(AT_FDCWD, w->temporary, AT_FDCWD, w->path, RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    errno = EEXIST;
    return !sx_path_exists(w->path) && rename(w->temporary, w->path) == 0;
}

/* An unnamed file gets its name directly, or, if a file of that name exists, a temporary name that
 * is then renamed, because linkat() does not replace files. */
static bool name_it(sx_writer *w, sx_error *err) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(w->out));
    if (linkat(AT_FDCWD, link, AT_FDCWD, w->path, AT_SYMLINK_FOLLOW) == 0) return true;
    if (errno != EEXIST || w->options.keep_existing) return fail_place(w, err);
    for (int tries = 0; tries < 100; tries++) {
        if (!take_name(w, err)) return false;
        if (linkat(AT_FDCWD, link, AT_FDCWD, w->temporary, AT_SYMLINK_FOLLOW) == 0) return true;
        const int why = errno;
        give_name_back(w);
        errno = why;
        if (why != EEXIST) break;
    }
    return sx_fail_errno(err, w->path, "write");
}

static bool put_in_place(sx_writer *w, sx_error *err) {
    if (!w->temporary && !name_it(w, err)) return false;
    if (w->temporary) {
        if (!check_target(w, err)) return false;
        if (!rename_it(w)) return fail_place(w, err);
        give_name_back(w);
    }
    return w->options.unsynced || sx_sync_name(w->path, err);
}

bool sx_writer_commit(sx_writer *w, sx_error *err) {
    bool ok = (fflush(w->out) == 0 && sync_file(w)) || sx_fail_errno(err, w->path, "write");
    ok = ok && put_in_place(w, err);
    if (fclose(w->out) != 0 && ok) ok = sx_fail_errno(err, w->path, "write");
    w->out = NULL;
    sx_writer_abort(w);
    return ok;
}

bool sx_write_file_with(const char *path, const void *bytes, size_t n,
                        const sx_writer_options *options, sx_error *err) {
    sx_writer *w = sx_writer_open_with(path, options, err);
    if (!w) return false;
    if (sx_writer_put(w, bytes, n, err)) return sx_writer_commit(w, err);
    sx_writer_abort(w);
    return false;
}

bool sx_write_file(const char *path, const void *bytes, size_t n, sx_error *err) {
    return sx_write_file_with(path, bytes, n, &(sx_writer_options){ 0 }, err);
}

bool sx_write_private_file(const char *path, const void *bytes, size_t n, sx_error *err) {
    return sx_write_file_with(path, bytes, n, &(sx_writer_options){ .private_file = true }, err);
}

bool sx_write_file_unsynced(const char *path, const void *bytes, size_t n, sx_error *err) {
    return sx_write_file_with(path, bytes, n, &(sx_writer_options){ .unsynced = true }, err);
}
