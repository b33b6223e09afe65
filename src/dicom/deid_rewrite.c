#include "dicom/deid_rewrite.h"

#include <string.h>

#include "base/str.h"
#include "dicom/byte_order.h"
#include "dicom/dataset.h"
#include "dicom/deid.h"
#include "dicom/element_writer.h"
#include "dicom/elements.h"
#include "dicom/syntax.h"

enum { MAX_DEPTH = 32 };

static const uint32_t tag_item = SX_TAG(0xFFFE, 0xE000), tag_item_end = SX_TAG(0xFFFE, 0xE00D),
                      tag_sequence_end = SX_TAG(0xFFFE, 0xE0DD);

typedef struct rewriting {
    sx_str out;
    bool explicit_vr, big_endian; /* of out */
    bool is_signed;               /* Pixel Representation */
    sx_error *err;
} rewriting;

static void put_header(rewriting *r, uint32_t tag, const char vr[2], uint32_t n) {
    if (!sx_put_element_header(&r->out, r->explicit_vr, r->big_endian, tag, vr, n))
        sx_put_element_header(&r->out, r->explicit_vr, r->big_endian, tag, "UN", n);
}

/* An item, or a delimiter: without a VR. */
static void put_mark(rewriting *r, uint32_t tag, uint32_t n) {
    sx_put_element_header(&r->out, false, r->big_endian, tag, "", n);
}

/* The VR in the file, or that of the standard. */
static void find_vr(const rewriting *r, const sx_element *e, char vr[3]) {
    memcpy(vr, "UN", 3);
    if (e->vr[0])
        memcpy(vr, e->vr, 2);
    else if (sx_deid_vr_is_due(e->tag, "US") && sx_deid_vr_is_due(e->tag, "SS"))
        memcpy(vr, sx_deid_vr_is_due(e->tag, "OW") ? "OW" : r->is_signed ? "SS" : "US", 2);
    else if (e->tag == SX_TAG_PIXEL_DATA)
        memcpy(vr, e->undefined ? "OB" : "OW", 2);
    else if (!sx_deid_due_vr(e->tag, vr))
        memcpy(vr, "UN", 3);
}

static bool has_vr(const sx_element *e, const char *vr) {
    return memcmp(e->vr, vr, 2) == 0;
}

static bool holds_items(const sx_dataset *d, const sx_element *e) {
    if (e->tag == SX_TAG_PIXEL_DATA) return false;
    if (e->undefined) return true;
    if (e->vr[0] && !has_vr(e, "UN")) return has_vr(e, "SQ") && e->n;
    const bool big = d->big_endian;
    return e->n >= 8 &&
           SX_TAG(sx_u16(e->value, big), sx_u16(e->value + 2, big)) == SX_TAG(0xFFFE, 0xE000);
}

static bool put_dataset(rewriting *r, const sx_dataset *d, int depth);

static bool put_items(rewriting *r, const sx_dataset *d, const sx_element *e, int depth) {
    sx_items items = sx_dataset_items(d, e);
    sx_dataset item;
    bool more;
    if (depth > MAX_DEPTH)
        return sx_fail(r->err, SX_ERR_FORMAT, "sequences are nested more than %d deep", MAX_DEPTH);
    put_header(r, e->tag, "SQ", SX_UNDEFINED_LENGTH);
    for (;;) {
        if (!sx_dataset_next_item(&items, &item, &more, r->err)) return false;
        if (!more) break;
        put_mark(r, tag_item, SX_UNDEFINED_LENGTH);
        const bool ok = put_dataset(r, &item, depth);
        sx_dataset_free(&item);
        if (!ok) return false;
        put_mark(r, tag_item_end, 0);
    }
    put_mark(r, tag_sequence_end, 0);
    return true;
}

static bool put_element(rewriting *r, const sx_dataset *d, const sx_element *e, int depth) {
    char vr[3];
    if ((e->tag & 0xFFFF) == 0) return true; /* a group length, which would be wrong */
    if (holds_items(d, e)) return put_items(r, d, e, depth + 1);
    find_vr(r, e, vr);
    put_header(r, e->tag, vr, e->undefined ? SX_UNDEFINED_LENGTH : (uint32_t)e->n);
    sx_str_append(&r->out, e->value, e->n);
    return sx_str_ok(&r->out, r->err);
}

static bool put_dataset(rewriting *r, const sx_dataset *d, int depth) {
    for (size_t i = 0; i < d->count; i++)
        if (!put_element(r, d, &d->items[i], depth)) return false;
    return true;
}

static bool is_regular(const sx_part10 *p, const sx_syntax *syntax, const sx_dataset *d) {
    sx_error err = { 0 };
    size_t used;
    bool delimited;
    if (p->unusual || d->explicit_vr == syntax->implicit || d->big_endian != syntax->big_endian)
        return false;
    return sx_dataset_walk(d, &used, &delimited, &err) || err.code != SX_ERR_FORMAT;
}

/* Compressed pixels need Explicit VR Little Endian (PS3.5 A.4). */
static bool put_file(rewriting *r, const sx_syntax *syntax, const sx_dataset *d) {
    uint16_t representation;
    const bool coded = syntax->codec != SX_CODEC_NONE;
    if (coded && d->big_endian)
        return sx_fail(r->err, SX_ERR_FORMAT,
                       "the transfer syntax is %s, but the elements are big "
                       "endian",
                       syntax->name);
    r->explicit_vr = d->explicit_vr || coded;
    r->big_endian = d->big_endian;
    r->is_signed =
        sx_dataset_word(d, SX_TAG(0x0028, 0x0103), 0, &representation) && representation == 1;
    sx_put_file_meta(&r->out,
                     coded ? syntax->uid : sx_syntax_native(d->explicit_vr, d->big_endian));
    return put_dataset(r, d, 0) && sx_str_ok(&r->out, r->err);
}

bool sx_deid_rewrite(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size, sx_error *err) {
    sx_part10 p;
    sx_dataset d;
    *out = NULL;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    const sx_syntax *syntax = sx_syntax_of(&p, err);
    if (!syntax || !sx_dataset_read(&d, bytes + p.dataset, n - p.dataset, !syntax->implicit,
                                    syntax->big_endian, true, err))
        return false;
    rewriting r = { .err = err };
    const bool ok = is_regular(&p, syntax, &d) || put_file(&r, syntax, &d);
    sx_dataset_free(&d);
    if (!ok) {
        sx_str_free(&r.out);
        return false;
    }
    *out = (uint8_t *)r.out.data;
    *size = r.out.len;
    return true;
}
