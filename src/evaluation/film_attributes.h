/* Attributes of the films of a truth: texts from a CSV or from the headers of the films. */
#ifndef SX_EVALUATION_FILM_ATTRIBUTES_H
#define SX_EVALUATION_FILM_ATTRIBUTES_H

#include "base/context_impl.h"
#include "evaluation/eval_films.h"
#include "evaluation/truth.h"

/* Where attributes come from. The first source that has the attribute is used. */
typedef struct sx_attribute_sources {
    const sx_context *context;
    const char *table;          /* CSV with a column image_id, as `data meta` writes; NULL: none */
    const char *truth_path;     /* searched too if it is a CSV */
    const sx_eval_films *films; /* their headers; NULL: none */
} sx_attribute_sources;

typedef struct sx_attribute {
    char *origin;  /* the file, or "headers" */
    char **values; /* [film_count] NULL: not known */
    size_t film_count;
    bool age;             /* the values are ages, as numbers of years */
    size_t no_age;        /* films whose value is no age among ages: they have none now */
    char no_age_text[40]; /* the first of these values, possibly cut */
} sx_attribute;

/* Reads one attribute: any column of a CSV, or of the headers sex, age, view, body_part, maker,
 * device, photometric, film_size (megapixels), aspect (width / height), width, height, spacing
 * (mm), bits, syntax; of the pixels mean_grey. These names also find the columns of `data meta`
 * (age: patient_age). Values of age and patient_age become numbers of years if most of them are
 * ages, those of any column if most have DICOM's form ("022Y"); the others are dropped and counted.
 * Errors: SX_ERR_MISSING (no source has it), SX_ERR_FORMAT (a film has two values), and those of
 * reading the files. Free *a with sx_attribute_free; a failed call leaves it empty. */
bool sx_attribute_read(const sx_attribute_sources *from, const sx_truth *t, const char *name,
                       sx_attribute *a, sx_error *err) SX_MUST_USE;
void sx_attribute_free(sx_attribute *a);

#endif
