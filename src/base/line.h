/* Text for a terminal: lines of at most 80 columns. A character counts as one column. */
#ifndef SX_BASE_LINE_H
#define SX_BASE_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { SX_LINE_COLUMNS = 80 };

/* Columns of a UTF-8 text, or of its first bytes. */
size_t sx_line_columns(const char *text);
size_t sx_line_columns_of(const char *text, size_t bytes);
/* Appends `text`; if it has more than `columns` (at least 5) columns, with "..." in the place of
 * its middle. */
void sx_line_shorten(sx_str *out, const char *text, size_t columns);
/* `text` if it has no newline; otherwise with its newlines and other control characters escaped
 * (sx_utf8_printable), in `memory`, which is overwritten. A name with a newline would otherwise
 * forge a line of a result. */
const char *sx_line_one(sx_str *memory, const char *text);

/* The functions below escape newlines in texts and parts in this way. */

/* Appends `text` in lines that end at spaces, without a newline at the end. The first line
 * continues the last line of `out`; `indent` spaces begin the others. A word that is longer than a
 * line is broken after commas, if it has any, and otherwise has a line of its own. */
void sx_line_fold(sx_str *out, const char *text, size_t indent);

/* A part of a line, and what stands between it and the next on the same line: ": ", "  ". */
typedef struct sx_line_part {
    const char *text, *join;
    bool name; /* a path or another name that is never broken */
} sx_line_part;

/* Appends the parts and a newline to `out`, which is empty or ends in a newline. A part that has no
 * room behind the one before begins a new line, which is indented. A `join` of NULL is none. */
void sx_line_parts(sx_str *out, const sx_line_part *parts, size_t count);

#endif
