/* The projection of a film by its header (dicom/projection.h). */
#include "dicom/dicom_film.h"
#include "support/check.h"
#include "support/dicom.h"

typedef struct header {
    const char *view, *codes, *series, *protocol, *orientation, *study, *projection;
} header;

static const header headers[] = {
    { .projection = NULL },
    /* ViewPosition */
    { .view = "AP", .projection = "AP" },
    { .view = "PA", .projection = "PA" },
    { .view = "LL", .projection = "lateral" },
    { .view = "RL", .projection = "lateral" },
    { .view = "LATERAL", .projection = "lateral" },
    { .view = "Lat.", .projection = "lateral" },
    { .view = "RAO", .projection = "oblique" },
    { .view = "OBLIQUE", .projection = "oblique" },
    { .view = "AP OBL", .projection = "oblique" },
    { .view = "LLD", .projection = NULL }, /* a position of the patient */
    { .view = "AP", .series = "LSPINE LAT", .orientation = "A\\F", .projection = "AP" },
    { .view = "XYZ", .series = "LSPINE LAT", .projection = "lateral" },
    /* View Code Sequence */
    { .codes = "399348003 antero-posterior", .projection = "AP" },
    { .codes = "272479007 postero-anterior", .series = "lateral", .projection = "PA" },
    { .codes = "399067008 lateral projection", .projection = "lateral" },
    { .codes = "R-10236 left lateral", .projection = "lateral" },
    { .codes = "R-102CD right posterior oblique", .projection = "oblique" },
    /* descriptions */
    { .series = "L-Spine a.p.", .projection = "AP" },
    { .series = "LWS seitl.", .projection = "lateral" },
    { .series = "BWS SCHR\xC3\x84G", .projection = "oblique" },
    { .series = "Rachis lombaire de face", .projection = "frontal" },
    { .series = "Columna lumbar perfil", .projection = "lateral" },
    { .series = "Kr\xC4\x99gos\xC5\x82up boczny", .projection = "lateral" },
    { .series = "\xE8\x85\xB0\xE6\xA4\x8E\xE6\xAD\xA3\xE4\xBD\x8D", .projection = "frontal" },
    { .series = "\xE8\x85\xB0\xE6\xA4\x8E\xE5\x81\xB4\xE9\x9D\xA2", .projection = "lateral" },
    { .series = "\xD0\x9F\xD0\x9E\xD0\x9F \xD0\xB1\xD0\xBE\xD0\xBA\xD0\xBE\xD0\xB2\xD0\xB0\xD1\x8F",
      .projection = "lateral" },
    { .series = "C-SPINE OPEN MOUTH", .projection = "frontal" },
    { .series = "SWIMMER'S", .projection = "lateral" },
    { .series = "L-SPINE FLEXION", .projection = "lateral" },
    { .series = "L-SPINE LAT BENDING RT", .projection = "frontal" },
    { .series = "L-SPINE AP BENDING", .projection = "AP" },
    { .series = "LATERAL FLEXION", .projection = "frontal" },
    { .series = "RTG L-S bok", .projection = "lateral" },
    { .series = "LS z boku", .projection = "lateral" },
    { .series = "LS-columna sidebilde", .projection = "lateral" },
    { .series = "Lanneranka sivu", .projection = "lateral" },
    { .series = "C-spine sagittal", .projection = "lateral" },
    { .series = "L-spine LLat", .projection = "lateral" },
    { .series = "L-SPINE AP + LAT", .projection = NULL },
    { .series = "L-SPINE AP/LAT", .protocol = "LAT", .projection = "lateral" },
    { .series = "FULL SPINE AP/PA", .projection = "frontal" },
    { .series = "L-SPINE", .protocol = "LATERAL", .projection = "lateral" },
    { .study = "L-SPINE LATERAL", .projection = NULL }, /* of all films of the study */
    { .series = "PALPATION, LATEX, APEX", .projection = NULL },
    /* PatientOrientation */
    { .orientation = "L\\F", .projection = "frontal" },
    { .orientation = "R\\F", .projection = "frontal" },
    { .orientation = "A\\F", .projection = "lateral" },
    { .orientation = "P\\FR", .projection = "lateral" },
    { .orientation = "P\\H", .projection = "lateral" },
    { .orientation = "AL\\F", .projection = NULL },
    { .orientation = "L\\P", .projection = NULL }, /* an axial picture */
    { .orientation = "L", .projection = NULL },
    { .orientation = "\\F", .projection = NULL },
    { .series = "LSPINE LAT", .orientation = "L\\F", .projection = "lateral" },
};

static char *text(const char *t) {
    return (char *)(uintptr_t)t; /* only read */
}

static void headers_name_a_projection(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        const header *h = &headers[i];
        const sx_film_subject s = { .texts = { [SX_SUBJECT_VIEW] = text(h->view),
                                               [SX_SUBJECT_SERIES] = text(h->series),
                                               [SX_SUBJECT_PROTOCOL] = text(h->protocol),
                                               [SX_SUBJECT_STUDY] = text(h->study) } };
        const char *name = sx_projection_name(sx_projection_of(&s, h->codes, h->orientation));
        if ((name == NULL) != (h->projection == NULL) || (name && strcmp(name, h->projection) != 0))
            fail_msg("header %zu: \"%s\" instead of \"%s\"", i, name ? name : "unknown",
                     h->projection ? h->projection : "unknown");
    }
}

static void names_are_read_back(void **state) {
    (void)state;
    for (int i = 0; i < SX_PROJECTIONS; i++)
        assert_int_equal(sx_projection_by_name(sx_projection_name((sx_projection)i)), i);
    assert_int_equal(sx_projection_by_name("axial"), SX_PROJECTION_UNKNOWN);
    assert_null(sx_projection_name(SX_PROJECTIONS));
}

static void frontal_films_come_first(void **state) {
    (void)state;
    const int unknown = sx_projection_rank(SX_PROJECTION_UNKNOWN);
    assert_true(sx_projection_rank(SX_PROJECTION_AP) < unknown);
    assert_int_equal(sx_projection_rank(SX_PROJECTION_AP), sx_projection_rank(SX_PROJECTION_PA));
    assert_int_equal(sx_projection_rank(SX_PROJECTION_AP),
                     sx_projection_rank(SX_PROJECTION_FRONTAL));
    assert_true(unknown < sx_projection_rank(SX_PROJECTION_LATERAL));
    assert_true(sx_projection_rank(SX_PROJECTION_LATERAL) <
                sx_projection_rank(SX_PROJECTION_OBLIQUE));
}

/* The View Code Sequence and PatientOrientation of a file. */
static void files_name_a_projection(void **state) {
    (void)state;
    for (int with_codes = 0; with_codes < 2; with_codes++) {
        test_dicom d, item;
        sx_error err = { 0 };
        dicom_begin(&d, "1.2.840.10008.1.2.1");
        dicom_text(&d, SX_TAG(0x0020, 0x0020), "CS", "A\\F");
        dicom_item(&item, &d);
        dicom_text(&item, SX_TAG(0x0008, 0x0100), "SH", "399348003");
        dicom_text(&item, SX_TAG(0x0008, 0x0104), "LO", "antero-posterior");
        if (with_codes) dicom_sequence(&d, SX_TAG(0x0054, 0x0220), &item);
        sx_film *film = sx_film_from_memory(d.bytes.data, d.bytes.len, "film",
                                            &(sx_film_options){ .header_only = true }, &err);
        if (!film) fail_msg("%s", err.message);
        assert_int_equal(film->info.projection,
                         with_codes ? SX_PROJECTION_AP : SX_PROJECTION_LATERAL);
        sx_film_free(film);
        dicom_end(&item);
        dicom_end(&d);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_name_a_projection),
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(frontal_films_come_first),
        cmocka_unit_test(files_name_a_projection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
