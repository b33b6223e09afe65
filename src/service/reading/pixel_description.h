/* Internal to service/reading: the description of a film's pixels (pixel_samples.h). */
#ifndef SX_SERVICE_READING_PIXEL_DESCRIPTION_H
#define SX_SERVICE_READING_PIXEL_DESCRIPTION_H

#include "dicom/presentation.h"
#include "service/reading/pixel_samples.h"

/* Each fills out->description from the samples of *out, which are complete. SX_ERR_MEMORY. */
bool sx_pixel_describe_film(const sx_film *f, const sx_presentation *p, int32_t offset,
                            sx_pixel_film *out, sx_error *err) SX_MUST_USE;
/* bits: 8, whose values are shown as they are, or 16, which are stretched. */
bool sx_pixel_describe_picture(const sx_film *f, int bits, sx_pixel_film *out,
                               sx_error *err) SX_MUST_USE;

#endif
