/* From line integrals to a film: Beer-Lambert, scatter, blur, quantum noise, image processing. */
#ifndef SX_PHANTOM_PHYSICS_H
#define SX_PHANTOM_PHYSICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/context_impl.h"

typedef struct sx_ph_exposure {
    uint64_t noise; /* key of the noise's stream */
    float counts;   /* quanta per pixel behind the typical part of the patient */
    float scatter;  /* scattered over primary radiation, film average */
    float spread;   /* of the scattered radiation, mm */
    float focus; /* blur before the detector (focal spot, breathing), standard deviation, pixels */
    float equalise; /* share of the slow variation that is removed, 0..1 */
    float reach;    /* scale of the slow variation, mm */
    float sharpen;  /* edge enhancement */
    /* quantiles of the pixels around the spine that become the darkest and lightest grey */
    float low, high;
    float depth; /* black is this fraction of their range below the darkest */
    float gamma;
    /* columns between which the grey levels are determined: the spine's surroundings */
    float left, right;
    /* the collimated field: centre and half sides in pixels, turned by `turn` radians */
    float cx, cy, hx, hy, turn;
    bool open_white; /* outside the field: white as on unprocessed film, not blacked out */
} sx_ph_exposure;

/* sum: line integrals [height][width], replaced by grey values, 0 black .. 1 white. */
bool sx_ph_expose(const sx_context *context, float *sum, int width, int height, float scale,
                  const sx_ph_exposure *e, sx_error *err) SX_MUST_USE;

/* Zero-mean textures of SX_PH_TILE squared that repeat: trabeculae (longer than wide), and coarse
 * mottle of about `size` mm. */
bool sx_ph_textures(float *grain, float *mottle, float scale, uint64_t seed, uint64_t film,
                    sx_error *err) SX_MUST_USE;

#endif
