#include "dicom/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_DEPTH = 32 };

static const uint32_t tag_item = SX_TAG(0xFFFE, 0xE000), tag_item_end = SX_TAG(0xFFFE, 0xE00D),
                      tag_sequence_end = SX_TAG(0xFFFE, 0xE0DD);
static const uint32_t undefined_length = 0xFFFFFFFF;

static uint16_t u16(const uint8_t *p, bool big) {
    return (uint16_t)(big ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
}

static uint32_t u32(const uint8_t *p, bool big) {
    return big ? (uint32_t)u16(p, big) << 16 | u16(p + 2, big)
               : (uint32_t)u16(p + 2, big) << 16 | u16(p, big);
}

/* ---- value representations ---- */

static bool vr_in(const char *list, const uint8_t *vr) {
    for (; *list; list += 3)
        if (list[0] == (char)vr[0] && list[1] == (char)vr[1]) return true;
    return false;
}

static bool vr_is_long(const uint8_t *vr) {
    return vr_in("OB OD OF OL OV OW SQ SV UC UN UR UT UV ", vr);
}

static bool vr_is_known(const uint8_t *vr) {
    return vr_is_long(vr) ||
           vr_in("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US ", vr);
}

/* ---- walking ---- */

typedef struct walk {
    const uint8_t *at, *end;
    bool explicit_vr, big;
    sx_error *err;
} walk;

static bool truncated(const walk *w, uint32_t tag, uint32_t n, size_t left) {
    return sx_fail(w->err, SX_ERR_FORMAT, "truncated: (%04X,%04X) claims %u bytes, %zu are left",
                   tag >> 16, tag & 0xFFFF, n, left);
}

/* Tag, VR and length; w->at is then the first byte of the value. */
static bool next_header(walk *w, uint32_t *tag, char vr[2], uint32_t *n) {
    size_t left = (size_t)(w->end - w->at);
    const uint8_t *p = w->at;
    if (left < 8)
        return sx_fail(w->err, SX_ERR_FORMAT,
                       "truncated: %zu bytes are left where an element begins", left);
    *tag = (uint32_t)u16(p, w->big) << 16 | u16(p + 2, w->big);
    vr[0] = vr[1] = '\0';
    if (!w->explicit_vr || *tag >> 16 == 0xFFFE) {
        *n = u32(p + 4, w->big);
        w->at += 8;
        return true;
    }
    vr[0] = (char)p[4];
    vr[1] = (char)p[5];
    if (!vr_is_known(p + 4))
        return sx_fail(w->err, SX_ERR_FORMAT, "(%04X,%04X) has an unknown value representation",
                       *tag >> 16, *tag & 0xFFFF);
    if (!vr_is_long(p + 4)) {
        *n = u16(p + 6, w->big);
        w->at += 8;
        return true;
    }
    if (left < 12) return truncated(w, *tag, 12, left);
    *n = u32(p + 8, w->big);
    w->at += 12;
    return true;
}

static bool skip_items(walk *w, int depth);

/* The elements of an item of undefined length, up to its delimiter. */
static bool skip_elements(walk *w, int depth) {
    for (;;) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        if (!next_header(w, &tag, vr, &n)) return false;
        if (tag == tag_item_end) return true;
        if (n == undefined_length) {
            /* PS3.5 6.2.2: a UN of undefined length is written in implicit VR */
            bool was = w->explicit_vr;
            if (vr[0] == 'U' && vr[1] == 'N') w->explicit_vr = false;
            if (!skip_items(w, depth + 1)) return false;
            w->explicit_vr = was;
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
        if (!next_header(w, &tag, vr, &n)) return false;
        if (tag == tag_sequence_end) return true;
        if (tag != tag_item)
            return sx_fail(w->err, SX_ERR_FORMAT,
                           "(%04X,%04X) stands where an item of a sequence should begin", tag >> 16,
                           tag & 0xFFFF);
        if (n == undefined_length) {
            if (!skip_elements(w, depth)) return false;
        } else {
            if (n > (size_t)(w->end - w->at)) return truncated(w, tag, n, (size_t)(w->end - w->at));
            w->at += n;
        }
    }
}

static bool append(sx_dataset *d, const sx_element *e, sx_error *err) {
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
    if (!next_header(w, &e.tag, e.vr, &n)) return false;
    size_t left = (size_t)(w->end - w->at);
    e.value = w->at;
    if (n == undefined_length) {
        e.undefined = true;
        if (e.tag == SX_TAG_PIXEL_DATA) { /* fragments are parsed when the pixels are read */
            e.n = left;
            w->at = w->end;
        } else {
            bool was = w->explicit_vr;
            if (e.vr[0] == 'U' && e.vr[1] == 'N') w->explicit_vr = false;
            if (!skip_items(w, 1)) return false;
            w->explicit_vr = was;
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
    return append(d, &e, w->err);
}

bool sx_dataset_read(sx_dataset *d, const uint8_t *bytes, size_t n, bool explicit_vr,
                     bool big_endian, bool guess, sx_error *err) {
    *d = (sx_dataset){
        .begin = bytes, .end = bytes + n, .explicit_vr = explicit_vr, .big_endian = big_endian
    };
    if (guess && !big_endian && n >= 8) d->explicit_vr = vr_is_known(bytes + 4);
    walk w = { bytes, bytes + n, d->explicit_vr, big_endian, err };
    while (w.at < w.end)
        if (!read_element(d, &w)) {
            sx_dataset_free(d);
            return false;
        }
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

/* The fragments of compressed pixels; their delimiter may be missing at the file's end. */
static bool walk_fragments(walk *w) {
    while (w->at < w->end) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        walk part;
        if (!next_header(w, &tag, vr, &n)) return false;
        if (tag == tag_sequence_end) return true;
        if (tag != tag_item)
            return sx_fail(w->err, SX_ERR_FORMAT, "the pixels' fragments do not follow each other");
        if (!walk_part(w, tag, n, &part)) return false;
        w->at = part.end;
    }
    return true;
}

static bool is_sequence(const walk *w, const char vr[2], uint32_t n) {
    if (vr[0] == 'S' && vr[1] == 'Q') return true;
    return (!vr[0] || (vr[0] == 'U' && vr[1] == 'N')) && n >= 8 &&
           ((uint32_t)u16(w->at, w->big) << 16 | u16(w->at + 2, w->big)) == tag_item;
}

/* To the end of w, or to an item's delimiter. */
static bool walk_elements(walk *w, int depth, bool delimited) {
    while (delimited || w->at < w->end) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        walk part;
        if (!next_header(w, &tag, vr, &n)) return false;
        if (delimited && tag == tag_item_end) return true;
        if (n == undefined_length && tag == SX_TAG_PIXEL_DATA && !depth) {
            if (!walk_fragments(w)) return false;
            continue;
        }
        const bool unknown = vr[0] == 'U' && vr[1] == 'N', was = w->explicit_vr;
        if (n == undefined_length) { /* PS3.5 6.2.2, as above */
            w->explicit_vr = was && !unknown;
            if (!walk_items(w, depth + 1, true)) return false;
            w->explicit_vr = was;
            continue;
        }
        if (!walk_part(w, tag, n, &part)) return false;
        part.explicit_vr = was && !unknown;
        if (tag != SX_TAG_PIXEL_DATA && is_sequence(w, vr, n) &&
            !walk_items(&part, depth + 1, false))
            return false;
        w->at = part.end;
    }
    return true;
}

static bool walk_items(walk *w, int depth, bool delimited) {
    if (depth > MAX_DEPTH)
        return sx_fail(w->err, SX_ERR_FORMAT, "sequences are nested more than %d deep", MAX_DEPTH);
    while (delimited || w->at < w->end) {
        uint32_t tag = 0, n = 0;
        char vr[2] = { 0 };
        walk part;
        if (!next_header(w, &tag, vr, &n)) return false;
        if (delimited && tag == tag_sequence_end) return true;
        if (tag != tag_item)
            return sx_fail(w->err, SX_ERR_FORMAT,
                           "(%04X,%04X) stands where an item of a sequence should begin", tag >> 16,
                           tag & 0xFFFF);
        if (n == undefined_length) {
            if (!walk_elements(w, depth, true)) return false;
            continue;
        }
        if (!walk_part(w, tag, n, &part) || !walk_elements(&part, depth, false)) return false;
        w->at = part.end;
    }
    return true;
}

bool sx_dataset_walk(const sx_dataset *d, sx_error *err) {
    walk w = { d->begin, d->end, d->explicit_vr, d->big_endian, err };
    return walk_elements(&w, 0, false);
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

bool sx_dataset_item(const sx_dataset *d, uint32_t sequence, sx_dataset *item) {
    const sx_element *e = sx_dataset_find(d, sequence);
    *item = (sx_dataset){ 0 };
    if (!e || e->n < 8) return false;
    bool explicit_vr = d->explicit_vr && !(e->vr[0] == 'U' && e->vr[1] == 'N');
    walk w = { e->value, e->value + e->n, explicit_vr, d->big_endian, NULL };
    uint32_t tag = 0, n = 0;
    char vr[2] = { 0 };
    if (!next_header(&w, &tag, vr, &n) || tag != tag_item) return false;
    const uint8_t *begin = w.at;
    size_t size = n;
    if (n == undefined_length) {
        if (!skip_elements(&w, 1)) return false;
        size = (size_t)(w.at - begin) - 8; /* without the delimiter */
    } else if (size > (size_t)(w.end - w.at)) {
        return false;
    }
    return sx_dataset_read(item, begin, size, explicit_vr, d->big_endian, false, NULL);
}

/* ---- part 10 ---- */

/* A data set without preamble and meta header begins with group 0008 (or, rarely, 0002 was left
 * in). */
static bool looks_like_dataset(const uint8_t *p, size_t n, bool *explicit_vr, bool *big) {
    if (n < 16) return false;
    *explicit_vr = vr_is_known(p + 4);
    *big = p[0] == 0 && p[1] == 8;
    if (*big) return *explicit_vr && p[2] == 0;
    if (p[0] != 8 || p[1] != 0 || p[3] > 0x20) return false;
    return *explicit_vr || u32(p + 4, false) < n;
}

/* The next element of group 0002, explicit little endian (PS3.10 7.1). False: there is none, or
 * *ok is false with an error. */
static bool next_meta(walk *w, sx_element *e, bool *ok) {
    uint32_t length = 0;
    if ((size_t)(w->end - w->at) < 8 || u16(w->at, false) != 2) return false;
    *e = (sx_element){ 0 };
    *ok = next_header(w, &e->tag, e->vr, &length);
    if (!*ok) return false;
    if (length > (size_t)(w->end - w->at)) {
        *ok = truncated(w, e->tag, length, (size_t)(w->end - w->at));
        return false;
    }
    e->value = w->at;
    e->n = length;
    w->at += length;
    return true;
}

/* `at` moves past the group. */
static bool read_meta(sx_part10 *p, const uint8_t *bytes, size_t n, size_t *at, sx_error *err) {
    walk w = { bytes + *at, bytes + n, true, false, err };
    sx_element e;
    bool ok = true;
    while (next_meta(&w, &e, &ok)) {
        const sx_dataset d = { .items = &e, .count = 1 };
        if (e.tag == SX_TAG(0x0002, 0x0010)) sx_dataset_text(&d, e.tag, 0, p->transfer_syntax, 65);
    }
    *at = (size_t)(w.at - bytes);
    return ok;
}

bool sx_part10_check_meta(const uint8_t *bytes, size_t n, sx_error *err) {
    static const uint16_t wanted[] = { 0x0000, 0x0001, 0x0002, 0x0003, 0x0010, 0x0012, 0x0013 };
    enum { COUNT = sizeof wanted / sizeof *wanted };
    const size_t preamble = n < 132 ? n : 132;
    walk w = { bytes + preamble, bytes + n, true, false, err };
    sx_element e;
    unsigned found = 0;
    bool ok = true;
    while (next_meta(&w, &e, &ok))
        for (unsigned i = 0; i < COUNT; i++)
            if (e.tag == SX_TAG(0x0002, wanted[i]) && e.n) found |= 1U << i;
    if (!ok || found == (1U << COUNT) - 1) return ok;
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for the File Meta Information");
}

bool sx_part10_read(sx_part10 *p, const uint8_t *bytes, size_t n, sx_error *err) {
    static const uint8_t meta[] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
    *p = (sx_part10){ .explicit_vr = true };
    size_t at = 0;
    bool with_meta = n >= 132 && memcmp(bytes + 128, "DICM", 4) == 0;
    if (with_meta)
        at = 132;
    else
        with_meta = n >= sizeof meta && memcmp(bytes, meta, sizeof meta) == 0;
    if (with_meta) {
        p->is_dicom = true;
        if (!read_meta(p, bytes, n, &at, err)) return false;
        p->dataset = at;
        if (!p->transfer_syntax[0] &&
            !looks_like_dataset(bytes + at, n - at, &p->explicit_vr, &p->big_endian))
            p->explicit_vr = false;
        return true;
    }
    p->is_dicom = looks_like_dataset(bytes, n, &p->explicit_vr, &p->big_endian);
    return true;
}
