/* The size of the cache of pixels (pixel_cache.h), and which films leave it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/reading/pixel_cache.h"
#include "service/reading/pixel_cache_impl.h"

/* A film, or what is left of one. */
typedef struct cached_film {
    char sha256[65];
    uint64_t bytes;
    int64_t used; /* seconds since 1970: the newest of its files */
} cached_film;

typedef struct cached_films {
    cached_film *items;
    size_t count, room;
    uint64_t bytes;
} cached_films;

/* Files of one film follow one another only by chance, so its row is looked for; only the rows of
 * this folder, from `first` on, can be it. */
static cached_film *film_of(cached_films *c, size_t first, const char *name, sx_error *err) {
    for (size_t i = c->count; i-- > first;)
        if (strncmp(c->items[i].sha256, name, 64) == 0) return &c->items[i];
    if (c->count == c->room) {
        const size_t room = c->room ? 2 * c->room : 256;
        cached_film *more = sx_realloc(c->items, room, sizeof *more);
        if (!more) {
            sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of films");
            return NULL;
        }
        c->items = more;
        c->room = room;
    }
    cached_film *f = &c->items[c->count++];
    *f = (cached_film){ .used = INT64_MIN };
    memcpy(f->sha256, name, 64);
    return f;
}

static bool is_film_file(const char *name) {
    return strlen(name) > 65 && strspn(name, "0123456789abcdef") == 64 && name[64] == '.';
}

/* A file that is removed meanwhile is not counted. */
static bool list_one(cached_films *c, DIR *dir, sx_error *err) {
    const size_t first = c->count;
    for (const struct dirent *e; (e = readdir(dir));) {
        struct stat st;
        if (!is_film_file(e->d_name) ||
            fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        cached_film *f = film_of(c, first, e->d_name, err);
        if (!f) return false;
        f->bytes += (uint64_t)st.st_size;
        c->bytes += (uint64_t)st.st_size;
        if (st.st_mtime > f->used) f->used = st.st_mtime;
    }
    return true;
}

static bool list_films(const char *folder, cached_films *out, sx_error *err) {
    char path[SX_PIXEL_PATH];
    bool ok = true;
    for (int i = 0; ok && i < 256; i++) {
        if (sx_format(path, sizeof path, "%s/pixels/%02x", folder, i) >= (int)sizeof path)
            return sx_fail(err, SX_ERR_LIMIT, "the path of the service is too long");
        DIR *dir = opendir(path);
        if (!dir && errno == ENOENT) continue;
        if (!dir) return sx_fail_errno(err, path, "open");
        ok = list_one(out, dir, err);
        closedir(dir);
    }
    return ok;
}

bool sx_pixel_cache_bytes(const char *folder, uint64_t *bytes, sx_error *err) {
    cached_films c = { 0 };
    const bool ok = list_films(folder, &c, err);
    *bytes = c.bytes;
    free(c.items);
    return ok;
}

/* ---- removing ---- */

static int by_use(const void *a, const void *b) {
    const cached_film *x = a, *y = b;
    return x->used != y->used ? (x->used > y->used) - (x->used < y->used)
                              : strcmp(x->sha256, y->sha256);
}

/* The description first: where it is, the levels are. Nobody makes the film's files meanwhile. */
static bool remove_film(const char *folder, const cached_film *f, sx_error *err) {
    char path[SX_PIXEL_PATH];
    const sx_pixel_source s = { .folder = folder, .sha256 = f->sha256 };
    if (!sx_pixel_cache_path(&s, NULL, path, err)) return false;
    const int lock = sx_pixel_cache_lock(path, err);
    if (lock < 0) return false;
    bool ok = true;
    for (size_t i = 0; ok && sx_pixel_cache_parts[i]; i++)
        ok = sx_pixel_cache_path(&s, sx_pixel_cache_parts[i], path, err) &&
             (unlink(path) == 0 || errno == ENOENT || sx_fail_errno(err, path, "remove"));
    close(lock); /* unlocks */
    return ok;
}

bool sx_pixel_cache_trim(const char *folder, uint64_t most, sx_error *err) {
    cached_films c = { 0 };
    bool ok = list_films(folder, &c, err);
    if (ok && c.bytes > most) {
        qsort(c.items, c.count, sizeof *c.items, by_use);
        for (size_t i = 0; ok && i < c.count && c.bytes > most - most / 10; i++) {
            ok = remove_film(folder, &c.items[i], err);
            c.bytes -= c.items[i].bytes;
        }
    }
    free(c.items);
    return ok;
}

/* ---- once a minute ---- */

/* The time of this file is that of the last trim; its lock is held by the process that trims. */
bool sx_pixel_cache_trim_in_turn(const char *folder, uint64_t most, sx_error *err) {
    char path[SX_PIXEL_PATH];
    struct stat st;
    if (sx_format(path, sizeof path, "%s/pixels/trimmed", folder) >= (int)sizeof path)
        return sx_fail(err, SX_ERR_LIMIT, "the path of the service is too long");
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return sx_fail_errno(err, path, "open");
    bool ok = true;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
        (st.st_size == 0 || time(NULL) - st.st_mtime >= 60)) {
        ok = (st.st_size || write(fd, "\n", 1) == 1) && futimens(fd, NULL) == 0
                 ? sx_pixel_cache_trim(folder, most, err)
                 : sx_fail_errno(err, path, "write");
    }
    close(fd); /* unlocks */
    return ok;
}
