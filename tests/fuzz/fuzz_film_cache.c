/* The cache of decoded films (docs/data.md has the layout): as it is, and with the checksum of its
 * records mended, so that what comes behind it is reached. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/film_cache_impl.h"
#include "fuzz/fuzz.h"

enum { HEAD = 64, RECORD = 56, TAIL = 40 };

static char path[64];

static void clean(void) {
    unlink(path);
}

static void put(const uint8_t *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n) abort();
    fclose(f);
}

/* In an accepted file every film's pixels lie within the file. */
static void look(uint64_t key, size_t count) {
    sx_cache_file c = sx_cache_open_file(path, key, count);
    for (size_t i = 0; c.records && i < count; i++) {
        uint8_t *pixels = NULL;
        if (c.records[i].width) (void)!sx_cache_read_pixels(&c, &c.records[i], &pixels);
        free(pixels);
    }
    sx_cache_close_file(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t records, key;
    if (size < HEAD + TAIL) return 0;
    if (!path[0]) {
        const char *tmp = getenv("TMPDIR");
        snprintf(path, sizeof path, "%.40s/cacheXXXXXX", tmp ? tmp : "/tmp");
        const int fd = mkstemp(path);
        if (fd < 0) abort();
        close(fd);
        atexit(clean);
    }
    uint8_t *copy = malloc(size);
    if (!copy) abort();
    memcpy(copy, data, size);
    memcpy(&records, copy + size - TAIL, 8);
    memcpy(&key, copy + 16, 8);
    const size_t end = size - TAIL, count = records <= end ? (end - records) / RECORD : 0;
    put(copy, size);
    look(key, count);
    if (records <= end) {
        const uint32_t crc = sx_cache_crc(copy + records, end - records);
        memcpy(copy + size - TAIL + 24, &crc, 4);
        put(copy, size);
        look(key, count);
    }
    free(copy);
    return 0;
}
