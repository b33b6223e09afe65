/* Internal to film_cache.h: the file. */
#ifndef SX_DATA_FILM_CACHE_IMPL_H
#define SX_DATA_FILM_CACHE_IMPL_H

#include "base/claim.h"
#include "base/files.h"
#include "data/film_cache.h"

/* One film. A film that could not be read has width 0. */
typedef struct sx_cache_record {
    uint64_t path;   /* FNV-1a of the absolute path */
    uint64_t size;   /* of the film's file when it was read, in bytes; 0: it did not exist */
    int64_t changed; /* its modification time, in ns */
    uint64_t offset; /* of the pixels */
    int32_t width, height, channels; /* of the pixels */
    int32_t film_width, film_height;
    uint32_t crc; /* CRC-32 of the pixels */
} sx_cache_record;

static inline size_t sx_cache_bytes(const sx_cache_record *r) {
    return (size_t)r->width * (size_t)r->height * (size_t)r->channels;
}
uint32_t sx_cache_crc(const void *bytes, size_t n);
/* Path, size and modification time of a film's file as it is now. */
sx_cache_record sx_cache_source(const char *path);
/* The cache's name is derived from this. */
uint64_t sx_cache_key(const sx_film_cache_options *o, const sx_cache_record *sources);

/* film_cache_file.c: opens a file, reads its records and checks them, but not the pixels. */
typedef struct sx_cache_file {
    sx_file_parts file;       /* open if there are records */
    sx_cache_record *records; /* [count] on the heap; NULL: it does not exist or is damaged */
} sx_cache_file;
sx_cache_file sx_cache_open_file(const char *path, uint64_t key, size_t count);
void sx_cache_close_file(sx_cache_file *f);
/* Reads the pixels of a record whose width is not 0, on the heap, and checks them. False: the file
 * is damaged or was truncated. *pixels is NULL then, and when out of memory. */
bool sx_cache_read_pixels(const sx_cache_file *f, const sx_cache_record *r,
                          uint8_t **pixels) SX_MUST_USE;

/* Writes the file at `path`. Films that have not changed are copied from `old`. */
bool sx_cache_make(const sx_film_cache_options *o, const char *path, sx_claim *claim, uint64_t key,
                   const sx_cache_record *sources, const sx_cache_file *old, size_t *decoded,
                   sx_error *err) SX_MUST_USE;

#endif
