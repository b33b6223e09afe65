/* Whether the folders that a name states can be those of a film of a data set. */
#ifndef SX_DATA_FILM_HOMES_H
#define SX_DATA_FILM_HOMES_H

#include "data/manifest.h"

/* The folder of the last path whose folder was resolved. */
typedef struct sx_real_folder {
    sx_str name;
    char *real; /* without links; NULL: there is none */
} sx_real_folder;

typedef struct sx_film_homes {
    const sx_manifest *m;
    char *root;          /* the data set's folder, if its path does not end in its name; or NULL */
    sx_names subfolders; /* of films, in upper case, without those that hold the films of a split */
    sx_str text;
    sx_real_folder of_film, of_name;
} sx_film_homes;

/* The manifest is borrowed. Free *x with sx_film_homes_free, also after an error. */
bool sx_film_homes_open(sx_film_homes *x, const sx_manifest *m, sx_error *err) SX_MUST_USE;
/* Marks in chosen[m->film_count] the films with that id, in every split, whose folders agree with
 * those of `name`, a path of any system that ends in the id or in another name of the film; *some:
 * there is one. The folders are those of the film's file, or of the file that the annotations
 * state. They are compared from the last one upwards, as far as the data set goes. A folder of
 * films
 * ("images", "train") agrees with any that is not a subfolder of other films and not named like
 * another split. If no folder of the film is known, all agree, those of its split in the first
 * place; if the id has folders that the file has not, only the split is compared above them. The
 * path of a film's file selects no other film. */
bool sx_film_homes_choose(sx_film_homes *x, const char *id, const char *name, bool *chosen,
                          bool *some, sx_error *err) SX_MUST_USE;
void sx_film_homes_free(sx_film_homes *x);

#endif
