#include "base/random.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/random.h>

#include "base/str.h"

bool sx_random_bytes(void *out, size_t n, sx_error *err) {
    ssize_t drawn;
    do {
        drawn = getrandom(out, n, 0);
    } while (drawn < 0 && errno == EINTR);
    return (drawn >= 0 && (size_t)drawn == n) ||
           sx_fail(err, SX_ERR_IO, "the system has no random numbers");
}

bool sx_random_name(char out[SX_RANDOM_NAME], sx_error *err) {
    uint64_t bits;
    if (!sx_random_bytes(&bits, sizeof bits, err)) return false;
    sx_format(out, SX_RANDOM_NAME, "%016" PRIx64, bits);
    return true;
}
