/* Whether the commands for data sets read an export. */
#ifndef SX_SERVICE_READING_READING_CSV_CHECK_H
#define SX_SERVICE_READING_READING_CSV_CHECK_H

#include "base/str.h"

/* Reads an annotation CSV as `spinexr data` does. The error names the line of annotations.csv. */
bool sx_reading_csv_check(const sx_str *csv, sx_error *err) SX_MUST_USE;

#endif
