#include "data/split_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/files.h"
#include "base/str.h"
#include "base/writer.h"

static bool put_file(const char *dir, const char *name, const char *ending, const sx_str *text,
                     sx_error *err) {
    sx_str path = { 0 };
    sx_str_printf(&path, "%s/%s%s", dir, name, ending);
    const bool ok = sx_str_ok(&path, err) && sx_str_ok(text, err) &&
                    sx_write_file(path.data, sx_str_text(text), text->len, err);
    sx_str_free(&path);
    return ok;
}

static void put_row(sx_str *csv, const sx_manifest_film *f, const char *part) {
    const char *fields[] = { f->id, f->study, f->patient, part };
    for (int c = 0; c < 4; c++) {
        sx_csv_put(csv, fields[c]);
        sx_str_add(csv, c < 3 ? "," : "\n");
    }
}

/* A list has one id a line. */
static bool check_ids(const sx_manifest *m, sx_error *err) {
    for (size_t i = 0; i < m->film_count; i++)
        if (strpbrk(m->films[i].id, "\r\n"))
            return sx_fail(err, SX_ERR_VALUE,
                           "film %.100s: its id has a line break, so a list cannot name it",
                           m->films[i].id);
    return true;
}

bool sx_split_lists_write(const sx_manifest *m, const sx_split_parts *p, const char *dir,
                          sx_error *err) {
    sx_str csv = { 0 };
    bool ok = check_ids(m, err);
    sx_str_add(&csv, "image_id,study_id,patient_id,split\n");
    for (int k = 0; ok && k < p->count; k++) {
        sx_str list = { 0 };
        for (size_t i = 0; i < m->film_count; i++) {
            if (p->part[i] != k) continue;
            sx_str_printf(&list, "%s\n", m->films[i].id);
            put_row(&csv, &m->films[i], p->names[k]);
        }
        ok = put_file(dir, p->names[k], ".txt", &list, err);
        sx_str_free(&list);
    }
    ok = ok && put_file(dir, "split", ".csv", &csv, err);
    sx_str_free(&csv);
    return ok;
}
