#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/decode.h"

/* A fragment: its bytes, and the offset of its item as in the Basic Offset Table. */
typedef struct fragment {
    const uint8_t *data;
    size_t n, offset;
} fragment;

typedef struct fragments {
    const uint8_t *table; /* the Basic Offset Table: little-endian 32-bit offsets */
    size_t table_count;
    fragment *items;
    size_t count, cap;
} fragments;

static uint32_t u32le(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool add(fragments *f, fragment item, sx_error *err) {
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        fragment *items = sx_realloc(f->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for fragments");
        f->items = items;
        f->cap = cap;
    }
    f->items[f->count++] = item;
    return true;
}

/* Encapsulated values are always explicit little endian (PS3.5 A.4). */
static bool list_fragments(fragments *f, const sx_element *e, sx_error *err) {
    const uint8_t *p = e->value, *end = p + e->n, *first = NULL;
    for (bool table = true;; table = false) {
        if (end - p < 8)
            return sx_fail(err, SX_ERR_FORMAT,
                           "truncated: the compressed pixel data end without delimiter");
        bool item = memcmp(p, "\xFE\xFF\x00\xE0", 4) == 0;
        size_t n = u32le(p + 4), left = (size_t)(end - p) - 8;
        if (memcmp(p, "\xFE\xFF\xDD\xE0", 4) == 0) break;
        if (!item)
            return sx_fail(err, SX_ERR_FORMAT,
                           "the compressed pixel data are not made of fragments");
        if (n > left)
            return sx_fail(err, SX_ERR_FORMAT,
                           "truncated: a fragment of the pixel data claims %zu bytes, %zu are left",
                           n, left);
        if (table) {
            f->table = p + 8;
            f->table_count = n / 4;
            first = p + 8 + n;
        } else if (!add(f, (fragment){ p + 8, n, (size_t)(p - first) }, err)) {
            return false;
        }
        p += 8 + n;
    }
    if (f->count == 0) return sx_fail(err, SX_ERR_MISSING, "the compressed pixel data are empty");
    return true;
}

/* Start of image of JPEG and JPEG-LS, start of codestream or signature box of JPEG 2000. */
static bool begins_stream(const fragment *f) {
    static const uint8_t jp2[] = { 0, 0, 0, 12, 'j', 'P', ' ', ' ' };
    if (f->n >= 4 && f->data[0] == 0xFF && (f->data[1] == 0xD8 || f->data[1] == 0x4F)) return true;
    return f->n >= sizeof jp2 && memcmp(f->data, jp2, sizeof jp2) == 0;
}

static bool at_offset(const fragments *f, size_t entry, size_t *i) {
    uint32_t offset = u32le(f->table + 4 * entry);
    for (*i = 0; *i < f->count; ++*i)
        if (f->items[*i].offset == offset) return true;
    return false;
}

/* Fragments [first, last) are the frame. */
static bool find_frame(const fragments *f, size_t index, size_t frames, bool rle, size_t *first,
                       size_t *last) {
    if (frames == 1 && (!rle || f->count == 1)) {
        *first = 0;
        *last = f->count;
        return true;
    }
    if (f->count == frames) {
        *first = index;
        *last = index + 1;
        return true;
    }
    if (f->table_count == frames) {
        *last = f->count;
        if (!at_offset(f, index, first)) return false;
        return index + 1 == frames || (at_offset(f, index + 1, last) && *last > *first);
    }
    size_t seen = 0;
    *first = f->count;
    *last = f->count;
    for (size_t i = 0; i < f->count; i++) {
        if (!begins_stream(&f->items[i])) continue;
        if (seen == index) *first = i;
        if (seen == index + 1) *last = i;
        seen++;
    }
    return seen == frames;
}

static bool join(sx_frame *out, const fragment *items, size_t count, sx_error *err) {
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += items[i].n;
    *out = (sx_frame){ items[0].data, n, NULL };
    if (count == 1) return true;
    out->heap = sx_calloc_for(n, 1, "compressed pixel data", err);
    out->data = out->heap;
    if (!out->heap) return false;
    size_t at = 0;
    for (size_t i = 0; i < count; at += items[i].n, i++)
        memcpy(out->heap + at, items[i].data, items[i].n);
    return true;
}

bool sx_frame_get(sx_frame *out, const sx_element *pixel_data, int index, int frames, bool rle,
                  sx_error *err) {
    fragments f = { 0 };
    size_t first, last;
    *out = (sx_frame){ 0 };
    bool ok = list_fragments(&f, pixel_data, err);
    if (ok && !find_frame(&f, (size_t)index, (size_t)frames, rle, &first, &last))
        ok = sx_fail(err, SX_ERR_FORMAT,
                     "frame %d cannot be located among %zu fragments of %d frames", index + 1,
                     f.count, frames);
    ok = ok && join(out, f.items + first, last - first, err);
    free(f.items);
    return ok;
}

void sx_frame_free(sx_frame *f) {
    free(f->heap);
    *f = (sx_frame){ 0 };
}
