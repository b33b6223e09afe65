/* spinexr model show */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/documents.h"
#include "cli/network_args.h"
#include "models/summary.h"

typedef struct show_args {
    const char *size;
    bool all;
    long classes;
} show_args;

static bool add_head(sx_doc *d, const sx_network *net, sx_shape in, sx_error *err) {
    sx_network usual;
    sx_network_default(&usual, net->arch, sx_network_classes(net));
    char *config = sx_network_config_text(net, err),
         *plain = config ? sx_network_config_text(&usual, err) : NULL;
    const bool ok = plain != NULL;
    if (ok && strcmp(config, plain) != 0) sx_doc_fact(d, "with", "%s", config);
    sx_doc_fact(d, "input", "%d x %d", in.w, in.h);
    free(config);
    free(plain);
    return ok;
}

static void add_table(sx_doc *d, const sx_summary *s) {
    static const char *const numbers[] = { "layers", "output", "parameters", "MFLOP" };
    sx_table *t = sx_doc_table(d, "layers", "");
    sx_table_column(t, "layer", false);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sx_table_column(t, numbers[i], true);
    for (size_t i = 0; i < s->count; i++) {
        const sx_summary_row *r = &s->rows[i];
        char out[64];
        if (r->out.h * r->out.w > 1)
            snprintf(out, sizeof out, "%dx%dx%d", r->out.h, r->out.w, r->out.c);
        else
            snprintf(out, sizeof out, "%d", r->out.c);
        if (r->out.n > 1) snprintf(out + strlen(out), sizeof out - strlen(out), " (%d)", r->out.n);
        sx_table_row(t, false);
        sx_table_text(t, "%s", r->name);
        sx_table_text(t, "%d", r->layers);
        sx_table_text(t, "%s", out);
        sx_table_text(t, "%lld", (long long)r->params);
        sx_table_text(t, "%.1f", r->flops * 1e-6);
    }
    sx_doc_text(d, "%.2f million parameters, %.2f GFLOP (a multiply-add counts 2)",
                (double)s->params * 1e-6, s->flops * 1e-9);
}

static bool print_tables(const sx_network *net, const sx_summary *s, sx_shape in, sx_error *err) {
    sx_str title = { 0 };
    sx_str_printf(&title, "%s: %s", net->arch->name, net->arch->summary);
    sx_doc *d = sx_doc_new(sx_str_text(&title));
    sx_str_free(&title);
    if (!d) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a table");
    if (!add_head(d, net, in, err)) {
        sx_doc_free(d);
        return false;
    }
    add_table(d, s);
    return sx_cli_print_doc(d, err);
}

static bool print_json(const sx_network *net, const sx_summary *s, sx_error *err) {
    sx_json_doc doc;
    sx_json root = sx_json_new_object(&doc);
    sx_json_text(root, "architecture", net->arch->name);
    sx_json_integer(root, "classes", sx_network_classes(net));
    sx_json_integer(root, "parameters", (int64_t)s->params);
    sx_json_number(root, "flops", s->flops);
    sx_json rows = sx_json_array(root, "rows");
    for (size_t i = 0; i < s->count; i++) {
        const sx_summary_row *r = &s->rows[i];
        sx_json row = sx_json_object(rows, NULL);
        sx_json_text(row, "name", r->name);
        sx_json_integer(row, "layers", r->layers);
        sx_json output = sx_json_array(row, "output_nhwc");
        const int sides[4] = { r->out.n, r->out.h, r->out.w, r->out.c };
        for (int k = 0; k < 4; k++)
            sx_json_integer(output, NULL, sides[k]);
        sx_json_integer(row, "parameters", (int64_t)r->params);
        sx_json_number(row, "flops", r->flops);
    }
    const bool ok = sx_cli_print_json(&doc, SX_JSON_INDENTED, err);
    sx_json_free(&doc);
    return ok;
}

/* Longer values, such as the numbers of the familiarity, are cut. */
enum { MAX_KEY = 36, MAX_VALUE = 1200 };

/* Commas end words, since lists of numbers and JSON have no spaces. */
static size_t longest_word(const char *text) {
    size_t longest = 0;
    while (*text) {
        const size_t n = strcspn(text, " ,");
        if (n > longest) longest = n;
        text += n + (text[n] != '\0');
    }
    return longest;
}

static void put_below(sx_str *line, const char *value) {
    while (line->len && line->data[line->len - 1] == ' ')
        line->data[--line->len] = '\0';
    sx_str_add(line, "\n    ");
    sx_line_fold(line, value, 4);
}

static void print_metadata(const sx_weights *w) {
    const char *key, *value;
    size_t widest = 0;
    for (size_t i = 0; sx_weights_meta_at(w, i, &key, &value); i++)
        if (strlen(key) > widest && strlen(key) <= MAX_KEY) widest = strlen(key);
    if (sx_weights_meta_count(w)) sx_cli_print("\nmetadata\n");
    for (size_t i = 0; sx_weights_meta_at(w, i, &key, &value); i++) {
        char cut[MAX_VALUE + 4];
        sx_str line = { 0 }, memory = { 0 };
        const size_t indent = widest + 4;
        if (strlen(value) > MAX_VALUE) {
            snprintf(cut, sizeof cut, "%.*s...", (int)MAX_VALUE, value);
            value = cut;
        }
        sx_str_printf(&line, "  %-*s  ", (int)widest, sx_line_one(&memory, key));
        sx_str_free(&memory);
        if (strlen(key) > widest || longest_word(value) > SX_LINE_COLUMNS - indent)
            put_below(&line, value);
        else
            sx_line_fold(&line, value, indent);
        sx_cli_print("%s\n", sx_str_text(&line));
        sx_str_free(&line);
    }
}

static int run_model_show(sx_call *call) {
    const show_args *a = call->args;
    sx_error err = { 0 };
    sx_network net;
    sx_weights *w = NULL;
    sx_shape shape;
    sx_graph *g = NULL;
    sx_summary s = { 0 };
    bool ok = sx_network_open(call->inputs[0], (int)a->classes, &net, &w, &err) &&
              sx_cli_network_size(a->size, &net, w, &shape, &err) &&
              (g = sx_network_build(&net, shape, SX_WHOLE, &err)) &&
              sx_summarise(g, a->all ? 0 : net.arch->table_depth, &s, &err);
    if (ok && call->json)
        ok = print_json(&net, &s, &err);
    else if (ok) {
        ok = print_tables(&net, &s, shape, &err);
        if (ok && w) print_metadata(w);
    }
    sx_summary_free(&s);
    sx_graph_free(g);
    sx_weights_free(w);
    return ok ? SX_EXIT_OK : sx_cli_fail(&err);
}

static const sx_option options[] = {
    { "all", SX_OPT_FLAG, offsetof(show_args, all), NULL,
      "print every layer, not only the stages" },
    { "size", SX_OPT_TEXT, offsetof(show_args, size), "WxH",
      "input (default: the file's; 224x224, detectors 1088x800)" },
    { "classes", SX_OPT_INT, offsetof(show_args, classes), "N",
      "classes of an architecture (default: 1, detectors 7)", .min = 1, .max = 65535 },
    { 0 },
};

const sx_command sx_cmd_model_show = {
    .name = "model show",
    .inputs = "NAME|FILE",
    .summary = "Print a network's layers, parameters and FLOPs",
    .help = "NAME is an architecture: densenet121, 161, 169, 201; convnext_tiny;\n"
            "sparse_rcnn_r50, _r101; faster_rcnn_r50, _r101; retinanet_r50, _r101;\n"
            "efficientdet_d0 to _d4; rtmdet_tiny, rtmdet_s.\n"
            "FILE is a weight file; its metadata follow the table.",
    .example = "spinexr model show densenet121",
    .min_inputs = 1,
    .max_inputs = 1,
    .options = options,
    .args_size = sizeof(show_args),
    .json = true,
    .serial = true,
    .run = run_model_show,
};
