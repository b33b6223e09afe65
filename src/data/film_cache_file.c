#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/context_impl.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/writer.h"
#include "data/film_cache_impl.h"
#include "data/parallel_each.h"

/* Head, pixels of each film, records, tail. The tail is written last and completes the file. */
typedef struct head {
    char magic[8];
    uint32_t order, version;
    uint64_t key, count;
    uint8_t rest[32];
} head;

typedef struct tail {
    uint64_t records; /* offset */
    uint64_t key, count;
    uint32_t crc; /* of the records */
    uint32_t order;
    char magic[8];
} tail;

_Static_assert(sizeof(head) == 64 && sizeof(sx_cache_record) == 56 && sizeof(tail) == 40,
               "no padding");

/* VERSION changes with the layout of the file, and with how films are decoded: from 2 on pictures
 * are turned as their Exif block says. */
enum { VERSION = 2, ALIGN = 64, ORDER = 0x01020304 };
static const char magic[9] = "SXFILMS\n";

uint32_t sx_cache_crc(const void *bytes, size_t n) {
    return (uint32_t)crc32_z(0, bytes, n);
}

/* ---- reading ---- */

static bool good_record(const sx_cache_record *r, uint64_t end) {
    if (r->width == 0) return true;
    if (r->width < 1 || r->height < 1 || r->width > SX_IMAGE_MAX_SIDE ||
        r->height > SX_IMAGE_MAX_SIDE || r->film_width < 1 || r->film_height < 1 ||
        (r->channels != 1 && r->channels != 3))
        return false;
    return r->offset >= sizeof(head) && r->offset <= end && sx_cache_bytes(r) <= end - r->offset;
}

static bool good_head(const head *h, uint64_t key, size_t count) {
    return memcmp(h->magic, magic, 8) == 0 && h->order == ORDER && h->version == VERSION &&
           h->key == key && h->count == count;
}

/* `size`: of the file; `bytes`: of the records. */
static bool good_tail(const tail *t, uint64_t key, size_t count, uint64_t size, size_t bytes) {
    return memcmp(t->magic, magic, 8) == 0 && t->order == ORDER && t->key == key &&
           t->count == count && t->records % ALIGN == 0 && t->records >= sizeof(head) &&
           t->records <= size - sizeof *t && size - sizeof *t - t->records == bytes;
}

/* On the heap; NULL: the file is damaged, or out of memory. */
static sx_cache_record *read_records(const sx_file_parts *f, uint64_t key, size_t count) {
    head h;
    tail t;
    size_t bytes;
    if (f->size < sizeof h + sizeof t || !sx_mul_size(count, sizeof(sx_cache_record), &bytes) ||
        !sx_file_parts_read(f, 0, &h, sizeof h) ||
        !sx_file_parts_read(f, f->size - sizeof t, &t, sizeof t) || !good_head(&h, key, count) ||
        !good_tail(&t, key, count, f->size, bytes))
        return NULL;
    sx_cache_record *r = sx_calloc(count + 1, sizeof *r);
    bool ok = r && sx_file_parts_read(f, t.records, r, bytes) && sx_cache_crc(r, bytes) == t.crc;
    for (size_t i = 0; ok && i < count; i++)
        ok = good_record(&r[i], t.records);
    if (ok) return r;
    free(r);
    return NULL;
}

sx_cache_file sx_cache_open_file(const char *path, uint64_t key, size_t count) {
    sx_cache_file c = { .file.fd = -1 };
    if (!sx_path_exists(path) || !sx_file_parts_open(&c.file, path, NULL)) return c;
    c.records = read_records(&c.file, key, count);
    if (!c.records) sx_file_parts_close(&c.file);
    return c;
}

void sx_cache_close_file(sx_cache_file *f) {
    if (f->records) sx_file_parts_close(&f->file);
    free(f->records);
    f->records = NULL;
}

bool sx_cache_read_pixels(const sx_cache_file *f, const sx_cache_record *r, uint8_t **pixels) {
    const size_t n = sx_cache_bytes(r);
    *pixels = sx_calloc(n, 1);
    if (!*pixels) return true;
    if (sx_file_parts_read(&f->file, r->offset, *pixels, n) && sx_cache_crc(*pixels, n) == r->crc)
        return true;
    free(*pixels);
    *pixels = NULL;
    return false;
}

/* ---- making ---- */

typedef struct maker {
    const sx_film_cache_options *o;
    const sx_cache_file *old;
    sx_cache_record *records; /* [count] */
    size_t first;             /* of this round */
    sx_fitted *film;          /* [round]: read again; no pixels: copied, or not readable */
    uint8_t **kept;           /* [round] pixels from the old file */
    sx_writer *out;
    uint64_t at;
    size_t decoded;
} maker;

/* The film's pixels in the old file; NULL: the film has changed, or they are damaged. */
static uint8_t *still_good(const maker *m, size_t i) {
    if (!m->old->records) return NULL;
    const sx_cache_record *was = &m->old->records[i], *is = &m->records[i];
    if (was->width == 0 || was->path != is->path || was->size != is->size ||
        was->changed != is->changed)
        return NULL;
    uint8_t *pixels;
    return sx_cache_read_pixels(m->old, was, &pixels) ? pixels : NULL;
}

static bool read_one(void *ctx, size_t k, sx_error *err) {
    maker *m = ctx;
    const size_t i = m->first + k;
    sx_error why = { 0 };
    sx_cache_record *r = &m->records[i];
    m->kept[k] = still_good(m, i);
    if (m->kept[k]) {
        *r = m->old->records[i];
        return true;
    }
    if (!sx_fit_film(m->o->paths[i], m->o->pixels, &m->o->fit, m->o->notes, &m->film[k], &why))
        return why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
    const sx_fitted *f = &m->film[k];
    r->width = f->image.width;
    r->height = f->image.height;
    r->channels = f->image.channels;
    r->film_width = f->film_width;
    r->film_height = f->film_height;
    r->crc = sx_cache_crc(f->image.data, sx_image_bytes(&f->image));
    return true;
}

static bool put_bytes(maker *m, const void *bytes, size_t n, sx_error *err) {
    static const uint8_t zeros[ALIGN];
    const size_t odd = (size_t)(-n % ALIGN);
    m->at += n + odd;
    return sx_writer_put(m->out, bytes, n, err) && sx_writer_put(m->out, zeros, odd, err);
}

static bool write_round(maker *m, size_t n, sx_error *err) {
    for (size_t k = 0; k < n; k++) {
        sx_cache_record *r = &m->records[m->first + k];
        const void *pixels = m->kept[k] ? m->kept[k] : m->film[k].image.data;
        if (r->width == 0) continue;
        m->decoded += m->kept[k] == NULL;
        r->offset = m->at;
        if (!put_bytes(m, pixels, sx_cache_bytes(r), err)) return false;
    }
    return true;
}

static bool make_rounds(maker *m, size_t round, sx_error *err) {
    bool ok = true;
    for (m->first = 0; ok && m->first < m->o->count; m->first += round) {
        const size_t left = m->o->count - m->first, n = left < round ? left : round;
        ok = sx_parallel_each(m->o->context, n, read_one, m, m->o->progress, err) &&
             write_round(m, n, err);
        for (size_t k = 0; k < n; k++) {
            sx_image_free(&m->film[k].image);
            free(m->kept[k]);
            m->kept[k] = NULL;
        }
    }
    return ok;
}

static bool write_all(maker *m, size_t round, uint64_t key, sx_error *err) {
    const size_t bytes = m->o->count * sizeof *m->records;
    head h = { .order = ORDER, .version = VERSION, .key = key, .count = m->o->count };
    memcpy(h.magic, magic, 8);
    if (!put_bytes(m, &h, sizeof h, err) || !make_rounds(m, round, err)) return false;
    tail t = { .records = m->at, .key = key, .count = m->o->count, .order = ORDER };
    memcpy(t.magic, magic, 8);
    t.crc = sx_cache_crc(m->records, bytes);
    return sx_writer_put(m->out, m->records, bytes, err) &&
           sx_writer_put(m->out, &t, sizeof t, err);
}

bool sx_cache_make(const sx_film_cache_options *o, const char *path, sx_claim *claim, uint64_t key,
                   const sx_cache_record *sources, const sx_cache_file *old, size_t *decoded,
                   sx_error *err) {
    enum { EACH = 4 }; /* films per thread and round, which bounds the memory */
    const size_t round = (size_t)sx_threads_of(o->context) * EACH;
    maker m = { .o = o, .old = old };
    const sx_writer_options how = { .claim = claim };
    m.records = sx_calloc_for(o->count, sizeof *m.records, "film cache", err);
    m.film = sx_calloc_for(round, sizeof *m.film, "film cache", err);
    m.kept = sx_calloc_for(round, sizeof *m.kept, "film cache", err);
    bool ok =
        m.records && m.film && m.kept && (m.out = sx_writer_open_with(path, &how, err)) != NULL;
    if (ok) {
        memcpy(m.records, sources, o->count * sizeof *m.records);
        ok = write_all(&m, round, key, err);
        if (ok)
            ok = sx_writer_commit(m.out, err);
        else
            sx_writer_abort(m.out);
    }
    *decoded = m.decoded;
    free(m.records);
    free(m.film);
    free(m.kept);
    return ok;
}
