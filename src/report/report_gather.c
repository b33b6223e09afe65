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

/* The films of one rank to rank 0. */
static bool send_films(sx_report *r, sx_comm *c, int from, sx_error *err) {
    sx_str text = { 0 };
    size_t head[2] = { 0 }; /* bytes, films */
    if (c->rank == from) {
        for (size_t i = 0; i < r->film_count; i++)
            pack(&text, &r->films[i]);
        head[0] = text.len;
        head[1] = r->film_count;
    }
    bool ok = sx_comm_all_succeeded(c, sx_str_ok(&text, err), err);
    if (!ok) {
        sx_str_free(&text);
        return false;
    }
    sx_comm_share(c, head, sizeof head, from);
    char *room =
        c->rank == from ? text.data : sx_calloc_for(head[0] + 1, 1, "the films of all ranks", err);
    ok = sx_comm_all_succeeded(c, room || head[0] == 0, err);
    if (ok) sx_comm_share(c, room, head[0], from);
    const char *at = room;
    for (size_t i = 0; ok && c->rank == 0 && i < head[1]; i++)
        ok = unpack(r, &at, err);
    if (c->rank != from) free(room);
    sx_str_free(&text);
    return sx_comm_all_succeeded(c, ok, err);
}

bool sx_report_gather(sx_report *r, sx_comm *c, sx_error *err) {
    double stopped = r->stopped;
    sx_comm_max(c, &stopped, 1);
    r->stopped = stopped > 0;
    for (int from = 1; from < sx_comm_size(c); from++)
        if (!send_films(r, c, from, err)) return false;
    return true;
}
