/* Films that reach the node otherwise than by C-STORE: by STOW-RS and from a watched folder.
 * argv[1]: worker-program. */
#define _GNU_SOURCE /* memmem */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/files.h"
#include "base/str.h"
#include "dicom/write.h"
#include "image/png.h"
#include "service/access/tokens.h"
#include "service/node_ends.h"
#include "service/node_fixture.h"
#include "service/web_client.h"
#include "service/web_fixture.h"
#include "support/check.h"
#include "support/plain_film.h"

/* ---- STOW-RS ---- */

static void add_part_of(sx_str *body, const char *type, const void *bytes, size_t n) {
    sx_str_printf(body, "\r\n--edge\r\nContent-Type: %s\r\n\r\n", type);
    sx_str_append(body, bytes, n);
}

static void add_part(sx_str *body, const void *bytes, size_t n) {
    add_part_of(body, "application/dicom", bytes, n);
}

static void add_film(sx_str *body, const char *study_uid, const char *uid) {
    size_t n = 0;
    uint8_t *film = make_film(study_uid, uid, &n);
    add_part(body, film, n);
    free(film);
}

static web_answer post(const sx_node *node, const char *path, const char *token, sx_str *body) {
    sx_str request = { 0 };
    sx_str_add(body, "\r\n--edge--\r\n");
    sx_str_printf(&request,
                  "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                  "Authorization: Bearer %s\r\nContent-Length: %zu\r\n"
                  "Content-Type: multipart/related; type=\"application/dicom\"; boundary=edge"
                  "\r\n\r\n",
                  path, token, body->len);
    sx_str_append(&request, body->data, body->len);
    const int s = web_connect(sx_node_http_port(node), NULL);
    web_send(s, request.data, request.len);
    sx_str_free(&request);
    sx_str_free(body);
    return web_read(s);
}

static void add_token(char token[SX_TOKEN_TEXT]) {
    sx_error err = { 0 };
    sx_db *db = node_open_store();
    CHECK_OK(sx_tokens_add(db, "cr1", node_clock(NULL), token, &err), err);
    sx_db_close(db);
}

static void films_come_by_http(void **state) {
    (void)state;
    char token[SX_TOKEN_TEXT];
    sx_str body = { 0 };
    sx_node *node = node_open(node_sends_to(archive_open(0)));
    add_token(token);
    add_film(&body, "1.2.3", "1.2.3.1");
    add_film(&body, "1.2.3", "1.2.3.2");
    web_expect(post(node, "/dicom-web/studies", token, &body), 200,
               "\"00081155\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.2\"]}");
    node_wait_for_reports(1);
    add_film(&body, "1.2.3", "1.2.3.1"); /* once more */
    add_film(&body, "1.2.4", "1.2.4.1"); /* of another study than announced */
    web_expect(post(node, "/dicom-web/studies/1.2.3", token, &body), 202,
               "\"00081197\":{\"vr\":\"US\",\"Value\":[43264]}");
    add_part(&body, "nonsense", 8);
    web_expect(post(node, "/dicom-web/studies", token, &body), 409, "[49152]");
    web_expect(post(node, "/dicom-web/studies", token, &body), 400, "no instances");
    web_expect(post(node, "/dicom-web/studies", "wrong", &body), 401, "");
    sx_node_close(node, 5);
    archive_close();
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance"), 2);
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE source = 'cr1'"), 2);
    assert_int_equal(archive_repeats(), 0);
}

/* PS3.18 8.7.3: a part of this type is a file of PS3.10. */
static void other_bodies_are_refused(void **state) {
    (void)state;
    char token[SX_TOKEN_TEXT];
    sx_str body = { 0 };
    size_t n = 0;
    uint8_t *film = make_film("1.2.3", "1.2.3.1", &n);
    sx_node *node = node_open("study: {quiet_seconds: 3600}\n");
    add_token(token);
    static const char *const types[] = { "application/dicom+json", "application/dicom+xml",
                                         "application/dicomx", "text/plain" };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        add_part_of(&body, types[i], film, n);
        web_expect(post(node, "/dicom-web/studies", token, &body), 415, types[i]);
    }
    const uint8_t *dataset = memmem(film, n, "\x08\0\x16\0UI", 6);
    assert_non_null(dataset);
    add_part(&body, dataset, n - (size_t)(dataset - film));
    web_expect(post(node, "/dicom-web/studies", token, &body), 409, "[49152]");
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance"), 0);
    add_part_of(&body, "Application/DICOM; transfer-syntax=*", film, n);
    web_expect(post(node, "/dicom-web/studies", token, &body), 200, "1.2.3.1");
    sx_node_close(node, 5);
    free(film);
}

/* ---- the pictures of the study page ---- */

/* The headers of a physician who has signed in. */
static const char *sign_in(const sx_node *node) {
    char secret[SX_SECRET];
    web_db = node_open_store();
    web_port = sx_node_http_port(node);
    web_clock = node_clock(NULL);
    web_add_account("ada", SX_ROLE_PHYSICIAN, false);
    const char *headers = web_session("ada", secret);
    sx_db_close(web_db);
    web_db = NULL;
    return headers;
}

/* A PNG; free it. */
static sx_image fetch(const char *what, const char *headers) {
    char target[60];
    sx_error err = { 0 };
    sx_image im = { 0 };
    snprintf(target, sizeof target, "/api/films/1.2.3.1/%s", what);
    web_answer a = web_call(web_port, "GET", target, headers, NULL);
    assert_int_equal(a.status, 200);
    assert_string_equal(web_header(&a, "Content-Type"), "image/png");
    CHECK_OK(sx_png_decode(a.body, a.n, target, &im, &err), err);
    web_free(&a);
    return im;
}

/* The picture is a file until the study is built, and then the pixels of its Secondary Capture. */
static void films_by_http_have_pictures(void **state) {
    (void)state;
    char token[SX_TOKEN_TEXT];
    sx_str body = { 0 };
    sx_node *node = node_open("study: {quiet_seconds: 3600}\n");
    const char *headers = sign_in(node);
    add_token(token);
    add_film(&body, "1.2.3", "1.2.3.1");
    web_expect(post(node, "/dicom-web/studies", token, &body), 200, "1.2.3.1");
    node_wait_for(NULL, "SELECT COUNT(*) FROM instance WHERE state = 'scored'");
    sx_image before = fetch("picture", headers), plain = fetch("image", headers);
    assert_int_equal(before.channels, 3);
    assert_int_equal(plain.channels, 1);
    assert_int_equal(plain.width, 48);
    assert_int_equal(plain.height, 48);
    assert_int_equal(node_number("SELECT COUNT(*) FROM output"), 0);
    atomic_fetch_add(&node_later, 3601 * 1000);
    node_wait_for(NULL, "SELECT COUNT(*) FROM study WHERE state = 'built'");
    sx_image after = fetch("picture", headers);
    assert_int_equal(after.channels, 3);
    assert_int_equal(after.width, before.width);
    assert_int_equal(after.height, before.height);
    assert_memory_equal(after.data, before.data, sx_image_bytes(&before));
    sx_image_free(&before);
    sx_image_free(&after);
    sx_image_free(&plain);
    sx_node_close(node, 5);
}

/* ---- a watched folder ---- */

static void films_of_a_watched_folder_become_results(void **state) {
    (void)state;
    enum { SIDE = 48 };
    static uint16_t pixels[SIDE * SIDE];
    char path[620], film[700], text[1000];
    sx_error err = { 0 };
    snprintf(path, sizeof path, "%s-watched", node_folder);
    CHECK_OK(sx_make_dirs(path, &err), err);
    snprintf(text, sizeof text, "watch: {folder: %s, stable_seconds: 1}\n%s", path,
             node_sends_to(archive_open(0)));
    sx_node *node = node_open(text);
    sx_write_film f = plain_film(pixels, SIDE, SIDE);
    f.study_uid = "1.2.3";
    f.instance_uid = "1.2.3.1";
    snprintf(film, sizeof film, "%s/a.dcm", path);
    CHECK_OK(sx_dicom_write(film, &f, SX_WRITE_EXPLICIT, NULL, &err), err);
    node_wait_for_reports(1);
    sx_node_close(node, 5);
    archive_close();
    assert_false(sx_path_exists(film));
    assert_int_equal(node_number("SELECT COUNT(*) FROM instance WHERE source = 'folder'"), 1);
}

int main(int argc, char **argv) {
#define FRESH(name) cmocka_unit_test_setup(name, node_fresh)
    const struct CMUnitTest tests[] = {
        FRESH(films_come_by_http),
        FRESH(other_bodies_are_refused),
        FRESH(films_by_http_have_pictures),
        FRESH(films_of_a_watched_folder_become_results),
    };
    if (argc != 2) return 2;
    node_worker = argv[1];
    return node_end_tests(cmocka_run_group_tests(tests, NULL, node_clean));
}
