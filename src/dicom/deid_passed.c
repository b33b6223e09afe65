#include "dicom/deid_passed.h"

#include <stdlib.h>
#include <string.h>

#include "dicom/deid.h"
#include "dicom/deid_open.h"

enum {
    PATIENT_ID = 0x00100020,
    IDENTITY_REMOVED = 0x00120062,
    METHOD_CODES = 0x00120064,
    CODE_VALUE = 0x00080100,
    PREAMBLE = 128
};

/* The codes of CID 7050 among the method's codes. */
static bool read_codes(const sx_dataset *d, bool *profile, sx_deid_passed *out, sx_error *err) {
    sx_error why = { 0 };
    sx_dataset item;
    *profile = false;
    for (size_t i = 0; sx_dataset_item(d, METHOD_CODES, i, &item, &why); i++) {
        char code[32];
        sx_dataset_text(&item, CODE_VALUE, 0, code, sizeof code);
        *profile = *profile || strcmp(code, "113100") == 0;
        out->kept_dates = out->kept_dates || strcmp(code, "113107") == 0;
        out->kept_patient = out->kept_patient || strcmp(code, "113108") == 0;
        out->kept_device = out->kept_device || strcmp(code, "113109") == 0;
        sx_dataset_free(&item);
    }
    return why.code == SX_OK || sx_fail(err, why.code, "%s", why.message);
}

static bool is_blank(const sx_element *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->value[i] != ' ' && e->value[i] != 0) return false;
    return true;
}

static bool refuse(uint32_t tag, const char *what, sx_error *err) {
    return sx_fail(err, SX_ERR_UNSUPPORTED, "(%04X,%04X) %s", tag >> 16, tag & 0xFFFF, what);
}

/* Names an element of the film that de-identification changes; false: there is none. */
static bool name_changed(const sx_dataset *was, const sx_dataset *now, sx_error *err) {
    for (size_t i = 0; i < was->count; i++) {
        const sx_element *a = &was->items[i], *b = sx_dataset_find(now, a->tag);
        if (!b) refuse(a->tag, "is an element that de-identification removes", err);
        if (!b) return true;
        if (a->n == b->n && memcmp(a->vr, b->vr, 2) == 0 && memcmp(a->value, b->value, a->n) == 0)
            continue;
        refuse(a->tag,
               is_blank(b) && !is_blank(a) ? "has a value that de-identification empties"
                                           : "is not as de-identification writes it",
               err);
        return true;
    }
    for (size_t i = 0; i < now->count; i++)
        if (!sx_dataset_find(was, now->items[i].tag)) {
            refuse(now->items[i].tag, "is missing: de-identification writes it", err);
            return true;
        }
    return false;
}

/* Whether `data deidentify` would change something: values it removes or empties, names in its
 * record, ages, comments and text in the streams of pixels, bytes between and after elements. */
static bool check_unchanged(const uint8_t *bytes, size_t n, const char *name, const sx_dataset *d,
                            const sx_deid_passed *p, sx_error *err) {
    const sx_deid_options options = { .keep_dates = p->kept_dates,
                                      .keep_device = p->kept_device,
                                      .keep_patient = p->kept_patient };
    uint8_t *again;
    size_t size;
    sx_deid_opened o;
    if (!sx_deid_again(bytes, n, name, &options, &again, &size, err)) return false;
    const bool same = n == size && memcmp(bytes, again, n) == 0;
    if (!same && sx_deid_open(again, size, &o, err)) {
        if (!name_changed(d, &o.dataset, err))
            sx_fail(err, SX_ERR_UNSUPPORTED,
                    "the file meta information or the encoding is not as de-identification "
                    "writes it");
        sx_deid_close(&o);
    }
    if (!same) sx_fail_in(err, "%s", name);
    free(again);
    return same;
}

/* The preamble, and what follows the pixels. */
static bool check_ends(const uint8_t *bytes, size_t n, const sx_deid_opened *o, sx_error *err) {
    size_t used = 0;
    bool delimited;
    for (size_t i = 0; i < PREAMBLE && i < n; i++)
        if (bytes[i]) return sx_fail(err, SX_ERR_UNSUPPORTED, "the preamble is not empty");
    if (o->inflated) return true;
    if (!sx_deid_extent(bytes, n, &used, &delimited, err)) return false;
    return used == n || sx_fail(err, SX_ERR_UNSUPPORTED, "bytes follow the pixels");
}

static bool check_all(const uint8_t *bytes, size_t n, const sx_deid_opened *o, sx_deid_passed *out,
                      sx_error *err) {
    const sx_dataset *d = &o->dataset;
    char text[32];
    bool profile;
    if (!read_codes(d, &profile, out, err)) return false;
    sx_dataset_text(d, IDENTITY_REMOVED, 0, text, sizeof text);
    if (strcmp(text, "YES") != 0)
        return refuse(IDENTITY_REMOVED, "Patient Identity Removed is not YES", err);
    if (!profile) return refuse(METHOD_CODES, "does not record the Basic Profile (113100)", err);
    sx_dataset_text(d, 0x00080018, 0, out->image, sizeof out->image);
    sx_dataset_text(d, 0x0020000D, 0, out->study, sizeof out->study);
    sx_dataset_text(d, 0x0020000E, 0, out->series, sizeof out->series);
    sx_dataset_text(d, PATIENT_ID, 0, out->patient, sizeof out->patient);
    return check_ends(bytes, n, o, err);
}

bool sx_deid_check_passed(const void *bytes, size_t n, const char *name, sx_deid_passed *out,
                          sx_error *err) {
    sx_deid_opened o;
    *out = (sx_deid_passed){ 0 };
    if (!sx_deid_readable(bytes, n, name, err)) return false;
    if (!sx_deid_open(bytes, n, &o, err)) return sx_fail_in(err, "%s", name);
    const bool ok = (check_all(bytes, n, &o, out, err) || sx_fail_in(err, "%s", name)) &&
                    check_unchanged(bytes, n, name, &o.dataset, out, err);
    sx_deid_close(&o);
    return ok;
}
