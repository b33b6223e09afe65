#include "base/hash.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "base/files.h"
#include "base/mem.h"

enum { BYTES = 32 };

static void put_hex(const unsigned char md[BYTES], sx_sha256 *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BYTES; i++) {
        out->hex[2 * i] = digits[md[i] >> 4];
        out->hex[2 * i + 1] = digits[md[i] & 15];
    }
    out->hex[2 * BYTES] = '\0';
}

/* OpenSSL queues its errors in the thread, where a host program would take them for its own. They
 * are removed up to a mark, so that the host's stay. */
static bool digest(const void *bytes, size_t n, unsigned char *out) {
    ERR_set_mark();
    const bool ok = EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL) == 1;
    ERR_pop_to_mark();
    return ok;
}

bool sx_sha256_of(const void *bytes, size_t n, sx_sha256 *out, sx_error *err) {
    unsigned char md[EVP_MAX_MD_SIZE];
    *out = (sx_sha256){ "" };
    if (!digest(bytes, n, md)) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a hash");
    put_hex(md, out);
    return true;
}

/* Adds the file from `offset` on, through a buffer that stays in the processor's cache. */
static bool add_file(EVP_MD_CTX *sum, const sx_file_parts *f, const char *path, uint64_t offset,
                     sx_error *err) {
    enum { BLOCK = 1 << 17 };
    uint8_t *block = sx_calloc_for(BLOCK, 1, path, err);
    bool ok = block != NULL;
    while (ok && offset < f->size) {
        const size_t n = f->size - offset < BLOCK ? (size_t)(f->size - offset) : BLOCK;
        errno = 0;
        ok = sx_file_parts_read(f, offset, block, n) ||
             (errno ? sx_fail_errno(err, path, "read")
                    : sx_fail(err, SX_ERR_IO, "%s: was truncated while it was read", path));
        ok = ok && (EVP_DigestUpdate(sum, block, n) ||
                    sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for a hash", path));
        offset += n;
    }
    free(block);
    return ok;
}

bool sx_sha256_of_file(const char *path, uint64_t offset, sx_sha256 *out, sx_error *err) {
    unsigned char md[EVP_MAX_MD_SIZE];
    sx_file_parts f;
    *out = (sx_sha256){ "" };
    if (!sx_file_parts_open(&f, path, err)) return false;
    ERR_set_mark();
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    bool ok = (sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL)) ||
              sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for a hash", path);
    ok = ok && add_file(sum, &f, path, offset, err) &&
         (EVP_DigestFinal_ex(sum, md, NULL) ||
          sx_fail(err, SX_ERR_MEMORY, "%s: out of memory for a hash", path));
    if (ok) put_hex(md, out);
    EVP_MD_CTX_free(sum);
    ERR_pop_to_mark();
    sx_file_parts_close(&f);
    return ok;
}

bool sx_hmac_sha256(const uint8_t *key, size_t key_size, const void *bytes, size_t n,
                    uint8_t out[32], sx_error *err) {
    unsigned size = 0;
    ERR_set_mark();
    const bool ok = HMAC(EVP_sha256(), key, (int)key_size, bytes, n, out, &size) && size == BYTES;
    ERR_pop_to_mark();
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for a hash");
}
