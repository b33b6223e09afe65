/* Dates as people write them. */
#ifndef SX_DICOM_DEID_DATES_H
#define SX_DICOM_DEID_DATES_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SX_DEID_DATES = 16 };

/* The dates YYYYMMDD that a text may mean, and their number: one for "19610924",
 * "1961-09-24 12:30", "24.09.1961", "24 Sep 1961" and "24091961"; two for "03/04/1961", because day
 * and month may come in either order, and for "24.09.61" and "240961", in this century and the
 * last. A text that begins with a valid date YYYYMMDD means only this. 0: none. */
size_t sx_deid_dates(const char *text, char out[SX_DEID_DATES][9]);

/* Whether a text has the date YYYYMMDD as three numbers in a usual order, or with its month as a
 * name or in Roman numerals: "14.7.19", "24SEP1961", "Sep 24, 61", "24 IX 1961". The year has two
 * or four digits. Also the name of the month with the year alone, "SEP1961", "Sep 61". Names are
 * English, German and French, of three letters or more. words: the text folded (sx_deid_fold). */
bool sx_deid_has_date(const char *words, const char *date);

/* The digits of a date YYYYMMDD in a form, 0 to SX_DATE_FORMS - 1: year, month and day in the three
 * usual orders; month and day with or without a leading zero; the year with or without the century.
 * Those of the first three have all zeros. */
enum { SX_DATE_FORMS = 12 };
void sx_date_form(const char *date, bool century, int form, char out[9]);

#ifdef __cplusplus
}
#endif

#endif
