#define _GNU_SOURCE /* memmem */
#include "support/copies.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/dicom.h"

#include "dicom/deid.h"

static void put(test_dicom *d, const attribute *a) {
    if (a->n)
        dicom_bytes(d, SX_TAG(a->group, a->element), a->vr, a->bytes, a->n);
    else
        dicom_text(d, SX_TAG(a->group, a->element), a->vr, a->bytes);
}

bool deidentify_attributes(const attribute *a, size_t count, const attribute *late, bool keep_dates,
                           uint8_t **out, size_t *n, sx_error *err) {
    const sx_deid_options o = { .key = (const uint8_t *)"a key of thirty-two bytes, or so",
                                .key_size = 32,
                                .keep_device = true,
                                .keep_dates = keep_dates,
                                .text = SX_DEID_TEXT_KEEP };
    sx_deid_pair pairs[SX_DEID_PAIRS];
    char cleaned[SX_DEID_NOTE];
    test_dicom d;
    dicom_begin(&d, "1.2.840.10008.1.2.1");
    const attribute uid = { 0x0008, 0x0018, "UI", "9.8.7.6.5.4.3.21", 0 };
    bool named = false;
    for (size_t i = 0; i < count; i++) {
        if (!named && SX_TAG(a[i].group, a[i].element) > SX_TAG(0x0008, 0x0018)) {
            put(&d, &uid);
            named = true;
        }
        put(&d, &a[i]);
    }
    dicom_image(&d, &(dicom_shape){ 2, 2, 16, 12, 0, NULL, 0, 0 });
    if (late) put(&d, late);
    dicom_pixels(&d, (const uint16_t[4]){ 1, 2, 3, 4 }, 4);
    const bool ok = sx_deid_file(d.bytes.data, d.bytes.len, "in", &o, out, n, pairs, cleaned, err);
    dicom_end(&d);
    return ok;
}

bool has_value(const uint8_t *out, size_t n, const attribute *a) {
    const uint8_t head[] = { (uint8_t)a->group,   (uint8_t)(a->group >> 8),
                             (uint8_t)a->element, (uint8_t)(a->element >> 8),
                             (uint8_t)a->vr[0],   (uint8_t)a->vr[1] };
    const uint8_t *at = memmem(out, n, head, sizeof head);
    return at && (at[6] || at[7]);
}

static int by_tag(const void *a, const void *b) {
    const attribute *x = a, *y = b;
    const uint32_t s = SX_TAG(x->group, x->element), t = SX_TAG(y->group, y->element);
    return (s > t) - (s < t);
}

/* Whether the last attribute is kept. */
static bool is_kept(const film_case *c, size_t from, const char *what) {
    attribute sorted[ATTRIBUTES];
    uint8_t *out = NULL;
    size_t count = 0, n = 0;
    sx_error err = { 0 };
    while (count < ATTRIBUTES && c->attributes[count].vr)
        count++;
    const attribute last = c->attributes[count - 1];
    memcpy(sorted, c->attributes + from, (count - from) * sizeof *sorted);
    qsort(sorted, count - from, sizeof *sorted, by_tag);
    if (!deidentify_attributes(sorted, count - from, NULL, false, &out, &n, &err))
        fail_msg("%s: %s", what, err.message);
    const bool kept = has_value(out, n, &last);
    free(out);
    return kept;
}

void check_emptied(const film_case *c, const char *what) {
    size_t count = 0;
    while (count < ATTRIBUTES && c->attributes[count].vr)
        count++;
    if (is_kept(c, 0, what)) fail_msg("%s: the copy is kept", what);
    if (!is_kept(c, count - 1, what)) fail_msg("%s: not kept for another patient", what);
}
