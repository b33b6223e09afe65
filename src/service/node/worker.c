#include "service/node/worker.h"

#include <errno.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "dicom/charsets.h"
#include "dicom/dcmtk_dictionary.h"
#include "dicom/dicom_film.h"
#include "image/drawing.h"
#include "image/png.h"
#include "image/resize.h"
#include "report/overlay_report.h"
#include "service/node/messages.h"
#include "service/node/networks.h"
#include "spinexr/spinexr.h"

static bool send_text(int socket, sx_message_kind kind, const char *text) {
    return sx_message_send(socket, kind, text, strlen(text));
}

/* The longer side of a film in a page; 8-bit grey of a larger one says no more on a screen. */
enum { PAGE_SIDE = 2048 };

/* Appends the film alone, as a PNG. */
static bool put_film(const sx_picture *p, sx_str *out, sx_error *err) {
    const int longer = p->width > p->height ? p->width : p->height;
    const double scale = longer > PAGE_SIDE ? (double)PAGE_SIDE / longer : 1;
    const int width = (int)(p->width * scale + 0.5), height = (int)(p->height * scale + 0.5);
    sx_image film = { 0 }, small = { 0 };
    if (!sx_image_new(&film, p->width, p->height, p->channels, 8, err)) return false;
    memcpy(sx_image_u8(&film), p->data, sx_image_bytes(&film));
    const bool ok = scale == 1 ? sx_png_encode(&film, SX_PNG_QUICK, out, err)
                               : sx_image_resize(NULL, &film, width < 1 ? 1 : width,
                                                 height < 1 ? 1 : height, &small, err) &&
                                     sx_png_encode(&small, SX_PNG_QUICK, out, err);
    sx_image_free(&small);
    sx_image_free(&film);
    return ok;
}

/* The picture with the boxes, then the film alone unless it is NULL. */
static bool send_picture(int socket, const sx_image *p, const sx_picture *film) {
    const uint32_t size[2] = { (uint32_t)p->width, (uint32_t)p->height };
    const size_t n = (size_t)p->width * (size_t)p->height * 3;
    sx_str message = { 0 };
    sx_str_append(&message, size, sizeof size);
    sx_str_append(&message, p->data, n);
    const size_t end = message.len;
    sx_error err = { 0 };
    if (film && !put_film(film, &message, &err) && !message.failed) message.len = end;
    const bool ok =
        !message.failed && sx_message_send(socket, SX_MESSAGE_PICTURE, message.data, message.len);
    sx_str_free(&message);
    return ok;
}

/* A picture that cannot be drawn is left out: width 0. */
static bool draw(int socket, const sx_prediction *p) {
    sx_error err = { 0 };
    sx_image picture;
    if (!sx_overlay_capture(NULL, p, &picture, &err)) sx_image_free(&picture);
    const bool ok = send_picture(socket, &picture, sx_prediction_picture(p));
    sx_image_free(&picture);
    return ok;
}

/* The size comes from lseek, because a confined process may not call stat. */
static bool find_size(int file, const char *name, size_t *size, sx_error *err) {
    const off_t end = lseek(file, 0, SEEK_END);
    if (end < 0 || lseek(file, 0, SEEK_SET) != 0) return sx_fail_errno(err, name, "read");
    *size = (size_t)end;
    return *size <= SX_FILE_MAX_BYTES || sx_fail(err, SX_ERR_LIMIT, "%s: %zu bytes, more than %zu",
                                                 name, *size, SX_FILE_MAX_BYTES);
}

/* Reads up to `most` bytes: a file may have become shorter. */
static bool read_up_to(int file, const char *name, uint8_t *bytes, size_t most, size_t *n,
                       sx_error *err) {
    *n = 0;
    while (*n < most) {
        const ssize_t done = read(file, bytes + *n, most - *n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return sx_fail_errno(err, name, "read");
        if (done == 0) break;
        *n += (size_t)done;
    }
    return true;
}

/* All bytes of an open file; free them. */
static uint8_t *read_film(int file, const char *name, size_t *n, sx_error *err) {
    size_t size = 0;
    if (!find_size(file, name, &size, err)) return NULL;
    uint8_t *bytes = sx_calloc_for(size + 1, 1, name, err);
    if (bytes && read_up_to(file, name, bytes, size, n, err)) return bytes;
    free(bytes);
    return NULL;
}

/* The rules of this installation. A header that cannot be read refuses nothing: the error then
 * comes from reading the film. */
static bool choose(const sx_site_rules *rules, const uint8_t *bytes, size_t n, const char *name,
                   bool *any, sx_error *err) {
    const char *rule = NULL;
    sx_film *film =
        sx_film_from_memory(bytes, n, name, &(sx_film_options){ .header_only = true }, NULL);
    const sx_site_decision d =
        film ? sx_site_rules_decide(rules, &film->info.subject, &rule) : SX_SITE_SILENT;
    sx_film_free(film);
    *any = d == SX_SITE_ACCEPTS;
    return d != SX_SITE_REFUSES ||
           sx_fail(err, SX_ERR_REFUSED, "%s: refused by the rule %.200s", name, rule);
}

static sx_prediction *predict_film(sx_predictor *p, int file, const char *name,
                                   const sx_worker_options *w, sx_error *err) {
    size_t n = 0;
    sx_predict_options o = SX_PREDICT_DEFAULTS;
    o.keep_picture = w->pictures;
    bool any = false;
    uint8_t *bytes = read_film(file, name, &n, err);
    const bool ok = bytes && choose(&w->rules, bytes, n, name, &any, err);
    o.any_film = any;
    sx_prediction *film = ok ? sx_predict_memory(p, bytes, n, name, &o, err) : NULL;
    free(bytes);
    return film;
}

static bool predict(int socket, sx_predictor *p, int file, const char *name,
                    const sx_worker_options *o) {
    sx_error err = { 0 };
    sx_prediction *film = predict_film(p, file, name, o, &err);
    char *json = film ? sx_prediction_json(film, name, &err) : NULL;
    bool ok =
        json ? send_text(socket, SX_MESSAGE_RESULT, json) : sx_message_send_error(socket, &err);
    if (ok && json && o->pictures) ok = draw(socket, film);
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
    for (int i = 0; i < sx_predictor_label_count(p); i++) {
        const size_t at = strlen(out->classes);
        sx_format(out->classes + at, sizeof out->classes - at, "%s%s", i ? "\n" : "",
                  sx_predictor_label(p, i));
    }
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

/* Until the service closes its end. */
static void serve(int socket, sx_predictor *p, const sx_worker_options *o) {
    sx_message_kind kind;
    sx_str message = { 0 };
    bool ok = say_hello(socket, p);
    while (ok) {
        int file;
        const sx_message_read r = sx_message_receive_file(socket, &kind, &message, &file);
        ok = r == SX_MESSAGE_READ && kind == SX_MESSAGE_PREDICT && file >= 0 &&
             predict(socket, p, file, sx_str_text(&message), o);
        if (file >= 0) close(file);
    }
    sx_str_free(&message);
}

/* What reads files at its first use, which is not possible later: fonts, the time zone, character
 * sets, DICOM's data dictionary. */
static bool load_late_files(const sx_worker_options *o, sx_error *err) {
    tzset();
    sx_charsets_load();
    return sx_dcmtk_dictionary(err) && (!o->pictures || sx_drawing_ready(err));
}

int sx_worker_run(int socket, const sx_worker_options *o) {
    sx_error err = { 0 };
    sx_predictor *p = NULL;
    (void)omp_get_max_threads(); /* LLVM's OpenMP writes a file at its first use */
    if (!sx_worker_restrict(&err) ||
        !(p = sx_predictor_open(o->context, o->weights, o->weight_count, NULL, &err)) ||
        !load_late_files(o, &err) || !sx_worker_confine(o->user, o->memory_mb, &err)) {
        (void)!sx_message_send_error(socket, &err);
        sx_predictor_free(p);
        return 1;
    }
    serve(socket, p, o);
    /* What runs at exit may need what this process has given up, as LeakSanitizer does. */
    _exit(0);
}
