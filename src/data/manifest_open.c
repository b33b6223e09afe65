/* Reads all files of a data set, then sorts boxes by film and classes by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "data/manifest_yolo.h"

/* Sorts the boxes by film (a counting sort). */
static bool gather_boxes(sx_manifest *m, sx_error *err) {
    sx_manifest_box *sorted =
        sx_calloc_for(m->box_count ? m->box_count : 1, sizeof *sorted, "boxes", err);
    if (!sorted) return false;
    size_t first = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        m->films[i].first_box = first;
        first += m->films[i].box_count;
        m->films[i].box_count = 0;
        if (m->films[i].label < 0 && m->seen[i]) m->films[i].label = 0;
    }
    for (size_t i = 0; i < m->box_count; i++) {
        sx_manifest_film *f = &m->films[m->boxes[i].film];
        sorted[f->first_box + f->box_count++] = m->boxes[i];
    }
    free(m->boxes);
    m->boxes = sorted;
    m->box_cap = m->box_count ? m->box_count : 1;
    return true;
}

static bool gather_no_findings(sx_manifest *m, sx_error *err) {
    sx_manifest_no_finding *sorted =
        sx_calloc_for(m->no_finding_count + 1, sizeof *sorted, "readers", err);
    if (!sorted) return false;
    size_t first = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        m->films[i].first_no_finding = first;
        first += m->films[i].no_finding_count;
        m->films[i].no_finding_count = 0;
    }
    for (size_t i = 0; i < m->no_finding_count; i++) {
        sx_manifest_film *f = &m->films[m->no_findings[i].film];
        sorted[f->first_no_finding + f->no_finding_count++] = m->no_findings[i];
    }
    free(m->no_findings);
    m->no_findings = sorted;
    m->no_finding_cap = m->no_finding_count + 1;
    return true;
}

/* The number of a class must not depend on the order of rows. */
bool sx_manifest_sort_classes(sx_manifest *m, sx_error *err) {
    uint32_t *order = sx_calloc_for(m->classes.count + 1, sizeof *order, "classes", err);
    bool ok = order && sx_names_sort(&m->classes, order, err);
    for (size_t i = 0; ok && i < m->box_count; i++)
        m->boxes[i].label = order[m->boxes[i].label];
    free(order);
    return ok;
}

static bool set_hash(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    if (!sx_str_ok(&b->hashes, err)) return false;
    sx_sha256 all;
    if (!sx_sha256_of(sx_str_text(&b->hashes), b->hashes.len, &all, err)) return false;
    snprintf(m->hash, sizeof m->hash, "%s", b->hashes.len == 64 ? b->hashes.data : all.hex);
    return true;
}

/* Ids are kept only if all files give a class the same one. */
static bool settle_class_ids(sx_manifest_build *b, sx_error *err) {
    sx_manifest *m = b->m;
    if (b->ids_differ) {
        free(m->class_ids);
        m->class_ids = NULL;
    }
    if (!m->class_ids) return true;
    long *ids = sx_calloc_for(m->classes.count, sizeof *ids, "classes", err);
    if (!ids) return false;
    for (size_t i = 0; i < m->classes.count; i++)
        ids[i] = i < m->class_id_cap ? m->class_ids[i] : SX_NO_CLASS_ID;
    free(m->class_ids);
    m->class_ids = ids;
    return true;
}

static bool set_root(sx_manifest *m, const sx_manifest_options *o, const char *path,
                     sx_error *err) {
    char *above = o->images || sx_path_is_dir(path) ? NULL : sx_manifest_root(path);
    m->root = sx_arena_strdup(m->memory, above ? above : o->images ? o->images : path);
    free(above);
    return m->root || sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
}

static bool read_all(sx_manifest_build *b, const char *path, sx_error *err) {
    const sx_manifest_options *o = b->o;
    sx_manifest *m = b->m;
    b->closed = b->ordered = o->classes != NULL;
    if (o->classes && !sx_class_list(o->classes, &m->classes, err)) return false;
    if (o->images && !sx_path_exists(o->images))
        return sx_fail(err, SX_ERR_IO, "%s: no such folder of films", o->images);
    if (o->images && !sx_path_check_dir(o->images, err)) return false;
    if (!sx_manifest_read(b, path, err) || !set_root(m, o, path, err)) return false;
    if (o->groups && !sx_manifest_read_groups(b, o->groups, err)) return false;
    return sx_manifest_find_shared(b, err) && gather_boxes(m, err) && gather_no_findings(m, err) &&
           (b->ordered || sx_manifest_sort_classes(m, err)) && settle_class_ids(b, err) &&
           set_hash(b, err);
}

/* path: without parts such as ".", which messages would repeat. */
static bool open_tidy(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) {
    static const sx_manifest_options none = { 0 };
    sx_yolo_keys keys = { 0 };
    sx_manifest_build b = { .m = m, .o = options ? options : &none, .root = path, .yolo = &keys };
    const bool ok = read_all(&b, path, err);
    sx_str_free(&b.hashes);
    sx_names_free(&b.numbered);
    sx_yolo_keys_free(&keys);
    sx_manifest_exists_free(&b);
    free(m->seen);
    m->seen = NULL;
    if (!ok || m->film_count) return ok;
    if (m->unread.count) {
        sx_paths_unread_error(m->unread.items[0], err);
        return false;
    }
    if (b.o->reader)
        return sx_fail(err, SX_ERR_MISSING, "%s: no row of reader %s", path, b.o->reader);
    return sx_fail(err, SX_ERR_MISSING, "%s: no films%s%s", path,
                   b.o->split ? " of the split " : "", sx_split_name(b.o->split));
}

bool sx_manifest_open(const char *path, const sx_manifest_options *options, sx_manifest *m,
                      sx_error *err) {
    *m = (sx_manifest){ .memory = sx_arena_new() };
    if (!m->memory) return sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    char *tidy = sx_path_tidy(path);
    const bool ok = tidy ? open_tidy(tidy, options, m, err)
                         : sx_fail(err, SX_ERR_MEMORY, "out of memory for the data set");
    free(tidy);
    return ok;
}
