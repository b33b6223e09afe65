/* Which rows of a comparison are reported: the family of tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "evaluation/compare_report.h"

/* One item of the list. */
typedef struct wanted {
    char name[300];
    const char *by; /* the test; NULL: any */
} wanted;

static const struct {
    const char *suffix, *by;
} tests[] = { { ":delong", "DeLong" },
              { ":bootstrap", "paired bootstrap" },
              { ":mcnemar", "McNemar, exact" } };

/* The item from `from` to `end`, without blanks around it. */
static void read_item(const char *from, const char *end, wanted *w) {
    while (from < end && *from == ' ')
        from++;
    while (end > from && end[-1] == ' ')
        end--;
    snprintf(w->name, sizeof w->name, "%.*s", (int)(end - from), from);
    w->by = NULL;
    const size_t n = strlen(w->name);
    for (size_t k = 0; k < sizeof tests / sizeof *tests; k++) {
        const size_t length = strlen(tests[k].suffix);
        if (n <= length || strcmp(w->name + n - length, tests[k].suffix) != 0) continue;
        w->by = tests[k].by;
        w->name[n - length] = '\0';
        return;
    }
}

/* Whether the key is the name, or with `group` begins with it and "/". */
static bool is_named(const char *key, const char *name, bool group) {
    const size_t n = strlen(name);
    return strcmp(key, name) == 0 || (group && strncmp(key, name, n) == 0 && key[n] == '/');
}

/* Marks the rows of an item and returns their number. A name that is a key takes only its rows. */
static size_t mark(const sx_compare_result *r, const wanted *w, bool *keep) {
    bool group = true;
    size_t found = 0;
    for (size_t i = 0; i < r->count; i++)
        group = group && strcmp(r->items[i].key, w->name) != 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!is_named(r->items[i].key, w->name, group)) continue;
        if (w->by && strcmp(r->items[i].by, w->by) != 0) continue;
        keep[i] = true;
        found++;
    }
    return found;
}

static bool fail_unknown(const sx_compare_result *r, const char *item, size_t length,
                         sx_error *err) {
    char keys[600] = "";
    size_t n = 0;
    for (size_t i = 0; i < r->count && n < sizeof keys - 1; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(r->items[k].key, r->items[i].key) == 0;
        if (!seen)
            n +=
                (size_t)snprintf(keys + n, sizeof keys - n, "%s%s", n ? ", " : "", r->items[i].key);
    }
    return sx_fail(err, SX_ERR_USAGE,
                   "--measures: no test \"%.*s\" in this comparison, which has %s",
                   (int)(length < 100 ? length : 100), item, keys);
}

bool sx_compare_choose(sx_compare_result *r, const char *measures, sx_error *err) {
    bool *keep = sx_calloc_for(r->count + 1, sizeof *keep, "measures", err);
    bool ok = keep != NULL;
    size_t kept = 0;
    for (const char *at = measures; ok && at;) {
        const char *comma = strchr(at, ',');
        const size_t length = comma ? (size_t)(comma - at) : strlen(at);
        wanted w;
        read_item(at, at + length, &w);
        ok = mark(r, &w, keep) > 0 || fail_unknown(r, at, length, err);
        at = comma ? comma + 1 : NULL;
    }
    for (size_t i = 0; ok && i < r->count; i++)
        if (keep[i]) r->items[kept++] = r->items[i];
    if (ok) r->count = kept;
    free(keep);
    return ok;
}
