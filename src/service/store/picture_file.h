/* The pictures of films, which worker processes make. With its boxes: width and height, 4 bytes
 * each, and RGB; of films/XX/NAME.dcm it is pictures/XX/NAME.dcm.rgb. The film alone, for the
 * pages: a PNG, pictures/XX/NAME.dcm.png. */
#ifndef SX_SERVICE_STORE_PICTURE_FILE_H
#define SX_SERVICE_STORE_PICTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>

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

#endif
