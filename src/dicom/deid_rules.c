#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/str.h"
#include "dicom/deid.h"
#include "dicom/deid_open.h"
#include "dicom/deid_rewrite.h"
#include "dicom/dicom_film.h"
#include "dicom/inflate.h"
#include "dicom/write.h"

#define T(group, element) (((uint32_t)(group) << 16) | (uint32_t)(element))

typedef enum option { ALWAYS, PATIENT, DEVICE } option;

/* Exceptions from the rule by group and value representation. With an option, the action applies
 * only if the option is given, else `otherwise`. */
static const struct rule {
    uint32_t tag;
    sx_deid_action action;
    option option;
    sx_deid_action otherwise;
} rules[] = {
    { T(0x0008, 0x0016), SX_DEID_KEEP, ALWAYS, 0 },               /* SOP Class UID */
    { T(0x0008, 0x0020), SX_DEID_EMPTY, ALWAYS, 0 },              /* Study Date */
    { T(0x0008, 0x0023), SX_DEID_EMPTY, ALWAYS, 0 },              /* Content Date */
    { T(0x0008, 0x0030), SX_DEID_EMPTY, ALWAYS, 0 },              /* Study Time */
    { T(0x0008, 0x0033), SX_DEID_EMPTY, ALWAYS, 0 },              /* Content Time */
    { T(0x0008, 0x0050), SX_DEID_EMPTY, ALWAYS, 0 },              /* Accession Number */
    { T(0x0008, 0x0070), SX_DEID_KEEP, DEVICE, SX_DEID_EMPTY },   /* Manufacturer */
    { T(0x0008, 0x0090), SX_DEID_EMPTY, ALWAYS, 0 },              /* Referring Physician's Name */
    { T(0x0008, 0x0100), SX_DEID_KEEP, ALWAYS, 0 },               /* Code Value */
    { T(0x0008, 0x0102), SX_DEID_KEEP, ALWAYS, 0 },               /* Coding Scheme Designator */
    { T(0x0008, 0x0103), SX_DEID_REMOVE, ALWAYS, 0 },             /* Coding Scheme Version */
    { T(0x0008, 0x0104), SX_DEID_KEEP, ALWAYS, 0 },               /* Code Meaning */
    { T(0x0008, 0x1010), SX_DEID_KEEP, DEVICE, SX_DEID_REMOVE },  /* Station Name */
    { T(0x0008, 0x1090), SX_DEID_KEEP, DEVICE, SX_DEID_REMOVE },  /* Manufacturer's Model Name */
    { T(0x0008, 0x1150), SX_DEID_KEEP, ALWAYS, 0 },               /* Referenced SOP Class UID */
    { T(0x0010, 0x0010), SX_DEID_SUBJECT, ALWAYS, 0 },            /* Patient's Name */
    { T(0x0010, 0x0020), SX_DEID_SUBJECT, ALWAYS, 0 },            /* Patient ID */
    { T(0x0010, 0x0030), SX_DEID_EMPTY, ALWAYS, 0 },              /* Patient's Birth Date */
    { T(0x0010, 0x0040), SX_DEID_KEEP, PATIENT, SX_DEID_EMPTY },  /* Patient's Sex */
    { T(0x0010, 0x1010), SX_DEID_AGE, PATIENT, SX_DEID_REMOVE },  /* Patient's Age */
    { T(0x0010, 0x1020), SX_DEID_KEEP, PATIENT, SX_DEID_REMOVE }, /* Patient's Size */
    { T(0x0010, 0x1030), SX_DEID_KEEP, PATIENT, SX_DEID_REMOVE }, /* Patient's Weight */
    { T(0x0018, 0x0010), SX_DEID_EMPTY, ALWAYS, 0 },              /* Contrast/Bolus Agent */
    { T(0x0018, 0x1000), SX_DEID_KEEP, DEVICE, SX_DEID_REMOVE },  /* Device Serial Number */
    { T(0x0018, 0x1020), SX_DEID_KEEP, DEVICE, SX_DEID_REMOVE },  /* Software Versions */
    { T(0x0018, 0x700A), SX_DEID_KEEP, DEVICE, SX_DEID_REMOVE },  /* Detector ID */
    { T(0x0020, 0x0010), SX_DEID_EMPTY, ALWAYS, 0 },              /* Study ID */
    { T(0x0020, 0x1040), SX_DEID_EMPTY, ALWAYS, 0 },              /* Position Reference Indicator */
    /* Smallest and largest pixel values, of the image, the series and a plane: a reader finds them
     * in the pixels. */
    { T(0x0028, 0x0106), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0107), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0108), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0109), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0110), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0111), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x0303), SX_DEID_REMOVE, ALWAYS, 0 }, /* set anew */
    { T(0x0028, 0x1054), SX_DEID_KEEP, ALWAYS, 0 },   /* Rescale Type */
    /* Descriptors of palettes, which are removed themselves. */
    { T(0x0028, 0x1101), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x1102), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x1103), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x1104), SX_DEID_REMOVE, ALWAYS, 0 },
    { T(0x0028, 0x2000), SX_DEID_REMOVE, ALWAYS, 0 }, /* ICC Profile: holds texts */
    { T(0x0028, 0x3004), SX_DEID_KEEP, ALWAYS, 0 },   /* Modality LUT Type */
    { T(0x0040, 0x0555), SX_DEID_EMPTY, ALWAYS, 0 },  /* Acquisition Context Sequence */
    { T(0x0040, 0xA170), SX_DEID_KEEP, ALWAYS, 0 },   /* Purpose of Reference Code Sequence */
    { T(0x7FE0, 0x0010), SX_DEID_KEEP, ALWAYS, 0 },   /* Pixel Data */
};

/* Sequences to whose items the rules apply; all others are removed. */
static const uint32_t sequences[] = {
    T(0x0008, 0x1140), /* Referenced Image */
    T(0x0008, 0x2112), /* Source Image */
    T(0x0008, 0x2218), /* Anatomic Region */
    T(0x0008, 0x2220), /* Anatomic Region Modifier */
    T(0x0008, 0x9215), /* Derivation Code */
    T(0x0028, 0x3000), /* Modality LUT */
    T(0x0028, 0x3010), /* VOI LUT */
    T(0x0054, 0x0220), /* View Code */
    T(0x0054, 0x0222), /* View Modifier Code */
    T(0x2050, 0x0010), /* Presentation LUT */
};

static bool one_of(const char vr[2], const char *list) {
    for (; *list; list += 2)
        if (vr[0] == list[0] && vr[1] == list[1]) return true;
    return false;
}

static bool group_may_stay(uint32_t tag) {
    static const uint16_t groups[] = { 0x0008, 0x0018, 0x0020, 0x0028, 0x0054, 0x2050 };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (tag >> 16 == groups[i]) return true;
    return false;
}

static sx_deid_action by_vr(uint32_t tag, const char vr[2]) {
    if (!group_may_stay(tag) || (tag & 0xFFFF) == 0) return SX_DEID_REMOVE;
    if (one_of(vr, "UI")) return SX_DEID_UID;
    if (one_of(vr, "CSDSISUSSSULSLFLFDAT")) return SX_DEID_KEEP;
    if (one_of(vr, "OWOB") && tag == T(0x0028, 0x3006)) return SX_DEID_KEEP; /* LUT Data */
    if (one_of(vr, "SQ"))
        for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
            if (tag == sequences[i]) return SX_DEID_KEEP;
    return SX_DEID_REMOVE;
}

/* Dates and times that do not belong to the patient: many patients' films have the same one, of the
 * last calibration or of an export. Shifted with a patient's dates it would give the shift away. */
static bool is_of_machine(uint32_t tag) {
    static const uint32_t tags[] = {
        T(0x0008, 0x0012), T(0x0008, 0x0013), /* Instance Creation */
        T(0x0018, 0x1012), T(0x0018, 0x1014), /* Secondary Capture */
        T(0x0018, 0x1200), T(0x0018, 0x1201),
        T(0x0018, 0x1202), T(0x0018, 0x1203), /* Calibration */
        T(0x0018, 0x1204), T(0x0018, 0x1205), /* Manufacture, Installation */
        T(0x0018, 0x700C), T(0x0018, 0x700E), /* Last Detector Calibration */
    };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (tag == tags[i]) return true;
    return false;
}

static sx_deid_action by_tag_and_vr(uint32_t tag, const char vr[2], const sx_deid_options *o) {
    bool birth = tag == T(0x0010, 0x0030);
    if (o->keep_dates && !birth && !is_of_machine(tag) && group_may_stay(tag)) {
        if (one_of(vr, "DADT")) return SX_DEID_SHIFT;
        if (one_of(vr, "TM")) return SX_DEID_KEEP;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        if (r->tag != tag) continue;
        bool held =
            r->option == ALWAYS || (r->option == PATIENT ? o->keep_patient : o->keep_device);
        return held ? r->action : r->otherwise;
    }
    return by_vr(tag, vr);
}

sx_deid_action sx_deid_rule(uint32_t tag, const char vr[2], const sx_deid_options *o) {
    const sx_deid_action action = by_tag_and_vr(tag, vr, o);
    return action == SX_DEID_EMPTY || sx_deid_vr_is_due(tag, vr) ? action : SX_DEID_REMOVE;
}

/* ---- replacements ---- */

static bool digest(const sx_deid_options *o, const char *purpose, const char *text, uint64_t out[2],
                   sx_error *err) {
    uint8_t md[32];
    sx_str all = { 0 };
    sx_str_printf(&all, "%s:%s", purpose, text);
    const bool ok =
        sx_str_ok(&all, err) && sx_hmac_sha256(o->key, o->key_size, all.data, all.len, md, err);
    sx_str_free(&all);
    if (ok) memcpy(out, md, 16);
    return ok;
}

bool sx_deid_uid(const sx_deid_options *o, const char *uid, char out[65], sx_error *err) {
    uint64_t w[2];
    if (!digest(o, "uid", uid, w, err)) return false;
    sx_uid_from_words(w[0], w[1], out);
    return true;
}

bool sx_deid_subject(const sx_deid_options *o, const char *patient, char out[24], sx_error *err) {
    uint64_t w[2];
    if (!digest(o, "patient", patient, w, err)) return false;
    snprintf(out, 24, "SX");
    /* letters only, so that it cannot contain a patient's number by chance */
    for (int i = 0; i < 16; i++)
        out[2 + i] = (char)('A' + ((w[0] >> (4 * i)) & 15));
    out[18] = '\0';
    return true;
}

bool sx_deid_is_subject(const char *text) {
    return strlen(text) == 18 && strncmp(text, "SX", 2) == 0 &&
           strspn(text + 2, "ABCDEFGHIJKLMNOP") == 16;
}

bool sx_deid_days(const sx_deid_options *o, const char *patient, int *days, sx_error *err) {
    uint64_t w[2];
    if (!digest(o, "days", patient, w, err)) return false;
    *days = 1 + (int)(w[0] % 3650);
    return true;
}

static bool leap(int y) {
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int days_of(int y, int m) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[m - 1] + (m == 2 && leap(y));
}

bool sx_deid_shift(char *text, int days) {
    int y = 0, m = 0, d = 0;
    for (int i = 0; i < 8; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        int *part = i < 4 ? &y : i < 6 ? &m : &d;
        *part = *part * 10 + (text[i] - '0');
    }
    if (y < 1000 || m < 1 || m > 12 || d < 1 || d > days_of(y, m)) return false;
    for (; days > 0; days--) {
        if (--d > 0) continue;
        if (--m == 0) {
            m = 12;
            y--;
        }
        d = days_of(y, m);
    }
    char was = text[8], buf[16];
    snprintf(buf, sizeof buf, "%04d%02d%02d", y % 10000, m % 100, d % 100);
    memcpy(text, buf, 8);
    text[8] = was;
    return true;
}

/* DCMTK drops an attribute that occurs again, so that its values could not be looked for. That is
 * harmless only where they would be kept. */
static bool is_unique(uint32_t tag) {
    static const sx_deid_options none = { 0 };
    char vr[3];
    if ((tag & 0xFFFF) == 0 || tag == T(0x7FE0, 0x0010)) return false;
    if (sx_deid_due_vr(tag, vr))
        return one_of(vr, "SQ") || by_tag_and_vr(tag, vr, &none) != SX_DEID_KEEP;
    return !sx_deid_vr_is_due(tag, "US") && !sx_deid_vr_is_due(tag, "OB");
}

/* DCMTK relies on the transfer syntax, on any depth of nesting and on any length in the file. */
static bool walk(const uint8_t *bytes, size_t n, bool (*unique)(uint32_t tag), size_t *used,
                 bool *delimited, sx_error *err) {
    sx_deid_opened o;
    if (!sx_deid_open(bytes, n, &o, err)) return false;
    o.dataset.is_unique = unique;
    const bool ok = sx_dataset_walk(&o.dataset, used, delimited, err);
    *used += o.begin;
    sx_deid_close(&o);
    return ok;
}

bool sx_deid_extent(const void *bytes, size_t n, size_t *used, bool *delimited, sx_error *err) {
    return walk(bytes, n, NULL, used, delimited, err);
}

bool sx_deid_refuse_picture(const char *name, sx_error *err) {
    return sx_fail(err, SX_ERR_FORMAT,
                   "%s: a picture, not DICOM, so it has no header to de-identify; use the DICOM "
                   "film from which it was made",
                   name);
}

/* Of the bytes that DCMTK reads. */
static bool walk_rewritten(const uint8_t *bytes, size_t n, sx_error *err) {
    uint8_t *plain = NULL, *whole = NULL;
    size_t size = 0, used = 0;
    bool delimited;
    if (!sx_inflate_file(bytes, n, &plain, &size, err)) return false;
    if (plain) {
        bytes = plain;
        n = size;
    }
    const bool ok =
        sx_deid_rewrite(bytes, n, &whole, &size, err) &&
        walk(whole ? whole : bytes, whole ? size : n, is_unique, &used, &delimited, err);
    free(whole);
    free(plain);
    return ok;
}

bool sx_deid_readable(const void *bytes, size_t n, const char *name, sx_error *err) {
    sx_film *f =
        sx_film_from_memory(bytes, n, name, &(sx_film_options){ .header_only = true }, err);
    bool ok = f && sx_deid_dictionary(err) &&
              (f->kind == SX_FILM_DICOM || sx_deid_refuse_picture(name, err));
    sx_film_free(f);
    return ok && (walk_rewritten(bytes, n, err) || sx_fail_in(err, "%s", name));
}

bool sx_deid_is_film(const void *bytes, size_t n, sx_error *err) {
    sx_film *f =
        sx_film_from_memory(bytes, n, "the result", &(sx_film_options){ .header_only = true }, err);
    const bool ok = f && (f->info.has_pixels ||
                          sx_fail(err, SX_ERR_UNSUPPORTED, "the result would have no pixels"));
    sx_film_free(f);
    return ok;
}
