/* A table of text for a terminal, at most 80 columns wide. */
#ifndef SX_BASE_TEXT_TABLE_H
#define SX_BASE_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/line.h"

typedef struct sx_text_table {
    size_t column_count, row_count;
    const char *const *headings; /* [column_count] */
    const bool *numbers;         /* [column_count]: right-aligned, never shortened */
    const char *const *cells;    /* [row_count][column_count]; NULL: empty */
    bool ruled;                  /* a line of dashes below the headings */
} sx_text_table;

/* Appends the table. If it is too wide, first the headings are broken into lines, then texts are
 * shortened in the middle, and then the columns are spread over several tables, each with the
 * first column. Cells of columns of numbers should have at most 36 columns. If memory runs out,
 * `out` has failed. */
void sx_text_table_put(sx_str *out, const sx_text_table *t);

#endif
