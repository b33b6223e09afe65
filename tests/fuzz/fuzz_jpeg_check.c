#include "fuzz/fuzz.h"

#include "image/jpeg_check.h"

/* Decoders reject most damaged streams; here every stream reaches the check. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sx_error err = { 0 };
    if (!sx_jpeg_check(data, size, NULL, &err) && err.code == SX_OK) __builtin_trap();
    return 0;
}
