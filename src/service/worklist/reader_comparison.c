#include "service/worklist/reader_comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/patient_id.h"
#include "metrics/agreement.h"
#include "metrics/classification.h"
#include "service/worklist/study_sql.h"

static const double level = 0.95;
enum { RESAMPLES = 1000, SEED = 1 };

/* ---- the studies, one after the other ---- */

typedef enum vote { UNSURE, NORMAL, ABNORMAL } vote;

typedef struct reading {
    char who[SX_OPINION_WHO];
    vote vote;
} reading;

typedef struct work {
    const char *reader; /* NULL: all */
    sx_reader_comparison *out;
    sx_disagreement study; /* in work; study_uid "": none yet */
    int model;             /* its verdict: 1, 0; -1: none */
    reading *readings;     /* of the study, a reader's newest alone */
    size_t reading_count, reading_room;
    unsigned char *models, *truths; /* [count] of the studies with both */
    uint32_t *patients;             /* likewise, a number in patient_ids */
    size_t count, room;
    sx_names patient_ids; /* a study whose ID names no patient has its UID here */
} work;

static bool add_case(work *w, bool model, bool truth, sx_error *err) {
    if (w->count == w->room) {
        const size_t room = w->room ? 2 * w->room : 256;
        unsigned char *models = sx_realloc(w->models, room, 1);
        if (models) w->models = models;
        unsigned char *truths = models ? sx_realloc(w->truths, room, 1) : NULL;
        if (truths) w->truths = truths;
        uint32_t *patients = truths ? sx_realloc(w->patients, room, sizeof *patients) : NULL;
        if (patients) w->patients = patients;
        if (!patients) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a comparison");
        w->room = room;
    }
    const char *id = w->study.patient_id;
    if (!sx_patient_is_known(id, true)) id = w->study.study_uid;
    if (!sx_names_add(&w->patient_ids, id, &w->patients[w->count], err)) return false;
    w->models[w->count] = model;
    w->truths[w->count++] = truth;
    return true;
}

static bool add_disagreement(work *w, sx_error *err) {
    sx_reader_comparison *c = w->out;
    if (c->disagreement_count == SX_COMPARISON_LISTED) return true;
    sx_disagreement *items = sx_realloc(c->disagreements, c->disagreement_count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a comparison");
    c->disagreements = items;
    items[c->disagreement_count++] = w->study;
    return true;
}

static bool count_reader(sx_reader_comparison *c, const char *who, sx_error *err) {
    for (size_t i = 0; i < c->reader_count; i++)
        if (strcmp(c->readers[i].who, who) == 0) {
            c->readers[i].studies++;
            return true;
        }
    sx_reader_count *items = sx_realloc(c->readers, c->reader_count + 1, sizeof *items);
    if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a comparison");
    c->readers = items;
    items[c->reader_count] = (sx_reader_count){ .studies = 1 };
    sx_format(items[c->reader_count++].who, SX_OPINION_WHO, "%s", who);
    return true;
}

/* The readers' verdict: 1, 0; -1: none or undecided. */
static int decide(const work *w, size_t *votes, bool *read) {
    size_t count[3] = { 0 };
    *read = false;
    for (size_t i = 0; i < w->reading_count; i++) {
        if (w->reader && strcmp(w->readings[i].who, w->reader) != 0) continue;
        count[w->readings[i].vote]++;
        *read = true;
    }
    *votes = count[NORMAL] + count[ABNORMAL];
    return count[ABNORMAL] == count[NORMAL] ? -1 : count[ABNORMAL] > count[NORMAL];
}

static bool compare_study(work *w, int truth, sx_error *err) {
    sx_reader_comparison *c = w->out;
    size_t *const cells[2][2] = { { &c->tn, &c->fn }, { &c->fp, &c->tp } };
    c->compared++;
    ++*cells[w->model][truth];
    w->study.abnormal = w->model != 0;
    return add_case(w, w->model != 0, truth != 0, err) &&
           (w->model == truth || add_disagreement(w, err));
}

static bool end_study(work *w, sx_error *err) {
    sx_reader_comparison *c = w->out;
    bool read, ok = true;
    if (!*w->study.study_uid) return true;
    c->studies++;
    const int truth = decide(w, &w->study.readers, &read);
    for (size_t i = 0; ok && i < w->reading_count; i++)
        ok = count_reader(c, w->readings[i].who, err);
    w->reading_count = ok ? w->reading_count : 0;
    if (ok && truth >= 0 && w->model >= 0) ok = compare_study(w, truth, err);
    c->undecided += read && truth < 0;
    c->without_model += truth >= 0 && w->model < 0;
    c->without_readers += !read && w->model >= 0;
    w->reading_count = 0;
    return ok;
}

/* ---- rows ---- */

enum {
    UID,
    PATIENT,
    ACCESSION,
    NEWEST,
    FILMS,
    P,
    VERDICT,
    LACKING,
    WHO,
    REVISION,
    AGREES,
    WORD,
    COMMENT
};

static void begin_study(work *w, const sx_db_row *row) {
    const size_t lacking = (size_t)sx_db_get_int(row, LACKING);
    w->study = (sx_disagreement){ .probability = NAN };
    sx_db_copy_text(row, UID, w->study.study_uid, sizeof w->study.study_uid);
    sx_db_copy_text(row, PATIENT, w->study.patient_id, sizeof w->study.patient_id);
    sx_db_copy_text(row, ACCESSION, w->study.accession, sizeof w->study.accession);
    if (!sx_db_is_null(row, P)) w->study.probability = sx_db_get_real(row, P);
    w->model = sx_db_get_int(row, VERDICT) ? 1 : lacking || sx_db_is_null(row, VERDICT) ? -1 : 0;
    w->out->films += (size_t)sx_db_get_int(row, FILMS);
    w->out->films_without_verdict += lacking;
}

/* False: the opinion has no verdict, neither in words nor by agreement. */
static bool read_vote(const work *w, const sx_db_row *row, vote *out) {
    const char *word = sx_db_get_text(row, WORD);
    const int64_t agrees = sx_db_get_int(row, AGREES);
    if (*word) {
        *out = strcmp(word, "abnormal") == 0 ? ABNORMAL
               : strcmp(word, "normal") == 0 ? NORMAL
                                             : UNSURE;
        return true;
    }
    if (agrees < 0 || w->model < 0 || sx_db_get_int(row, REVISION) != sx_db_get_int(row, NEWEST))
        return false;
    *out = (agrees != 0) == (w->model != 0) ? ABNORMAL : NORMAL;
    return true;
}

static bool take_opinion(work *w, const sx_db_row *row, sx_error *err) {
    const char *who = sx_db_get_text(row, WHO);
    size_t i = 0;
    vote cast;
    const bool counts = !w->reader || strcmp(who, w->reader) == 0;
    if (counts && *sx_db_get_text(row, COMMENT))
        sx_db_copy_text(row, COMMENT, w->study.comment, sizeof w->study.comment);
    if (!read_vote(w, row, &cast)) return true;
    while (i < w->reading_count && strcmp(w->readings[i].who, who) != 0)
        i++;
    if (i == w->reading_room) {
        reading *items = sx_realloc(w->readings, i + 8, sizeof *items);
        if (!items) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a comparison");
        w->readings = items;
        w->reading_room = i + 8;
    }
    if (i == w->reading_count) w->reading_count++;
    sx_db_copy_text(row, WHO, w->readings[i].who, sizeof w->readings[i].who);
    w->readings[i].vote = cast;
    return true;
}

static bool take_row(void *user, const sx_db_row *row, sx_error *err) {
    work *w = user;
    if (strcmp(w->study.study_uid, sx_db_get_text(row, UID)) != 0) {
        if (!end_study(w, err)) return false;
        begin_study(w, row);
    }
    return sx_db_is_null(row, WHO) || take_opinion(w, row, err);
}

static const char sql[] =
    "SELECT s.study_uid, s.patient_id, s.accession, s.revision, m.films, m.probability,"
    " m.abnormal, m.lacking, o.who, o.revision, o.agrees, o.verdict, o.comment FROM study s"
    " JOIN (SELECT i.study_uid AS study_uid,"
    " SUM(CASE WHEN " SX_IS_REFUSED " THEN 0 ELSE 1 END) AS films, " SX_STUDY_PROBABILITY
    " AS probability, " SX_STUDY_ABNORMAL " AS abnormal, " SX_STUDY_LACKING
    " AS lacking FROM study s JOIN instance i ON i.study_uid = s.study_uid" SX_NEWEST_PREDICTION
    " WHERE i.is_film = 1 GROUP BY i.study_uid) m ON m.study_uid = s.study_uid"
    " LEFT JOIN opinion o ON o.study_uid = s.study_uid ORDER BY s.study_uid, o.at, o.id";

/* ---- measures ---- */

static sx_share share(const sx_proportion *p) {
    return (sx_share){ p->k, p->n, p->value, p->interval };
}

static bool measure_kappa(const work *w, const sx_groups *patients, sx_reader_comparison *c,
                          sx_error *err) {
    uint32_t *weight = sx_calloc_for(w->count + 1, sizeof *weight, "resamples", err);
    uint32_t *scratch = sx_calloc_for(patients->count + 1, sizeof *scratch, "resamples", err);
    double *values = sx_calloc_for(RESAMPLES, sizeof *values, "resamples", err);
    const bool ok = weight && scratch && values;
    c->kappa = sx_cohen_kappa(w->models, w->truths, w->count, NULL).kappa;
    for (size_t b = 0; ok && w->count && b < RESAMPLES; b++) {
        sx_resample_cases(patients, SEED, b, scratch, weight);
        values[b] = sx_cohen_kappa(w->models, w->truths, w->count, weight).kappa;
    }
    c->kappa_interval = (sx_interval){ NAN, NAN };
    if (ok && w->count) c->kappa_interval = sx_boot_summarise(values, RESAMPLES, level).interval;
    free(weight);
    free(scratch);
    free(values);
    return ok;
}

/* The studies of a patient depend on one another. */
static bool measure(const work *w, sx_reader_comparison *c, sx_error *err) {
    const sx_groups patients = { w->patients, w->count, w->patient_ids.count };
    sx_proportion p[SX_MEASURES];
    double *scores = sx_calloc_for(w->count + 1, sizeof *scores, "comparison", err);
    if (!scores) return false;
    for (size_t i = 0; i < w->count; i++)
        scores[i] = w->models[i];
    const double *const all[1] = { scores };
    const sx_cases cases = { w->truths, all, w->count, 1, patients };
    bool ok = sx_class_proportions(&cases, 0.5, level, p, err);
    free(scores);
    c->level = level;
    if (!ok) return false;
    c->sensitivity = share(&p[SX_SENSITIVITY]);
    c->specificity = share(&p[SX_SPECIFICITY]);
    c->ppv = share(&p[SX_PRECISION]);
    c->npv = share(&p[SX_NPV]);
    c->agreement = share(&p[SX_ACCURACY]);
    return measure_kappa(w, &patients, c, err);
}

bool sx_reader_compare(sx_db *db, const char *reader, sx_reader_comparison *out, sx_error *err) {
    work w = { .reader = reader, .out = out };
    *out = (sx_reader_comparison){ .level = level };
    const bool ok = sx_db_query(db, sql, NULL, 0, take_row, &w, err) && end_study(&w, err) &&
                    measure(&w, out, err);
    free(w.readings);
    free(w.models);
    free(w.truths);
    free(w.patients);
    sx_names_free(&w.patient_ids);
    return ok;
}

void sx_reader_comparison_free(sx_reader_comparison *c) {
    free(c->disagreements);
    free(c->readers);
    *c = (sx_reader_comparison){ 0 };
}
