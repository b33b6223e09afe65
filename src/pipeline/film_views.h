/* The input of a predictor: the source of a film, and the 8-bit pictures of it that the networks
 * need. */
#ifndef SX_PIPELINE_FILM_VIEWS_H
#define SX_PIPELINE_FILM_VIEWS_H

#include "base/context_impl.h"
#include "dicom/dicom_film.h"
#include "image/image.h"
#include "pipeline/bundle_info.h"
#include "spinexr/predictor.h"

/* The source is a file, unless `bytes` or `pixels` is given. Everything is borrowed. */
typedef struct sx_film_source {
    const char *path;  /* of the file; otherwise its name in messages and results, NULL: none */
    const char *id;    /* the film's name in results; NULL: the name in `path` */
    const void *bytes; /* such a file in memory */
    size_t size;
    const sx_pixel_view *pixels;
    const char *fault; /* the source is known to be unusable: reading it gives this message */
} sx_film_source;

typedef struct sx_film_views {
    /* The film as converted by each of the two pixel pipelines (types.h). A picture that no network
     * needs is empty. Pixels in memory are in `dicom` and are used for both. */
    sx_image dicom, vindr;
    char *image_id; /* "" for pixels in memory */
    char study_id[SX_UID_ROOM], series_id[SX_UID_ROOM];
    sx_projection projection;
    int frame;
    int width, height, halvings; /* of the film; the pictures are 2^halvings times smaller */
    double seconds;              /* to read */
    sx_film_warnings warnings;
} sx_film_views;

/* Reads a film. A film that the rules of dicom/film_rules.h refuse is not decoded, unless
 * options->any_film is set. Any number of threads may call it at a time; its loops use the threads
 * of `context`. Errors: those of sx_predict_file, except those of the networks; *out is then
 * empty. */
bool sx_film_views_read(const sx_predictor *p, const sx_context *context,
                        const sx_film_source *source, const sx_predict_options *options,
                        sx_film_views *out, sx_error *err) SX_MUST_USE;
/* The pictures that the networks need of a film that is open; nothing else of *out is set. Errors:
 * those of sx_film_to_8bit_named. Free *out, also after an error. */
bool sx_film_views_convert(const sx_bundle_info *networks, const sx_film *film, sx_film_views *out,
                           sx_error *err) SX_MUST_USE;
void sx_film_views_free(sx_film_views *v); /* {0} is allowed */

/* The picture for networks that use this pipeline (not AUTO). */
sx_image *sx_film_views_for(sx_film_views *v, sx_pixels way);

/* An estimate, from the header, of the bytes that reading the film and its pictures take. 0:
 * unknown, because the header cannot be read. */
size_t sx_film_source_bytes(const sx_film_source *source);

#endif
