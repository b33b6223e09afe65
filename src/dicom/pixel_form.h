/* How a file holds its pixels: uncompressed, or compressed in fragments or with a length. Transfer
 * syntaxes are often wrong, so the bytes decide, too. */
#ifndef SX_DICOM_PIXEL_FORM_H
#define SX_DICOM_PIXEL_FORM_H

#include <stdbool.h>

#include "base/fail.h"
#include "dicom/dataset.h"
#include "dicom/decode.h"
#include "dicom/film_types.h"
#include "dicom/syntax.h"

/* Some writers give compressed Pixel Data a length: with the items in it, or, for a single frame,
 * the stream alone. Whether Pixel Data are items. */
bool sx_pixels_hold_items(const sx_element *pixels);
/* Whether all bytes of their length are there: otherwise SX_ERR_FORMAT. */
bool sx_pixels_check_whole(const sx_dataset *d, const sx_element *pixels,
                           sx_error *err) SX_MUST_USE;
/* Whether the Pixel Data of a data set whose attributes were read are compressed. Those of a
 * defined length are if the syntax says so, unless they have the size of uncompressed pixels and
 * are no stream, or if they are a stream and too short for uncompressed pixels. */
bool sx_pixels_are_compressed(const sx_film_info *info, const sx_syntax *syntax,
                              const sx_dataset *d);

/* The stream of a frame (from 1) of compressed Pixel Data; the caller frees it. Errors: those of
 * sx_frame_get; SX_ERR_FORMAT (truncated; no stream). */
bool sx_pixels_get_frame(const sx_film_info *info, const sx_syntax *syntax, const sx_dataset *d,
                         int number, sx_frame *frame, sx_error *err) SX_MUST_USE;

#endif
