#include <string.h>

#include "cli/completion.h"
#include "cli/options.h"
#include "spinexr/version.h"

/* The words of the command are taken away, so that _arguments sees its options and arguments. */
static const char engine[] =
    "_spinexr() {\n"
    "    local command= word\n"
    "    local -a reply\n"
    "    integer i\n"
    "    for ((i = 2; i < CURRENT; i++)); do\n"
    "        word=$words[i]\n"
    "        [[ -z $command || $command == help* ]] && [[ $word == -* ]] &&\n"
    "            continue\n"
    "        _spinexr_commands \"$command\"\n"
    "        (( ${reply[(I)${(b)word}:*]} )) || break\n"
    "        command=${command:+$command }$word\n"
    "    done\n"
    "    _spinexr_commands \"$command\"\n"
    "    if (( i == CURRENT && $#reply )) && [[ $words[i] != -* ]]; then\n"
    "        _describe -t commands command reply\n"
    "        return\n"
    "    fi\n"
    "    words=(spinexr \"${(@)words[i,-1]}\")\n"
    "    (( CURRENT -= i - 2 ))\n"
    "    _spinexr_arguments \"$command\"\n"
    "}\n"
    "\n"
    "_spinexr \"$@\"\n";

/* Text inside '...'; `special` characters get a backslash. NULL: none. */
static void put_quoted(sx_str *out, const char *text, const char *special) {
    for (; text && *text; text++) {
        if (*text == '\'') {
            sx_str_add(out, "'\\''");
            continue;
        }
        if (strchr(special, *text)) sx_str_add(out, "\\");
        sx_str_append(out, text, 1);
    }
}

static void put_word(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)c;
    sx_str_printf(out, "            '%s:", sx_last_word(words));
    put_quoted(out, summary, ":");
    sx_str_add(out, "'\n");
}

static void put_commands(sx_str *out, const sx_command *const *commands,
                         const sx_command_group *groups) {
    sx_str_add(out, "# the words after those of a command\n"
                    "_spinexr_commands() {\n"
                    "    local words=$1\n"
                    "    reply=()\n"
                    "    if [[ $words == help* ]]; then\n"
                    "        words=${words#help}\n"
                    "        words=${words# }\n"
                    "    fi\n"
                    "    case $words in\n"
                    "    '')\n        reply=(\n");
    sx_complete_after(out, commands, groups, "", put_word);
    sx_str_add(out, "        )\n        ;;\n");
    for (const sx_command_group *g = groups; g->name; g++) {
        sx_str_printf(out, "    %s)\n        reply=(\n", g->name);
        sx_complete_after(out, commands, groups, g->name, put_word);
        sx_str_add(out, "        )\n        ;;\n");
    }
    sx_str_add(out, "    esac\n}\n\n");
}

static void put_action(sx_str *out, const sx_option *o) {
    const sx_value_kind kind = sx_option_value_kind(o);
    if (kind == SX_VALUE_NONE) return;
    sx_str_add(out, ":");
    put_quoted(out, kind == SX_VALUE_WORDS ? "word" : o->value, ":[]");
    sx_str_add(out, ":");
    if (kind == SX_VALUE_WORDS) {
        sx_str_add(out, "(");
        sx_complete_words(out, o);
        sx_str_add(out, ")");
    } else {
        sx_str_add(out, kind == SX_VALUE_FOLDER ? "_files -/"
                        : kind == SX_VALUE_FILE ? "_files"
                                                : "");
    }
}

static void put_option(sx_str *out, const sx_option *o) {
    sx_str_printf(out, " \\\n            '%s--%s%s[", o->type == SX_OPT_LIST ? "*" : "", o->name,
                  o->value ? "=" : "");
    put_quoted(out, o->help, ":[]\\");
    sx_str_add(out, "]");
    put_action(out, o);
    sx_str_add(out, "'");
}

static void put_common(sx_str *out, const sx_option *o) {
    const char letter = sx_option_letter(o);
    if (letter) {
        sx_str_printf(out, " \\\n            '(-%c --%s)'{-%c,--%s}'[", letter, o->name, letter,
                      o->name);
        put_quoted(out, o->help, ":[]\\");
        sx_str_add(out, "]'");
    } else {
        put_option(out, o);
    }
}

static void put_arguments(sx_str *out, const char *words, const char *summary,
                          const sx_command *c) {
    (void)summary;
    sx_str_printf(out, "    '%s')\n        _arguments -s -S", words);
    for (const sx_option *o = NULL; c && (o = sx_option_next(c, o));)
        put_option(out, o);
    for (const sx_option *o = NULL; (o = sx_option_next_common(c, o));)
        if (c || sx_option_letter(o)) put_common(out, o);
    if (c && c->inputs) {
        sx_str_add(out, " \\\n            '*:");
        put_quoted(out, c->inputs, ":\\");
        sx_str_add(out, ":_files'");
    }
    sx_str_add(out, "\n        ;;\n");
}

void sx_complete_zsh(sx_str *out, const sx_command *const *commands,
                     const sx_command_group *groups) {
    sx_str_printf(out,
                  "#compdef spinexr\n"
                  "# zsh completion of spinexr %s, made by `spinexr help --completion zsh`\n\n",
                  sx_version());
    put_commands(out, commands, groups);
    sx_str_add(out, "_spinexr_arguments() {\n    case $1 in\n");
    put_arguments(out, "", NULL, NULL);
    sx_complete_all(out, commands, groups, put_arguments);
    sx_str_add(out, "    esac\n}\n\n");
    sx_str_add(out, engine);
}
