#include "cli/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/nearest_word.h"
#include "base/str.h"

/* The fields of the common options are not in the command's struct (store_common). */
static const sx_option common[] = {
    { .name = "quiet",
      .type = SX_OPT_FLAG,
      .help = "only errors and the result; no line per film" },
    { .name = "verbose", .type = SX_OPT_FLAG, .help = "more messages" },
    { .name = "help", .type = SX_OPT_FLAG, .help = "this help" },
    { .name = "threads",
      .type = SX_OPT_INT,
      .value = "N",
      .help = "threads (default: all cores this process may use)",
      .min = 1,
      .max = 1024 },
    { .name = "json", .type = SX_OPT_FLAG, .help = "print one JSON document instead of text" },
    { .name = NULL },
};

static bool is_taken(const sx_command *c, const sx_option *o) {
    return o->name[0] == 'j' ? c->json : o->name[0] == 't' ? !c->serial : true;
}

const sx_option *sx_option_next_common(const sx_command *c, const sx_option *after) {
    const sx_option *o = after ? after + 1 : common;
    while (o->name && c && !is_taken(c, o))
        o++;
    return o->name ? o : NULL;
}

char sx_option_letter(const sx_option *o) {
    for (const sx_option *c = common; c->name; c++)
        if (c == o && c->type == SX_OPT_FLAG && c->name[0] != 'j') return c->name[0];
    return '\0';
}

const sx_option *sx_option_next(const sx_command *c, const sx_option *after) {
    const sx_option *o = after ? after + 1 : c->options;
    while (o && o->name && o->commands && !(o->commands & c->option_bit))
        o++;
    return o && o->name ? o : NULL;
}

static bool is_named(const sx_option *o, const char *name, size_t n) {
    return strlen(o->name) == n && memcmp(o->name, name, n) == 0;
}

static const sx_option *find_own(const sx_command *c, const char *name, size_t n) {
    const sx_option *o = NULL;
    while ((o = sx_option_next(c, o)) && !is_named(o, name, n)) {}
    return o;
}

static const sx_option *find_common(const char *name, size_t n) {
    for (const sx_option *o = common; o->name; o++)
        if (is_named(o, name, n)) return o;
    return NULL;
}

static bool unknown(const sx_command *c, const char *arg, sx_error *err) {
    char name[64];
    size_t n = strcspn(arg, "=");
    if (n >= sizeof name) return sx_fail(err, SX_ERR_USAGE, "unknown option %s", arg);
    memcpy(name, arg, n);
    name[n] = '\0';
    const char *word = name + strspn(name, "-"), *best = NULL;
    int distance = strlen(word) / 3 > 2 ? (int)strlen(word) / 3 : 2;
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));)
        best = sx_word_nearer(word, o->name, best, &distance);
    for (const sx_option *o = common; o->name; o++)
        if (is_taken(c, o)) best = sx_word_nearer(word, o->name, best, &distance);
    if (best)
        return sx_fail(err, SX_ERR_USAGE, "unknown option %s; did you mean --%s?", name, best);
    return sx_fail(err, SX_ERR_USAGE, "unknown option %s", name);
}

/* Whole numbers in full: 1000000000, not 1e+09. */
static void put_bound(double v, char *text, size_t size) {
    sx_format(text, size, fabs(v) <= 1e15 && v == floor(v) ? "%.0f" : "%g", v);
}

static bool in_range(const sx_option *o, double v, const char *text, sx_error *err) {
    if ((o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max)) return true;
    char min[32], max[32];
    put_bound(o->min, min, sizeof min);
    put_bound(o->max, max, sizeof max);
    return sx_fail(err, SX_ERR_USAGE, "--%s must be from %s to %s, not %s", o->name, min, max,
                   text);
}

static bool choose(const sx_option *o, const char *text, int *out, sx_error *err) {
    size_t n = strlen(text);
    int i = 0;
    for (const char *w = o->value; *w; i++) {
        size_t m = strcspn(w, "|");
        if (m == n && memcmp(w, text, n) == 0) {
            *out = i;
            return true;
        }
        w += m + (w[m] == '|');
    }
    char hint[SX_WORD_HINT];
    sx_word_hint(text, o->value, hint);
    return sx_fail(err, SX_ERR_USAGE, "--%s is one of %s, not %s%s", o->name, o->value, text, hint);
}

/* One of two values of a name would be lost. */
static bool check_name(const sx_option *o, const sx_texts *list, const char *text, sx_error *err) {
    const size_t n = strcspn(text, "=");
    if (!strchr(o->value, '=') || !text[n]) return true;
    for (int i = 0; i < list->count; i++)
        if (strncmp(list->items[i], text, n + 1) == 0)
            return sx_fail(err, SX_ERR_USAGE, "--%s %s: %.*s has a value already, --%s %s", o->name,
                           text, (int)n, text, o->name, list->items[i]);
    return true;
}

static bool add_text(const sx_option *o, sx_texts *list, const char *text, sx_error *err) {
    if (!check_name(o, list, text, err)) return false;
    const char **items = sx_realloc(list->items, (size_t)list->count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the command line");
    list->items = items;
    items[list->count++] = text;
    return true;
}

sx_value_kind sx_option_value_kind(const sx_option *o) {
    if (o->type == SX_OPT_FLAG) return SX_VALUE_NONE;
    if (o->type == SX_OPT_CHOICE || o->name_at) return SX_VALUE_WORDS;
    if (strcmp(o->value, "DIR") == 0) return SX_VALUE_FOLDER;
    if (strcmp(o->value, "PATH") == 0 || strcmp(o->value, "DATASET") == 0 ||
        strncmp(o->value, "FILE", 4) == 0)
        return SX_VALUE_FILE;
    return SX_VALUE_OTHER;
}

/* Of an option that takes a value: a path is neither empty nor "-", by which other programs mean
 * standard input or output. */
static bool check_path(const sx_option *o, const char *text, sx_error *err) {
    const sx_value_kind kind = sx_option_value_kind(o);
    if (kind != SX_VALUE_FOLDER && kind != SX_VALUE_FILE) return true;
    if (!text[0]) return sx_fail(err, SX_ERR_USAGE, "--%s needs a value (%s)", o->name, o->value);
    return strcmp(text, "-") != 0 ||
           sx_fail(err, SX_ERR_USAGE,
                   "--%s does not take - for standard input or output; name a file or folder",
                   o->name);
}

static bool add_input(sx_call *call, char *text, sx_error *err) {
    if (!text[0] && call->command->inputs)
        return sx_fail(err, SX_ERR_USAGE, "an argument is empty: %s", call->command->inputs);
    if (strcmp(text, "-") == 0 && !call->command->film_list)
        return sx_fail(err, SX_ERR_USAGE,
                       "only predict and explain take - (a list of films on standard input)");
    call->inputs[call->input_count++] = text;
    return true;
}

static bool store(const sx_option *o, void *args, const char *text, sx_error *err) {
    void *field = (char *)args + o->offset;
    if (o->type != SX_OPT_FLAG && !check_path(o, text, err)) return false;
    switch (o->type) {
    case SX_OPT_FLAG:
        *(bool *)field = true;
        return true;
    case SX_OPT_TEXT:
        *(const char **)field = text;
        return true;
    case SX_OPT_INT: {
        long v;
        if (!sx_parse_long(text, -2147483647L, 2147483647L, &v))
            return sx_fail(err, SX_ERR_USAGE, "--%s takes a whole number, not %s", o->name, text);
        *(long *)field = v;
        return in_range(o, (double)v, text, err);
    }
    case SX_OPT_NUMBER: {
        double v;
        if (!sx_parse_double(text, &v) || v != v)
            return sx_fail(err, SX_ERR_USAGE, "--%s takes a number, not %s", o->name, text);
        *(double *)field = v;
        return in_range(o, v, text, err);
    }
    case SX_OPT_CHOICE:
        return choose(o, text, field, err);
    case SX_OPT_LIST:
        return add_text(o, field, text, err);
    }
    return sx_fail(err, SX_ERR_INTERNAL, "option --%s has no type", o->name);
}

static bool store_common(sx_parsed *p, const sx_option *o, const char *text, sx_error *err) {
    switch (o->name[0]) {
    case 'h':
        p->help = true;
        return true;
    case 'q':
        p->call.quiet = true;
        return true;
    case 'v':
        p->call.verbose = true;
        return true;
    case 'j':
        p->call.json = true;
        return true;
    default:
        return store(o, &p->threads, text, err);
    }
}

static bool long_option(sx_parsed *p, const sx_command *c, int *i, int argc, char **argv,
                        sx_error *err) {
    const char *arg = argv[*i], *name = arg + 2, *text = NULL;
    size_t n = strcspn(name, "=");
    bool own = true;
    const sx_option *o = find_own(c, name, n);
    if (!o) {
        own = false;
        o = find_common(name, n);
        if (o && !is_taken(c, o)) o = NULL;
    }
    if (!o) return unknown(c, arg, err);
    if (name[n] == '=') text = name + n + 1;
    if (o->type == SX_OPT_FLAG && text)
        return sx_fail(err, SX_ERR_USAGE, "--%s takes no value", o->name);
    if (o->type != SX_OPT_FLAG && !text) {
        if (*i + 1 >= argc || strncmp(argv[*i + 1], "--", 2) == 0)
            return sx_fail(err, SX_ERR_USAGE, "--%s needs a value (%s)", o->name, o->value);
        text = argv[++*i];
    }
    return own ? store(o, p->call.args, text, err) : store_common(p, o, text, err);
}

static bool letters(sx_parsed *p, const sx_command *c, const char *arg, sx_error *err) {
    for (const char *s = arg + 1; *s; s++) {
        const sx_option *o = common;
        while (o->name && sx_option_letter(o) != *s)
            o++;
        if (!o->name) return unknown(c, arg, err);
        if (!store_common(p, o, "", err)) return false;
    }
    return true;
}

static bool is_absent(const sx_option *o, const void *args) {
    const void *field = (const char *)args + o->offset;
    if (o->type == SX_OPT_TEXT) return *(const char *const *)field == NULL;
    if (o->type == SX_OPT_LIST) return ((const sx_texts *)field)->count == 0;
    if (o->type == SX_OPT_CHOICE) return *(const int *)field < 0;
    return false;
}

static bool complete(const sx_parsed *p, const sx_command *c, sx_error *err) {
    int n = p->call.input_count;
    if (n > 0 && n < c->min_inputs)
        return sx_fail(err, SX_ERR_USAGE, "%s: at least %d are needed, not %d", c->inputs,
                       c->min_inputs, n);
    if (n < c->min_inputs) return sx_fail(err, SX_ERR_USAGE, "%s is missing", c->inputs);
    if (c->max_inputs >= 0 && n > c->max_inputs)
        return sx_fail(err, SX_ERR_USAGE, "one argument too many: %s",
                       *p->call.inputs[c->max_inputs] ? p->call.inputs[c->max_inputs] : "''");
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));)
        if (o->required && is_absent(o, p->call.args))
            return sx_fail(err, SX_ERR_USAGE, "--%s %s is missing", o->name, o->value);
    return true;
}

bool sx_options_parse(sx_parsed *out, const sx_command *c, int first, int argc, char **argv,
                      sx_error *err) {
    *out = (sx_parsed){ .call = { .command = c, .argc = argc, .argv = argv } };
    out->call.args = sx_calloc(1, c->args_size ? c->args_size : 1);
    out->call.inputs = sx_calloc((size_t)argc + 1, sizeof(char *));
    if (!out->call.args || !out->call.inputs)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for the command line");
    if (c->defaults) memcpy(out->call.args, c->defaults, c->args_size);
    bool only_inputs = false;
    for (int i = first; i < argc; i++) {
        const char *a = argv[i];
        if (only_inputs || a[0] != '-' || a[1] == '\0') {
            if (!add_input(&out->call, argv[i], err)) return false;
        } else if (strcmp(a, "--") == 0) {
            only_inputs = true;
        } else if (a[1] == '-') {
            if (!long_option(out, c, &i, argc, argv, err)) return false;
        } else if (!letters(out, c, a, err)) {
            return false;
        }
        if (out->help) return true;
    }
    return complete(out, c, err);
}

void sx_parsed_free(sx_parsed *p) {
    const sx_command *c = p->call.command;
    for (const sx_option *o = NULL; c && p->call.args && (o = sx_option_next(c, o));)
        if (o->type == SX_OPT_LIST) free(((sx_texts *)((char *)p->call.args + o->offset))->items);
    free(p->call.args);
    free(p->call.inputs);
    *p = (sx_parsed){ 0 };
}
