#include "cli/completion.h"
#include "cli/options.h"
#include "spinexr/version.h"

static const char engine[] =
    "_spinexr() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command= word value i\n"
    "    COMPREPLY=()\n"
    "    # --option=value is three words\n"
    "    if [[ $cur == = ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == = ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        [[ -z $command || $command == help* ]] && [[ $word == -* ]] &&\n"
    "            continue\n"
    "        [[ \" $(_spinexr_commands \"$command\") \" == *\" $word \"* ]] || break\n"
    "        command=${command:+$command }$word\n"
    "    done\n"
    "    value=$(_spinexr_value \"$command $prev\")\n"
    "    case $value in\n"
    "    /)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
    "        return\n"
    "        ;;\n"
    "    .) return ;;\n"
    "    -)\n"
    "        compopt +o default 2>/dev/null\n"
    "        return\n"
    "        ;;\n"
    "    '')\n"
    "        if [[ $cur == -* ]]; then\n"
    "            value=$(_spinexr_options \"$command\")\n"
    "        elif ((i == COMP_CWORD)); then\n"
    "            value=$(_spinexr_commands \"$command\")\n"
    "        fi\n"
    "        ;;\n"
    "    esac\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$value\" -- \"$cur\")\n"
    "}\n"
    "complete -o default -F _spinexr spinexr\n";

static void put_word(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)summary;
    (void)c;
    sx_str_printf(out, " %s", sx_last_word(words));
}

static void put_commands(sx_str *out, const sx_command *const *commands,
                         const sx_command_group *groups) {
    sx_str_add(out, "# the words after those of a command\n"
                    "_spinexr_commands() {\n"
                    "    local words=$1\n"
                    "    if [[ $words == help* ]]; then\n"
                    "        words=${words#help}\n"
                    "        words=${words# }\n"
                    "    fi\n"
                    "    case $words in\n"
                    "    '') echo");
    sx_complete_after(out, commands, groups, "", put_word);
    sx_str_add(out, " ;;\n");
    for (const sx_command_group *g = groups; g->name; g++) {
        sx_str_printf(out, "    %s) echo", g->name);
        sx_complete_after(out, commands, groups, g->name, put_word);
        sx_str_add(out, " ;;\n");
    }
    sx_str_add(out, "    esac\n}\n\n");
}

static void put_options(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)summary;
    sx_str_printf(out, "    '%s') echo '--help", words);
    for (const sx_option *o = NULL; c && (o = sx_option_next(c, o));)
        sx_str_printf(out, " --%s", o->name);
    for (const sx_option *o = NULL; c && (o = sx_option_next_common(c, o));)
        if (sx_option_letter(o) != 'h') sx_str_printf(out, " --%s", o->name);
    sx_str_add(out, "' ;;\n");
}

static void put_value(sx_str *out, const char *words, const sx_option *o) {
    const sx_value_kind kind = sx_option_value_kind(o);
    if (kind == SX_VALUE_NONE) return;
    sx_str_printf(out, "    '%s --%s') echo ", words, o->name);
    if (kind == SX_VALUE_WORDS)
        sx_complete_words(out, o);
    else
        sx_str_add(out, kind == SX_VALUE_FOLDER ? "/" : kind == SX_VALUE_FILE ? "." : "-");
    sx_str_add(out, " ;;\n");
}

static void put_values(sx_str *out, const char *words, const char *summary, const sx_command *c) {
    (void)summary;
    for (const sx_option *o = NULL; c && (o = sx_option_next(c, o));)
        put_value(out, words, o);
    for (const sx_option *o = NULL; c && (o = sx_option_next_common(c, o));)
        put_value(out, words, o);
}

void sx_complete_bash(sx_str *out, const sx_command *const *commands,
                      const sx_command_group *groups) {
    sx_str_printf(out,
                  "# bash completion of spinexr %s, made by `spinexr help --completion bash`\n\n",
                  sx_version());
    put_commands(out, commands, groups);
    sx_str_add(out, "_spinexr_options() {\n    case $1 in\n"
                    "    '') echo '--help --version --quiet --verbose' ;;\n");
    sx_complete_all(out, commands, groups, put_options);
    sx_str_add(out, "    esac\n}\n\n"
                    "# a value's words; / a folder, . a file, - anything\n"
                    "_spinexr_value() {\n    case $1 in\n");
    sx_complete_all(out, commands, groups, put_values);
    sx_str_add(out, "    esac\n}\n\n");
    sx_str_add(out, engine);
}
