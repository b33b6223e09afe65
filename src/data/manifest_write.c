#include "data/manifest_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/stream.h"
#include "data/manifest_build.h"

typedef struct writing {
    const sx_manifest *m;
    const char *dir; /* the unfinished one */
    sx_manifest_loss *loss;
    const sx_manifest_target *to;
    bool resumed;
} writing;

/* One more film; false: it is time to stop. */
static bool step(const writing *w, sx_error *err) {
    if (w->to->stop && w->to->stop(NULL))
        return sx_fail(err, SX_ERR_CANCELLED, "stopped before all was done");
    sx_progress_step(w->to->progress, 1);
    return true;
}

static const char *ending(const sx_manifest_film *f) {
    const char *dot = f->path ? strrchr(sx_path_base(f->path), '.') : NULL;
    return dot && sx_is_film_name(sx_path_base(f->path)) ? dot : "";
}

static bool place(const writing *w, char path[4096], sx_error *err, const char *fmt, const char *a,
                  const char *b) {
    int n = snprintf(path, 4096, "%s/", w->dir);
    if (n > 0 && n < 4096) n += snprintf(path + n, (size_t)(4096 - n), fmt, a, b);
    return (n > 0 && n < 4096) || sx_fail(err, SX_ERR_LIMIT, "%s: too long a path", w->dir);
}

/* Whether a file with these very bytes is there. */
static bool is_there(const char *path, const sx_str *text) {
    sx_file f;
    if (!sx_path_exists(path) || !sx_file_open(&f, path, NULL)) return false;
    const bool same = f.size == text->len && memcmp(f.data, sx_str_text(text), f.size) == 0;
    sx_file_close(&f);
    return same;
}

static bool put(const writing *w, const char *fmt, const char *a, const char *b, sx_str *text,
                sx_error *err) {
    char path[4096], folder[4096];
    bool ok = sx_str_ok(text, err) && place(w, path, err, fmt, a, b);
    if (ok) {
        snprintf(folder, sizeof folder, "%.*s", (int)(sx_path_base(path) - path), path);
        if (w->resumed && is_there(path, text))
            w->loss->there++;
        else
            ok = sx_make_dirs(folder, err) && sx_write_file_unsynced(path, sx_str_text(text), text->len, err);
    }
    sx_str_free(text);
    return ok;
}

static bool in_split(const sx_manifest *m, sx_split s) {
    for (size_t i = 0; i < m->films; i++)
        if (m->film[i].split == s) return true;
    return false;
}

/* What annotation CSV and image labels end with. */
static void put_description(sx_str *s, const sx_manifest_film *f) {
    const char sex[2] = { f->sex, 0 };
    sx_str_add(s, ",");
    sx_csv_put(s, f->patient);
    if (f->width && f->height)
        sx_str_printf(s, ",%d,%d", f->width, f->height);
    else
        sx_str_add(s, ",,");
    sx_str_printf(s, ",%s,", sex);
    if (!isnan(f->age)) sx_str_printf(s, "%.9g", f->age);
    sx_str_add(s, "\n");
}

/* The fewest digits that are this number again: 27.57, not 27.5699997. */
static void put_number(sx_str *s, float v) {
    char text[32];
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)v);
        if (strtof(text, NULL) == v) break;
    }
    sx_str_add(s, text);
}

static void put_row(const writing *w, sx_str *s, const sx_manifest_film *f, const sx_manifest_box *b) {
    const sx_manifest *m = w->m;
    uint32_t reader = b ? b->reader : f->reader;
    const char *fields[] = { f->study, f->series, f->id,
                             reader < m->readers.count ? m->readers.item[reader] : "",
                             b ? m->classes.item[b->label] : SX_LESION_NONE };
    for (int i = 0; i < 5; i++) {
        sx_csv_put(s, fields[i]);
        if (i < 4) sx_str_add(s, ",");
    }
    for (int i = 0; i < 4; i++) {
        sx_str_add(s, ",");
        if (b) put_number(s, b->xyxy[i]);
    }
    put_description(s, f);
}

static bool write_vindr(const writing *w, sx_split split, sx_error *err) {
    sx_str s = { 0 };
    sx_str_add(&s,
               "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,patient_id,image_width,"
               "image_height,patient_sex,patient_age\n");
    for (size_t i = 0; i < w->m->films; i++) {
        const sx_manifest_film *f = &w->m->film[i];
        if (f->split != split) continue;
        for (size_t b = 0; b < f->boxes; b++)
            put_row(w, &s, f, &w->m->box[f->first + b]);
        if (f->boxes) continue;
        if (f->label == 0)
            put_row(w, &s, f, NULL);
        else
            w->loss->films++;
    }
    return put(w, split ? "annotations/%s%s" : "annotations%s%s", sx_split_name(split), ".csv", &s, err);
}

static bool write_labels(const writing *w, sx_error *err) {
    sx_str s = { 0 };
    sx_str_add(&s, "image_id,study_id,series_id,abnormal,split,patient_id,width,height,sex,age\n");
    for (size_t i = 0; i < w->m->films; i++) {
        const sx_manifest_film *f = &w->m->film[i];
        const char *fields[] = { f->id, f->study, f->series,
                                 f->label < 0 ? ""
                                 : f->label   ? "1"
                                              : "0",
                                 sx_split_name(f->split) };
        for (int k = 0; k < 5; k++) {
            sx_csv_put(&s, fields[k]);
            if (k < 4) sx_str_add(&s, ",");
        }
        put_description(&s, f);
        w->loss->boxes += f->boxes;
    }
    return put(w, "labels%s%s", "", ".csv", &s, err);
}

static void set_text(json_t *j, const char *key, const char *text) {
    if (text[0]) json_object_set_new(j, key, json_string(text));
}

static json_t *coco_image(const sx_manifest_film *f, size_t id) {
    char name[600];
    const char sex[2] = { f->sex, 0 };
    snprintf(name, sizeof name, "%s%s", f->id, ending(f));
    json_t *j = json_pack("{s:I, s:s, s:i, s:i}", "id", (json_int_t)id, "file_name", name, "width", f->width,
                          "height", f->height);
    set_text(j, "study_id", f->study);
    set_text(j, "series_id", f->series);
    set_text(j, "patient_id", f->patient);
    set_text(j, "patient_sex", sex);
    if (!isnan(f->age)) json_object_set_new(j, "patient_age", json_real(f->age));
    json_object_set_new(j, "abnormal", f->label < 0 ? json_null() : json_integer(f->label));
    return j;
}

static bool write_coco(const writing *w, sx_split split, sx_error *err) {
    const sx_manifest *m = w->m;
    json_t *images = json_array(), *notes = json_array(), *categories = json_array();
    bool ok = images && notes && categories;
    for (size_t c = 0; ok && c < m->classes.count; c++)
        ok = json_array_append_new(categories, json_pack("{s:I, s:s}", "id", (json_int_t)c + 1, "name",
                                                         m->classes.item[c])) == 0;
    for (size_t i = 0; ok && i < m->films; i++) {
        const sx_manifest_film *f = &m->film[i];
        if (f->split != split) continue;
        ok = json_array_append_new(images, coco_image(f, i + 1)) == 0;
        for (size_t k = f->first; ok && k < f->first + f->boxes; k++) {
            const sx_manifest_box *b = &m->box[k];
            const double x = b->xyxy[0], y = b->xyxy[1], bw = (double)b->xyxy[2] - x,
                         bh = (double)b->xyxy[3] - y;
            json_t *a = json_pack("{s:I, s:I, s:I, s:[f, f, f, f], s:f, s:i}", "id", (json_int_t)k + 1,
                                  "image_id", (json_int_t)i + 1, "category_id", (json_int_t)b->label + 1,
                                  "bbox", x, y, bw, bh, "area", bw * bh, "iscrowd", (int)b->crowd);
            set_text(a, "rad_id", m->readers.item[b->reader]);
            ok = json_array_append_new(notes, a) == 0;
        }
    }
    json_t *j =
        ok ? json_pack("{s:O, s:O, s:O}", "images", images, "annotations", notes, "categories", categories)
           : NULL;
    json_decref(images), json_decref(notes), json_decref(categories);
    sx_str s = { 0 };
    if (!ok) sx_fail(err, SX_ERR_FORMAT, "a name that is not UTF-8, or out of memory");
    ok = ok && sx_json_text(j, &s, err);
    json_decref(j);
    if (!ok) sx_str_free(&s);
    return ok &&
           put(w, split ? "annotations/%s%s" : "annotations%s%s", sx_split_name(split), ".json", &s, err);
}

static bool write_yolo(const writing *w, sx_error *err) {
    const sx_manifest *m = w->m;
    sx_str s = { 0 };
    for (size_t c = 0; c < m->classes.count; c++)
        sx_str_printf(&s, "%s\n", m->classes.item[c]);
    bool ok = put(w, "classes%s%s", "", ".txt", &s, err);
    for (size_t i = 0; ok && i < m->films; i++) {
        const sx_manifest_film *f = &m->film[i];
        char fmt[32];
        for (size_t k = f->first; k < f->first + f->boxes; k++) {
            const sx_manifest_box *b = &m->box[k];
            const double x0 = b->xyxy[0], y0 = b->xyxy[1], x1 = b->xyxy[2], y1 = b->xyxy[3];
            sx_str_printf(&s, "%u %.12g %.12g %.12g %.12g\n", b->label, (x0 + x1) / 2 / f->width,
                          (y0 + y1) / 2 / f->height, (x1 - x0) / f->width, (y1 - y0) / f->height);
            w->loss->readers += m->readers.item[b->reader][0] != 0;
        }
        w->loss->labels += !f->boxes && f->label != 0;
        w->loss->described += f->study[0] || f->series[0] || f->patient[0];
        snprintf(fmt, sizeof fmt, "labels/%%s%s%%s.txt", f->split ? "/" : "");
        ok = put(w, fmt, sx_split_name(f->split), f->id, &s, err) && step(w, err);
    }
    return ok;
}

static void put_xml(sx_str *s, const char *name, const char *text) {
    if (!text[0]) return;
    sx_str_printf(s, "<%s>", name);
    for (; *text; text++)
        switch (*text) {
        case '<':
            sx_str_add(s, "&lt;");
            break;
        case '>':
            sx_str_add(s, "&gt;");
            break;
        case '&':
            sx_str_add(s, "&amp;");
            break;
        default:
            sx_str_append(s, text, 1);
        }
    sx_str_printf(s, "</%s>\n", name);
}

static bool write_voc_film(const writing *w, const sx_manifest_film *f, sx_error *err) {
    const sx_manifest *m = w->m;
    static const char *const labels[] = { "unknown", "0", "1" };
    sx_str s = { 0 };
    char name[600];
    snprintf(name, sizeof name, "%s%s", f->id, ending(f));
    sx_str_add(&s, "<annotation>\n");
    put_xml(&s, "filename", name);
    put_xml(&s, "study_id", f->study);
    put_xml(&s, "series_id", f->series);
    put_xml(&s, "patient_id", f->patient);
    put_xml(&s, "abnormal", labels[f->label + 1]);
    sx_str_printf(&s, "<size><width>%d</width><height>%d</height><depth>1</depth></size>\n", f->width,
                  f->height);
    for (size_t k = f->first; k < f->first + f->boxes; k++) {
        const float *v = m->box[k].xyxy;
        sx_str_add(&s, "<object>\n");
        put_xml(&s, "name", m->classes.item[m->box[k].label]);
        put_xml(&s, "rad_id", m->readers.item[m->box[k].reader]);
        sx_str_printf(
            &s,
            "<bndbox><xmin>%.12g</xmin><ymin>%.12g</ymin><xmax>%.12g</xmax><ymax>%.12g</ymax></bndbox>\n"
            "</object>\n",
            (double)v[0] + 1, (double)v[1] + 1, (double)v[2], (double)v[3]);
    }
    sx_str_add(&s, "</annotation>\n");
    return put(w, "Annotations/%s%s", f->id, ".xml", &s, err) && step(w, err);
}

static bool write_voc(const writing *w, sx_error *err) {
    const sx_manifest *m = w->m;
    bool ok = true;
    for (int k = SX_SPLIT_NONE; ok && k < SX_SPLITS; k++) {
        sx_str list = { 0 };
        for (size_t i = 0; ok && i < m->films; i++) {
            const sx_manifest_film *f = &m->film[i];
            if ((int)f->split != k) continue;
            for (int other = 0; ok && other < k; other++)
                if (sx_manifest_find(m, f->id, (sx_split)other) >= 0)
                    ok = sx_fail(err, SX_ERR_UNSUPPORTED, "film %s is in two splits: VOC holds it once",
                                 f->id);
            sx_str_printf(&list, "%s\n", f->id);
            ok = ok && write_voc_film(w, f, err);
        }
        if (ok && k && list.len)
            ok = put(w, "ImageSets/Main/%s%s", sx_split_name((sx_split)k), ".txt", &list, err);
        sx_str_free(&list);
    }
    return ok;
}

static bool links_to(const char *link, const char *file) {
    char to[4096];
    const ssize_t n = readlink(link, to, sizeof to);
    return n > 0 && (size_t)n == strlen(file) && memcmp(to, file, (size_t)n) == 0;
}

static bool link_films(const writing *w, sx_layout layout, sx_error *err) {
    for (size_t i = 0; i < w->m->films; i++) {
        const sx_manifest_film *f = &w->m->film[i];
        char folder[4096], to[4096 + 600];
        const char *fmt = layout == SX_LAYOUT_VOC ? "JPEGImages" : f->split ? "images/%s" : "images";
        if (!f->path) continue;
        char *from = realpath(f->path, NULL);
        bool ok = from || sx_fail(err, SX_ERR_IO, "%s: %s", f->path, strerror(errno));
        ok = ok && place(w, folder, err, fmt, sx_split_name(f->split), "") && sx_make_dirs(folder, err);
        if (ok) {
            snprintf(to, sizeof to, "%s/%s%s", folder, f->id, ending(f));
            ok = symlink(from, to) == 0 || (w->resumed && errno == EEXIST && links_to(to, from)) ||
                 sx_fail(err, SX_ERR_IO, "%s: %s", to, strerror(errno));
        }
        free(from);
        if (!ok || !step(w, err)) return false;
    }
    return true;
}

static bool can_hold(const sx_manifest *m, sx_layout layout, sx_error *err) {
    bool sizes = layout == SX_LAYOUT_COCO || layout == SX_LAYOUT_VOC || layout == SX_LAYOUT_YOLO;
    bool some = in_split(m, SX_SPLIT_TRAIN) || in_split(m, SX_SPLIT_VAL) || in_split(m, SX_SPLIT_TEST);
    if (layout != SX_LAYOUT_LABELS && some && in_split(m, SX_SPLIT_NONE))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "some films have a split and some have none");
    for (size_t i = 0; i < m->films; i++) {
        const sx_manifest_film *f = &m->film[i];
        if (sizes && (!f->width || !f->height))
            return sx_fail(err, SX_ERR_MISSING, "the size of film %s is not known", f->id);
        if (strchr(f->id, '/') || f->id[0] == '.')
            return sx_fail(err, SX_ERR_UNSUPPORTED, "film %s: its id cannot name a file", f->id);
    }
    for (size_t c = 0; c < m->classes.count; c++)
        if (strchr(m->classes.item[c], '\n'))
            return sx_fail(err, SX_ERR_UNSUPPORTED, "a line break in the lesion name %s", m->classes.item[c]);
    return true;
}

/* What decides about every byte of the target, so that leftovers of something else are never mixed in. */
static void describe(const sx_manifest *m, const sx_manifest_target *to, sx_str *s) {
    uint64_t sum = 0;
    for (size_t i = 0; i < m->films; i++) {
        const sx_manifest_film *f = &m->film[i];
        sum = sum * 31 + sx_fnv1a(f->id, strlen(f->id)) + (uint64_t)f->split * 7 + (uint64_t)(f->label + 1);
        if (f->path) sum = sum * 31 + sx_fnv1a(f->path, strlen(f->path));
    }
    for (size_t i = 0; i < m->boxes; i++)
        sum = sum * 31 + sx_fnv1a(m->box[i].xyxy, sizeof m->box[i].xyxy) + m->box[i].label;
    sx_str_printf(s, "spinexr data convert\nlayout %s\nlinks %d\nfilms %zu\nboxes %zu\nsum %016llx\n",
                  sx_layout_name(to->layout), (int)to->link, m->films, m->boxes, (unsigned long long)sum);
}

/* Takes up `partial`, or begins it: *resumed. */
static bool begin(const sx_manifest *m, const sx_manifest_target *to, const char *partial, const char *plan,
                  bool *resumed, sx_error *err) {
    sx_str s = { 0 };
    describe(m, to, &s);
    bool ok = sx_str_ok(&s, err);
    *resumed = ok && sx_path_exists(partial);
    if (*resumed && !is_there(plan, &s))
        ok = sx_fail(err, SX_ERR_IO, "%s: left of an interrupted run with other arguments; remove it first",
                     partial);
    if (ok && *resumed) sx_remove_parts(partial);
    if (ok && !*resumed) ok = sx_write_file(plan, s.data, s.len, err);
    sx_str_free(&s);
    return ok && sx_make_dirs(partial, err);
}

static bool write_all(const writing *w, sx_error *err) {
    const sx_layout layout = w->to->layout;
    bool ok = true;
    if (layout == SX_LAYOUT_YOLO) ok = write_yolo(w, err);
    if (ok && layout == SX_LAYOUT_VOC) ok = write_voc(w, err);
    if (ok && layout == SX_LAYOUT_LABELS) ok = write_labels(w, err);
    for (int k = 0; ok && k < SX_SPLITS; k++) {
        if (!in_split(w->m, (sx_split)k)) continue;
        if (layout == SX_LAYOUT_VINDR) ok = write_vindr(w, (sx_split)k, err);
        if (layout == SX_LAYOUT_COCO) ok = write_coco(w, (sx_split)k, err);
    }
    return ok && (!w->to->link || link_films(w, layout, err));
}

bool sx_manifest_write(const sx_manifest *m, const sx_manifest_target *to, sx_manifest_loss *loss,
                       sx_error *err) {
    *loss = (sx_manifest_loss){ 0 };
    char partial[4096], plan[4096 + 8];
    const char *dir = to->dir;
    if (snprintf(partial, sizeof partial, "%.*s.partial", (int)sx_path_length(dir), dir) >=
        (int)sizeof partial)
        return sx_fail(err, SX_ERR_LIMIT, "%s: too long a path", dir);
    snprintf(plan, sizeof plan, "%s.plan", partial);
    if (sx_path_exists(dir)) return sx_fail(err, SX_ERR_IO, "%s: is there already", dir);
    writing w = { .m = m, .dir = partial, .loss = loss, .to = to };
    if (!can_hold(m, to->layout, err) || !begin(m, to, partial, plan, &w.resumed, err)) return false;
    const bool each = to->layout == SX_LAYOUT_YOLO || to->layout == SX_LAYOUT_VOC;
    sx_progress_start(to->progress, "films", m->films * (size_t)(each + to->link));
    if (!write_all(&w, err) || !sx_sync_folder(partial, err)) return false;
    if (rename(partial, dir) != 0) return sx_fail(err, SX_ERR_IO, "%s: %s", dir, strerror(errno));
    unlink(plan);
    return true;
}
