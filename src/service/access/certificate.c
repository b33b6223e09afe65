#include "service/access/certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/files.h"

static bool hash_pem(const char *path, const sx_file *f, sx_sha256 *out, sx_error *err) {
    gnutls_x509_crt_t certificate = NULL;
    gnutls_datum_t der = { NULL, 0 };
    const gnutls_datum_t pem = { (unsigned char *)(uintptr_t)f->data, (unsigned int)f->size };
    int code = gnutls_x509_crt_init(&certificate);
    if (code >= 0) code = gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM);
    if (code >= 0) code = gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_DER, &der);
    bool ok = code >= 0 || sx_fail(err, SX_ERR_FORMAT, "%s: has no certificate: %s", path,
                                   gnutls_strerror(code));
    ok = ok && sx_sha256_of(der.data, der.size, out, err);
    gnutls_free(der.data);
    if (certificate) gnutls_x509_crt_deinit(certificate);
    return ok;
}

bool sx_certificate_hash(const char *path, sx_sha256 *out, sx_error *err) {
    sx_file f;
    if (!sx_file_open_up_to(&f, path, 1 << 20, err)) return false;
    const bool ok = hash_pem(path, &f, out, err);
    sx_file_close(&f);
    return ok;
}
