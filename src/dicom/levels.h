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
/* out[i] = table[level of pixel i]. On all threads. */
void sx_levels_apply(const sx_film *f, const uint8_t *table, uint8_t *out);

/* Logs a warning to the film's context if `what` ("the VOI LUT"; NULL: no warning) maps the film to
 * one grey value or less than a tenth of the grey range. `used`: the part of the range that the
 * film's levels span, 0..1. For films of more than one stored value. */
void sx_levels_warn(const sx_film *f, sx_pixels pixels, const char *what, double used);

/* The largest output value of a table, from the number of bits that its largest entry needs. Some
 * writers claim 16 bits for entries of 12, others 8 for entries of 10. With the descriptor's number
 * of bits, such a film would be dark or saturated. For a table of zeros the descriptor's number is
 * used. */
double sx_lut_top(const sx_film_lut *lut);

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
