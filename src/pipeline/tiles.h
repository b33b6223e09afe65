/* Detection in overlapping tiles, for findings that are small on the whole film. */
#ifndef SX_PIPELINE_TILES_H
#define SX_PIPELINE_TILES_H

#include "models/model.h"
#include "spinexr/types.h"

enum { SX_MOST_TILES = SX_CALIBRATION_MOST_TILES }; /* along a side */

/* The tiles along a side of `side` pixels: all have the same length, and neighbours overlap by a
 * quarter of it or a little more. */
typedef struct sx_tile_row {
    int count, length;
    int starts[SX_MOST_TILES];
} sx_tile_row;
sx_tile_row sx_tile_row_of(int side, int tiles);

/* Detects boxes on the whole film and, if tiles is 2 or more, on tiles x tiles parts of it, which
 * the network sees larger.
 *
 * A box of a tile that ends within 1 % of the tile's side (at least 2 pixels) from a side that is
 * not the film's is dropped: its finding goes on in the next tile, or is larger than the overlap
 * and belongs to the whole film. The rest is merged so that no finding is there twice: by falling
 * score (then the film before its tiles, these by rows), a box removes the boxes of its label in
 * other views whose intersection with it is more than 0.6 of the smaller box, unless they are more
 * than three times as large. Boxes of one view do not remove one another. The best boxes are kept,
 * at most the number in `options`.
 *
 * Errors: those of sx_model_detect, and SX_ERR_MEMORY. Free *out with sx_detections_free. */
bool sx_tiles_detect(sx_model *m, const sx_image *film, sx_tta tta, int tiles,
                     const sx_model_detect_options *options, sx_detections *out,
                     sx_error *err) SX_MUST_USE;

/* A box in pixels of the film, and where it was found: view 0 is the film, the others are tiles. */
typedef struct sx_view_box {
    sx_detection found;
    int view;
} sx_view_box;

/* Merges boxes[count] as above. Those that are left come first, by falling score (equal scores in
 * the given order); *left: their number. Error: SX_ERR_MEMORY. */
bool sx_tiles_merge(sx_view_box *boxes, size_t count, size_t *left, sx_error *err) SX_MUST_USE;

#endif
