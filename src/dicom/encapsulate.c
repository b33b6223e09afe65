#include "dicom/encapsulate.h"

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

/* e: Pixel Data of a defined length in the file bytes. */
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

static bool encapsulate(const uint8_t *bytes, const sx_syntax *syntax, const sx_dataset *d,
                        uint8_t **out, size_t *size, sx_error *err) {
    const sx_element *e = sx_dataset_find(d, SX_TAG_PIXEL_DATA);
    sx_film_info info = { 0 };
    if (!e || e->undefined || !d->explicit_vr || d->big_endian) return true;
    const bool ok =
        sx_film_read_info(&info, d, err) &&
        (!sx_film_check_info(&info, NULL) || !sx_pixels_are_compressed(&info, syntax, d) ||
         (sx_pixels_check_whole(d, e, err) && write_fragments(bytes, e, out, size, err)));
    sx_film_free_info(&info);
    return ok;
}

bool sx_pixels_encapsulate(const uint8_t *bytes, size_t n, uint8_t **out, size_t *size,
                           sx_error *err) {
    sx_part10 p;
    sx_dataset d;
    *out = NULL;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    const sx_syntax *syntax = sx_syntax_find(p.transfer_syntax);
    if (!syntax || syntax->codec == SX_CODEC_NONE) return true;
    if (!sx_dataset_read(&d, bytes + p.dataset, n - p.dataset, true, false, true, err))
        return false;
    const bool ok = encapsulate(bytes, syntax, &d, out, size, err);
    sx_dataset_free(&d);
    return ok;
}
