/* The DICOMweb client against a server that answers as the test says. The connection itself is
 * tested by test_stow_connection.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/stow_stub.h"
#include "support/check.h"

#define STORED(uid)                                                                                \
    "{\"00081150\":{\"vr\":\"UI\",\"Value\":[\"1.2\"]},"                                           \
    "\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]}}"
#define FAILED(uid, reason)                                                                        \
    "{\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]},"                                       \
    "\"00081197\":{\"vr\":\"US\",\"Value\":[" reason "]}}"
#define WARNED(uid, reason)                                                                        \
    "{\"00081155\":{\"vr\":\"UI\",\"Value\":[\"" uid "\"]},"                                       \
    "\"00081196\":{\"vr\":\"US\",\"Value\":[" reason "]}}"
#define ANSWER(stored, failed)                                                                     \
    "{\"00081199\":{\"vr\":\"SQ\",\"Value\":[" stored                                              \
    "]},\"00081198\":{\"vr\":\"SQ\",\"Value\":[" failed "]}}"

/* ---- STOW-RS ---- */

static void objects_go_in_one_request(void **state) {
    (void)state;
    sx_send_item items[3];
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_there.store = (web_reply){
        .status = 200,
        .body = ANSWER(STORED("1.2.3.1") "," STORED("1.2.3.2") "," WARNED("1.2.3.3", "45056"), "")
    };
    stow_make_items(items, 3);
    sx_stow_send(&r, items, 3);
    stow_check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_STORED, SX_SENT_STORED }, 3);
    assert_string_equal(items[0].reason, "");
    assert_string_equal(items[2].reason, "stored with the warning B000");
    assert_int_equal(stow_there.posts, 1);
    assert_int_equal(stow_there.gets, 0);
    assert_int_equal(stow_there.objects, 3);
    assert_non_null(strstr(stow_there.head, "POST /dicom-web/studies HTTP/1.1\r\n"));
    assert_non_null(strstr(stow_there.head, "Accept: application/dicom+json\r\n"));
    assert_non_null(strstr(stow_there.head, "Content-Type: multipart/related; "
                                            "type=\"application/dicom\"; boundary="));
    assert_null(strstr(stow_there.head, "Authorization"));
    web_stub_close(s);
}

static void large_objects_go_in_several_requests(void **state) {
    (void)state;
    enum { COUNT = 5, SIZE = 6 << 20 };
    sx_send_item items[COUNT];
    uint8_t *bytes = calloc(SIZE, 1);
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_there.store = (web_reply){ .status = 200, .body = ANSWER(STORED("1.2.3.1"), "") };
    stow_make_items(items, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        items[i].bytes = bytes;
        items[i].n = SIZE;
        items[i].sop_uid = "1.2.3.1";
    }
    sx_stow_send(&r, items, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(items[i].sent, SX_SENT_STORED);
    assert_int_equal(stow_there.posts, 3);
    assert_int_equal(stow_there.objects, COUNT);
    assert_in_range(stow_there.largest, 2 * SIZE, 16 << 20);
    free(bytes);
    web_stub_close(s);
}

static void each_instance_is_judged(void **state) {
    (void)state;
    static const struct {
        const char *reason;
        sx_sent sent;
    } cases[] = { { "42752", SX_SENT_TRANSIENT },     /* A700 out of resources */
                  { "272", SX_SENT_TRANSIENT },       /* 0110 processing failure */
                  { "290", SX_SENT_NO_CONTEXT },      /* 0122 class not supported */
                  { "273", SX_SENT_STORED },          /* 0111 duplicate */
                  { "43264", SX_SENT_PERMANENT },     /* A900 */
                  { "49152", SX_SENT_PERMANENT },     /* C000 */
                  { "\"49152\"", SX_SENT_PERMANENT }, /* as text */
                  { "", SX_SENT_TRANSIENT } };
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[1000];
        sx_send_item items[2];
        snprintf(body, sizeof body, ANSWER(STORED("1.2.3.2"), FAILED("1.2.3.1", "%s")),
                 cases[i].reason);
        stow_there.store = (web_reply){ .status = 202, .body = body };
        stow_make_items(items, 2);
        sx_stow_send(&r, items, 2);
        stow_check_items(items, (const sx_sent[]){ cases[i].sent, SX_SENT_STORED }, 2);
    }
    assert_int_equal(stow_there.gets, 0);
    web_stub_close(s);
}

/* 200 says nothing of an object that the answer does not name. */
static void what_is_not_named_is_looked_up(void **state) {
    (void)state;
    static const char *const bodies[] = { "",         "{}",     "[]",
                                          "nonsense", "<xml/>", ANSWER(STORED("1.2.3.9"), "") };
    sx_send_item item;
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        stow_there.store = (web_reply){ .status = 200, .body = bodies[i] };
        stow_there.find = (web_reply){ .status = 204 };
        stow_make_items(&item, 1);
        sx_stow_send(&r, &item, 1);
        assert_int_equal(item.sent, SX_SENT_TRANSIENT);
        stow_there.find =
            (web_reply){ .status = 200,
                         .body = "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]" };
        sx_stow_send(&r, &item, 1);
        assert_int_equal(item.sent, SX_SENT_STORED);
        assert_non_null(
            strstr(stow_there.head, "GET /dicom-web/instances?SOPInstanceUID=1.2.3.1 "));
    }
    web_stub_close(s);
}

static void a_conflict_may_be_our_own_object(void **state) {
    (void)state;
    sx_send_item item;
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_there.store = (web_reply){ .status = 409, .body = ANSWER("", FAILED("1.2.3.1", "49152")) };
    stow_make_items(&item, 1);
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_PERMANENT);
    stow_there.find =
        (web_reply){ .status = 200,
                     .body = "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]" };
    sx_stow_send(&r, &item, 1);
    assert_int_equal(item.sent, SX_SENT_STORED);
    assert_string_equal(item.reason, "the archive has it already");
    web_stub_close(s);
}

static void statuses_are_told_apart(void **state) {
    (void)state;
    static const struct {
        int status;
        sx_sent sent;
    } cases[] = { { 301, SX_SENT_PERMANENT }, { 307, SX_SENT_PERMANENT },
                  { 400, SX_SENT_PERMANENT }, { 401, SX_SENT_TRANSIENT },
                  { 403, SX_SENT_PERMANENT }, { 404, SX_SENT_PERMANENT },
                  { 408, SX_SENT_TRANSIENT }, { 409, SX_SENT_TRANSIENT },
                  { 413, SX_SENT_PERMANENT }, { 415, SX_SENT_PERMANENT },
                  { 429, SX_SENT_TRANSIENT }, { 500, SX_SENT_TRANSIENT },
                  { 501, SX_SENT_PERMANENT }, { 502, SX_SENT_TRANSIENT },
                  { 503, SX_SENT_TRANSIENT }, { 504, SX_SENT_TRANSIENT } };
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_send_item item;
        char text[40];
        snprintf(text, sizeof text, "the server answers %d", cases[i].status);
        stow_there.store = (web_reply){ .status = cases[i].status, .body = "no" };
        stow_make_items(&item, 1);
        sx_stow_send(&r, &item, 1);
        if (item.sent != cases[i].sent || !strstr(item.reason, text))
            fail_msg("%d: %d, %s", cases[i].status, item.sent, item.reason);
    }
    web_stub_close(s);
}

/* Of three objects, too many for one request: each goes alone. */
static web_reply answer_few(void *user, const web_request *r) {
    (void)user;
    stow_there.posts++;
    if (stow_parts(r) > 1 || memmem(r->body, r->n, "a large object", 14))
        return (web_reply){ .status = 413 };
    return (web_reply){ .status = 200,
                        .body = ANSWER(STORED("1.2.3.1") "," STORED("1.2.3.3"), "") };
}

static void a_request_that_is_too_large_is_split(void **state) {
    (void)state;
    sx_send_item items[3];
    memset(&stow_there, 0, sizeof stow_there);
    web_stub *s = web_stub_open(answer_few, NULL);
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    stow_make_items(items, 3);
    items[1].bytes = (const uint8_t *)"a large object";
    items[1].n = 14;
    sx_stow_send(&r, items, 3);
    stow_check_items(items, (const sx_sent[]){ SX_SENT_STORED, SX_SENT_PERMANENT, SX_SENT_STORED },
                     3);
    assert_int_equal(stow_there.posts, 4);
    web_stub_close(s);
}

/* ---- QIDO-RS ---- */

static void an_instance_is_found_by_its_uid(void **state) {
    (void)state;
    static const struct {
        int status;
        const char *body;
        bool ok, found;
    } cases[] = {
        { 200, "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.1\"]}}]", true, true },
        { 200, "[{\"00080018\":{\"vr\":\"UI\",\"Value\":[\"1.2.3.11\"]}}]", true, false },
        { 200, "[{\"00080018\":{}},{\"00080018\":{\"Value\":[\"1.2.3.1\"]}}]", true, true },
        { 200, "[]", true, false },
        { 200, NULL, true, false },
        { 204, NULL, true, false },
        { 404, NULL, true, false },
        { 200, "<xml/>", false, false },
        { 403, NULL, false, false },
        { 503, NULL, false, false },
    };
    web_stub *s = stow_stub_open();
    const sx_http_remote r = stow_stub_remote(web_stub_port(s));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_error err = { 0 };
        bool found = false;
        stow_there.find = (web_reply){ .status = cases[i].status, .body = cases[i].body };
        const bool ok = sx_stow_find(&r, "1.2.3", "1.2.3.1", &found, &err);
        if (ok != cases[i].ok || found != cases[i].found)
            fail_msg("case %zu: %d, %d, %s", i, ok, found, err.message);
    }
    assert_non_null(
        strstr(stow_there.head, "GET /dicom-web/studies/1.2.3/instances?SOPInstanceUID="));
    sx_error err = { 0 };
    stow_there.find.status = 404;
    CHECK_FAILS(sx_stow_check(&r, &err), err, SX_ERR_UNSUPPORTED, "404: there is no such service");
    web_stub_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_go_in_one_request),
        cmocka_unit_test(large_objects_go_in_several_requests),
        cmocka_unit_test(each_instance_is_judged),
        cmocka_unit_test(what_is_not_named_is_looked_up),
        cmocka_unit_test(a_conflict_may_be_our_own_object),
        cmocka_unit_test(statuses_are_told_apart),
        cmocka_unit_test(a_request_that_is_too_large_is_split),
        cmocka_unit_test(an_instance_is_found_by_its_uid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
