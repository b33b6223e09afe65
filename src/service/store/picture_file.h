/* The pictures of films, which worker processes make. With its boxes: width and height, 4 bytes
 * each, and RGB; of films/XX/NAME.dcm it is pictures/XX/NAME.dcm.rgb until a result is built. From
 * then on it is in the database alone, as the result's Secondary Capture. The film alone, for the
 * pages: a PNG, pictures/XX/NAME.dcm.png. */
#ifndef SX_SERVICE_STORE_PICTURE_FILE_H
#define SX_SERVICE_STORE_PICTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/files.h"
#include "service/store/db.h"

enum { SX_PICTURE_HEAD = 8 }; /* bytes before the pixels */

/* Reads the size. False: it is no picture of so many bytes. A picture that was left out has width
 * and height 0. */
bool sx_picture_size(const void *bytes, size_t n, int *width, int *height);

/* The same if other bytes may follow, from *end on. */
bool sx_picture_split(const void *bytes, size_t n, int *width, int *height, size_t *end);
/* Whether it begins as a PNG, or is empty. */
bool sx_film_png_valid(const void *bytes, size_t n);

/* The path of a film's picture, on the heap; NULL when out of memory. `film`: its path below the
 * folder of the service. */
char *sx_picture_path(const char *folder, const char *film);
/* The same for the film alone. */
char *sx_film_png_path(const char *folder, const char *film);

/* The picture with the boxes, wherever it is. */
typedef struct sx_film_picture {
    const uint8_t *rgb; /* [height][width][3]; NULL: there is none */
    int width, height;
    sx_file file; /* what rgb is a part of: the file, or */
    void *object; /* the Secondary Capture */
} sx_film_picture;

/* `film`: its path below `folder`. Without a file, the capture of the film in `revision` of its
 * study's result is used, if `weights` made it (NULL: any). Close it, also after an error. Errors:
 * SX_ERR_FORMAT (it is damaged), those of sx_file_open and sx_db_query. */
bool sx_film_picture_open(sx_film_picture *out, sx_db *db, const char *folder, const char *film,
                          const char *sop_uid, int64_t revision, const char *weights,
                          sx_error *err) SX_MUST_USE;
void sx_film_picture_close(sx_film_picture *picture); /* {0} is allowed */
/* Removes the file, if there is one. */
bool sx_film_picture_remove(const char *folder, const char *film, sx_error *err) SX_MUST_USE;

#endif
