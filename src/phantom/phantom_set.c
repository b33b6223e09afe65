#include "phantom/phantom_set.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/claim.h"
#include "base/context_impl.h"
#include "base/files.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "phantom/phantom_rng.h"
#include "spinexr/version.h"

/* The rows of the tables for a film. */
typedef struct entry {
    char study[65], series[65], image[65];
    bool test, lateral;
    int width, height, reader, box_count;
    size_t bytes, patient;
    int age;
    char sex;
    sx_phantom_region region;
    bool there;
    sx_phantom_box *boxes; /* owned */
} entry;

typedef struct job {
    const sx_phantom_set *set;
    sx_claim *claim;
    entry *entries;
    atomic_size_t next;
    atomic_bool failed;
    bool resumed;
    pthread_mutex_t lock;
    sx_error error; /* the first error, under the lock */
} job;

static const struct anatomy {
    const char *part, *code, *meaning, *protocol;
} anatomies[] = {
    [SX_PHANTOM_CERVICAL] = { "CSPINE", "122494005", "Cervical spine", "Cervical spine" },
    [SX_PHANTOM_THORACIC] = { "TSPINE", "122495006", "Thoracic spine", "Thoracic spine" },
    [SX_PHANTOM_LUMBAR] = { "LSPINE", "122496007", "Lumbar spine", "Lumbar spine" },
    [SX_PHANTOM_FULL] = { "SPINE", "421060004", "Spine", "Whole spine" },
};

static void uid(char out[65], const char *what, uint64_t seed, uint64_t item) {
    sx_ph_draw d = sx_ph_draw_start(what, seed, item);
    sx_uid_from_words(sx_rng_u64(d.key, 0), sx_rng_u64(d.key, 1), out);
}

static const char *folder(bool test) {
    return test ? "test" : "train";
}

/* Shares like those of a hospital's archive; JPEG 2000 is slow to encode. */
static sx_write_syntax mixed_syntax(uint64_t seed, size_t index) {
    static const struct {
        sx_write_syntax syntax;
        float share;
    } mix[] = { { SX_WRITE_EXPLICIT, 0.25f }, { SX_WRITE_IMPLICIT, 0.13f },
                { SX_WRITE_JPEG, 0.15f },     { SX_WRITE_JPEG_LS, 0.15f },
                { SX_WRITE_RLE, 0.12f },      { SX_WRITE_JPEG_2000, 0.08f },
                { SX_WRITE_DEFLATED, 0.06f } };
    sx_ph_draw d = sx_ph_draw_start("phantom syntax", seed, index);
    float u = sx_ph_unit(&d);
    for (size_t i = 0; i < sizeof mix / sizeof mix[0]; i++) {
        if (u < mix[i].share) return mix[i].syntax;
        u -= mix[i].share;
    }
    return SX_WRITE_BIG_ENDIAN;
}

static void fill_entry(entry *e, const sx_phantom_set *set, size_t index) {
    sx_ph_draw d = sx_ph_draw_start("phantom split", set->seed, index / 2);
    e->test = (double)sx_ph_unit(&d) < set->test;
    e->reader = 1 + sx_ph_int(&d, 3);
    e->patient = index / 2;
    uid(e->study, "phantom study uid", set->seed, index / 2);
    uid(e->series, "phantom series uid", set->seed, index);
    uid(e->image, "phantom image uid", set->seed, index);
}

static bool film_path(const sx_phantom_set *set, const entry *e, char path[4096], sx_error *err) {
    return snprintf(path, 4096, "%s/%s_images/%s.dicom", set->out, folder(e->test), e->image) <
               4096 ||
           sx_fail(err, SX_ERR_USAGE, "%s: the path is too long", set->out);
}

static bool write_film(const sx_phantom_set *set, size_t index, entry *e, const sx_phantom_film *f,
                       sx_error *err) {
    char patient[32], name[48], age[8], date[40], time[40];
    const struct anatomy *a = &anatomies[f->region];
    sx_ph_draw d = sx_ph_draw_start("phantom visit", set->seed, index / 2);
    snprintf(patient, sizeof patient, "PH%06zu", index / 2);
    snprintf(name, sizeof name, "PHANTOM^%06zu", index / 2);
    snprintf(age, sizeof age, "%03dY", f->age);
    snprintf(date, sizeof date, "%04d%02d%02d", 2010 + sx_ph_int(&d, 11), 1 + sx_ph_int(&d, 12),
             1 + sx_ph_int(&d, 28));
    snprintf(time, sizeof time, "%02d%02d%02d", 8 + sx_ph_int(&d, 10), sx_ph_int(&d, 60),
             sx_ph_int(&d, 60));
    sx_write_film w = { .pixels = sx_image_u16(&f->image),
                        .rows = f->image.height,
                        .columns = f->image.width,
                        .bits = f->bits,
                        .inverted = f->inverted,
                        .window_center = (double)f->window_center,
                        .window_width = (double)f->window_width,
                        .spacing = (double)f->spacing,
                        .patient_id = patient,
                        .patient_name = name,
                        .patient_sex = f->sex == 'M' ? "M" : "F",
                        .patient_age = age,
                        .study_uid = e->study,
                        .series_uid = e->series,
                        .instance_uid = e->image,
                        .date = date,
                        .time = time,
                        .description = a->protocol,
                        .station = "PHANTOM",
                        .body_part = a->part,
                        .region_code = a->code,
                        .region_meaning = a->meaning,
                        .orientation = !f->lateral      ? "L\\F"
                                       : f->facing_left ? "P\\F"
                                                        : "A\\F",
                        .view = !f->lateral      ? "AP"
                                : f->facing_left ? "LL"
                                                 : "RL",
                        .series_number = f->lateral ? 2 : 1,
                        .instance_number = 1 };
    char path[4096];
    if (!film_path(set, e, path, err)) return false;
    sx_write_syntax s =
        set->syntax >= 0 ? (sx_write_syntax)set->syntax : mixed_syntax(set->seed, index);
    return sx_dicom_write(path, &w, s, &e->bytes, err);
}

/* Whether an interrupted run left this film with readable pixels: after a power failure a file may
 * exist without its bytes. */
static bool is_there(const job *j, entry *e) {
    char path[4096];
    struct stat st;
    if (!j->resumed || !film_path(j->set, e, path, NULL) || stat(path, &st) != 0) return false;
    sx_film *f = sx_film_open(path, NULL, NULL);
    const bool whole = f && strcmp(f->info.sop_uid, e->image) == 0;
    sx_film_free(f);
    e->bytes = (size_t)st.st_size;
    return whole;
}

static bool one_film(job *j, size_t index, sx_error *err) {
    const sx_phantom_set *set = j->set;
    entry *e = &j->entries[index];
    sx_phantom_film f;
    fill_entry(e, set, index);
    e->there = is_there(j, e);
    if (!(e->there ? sx_phantom_plan(&f, set->seed, index, &set->film, err)
                   : sx_phantom_draw(NULL, &f, set->seed, index, &set->film, err)))
        return false;
    e->width = f.image.width;
    e->height = f.image.height;
    e->age = f.age;
    e->sex = f.sex;
    e->region = f.region;
    e->lateral = f.lateral;
    bool ok = e->there || write_film(set, index, e, &f, err);
    if (ok && f.box_count) {
        e->boxes = sx_calloc_for((size_t)f.box_count, sizeof *e->boxes, "boxes", err);
        ok = e->boxes != NULL;
        if (ok) memcpy(e->boxes, f.boxes, (size_t)f.box_count * sizeof *e->boxes);
        e->box_count = ok ? f.box_count : 0;
    }
    sx_phantom_film_free(&f);
    return ok;
}

/* Each thread takes the next free film; films differ too much in cost for a fixed assignment. */
static void worker(void *ctx, size_t begin, size_t end) {
    job *j = ctx;
    (void)begin, (void)end;
    for (;;) {
        size_t index = atomic_fetch_add(&j->next, 1);
        if (index >= j->set->count || atomic_load(&j->failed)) return;
        sx_error err = { 0 };
        bool ok = !sx_context_cancelled(j->set->context)
                      ? one_film(j, index, &err)
                      : sx_fail(&err, SX_ERR_CANCELLED, "cancelled after %zu %s", index,
                                sx_noun(index, "film", "films"));
        if (!ok) {
            pthread_mutex_lock(&j->lock);
            if (!atomic_exchange(&j->failed, true)) j->error = err;
            pthread_mutex_unlock(&j->lock);
            return;
        }
        sx_progress_step(j->set->progress, 1);
    }
}

static void add_annotations(sx_str *out, const entry *e) {
    for (int i = 0; i < e->box_count || i == 0; i++) {
        sx_str_printf(out, "%s,%s,%s,rad%d,", e->study, e->series, e->image, e->reader);
        if (e->box_count == 0) {
            sx_str_add(out, "No finding,,,,\n");
            return;
        }
        const sx_phantom_box *b = &e->boxes[i];
        sx_str_printf(out, "%s,%.2f,%.2f,%.2f,%.2f\n", sx_phantom_finding_name(b->finding),
                      (double)b->box.x0, (double)b->box.y0, (double)b->box.x1, (double)b->box.y1);
    }
}

static void add_meta(sx_str *out, const entry *e) {
    const struct anatomy *a = &anatomies[e->region];
    sx_str_printf(out, "PH%06zu,%s,%s,%s,ORIGINAL/PRIMARY,%d,%d,%s,%c,%03dY,DX,%s,PHANTOM,%zu\n",
                  e->patient, e->image, e->series, e->study, e->height, e->width, a->part, e->sex,
                  e->age, a->protocol, e->bytes);
}

/* Into the folder `annotations`; NULL: the metadata beside the films. */
static bool write_tables(const job *j, const char *annotations, sx_error *err) {
    bool ok = true;
    for (int test = 0; test < 2 && ok; test++) {
        sx_str s = { 0 };
        char path[4096];
        sx_str_add(&s, annotations
                           ? "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax\n"
                           : "patient_id,image_id,series_id,study_id,image_type,image_height,image_"
                             "width,body_part,"
                             "patient_sex,patient_age,modality,protocol,station_name,file_size\n");
        for (size_t i = 0; i < j->set->count; i++) {
            if (j->entries[i].test != test) continue;
            if (annotations)
                add_annotations(&s, &j->entries[i]);
            else
                add_meta(&s, &j->entries[i]);
        }
        snprintf(path, sizeof path, annotations ? "%s/%s.csv" : "%s/%s_meta.csv",
                 annotations ? annotations : j->set->out, folder(test));
        ok = sx_str_ok(&s, err) && sx_write_file(path, s.data, s.len, err);
        sx_str_free(&s);
    }
    return ok;
}

/* Everything that the bytes of the set depend on. */
static void describe(const sx_phantom_set *s, char *to, size_t size) {
    sx_format(to, size,
              "spinexr data phantom\ncount %zu\nseed %llu\ntest %.17g\nsyntax %d\nsize %d\nregion "
              "%d\nmix %d\n"
              "healthy %d\nversion %s\n",
              s->count, (unsigned long long)s->seed, s->test, s->syntax, s->film.long_side,
              (int)s->film.region, (int)s->film.mix, (int)s->film.healthy, sx_version());
}

/* Continues an unfinished run, or begins one. */
static bool begin_or_resume(job *j, sx_error *err) {
    char path[4096], plan[512];
    sx_file f;
    snprintf(path, sizeof path, "%s/unfinished", j->set->out);
    describe(j->set, plan, sizeof plan);
    if (!sx_path_exists(path)) return sx_write_file(path, plan, strlen(plan), err);
    if (!sx_file_open(&f, path, err)) return false;
    j->resumed = f.size == strlen(plan) && memcmp(f.data, plan, f.size) == 0;
    sx_file_close(&f);
    return j->resumed ||
           sx_fail(err, SX_ERR_MISMATCH,
                   "%s: an unfinished run had other arguments (or was another version's): "
                   "finish it, or remove the "
                   "folder",
                   path);
}

static bool end_run(const job *j, sx_error *err) {
    char path[4096];
    snprintf(path, sizeof path, "%s/unfinished", j->set->out);
    return unlink(path) == 0 || errno == ENOENT || sx_fail_errno(err, path, "remove");
}

/* From here on the folder is a data set. */
static bool write_annotations(const job *j, sx_error *err) {
    char path[4096], *unfinished;
    snprintf(path, sizeof path, "%s/annotations", j->set->out);
    if (j->resumed && sx_path_is_dir(path)) /* killed after the last rename */
        return write_tables(j, NULL, err) && write_tables(j, path, err) && end_run(j, err);
    if (!sx_claim_make_folder(j->claim, path, &unfinished, err)) return false;
    const bool ok = write_tables(j, NULL, err) && write_tables(j, unfinished, err) &&
                    sx_sync_folder(j->set->out, err);
    if (!ok) {
        free(unfinished);
        return false;
    }
    return sx_claim_put_folder(j->claim, unfinished, path, err) && end_run(j, err);
}

/* Nothing that a run writes at its end is there. */
static bool check_free(const sx_phantom_set *set, sx_error *err) {
    static const char *const tables[] = { "annotations/train.csv", "annotations/test.csv",
                                          "annotations", "train_meta.csv", "test_meta.csv" };
    char path[4096];
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(path, sizeof path, "%s/%s", set->out, tables[i]);
        if (sx_path_exists(path))
            return sx_fail(err, SX_ERR_IO, "%s: already exists; name a new folder, or remove it",
                           path);
    }
    return true;
}

static bool prepare(const sx_phantom_set *set, sx_error *err) {
    static const char *const folders[] = { "train_images", "test_images" };
    char path[4096];
    if (strlen(set->out) > 3900)
        return sx_fail(err, SX_ERR_USAGE, "%.60s...: the path is too long", set->out);
    snprintf(path, sizeof path, "%s/unfinished", set->out);
    if (!sx_path_exists(path) && !check_free(set, err)) return false;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", set->out, folders[i]);
        if (!sx_make_dirs(path, err)) return false;
    }
    return true;
}

static void add_up(const job *j, sx_phantom_totals *t) {
    *t = (sx_phantom_totals){ .films = j->set->count };
    for (size_t i = 0; i < j->set->count; i++) {
        const entry *e = &j->entries[i];
        t->abnormal += e->box_count > 0;
        t->test_films += e->test;
        t->there += e->there;
        t->bytes += e->bytes;
        for (int k = 0; k < e->box_count; k++)
            t->boxes[e->boxes[k].finding]++;
    }
}

static bool write_claimed(const sx_phantom_set *set, sx_claim *claim, sx_phantom_totals *totals,
                          sx_error *err) {
    job j = { .set = set, .claim = claim, .lock = PTHREAD_MUTEX_INITIALIZER };
    j.entries = sx_calloc_for(set->count, sizeof *j.entries, "the list of films", err);
    if (!j.entries) return false;
    if (!begin_or_resume(&j, err)) {
        free(j.entries);
        return false;
    }
    sx_progress_start(set->progress, set->context, "films", set->count);
    sx_parallel_for(set->context, (size_t)sx_threads_of(set->context), 1, worker, &j);
    bool ok = !atomic_load(&j.failed);
    if (!ok && err) *err = j.error;
    if (ok) ok = write_annotations(&j, err);
    if (ok && totals) add_up(&j, totals);
    for (size_t i = 0; i < set->count; i++)
        free(j.entries[i].boxes);
    free(j.entries);
    return ok;
}

bool sx_phantom_write_set(const sx_phantom_set *set, sx_phantom_totals *totals, sx_error *err) {
    if (set->count == 0) return sx_fail(err, SX_ERR_USAGE, "a data set needs at least one film");
    if (!(set->test >= 0.0 && set->test <= 1.0))
        return sx_fail(err, SX_ERR_USAGE, "the test share must be from 0 to 1, not %g", set->test);
    sx_claim *claim = sx_claim_open(set->out, "data phantom", err);
    if (!claim) return false;
    const bool ok = prepare(set, err) && write_claimed(set, claim, totals, err);
    sx_claim_close(claim);
    return ok;
}
