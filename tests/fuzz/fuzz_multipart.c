/* A multipart body (STOW-RS): whatever it holds, its parts are no more than its bytes. */
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "service/web/multipart.h"

static bool count(void *user, const void *bytes, size_t n, sx_error *err) {
    (void)bytes, (void)err;
    *(size_t *)user += n;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static FILE *file;
    char type[SX_MULTIPART_TYPE];
    size_t total = 0;
    bool more = true;
    if (!file && !(file = tmpfile())) return 0;
    const int fd = fileno(file);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size ||
        lseek(fd, 0, SEEK_SET) != 0)
        return 0;
    sx_multipart *m = sx_multipart_open(
        fd, "multipart/related; type=\"application/dicom\"; boundary=b", "application/dicom", NULL);
    while (m && more && sx_multipart_next(m, &more, type, NULL) && more)
        if (!sx_multipart_content(m, count, &total, NULL)) break;
    if (total > size) abort();
    sx_multipart_free(m);
    return 0;
}
