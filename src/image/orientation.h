/* The orientation that a picture file states for its display (Exif 2.32 section 4.6.4, tag 0x0112),
 * in a JPEG's APP1 segment or a PNG's eXIf chunk before its pixels. Cameras, scanners and phones
 * store the pixels as the sensor gives them, and viewers turn them. */
#ifndef SX_IMAGE_ORIENTATION_H
#define SX_IMAGE_ORIENTATION_H

#include "image/image.h"

/* 1: stored as shown; 2 mirrored left to right; 3 turned by 180 degrees; 4 mirrored top to bottom;
 * 5 mirrored along the diagonal from the top left; 6 to be turned by 90 degrees clockwise; 7
 * mirrored along the other diagonal; 8 to be turned by 90 degrees counterclockwise. */
enum { SX_ORIENTATION_STORED = 1 };

/* The orientation of a JPEG or PNG file, of which `bytes` are the first n. A block that is damaged
 * or says anything else counts as 1. *whole (may be NULL): false if the pixels begin after the n
 * bytes, so that the answer may be behind them. */
int sx_picture_orientation(const void *bytes, size_t n, bool *whole);

/* Whether width and height are exchanged. */
static inline bool sx_orientation_swaps(int orientation) {
    return orientation >= 5;
}

/* Turns the picture so that it is shown right. Error: SX_ERR_MEMORY; the picture is then as it
 * was. */
bool sx_image_orient(sx_image *im, int orientation, sx_error *err) SX_MUST_USE;

#endif
