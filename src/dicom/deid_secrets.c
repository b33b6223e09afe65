#include "dicom/deid_secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/patient_id.h"
#include "base/str.h"

enum { MAX_SECRETS = 10000 };

const sx_secret sx_secret_no_memory = { 0 };

/* Placeholders for unknown values identify nobody. */
static bool is_placeholder(const sx_secret *x) {
    return strcmp(x->joined, "OTHER") == 0 || strcmp(x->joined, "YES") == 0 ||
           sx_patient_is_placeholder(x->words);
}

char *sx_deid_without_blanks(const char *words) {
    char *joined = malloc(strlen(words) + 1), *to = joined;
    if (!joined) return NULL;
    for (; *words; words++)
        if (*words != ' ') *to++ = *words;
    *to = '\0';
    return joined;
}

/* Four digits in which identifiers state the year: "RAD/2021/44815". */
static bool is_year(const char *a, size_t n) {
    return n == 4 && (memcmp(a, "1900", 4) >= 0 && memcmp(a, "2100", 4) <= 0);
}

/* Adds the digits a[n]: without leading zeros, or with them if the rest is too short. `telling`:
 * four digits stand for the value; else six are needed. */
static void put_number(sx_str *s, const char *a, size_t n, bool telling) {
    const size_t zeros = strspn(a, "0"), skipped = zeros < n ? zeros : n;
    if (n - skipped >= (telling ? 4u : 6u))
        sx_str_append(s, a + skipped, n - skipped);
    else if (telling && skipped && n >= 4)
        sx_str_append(s, a, n);
    else
        return;
    sx_str_add(s, " ");
}

static char *numbers_of(sx_secret_kind kind, const char *words, const char *joined) {
    static const char digits[] = "0123456789";
    const size_t length = strlen(joined);
    const bool id = kind == SX_SECRET_ID;
    sx_str s = { 0 }, all = { 0 };
    sx_str_add(&s, " ");
    sx_str_add(&all, "");
    for (const char *p = words + strcspn(words, digits); *p; p += strcspn(p, digits)) {
        const size_t n = strspn(p, digits);
        put_number(&s, p, n, id && (2 * n >= length || !is_year(p, n)));
        p += n;
    }
    for (const char *p = joined; *p; p++)
        if (sx_is_digit(*p)) sx_str_append(&all, p, 1);
    if (id) put_number(&s, sx_str_text(&all), all.len, 2 * all.len >= length);
    if (all.failed) s.failed = true;
    if (s.failed) sx_str_free(&s);
    sx_str_free(&all);
    return s.data;
}

static void free_secret(sx_secret *x) {
    free(x->raw);
    free(x->words);
    free(x->joined);
    free(x->numbers);
}

/* *fresh: the same value was not added before. */
static bool is_fresh(sx_secrets *s, const sx_secret *x, bool *fresh, sx_error *err) {
    sx_str key = { 0 };
    sx_str_printf(&key, "%d%s", (int)x->kind, x->words);
    sx_str_append(&key, x->raw, x->raw_count);
    const bool ok = sx_str_ok(&key, err) && sx_names_put(&s->seen, key.data, 0, fresh, err);
    sx_str_free(&key);
    return ok;
}

static bool append_secret(sx_secrets *s, const sx_secret *x, sx_error *err) {
    if (s->count == MAX_SECRETS)
        return sx_fail(err, SX_ERR_LIMIT, "more than %d different values to remove",
                       (int)MAX_SECRETS);
    if (s->count == s->cap) {
        const size_t cap = s->cap ? 2 * s->cap : 64;
        sx_secret *items = sx_realloc(s->items, cap, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for what is taken out");
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = *x;
    return true;
}

static bool add_one(sx_secrets *s, uint32_t tag, sx_secret_kind kind, const char *raw, size_t n,
                    const char *utf8, bool wide, sx_error *err) {
    sx_secret x = { .tag = tag, .kind = kind, .raw_count = n };
    x.raw = malloc(n + 1);
    x.words = sx_deid_fold(utf8, wide);
    x.joined = x.words ? sx_deid_without_blanks(x.words) : NULL;
    x.numbers = x.joined ? numbers_of(kind, x.words, x.joined) : NULL;
    bool ok = x.raw && x.words && x.joined && x.numbers;
    if (!ok) sx_fail(err, SX_ERR_MEMORY, "out of memory for what is taken out");
    if (ok) {
        memcpy(x.raw, raw, n);
        x.raw[n] = '\0';
    }
    bool wanted = ok && !is_placeholder(&x);
    if (wanted) ok = is_fresh(s, &x, &wanted, err);
    if (ok && wanted) ok = append_secret(s, &x, err);
    if (!ok || !wanted) free_secret(&x);
    return ok;
}

bool sx_secrets_add(sx_secrets *s, uint32_t tag, sx_secret_kind kind, const char *raw, size_t n,
                    const char *utf8, sx_error *err) {
    return add_one(s, tag, kind, raw, n, utf8, false, err) &&
           add_one(s, tag, kind, raw, n, utf8, true, err);
}

void sx_secrets_free(sx_secrets *s) {
    for (size_t i = 0; i < s->count; i++)
        free_secret(&s->items[i]);
    free(s->items);
    sx_names_free(&s->seen);
    *s = (sx_secrets){ 0 };
}
