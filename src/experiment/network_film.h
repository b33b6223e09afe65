/* Films as `spinexr predict` gives them to a network. */
#ifndef SX_EXPERIMENT_NETWORK_FILM_H
#define SX_EXPERIMENT_NETWORK_FILM_H

#include "dicom/dicom_film.h"
#include "image/image.h"
#include "models/model.h"

/* The 8-bit picture of a film by the pixel pipeline that the network's weights name. Errors: those
 * of sx_film_to_8bit_named. Release *out with sx_image_free. */
bool sx_network_film(const sx_model *m, const sx_film *film, sx_image *out,
                     sx_error *err) SX_MUST_USE;

#endif
