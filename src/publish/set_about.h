/* The keys of what a publisher says about a data set (docs/publish.md). */
#ifndef SX_PUBLISH_SET_ABOUT_H
#define SX_PUBLISH_SET_ABOUT_H

#include "data/manifest.h"
#include "dicom/deid_passed.h"
#include "publish/about.h"
#include "publish/checksums.h"

/* A question of the datasheet (Gebru 2021) that only the publisher can answer. */
typedef struct sx_sheet_question {
    const char *key;      /* "datasheet.motivation" */
    const char *section;  /* of the datasheet */
    const char *question; /* ends with a question mark */
} sx_sheet_question;

extern const sx_sheet_question sx_sheet_questions[]; /* ends with a NULL key */
/* All keys of the file, for sx_about_open. */
extern const sx_about_key sx_set_about_keys[];

/* All that is known of a data set that is published. Everything is borrowed. */
typedef struct sx_set_facts {
    const sx_about *about;
    const sx_manifest *m; /* as published */
    sx_layout layout;
    const char *film_type; /* MIME type of the films: "application/dicom" */
    const char *film_ending;
    const sx_deid_passed *kept;
    const sx_checksums *sums; /* of the annotations and films */
} sx_set_facts;

/* Appends the document of croissant.json (Croissant 1.0), DATASHEET.md and README.md. Errors:
 * SX_ERR_MEMORY. */
bool sx_set_croissant(const sx_set_facts *f, sx_str *out, sx_error *err) SX_MUST_USE;
bool sx_set_datasheet(const sx_set_facts *f, size_t *unanswered, sx_str *out,
                      sx_error *err) SX_MUST_USE;
bool sx_set_readme(const sx_set_facts *f, sx_str *out, sx_error *err) SX_MUST_USE;
/* The page index.html: tables, and a sample of at most six films with their boxes. Films are read
 * from their files. Errors: those of reading films, SX_ERR_MEMORY. */
bool sx_set_page(const sx_context *context, const sx_set_facts *f, sx_str *out,
                 sx_error *err) SX_MUST_USE;

#endif
