#include "dicom/results_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/writer.h"
#include "dicom/finding_codes.h"
#include "dicom/write.h"
#include "support/check.h"

enum { WIDTH = 400, HEIGHT = 800, BOXES = 2 };

result_object result_files[RESULT_FILMS];
sx_film *result_films[RESULT_FILMS];
static sx_sha256 digests[RESULT_FILMS];
static sx_finding_code codes[BOXES];
static sx_result_box boxes[BOXES];
sx_result_film film_results[RESULT_FILMS];

static void make_film(int i) {
    static uint16_t pixels[WIDTH * HEIGHT];
    static const char *const uids[] = { "1.2.3.4.5.1", "1.2.3.4.5.2" };
    sx_error err = { 0 };
    for (int k = 0; k < WIDTH * HEIGHT; k++)
        pixels[k] = (uint16_t)(k % WIDTH);
    const sx_write_film f = { .pixels = pixels,
                              .rows = HEIGHT,
                              .columns = WIDTH,
                              .bits = 12,
                              .inverted = i == 1,
                              .window_center = 200,
                              .window_width = 400,
                              .spacing = 0.15,
                              .patient_id = "PH000000",
                              .patient_name = "PHANTOM^000000",
                              .patient_sex = "M",
                              .patient_age = "051Y",
                              .study_uid = "1.2.3.4",
                              .series_uid = i ? "1.2.3.4.2" : "1.2.3.4.1",
                              .instance_uid = uids[i],
                              .date = "20200131",
                              .time = "093000",
                              .description = "Lumbar spine",
                              .station = "A",
                              .body_part = "LSPINE",
                              .region_code = "122496007",
                              .region_meaning = "Lumbar spine",
                              .orientation = "L\\F",
                              .view = i ? "LL" : "AP",
                              .series_number = 1 + i,
                              .instance_number = 1 };
    CHECK_OK(sx_dicom_encode(&f, i ? SX_WRITE_JPEG_LS : SX_WRITE_EXPLICIT, &result_files[i].bytes,
                             &result_files[i].n, &err),
             err);
    result_films[i] = sx_film_from_memory(result_files[i].bytes, result_files[i].n, "film",
                                          &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(result_films[i] != NULL, err);
    CHECK_OK(sx_sha256_of(result_files[i].bytes, result_files[i].n, &digests[i], &err), err);
    const char *keep = getenv("KEEP_RESULTS");
    if (!keep) return;
    char path[600];
    snprintf(path, sizeof path, "%s/film-%d.dcm", keep, i);
    CHECK_OK(sx_write_file(path, result_files[i].bytes, result_files[i].n, &err), err);
}

int make_result_films(void **state) {
    (void)state;
    static const char *const labels[] = { "Disc space narrowing", "Osteophytes" };
    for (int i = 0; i < BOXES; i++) {
        sx_finding_code_of(labels[i], &codes[i]);
        boxes[i] = (sx_result_box){ .label = labels[i],
                                    .code = sx_finding_concept(&codes[i]),
                                    .x0 = 92.25f + 10.0f * (float)i,
                                    .y0 = 501.5f,
                                    .x1 = 150.0f,
                                    .y1 = 560.75f,
                                    .score = 0.83 - 0.4 * i,
                                    .specific = i == 0 };
    }
    for (int i = 0; i < RESULT_FILMS; i++) {
        make_film(i);
        film_results[i] = (sx_result_film){ .file = result_files[i].bytes,
                                            .size = result_files[i].n,
                                            .digest = digests[i].hex,
                                            .info = &result_films[i]->info,
                                            .probability = 0.91 - 0.8 * i,
                                            .abnormal = i == 0,
                                            .boxes = boxes,
                                            .box_count = i == 0 ? BOXES : 0 };
    }
    return 0;
}

int free_result_films(void **state) {
    (void)state;
    for (int i = 0; i < RESULT_FILMS; i++) {
        sx_film_free(result_films[i]);
        free(result_files[i].bytes);
    }
    return 0;
}

sx_result_study result_study(void) {
    static const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    return (sx_result_study){ .films = film_results,
                              .film_count = RESULT_FILMS,
                              .version = "0.1.0",
                              .weights = hash,
                              .configuration = "c",
                              .device_uid = "1.2.3.9",
                              .serial = "node-1",
                              .completed = 1795897800,
                              .revision = 1 };
}

result_object make_result(const sx_result_study *s, sx_result_kind kind, size_t film) {
    result_object o = { 0 };
    sx_error err = { 0 };
    uint8_t rgb[3 * 5 * 4] = { 1, 2, 3 };
    bool ok;
    if (kind == SX_RESULT_GSPS)
        ok = sx_result_gsps(s, film, &o.bytes, &o.n, &err);
    else if (kind == SX_RESULT_CAPTURE)
        ok = sx_result_capture(s, film, rgb, 5, 4, &o.bytes, &o.n, &err);
    else
        ok = sx_result_report(s, kind, &o.bytes, &o.n, &err);
    CHECK_OK(ok, err);
    const char *keep = getenv("KEEP_RESULTS"); /* a folder for a person's look */
    if (keep) {
        static int kept;
        char path[600];
        snprintf(path, sizeof path, "%s/result-%d-%d.dcm", keep, (int)kind, kept++);
        CHECK_OK(sx_write_file(path, o.bytes, o.n, &err), err);
    }
    return o;
}

sx_dataset read_result(const result_object *o) {
    sx_error err = { 0 };
    sx_part10 p;
    sx_dataset d;
    CHECK_OK(sx_part10_read(&p, o->bytes, o->n, &err), err);
    CHECK_OK(sx_dataset_read(&d, o->bytes + p.dataset, o->n - p.dataset, true, false, false, &err),
             err);
    return d;
}

const char *result_text(const sx_dataset *d, uint32_t tag) {
    static char text[300];
    sx_dataset_text(d, tag, 0, text, sizeof text);
    return text;
}

bool result_contains(const result_object *o, const char *text) {
    return memmem(o->bytes, o->n, text, strlen(text)) != NULL;
}

result_object make_result_of(const sx_film_info *info, sx_result_kind kind) {
    sx_result_film one = film_results[0];
    sx_result_study s = result_study();
    one.info = info;
    s.films = &one;
    s.film_count = 1;
    return make_result(&s, kind, 0);
}
