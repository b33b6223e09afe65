/* PyTorch's file formats. Zip (since 1.6): <name>/data.pkl, and a stored member <name>/data/<key>
 * for each storage. Legacy: five pickles (magic number, version, system, object, list of keys),
 * then for each key the number of elements in 8 bytes, and the elements. A .pkl file is one pickle
 * with numpy arrays. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "tensor/checkpoint.h"
#include "tensor/zip.h"

/* ---- zip ---- */

typedef struct archive {
    sx_zip zip;
    sx_ptext prefix; /* "name/" */
} archive;

static const sx_zip_member *find_member(const archive *a, const char *dir, sx_ptext key,
                                        sx_error *err) {
    sx_str name = { 0 };
    sx_str_append(&name, a->prefix.data, a->prefix.n);
    sx_str_add(&name, dir);
    sx_str_append(&name, key.data, key.n);
    const sx_zip_member *m = NULL;
    if (sx_str_ok(&name, err)) {
        m = sx_zip_find(&a->zip, sx_str_text(&name), name.len);
        if (!m) {
            char text[96];
            sx_fail(err, SX_ERR_MISSING, "member %s is not in the zip archive",
                    sx_printable((const uint8_t *)sx_str_text(&name), name.len, text, sizeof text));
        }
    }
    sx_str_free(&name);
    return m;
}

static bool find_in_archive(void *ctx, const sx_pvalue *storage, const uint8_t **data,
                            size_t *bytes, sx_error *err) {
    const archive *a = ctx;
    const sx_zip_member *m = find_member(a, "data/", storage->storage.key, err);
    if (!m || !sx_zip_data(&a->zip, m, data, err)) return false;
    *bytes = (size_t)m->size;
    return true;
}

/* The member whose name is or ends in /data.pkl. */
static const sx_zip_member *find_pickle(archive *a, sx_error *err) {
    static const char name[] = "data.pkl";
    const size_t n = sizeof name - 1;
    for (size_t i = 0; i < a->zip.count; i++) {
        const sx_zip_member *m = &a->zip.members[i];
        if (m->name_length < n || memcmp(m->name + m->name_length - n, name, n) != 0) continue;
        a->prefix = (sx_ptext){ .data = (const uint8_t *)m->name, .n = m->name_length - n };
        if (a->prefix.n == 0 || a->prefix.data[a->prefix.n - 1] == '/') return m;
    }
    sx_fail(err, SX_ERR_MISSING, "the zip archive holds no data.pkl: it is no PyTorch checkpoint");
    return NULL;
}

static bool check_byte_order(const archive *a, sx_error *err) {
    static const char order[] = "byteorder";
    const uint8_t *data;
    const sx_zip_member *m = find_member(
        a, "", (sx_ptext){ .data = (const uint8_t *)order, .n = sizeof order - 1 }, NULL);
    if (!m) return true; /* files before PyTorch 2.1 have none */
    if (!sx_zip_data(&a->zip, m, &data, err)) return false;
    if (m->size == 6 && memcmp(data, "little", 6) == 0) return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED, "its numbers are not little-endian");
}

static bool read_archive(sx_weights *w, archive *a, sx_pickle *p, sx_error *err) {
    const uint8_t *data;
    const sx_zip_member *m = find_pickle(a, err);
    if (!m || !sx_zip_data(&a->zip, m, &data, err) || !check_byte_order(a, err)) return false;
    const sx_pvalue *root = sx_pickle_read(p, data, (size_t)m->size, NULL, err);
    const sx_storages storages = { find_in_archive, a };
    return root && sx_checkpoint_collect(w, root, &storages, a->zip.n, err);
}

bool sx_read_torch_zip(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) {
    archive a = { 0 };
    sx_pickle *p = sx_pickle_new(err);
    bool ok = p && sx_zip_open(&a.zip, bytes, n, err) && read_archive(w, &a, p, err);
    sx_zip_close(&a.zip);
    sx_pickle_free(p);
    return ok;
}

/* ---- legacy ---- */

typedef struct region {
    sx_ptext key;
    sx_dtype dtype;
    const uint8_t *data; /* NULL until it is found */
    size_t bytes;
} region;

typedef struct legacy {
    region *regions; /* by rising key */
    size_t count;
} legacy;

static int by_key(const void *a, const void *b) {
    const sx_ptext *x = &((const region *)a)->key, *y = &((const region *)b)->key;
    int c = memcmp(x->data, y->data, x->n < y->n ? x->n : y->n);
    return c ? c : (x->n > y->n) - (x->n < y->n);
}

static region *find_region(const legacy *l, sx_ptext key) {
    const region wanted = { .key = key };
    return l->count ? bsearch(&wanted, l->regions, l->count, sizeof wanted, by_key) : NULL;
}

static bool find_in_legacy(void *ctx, const sx_pvalue *storage, const uint8_t **data, size_t *bytes,
                           sx_error *err) {
    const region *r = find_region(ctx, storage->storage.key);
    if (!r || !r->data) return sx_fail(err, SX_ERR_MISSING, "its storage is not in the file");
    if (r->dtype != storage->storage.dtype)
        return sx_fail(err, SX_ERR_FORMAT, "its storage has two number types");
    *data = r->data;
    *bytes = r->bytes;
    return true;
}

static bool list_regions(legacy *l, const sx_pickle *p, sx_error *err) {
    const sx_pvalue *const *named;
    size_t n = sx_pickle_storages(p, &named);
    l->regions = sx_calloc_for(n, sizeof *l->regions, "storages", err);
    if (!l->regions) return false;
    for (size_t i = 0; i < n; i++)
        l->regions[i] = (region){ .key = named[i]->storage.key, .dtype = named[i]->storage.dtype };
    if (n) qsort(l->regions, n, sizeof *l->regions, by_key);
    for (size_t i = 0; i < n; i++)
        if (l->count == 0 || by_key(&l->regions[l->count - 1], &l->regions[i]) != 0)
            l->regions[l->count++] = l->regions[i];
    return true;
}

/* The element counts and elements behind the last pickle, in the order of its keys. */
static bool place_regions(legacy *l, const sx_pvalue *keys, const uint8_t *at, size_t left,
                          sx_error *err) {
    if (keys->kind != SX_P_LIST)
        return sx_fail(err, SX_ERR_FORMAT, "its list of storages is no list");
    for (size_t i = 0; i < keys->items.n; i++) {
        const sx_pvalue *key = keys->items.at[i];
        region *r = NULL;
        if (key->kind == SX_P_TEXT || key->kind == SX_P_BYTES) r = find_region(l, key->text);
        if (!r || r->data)
            return sx_fail(err, SX_ERR_FORMAT,
                           "storage %zu of its list is not in use, or there twice", i);
        uint64_t count = 0;
        for (size_t b = 8; left >= 8 && b-- > 0;)
            count = count << 8 | at[b];
        if (left < 8 || count > (left - 8) / sx_dtype_size(r->dtype))
            return sx_fail(err, SX_ERR_FORMAT, "truncated: storage %zu of %zu breaks off", i,
                           keys->items.n);
        r->data = at + 8;
        r->bytes = (size_t)count * sx_dtype_size(r->dtype);
        at += 8 + r->bytes;
        left -= 8 + r->bytes;
    }
    return true;
}

static bool check_system(const sx_pvalue *version, const sx_pvalue *system, sx_error *err) {
    const sx_pvalue *little = sx_pickle_get(system, "little_endian");
    if (version->kind != SX_P_INT || version->i != 1001)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "this version of PyTorch's legacy format is not known");
    if (!little || little->kind != SX_P_BOOL || !little->i)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "its numbers are not little-endian");
    return true;
}

/* at: after the magic number */
static bool read_legacy(sx_weights *w, sx_pickle *p, const uint8_t *bytes, size_t n, size_t at,
                        sx_error *err) {
    enum { VERSION, SYSTEM, ROOT, KEYS, PARTS };
    const sx_pvalue *parts[PARTS];
    for (int i = 0; i < PARTS; i++) {
        size_t used;
        parts[i] = sx_pickle_read(p, bytes + at, n - at, &used, err);
        if (!parts[i] || (i == SYSTEM && !check_system(parts[VERSION], parts[SYSTEM], err)))
            return false;
        at += used;
    }
    legacy l = { 0 };
    const sx_storages storages = { find_in_legacy, &l };
    bool ok = list_regions(&l, p, err) && place_regions(&l, parts[KEYS], bytes + at, n - at, err) &&
              sx_checkpoint_collect(w, parts[ROOT], &storages, n, err);
    free(l.regions);
    return ok;
}

bool sx_read_pickle(sx_weights *w, const uint8_t *bytes, size_t n, sx_error *err) {
    static const uint8_t magic[] = { 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
    size_t used;
    sx_pickle *p = sx_pickle_new(err);
    const sx_pvalue *first = p ? sx_pickle_read(p, bytes, n, &used, err) : NULL;
    bool ok = first != NULL;
    if (ok && first->kind == SX_P_BIG && first->text.n == sizeof magic &&
        memcmp(first->text.data, magic, sizeof magic) == 0)
        ok = read_legacy(w, p, bytes, n, used, err);
    else if (ok)
        ok = sx_checkpoint_collect(w, first, NULL, n, err);
    sx_pickle_free(p);
    return ok;
}
