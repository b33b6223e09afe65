/* UIDs, headers and texts of all result objects. */
#include "dicom/results.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/str.h"
#include "dicom/results_impl.h"
#include "dicom/uid.h"
#include "dicom/write.h"

static const struct {
    const char *sop_class, *modality, *series, *name;
    int series_number;
} kinds[SX_RESULT_KINDS] = {
    [SX_RESULT_SR_3D] = { "1.2.840.10008.5.1.4.1.1.88.34", "SR", "spinexr findings", "sr3d", 9901 },
    [SX_RESULT_SR] = { "1.2.840.10008.5.1.4.1.1.88.33", "SR", "spinexr findings", "sr", 9901 },
    [SX_RESULT_GSPS] = { "1.2.840.10008.5.1.4.1.1.11.1", "PR", "spinexr boxes", "gsps", 9902 },
    [SX_RESULT_CAPTURE] = { "1.2.840.10008.5.1.4.1.1.7", "OT", "spinexr picture", "capture", 9903 },
};

const char *sx_result_sop_class(sx_result_kind kind) {
    return kinds[kind].sop_class;
}

/* The film from which an object of films[film] copies patient and study, which are the same in all
 * films: this one, if it can be read. */
static const sx_result_film *modules_of(const sx_result_study *s, size_t film) {
    const sx_result_film *f = &s->films[film];
    for (size_t i = 0; !f->file && i < s->film_count; i++)
        f = &s->films[i];
    return f;
}

static uint64_t hex_word(const char *hex) {
    char digits[17];
    sx_format(digits, sizeof digits, "%.16s", hex);
    return strtoull(digits, NULL, 16);
}

bool sx_result_uid_of(const char *text, char out[SX_RESULT_UID], sx_error *err) {
    sx_sha256 hash;
    if (!sx_sha256_of(text, strlen(text), &hash, err)) return false;
    sx_uid_from_words(hex_word(hash.hex), hex_word(hash.hex + 16), out);
    return true;
}

/* ---- dates and times ---- */

/* From -1200 to +1400 (PS3.3 C.12.1.1); "-0000" is none. */
static bool read_offset(const char *text, int *minutes) {
    if (strlen(text) != 5 || (text[0] != '+' && text[0] != '-') ||
        strspn(text + 1, "0123456789") != 4)
        return false;
    const int hours = 10 * (text[1] - '0') + text[2] - '0',
              rest = 10 * (text[3] - '0') + text[4] - '0', all = 60 * hours + rest;
    *minutes = text[0] == '-' ? -all : all;
    return rest < 60 && *minutes >= -720 && *minutes <= 840 && (text[0] == '+' || all > 0);
}

sx_result_time sx_result_when(const sx_result_study *s, size_t film) {
    sx_result_time when = { .offset = "" };
    const char *offset = modules_of(s, film)->info->utc_offset;
    int minutes = 0;
    struct tm t;
    const bool known = read_offset(offset, &minutes);
    const time_t seconds = (time_t)(s->completed + (known ? 60 * (int64_t)minutes : 0));
    if (known) sx_format(when.offset, sizeof when.offset, "%s", offset);
    if (!(known ? gmtime_r(&seconds, &t) : localtime_r(&seconds, &t))) return when;
    if (strftime(when.date, sizeof when.date, "%Y%m%d", &t) != 8 ||
        strftime(when.time, sizeof when.time, "%H%M%S", &t) != 6)
        when.date[0] = when.time[0] = '\0';
    return when;
}

/* ---- UIDs ---- */

/* All that the bytes of an object depend on, so that one UID never names two contents. */
static void describe(const sx_result_study *s, sx_result_kind kind, size_t film, sx_str *out) {
    const sx_result_time when = sx_result_when(s, film);
    sx_str_printf(out, "%s|%s|%s|%s|%s|%s|%d|%s|%s|%d|%d|%s", kinds[kind].name, s->version,
                  s->weights, s->configuration, s->device_uid, s->serial, s->revision, when.date,
                  when.time, (int)s->demonstration, (int)s->says_normal,
                  s->predecessor ? s->predecessor : "");
    if (kind >= SX_RESULT_GSPS) sx_str_printf(out, "|film %zu", film);
    for (size_t i = 0; i < s->film_count; i++)
        sx_str_printf(out, "|%s=%s", s->films[i].info->sop_uid, s->films[i].digest);
}

bool sx_results_uid(const sx_result_study *s, sx_result_kind kind, size_t film, bool series,
                    char out[SX_RESULT_UID], sx_error *err) {
    sx_str text = { 0 };
    if (series) /* the same for every revision: viewers then show the newest */
        sx_str_printf(&text, "series|%s|%s|%s", kinds[kind].name, s->device_uid,
                      s->films[0].info->study_uid);
    else
        describe(s, kind, film, &text);
    const bool ok = sx_str_ok(&text, err) && sx_result_uid_of(sx_str_text(&text), out, err);
    sx_str_free(&text);
    return ok;
}

/* Patient module, General Study and Patient Study module (PS3.3 C.7.1.1, C.7.2.1, C.7.2.2) and the
 * character set in which they are written. */
static const uint32_t copied[] = {
    SX_TAG(0x0008, 0x0005), SX_TAG(0x0008, 0x0020), SX_TAG(0x0008, 0x0030), SX_TAG(0x0008, 0x0050),
    SX_TAG(0x0008, 0x0051), SX_TAG(0x0008, 0x0090), SX_TAG(0x0008, 0x0096), SX_TAG(0x0008, 0x1030),
    SX_TAG(0x0008, 0x1032), SX_TAG(0x0008, 0x1048), SX_TAG(0x0008, 0x1049), SX_TAG(0x0008, 0x1060),
    SX_TAG(0x0008, 0x1062), SX_TAG(0x0008, 0x1080), SX_TAG(0x0008, 0x1084), SX_TAG(0x0008, 0x1110),
    SX_TAG(0x0008, 0x1120), SX_TAG(0x0010, 0x0010), SX_TAG(0x0010, 0x0020), SX_TAG(0x0010, 0x0021),
    SX_TAG(0x0010, 0x0022), SX_TAG(0x0010, 0x0024), SX_TAG(0x0010, 0x0026), SX_TAG(0x0010, 0x0030),
    SX_TAG(0x0010, 0x0032), SX_TAG(0x0010, 0x0033), SX_TAG(0x0010, 0x0034), SX_TAG(0x0010, 0x0035),
    SX_TAG(0x0010, 0x0040), SX_TAG(0x0010, 0x1001), SX_TAG(0x0010, 0x1002), SX_TAG(0x0010, 0x1010),
    SX_TAG(0x0010, 0x1020), SX_TAG(0x0010, 0x1030), SX_TAG(0x0010, 0x2160), SX_TAG(0x0010, 0x2180),
    SX_TAG(0x0010, 0x21B0), SX_TAG(0x0010, 0x21C0), SX_TAG(0x0010, 0x2201), SX_TAG(0x0010, 0x2202),
    SX_TAG(0x0010, 0x2203), SX_TAG(0x0010, 0x2292), SX_TAG(0x0010, 0x2293), SX_TAG(0x0010, 0x2294),
    SX_TAG(0x0010, 0x2295), SX_TAG(0x0010, 0x2296), SX_TAG(0x0010, 0x2297), SX_TAG(0x0010, 0x2298),
    SX_TAG(0x0010, 0x2299), SX_TAG(0x0010, 0x4000), SX_TAG(0x0012, 0x0062), SX_TAG(0x0012, 0x0063),
    SX_TAG(0x0012, 0x0064), SX_TAG(0x0020, 0x0010), SX_TAG(0x0032, 0x1034),
};

/* Attributes that must be present, even if empty (type 2), where the film lacks them. */
static const uint32_t required[] = {
    SX_TAG(0x0008, 0x0020), SX_TAG(0x0008, 0x0030), SX_TAG(0x0008, 0x0050),
    SX_TAG(0x0008, 0x0090), SX_TAG(0x0010, 0x0010), SX_TAG(0x0010, 0x0020),
    SX_TAG(0x0010, 0x0030), SX_TAG(0x0010, 0x0040), SX_TAG(0x0020, 0x0010),
};

bool sx_result_copy_modules(sx_object *o, const void *file, size_t size, const char *study_uid,
                            sx_error *err) {
    sx_object_item *root = sx_object_root(o);
    for (size_t i = 0; i < sizeof required / sizeof *required; i++)
        sx_object_text(root, required[i], "");
    if (!sx_object_copy(root, file, size, copied, sizeof copied / sizeof *copied, err))
        return false;
    sx_object_text(root, SX_STUDY_UID, study_uid);
    return true;
}

static void put_series(sx_object_item *root, const sx_result_study *s, sx_result_kind kind,
                       size_t film) {
    char description[65];
    sx_format(description, sizeof description, "%s%s", kinds[kind].series,
              s->demonstration            ? ", NOT FOR CLINICAL USE"
              : kind == SX_RESULT_CAPTURE ? ": AI, not for diagnosis"
                                          : "");
    sx_object_text(root, SX_TAG(0x0008, 0x0060), kinds[kind].modality);
    sx_object_text(root, SX_TAG(0x0008, 0x103E), description);
    sx_object_int(root, SX_TAG(0x0020, 0x0011), kinds[kind].series_number);
    /* one series holds every revision: numbers of a GSPS or a capture leave room */
    const long first =
        kind >= SX_RESULT_GSPS ? 1000L * (s->revision - 1) + (long)film + 1 : (long)s->revision;
    sx_object_int(root, SX_TAG(0x0020, 0x0013), first);
}

static void put_device(sx_object_item *root, const sx_result_study *s) {
    sx_object_text(root, SX_TAG(0x0008, 0x0070), "spinexr");
    sx_object_text(root, SX_TAG(0x0008, 0x1090), "spinexr");
    sx_object_text(root, SX_TAG(0x0018, 0x1000), s->serial);
    sx_object_text(root, SX_TAG(0x0018, 0x1020), s->version);
}

/* A reference to a film must be one that an archive can follow. */
static bool check_film(const sx_film_info *f, sx_error *err) {
    const struct {
        const char *name, *uid;
    } uids[] = { { "SOP Class UID", f->sop_class },
                 { "SOP Instance UID", f->sop_uid },
                 { "Series Instance UID", f->series_uid },
                 { "Study Instance UID", f->study_uid } };
    for (size_t i = 0; i < sizeof uids / sizeof *uids; i++)
        if (!sx_is_uid(uids[i].uid))
            return sx_fail(err, SX_ERR_VALUE, "the film's %s is not a UID: \"%.64s\"", uids[i].name,
                           uids[i].uid);
    return true;
}

static bool check_study(const sx_result_study *s, sx_error *err) {
    for (size_t i = 0; i < s->film_count; i++) {
        if (!check_film(s->films[i].info, err)) return false;
        if (strcmp(s->films[i].info->study_uid, s->films[0].info->study_uid) != 0)
            return sx_fail(err, SX_ERR_MISMATCH, "the films are of two studies: %s and %s",
                           s->films[0].info->study_uid, s->films[i].info->study_uid);
    }
    return true;
}

static bool copy_modules(sx_object *o, const sx_result_study *s, size_t film, sx_error *err) {
    const sx_result_film *f = modules_of(s, film);
    if (!f->file) return sx_fail(err, SX_ERR_FORMAT, "no film of the study can be read");
    return sx_result_copy_modules(o, f->file, f->size, f->info->study_uid, err);
}

static bool put_identity(sx_object *o, const sx_result_study *s, sx_result_kind kind, size_t film,
                         sx_error *err) {
    sx_object_item *root = sx_object_root(o);
    char instance[SX_RESULT_UID], series[SX_RESULT_UID];
    if (!sx_results_uid(s, kind, film, false, instance, err) ||
        !sx_results_uid(s, kind, film, true, series, err) || !copy_modules(o, s, film, err))
        return false;
    sx_object_text(root, SX_TAG(0x0008, 0x0016), kinds[kind].sop_class);
    sx_object_text(root, SX_TAG(0x0008, 0x0018), instance);
    sx_object_text(root, SX_SERIES_UID, series);
    const sx_result_time when = sx_result_when(s, film);
    if (when.offset[0]) sx_object_text(root, SX_UTC_OFFSET, when.offset);
    if (kind != SX_RESULT_GSPS) { /* which has a creation date in their place */
        sx_object_text(root, SX_CONTENT_DATE, when.date);
        sx_object_text(root, SX_CONTENT_TIME, when.time);
    }
    put_series(root, s, kind, film);
    put_device(root, s);
    return true;
}

sx_object *sx_result_begin(const sx_result_study *s, sx_result_kind kind, size_t film,
                           sx_error *err) {
    if (!check_study(s, err)) return NULL;
    sx_object *o = sx_object_new(err);
    if (o && put_identity(o, s, kind, film, err)) return o;
    sx_object_free(o);
    return NULL;
}

bool sx_result_finish(sx_object *o, uint8_t **bytes, size_t *n, sx_error *err) {
    const bool ok = sx_object_encode(o, bytes, n, err);
    sx_object_free(o);
    return ok;
}

void sx_result_outline(const sx_result_box *b, float points[2 * SX_BOX_POINTS]) {
    const float outline[2 * SX_BOX_POINTS] = { b->x0, b->y0, b->x1, b->y0, b->x1,
                                               b->y1, b->x0, b->y1, b->x0, b->y0 };
    memcpy(points, outline, sizeof outline);
}

void sx_result_label(const sx_result_box *b, char *out, size_t size) {
    sx_format(out, size, "%s %.2f%s", b->code.meaning, b->score,
              b->specific ? "" : " (below the specific operating point)");
}
