/* Result objects: what they say of a study, the copied modules, UIDs, and that the same input gives
 * the same bytes. tests/peers has validators and viewers that are not ours. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/files.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/writer.h"
#include "dicom/dataset.h"
#include "dicom/dicom_film.h"
#include "dicom/finding_codes.h"
#include "dicom/results.h"
#include "dicom/write.h"
#include "support/check.h"

enum { WIDTH = 400, HEIGHT = 800, FILMS = 2, BOXES = 2 };

typedef struct object {
    uint8_t *bytes;
    size_t n;
} object;

static object film_files[FILMS];
static sx_film *films[FILMS];
static sx_sha256 digests[FILMS];
static sx_finding_code codes[BOXES];
static sx_result_box boxes[BOXES];
static sx_result_film results[FILMS];

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
    CHECK_OK(sx_dicom_encode(&f, i ? SX_WRITE_JPEG_LS : SX_WRITE_EXPLICIT, &film_files[i].bytes,
                             &film_files[i].n, &err),
             err);
    films[i] = sx_film_from_memory(film_files[i].bytes, film_files[i].n, "film",
                                   &(sx_film_options){ .header_only = true }, &err);
    CHECK_OK(films[i] != NULL, err);
    CHECK_OK(sx_sha256_of(film_files[i].bytes, film_files[i].n, &digests[i], &err), err);
    const char *keep = getenv("KEEP_RESULTS");
    if (!keep) return;
    char path[600];
    snprintf(path, sizeof path, "%s/film-%d.dcm", keep, i);
    CHECK_OK(sx_write_file(path, film_files[i].bytes, film_files[i].n, &err), err);
}

static int make_films(void **state) {
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
    for (int i = 0; i < FILMS; i++) {
        make_film(i);
        results[i] = (sx_result_film){ .file = film_files[i].bytes,
                                       .size = film_files[i].n,
                                       .digest = digests[i].hex,
                                       .info = &films[i]->info,
                                       .probability = 0.91 - 0.8 * i,
                                       .abnormal = i == 0,
                                       .boxes = boxes,
                                       .box_count = i == 0 ? BOXES : 0 };
    }
    return 0;
}

static int free_films(void **state) {
    (void)state;
    for (int i = 0; i < FILMS; i++) {
        sx_film_free(films[i]);
        free(film_files[i].bytes);
    }
    return 0;
}

static sx_result_study a_study(void) {
    static const char hash[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    return (sx_result_study){ .films = results,
                              .film_count = FILMS,
                              .version = "0.1.0",
                              .weights = hash,
                              .configuration = "c",
                              .device_uid = "1.2.3.9",
                              .serial = "node-1",
                              .completed = 1795897800,
                              .revision = 1 };
}

static object make(const sx_result_study *s, sx_result_kind kind, size_t film) {
    object o = { 0 };
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

static sx_dataset read_object(const object *o) {
    sx_error err = { 0 };
    sx_part10 p;
    sx_dataset d;
    CHECK_OK(sx_part10_read(&p, o->bytes, o->n, &err), err);
    CHECK_OK(sx_dataset_read(&d, o->bytes + p.dataset, o->n - p.dataset, true, false, false, &err),
             err);
    return d;
}

static const char *text_of(const sx_dataset *d, uint32_t tag) {
    static char text[300];
    sx_dataset_text(d, tag, 0, text, sizeof text);
    return text;
}

static bool contains(const object *o, const char *text) {
    return memmem(o->bytes, o->n, text, strlen(text)) != NULL;
}

static void patient_and_study_are_those_of_the_film(void **state) {
    (void)state;
    static const uint32_t same[] = { SX_TAG(0x0010, 0x0010), SX_TAG(0x0010, 0x0020),
                                     SX_TAG(0x0010, 0x0040), SX_TAG(0x0010, 0x1010),
                                     SX_TAG(0x0020, 0x000D), SX_TAG(0x0008, 0x0020),
                                     SX_TAG(0x0008, 0x1030) };
    const sx_result_study s = a_study();
    const sx_dataset film = read_object(&film_files[0]);
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        object o = make(&s, (sx_result_kind)kind, 0);
        sx_dataset d = read_object(&o);
        assert_string_equal(text_of(&d, SX_TAG(0x0008, 0x0016)),
                            sx_result_sop_class((sx_result_kind)kind));
        for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
            const sx_element *want = sx_dataset_find(&film, same[i]),
                             *have = sx_dataset_find(&d, same[i]);
            assert_true(want && have && want->n == have->n);
            assert_memory_equal(have->value, want->value, want->n);
        }
        sx_dataset_free(&d);
        free(o.bytes);
    }
    sx_dataset copy = film;
    sx_dataset_free(&copy);
}

static void the_same_input_gives_the_same_bytes(void **state) {
    (void)state;
    const sx_result_study s = a_study();
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        object a = make(&s, (sx_result_kind)kind, 1), b = make(&s, (sx_result_kind)kind, 1);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.bytes, b.bytes, a.n);
        free(a.bytes);
        free(b.bytes);
    }
}

static void uid_of(const sx_result_study *s, sx_result_kind kind, size_t film, bool series,
                   char out[SX_RESULT_UID]) {
    sx_error err = { 0 };
    CHECK_OK(sx_results_uid(s, kind, film, series, out, &err), err);
    assert_true(strncmp(out, "2.25.", 5) == 0 && strlen(out) <= 64);
    assert_int_equal(strspn(out + 5, "0123456789"), strlen(out + 5));
}

/* Whatever changes the bytes changes the UID; a revision stays in the series. */
static void uids_follow_from_the_input(void **state) {
    (void)state;
    enum { CHANGES = 7 };
    char was[SX_RESULT_UID], now[SX_RESULT_UID], series[SX_RESULT_UID];
    const sx_result_study s = a_study();
    uid_of(&s, SX_RESULT_SR, 0, false, was);
    uid_of(&s, SX_RESULT_SR, 0, true, series);
    for (int i = 0; i < CHANGES; i++) {
        sx_result_study t = s;
        if (i == 0) t.weights = "f";
        if (i == 1) t.configuration = "d";
        if (i == 2) t.version = "0.1.1";
        if (i == 3) t.revision = 2;
        if (i == 4) t.film_count = 1;
        if (i == 5) t.completed++;
        if (i == 6) t.demonstration = true;
        uid_of(&t, SX_RESULT_SR, 0, false, now);
        assert_string_not_equal(was, now);
        uid_of(&t, SX_RESULT_SR, 0, true, now);
        assert_string_equal(series, now);
    }
    uid_of(&s, SX_RESULT_SR_3D, 0, false, now);
    assert_string_not_equal(was, now);
    uid_of(&s, SX_RESULT_GSPS, 0, false, was);
    uid_of(&s, SX_RESULT_GSPS, 1, false, now);
    assert_string_not_equal(was, now);
}

static void the_report_says_what_was_found(void **state) {
    (void)state;
    const sx_result_study s = a_study();
    object o = make(&s, SX_RESULT_SR_3D, 0);
    assert_true(contains(&o, "408574004"));
    assert_true(contains(&o, "111241"));
    assert_false(contains(&o, "408573005")); /* normal: off by default */
    assert_true(contains(&o, "Film 2: no finding above threshold; not a normal report"));
    assert_true(contains(&o, "Disc space narrowing 0.83"));
    assert_true(contains(&o, "Osteophytes 0.43 (below the specific operating point)"));
    assert_true(contains(&o, s.weights));
    assert_false(contains(&o, "NOT FOR CLINICAL USE"));
    free(o.bytes);
    sx_result_study demo = s;
    demo.demonstration = demo.says_normal = true;
    o = make(&demo, SX_RESULT_SR_3D, 0);
    assert_true(contains(&o, "NOT FOR CLINICAL USE"));
    assert_false(contains(&o, "408573005"));
    free(o.bytes);
    demo.demonstration = false;
    o = make(&demo, SX_RESULT_SR_3D, 0);
    assert_true(contains(&o, "408573005"));
    free(o.bytes);
}

/* A film without a result must not look normal. */
static void a_film_that_failed_has_no_verdict(void **state) {
    (void)state;
    sx_error err = { 0 };
    sx_result_film two[FILMS] = { results[0], results[1] };
    two[1].outcome = SX_OUTCOME_NOT_SCORED;
    two[1].reason = "unlike the films that the weights know";
    sx_result_study s = a_study();
    s.films = two;
    object o = make(&s, SX_RESULT_SR, 0);
    assert_true(contains(&o, "111245"));
    assert_false(contains(&o, "111241"));
    assert_true(contains(&o, "Film 2 has no result: unlike the films that the weights know"));
    free(o.bytes);
    two[0].outcome = SX_OUTCOME_NOT_SCORED;
    two[0].reason = "truncated";
    o = make(&s, SX_RESULT_SR_3D, 0);
    assert_true(contains(&o, "Film 1 has no result: truncated"));
    assert_true(contains(&o, "Films without a result")); /* viewers need a group */
    free(o.bytes);
    s.film_count = 0;
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_MISSING,
                "a report needs a film");
}

static void films_of_two_studies_are_refused(void **state) {
    (void)state;
    sx_error err = { 0 };
    object o;
    sx_film_info other = films[1]->info;
    sx_result_film two[FILMS] = { results[0], results[1] };
    sx_result_study s = a_study();
    two[1].info = &other;
    s.films = two;
    snprintf(other.study_uid, sizeof other.study_uid, "1.2.3.5");
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_MISMATCH,
                "the films are of two studies: 1.2.3.4 and 1.2.3.5");
    snprintf(other.study_uid, sizeof other.study_uid, "1.2.3.4");
    snprintf(other.sop_uid, sizeof other.sop_uid, "x");
    CHECK_FAILS(sx_result_report(&s, SX_RESULT_SR, &o.bytes, &o.n, &err), err, SX_ERR_VALUE,
                "the film's SOP Instance UID is not a UID: \"x\"");
}

static void a_new_revision_names_the_old_one(void **state) {
    (void)state;
    sx_result_study s = a_study();
    s.revision = 2;
    s.predecessor = "2.25.77";
    object o = make(&s, SX_RESULT_SR, 0);
    sx_dataset d = read_object(&o);
    assert_non_null(sx_dataset_find(&d, SX_TAG(0x0040, 0xA360)));
    assert_string_equal(text_of(&d, SX_TAG(0x0020, 0x0013)), "2");
    assert_true(contains(&o, "2.25.77"));
    sx_dataset_free(&d);
    free(o.bytes);
}

/* ---- dates and times ---- */

static object make_of(const sx_film_info *info, sx_result_kind kind) {
    sx_result_film one = results[0];
    sx_result_study s = a_study();
    one.info = info;
    s.films = &one;
    s.film_count = 1;
    return make(&s, kind, 0);
}

/* What an object says of 20:30 on 28 November in UTC. */
static void check_time(const char *film_offset, const char *date, const char *time,
                       const char *offset) {
    static const uint32_t dates[SX_RESULT_KINDS][2] = {
        [SX_RESULT_SR_3D] = { SX_TAG(0x0008, 0x0023), SX_TAG(0x0008, 0x0033) },
        [SX_RESULT_SR] = { SX_TAG(0x0008, 0x0023), SX_TAG(0x0008, 0x0033) },
        [SX_RESULT_GSPS] = { SX_TAG(0x0070, 0x0082), SX_TAG(0x0070, 0x0083) },
        [SX_RESULT_CAPTURE] = { SX_TAG(0x0018, 0x1012), SX_TAG(0x0018, 0x1014) },
    };
    sx_film_info info = films[0]->info;
    snprintf(info.utc_offset, sizeof info.utc_offset, "%s", film_offset);
    for (int kind = 0; kind < SX_RESULT_KINDS; kind++) {
        object o = make_of(&info, (sx_result_kind)kind);
        sx_dataset d = read_object(&o);
        assert_string_equal(text_of(&d, dates[kind][0]), date);
        assert_string_equal(text_of(&d, dates[kind][1]), time);
        assert_string_equal(text_of(&d, SX_TAG(0x0008, 0x0201)), offset);
        sx_dataset_free(&d);
        free(o.bytes);
    }
}

static void times_are_in_the_time_zone_of_the_film(void **state) {
    (void)state;
    static const char *const none[] = { "", "+1401", "-1201", "+0960", "-0000", "+09000" };
    const char *zone = getenv("TZ");
    char *was = zone ? strdup(zone) : NULL;
    check_time("+0900", "20261129", "053000", "+0900");
    check_time("-0330", "20261128", "170000", "-0330");
    setenv("TZ", "JST-9", 1);
    tzset();
    check_time("+0000", "20261128", "203000", "+0000");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        check_time(none[i], "20261129", "053000", "");
    (void)(was ? setenv("TZ", was, 1) : unsetenv("TZ"));
    tzset();
    free(was);
}

/* ---- the grey scale of a presentation state ---- */

static uint16_t word_of(const sx_dataset *d, uint32_t tag, size_t i) {
    uint16_t v = 0;
    assert_true(sx_dataset_word(d, tag, i, &v));
    return v;
}

static sx_dataset item_of(const sx_dataset *d, uint32_t sequence) {
    sx_dataset item;
    sx_error err = { 0 };
    CHECK_OK(sx_dataset_item(d, sequence, 0, &item, &err), err);
    return item;
}

/* A table of five entries that begins at -2. */
static void check_table(const sx_dataset *item, const uint16_t entries[5]) {
    const uint32_t descriptor = SX_TAG(0x0028, 0x3002);
    assert_memory_equal(sx_dataset_find(item, descriptor)->vr, "SS", 2);
    assert_int_equal((int16_t)word_of(item, descriptor, 1), -2);
    assert_int_equal(word_of(item, descriptor, 2), 16); /* 10 is not allowed in every table */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(word_of(item, SX_TAG(0x0028, 0x3006), i), entries[i]);
}

static void tables_of_a_state_show_the_same_grey_values(void **state) {
    (void)state;
    uint16_t entries[] = { 0, 1, 512, 1022, 1023 };
    const uint16_t scaled[] = { 0, 64, 32800, 65471, 65535 };
    const sx_film_lut lut = { .count = 5, .first = -2, .bits = 10, .held = 5, .entries = entries };
    sx_film_info info = films[0]->info;
    info.voi_lut = lut;
    object o = make_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_object(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
               table = item_of(&voi, SX_TAG(0x0028, 0x3010));
    check_table(&table, scaled);
    sx_dataset_free(&table);
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
    /* the values after a Modality LUT, too; without a window, 1023 is white */
    info = films[0]->info;
    info.modality_lut = lut;
    info.window_count = 0;
    o = make_of(&info, SX_RESULT_GSPS);
    d = read_object(&o);
    table = item_of(&d, SX_TAG(0x0028, 0x3000));
    check_table(&table, scaled);
    assert_null(sx_dataset_find(&d, SX_TAG(0x0028, 0x3110)));
    sx_dataset_free(&table);
    sx_dataset_free(&d);
    free(o.bytes);
}

/* PS3.3 C.11.2.1.2.1, C.11.2.1.3: 0 to 1. */
static double grey_of(double x, double center, double width, sx_voi_function function) {
    if (function == SX_VOI_SIGMOID) return 1 / (1 + exp(-4 * (x - center) / width));
    const double less = function == SX_VOI_LINEAR ? 1 : 0;
    const double y = (x - (center - less / 2)) / (width - less) + 0.5;
    return fmin(fmax(y, 0), 1);
}

/* Entries that do not use all 16 bits are an error for dciodvfy; what follows them is scaled. */
static void windows_after_a_table_show_the_same_grey_values(void **state) {
    (void)state;
    static const sx_voi_function functions[] = { SX_VOI_LINEAR, SX_VOI_LINEAR_EXACT,
                                                 SX_VOI_SIGMOID };
    uint16_t entries[] = { 0, 100, 512, 900, 1000 };
    for (size_t k = 0; k < sizeof functions / sizeof *functions; k++) {
        sx_film_info info = films[0]->info;
        info.modality_lut = (sx_film_lut){ .count = 5, .bits = 10, .held = 5, .entries = entries };
        info.window_count = 1;
        info.window_center = 480;
        info.window_width = 900;
        info.voi_function = functions[k];
        object o = make_of(&info, SX_RESULT_GSPS);
        sx_dataset d = read_object(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
                   table = item_of(&d, SX_TAG(0x0028, 0x3000));
        const double center = sx_strtod(text_of(&voi, SX_TAG(0x0028, 0x1050)), NULL);
        const double width = sx_strtod(text_of(&voi, SX_TAG(0x0028, 0x1051)), NULL);
        for (size_t i = 0; i < 5; i++) {
            const double x = word_of(&table, SX_TAG(0x0028, 0x3006), i);
            const double was = grey_of(entries[i], 480, 900, functions[k]);
            if (!(fabs(grey_of(x, center, width, functions[k]) - was) < 1e-4))
                fail_msg("function %zu, entry %zu", k, i);
        }
        sx_dataset_free(&table);
        sx_dataset_free(&voi);
        sx_dataset_free(&d);
        free(o.bytes);
    }
}

static void a_table_after_a_table_shows_the_same_grey_values(void **state) {
    (void)state;
    uint16_t first[] = { 0, 1, 2, 500, 1000 }, second[] = { 0, 1, 512, 1022, 1023 };
    const uint16_t want[] = { 32800, 65471, 65535, 65535, 65535 }; /* second[first + 2] */
    sx_film_info info = films[0]->info;
    info.modality_lut = (sx_film_lut){ .count = 5, .bits = 10, .held = 5, .entries = first };
    info.voi_lut =
        (sx_film_lut){ .count = 5, .first = -2, .bits = 10, .held = 5, .entries = second };
    object o = make_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_object(&o), voi = item_of(&d, SX_TAG(0x0028, 0x3110)),
               table = item_of(&voi, SX_TAG(0x0028, 0x3010)),
               modality = item_of(&d, SX_TAG(0x0028, 0x3000));
    assert_int_equal(word_of(&table, SX_TAG(0x0028, 0x3002), 0), 0); /* 65536 entries */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(
            word_of(&table, SX_TAG(0x0028, 0x3006), word_of(&modality, SX_TAG(0x0028, 0x3006), i)),
            want[i]);
    assert_true(word_of(&modality, SX_TAG(0x0028, 0x3006), 4) >= 0x8000); /* all bits are used */
    sx_dataset_free(&modality);
    sx_dataset_free(&table);
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
}

static void a_state_has_no_window_of_width_0_and_no_slope_0(void **state) {
    (void)state;
    sx_film_info info = films[0]->info;
    info.window_count = 1;
    info.window_width = 0;
    info.has_slope = info.has_intercept = true;
    info.slope = 0;
    info.intercept = -7;
    object o = make_of(&info, SX_RESULT_GSPS);
    sx_dataset d = read_object(&o);
    assert_null(sx_dataset_find(&d, SX_TAG(0x0028, 0x3110)));
    assert_string_equal(text_of(&d, SX_TAG(0x0028, 0x1053)), "1");
    assert_string_equal(text_of(&d, SX_TAG(0x0028, 0x1052)), "-7");
    sx_dataset_free(&d);
    free(o.bytes);
    info.window_width = 300;
    info.voi_function = SX_VOI_SIGMOID;
    o = make_of(&info, SX_RESULT_GSPS);
    d = read_object(&o);
    sx_dataset voi = item_of(&d, SX_TAG(0x0028, 0x3110));
    assert_string_equal(text_of(&voi, SX_TAG(0x0028, 0x1051)), "300");
    assert_string_equal(text_of(&voi, SX_TAG(0x0028, 0x1056)), "SIGMOID");
    sx_dataset_free(&voi);
    sx_dataset_free(&d);
    free(o.bytes);
}

static void codes_are_short_and_differ(void **state) {
    (void)state;
    static const char *const labels[] = { "Other lesions",
                                          "a",
                                          "a-",
                                          "Scoliosis of the whole spine",
                                          "Scoliosis of the whole body",
                                          "\xC3\xA9pine",
                                          "\xC3\xA8pine",
                                          "" };
    enum { LABELS = sizeof labels / sizeof *labels };
    sx_finding_code c[LABELS];
    for (size_t i = 0; i < LABELS; i++) {
        sx_finding_code_of(labels[i], &c[i]);
        assert_in_range(strlen(c[i].value), 1, 16);
        assert_in_range(strlen(c[i].meaning), 1, 64);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(c[i].value, c[k].value);
    }
    assert_string_equal(c[0].value, "OTHER_LESIONS");
    assert_string_equal(c[5].meaning, "?pine");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patient_and_study_are_those_of_the_film),
        cmocka_unit_test(the_same_input_gives_the_same_bytes),
        cmocka_unit_test(uids_follow_from_the_input),
        cmocka_unit_test(the_report_says_what_was_found),
        cmocka_unit_test(a_film_that_failed_has_no_verdict),
        cmocka_unit_test(films_of_two_studies_are_refused),
        cmocka_unit_test(a_new_revision_names_the_old_one),
        cmocka_unit_test(times_are_in_the_time_zone_of_the_film),
        cmocka_unit_test(tables_of_a_state_show_the_same_grey_values),
        cmocka_unit_test(windows_after_a_table_show_the_same_grey_values),
        cmocka_unit_test(a_table_after_a_table_shows_the_same_grey_values),
        cmocka_unit_test(a_state_has_no_window_of_width_0_and_no_slope_0),
        cmocka_unit_test(codes_are_short_and_differ),
    };
    return cmocka_run_group_tests(tests, make_films, free_films);
}
