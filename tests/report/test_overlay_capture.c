/* The picture that goes into an archive: what it must say and must not say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"

#include "image/noise.h"
#include "image/overlay_draw.h"
#include "report/overlay_report.h"
#include "spinexr/version.h"

static sx_network_info network = { .demonstration = false };
static sx_bundle_info info = { .holders = 1, /* never freed: this one is held here */
                               .networks = &network,
                               .network_count = 1,
                               .rule = { .threshold = 0.28 },
                               .note = "" };

static sx_prediction *film(double probability, bool finding) {
    sx_error err = { 0 };
    sx_prediction *p = calloc(1, sizeof *p);
    p->image_id = strdup("92da7162db8e");
    p->width = 300;
    p->height = 400;
    p->findings = calloc(1, sizeof *p->findings);
    p->findings[0] = (sx_finding){ 20, 30, 120, 160, 0.9F, 0, "Osteophytes" };
    p->finding_count = finding;
    p->has_probability = true;
    p->probability = probability;
    p->abnormal = probability >= info.rule.threshold;
    p->info = sx_bundle_info_hold(&info);
    CHECK_OK(sx_noise_image("film", 300, 400, false, &p->picture, &err), err);
    return p;
}

/* The capture is drawn with these words and no others. */
static void expect(double probability, bool finding, const char *verdict, const char *first,
                   const char *notice) {
    sx_error err = { 0 };
    sx_image got, want;
    char note[200];
    sx_prediction *p = film(probability, finding);
    const sx_overlay_box box = { 20, 30, 120, 160, 0.9F, 0, "Osteophytes", SX_LINE_DASHED };
    snprintf(note, sizeof note, "%sspinexr %s%s", first, sx_version(),
             finding ? ", dashed: below the specific operating point" : "");
    const sx_overlay what = { .boxes = &box,
                              .count = finding,
                              .verdict = verdict,
                              .alarm = p->abnormal,
                              .probability = probability,
                              .threshold = info.rule.threshold,
                              .note = note,
                              .notice = notice,
                              .warning = "" };
    CHECK_OK(sx_overlay_draw(&p->picture, &what, &want, &err), err);
    CHECK_OK(sx_overlay_capture(NULL, p, &got, &err), err);
    assert_int_equal(got.width, want.width);
    assert_int_equal(got.height, want.height);
    assert_memory_equal(got.data, want.data, sx_image_bytes(&want));
    sx_image_free(&got);
    sx_image_free(&want);
    sx_prediction_free(p);
}

static const char none_found[] = "no finding above threshold; not a normal report; ";
static const char notice[] = "AI, not for diagnosis.";

static void no_film_is_called_normal(void **state) {
    (void)state;
    expect(0.1, false, NULL, none_found, notice);
    expect(0.1, true, NULL, "", notice);
}

static void an_abnormal_film_says_so(void **state) {
    (void)state;
    expect(0.9, true, "abnormal", "", notice);
    expect(0.9, false, "abnormal", none_found, notice);
}

static void demonstration_weights_are_named(void **state) {
    (void)state;
    network.demonstration = true;
    expect(0.9, true, "abnormal", "", "AI, not for diagnosis. NOT FOR CLINICAL USE.");
    network.demonstration = false;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_film_is_called_normal),
        cmocka_unit_test(an_abnormal_film_says_so),
        cmocka_unit_test(demonstration_weights_are_named),
    };
    return cmocka_run_group_tests_name("overlay capture", tests, NULL, NULL);
}
