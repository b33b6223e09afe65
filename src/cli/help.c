#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/options.h"

static bool in_group(const sx_command *c, const char *word) {
    size_t n = strlen(word);
    return strncmp(c->name, word, n) == 0 && (c->name[n] == ' ' || c->name[n] == '\0');
}

static const sx_command_group *group_of(const sx_command_group *groups, const sx_command *c) {
    for (const sx_command_group *g = groups; g->name; g++)
        if (in_group(c, g->name)) return g;
    return NULL;
}

/* The options that every command takes, or that commands with threads or with JSON take. */
static void put_common(sx_str *out, int column, bool threads, bool json) {
    sx_str_printf(out, "  %-*s  only errors and the result; no line per film\n", column,
                  "-q, --quiet");
    sx_str_printf(out, "  %-*s  more messages\n", column, "-v, --verbose");
    sx_str_printf(out, "  %-*s  this help\n", column, "-h, --help");
    if (threads)
        sx_str_printf(out, "  %-*s  threads (default: all cores this process may use)\n", column,
                      "--threads N");
    if (json)
        sx_str_printf(out, "  %-*s  print one JSON document instead of text\n", column, "--json");
}

void sx_help_program(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups) {
    sx_str_add(out, "usage: spinexr COMMAND [ARGUMENTS]\n\n"
                    "Finds spinal lesions on radiographs and reports them.\n\n");
    const sx_command_group *last = NULL;
    for (; *commands; commands++) {
        const sx_command_group *g = group_of(groups, *commands);
        if (g && g == last) continue;
        sx_str_printf(out, "  %-10s %s\n", g ? g->name : (*commands)->name,
                      g ? g->summary : (*commands)->summary);
        last = g;
    }
    sx_str_add(out, "\nCommon options:\n");
    put_common(out, 13, true, true);
    sx_str_add(out, "\n`spinexr COMMAND --help` explains a command.\n"
                    "Exit status: 0 done, 1 an input failed, 2 wrong usage, 3 internal error.\n");
}

void sx_help_group(sx_str *out, const sx_command *const *commands, const sx_command_group *group) {
    sx_str_printf(out, "usage: spinexr %s COMMAND [ARGUMENTS]\n\n%s.\n\n", group->name,
                  group->summary);
    for (; *commands; commands++)
        if (in_group(*commands, group->name) && !(*commands)->hidden)
            sx_str_printf(out, "  %-16s %s\n", (*commands)->name, (*commands)->summary);
    sx_str_printf(out, "\n`spinexr %s COMMAND --help` explains a command.\n", group->name);
}

static void option_left(const sx_option *o, char *buf, size_t size) {
    snprintf(buf, size, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
}

void sx_help_command(sx_str *out, const sx_command *c) {
    sx_str_printf(out, "usage: spinexr %s%s%s", c->name, c->inputs ? " " : "",
                  c->inputs ? c->inputs : "");
    size_t column = 2;
    char left[80];
    bool optional = false;
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));) {
        option_left(o, left, sizeof left);
        if (o->required) sx_str_printf(out, " %s", left);
        optional = optional || !o->required;
        if (strlen(left) > column && strlen(left) <= 24) column = strlen(left);
    }
    sx_str_printf(out, "%s\n\n%s.\n", optional ? " [OPTIONS]" : "", c->summary);
    if (c->help) sx_str_printf(out, "%s\n", c->help);
    sx_str_add(out, "\n");
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));) {
        if (!o->help) continue;
        option_left(o, left, sizeof left);
        sx_str_printf(out, "  %-*s  %s\n", (int)column, left, o->help);
    }
    put_common(out, column > 13 ? (int)column : 13, !c->serial, c->json);
    sx_str_printf(out, "\nexample: %s\n", c->example);
}
