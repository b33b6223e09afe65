/* TensorBoard's event files: scalars over steps. TFRecord framing - length (u64), its masked
 * CRC-32C, the bytes, their masked CRC-32C, all little-endian - around tensorflow.Event messages,
 * whose few fields are encoded here by hand (tensorflow/core/util/event.proto and
 * framework/summary.proto). */
#ifndef SX_TRAIN_TFEVENTS_H
#define SX_TRAIN_TFEVENTS_H

#include "base/str.h"

typedef struct sx_tfevents sx_tfevents;

typedef struct sx_tfscalar {
    const char *tag;
    double value; /* stored as float32 */
} sx_tfscalar;

/* `path` (TensorBoard takes any file with "tfevents" in its name) is created or continued: events
 * of steps from `from` on, and an incomplete event, are removed first. Errors: SX_ERR_IO. */
sx_tfevents *sx_tfevents_open(const char *path, long from, sx_error *err) SX_MUST_USE;
void sx_tfevents_close(sx_tfevents *t); /* NULL is allowed */
/* One event with all these values, on disk when it returns. Errors: SX_ERR_IO (the disk is full),
 * SX_ERR_MEMORY. */
bool sx_tfevents_put(sx_tfevents *t, long step, const sx_tfscalar *scalars, size_t count,
                     sx_error *err) SX_MUST_USE;

#endif
