/* Pictures that leave the library (spinexr/types.h, spinexr/result.h). */
#include <stdlib.h>

#include "base/c_locale.h"
#include "base/mem.h"
#include "image/png.h"
#include "report/heat_report.h"
#include "report/overlay_report.h"

void sx_text_free(char *text) {
    free(text);
}

void sx_picture_free(sx_picture *picture) {
    if (!picture) return;
    free(picture->data);
    free(picture);
}

bool sx_picture_write_png(const sx_picture *picture, const char *path, sx_error *err) {
    SX_IN_C_LOCALE;
    if (!picture || !picture->data || !path)
        return sx_fail(err, SX_ERR_USAGE, "the picture or its path is NULL");
    const sx_image im = { picture->width, picture->height, picture->channels, 8, picture->data };
    if (im.width < 1 || im.height < 1 || im.width > SX_IMAGE_MAX_SIDE ||
        im.height > SX_IMAGE_MAX_SIDE || (im.channels != 1 && im.channels != 3))
        return sx_fail(err, SX_ERR_USAGE, "a picture of %d x %d pixels of %d channels", im.width,
                       im.height, im.channels);
    return sx_png_write(&im, SX_PNG_QUICK, path, err);
}

/* Makes a picture for the caller, which takes over the pixels of `im`. */
static sx_picture *give_away(sx_image *im, sx_error *err) {
    sx_picture *out = sx_calloc_for(1, sizeof *out, "a picture", err);
    if (!out) {
        sx_image_free(im);
        return NULL;
    }
    *out = (sx_picture){ im->width, im->height, im->channels, im->data };
    return out;
}

const sx_picture *sx_prediction_picture(const sx_prediction *prediction) {
    return prediction && prediction->shown.data ? &prediction->shown : NULL;
}

static bool check_prediction(const sx_prediction *prediction, sx_error *err) {
    return prediction || sx_fail(err, SX_ERR_USAGE, "the prediction is NULL");
}

sx_picture *sx_prediction_overlay(const sx_prediction *prediction, double min_score,
                                  sx_error *err) {
    SX_IN_C_LOCALE;
    sx_image im;
    if (!check_prediction(prediction, err)) return NULL;
    if (!(min_score >= 0 && min_score <= 1)) {
        sx_fail(err, SX_ERR_USAGE, "min_score is %g, not from 0 to 1", min_score);
        return NULL;
    }
    return sx_overlay_picture(NULL, prediction, min_score, &im, err) ? give_away(&im, err) : NULL;
}

sx_picture *sx_prediction_heat_sheet(const sx_prediction *prediction, sx_error *err) {
    SX_IN_C_LOCALE;
    sx_image im;
    if (!check_prediction(prediction, err)) return NULL;
    return sx_heat_picture(prediction, &im, err) ? give_away(&im, err) : NULL;
}

bool sx_prediction_heat_grid(const sx_prediction *prediction, int index, sx_heat_grid *out,
                             sx_error *err) {
    SX_IN_C_LOCALE;
    if (!check_prediction(prediction, err)) return false;
    if (!out) return sx_fail(err, SX_ERR_USAGE, "the heat grid is NULL");
    const sx_explanation *heat = &prediction->heat;
    if (heat->count == 0)
        return sx_fail(err, SX_ERR_MISSING, "the heat maps of this film were not kept");
    if (index < -1 || index >= heat->count)
        return sx_fail(err, SX_ERR_USAGE, "there is no heat map %d; they are -1 to %d", index,
                       heat->count - 1);
    const sx_heat_map *m = index < 0 ? &heat->mean : &heat->each[index];
    *out = (sx_heat_grid){ m->width, m->height, m->cell, m->over_x, m->over_y, (double)m->bias };
    return true;
}
