/* Boxes relative to other boxes (Girshick 2014, appendix C), as Detectron2's Box2BoxTransform. */
#ifndef SX_DETECT_BOX_CODER_H
#define SX_DETECT_BOX_CODER_H

#include "detect/box.h"

/* Factors of the differences dx, dy, dw, dh. */
typedef struct sx_box_weights {
    float x, y, w, h;
} sx_box_weights;

#define SX_BOX_WEIGHTS_ONE ((sx_box_weights){ 1, 1, 1, 1 })
/* The largest dw and dh when decoding: log(1000 / 16). */
#define SX_BOX_CLAMP 4.135166556742356F

/* `from` and `to` have positive sides. */
void sx_box_encode(sx_box from, sx_box to, sx_box_weights w, float delta[4]);
/* NaN in gives NaN out, here and below. */
sx_box sx_box_decode(sx_box from, const float delta[4], sx_box_weights w);
/* Clips to 0..width, 0..height. */
sx_box sx_box_clip(sx_box b, float width, float height);

#endif
