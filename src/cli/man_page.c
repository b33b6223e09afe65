#include "cli/man_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/notice.h"
#include "base/writer.h"
#include "cli/help.h"
#include "cli/options.h"
#include "spinexr/version.h"

/* What a page needs to know. */
typedef struct page {
    sx_str *out;
    const sx_command *const *commands;
    const sx_command_group *groups;
} page;

/* ---- text in the man(7) language ---- */

/* One character. A hyphen is a minus sign, which can be copied into a shell. */
static void put_char(sx_str *out, char c) {
    const char *special = c == '\\'   ? "\\e"
                          : c == '-'  ? "\\-"
                          : c == '\'' ? "\\(aq"
                          : c == '`'  ? "\\(ga"
                          : c == '~'  ? "\\(ti"
                          : c == '^'  ? "\\(ha"
                                      : NULL;
    if (special)
        sx_str_add(out, special);
    else
        sx_str_append(out, &c, 1);
}

static void put_text(sx_str *out, const char *text) {
    for (; *text; text++)
        put_char(out, *text);
}

/* Lines of a help text. An empty one begins a paragraph. `code` in it is set bold. */
static void put_prose(sx_str *out, const char *text) {
    bool bold = false;
    if (*text == '.') sx_str_add(out, "\\&");
    for (; *text; text++) {
        if (*text == '`') {
            bold = !bold;
            sx_str_add(out, bold ? "\\fB" : "\\fR");
        } else if (text[0] == '\n' && text[1] == '\n') {
            sx_str_add(out, "\n.PP\n");
            text++;
        } else if (text[0] == '\n' && (text[1] == '.' || text[1] == '\'')) {
            sx_str_add(out, "\n\\&");
        } else {
            put_char(out, *text);
        }
    }
}

/* spinexr-data-check of "data check"; spinexr of "". */
static void put_name(sx_str *out, const char *words, const char *hyphen) {
    sx_str_add(out, "spinexr");
    if (*words) sx_str_add(out, hyphen);
    for (; *words; words++)
        if (*words == ' ')
            sx_str_add(out, hyphen);
        else
            sx_str_append(out, words, 1);
}

/* ---- parts of a page ---- */

static void put_head(const page *p, const char *words, const char *summary) {
    sx_str name = { 0 };
    put_name(&name, words, "-");
    for (char *c = name.data; c && *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    sx_str_add(p->out, ".\\\" Made by `spinexr help --man`.\n.TH ");
    sx_str_add(p->out, sx_str_text(&name));
    sx_str_free(&name);
    sx_str_printf(p->out, " 1 \"%s\" \"spinexr %s\" \"spinexr\"\n.SH NAME\n", SX_RELEASE_DATE,
                  sx_version());
    put_name(p->out, words, "\\-");
    sx_str_add(p->out, " \\- ");
    put_text(p->out, summary);
    sx_str_add(p->out, "\n");
}

static void put_option(sx_str *out, const sx_option *o) {
    const char letter = sx_option_letter(o);
    sx_str_add(out, ".TP\n");
    if (letter) sx_str_printf(out, "\\fB\\-%c\\fR, ", letter);
    sx_str_add(out, "\\fB\\-\\-");
    put_text(out, o->name);
    sx_str_add(out, "\\fR");
    if (o->value) {
        sx_str_add(out, " \\fI");
        put_text(out, o->value);
        sx_str_add(out, "\\fR");
    }
    sx_str_add(out, "\n");
    put_prose(out, o->help ? o->help : "(see the options before)");
    sx_str_add(out, o->required ? "; must be given\n" : "\n");
}

static void put_options(sx_str *out, const sx_command *c) {
    sx_str_add(out, ".SH OPTIONS\n");
    for (const sx_option *o = NULL; c && (o = sx_option_next(c, o));)
        put_option(out, o);
    for (const sx_option *o = NULL; (o = sx_option_next_common(c, o));)
        put_option(out, o);
}

static void put_synopsis(sx_str *out, const sx_command *c) {
    bool optional = false;
    sx_str_printf(out, ".SH SYNOPSIS\n\\fBspinexr %s\\fR", c->name);
    if (c->inputs) {
        sx_str_add(out, " \\fI");
        put_text(out, c->inputs);
        sx_str_add(out, "\\fR");
    }
    for (const sx_option *o = NULL; (o = sx_option_next(c, o));) {
        optional = optional || !o->required;
        if (!o->required) continue;
        sx_str_add(out, " \\fB\\-\\-");
        put_text(out, o->name);
        sx_str_add(out, "\\fR \\fI");
        put_text(out, o->value ? o->value : "");
        sx_str_add(out, "\\fR");
    }
    sx_str_add(out, optional ? " [\\fIOPTIONS\\fR]\n" : "\n");
}

/* One entry of a list of commands: its page and its summary. */
static void put_entry(sx_str *out, const char *words, const char *summary) {
    sx_str_add(out, ".TP\n\\fB");
    put_name(out, words, "\\-");
    sx_str_add(out, "\\fR(1)\n");
    put_prose(out, summary);
    sx_str_add(out, "\n");
}

static void put_example(sx_str *out, const sx_command *c) {
    sx_str_add(out, ".SH EXAMPLES\n.nf\n");
    put_text(out, c->example);
    sx_str_add(out, "\n.fi\n");
}

static void put_status(sx_str *out) {
    sx_str_add(out, ".SH EXIT STATUS\n"
                    ".TP\n0\ndone\n"
                    ".TP\n1\nan input failed, or no film was scored\n"
                    ".TP\n2\nwrong usage\n"
                    ".TP\n3\nan internal error of the program\n");
}

static void put_see(sx_str *out, const char *group) {
    sx_str_add(out, ".SH SEE ALSO\n\\fBspinexr\\fR(1)");
    if (group) {
        sx_str_add(out, ", \\fB");
        put_name(out, group, "\\-");
        sx_str_add(out, "\\fR(1)");
    }
    sx_str_add(out, "\n");
}

/* ---- pages ---- */

static void put_body(const page *p, const sx_command *c) {
    put_synopsis(p->out, c);
    sx_str_add(p->out, ".SH DESCRIPTION\n");
    put_prose(p->out, c->summary);
    sx_str_add(p->out, ".\n");
    if (c->help) {
        sx_str_add(p->out, ".PP\n");
        put_prose(p->out, c->help);
        sx_str_add(p->out, "\n");
    }
    put_options(p->out, c);
    put_example(p->out, c);
}

static void put_command(const page *p, const sx_command *c) {
    const sx_command_group *group = sx_command_group_of(p->groups, c);
    put_head(p, c->name, c->summary);
    put_body(p, c);
    put_status(p->out);
    put_see(p->out, group ? group->name : NULL);
}

static void put_group(const page *p, const sx_command_group *g) {
    const sx_command *same = NULL; /* the command of the group's name */
    put_head(p, g->name, g->summary);
    for (const sx_command *const *c = p->commands; *c; c++)
        if (strcmp((*c)->name, g->name) == 0) same = *c;
    if (same)
        put_body(p, same);
    else
        sx_str_printf(p->out,
                      ".SH SYNOPSIS\n\\fBspinexr %s\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n",
                      g->name);
    sx_str_add(p->out, ".SH COMMANDS\n");
    for (const sx_command *const *c = p->commands; *c; c++)
        if (sx_command_in_group(*c, g->name) && !(*c)->hidden && *c != same)
            put_entry(p->out, (*c)->name, (*c)->summary);
    put_status(p->out);
    put_see(p->out, NULL);
}

static void put_environment(sx_str *out) {
    sx_str_add(out,
               ".SH ENVIRONMENT\n"
               ".TP\n\\fBSPINEXR_CPU\\fR\n"
               "Instruction sets to use at most: generic, avx2, avx512, bf16 or amx (default:\n"
               "all that the processor has). A warning names another word, or a level that the\n"
               "processor lacks.\n"
               ".TP\n\\fBOMP_NUM_THREADS\\fR\n"
               "Threads, if \\fB\\-\\-threads\\fR is not given.\n"
               ".TP\n\\fBSOURCE_DATE_EPOCH\\fR\n"
               "The date that is written into weight files, in seconds since 1970.\n");
}

static void put_program(const page *p) {
    put_head(p, "", "find spinal lesions on radiographs");
    sx_str_add(p->out, ".SH SYNOPSIS\n"
                       "\\fBspinexr\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
                       ".SH DESCRIPTION\n"
                       "Finds spinal lesions on radiographs (DICOM, PNG, JPEG) with a classifier\n"
                       "ensemble and a lesion detector, and reports them. It also trains and\n"
                       "evaluates the networks, and serves a hospital.\n" SX_NOTICE "\n"
                       ".SH COMMANDS\n");
    const sx_command_group *last = NULL;
    for (const sx_command *const *c = p->commands; *c; c++) {
        const sx_command_group *g = sx_command_group_of(p->groups, *c);
        if ((g && g == last) || (*c)->hidden) continue;
        put_entry(p->out, g ? g->name : (*c)->name, g ? g->summary : (*c)->summary);
        last = g;
    }
    put_options(p->out, NULL);
    put_environment(p->out);
    put_status(p->out);
}

bool sx_man_page(sx_str *out, const sx_command *const *commands, const sx_command_group *groups,
                 const char *words) {
    const page p = { out, commands, groups };
    if (!*words) {
        put_program(&p);
        return true;
    }
    for (const sx_command_group *g = groups; g->name; g++) {
        if (strcmp(g->name, words) != 0) continue;
        put_group(&p, g);
        return true;
    }
    for (const sx_command *const *c = commands; *c; c++) {
        if (strcmp((*c)->name, words) != 0 || (*c)->hidden) continue;
        put_command(&p, *c);
        return true;
    }
    return false;
}

static bool write_page(const page *p, const char *folder, const char *words, sx_error *err) {
    sx_str text = { 0 }, name = { 0 };
    put_name(&name, words, "-");
    sx_str_add(&name, ".1");
    char *path = sx_path_join(folder, sx_str_text(&name));
    const bool ok = sx_man_page(&text, p->commands, p->groups, words) && sx_str_ok(&text, err) &&
                    (path || sx_fail(err, SX_ERR_MEMORY, "out of memory for a path")) &&
                    sx_write_file(path, text.data, text.len, err);
    free(path);
    sx_str_free(&name);
    sx_str_free(&text);
    return ok;
}

bool sx_man_pages(const char *folder, const sx_command *const *commands,
                  const sx_command_group *groups, sx_error *err) {
    const page p = { NULL, commands, groups };
    bool ok = sx_make_dirs(folder, err) && write_page(&p, folder, "", err);
    for (const sx_command_group *g = groups; ok && g->name; g++)
        ok = write_page(&p, folder, g->name, err);
    for (; ok && *commands; commands++) {
        const sx_command_group *g = sx_command_group_of(groups, *commands);
        if ((*commands)->hidden || (g && strcmp(g->name, (*commands)->name) == 0)) continue;
        ok = write_page(&p, folder, (*commands)->name, err);
    }
    return ok;
}
