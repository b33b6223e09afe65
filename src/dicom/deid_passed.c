#include "dicom/deid_passed.h"

#include <string.h>

#include "base/patient_id.h"
#include "base/str.h"
#include "dicom/deid.h"
#include "dicom/deid_open.h"

enum {
    BURNED_IN = 0x00280301,
    PATIENT_NAME = 0x00100010,
    PATIENT_ID = 0x00100020,
    PATIENT_AGE = 0x00101010,
    IDENTITY_REMOVED = 0x00120062,
    METHOD = 0x00120063,
    METHOD_CODES = 0x00120064,
    DATES_MODIFIED = 0x00280303,
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

/* Elements that de-identification itself writes. */
static bool is_record(uint32_t tag) {
    return tag == IDENTITY_REMOVED || tag == METHOD || tag == METHOD_CODES || tag == DATES_MODIFIED;
}

static bool check_name(const sx_dataset *d, const char *patient, sx_error *err) {
    char name[200];
    sx_dataset_text(d, PATIENT_NAME, 0, name, sizeof name);
    return sx_patient_is_placeholder(name) || strcmp(name, patient) == 0 ||
           refuse(PATIENT_NAME, "has a name", err);
}

static bool check_age(const sx_dataset *d, sx_error *err) {
    char text[32];
    long years;
    sx_dataset_text(d, PATIENT_AGE, 0, text, sizeof text);
    const size_t n = strlen(text);
    if (n < 2 || text[n - 1] != 'Y') return true;
    text[n - 1] = '\0';
    return !sx_parse_long(text, 91, 999, &years) || refuse(PATIENT_AGE, "is above 90 years", err);
}

static bool check_elements(const sx_dataset *d, const sx_deid_options *o, int depth, sx_error *err);

static bool check_items(const sx_dataset *d, uint32_t sequence, const sx_deid_options *o, int depth,
                        sx_error *err) {
    sx_error why = { 0 };
    sx_dataset item;
    for (size_t i = 0; sx_dataset_item(d, sequence, i, &item, &why); i++) {
        const bool ok = check_elements(&item, o, depth + 1, err);
        sx_dataset_free(&item);
        if (!ok) return false;
    }
    return why.code == SX_OK || sx_fail(err, why.code, "%s", why.message);
}

static bool check_elements(const sx_dataset *d, const sx_deid_options *o, int depth,
                           sx_error *err) {
    if (depth > 32) return sx_fail(err, SX_ERR_UNSUPPORTED, "sequences are too deep");
    for (size_t i = 0; i < d->count; i++) {
        const sx_element *e = &d->items[i];
        char vr[3] = { e->vr[0], e->vr[1], 0 };
        if (is_record(e->tag)) continue;
        if (!vr[0] && !sx_deid_due_vr(e->tag, vr)) vr[0] = '\0';
        const sx_deid_action action = sx_deid_rule(e->tag, vr[0] ? vr : "UN", o);
        if (action == SX_DEID_REMOVE && !(e->tag == SX_TAG_PIXEL_DATA))
            return refuse(e->tag, "is an element that de-identification removes", err);
        if (action == SX_DEID_EMPTY && !is_blank(e))
            return refuse(e->tag, "has a value that de-identification empties", err);
        const bool sequence = strcmp(vr, "SQ") == 0 && action == SX_DEID_KEEP;
        if (sequence && !check_items(d, e->tag, o, depth, err)) return false;
    }
    return true;
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
    sx_dataset_text(d, BURNED_IN, 0, text, sizeof text);
    if (strcmp(text, "YES") == 0) return refuse(BURNED_IN, "Burned In Annotation is YES", err);
    const sx_deid_options options = { .keep_dates = out->kept_dates,
                                      .keep_device = out->kept_device,
                                      .keep_patient = out->kept_patient };
    sx_dataset_text(d, 0x00080018, 0, out->image, sizeof out->image);
    sx_dataset_text(d, 0x0020000D, 0, out->study, sizeof out->study);
    sx_dataset_text(d, 0x0020000E, 0, out->series, sizeof out->series);
    sx_dataset_text(d, PATIENT_ID, 0, out->patient, sizeof out->patient);
    return check_elements(d, &options, 0, err) && check_name(d, out->patient, err) &&
           check_age(d, err) && check_ends(bytes, n, o, err);
}

bool sx_deid_check_passed(const void *bytes, size_t n, const char *name, sx_deid_passed *out,
                          sx_error *err) {
    sx_deid_opened o;
    *out = (sx_deid_passed){ 0 };
    if (!sx_deid_readable(bytes, n, name, err)) return false;
    if (!sx_deid_open(bytes, n, &o, err)) return sx_fail_in(err, "%s", name);
    const bool ok = check_all(bytes, n, &o, out, err) || sx_fail_in(err, "%s", name);
    sx_deid_close(&o);
    return ok;
}
