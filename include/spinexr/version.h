/* The version of these headers, and of the library. */
#ifndef SPINEXR_VERSION_H
#define SPINEXR_VERSION_H

#include "spinexr/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPINEXR_VERSION_MAJOR 0
#define SPINEXR_VERSION_MINOR 2
#define SPINEXR_VERSION_PATCH 0
#define SPINEXR_VERSION       "0.2.0"

/* The version of the library that the program runs with, e.g. "0.2.0". It may be newer than the
 * headers: a newer library of the same major version (before 1.0: of the same minor version) works
 * with programs that were built with older headers. The string is valid for the life of the
 * process. */
SX_API const char *sx_version(void);

#ifdef __cplusplus
}
#endif
#endif
