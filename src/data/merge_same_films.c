#include "data/merge_collisions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "data/parallel_each.h"

typedef struct film_file {
    size_t set, film;
    long long size;
    bool wanted; /* a film of another set has a file of this size */
    sx_sha256 hash;
} film_file;

static int order(size_t a, size_t b) {
    return (a > b) - (a < b);
}

static int by_size(const void *a, const void *b) {
    const film_file *x = a, *y = b;
    if (x->size != y->size) return x->size < y->size ? -1 : 1;
    return x->set != y->set ? order(x->set, y->set) : order(x->film, y->film);
}

static int by_hash(const void *a, const void *b) {
    const film_file *x = a, *y = b;
    if (x->wanted != y->wanted) return x->wanted ? -1 : 1;
    const int c = strcmp(x->hash.hex, y->hash.hex);
    if (c) return c;
    return x->set != y->set ? order(x->set, y->set) : order(x->film, y->film);
}

typedef struct work {
    const sx_merge_options *o;
    film_file *files;
    size_t count;
} work;

static const sx_manifest_film *film_of(const sx_merge_options *o, const film_file *f) {
    return &o->sets[f->set].m->films[f->film];
}

/* The films that have a file. */
static size_t list_files(const sx_merge_options *o, film_file *files) {
    size_t count = 0;
    for (size_t s = 0; s < o->set_count; s++)
        for (size_t i = 0; i < o->sets[s].m->film_count; i++) {
            const char *path = o->sets[s].m->films[i].path;
            struct stat st;
            if (path && stat(path, &st) == 0)
                files[count++] = (film_file){ .set = s, .film = i, .size = st.st_size };
        }
    return count;
}

static void mark_equal_sizes(film_file *files, size_t count) {
    qsort(files, count, sizeof *files, by_size);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && files[end].size == files[i].size;)
            end++;
        /* sorted by set, so the last one belongs to another set if any does */
        for (size_t k = i; k < end; k++)
            files[k].wanted = files[end - 1].set != files[i].set;
    }
}

static bool hash_one(void *user, size_t i, sx_error *err) {
    work *w = user;
    film_file *f = &w->files[i];
    sx_file bytes;
    if (!f->wanted) return true;
    const char *path = film_of(w->o, f)->path;
    if (!sx_file_open(&bytes, path, err)) return false;
    const bool ok =
        sx_sha256_of(bytes.data, bytes.size, &f->hash, err) || sx_fail_in(err, "%s", path);
    sx_file_close(&bytes);
    return ok;
}

static bool tell(const work *w, const film_file *first, const film_file *second,
                 sx_merge_totals *totals, sx_error *err) {
    sx_str s = { 0 };
    sx_str_printf(&s, "%s/%s and %s/%s are the same film", w->o->sets[first->set].name,
                  film_of(w->o, first)->id, w->o->sets[second->set].name,
                  film_of(w->o, second)->id);
    const bool ok = sx_str_ok(&s, err) && sx_paths_add(&totals->same_films, s.data, err);
    sx_str_free(&s);
    return ok;
}

static bool compare(const work *w, bool *const *drop, sx_merge_totals *totals, sx_error *err) {
    qsort(w->files, w->count, sizeof *w->files, by_hash);
    for (size_t i = 0, end; i < w->count && w->files[i].wanted; i = end) {
        const film_file *first = &w->files[i];
        for (end = i + 1; end < w->count && w->files[end].wanted &&
                          strcmp(w->files[end].hash.hex, first->hash.hex) == 0;
             end++) {
            const film_file *f = &w->files[end];
            if (f->set == first->set) continue;
            drop[f->set][f->film] = true;
            if (!tell(w, first, f, totals, err)) return false;
        }
    }
    sx_paths_sort(&totals->same_films);
    return true;
}

bool sx_merge_same_films(const sx_merge_options *o, bool *const *drop, sx_merge_totals *totals,
                         sx_error *err) {
    size_t films = 0;
    for (size_t s = 0; s < o->set_count; s++)
        films += o->sets[s].m->film_count;
    work w = { .o = o, .files = sx_calloc_for(films + 1, sizeof *w.files, "films", err) };
    if (!w.files) return false;
    w.count = list_files(o, w.files);
    mark_equal_sizes(w.files, w.count);
    const bool ok = sx_parallel_each(o->context, w.count, hash_one, &w, o->progress, err) &&
                    compare(&w, drop, totals, err);
    free(w.files);
    return ok;
}
