#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/byte_order.h"
#include "dicom/decode.h"
#include "dicom/elements.h"
#include "dicom/streams.h"

static bool add_fragment(sx_fragments *f, sx_fragment item, sx_error *err) {
    if (f->count == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        sx_fragment *items = sx_realloc(f->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for fragments");
        f->items = items;
        f->cap = cap;
    }
    f->items[f->count++] = item;
    return true;
}

/* The next item, or its absence in *done. */
static bool next_item(const uint8_t **p, const uint8_t *end, bool any, sx_fragment *item,
                      bool *done, sx_error *err) {
    *done = end - *p >= 4 && memcmp(*p, "\xFE\xFF\xDD\xE0", 4) == 0;
    if (*done || (any && sx_fragments_end(*p, end))) return *done = true;
    if (end - *p < 8)
        return sx_fail(err, SX_ERR_FORMAT,
                       "truncated: the compressed pixel data end without delimiter");
    if (memcmp(*p, "\xFE\xFF\x00\xE0", 4) != 0)
        return sx_fail(err, SX_ERR_FORMAT, "the compressed pixel data are not made of fragments");
    const size_t n = sx_le32(*p + 4), left = (size_t)(end - *p) - 8;
    if (n > left)
        return sx_fail(err, SX_ERR_FORMAT,
                       "truncated: a fragment of the pixel data claims %zu bytes, %zu are left", n,
                       left);
    item->data = *p + 8;
    item->n = n;
    *p += 8 + n;
    return true;
}

static bool begins_stream(const sx_fragment *f) {
    return sx_stream_codec(f->data, f->n) != SX_CODEC_NONE;
}

/* Encapsulated values are always explicit little endian (PS3.5 A.4). The first item is the Basic
 * Offset Table, unless its writer left it out. */
static bool list_fragments(sx_fragments *f, const sx_element *e, sx_error *err) {
    const uint8_t *p = e->value, *end = p + e->n, *first = p;
    bool done = false;
    for (bool table = true;; table = false) {
        const uint8_t *begin = p;
        sx_fragment item = { 0 };
        if (!next_item(&p, end, f->count > 0, &item, &done, err)) return false;
        if (done) break;
        if (table && !begins_stream(&item)) {
            f->table = item.data;
            f->table_count = item.n / 4;
            first = p;
            continue;
        }
        item.offset = (size_t)(begin - first);
        if (!add_fragment(f, item, err)) return false;
    }
    if (f->count == 0) return sx_fail(err, SX_ERR_MISSING, "the compressed pixel data are empty");
    return true;
}

static bool at_offset(const sx_fragments *f, size_t entry, size_t *i) {
    uint32_t offset = sx_le32(f->table + 4 * entry);
    for (*i = 0; *i < f->count; ++*i)
        if (f->items[*i].offset == offset) return true;
    return false;
}

/* By the Basic Offset Table; false if it does not lead to fragments. */
static bool find_by_table(const sx_fragments *f, size_t index, size_t frames, size_t *first,
                          size_t *last) {
    *last = f->count;
    if (!f->table || f->table_count != frames || !at_offset(f, index, first)) return false;
    return index + 1 == frames || (at_offset(f, index + 1, last) && *last > *first);
}

static bool find_by_stream(const sx_fragments *f, size_t index, size_t frames, size_t *first,
                           size_t *last) {
    size_t seen = 0;
    *first = *last = f->count;
    for (size_t i = 0; i < f->count; i++) {
        if (!begins_stream(&f->items[i])) continue;
        if (seen == index) *first = i;
        if (seen == index + 1) *last = i;
        seen++;
    }
    return seen == frames;
}

bool sx_fragments_find_frame(const sx_fragments *f, size_t index, size_t frames, size_t *first,
                             size_t *last) {
    if (frames == 1 || f->count == frames) {
        *first = index;
        *last = frames == 1 ? f->count : index + 1;
        return true;
    }
    return find_by_table(f, index, frames, first, last) ||
           find_by_stream(f, index, frames, first, last);
}

static bool join_fragments(sx_frame *out, const sx_fragment *items, size_t count, sx_error *err) {
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

bool sx_frame_get(sx_frame *out, const sx_element *pixel_data, int index, int frames,
                  sx_error *err) {
    sx_fragments f = { 0 };
    size_t first, last;
    *out = (sx_frame){ 0 };
    bool ok = list_fragments(&f, pixel_data, err);
    if (ok && !sx_fragments_find_frame(&f, (size_t)index, (size_t)frames, &first, &last))
        ok = sx_fail(err, SX_ERR_FORMAT,
                     "frame %d cannot be located among %zu fragments of %d frames", index + 1,
                     f.count, frames);
    ok = ok && join_fragments(out, f.items + first, last - first, err);
    free(f.items);
    return ok;
}

bool sx_frame_close(const sx_frame *f, sx_frame *closed, sx_error *err) {
    *closed = (sx_frame){ f->data, f->n, NULL };
    const size_t n = sx_stream_unclosed(f->data, f->n);
    if (n == 0) return true;
    closed->heap = sx_calloc_for(n + 2, 1, "compressed pixel data", err);
    if (!closed->heap) return false;
    memcpy(closed->heap, f->data, n);
    memcpy(closed->heap + n, "\xFF\xD9", 2);
    closed->data = closed->heap;
    closed->n = n + 2;
    return true;
}

void sx_frame_free(sx_frame *f) {
    free(f->heap);
    *f = (sx_frame){ 0 };
}
