#include "dicom/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dicom/byte_order.h"
#include "dicom/dataset.h"
#include "dicom/deid.h"
#include "dicom/elements.h"
#include "dicom/inflate.h"
#include "dicom/syntax.h"

/* A data set, and its bytes if they were unpacked. */
typedef struct header {
    sx_dataset dataset;
    uint8_t *inflated;
} header;

static bool read_header(header *h, const uint8_t *bytes, size_t n, sx_error *err) {
    sx_part10 p;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    if (!p.is_dicom) return sx_fail(err, SX_ERR_FORMAT, "not a DICOM file");
    const sx_syntax *syntax = p.transfer_syntax[0] ? sx_syntax_find(p.transfer_syntax) : NULL;
    const bool big = syntax ? syntax->big_endian : p.big_endian;
    const bool explicit_vr = syntax ? !syntax->implicit : p.transfer_syntax[0] || p.explicit_vr;
    bytes += p.dataset;
    n -= p.dataset;
    if (syntax && syntax->deflated) {
        if (!sx_inflate(bytes, n, true, &h->inflated, &n, err)) return false;
        bytes = h->inflated;
    }
    return sx_dataset_read(&h->dataset, bytes, n, explicit_vr, big, true, err);
}

static void put_number(sx_str *out, bool big, uint32_t v, int bytes) {
    for (int i = 0; big && i < bytes; i++)
        sx_str_append_le(out, v >> 8 * (bytes - 1 - i) & 0xFF, 1);
    if (!big) sx_str_append_le(out, v, bytes);
}

/* *vr: of the file, or of the standard if the file's is unknown. */
static bool find_vr(const sx_element *e, char vr[3]) {
    if (!e->vr[0]) return sx_deid_due_vr(e->tag, vr);
    memcpy(vr, e->vr, 2);
    vr[2] = '\0';
    return true;
}

/* False if the element cannot be written. */
static bool put_element(sx_str *out, const sx_dataset *d, const sx_element *e) {
    const uint32_t n = e->undefined ? SX_UNDEFINED_LENGTH : (uint32_t)e->n;
    char vr[3];
    put_number(out, d->big_endian, e->tag >> 16, 2);
    put_number(out, d->big_endian, e->tag & 0xFFFF, 2);
    if (d->explicit_vr) {
        if (!find_vr(e, vr)) return false;
        const bool is_long = sx_vr_is_long((const uint8_t *)vr);
        if (!is_long && n > 0xFFFF) return false;
        sx_str_append(out, vr, 2);
        if (is_long) put_number(out, d->big_endian, 0, 2);
        put_number(out, d->big_endian, n, is_long ? 4 : 2);
    } else {
        put_number(out, d->big_endian, n, 4);
    }
    sx_str_append(out, e->value, e->n);
    return true;
}

/* Whether the bytes of *out from `begin` on are one element that every reader accepts. Out of
 * memory is an error; whatever else is wrong with the element is not. */
static bool is_sound(const sx_str *out, size_t begin, const sx_dataset *d, bool *sound,
                     sx_error *err) {
    const uint8_t *bytes = (const uint8_t *)sx_str_text(out);
    const sx_dataset part = { .begin = bytes + begin,
                              .end = bytes + out->len,
                              .explicit_vr = d->explicit_vr,
                              .big_endian = d->big_endian };
    sx_error why = { 0 };
    size_t used;
    bool delimited;
    *sound = sx_dataset_walk(&part, &used, &delimited, &why);
    return *sound || why.code != SX_ERR_MEMORY || sx_fail(err, why.code, "%s", why.message);
}

static void put_meta(sx_str *out, const sx_dataset *d) {
    static const char preamble[128] = { 0 };
    static const char head[] = "DICM\2\0\x10\0UI"; /* and the length of the value */
    const char *uid = !d->explicit_vr ? "1.2.840.10008.1.2"
                      : d->big_endian ? "1.2.840.10008.1.2.2"
                                      : "1.2.840.10008.1.2.1";
    const size_t n = strlen(uid), padded = n + n % 2;
    sx_str_append(out, preamble, sizeof preamble);
    sx_str_append(out, head, sizeof head - 1);
    sx_str_append_le(out, padded, 2);
    sx_str_append(out, uid, padded); /* with its NUL if the length is odd */
}

static bool put_elements(sx_str *out, const sx_dataset *d, const uint32_t *tags, size_t count,
                         sx_error *err) {
    put_meta(out, d);
    for (size_t i = 0; i < count; i++) {
        const sx_element *e = sx_dataset_find(d, tags[i]);
        const size_t begin = out->len;
        if (!e || e->tag == SX_TAG_PIXEL_DATA) continue;
        bool sound = put_element(out, d, e);
        if (!sx_str_ok(out, err) || (sound && !is_sound(out, begin, d, &sound, err))) return false;
        if (!sound) out->len = begin;
    }
    return sx_str_ok(out, err);
}

bool sx_dicom_excerpt(const uint8_t *bytes, size_t n, const uint32_t *tags, size_t count,
                      uint8_t **out, size_t *size, sx_error *err) {
    header h = { .inflated = NULL };
    sx_str text = { 0 };
    const bool ok =
        read_header(&h, bytes, n, err) && put_elements(&text, &h.dataset, tags, count, err);
    sx_dataset_free(&h.dataset);
    free(h.inflated);
    if (!ok) {
        sx_str_free(&text);
        return false;
    }
    *out = (uint8_t *)text.data;
    *size = text.len;
    return true;
}
