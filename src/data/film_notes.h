/* The warnings about the pixels of many films, which are read again and again: those of a film are
 * logged once, and of many films the first ones and their number. */
#ifndef SX_DATA_FILM_NOTES_H
#define SX_DATA_FILM_NOTES_H

#include "base/context_impl.h"
#include "dicom/film_types.h"

enum { SX_NOTED_FILMS = 10 }; /* whose warnings are logged */

typedef struct sx_film_notes sx_film_notes;

/* The context is borrowed. Free with sx_film_notes_free, which logs how many other films had
 * warnings. */
sx_film_notes *sx_film_notes_new(const sx_context *context, sx_error *err) SX_MUST_USE;
void sx_film_notes_free(sx_film_notes *n); /* NULL is allowed */
/* Logs the warnings with the film's path, unless that was done before. Any thread; n NULL: nothing
 * is logged. */
void sx_film_notes_add(sx_film_notes *n, const char *path, const sx_film_warnings *warnings);

#endif
