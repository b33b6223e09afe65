#include "document/short_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"

enum { LONG_UID = 20, UID_END = 9, LONG_NAME = 40, NAME_END = 37 };

static bool begins_character(char c) {
    return ((unsigned char)c & 0xC0) != 0x80;
}

static size_t characters(const char *name) {
    size_t n = 0;
    for (; *name; name++)
        n += begins_character(*name);
    return n;
}

/* The last `kept` characters. */
static const char *end_of(const char *name, size_t kept) {
    size_t skipped = characters(name) - kept;
    while (skipped || !begins_character(*name))
        skipped -= begins_character(*name++);
    return name;
}

/* How many characters of a name are kept at first; 0: it is not long. */
static size_t first_end(const char *name) {
    const bool uid = strspn(name, "0123456789.") == strlen(name);
    return characters(name) <= (uid ? LONG_UID : LONG_NAME) ? 0 : uid ? UID_END : NAME_END;
}

static char *shorten(const char *name, size_t kept) {
    sx_str text = { 0 };
    const bool whole = kept == 0 || kept + 3 >= characters(name);
    sx_str_printf(&text, "%s%s", whole ? "" : "...", whole ? name : end_of(name, kept));
    if (text.failed) sx_str_free(&text);
    return text.data;
}

/* How much of each name is kept. */
typedef struct end {
    size_t kept;
    bool longer; /* of the first name with a short form: another name has it too */
} end;

/* Makes the short forms with these ends. *again: some must be longer. */
static bool make_round(sx_short_names *s, const char *const *names, end *ends, bool *again,
                       sx_error *err) {
    sx_names owners = { 0 };
    bool ok = true, fresh;
    *again = false;
    for (size_t i = 0; ok && i < s->count; i++) {
        free(s->items[i]);
        s->items[i] = shorten(names[i], ends[i].kept);
        ok = s->items[i] ? sx_names_put(&owners, s->items[i], (uint32_t)i, &fresh, err)
                         : sx_fail(err, SX_ERR_MEMORY, "out of memory for a list of names");
        const size_t owner = ok ? (size_t)sx_names_find(&owners, s->items[i]) : i;
        if (strcmp(names[i], names[owner]) != 0) *again = ends[owner].longer = true;
    }
    /* all that share a short form, so that equal names keep equal ends */
    for (size_t i = 0; ok && *again && i < s->count; i++)
        if (ends[sx_names_find(&owners, s->items[i])].longer) ends[i].kept *= 2;
    for (size_t i = 0; i < s->count; i++)
        ends[i].longer = false;
    sx_names_free(&owners);
    return ok;
}

bool sx_short_names_make(sx_short_names *s, const char *const *names, size_t count, sx_error *err) {
    *s = (sx_short_names){ .count = count };
    s->items = sx_calloc_for(count + 1, sizeof *s->items, "a list of names", err);
    end *ends = sx_calloc_for(count + 1, sizeof *ends, "a list of names", err);
    bool ok = s->items && ends, again = true;
    for (size_t i = 0; ok && i < count; i++)
        ends[i].kept = first_end(names[i]);
    while (ok && again)
        ok = make_round(s, names, ends, &again, err);
    free(ends);
    if (!ok) sx_short_names_free(s);
    return ok;
}

void sx_short_names_free(sx_short_names *s) {
    for (size_t i = 0; s->items && i < s->count; i++)
        free(s->items[i]);
    free(s->items);
    *s = (sx_short_names){ 0 };
}
