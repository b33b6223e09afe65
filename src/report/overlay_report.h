/* The film with its findings drawn on it. */
#ifndef SX_REPORT_OVERLAY_REPORT_H
#define SX_REPORT_OVERLAY_REPORT_H

#include "image/image.h"
#include "spinexr/spinexr.h"

typedef struct sx_report_overlay {
    double threshold; /* c*, marked beside P(abnormal) */
    const char *note; /* of the weights, "" or NULL: none */
    double min_score; /* boxes that score less are not drawn, only counted */
} sx_report_overlay;

/* Writes a PNG (image/overlay_draw.h): the film (8 bit), the boxes, P(abnormal) and the verdict,
 * and how many of the findings are shown. */
bool sx_report_draw(const sx_image *film, const sx_findings *f, const sx_report_overlay *o,
                    const char *path, sx_error *err) SX_MUST_USE;

#endif
