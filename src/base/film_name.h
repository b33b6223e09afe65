/* A film's id is the name of its file without folder and ending. */
#ifndef SX_BASE_FILM_NAME_H
#define SX_BASE_FILM_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/names.h"

enum { SX_FILM_ENDINGS = 7 };
/* .dicom, .dcm, .dic, .ima, .png, .jpg, .jpeg. DICOM comes first: if a folder holds a film twice,
 * the original is preferred to a picture made from it. */
extern const char *const sx_film_endings[SX_FILM_ENDINGS];

/* The name ends in one of these, in upper or lower case, and is more than the ending. */
bool sx_is_film_name(const char *name);
/* Bytes of a file's name (without its folder) up to the ending of a film. Other endings are kept,
 * because a UID contains dots. */
size_t sx_film_name_length(const char *base);
/* Room for the longest file name, escaped. */
enum { SX_FILM_STEM = 4 * 255 + 1 };
/* The name without folder and ending, into buf, truncated to at most size - 1 bytes at a character
 * boundary. Bytes that are not UTF-8 are escaped (base/utf8.h). */
void sx_film_name_stem(const char *path, char *buf, size_t size);
/* The same with ASCII letters in upper case and marks composed (base/compose.h), to find names that
 * differ in these. */
void sx_film_name_upper_stem(const char *path, char stem[SX_FILM_STEM]);
/* Whether two names, or parts of them, are equal up to the case of ASCII letters and the form of
 * letters with marks. */
bool sx_film_name_equal(const char *a, size_t a_length, const char *b, size_t b_length);
/* The index of a film in a set of ids, by its name as it is or by the stem of it; -1: none. */
long sx_film_name_find(const sx_names *ids, const char *name);

#endif
