#include "dicom/attributes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"
#include "base/ascii.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/header_bits.h"

#define TEXT(field, group, element)                                                                \
    sx_dataset_text(d, SX_TAG(group, element), 0, field, sizeof(field))

/* A text or a binary number (IS, SS ..) may be negative where the standard has US. */
static int word(const sx_dataset *d, uint32_t tag, int absent) {
    uint16_t v;
    if (!sx_dataset_word(d, tag, 0, &v)) return absent;
    return sx_dataset_is_negative(d, tag, 0) ? (int16_t)v : v;
}

/* Rows, Columns or BitsAllocated, without which there are no pixels; negative if there is no usable
 * number. */
enum { ABSENT = -1, UNREADABLE = -2, NEGATIVE = -3 };
static int needed(const sx_dataset *d, uint32_t tag) {
    const sx_element *e = sx_dataset_find(d, tag);
    if (sx_dataset_is_negative(d, tag, 0)) return NEGATIVE;
    return word(d, tag, e && e->n ? UNREADABLE : ABSENT);
}

/* A number that decides pixels. If its text is no number, the first of them is remembered. */
static bool pixel_number(sx_film_info *f, const sx_dataset *d, uint32_t tag, const char *name,
                         size_t index, double *out) {
    char text[65];
    if (sx_dataset_number(d, tag, index, out)) return true;
    sx_dataset_number_text(d, tag, index, text, sizeof text);
    if (text[0] && !f->not_number[0])
        snprintf(f->not_number, sizeof f->not_number, "%s is \"%.64s\"", name, text);
    return false;
}

static int whole(const sx_dataset *d, uint32_t tag, int absent) {
    double v;
    return sx_dataset_number(d, tag, 0, &v) && fabs(v) < 2e9 ? (int)v : absent;
}

/* Copies a text. If it is too long, it is truncated and ends in a hash of the full text. */
static void read_uid(const sx_dataset *d, uint32_t tag, char out[SX_UID_ROOM]) {
    enum { KEPT = SX_UID_ROOM - 1 - 17 };
    const sx_element *e = sx_dataset_find(d, tag);
    uint64_t hash = 0xCBF29CE484222325; /* FNV-1a */
    sx_dataset_text(d, tag, 0, out, SX_UID_ROOM);
    if (!e || e->n < SX_UID_ROOM) return;
    for (size_t i = 0; i < e->n; i++)
        hash = (hash ^ e->value[i]) * 0x100000001B3;
    snprintf(out + KEPT, SX_UID_ROOM - KEPT, "~%016llx", (unsigned long long)hash);
}

/* PS3.5 6.2, AS, whose unit may not be missing. */
static double age_of(const sx_dataset *d) {
    char text[17];
    sx_dataset_text(d, SX_TAG(0x0010, 0x1010), 0, text, sizeof text);
    return strpbrk(text, "YMWDymwd") ? sx_age_years(text) : (double)NAN;
}

static void read_spacing(const sx_dataset *d, double spacing[2]) {
    static const uint32_t tags[] = { SX_TAG(0x0028, 0x0030), SX_TAG(0x0018, 0x1164),
                                     SX_TAG(0x0018, 0x2010) };
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (sx_dataset_number(d, tags[i], 0, &spacing[0]) &&
            sx_dataset_number(d, tags[i], 1, &spacing[1]) && spacing[0] > 0 && spacing[1] > 0)
            return;
    spacing[0] = spacing[1] = NAN;
}

/* ---- who, when, what ---- */

/* The text becomes a string of the film's. */
static bool keep_text(sx_str *text, char **out, sx_error *err) {
    *out = NULL;
    if (!sx_str_ok(text, err)) {
        sx_str_free(text);
        return false;
    }
    *out = text->data; /* NULL: empty */
    return true;
}

static bool add_code(const sx_dataset *item, sx_str *out) {
    static const uint32_t tags[] = { SX_TAG(0x0008, 0x0100), SX_TAG(0x0008, 0x0104) };
    if (out->len) sx_str_add(out, "\\");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (i) sx_str_add(out, " ");
        sx_dataset_append_text(item, tags[i], out);
    }
    return !out->failed;
}

/* The codes and the meanings of all items of a code sequence. */
static bool read_codes(const sx_dataset *d, uint32_t sequence, char **out, sx_error *err) {
    enum { MOST = 64 }; /* the standard allows one */
    sx_str text = { 0 };
    sx_error why = { 0 };
    sx_dataset item;
    for (size_t i = 0; i < MOST; i++) {
        if (!sx_dataset_item(d, sequence, i, &item, &why)) break;
        const bool ok = add_code(&item, &text);
        sx_dataset_free(&item);
        if (!ok) break;
    }
    if (why.code == SX_OK) return keep_text(&text, out, err);
    sx_str_free(&text);
    return sx_fail(err, why.code, "%s", why.message);
}

static bool read_subject(sx_film_subject *s, const sx_dataset *d, sx_error *err) {
    static const struct {
        sx_subject subject;
        uint32_t tag;
    } rows[] = {
        { SX_SUBJECT_MODALITY, SX_TAG(0x0008, 0x0060) },
        { SX_SUBJECT_SOP_CLASS, SX_TAG(0x0008, 0x0016) },
        { SX_SUBJECT_BODY_PART, SX_TAG(0x0018, 0x0015) },
        { SX_SUBJECT_VIEW, SX_TAG(0x0018, 0x5101) },
        { SX_SUBJECT_SERIES, SX_TAG(0x0008, 0x103E) },
        { SX_SUBJECT_PROTOCOL, SX_TAG(0x0018, 0x1030) },
        { SX_SUBJECT_PROCESSING, SX_TAG(0x0018, 0x1400) },
        { SX_SUBJECT_STUDY, SX_TAG(0x0008, 0x1030) },
        { SX_SUBJECT_REQUESTED, SX_TAG(0x0032, 0x1060) },
        { SX_SUBJECT_PERFORMED, SX_TAG(0x0040, 0x0254) },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sx_str text = { 0 };
        sx_dataset_append_text(d, rows[i].tag, &text);
        if (!keep_text(&text, &s->texts[rows[i].subject], err)) return false;
    }
    return read_codes(d, SX_TAG(0x0008, 0x2218), &s->texts[SX_SUBJECT_REGION], err);
}

static bool read_projection(sx_film_info *f, const sx_dataset *d, sx_error *err) {
    sx_str orientation = { 0 };
    char *codes;
    if (!read_codes(d, SX_TAG(0x0054, 0x0220), &codes, err)) return false;
    sx_dataset_append_text(d, SX_TAG(0x0020, 0x0020), &orientation);
    const bool ok = sx_str_ok(&orientation, err);
    if (ok) f->projection = sx_projection_of(&f->subject, codes, orientation.data);
    sx_str_free(&orientation);
    free(codes);
    return ok;
}

/* Sides of a biped; a side and its opposite exclude each other (PS3.3 C.7.6.1.1.1). */
static bool is_direction(const char *text) {
    static const char *const axes[] = { "AP", "RL", "HF" };
    if (!*text || text[strspn(text, "APRLHF")]) return false;
    for (size_t i = 0; i < sizeof axes / sizeof *axes; i++) {
        const char *first = strpbrk(text, axes[i]);
        if (first && strpbrk(first + 1, axes[i])) return false;
    }
    return true;
}

static void read_orientation(sx_film_info *f, const sx_dataset *d) {
    char text[2][17];
    bool ok = true;
    for (size_t i = 0; i < 2; i++) {
        sx_dataset_text(d, SX_TAG(0x0020, 0x0020), i, text[i], sizeof text[i]);
        ok = ok && strlen(text[i]) < sizeof f->orientation[i] && is_direction(text[i]);
    }
    for (size_t i = 0; i < 2; i++)
        snprintf(f->orientation[i], sizeof f->orientation[i], "%.3s", ok ? text[i] : "");
}

static void read_names(sx_film_info *f, const sx_dataset *d) {
    read_uid(d, SX_TAG(0x0008, 0x0016), f->sop_class);
    read_uid(d, SX_TAG(0x0008, 0x0018), f->sop_uid);
    read_uid(d, SX_TAG(0x0020, 0x000D), f->study_uid);
    read_uid(d, SX_TAG(0x0020, 0x000E), f->series_uid);
    TEXT(f->patient_id, 0x0010, 0x0020);
    TEXT(f->issuer, 0x0010, 0x0021);
    TEXT(f->sex, 0x0010, 0x0040);
    TEXT(f->study_date, 0x0008, 0x0020);
    TEXT(f->utc_offset, 0x0008, 0x0201);
    TEXT(f->accession, 0x0008, 0x0050);
    TEXT(f->modality, 0x0008, 0x0060);
    TEXT(f->body_part, 0x0018, 0x0015);
    TEXT(f->view, 0x0018, 0x5101);
    TEXT(f->burned_in, 0x0028, 0x0301);
    TEXT(f->charset, 0x0008, 0x0005);
    TEXT(f->laterality, 0x0020, 0x0062);
    if (!f->laterality[0]) TEXT(f->laterality, 0x0020, 0x0060);
    read_orientation(f, d);
    TEXT(f->manufacturer, 0x0008, 0x0070);
    TEXT(f->device, 0x0008, 0x1090);
    f->age = age_of(d);
    f->series_number = whole(d, SX_TAG(0x0020, 0x0011), 0);
    f->instance_number = whole(d, SX_TAG(0x0020, 0x0013), 0);
    read_spacing(d, f->spacing);
}

/* ---- pixels ---- */

static void read_padding(sx_film_info *f, const sx_dataset *d) {
    uint16_t value, limit;
    if (!sx_dataset_word(d, SX_TAG(0x0028, 0x0120), 0, &value)) return;
    if (!sx_dataset_word(d, SX_TAG(0x0028, 0x0121), 0, &limit)) limit = value;
    int32_t a = f->is_signed ? (int16_t)value : value, b = f->is_signed ? (int16_t)limit : limit;
    f->has_padding = true;
    f->padding_low = a < b ? a : b;
    f->padding_high = a < b ? b : a;
}

/* Writes PhotometricInterpretation in upper case with letters and digits only, e.g. "MONOCHROME2".
 * This is also the default for a film of one sample per pixel without a palette. */
static void plain_photometric(const sx_film_info *f, char out[17]) {
    int n = 0;
    for (const char *c = f->photometric; *c; c++)
        if (sx_is_letter(*c) || sx_is_digit(*c)) out[n++] = (char)sx_to_upper(*c);
    out[n] = '\0';
    if (n == 0 && !f->has_palette) memcpy(out, "MONOCHROME2", sizeof "MONOCHROME2");
}

static void read_pixel_module(sx_film_info *f, const sx_dataset *d) {
    char text[17];
    TEXT(f->photometric, 0x0028, 0x0004);
    f->has_palette = sx_dataset_find(d, SX_TAG(0x0028, 0x1101)) != NULL;
    plain_photometric(f, text);
    f->monochrome1 = strcmp(text, "MONOCHROME1") == 0; /* "MONOCHROME12" says nothing certain */
    sx_dataset_text(d, SX_TAG(0x2050, 0x0020), 0, text, sizeof text);
    f->inverse = sx_equal_letters(text, "INVERSE");
    sx_dataset_text(d, SX_TAG(0x0028, 0x2110), 0, text, sizeof text);
    f->lossy = strcmp(text, "01") == 0;
    f->samples = word(d, SX_TAG(0x0028, 0x0002), 1);
    f->rows = needed(d, SX_TAG(0x0028, 0x0010));
    f->columns = needed(d, SX_TAG(0x0028, 0x0011));
    f->bits_allocated = needed(d, SX_TAG(0x0028, 0x0100));
    f->bits_stored = word(d, SX_TAG(0x0028, 0x0101), 0);
    f->high_bit = word(d, SX_TAG(0x0028, 0x0102), f->bits_stored - 1);
    sx_settle_header_bits(f->bits_allocated, &f->bits_stored, &f->high_bit);
    f->is_signed = word(d, SX_TAG(0x0028, 0x0103), 0) == 1;
    double frames = 1;
    (void)pixel_number(f, d, SX_TAG(0x0028, 0x0008), "NumberOfFrames", 0, &frames);
    f->frames = frames >= 1 && frames < 2e9 ? (int)frames : 1;
    f->has_pixels = sx_dataset_find(d, SX_TAG_PIXEL_DATA) != NULL;
    read_padding(f, d);
}

/* ---- grey scale ---- */

static sx_voi_function read_function(sx_film_info *f, const sx_dataset *d) {
    static const char *const names[] = { [SX_VOI_LINEAR] = "LINEAR",
                                         [SX_VOI_LINEAR_EXACT] = "LINEAR_EXACT",
                                         [SX_VOI_SIGMOID] = "SIGMOID" };
    char text[17];
    if (!sx_dataset_find(d, SX_TAG(0x0028, 0x1056))) return SX_VOI_LINEAR;
    sx_dataset_text(d, SX_TAG(0x0028, 0x1056), 0, text, sizeof text);
    sx_format(f->voi_function_name, sizeof f->voi_function_name, "%s", text);
    for (char *c = text; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    for (int i = SX_VOI_LINEAR; i <= SX_VOI_SIGMOID; i++)
        if (strcmp(text, names[i]) == 0) return (sx_voi_function)i;
    return SX_VOI_OTHER;
}

bool sx_voi_width_usable(sx_voi_function function, double width) {
    return function == SX_VOI_LINEAR || function == SX_VOI_OTHER ? width >= 1 : width > 0;
}

bool sx_film_window_usable(const sx_film_info *f) {
    return f->window_count > 0 && sx_voi_width_usable(f->voi_function, f->window_width);
}

/* Text that is no number is remembered only if no complete window was found before. */
static bool read_pair(sx_film_info *f, const sx_dataset *d, size_t i, sx_film_window *out) {
    static const uint32_t center = SX_TAG(0x0028, 0x1050), width = SX_TAG(0x0028, 0x1051);
    if (f->window_count)
        return sx_dataset_number(d, center, i, &out->center) &&
               sx_dataset_number(d, width, i, &out->width);
    return pixel_number(f, d, center, "WindowCenter", i, &out->center) &&
           pixel_number(f, d, width, "WindowWidth", i, &out->width);
}

/* The first complete window that the standard allows: some writers leave the first empty, or give
 * it a width of 0. If it allows none, the first complete one. */
static void read_window(sx_film_info *f, const sx_dataset *d) {
    const size_t a = sx_dataset_multiplicity(d, SX_TAG(0x0028, 0x1050)),
                 b = sx_dataset_multiplicity(d, SX_TAG(0x0028, 0x1051)), count = a < b ? a : b;
    sx_film_window w;
    size_t i = 0;
    for (; i < count && !sx_film_window_usable(f); i++) {
        if (!read_pair(f, d, i, &w)) continue;
        const bool usable = sx_voi_width_usable(f->voi_function, w.width);
        if (f->window_count && !usable) continue;
        f->window_passed_over = f->window_count > 0;
        f->passed_over_width = f->window_width;
        f->window_count = (int)count;
        f->window_center = w.center;
        f->window_width = w.width;
    }
    for (; i < count && f->other_window_count < SX_FILM_WINDOWS; i++)
        if (read_pair(f, d, i, &w)) f->other_windows[f->other_window_count++] = w;
}

/* Some writers pack two 8-bit entries into a word; LUT Data then has as many bytes as the table has
 * entries. */
static bool read_entries(sx_film_lut *lut, const sx_dataset *item, const sx_element *data,
                         sx_error *err) {
    lut->packed = lut->bits <= 8 && lut->count > 1 && data->n == ((size_t)lut->count + 1) / 2 * 2;
    size_t n = lut->packed ? (size_t)lut->count : data->n / 2;
    if (n > 1 << 16) n = 1 << 16;
    lut->entries = sx_calloc_for(n, sizeof *lut->entries, "a look-up table", err);
    if (!lut->entries) return false;
    lut->held = (int32_t)n;
    for (size_t i = 0; i < n; i++) {
        uint16_t v = 0;
        if (lut->packed)
            v = data->value[i];
        else if (!sx_dataset_word(item, SX_TAG(0x0028, 0x3006), i, &v))
            break;
        lut->entries[i] = v;
    }
    return true;
}

/* *more: there is such an item. */
static bool read_lut_item(sx_film_lut *lut, const sx_dataset *d, uint32_t sequence, size_t at,
                          bool is_signed, bool *more, sx_error *err) {
    static const uint32_t descriptor = SX_TAG(0x0028, 0x3002), lut_data = SX_TAG(0x0028, 0x3006);
    sx_dataset item;
    uint16_t count, first, bits;
    sx_error why = { 0 };
    *more = sx_dataset_item(d, sequence, at, &item, &why);
    if (!*more) return why.code == SX_OK || sx_fail(err, why.code, "%s", why.message);
    const sx_element *data = sx_dataset_find(&item, lut_data),
                     *shape = sx_dataset_find(&item, descriptor);
    const bool some = data && data->n && !data->undefined;
    bool ok = true;
    lut->undescribed = lut->undescribed || some;
    lut->without_data = lut->without_data || (shape && shape->n && !some);
    if (some && sx_dataset_word(&item, descriptor, 0, &count) &&
        sx_dataset_word(&item, descriptor, 1, &first) &&
        sx_dataset_word(&item, descriptor, 2, &bits)) {
        /* without VR it depends on PixelRepresentation (PS3.5 A.1) */
        bool negative = shape && shape->vr[0] ? shape->vr[0] == 'S' : is_signed;
        lut->count = count ? count : 65536;
        lut->first = negative ? (int16_t)first : first;
        lut->bits = bits;
        lut->undescribed = false;
        lut->ow = data->vr[0] == 'O' || data->vr[0] == '\0';
        ok = read_entries(lut, &item, data, err);
    }
    sx_dataset_free(&item);
    return ok;
}

/* The first item of the sequence that holds a table. */
static bool read_lut(sx_film_lut *lut, const sx_dataset *d, uint32_t sequence, bool is_signed,
                     sx_error *err) {
    enum { MOST = 64 };
    bool more = true;
    for (size_t i = 0; more && i < MOST && !lut->count; i++)
        if (!read_lut_item(lut, d, sequence, i, is_signed, &more, err)) return false;
    return true;
}

/* An attribute that decides pixels and occurs twice, with two values. */
static void note_contradiction(sx_film_info *f, const sx_dataset *d) {
    enum { MOST = 500 }; /* the standard has fewer in this group */
    int count = 0;
    for (size_t i = 0; i < d->count && count < MOST && !f->contradictory; i++) {
        const sx_element *e = &d->items[i];
        if (e->tag >> 16 != 0x0028) continue;
        const sx_element *first = sx_dataset_find(d, e->tag);
        count++;
        if (e->n != first->n || memcmp(e->value, first->value, e->n) != 0)
            f->contradictory = e->tag;
    }
}

bool sx_film_read_info(sx_film_info *f, const sx_dataset *dataset, sx_error *err) {
    sx_dataset noting = *dataset;
    const sx_dataset *d = &noting;
    noting.guessed = &f->guessed_text;
    note_contradiction(f, d);
    read_names(f, d);
    read_pixel_module(f, d);
    f->slope = 1;
    f->has_slope = pixel_number(f, d, SX_TAG(0x0028, 0x1053), "RescaleSlope", 0, &f->slope);
    f->has_intercept =
        pixel_number(f, d, SX_TAG(0x0028, 0x1052), "RescaleIntercept", 0, &f->intercept);
    f->voi_function = read_function(f, d);
    read_window(f, d);
    return read_subject(&f->subject, d, err) && read_projection(f, d, err) &&
           read_lut(&f->modality_lut, d, SX_TAG(0x0028, 0x3000), f->is_signed, err) &&
           read_lut(&f->voi_lut, d, SX_TAG(0x0028, 0x3010), f->is_signed, err);
}

void sx_film_free_info(sx_film_info *f) {
    for (int i = 0; i < SX_SUBJECTS; i++)
        free(f->subject.texts[i]);
    free(f->modality_lut.entries);
    free(f->voi_lut.entries);
}

/* ---- checks ---- */

static bool check_needed(int number, const char *name, sx_error *err) {
    if (number == UNREADABLE)
        return sx_fail(err, SX_ERR_VALUE, "%s is not a whole number of 16 bits", name);
    if (number == NEGATIVE) return sx_fail(err, SX_ERR_VALUE, "%s is negative", name);
    return number != ABSENT || sx_fail(err, SX_ERR_MISSING, "%s is absent or empty", name);
}

bool sx_film_check_size(const sx_film_info *f, sx_error *err) {
    if (!check_needed(f->rows, "Rows (0028,0010)", err) ||
        !check_needed(f->columns, "Columns (0028,0011)", err))
        return false;
    if (f->rows == 0 || f->columns == 0)
        return sx_fail(err, SX_ERR_VALUE, "a film of %d rows and %d columns", f->rows, f->columns);
    if (f->rows > SX_IMAGE_MAX_SIDE || f->columns > SX_IMAGE_MAX_SIDE ||
        (size_t)f->rows * (size_t)f->columns > SX_IMAGE_MAX_PIXELS)
        return sx_fail(err, SX_ERR_LIMIT,
                       "%d rows and %d columns: sides are at most %d, pixels %zu million", f->rows,
                       f->columns, SX_IMAGE_MAX_SIDE, SX_IMAGE_MAX_PIXELS >> 20);
    return true;
}

bool sx_film_is_grey(const sx_film_info *f) {
    char plain[17];
    plain_photometric(f, plain);
    /* but not MONOCHROM1, which may be inverted */
    return f->samples == 1 && (sx_starts_with(plain, "MONOCHROME") || strcmp(plain, "MONO") == 0);
}

bool sx_film_grey_is_assumed(const sx_film_info *f) {
    char plain[17];
    plain_photometric(f, plain);
    return sx_film_is_grey(f) && !(f->photometric[0] && (strcmp(plain, "MONOCHROME1") == 0 ||
                                                         strcmp(plain, "MONOCHROME2") == 0));
}

static bool check_bits(const sx_film_info *f, sx_error *err) {
    if (!check_needed(f->bits_allocated, "BitsAllocated (0028,0100)", err)) return false;
    if (f->bits_allocated != 8 && f->bits_allocated != 16)
        return sx_fail(err, SX_ERR_UNSUPPORTED, "%d bits allocated; 8 and 16 can be read",
                       f->bits_allocated);
    if (f->bits_stored < 1 || f->bits_stored > f->bits_allocated ||
        f->high_bit < f->bits_stored - 1 || f->high_bit >= f->bits_allocated)
        return sx_fail(err, SX_ERR_VALUE, "%d bits stored up to bit %d do not fit into %d",
                       f->bits_stored, f->high_bit, f->bits_allocated);
    return true;
}

static bool fail_colour(const sx_film_info *f, sx_error *err) {
    static const char *const colours[] = { "PALETTE", "RGB", "YBR", "HSV", "ARGB", "CMYK", "XYB" };
    char plain[17];
    bool colour = f->samples != 1;
    if (f->samples < 1)
        return sx_fail(err, SX_ERR_VALUE, "SamplesPerPixel (0028,0002) is %d", f->samples);
    plain_photometric(f, plain);
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++)
        colour = colour || sx_starts_with(plain, colours[i]);
    if (!colour)
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "PhotometricInterpretation %s is %s, MONOCHROME1 or MONOCHROME2 is expected",
                       f->photometric[0] ? f->photometric : "(0028,0004)",
                       f->photometric[0] ? "unknown" : "absent");
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "a colour image (%s, %d %s per pixel), not a radiograph",
                   f->photometric[0] ? f->photometric : "no photometric interpretation", f->samples,
                   sx_noun((size_t)f->samples, "sample", "samples"));
}

bool sx_film_check_info(const sx_film_info *f, sx_error *err) {
    if (!f->has_pixels) return sx_fail(err, SX_ERR_MISSING, "Pixel Data (7FE0,0010) is absent");
    if (!sx_film_is_grey(f)) return fail_colour(f, err);
    if (!sx_film_check_size(f, err)) return false;
    if (f->contradictory)
        return sx_fail(err, SX_ERR_VALUE, "(%04X,%04X) occurs twice, with different values",
                       f->contradictory >> 16, f->contradictory & 0xFFFF);
    if (f->not_number[0]) return sx_fail(err, SX_ERR_VALUE, "%s, not a number", f->not_number);
    return check_bits(f, err);
}
