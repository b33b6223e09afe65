#include "experiment/network_film.h"

#include "pipeline/bundle_info.h"

bool sx_network_film(const sx_model *m, const sx_film *film, sx_image *out, sx_error *err) {
    return sx_film_to_8bit_named(film, sx_bundle_pixels(sx_model_get_info(m)), out, err);
}
