#include <string.h>

#include "cli/completion.h"
#include "cli/options.h"
#include "spinexr/version.h"

static const char engine[] = "# the command that was typed, without its options: data check\n"
                             "function __spinexr_command\n"
                             "    set -l words (commandline -opc)\n"
                             "    set -l command\n"
                             "    for word in $words[2..-1]\n"
                             "        if string match -q -- '-*' $word\n"
                             "            test -n \"$command\"; and break\n"
                             "            continue\n"
                             "        end\n"
                             "        set -l next (string trim \"$command $word\")\n"
                             "        contains -- $next $__spinexr_commands; or break\n"
                             "        set command $next\n"
                             "    end\n"
                             "    echo $command\n"
                             "end\n"
                             "\n"
                             "function __spinexr_is\n"
                             "    set -l command (__spinexr_command)\n"
                             "    test \"$command\" = \"$argv\"\n"
                             "end\n"
                             "\n"
                             "# the words after help are these\n"
                             "function __spinexr_helps\n"
                             "    set -l words (commandline -opc)\n"
                             "    set -l typed (string match -v -- '-*' $words[2..-1])\n"
                             "    test \"$typed\" = (string trim \"help $argv\")\n"
                             "end\n"
                             "\n";

static void put_quoted(sx_str *out, const char *text) {
    sx_str_add(out, "'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') sx_str_add(out, "\\");
        sx_str_append(out, text, 1);
    }
    sx_str_add(out, "'");
}

static void put_name(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)summary;
    (void)c;
    sx_str_printf(out, " '%s'", words);
}

/* The word, after the words before it. */
static void put_word(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    const char *last = sx_last_word(words);
    (void)c;
    sx_str_printf(out, "complete -c spinexr -f -n '__spinexr_is %.*s' -a %s -d ",
                  (int)(last == words ? 0 : last - words - 1), words, last);
    put_quoted(out, summary);
    sx_str_add(out, "\n");
}

static void put_help_word(sx_str *out, const char *words, const char *summary,
                          const sx_command *c) {
    const char *last = sx_last_word(words);
    (void)c;
    sx_str_printf(out, "complete -c spinexr -f -n '__spinexr_helps %.*s' -a %s -d ",
                  (int)(last == words ? 0 : last - words - 1), words, last);
    put_quoted(out, summary);
    sx_str_add(out, "\n");
}

static void put_option(sx_str *out, const char *words, const sx_option *o) {
    const char letter = sx_option_letter(o);
    const sx_value_kind kind = sx_option_value_kind(o);
    sx_str_printf(out, "complete -c spinexr -n '__spinexr_is %s' -l %s", words, o->name);
    if (letter) sx_str_printf(out, " -s %c", letter);
    if (kind == SX_VALUE_WORDS) {
        sx_str_add(out, " -x -a '");
        sx_complete_words(out, o);
        sx_str_add(out, "'");
    } else if (kind != SX_VALUE_NONE) {
        sx_str_add(out, kind == SX_VALUE_FOLDER ? " -x -a '(__fish_complete_directories)'"
                        : kind == SX_VALUE_FILE ? " -r"
                                                : " -x");
    }
    sx_str_add(out, " -d ");
    put_quoted(out, o->help ? o->help : "");
    sx_str_add(out, "\n");
}

static void put_options(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)summary;
    for (const sx_option *o = NULL; c && (o = sx_option_next(c, o));)
        put_option(out, words, o);
    for (const sx_option *o = NULL; (o = sx_option_next_common(c, o));)
        if (c || sx_option_letter(o)) put_option(out, words, o);
    /* arguments are files unless they are none */
    if (!c || !c->inputs)
        sx_str_printf(out, "complete -c spinexr -f -n '__spinexr_is %s'\n", words);
}

void sx_complete_fish(sx_str *out, const sx_command *const *commands,
                      const sx_command_group *groups) {
    sx_str_printf(out,
                  "# fish completion of spinexr %s, made by `spinexr help --completion fish`\n",
                  sx_version());
    sx_str_add(out, "set -g __spinexr_commands");
    sx_complete_all(out, commands, groups, put_name);
    sx_str_add(out, "\n\n");
    sx_str_add(out, engine);
    sx_complete_after(out, commands, groups, "", put_word);
    for (const sx_command_group *g = groups; g->name; g++)
        sx_complete_after(out, commands, groups, g->name, put_word);
    sx_str_add(out, "complete -c spinexr -f -n '__spinexr_is help'\n");
    sx_complete_after(out, commands, groups, "", put_help_word);
    for (const sx_command_group *g = groups; g->name; g++)
        sx_complete_after(out, commands, groups, g->name, put_help_word);
    put_options(out, "", NULL, NULL);
    sx_complete_all(out, commands, groups, put_options);
}
