/* Places in compressed streams where text can be that is not part of the image. */
#ifndef TESTS_SUPPORT_STREAM_PLACES_H
#define TESTS_SUPPORT_STREAM_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

void stream_insert(sx_str *s, size_t at, const void *bytes, size_t n);
/* Inserts a marker segment that holds the text behind two letters, JPEG 2000's registration value;
 * returns its length. */
size_t stream_put_segment(sx_str *s, size_t at, int marker, const char *text);
/* The first such marker, 0xFF and this byte. */
size_t stream_find_marker(const sx_str *s, uint8_t marker);

/* Kinds of streams, a bit each. */
enum { PLACE_DCT = 1, PLACE_LOSSLESS = 2, PLACE_LS = 4, PLACE_J2K = 8, PLACE_RLE = 16 };

typedef struct stream_place {
    const char *name;
    int kinds;
    /* Puts the text there, at most 40 characters; the image does not change. */
    void (*hide)(sx_str *s, const char *text);
    bool coded; /* among data that decoders need: only encoding the film again removes the text */
} stream_place;

enum { STREAM_PLACES = 22 };
extern const stream_place stream_places[STREAM_PLACES];
/* The kind of a stream of this transfer syntax. */
int stream_place_kind(const char *syntax);

#endif
