/* Tables as LaTeX and Markdown, figures as files. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "base/files.h"
#include "document/document.h"
#include "document/plot.h"

static sx_doc *make(void) {
    sx_doc *d = sx_doc_new("Title");
    assert_non_null(d);
    sx_doc_notice(d, "Not a diagnosis.");
    sx_doc_notice(d, "Drawn_films only.");
    sx_doc_section(d, "Measures & more");
    sx_doc_text(d, "A remark.");
    sx_table *t = sx_doc_table(d, "measures", "100 % of A_1 | B");
    sx_table_column(t, "name", false);
    sx_table_column(t, "x < y", true);
    sx_table_row(t, true);
    sx_table_text(t, "a\\b_c");
    sx_table_value(t, -0.25, 2, 1);
    sx_table_row(t, false);
    sx_table_text(t, "~^{}");
    sx_table_value(t, NAN, 2, 1);
    sx_doc_section(d, "No table here");
    return d;
}

static void latex_is_escaped(void **state) {
    (void)state;
    sx_doc *d = make();
    sx_str s = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_doc_to_latex(d, &s, &err), err);
    assert_string_equal(sx_str_text(&s),
                        "% Tables of spinexr eval; needs \\usepackage{booktabs}\n\n"
                        "\\begin{table}\n\\centering\n"
                        "\\caption{100 \\% of A\\_1 \\textbar{} B}\n\\label{tab:measures}\n"
                        "\\begin{tabular}{lr}\n\\toprule\nname & x $<$ y \\\\\n\\midrule\n"
                        "\\textbf{a\\textbackslash{}b\\_c} & \\textbf{$-$0.25} \\\\\n"
                        "\\textasciitilde{}\\textasciicircum{}\\{\\} & -- \\\\\n"
                        "\\bottomrule\n\\end{tabular}\n"
                        "\\par\\smallskip\n"
                        "{\\footnotesize Not a diagnosis. Drawn\\_films only.}\n"
                        "\\end{table}\n\n");
    sx_str_free(&s);
    sx_doc_free(d);
}

/* A model's name may be anything, and a report has tables of the same id in several parts. */
static void labels_are_unique(void **state) {
    (void)state;
    sx_doc *d = sx_doc_new("");
    sx_str s = { 0 };
    sx_error err = { 0 };
    assert_non_null(d);
    for (int i = 0; i < 3; i++) {
        sx_table *t = sx_doc_table(d, i < 2 ? "measures Net_A|1\n" : "measures", "Two\nlines");
        sx_table_column(t, "name", false);
    }
    CHECK_OK(sx_doc_to_latex(d, &s, &err), err);
    const char *first =
        strstr(sx_str_text(&s), "\\caption{Two lines}\n\\label{tab:measures-net-a-1}");
    assert_non_null(first);
    assert_non_null(strstr(first, "\\label{tab:measures-net-a-1-2}"));
    assert_non_null(strstr(first, "\\label{tab:measures}"));
    sx_str_free(&s);
    sx_doc_free(d);
}

static void ids_are_no_captions(void **state) {
    (void)state;
    sx_doc *d = sx_doc_new("");
    sx_str s = { 0 };
    sx_error err = { 0 };
    assert_non_null(d);
    sx_table *t = sx_doc_table(d, "films_by_split", "");
    sx_table_column(t, "name", false);
    CHECK_OK(sx_doc_to_markdown(d, &s, &err), err);
    assert_string_equal(sx_str_text(&s), "| name |\n| --- |\n\n");
    sx_str_free(&s);
    CHECK_OK(sx_doc_to_latex(d, &s, &err), err);
    assert_non_null(strstr(sx_str_text(&s), "\\begin{table}\n\\centering\n\\begin{tabular}{l}\n"));
    sx_str_free(&s);
    sx_doc_free(d);
}

static void markdown_is_escaped(void **state) {
    (void)state;
    sx_doc *d = make();
    sx_str s = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_doc_to_markdown(d, &s, &err), err);
    assert_string_equal(sx_str_text(&s), "*Not a diagnosis. Drawn\\_films only.*\n\n"
                                         "## Measures & more\n\n"
                                         "100 % of A\\_1 \\| B\n\n"
                                         "| name | x \\< y |\n"
                                         "| --- | ---: |\n"
                                         "| **a\\\\b\\_c** | **-0.25** |\n"
                                         "| ~^{} | - |\n\n");
    sx_str_free(&s);
    sx_doc_free(d);
}

static void figures_are_files(void **state) {
    (void)state;
    static const double x[2] = { 0, 1 }, y[2] = { 0.5, 0.75 };
    static const char *const files[] = { "01-a-roc-curve-2.svg", "01-a-roc-curve-2.png",
                                         "01-a-roc-curve-2.pdf", "01-a-roc-curve-2.txt" };
    const sx_series s = { .name = "model", .x = x, .y = y, .count = 2 };
    const sx_plot p = { .title = "A ROC curve (2)",
                        .x = { .label = "x", .least = 0, .most = 1 },
                        .y = { .label = "y", .least = 0, .most = 1 },
                        .series = &s,
                        .series_count = 1,
                        .width = 300,
                        .height = 200 };
    char dir[300], path[400];
    sx_error err = { 0 };
    sx_doc *d = sx_doc_new("");
    assert_non_null(d);
    snprintf(dir, sizeof dir, "%s/figures", check_tmp());
    sx_doc_figure(d, "The caption.", sx_plot_curves(&p), true);
    CHECK_OK(sx_doc_write_figures(d, dir, &err), err);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        if (!sx_path_exists(path)) fail_msg("no %s", path);
    }
    char text[1000] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_non_null(strstr(text, "A ROC curve (2)\n\nThe caption.\n\n"));
    assert_non_null(strstr(text, "model: from 0.5 at 0 to 0.75 at 1"));
    sx_doc_free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latex_is_escaped),    cmocka_unit_test(labels_are_unique),
        cmocka_unit_test(ids_are_no_captions), cmocka_unit_test(markdown_is_escaped),
        cmocka_unit_test(figures_are_files),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    check_tmp_remove();
    return failed;
}
