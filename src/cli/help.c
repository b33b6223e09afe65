#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

bool sx_command_in_group(const sx_command *c, const char *word) {
    size_t n = strlen(word);
    return strncmp(c->name, word, n) == 0 && (c->name[n] == ' ' || c->name[n] == '\0');
}

const sx_command_group *sx_command_group_of(const sx_command_group *groups, const sx_command *c) {
    for (const sx_command_group *g = groups; g->name; g++)
        if (sx_command_in_group(c, g->name)) return g;
    return NULL;
}

static void option_left(const sx_option *o, char *buf, size_t size) {
    const char letter = sx_option_letter(o), before[] = { '-', letter, ',', ' ', '\0' };
    snprintf(buf, size, "%s--%s%s%s", letter ? before : "", o->name, o->value ? " " : "",
             o->value ? o->value : "");
}

/* The help begins on a line of its own where the words of a choice leave too little room. */
static void put_option(sx_str *out, const sx_option *o, int column) {
    char left[80];
    option_left(o, left, sizeof left);
    const size_t width = strlen(left) > (size_t)column ? strlen(left) : (size_t)column;
    if (2 + width + 2 + strlen(o->help) > SX_LINE_COLUMNS)
        sx_str_printf(out, "  %s\n  %-*s  %s\n", left, column, "", o->help);
    else
        sx_str_printf(out, "  %-*s  %s\n", column, left, o->help);
}

/* The common options of a command, or all (NULL). */
static void put_common(sx_str *out, const sx_command *c, int column) {
    for (const sx_option *o = NULL; (o = sx_option_next_common(c, o));)
        put_option(out, o, column);
}

void sx_help_program(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups) {
    sx_str_add(out, "usage: spinexr COMMAND [ARGUMENTS]\n\n"
                    "Finds spinal lesions on radiographs and reports them.\n\n");
    const sx_command_group *last = NULL;
    for (; *commands; commands++) {
        const sx_command_group *g = sx_command_group_of(groups, *commands);
        if (g && g == last) continue;
        sx_str_printf(out, "  %-10s %s\n", g ? g->name : (*commands)->name,
                      g ? g->summary : (*commands)->summary);
        last = g;
    }
    sx_str_add(out, "\nCommon options (--json: where the command lists it):\n");
    put_common(out, NULL, 13);
    sx_str_add(out, "\n`spinexr COMMAND --help` explains a command.\n"
                    "Exit status: 0 done, 1 an input failed, 2 wrong usage, 3 internal error.\n");
}

void sx_help_group(sx_str *out, const sx_command *const *commands, const sx_command_group *group) {
    sx_str_printf(out, "usage: spinexr %s COMMAND [ARGUMENTS]\n\n%s.\n\n", group->name,
                  group->summary);
    for (; *commands; commands++)
        if (sx_command_in_group(*commands, group->name) && !(*commands)->hidden)
            sx_str_printf(out, "  %-16s %s\n", (*commands)->name, (*commands)->summary);
    sx_str_printf(out, "\n`spinexr %s COMMAND --help` explains a command.\n", group->name);
}

/* Continues the line of the usage, which begins at `start`, or begins another one. */
static void put_usage(sx_str *out, size_t *start, const char *word) {
    const bool fits = out->len - *start + 1 + strlen(word) <= SX_LINE_COLUMNS;
    if (!fits) *start = out->len + 1;
    sx_str_printf(out, "%s%s", fits ? " " : "\n       ", word);
}

void sx_help_command(sx_str *out, const sx_command *c) {
    size_t start = out->len;
    sx_str_printf(out, "usage: spinexr %s", c->name);
    if (c->inputs) put_usage(out, &start, c->inputs);
    size_t column = 2;
    char left[80];
    bool optional = false;
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));) {
        option_left(o, left, sizeof left);
        if (o->required) put_usage(out, &start, left);
        optional = optional || !o->required;
        if (strlen(left) > column && strlen(left) <= 24) column = strlen(left);
    }
    if (optional) put_usage(out, &start, "[OPTIONS]");
    sx_str_printf(out, "\n\n%s.\n", c->summary);
    if (c->help) sx_str_printf(out, "%s\n", c->help);
    sx_str_add(out, "\n");
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));)
        if (o->help) put_option(out, o, (int)column);
    put_common(out, c, column > 13 ? (int)column : 13);
    sx_str_printf(out, "\nexample: %s\n", c->example);
}
