#include "report/report_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- a film as bytes: the structs, then what they point to ---- */

static void put_bytes(sx_str *out, const void *data, size_t bytes) {
    sx_str_append(out, data, bytes);
}

static void put_text(sx_str *out, const char *text) {
    const size_t n = text ? strlen(text) + 1 : 0;
    put_bytes(out, &n, sizeof n);
    if (n) put_bytes(out, text, n);
}

/* The part of a prediction that is sent unchanged; the data of its pointers follow or are known. */
static size_t class_bytes(const sx_prediction *p) {
    return p->info && p->class_probability
               ? (size_t)p->info->class_count * sizeof *p->class_probability
               : 0;
}

static void put_prediction(sx_str *out, const sx_prediction *p) {
    const size_t classes = class_bytes(p);
    put_bytes(out, p, sizeof *p);
    put_text(out, p->image_id);
    put_bytes(out, p->classifier_probability,
              (size_t)p->classifier_count * sizeof *p->classifier_probability);
    put_bytes(out, &classes, sizeof classes);
    put_bytes(out, p->class_probability, classes);
    put_bytes(out, p->boxes, (size_t)p->box_count * sizeof *p->boxes);
    put_bytes(out, p->findings, (size_t)p->finding_count * sizeof *p->findings);
}

static void pack(sx_str *out, const sx_report_film *film) {
    const bool has = film->prediction != NULL;
    put_text(out, film->path);
    put_text(out, film->overlay);
    put_text(out, film->heat_map);
    put_bytes(out, &film->overlay_seconds, sizeof film->overlay_seconds);
    put_bytes(out, &film->error, sizeof film->error);
    put_bytes(out, &has, sizeof has);
    if (has) put_prediction(out, film->prediction);
}

static const char *take_bytes(const char **at, void *to, size_t bytes) {
    const char *from = *at;
    if (to && bytes) memcpy(to, from, bytes);
    *at += bytes;
    return from;
}

/* "" for none; as long as the bytes. */
static const char *take_text(const char **at) {
    size_t n;
    take_bytes(at, &n, sizeof n);
    const char *text = take_bytes(at, NULL, n);
    return n ? text : "";
}

/* Allocates what the counts say; on failure it is left for sx_prediction_free. */
static bool make_room(sx_prediction *p, sx_error *err) {
    p->classifier_probability = sx_calloc_for((size_t)p->classifier_count + 1,
                                              sizeof *p->classifier_probability, "findings", err);
    p->class_probability = sx_calloc_for((size_t)(p->info ? p->info->class_count : 0) + 1,
                                         sizeof *p->class_probability, "findings", err);
    p->boxes = sx_calloc_for((size_t)p->box_count + 1, sizeof *p->boxes, "boxes", err);
    p->findings = sx_calloc_for((size_t)p->finding_count + 1, sizeof *p->findings, "findings", err);
    return p->classifier_probability && p->class_probability && p->boxes && p->findings &&
           (p->image_id || sx_fail(err, SX_ERR_MEMORY, "out of memory for findings"));
}

static void take_boxes(const sx_report *r, const char **at, sx_finding *boxes, int count) {
    take_bytes(at, boxes, (size_t)count * sizeof *boxes);
    for (int i = 0; i < count; i++)
        boxes[i].name = sx_bundle_info_label(r->info, boxes[i].label);
}

/* Pictures, heat maps and names stay with the sender. */
static sx_prediction *take_prediction(const sx_report *r, const char **at, sx_error *err) {
    sx_prediction *p = sx_calloc_for(1, sizeof *p, "findings", err);
    if (!p) return NULL;
    take_bytes(at, p, sizeof *p);
    atomic_init(&p->holders, 1);
    p->info = r->info ? sx_bundle_info_hold(r->info) : NULL;
    p->image_id = sx_strdup(take_text(at));
    p->picture = (sx_image){ 0 };
    p->shown = (sx_picture){ 0 };
    p->heat = (sx_explanation){ 0 };
    if (!make_room(p, err)) {
        sx_prediction_free(p);
        return NULL;
    }
    take_bytes(at, p->classifier_probability,
               (size_t)p->classifier_count * sizeof *p->classifier_probability);
    size_t classes;
    take_bytes(at, &classes, sizeof classes);
    take_bytes(at, p->class_probability, classes);
    take_boxes(r, at, p->boxes, p->box_count);
    take_boxes(r, at, p->findings, p->finding_count);
    return p;
}

static bool unpack(sx_report *r, const char **at, sx_error *err) {
    double seconds;
    sx_error why;
    bool has;
    const char *path = take_text(at), *overlay = take_text(at), *heat = take_text(at);
    take_bytes(at, &seconds, sizeof seconds);
    take_bytes(at, &why, sizeof why);
    take_bytes(at, &has, sizeof has);
    sx_prediction *p = has ? take_prediction(r, at, err) : NULL;
    if (has && !p) return false;
    const sx_report_pictures pictures = { overlay[0] ? overlay : NULL, heat[0] ? heat : NULL,
                                          seconds };
    return sx_report_add(r, path, p, &why, &pictures, err);
}

/* ---- all films ---- */

typedef struct parcel {
    size_t bytes, films;
} parcel;

/* For receiving on rank 0: the sizes of all messages and a buffer for the largest. */
typedef struct receiver {
    parcel *parcels; /* [ranks] */
    char *room;
} receiver;

static bool open_receiver(receiver *to, sx_comm *c, const parcel *mine, sx_error *err) {
    size_t most = 0;
    to->parcels =
        sx_calloc_for((size_t)c->size, sizeof *to->parcels, "the films of all ranks", err);
    bool ok = sx_comm_all_succeeded(c, to->parcels != NULL, err);
    for (int from = 1; ok && from < c->size; from++) {
        to->parcels[from] = *mine;
        sx_comm_gather(c, &to->parcels[from], sizeof *mine, from);
        if (to->parcels[from].bytes > most) most = to->parcels[from].bytes;
    }
    if (ok && c->rank == 0) to->room = sx_calloc_for(most + 1, 1, "the films of all ranks", err);
    return ok && sx_comm_all_succeeded(c, c->rank > 0 || to->room, err);
}

static bool unpack_films(sx_report *r, const char *at, size_t films, sx_error *err) {
    for (size_t i = 0; i < films; i++)
        if (!unpack(r, &at, err)) return false;
    return true;
}

/* After an error rank 0 still receives the other messages. */
static bool send_films(sx_report *r, sx_comm *c, sx_str *mine, sx_error *err) {
    const parcel own = { mine->len, r->film_count };
    receiver to = { 0 };
    bool ok = open_receiver(&to, c, &own, err), whole = true;
    for (int from = 1; ok && from < c->size; from++) {
        const parcel *p = &to.parcels[from];
        sx_comm_gather(c, c->rank == 0 ? to.room : mine->data, p->bytes, from);
        whole = whole && (c->rank > 0 || unpack_films(r, to.room, p->films, err));
    }
    free(to.parcels);
    free(to.room);
    return ok && sx_comm_all_succeeded(c, whole, err);
}

bool sx_report_gather(sx_report *r, sx_comm *c, sx_error *err) {
    if (sx_comm_size(c) == 1) return true;
    double stopped = r->stopped;
    sx_comm_max(c, &stopped, 1);
    r->stopped = stopped > 0;
    sx_str mine = { 0 };
    for (size_t i = 0; c->rank > 0 && i < r->film_count; i++)
        pack(&mine, &r->films[i]);
    const bool ok =
        sx_comm_all_succeeded(c, sx_str_ok(&mine, err), err) && send_films(r, c, &mine, err);
    sx_str_free(&mine);
    return ok;
}
