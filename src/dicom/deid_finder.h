/* The final search for spellings of removed values. Bytes are read as Latin-1, UTF-8 and UTF-16,
 * and folded (deid_fold.h) before they are compared. */
#ifndef SX_DICOM_DEID_FINDER_H
#define SX_DICOM_DEID_FINDER_H

#include "dicom/deid_secrets.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the bytes are from. The more of them look like text by chance, the longer a value must be
 * to be searched for, and the fewer separators may be in it. */
typedef enum sx_find_place {
    SX_FIND_HEADER, /* everything but Pixel Data: names of four letters, numbers of four digits */
    SX_FIND_STREAM, /* entropy-coded pixels: five letters between blanks, six letters or digits */
    /* other pixels: as in a stream; numbers of less than eight digits only in one piece and between
     * blanks; at most three separators */
    SX_FIND_PIXELS,
    SX_FIND_TABLE /* look-up tables: five letters, also within words, or six digits */
} sx_find_place;

typedef struct sx_finder sx_finder;

/* Searches for: components of names of four letters or more, short names in any order of their
 * components; institutions, identifiers and other texts as a whole, identifiers also without
 * leading zeros; dates in the usual orders, with or without leading zeros; birth dates also with
 * two digits of the year. Separators are ignored. Numbers are not found within longer numbers, and
 * short words not within words. The secrets must outlive the finder. NULL: SX_ERR_MEMORY. */
sx_finder *sx_finder_new(const sx_secrets *s, sx_error *err) SX_MUST_USE;
void sx_finder_free(sx_finder *f); /* NULL is allowed */

/* The first secret that is found, or NULL; &sx_secret_no_memory: out of memory. Free text that is a
 * part of one of `kept` is not reported. Any number of threads at once. */
const sx_secret *sx_finder_search(const sx_finder *f, const uint8_t *bytes, size_t n,
                                  sx_find_place place, const char *const *kept, size_t count);

#ifdef __cplusplus
}
#endif
#endif
