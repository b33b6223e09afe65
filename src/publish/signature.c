#include "publish/signature.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/files.h"

/* A passphrase is never asked for: nobody may be there to answer. */
static int no_passphrase(char *buffer, int size, int writing, void *user) {
    (void)buffer, (void)size, (void)writing, (void)user;
    return -1;
}

static EVP_PKEY *read_key(const char *path, bool private_key, sx_error *err) {
    sx_file f;
    if (!sx_file_open_up_to(&f, path, 1 << 16, err)) return NULL;
    BIO *bio = BIO_new_mem_buf(f.data, (int)f.size);
    EVP_PKEY *key = NULL;
    if (bio && private_key)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    else if (bio)
        key = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
    const bool right = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
    if (!bio)
        sx_fail(err, SX_ERR_MEMORY, "out of memory for a key");
    else if (!right)
        sx_fail(err, SX_ERR_FORMAT, "%s: not %s of Ed25519 in PEM%s", path,
                private_key ? "a private key" : "a public key",
                private_key ? " without a passphrase" : "");
    if (!right) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    BIO_free(bio);
    sx_file_close(&f);
    ERR_clear_error();
    return key;
}

bool sx_sign(const char *path, const void *bytes, size_t n, uint8_t out[SX_SIGNATURE],
             sx_error *err) {
    size_t size = SX_SIGNATURE;
    EVP_PKEY *key = read_key(path, true, err);
    if (!key) return false;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    const bool ok = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestSign(md, out, &size, bytes, n) == 1 && size == SX_SIGNATURE;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok || sx_fail(err, SX_ERR_MEMORY, "%s: cannot sign", path);
}

bool sx_check_signature(const char *path, const void *bytes, size_t n, const void *signature,
                        size_t size, sx_error *err) {
    EVP_PKEY *key = read_key(path, false, err);
    if (!key) return false;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    const bool ready = md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, key) == 1;
    const bool right = ready && EVP_DigestVerify(md, signature, size, bytes, n) == 1;
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!ready) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a signature");
    return right || sx_fail(err, SX_ERR_MISMATCH, "not signed by %s", path);
}
