/* Films that tests import into the project "spine" of reading_page.h, one by one. Each shows what
 * received_film.h has drawn last. */
#ifndef TESTS_SERVICE_IMPORTED_FILM_H
#define TESTS_SERVICE_IMPORTED_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "service/reading/reading_import.h"

/* Writes what is drawn as PNG. */
void write_drawn_picture(const char *path);
/* Imports a data set of one more film of a study. */
bool try_import_film(const char *name, const char *study, sx_reading_import_counts *counts,
                     sx_error *err_out);
/* The same, which must succeed. */
sx_reading_import_counts import_film(const char *name, const char *study);
/* A film of study s0 with text, which the import holds; its id. */
int64_t hold_film(const char *name);

int64_t film_id(const char *image_id);
/* "/api/reading/films/FILM", in a static buffer. */
const char *film_path(int64_t film);

/* A reader completes study s0 with its first two films: both are normal. */
void complete_first_study(const char *login);

#endif
