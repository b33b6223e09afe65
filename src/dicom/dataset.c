#include "dicom/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

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
    return vr_is_long(vr) || vr_in("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US ", vr);
}

/* ---- walking ---- */

typedef struct walk {
    const uint8_t *at, *end;
    bool explicit_vr, big;
    sx_error *err;
} walk;

static bool truncated(const walk *w, uint32_t tag, uint32_t n, size_t left) {
    return sx_fail(w->err, SX_ERR_FORMAT, "truncated: (%04X,%04X) claims %u bytes, %zu are left", tag >> 16,
                   tag & 0xFFFF, n, left);
}

/* Tag, VR and length; w->at is then the first byte of the value. */
static bool next_header(walk *w, uint32_t *tag, char vr[2], uint32_t *n) {
    size_t left = (size_t)(w->end - w->at);
    const uint8_t *p = w->at;
    if (left < 8)
        return sx_fail(w->err, SX_ERR_FORMAT, "truncated: %zu bytes are left where an element begins", left);
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
        return sx_fail(w->err, SX_ERR_FORMAT, "(%04X,%04X) has an unknown value representation", *tag >> 16,
                       *tag & 0xFFFF);
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
        if (e.tag == SX_TAG_PIXEL_DATA) { /* fragments are walked when pixels are wanted */
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

bool sx_dataset_read(sx_dataset *d, const uint8_t *bytes, size_t n, bool explicit_vr, bool big_endian,
                     bool guess, sx_error *err) {
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

void sx_dataset_free(sx_dataset *d) {
    free(d->items);
    *d = (sx_dataset){ 0 };
}

/* ---- values ---- */

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

bool sx_dataset_word(const sx_dataset *d, uint32_t tag, size_t index, uint16_t *out) {
    const sx_element *e = sx_dataset_find(d, tag);
    if (!e || e->undefined || e->n / 2 <= index) return false;
    *out = u16(e->value + 2 * index, d->big_endian);
    return true;
}

/* The bytes of the index-th value without blanks around it. */
static bool text_part(const sx_dataset *d, uint32_t tag, size_t index, const uint8_t **out, size_t *n) {
    const sx_element *e = sx_dataset_find(d, tag);
    if (!e || e->undefined) return false;
    const uint8_t *p = e->value, *end = p + e->n;
    for (; index > 0; index--) {
        p = memchr(p, '\\', (size_t)(end - p));
        if (!p) return false;
        p++;
    }
    const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
    if (stop) end = stop;
    while (p < end && *p <= ' ')
        p++;
    while (end > p && end[-1] <= ' ')
        end--;
    *out = p;
    *n = (size_t)(end - p);
    return true;
}

/* Bytes that are not UTF-8 are taken for Latin 1 (ISO_IR 100), so that the result always is UTF-8. */
void sx_dataset_text(const sx_dataset *d, uint32_t tag, size_t index, char *out, size_t size) {
    const uint8_t *p;
    size_t n, used = 0;
    out[0] = '\0';
    if (!text_part(d, tag, index, &p, &n)) return;
    for (size_t i = 0; i < n;) {
        size_t k = sx_utf8_length(p + i, n - i);
        if (used + (k ? k : 2) >= size) break;
        if (k == 0) {
            out[used++] = (char)(0xC0 | p[i] >> 6);
            out[used++] = (char)(0x80 | (p[i] & 0x3F));
            i++;
            continue;
        }
        for (size_t j = 0; j < k; j++)
            out[used++] = (char)(p[i + j] < ' ' || p[i + j] == 0x7F ? ' ' : p[i + j]);
        i += k;
    }
    out[used] = '\0';
}

bool sx_dataset_number(const sx_dataset *d, uint32_t tag, size_t index, double *out) {
    char text[65];
    double v;
    sx_dataset_text(d, tag, index, text, sizeof text);
    if (!text[0] || !sx_parse_double(text, &v) || !isfinite(v)) return false;
    *out = v;
    return true;
}

size_t sx_dataset_multiplicity(const sx_dataset *d, uint32_t tag) {
    const sx_element *e = sx_dataset_find(d, tag);
    if (!e || e->undefined || e->n == 0) return 0;
    size_t count = 1;
    for (size_t i = 0; i < e->n; i++)
        count += e->value[i] == '\\';
    return count;
}

/* ---- part 10 ---- */

/* A data set without preamble and meta header begins with group 0008 (or, rarely, 0002 was left in). */
static bool looks_like_dataset(const uint8_t *p, size_t n, bool *explicit_vr, bool *big) {
    if (n < 16) return false;
    *explicit_vr = vr_is_known(p + 4);
    *big = p[0] == 0 && p[1] == 8;
    if (*big) return *explicit_vr && p[2] == 0;
    if (p[0] != 8 || p[1] != 0 || p[3] > 0x20) return false;
    return *explicit_vr || u32(p + 4, false) < n;
}

/* Elements of group 0002, explicit little endian (PS3.10 7.1); `at` moves behind them. */
static bool read_meta(sx_part10 *p, const uint8_t *bytes, size_t n, size_t *at, sx_error *err) {
    walk w = { bytes + *at, bytes + n, true, false, err };
    while ((size_t)(w.end - w.at) >= 8 && u16(w.at, false) == 2) {
        uint32_t tag = 0, length = 0;
        char vr[2] = { 0 };
        if (!next_header(&w, &tag, vr, &length)) return false;
        if (length > (size_t)(w.end - w.at)) return truncated(&w, tag, length, (size_t)(w.end - w.at));
        sx_element e = { tag, { vr[0], vr[1] }, false, w.at, length };
        sx_dataset d = { .items = &e, .count = 1 };
        if (tag == SX_TAG(0x0002, 0x0010)) sx_dataset_text(&d, tag, 0, p->transfer_syntax, 65);
        w.at += length;
    }
    *at = (size_t)(w.at - bytes);
    return true;
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
