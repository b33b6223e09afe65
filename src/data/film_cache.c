#include "data/film_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/film_cache_impl.h"

struct sx_film_cache {
    const sx_context *context;
    char *path;
    sx_cache_file f;
    size_t count, decoded;
    atomic_bool *damaged; /* [count] */
};

/* ---- key ---- */

sx_cache_record sx_cache_source(const char *path) {
    sx_cache_record r = { 0 };
    struct stat st;
    char full[PATH_MAX];
    const char *name = realpath(path, full) ? full : path;
    r.path = sx_fnv1a(name, strlen(name));
    if (stat(path, &st) == 0) {
        r.size = (uint64_t)st.st_size;
        r.changed = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    }
    return r;
}

/* The program's version is part of the key: another version may decode differently. */
uint64_t sx_cache_key(const sx_film_cache_options *o, const sx_cache_record *sources) {
    char how[128];
    const int n = snprintf(how, sizeof how, "%s %d %d %d %d %d%s", SX_VERSION, (int)o->pixels,
                           o->fit.width, o->fit.height, o->fit.shorter, o->fit.longest,
                           o->fit.letterbox ? " letterbox" : "");
    uint64_t key = sx_fnv1a(how, (size_t)n);
    for (size_t i = 0; i < o->count; i++)
        key = sx_rng_u64(key, sources[i].path);
    return key;
}

static bool up_to_date(const sx_cache_file *f, const sx_cache_record *sources, size_t count) {
    for (size_t i = 0; f->records && i < count; i++)
        if (f->records[i].path != sources[i].path || f->records[i].size != sources[i].size ||
            f->records[i].changed != sources[i].changed)
            return false;
    return f->records != NULL;
}

/* ---- one process at a time ---- */

/* -1: the folder has no locks. Several processes may then make the file; the last one wins. */
static int take_lock(const char *path, const sx_context *context) {
    char name[PATH_MAX];
    const int length = snprintf(name, sizeof name, "%s.lock", path);
    if (length < 0 || (size_t)length >= sizeof name) return -1;
    const int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    for (bool said = false; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || sx_context_cancelled(context)) {
            close(fd);
            return -1;
        }
        if (!said)
            sx_log(context, SX_LOG_INFO, "%s: waiting for another process that is writing it",
                   path);
        said = true;
        nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    }
    return fd;
}

/* ---- opening ---- */

static bool open_or_make(sx_film_cache *c, const sx_film_cache_options *o, uint64_t key,
                         const sx_cache_record *sources, sx_error *err) {
    const int lock = take_lock(c->path, o->context);
    bool ok = true;
    c->f = sx_cache_open_file(c->path, key,
                              c->count); /* another process may have written it meanwhile */
    if (!up_to_date(&c->f, sources, c->count)) {
        sx_cache_file old = c->f;
        c->f = (sx_cache_file){ 0 };
        sx_claim *claim = lock >= 0 ? sx_claim_open_name(c->path, "film cache", NULL) : NULL;
        ok = sx_cache_make(o, c->path, claim, key, sources, &old, &c->decoded, err);
        sx_claim_close(claim);
        sx_cache_close_file(&old);
        if (ok) c->f = sx_cache_open_file(c->path, key, c->count);
        if (ok && !c->f.records) ok = sx_fail(err, SX_ERR_IO, "%s: cannot be read back", c->path);
    } else {
        sx_claim_sweep_name(c->path);
    }
    if (lock >= 0) close(lock);
    return ok;
}

sx_film_cache *sx_film_cache_open(const sx_film_cache_options *o, sx_error *err) {
    char name[48];
    sx_cache_record *sources = sx_calloc_for(o->count + 1, sizeof *sources, "film cache", err);
    sx_film_cache *c = sx_calloc_for(1, sizeof *c, "film cache", err);
    bool ok = sources && c;
    for (size_t i = 0; ok && i < o->count; i++)
        sources[i] = sx_cache_source(o->paths[i]);
    if (ok) {
        const uint64_t key = sx_cache_key(o, sources);
        snprintf(name, sizeof name, "films-%016llx.cache", (unsigned long long)key);
        c->count = o->count;
        c->context = o->context;
        c->path = sx_path_join(o->dir, name);
        c->damaged = sx_calloc_for(o->count + 1, sizeof *c->damaged, "film cache", err);
        if (!c->path) sx_fail(err, SX_ERR_MEMORY, "%s: out of memory", o->dir);
        ok = c->path && c->damaged && sx_make_dirs(o->dir, err);
        if (ok) c->f = sx_cache_open_file(c->path, key, c->count);
        if (ok && up_to_date(&c->f, sources, c->count)) {
            sx_claim_sweep_name(c->path); /* of a run that was killed after it had made the file */
        } else if (ok) {
            sx_cache_close_file(&c->f);
            ok = open_or_make(c, o, key, sources, err);
        }
    }
    free(sources);
    if (ok) return c;
    sx_film_cache_close(c);
    return NULL;
}

void sx_film_cache_close(sx_film_cache *c) {
    if (!c) return;
    sx_cache_close_file(&c->f);
    free(c->path);
    free(c->damaged);
    free(c);
}

/* ---- use ---- */

size_t sx_film_cache_count(const sx_film_cache *c) {
    return c->count;
}

size_t sx_film_cache_decoded(const sx_film_cache *c) {
    return c->decoded;
}

size_t sx_film_cache_unreadable(const sx_film_cache *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        n += c->f.records[i].width == 0;
    return n;
}

const char *sx_film_cache_path(const sx_film_cache *c) {
    return c->path;
}

static void report_damage(const sx_film_cache *c, size_t i) {
    if (atomic_exchange(&c->damaged[i], true)) return;
    sx_log(c->context, SX_LOG_WARNING,
           "%s: film %zu is damaged, its file is read instead; the next run makes a new one",
           c->path, i);
    (void)unlink(c->path);
}

bool sx_film_cache_get(const sx_film_cache *c, size_t i, sx_fitted *out) {
    if (i >= c->count || c->f.records[i].width == 0 || atomic_load(&c->damaged[i])) return false;
    const sx_cache_record *r = &c->f.records[i];
    uint8_t *pixels;
    if (!sx_cache_read_pixels(&c->f, r, &pixels)) report_damage(c, i);
    if (!pixels) return false;
    *out = (sx_fitted){ .image = { .width = r->width,
                                   .height = r->height,
                                   .channels = r->channels,
                                   .bits = 8,
                                   .data = pixels },
                        .film_width = r->film_width,
                        .film_height = r->film_height };
    return true;
}
