#include "dicom/deid_form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dicom/attributes.h"
#include "dicom/byte_order.h"
#include "dicom/elements.h"
#include "dicom/pixel_form.h"

typedef struct writing {
    uint8_t *to;
} writing;

static void put(writing *w, const void *bytes, size_t n) {
    memcpy(w->to, bytes, n);
    w->to += n;
}

static void put_item(writing *w, const uint8_t *bytes, size_t n) {
    uint8_t header[8] = { 0xFE, 0xFF, 0, 0xE0 };
    sx_put_le32(header + 4, (uint32_t)(n + n % 2));
    put(w, header, sizeof header);
    if (n) put(w, bytes, n);
    if (n % 2) put(w, "", 1);
}

/* Replaces Pixel Data, which end the copy, by fragments of undefined length. */
static bool write_fragments(const uint8_t *bytes, const sx_element *e, uint8_t **out, size_t *size,
                            sx_error *err) {
    static const uint8_t header[] = { 0xE0, 0x7F, 0x10, 0, 'O', 'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF },
                         delimiter[] = { 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0 };
    const size_t before =
        (size_t)(e->value - bytes) - (sx_vr_is_long((const uint8_t *)e->vr) ? 12 : 8);
    const size_t room = 3 * 8 + 1; /* two items and the delimiter */
    uint8_t *whole = sx_calloc_for(before + sizeof header + e->n + room, 1, "the pixels", err);
    if (!whole) return false;
    writing w = { whole };
    put(&w, bytes, before);
    put(&w, header, sizeof header);
    if (sx_pixels_hold_items(e)) {
        put(&w, e->value, e->n); /* with the delimiter, or without it */
    } else {
        put_item(&w, NULL, 0);
        put_item(&w, e->value, e->n);
        put(&w, delimiter, sizeof delimiter);
    }
    *out = whole;
    *size = (size_t)(w.to - whole);
    return true;
}

static bool is_other(const sx_element *e) {
    return memcmp(e->vr, "OB", 2) == 0 || memcmp(e->vr, "OW", 2) == 0;
}

static bool write_pixels(const uint8_t *bytes, size_t n, const sx_film_info *info,
                         const sx_syntax *syntax, const sx_dataset *d, uint8_t **out, size_t *size,
                         sx_error *err) {
    const sx_element *e = sx_dataset_find(d, SX_TAG_PIXEL_DATA);
    if (!sx_film_check_info(info, NULL) || !d->explicit_vr || d->big_endian) return true;
    if (!sx_pixels_are_compressed(info, syntax, d))
        return sx_part10_rename_syntax(bytes, n, "1.2.840.10008.1.2.1", out, size, err);
    if (e->undefined && is_other(e)) return true;
    return sx_pixels_check_whole(d, e, err) && write_fragments(bytes, e, out, size, err);
}

static bool regular_pixels(const uint8_t *bytes, size_t n, const sx_part10 *p, uint8_t **out,
                           size_t *size, sx_error *err) {
    const sx_syntax *syntax = sx_syntax_find(p->transfer_syntax);
    sx_film_info info = { 0 };
    sx_dataset d;
    if (!syntax || syntax->codec == SX_CODEC_NONE) return true;
    if (!sx_dataset_read(&d, bytes + p->dataset, n - p->dataset, true, false, true, err))
        return false;
    const bool ok = sx_film_read_info(&info, &d, err) &&
                    write_pixels(bytes, n, &info, syntax, &d, out, size, err);
    sx_film_free_info(&info);
    sx_dataset_free(&d);
    return ok;
}

/* The length of the File Meta Information, on which DCMTK relies. */
static bool regular_meta(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                         sx_error *err) {
    sx_part10 p;
    if (!sx_part10_read(&p, *out ? *out : bytes, *out ? *size : n, err)) return false;
    if (!p.group_length) return true;
    const uint32_t length = (uint32_t)(p.dataset - p.group_length - 4);
    if (sx_le32((*out ? *out : bytes) + p.group_length) == length) return true;
    if (!*out) {
        *out = sx_calloc_for(n, 1, "a DICOM file", err);
        if (!*out) return false;
        memcpy(*out, bytes, n);
        *size = n;
    }
    sx_put_le32(*out + p.group_length, length);
    return true;
}

bool sx_deid_regular_form(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                          sx_error *err) {
    sx_part10 p;
    *out = NULL;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    if (p.unusual) return true;
    if (regular_pixels(bytes, n, &p, out, size, err) && regular_meta(bytes, n, out, size, err))
        return true;
    free(*out);
    *out = NULL;
    return false;
}
