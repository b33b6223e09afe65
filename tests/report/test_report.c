#define _GNU_SOURCE /* memmem */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/page_check.h"

#include "base/files.h"
#include "base/json.h"
#include "base/notice.h"
#include "base/writer.h"
#include "report/film_labels.h"
#include "report/report.h"
#include "report/schema.h"

static const char *labels[] = { "Disc space narrowing", "Osteophytes, large" };

static sx_prediction *film(const char *study, const char *image, double probability, int boxes) {
    sx_prediction *f = calloc(1, sizeof *f);
    snprintf(f->study_id, sizeof f->study_id, "%s", study);
    snprintf(f->series_id, sizeof f->series_id, "%s", study[0] ? "1.2.3" : "");
    f->image_id = strdup(image);
    f->frame = 1;
    f->width = 1000;
    f->reduced = 1;
    f->height = 2000;
    f->has_probability = !isnan(probability);
    f->probability = f->has_probability ? probability : 0;
    f->abnormal = f->has_probability && probability >= 0.25;
    f->distance = (double)NAN;
    f->classifier_count = f->has_probability ? 2 : 0;
    f->classifier_probability = calloc(2, sizeof(double));
    f->classifier_probability[0] = f->classifier_probability[1] = f->probability;
    f->boxes = calloc((size_t)boxes + 1, sizeof *f->boxes);
    f->findings = calloc((size_t)boxes + 1, sizeof *f->findings);
    f->finding_count = boxes;
    f->box_count = boxes + 1;
    for (int i = 0; i <= boxes; i++)
        f->boxes[i] = (sx_finding){ 1, 2.5F, 30, 40.125F, 0.1F, i % 2, labels[i % 2] };
    memcpy(f->findings, f->boxes, (size_t)boxes * sizeof *f->boxes);
    f->seconds.read = 0.12345;
    return f;
}

static void add(sx_report *r, const char *path, sx_prediction *f, const sx_error *why,
                const char *overlay) {
    sx_error err = { 0 };
    const sx_report_pictures p = { overlay, overlay ? "heat/a.png" : NULL, 0.25 };
    CHECK_OK(sx_report_add(r, path, f, why, &p, &err), err);
}

static void fill(sx_report *r) {
    static char words[3][16] = { "spinexr", "predict", "not\xffutf8" };
    static char *argv[] = { words[0], words[1], words[2] };
    static sx_network_info networks[] = {
        { SX_CLASSIFIER, "densenet121", "c.safetensors", SX_PIXELS_VINDR, SX_PRECISION_F32, 0.25,
          1.5, 224, 224, "", "a note", "{\"growth\":16,\"blocks\":[4,6,8,6]}", "0123" },
        { SX_DETECTOR, "sparse_rcnn_r50", "d.safetensors", SX_PIXELS_VINDR, SX_PRECISION_F32,
          (double)NAN, (double)NAN, 800, 1333, "val", "", "", "4567" },
    };
    static sx_bundle_info info = {
        .holders = 1, /* never freed: this one is held here */
        .networks = networks,
        .network_count = 2,
        .classifier_count = 1,
        .detector_count = 1,
        .labels = labels,
        .label_count = 2,
        .rule = { .kind = SX_RULE_PAPER, .threshold = 0.25, .keep = 0.5 },
        .threshold_source = "weights' metadata",
        .keep_source = "paper",
        .nms = 0.7,
        .note = "a note",
        .points_chosen_on = "",
        .points_date = "",
        .distance_limit = 1.5,
        .familiarity_chosen_on = "validation",
        .familiarity_date = "2026-11-28",
        .warnings = { "the operating points were fitted without tiles" },
        .warning_count = 1
    };
    *r = (sx_report){ .info = sx_bundle_info_hold(&info) };
    sx_run_start(&r->run, NULL, 3, argv);
    r->run.precision = "f32";
    const sx_error broken = { SX_ERR_FORMAT, "films/b.dcm: truncated" };
    add(r, "films/a.dcm", film("1.2", "a", 0.125, 2), NULL, "overlays/a.png");
    add(r, "films/b.dcm", NULL, &broken, NULL);
    add(r, "films/c.png", film("", "c \"x\"", 0.5, 0), NULL, NULL);
    add(r, "films/d.dcm", film("1.2", "d", 0.75, 1), NULL, NULL);
    r->films[3].prediction->projection = SX_PROJECTION_LATERAL;
    add(r, "films/e.png", film("", "e", (double)NAN, 1), NULL, NULL);
    const sx_error other = { SX_ERR_REFUSED, "films/f.dcm: refused: Modality is \"CT\"" };
    add(r, "films/f.dcm", NULL, &other, NULL);
}

/* A familiar film, and an unfamiliar one that would be normal. */
static void add_unfamiliar(sx_report *r) {
    sx_prediction *familiar = film("1.7", "familiar", 0.125, 0),
                  *strange = film("1.7", "strange", 0.125, 0);
    familiar->distance = 1;
    strange->distance = 2.5;
    strange->unfamiliar = true;
    strange->info = sx_bundle_info_hold(r->info);
    add(r, "films/familiar.dcm", familiar, NULL, NULL);
    add(r, "films/strange.dcm", strange, NULL, NULL);
}

static void report_fits_its_schema(void **state) {
    (void)state;
    sx_report r;
    fill(&r);
    add_unfamiliar(&r);
    json_error_t why;
    json_t *schema = json_load_file(getenv("SPINEXR_REPORT_SCHEMA"), 0, &why);
    if (!schema) fail_msg("%s: %s", getenv("SPINEXR_REPORT_SCHEMA"), why.text);
    sx_json_doc doc;
    sx_error err = { 0 };
    CHECK_OK(sx_report_to_json(&r, &doc, &err), err);
    check_schema(schema, doc.root);
    assert_int_equal(sx_report_failed(&r), 1);
    assert_int_equal(sx_report_refused(&r), 1);
    assert_int_equal(sx_report_done(&r), 6);
    assert_int_equal(sx_report_unfamiliar(&r), 1);
    sx_json_free(&doc);
    json_decref(schema);
    sx_report_free(&r);
}

/* P(abnormal) with the score of the best box, boxes of two detectors, tiles. */
static void fused_report_fits_its_schema(void **state) {
    (void)state;
    static const float weights[] = { 1, 0.75F, 0, 0.25F }; /* [detector][label] */
    sx_report r;
    fill(&r);
    sx_bundle_info fused = *r.info, *whole = r.info;
    fused.detector_count = 2;
    fused.fusion_weights = weights;
    fused.calibrated = true;
    fused.rule.fuse = true;
    fused.tiles = 3;
    fused.nms = (double)NAN;
    r.info = &fused;
    for (size_t i = 0; i < r.film_count; i++)
        if (r.films[i].prediction) r.films[i].prediction->info = &fused;
    assert_non_null(r.films[0].prediction);
    r.films[0].prediction->ensemble_probability = 0.125;
    r.films[0].prediction->best_score = 0.5F;
    json_error_t why;
    json_t *schema = json_load_file(getenv("SPINEXR_REPORT_SCHEMA"), 0, &why);
    assert_non_null(schema);
    sx_json_doc doc;
    sx_error err = { 0 };
    CHECK_OK(sx_report_to_json(&r, &doc, &err), err);
    check_schema(schema, doc.root);
    const json_t *rule = json_object_get(doc.root, "rule");
    assert_int_equal(json_integer_value(json_object_get(rule, "tiles")), 3);
    assert_true(json_is_null(json_object_get(rule, "nms")));
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(rule, "box_fusion"), "weights")), 2);
    sx_json_free(&doc);
    json_decref(schema);
    sx_str html = { 0 };
    CHECK_OK(sx_report_to_html(&r, &html, &err), err);
    static const char *const told[] = { "the whole film and 3 x 3 parts (--tiles)",
                                        "mean of the classifiers and the best box (--fuse)",
                                        "the operating points were fitted without tiles" };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_non_null(strstr(html.data, told[i]));
    sx_str_free(&html);
    for (size_t i = 0; i < r.film_count; i++)
        if (r.films[i].prediction) r.films[i].prediction->info = NULL;
    r.info = whole;
    sx_report_free(&r);
}

/* The parts that do not depend on the machine or the time. */
static void report_says_what_was_found(void **state) {
    (void)state;
    sx_report r;
    sx_error err = { 0 };
    fill(&r);
    add_unfamiliar(&r);
    sx_json_doc doc;
    CHECK_OK(sx_report_to_json(&r, &doc, &err), err);
    json_object_del(doc.root, "run");
    sx_str text = { 0 };
    CHECK_OK(sx_json_print(&doc, SX_JSON_LINES, &text, &err), err);
    if (getenv("UPDATE"))
        CHECK_OK(sx_write_file(check_golden("report.json"), text.data, text.len, &err), err);
    sx_file want;
    CHECK_OK(sx_file_open(&want, check_golden("report.json"), &err), err);
    assert_int_equal(text.len, want.size);
    assert_memory_equal(text.data, want.data, want.size);
    sx_file_close(&want);
    sx_str_free(&text);
    sx_json_free(&doc);
    sx_report_free(&r);
}

static const char *place(const sx_str *html, const char *text) {
    const char *at = strstr(html->data, text);
    if (!at) fail_msg("the page has no '%s'", text);
    return at;
}

/* Films of a study stand together, rows lead to them, what was not examined is listed. */
static void page_shows_studies(void **state) {
    (void)state;
    sx_report r;
    sx_error err = { 0 };
    sx_str html = { 0 };
    fill(&r);
    assert_true(r.films[0].prediction->finding_count > 0);
    r.films[0].prediction->findings[0].despite_verdict = true;
    const sx_error hip = { SX_ERR_REFUSED, "/data/hip.dcm: refused: it is a hip" };
    add(&r, "/data/hip.dcm", NULL, &hip, NULL);
    CHECK_OK(sx_report_to_html(&r, &html, &err), err);
    check_page(html.data);
    place(&html, SX_NOTICE " <span>a note</span>");
    /* a and d are of one study */
    const char *a = place(&html,
                          "<figure id=\"film-1\"><img alt=\"Film a: normal, P(abnormal) 0.125; "
                          "findings: "),
               *d = place(&html,
                          "<p id=\"film-4\">d, lateral: abnormal, P(abnormal) 0.750; findings: "),
               *c = place(&html, "<h3 id=\"study-2\">Film c &quot;x&quot;</h3>");
    assert_true(place(&html, "<h3 id=\"study-1\">Study 1.2</h3>") < a && a < d && d < c);
    place(&html, "src=\"overlays/a.png\"");
    /* of the overview, the caption and the table */
    const char *spite = html.data;
    for (int i = 0; i < 4; i++, spite++)
        assert_non_null(spite = strstr(spite, " (in spite of the verdict)"));
    place(&html, ">a, heat maps");
    place(&html, "alt=\"Film a, heat maps: normal");
    place(&html, "<td><a href=\"#film-4\">d</a></td><td>abnormal</td><td class=n>0.750</td>");
    place(&html, "<td>hip.dcm</td><td>refused: it is a hip</td>");
    place(&html, "<td>films/b.dcm</td><td>truncated</td>");
    place(&html, "2 films were refused and not examined.");
    place(&html, "1 film failed and was not examined.");
    assert_null(strstr(html.data, "/data"));
    sx_str_free(&html);
    sx_report_free(&r);
}

/* What it says of studies: nothing if no film names one. */
static void check_study_fact(const sx_report *r, const char *expected) {
    sx_error err = { 0 };
    sx_str html = { 0 };
    CHECK_OK(sx_report_to_html(r, &html, &err), err);
    check_page(html.data);
    if (expected)
        place(&html, expected);
    else
        assert_null(strstr(html.data, "studies"));
    sx_str_free(&html);
}

static void films_without_a_study_are_no_studies(void **state) {
    (void)state;
    sx_report r;
    fill(&r);
    check_study_fact(&r, ">1, and 2 films without a study<");
    sx_prediction *without[] = { r.films[2].prediction, r.films[4].prediction };
    for (size_t i = 0; i < 2; i++)
        snprintf(without[i]->study_id, sizeof without[i]->study_id, "1.%zu", i + 3);
    check_study_fact(&r, "<dt>studies</dt><dd>3</dd>");
    for (size_t i = 0; i < r.film_count; i++)
        if (r.films[i].prediction) r.films[i].prediction->study_id[0] = '\0';
    check_study_fact(&r, NULL);
    sx_report_free(&r);
}

/* Films of the same name in different folders are told apart, without an absolute path: predicted
 * ones by their ids, others by the ends of their paths. */
static void films_of_one_name_are_told_apart(void **state) {
    (void)state;
    sx_report r;
    sx_error err = { 0 };
    sx_str html = { 0 };
    fill(&r);
    static const char *const paths[] = { "/data/set/one/x.dcm", "/data/set/two/x.dcm",
                                         "/data/set/two/y.dcm" };
    for (size_t i = 0; i < 3; i++) {
        sx_error why = { SX_ERR_FORMAT, "" };
        snprintf(why.message, sizeof why.message, "%s: truncated", paths[i]);
        add(&r, paths[i], NULL, &why, NULL);
    }
    add(&r, "/data/set/three/z.dcm", film("", "three/z", 0.5, 1), NULL, NULL);
    add(&r, "/data/set/four/z.dcm", film("", "four/z", 0.125, 0), NULL, NULL);
    CHECK_OK(sx_report_to_html(&r, &html, &err), err);
    check_page(html.data);
    place(&html, "<td>one/x.dcm</td><td>truncated</td>");
    place(&html, "<td>two/x.dcm</td><td>truncated</td>");
    place(&html, "<td>y.dcm</td><td>truncated</td>");
    place(&html, "\">three/z</a></td><td>abnormal</td>");
    place(&html, "\">four/z</a></td><td>normal</td>");
    place(&html, "Film three/z</h3>");
    assert_null(strstr(html.data, "/data"));
    assert_null(strstr(html.data, "set/"));
    sx_str_free(&html);
    sx_report_free(&r);
}

static void labels_are_the_shortest_that_differ(void **state) {
    (void)state;
    static const char *const paths[] = { "/a/x", "/b/a/x", "/x",   "x", "b/y",   "/c/b/y",
                                         "z",    "/b/a/x", "/q/w", "",  "/v//u", "/t//u" };
    static const char *const want[] = { "a/x", "b/a/x", "x", "x", "b/y",  "c/b/y",
                                        "z",   "b/a/x", "w", "",  "v//u", "t//u" };
    const char *found[12];
    sx_error err = { 0 };
    CHECK_OK(sx_film_labels(paths, 12, found, &err), err);
    for (size_t i = 0; i < 12; i++)
        if (strcmp(found[i], want[i]) != 0)
            fail_msg("%s: %s instead of %s", paths[i], found[i], want[i]);
    CHECK_OK(sx_film_labels(paths, 0, found, &err), err);
}

/* Names of films and paths that are not UTF-8 are escaped in all four files; none is left out. */
static void names_that_are_not_utf8_are_escaped(void **state) {
    (void)state;
    sx_report r;
    sx_error err = { 0 };
    fill(&r);
    const sx_error broken = { SX_ERR_FORMAT, "films/\xe4.dcm: truncated" };
    add(&r, "films/R\xf6ntgen.png", film("", "R\xf6ntgen", 0.5, 1), NULL,
        "overlays/R\\xf6ntgen.png");
    add(&r, "films/\xe4.dcm", NULL, &broken, NULL);
    CHECK_OK(sx_report_write(&r, check_tmp(), &err), err);
    static const struct {
        const char *file, *holds;
    } cases[] = {
        { "report.json", "\"path\": \"films/R\\\\xf6ntgen.png\"" },
        { "report.json", "\"image_id\": \"R\\\\xf6ntgen\"" },
        { "report.json", "\"overlay\": \"overlays/R\\\\xf6ntgen.png\"" },
        { "report.json", "\"path\": \"films/\\\\xe4.dcm\"" },
        { "report.json", "\"message\": \"films/\\\\xe4.dcm: truncated\"" },
        { "report.json", "\"not\\\\xffutf8\"" },
        { "coco_results.json", "\"image_id\": \"R\\\\xf6ntgen\"" },
        { "report.html", "overlays/R%5Cxf6ntgen.png" },
        { "findings.csv", ",,R\\xf6ntgen,spinexr,Disc space narrowing," },
        { "scores.csv", "R\\xf6ntgen,,0.5,1\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sx_file f;
        CHECK_OK(sx_file_open(&f, check_tmp_path(cases[i].file), &err), err);
        if (!memmem(f.data, f.size, cases[i].holds, strlen(cases[i].holds)))
            fail_msg("%s lacks %s", cases[i].file, cases[i].holds);
        sx_file_close(&f);
    }
    sx_report_free(&r);
    check_tmp_remove();
}

/* ---- allocations of the JSON library that fail ---- */

static size_t allocations, failing;

static void *allocate(size_t size) {
    return ++allocations == failing ? NULL : malloc(size);
}

/* Whichever allocation fails, the report is complete or there is an error. */
static void reports_without_memory_are_errors(void **state) {
    (void)state;
    sx_report r;
    fill(&r);
    json_set_alloc_funcs(allocate, free);
    size_t failures = 0;
    bool ok = false;
    for (failing = 1; !ok; failing++) {
        sx_error err = { 0 };
        sx_json_doc doc;
        allocations = 0;
        ok = sx_report_to_json(&r, &doc, &err);
        if (!ok) check_error(&err, SX_ERR_MEMORY, "out of memory"), failures++;
        if (ok) assert_true(allocations < failing);
        sx_json_free(&doc);
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > 200);
    sx_report_free(&r);
}

static void csv_has_the_data_sets_columns(void **state) {
    (void)state;
    sx_report r;
    sx_str csv = { 0 };
    fill(&r);
    sx_report_to_csv(&r, &csv);
    assert_string_equal(csv.data,
                        "study_id,series_id,image_id,rad_id,lesion_type,xmin,ymin,xmax,ymax,score\n"
                        "1.2,1.2.3,a,spinexr,Disc space narrowing,1,2.5,30,40.125,0.100000001\n"
                        "1.2,1.2.3,a,spinexr,\"Osteophytes, large\",1,2.5,30,40.125,0.100000001\n"
                        ",,\"c \"\"x\"\"\",spinexr,No finding,,,,,\n"
                        "1.2,1.2.3,d,spinexr,Disc space narrowing,1,2.5,30,40.125,0.100000001\n"
                        ",,e,spinexr,Disc space narrowing,1,2.5,30,40.125,0.100000001\n");
    sx_str_free(&csv);
    sx_report_free(&r);
}

/* A run without a detector looked for no boxes, so that no film is without a finding. */
static void without_detector_there_is_no_lesion_type(void **state) {
    (void)state;
    sx_report r;
    sx_str csv = { 0 };
    fill(&r);
    sx_bundle_info classifiers = *r.info;
    classifiers.label_count = classifiers.detector_count = 0;
    classifiers.network_count = classifiers.classifier_count;
    sx_bundle_info *whole = r.info;
    r.info = &classifiers;
    sx_report_to_csv(&r, &csv);
    assert_non_null(strstr(csv.data, ",,\"c \"\"x\"\"\",spinexr,,,,,,\n"));
    assert_null(strstr(csv.data, "No finding"));
    r.info = whole;
    sx_str_free(&csv);
    sx_report_free(&r);
}

static void coco_boxes_are_corner_and_size(void **state) {
    (void)state;
    sx_report r;
    fill(&r);
    sx_json_doc doc;
    sx_error err = { 0 };
    CHECK_OK(sx_report_to_coco(&r, &doc, &err), err);
    /* every box of a film that is abnormal or has no verdict; a is normal, its boxes score 0.1 */
    assert_int_equal(json_array_size(doc.root), 5);
    const json_t *third = json_array_get(doc.root, 2), *box = json_object_get(third, "bbox");
    assert_string_equal(json_string_value(json_object_get(third, "image_id")), "d");
    assert_int_equal(json_integer_value(json_object_get(third, "category_id")), 1);
    assert_string_equal(json_string_value(json_object_get(third, "category_name")), labels[1]);
    assert_true(json_number_value(json_array_get(box, 2)) == 29);
    assert_true(json_number_value(json_array_get(box, 3)) == 37.625);
    sx_json_free(&doc);
    sx_report_free(&r);
}

static void scores_are_a_row_a_film(void **state) {
    (void)state;
    sx_report r;
    fill(&r);
    sx_str csv = { 0 };
    sx_report_to_scores(&r, &csv);
    assert_string_equal(csv.data, "image_id,study_id,probability,abnormal\n"
                                  "a,1.2,0.125,0\n"
                                  "\"c \"\"x\"\"\",,0.5,1\n"
                                  "d,1.2,0.75,1\n");
    sx_str_free(&csv);
    sx_report_free(&r);
}

/* An unfamiliar film is nowhere called normal: no "No finding", no 0, no verdict in words. */
static void an_unfamiliar_film_is_not_normal(void **state) {
    (void)state;
    sx_report r;
    sx_str text = { 0 };
    fill(&r);
    add_unfamiliar(&r);
    sx_report_to_csv(&r, &text);
    assert_non_null(strstr(text.data, "familiar,spinexr,No finding"));
    assert_null(strstr(text.data, "strange"));
    sx_str_free(&text);
    sx_report_to_scores(&r, &text);
    assert_non_null(strstr(text.data, "familiar,1.7,0.125,0\nstrange,1.7,0.125,\n"));
    sx_str_free(&text);
    assert_true(sx_report_film_text(&r.films[r.film_count - 1], 80, &text));
    assert_non_null(strstr(text.data, "P(abnormal) 0.125, unfamiliar film, no verdict"));
    sx_str_free(&text);
    sx_error err = { 0 };
    CHECK_OK(sx_report_to_html(&r, &text, &err), err);
    check_page(text.data);
    place(&text, "strange</a></td><td>unfamiliar film, no verdict</td><td class=n>0.125</td>"
                 "<td>not judged</td>");
    place(&text, ">strange: unfamiliar film, no verdict, P(abnormal) 0.125; findings: not judged<");
    place(&text, "1 film is unfamiliar and has no verdict.");
    sx_str_free(&text);
    sx_report_free(&r);
}

static void files_are_written_or_the_reason_is_said(void **state) {
    (void)state;
    sx_report r;
    sx_error err = { 0 };
    fill(&r);
    CHECK_OK(sx_report_write(&r, check_tmp(), &err), err);
    assert_true(sx_path_exists(check_tmp_path("report.json")));
    assert_true(sx_path_exists(check_tmp_path("findings.csv")));
    assert_true(sx_path_exists(check_tmp_path("scores.csv")));
    assert_true(sx_path_exists(check_tmp_path("coco_results.json")));
    CHECK_FAILS(sx_report_write(&r, check_tmp_path("nowhere"), &err), err, SX_ERR_IO,
                "findings.csv");
    sx_report_free(&r);
    check_tmp_remove();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_fits_its_schema),
        cmocka_unit_test(fused_report_fits_its_schema),
        cmocka_unit_test(report_says_what_was_found),
        cmocka_unit_test(page_shows_studies),
        cmocka_unit_test(films_without_a_study_are_no_studies),
        cmocka_unit_test(without_detector_there_is_no_lesion_type),
        cmocka_unit_test(films_of_one_name_are_told_apart),
        cmocka_unit_test(labels_are_the_shortest_that_differ),
        cmocka_unit_test(names_that_are_not_utf8_are_escaped),
        cmocka_unit_test(reports_without_memory_are_errors),
        cmocka_unit_test(csv_has_the_data_sets_columns),
        cmocka_unit_test(coco_boxes_are_corner_and_size),
        cmocka_unit_test(scores_are_a_row_a_film),
        cmocka_unit_test(an_unfamiliar_film_is_not_normal),
        cmocka_unit_test(files_are_written_or_the_reason_is_said),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
