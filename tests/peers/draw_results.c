/* Writes every kind of result object that the program makes, for programs of others to judge:
 *
 *     draw-results DIR
 *
 * Each case is a study in a folder of its own, DIR/CASE: its films, and for each version of its
 * result the reports of both classes, presentation states, captures and the note that withdraws the
 * version before. DIR/expected.json says what a reader must find in the newest report of a case. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/str.h"
#include "base/writer.h"
#include "dicom/dicom_film.h"
#include "dicom/finding_codes.h"
#include "dicom/result_withdrawal.h"
#include "dicom/results.h"
#include "dicom/write.h"

enum { MOST_FILMS = 4, MOST_BOXES = 3 };

/* What is made of a film: so many boxes, or no result. */
typedef struct film_plan {
    int boxes;
    bool abnormal, inverted;
    const char *no_result; /* the reason; NULL: scored */
} film_plan;

typedef struct case_plan {
    const char *name;
    film_plan films[MOST_FILMS];
    int film_count, versions;
    bool demonstration, says_normal, no_classifier, other_classes;
} case_plan;

static const char unfamiliar[] = "unfamiliar: unlike the films that the weights know",
                  failed[] = "failed: the pixel data end after 100 of 960000 bytes";

static const case_plan plans[] = {
    { "findings", { { .boxes = 2, .abnormal = true }, { .boxes = 0 } }, 2, 1 },
    { "one-finding", { { .boxes = 1, .abnormal = true } }, 1, 1 },
    { "no-findings", { { .boxes = 0 } }, 1, 1 },
    { "abnormal-without-boxes", { { .boxes = 0, .abnormal = true } }, 1, 1 },
    { "normal", { { .boxes = 0 } }, 1, 1, .says_normal = true },
    { "inverted", { { .boxes = 2, .abnormal = true, .inverted = true } }, 1, 1 },
    { "operating-points", { { .boxes = 3, .abnormal = true } }, 1, 1 },
    { "no-classifier", { { .boxes = 2 }, { .boxes = 0 } }, 2, 1, .no_classifier = true },
    { "other-classes", { { .boxes = 2, .abnormal = true } }, 1, 1, .other_classes = true },
    { "unfamiliar", { { .no_result = unfamiliar } }, 1, 1 },
    { "failed", { { .no_result = failed }, { .no_result = failed } }, 2, 1 },
    { "mixed",
      { { .boxes = 2, .abnormal = true },
        { .boxes = 0 },
        { .no_result = unfamiliar },
        { .no_result = failed } },
      4,
      1 },
    { "second-version", { { .boxes = 2, .abnormal = true }, { .boxes = 2 } }, 2, 2 },
    { "demonstration",
      { { .boxes = 2, .abnormal = true }, { .boxes = 0 } },
      2,
      1,
      .demonstration = true },
};
enum { CASES = sizeof plans / sizeof *plans };

/* A case that is being written. */
typedef struct study {
    const case_plan *plan;
    int number;
    char folder[600], uid[65];
    struct {
        uint8_t *bytes;
        size_t n;
        sx_film *film;
        sx_sha256 digest;
        sx_finding_code codes[MOST_BOXES];
        sx_result_box boxes[MOST_BOXES];
        char uids[2][96]; /* of the SOP instance and of its series */
    } films[MOST_FILMS];
    sx_result_film results[MOST_FILMS];
    sx_withdrawn earlier[2 + 2 * MOST_FILMS]; /* of the version before */
    char earlier_uids[2 + 2 * MOST_FILMS][2][SX_RESULT_UID];
    size_t earlier_count;
    char report_uid[SX_RESULT_UID], before_uid[SX_RESULT_UID];
} study;

static sx_error err;

static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "draw-results: %s: %s\n", what, err.message);
    exit(1);
}

static void write_object(const study *s, const char *name, const uint8_t *bytes, size_t n) {
    char path[800];
    snprintf(path, sizeof path, "%s/%s.dcm", s->folder, name);
    must(sx_write_file(path, (const char *)bytes, n, &err), path);
}

/* ---- films ---- */

static int film_columns(int i) {
    return 300 + 40 * i;
}

static int film_rows(int i) {
    return 600 + 30 * i;
}

static void place_box(study *s, int i, int k) {
    static const char *const usual[] = { "Disc space narrowing", "Osteophytes", "Other lesions" },
                             *const others[] = { "Scoliosis of the whole spine", "Sp\xC3\xA9tz",
                                                 "7" };
    const char *label = s->plan->other_classes ? others[k] : usual[k];
    sx_finding_code *code = &s->films[i].codes[k];
    const float left = 62.25f + 30.0f * (float)k, top = 101.5f + 130.0f * (float)k;
    sx_finding_code_of(label, code);
    s->films[i].boxes[k] = (sx_result_box){ .label = label,
                                            .code = sx_finding_concept(code),
                                            .x0 = left,
                                            .y0 = top,
                                            .x1 = left + 110.5f,
                                            .y1 = top + 70.25f,
                                            .score = 0.83 - 0.25 * k,
                                            .specific = k == 0 };
}

/* A gradient that is bright inside the boxes, so that a person sees whether they are at the place.
 */
static void fill_pixels(const study *s, int i, uint16_t *pixels) {
    const film_plan *p = &s->plan->films[i];
    const int columns = film_columns(i), rows = film_rows(i);
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            int v = 200 + 300 * y / rows;
            for (int k = 0; k < p->boxes; k++) {
                const sx_result_box *b = &s->films[i].boxes[k];
                const float cx = (float)x + 0.5f, cy = (float)y + 0.5f;
                if (cx > b->x0 && cx < b->x1 && cy > b->y0 && cy < b->y1) v = 900;
            }
            pixels[y * columns + x] = (uint16_t)(p->inverted ? 1000 - v : v);
        }
}

static void make_film(study *s, int i) {
    static uint16_t pixels[720 * 720];
    static const char *const views[] = { "AP", "LL" };
    char name[32];
    for (int k = 0; k < s->plan->films[i].boxes && k < MOST_BOXES; k++)
        place_box(s, i, k);
    fill_pixels(s, i, pixels);
    snprintf(s->films[i].uids[0], sizeof s->films[i].uids[0], "%s.%d.1", s->uid, i + 1);
    snprintf(s->films[i].uids[1], sizeof s->films[i].uids[1], "%s.%d", s->uid, i + 1);
    const sx_write_film f = { .pixels = pixels,
                              .rows = film_rows(i),
                              .columns = film_columns(i),
                              .bits = 12,
                              .inverted = s->plan->films[i].inverted,
                              .window_center = 500,
                              .window_width = 1000,
                              .spacing = 0.15,
                              .patient_id = "PH000000",
                              .patient_name = "PHANTOM^000000",
                              .patient_sex = "F",
                              .patient_age = "051Y",
                              .study_uid = s->uid,
                              .series_uid = s->films[i].uids[1],
                              .instance_uid = s->films[i].uids[0],
                              .date = "20200131",
                              .time = "093000",
                              .description = "Lumbar spine",
                              .station = "A",
                              .body_part = "LSPINE",
                              .region_code = "122496007",
                              .region_meaning = "Lumbar spine",
                              .orientation = "L\\F",
                              .view = views[i % 2],
                              .series_number = 1 + i,
                              .instance_number = 1 };
    must(sx_dicom_encode(&f, SX_WRITE_EXPLICIT, &s->films[i].bytes, &s->films[i].n, &err),
         "a film");
    must(sx_sha256_of(s->films[i].bytes, s->films[i].n, &s->films[i].digest, &err), "a film");
    s->films[i].film = sx_film_from_memory(s->films[i].bytes, s->films[i].n, "film",
                                           &(sx_film_options){ .header_only = true }, &err);
    must(s->films[i].film != NULL, "a film");
    snprintf(name, sizeof name, "film-%d", i + 1);
    write_object(s, name, s->films[i].bytes, s->films[i].n);
}

static void describe_film(study *s, int i) {
    const film_plan *p = &s->plan->films[i];
    s->results[i] =
        (sx_result_film){ .file = s->films[i].bytes,
                          .size = s->films[i].n,
                          .digest = s->films[i].digest.hex,
                          .info = &s->films[i].film->info,
                          .outcome = p->no_result ? SX_OUTCOME_NOT_SCORED : SX_OUTCOME_SCORED,
                          .reason = p->no_result,
                          .probability = p->no_result || s->plan->no_classifier ? (double)NAN
                                         : p->abnormal                          ? 0.91
                                                                                : 0.11,
                          .abnormal = p->abnormal,
                          .boxes = s->films[i].boxes,
                          .box_count = (size_t)p->boxes };
}

/* ---- results ---- */

static sx_result_study result_of(const study *s, int version) {
    static const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    /* the second version comes with the last film */
    const bool early = version < s->plan->versions;
    return (sx_result_study){ .films = s->results,
                              .film_count = (size_t)s->plan->film_count - early,
                              .version = "0.1.0",
                              .weights = hash,
                              .configuration = "c",
                              .device_uid = "1.2.826.0.1.3680043.10.1",
                              .serial = "node-1",
                              .completed = version == 1 ? 1795897800 : 1795901400,
                              .revision = version,
                              .demonstration = s->plan->demonstration,
                              .says_normal = s->plan->says_normal,
                              .predecessor = version > 1 ? s->before_uid : NULL };
}

static void encode(const sx_result_study *r, sx_result_kind kind, size_t film, uint8_t **bytes,
                   size_t *n) {
    bool ok;
    if (kind == SX_RESULT_CAPTURE) {
        const int rows = r->films[film].info->rows, columns = r->films[film].info->columns;
        uint8_t *rgb = calloc((size_t)rows * (size_t)columns, 3);
        must(rgb != NULL, "out of memory");
        ok = sx_result_capture(r, film, rgb, rows, columns, bytes, n, &err);
        free(rgb);
    } else {
        ok = kind == SX_RESULT_GSPS ? sx_result_gsps(r, film, bytes, n, &err)
                                    : sx_result_report(r, kind, bytes, n, &err);
    }
    must(ok, "a result");
}

static void put_object(study *s, const sx_result_study *r, sx_result_kind kind, size_t film) {
    static const char *const names[] = { [SX_RESULT_SR_3D] = "sr3d",
                                         [SX_RESULT_SR] = "sr",
                                         [SX_RESULT_GSPS] = "gsps",
                                         [SX_RESULT_CAPTURE] = "capture" };
    char name[64];
    uint8_t *bytes = NULL;
    size_t n = 0;
    encode(r, kind, film, &bytes, &n);
    snprintf(name, sizeof name, "%s-v%d-%zu", names[kind], r->revision, film + 1);
    write_object(s, name, bytes, n);
    free(bytes);
    char(*uids)[SX_RESULT_UID] = s->earlier_uids[s->earlier_count];
    must(sx_results_uid(r, kind, film, false, uids[0], &err) &&
             sx_results_uid(r, kind, film, true, uids[1], &err),
         "a UID");
    s->earlier[s->earlier_count++] = (sx_withdrawn){ sx_result_sop_class(kind), uids[0], uids[1] };
    if (kind == SX_RESULT_SR_3D) snprintf(s->report_uid, sizeof s->report_uid, "%s", uids[0]);
}

/* Withdraws the version before `r`. */
static void put_note(study *s, const sx_result_study *r) {
    uint8_t *report = NULL, *bytes = NULL;
    size_t report_size = 0, n = 0;
    char uid[SX_RESULT_UID];
    encode(r, SX_RESULT_SR_3D, 0, &report, &report_size);
    must(sx_results_uid(r, SX_RESULT_SR_3D, 0, false, uid, &err), "a UID");
    const sx_withdrawal w = { .file = report,
                              .size = report_size,
                              .study_uid = s->uid,
                              .successor = uid,
                              .items = s->earlier,
                              .count = s->earlier_count,
                              .number = r->revision };
    must(sx_withdrawal_encode(&w, &bytes, &n, &err), "a note");
    write_object(s, "note", bytes, n);
    free(report);
    free(bytes);
}

static void put_version(study *s, int version) {
    snprintf(s->before_uid, sizeof s->before_uid, "%s", s->report_uid);
    const sx_result_study r = result_of(s, version);
    if (version > 1) put_note(s, &r);
    s->earlier_count = 0;
    put_object(s, &r, SX_RESULT_SR_3D, 0);
    put_object(s, &r, SX_RESULT_SR, 0);
    for (size_t i = 0; i < r.film_count; i++) {
        if (r.films[i].outcome != SX_OUTCOME_SCORED) continue;
        if (r.films[i].box_count) put_object(s, &r, SX_RESULT_GSPS, i);
        put_object(s, &r, SX_RESULT_CAPTURE, i);
    }
}

/* ---- what is expected ---- */

static void expect_box(sx_str *out, const study *s, int i, int k) {
    const sx_result_box *b = &s->films[i].boxes[k];
    sx_str_printf(out,
                  "%s\n    {\"film\": \"%s\", \"code\": \"%s\", \"score\": %.2f, "
                  "\"box\": [%.2f, %.2f, %.2f, %.2f]}",
                  i || k ? "," : "", s->films[i].uids[0], b->code.value, b->score, (double)b->x0,
                  (double)b->y0, (double)b->x1, (double)b->y1);
}

static void expect(sx_str *out, const study *s) {
    sx_str_printf(out,
                  "%s\n  {\"name\": \"%s\", \"study\": \"%s\", \"report\": \"%s\", \"films\": %d,"
                  " \"without_result\": ",
                  s->number ? "," : "", s->plan->name, s->uid, s->report_uid, s->plan->film_count);
    int none = 0;
    for (int i = 0; i < s->plan->film_count; i++)
        none += s->plan->films[i].no_result != NULL;
    sx_str_printf(out, "%d, \"boxes\": [", none);
    for (int i = 0; i < s->plan->film_count; i++)
        for (int k = 0; k < s->plan->films[i].boxes && k < MOST_BOXES; k++)
            expect_box(out, s, i, k);
    sx_str_add(out, "]}");
}

static void make_folder(const char *path) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return;
    fprintf(stderr, "draw-results: %s: %s\n", path, strerror(errno));
    exit(1);
}

static void make_case(const char *folder, int number, sx_str *expected) {
    static study s;
    s = (study){ .plan = &plans[number], .number = number };
    snprintf(s.folder, sizeof s.folder, "%s/%s", folder, s.plan->name);
    snprintf(s.uid, sizeof s.uid, "1.2.826.0.1.3680043.10.2.%d", number + 1);
    make_folder(s.folder);
    for (int i = 0; i < s.plan->film_count; i++) {
        make_film(&s, i);
        describe_film(&s, i);
    }
    for (int version = 1; version <= s.plan->versions; version++)
        put_version(&s, version);
    expect(expected, &s);
    for (int i = 0; i < s.plan->film_count; i++) {
        sx_film_free(s.films[i].film);
        free(s.films[i].bytes);
    }
}

int main(int argc, char **argv) {
    sx_str expected = { 0 };
    char path[700];
    if (argc != 2) return 2;
    setenv("TZ", "UTC0", 1); /* the reports have times */
    make_folder(argv[1]);
    sx_str_add(&expected, "[");
    for (int i = 0; i < CASES; i++)
        make_case(argv[1], i, &expected);
    sx_str_add(&expected, "\n]\n");
    snprintf(path, sizeof path, "%s/expected.json", argv[1]);
    must(sx_write_file(path, expected.data, expected.len, &err), path);
    sx_str_free(&expected);
    return 0;
}
