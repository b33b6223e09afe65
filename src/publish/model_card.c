/* The card of a published model (Mitchell 2019), with the fields that the Hugging Face Hub reads.
 */
#include <math.h>

#include "base/notice.h"
#include "publish/markdown.h"
#include "publish/model_about.h"
#include "spinexr/version.h"

const sx_about_key sx_model_about_keys[] = {
    { "title", SX_ABOUT_TEXT, true },
    { "description", SX_ABOUT_TEXT, true },
    { "creators", SX_ABOUT_LIST, true },
    { "licence", SX_ABOUT_LICENCE, true },
    { "version", SX_ABOUT_TEXT, true },
    { "intended_use", SX_ABOUT_TEXT, true },
    { "limits", SX_ABOUT_TEXT, true },
    { "training_data", SX_ABOUT_TEXT, true },
    { "training_command", SX_ABOUT_TEXT, true },
    { "configuration", SX_ABOUT_FILE, false },
    { "evaluation_data", SX_ABOUT_TEXT, false },
    { "licence_url", SX_ABOUT_URL, false },
    { "licence_file", SX_ABOUT_FILE, false },
    { "publisher", SX_ABOUT_TEXT, false },
    { "date", SX_ABOUT_DATE, false },
    { "url", SX_ABOUT_URL, false },
    { "citation", SX_ABOUT_TEXT, false },
    { "contact", SX_ABOUT_TEXT, false },
    { NULL, SX_ABOUT_TEXT, false },
};

/* ---- front matter ---- */

static void put_metric(sx_str *out, const char *type, const char *name, double value) {
    if (isnan(value)) return;
    sx_str_printf(out, "    - type: %s\n      name: %s\n      value: %.4g\n", type, name, value);
}

/* Without scores there is none: an entry of the Hub's index needs a value. */
static void put_index(const sx_model_facts *f, const char *task, sx_str *out) {
    const double auroc = f->scores->auroc.value, ap50 = f->scores->ap50.value;
    if (isnan(auroc) && isnan(ap50)) return;
    sx_str_add(out, "model-index:\n- name: ");
    sx_yaml_put(out, sx_about_text(f->about, "title"));
    sx_str_printf(out,
                  "\n  results:\n  - task:\n      type: %s\n    dataset:\n      type: custom\n"
                  "      name: ",
                  task);
    sx_yaml_put(out, f->data);
    sx_str_add(out, "\n    metrics:\n");
    put_metric(out, "roc_auc", "AUROC, abnormal films", auroc);
    put_metric(out, "mean_average_precision", "mAP at IoU 0.5", ap50);
}

static void put_front(const sx_model_facts *f, sx_str *out) {
    const char *task =
        sx_bundle_info_has_detector(f->info) ? "object-detection" : "image-classification";
    sx_str_add(out, "---\n");
    sx_put_hub_licence(out, f->about);
    sx_str_add(out, "library_name: spinexr\n");
    sx_str_printf(out, "pipeline_tag: %s\n", task);
    sx_str_add(out, "tags:\n- medical\n- radiology\n- spine\n- onnx\n");
    put_index(f, task, out);
    sx_str_add(out, "---\n\n");
}

/* ---- the parts ---- */

static void put_networks(const sx_model_facts *f, sx_str *out) {
    sx_str_add(out,
               "## Networks\n\n| file | network | input | SHA-256 |\n| --- | --- | --- | --- |\n");
    for (int i = 0; i < f->info->network_count; i++) {
        const sx_network_info *n = &f->info->networks[i];
        sx_str_printf(out, "| `%s` | %s, %s | %d x %d%s | `%s` |\n", f->files[i].name,
                      n->task == SX_DETECTOR ? "detector" : "classifier", n->arch, n->input_width,
                      n->input_height, n->letterbox ? ", aspect ratio kept" : "", n->sha256);
    }
    sx_str_printf(out,
                  "\nMade with spinexr %s. Rule: a film is abnormal from P(abnormal) %.4g (%s).",
                  sx_version(), f->info->rule.threshold, f->info->threshold_source);
    if (f->info->note[0]) {
        sx_str_add(out, " **");
        sx_put_markdown(out, f->info->note);
        sx_str_add(out, "**");
    }
    sx_str_add(out, "\n\n");
    for (int i = 0; i < f->info->label_count; i++) {
        sx_str_add(out, i ? ", " : "Findings: ");
        sx_put_markdown(out, f->info->labels[i]);
    }
    if (f->info->label_count) sx_str_add(out, ".\n\n");
    for (int i = 0; i < f->info->network_count; i++)
        if (f->info->networks[i].config[0])
            sx_str_printf(out, "Configuration of `%s`: `%s`\n\n", f->files[i].name,
                          f->info->networks[i].config);
}

static void put_onnx(const sx_model_facts *f, sx_str *out) {
    sx_str_add(out, "## ONNX\n\nThe folder `onnx` has the networks for other runtimes (opset 17). "
                    "Inputs and outputs:\n\n");
    for (int i = 0; i < f->info->network_count; i++) {
        sx_str_printf(out, "`onnx/%s`\n\n", f->files[i].onnx);
        sx_put_code(out, sx_str_text(&f->files[i].values));
    }
    sx_str_add(out, "`image` is the film in 8 bits, resized and normalised as the metadata of the "
                    "safetensors file say (`spinexr model show`). A classifier gives a logit; "
                    "the section ONNX of spinexr's docs/detectors.md explains the outputs of "
                    "detectors.\n\n");
}

static void put_scores(const sx_model_facts *f, sx_str *out) {
    const sx_model_scores *s = f->scores;
    const char *about = sx_about_text(f->about, "evaluation_data");
    sx_str_add(out, "## Scores\n\n");
    if (about) sx_str_printf(out, "%s\n\n", about);
    sx_str_printf(out, "Data: ");
    sx_put_markdown(out, f->data);
    sx_str_printf(out, ", %zu %s, %zu abnormal, %zu %s; SHA-256 of the annotations `%s`.", s->films,
                  sx_noun(s->films, "film", "films"), s->abnormal, s->boxes,
                  sx_noun(s->boxes, "box", "boxes"), s->truth_hash);
    if (s->without_verdict)
        sx_str_printf(out, " %zu %s no verdict.", s->without_verdict,
                      sx_noun(s->without_verdict, "film got", "films got"));
    sx_str_add(out,
               " Intervals are bootstrap intervals of 95 %. `evaluation.csv` has all digits.\n\n");
    sx_put_demoted(out, sx_str_text(&s->markdown));
}

static void put_use(const sx_model_facts *f, sx_str *out) {
    sx_str_add(out, "## Use\n\n    spinexr predict FILMS --weights . --out findings\n\n"
                    "`spinexr model verify .` checks every file against `SHA256SUMS`, predicts the "
                    "drawn films in `test/films` and compares the result with "
                    "`test/expected.json`.");
    if (f->is_signed)
        sx_str_add(out, " `SHA256SUMS.sig` is an Ed25519 signature: `spinexr model verify . --key "
                        "KEY.pem` checks it with the publisher's public key.");
    sx_str_add(out, "\n\n");
}

static void put_section(const sx_model_facts *f, const char *title, const char *key, sx_str *out) {
    const char *text = sx_about_text(f->about, key);
    if (text) sx_str_printf(out, "## %s\n\n%s\n\n", title, text);
}

bool sx_model_card(const sx_model_facts *f, sx_str *out, sx_error *err) {
    const sx_about *a = f->about;
    put_front(f, out);
    sx_str_printf(out, "# %s\n\n%s\n\n**%s**\n\n", sx_about_text(a, "title"),
                  sx_about_text(a, "description"), SX_NOTICE);
    sx_str_printf(out, "Version %s. Licence: %s. Creators: ", sx_about_text(a, "version"),
                  sx_about_text(a, "licence"));
    sx_about_put_list(a, "creators", out);
    sx_str_add(out, ".\n\n");
    if (sx_about_text(a, "publisher"))
        sx_str_printf(out, "Publisher: %s\n\n", sx_about_text(a, "publisher"));
    put_section(f, "Intended use", "intended_use", out);
    put_section(f, "Limits", "limits", out);
    put_networks(f, out);
    put_section(f, "Training data", "training_data", out);
    sx_str_add(out, "## Training\n\n");
    sx_put_code(out, sx_about_text(a, "training_command"));
    if (sx_about_text(a, "configuration"))
        sx_str_add(out, "The configuration is `training/configuration.yaml`.\n\n");
    put_scores(f, out);
    put_onnx(f, out);
    put_use(f, out);
    put_section(f, "Citation", "citation", out);
    put_section(f, "Contact", "contact", out);
    return sx_str_ok(out, err);
}
