/* Comma-separated values (RFC 4180), one row at a time, columns found by name.
 *
 * The reader accepts a UTF-8 byte order mark, line ends CRLF, LF and CR, quoted fields with commas,
 * line breaks and doubled quotes, a missing line end after the last row, blank lines (skipped), and
 * blanks around a field (they are a part of the field only within quotes). The first row is the
 * header. Blanks around its names are ignored, and names must not repeat. The reader rejects, with
 * a message that begins with "file:line:", a row with another number of fields than the header,
 * text after a closing quote, a quote that is not closed, NUL bytes, and text that is not UTF-8. */
#ifndef SX_BASE_CSV_H
#define SX_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fail.h"
#include "base/str.h"

typedef struct sx_csv sx_csv;

/* Reads the header. An empty file is SX_ERR_FORMAT. Close with sx_csv_close. */
sx_csv *sx_csv_open(const char *path, sx_error *err) SX_MUST_USE;
/* The same for bytes in memory, which must stay valid until sx_csv_close; `name` takes the place of
 * the path in messages. */
sx_csv *sx_csv_from_memory(const void *bytes, size_t n, const char *name,
                           sx_error *err) SX_MUST_USE;
void sx_csv_close(sx_csv *c); /* NULL is allowed */

size_t sx_csv_columns(const sx_csv *c);
const char *sx_csv_name(const sx_csv *c, size_t column); /* of the header; owned by c */
/* The column of that name, or -1. */
int sx_csv_find(const sx_csv *c, const char *name);
/* The same, but a missing column is an error (SX_ERR_MISSING) that lists the existing ones. */
bool sx_csv_need(const sx_csv *c, const char *name, int *column, sx_error *err) SX_MUST_USE;

/* Reads the next row; false at the end and on an error (*failed distinguishes them). */
bool sx_csv_next(sx_csv *c, bool *failed, sx_error *err) SX_MUST_USE;
/* The line (from 1) on which the current row begins; the bytes of the file. */
size_t sx_csv_line(const sx_csv *c);
const void *sx_csv_bytes(const sx_csv *c, size_t *n);

/* A field of the current row, valid until the next row; "" for column -1. */
const char *sx_csv_field(const sx_csv *c, int column);
/* A field as a number, blanks around it allowed; "nan" and "inf" are numbers here. An error names
 * the file, line, column and text. */
bool sx_csv_double(const sx_csv *c, int column, double *out, sx_error *err) SX_MUST_USE;
bool sx_csv_long(const sx_csv *c, int column, long min, long max, long *out,
                 sx_error *err) SX_MUST_USE;
/* An error about the current row: "file:line: ..." . Always returns false. */
bool sx_csv_fail(const sx_csv *c, sx_error *err, const char *fmt, ...) SX_PRINTF(3, 4);

/* Appends one field to a row, quoted where necessary. Bytes that are not UTF-8, and characters that
 * a terminal obeys, are escaped (sx_utf8_escape_controls); the latter come back in reading. Text
 * that a spreadsheet would run as a formula gets an apostrophe before it, which sx_csv_field
 * removes: text that begins with a tab, a carriage return or a newline, or, after any number of
 * blanks, with = + - @ or one of these in full width, and is neither a number nor "-" alone. */
void sx_csv_put(sx_str *out, const char *field);

#endif
