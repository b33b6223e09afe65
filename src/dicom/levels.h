/* The grey levels of a film. A stored value has at most 16 bits, so every conversion to 8 bits can
 * use a table. One pass over the pixels finds the levels that occur. The table is computed once for
 * each of them, and another pass applies it. */
#ifndef SX_DICOM_LEVELS_H
#define SX_DICOM_LEVELS_H

#include "dicom/dicom_film.h"

enum { SX_LEVELS = 65536 };

/* A level is the bit pattern of a sample: 0..255 or 0..65535. */
int sx_level_count(const sx_film *f);
int32_t sx_level_value(const sx_film *f, int level); /* in the type of the sample */
/* seen[SX_LEVELS]: 1 for levels that occur, 0 for the others. On all threads. */
void sx_levels_scan(const sx_film *f, uint8_t *seen);
int sx_levels_seen(const sx_film *f, const uint8_t *seen); /* how many */
/* out[i] = table[level of pixel i]. On all threads. */
void sx_levels_apply(const sx_film *f, const uint8_t *table, uint8_t *out);

/* The difference between the largest and the smallest value: of all pixels, and of the 99 % that
 * are left without the smallest and the largest ones. 0 if there are none. */
typedef struct sx_level_span {
    double all, most;
} sx_level_span;
/* values: of the levels that occur; NaN: their pixels do not count. A film of more than a million
 * pixels is represented by rows at equal distances. SX_ERR_MEMORY. */
bool sx_levels_span(const sx_film *f, const uint8_t *seen, const double *values,
                    sx_level_span *span, sx_error *err) SX_MUST_USE;

/* Logs a warning to the film's context if `what` ("the VOI LUT") maps 99 % of the film to one grey
 * value or less than a tenth of the grey range. `span`: parts of the range, 0..1. For films of more
 * than one stored value. */
void sx_levels_warn(const sx_film *f, sx_pixels pixels, const char *what, sx_level_span span);
/* Logs that all pixels (or "all pixels that are not padding") have one value. */
void sx_levels_warn_flat(const sx_film *f, sx_pixels pixels, const char *which);
/* `what` of a film without LUT and window */
extern const char *const sx_levels_stretching;

/* The largest output value of a table, from the number of bits that its largest entry needs. Some
 * writers claim 16 bits for entries of 12, others 8 for entries of 10. With the descriptor's number
 * of bits, such a film would be dark or saturated. For a table of zeros the descriptor's number is
 * used. */
double sx_lut_top(const sx_film_lut *lut);

/* Whether a table has no descriptor, or fewer entries than it claims: `why` says so of the table
 * `name` ("the VOI LUT"). */
bool sx_lut_is_faulty(const sx_film_lut *lut, const char *name, char *why, size_t size);

/* Converts like the authors' dicom2png (docs/films.md): convert2 and, if it fails, convert1. The
 * tables are filled for the levels that occur. */
bool sx_vindr_convert2(const sx_film *f, const uint8_t *seen, uint8_t *table,
                       sx_error *err) SX_MUST_USE;
void sx_vindr_convert1(const sx_film *f, const uint8_t *seen, uint8_t *table);

/* PS3.4 N.2's grey scale pipeline. SX_ERR_FORMAT: a look-up table with fewer entries than it
 * claims. */
bool sx_dicom_presentation(const sx_film *f, const uint8_t *seen, uint8_t *table,
                           sx_error *err) SX_MUST_USE;

#endif
