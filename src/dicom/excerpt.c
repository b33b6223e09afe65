#include "dicom/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "dicom/dataset.h"
#include "dicom/deid.h"
#include "dicom/element_writer.h"
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
    const sx_syntax *syntax = sx_syntax_of(&p, NULL);
    const bool big = syntax && syntax->big_endian, explicit_vr = !syntax || !syntax->implicit;
    bytes += p.dataset;
    n -= p.dataset;
    if (syntax && syntax->deflated) {
        if (!sx_inflate(bytes, n, true, &h->inflated, &n, err)) return false;
        bytes = h->inflated;
    }
    return sx_dataset_read(&h->dataset, bytes, n, explicit_vr, big, true, err);
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
    char vr[3] = "";
    if (d->explicit_vr && !find_vr(e, vr)) return false;
    if (!sx_put_element_header(out, d->explicit_vr, d->big_endian, e->tag, vr, n)) return false;
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

static bool put_elements(sx_str *out, const sx_dataset *d, const uint32_t *tags, size_t count,
                         sx_error *err) {
    sx_put_file_meta(out, sx_syntax_native(d->explicit_vr, d->big_endian));
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
