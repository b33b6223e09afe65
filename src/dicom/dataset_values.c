/* The values of elements: words, texts, numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "dicom/byte_order.h"
#include "dicom/dataset.h"

/* The index-th part of a text without blanks around it. */
static bool text_part(const uint8_t *p, size_t size, size_t index, const uint8_t **out, size_t *n) {
    const uint8_t *end = p + size;
    for (; index > 0; index--) {
        p = memchr(p, '\\', (size_t)(end - p));
        if (!p) return false;
        p++;
    }
    const uint8_t *stop = memchr(p, '\\', (size_t)(end - p));
    if (stop) end = stop;
    while (p < end && *p <= ' ')
        p++;
    while (end > p && end[-1] <= ' ')
        end--;
    *out = p;
    *n = (size_t)(end - p);
    return true;
}

/* ASCII text is the same in every character set. */
static bool is_ascii(const sx_element *e) {
    for (size_t i = 0; i < e->n; i++)
        if (e->value[i] >= 0x80 || e->value[i] == 0x1B) return false;
    return true;
}

static size_t convert(const sx_dataset *d, const sx_element *e, size_t n, char *out, size_t size) {
    bool guessed = false;
    const size_t written = sx_charset_to_utf8(d->charset, e->value, n, out, size, &guessed);
    if (guessed && d->guessed && !*d->guessed) *d->guessed = e->tag;
    return written;
}

void sx_dataset_text(const sx_dataset *d, uint32_t tag, size_t index, char *out, size_t size) {
    enum { ROOM = 2048 }; /* the longest requested text has 64 characters */
    char converted[ROOM];
    const sx_element *e = sx_dataset_find(d, tag);
    const uint8_t *p;
    size_t n, used = 0;
    out[0] = '\0';
    if (!e || e->undefined) return;
    const bool plain = is_ascii(e);
    const size_t all = plain ? e->n : convert(d, e, e->n, converted, ROOM);
    if (!text_part(plain ? e->value : (const uint8_t *)converted, all, index, &p, &n)) return;
    for (size_t i = 0; i < n;) {
        const size_t k = sx_utf8_length(p + i, n - i);
        if (k == 0 || used + k >= size) break;
        for (size_t j = 0; j < k; j++)
            out[used++] = (char)(p[i + j] < ' ' || p[i + j] == 0x7F ? ' ' : p[i + j]);
        i += k;
    }
    out[used] = '\0';
}

void sx_dataset_append_text(const sx_dataset *d, uint32_t tag, sx_str *out) {
    enum { MOST = 65534, ROOM = 4 * MOST };
    const sx_element *e = sx_dataset_find(d, tag);
    if (!e || e->undefined) return;
    const size_t bytes = e->n < MOST ? e->n : MOST;
    char *text = is_ascii(e) ? NULL : malloc(ROOM);
    const uint8_t *p = text ? (const uint8_t *)text : e->value, *end = p + bytes;
    if (text) end = p + convert(d, e, bytes, text, ROOM);
    out->failed = out->failed || (!text && !is_ascii(e));
    while (p < end && *p <= ' ')
        p++;
    while (end > p && end[-1] <= ' ')
        end--;
    for (size_t k; p < end && (k = sx_utf8_length(p, (size_t)(end - p))) > 0; p += k)
        if (k == 1)
            sx_str_append(out, *p < ' ' || *p == 0x7F ? " " : (const char *)p, 1);
        else
            sx_str_append(out, p, k);
    free(text);
}

void sx_point_for_comma(char *text) {
    char *comma = strchr(text, ',');
    if (comma && !strchr(comma + 1, ',') && !strchr(text, '.')) *comma = '.';
}

/* ---- numbers ---- */

/* Bytes of a binary number of this VR; 0: another VR. */
static size_t binary_size(const char vr[2]) {
    static const struct {
        char vr[3];
        size_t size;
    } rows[] = { { "US", 2 }, { "SS", 2 }, { "UL", 4 }, { "SL", 4 },
                 { "UV", 8 }, { "SV", 8 }, { "FL", 4 }, { "FD", 8 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (memcmp(vr, rows[i].vr, 2) == 0) return rows[i].size;
    return 0;
}

static double float_of(uint64_t bits, size_t size) {
    double wide;
    float narrow;
    const uint32_t low = (uint32_t)bits;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &low, sizeof narrow);
    return size == sizeof wide ? wide : (double)narrow;
}

static double whole_of(uint64_t bits, size_t size, bool is_signed) {
    if (!is_signed) return (double)bits;
    return size == 2 ? (int16_t)bits : size == 4 ? (int32_t)bits : (double)(int64_t)bits;
}

/* The index-th number of a binary VR, which may be infinite or NaN. */
static bool binary_number(const sx_dataset *d, const sx_element *e, size_t index, double *out) {
    const size_t size = binary_size(e->vr);
    if (!size || e->undefined || e->n / size <= index) return false;
    const uint8_t *p = e->value + size * index;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | p[d->big_endian ? i : size - 1 - i];
    *out = e->vr[0] == 'F' ? float_of(bits, size) : whole_of(bits, size, e->vr[0] == 'S');
    return true;
}

static bool text_number(const sx_dataset *d, uint32_t tag, size_t index, double *out) {
    char text[65];
    sx_dataset_text(d, tag, index, text, sizeof text);
    sx_point_for_comma(text);
    return text[0] && sx_parse_double(text, out);
}

bool sx_dataset_number(const sx_dataset *d, uint32_t tag, size_t index, double *out) {
    const sx_element *e = sx_dataset_find(d, tag);
    double v;
    if (!e ||
        !(binary_size(e->vr) ? binary_number(d, e, index, &v) : text_number(d, tag, index, &v)))
        return false;
    if (!isfinite(v)) return false;
    *out = v;
    return true;
}

void sx_dataset_number_text(const sx_dataset *d, uint32_t tag, size_t index, char *out,
                            size_t size) {
    const sx_element *e = sx_dataset_find(d, tag);
    double v;
    if (e && binary_number(d, e, index, &v))
        snprintf(out, size, "%g", v);
    else if (e && binary_size(e->vr))
        out[0] = '\0';
    else
        sx_dataset_text(d, tag, index, out, size);
}

/* Whether the value is made of 16-bit words. */
static bool has_words(const sx_element *e) {
    static const char *const vrs[] = { "US", "SS", "OW", "OB", "UN" };
    for (size_t i = 0; i < sizeof vrs / sizeof *vrs; i++)
        if (memcmp(e->vr, vrs[i], 2) == 0) return true;
    return e->vr[0] == '\0';
}

bool sx_dataset_word(const sx_dataset *d, uint32_t tag, size_t index, uint16_t *out) {
    const sx_element *e = sx_dataset_find(d, tag);
    double v;
    if (!e || e->undefined) return false;
    if (has_words(e)) {
        if (e->n / 2 <= index) return false;
        *out = sx_u16(e->value + 2 * index, d->big_endian);
        return true;
    }
    if (!sx_dataset_number(d, tag, index, &v) || v != floor(v) || v < INT16_MIN || v > UINT16_MAX)
        return false;
    *out = (uint16_t)(int32_t)v;
    return true;
}

bool sx_dataset_is_negative(const sx_dataset *d, uint32_t tag, size_t index) {
    const sx_element *e = sx_dataset_find(d, tag);
    double v;
    const bool is_word = e && has_words(e) && memcmp(e->vr, "SS", 2) != 0;
    return e && !is_word && sx_dataset_number(d, tag, index, &v) && v < 0;
}

size_t sx_dataset_multiplicity(const sx_dataset *d, uint32_t tag) {
    const sx_element *e = sx_dataset_find(d, tag);
    if (!e || e->undefined || e->n == 0) return 0;
    const size_t size = binary_size(e->vr);
    if (size) return e->n / size;
    size_t count = 1;
    for (size_t i = 0; i < e->n; i++)
        count += e->value[i] == '\\';
    return count;
}
