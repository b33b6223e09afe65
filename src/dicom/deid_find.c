#define _GNU_SOURCE /* strcasestr */
/* The final search for every secret of six characters or more, in one pass over the bytes of a
 * result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "dicom/deid_secrets.h"

enum { MIN_LENGTH = 6 };

typedef struct pattern {
    const sx_secret *of;
    char *text; /* in lower case */
    size_t n;
    bool number; /* digits and dots: not as a part of a longer number */
} pattern;

typedef struct patterns {
    pattern *items;
    size_t count, cap;
    uint8_t begins[1 << 13]; /* a bit for each pair of first bytes, in lower case */
    uint8_t lower[256];
} patterns;

/* The standard texts of every result; a name in them does not come from the film. */
static const char record[] =
    "spinexr: ps3.15 annex e, list of what may stay|text in the pixels was not looked for|"
    "removed|modified|basic application confidentiality profile|clean pixel data option|"
    "retain longitudinal temporal information modified dates option|"
    "retain patient characteristics option|retain device identity option|offis_dcmtk_367|"
    "1.2.276.0.7230010.3.0.3.6.7|little endian";

static bool is_number(const char *s, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!sx_is_digit(s[i]) && s[i] != '.') return false;
    return true;
}

static bool put_pattern(patterns *p, const sx_secret *of, const char *text, size_t n,
                        sx_error *err) {
    if (n < MIN_LENGTH) return true;
    if (p->count == p->cap) {
        const size_t cap = p->cap ? 2 * p->cap : 128;
        pattern *items = sx_realloc(p->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the final search");
        p->items = items;
        p->cap = cap;
    }
    pattern x = { of, malloc(n + 1), n, is_number(text, n) };
    if (!x.text) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the final search");
    for (size_t i = 0; i < n; i++)
        x.text[i] = (char)p->lower[(unsigned char)text[i]];
    x.text[n] = '\0';
    if (strstr(record, x.text)) {
        free(x.text);
        return true;
    }
    const unsigned pair = (unsigned)(unsigned char)x.text[0] << 8 | (unsigned char)x.text[1];
    p->begins[pair >> 3] |= (uint8_t)(1u << (pair & 7));
    p->items[p->count++] = x;
    return true;
}

static bool put_components(patterns *p, const sx_secret *x, sx_error *err) {
    for (size_t i = 0; i < x->raw_count;) {
        size_t n = 0;
        while (i + n < x->raw_count && !strchr("^= ,", x->raw[i + n]))
            n++;
        if (!put_pattern(p, x, x->raw + i, n, err)) return false;
        i += n + 1;
    }
    return true;
}

static bool put_dates(patterns *p, const sx_secret *x, sx_error *err) {
    const char *d = x->joined;
    if (strspn(d, "0123456789") < 8) return true;
    const char *month = d + 4, *day = d + 6;
    char text[6][32];
    snprintf(text[0], 32, "%.8s", d);
    snprintf(text[1], 32, "%.4s-%.2s-%.2s", d, month, day);
    snprintf(text[2], 32, "%.2s.%.2s.%.4s", day, month, d);
    snprintf(text[3], 32, "%.2s/%.2s/%.4s", day, month, d);
    snprintf(text[4], 32, "%.2s/%.2s/%.4s", month, day, d);
    snprintf(text[5], 32, "%.2s-%.2s-%.4s", day, month, d);
    for (int i = 0; i < 6; i++)
        if (!put_pattern(p, x, text[i], strlen(text[i]), err)) return false;
    return true;
}

static bool put_secret(patterns *p, const sx_secret *x, sx_error *err) {
    if (x->kind == SX_SECRET_SHIFTED || x->kind == SX_SECRET_WORDS) return true;
    if (!put_pattern(p, x, x->raw, x->raw_count, err)) return false;
    if (x->kind == SX_SECRET_UID || x->kind == SX_SECRET_TEXT) return true;
    if (!put_pattern(p, x, x->joined, strlen(x->joined), err)) return false;
    if (x->kind == SX_SECRET_NAME) return put_components(p, x, err);
    if (x->kind == SX_SECRET_BIRTH) return put_dates(p, x, err);
    const char *digits = x->joined + strspn(x->joined, "0");
    return !is_number(x->joined, strlen(x->joined)) ||
           put_pattern(p, x, digits, strlen(digits), err);
}

/* step 2: UTF-16, of either byte order. */
static bool is_at(const patterns *p, const pattern *x, const uint8_t *bytes, size_t n, size_t i,
                  size_t step) {
    if ((n - i - 1) / step + 1 < x->n) return false;
    for (size_t k = 0; k < x->n; k++) {
        if (p->lower[bytes[i + k * step]] != (unsigned char)x->text[k]) return false;
        if (step == 2 && k && bytes[i + 2 * k - 1]) return false;
    }
    if (!x->number) return true;
    const size_t end = i + x->n * step;
    const int before = i >= step ? bytes[i - step] : 0, after = end < n ? bytes[end] : 0;
    return !sx_is_digit(before) && before != '.' && !sx_is_digit(after);
}

static const sx_secret *scan(const patterns *p, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i + MIN_LENGTH <= n; i++) {
        const size_t step = bytes[i + 1] ? 1 : 2;
        const unsigned pair = (unsigned)p->lower[bytes[i]] << 8 | p->lower[bytes[i + step]];
        if (!(p->begins[pair >> 3] >> (pair & 7) & 1)) continue;
        for (size_t k = 0; k < p->count; k++)
            if (is_at(p, &p->items[k], bytes, n, i, step)) return p->items[k].of;
    }
    return NULL;
}

/* Whether the secret is free text that only repeats a kept term, such as "LUMBAR SPINE" as a
 * procedure. */
static bool is_in_kept_term(const sx_secret *x, const char *const *kept_terms, size_t count) {
    if (x->kind != SX_SECRET_TEXT) return false;
    for (size_t i = 0; i < count; i++)
        if (strcasestr(kept_terms[i], x->raw)) return true;
    return false;
}

const sx_secret *sx_secrets_find(const sx_secrets *s, const uint8_t *bytes, size_t n,
                                 const char *const *kept_terms, size_t count, sx_error *err) {
    patterns *p = sx_calloc_for(1, sizeof *p, "the final search", err);
    const sx_secret *found = NULL;
    if (!p) return &sx_secret_no_memory;
    for (int c = 0; c < 256; c++)
        p->lower[c] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    for (size_t i = 0; i < s->count && !found; i++)
        if (!is_in_kept_term(&s->items[i], kept_terms, count) && !put_secret(p, &s->items[i], err))
            found = &sx_secret_no_memory;
    if (!found) found = scan(p, bytes, n);
    for (size_t k = 0; k < p->count; k++)
        free(p->items[k].text);
    free(p->items);
    free(p);
    return found;
}
