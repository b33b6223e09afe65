/* What keys of the settings mean together, and values whose form the table of keys does not tell.
 */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"
#include "base/str.h"
#include "service/settings.h"
#include "service/settings_impl.h"

/* ---- faults ---- */

/* The key itself, as it was set last, or else the first key below it; NULL: neither is in a file.
 */
static const sx_setting_place *find_place(const sx_settings *s, const char *key) {
    const sx_setting_place *below = NULL;
    const size_t n = strlen(key);
    for (const sx_setting_place *p = s->places; p; p = p->earlier) {
        if (strcmp(p->key, key) == 0) return p;
        if (strncmp(p->key, key, n) == 0 && p->key[n] == '.') below = p;
    }
    return below;
}

static bool fail_key(const sx_settings *s, sx_error *err, const char *key, const char *fmt, ...)
    SX_PRINTF(4, 5);
static bool fail_key(const sx_settings *s, sx_error *err, const char *key, const char *fmt, ...) {
    char text[300];
    va_list args;
    va_start(args, fmt);
    sx_vformat(text, sizeof text, fmt, args);
    va_end(args);
    const sx_setting_place *at = find_place(s, key);
    if (at) return sx_fail(err, SX_ERR_VALUE, "%s:%zu: %s: %s", at->file, at->line, key, text);
    return sx_fail(err, SX_ERR_VALUE, "%s%s%s: %s", s->file, *s->file ? ": " : "", key, text);
}

/* ---- URLs and names ---- */

/* Whether a secret may be sent to a URL: not in clear, except to this machine. */
static bool keeps_secrets(const char *url) {
    char host[64];
    if (sx_starts_with(url, "https://")) return true;
    const char *begin = url + strlen("http://");
    sx_format(host, sizeof host, "%.*s", (int)strcspn(begin, ":/"), begin);
    return sx_is_loopback(host) || strcmp(host, "localhost") == 0;
}

/* What is wrong with a URL; NULL: nothing. `secret`: one is sent there. */
static const char *url_fault(const char *url, bool secret, const char *parts,
                             const char *no_parts) {
    if (!sx_starts_with(url, "https://") && !sx_starts_with(url, "http://"))
        return "must begin with http:// or https://";
    const char *host = strstr(url, "//") + 2;
    if (!strcspn(host, ":/?#")) return "has no host";
    if (memchr(host, '@', strcspn(host, "/"))) return "must not contain a password: use a file";
    if (strpbrk(url, parts)) return no_parts;
    if (secret && !keeps_secrets(url)) return "must begin with https://, since a secret is sent";
    return NULL;
}

/* A host, with a port if `port`. */
static bool is_host(const char *text, bool port) {
    size_t n = 0;
    while (sx_is_letter(text[n]) || sx_is_digit(text[n]) || (text[n] && strchr("-._", text[n])))
        n++;
    if (n == 0) return false;
    if (!text[n] || !port || text[n] != ':') return !text[n];
    const char *digits = text + n + 1;
    const size_t count = strspn(digits, "0123456789");
    return count >= 1 && count <= 5 && !digits[count];
}

/* As browsers send it: no path, not even a slash at the end. */
static bool is_origin(const char *text) {
    const char *host = sx_starts_with(text, "https://")  ? text + strlen("https://")
                       : sx_starts_with(text, "http://") ? text + strlen("http://")
                                                         : "";
    return is_host(host, true);
}

/* ---- destinations ---- */

static bool check_url(const sx_settings *s, const sx_destination *d, const char *key,
                      sx_error *err) {
    char url[80];
    const char *what = url_fault(d->url, *d->token_file || *d->password_file, "?# ",
                                 "must not have a query, a fragment or blanks");
    sx_format(url, sizeof url, "%s.url", key);
    if (what) return fail_key(s, err, url, "%s", what);
    return !*d->token_file || !*d->password_file ||
           fail_key(s, err, key, "has token_file or password_file, not both");
}

bool sx_settings_check_destination(const sx_settings *s, const sx_destination *d, sx_error *err) {
    char key[64];
    sx_format(key, sizeof key, "destinations.%s", d->name);
    if (!*d->host == !*d->url)
        return fail_key(s, err, key, "needs host or url%s", *d->host ? ", not both" : "");
    return !*d->url || check_url(s, d, key, err);
}

/* ---- TLS ---- */

static bool check_tls(const sx_settings *s, const sx_settings_tls *tls, const char *key,
                      sx_error *err) {
    return !*tls->certificate == !*tls->key ||
           fail_key(s, err, key, "certificate and key belong together");
}

/* `needs`: the key that has need of the certificate. */
static bool check_dicom_tls(const sx_settings *s, const char *needs, sx_error *err) {
    return *s->dicom.tls.certificate ||
           fail_key(s, err, needs, "needs dicom.tls.certificate and dicom.tls.key");
}

/* Without authorities, any server would be taken for the destination. */
static bool check_client_tls(const sx_settings *s, const sx_destination *d, sx_error *err) {
    char key[64];
    sx_format(key, sizeof key, "destinations.%s.tls", d->name);
    return check_dicom_tls(s, key, err) &&
           (*s->dicom.tls.trusted || fail_key(s, err, key, "needs dicom.tls.trusted"));
}

static bool check_all_tls(const sx_settings *s, sx_error *err) {
    bool ok = check_tls(s, &s->dicom.tls, "dicom.tls", err) &&
              check_tls(s, &s->http.tls, "http.tls", err) &&
              (!s->dicom.tls_port || check_dicom_tls(s, "dicom.tls_port", err));
    for (size_t i = 0; ok && i < s->destination_count; i++)
        if (s->destinations[i].tls) ok = check_client_tls(s, &s->destinations[i], err);
    return ok;
}

/* ---- ports ---- */

static bool same_address(const char *a, const char *b) {
    return strcmp(a, b) == 0 || strcmp(a, "0.0.0.0") == 0 || strcmp(b, "0.0.0.0") == 0;
}

static bool check_ports(const sx_settings *s, sx_error *err) {
    const char *dicom = sx_settings_dicom_listen(s);
    const struct {
        const char *key, *listen;
        int port; /* 0: any, or none */
    } ports[] = { { "dicom.port", dicom, s->dicom.port },
                  { "dicom.tls_port", dicom, s->dicom.tls_port },
                  { "http.port", s->http.listen, s->http.port },
                  { "http.metrics_port", s->http.metrics_listen, s->http.metrics_port } };
    for (size_t i = 1; i < sizeof ports / sizeof *ports; i++)
        for (size_t k = 0; k < i; k++)
            if (ports[i].port && ports[i].port == ports[k].port &&
                same_address(ports[i].listen, ports[k].listen))
                return fail_key(s, err, ports[i].key, "%d is %s too", ports[i].port, ports[k].key);
    return true;
}

/* ---- HTTP ---- */

static bool check_lists(const sx_settings *s, sx_error *err) {
    struct in_addr a;
    for (size_t i = 0; i < s->http.proxies.count; i++)
        if (inet_pton(AF_INET, s->http.proxies.items[i], &a) != 1)
            return fail_key(s, err, "http.proxies", "%.100s is not an IPv4 address",
                            s->http.proxies.items[i]);
    for (size_t i = 0; i < s->http.hosts.count; i++)
        if (!is_host(s->http.hosts.items[i], false))
            return fail_key(s, err, "http.hosts", "\"%.100s\" is not the name of a host",
                            s->http.hosts.items[i]);
    for (size_t i = 0; i < s->http.cors.count; i++)
        if (!is_origin(s->http.cors.items[i]))
            return fail_key(s, err, "http.cors",
                            "\"%.100s\" is not an origin such as https://viewer.example",
                            s->http.cors.items[i]);
    return true;
}

static bool check_http(const sx_settings *s, sx_error *err) {
    if (!sx_is_loopback(s->http.listen) && !*s->http.tls.certificate && !s->http.behind_proxy)
        return fail_key(s, err, "http.listen",
                        "%s can be reached from other machines, so http.tls or "
                        "http.behind_proxy is needed",
                        s->http.listen);
    if (*s->http.user_header && s->http.proxies.count == 0)
        return fail_key(s, err, "http.user_header",
                        "needs http.proxies, since anyone can send a header");
    return check_lists(s, err);
}

bool sx_settings_day(int day, int64_t *out) {
    const struct tm asked = { .tm_year = day / 10000 - 1900,
                              .tm_mon = day / 100 % 100 - 1,
                              .tm_mday = day % 100 };
    struct tm t = asked;
    *out = (int64_t)timegm(&t) * 1000;
    return day >= 19700101 && t.tm_year == asked.tm_year && t.tm_mon == asked.tm_mon &&
           t.tm_mday == asked.tm_mday;
}

static bool check_alarms(const sx_settings *s, sx_error *err) {
    int64_t ignored;
    if (s->alarms.drift_from && !sx_settings_day(s->alarms.drift_from, &ignored))
        return fail_key(s, err, "alarms.drift_from", "must be a day as YYYYMMDD");
    const char *what = url_fault(s->alarms.webhook, *s->alarms.token_file, "# ",
                                 "must not have a fragment or blanks");
    return !*s->alarms.webhook || !what || fail_key(s, err, "alarms.webhook", "%s", what);
}

/* ---- sources ---- */

static bool is_listed(const sx_settings_list *list, const char *text) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0) return true;
    return false;
}

/* Films from an AE title that may not send never come. */
static bool check_sources(const sx_settings *s, const sx_destination *d, sx_error *err) {
    char key[64];
    sx_format(key, sizeof key, "destinations.%s.sources", d->name);
    for (size_t i = 0; s->dicom.peers.count && i < d->sources.count; i++) {
        const char *source = d->sources.items[i];
        if (!is_listed(&s->dicom.peers, source) && strcmp(source, "stow") != 0 &&
            strcmp(source, "folder") != 0)
            return fail_key(s, err, key, "%s is not in dicom.peers, so it cannot send films",
                            source);
    }
    return true;
}

static bool check_all_sources(const sx_settings *s, sx_error *err) {
    for (size_t i = 0; i < s->destination_count; i++)
        if (!check_sources(s, &s->destinations[i], err)) return false;
    return true;
}

bool sx_settings_check(const sx_settings *s, sx_error *err) {
    return check_all_sources(s, err) && check_http(s, err) && check_all_tls(s, err) &&
           check_ports(s, err) && check_alarms(s, err);
}
