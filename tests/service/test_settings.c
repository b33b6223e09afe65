/* The settings file of the service: defaults, what a file changes, and errors that name file, line
 * and key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/settings.h"
#include "service/settings_example.h"
#include "service/settings_impl.h"
#include "support/check.h"

static sx_settings defaults(void) {
    sx_error err = { 0 };
    sx_settings s;
    CHECK_OK(sx_settings_init(&s, &err), err);
    return s;
}

static bool parse(sx_settings *s, const char *text, sx_error *err) {
    return sx_settings_parse(s, "serve.yaml", text, strlen(text), err);
}

static void defaults_are_for_one_machine(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s = defaults();
    assert_string_equal(s.dicom.ae_title, "SPINEXR");
    assert_string_equal(sx_settings_dicom_listen(&s), "127.0.0.1");
    assert_int_equal(s.dicom.port, 11112);
    assert_int_equal(s.http.port, 8080);
    assert_int_equal(s.weights.count, 0);
    assert_string_equal(s.store, "");
    assert_false(s.allow_demo || s.shadow || s.log_patients || s.study.says_normal);
    CHECK_OK(sx_settings_check(&s, &err), err);
    sx_settings_free(&s);
}

static void a_file_changes_what_it_names(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s = defaults();
    CHECK_OK(parse(&s,
                   "data: /var/lib/spinexr\n"
                   "weights: [a, b]\n"
                   "dicom:\n  ae_title: SPINE AI\n  port: 104\n  peers: [CR1, DX 2]\n"
                   "study: {quiet_seconds: 90}\n"
                   "destinations:\n"
                   "  pacs: {host: 10.0.0.5, port: 11112, ae_title: PACS, send: [sr]}\n"
                   "  web:\n    url: https://archive/dicom-web\n    token_file: /run/token\n    "
                   "confirm: find\n    test: true\n",
                   &err),
             err);
    assert_string_equal(s.file, "serve.yaml");
    assert_string_equal(s.data, "/var/lib/spinexr");
    assert_int_equal(s.weights.count, 2);
    assert_string_equal(s.weights.items[1], "b");
    assert_string_equal(s.dicom.ae_title, "SPINE AI");
    assert_int_equal(s.dicom.port, 104);
    assert_string_equal(s.dicom.peers.items[1], "DX 2");
    assert_int_equal(s.study.quiet_seconds, 90);
    assert_int_equal(s.destination_count, 2);
    const sx_destination *pacs = &s.destinations[0], *web = &s.destinations[1];
    assert_string_equal(pacs->name, "pacs");
    assert_string_equal(pacs->confirm, "commitment");
    assert_int_equal(pacs->send.count, 1);
    assert_int_equal(pacs->retry_hours, 72);
    assert_string_equal(web->url, "https://archive/dicom-web");
    assert_string_equal(web->confirm, "find");
    assert_string_equal(web->token_file, "/run/token");
    assert_string_equal(web->withdraw, "none");
    assert_int_equal(web->confirm_minutes, 10);
    assert_int_equal(web->send.count, 3);
    assert_true(web->test);
    CHECK_OK(sx_settings_check(&s, &err), err);
    sx_settings_free(&s);
}

static void errors_name_file_line_and_key(void **state) {
    (void)state;
    static const struct {
        const char *text;
        sx_error_code code;
        const char *message;
    } cases[] = {
        { "data: a\ndicom:\n  prot: 1\n", SX_ERR_FORMAT,
          "serve.yaml:3: dicom.prot: there is no such key; did you mean dicom.port?" },
        { "dicom: {port: x}\n", SX_ERR_FORMAT, "serve.yaml:1: dicom.port: must be a whole number" },
        { "dicom: {port: 1.5}\n", SX_ERR_FORMAT, "must be a whole number" },
        { "\ndicom:\n  port: 70000\n", SX_ERR_VALUE,
          "serve.yaml:3: dicom.port: must be 0 to 65535, not 70000" },
        { "dicom: {port: 99999999999999999999}\n", SX_ERR_VALUE, "must be 0 to 65535" },
        { "dicom: {ae_title: SEVENTEEN_LETTERS}\n", SX_ERR_VALUE, "is not an AE title" },
        { "dicom: {ae_title: 'A\\B'}\n", SX_ERR_VALUE, "is not an AE title" },
        { "shadow: perhaps\n", SX_ERR_FORMAT, "must be true or false, not \"perhaps\"" },
        { "data: [a, b]\n", SX_ERR_FORMAT, "must be one text" },
        { "weights: [a, ~]\n", SX_ERR_FORMAT, "item 2 is no text" },
        { "destinations: {p: {host: h, send: [sr, gspz]}}\n", SX_ERR_FORMAT,
          "\"gspz\" is none of sr|gsps|capture; did you mean gsps?" },
        { "destinations: {p: {host: h, hots: g}}\n", SX_ERR_FORMAT,
          "destinations.p.hots: there is no such key; did you mean host?" },
        { "destinations: {p: {port: 1}}\n", SX_ERR_VALUE,
          "serve.yaml:1: destinations.p: needs host or url" },
        { "destinations: {p: {host: h, url: 'http://x'}}\n", SX_ERR_VALUE, "not both" },
        { "destinations: {p: {url: 'ftp://x'}}\n", SX_ERR_VALUE, "must begin with http:// or" },
        { "destinations: {p: {url: 'https://n:p@x/y'}}\n", SX_ERR_VALUE,
          "serve.yaml:1: destinations.p.url: must not contain a password: use a file" },
        { "destinations: {p: {url: 'https://x/?y'}}\n", SX_ERR_VALUE, "must not have a query" },
        { "destinations: {p: {url: 'http://x/y', token_file: t}}\n", SX_ERR_VALUE,
          "must begin with https://, since a secret is sent" },
        { "destinations: {p: {url: 'http://127.0.0.1.example/', password_file: t}}\n", SX_ERR_VALUE,
          "must begin with https://" },
        { "destinations: {p: {url: 'https://x', token_file: t, password_file: u}}\n", SX_ERR_VALUE,
          "token_file or password_file, not both" },
        { "destinations: {p: {host: h, only: [findings]}}\n", SX_ERR_FORMAT,
          "destinations.p.only" },
        { "destinations: {p: {host: h, only: []}}\n", SX_ERR_FORMAT, "destinations.p.only" },
        { "destinations: {p: {host: h, films: [Modality]}}\n", SX_ERR_FORMAT,
          "destinations.p.films: \"Modality\": a rule is ATTRIBUTE=VALUE" },
        { "destinations: {p: {host: h, sources: [SEVENTEEN_LETTERS]}}\n", SX_ERR_VALUE,
          "destinations.p.sources: \"SEVENTEEN_LETTERS\" is not an AE title" },
        { "dicom: {peers: [CR1, '']}\n", SX_ERR_VALUE, "dicom.peers: \"\" is not an AE title" },
        { "destinations: {p: {host: h, send: null}}\n", SX_ERR_FORMAT, "destinations.p.send" },
        { "destinations: {p: {host: h, withdraw: yes}}\n", SX_ERR_FORMAT,
          "\"yes\" is none of iocm|none" },
        { "destinations: {p: 1}\n", SX_ERR_FORMAT, "must have keys" },
        { "a: [\n", SX_ERR_FORMAT, "serve.yaml" },
        { "codes: {A: 1}\n", SX_ERR_FORMAT, "codes.A: must be a list of three" },
        { "codes: {A: [1, SCT]}\n", SX_ERR_FORMAT, "codes.A: must be a list of three" },
        { "codes: {A: [12345678901234567, SCT, M]}\n", SX_ERR_VALUE, "is not a code value" },
        { "codes: {A: ['1\\2', SCT, M]}\n", SX_ERR_VALUE, "\"1\\2\" is not a code value" },
        { "\ncodes: {A: [1, '', M]}\n", SX_ERR_VALUE,
          "serve.yaml:2: codes.A: \"\" is not a coding scheme (1 to 16 ASCII characters)" },
        { "codes: {A: [1, SCT, '\xC3\xA9']}\n", SX_ERR_VALUE, "is not a code meaning" },
        { "codes: {A: [1, 99SPINEXR, M]}\n", SX_ERR_VALUE, "the scheme of our own codes" },
        { "films: {refuse: [HAND]}\n", SX_ERR_FORMAT, "\"HAND\": a rule is ATTRIBUTE=VALUE" },
        { "films: {accept: [BodyPart=HAND]}\n", SX_ERR_FORMAT,
          "films.accept: \"BodyPart=HAND\": no rule can be about BodyPart" },
        { "films: {accept: [Modalty=DX]}\n", SX_ERR_FORMAT, "did you mean Modality?" },
        { "films: {accept: [Modality=]}\n", SX_ERR_FORMAT, "there is no value" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_settings s = defaults();
        if (parse(&s, cases[i].text, &err)) fail_msg("accepted: %s", cases[i].text);
        check_error(&err, cases[i].code, cases[i].message);
        sx_settings_free(&s);
    }
}

static void classes_have_codes(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s = defaults();
    CHECK_OK(parse(&s,
                   "codes:\n"
                   "  Surgical implant: [40388003, SCT, Implant]\n"
                   "  a.b: [1, X, M]\n",
                   &err),
             err);
    const sx_settings_code *c = sx_settings_find_code(&s, "Surgical implant");
    assert_non_null(c);
    assert_string_equal(c->value, "40388003");
    assert_string_equal(c->scheme, "SCT");
    assert_string_equal(c->meaning, "Implant");
    assert_non_null(sx_settings_find_code(&s, "a.b"));
    assert_null(sx_settings_find_code(&s, "surgical implant"));
    CHECK_OK(parse(&s, "codes: {a.b: [2, X, M]}", &err), err); /* replaces it */
    assert_int_equal(s.code_count, 2);
    assert_string_equal(sx_settings_find_code(&s, "a.b")->value, "2");
    sx_settings_free(&s);
}

/* An HTTP port that others can reach needs TLS. */
static void open_ports_need_protection(void **state) {
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: accepted */
    } cases[] = {
        { "dicom: {listen: 0.0.0.0}", NULL },
        { "http: {listen: 10.0.0.1}", "http.tls or http.behind_proxy is needed" },
        { "http: {listen: 10.0.0.1, behind_proxy: true}", NULL },
        { "http: {listen: 10.0.0.1, tls: {certificate: c, key: k}}", NULL },
        { "http: {tls: {certificate: c}}",
          "serve.yaml:1: http.tls: certificate and key belong together" },
        { "http: {proxies: [10.0.0.1, proxy]}",
          "serve.yaml:1: http.proxies: proxy is not an IPv4 address" },
        { "http: {user_header: X-User}", "serve.yaml:1: http.user_header: needs http.proxies" },
        { "http: {user_header: X-User, proxies: [10.0.0.1]}", NULL },
        { "dicom: {tls_port: 2762}",
          "serve.yaml:1: dicom.tls_port: needs dicom.tls.certificate and" },
        { "destinations: {p: {host: h, tls: true}}",
          "serve.yaml:1: destinations.p.tls: needs dicom.tls.certificate and dicom.tls.key" },
        { "dicom: {tls: {certificate: c, key: k}}\ndestinations: {p: {host: h, tls: true}}",
          "serve.yaml:2: destinations.p.tls: needs dicom.tls.trusted" },
        { "dicom: {tls: {certificate: c, key: k, trusted: t}}\n"
          "destinations: {p: {host: h, tls: true}}",
          NULL },
        { "destinations: {p: {url: 'http://127.0.0.1:8042/x', token_file: t}}", NULL },
        { "http: {port: 8080,\n  metrics_port: 8080}",
          "serve.yaml:2: http.metrics_port: 8080 is http.port too" },
        { "http: {metrics_listen: 127.0.0.2, metrics_port: 8080}", NULL },
        { "dicom: {listen: 0.0.0.0, port: 8080}", "serve.yaml: http.port: 8080 is dicom.port too" },
        { "http: {cors: [nonsense]}", "serve.yaml:1: http.cors: \"nonsense\" is not an origin" },
        { "http: {cors: ['https://viewer.example/']}", "is not an origin" },
        { "http: {cors: ['https://viewer.example:8443', 'http://localhost']}", NULL },
        { "http: {hosts: ['a b/']}",
          "serve.yaml:1: http.hosts: \"a b/\" is not the name of a host" },
        { "http: {hosts: [spinexr.hospital.example]}", NULL },
        { "alarms: {webhook: nonsense}",
          "serve.yaml:1: alarms.webhook: must begin with http:// or https://" },
        { "alarms: {drift_from: 20260230}", "alarms.drift_from: must be a day as YYYYMMDD" },
        { "alarms: {drift_from: 20280229}", NULL },
        { "alarms: {webhook: 'https:///hook'}", "alarms.webhook: has no host" },
        { "alarms: {webhook: 'http://hooks.example/a', token_file: t}",
          "must begin with https://, since a secret is sent" },
        { "alarms: {webhook: 'https://hooks.example/a?key=b', token_file: t}", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_settings s = defaults();
        CHECK_OK(parse(&s, cases[i].text, &err), err);
        const bool ok = sx_settings_check(&s, &err);
        if (ok != !cases[i].message) fail_msg("%s: %s", cases[i].text, err.message);
        if (!ok) check_error(&err, SX_ERR_VALUE, cases[i].message);
        sx_settings_free(&s);
    }
}

/* Loopback without a list of peers, all addresses with one, or what the settings say. */
static void peers_open_the_dicom_port(void **state) {
    (void)state;
    static const struct {
        const char *text, *listen;
    } cases[] = { { "dicom: {port: 104}", "127.0.0.1" },
                  { "dicom: {peers: [A]}", "0.0.0.0" },
                  { "dicom: {listen: 10.0.0.1}", "10.0.0.1" },
                  { "dicom: {listen: 127.0.0.1, peers: [A]}", "127.0.0.1" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        sx_settings s = defaults();
        CHECK_OK(parse(&s, cases[i].text, &err), err);
        assert_string_equal(sx_settings_dicom_listen(&s), cases[i].listen);
        sx_settings_free(&s);
    }
}

static void there_is_a_limit_of_destinations(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_settings s = defaults();
    char text[4096] = "destinations:\n";
    for (int i = 0; i <= SX_MOST_DESTINATIONS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "  d%d: {host: h}\n", i);
    assert_false(parse(&s, text, &err));
    check_error(&err, SX_ERR_LIMIT, "destinations.d32.host: there are at most 32 destinations");
    sx_settings_free(&s);
}

/* ---- the example ---- */

/* A value of a key that is not its default. */
static bool is_list(const sx_setting_key *k) {
    return k->kind == SX_SETTING_LIST || k->kind == SX_SETTING_WORD_LIST ||
           k->kind == SX_SETTING_RULE_LIST;
}

static void spoil(const sx_setting_key *k, void *base) {
    static const char *const items[] = { "x", "x" };
    void *at = (char *)base + k->offset;
    if (k->kind == SX_SETTING_INT)
        *(int *)at = -1;
    else if (k->kind == SX_SETTING_BOOL)
        *(bool *)at = !*(bool *)at;
    else if (is_list(k))
        *(sx_settings_list *)at = (sx_settings_list){ (const char **)items, 2 };
    else
        *(const char **)at = "x";
}

static bool same_list(const sx_settings_list *a, const sx_settings_list *b) {
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

static bool same_value(const sx_setting_key *k, const void *a, const void *b) {
    const void *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;
    if (k->kind == SX_SETTING_INT) return *(const int *)x == *(const int *)y;
    if (k->kind == SX_SETTING_BOOL) return *(const bool *)x == *(const bool *)y;
    if (is_list(k)) return same_list(x, y);
    return strcmp(*(const char *const *)x, *(const char *const *)y) == 0;
}

static void check_same(const sx_setting_key *keys, const void *a, const void *b) {
    for (const sx_setting_key *k = keys; k->name; k++)
        if (!same_value(k, a, b)) fail_msg("%s differs", k->name);
}

static void spoil_all(const sx_setting_key *keys, void *base) {
    for (const sx_setting_key *k = keys; k->name; k++)
        spoil(k, base);
}

static void the_example_has_every_default(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    sx_settings s = defaults(), read = defaults();
    spoil_all(sx_setting_keys, &read);
    sx_settings_put_example(&text);
    CHECK_OK(parse(&read, sx_str_text(&text), &err), err);
    check_same(sx_setting_keys, &s, &read);
    assert_int_equal(read.destination_count, 0);
    sx_str_free(&text);
    sx_settings_free(&s);
    sx_settings_free(&read);
}

/* Without the # that hides it, and with a host: text[] is edited in place. */
static void show_destination(char *text) {
    char *to = strstr(text, "#destinations:"), *host;
    for (const char *from = to; *from; from++)
        if (*from != '#' || from[-1] != '\n') *to++ = *from;
    *to = '\0';
    host = strstr(text, "host: \"\"");
    assert_non_null(host);
    memcpy(host, "host: ab", 8);
}

static void the_example_has_a_destination(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_str text = { 0 };
    sx_settings s = defaults(), read = defaults();
    CHECK_OK(parse(&s, "destinations: {archive: {host: ab}}", &err), err);
    CHECK_OK(parse(&read, "destinations: {archive: {host: h}}", &err), err);
    spoil_all(sx_destination_keys, &read.destinations[0]);
    sx_settings_put_example(&text);
    show_destination(text.data);
    CHECK_OK(parse(&read, text.data, &err), err);
    assert_int_equal(read.destination_count, 1);
    check_same(sx_destination_keys, &s.destinations[0], &read.destinations[0]);
    sx_str_free(&text);
    sx_settings_free(&s);
    sx_settings_free(&read);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_for_one_machine),
        cmocka_unit_test(a_file_changes_what_it_names),
        cmocka_unit_test(errors_name_file_line_and_key),
        cmocka_unit_test(classes_have_codes),
        cmocka_unit_test(open_ports_need_protection),
        cmocka_unit_test(peers_open_the_dicom_port),
        cmocka_unit_test(there_is_a_limit_of_destinations),
        cmocka_unit_test(the_example_has_every_default),
        cmocka_unit_test(the_example_has_a_destination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
