/* Films with a compressed stream, of 37 rows and 53 columns, for tests of streams. */
#ifndef SUPPORT_STREAM_FILMS_H
#define SUPPORT_STREAM_FILMS_H

#include <stdint.h>

#include "dicom/dicom_film.h"
#include "support/dicom.h"

enum { STREAM_ROWS = 37, STREAM_COLUMNS = 53, STREAM_PIXELS = STREAM_ROWS * STREAM_COLUMNS };

/* The stored values of the film that is being made. */
extern uint16_t stream_values[STREAM_PIXELS];
/* Spreads them over low..high. */
void stream_fill(int low, int high);
dicom_shape stream_shape(int stored, bool is_signed);

/* The only frame's stream as DCMTK writes it in this transfer syntax. */
void stream_encode(const char *syntax, const dicom_shape *s, sx_str *out);

/* Begins a film of that transfer syntax; `stream_put` also adds the stream as one fragment. */
void stream_begin(test_dicom *d, const char *label, const dicom_shape *s);
void stream_put(test_dicom *d, const char *label, const dicom_shape *s, const sx_str *stream);
/* Reads the film and frees its bytes. */
sx_film *stream_read_film(test_dicom *d, const char *what);

typedef struct stream_kind {
    const char *syntax;
    int bits, most; /* the largest error of a value */
} stream_kind;
enum { STREAM_KINDS = 8 };
extern const stream_kind stream_kinds[STREAM_KINDS];
/* A film of that kind: its values and its stream. */
dicom_shape stream_make(const stream_kind *k, sx_str *stream);

/* Cuts a stream into fragments of at most `size` bytes; returns their number, at most `room`. */
size_t stream_cut(const sx_str *stream, size_t size, sx_str *parts, size_t room);
void stream_free_parts(sx_str *parts, size_t count);
/* Runs tests that make streams, which use temporary files. */
#define STREAM_RUN_TESTS(tests) cmocka_run_group_tests(tests, NULL, stream_remove_files)
int stream_remove_files(void **state);

#endif
