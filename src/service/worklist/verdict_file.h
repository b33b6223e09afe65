/* Verdicts of radiologists as CSV: read from a file of another system, and written so that the
 * file is read back unchanged.
 *
 *     study_uid,accession,verdict,reader,date,comment,agrees,revision
 *     1.2.840.1,,abnormal,Dr. Ito,2026-11-28,,,
 *     ,A4711,normal,Dr. Ito,2026-11-28T09:30:00Z,,,
 *
 * | column    | value                                                                     |
 * | study_uid | Study Instance UID; may be empty if the row has an accession number        |
 * | accession | accession number; may be empty if the row has a UID                         |
 * | verdict   | abnormal, normal, unsure; may be empty if the row has `agrees` or `comment` |
 * | reader    | 1 to 79 bytes                                                             |
 * | date      | 2026-11-28, 2026-11-28T09:30:00Z or 2026-11-28T09:30:00.123Z; UTC         |
 * | comment   | up to 1999 bytes; the column may be absent                                |
 * | agrees    | with the result of the program: yes, no or empty; may be absent           |
 * | revision  | of that result, 0: none; empty: the newest; may be absent                 |
 *
 * One of study_uid and accession must be there, in any order of columns. Another column is an
 * error, because a mistyped name would lose its values. */
#ifndef SX_SERVICE_WORKLIST_VERDICT_FILE_H
#define SX_SERVICE_WORKLIST_VERDICT_FILE_H

#include "base/csv.h"
#include "service/worklist/opinions.h"

enum { SX_ACCESSION = 68 };

typedef struct sx_verdict_row {
    sx_opinion opinion; /* study_uid may be ""; revision -1: the newest; no id */
    char accession[SX_ACCESSION];
} sx_verdict_row;

/* Receives a row, which `csv` is at: use sx_csv_fail for its faults. False, with *err set, stops.
 */
typedef bool sx_verdict_fn(void *user, const sx_verdict_row *row, const sx_csv *csv, sx_error *err);
/* Reads n bytes; `name` stands for the file in messages, which name line and column. Errors:
 * SX_ERR_FORMAT (no CSV, a value, another column), SX_ERR_MISSING (a column), and those of `each`.
 */
bool sx_verdicts_read(const void *bytes, size_t n, const char *name, sx_verdict_fn *each,
                      void *user, sx_error *err) SX_MUST_USE;

/* Appends the header; a row. */
void sx_verdicts_put_header(sx_str *out);
void sx_verdicts_put(sx_str *out, const sx_verdict_row *row);

#endif
