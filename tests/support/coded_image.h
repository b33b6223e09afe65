/* Films of any size with a compressed stream. */
#ifndef SUPPORT_CODED_IMAGE_H
#define SUPPORT_CODED_IMAGE_H

#include <stdint.h>

#include "base/fail.h"
#include "support/dicom.h"
#include "support/stream_films.h"

enum { CODED_MOST = 300 * 300 };

typedef struct coded_image {
    int rows, columns, bits;
    bool is_signed;
    uint16_t values[CODED_MOST];
} coded_image;

/* Noise over the whole range, with both ends, or a slope. */
void coded_fill(coded_image *im, bool noise);
dicom_shape coded_shape(const coded_image *im);

/* A film with that stream has these values; `most` is the largest error of a value. */
void coded_check(const coded_image *im, const sx_str *stream, const char *label, int most);
/* It is refused. The film is called bad.dcm. */
void coded_check_refused(const coded_image *im, const sx_str *stream, const char *label,
                         sx_error_code code, const char *message);

/* Without memory for the decoder's library the film is an error and no crash, whatever the limit.
 * Frees the stream, since it may leave the test. */
void coded_check_no_memory(const coded_image *im, sx_str *stream, const char *label);

/* A box of a JP2 or JPEG XL file: length, type, content. */
void coded_put_box(sx_str *s, const char *type, const void *content, size_t n);

#endif
