/* Ages as DICOM and tables write them. */
#ifndef SX_BASE_AGE_H
#define SX_BASE_AGE_H

#include <stdbool.h>

/* The number, if it is an age in years: from 0 to below 200; NaN: it is none. Less than an hour is
 * 0. */
double sx_age_of(double years);
/* The age in years of "022Y", "018M", "003W", "010D" (DICOM PS3.5, 6.2, AS; any number of digits
 * and a fraction are allowed; the unit may be in lower case, and behind blanks) or of a number of
 * years, "22" or "22.5". NaN for anything else, and where sx_age_of has it. A year has 365.25 days.
 */
double sx_age_years(const char *text);
/* Whether the text has DICOM's form: three digits and Y, M, W or D. */
bool sx_is_dicom_age(const char *text);

#endif
