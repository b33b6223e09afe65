#include "identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "support/check.h"

static void add_extension(X509 *x, int nid, const char *value) {
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, (char *)(uintptr_t)value);
    assert_non_null(e);
    assert_int_equal(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void write_pems(identity *out, const char *name) {
    FILE *f;
    char file[64];
    snprintf(file, sizeof file, "%s.crt", name);
    snprintf(out->certificate_path, sizeof out->certificate_path, "%s", check_tmp_path(file));
    snprintf(file, sizeof file, "%s.key", name);
    snprintf(out->key_path, sizeof out->key_path, "%s", check_tmp_path(file));
    f = fopen(out->certificate_path, "w");
    assert_true(f && PEM_write_X509(f, out->certificate) && fclose(f) == 0);
    f = fopen(out->key_path, "w");
    assert_true(f && PEM_write_PrivateKey(f, out->key, NULL, NULL, 0, NULL, NULL) &&
                fclose(f) == 0);
}

void identity_make(identity *out, const char *name, const identity *signer, bool is_ca,
                   long seconds) {
    unsigned char *der = NULL;
    static int serial;
    X509 *x = X509_new();
    out->key = EVP_EC_gen("P-256");
    assert_true(x && out->key);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), seconds);
    X509_set_pubkey(x, out->key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(signer ? signer->certificate : x));
    add_extension(x, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(x, NID_subject_alt_name, "DNS:localhost");
    assert_true(X509_sign(x, signer ? signer->key : out->key, EVP_sha256()) > 0);
    out->certificate = x;
    const int n = i2d_X509(x, &der);
    assert_true(n > 0);
    snprintf(out->sha256, sizeof out->sha256, "%s", check_sha256(der, (size_t)n));
    OPENSSL_free(der);
    write_pems(out, name);
}

void identity_free(identity *i) {
    EVP_PKEY_free(i->key);
    X509_free(i->certificate);
}
