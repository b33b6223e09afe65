/* The beginning of a connection: a verdict that more bytes cannot change stays as it is, and a
 * message that is whole is no longer than what has come. */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "service/net/first_message.h"

static void check(sx_first_message (*look)(const uint8_t *, size_t), const uint8_t *data,
                  size_t size) {
    sx_first_message before = look(data, 0);
    if (before != SX_FIRST_SHORT) abort(); /* nothing has come */
    for (size_t n = 1; n <= size; n++) {
        const sx_first_message now = look(data, n);
        if (before != SX_FIRST_SHORT && now != before) abort();
        if (now == SX_FIRST_SHORT && n >= SX_FIRST_MESSAGE) abort(); /* it would wait for ever */
        before = now;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check(sx_first_dicom, data, size);
    check(sx_first_tls, data, size);
    return 0;
}
