#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/nearest_word.h"
#include "base/progress.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "experiment/presets.h"

typedef struct test_args {
    bool flag;
    const char *out;
    long count;
    double rate;
    int precision;
    sx_texts weights;
} test_args;

static const sx_option options[] = {
    { "flag", SX_OPT_FLAG, offsetof(test_args, flag), NULL, "a flag" },
    { "out", SX_OPT_TEXT, offsetof(test_args, out), "DIR", "a folder", .required = true },
    { "count", SX_OPT_INT, offsetof(test_args, count), "N", "a count", .min = -5, .max = 5 },
    { "rate", SX_OPT_NUMBER, offsetof(test_args, rate), "X", "a rate", .max = 1 },
    { "precision", SX_OPT_CHOICE, offsetof(test_args, precision), "f32|bf16|auto", "a word" },
    { "weights", SX_OPT_LIST, offsetof(test_args, weights), "PATH", "files" },
    { 0 },
};
static const test_args defaults = { .rate = 0.5, .precision = 2 };
static const sx_command command = {
    .name = "test",
    .inputs = "INPUT...",
    .summary = "Test",
    .example = "spinexr test",
    .min_inputs = 1,
    .max_inputs = 3,
    .options = options,
    .defaults = &defaults,
    .args_size = sizeof(test_args),
    .film_list = true,
};

enum { MAX_WORDS = 16 };

/* Splits at blanks and parses. */
static bool parse(sx_parsed *p, const char *line, sx_error *err) {
    static char text[256], *argv[MAX_WORDS];
    int argc = 0;
    snprintf(text, sizeof text, "%s", line);
    char *rest = NULL;
    for (char *w = strtok_r(text, " ", &rest); w && argc < MAX_WORDS;
         w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    *err = (sx_error){ 0 };
    return sx_options_parse(p, &command, 0, argc, argv, err);
}

static void options_reach_their_fields(void **state) {
    (void)state;
    sx_parsed p;
    sx_error err;
    CHECK_OK(
        parse(&p,
              "a --out=x=y --count -3 b --weights w1 --weights=w2 --flag -qv --threads 3 -- --c",
              &err),
        err);
    const test_args *a = p.call.args;
    assert_true(a->flag);
    assert_string_equal(a->out, "x=y");
    assert_int_equal(a->count, -3);
    assert_true(a->rate == 0.5 && a->precision == 2);
    assert_int_equal(a->weights.count, 2);
    assert_string_equal(a->weights.items[1], "w2");
    assert_true(p.call.quiet && p.call.verbose && p.threads == 3);
    assert_int_equal(p.call.input_count, 3);
    assert_string_equal(p.call.inputs[2], "--c");
    sx_parsed_free(&p);
    CHECK_OK(parse(&p, "- --out x --precision bf16 --rate 1", &err), err);
    a = p.call.args;
    assert_int_equal(a->precision, 1);
    assert_true(a->rate == 1);
    assert_string_equal(p.call.inputs[0], "-");
    sx_parsed_free(&p);
}

/* Commands that share a table have the rows with their bit and those without any. */
static void a_table_serves_several_commands(void **state) {
    (void)state;
    static const sx_option shared[] = {
        { "flag", SX_OPT_FLAG, offsetof(test_args, flag), NULL, "of the second", .commands = 2 },
        { "count", SX_OPT_INT, offsetof(test_args, count), "N", "of the first", .commands = 1 },
        { "count", SX_OPT_INT, offsetof(test_args, count), "N", "of the second", .max = 9,
          .commands = 2 },
        { "rate", SX_OPT_NUMBER, offsetof(test_args, rate), "X", "of both" },
        { 0 },
    };
    sx_command c = command;
    sx_parsed p;
    sx_error err = { 0 };
    sx_str help = { 0 };
    char a0[] = "a", a1[] = "--count", a2[] = "12", a3[] = "--rate", a4[] = "0.25", f1[] = "--flag";
    char *argv[] = { a0, a1, a2, a3, a4 }, *flag[] = { a0, f1 };
    c.options = shared;
    c.option_bit = 1;
    CHECK_OK(sx_options_parse(&p, &c, 0, 5, argv, &err), err);
    const test_args *a = p.call.args;
    assert_int_equal(a->count, 12);
    assert_true(a->rate == 0.25);
    sx_parsed_free(&p);
    CHECK_FAILS(sx_options_parse(&p, &c, 0, 2, flag, &err), err, SX_ERR_USAGE,
                "unknown option --flag");
    sx_parsed_free(&p);
    sx_help_command(&help, &c);
    assert_non_null(strstr(sx_str_text(&help), "--count N  of the first"));
    assert_null(strstr(sx_str_text(&help), "second"));
    sx_str_free(&help);
    c.option_bit = 2;
    CHECK_FAILS(sx_options_parse(&p, &c, 0, 5, argv, &err), err, SX_ERR_USAGE,
                "--count must be from 0 to 9");
    sx_parsed_free(&p);
}

/* The first of two options with one name would hide the second. */
static void no_option_is_declared_twice(void **state) {
    (void)state;
    for (const sx_command *const *c = sx_commands; *c; c++)
        for (const sx_option *o = NULL; (o = sx_option_next(*c, o));)
            for (const sx_option *other = o; (other = sx_option_next(*c, other));)
                if (strcmp(o->name, other->name) == 0)
                    fail_msg("%s: --%s is there twice", (*c)->name, o->name);
}

static void mistakes_are_named(void **state) {
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        { "a", "--out DIR is missing" },
        { "--out x", "INPUT... is missing" },
        { "a b c d --out x", "one argument too many: d" },
        { "a --ouy x", "unknown option --ouy; did you mean --out?" },
        { "a --precison=f32", "unknown option --precison; did you mean --precision?" },
        { "a --xyzzy", "unknown option --xyzzy" },
        { "a --json", "unknown option --json" },
        { "a --out", "--out needs a value (DIR)" },
        { "a --out --flag", "--out needs a value (DIR)" },
        { "a --flag=1", "--flag takes no value" },
        { "a --out x --count 6", "--count must be from -5 to 5, not 6" },
        { "a --out x --count 1.5", "--count takes a whole number, not 1.5" },
        { "a --out x --rate nan", "--rate takes a number, not nan" },
        { "a --out x --rate 2", "--rate must be from 0 to 1, not 2" },
        { "a --out x --precision f64", "--precision is one of f32|bf16|auto, not f64" },
        { "a --out x --precision bf61",
          "--precision is one of f32|bf16|auto, not bf61; did you mean bf16?" },
        { "a --out x --precision f3",
          "--precision is one of f32|bf16|auto, not f3; did you mean f32?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_parsed p;
        sx_error err;
        if (parse(&p, cases[i].line, &err)) fail_msg("'%s' was taken", cases[i].line);
        assert_int_equal(err.code, SX_ERR_USAGE);
        assert_string_equal(err.message, cases[i].message);
        sx_parsed_free(&p);
    }
}

static void help_asks_for_nothing_else(void **state) {
    (void)state;
    sx_parsed p;
    sx_error err;
    CHECK_OK(parse(&p, "--help", &err), err);
    assert_true(p.help);
    sx_parsed_free(&p);
}

static void distance_counts_edits(void **state) {
    (void)state;
    assert_int_equal(sx_word_distance("", "abc"), 3);
    assert_int_equal(sx_word_distance("predict", "predict"), 0);
    assert_int_equal(sx_word_distance("perdict", "predict"), 1);
    assert_int_equal(sx_word_distance("kitten", "sitting"), 3);
}

static void check_screen(const sx_str *text, const char *what) {
    int lines = 0;
    for (const char *s = text->data; *s; lines++) {
        size_t n = strcspn(s, "\n");
        if (n > 80) fail_msg("help of %s: a line of %zu columns: %.*s", what, n, (int)n, s);
        s += n + (s[n] == '\n');
    }
    /* the height of a terminal window; a complete list of options matters more than 24 lines */
    if (lines > 40) fail_msg("help of %s has %d lines", what, lines);
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

/* A summary begins with a capital letter, which is that of a verb, and ends without a full stop. */
static void check_summary(const char *name, const char *summary) {
    const size_t n = strlen(summary);
    if (!is_capital(summary[0]) || (n > 1 && is_capital(summary[1])))
        fail_msg("summary of %s does not begin with a verb", name);
    if (summary[n - 1] == '.') fail_msg("summary of %s ends in a full stop", name);
}

static void every_help_fits_a_screen(void **state) {
    (void)state;
    sx_str text = { 0 };
    sx_help_program(&text, sx_commands, sx_command_groups);
    check_screen(&text, "the program");
    sx_str_free(&text);
    for (const sx_command_group *g = sx_command_groups; g->name; g++) {
        sx_help_group(&text, sx_commands, g);
        check_summary(g->name, g->summary);
        check_screen(&text, g->name);
        sx_str_free(&text);
    }
    for (const sx_command *const *c = sx_commands; *c; c++) {
        sx_help_command(&text, *c);
        check_screen(&text, (*c)->name);
        if (!(*c)->example || strncmp((*c)->example, "spinexr ", 8) != 0)
            fail_msg("%s has no example", (*c)->name);
        if (!strstr(text.data, (*c)->name)) fail_msg("help of %s does not name it", (*c)->name);
        check_summary((*c)->name, (*c)->summary);
        sx_str_free(&text);
    }
}

/* A number or a choice has a default, or the help says that there is none. Parentheses at the end
 * of an option's line hold its default, and say so. */
static void defaults_are_named(void **state) {
    int unnamed = 0;
    (void)state;
    for (const sx_command *const *c = sx_commands; *c; c++)
        for (const sx_option *o = NULL; (o = sx_option_next(*c, o));) {
            const char *open = o->help ? strrchr(o->help, '(') : NULL;
            const bool named = open && strncmp(open, "(default: ", 10) == 0;
            const bool needed =
                !o->required && o->help &&
                (o->type == SX_OPT_INT || o->type == SX_OPT_NUMBER || o->type == SX_OPT_CHOICE);
            if (needed && !named) {
                print_message("%s --%s: \"%s\" has no default\n", (*c)->name, o->name, o->help);
                unnamed++;
            }
            if (open && o->help[strlen(o->help) - 1] == ')' && !named)
                fail_msg("%s --%s: \"%s\" does not say \"(default: ...)\"", (*c)->name, o->name,
                         o->help);
            if (o->help && strstr(o->help, "default") && !named)
                fail_msg("%s --%s: \"%s\": the default stands at the end", (*c)->name, o->name,
                         o->help);
        }
    assert_int_equal(unnamed, 0);
}

static const sx_command *command_named(const char *name) {
    for (const sx_command *const *c = sx_commands; *c; c++)
        if (strcmp((*c)->name, name) == 0) return *c;
    fail_msg("no command %s", name);
    return NULL;
}

/* Each preset is in the help of its command, and its configuration fits its network. */
static void every_preset_is_in_the_help(void **state) {
    (void)state;
    for (size_t i = 0; i < sx_preset_count(); i++) {
        const sx_preset *p = sx_preset_at(i);
        const sx_arch *arch = sx_arch_find(p->arch);
        sx_error err = { 0 };
        sx_network net;
        assert_non_null(arch);
        const bool detector = arch->task == SX_DETECTOR;
        if (!strstr(command_named(detector ? "train detector" : "train classifier")->help, p->name))
            fail_msg("help of train does not name the preset %s", p->name);
        assert_true(detector == (p->sizes[0] > 0));
        sx_network_default(&net, arch, 3);
        CHECK_OK(sx_network_configure(&net, p->config, &err), err);
        sx_graph *g =
            sx_network_build(&net, sx_network_shape(&net, 128, 128), SX_FOR_TRAINING, &err);
        CHECK_OK(g != NULL, err);
        sx_graph_free(g);
    }
}

static void progress_fits_and_counts(void **state) {
    (void)state;
    sx_progress p = { .what = "films", .total = 100, .done = 25 };
    char text[256];
    sx_progress_text(&p, 10, 0, text, sizeof text);
    assert_string_equal(text, "films 25/100  2.5/s  ETA 0:30");
    sx_progress_text(&p, 10, 79, text, sizeof text);
    assert_string_equal(text,
                        "films [##########..............................] 25/100  2.5/s  ETA 0:30");
    sx_progress_note(&p, "loss %.2f", 0.25);
    p.total = 0;
    sx_progress_text(&p, 1000, 79, text, sizeof text);
    assert_string_equal(text, "films 25  0.025/s  loss 0.25");
    p.total = 100000;
    sx_progress_text(&p, 10, 20, text, sizeof text);
    assert_int_equal(strlen(text), 20);
    /* what an earlier run did is shown, but is no speed of this one */
    sx_progress_start(&p, NULL, "steps", 100);
    sx_progress_resume(&p, 40);
    sx_progress_step(&p, 10);
    sx_progress_text(&p, 5, 0, text, sizeof text);
    assert_string_equal(text, "steps 50/100  2.0/s  ETA 0:25");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_reach_their_fields),
        cmocka_unit_test(a_table_serves_several_commands),
        cmocka_unit_test(no_option_is_declared_twice),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(help_asks_for_nothing_else),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(every_help_fits_a_screen),
        cmocka_unit_test(defaults_are_named),
        cmocka_unit_test(progress_fits_and_counts),
        cmocka_unit_test(every_preset_is_in_the_help),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
