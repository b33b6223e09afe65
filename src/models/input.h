/* Writes a film to a network's input: channel order, normalisation, padding. */
#ifndef SX_MODELS_INPUT_H
#define SX_MODELS_INPUT_H

#include "image/image.h"
#include "nn/plan.h"

typedef struct sx_normalisation {
    float mean[3], std[3]; /* in the network's order of channels */
    bool bgr;              /* blue first (Detectron2's models, fed by cv2.imread) */
    /* The padding: as if the film went on with pixels of this value; 0: zero after normalisation.
     */
    uint8_t pad;
} sx_normalisation;

/* Detectron2's PIXEL_MEAN and PIXEL_STD, which the authors keep for all networks. */
extern const sx_normalisation sx_normalisation_detectron2;
/* ImageNet's mean and deviation, red first: torchvision's and timm's weights. */
extern const sx_normalisation sx_normalisation_imagenet;

/* Writes image `index` of the plan's input "image" [n][h][w][3]: (pixel - mean) / std, and
 * the padding where the film ends. The film has 8 bits and 1 or 3 channels and is at most w x h
 * pixels; a grey film fills all three channels. */
void sx_input_fill(sx_plan *p, int index, const sx_image *film, const sx_normalisation *norm);

#endif
