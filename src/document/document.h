/* A document of facts, tables, figures and remarks, which can be printed on a terminal, or written
 * as CSV or as one self-contained web page. If memory runs out while it is built, the error is
 * reported when it is rendered. */
#ifndef SX_DOCUMENT_DOCUMENT_H
#define SX_DOCUMENT_DOCUMENT_H

#include "base/str.h"
#include "document/figure.h"
#include "metrics/interval.h"

typedef struct sx_doc sx_doc;
typedef struct sx_table sx_table;

/* `title` may be empty. NULL when out of memory. */
sx_doc *sx_doc_new(const char *title) SX_MUST_USE;
void sx_doc_free(sx_doc *d);

/* A fact, printed at the top: "films", "200 (139 abnormal)". */
void sx_doc_fact(sx_doc *d, const char *key, const char *fmt, ...) SX_PRINTF(3, 4);
void sx_doc_section(sx_doc *d, const char *title);
void sx_doc_text(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);
/* A warning about the numbers, printed at the top. */
void sx_doc_warn(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);

/* What must stand with all of the document. Only on the page, at its beginning and its end. */
void sx_doc_notice(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);
/* A heading below that of the section, only on the page. */
void sx_doc_subsection(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);
/* A place on the page that links lead to, at the content that was added last. If several have the
 * same name, links lead to the first. Letters, digits and hyphens. */
void sx_doc_anchor(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);

/* `id` names the table in the CSV. Columns first, then row by row as many cells as columns. */
sx_table *sx_doc_table(sx_doc *d, const char *id, const char *caption);
void sx_table_column(sx_table *t, const char *heading, bool number);
void sx_table_row(sx_table *t, bool strong);
/* A plain row, or with `total` one of totals or means, which is strong and stays below the others
 * when a page sorts or filters them. Only rows of totals may follow it. */
void sx_table_row_or_total(sx_table *t, bool total);
void sx_table_text(sx_table *t, const char *fmt, ...) SX_PRINTF(2, 3);
/* value * scale with `decimals` decimals; NaN is shown as a dash and left empty in the CSV (which
 * has the value itself). */
void sx_table_value(sx_table *t, double value, int decimals, double scale);
/* A p-value, to four decimals; "< 0.0001" where that is less. The CSV has the value itself. */
void sx_table_p(sx_table *t, double p);
/* "0.849 (0.816, 0.881)" */
void sx_table_interval(sx_table *t, double value, sx_interval i, int decimals, double scale);
/* "0.816, 0.881": an interval without a value. */
void sx_table_range(sx_table *t, sx_interval i, int decimals, double scale);

/* The cell added last leads to this anchor; if the page has none of that name, it stays text. */
void sx_table_link(sx_table *t, const char *fmt, ...) SX_PRINTF(2, 3);
/* The cell added last is a short form of this text, which the page shows as a tooltip and which the
 * CSV has instead. */
void sx_table_title(sx_table *t, const char *text);

/* Takes the figure; NULL, as the plots return it when out of memory, makes the document fail. Two
 * half-width figures are placed side by side where there is room. Only on the page. */
void sx_doc_figure(sx_doc *d, const char *caption, sx_figure *figure, bool half);
/* A film's picture on the page; the strings are copied. */
typedef struct sx_doc_view {
    const char *data;  /* JSON, as evaluation/film_view.h describes it */
    const void *bytes; /* the film without boxes, a PNG or JPEG; NULL: `file` */
    size_t size;
    const char *file; /* relative to the page */
} sx_doc_view;
typedef struct sx_doc_picture {
    const void *bytes; /* a PNG or JPEG, which is embedded; NULL: `file` */
    size_t size;
    const char *file;  /* the picture's file, relative to the page; NULL: `bytes` */
    const char *alt;   /* the picture in words, for readers who cannot see it */
    const char *title; /* the line below it */
    const char *detail;
    const char *link;        /* the film's file, relative to the page; NULL: no link */
    const sx_doc_view *view; /* for the viewer of an interactive page; NULL: none */
    bool wide;               /* wide or detailed: two are placed side by side, otherwise six */
    bool full;               /* as wide as the page */
} sx_doc_picture;
void sx_doc_film(sx_doc *d, const sx_doc_picture *picture);
/* The page gets a script, embedded in it: tables can be sorted and filtered, and films with a view
 * be opened large, with boxes that can be switched off. Without scripts the page shows the same. */
void sx_doc_interactive(sx_doc *d);
/* Memory ran out for what was to be added. */
void sx_doc_fail(sx_doc *d);
/* The following content is for the page and the CSV only, not for a terminal; or again for all.
 * Returns what was set before. */
bool sx_doc_page_only(sx_doc *d, bool only);
/* Moves the content of `from` to the end of `d`: sections as "`part`: section", warnings as
 * paragraphs, without the facts. `from` is freed, also when memory runs out. */
void sx_doc_append(sx_doc *d, sx_doc *from, const char *part);

bool sx_doc_to_text(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;
/* Columns table, row, column, value, low, high, text: one line a cell. */
bool sx_doc_to_csv(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;

/* The tables as LaTeX (booktabs), each with a label tab:ID, and as Markdown, under the headings of
 * their sections. */
bool sx_doc_to_latex(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;
bool sx_doc_to_markdown(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;
/* Writes each figure into the folder, which is made if needed, as 01-TITLE.svg, .png and .pdf, and
 * its title, caption and description in words as 01-TITLE.txt. They replace those of an earlier
 * call, by the journal of the folder (base/run_folder.h); other files of such names are refused.
 * Errors: those of sx_figure_write and sx_run_folder_open. */
bool sx_doc_write_figures(const sx_doc *d, const char *dir, sx_error *err) SX_MUST_USE;

/* A self-contained page, without a script unless it is interactive: contents, if there are several
 * sections, figures as SVG. It names no absolute paths: of a path that begins with a slash, only
 * the last part is shown. */
bool sx_doc_to_html(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;

/* Text in HTML and SVG: & < > " and control characters (sx_utf8_printable) escaped. */
void sx_html_text(sx_str *out, const char *text);

#endif
