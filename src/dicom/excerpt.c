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

/* ---- values whose VR is not the standard's ---- */

/* PS3.5 6.2: the texts among the VRs, bytes of the longest value, and which characters it has (""
 * all that are printed; ESC, which changes the character set, is counted to them). Paragraphs also
 * have line ends, and are not split at backslashes. */
static const struct {
    char vr[3];
    size_t most;
    const char *characters;
    bool paragraph;
} texts[] = {
    { "AE", 16, "", false },
    { "AS", 4, "0123456789DWMY", false },
    { "CS", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _", false },
    { "DA", 8, "0123456789", false },
    { "DS", 16, "0123456789+-eE. ", false },
    { "DT", 26, "0123456789+-. ", false },
    { "IS", 12, "0123456789+- ", false },
    { "LO", 64, "", false },
    { "LT", 10240, "", true },
    { "PN", 194, "", false },
    { "SH", 16, "", false },
    { "ST", 1024, "", true },
    { "TM", 14, "0123456789. ", false },
    { "UI", 64, "0123456789.", false },
};
enum { TEXTS = sizeof texts / sizeof *texts };

static int find_text(const char vr[2]) {
    int i = 0;
    while (i < TEXTS && memcmp(texts[i].vr, vr, 2) != 0)
        i++;
    return i;
}

static bool has_character(int text, uint8_t c) {
    if (texts[text].paragraph && strchr("\t\n\f\r", c) && c) return true;
    if (*texts[text].characters) return c && strchr(texts[text].characters, c);
    return (c >= ' ' && c != 0x7F) || c == 0x1B;
}

/* The bytes of a value without its padding: NUL and, which is not part of a UID, blanks. */
static size_t text_length(const sx_element *e, const char vr[2]) {
    const bool uid = memcmp(vr, "UI", 2) == 0;
    size_t n = e->n;
    while (n && (e->value[n - 1] == 0 || (uid && e->value[n - 1] == ' ')))
        n--;
    return n;
}

/* Not of numbers, whose bytes may look like characters, nor of a sequence. */
static bool may_be_text(const char vr[2]) {
    static const char numbers[][3] = { "AT", "FD", "FL", "OD", "OF", "OL", "OV", "OW",
                                       "SL", "SQ", "SS", "SV", "UL", "US", "UV" };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (memcmp(vr, numbers[i], 2) == 0) return false;
    return true;
}

/* Whether the bytes of an element with another VR are a value of the standard's. */
static bool suits(const sx_element *e, int text) {
    if (text == TEXTS || e->undefined || !may_be_text(e->vr)) return false;
    const size_t n = text_length(e, texts[text].vr);
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        const bool ends = e->value[i] == '\\' && !texts[text].paragraph;
        if (!ends && !has_character(text, e->value[i])) return false;
        length = ends ? 0 : length + 1;
        if (length > texts[text].most) return false;
    }
    return true;
}

static bool put_text(sx_str *out, const sx_dataset *d, const sx_element *e, const char vr[3]) {
    const size_t n = text_length(e, vr);
    if (!sx_put_element_header(out, true, d->big_endian, e->tag, vr, (uint32_t)(n + n % 2)))
        return false;
    sx_str_append(out, e->value, n);
    if (n % 2) sx_str_append(out, memcmp(vr, "UI", 2) == 0 ? "" : " ", 1);
    return true;
}

/* False if the element cannot be written. Its VR is that of the standard: another one, which the
 * file may have by mistake, would be wrong in every result. A sequence may be UN (PS3.5 6.2.2). */
static bool put_element(sx_str *out, const sx_dataset *d, const sx_element *e) {
    const uint32_t n = e->undefined ? SX_UNDEFINED_LENGTH : (uint32_t)e->n;
    char vr[3] = "";
    if (d->explicit_vr) {
        const bool due = sx_deid_due_vr(e->tag, vr);
        if (!due && !e->vr[0]) return false;
        const bool other = e->vr[0] && due && memcmp(e->vr, vr, 2) != 0,
                   unknown = memcmp(e->vr, "UN", 2) == 0 && memcmp(vr, "SQ", 2) == 0;
        if (other && !unknown) {
            const int text = find_text(vr);
            return suits(e, text) && put_text(out, d, e, vr);
        }
        if (e->vr[0]) memcpy(vr, e->vr, 2);
    }
    if (!sx_put_element_header(out, d->explicit_vr, d->big_endian, e->tag, vr, n)) return false;
    sx_str_append(out, e->value, e->n);
    return true;
}

/* ---- the file ---- */

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
