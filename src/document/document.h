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

sx_doc *sx_doc_new(const char *title) SX_MUST_USE; /* NULL when out of memory */
void sx_doc_free(sx_doc *d);

/* A fact, printed at the top: "films", "200 (139 abnormal)". */
void sx_doc_fact(sx_doc *d, const char *key, const char *fmt, ...) SX_PRINTF(3, 4);
void sx_doc_section(sx_doc *d, const char *title);
void sx_doc_text(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);
/* A warning about the numbers, printed at the top. */
void sx_doc_warn(sx_doc *d, const char *fmt, ...) SX_PRINTF(2, 3);

/* `id` names the table in the CSV. Columns first, then row by row as many cells as columns. */
sx_table *sx_doc_table(sx_doc *d, const char *id, const char *caption);
void sx_table_column(sx_table *t, const char *heading, bool number);
void sx_table_row(sx_table *t, bool strong);
void sx_table_text(sx_table *t, const char *fmt, ...) SX_PRINTF(2, 3);
/* value * scale with `decimals` decimals; NaN is shown as a dash and left empty in the CSV (which
 * has the value itself). */
void sx_table_value(sx_table *t, double value, int decimals, double scale);
/* "0.849 (0.816, 0.881)" */
void sx_table_interval(sx_table *t, double value, sx_interval i, int decimals, double scale);
/* "0.816, 0.881": an interval without a value. */
void sx_table_range(sx_table *t, sx_interval i, int decimals, double scale);

/* Takes the figure; NULL, as the plots return it when out of memory, makes the document fail. Two
 * half-width figures are placed side by side where there is room. Only on the page. */
void sx_doc_figure(sx_doc *d, const char *caption, sx_figure *figure, bool half);
/* A film on the page: a PNG or JPEG (its bytes are embedded), a link to the film, two lines
 * below. */
void sx_doc_thumbnail(sx_doc *d, const void *picture, size_t size, const char *link,
                      const char *title, const char *detail);

/* The same for a wide or detailed picture: two or three are placed side by side. */
void sx_doc_sheet(sx_doc *d, const void *picture, size_t size, const char *link, const char *title,
                  const char *detail);
/* The following content is for the page and the CSV only, not for a terminal; or again for all. */
void sx_doc_page_only(sx_doc *d, bool only);
/* Moves the content of `from` to the end of `d`: sections as "`part`: section", warnings as
 * paragraphs, without the facts. `from` is freed, also when memory runs out. */
void sx_doc_append(sx_doc *d, sx_doc *from, const char *part);

bool sx_doc_to_text(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;
/* Columns table, row, column, value, low, high, text: one line a cell. */
bool sx_doc_to_csv(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;
bool sx_doc_to_html(const sx_doc *d, sx_str *out, sx_error *err) SX_MUST_USE;

/* Text in HTML and SVG: & < > " escaped. */
void sx_html_text(sx_str *out, const char *text);

#endif
