/* The rules that refuse films by their headers (dicom/film_rules.h). */
#include <stdio.h>
#include <string.h>

#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

/* A header, and what is said about it: "" where the film is accepted. Absent texts are NULL. */
typedef struct header {
    const char *modality, *sop_class, *part, *region, *view, *series, *study, *reason;
} header;

#define CR "1.2.840.10008.5.1.4.1.1.1"

static const header headers[] = {
    /* nothing is known, or nothing contradicts */
    { NULL, NULL, NULL, NULL, NULL, NULL, NULL, "" },
    { .modality = "CR", .sop_class = CR, .reason = "" },
    { .modality = "DX", .sop_class = CR ".1", .part = "LSPINE", .reason = "" },
    { .modality = "DX", .sop_class = CR ".1.1", .reason = "" },
    { .modality = "RG", .reason = "" },
    { .modality = "RF", .sop_class = "1.2.840.10008.5.1.4.1.1.12.2", .reason = "" },
    { .modality = "OT", .sop_class = "1.2.840.10008.5.1.4.1.1.7", .reason = "" },
    { .modality = "XYZ", .sop_class = "1.2.3", .part = "GIZMO", .reason = "" },
    { .part = "NECK", .view = "AP", .series = "standard", .study = "Routine", .reason = "" },
    { .part = "WHOLEBODY", .reason = "" },
    /* other kinds of images, whatever else is said */
    { .modality = "CT",
      .part = "LSPINE",
      .reason = "Modality is \"CT\": computed tomography, not a "
                "radiograph" },
    { .modality = " ct ", .reason = "Modality is \"ct\": computed" },
    { .modality = "DX\\MR", .reason = "Modality is \"DX\\MR\": magnetic resonance" },
    { .modality = "MG", .reason = "mammography" },
    { .modality = "SR", .reason = "a report" },
    { .modality = "OT", .sop_class = "1.2.840.10008.5.1.4.1.1.2", .reason = "SOPClassUID is" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.2.1", .reason = "computed tomography" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.4", .reason = "magnetic resonance" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.6.1", .reason = "ultrasound" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.1.2", .reason = "mammography" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.1.2.1", .reason = "mammography" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.13.1.3", .reason = "tomosynthesis" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.20", .reason = "nuclear medicine" },
    { .sop_class = "1.2.840.10008.5.1.4.1.1.77.1.4", .reason = "visible light" },
    /* the spine, in any spelling */
    { .part = "SPINE", .study = "CHEST", .reason = "" },
    { .part = "CSPINE", .reason = "" },
    { .part = "L-SPINE", .series = "hip", .reason = "" },
    { .part = "Lumbar_Spine", .reason = "" },
    { .part = "LUMBOSACRAL SPIN", .reason = "" },
    { .part = "LUMBAR", .reason = "" },
    { .part = "COCCYX", .reason = "" },
    { .part = "SSPINE\\HIP", .reason = "" },
    { .part = "Wirbels\xC3\xA4ule", .reason = "" },
    { .part = "HIP", .region = "421060004 Spine", .reason = "" },
    { .region = "T-11501 Cervical spine", .reason = "" },
    /* other parts */
    { .part = "HIP", .reason = "BodyPartExamined is \"HIP\": hip, not the spine" },
    { .part = "hip ", .study = "LUMBAR SPINE AND HIP", .reason = "\"hip\": hip, not the spine" },
    { .part = "EXTREMITY", .reason = "limb" },
    { .part = "LOWER_LEG", .reason = "leg" },
    { .part = "Lower Leg", .reason = "leg" },
    { .part = "HAND", .reason = "hand" },
    { .part = "FACE", .reason = "face" },
    { .part = "CHEST", .study = "Chest PA", .reason = "BodyPartExamined is \"CHEST\": chest" },
    { .part = "ABDOMEN", .reason = "abdomen" },
    { .region = "24136001 Hip Joint", .reason = "AnatomicRegionSequence is \"24136001 Hip" },
    { .region = "T-D9200 x", .reason = "knee" },
    /* a wrong body part beside a description of the spine */
    { .part = "ABDOMEN", .study = "XR Lumbar spine 2 views", .reason = "" },
    { .part = "CHEST", .series = "BWS ap", .reason = "" },
    { .part = "HAND", .series = "LWS seitl.", .reason = "" },
    /* words that only look like the spine's */
    { .part = "KNEE", .series = "KNEES PINE RIDGE", .reason = "knee" },
    { .part = "HAND", .series = "DR CRISPINE HAND", .reason = "" }, /* a name: cannot be told */
    { .part = "HIP", .series = "HIPS PINEHURST CLINIC", .reason = "hip" },
    { .part = "HAND", .series = "MYELODYSPLASIA HAND", .reason = "hand" },
    { .part = "HAND", .series = "BONE DENS", .reason = "hand" },
    { .part = "HAND", .series = "LUMBRICAL MUSCLES", .reason = "hand" },
    { .part = "HAND", .series = "SPIN TABLE", .reason = "hand" },
    { .part = "RHIP", .reason = "hip" },
    { .modality = "CTSCAN", .reason = "computed tomography" },
    { .modality = "CTA", .part = "SPINE", .reason = "computed tomography" },
    /* levels, abbreviations, languages, postures, the whole body */
    { .part = "PELVIS", .series = "L5-S1 SPOT LAT", .reason = "" },
    { .part = "ABDOMEN", .series = "LSP AP", .reason = "" },
    { .part = "CHEST", .series = "T-SP LAT", .reason = "" },
    { .part = "CHEST", .series = "COL. DORSAL", .reason = "" },
    { .part = "ABDOMEN", .series = "L\xC3\xA4ndrygg", .reason = "" },
    { .part = "CHEST", .series = "\xED\x9D\x89\xEC\xB6\x94 AP", .reason = "" },
    { .series = "EOS FULL BODY HEAD TO FEET", .reason = "" },
    { .series = "AP HEAD FIRST", .reason = "" },
    { .series = "C7 SHOULDERS DOWN", .reason = "" },
    { .series = "AP HANDS DOWN", .study = "WHOLE BODY", .reason = "" },
    { .part = "HEAD", .reason = "head" },
    /* views */
    { .view = "MLO", .reason = "ViewPosition is \"MLO\": a mammogram" },
    { .view = "LATERAL", .reason = "" },
    { .view = "SWIMMERS", .reason = "" },
    { .view = "CC", .study = "C-Spine", .reason = "" },
    /* descriptions */
    { .study = "HIP JOINT", .reason = "StudyDescription is \"HIP JOINT\": hip, not the spine" },
    { .study = "Non-ossifying fibroma of distal tibia", .reason = "leg" },
    { .study = "R\xC3\xB6ntgen H\xC3\xBC"
               "fte",
      .reason = "hip" },
    { .study = "Radiograf\xC3\xAD"
               "a de mu\xC3\xB1"
               "eca",
      .reason = "wrist" },
    { .series = "Thorax p.a.", .reason = "SeriesDescription is \"Thorax p.a.\": chest" },
    { .series = "knee", .study = "Spine", .reason = "knee" },
    { .series = "Knee AP", .study = "Spine clinic", .reason = "SeriesDescription is \"Knee AP\"" },
    { .series = "Hip AP", .study = "XR SPINE", .reason = "hip" },
    { .series = "Chest PA", .study = "Scoliosis", .reason = "chest" },
    { .part = "LEG", .series = "Leg length and scoliosis", .reason = "" },
    { .part = "LEG", .study = "Leg length and scoliosis", .reason = "leg" },
    { .part = "KNEE", .study = "Spine clinic", .reason = "knee" },
    { .series = "Dorsal, hip flexed", .study = "Spine", .reason = "" },
    { .series = "Hands on shoulders", .study = "Spine", .reason = "" },
    { .series = "Knee AP", .study = "L-spine + knee", .reason = "knee" },
    { .study = "Polytrauma: chest, hip, thoracic spine", .reason = "" },
    { .study = "rachis face et profil", .reason = "" },
    { .study = "Columna en pie", .reason = "" },
    { .study = "C-arm", .reason = "" },
    { .study = "\xE8\x85\xB0\xE6\xA4\x8E \xE8\x83\xB8\xE9\x83\xA8 CHEST", .reason = "" },
    { .study = "shipping", .reason = "" }, /* "hip" inside a word */
    { .study = "harmonised", .reason = "" },
};

static void put(sx_film_subject *s, sx_subject subject, const char *text) {
    s->texts[subject] = (char *)(uintptr_t)text; /* only read */
}

static void check_header(const header *h, const sx_film_subject *s, int number) {
    sx_film_refusal why = { 0 };
    const bool accepted = sx_film_rules_accept(&sx_film_rules_builtin, s, &why);
    if (accepted != !h->reason[0] || !strstr(why.reason, h->reason))
        fail_msg("header %d: \"%s\" instead of \"%s\"", number, accepted ? "accepted" : why.reason,
                 h->reason);
    assert_int_equal(accepted, sx_film_rules_accept(&sx_film_rules_builtin, s, NULL));
}

static void headers_are_accepted_or_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const header *h = &headers[i];
        if (h->modality && h->modality[0] == ' ') continue; /* padding belongs to the file */
        if (h->part && strchr(h->part, '\0')[-1] == ' ') continue;
        sx_film_subject s = { 0 };
        put(&s, SX_SUBJECT_MODALITY, h->modality);
        put(&s, SX_SUBJECT_SOP_CLASS, h->sop_class);
        put(&s, SX_SUBJECT_BODY_PART, h->part);
        put(&s, SX_SUBJECT_REGION, h->region);
        put(&s, SX_SUBJECT_VIEW, h->view);
        put(&s, SX_SUBJECT_SERIES, h->series);
        put(&s, SX_SUBJECT_STUDY, h->study);
        check_header(h, &s, (int)i);
    }
}

static bool is_accepted(const sx_film_subject *s, sx_film_refusal *why) {
    *why = (sx_film_refusal){ 0 };
    return sx_film_rules_accept(&sx_film_rules_builtin, s, why);
}

/* ---- the same headers in files ---- */

static void put_text(test_dicom *d, uint32_t tag, const char *vr, const char *text) {
    if (text) dicom_text(d, tag, vr, text);
}

static void put_region(test_dicom *d, const char *region) {
    char code[17];
    test_dicom item;
    if (!region) return;
    sscanf(region, "%16s", code);
    dicom_item(&item, d);
    dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", code);
    dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO", strchr(region, ' ') + 1);
    dicom_sequence(d, SX_TAG(0x0008, 0x2218), &item);
    dicom_end(&item);
}

static void make(test_dicom *d, const header *h) {
    const dicom_shape s = { .rows = 2, .columns = 2, .bits_allocated = 16, .bits_stored = 12 };
    static const uint16_t pixels[4] = { 0, 1, 2, 3 };
    dicom_begin(d, "1.2.840.10008.1.2.1");
    put_text(d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 192");
    put_text(d, SX_TAG(0x0008, 0x0016), "UI", h->sop_class);
    put_text(d, SX_TAG(0x0008, 0x0060), "CS", h->modality);
    put_text(d, SX_TAG(0x0008, 0x1030), "LO", h->study);
    put_text(d, SX_TAG(0x0008, 0x103E), "LO", h->series);
    put_region(d, h->region);
    put_text(d, SX_TAG(0x0018, 0x0015), "CS", h->part);
    put_text(d, SX_TAG(0x0018, 0x5101), "CS", h->view);
    dicom_image(d, &s);
    dicom_pixels(d, pixels, 4);
}

static void headers_are_read_from_files(void **state) {
    (void)state;
    sx_error err = { 0 };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        test_dicom d;
        make(&d, &headers[i]);
        sx_film *film = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                            &(sx_film_options){ .header_only = true }, &err);
        if (!film) fail_msg("%s", err.message);
        check_header(&headers[i], &film->info.subject, (int)i);
        sx_film_free(film);
        dicom_end(&d);
    }
}

static sx_film *film_of(test_dicom *d) {
    sx_error err = { 0 };
    sx_film *film = sx_film_from_memory(d->bytes.data, d->bytes.len, "film",
                                        &(sx_film_options){ .header_only = true }, &err);
    if (!film) fail_msg("%s", err.message);
    dicom_end(d);
    return film;
}

static void put_item(sx_str *items, const char *code, const char *meaning, bool undefined) {
    static const uint8_t begin[] = { 0xFE, 0xFF, 0x00, 0xE0 },
                         end[] = { 0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0 };
    test_dicom item = { 0 };
    dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", code);
    dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO", meaning);
    sx_str_append(items, begin, sizeof begin);
    sx_str_append_le(items, undefined ? UINT32_MAX : item.bytes.len, 4);
    sx_str_append(items, item.bytes.data, item.bytes.len);
    if (undefined) sx_str_append(items, end, sizeof end);
    dicom_end(&item);
}

/* A region that stands after others counts like the first one. */
static void every_item_of_the_region_counts(void **state) {
    (void)state;
    static const char *const meanings[][2] = { { "Hip joint", "" },
                                               { "Hip joint", "Lumbar spine" },
                                               { "somewhere", "Hip joint" },
                                               { "somewhere", "elsewhere" } };
    static const bool accepted[] = { false, true, false, true };
    for (size_t i = 0; i < 4; i++)
        for (int undefined = 0; undefined < 2; undefined++) {
            test_dicom d;
            sx_str items = { 0 };
            put_item(&items, "A-1", meanings[i][0], undefined);
            if (meanings[i][1][0]) put_item(&items, "A-2", meanings[i][1], !undefined);
            dicom_begin(&d, "1.2.840.10008.1.2.1");
            dicom_bytes(&d, SX_TAG(0x0008, 0x2218), "SQ", items.data, items.len);
            sx_str_free(&items);
            sx_film *film = film_of(&d);
            sx_film_refusal why = { 0 };
            assert_int_equal(is_accepted(&film->info.subject, &why), accepted[i]);
            sx_film_free(film);
        }
}

/* The standard allows 64 characters, but all that are there count, in any character set. */
static void long_values_are_read_as_a_whole(void **state) {
    (void)state;
    static const size_t lengths[] = { 40, 255, 270, 1000, 5000, 20000 };
    static const char *const fillers[] = { "routine ", "gro\xDF ", "a\\\\ " };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (size_t k = 0; k < sizeof fillers / sizeof *fillers; k++)
            for (int spine = 0; spine < 2; spine++) {
                test_dicom d;
                sx_str text = { 0 };
                sx_film_refusal why;
                if (spine) sx_str_add(&text, "knee ");
                while (text.len < lengths[i])
                    sx_str_add(&text, fillers[k]);
                sx_str_add(&text, spine ? "LWS" : "left hip");
                dicom_begin(&d, "1.2.840.10008.1.2.1");
                dicom_text(&d, SX_TAG(0x0008, 0x0005), "CS", "ISO_IR 100");
                dicom_text(&d, SX_TAG(0x0008, 0x1030), "LO", text.data);
                sx_str_free(&text);
                sx_film *film = film_of(&d);
                if (is_accepted(&film->info.subject, &why) != spine)
                    fail_msg("%zu, %zu, %d: %s", i, k, spine, why.reason);
                sx_film_free(film);
            }
}

/* The other descriptions count as well: of the protocol, the processing, the request and the
 * performed step. */
static void every_description_counts(void **state) {
    (void)state;
    static const struct {
        sx_subject subject;
        uint32_t tag;
    } rows[] = { { SX_SUBJECT_PROTOCOL, SX_TAG(0x0018, 0x1030) },
                 { SX_SUBJECT_PROCESSING, SX_TAG(0x0018, 0x1400) },
                 { SX_SUBJECT_REQUESTED, SX_TAG(0x0032, 0x1060) },
                 { SX_SUBJECT_PERFORMED, SX_TAG(0x0040, 0x0254) } };
    sx_error err = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        test_dicom d;
        sx_film_refusal why;
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, rows[i].tag, "LO", "[LOWER LEG      ]");
        sx_film *film = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                            &(sx_film_options){ .header_only = true }, &err);
        if (!film) fail_msg("%s", err.message);
        assert_false(sx_film_rules_accept(&sx_film_rules_builtin, &film->info.subject, &why));
        assert_int_equal(why.subject, rows[i].subject);
        assert_non_null(strstr(why.reason, sx_subject_name(rows[i].subject)));
        sx_film_free(film);
        dicom_end(&d);
    }
}

/* Real films: a hip, a leg and computed tomography. */
static void shared_films_are_refused(void **state) {
    (void)state;
    static const char *const names[] = { "RG2_UNC", "RG2_J2KI", "RG3_UNC", "CTImage.dcm" };
    static const char *const reasons[] = { "hip", "hip", "limb", "computed tomography" };
    sx_error err = { 0 };
    if (!check_shared("data/dicom/RG2_UNC")) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        sx_film_refusal why = { 0 };
        snprintf(path, sizeof path, "data/dicom/%s", names[i]);
        sx_film *film =
            sx_film_open(check_shared(path), &(sx_film_options){ .header_only = true }, &err);
        if (!film) fail_msg("%s", err.message);
        assert_false(sx_film_rules_accept(&sx_film_rules_builtin, &film->info.subject, &why));
        assert_non_null(strstr(why.reason, reasons[i]));
        sx_film_free(film);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_accepted_or_refused),
        cmocka_unit_test(headers_are_read_from_files),
        cmocka_unit_test(every_item_of_the_region_counts),
        cmocka_unit_test(long_values_are_read_as_a_whole),
        cmocka_unit_test(every_description_counts),
        cmocka_unit_test(shared_films_are_refused),
    };
    return cmocka_run_group_tests_name("film rules", tests, NULL, NULL);
}
