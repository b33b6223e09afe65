#include "service/net/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "base/files.h"
#include "base/utf8.h"

/* JSON takes up to fifty times its length in memory. */
enum { CONNECT_SECONDS = 15, MOST_ANSWER = 2 << 20, MOST_HEADERS = 256 << 10, MOST_SECRET = 16384 };

/* A request on its way. */
typedef struct exchange {
    const sx_http_remote *remote;
    const sx_http_call *call;
    sx_http_answer *answer;
    CURL *curl;
    struct curl_slist *headers;
    size_t piece, offset; /* of the body: what is sent next */
    size_t header_bytes;
    bool too_long;
    char text[CURL_ERROR_SIZE];
} exchange;

static bool is_set(const char *text) {
    return text && *text;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode prepared;

static void prepare_curl(void) {
    prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- secrets ---- */

/* The first line of a file, which must be text that can stand in a header. */
static bool read_secret(const char *path, char out[MOST_SECRET], sx_error *err) {
    sx_file f;
    if (!sx_file_open_up_to(&f, path, MOST_SECRET - 1, err)) {
        if (err && err->code != SX_ERR_MEMORY) err->code = SX_ERR_IO;
        return false;
    }
    size_t n = 0;
    while (n < f.size && f.data[n] != '\n' && f.data[n] != '\r')
        n++;
    bool plain = n > 0;
    for (size_t i = 0; i < n; i++)
        plain = plain && f.data[i] >= ' ' && f.data[i] != 0x7F;
    memcpy(out, f.data, n);
    out[n] = '\0';
    sx_file_close(&f);
    return plain || sx_fail(err, SX_ERR_VALUE, "%s: its first line is no secret", path);
}

static void forget(char secret[MOST_SECRET]) {
    explicit_bzero(secret, MOST_SECRET);
}

static bool set_secret(exchange *x, sx_error *err) {
    const sx_http_remote *r = x->remote;
    char secret[MOST_SECRET];
    bool ok = true;
    if (is_set(r->token_file)) {
        ok = read_secret(r->token_file, secret, err);
        if (ok) {
            curl_easy_setopt(x->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
            curl_easy_setopt(x->curl, CURLOPT_XOAUTH2_BEARER, secret);
        }
        forget(secret);
    } else if (is_set(r->password_file)) {
        ok = read_secret(r->password_file, secret, err);
        if (ok && !strchr(secret, ':'))
            ok = sx_fail(err, SX_ERR_VALUE, "%s: its first line is not \"name:password\"",
                         r->password_file);
        if (ok) {
            curl_easy_setopt(x->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
            curl_easy_setopt(x->curl, CURLOPT_USERPWD, secret);
        }
        forget(secret);
    }
    return ok;
}

/* ---- the body and the answer ---- */

static size_t give_body(char *to, size_t size, size_t count, void *user) {
    exchange *x = user;
    const size_t room = size * count;
    size_t given = 0;
    while (given < room && x->piece < x->call->pieces) {
        const sx_http_piece *p = &x->call->body[x->piece];
        size_t n = p->n - x->offset;
        if (n > room - given) n = room - given;
        if (n) memcpy(to + given, (const char *)p->bytes + x->offset, n);
        given += n;
        x->offset += n;
        if (x->offset == p->n) {
            x->piece++;
            x->offset = 0;
        }
    }
    return given;
}

/* libcurl begins again if a connection that was kept open turns out to be closed. */
static int seek_body(void *user, curl_off_t offset, int origin) {
    exchange *x = user;
    if (offset != 0 || origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    x->piece = x->offset = 0;
    return CURL_SEEKFUNC_OK;
}

static size_t take_answer(char *bytes, size_t size, size_t count, void *user) {
    exchange *x = user;
    const size_t n = size * count;
    if (n > MOST_ANSWER - x->answer->body.len) {
        x->too_long = true;
        return 0;
    }
    sx_str_append(&x->answer->body, bytes, n);
    return x->answer->body.failed ? 0 : n;
}

/* libcurl keeps all headers, also those of provisional answers, of which there may be many. */
static size_t count_header(char *bytes, size_t size, size_t count, void *user) {
    exchange *x = user;
    const size_t n = size * count;
    (void)bytes;
    x->too_long = n > MOST_HEADERS - x->header_bytes;
    if (x->too_long) return 0;
    x->header_bytes += n;
    return n;
}

static curl_off_t body_size(const sx_http_call *call) {
    curl_off_t n = 0;
    for (size_t i = 0; i < call->pieces; i++)
        n += (curl_off_t)call->body[i].n;
    return n;
}

/* ---- the request ---- */

static void set_limits(exchange *x) {
    const sx_http_remote *r = x->remote;
    CURL *c = x->curl;
    /* the whole may take as long as a slow line needs, at 32 KB/s */
    const curl_off_t whole = 60 + 4 * (curl_off_t)r->message_seconds + body_size(x->call) / 32768;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(c, CURLOPT_PROXY, is_set(r->proxy) ? r->proxy : "");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)r->message_seconds);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)whole);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (is_set(r->trusted)) {
        curl_easy_setopt(c, CURLOPT_CAINFO, r->trusted);
        curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
    }
}

static bool add_header(exchange *x, const char *name, const char *value) {
    sx_str line = { 0 };
    sx_str_printf(&line, "%s: %s", name, value);
    struct curl_slist *list = line.failed ? NULL : curl_slist_append(x->headers, line.data);
    sx_str_free(&line);
    if (list) x->headers = list;
    return list != NULL;
}

static bool set_call(exchange *x, sx_error *err) {
    const sx_http_call *call = x->call;
    CURL *c = x->curl;
    sx_str url = { 0 };
    const size_t n = sx_path_length(x->remote->url);
    sx_str_append(&url, x->remote->url, n);
    sx_str_add(&url, call->path);
    bool ok = sx_str_ok(&url, err) && curl_easy_setopt(c, CURLOPT_URL, sx_str_text(&url)) == 0;
    sx_str_free(&url);
    if (ok && call->accept) ok = add_header(x, "Accept", call->accept);
    if (ok && call->content_type) {
        ok = add_header(x, "Content-Type", call->content_type);
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, body_size(call));
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(c, CURLOPT_READDATA, x);
        curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(c, CURLOPT_SEEKDATA, x);
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, x->headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "spinexr/" SX_VERSION);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, count_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, x->text);
    return ok || sx_fail(err, SX_ERR_MEMORY, "out of memory for a request");
}

/* ---- what came of it ---- */

static bool stays(CURLcode code) {
    return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT ||
           code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM ||
           code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_LOGIN_DENIED;
}

static bool judge(exchange *x, CURLcode code, sx_error *err) {
    const char *url = x->remote->url;
    long status = 0;
    char *location = NULL;
    if (x->too_long) return sx_fail(err, SX_ERR_LIMIT, "%s: the answer is too long", url);
    if (code == CURLE_OUT_OF_MEMORY || x->answer->body.failed)
        return sx_fail(err, SX_ERR_MEMORY, "out of memory for a request");
    if (code != CURLE_OK) {
        sx_utf8_clean(x->text, sizeof x->text);
        return sx_fail(err, stays(code) ? SX_ERR_VALUE : SX_ERR_IO, "%s: %s", url,
                       *x->text ? x->text : curl_easy_strerror(code));
    }
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(x->curl, CURLINFO_REDIRECT_URL, &location);
    x->answer->status = (int)status;
    if (location) {
        sx_format(x->answer->location, sizeof x->answer->location, "%s", location);
        sx_utf8_clean(x->answer->location, sizeof x->answer->location);
    }
    return true;
}

bool sx_http_send(const sx_http_remote *remote, const sx_http_call *call, sx_http_answer *answer,
                  sx_error *err) {
    *answer = (sx_http_answer){ .status = 0 };
    exchange x = { .remote = remote, .call = call, .answer = answer };
    pthread_once(&once, prepare_curl);
    x.curl = prepared == CURLE_OK ? curl_easy_init() : NULL;
    if (!x.curl) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a request");
    set_limits(&x);
    bool ok = set_call(&x, err) && set_secret(&x, err);
    ok = ok && judge(&x, curl_easy_perform(x.curl), err);
    curl_easy_cleanup(x.curl);
    curl_slist_free_all(x.headers);
    return ok;
}

void sx_http_answer_free(sx_http_answer *answer) {
    sx_str_free(&answer->body);
    *answer = (sx_http_answer){ .status = 0 };
}
