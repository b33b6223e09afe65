#include "base/zip_writer.h"

#include <string.h>
#include <zlib.h>

/* Little endian. */
static void put(sx_str *to, uint64_t v, int bytes) {
    char c[8];
    for (int i = 0; i < bytes; i++)
        c[i] = (char)(v >> (8 * i) & 0xff);
    sx_str_append(to, c, (size_t)bytes);
}

/* What the header of a member and its record in the directory share (APPNOTE 4.3.7). */
static void put_common(sx_str *to, uint32_t crc, size_t n, const char *name) {
    put(to, 20, 2);     /* version needed: 2.0 */
    put(to, 0, 2);      /* flags */
    put(to, 0, 2);      /* method: stored */
    put(to, 0, 2);      /* time */
    put(to, 0x0021, 2); /* date: 1980-01-01 */
    put(to, crc, 4);
    put(to, n, 4);
    put(to, n, 4);
    put(to, strlen(name), 2);
    put(to, 0, 2); /* extra field */
}

void sx_zip_add(sx_zip *z, const char *name, const void *bytes, size_t n) {
    const uint32_t crc = (uint32_t)crc32_z(0, bytes, n);
    const size_t at = z->bytes.len;
    put(&z->bytes, 0x04034b50, 4);
    put_common(&z->bytes, crc, n, name);
    sx_str_add(&z->bytes, name);
    sx_str_append(&z->bytes, bytes, n);
    put(&z->directory, 0x02014b50, 4);
    put(&z->directory, 20, 2); /* made by */
    put_common(&z->directory, crc, n, name);
    put(&z->directory, 0, 2); /* comment */
    put(&z->directory, 0, 2); /* disk */
    put(&z->directory, 0, 2); /* internal attributes */
    put(&z->directory, 0, 4); /* external attributes */
    put(&z->directory, at, 4);
    sx_str_add(&z->directory, name);
    z->count++;
}

bool sx_zip_end(sx_zip *z, sx_error *err) {
    const size_t at = z->bytes.len, size = z->directory.len;
    if (!sx_str_ok(&z->bytes, err) || !sx_str_ok(&z->directory, err)) return false;
    if (at + size > UINT32_MAX || z->count > UINT16_MAX)
        return sx_fail(err, SX_ERR_LIMIT, "an archive of over 4 GiB or 65,535 members");
    sx_str_append(&z->bytes, sx_str_text(&z->directory), size);
    put(&z->bytes, 0x06054b50, 4);
    put(&z->bytes, 0, 4); /* disks */
    put(&z->bytes, z->count, 2);
    put(&z->bytes, z->count, 2);
    put(&z->bytes, size, 4);
    put(&z->bytes, at, 4);
    put(&z->bytes, 0, 2); /* comment */
    return sx_str_ok(&z->bytes, err);
}

void sx_zip_free(sx_zip *z) {
    sx_str_free(&z->bytes);
    sx_str_free(&z->directory);
    *z = (sx_zip){ 0 };
}
