#include "service/reading/pixel_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/writer.h"
#include "service/reading/pixel_film.h"
#include "service/reading/pixel_level.h"

enum { PATH_ROOM = 4096 };

/* The description is written last: where it is, the levels are. */
static const char *const description = "json";
static const struct {
    const char *part;
    int level;
} levels[] = { { "8", 8 }, { "4", 4 }, { "1", 1 } };
enum { LEVELS = sizeof levels / sizeof *levels };

static bool is_part(const char *part) {
    for (int i = 0; i < LEVELS; i++)
        if (strcmp(levels[i].part, part) == 0) return true;
    return strcmp(part, description) == 0;
}

static bool is_sha256(const char *text) {
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* part NULL: the folder. */
static bool path_of(const sx_pixel_source *s, const char *part, char path[PATH_ROOM],
                    sx_error *err) {
    if (!is_sha256(s->sha256)) return sx_fail(err, SX_ERR_INTERNAL, "no SHA-256: %s", s->sha256);
    const int n = part ? sx_format(path, PATH_ROOM, "%s/pixels/%.2s/%s.%s", s->folder, s->sha256,
                                   s->sha256, part)
                       : sx_format(path, PATH_ROOM, "%s/pixels/%.2s", s->folder, s->sha256);
    return n < PATH_ROOM || sx_fail(err, SX_ERR_LIMIT, "the path of the service is too long");
}

/* ---- making ---- */

static bool write_part(const sx_pixel_source *s, const char *part, const sx_str *bytes,
                       sx_error *err) {
    static const sx_writer_options options = { .private_file = true, .unsynced = true };
    char path[PATH_ROOM];
    return path_of(s, part, path, err) &&
           sx_write_file_with(path, bytes->data, bytes->len, &options, err);
}

static bool write_parts(const sx_pixel_source *s, const sx_pixel_film *film, sx_error *err) {
    for (int i = 0; i < LEVELS; i++) {
        sx_str level = { 0 };
        const bool ok = sx_pixel_level_pack(film, levels[i].level, &level, err) &&
                        write_part(s, levels[i].part, &level, err);
        sx_str_free(&level);
        if (!ok) return false;
    }
    return write_part(s, description, &film->description, err);
}

static bool check_same_film(const sx_pixel_source *s, const sx_file *file, sx_error *err) {
    sx_sha256 now;
    if (!sx_sha256_of(file->data, file->size, &now, err)) return false;
    return strcmp(now.hex, s->sha256) == 0 ||
           sx_fail(err, SX_ERR_MISMATCH, "the file of this film has changed since its import");
}

static bool make_parts(const sx_pixel_source *s, sx_error *err) {
    sx_file file;
    sx_pixel_film film = { 0 };
    if (!sx_file_open(&file, s->film, err)) return false;
    bool ok = check_same_film(s, &file, err) &&
              sx_pixel_film_read(file.data, file.size, "the film", s->context, &film, err);
    sx_file_close(&file);
    ok = ok && write_parts(s, &film, err);
    sx_pixel_film_free(&film);
    return ok;
}

static bool exists(const sx_pixel_source *s, bool *found, sx_error *err) {
    char path[PATH_ROOM];
    if (!path_of(s, description, path, err)) return false;
    *found = access(path, F_OK) == 0;
    return true;
}

/* One film of a folder is made at a time: those who wait for it find it made. */
static int lock_folder(const char *path, sx_error *err) {
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

bool sx_pixel_cache_make(const sx_pixel_source *s, sx_error *err) {
    char path[PATH_ROOM];
    bool found;
    if (!exists(s, &found, err)) return false;
    if (found) return true;
    if (!path_of(s, NULL, path, err) || !sx_make_dirs(path, err)) return false;
    const int folder = lock_folder(path, err);
    if (folder < 0) return false;
    const bool ok = exists(s, &found, err) && (found || make_parts(s, err));
    close(folder); /* unlocks */
    return ok;
}

/* ---- reading ---- */

static bool open_part(const char *path, int *fd, uint64_t *size) {
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0) return false;
    if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *size = (uint64_t)st.st_size;
        return true;
    }
    close(*fd);
    return false;
}

bool sx_pixel_cache_open(const sx_pixel_source *s, const char *part, int *fd, uint64_t *size,
                         sx_error *err) {
    char path[PATH_ROOM];
    if (!is_part(part)) return sx_fail(err, SX_ERR_MISSING, "a film has no level %s", part);
    if (!path_of(s, part, path, err)) return false;
    if (open_part(path, fd, size)) return true;
    if (!sx_pixel_cache_make(s, err)) return false;
    return open_part(path, fd, size) || sx_fail_errno(err, path, "open");
}
