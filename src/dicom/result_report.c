/* The structured report of a study: TID 1500, with a TID 1501 group for each film and a TID 1410
 * group for each box.
 *
 * Two parts go beyond the templates, for viewers. Each number refers to coordinates (INFERRED FROM
 * SCOORD), since OHIF takes the place of a group from its first number and fails if there is none:
 * for a box the box, for a film its frame. And each group has a comment, OHIF's label. */
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "dicom/finding_codes.h"
#include "dicom/results_impl.h"
#include "dicom/sr_content.h"

#define DCM(value, meaning)  (&(const sx_code){ value, "DCM", meaning })
#define SCT(value, meaning)  (&(const sx_code){ value, "SCT", meaning })
#define UCUM(value, meaning) (&(const sx_code){ value, "UCUM", meaning })

static const char contains[] = "CONTAINS", modifier[] = "HAS CONCEPT MOD",
                  context[] = "HAS OBS CONTEXT", acquisition[] = "HAS ACQ CONTEXT",
                  inferred[] = "INFERRED FROM";

/* One film of the report, and the report. */
typedef struct part {
    const sx_result_study *study;
    const sx_result_film *film;
    size_t number; /* of the film, from 1 */
    sx_sop_ref image;
} part;

/* TID 1204, 1001, 1002, 1004 */
static void put_observer(sx_object_item *root, const sx_result_study *s) {
    sx_sr_code(root, modifier, DCM("121049", "Language of Content Item and Descendants"),
               &(const sx_code){ "en-US", "RFC5646", "English (United States)" });
    sx_sr_code(root, context, DCM("121005", "Observer Type"), DCM("121007", "Device"));
    sx_sr_uid(root, context, DCM("121012", "Device Observer UID"), s->device_uid);
    sx_sr_text(root, context, DCM("121013", "Device Observer Name"), "spinexr");
    sx_sr_text(root, context, DCM("121014", "Device Observer Manufacturer"), "spinexr");
    sx_sr_text(root, context, DCM("121015", "Device Observer Model Name"), "spinexr");
    sx_sr_text(root, context, DCM("121016", "Device Observer Serial Number"), s->serial);
    sx_sr_code(root, modifier, DCM("121058", "Procedure reported"),
               SCT("363679005", "Imaging procedure"));
}

static void put_int(sx_object_item *image, const sx_code *name, int value) {
    char text[16];
    if (value < 1) return; /* not known */
    sx_format(text, sizeof text, "%d", value);
    sx_sr_num(image, acquisition, name, text, UCUM("{pixels}", "Pixels"));
}

static void put_spacing(sx_object_item *image, const sx_code *name, double mm) {
    if (!(mm > 0.0)) return;
    char text[17];
    sx_format(text, sizeof text, "%.6g", mm);
    sx_sr_num(image, acquisition, name, text, UCUM("mm", "millimeter"));
}

/* TID 1600, 1601, 1602 */
static void put_library(sx_object_item *root, const sx_result_study *s) {
    sx_object_item *library =
        sx_sr_container(root, contains, DCM("111028", "Image Library"), "1600");
    sx_object_item *group =
        sx_sr_container(library, contains, DCM("126200", "Image Library Group"), NULL);
    for (size_t i = 0; i < s->film_count; i++) {
        const sx_film_info *info = s->films[i].info;
        const sx_sop_ref ref = sx_result_image(&s->films[i]);
        const bool cr = strcmp(info->modality, "CR") == 0;
        sx_object_item *image = sx_sr_image(group, contains, NULL, &ref);
        sx_sr_code(image, acquisition, DCM("121139", "Modality"),
                   cr ? DCM("CR", "Computed Radiography") : DCM("DX", "Digital Radiography"));
        put_spacing(image, DCM("111026", "Horizontal Pixel Spacing"), info->spacing[1]);
        put_spacing(image, DCM("111066", "Vertical Pixel Spacing"), info->spacing[0]);
        put_int(image, DCM("110910", "Pixel Data Rows"), info->rows);
        put_int(image, DCM("110911", "Pixel Data Columns"), info->columns);
    }
}

/* TID 4019 */
static void put_algorithm(sx_object_item *number, const sx_result_study *s) {
    char version[65];
    sx_format(version, sizeof version, "%s, weights %.16s", s->version, s->weights);
    sx_sr_text(number, modifier, DCM("111001", "Algorithm Name"), "spinexr");
    sx_sr_text(number, modifier, DCM("111003", "Algorithm Version"), version);
    char hash[96];
    sx_format(hash, sizeof hash, "SHA-256 of the weights: %s", s->weights);
    sx_sr_text(number, modifier, DCM("111002", "Algorithm Parameters"), hash);
}

/* Both tracking items of a group. `what` names it, the same for the same finding. */
static bool put_tracking(sx_object_item *group, const char *identifier, const char *what,
                         sx_error *err) {
    char uid[SX_RESULT_UID];
    if (!sx_result_uid_of(what, uid, err)) return false;
    sx_sr_text(group, context, DCM("112039", "Tracking Identifier"), identifier);
    sx_sr_uid(group, context, DCM("112040", "Tracking Unique Identifier"), uid);
    return true;
}

static const sx_code *verdict(const part *p) {
    static const sx_code abnormal = { "408574004", "SCT", "Imaging result abnormal" },
                         normal = { "408573005", "SCT", "Imaging result normal" },
                         with = { "111242", "DCM", "All algorithms succeeded; with findings" },
                         without = { "111241", "DCM",
                                     "All algorithms succeeded; without findings" };
    if (p->film->abnormal) return &abnormal;
    if (p->film->box_count) return &with;
    return p->study->says_normal && !p->study->demonstration ? &normal : &without;
}

static void describe_film(const part *p, char *out, size_t size) {
    const sx_result_film *f = p->film;
    const char *what = f->box_count  ? "findings above threshold: "
                       : f->abnormal ? "abnormal by the classifiers; no finding above threshold"
                                     : "no finding above threshold; not a normal report";
    char count[24] = "";
    if (f->box_count) sx_format(count, sizeof count, "%zu", f->box_count);
    sx_format(out, size, "Film %zu: %s%s%s", p->number, what, count,
              p->study->demonstration ? ". NOT FOR CLINICAL USE" : "");
}

/* The frame of the film, to which its probability refers. */
static void put_frame(sx_object_item *number, const part *p) {
    const float w = (float)p->film->info->columns, h = (float)p->film->info->rows;
    const float frame[] = { 0.0f, 0.0f, w, 0.0f, w, h, 0.0f, h, 0.0f, 0.0f };
    sx_sr_polyline(number, inferred, NULL, frame, sizeof frame / sizeof *frame, &p->image);
}

/* TID 1501 */
static bool put_film(sx_object_item *parent, const part *p, sx_error *err) {
    char identifier[32], track[SX_UID_ROOM + 16], text[128];
    sx_format(identifier, sizeof identifier, "spinexr film %zu", p->number);
    sx_format(track, sizeof track, "film|%s", p->film->info->sop_uid);
    describe_film(p, text, sizeof text);
    sx_object_item *group =
        sx_sr_container(parent, contains, DCM("125007", "Measurement Group"), "1501");
    if (!put_tracking(group, identifier, track, err)) return false;
    sx_sr_code(group, contains, DCM("121071", "Finding"), verdict(p));
    const bool classified = !isnan(p->film->probability);
    char value[17];
    sx_format(value, sizeof value, "%.6g",
              classified ? p->film->probability : (double)p->film->box_count);
    sx_object_item *number =
        classified
            ? sx_sr_num(group, contains, DCM("122157", "Probability"), value, UCUM("1", "no units"))
            : sx_sr_num(group, contains,
                        &(const sx_code){ "FINDINGS", SX_FINDING_SCHEME, "Findings" }, value,
                        UCUM("1", "no units"));
    put_frame(number, p);
    put_algorithm(number, p->study);
    sx_sr_image(group, contains, SCT("260753009", "Source"), &p->image);
    sx_sr_text(group, contains, DCM("121106", "Comment"), text);
    return true;
}

static void put_certainty(sx_object_item *group, const part *p, const sx_result_box *b,
                          const float *outline) {
    char percent[17];
    sx_format(percent, sizeof percent, "%.4g", 100.0 * b->score);
    sx_object_item *number = sx_sr_num(group, contains, DCM("111012", "Certainty of Finding"),
                                       percent, UCUM("%", "Percent"));
    sx_sr_polyline(number, inferred, NULL, outline, 2 * SX_BOX_POINTS, &p->image);
    put_algorithm(number, p->study);
}

/* TID 1410 */
static bool put_box(sx_object_item *parent, const part *p, size_t i, sx_error *err) {
    const sx_result_box *b = &p->film->boxes[i];
    char identifier[48], text[128], track[SX_UID_ROOM + 128];
    float outline[2 * SX_BOX_POINTS];
    sx_result_outline(b, outline);
    sx_result_label(b, text, sizeof text);
    sx_format(identifier, sizeof identifier, "spinexr film %zu box %zu", p->number, i + 1);
    sx_format(track, sizeof track, "box|%s|%s|%zu|%.3f|%.3f|%.3f|%.3f", p->film->info->sop_uid,
              b->code.value, i, (double)b->x0, (double)b->y0, (double)b->x1, (double)b->y1);
    sx_object_item *group =
        sx_sr_container(parent, contains, DCM("125007", "Measurement Group"), "1410");
    if (!put_tracking(group, identifier, track, err)) return false;
    sx_sr_code(group, contains, DCM("121071", "Finding"), &b->code);
    sx_sr_code(group, contains, DCM("130400", "Geometric purpose of region"),
               SCT("75958009", "Bounded by"));
    sx_sr_polyline(group, contains, DCM("111030", "Image Region"), outline, 2 * SX_BOX_POINTS,
                   &p->image);
    sx_sr_code(group, modifier, SCT("363698007", "Finding Site"), SCT("421060004", "Spine"));
    put_certainty(group, p, b, outline);
    sx_sr_text(group, contains, DCM("121106", "Comment"), text);
    return true;
}

static bool any_scored(const sx_result_study *s) {
    for (size_t i = 0; i < s->film_count; i++)
        if (s->films[i].outcome == SX_OUTCOME_SCORED) return true;
    return false;
}

/* A group for a film without a result: OHIF cannot open a report that has no group with a number
 * and coordinates. */
static bool put_film_without_result(sx_object_item *parent, const part *p, sx_error *err) {
    char identifier[32], track[SX_UID_ROOM + 16];
    sx_format(identifier, sizeof identifier, "spinexr film %zu", p->number);
    sx_format(track, sizeof track, "film|%s", p->film->info->sop_uid);
    sx_object_item *group =
        sx_sr_container(parent, contains, DCM("125007", "Measurement Group"), "1501");
    if (!put_tracking(group, identifier, track, err)) return false;
    sx_sr_code(group, contains, DCM("121071", "Finding"),
               DCM("111245", "No algorithms succeeded; without findings"));
    sx_object_item *number =
        sx_sr_num(group, contains,
                  &(const sx_code){ "NORESULT", SX_FINDING_SCHEME, "Films without a result" }, "1",
                  UCUM("1", "no units"));
    put_frame(number, p);
    sx_sr_image(group, contains, SCT("260753009", "Source"), &p->image);
    return true;
}

static bool put_measurements(sx_object_item *root, const sx_result_study *s, sx_error *err) {
    const bool scored = any_scored(s);
    sx_object_item *all =
        sx_sr_container(root, contains, DCM("126010", "Imaging Measurements"), NULL);
    for (size_t i = 0; i < s->film_count; i++) {
        const part p = { s, &s->films[i], i + 1, sx_result_image(&s->films[i]) };
        if (!scored && !put_film_without_result(all, &p, err)) return false;
        if (p.film->outcome != SX_OUTCOME_SCORED) continue;
        if (!put_film(all, &p, err)) return false;
        for (size_t k = 0; k < p.film->box_count; k++)
            if (!put_box(all, &p, k, err)) return false;
    }
    return true;
}

/* Films without a verdict: a code that cannot be read as normal, and the reason. */
static void put_not_scored(sx_object_item *root, const sx_result_study *s) {
    sx_object_item *list = NULL;
    for (size_t i = 0; i < s->film_count; i++) {
        if (s->films[i].outcome == SX_OUTCOME_SCORED) continue;
        if (!list)
            list = sx_sr_container(
                root, contains, &(const sx_code){ "C0034375", "UMLS", "Qualitative Evaluations" },
                NULL);
        sx_str text = { 0 };
        sx_str_printf(&text, "Film %zu has no result: %s", i + 1, s->films[i].reason);
        sx_sr_code(list, contains, DCM("121071", "Finding"),
                   DCM("111245", "No algorithms succeeded; without findings"));
        sx_sr_text(list, contains, DCM("121106", "Comment"), sx_str_text(&text));
        sx_str_free(&text);
    }
}

static void put_evidence(sx_object_item *root, const sx_result_study *s) {
    sx_object_item *study = sx_object_add(root, SX_TAG(0x0040, 0xA375));
    sx_object_text(study, SX_STUDY_UID, s->films[0].info->study_uid);
    for (size_t i = 0; i < s->film_count; i++) {
        bool listed = false; /* with an earlier film of its series */
        for (size_t k = 0; k < i; k++)
            listed |= strcmp(s->films[k].info->series_uid, s->films[i].info->series_uid) == 0;
        if (listed) continue;
        sx_object_item *series = sx_object_add(study, SX_REFERENCED_SERIES);
        sx_object_text(series, SX_SERIES_UID, s->films[i].info->series_uid);
        for (size_t k = i; k < s->film_count; k++) {
            if (strcmp(s->films[k].info->series_uid, s->films[i].info->series_uid) != 0) continue;
            const sx_sop_ref ref = sx_result_image(&s->films[k]);
            sx_object_ref(series, SX_TAG(0x0008, 0x1199), &ref);
        }
    }
}

static bool put_predecessor(sx_object_item *root, const sx_result_study *s, sx_result_kind kind,
                            sx_error *err) {
    char series_uid[SX_RESULT_UID];
    if (!s->predecessor) return true;
    if (!sx_results_uid(s, kind, 0, true, series_uid, err)) return false;
    sx_object_item *study = sx_object_add(root, SX_TAG(0x0040, 0xA360));
    sx_object_text(study, SX_STUDY_UID, s->films[0].info->study_uid);
    sx_object_item *series = sx_object_add(study, SX_REFERENCED_SERIES);
    sx_object_text(series, SX_SERIES_UID, series_uid);
    sx_object_ref(series, SX_TAG(0x0008, 0x1199),
                  &(const sx_sop_ref){ sx_result_sop_class(kind), s->predecessor });
    return true;
}

/* SR Document General module (PS3.3 C.17.2) */
static bool put_general(sx_object_item *root, const sx_result_study *s, sx_result_kind kind,
                        sx_error *err) {
    char scheme[SX_RESULT_UID];
    if (!sx_result_uid_of("coding scheme 99SPINEXR", scheme, err)) return false;
    sx_object_item *item = sx_object_add(root, SX_TAG(0x0008, 0x0110));
    sx_object_text(item, SX_TAG(0x0008, 0x0102), SX_FINDING_SCHEME);
    sx_object_text(item, SX_TAG(0x0008, 0x010C), scheme);
    sx_object_text(item, SX_TAG(0x0008, 0x0115), "spinexr findings");
    sx_object_empty_sequence(root, SX_TAG(0x0008, 0x1111));
    sx_object_empty_sequence(root, SX_TAG(0x0040, 0xA372));
    sx_object_text(root, SX_TAG(0x0040, 0xA491), "COMPLETE");
    sx_object_text(root, SX_TAG(0x0040, 0xA493), "UNVERIFIED");
    sx_object_text(root, SX_TAG(0x0040, 0xA496), "FINAL");
    put_evidence(root, s);
    return put_predecessor(root, s, kind, err);
}

static bool put_report(sx_object *o, const sx_result_study *s, sx_result_kind kind, sx_error *err) {
    sx_object_item *root = sx_object_root(o);
    sx_sr_title(root, DCM("126000", "Imaging Measurement Report"), "1500");
    if (!put_general(root, s, kind, err)) return false;
    put_observer(root, s);
    put_library(root, s);
    if (!put_measurements(root, s, err)) return false;
    put_not_scored(root, s);
    return true;
}

bool sx_result_report(const sx_result_study *s, sx_result_kind kind, uint8_t **bytes, size_t *n,
                      sx_error *err) {
    if (s->film_count == 0) return sx_fail(err, SX_ERR_MISSING, "a report needs a film");
    sx_object *o = sx_result_begin(s, kind, 0, err);
    if (!o) return false;
    if (put_report(o, s, kind, err)) return sx_result_finish(o, bytes, n, err);
    sx_object_free(o);
    return false;
}
