#include "dicom/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/elements.h"

enum { MAX_DEPTH = 32, MAX_LISTED = 100000, MAX_COUNT = 1000000, MAX_MOVES = 100000000 };

static const uint32_t tag_item = SX_TAG(0xFFFE, 0xE000), tag_item_end = SX_TAG(0xFFFE, 0xE00D),
                      tag_sequence_end = SX_TAG(0xFFFE, 0xE0DD);
/* ---- walking ---- */

typedef sx_walk walk;

/* For pixel data the words are those of dicom_film.c and frames.c. */
static bool truncated(const walk *w, uint32_t tag, uint32_t n, size_t left) {
    if (tag == SX_TAG_PIXEL_DATA)
        return sx_fail(w->err, SX_ERR_FORMAT,
                       "truncated: the pixel data claim %u bytes, %zu are left", n, left);
    return sx_walk_truncated(w, tag, n, left);
}

static bool fail_no_item(const walk *w, uint32_t tag) {
    return sx_fail(w->err, SX_ERR_FORMAT, "(%04X,%04X) found instead of an item of a sequence",
                   tag >> 16, tag & 0xFFFF);
}

static bool skip_items(walk *w, int depth);

/* PS3.5 6.2.2: a UN of undefined length is written in implicit VR. */
static bool skip_sequence(walk *w, const char vr[2], int depth) {
    const bool was = w->explicit_vr;
    if (vr[0] == 'U' && vr[1] == 'N') w->explicit_vr = false;
    if (!skip_items(w, depth)) return false;
    w->explicit_vr = was;
    return true;
}

/* The elements of an item of undefined length, up to its delimiter. */
static bool skip_elements(walk *w, int depth) {
    for (;;) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        if (!sx_next_header(w, &tag, vr, &n)) return false;
        if (tag == tag_item_end) return true;
        if (n == SX_UNDEFINED_LENGTH) {
            if (!skip_sequence(w, vr, depth + 1)) return false;
        } else {
            if (n > (size_t)(w->end - w->at)) return truncated(w, tag, n, (size_t)(w->end - w->at));
            w->at += n;
        }
    }
}

/* The items of a sequence (or fragments) of undefined length, and its delimiter. */
static bool skip_items(walk *w, int depth) {
    if (depth > MAX_DEPTH)
        return sx_fail(w->err, SX_ERR_FORMAT, "sequences are nested more than %d deep", MAX_DEPTH);
    for (;;) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        if (!sx_next_header(w, &tag, vr, &n)) return false;
        if (tag == tag_sequence_end) return true;
        if (tag != tag_item) return fail_no_item(w, tag);
        if (n == SX_UNDEFINED_LENGTH) {
            const bool was = w->explicit_vr;
            w->explicit_vr = sx_judge_explicit(w);
            if (!skip_elements(w, depth)) return false;
            w->explicit_vr = was;
        } else {
            if (n > (size_t)(w->end - w->at)) return truncated(w, tag, n, (size_t)(w->end - w->at));
            w->at += n;
        }
    }
}

static bool append_element(sx_dataset *d, const sx_element *e, sx_error *err) {
    if (d->count == MAX_LISTED)
        return sx_fail(err, SX_ERR_LIMIT, "more than %d elements", (int)MAX_LISTED);
    if (d->count == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 128;
        sx_element *items = sx_realloc(d->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a header");
        d->items = items;
        d->cap = cap;
    }
    d->items[d->count++] = *e;
    return true;
}

static bool read_element(sx_dataset *d, walk *w) {
    sx_element e = { 0 };
    uint32_t n = 0;
    if (!sx_next_header(w, &e.tag, e.vr, &n)) return false;
    size_t left = (size_t)(w->end - w->at);
    e.value = w->at;
    if (n == SX_UNDEFINED_LENGTH) {
        e.undefined = true;
        if (e.tag == SX_TAG_PIXEL_DATA) { /* fragments are parsed when the pixels are read */
            e.n = left;
            w->at = w->end;
        } else {
            if (!skip_sequence(w, e.vr, 1)) return false;
            e.n = (size_t)(w->at - e.value);
        }
    } else if (e.tag == SX_TAG_PIXEL_DATA) {
        d->claimed = n;
        e.n = n < left ? n : left;
        w->at = w->end;
    } else {
        if (n > left) return truncated(w, e.tag, n, left);
        e.n = n;
        w->at += n;
    }
    return append_element(d, &e, w->err);
}

/* The first element has a low group number, and a VR if it is explicit. */
static void guess_encoding(sx_dataset *d) {
    const uint8_t *p = d->begin;
    const bool known = sx_vr_is_known(p + 4);
    if (known && p[0] != p[1] && (p[0] == 0 || p[1] == 0)) d->big_endian = p[0] == 0;
    const walk w = { p, d->end, false, false, true, NULL, NULL };
    const bool implicit = !known && sx_elements_follow(w, 0, 3);
    if (implicit) d->big_endian = false; /* that is always explicit */
    d->explicit_vr = known || (d->explicit_vr && !implicit);
}

/* The first value is the initial character set. */
static void read_charset(sx_dataset *d) {
    char term[65];
    if (!sx_dataset_find(d, SX_TAG(0x0008, 0x0005))) return;
    sx_dataset_text(d, SX_TAG(0x0008, 0x0005), 0, term, sizeof term);
    d->charset = sx_charset_find(term);
}

bool sx_dataset_read(sx_dataset *d, const uint8_t *bytes, size_t n, bool explicit_vr,
                     bool big_endian, bool guess, sx_error *err) {
    *d = (sx_dataset){
        .begin = bytes, .end = bytes + n, .explicit_vr = explicit_vr, .big_endian = big_endian
    };
    if (guess && n >= 8) guess_encoding(d);
    walk w = { bytes, bytes + n, d->explicit_vr, d->big_endian, true, err, NULL };
    while (w.at < w.end)
        if (!read_element(d, &w)) {
            sx_dataset_free(d);
            return false;
        }
    read_charset(d);
    return true;
}

/* ---- every element, however deep ---- */

static bool walk_items(walk *w, int depth, bool delimited);

static bool walk_part(const walk *w, uint32_t tag, uint32_t n, walk *part) {
    *part = *w;
    if (n > (size_t)(w->end - w->at)) return truncated(w, tag, n, (size_t)(w->end - w->at));
    part->end = w->at + n;
    return true;
}

typedef struct order {
    size_t count, late;
    uint32_t highest;
    uint32_t *unique; /* the tags that must not occur again */
    size_t unique_count, cap;
} order;

static bool count_one(const walk *w) {
    return ++*w->count <= MAX_COUNT ||
           sx_fail(w->err, SX_ERR_LIMIT, "more than %d elements, items and fragments",
                   (int)MAX_COUNT);
}

/* An attribute that must occur only once. */
static bool add_unique(const walk *w, order *o, uint32_t tag) {
    for (size_t i = o->unique_count; tag <= o->highest && i > 0; i--)
        if (o->unique[i - 1] == tag)
            return sx_fail(w->err, SX_ERR_FORMAT, "(%04x,%04x) occurs more than once", tag >> 16,
                           tag & 0xFFFF);
    if (o->unique_count == o->cap) {
        const size_t cap = o->cap ? 2 * o->cap : 16;
        uint32_t *unique = sx_realloc(o->unique, cap, sizeof *unique);
        if (!unique) return sx_fail(w->err, SX_ERR_MEMORY, "out of memory for a header");
        o->unique = unique;
        o->cap = cap;
    }
    o->unique[o->unique_count++] = tag;
    return true;
}

/* An element of an item. A reader that keeps them sorted moves each late one past the others. */
static bool count_element(const walk *w, order *o, uint32_t tag) {
    o->count++;
    if (tag < o->highest) o->late++;
    if (o->late > MAX_MOVES / o->count)
        return sx_fail(w->err, SX_ERR_LIMIT, "%zu of %zu elements are not in ascending order",
                       o->late, o->count);
    if (w->is_unique && w->is_unique(tag) && !add_unique(w, o, tag)) return false;
    if (tag > o->highest) o->highest = tag;
    return count_one(w);
}

/* The fragments of compressed pixels; their delimiter may be missing. */
static bool walk_fragments(walk *w, bool *delimited) {
    for (*delimited = false; !sx_fragments_end(w->at, w->end);) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        walk part;
        if (!sx_next_header(w, &tag, vr, &n) || !count_one(w)) return false;
        if (tag == tag_sequence_end) return *delimited = true;
        if (tag != tag_item)
            return sx_fail(w->err, SX_ERR_FORMAT, "the pixels' fragments do not follow each other");
        const size_t left = (size_t)(w->end - w->at);
        if (n > left)
            return sx_fail(w->err, SX_ERR_FORMAT,
                           "truncated: a fragment of the pixel data claims %u bytes, %zu are left",
                           n, left);
        if (!walk_part(w, tag, n, &part)) return false;
        w->at = part.end;
    }
    return true;
}

static bool is_sequence(const walk *w, const char vr[2], uint32_t n) {
    if (vr[0] == 'S' && vr[1] == 'Q') return true;
    return (!vr[0] || (vr[0] == 'U' && vr[1] == 'N')) && n >= 8 &&
           ((uint32_t)sx_u16(w->at, w->big) << 16 | sx_u16(w->at + 2, w->big)) == tag_item;
}

/* An element whose header was read. */
static bool walk_element(walk *w, int depth, uint32_t tag, const char vr[2], uint32_t n) {
    const bool unknown = vr[0] == 'U' && vr[1] == 'N', was = w->explicit_vr;
    walk part;
    if (n == SX_UNDEFINED_LENGTH) { /* PS3.5 6.2.2, as above */
        w->explicit_vr = was && !unknown;
        if (!walk_items(w, depth + 1, true)) return false;
        w->explicit_vr = was;
        return true;
    }
    if (!walk_part(w, tag, n, &part)) return false;
    part.explicit_vr = was && !unknown;
    if (tag != SX_TAG_PIXEL_DATA && is_sequence(w, vr, n) && !walk_items(&part, depth + 1, false))
        return false;
    w->at = part.end;
    return true;
}

static bool walk_ordered(walk *w, order *o, int depth, bool delimited) {
    while (delimited || w->at < w->end) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        if (!sx_next_header(w, &tag, vr, &n)) return false;
        if (delimited && tag == tag_item_end) return true;
        if (!count_element(w, o, tag) || !walk_element(w, depth, tag, vr, n)) return false;
    }
    return true;
}

/* The elements of an item: to the end of w, or to the item's delimiter. */
static bool walk_elements(walk *w, int depth, bool delimited) {
    order o = { 0 };
    const bool ok = walk_ordered(w, &o, depth, delimited);
    free(o.unique);
    return ok;
}

static bool walk_items(walk *w, int depth, bool delimited) {
    if (depth > MAX_DEPTH)
        return sx_fail(w->err, SX_ERR_FORMAT, "sequences are nested more than %d deep", MAX_DEPTH);
    while (delimited || w->at < w->end) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        walk part;
        if (!sx_next_header(w, &tag, vr, &n) || !count_one(w)) return false;
        if (delimited && tag == tag_sequence_end) return true;
        if (tag != tag_item) return fail_no_item(w, tag);
        if (n == SX_UNDEFINED_LENGTH) {
            if (!walk_elements(w, depth, true)) return false;
            continue;
        }
        if (!walk_part(w, tag, n, &part) || !walk_elements(&part, depth, false)) return false;
        w->at = part.end;
    }
    return true;
}

static bool walk_film(walk *w, order *o, bool *delimited) {
    for (bool pixels = false; w->at < w->end && !pixels;) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        if (!sx_next_header(w, &tag, vr, &n) || !count_element(w, o, tag)) return false;
        pixels = tag == SX_TAG_PIXEL_DATA;
        if (!(pixels && n == SX_UNDEFINED_LENGTH ? walk_fragments(w, delimited)
                                                 : walk_element(w, 0, tag, vr, n)))
            return false;
    }
    return true;
}

bool sx_dataset_walk(const sx_dataset *d, size_t *used, bool *delimited, sx_error *err) {
    size_t count = 0;
    order o = { 0 };
    walk w = { d->begin, d->end, d->explicit_vr, d->big_endian, false, err, &count, d->is_unique };
    *delimited = true;
    const bool ok = walk_film(&w, &o, delimited);
    free(o.unique);
    if (ok) *used = (size_t)(w.at - d->begin);
    return ok;
}

void sx_dataset_free(sx_dataset *d) {
    free(d->items);
    *d = (sx_dataset){ 0 };
}

/* ---- finding ---- */

const sx_element *sx_dataset_find(const sx_dataset *d, uint32_t tag) {
    for (size_t i = 0; i < d->count; i++)
        if (d->items[i].tag == tag) return &d->items[i];
    return NULL;
}

/* Goes to the contents of the next item, which are from w->at on: *size bytes of *whole, with its
 * delimiter. */
static bool open_item(walk *w, size_t *size, size_t *whole) {
    uint32_t tag = 0, n = 0;
    char vr[2] = { 0 };
    if (!sx_next_header(w, &tag, vr, &n)) return false;
    if (tag != tag_item) return fail_no_item(w, tag);
    *size = *whole = n;
    if (n == SX_UNDEFINED_LENGTH) {
        walk inside = *w;
        inside.explicit_vr = sx_judge_explicit(&inside);
        if (!skip_elements(&inside, 1)) return false;
        *whole = (size_t)(inside.at - w->at);
        *size = *whole - 8; /* without the delimiter */
    }
    const size_t left = (size_t)(w->end - w->at);
    return *whole <= left || truncated(w, tag, n, left);
}

sx_items sx_dataset_items(const sx_dataset *d, const sx_element *e) {
    const bool unknown = e->vr[0] == 'U' && e->vr[1] == 'N'; /* PS3.5 6.2.2 */
    return (sx_items){ e->value, e->value + e->n, d->explicit_vr && !unknown, d->big_endian };
}

bool sx_dataset_next_item(sx_items *items, sx_dataset *item, bool *more, sx_error *err) {
    walk w = { items->at, items->end, items->explicit_vr, items->big_endian, true, err, NULL };
    size_t size = 0, whole = 0;
    *item = (sx_dataset){ 0 };
    *more = false;
    if (w.at == w.end) return true;
    if (w.end - w.at >= 8 && sx_u16(w.at, w.big) == tag_sequence_end >> 16 &&
        sx_u16(w.at + 2, w.big) == (tag_sequence_end & 0xFFFF))
        return true;
    if (!open_item(&w, &size, &whole)) return false;
    items->at = w.at + whole;
    *more = true;
    return sx_dataset_read(item, w.at, size, sx_judge_explicit(&w), w.big, false, err);
}

bool sx_dataset_item(const sx_dataset *d, uint32_t sequence, size_t index, sx_dataset *item,
                     sx_error *err) {
    sx_error why = { 0 };
    const sx_element *e = sx_dataset_find(d, sequence);
    *item = (sx_dataset){ 0 };
    if (!e || e->n < 8) return false;
    const sx_items all = sx_dataset_items(d, e);
    walk w = { all.at, all.end, all.explicit_vr, all.big_endian, true, NULL, NULL };
    size_t size = 0, whole = 0;
    for (size_t i = 0; i <= index; i++) {
        w.at += whole;
        if (!open_item(&w, &size, &whole)) return false;
    }
    const uint8_t *begin = w.at;
    w.explicit_vr = sx_judge_explicit(&w);
    if (!sx_dataset_read(item, begin, size, w.explicit_vr, d->big_endian, false, &why))
        return why.code == SX_ERR_MEMORY && sx_fail(err, why.code, "%s", why.message);
    if (!sx_dataset_find(item, SX_TAG(0x0008, 0x0005))) item->charset = d->charset;
    item->guessed = d->guessed;
    return true;
}
