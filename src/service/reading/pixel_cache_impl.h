/* Internal to the cache of pixels (pixel_cache.h): where its files are. */
#ifndef SX_SERVICE_READING_PIXEL_CACHE_IMPL_H
#define SX_SERVICE_READING_PIXEL_CACHE_IMPL_H

#include "service/reading/pixel_cache.h"

enum { SX_PIXEL_PATH = 4096 };

/* The description, then the levels; NULL ends them. */
extern const char *const sx_pixel_cache_parts[];

/* part NULL: the folder of the film's files. SX_ERR_LIMIT, SX_ERR_INTERNAL. */
bool sx_pixel_cache_path(const sx_pixel_source *s, const char *part, char path[SX_PIXEL_PATH],
                         sx_error *err) SX_MUST_USE;
/* Locks a folder of films' files; closing the descriptor unlocks it. -1: SX_ERR_IO. */
int sx_pixel_cache_lock(const char *path, sx_error *err) SX_MUST_USE;
/* sx_pixel_cache_trim, unless it was done within a minute or is being done. */
bool sx_pixel_cache_trim_in_turn(const char *folder, uint64_t most, sx_error *err) SX_MUST_USE;

#endif
