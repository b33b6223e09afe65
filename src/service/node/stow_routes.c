#include "service/node/stow_routes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/random.h"
#include "base/str.h"
#include "service/net/dicom_options.h"
#include "service/node/node_impl.h"
#include "service/web/multipart.h"
#include "service/web/web.h"

/* The answer while it is made: three lists of DICOM JSON (PS3.18, annex F). */
typedef struct answer {
    sx_node *node;
    const sx_web_request *request;
    const char *study; /* all must be of it; NULL: any */
    sx_json_doc doc;
    sx_json stored, failed, unknown; /* unknown: without a UID */
    size_t stored_count, failed_count;
    bool ours; /* a failure was our fault */
} answer;

static void put_text(sx_json at, const char *tag, const char *uid) {
    const sx_json element = sx_json_object(at, tag);
    sx_json_text(element, "vr", "UI");
    sx_json_text(sx_json_array(element, "Value"), NULL, uid);
}

static void put_reason(sx_json at, int reason) {
    const sx_json element = sx_json_object(at, "00081197");
    sx_json_text(element, "vr", "US");
    sx_json_integer(sx_json_array(element, "Value"), NULL, reason);
}

static sx_json begin_list(sx_json root, const char *tag) {
    const sx_json element = sx_json_object(root, tag);
    sx_json_text(element, "vr", "SQ");
    return sx_json_array(element, "Value");
}

/* ---- one film ---- */

static int reason_of(sx_received r) {
    switch (r) {
    case SX_RECEIVED_CONFLICT:
        return SX_STORE_DUPLICATE;
    case SX_RECEIVED_MISMATCH:
        return SX_STORE_MISMATCH;
    case SX_RECEIVED_INVALID:
        return SX_STORE_NOT_UNDERSTOOD;
    default:
        return SX_STORE_OUT_OF_RESOURCES;
    }
}

static void put_outcome(answer *a, sx_received r, const sx_film_ids *ids) {
    const bool good = sx_received_well(r);
    const sx_json item = sx_json_object(good            ? a->stored
                                        : *ids->sop_uid ? a->failed
                                                        : a->unknown,
                                        NULL);
    if (*ids->sop_uid) {
        put_text(item, "00081150", ids->sop_class);
        put_text(item, "00081155", ids->sop_uid);
    }
    if (!good) put_reason(item, reason_of(r));
    a->stored_count += good;
    a->failed_count += !good;
    a->ours = a->ours || r == SX_RECEIVED_FAILED;
}

static void take_film(answer *a, const char *path) {
    const sx_announced announced = { .study_uid = a->study,
                                     .source = a->request->who,
                                     .part10 = true };
    sx_film_ids ids;
    sx_error err = { 0 };
    const sx_received r =
        sx_node_receive(a->node, a->request->db, path, &announced, a->request->address, &ids, &err);
    put_outcome(a, r, &ids);
}

/* ---- files ---- */

static bool write_all(void *user, const void *bytes, size_t n, sx_error *err) {
    const uint8_t *p = bytes;
    while (n) {
        const ssize_t done = write(*(const int *)user, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return sx_fail_errno(err, "a film", "write");
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool write_part(const answer *a, sx_multipart *m, char *path, size_t size, sx_error *err) {
    char name[SX_RANDOM_NAME];
    if (!sx_random_name(name, err)) return false;
    sx_format(path, size, "%s/stow-%s", a->node->incoming, name);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) return sx_fail_errno(err, path, "create");
    bool ok = sx_multipart_content(m, write_all, &file, err);
    if (close(file) != 0 && ok) ok = sx_fail_errno(err, path, "write");
    if (!ok) (void)unlink(path);
    return ok;
}

/* With parameters or without; not application/dicom+json. */
static bool is_dicom(const char *type) {
    static const char name[] = "application/dicom";
    const size_t n = sizeof name - 1;
    return sx_equal_letters_n(type, name, n) && (!type[n] || strchr("; \t", type[n]));
}

static bool take_parts(answer *a, sx_multipart *m, sx_error *err) {
    char type[SX_MULTIPART_TYPE], path[4096];
    bool more;
    while (sx_multipart_next(m, &more, type, err)) {
        if (!more) return true;
        if (*type && !is_dicom(type))
            return sx_fail(err, SX_ERR_UNSUPPORTED, "a part is %.60s, not application/dicom", type);
        if (!write_part(a, m, path, sizeof path, err)) return false;
        take_film(a, path);
    }
    return false;
}

/* ---- the request ---- */

static int status_of(const answer *a) {
    if (!a->failed_count) return 200;
    if (a->stored_count) return 202;
    return a->ours ? 503 : 409;
}

static bool finish(answer *a, sx_web_reply *reply, sx_error *err) {
    if (!a->stored_count && !a->failed_count)
        return sx_fail(err, SX_ERR_FORMAT, "the body has no instances");
    if (!sx_web_reply_json(reply, status_of(a), &a->doc, err)) return false;
    reply->type = "application/dicom+json";
    return true;
}

static bool store_instances(sx_web_request *r, sx_web_reply *reply, sx_error *err) {
    answer a = { .node = r->user, .request = r };
    const char *study = sx_web_parameter(r, "study");
    const char *why;
    if (!sx_node_takes_films(a.node, &why)) return sx_fail(err, SX_ERR_IO, "%s", why);
    if (*study) a.study = study;
    const sx_json root = sx_json_new_object(&a.doc);
    a.stored = begin_list(root, "00081199");
    a.failed = begin_list(root, "00081198");
    a.unknown = begin_list(root, "0008119A");
    sx_multipart *m = sx_multipart_open(r->file, r->body_type, "application/dicom", err);
    bool ok = m && take_parts(&a, m, err);
    sx_multipart_free(m);
    /* what was stored before a fault of the body stays stored, and the sender hears of it */
    if (!ok && a.stored_count) {
        put_outcome(&a, SX_RECEIVED_INVALID, &(const sx_film_ids){ .sop_uid = "" });
        ok = true;
    }
    ok = ok && finish(&a, reply, err);
    if (!ok) sx_json_free(&a.doc);
    return ok;
}

#define MOST ((uint64_t)2 << 30)

const sx_web_route sx_stow_routes[] = {
    { "POST", "/dicom-web/studies", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_FILE, MOST,
      store_instances },
    { "POST", "/dicom-web/studies/{study}", SX_ROLE_DEVICE, SX_WEB_TOKEN, SX_WEB_FILE, MOST,
      store_instances },
    { .method = NULL },
};
