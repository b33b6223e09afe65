#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/utf8.h"
#include "service/web/web.h"

static void drop_content(sx_web_reply *r) {
    free(r->bytes);
    if (r->file >= 0) close(r->file);
    if (r->stream_free) r->stream_free(r->stream);
    r->bytes = NULL;
    r->n = 0;
    r->file = -1;
    r->read = NULL;
    r->stream = NULL;
    r->stream_free = NULL;
    r->size = 0;
    r->type = NULL;
}

void sx_web_reply_empty(sx_web_reply *out, int status) {
    drop_content(out);
    out->status = status;
}

void sx_web_reply_bytes(sx_web_reply *out, int status, const char *type, char *bytes, size_t n) {
    drop_content(out);
    out->status = status;
    out->type = type;
    out->bytes = bytes;
    out->n = n;
}

bool sx_web_reply_str(sx_web_reply *out, int status, const char *type, sx_str *text,
                      sx_error *err) {
    const bool ok = sx_str_ok(text, err);
    if (ok) {
        sx_web_reply_bytes(out, status, type, text->data, text->len);
        *text = (sx_str){ .data = NULL };
    }
    sx_str_free(text);
    return ok;
}

bool sx_web_reply_json(sx_web_reply *out, int status, sx_json_doc *doc, sx_error *err) {
    sx_str text = { 0 };
    bool ok = sx_json_print(doc, SX_JSON_COMPACT, &text, err);
    ok = ok && sx_web_reply_str(out, status, "application/json", &text, err);
    sx_str_free(&text);
    sx_json_free(doc);
    return ok;
}

void sx_web_reply_file(sx_web_reply *out, int status, const char *type, int file, uint64_t size) {
    drop_content(out);
    out->status = status;
    out->type = type;
    out->file = file;
    out->size = size;
}

void sx_web_reply_stream(sx_web_reply *out, int status, const char *type, sx_web_read *read,
                         void *stream, void (*stream_free)(void *stream), uint64_t size) {
    drop_content(out);
    out->status = status;
    out->type = type;
    out->read = read;
    out->stream = stream;
    out->stream_free = stream_free;
    out->size = size;
}

void sx_web_reply_error(sx_web_reply *out, int status, const char *fmt, ...) {
    char message[512];
    sx_json_doc doc;
    va_list args;
    va_start(args, fmt);
    sx_vformat(message, sizeof message, fmt, args);
    va_end(args);
    sx_utf8_clean(message, sizeof message);
    sx_json_text(sx_json_new_object(&doc), "error", message);
    /* without memory for the message, the status is sent alone */
    if (!sx_web_reply_json(out, status, &doc, NULL)) sx_web_reply_empty(out, status);
    out->cache = NULL;
    out->etag[0] = '\0';
}

bool sx_web_reply_header(sx_web_reply *out, const char *name, const char *value, sx_error *err) {
    if (out->header_count == SX_REPLY_HEADERS)
        return sx_fail(err, SX_ERR_INTERNAL, "a reply has at most %d headers", SX_REPLY_HEADERS);
    char *copy = sx_strdup(value);
    if (!copy) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a reply");
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F) *p = ' ';
    out->headers[out->header_count].name = name;
    out->headers[out->header_count++].value = copy;
    return true;
}

void sx_web_reply_free(sx_web_reply *out) {
    drop_content(out);
    for (size_t i = 0; i < out->header_count; i++)
        free(out->headers[i].value);
    *out = (sx_web_reply){ .file = -1 };
}
