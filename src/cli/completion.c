#include "cli/completion.h"

#include <string.h>

#include "cli/help.h"
#include "cli/options.h"

void sx_complete_words(sx_str *out, const sx_option *o) {
    for (size_t i = 0; o->name_at && o->name_at(i); i++)
        sx_str_printf(out, "%s%s", i ? " " : "", o->name_at(i));
    for (const char *c = o->name_at ? "" : o->value; *c; c++)
        sx_str_append(out, *c == '|' ? " " : c, 1);
}

const char *sx_last_word(const char *words) {
    const char *space = strrchr(words, ' ');
    return space ? space + 1 : words;
}

static const sx_command *find_command(const sx_command *const *commands, const char *name) {
    while (*commands && strcmp((*commands)->name, name) != 0)
        commands++;
    return *commands;
}

void sx_complete_all(sx_str *out, const sx_command *const *commands, const sx_command_group *groups,
                     sx_complete_each *each) {
    for (const sx_command_group *g = groups; g->name; g++)
        each(out, g->name, g->summary, find_command(commands, g->name));
    for (; *commands; commands++) {
        const sx_command_group *g = sx_command_group_of(groups, *commands);
        const bool is_group = g && strcmp(g->name, (*commands)->name) == 0;
        if (!is_group && !(*commands)->hidden)
            each(out, (*commands)->name, (*commands)->summary, *commands);
    }
}

void sx_complete_after(sx_str *out, const sx_command *const *commands,
                       const sx_command_group *groups, const char *words, sx_complete_each *each) {
    const sx_command_group *last = NULL;
    for (; *commands; commands++) {
        const sx_command *c = *commands;
        const sx_command_group *g = sx_command_group_of(groups, c);
        if (c->hidden) continue;
        if (*words) {
            if (g && strcmp(g->name, words) == 0 && strcmp(c->name, words) != 0)
                each(out, c->name, c->summary, c);
        } else if (!g || g != last) {
            each(out, g ? g->name : c->name, g ? g->summary : c->summary, c);
            last = g;
        }
    }
}
