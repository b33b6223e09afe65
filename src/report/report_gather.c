#include "report/report_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- a film as bytes: structs as they are, what they point to after them ---- */

static void put(sx_str *out, const void *data, size_t bytes) {
    sx_str_append(out, data, bytes);
}

static void put_text(sx_str *out, const char *text) {
    const size_t n = text ? strlen(text) + 1 : 0;
    put(out, &n, sizeof n);
    if (n) put(out, text, n);
}

static void pack(sx_str *out, const sx_report_film *film) {
    const sx_findings *f = film->findings;
    const bool has = f != NULL;
    put_text(out, film->path);
    put_text(out, film->overlay);
    put_text(out, film->heat_map);
    put(out, &film->overlay_seconds, sizeof film->overlay_seconds);
    put(out, &film->error, sizeof film->error);
    put(out, &has, sizeof has);
    if (!has) return;
    put(out, f, sizeof *f);
    put(out, f->classifier_probability,
        (size_t)f->classifier_count * sizeof *f->classifier_probability);
    put(out, f->items, (size_t)f->count * sizeof *f->items);
}

static const char *take(const char **at, void *to, size_t bytes) {
    const char *from = *at;
    if (to && bytes) memcpy(to, from, bytes);
    *at += bytes;
    return from;
}

/* "" for none; as long as the bytes. */
static const char *take_text(const char **at) {
    size_t n;
    take(at, &n, sizeof n);
    const char *text = take(at, NULL, n);
    return n ? text : "";
}

static sx_findings *take_findings(const sx_report *r, const char **at, sx_error *err) {
    sx_findings *f = sx_calloc_for(1, sizeof *f, "findings", err);
    if (!f) return NULL;
    take(at, f, sizeof *f);
    f->classifier_probability = sx_calloc_for((size_t)f->classifier_count + 1,
                                              sizeof *f->classifier_probability, "findings", err);
    f->items = sx_calloc_for((size_t)f->count + 1, sizeof *f->items, "findings", err);
    if (!f->classifier_probability || !f->items) {
        sx_findings_free(f);
        return NULL;
    }
    take(at, f->classifier_probability,
         (size_t)f->classifier_count * sizeof *f->classifier_probability);
    take(at, f->items, (size_t)f->count * sizeof *f->items);
    for (int i = 0; i < f->count; i++) /* the sender's are in its own memory */
        f->items[i].name = f->items[i].label < r->label_count ? r->labels[f->items[i].label] : "";
    return f;
}

static bool unpack(sx_report *r, const char **at, sx_error *err) {
    sx_report_film film = { 0 };
    bool has;
    const char *path = take_text(at), *overlay = take_text(at), *heat = take_text(at);
    take(at, &film.overlay_seconds, sizeof film.overlay_seconds);
    take(at, &film.error, sizeof film.error);
    take(at, &has, sizeof has);
    sx_findings *f = has ? take_findings(r, at, err) : NULL;
    if (has && !f) return false;
    return sx_report_add(r, path, f, &film.error, overlay[0] ? overlay : NULL, film.overlay_seconds,
                         err) &&
           (!heat[0] || sx_report_set_heat_map(r, heat, err));
}

/* ---- all of them ---- */

typedef struct parcel {
    size_t bytes, films;
} parcel;

/* What rank 0 needs to receive: the sizes of all parcels and room for the largest. */
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

/* After an error rank 0 takes the other parcels from their senders all the same. */
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
