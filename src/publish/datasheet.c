/* A datasheet after Gebru et al., "Datasheets for datasets" (2021), and the README of a published
 * data set. */
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "data/set_stats.h"
#include "document/stats_tables.h"
#include "publish/markdown.h"
#include "publish/set_about.h"

#define MOTIVATION   "Motivation"
#define COLLECTION   "Collection process"
#define LABELLING    "Preprocessing, cleaning and labelling"
#define USES         "Uses"
#define DISTRIBUTION "Distribution"
#define MAINTENANCE  "Maintenance"

const sx_sheet_question sx_sheet_questions[] = {
    { "datasheet.purpose", MOTIVATION, "For what purpose was the data set created?" },
    { "datasheet.funding", MOTIVATION, "Who funded the creation of the data set?" },
    { "datasheet.acquisition", COLLECTION,
      "How were the films acquired, with which devices, and in which hospitals?" },
    { "datasheet.selection", COLLECTION, "How were the films selected from a larger set?" },
    { "datasheet.time_frame", COLLECTION, "Over what time frame were the films collected?" },
    { "datasheet.ethics", COLLECTION, "Was there an ethical review, and what was its outcome?" },
    { "datasheet.consent", COLLECTION,
      "Did the patients consent to the collection and use of their films?" },
    { "datasheet.labelling", LABELLING,
      "Who marked the findings, with what experience, and how were disagreements resolved?" },
    { "datasheet.raw_data", LABELLING, "Were the original films kept, and where?" },
    { "datasheet.used_for", USES, "Has the data set been used already?" },
    { "datasheet.impact", USES,
      "Is there anything about the composition or collection that might affect future uses?" },
    { "datasheet.not_for", USES, "Are there tasks for which the data set should not be used?" },
    { "datasheet.restrictions", DISTRIBUTION,
      "Do third parties restrict the data, or do export controls apply?" },
    { "datasheet.maintainer", MAINTENANCE, "Who maintains the data set?" },
    { "datasheet.updates", MAINTENANCE,
      "Will the data set be updated, and how is this announced?" },
    { "datasheet.withdrawal", MAINTENANCE,
      "How can a patient's films be withdrawn, and are older versions kept?" },
    { NULL, NULL, NULL },
};

const sx_about_key sx_set_about_keys[] = {
    { "title", SX_ABOUT_TEXT, true },
    { "description", SX_ABOUT_TEXT, true },
    { "creators", SX_ABOUT_LIST, true },
    { "licence", SX_ABOUT_LICENCE, true },
    { "version", SX_ABOUT_TEXT, true },
    { "publisher", SX_ABOUT_TEXT, false },
    { "licence_url", SX_ABOUT_URL, false },
    { "licence_file", SX_ABOUT_FILE, false },
    { "date", SX_ABOUT_DATE, false },
    { "url", SX_ABOUT_URL, false },
    { "citation", SX_ABOUT_TEXT, false },
    { "contact", SX_ABOUT_TEXT, false },
    { "keywords", SX_ABOUT_LIST, false },
    { "datasheet.purpose", SX_ABOUT_TEXT, false },
    { "datasheet.funding", SX_ABOUT_TEXT, false },
    { "datasheet.acquisition", SX_ABOUT_TEXT, false },
    { "datasheet.selection", SX_ABOUT_TEXT, false },
    { "datasheet.time_frame", SX_ABOUT_TEXT, false },
    { "datasheet.ethics", SX_ABOUT_TEXT, false },
    { "datasheet.consent", SX_ABOUT_TEXT, false },
    { "datasheet.labelling", SX_ABOUT_TEXT, false },
    { "datasheet.raw_data", SX_ABOUT_TEXT, false },
    { "datasheet.used_for", SX_ABOUT_TEXT, false },
    { "datasheet.impact", SX_ABOUT_TEXT, false },
    { "datasheet.not_for", SX_ABOUT_TEXT, false },
    { "datasheet.restrictions", SX_ABOUT_TEXT, false },
    { "datasheet.maintainer", SX_ABOUT_TEXT, false },
    { "datasheet.updates", SX_ABOUT_TEXT, false },
    { "datasheet.withdrawal", SX_ABOUT_TEXT, false },
    { NULL, SX_ABOUT_TEXT, false },
};

static void put_answer(sx_str *out, const char *question, const char *answer) {
    sx_str_printf(out, "**%s**\n\n%s\n\n", question, answer);
}

/* The questions of a section that the publisher answers. */
static void put_section(const sx_set_facts *f, const char *section, size_t *unanswered,
                        sx_str *out) {
    for (const sx_sheet_question *q = sx_sheet_questions; q->key; q++) {
        if (strcmp(q->section, section) != 0) continue;
        const char *answer = sx_about_text(f->about, q->key);
        *unanswered += answer == NULL;
        put_answer(out, q->question, answer ? answer : "The publisher does not say.");
    }
}

static size_t without_patient(const sx_manifest *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->film_count; i++)
        n += !m->films[i].patient[0];
    return n;
}

static bool put_composition(const sx_set_facts *f, sx_str *out, sx_error *err) {
    const sx_manifest *m = f->m;
    sx_set_stats stats;
    sx_str tables = { 0 }, text = { 0 };
    if (!sx_set_stats_of(m, &stats, err)) return false;
    sx_doc *d = sx_stats_tables(m, &stats, "");
    bool ok = d ? sx_doc_to_markdown(d, &tables, err)
                : sx_fail(err, SX_ERR_MEMORY, "out of memory for tables");
    sx_doc_free(d);
    sx_set_stats_free(&stats);
    sx_str_printf(&text, "%zu %s of the spine with %zu %s of %zu %s.", m->film_count,
                  sx_noun(m->film_count, "radiograph", "radiographs"), m->box_count,
                  sx_noun(m->box_count, "box", "boxes"), m->classes.count,
                  sx_noun(m->classes.count, "class", "classes"));
    if (without_patient(m))
        sx_str_printf(&text, " The patient of %zu of them is not stated.", without_patient(m));
    put_answer(out, "What do the instances represent, and how many are there?", sx_str_text(&text));
    put_answer(out, "Are there recommended splits?",
               "The lists in `splits/`. No patient and no film is in two of them; `spinexr data "
               "check` verifies this.");
    put_answer(
        out, "Does the data set identify individuals?",
        "All films passed `spinexr data deidentify` or an equal de-identification, which was "
        "verified when the data set was published (see below). Text in the pixels and "
        "implants with serial numbers may remain.");
    sx_str_add(out, sx_str_text(&tables));
    ok = ok && sx_str_ok(&tables, err) && sx_str_ok(&text, err);
    sx_str_free(&tables);
    sx_str_free(&text);
    return ok;
}

static void put_deidentification(const sx_set_facts *f, sx_str *out) {
    sx_str text = { 0 };
    sx_str_add(&text, "DICOM PS3.15 annex E, Basic Application Level Confidentiality Profile. ");
    sx_str_add(&text, f->kept->kept_dates ? "Dates are kept, shifted for each patient. "
                                          : "Dates are removed. ");
    sx_str_add(&text, f->kept->kept_device ? "The device is kept. " : "The device is removed. ");
    sx_str_add(&text, f->kept->kept_patient
                          ? "Sex, size, weight and age (at most 90) are kept."
                          : "Sex, size, weight and age are removed from the films.");
    put_answer(out, "How were the films de-identified?", sx_str_text(&text));
    out->failed = out->failed || text.failed;
    sx_str_free(&text);
}

static void put_licence(const sx_about *a, sx_str *out) {
    sx_str text = { 0 };
    const char *url = sx_about_text(a, "licence_url");
    sx_str_printf(&text, "%s", sx_about_text(a, "licence"));
    if (url) sx_str_printf(&text, " (%s)", url);
    if (sx_about_text(a, "licence_file")) sx_str_add(&text, "; its text is the file LICENSE");
    sx_str_add(&text, ".");
    put_answer(out, "Under which licence is the data set distributed?", sx_str_text(&text));
    out->failed = out->failed || text.failed;
    sx_str_free(&text);
}

bool sx_set_datasheet(const sx_set_facts *f, size_t *unanswered, sx_str *out, sx_error *err) {
    const sx_about *a = f->about;
    const char *contact = sx_about_text(a, "contact");
    *unanswered = 0;
    sx_str_printf(out, "# Datasheet: %s\n\n", sx_about_text(a, "title"));
    sx_str_add(out, "The questions are those of Gebru et al., Datasheets for datasets (2021).\n\n");
    sx_str_add(out, "## " MOTIVATION "\n\n");
    put_section(f, MOTIVATION, unanswered, out);
    sx_str_add(out, "**Who created the data set?**\n\n");
    sx_about_put_list(a, "creators", out);
    if (sx_about_text(a, "publisher")) sx_str_printf(out, " (%s)", sx_about_text(a, "publisher"));
    sx_str_add(out, "\n\n## Composition\n\n");
    if (!put_composition(f, out, err)) return false;
    sx_str_add(out, "## " COLLECTION "\n\n");
    put_section(f, COLLECTION, unanswered, out);
    sx_str_add(out, "## " LABELLING "\n\n");
    put_deidentification(f, out);
    put_section(f, LABELLING, unanswered, out);
    sx_str_add(out, "## " USES "\n\n");
    put_section(f, USES, unanswered, out);
    sx_str_add(out, "## " DISTRIBUTION "\n\n");
    put_licence(a, out);
    put_section(f, DISTRIBUTION, unanswered, out);
    sx_str_add(out, "## " MAINTENANCE "\n\n");
    put_section(f, MAINTENANCE, unanswered, out);
    *unanswered += contact == NULL;
    put_answer(out, "How can the maintainer be reached?",
               contact ? contact : "The publisher does not say.");
    return sx_str_ok(out, err);
}

/* ---- README.md ---- */

static void put_yaml(sx_str *out, const char *key, const char *text) {
    sx_str_printf(out, "%s: ", key);
    sx_yaml_put(out, text);
    sx_str_add(out, "\n");
}

/* The publisher's keywords follow the tags of every set; no tag is there twice. */
static void put_tags(const sx_about *a, sx_str *out) {
    static const char *const tags[] = { "medical", "radiology", "spine", "croissant" };
    const sx_yaml_value *words = sx_about_list(a, "keywords");
    sx_str_add(out, "tags:\n");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        sx_str_printf(out, "- %s\n", tags[i]);
    for (size_t i = 0; words && i < words->count; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof tags / sizeof *tags; k++)
            known = known || sx_equal_letters(words->items[i], tags[k]);
        for (size_t k = 0; k < i; k++)
            known = known || sx_equal_letters(words->items[i], words->items[k]);
        if (known) continue;
        sx_str_add(out, "- ");
        sx_yaml_put(out, words->items[i]);
        sx_str_add(out, "\n");
    }
}

static void put_layout(const sx_set_facts *f, sx_str *out) {
    static const char *const files[SX_LAYOUTS] = {
        [SX_LAYOUT_VINDR] = "`annotations/`: CSV in the columns of VinDr-SpineXR",
        [SX_LAYOUT_LABELS] = "`labels.csv`: a label for each film",
        [SX_LAYOUT_COCO] = "`annotations/`: COCO JSON",
        [SX_LAYOUT_VOC] = "`Annotations/`: Pascal VOC XML, one file for each film",
        [SX_LAYOUT_YOLO] = "`labels/`, `classes.txt`, `data.yaml`: YOLO",
    };
    sx_str_printf(out, "- %s\n", files[f->layout]);
    sx_str_printf(out, "- `%s/`: the films (%s)\n",
                  f->layout == SX_LAYOUT_VOC ? "JPEGImages" : "images", f->film_type);
    sx_str_add(out, "- `splits/`: the image ids of each part, and `split.csv`\n"
                    "- `index.html`: a sample of the films with their boxes\n"
                    "- `DATASHEET.md`: how the data set was made and what it is for\n"
                    "- `croissant.json`: the data set in the Croissant format\n"
                    "- `SHA256SUMS`: checksums; `sha256sum -c --quiet SHA256SUMS` verifies them\n");
}

bool sx_set_readme(const sx_set_facts *f, sx_str *out, sx_error *err) {
    const sx_about *a = f->about;
    const char *citation = sx_about_text(a, "citation"), *url = sx_about_text(a, "url"),
               *publisher = sx_about_text(a, "publisher"), *contact = sx_about_text(a, "contact");
    sx_str_add(out, "---\n");
    put_yaml(out, "pretty_name", sx_about_text(a, "title"));
    sx_put_hub_licence(out, a);
    sx_str_add(out, "task_categories:\n- image-classification\n");
    if (f->m->box_count) sx_str_add(out, "- object-detection\n");
    put_tags(a, out);
    sx_str_add(out, "---\n\n");
    sx_str_printf(out, "# %s\n\n%s\n\n", sx_about_text(a, "title"),
                  sx_about_text(a, "description"));
    sx_str_printf(
        out, "Version %s. %zu %s, %zu %s. Licence: %s. Creators: ", sx_about_text(a, "version"),
        f->m->film_count, sx_noun(f->m->film_count, "film", "films"), f->m->box_count,
        sx_noun(f->m->box_count, "box", "boxes"), sx_about_text(a, "licence"));
    sx_about_put_list(a, "creators", out);
    sx_str_add(out, ".\n\n");
    if (publisher) sx_str_printf(out, "Publisher: %s\n\n", publisher);
    if (url) sx_str_printf(out, "%s\n\n", url);
    if (citation) sx_str_printf(out, "## Citation\n\n%s\n\n", citation);
    if (contact) sx_str_printf(out, "## Contact\n\n%s\n\n", contact);
    sx_str_add(out, "## Files\n\n");
    put_layout(f, out);
    sx_str_add(out, "\n## Use\n\n"
                    "    spinexr data check .\n"
                    "    spinexr data stats .\n"
                    "    spinexr train detector --data . --out run\n");
    return sx_str_ok(out, err);
}
