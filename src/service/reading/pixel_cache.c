#include "service/reading/pixel_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/writer.h"
#include "service/reading/folder_owner.h"
#include "service/reading/pixel_cache_impl.h"
#include "service/reading/pixel_film.h"
#include "service/reading/pixel_level.h"

/* The description is written last and removed first: where it is, the levels are. */
const char *const sx_pixel_cache_parts[] = { "json", "8", "4", "1", NULL };
enum { LEVELS = 3 };

static bool is_part(const char *part) {
    for (size_t i = 0; sx_pixel_cache_parts[i]; i++)
        if (strcmp(sx_pixel_cache_parts[i], part) == 0) return true;
    return false;
}

static bool is_sha256(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

bool sx_pixel_cache_path(const sx_pixel_source *s, const char *part, char path[SX_PIXEL_PATH],
                         sx_error *err) {
    if (!is_sha256(s->sha256)) return sx_fail(err, SX_ERR_INTERNAL, "no SHA-256: %s", s->sha256);
    const int n = part ? sx_format(path, SX_PIXEL_PATH, "%s/pixels/%.2s/%s.%s", s->folder,
                                   s->sha256, s->sha256, part)
                       : sx_format(path, SX_PIXEL_PATH, "%s/pixels/%.2s", s->folder, s->sha256);
    return n < SX_PIXEL_PATH || sx_fail(err, SX_ERR_LIMIT, "the path of the service is too long");
}

/* ---- making ---- */

static bool make_folders(const sx_pixel_source *s, sx_error *err) {
    char below[16];
    sx_format(below, sizeof below, "pixels/%.2s", s->sha256);
    return sx_make_folders_in(s->folder, below, err);
}

static bool write_part(const sx_pixel_source *s, const char *part, const sx_str *content,
                       uint64_t *bytes, sx_error *err) {
    static const sx_writer_options options = { .private_file = true, .unsynced = true };
    char path[SX_PIXEL_PATH];
    *bytes += content->len;
    return sx_pixel_cache_path(s, part, path, err) &&
           sx_write_file_with(path, content->data, content->len, &options, err) &&
           sx_give_to_owner_of(s->folder, path, err);
}

static bool write_parts(const sx_pixel_source *s, const sx_pixel_film *film, uint64_t *bytes,
                        sx_error *err) {
    for (int i = 1; i <= LEVELS; i++) {
        sx_str level = { 0 };
        const char *part = sx_pixel_cache_parts[i];
        const bool ok = sx_pixel_level_pack(film, part[0] - '0', &level, err) &&
                        write_part(s, part, &level, bytes, err);
        sx_str_free(&level);
        if (!ok) return false;
    }
    return write_part(s, sx_pixel_cache_parts[0], &film->description, bytes, err);
}

static bool check_same_film(const sx_pixel_source *s, const sx_file *file, sx_error *err) {
    sx_sha256 now;
    if (!sx_sha256_of(file->data, file->size, &now, err)) return false;
    return strcmp(now.hex, s->sha256) == 0 ||
           sx_fail(err, SX_ERR_MISMATCH, "the file of this film has changed since its import");
}

static bool read_and_write_parts(const sx_pixel_source *s, uint64_t *bytes, sx_error *err) {
    sx_file file;
    sx_pixel_film film = { 0 };
    if (!sx_file_open(&file, s->film, err)) return false;
    bool ok = check_same_film(s, &file, err) &&
              sx_pixel_film_read(file.data, file.size, "the film", s->context, &film, err);
    sx_file_close(&file);
    ok = ok && write_parts(s, &film, bytes, err);
    sx_pixel_film_free(&film);
    return ok;
}

/* A file that is not readable yet is being given to its owner. */
static bool exists(const sx_pixel_source *s, bool *found, sx_error *err) {
    char path[SX_PIXEL_PATH];
    if (!sx_pixel_cache_path(s, sx_pixel_cache_parts[0], path, err)) return false;
    *found = access(path, R_OK) == 0;
    return true;
}

int sx_pixel_cache_lock(const char *path, sx_error *err) {
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return sx_fail_errno(err, path, "open"), -1;
    while (flock(folder, LOCK_EX) != 0)
        if (errno != EINTR) {
            sx_fail_errno(err, path, "lock");
            close(folder);
            return -1;
        }
    return folder;
}

/* One film of a folder is made at a time: those who wait for it find it made. film NULL: it is
 * read. */
static bool make_parts(const sx_pixel_source *s, const sx_pixel_film *film, uint64_t *bytes,
                       sx_error *err) {
    char path[SX_PIXEL_PATH];
    bool found;
    *bytes = 0;
    if (!exists(s, &found, err)) return false;
    if (found) return true;
    if (!make_folders(s, err) || !sx_pixel_cache_path(s, NULL, path, err)) return false;
    const int folder = sx_pixel_cache_lock(path, err);
    if (folder < 0) return false;
    bool ok = exists(s, &found, err);
    if (ok && !found)
        ok = film ? write_parts(s, film, bytes, err) : read_and_write_parts(s, bytes, err);
    close(folder); /* unlocks */
    return ok;
}

bool sx_pixel_cache_put(const sx_pixel_source *s, const sx_pixel_film *film, uint64_t *bytes,
                        sx_error *err) {
    return make_parts(s, film, bytes, err);
}

/* ---- reading ---- */

/* The time of a file says when its film was last opened, to an hour. */
static void note_use(int fd, const struct stat *st) {
    if (time(NULL) - st->st_mtime >= 3600) (void)futimens(fd, NULL);
}

static bool open_part(const char *path, int *fd, uint64_t *size) {
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0) return false;
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) {
        note_use(*fd, &st);
        *size = (uint64_t)st.st_size;
        return true;
    }
    close(*fd);
    return false;
}

bool sx_pixel_cache_open(const sx_pixel_source *s, const char *part, int *fd, uint64_t *size,
                         sx_error *err) {
    char path[SX_PIXEL_PATH];
    uint64_t made;
    sx_error ignored;
    if (!is_part(part)) return sx_fail(err, SX_ERR_MISSING, "a film has no level %s", part);
    if (!sx_pixel_cache_path(s, part, path, err)) return false;
    /* the film may be removed between being made and being opened */
    for (int attempt = 0; attempt < 3; attempt++) {
        if (open_part(path, fd, size)) return true;
        if (!make_parts(s, NULL, &made, err)) return false;
        if (!made || !s->most_bytes) continue;
        const bool opened = open_part(path, fd, size);
        /* the film is shown even if others cannot be removed; a full disk is an alarm */
        (void)!sx_pixel_cache_trim_in_turn(s->folder, s->most_bytes, &ignored);
        if (opened) return true;
    }
    return open_part(path, fd, size) || sx_fail_errno(err, path, "open");
}
