#include "service/settings.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "base/yaml.h"
#include "dicom/finding_codes.h"
#include "dicom/site_rules.h"
#include "service/settings_impl.h"

/* ---- values ---- */

/* A value of the file, for messages. */
typedef struct place {
    const char *file;
    const sx_yaml_value *value;
    sx_settings *settings;
} place;

static bool fail_at(const place *p, sx_error_code code, sx_error *err, const char *fmt, ...)
    SX_PRINTF(4, 5);
static bool fail_at(const place *p, sx_error_code code, sx_error *err, const char *fmt, ...) {
    char text[300];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    if (p->value->line)
        return sx_fail(err, code, "%s:%zu: %s: %s", p->file, p->value->line, p->value->key, text);
    return sx_fail(err, code, "%s: %s", p->value->key, text);
}

static const char *keep(const place *p, const char *text, sx_error *err) {
    const char *copy = sx_arena_strdup(p->settings->memory, text);
    if (!copy) sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    return copy;
}

static bool check_text(const place *p, const sx_setting_key *k, const char *text, sx_error *err) {
    char hint[SX_WORD_HINT];
    const bool words = k->kind == SX_SETTING_WORD || k->kind == SX_SETTING_WORD_LIST;
    if (words && !sx_word_is_one_of(text, k->words)) {
        sx_word_hint(text, k->words, hint);
        return fail_at(p, SX_ERR_FORMAT, err, "\"%.60s\" is none of %s%s", text, k->words, hint);
    }
    if (k->kind == SX_SETTING_RULE_LIST) {
        sx_error why = { 0 };
        return sx_site_rule_check(text, &why) ||
               fail_at(p, SX_ERR_FORMAT, err, "\"%.60s\": %s", text, why.message);
    }
    if (k->kind != SX_SETTING_AE && k->kind != SX_SETTING_AE_LIST) return true;
    const size_t n = strlen(text);
    bool plain = n >= 1 && n <= 16 && text[0] != ' ';
    for (size_t i = 0; i < n; i++)
        plain = plain && text[i] >= ' ' && text[i] < 0x7F && text[i] != '\\';
    return plain ||
           fail_at(p, SX_ERR_VALUE, err, "\"%.60s\" is not an AE title (1 to 16 characters)", text);
}

static bool set_text(const place *p, const sx_setting_key *k, const char **to, sx_error *err) {
    const sx_yaml_value *v = p->value;
    if (v->list || v->count > 1) return fail_at(p, SX_ERR_FORMAT, err, "must be one text");
    const char *text = v->null || v->count == 0 ? "" : v->items[0];
    if (!check_text(p, k, text, err)) return false;
    return (*to = keep(p, text, err)) != NULL;
}

static bool set_int(const place *p, const sx_setting_key *k, int *to, sx_error *err) {
    const sx_yaml_value *v = p->value;
    char *end = NULL;
    const char *text = v->list || v->null || v->count != 1 ? "" : v->items[0];
    const long n = strtol(text, &end, 10);
    if (end == text || *end) return fail_at(p, SX_ERR_FORMAT, err, "must be a whole number");
    if (n < k->least || n > k->most)
        return fail_at(p, SX_ERR_VALUE, err, "must be %d to %d, not %.40s", k->least, k->most,
                       text);
    *to = (int)n;
    return true;
}

static bool set_bool(const place *p, bool *to, sx_error *err) {
    const sx_yaml_value *v = p->value;
    const char *text = v->list || v->null || v->count != 1 ? "" : v->items[0];
    *to = sx_equal_letters(text, "true");
    return *to || sx_equal_letters(text, "false") ||
           fail_at(p, SX_ERR_FORMAT, err, "must be true or false, not \"%.60s\"", text);
}

static bool set_list(const place *p, const sx_setting_key *k, sx_settings_list *to, sx_error *err) {
    const sx_yaml_value *v = p->value;
    if (v->no_text) return fail_at(p, SX_ERR_FORMAT, err, "item %zu is no text", v->no_text);
    to->count = 0;
    to->items = sx_arena_alloc(p->settings->memory, v->count + 1, sizeof *to->items);
    if (!to->items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    for (size_t i = 0; !v->null && i < v->count; i++) {
        if (!check_text(p, k, v->items[i], err)) return false;
        if (!(to->items[to->count++] = keep(p, v->items[i], err))) return false;
    }
    return k->kind != SX_SETTING_WORD_LIST || to->count ||
           fail_at(p, SX_ERR_FORMAT, err, "has no word: a destination would get nothing");
}

static bool set(const place *p, const sx_setting_key *k, void *base, sx_error *err) {
    void *to = (char *)base + k->offset;
    switch (k->kind) {
    case SX_SETTING_INT:
        return set_int(p, k, to, err);
    case SX_SETTING_BOOL:
        return set_bool(p, to, err);
    case SX_SETTING_LIST:
    case SX_SETTING_WORD_LIST:
    case SX_SETTING_RULE_LIST:
    case SX_SETTING_AE_LIST:
        return set_list(p, k, to, err);
    default:
        return set_text(p, k, to, err);
    }
}

/* ---- keys ---- */

static const sx_setting_key *find_key(const sx_setting_key *keys, const char *name) {
    for (; keys->name; keys++)
        if (strcmp(keys->name, name) == 0) return keys;
    return NULL;
}

static bool fail_unknown(const place *p, const sx_setting_key *keys, const char *name,
                         sx_error *err) {
    int distance = (int)strlen(name) / 3 + 1;
    const char *best = NULL;
    for (; keys->name; keys++)
        best = sx_word_nearer(name, keys->name, best, &distance);
    return fail_at(p, SX_ERR_FORMAT, err, "there is no such key%s%s%s",
                   best ? "; did you mean " : "", best ? best : "", best ? "?" : "");
}

static bool set_defaults(sx_settings *s, const sx_setting_key *keys, void *base, sx_error *err) {
    sx_yaml y = { 0 };
    bool ok = sx_yaml_parse("the defaults", "{}", 2, &y, err);
    for (; ok && keys->name; keys++) {
        ok = sx_yaml_set(&y, keys->name, *keys->value ? keys->value : "~", err);
        const place p = { "the defaults", ok ? sx_yaml_find(&y, keys->name) : NULL, s };
        const sx_setting_key any = { .name = keys->name,
                                     .kind =
                                         keys->kind == SX_SETTING_AE ? SX_SETTING_TEXT : keys->kind,
                                     .offset = keys->offset,
                                     .least = keys->least,
                                     .most = keys->most,
                                     .words = keys->words };
        ok = ok && set(&p, &any, base, err);
    }
    sx_yaml_free(&y);
    return ok;
}

/* The destination of that name, a new one if there is none yet; NULL: an error. */
static sx_destination *add_destination(const place *p, const char *name, size_t n, sx_error *err) {
    sx_settings *s = p->settings;
    for (size_t i = 0; i < s->destination_count; i++) {
        sx_destination *d = &s->destinations[i];
        if (strlen(d->name) == n && strncmp(d->name, name, n) == 0) return d;
    }
    if (s->destination_count == SX_MOST_DESTINATIONS || n == 0 || n > 40) {
        if (n == 0 || n > 40)
            fail_at(p, SX_ERR_VALUE, err, "a name has 1 to 40 characters");
        else
            fail_at(p, SX_ERR_LIMIT, err, "there are at most %d destinations",
                    SX_MOST_DESTINATIONS);
        return NULL;
    }
    char text[64];
    sx_format(text, sizeof text, "%.*s", (int)n, name);
    sx_destination *d = &s->destinations[s->destination_count];
    if (!set_defaults(s, sx_destination_keys, d, err) || !(d->name = keep(p, text, err)))
        return NULL;
    s->destination_count++;
    return d;
}

static bool set_destination(const place *p, const char *path, sx_error *err) {
    const char *dot = strchr(path, '.');
    if (!dot) return fail_at(p, SX_ERR_FORMAT, err, "must have keys: host, port, ...");
    sx_destination *d = add_destination(p, path, (size_t)(dot - path), err);
    if (!d) return false;
    const sx_setting_key *k = find_key(sx_destination_keys, dot + 1);
    return k ? set(p, k, d, err) : fail_unknown(p, sx_destination_keys, dot + 1, err);
}

/* ---- codes ---- */

/* code_count: there is none. */
static size_t code_index(const sx_settings *s, const char *label) {
    size_t i = 0;
    while (i < s->code_count && strcmp(s->codes[i].label, label) != 0)
        i++;
    return i;
}

/* PS3.5: a value and a scheme are SH, a meaning is LO. */
static bool check_code(const place *p, const char *text, const char *what, size_t most,
                       sx_error *err) {
    const size_t n = strlen(text);
    bool plain = n >= 1 && n <= most && text[0] != ' ' && text[n ? n - 1 : 0] != ' ';
    for (size_t i = 0; i < n; i++)
        plain = plain && text[i] >= ' ' && text[i] < 0x7F && text[i] != '\\';
    return plain || fail_at(p, SX_ERR_VALUE, err,
                            "\"%.70s\" is not a %s (1 to %zu ASCII characters)", text, what, most);
}

static bool set_code(const place *p, const char *label, sx_error *err) {
    sx_settings *s = p->settings;
    const sx_yaml_value *v = p->value;
    if (!v->list || v->no_text || v->count != 3)
        return fail_at(p, SX_ERR_FORMAT, err, "must be a list of three: [VALUE, SCHEME, MEANING]");
    if (!check_code(p, v->items[0], "code value", 16, err) ||
        !check_code(p, v->items[1], "coding scheme", 16, err) ||
        !check_code(p, v->items[2], "code meaning", 64, err))
        return false;
    if (strcmp(v->items[1], SX_FINDING_SCHEME) == 0)
        return fail_at(p, SX_ERR_VALUE, err, "%s is the scheme of our own codes",
                       SX_FINDING_SCHEME);
    const size_t at = code_index(s, label);
    if (at == SX_MOST_CODES)
        return fail_at(p, SX_ERR_LIMIT, err, "there are at most %d codes", SX_MOST_CODES);
    const sx_settings_code code = { keep(p, label, err), keep(p, v->items[0], err),
                                    keep(p, v->items[1], err), keep(p, v->items[2], err) };
    if (!code.label || !code.value || !code.scheme || !code.meaning) return false;
    s->codes[at] = code;
    if (at == s->code_count) s->code_count++;
    return true;
}

/* ---- sections ---- */

/* Keys with names that the file chooses. */
static const struct {
    const char *prefix;
    bool (*set)(const place *p, const char *rest, sx_error *err);
} sections[] = { { "destinations.", set_destination }, { "codes.", set_code } };

static bool take(sx_settings *s, const char *file, const sx_yaml_value *v, sx_error *err) {
    const place p = { file, v, s };
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (sx_starts_with(v->key, sections[i].prefix))
            return sections[i].set(&p, v->key + strlen(sections[i].prefix), err);
    const sx_setting_key *k = find_key(sx_setting_keys, v->key);
    return k ? set(&p, k, s, err) : fail_unknown(&p, sx_setting_keys, v->key, err);
}

/* ---- the file ---- */

bool sx_settings_init(sx_settings *s, sx_error *err) {
    *s = (sx_settings){ .file = "", .memory = sx_arena_new() };
    if (!s->memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    return set_defaults(s, sx_setting_keys, s, err);
}

/* Where the key stands, for faults that only several keys have together. */
static bool note_place(sx_settings *s, const char *file, const sx_yaml_value *v, sx_error *err) {
    sx_setting_place *at = sx_arena_alloc(s->memory, 1, sizeof *at);
    const char *key = sx_arena_strdup(s->memory, v->key);
    if (!at || !key) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    *at = (sx_setting_place){ key, file, v->line, s->places };
    s->places = at;
    return true;
}

static bool take_all(sx_settings *s, const char *file, const sx_yaml *y, sx_error *err) {
    s->file = sx_arena_strdup(s->memory, file);
    if (!s->file) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the settings");
    for (size_t i = 0; i < y->count; i++)
        if (!take(s, file, &y->values[i], err) || !note_place(s, s->file, &y->values[i], err))
            return false;
    for (size_t i = 0; i < s->destination_count; i++)
        if (!sx_settings_check_destination(s, &s->destinations[i], err)) return false;
    return true;
}

bool sx_settings_read(sx_settings *s, const char *path, sx_error *err) {
    sx_yaml y = { 0 };
    const bool ok = sx_yaml_open(path, &y, err) && take_all(s, path, &y, err);
    sx_yaml_free(&y);
    return ok;
}

bool sx_settings_parse(sx_settings *s, const char *name, const void *bytes, size_t n,
                       sx_error *err) {
    sx_yaml y = { 0 };
    const bool ok = sx_yaml_parse(name, bytes, n, &y, err) && take_all(s, name, &y, err);
    sx_yaml_free(&y);
    return ok;
}

void sx_settings_free(sx_settings *s) {
    sx_arena_free(s->memory);
    *s = (sx_settings){ .file = "" };
}

/* ---- what settings mean ---- */

bool sx_is_loopback(const char *address) {
    struct in_addr a;
    return inet_pton(AF_INET, address, &a) == 1 && (ntohl(a.s_addr) >> 24) == 127;
}

const sx_settings_code *sx_settings_find_code(const sx_settings *s, const char *label) {
    const size_t i = code_index(s, label);
    return i < s->code_count ? &s->codes[i] : NULL;
}

const char *sx_settings_dicom_listen(const sx_settings *s) {
    if (*s->dicom.listen) return s->dicom.listen;
    return s->dicom.peers.count ? "0.0.0.0" : "127.0.0.1";
}

uint64_t sx_settings_pixel_bytes(const sx_settings *s) {
    return (uint64_t)s->keep.pixels_gb * 1000 * 1000 * 1000;
}
