/* Two films, what was found in them, and the objects that are made of it. */
#ifndef TESTS_DICOM_RESULTS_FIXTURE_H
#define TESTS_DICOM_RESULTS_FIXTURE_H

#include "dicom/dataset.h"
#include "dicom/dicom_film.h"
#include "dicom/results.h"

enum { RESULT_FILMS = 2 };

/* Free with free(o.bytes). */
typedef struct result_object {
    uint8_t *bytes;
    size_t n;
} result_object;

extern result_object result_files[RESULT_FILMS]; /* the films as files */
extern sx_film *result_films[RESULT_FILMS];
extern sx_result_film film_results[RESULT_FILMS]; /* the first has two boxes, the second none */

/* Of a group of tests: set-up and teardown. */
int make_result_films(void **state);
int free_result_films(void **state);

/* The study of both films. */
sx_result_study result_study(void);
/* `film`: whose GSPS or capture. KEEP_RESULTS in the environment: a folder that keeps the objects,
 * for a person's look. */
result_object make_result(const sx_result_study *s, sx_result_kind kind, size_t film);
/* Of a study of the first film alone, with another header. */
result_object make_result_of(const sx_film_info *info, sx_result_kind kind);

/* The data set after the File Meta Information; it points into the object. Free with
 * sx_dataset_free. */
sx_dataset read_result(const result_object *o);
/* Valid until the next call. */
const char *result_text(const sx_dataset *d, uint32_t tag);
bool result_contains(const result_object *o, const char *text);

#endif
