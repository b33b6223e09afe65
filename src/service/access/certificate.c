#include "service/access/certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <time.h>

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

/* The first of a list to end, or one that has not begun yet. */
static bool find_days(const char *path, gnutls_x509_crt_t *list, unsigned count, int64_t now,
                      long *days, sx_error *err) {
    const time_t today = (time_t)(now / 1000);
    *days = LONG_MAX;
    for (unsigned i = 0; i < count; i++) {
        const time_t begin = gnutls_x509_crt_get_activation_time(list[i]),
                     end = gnutls_x509_crt_get_expiration_time(list[i]);
        if (begin == (time_t)-1 || end == (time_t)-1)
            return sx_fail(err, SX_ERR_FORMAT, "%s: a certificate has no period", path);
        if (begin > today)
            return sx_fail(err, SX_ERR_VALUE, "%s: a certificate is not valid yet", path);
        if (end <= today) return sx_fail(err, SX_ERR_VALUE, "%s: a certificate has expired", path);
        const long left = (long)((end - today) / (24 * 3600));
        if (left < *days) *days = left;
    }
    return true;
}

bool sx_certificate_days(const char *path, int64_t now, long *days, sx_error *err) {
    sx_file f;
    gnutls_x509_crt_t *list = NULL;
    unsigned count = 0;
    if (!sx_file_open_up_to(&f, path, 1 << 20, err)) return false;
    const gnutls_datum_t pem = { (unsigned char *)(uintptr_t)f.data, (unsigned int)f.size };
    const int code = gnutls_x509_crt_list_import2(&list, &count, &pem, GNUTLS_X509_FMT_PEM, 0);
    bool ok = code >= 0 || sx_fail(err, SX_ERR_FORMAT, "%s: has no certificate: %s", path,
                                   gnutls_strerror(code));
    ok = ok && find_days(path, list, count, now, days, err);
    for (unsigned i = 0; code >= 0 && i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
    sx_file_close(&f);
    return ok;
}

bool sx_certificate_hash(const char *path, sx_sha256 *out, sx_error *err) {
    sx_file f;
    if (!sx_file_open_up_to(&f, path, 1 << 20, err)) return false;
    const bool ok = hash_pem(path, &f, out, err);
    sx_file_close(&f);
    return ok;
}
