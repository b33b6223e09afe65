/* Copies a finding with its surroundings from one film to another: more boxes of rare findings
 * (Kisantal et al. 2019, "Augmentation for small object detection"; Ghiasi et al. 2021, "Simple
 * Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation"). */
#ifndef SX_DATA_PASTE_H
#define SX_DATA_PASTE_H

#include "data/augment.h"

/* How much of a box that is there already may be covered, as a share of its area. */
#define SX_PASTE_COVERED 0.2
/* The most by which the brightness of the finding's surroundings may differ between the films. */
#define SX_PASTE_STEP 40.0

/* Pastes the content of `finding` (pixels of `from`) into *im, which has `count` boxes in its
 * pixels. The finding keeps its size in relation to the longer side of its film, and its place in
 * relation to both sides, up to a tenth of them. Of twenty places that are drawn at random it gets
 * the one whose surroundings are most like its own. A place does not suit at which the box would
 * leave the film, would cover too much of another box, or would lie in surroundings of another
 * brightness. The brightness of the finding changes by what the two films differ there, and its
 * edges fade into the film over an eighth of its longer side. Without a place *im is unchanged and
 * *pasted false; else *at is the new box. Both images have 8 bits and 1 or 3 channels. Error:
 * SX_ERR_MEMORY. */
bool sx_paste_finding(sx_image *im, const sx_film_box *boxes, size_t count, const sx_image *from,
                      const sx_film_box *finding, const sx_draws *draws, sx_film_box *at,
                      bool *pasted, sx_error *err) SX_MUST_USE;

#endif
