/* Lists of films: an entry is never longer than its line, and what is written is read again. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "data/film_list.h"
#include "fuzz/fuzz.h"

typedef struct entries {
    sx_names names;
    size_t calls;
    bool all; /* every entry is a film */
} entries;

static bool take(void *user, const char *text, bool *known, sx_error *err) {
    entries *e = user;
    uint32_t at;
    const size_t n = strlen(text);
    if (!n || sx_utf8_span(text, n) < n || strchr(text, '\n')) abort();
    e->calls++;
    const bool around = strchr(" \t\r\v\f", text[0]) || strchr(" \t\r\v\f", text[n - 1]);
    *known = (e->all || n % 2) && !around && text[0] != '#';
    return !*known || sx_names_add(&e->names, text, &at, err);
}

/* The comment keeps a first name that begins with a byte order mark apart from the list's own. */
static void write(const sx_names *names, sx_str *out) {
    sx_str_add(out, "# films\n");
    for (size_t i = 0; i < names->count; i++)
        sx_str_printf(out, "%s\n", names->items[i]);
}

static bool parse(const void *bytes, size_t n, bool all, entries *e) {
    sx_error err = { 0 };
    const sx_film_list_user user = { .entry = take, .user = e, .whose = "nobody" };
    *e = (entries){ .all = all };
    const bool ok = sx_film_list_parse("list", bytes, n, &user, &err);
    if (!ok && (err.code == SX_OK || !err.message[0])) abort();
    if (ok && !e->names.count) abort();
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    entries first, again = { .all = true };
    if (parse(data, size, true, &first)) {
        sx_str text = { 0 };
        write(&first.names, &text);
        if (text.failed || !parse(text.data, text.len, true, &again)) abort();
        if (first.names.count != again.names.count) abort();
        for (size_t i = 0; i < first.names.count; i++)
            if (strcmp(first.names.items[i], again.names.items[i]) != 0) abort();
        sx_names_free(&again.names);
        sx_str_free(&text);
    }
    sx_names_free(&first.names);
    (void)parse(data, size, false, &first);
    sx_names_free(&first.names);
    return 0;
}
