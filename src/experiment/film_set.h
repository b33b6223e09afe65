/* A data set as training and validation use it, with the cache of its decoded films. */
#ifndef SX_EXPERIMENT_FILM_SET_H
#define SX_EXPERIMENT_FILM_SET_H

#include "base/context_impl.h"
#include "data/manifest.h"
#include "models/arch.h"
#include "train/loader.h"

enum { SX_DATA_NAME = 96 };

typedef struct sx_film_set {
    const sx_context *context; /* borrowed */
    char name[SX_DATA_NAME];   /* of the data set: sx_data_set_name */
    sx_manifest manifest;
    sx_loader_film *films; /* [count] */
    sx_film_box *boxes;    /* of all films */
    int *labels;
    size_t count;
    sx_fit fit;           /* the size of its films for training */
    sx_film_cache *cache; /* of its films in that size; NULL: none */
    sx_film_notes *notes; /* warnings about its films */
} sx_film_set;

/* The name of a data set without its folder, which belongs to the machine. */
void sx_data_set_name(const char *path, char name[SX_DATA_NAME]);

/* Opens the films that the task can use. For a classifier these are the films with a label, and for
 * a detector those with boxes (with `empty`, also those without). If `list` is not NULL, only films
 * whose ids are in this file are opened. Omitted films are logged. Errors: those of
 * sx_manifest_open and sx_film_list_open; SX_ERR_MISSING: no film is left. */
bool sx_film_set_open(const sx_context *context, const char *path, const sx_manifest_options *how,
                      const char *list, sx_task task, bool empty, sx_film_set *s,
                      sx_error *err) SX_MUST_USE;
void sx_film_set_close(sx_film_set *s); /* {0} is allowed */

/* Opens s->cache in `dir`, and creates it with a progress bar if necessary. If the disk is full or
 * the folder cannot be written, a warning is logged and training continues without a cache. Returns
 * false if the context was cancelled or memory ran out. */
bool sx_film_set_cache(sx_film_set *s, const char *dir, sx_error *err) SX_MUST_USE;

/* Gets film i in the size s->fit from the cache, or from its file with pixel pipeline AUTO. Release
 * it with sx_film_set_done, also after an error. */
bool sx_film_set_film(const sx_film_set *s, size_t i, sx_fitted *out, sx_error *err) SX_MUST_USE;
void sx_film_set_done(sx_fitted *film);

#endif
