#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "service/web/exchange.h"
#include "service/web/web_server.h"

/* A PEM file as text. */
static char *read_pem(const char *path, sx_error *err) {
    sx_file f;
    if (!sx_file_open_up_to(&f, path, 1 << 20, err)) return NULL;
    char *text = sx_calloc_for(f.size + 1, 1, path, err);
    if (text) memcpy(text, f.data, f.size);
    sx_file_close(&f);
    return text;
}

static gnutls_datum_t datum(const char *text) {
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)text, (unsigned int)strlen(text) };
}

/* libmicrohttpd would only say that it cannot start. */
static bool check_pems(const sx_web_pems *p, const sx_settings_tls *t, sx_error *err) {
    gnutls_certificate_credentials_t c = NULL;
    if (gnutls_certificate_allocate_credentials(&c) != GNUTLS_E_SUCCESS)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for TLS");
    const gnutls_datum_t certificate = datum(p->certificate), key = datum(p->key);
    int code = gnutls_certificate_set_x509_key_mem(c, &certificate, &key, GNUTLS_X509_FMT_PEM);
    bool ok = code >= 0 || sx_fail(err, SX_ERR_FORMAT, "%s and %s cannot be used: %s",
                                   t->certificate, t->key, gnutls_strerror(code));
    if (ok && p->trusted) {
        const gnutls_datum_t trusted = datum(p->trusted);
        code = gnutls_certificate_set_x509_trust_mem(c, &trusted, GNUTLS_X509_FMT_PEM);
        ok = code > 0 || sx_fail(err, SX_ERR_FORMAT, "%s has no certificates: %s", t->trusted,
                                 gnutls_strerror(code));
    }
    gnutls_certificate_free_credentials(c);
    return ok;
}

bool sx_web_pems_read(sx_web_pems *p, const sx_settings_tls *t, sx_error *err) {
    *p = (sx_web_pems){ NULL, NULL, NULL };
    if (!*t->certificate) return true;
    return (p->certificate = read_pem(t->certificate, err)) && (p->key = read_pem(t->key, err)) &&
           (!*t->trusted || (p->trusted = read_pem(t->trusted, err))) && check_pems(p, t, err);
}

void sx_web_pems_free(sx_web_pems *p) {
    free(p->certificate);
    free(p->key);
    free(p->trusted);
    *p = (sx_web_pems){ NULL, NULL, NULL };
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

bool sx_web_pems_equal(const sx_web_pems *a, const sx_web_pems *b) {
    return same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
           same_text(a->trusted, b->trusted);
}

bool sx_web_check_tls(const sx_settings_tls *tls, sx_error *err) {
    sx_web_pems p;
    const bool ok = sx_web_pems_read(&p, tls, err);
    sx_web_pems_free(&p);
    return ok;
}

bool sx_web_tls_certificate(const sx_exchange *x, sx_sha256 *out) {
    unsigned int status = 1, count = 0;
    if (!x->server->pems.trusted) return false;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!info || !info->tls_session) return false;
    gnutls_session_t session = info->tls_session;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    return chain && count > 0 &&
           gnutls_certificate_verify_peers2(session, &status) == GNUTLS_E_SUCCESS && status == 0 &&
           sx_sha256_of(chain[0].data, chain[0].size, out, NULL);
}
