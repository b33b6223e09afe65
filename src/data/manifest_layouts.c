#include "data/manifest_write_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/json.h"
#include "base/names.h"
#include "base/str.h"
#include "base/yaml.h"
#include "data/manifest_build.h"

enum { XML_NAME = 159 }; /* the longest text that manifest_voc.c accepts */

/* Whether any film of the split is written. */
static bool has_split(const sx_manifest_writing *w, sx_split split) {
    for (const sx_manifest_film *f = w->m->films; f < w->m->films + w->m->film_count; f++)
        if (f->split == split && sx_manifest_has_place(w, f)) return true;
    return false;
}

/* The fewest digits that are read back as this float or double: 27.57, not 27.5699997. */
static void put_number(sx_str *s, double v, bool single) {
    char text[32];
    for (int digits = 6; digits <= 17; digits++) {
        sx_format(text, sizeof text, "%.*g", digits, v);
        if (single ? sx_strtof(text, NULL) == (float)v : sx_strtod(text, NULL) == v) break;
    }
    sx_str_add(s, text);
}

/* The last columns of annotation CSV and image labels. */
static void put_description(sx_str *s, const sx_manifest_film *f) {
    const char sex[2] = { f->sex, 0 };
    sx_str_add(s, ",");
    sx_csv_put(s, f->patient);
    if (f->width && f->height)
        sx_str_printf(s, ",%d,%d", f->width, f->height);
    else
        sx_str_add(s, ",,");
    sx_str_printf(s, ",%s,", sex);
    if (!isnan(f->age)) put_number(s, f->age, false);
    sx_str_add(s, "\n");
}

/* b NULL: "No finding". */
static void put_row(const sx_manifest *m, sx_str *s, const sx_manifest_film *f, const char *reader,
                    const sx_manifest_box *b) {
    const char *fields[] = { f->study, f->series, f->id, reader,
                             b ? m->classes.items[b->label] : SX_NO_FINDING };
    for (int i = 0; i < 5; i++) {
        sx_csv_put(s, fields[i]);
        if (i < 4) sx_str_add(s, ",");
    }
    for (int i = 0; i < 4; i++) {
        sx_str_add(s, ",");
        if (b) put_number(s, (double)b->xyxy[i], true);
    }
    put_description(s, f);
}

static bool write_vindr(const sx_manifest_writing *w, sx_split split, sx_error *err) {
    const sx_manifest *m = w->m;
    sx_str s = { 0 };
    sx_str_add(
        &s,
        "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,patient_id,image_width,"
        "image_height,patient_sex,patient_age\n");
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        if (f->split != split || !sx_manifest_has_place(w, f)) continue;
        for (const sx_manifest_box *b = m->boxes + f->first_box;
             b < m->boxes + f->first_box + f->box_count; b++) {
            put_row(m, &s, f, m->readers.items[b->reader], b);
            w->loss->crowds += b->crowd;
        }
        for (size_t k = f->first_no_finding; k < f->first_no_finding + f->no_finding_count; k++)
            put_row(m, &s, f, m->readers.items[m->no_findings[k].reader], NULL);
        if (f->box_count || f->no_finding_count) continue;
        if (f->label == 0)
            put_row(m, &s, f, "", NULL);
        else
            w->loss->films++;
    }
    return sx_manifest_put(w, split ? "annotations/%s%s" : "annotations%s%s", sx_split_name(split),
                           ".csv", &s, err);
}

/* Named readers who found nothing on the film. */
static size_t named_nones(const sx_manifest *m, const sx_manifest_film *f) {
    size_t n = 0;
    for (size_t k = f->first_no_finding; k < f->first_no_finding + f->no_finding_count; k++)
        n += m->readers.items[m->no_findings[k].reader][0] != 0;
    return n;
}

static bool write_labels(const sx_manifest_writing *w, sx_error *err) {
    sx_str s = { 0 };
    sx_str_add(&s, "image_id,study_id,series_id,abnormal,split,patient_id,width,height,sex,age\n");
    for (size_t i = 0; i < w->m->film_count; i++) {
        const sx_manifest_film *f = &w->m->films[i];
        if (!sx_manifest_has_place(w, f)) continue;
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
        w->loss->boxes += f->box_count;
        w->loss->readers += named_nones(w->m, f);
    }
    return sx_manifest_put(w, "labels%s%s", "", ".csv", &s, err);
}

static void put_field(sx_str *s, const char *key, const char *text) {
    if (!text[0]) return;
    sx_str_printf(s, ", \"%s\": ", key);
    sx_json_quote(s, text);
}

static void coco_image(const sx_manifest_writing *w, const sx_manifest_film *f, sx_str *s) {
    const sx_manifest *m = w->m;
    char name[600];
    const char sex[2] = { f->sex, 0 };
    snprintf(name, sizeof name, "%s%s", f->id, sx_manifest_ending(f, w->to));
    sx_str_printf(s, "  {\"id\": %td", f - m->films + 1);
    put_field(s, "file_name", name);
    sx_str_printf(s, ", \"width\": %d, \"height\": %d", f->width, f->height);
    put_field(s, "study_id", f->study);
    put_field(s, "series_id", f->series);
    put_field(s, "patient_id", f->patient);
    put_field(s, "patient_sex", sex);
    if (!isnan(f->age)) {
        sx_str_add(s, ", \"patient_age\": ");
        put_number(s, f->age, false);
    }
    sx_str_add(s, f->label < 0 ? ", \"abnormal\": null"
                  : f->label   ? ", \"abnormal\": 1"
                               : ", \"abnormal\": 0");
    for (size_t k = 0; k < f->no_finding_count; k++) {
        sx_str_add(s, k ? ", " : ", \"no_finding\": [");
        sx_json_quote(s, m->readers.items[m->no_findings[f->first_no_finding + k].reader]);
    }
    sx_str_add(s, f->no_finding_count ? "]}" : "}");
}

/* Left (or upper) edge and width, with the fewest digits that are read back as these floats. */
static void put_span(sx_str *edge, sx_str *side, float from, float to) {
    char text[32];
    const size_t at = edge->len;
    put_number(edge, (double)from, true);
    const double begin = sx_strtod(edge->data ? edge->data + at : "0", NULL);
    for (int digits = 6; digits <= 17; digits++) {
        sx_format(text, sizeof text, "%.*g", digits, (double)to - begin);
        if ((float)(begin + sx_strtod(text, NULL)) == to) break;
    }
    sx_str_printf(side, ", %s", text);
}

static void coco_note(const sx_manifest *m, const sx_manifest_box *b, sx_str *s) {
    const float *v = b->xyxy;
    sx_str_printf(
        s, "  {\"id\": %td, \"image_id\": %" PRIu32 ", \"category_id\": %" PRIu32 ", \"bbox\": [",
        b - m->boxes + 1, b->film + 1, b->label + 1);
    sx_str sides = { 0 };
    put_span(s, &sides, v[0], v[2]);
    sx_str_add(s, ", ");
    put_span(s, &sides, v[1], v[3]);
    sx_str_add(s, sx_str_text(&sides));
    s->failed = s->failed || sides.failed;
    sx_str_free(&sides);
    sx_str_printf(s, "], \"area\": %.9g, \"iscrowd\": %d",
                  ((double)v[2] - (double)v[0]) * ((double)v[3] - (double)v[1]), (int)b->crowd);
    put_field(s, "rad_id", m->readers.items[b->reader]);
    sx_str_add(s, "}");
}

/* A COCO image has the name of its file as id, with the folders only if several have the name. */
static bool count_folders(const sx_manifest_writing *w, sx_split split, sx_error *err) {
    sx_names names = { 0 }, shared = { 0 };
    const sx_manifest_film *f = w->m->films, *end = f + w->m->film_count;
    bool ok = true, fresh;
    for (; ok && f < end; f++) {
        if (f->split != split || !sx_manifest_has_place(w, f)) continue;
        const char *name = sx_path_base(f->id);
        ok = sx_names_put(&names, name, 0, &fresh, err) &&
             (fresh || sx_names_put(&shared, name, 0, &fresh, err));
    }
    for (f = w->m->films; ok && f < end; f++) {
        if (f->split != split || !sx_manifest_has_place(w, f)) continue;
        const char *name = sx_path_base(f->id);
        w->loss->folders += name > f->id && sx_names_find(&shared, name) < 0;
    }
    sx_names_free(&names);
    sx_names_free(&shared);
    return ok;
}

/* Written as text: a JSON tree would take ten times the memory of the manifest. */
static bool write_coco(const sx_manifest_writing *w, sx_split split, sx_error *err) {
    const sx_manifest *m = w->m;
    sx_str s = { 0 };
    const char *between = "";
    if (!count_folders(w, split, err)) return false;
    sx_str_add(&s, "{\n \"images\": [\n");
    for (const sx_manifest_film *f = m->films; f < m->films + m->film_count; f++) {
        if (f->split != split || !sx_manifest_has_place(w, f)) continue;
        sx_str_add(&s, between);
        coco_image(w, f, &s);
        between = ",\n";
    }
    sx_str_add(&s, "\n ],\n \"annotations\": [\n");
    between = "";
    for (const sx_manifest_box *b = m->boxes; b < m->boxes + m->box_count; b++) {
        const sx_manifest_film *f = &m->films[b->film];
        if (f->split != split || !sx_manifest_has_place(w, f)) continue;
        sx_str_add(&s, between);
        coco_note(m, b, &s);
        between = ",\n";
    }
    sx_str_add(&s, "\n ],\n \"categories\": [\n");
    for (size_t c = 0; c < m->classes.count; c++) {
        sx_str_printf(&s, "  {\"id\": %zu", c + 1);
        put_field(&s, "name", m->classes.items[c]);
        sx_str_add(&s, c + 1 < m->classes.count ? "},\n" : "}");
    }
    sx_str_add(&s, "\n ]\n}\n");
    return sx_manifest_put(w, split ? "annotations/%s%s" : "annotations%s%s", sx_split_name(split),
                           ".json", &s, err);
}

/* data.yaml for Ultralytics' programs, and classes.txt for labelling tools. */
static bool write_yolo_classes(const sx_manifest_writing *w, sx_error *err) {
    const sx_names *classes = &w->m->classes;
    sx_str lines = { 0 }, yaml = { 0 };
    for (int k = SX_SPLIT_TRAIN; k < SX_SPLITS; k++)
        if (has_split(w, (sx_split)k))
            sx_str_printf(&yaml, "%s: images/%s\n", sx_split_name((sx_split)k),
                          sx_split_name((sx_split)k));
    sx_str_printf(&yaml, "nc: %zu\nnames:%s\n", classes->count, classes->count ? "" : " []");
    for (size_t c = 0; c < classes->count; c++) {
        sx_str_printf(&lines, "%s\n", classes->items[c]);
        sx_str_printf(&yaml, "  %zu: ", c);
        sx_yaml_put(&yaml, classes->items[c]);
        sx_str_add(&yaml, "\n");
    }
    const bool ok = sx_manifest_put(w, "classes%s%s", "", ".txt", &lines, err);
    if (ok) return sx_manifest_put(w, "data%s%s", "", ".yaml", &yaml, err);
    sx_str_free(&yaml);
    return false;
}

static bool write_yolo(const sx_manifest_writing *w, sx_error *err) {
    const sx_manifest *m = w->m;
    sx_str s = { 0 };
    bool ok = write_yolo_classes(w, err);
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        char fmt[32];
        if (!sx_manifest_has_place(w, f)) {
            w->loss->films += sx_manifest_is_sized(f, w->to) && !sx_manifest_has_failed(w, f);
            if (!sx_manifest_step(w, err)) return false;
            continue;
        }
        for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
            const sx_manifest_box *b = &m->boxes[k];
            const double x0 = b->xyxy[0], y0 = b->xyxy[1], x1 = b->xyxy[2], y1 = b->xyxy[3];
            sx_str_printf(&s, "%u %.12g %.12g %.12g %.12g\n", b->label, (x0 + x1) / 2 / f->width,
                          (y0 + y1) / 2 / f->height, (x1 - x0) / f->width, (y1 - y0) / f->height);
            w->loss->readers += m->readers.items[b->reader][0] != 0;
            w->loss->crowds += b->crowd;
        }
        w->loss->readers += named_nones(m, f);
        w->loss->described +=
            f->study[0] || f->series[0] || f->patient[0] || f->sex || !isnan(f->age);
        snprintf(fmt, sizeof fmt, "labels/%%s%s%%s.txt", f->split ? "/" : "");
        ok = sx_manifest_put(w, fmt, sx_split_name(f->split), f->id, &s, err) &&
             sx_manifest_step(w, err);
    }
    return ok;
}

static void put_escaped(sx_str *s, const char *text) {
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
}

static void put_xml(sx_str *s, const char *name, const char *text) {
    if (!text[0]) return;
    sx_str_printf(s, "<%s>", name);
    put_escaped(s, text);
    sx_str_printf(s, "</%s>\n", name);
}

static bool write_voc_film(const sx_manifest_writing *w, const sx_manifest_film *f, sx_error *err) {
    const sx_manifest *m = w->m;
    static const char *const labels[] = { "unknown", "0", "1" };
    sx_str s = { 0 };
    char name[600];
    const char sex[2] = { f->sex, 0 };
    snprintf(name, sizeof name, "%s%s", f->id, sx_manifest_ending(f, w->to));
    sx_str_add(&s, "<annotation>\n");
    put_xml(&s, "filename", name);
    put_xml(&s, "study_id", f->study);
    put_xml(&s, "series_id", f->series);
    put_xml(&s, "patient_id", f->patient);
    put_xml(&s, "patient_sex", sex);
    if (!isnan(f->age)) {
        sx_str_add(&s, "<patient_age>");
        put_number(&s, f->age, false);
        sx_str_add(&s, "</patient_age>\n");
    }
    put_xml(&s, "abnormal", labels[f->label + 1]);
    sx_str_printf(&s, "<size><width>%d</width><height>%d</height><depth>1</depth></size>\n",
                  f->width, f->height);
    for (size_t k = f->first_no_finding; k < f->first_no_finding + f->no_finding_count; k++) {
        sx_str_add(&s, "<no_finding>");
        put_escaped(&s, m->readers.items[m->no_findings[k].reader]);
        sx_str_add(&s, "</no_finding>\n");
    }
    for (size_t k = f->first_box; k < f->first_box + f->box_count; k++) {
        const float *v = m->boxes[k].xyxy;
        sx_str_add(&s, "<object>\n");
        put_xml(&s, "name", m->classes.items[m->boxes[k].label]);
        put_xml(&s, "rad_id", m->readers.items[m->boxes[k].reader]);
        if (m->boxes[k].crowd) put_xml(&s, "difficult", "1");
        sx_str_printf(&s,
                      "<bndbox><xmin>%.12g</xmin><ymin>%.12g</ymin><xmax>%.12g</xmax><ymax>%.12g</"
                      "ymax></bndbox>\n"
                      "</object>\n",
                      (double)v[0] + 1, (double)v[1] + 1, (double)v[2], (double)v[3]);
    }
    sx_str_add(&s, "</annotation>\n");
    return sx_manifest_put(w, "Annotations/%s%s", f->id, ".xml", &s, err) &&
           sx_manifest_step(w, err);
}

static bool write_voc(const sx_manifest_writing *w, sx_error *err) {
    const sx_manifest *m = w->m;
    bool ok = true;
    for (int k = SX_SPLIT_NONE; ok && k < SX_SPLITS; k++) {
        sx_str list = { 0 };
        for (size_t i = 0; ok && i < m->film_count; i++) {
            const sx_manifest_film *f = &m->films[i];
            if ((int)f->split != k || !sx_manifest_has_place(w, f)) continue;
            for (int other = 0; ok && other < k; other++)
                if (sx_manifest_find(m, f->id, (sx_split)other) >= 0)
                    ok = sx_fail(err, SX_ERR_UNSUPPORTED,
                                 "film %s is in two splits: VOC holds it once", f->id);
            sx_str_printf(&list, "%s\n", f->id);
            ok = ok && write_voc_film(w, f, err);
        }
        if (ok && k && (list.len || list.failed))
            ok = sx_manifest_put(w, "ImageSets/Main/%s%s", sx_split_name((sx_split)k), ".txt",
                                 &list, err);
        sx_str_free(&list);
    }
    return ok;
}

/* YOLO's class names are lines, without the blanks and quotes around them. XML has no control
 * characters, and blanks around a text are ignored. */
static bool plain(const char *text, sx_layout layout, size_t most, const char *what,
                  sx_error *err) {
    const size_t n = strlen(text);
    const char *around = layout == SX_LAYOUT_YOLO ? " \t'\"" : layout == SX_LAYOUT_VOC ? " \t" : "";
    for (size_t i = 0; i < n; i++)
        if (layout != SX_LAYOUT_COCO && layout != SX_LAYOUT_VINDR && layout != SX_LAYOUT_LABELS &&
            (unsigned char)text[i] < ' ')
            return sx_fail(err, SX_ERR_UNSUPPORTED, "a control character in the %s \"%.80s\"", what,
                           text);
    if (n && ((around[0] && strchr(around, text[0])) || (around[0] && strchr(around, text[n - 1]))))
        return sx_fail(err, SX_ERR_UNSUPPORTED, "a blank or quote at an end of the %s \"%.80s\"",
                       what, text);
    return n <= most ||
           sx_fail(err, SX_ERR_UNSUPPORTED, "a %s of over %zu bytes: %.80s", what, most, text);
}

/* Whether the id names a file below a folder: no part of it is empty or begins with a dot. */
static bool names_file(const char *id) {
    for (const char *part = id;; part++) {
        if (!*part || *part == '/' || *part == '.') return false;
        part += strcspn(part, "/");
        if (!*part) return true;
    }
}

/* A Windows path or a URL could be the name of a file here, but would be read as another id. */
static bool check_id(const sx_manifest *m, const char *id, sx_error *err) {
    sx_str path = { 0 };
    char stem[SX_FILM_STEM];
    sx_manifest_file_name(id, &path);
    if (!sx_str_ok(&path, err)) return false;
    const bool ok = names_file(id) && strcmp(sx_str_text(&path), id) == 0,
               csv = m->layout == SX_LAYOUT_VINDR || m->layout == SX_LAYOUT_LABELS;
    sx_film_name_stem(sx_str_text(&path), stem, sizeof stem);
    sx_str_free(&path);
    if (ok) return true;
    if (!csv || !stem[0] || stem[0] == '.')
        return sx_fail(err, SX_ERR_UNSUPPORTED, "film %s: its id cannot name a file", id);
    return sx_fail(err, SX_ERR_UNSUPPORTED,
                   "film %.200s: its id cannot name a file: write a name such as \"%.100s\" into "
                   "the column image_id, and the path, if it is needed, into a column file",
                   id, stem);
}

/* Where a data set that was read states the split of a film. */
static const char *place_of_splits(const sx_manifest *m) {
    switch (m->layout) {
    case SX_LAYOUT_YOLO:
        return "name its folder in data.yaml (train, val or test), too";
    case SX_LAYOUT_VOC:
        return "list it in ImageSets/Main, too";
    default:
        return "state its split in the annotations, too";
    }
}

bool sx_manifest_check_splits(const sx_manifest *m, sx_error *err) {
    const sx_manifest_film *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < m->film_count; i++) {
        if (m->films[i].split) continue;
        if (!count++) first = &m->films[i];
    }
    return !count || count == m->film_count ||
           sx_fail(err, SX_ERR_UNSUPPORTED,
                   "%zu %s no split, but others have one; the first is %.80s (%.250s): %s", count,
                   sx_noun(count, "film has", "films have"), first ? first->id : "",
                   first && first->path ? first->path : "it has no file", place_of_splits(m));
}

bool sx_manifest_can_hold(const sx_manifest *m, sx_layout layout, sx_error *err) {
    if (layout != SX_LAYOUT_LABELS && !sx_manifest_check_splits(m, err)) return false;
    for (size_t i = 0; i < m->film_count; i++)
        if (!check_id(m, m->films[i].id, err)) return false;
    const bool xml = layout == SX_LAYOUT_VOC;
    for (size_t c = 0; c < m->classes.count; c++)
        if (!plain(m->classes.items[c], layout, xml ? XML_NAME : SIZE_MAX, "lesion name", err))
            return false;
    for (size_t i = 0; xml && i < m->readers.count; i++)
        if (!plain(m->readers.items[i], layout, XML_NAME, "reader", err)) return false;
    for (size_t i = 0; xml && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        if (!plain(f->id, layout, SIZE_MAX, "id", err) ||
            !plain(f->study, layout, XML_NAME, "study", err) ||
            !plain(f->series, layout, XML_NAME, "series", err) ||
            !plain(f->patient, layout, XML_NAME, "patient", err))
            return false;
    }
    return true;
}

bool sx_manifest_write_layout(const sx_manifest_writing *w, sx_error *err) {
    const sx_layout layout = w->to->layout;
    bool ok = true;
    if (layout == SX_LAYOUT_YOLO) ok = write_yolo(w, err);
    if (ok && layout == SX_LAYOUT_VOC) ok = write_voc(w, err);
    if (ok && layout == SX_LAYOUT_LABELS) ok = write_labels(w, err);
    for (int k = 0; ok && k < SX_SPLITS; k++) {
        if (!has_split(w, (sx_split)k)) continue;
        if (layout == SX_LAYOUT_VINDR) ok = write_vindr(w, (sx_split)k, err);
        if (layout == SX_LAYOUT_COCO) ok = write_coco(w, (sx_split)k, err);
    }
    return ok;
}
