#include "fuzz/fuzz.h"

#include "fuzz/weights_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    walk_weights(sx_read_torch_zip, data, size);
    return 0;
}
