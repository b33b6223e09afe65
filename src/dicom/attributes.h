/* Reads the attributes of a data set into sx_film_info. */
#ifndef SX_DICOM_ATTRIBUTES_H
#define SX_DICOM_ATTRIBUTES_H

#include "dicom/dataset.h"
#include "dicom/film_types.h"

/* Fills *info, whose transfer_syntax and big_endian are set already. Absent and unreadable
 * attributes are left at their defaults; the only error is SX_ERR_MEMORY. */
bool sx_film_read_info(sx_film_info *info, const sx_dataset *d, sx_error *err) SX_MUST_USE;
void sx_film_free_info(sx_film_info *info);

/* Whether the film is one of grey values, as far as the header tells. */
bool sx_film_is_grey(const sx_film_info *info);
/* Whether it is only assumed to be one of these: PhotometricInterpretation is absent, empty or no
 * term of the standard ("MONO", "MONOCHROME3", "MONOCHROME12"); it is then taken as MONOCHROME2. */
bool sx_film_grey_is_assumed(const sx_film_info *info);

/* Whether the standard allows a window of this width (C.11.2.1.2). */
bool sx_voi_width_usable(sx_voi_function function, double width);
/* Whether the standard allows the film's first window (C.11.2.1.2); others are ignored. False if it
 * has none. */
bool sx_film_window_usable(const sx_film_info *f);

/* Whether Rows and Columns are those of a film that can be read. Errors: SX_ERR_MISSING,
 * SX_ERR_VALUE, SX_ERR_LIMIT. */
bool sx_film_check_size(const sx_film_info *info, sx_error *err) SX_MUST_USE;

/* Checks the attributes that decoding the pixels needs. Errors: SX_ERR_MISSING, SX_ERR_VALUE,
 * SX_ERR_LIMIT, SX_ERR_UNSUPPORTED. */
bool sx_film_check_info(const sx_film_info *info, sx_error *err) SX_MUST_USE;

#endif
