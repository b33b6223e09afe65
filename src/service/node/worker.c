#include "service/node/worker.h"

#include <stdlib.h>
#include <string.h>

#include "base/context_impl.h"
#include "base/str.h"
#include "service/node/messages.h"
#include "service/node/networks.h"
#include "spinexr/spinexr.h"

static bool send_text(int socket, sx_message_kind kind, const char *text) {
    return sx_message_send(socket, kind, text, strlen(text));
}

/* Width and height, then RGB. */
static bool send_picture(int socket, const sx_picture *p) {
    const uint32_t size[2] = { (uint32_t)p->width, (uint32_t)p->height };
    const size_t n = (size_t)p->width * (size_t)p->height * 3;
    sx_str message = { 0 };
    sx_str_append(&message, size, sizeof size);
    sx_str_append(&message, p->data, n);
    const bool ok =
        !message.failed && sx_message_send(socket, SX_MESSAGE_PICTURE, message.data, message.len);
    sx_str_free(&message);
    return ok;
}

/* A picture that cannot be drawn is left out: width 0. */
static bool draw(int socket, const sx_prediction *p) {
    sx_error err = { 0 };
    sx_picture *picture = sx_prediction_overlay(p, 0.0, &err);
    static const sx_picture none = { 0 };
    const bool ok = send_picture(socket, picture ? picture : &none);
    sx_picture_free(picture);
    return ok;
}

static bool predict(int socket, sx_predictor *p, const char *path, bool pictures) {
    sx_error err = { 0 };
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    o.keep_picture = pictures;
    sx_prediction *film = sx_predict_file(p, path, &o, &err);
    char *json = film ? sx_prediction_json(film, path, &err) : NULL;
    bool ok =
        json ? send_text(socket, SX_MESSAGE_RESULT, json) : sx_message_send_error(socket, &err);
    if (ok && json && pictures) ok = draw(socket, film);
    sx_text_free(json);
    sx_prediction_free(film);
    return ok;
}

static bool describe(const sx_predictor *p, sx_networks *out, sx_error *err) {
    const char *files[64];
    const int n = sx_predictor_network_count(p);
    *out = (sx_networks){ .demonstration = false };
    if (n > (int)(sizeof files / sizeof *files))
        return sx_fail(err, SX_ERR_LIMIT, "%d networks are too many for a worker process", n);
    for (int i = 0; i < n; i++) {
        files[i] = sx_predictor_network(p, i)->sha256;
        out->demonstration = out->demonstration || sx_predictor_network(p, i)->demonstration;
    }
    sx_format(out->note, sizeof out->note, "%s", sx_predictor_note(p));
    return sx_networks_hash(files, (size_t)n, out->weights, err);
}

static bool say_hello(int socket, const sx_predictor *p) {
    sx_error err = { 0 };
    sx_networks networks;
    sx_str text = { 0 };
    const bool ok = describe(p, &networks, &err) && sx_networks_print(&networks, &text, &err);
    const bool sent = ok ? send_text(socket, SX_MESSAGE_HELLO, sx_str_text(&text))
                         : sx_message_send_error(socket, &err);
    sx_str_free(&text);
    return sent && ok;
}

static int serve(int socket, sx_predictor *p, bool pictures) {
    sx_message_kind kind;
    sx_str message = { 0 };
    bool ok = say_hello(socket, p);
    while (ok) {
        const sx_message_read r = sx_message_receive(socket, -1, &kind, &message);
        ok = r == SX_MESSAGE_READ && kind == SX_MESSAGE_PREDICT &&
             predict(socket, p, sx_str_text(&message), pictures);
    }
    sx_str_free(&message);
    return 0; /* the service has closed its end */
}

int sx_worker_run(int socket, const sx_worker_options *o) {
    sx_error err = { 0 };
    sx_predictor *p = sx_predictor_open(o->context, o->weights, o->weight_count, NULL, &err);
    if (!p || !sx_worker_confine(o->memory_mb)) {
        if (p) sx_fail(&err, SX_ERR_UNSUPPORTED, "this system cannot confine a worker process");
        (void)!sx_message_send_error(socket, &err);
        sx_predictor_free(p);
        return 1;
    }
    const int status = serve(socket, p, o->pictures);
    sx_predictor_free(p);
    return status;
}
