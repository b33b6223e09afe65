#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/nearest_word.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/output_check.h"
#include "cli/ranks.h"
#include "cli/terminal.h"
#include "spinexr/version.h"

int sx_cli_fail(const sx_error *err) {
    sx_ranks_print(err->message);
    if (err->code == SX_ERR_USAGE) return SX_EXIT_USAGE;
    return err->code == SX_ERR_INTERNAL ? SX_EXIT_INTERNAL : SX_EXIT_BAD;
}

/* What was typed is part of the message. */
static int usage(const char *command, const char *message) {
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, message, false);
    fprintf(stderr, "spinexr %s: %s\n`spinexr %s --help` explains it.\n", command,
            sx_str_text(&shown), command);
    sx_str_free(&shown);
    return SX_EXIT_USAGE;
}

int sx_cli_no_word(const sx_call *call, const char *option, const char *typed, const char *words) {
    char hint[SX_WORD_HINT];
    sx_word_hint(typed, words, hint);
    return sx_cli_usage(call, "--%s is one of %s, not %s%s", option, words, typed, hint);
}

int sx_cli_usage(const sx_call *call, const char *fmt, ...) {
    char message[512];
    va_list args;
    va_start(args, fmt);
    sx_vformat(message, sizeof message, fmt, args);
    va_end(args);
    return usage(call->command->name, message);
}

/* A result that could not be written is a failure, even if all else succeeded. */
static int finish_stdout(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "spinexr: cannot write to standard output: %s\n", strerror(errno));
    return status == SX_EXIT_OK ? SX_EXIT_BAD : status;
}

static int print_help(sx_str *text, FILE *to, int status) {
    fputs(sx_str_text(text), to);
    sx_str_free(text);
    return to == stdout ? finish_stdout(status) : status;
}

/* Whether a command may be named by this one word. "train" is a command and a group: it is the
 * command if options follow, and the group without any or with --help alone. */
static bool stands_alone(const sx_command_group *groups, int argc, char **argv) {
    while (groups->name && strcmp(groups->name, argv[1]) != 0)
        groups++;
    if (!groups->name) return true;
    return argc > 2 && argv[2][0] == '-' && strcmp(argv[2], "--help") != 0 &&
           strcmp(argv[2], "-h") != 0;
}

/* "model show" for argv = model, show; the number of words it takes is put in *words. */
static const sx_command *find(const sx_command *const *commands, const sx_command_group *groups,
                              int argc, char **argv, int *words) {
    const sx_command *one = NULL;
    char two[96] = "";
    if (argc > 2) snprintf(two, sizeof two, "%s %s", argv[1], argv[2]);
    for (; *commands; commands++) {
        if (strcmp((*commands)->name, two) == 0) {
            *words = 2;
            return *commands;
        }
        if (strcmp((*commands)->name, argv[1]) == 0) one = *commands;
    }
    *words = 1;
    return stands_alone(groups, argc, argv) ? one : NULL;
}

/* A word that is a command as well as a group has the help of both. */
static void add_own_help(sx_str *text, const sx_command *const *commands, const char *word) {
    for (; *commands; commands++) {
        if (strcmp((*commands)->name, word) != 0) continue;
        sx_str_add(text, "\n");
        sx_help_command(text, *commands);
    }
}

static int unknown(const sx_command *const *commands, const sx_command_group *group, int argc,
                   char **argv) {
    char typed[96];
    const char *last = argv[group && argc > 2 ? 2 : 1];
    if (!*last) {
        fprintf(stderr, "spinexr%s%s: the name of the command is empty\n", group ? " " : "",
                group ? group->name : "");
        fprintf(stderr, "`spinexr %s%s--help` lists the commands.\n", group ? group->name : "",
                group ? " " : "");
        return SX_EXIT_USAGE;
    }
    snprintf(typed, sizeof typed, "%s%s%s", argv[1], group && argc > 2 ? " " : "",
             group && argc > 2 ? argv[2] : "");
    const char *best = NULL;
    int distance = strlen(typed) / 3 > 2 ? (int)strlen(typed) / 3 : 2;
    for (; *commands; commands++)
        best = sx_word_nearer(typed, (*commands)->name, best, &distance);
    sx_str shown = { 0 };
    sx_utf8_printable(&shown, typed, false);
    fprintf(stderr, "spinexr: there is no command '%s'", sx_str_text(&shown));
    sx_str_free(&shown);
    if (best) fprintf(stderr, "; did you mean '%s'?", best);
    fprintf(stderr, "\n`spinexr --help` lists the commands.\n");
    return SX_EXIT_USAGE;
}

/* Options before the command. */
typedef struct leading {
    bool quiet, verbose;
} leading;

static bool take_leading(leading *l, const char *arg) {
    const bool quiet = strcmp(arg, "-q") == 0 || strcmp(arg, "--quiet") == 0,
               verbose = strcmp(arg, "-v") == 0 || strcmp(arg, "--verbose") == 0;
    l->quiet = l->quiet || quiet;
    l->verbose = l->verbose || verbose;
    return quiet || verbose;
}

static int run_command(const sx_command *c, leading l, int first, int argc, char **argv) {
    sx_parsed p;
    sx_error err = { 0 };
    int status;
    if (!sx_options_parse(&p, c, first, argc, argv, &err) ||
        (!p.help && !sx_outputs_check(&p, c, &err))) {
        status = err.code == SX_ERR_USAGE ? usage(c->name, err.message) : sx_cli_fail(&err);
    } else if (p.help) {
        sx_str text = { 0 };
        sx_help_command(&text, c);
        status = print_help(&text, stdout, SX_EXIT_OK);
    } else {
        int threads = (int)p.threads;
        p.call.quiet = p.call.quiet || l.quiet;
        p.call.verbose = p.call.verbose || l.verbose;
        if ((c->ranks && !sx_ranks_open(&p.call, &threads, &err)) ||
            !sx_terminal_start(&p.call, threads, &err)) {
            status = sx_cli_fail(&err);
        } else {
            status = finish_stdout(c->run(&p.call));
            sx_ranks_close(status);
        }
        sx_context_free(p.call.context);
    }
    sx_parsed_free(&p);
    return status;
}

/* Whether `help` has options of its own, such as --man. */
static bool has_own_option(int argc, char **argv) {
    for (int i = 2; i < argc; i++)
        if (sx_starts_with(argv[i], "--")) return true;
    return false;
}

int sx_cli_run(const sx_command *const *commands, const sx_command_group *groups, int argc,
               char **argv) {
    sx_str text = { 0 };
    leading l = { 0 };
    sx_terminal_take_signals();
    for (; argc > 1 && take_leading(&l, argv[1]); argc--, argv++)
        argv[1] = argv[0];
    if (argc < 2) {
        sx_help_program(&text, commands, groups);
        return print_help(&text, stderr, SX_EXIT_USAGE);
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
        (strcmp(word, "help") == 0 && argc == 2)) {
        sx_help_program(&text, commands, groups);
        return print_help(&text, stdout, SX_EXIT_OK);
    }
    char help_flag[] = "--help", version[] = "version", *swapped[4] = { argv[0], NULL, NULL, NULL };
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        if (argc == 2) {
            printf("spinexr %s\n", sx_version());
            return finish_stdout(SX_EXIT_OK);
        }
        argv[1] = version;
    }
    if (strcmp(word, "help") == 0 &&
        !has_own_option(argc, argv)) { /* help X [Y] reads as X [Y] --help */
        int n = 1;
        for (int i = 2; i < argc && i < 4; i++)
            swapped[n++] = argv[i];
        if (n < 4) swapped[n++] = help_flag;
        argv = swapped;
        argc = n;
    }
    int words;
    const sx_command *c = find(commands, groups, argc, argv, &words);
    if (c) return run_command(c, l, words + 1, argc, argv);
    for (const sx_command_group *g = groups; g->name; g++) {
        if (strcmp(g->name, argv[1]) != 0) continue;
        bool help = argc > 2 && (strcmp(argv[2], "--help") == 0 || strcmp(argv[2], "-h") == 0);
        if (argc > 2 && !help) return unknown(commands, g, argc, argv);
        sx_help_group(&text, commands, g);
        if (help) add_own_help(&text, commands, g->name);
        return print_help(&text, help ? stdout : stderr, help ? SX_EXIT_OK : SX_EXIT_USAGE);
    }
    return unknown(commands, NULL, argc, argv);
}
