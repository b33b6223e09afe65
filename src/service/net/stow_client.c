#include "service/net/stow_client.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/utf8.h"
#include "service/net/dicom_json.h"

enum { MOST_ITEMS = 64, MOST_BYTES = 16 << 20, BOUNDARY = 40 };

static const char dicom_json[] = "application/dicom+json";

/* ---- statuses ---- */

static bool may_pass(int status) {
    return status == 401 || status == 408 || status == 409 || status == 425 || status == 429 ||
           (status >= 500 && status != 501 && status != 505);
}

static void set_item(sx_send_item *item, sx_sent sent, const char *reason) {
    item->sent = sent;
    sx_format(item->reason, sizeof item->reason, "%s", reason);
    sx_utf8_clean(item->reason, sizeof item->reason);
}

static void describe_status(const sx_http_answer *a, char *out, size_t size) {
    static const struct {
        int status;
        const char *text;
    } texts[] = { { 400, "the request is malformed" },
                  { 401, "it wants other credentials" },
                  { 403, "it forbids this" },
                  { 404, "there is no such service" },
                  { 409, "it conflicts with what is there" },
                  { 413, "the object is too large for it" },
                  { 415, "it does not take this media type" },
                  { 429, "too many requests" },
                  { 500, "it has a fault" },
                  { 502, "the proxy has no answer from it" },
                  { 503, "it is busy or out of space" },
                  { 504, "the proxy has no answer from it" } };
    const char *text =
        a->status >= 300 && a->status < 400 ? "it redirects, which is not followed" : "";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].status == a->status) text = texts[i].text;
    sx_format(out, size, "the server answers %d%s%s%s%s", a->status, *text ? ": " : "", text,
              *a->location ? ": " : "", a->location);
}

/* ---- one request ---- */

static bool make_boundary(char out[BOUNDARY], sx_error *err) {
    char first[SX_RANDOM_NAME], second[SX_RANDOM_NAME];
    if (!sx_random_name(first, err) || !sx_random_name(second, err)) return false;
    sx_format(out, BOUNDARY, "%s%s", first, second);
    return true;
}

static bool post_items(const sx_http_remote *remote, const sx_send_item *items, size_t count,
                       sx_http_answer *answer, sx_error *err) {
    char boundary[BOUNDARY], head[120], tail[60], type[120];
    sx_http_piece pieces[2 * MOST_ITEMS + 1];
    if (!make_boundary(boundary, err)) return false;
    sx_format(head, sizeof head, "\r\n--%s\r\nContent-Type: application/dicom\r\n\r\n", boundary);
    sx_format(tail, sizeof tail, "\r\n--%s--\r\n", boundary);
    sx_format(type, sizeof type, "multipart/related; type=\"application/dicom\"; boundary=%s",
              boundary);
    for (size_t i = 0; i < count; i++) {
        pieces[2 * i] = (sx_http_piece){ head, strlen(head) };
        pieces[2 * i + 1] = (sx_http_piece){ items[i].bytes, items[i].n };
    }
    pieces[2 * count] = (sx_http_piece){ tail, strlen(tail) };
    /* the body begins with the first boundary, without an empty line before it */
    pieces[0].bytes = head + 2;
    pieces[0].n -= 2;
    const sx_http_call call = { .path = "/studies",
                                .accept = dicom_json,
                                .content_type = type,
                                .body = pieces,
                                .pieces = 2 * count + 1 };
    return sx_http_send(remote, &call, answer, err);
}

/* A query; *out is NULL if nothing matches. Some answer 404 then. */
static bool query(const sx_http_remote *remote, const char *path, bool nothing_is_404, json_t **out,
                  sx_error *err) {
    const sx_http_call call = { .path = path, .accept = dicom_json };
    sx_http_answer a;
    char text[300];
    *out = NULL;
    bool ok = sx_http_send(remote, &call, &a, err);
    const bool nothing =
        a.status == 204 || (a.status == 404 && nothing_is_404) || (a.status == 200 && !a.body.len);
    if (ok && a.status == 200 && !nothing) {
        *out = sx_json_parse(sx_str_text(&a.body), a.body.len, false, NULL, err);
        ok = *out || sx_fail_in(err, "%s%s", remote->url, path);
    } else if (ok && a.status != 200 && !nothing) {
        describe_status(&a, text, sizeof text);
        ok = sx_fail(err, may_pass(a.status) ? SX_ERR_IO : SX_ERR_UNSUPPORTED, "%s%s: %s",
                     remote->url, path, text);
    }
    sx_http_answer_free(&a);
    return ok;
}

static bool find_instance(const sx_http_remote *remote, const char *path, const char *sop_uid,
                          bool *found, sx_error *err) {
    json_t *list;
    *found = false;
    if (!query(remote, path, true, &list, err)) return false;
    *found = sx_qido_has(list, sop_uid);
    json_decref(list);
    return true;
}

bool sx_stow_find(const sx_http_remote *remote, const char *study_uid, const char *sop_uid,
                  bool *found, sx_error *err) {
    char path[300];
    sx_format(path, sizeof path, "/studies/%.64s/instances?SOPInstanceUID=%.64s", study_uid,
              sop_uid);
    return find_instance(remote, path, sop_uid, found, err);
}

bool sx_stow_check(const sx_http_remote *remote, sx_error *err) {
    json_t *list;
    const bool ok = query(remote, "/studies?limit=1", false, &list, err);
    json_decref(list);
    return ok;
}

/* ---- what became of the items ---- */

/* An instance of which the answer says nothing that helps. */
static void look_up(const sx_http_remote *remote, sx_send_item *item, sx_sent otherwise) {
    char path[200];
    bool found;
    sx_format(path, sizeof path, "/instances?SOPInstanceUID=%.64s", item->sop_uid);
    if (find_instance(remote, path, item->sop_uid, &found, NULL) && found)
        set_item(item, SX_SENT_STORED, "the archive has it already");
    else
        item->sent = otherwise;
}

static void judge_item(const sx_http_remote *remote, const json_t *answer, int status,
                       sx_send_item *item) {
    char text[200];
    const sx_stow_fate fate = sx_stow_fate_of(answer, item->sop_uid, &item->status);
    if (fate == SX_STOW_STORED) {
        sx_format(text, sizeof text, "stored with the warning %04X", (unsigned)item->status);
        set_item(item, SX_SENT_STORED, item->status ? text : "");
    } else if (fate == SX_STOW_FAILED) {
        sx_format(text, sizeof text, "the archive refuses it: failure reason %04X",
                  (unsigned)item->status);
        /* without a reason the sequence says no more than the status */
        set_item(item, item->status ? sx_judge_store_status(item->status) : SX_SENT_TRANSIENT,
                 text);
        if (status == 409 && item->sent != SX_SENT_STORED) look_up(remote, item, item->sent);
    } else {
        sx_format(text, sizeof text, "the server answers %d without naming the object", status);
        set_item(item, SX_SENT_TRANSIENT, text);
        look_up(remote, item, SX_SENT_TRANSIENT);
    }
}

/* Whether the server goes on with the next request. */
static bool judge_answer(const sx_http_remote *remote, const sx_http_answer *a, sx_send_item *items,
                         size_t count) {
    char text[300];
    json_t *set = sx_json_parse(sx_str_text(&a->body), a->body.len, false, NULL, NULL);
    const bool success = a->status >= 200 && a->status < 300;
    const bool each = success || a->status == 409 || sx_stow_names_any(set);
    describe_status(a, text, sizeof text);
    for (size_t i = 0; i < count; i++) {
        if (each)
            judge_item(remote, set, a->status, &items[i]);
        else
            set_item(&items[i], may_pass(a->status) ? SX_SENT_TRANSIENT : SX_SENT_PERMANENT, text);
    }
    json_decref(set);
    return each;
}

/* Sends what goes into one request; false: the rest need not be tried now. */
static bool send_batch(const sx_http_remote *remote, sx_send_item *items, size_t count) {
    sx_http_answer a;
    sx_error err = { 0 };
    bool more = true;
    if (!post_items(remote, items, count, &a, &err)) {
        for (size_t i = 0; i < count; i++)
            set_item(&items[i], err.code == SX_ERR_VALUE ? SX_SENT_PERMANENT : SX_SENT_TRANSIENT,
                     err.message);
        more = false;
    } else if (a.status == 413 && count > 1) {
        for (size_t i = 0; more && i < count; i++)
            more = send_batch(remote, &items[i], 1);
    } else {
        more = judge_answer(remote, &a, items, count) || a.status == 413;
    }
    sx_http_answer_free(&a);
    return more;
}

void sx_stow_send(const sx_http_remote *remote, sx_send_item *items, size_t count) {
    for (size_t i = 0; i < count; i++) {
        items[i].status = 0;
        set_item(&items[i], SX_SENT_NOT, "");
    }
    bool more = true;
    for (size_t first = 0, n; more && first < count; first += n) {
        size_t bytes = items[first].n;
        for (n = 1; first + n < count && n < MOST_ITEMS; n++) {
            if (items[first + n].n > MOST_BYTES - (bytes < MOST_BYTES ? bytes : MOST_BYTES)) break;
            bytes += items[first + n].n;
        }
        more = send_batch(remote, &items[first], n);
    }
}
