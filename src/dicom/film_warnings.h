/* Warnings about a film that can be used all the same. */
#ifndef SX_DICOM_FILM_WARNINGS_H
#define SX_DICOM_FILM_WARNINGS_H

#include "dicom/film_types.h"

/* Logs the warning with the film's name, and adds it to the film's list, if it has one, unless it
 * is there already. */
void sx_film_warn(const sx_film *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
