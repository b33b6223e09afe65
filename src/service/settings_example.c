#include "service/settings_example.h"

#include <string.h>

#include "service/settings_impl.h"

/* A line: what hides the setting ("#"; "": nothing), then two blanks for each level. */
static void put_indent(sx_str *out, const char *hidden, int level) {
    sx_str_printf(out, "%s%*s", hidden, 2 * level, "");
}

static void put_words(sx_str *out, const char *words) {
    for (const char *w = words; *w; w++)
        if (*w == '|')
            sx_str_add(out, ", ");
        else
            sx_str_append(out, w, 1);
}

enum { WIDTH = 100 };

/* "1 to 9" or "a, b, c"; "" if the default shows what the key takes. */
static void put_values(sx_str *out, const sx_setting_key *k) {
    if (k->kind == SX_SETTING_INT) sx_str_printf(out, "%d to %d", k->least, k->most);
    if (k->words) put_words(out, k->words);
}

/* The meaning, and behind it or below it the values. */
static void put_comment(sx_str *out, const char *hidden, int level, const sx_setting_key *k) {
    sx_str values = { 0 };
    put_values(&values, k);
    const size_t width =
        strlen(hidden) + 2 * (size_t)level + strlen("#  ()") + strlen(k->help) + values.len;
    put_indent(out, hidden, level);
    sx_str_printf(out, "# %s", k->help);
    if (values.len && width > WIDTH) {
        sx_str_add(out, "\n");
        put_indent(out, hidden, level);
        sx_str_printf(out, "# (%s)", sx_str_text(&values));
    } else if (values.len) {
        sx_str_printf(out, " (%s)", sx_str_text(&values));
    }
    sx_str_add(out, "\n");
    out->failed = out->failed || values.failed;
    sx_str_free(&values);
}

static void put_key(sx_str *out, const char *hidden, int level, const char *name,
                    const sx_setting_key *k) {
    put_comment(out, hidden, level, k);
    put_indent(out, hidden, level);
    sx_str_printf(out, "%s: %s\n", name, *k->value ? k->value : "\"\"");
}

/* How many bytes of two keys are groups that they share: "dicom.tls." */
static size_t shared_groups(const char *a, const char *b) {
    size_t shared = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
        if (a[i] == '.') shared = i + 1;
    return shared;
}

static int level_of(const char *key, size_t n) {
    int level = 0;
    for (size_t i = 0; i < n; i++)
        level += key[i] == '.';
    return level;
}

/* The groups of a key that were not open for the key before it. */
static size_t put_groups(sx_str *out, const char *before, const char *key) {
    size_t at = shared_groups(before, key);
    for (const char *dot; (dot = strchr(key + at, '.')); at = (size_t)(dot - key) + 1) {
        if (at == 0) sx_str_add(out, "\n");
        put_indent(out, "", level_of(key, at));
        sx_str_printf(out, "%.*s:\n", (int)(dot - key - (ptrdiff_t)at), key + at);
    }
    return at;
}

void sx_settings_put_example(sx_str *out) {
    const char *before = "";
    sx_str_add(out, "# Settings of `spinexr serve --config FILE`. Each has its default here; a "
                    "file may leave out\n# what it does not change.\n\n");
    for (const sx_setting_key *k = sx_setting_keys; k->name; k++) {
        const size_t at = put_groups(out, before, k->name);
        put_key(out, "", level_of(k->name, at), k->name + at, k);
        before = k->name;
    }
    sx_str_add(out,
               "\n# Codes of findings in reports, by the class: [VALUE, SCHEME, MEANING]. A class "
               "without one has a\n# code of the scheme 99SPINEXR. Have them approved before use.\n"
               "#codes:\n#  Surgical implant: [40388003, SCT, Implant]\n");
    sx_str_add(out, "\n# Where results are sent. There is no destination by default; the lines "
                    "below are one named\n# archive, with a # before each line. It needs host or "
                    "url.\n#destinations:\n#  archive:\n");
    for (const sx_setting_key *k = sx_destination_keys; k->name; k++)
        put_key(out, "#", 2, k->name, k);
}
