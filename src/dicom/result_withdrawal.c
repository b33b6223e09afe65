#include "dicom/result_withdrawal.h"

#include <string.h>

#include "base/str.h"
#include "dicom/results_impl.h"
#include "dicom/sr_content.h"
#include "dicom/uid.h"

static const char contains[] = "CONTAINS";

static bool check_all(const sx_withdrawal *w, sx_error *err) {
    if (w->count == 0) return sx_fail(err, SX_ERR_VALUE, "a withdrawal names no object");
    bool ok = sx_is_uid(w->study_uid) && sx_is_uid(w->successor);
    for (size_t i = 0; ok && i < w->count; i++)
        ok = sx_is_uid(w->items[i].sop_class) && sx_is_uid(w->items[i].sop_uid) &&
             sx_is_uid(w->items[i].series_uid);
    return ok || sx_fail(err, SX_ERR_VALUE, "a withdrawal names something that is no UID");
}

bool sx_withdrawal_uid(const sx_withdrawal *w, bool series, char out[SX_RESULT_UID],
                       sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "withdrawal|%s", w->study_uid);
    if (!series) sx_str_printf(&text, "|%s|%s|%d", SX_VERSION, w->successor, w->number);
    for (size_t i = 0; !series && i < w->count; i++)
        sx_str_printf(&text, "|%s", w->items[i].sop_uid);
    const bool ok = sx_str_ok(&text, err) && sx_result_uid_of(sx_str_text(&text), out, err);
    sx_str_free(&text);
    return ok;
}

/* What the note has in common with the report that replaces the objects: character set of the
 * device's texts, device, date and time with their time zone. */
static const uint32_t shared[] = {
    SX_TAG(0x0008, 0x0070), SX_TAG(0x0008, 0x1090), SX_TAG(0x0018, 0x1000), SX_TAG(0x0018, 0x1020),
    SX_CONTENT_DATE,        SX_CONTENT_TIME,        SX_UTC_OFFSET,
};

static bool is_demonstration(const sx_withdrawal *w) {
    static const char note[] = "NOT FOR CLINICAL USE";
    return memmem(w->file, w->size, note, sizeof note - 1) != NULL;
}

static bool put_identity(sx_object *o, const sx_withdrawal *w, sx_error *err) {
    sx_object_item *root = sx_object_root(o);
    char instance[SX_RESULT_UID], series[SX_RESULT_UID], description[65];
    if (!sx_withdrawal_uid(w, false, instance, err) || !sx_withdrawal_uid(w, true, series, err) ||
        !sx_result_copy_modules(o, w->file, w->size, w->study_uid, err) ||
        !sx_object_copy(root, w->file, w->size, shared, sizeof shared / sizeof *shared, err))
        return false;
    sx_format(description, sizeof description, "spinexr withdrawn results%s",
              is_demonstration(w) ? ", NOT FOR CLINICAL USE" : "");
    sx_object_text(root, SX_TAG(0x0008, 0x0016), SX_WITHDRAWAL_CLASS);
    sx_object_text(root, SX_TAG(0x0008, 0x0018), instance);
    sx_object_text(root, SX_TAG(0x0008, 0x0060), "KO");
    sx_object_text(root, SX_TAG(0x0008, 0x103E), description);
    sx_object_text(root, SX_SERIES_UID, series);
    sx_object_int(root, SX_TAG(0x0020, 0x0011), 9904);
    sx_object_int(root, SX_TAG(0x0020, 0x0013), w->number);
    sx_object_empty_sequence(root, SX_TAG(0x0008, 0x1111));
    return true;
}

static void put_evidence(sx_object_item *root, const sx_withdrawal *w) {
    sx_object_item *study = sx_object_add(root, SX_TAG(0x0040, 0xA375));
    sx_object_text(study, SX_STUDY_UID, w->study_uid);
    for (size_t i = 0; i < w->count; i++) {
        bool listed = false; /* with an earlier object of its series */
        for (size_t k = 0; k < i; k++)
            listed |= strcmp(w->items[k].series_uid, w->items[i].series_uid) == 0;
        if (listed) continue;
        sx_object_item *series = sx_object_add(study, SX_REFERENCED_SERIES);
        sx_object_text(series, SX_SERIES_UID, w->items[i].series_uid);
        for (size_t k = i; k < w->count; k++) {
            const sx_sop_ref ref = { w->items[k].sop_class, w->items[k].sop_uid };
            if (strcmp(w->items[k].series_uid, w->items[i].series_uid) == 0)
                sx_object_ref(series, SX_TAG(0x0008, 0x1199), &ref);
        }
    }
}

/* TID 2010 */
static void put_content(sx_object_item *root, const sx_withdrawal *w) {
    const sx_code title = { "113001", "DCM", "Rejected for Quality Reasons" },
                  description = { "113012", "DCM", "Key Object Description" };
    sx_sr_title(root, &title, "2010");
    sx_sr_text(root, contains, &description, "Replaced by a later result of spinexr.");
    for (size_t i = 0; i < w->count; i++) {
        const sx_sop_ref ref = { w->items[i].sop_class, w->items[i].sop_uid };
        if (strcmp(ref.sop_class, sx_result_sop_class(SX_RESULT_CAPTURE)) == 0)
            sx_sr_image(root, contains, NULL, &ref);
        else
            sx_sr_composite(root, contains, NULL, &ref);
    }
}

bool sx_withdrawal_encode(const sx_withdrawal *w, uint8_t **bytes, size_t *n, sx_error *err) {
    if (!check_all(w, err)) return false;
    sx_object *o = sx_object_new(err);
    if (!o) return false;
    if (!put_identity(o, w, err)) {
        sx_object_free(o);
        return false;
    }
    put_evidence(sx_object_root(o), w);
    put_content(sx_object_root(o), w);
    return sx_result_finish(o, bytes, n, err);
}
