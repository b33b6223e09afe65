/* From a film to a network's input: size, channel order, normalisation, padding. */
#ifndef SX_MODELS_INPUT_H
#define SX_MODELS_INPUT_H

#include "image/image.h"
#include "nn/graph.h"

typedef struct sx_normalisation {
    float mean[3], std[3]; /* for the channels as the network takes them */
    bool bgr;              /* blue first (Detectron2's models, fed by cv2.imread) */
} sx_normalisation;

/* Detectron2's PIXEL_MEAN and PIXEL_STD, which the authors keep for all networks. */
extern const sx_normalisation sx_normalisation_detectron2;

/* Image `index` of the batch `input` [n][h][w][3]: (pixel - mean) / std, zero where the film (8
 * bit, 1 or 3 channels, at most w x h) ends. Grey films fill all three channels. */
void sx_input_fill(void *input, sx_dtype dtype, sx_shape shape, int index, const sx_image *film,
                   const sx_normalisation *norm);

#endif
