/* The pictures of films with their boxes, which worker processes draw: width and height, 4 bytes
 * each, and RGB. The picture of films/XX/NAME.dcm is pictures/XX/NAME.dcm.rgb. */
#ifndef SX_SERVICE_STORE_PICTURE_FILE_H
#define SX_SERVICE_STORE_PICTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum { SX_PICTURE_HEAD = 8 }; /* bytes before the pixels */

/* Reads the size. False: it is no picture of so many bytes. A picture that was left out has width
 * and height 0. */
bool sx_picture_size(const void *bytes, size_t n, int *width, int *height);

/* The path of a film's picture, on the heap; NULL when out of memory. `film`: its path below the
 * folder of the service. */
char *sx_picture_path(const char *folder, const char *film);

#endif
