/* De-identification of a data set: the annotations name the new films and nothing of the old
 * ones. */
#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"

#include "base/str.h"
#include "base/writer.h"
#include "data/deidentify_set.h"
#include "data/headers.h"
#include "data/manifest_write.h"
#include "data/set_check.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_set.h"

static const uint8_t key[] = "a key of thirty-two bytes, or so";
enum { FILMS = 8 };

static void make_phantoms(const char *dir) {
    sx_error err = { 0 };
    sx_phantom_totals made;
    CHECK_OK(sx_phantom_write_set(&(sx_phantom_set){ .out = dir,
                                                     .count = FILMS,
                                                     .seed = 11,
                                                     .syntax = SX_WRITE_EXPLICIT,
                                                     .film = { .long_side = 300 } },
                                  &made, &err),
             err);
}

/* The phantoms as a data set of the layout. */
static void make_set(const char *phantoms, const char *dir, sx_layout layout) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_manifest_loss loss;
    CHECK_OK(sx_manifest_open(phantoms, NULL, &m, &err), err);
    CHECK_OK(sx_manifest_headers(NULL, &m, NULL, &err), err);
    CHECK_OK(sx_manifest_write(&m,
                               &(sx_manifest_target){ .layout = layout, .dir = dir, .link = true },
                               &loss, &err),
             err);
    sx_manifest_free(&m);
}

static void deidentify(const char *from, const char *to, bool keep_patient,
                       sx_deidentify_set_totals *t) {
    sx_error err = { 0 };
    sx_manifest m;
    CHECK_OK(sx_manifest_open(from, NULL, &m, &err), err);
    const sx_deidentify d = { .out = to,
                              .options = { .key = key,
                                           .key_size = sizeof key,
                                           .keep_patient = keep_patient,
                                           .text = SX_DEID_TEXT_KEEP } };
    CHECK_OK(sx_deidentify_set(&d, from, &m, t, &err), err);
    sx_manifest_free(&m);
}

/* No file below the folder holds the text. */
static void check_absent(const char *dir, const char *text) {
    sx_paths files = { 0 };
    sx_error err = { 0 };
    CHECK_OK(sx_paths_walk(&files, dir, &err), err);
    for (size_t i = 0; i < files.count && text[0]; i++) {
        sx_file f;
        CHECK_OK(sx_file_open(&f, files.items[i], &err), err);
        if (strstr(files.items[i], text) || memmem(f.data, f.size, text, strlen(text)))
            fail_msg("%s: holds %s", files.items[i], text);
        sx_file_close(&f);
    }
    sx_paths_free(&files);
}

static void check_boxes(const sx_manifest *was, const sx_manifest_film *a, const sx_manifest *now,
                        const sx_manifest_film *b) {
    assert_int_equal(a->box_count, b->box_count);
    for (size_t k = 0; k < a->box_count; k++) {
        const sx_manifest_box *p = &was->boxes[a->first_box + k],
                              *q = &now->boxes[b->first_box + k];
        check_close_f32(q->xyxy, p->xyxy, 4, 1e-3, "box");
        assert_string_equal(was->classes.items[p->label], now->classes.items[q->label]);
    }
}

/* The film of the same order has the same boxes; what the annotations say of it, its header says
 * too. */
static void check_film(const sx_manifest *was, const sx_manifest *now, size_t i) {
    const sx_manifest_film *a = &was->films[i], *b = &now->films[i];
    sx_error err = { 0 };
    sx_film *film = sx_film_open(b->path, &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(film, err);
    assert_string_equal(film->info.sop_uid, b->id);
    if (b->study[0]) assert_string_equal(film->info.study_uid, b->study);
    if (b->series[0]) assert_string_equal(film->info.series_uid, b->series);
    if (b->patient[0]) assert_string_equal(film->info.patient_id, b->patient);
    assert_int_equal(a->patient[0] != 0, b->patient[0] != 0);
    assert_int_equal(a->split, b->split);
    assert_int_equal(a->label, b->label);
    check_boxes(was, a, now, b);
    sx_film_free(film);
}

static void check_layout(const char *phantoms, sx_layout layout, const char *from, const char *to) {
    sx_error err = { 0 };
    sx_manifest was, now;
    sx_deidentify_set_totals t;
    sx_check check;
    make_set(phantoms, from, layout);
    deidentify(from, to, false, &t);
    assert_int_equal(t.films.written, t.annotated);
    assert_int_equal(t.films.refused + t.left_out + t.unlisted, 0);
    CHECK_OK(sx_manifest_open(from, NULL, &was, &err), err);
    CHECK_OK(sx_manifest_open(to, &(sx_manifest_options){ .keep_faults = true }, &now, &err), err);
    assert_int_equal(now.layout, layout);
    assert_int_equal(now.film_count, was.film_count);
    assert_int_equal(now.box_count, was.box_count);
    CHECK_OK(sx_check_films(&now, &(sx_check_options){ 0 }, &check, &err), err);
    assert_int_equal(check.fault_count, 0);
    sx_check_free(&check);
    for (size_t i = 0; i < was.film_count; i++) {
        if (layout != SX_LAYOUT_YOLO && layout != SX_LAYOUT_VOC) /* read in the names' order */
            check_film(&was, &now, i);
        check_absent(to, was.films[i].id);
        check_absent(to, was.films[i].study);
        check_absent(to, was.films[i].patient);
        assert_int_equal(now.films[i].sex, 0);
        assert_true(isnan(now.films[i].age));
    }
    for (size_t i = 0; i < was.readers.count; i++)
        check_absent(to, was.readers.items[i]);
    sx_manifest_free(&was);
    sx_manifest_free(&now);
}

static void every_layout(void **state) {
    (void)state;
    static const sx_layout layouts[] = { SX_LAYOUT_VINDR, SX_LAYOUT_LABELS, SX_LAYOUT_COCO,
                                         SX_LAYOUT_VOC, SX_LAYOUT_YOLO };
    char phantoms[4096], from[4200], to[4200];
    check_tmp();
    snprintf(phantoms, sizeof phantoms, "%s", check_tmp_path("phantoms"));
    make_phantoms(phantoms);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        snprintf(from, sizeof from, "%s-%zu", phantoms, i);
        snprintf(to, sizeof to, "%s-%zu-new", phantoms, i);
        check_layout(phantoms, layouts[i], from, to);
    }
    check_tmp_remove();
}

/* A missing film is left out with its boxes, a film without annotations goes to unlisted/, an
 * interrupted run is continued. */
static void check_without(const char *set, const char *out) {
    char path[8200], other[8200];
    sx_deidentify_set_totals t;
    sx_error err = { 0 };
    sx_manifest was, now;
    CHECK_OK(sx_manifest_open(set, NULL, &was, &err), err);
    snprintf(other, sizeof other, "%s/other.dcm", set);
    assert_int_equal(rename(was.films[1].path, other), 0);
    snprintf(path, sizeof path, "%s/notes.txt", set);
    CHECK_OK(sx_write_file(path, "a", 1, &err), err);
    for (int run = 0; run < 2; run++) {
        deidentify(set, out, true, &t);
        assert_int_equal(t.films.written, run ? 0 : FILMS);
        assert_int_equal(t.films.existing, run ? FILMS : 0);
        assert_int_equal(t.annotated, FILMS - 1);
        assert_int_equal(t.left_out, 1);
        assert_int_equal(t.unlisted, 1);
        assert_int_equal(t.others, 1);
    }
    CHECK_OK(sx_manifest_open(out, NULL, &now, &err), err);
    assert_int_equal(now.film_count, FILMS - 1);
    assert_int_equal(now.box_count, was.box_count - was.films[1].box_count);
    assert_true(now.box_count > 0);
    for (size_t i = 0; i < now.film_count; i++) {
        check_boxes(&was, &was.films[i + (i > 0)], &now, &now.films[i]);
        assert_true(now.films[i].sex && now.films[i].age <= 90);
    }
    sx_manifest_free(&was);
    sx_manifest_free(&now);
}

static void films_without_annotations(void **state) {
    (void)state;
    char phantoms[4096], coco[4096], out[4096];
    check_tmp();
    snprintf(phantoms, sizeof phantoms, "%s", check_tmp_path("phantoms"));
    snprintf(coco, sizeof coco, "%s", check_tmp_path("coco"));
    snprintf(out, sizeof out, "%s", check_tmp_path("coco-new"));
    make_phantoms(phantoms);
    make_set(phantoms, coco, SX_LAYOUT_COCO);
    check_without(coco, out);
    check_without(phantoms, check_tmp_path("new"));
    check_tmp_remove();
}

/* Renames a lesion in the annotations. */
static void rename_label(const char *set, const char *was, const char *now) {
    sx_error err = { 0 };
    sx_manifest m;
    sx_file f;
    sx_str text = { 0 };
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    CHECK_OK(sx_file_open(&f, m.sources.items[0], &err), err);
    const char *at = memmem(f.data, f.size, was, strlen(was)), *begin = (const char *)f.data;
    assert_non_null(at);
    sx_str_append(&text, begin, (size_t)(at - begin));
    sx_str_add(&text, now);
    at += strlen(was);
    sx_str_append(&text, at, f.size - (size_t)(at - begin));
    sx_file_close(&f);
    CHECK_OK(sx_write_file(m.sources.items[0], text.data, text.len, &err), err);
    sx_str_free(&text);
    sx_manifest_free(&m);
}

static void deidentify_renamed(const char *phantoms, const char *name, const char *approved,
                               const char *message, bool films) {
    const char *const coco = check_tmp_path("coco"), *out;
    sx_manifest m;
    sx_error err = { 0 };
    sx_names names = { 0 };
    sx_deidentify_set_totals t = { 0 };
    uint32_t at;
    char set[4096];
    snprintf(set, sizeof set, "%s", coco);
    make_set(phantoms, set, SX_LAYOUT_COCO);
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    char was[128];
    snprintf(was, sizeof was, "%s", m.classes.items[0]);
    sx_manifest_free(&m);
    rename_label(set, was, name);
    CHECK_OK(sx_manifest_open(set, NULL, &m, &err), err);
    if (approved) CHECK_OK(sx_names_add(&names, approved, &at, &err), err);
    out = check_tmp_path("coco-new");
    const sx_deidentify d = { .out = out,
                              .lesion_names = &names,
                              .options = {
                                  .key = key, .key_size = sizeof key, .text = SX_DEID_TEXT_KEEP } };
    const bool ok = sx_deidentify_set(&d, set, &m, &t, &err);
    if (message)
        CHECK_FAILS(ok, err, SX_ERR_UNSUPPORTED, message);
    else
        CHECK_OK(ok, err);
    assert_int_equal(t.films.written + t.films.refused > 0, films);
    sx_manifest_free(&m);
    sx_names_free(&names);
    if (message && films && sx_path_exists(check_tmp_path("coco-new")))
        check_absent(check_tmp_path("coco-new"), name);
}

/* A lesion whose words are not known stays only if it is approved and repeats no patient. */
static void lesion_names(void **state) {
    (void)state;
    char phantoms[4096], patient[128], joined[160];
    sx_manifest m;
    sx_error err = { 0 };
    for (int i = 0; i < 6; i++) {
        check_tmp();
        snprintf(phantoms, sizeof phantoms, "%s", check_tmp_path("phantoms"));
        make_phantoms(phantoms);
        CHECK_OK(sx_manifest_open(phantoms, NULL, &m, &err), err);
        CHECK_OK(sx_manifest_headers(NULL, &m, NULL, &err), err);
        snprintf(patient, sizeof patient, "%s", m.films[0].patient);
        snprintf(joined, sizeof joined, "fx%s", patient);
        sx_manifest_free(&m);
        if (i == 0) deidentify_renamed(phantoms, "Hagelsteins Fx", NULL, "--lesion-names", false);
        if (i == 1) deidentify_renamed(phantoms, "Hagelsteins Fx", "Fx", "Hagelsteins Fx", false);
        if (i == 2) deidentify_renamed(phantoms, "Pseudo lesion", "Pseudo lesion", NULL, true);
        if (i == 3) deidentify_renamed(phantoms, "Fracture L4", NULL, NULL, true);
        if (i == 4) deidentify_renamed(phantoms, patient, patient, "rename it", true);
        if (i == 5) deidentify_renamed(phantoms, joined, joined, "rename it", true);
        check_tmp_remove();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout),
        cmocka_unit_test(films_without_annotations),
        cmocka_unit_test(lesion_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
