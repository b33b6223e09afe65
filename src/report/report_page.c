/* report.html: the films of a run by study, with their pictures and findings. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/notice.h"
#include "document/document.h"
#include "document/short_names.h"
#include "report/film_labels.h"
#include "report/report.h"
#include "spinexr/version.h"

enum { MOST_ROWS = 20 }; /* findings of a film in a table */

typedef struct page {
    const sx_report *r;
    sx_doc *doc;
    size_t *order;      /* [count]: the predicted films, those of a study together, frontal first */
    uint32_t *study_of; /* [film_count]: numbered from 0 by first films */
    size_t count, study_count;
    size_t unnamed;     /* films without a study UID */
    const char **names; /* [film_count]: of each film on the page; they belong to the report */
    sx_short_names short_films, short_studies; /* [film_count], for tables */
    bool failed;                               /* memory ran out */
} page;

/* ---- studies ---- */

/* Each film without a study UID is a study of its own. */
static bool number_studies(page *g, sx_error *err) {
    sx_names ids = { 0 };
    bool ok = true, fresh = true;
    for (size_t i = 0; ok && i < g->r->film_count; i++) {
        const sx_prediction *f = g->r->films[i].prediction;
        if (!f) continue;
        g->study_of[i] = (uint32_t)g->study_count;
        if (f->study_id[0]) {
            ok = sx_names_put(&ids, f->study_id, (uint32_t)g->study_count, &fresh, err);
            if (ok && !fresh) g->study_of[i] = (uint32_t)sx_names_find(&ids, f->study_id);
        } else {
            fresh = true;
            g->unnamed++;
        }
        g->study_count += fresh;
        g->count++;
    }
    sx_names_free(&ids);
    return ok;
}

/* Films are put in order by study, and those of a study by their projection, frontal first. */
static size_t place_of(const page *g, size_t i) {
    const int rank = sx_projection_rank(g->r->films[i].prediction->projection);
    return (size_t)g->study_of[i] * SX_PROJECTION_PLACES + (size_t)rank;
}

static bool order_films(page *g, sx_error *err) {
    const sx_report *r = g->r;
    const size_t room = r->film_count * SX_PROJECTION_PLACES + 2;
    g->order = sx_calloc_for(r->film_count + 1, sizeof *g->order, "the page", err);
    g->study_of = sx_calloc_for(r->film_count + 1, sizeof *g->study_of, "the page", err);
    size_t *next = sx_calloc_for(room, sizeof *next, "the page", err);
    const bool ok = g->order && g->study_of && next && number_studies(g, err);
    for (size_t i = 0; ok && i < r->film_count; i++)
        if (r->films[i].prediction) next[place_of(g, i) + 1]++;
    for (size_t k = 0; ok && k < g->study_count * SX_PROJECTION_PLACES; k++)
        next[k + 1] += next[k];
    for (size_t i = 0; ok && i < r->film_count; i++)
        if (r->films[i].prediction) g->order[next[place_of(g, i)]++] = i;
    free(next);
    return ok;
}

static bool begins_study(const page *g, size_t k) {
    return k == 0 || g->study_of[g->order[k]] != g->study_of[g->order[k - 1]];
}

/* ---- names of films ---- */

/* A relative path as it is; of an absolute one the part that tells it from the others. */
static bool name_by_paths(page *g, sx_error *err) {
    const size_t n = g->r->film_count;
    const char **paths = sx_calloc_for(n + 1, sizeof *paths, "the page", err);
    for (size_t i = 0; paths && i < n; i++)
        paths[i] = g->r->films[i].path;
    const bool ok = paths && sx_film_labels(paths, n, g->names, err);
    for (size_t i = 0; ok && i < n; i++)
        if (paths[i][0] != '/') g->names[i] = paths[i];
    free(paths);
    return ok;
}

/* A predicted film has its image_id, which no other film of the run has. */
static bool name_films(page *g, sx_error *err) {
    const sx_report *r = g->r;
    g->names = sx_calloc_for(r->film_count + 1, sizeof *g->names, "the page", err);
    if (!g->names || !name_by_paths(g, err)) return false;
    for (size_t i = 0; i < r->film_count; i++)
        if (r->films[i].prediction) g->names[i] = r->films[i].prediction->image_id;
    return true;
}

static bool shorten_names(page *g, sx_error *err) {
    const size_t n = g->r->film_count;
    const char **studies = sx_calloc_for(n + 1, sizeof *studies, "the page", err);
    for (size_t i = 0; studies && i < n; i++)
        studies[i] = g->r->films[i].prediction ? g->r->films[i].prediction->study_id : "";
    const bool ok = studies && sx_short_names_make(&g->short_studies, studies, n, err) &&
                    sx_short_names_make(&g->short_films, g->names, n, err);
    free(studies);
    return ok;
}

static void put_film_name(const page *g, sx_table *t, size_t i) {
    sx_table_text(t, "%s", g->short_films.items[i]);
    sx_table_title(t, g->names[i]);
    sx_table_link(t, "film-%zu", i + 1);
}

static void put_study_name(const page *g, sx_table *t, size_t i) {
    const char *name = g->r->films[i].prediction->study_id;
    sx_table_text(t, "%s", name[0] ? g->short_studies.items[i] : "-");
    if (name[0]) sx_table_title(t, name);
    sx_table_link(t, "study-%zu", (size_t)g->study_of[i] + 1);
}

/* ---- words ---- */

/* Behind findings on a film that is called normal. */
#define DESPITE " (in spite of the verdict)"

static bool has_despite_verdict(const sx_prediction *f) {
    for (int i = 0; i < f->finding_count; i++)
        if (f->findings[i].despite_verdict) return true;
    return false;
}

/* "2 Osteophytes, 1 Other lesions", in the order of their best scores. */
static void count_findings(const sx_prediction *f, sx_str *out) {
    if (f->finding_count == 0) sx_str_add(out, f->unfamiliar ? "not judged" : "none");
    for (int i = 0, classes = 0; i < f->finding_count; i++) {
        int same = 0, earlier = 0;
        for (int k = 0; k < f->finding_count; k++) {
            same += f->findings[k].label == f->findings[i].label;
            earlier += k < i && f->findings[k].label == f->findings[i].label;
        }
        if (earlier == 0)
            sx_str_printf(out, "%s%d %s", classes++ ? ", " : "", same, f->findings[i].name);
    }
    if (has_despite_verdict(f)) sx_str_add(out, DESPITE);
}

/* "P by class: Osteophytes 0.97, Other lesions 0.02" */
static void describe_classes(const sx_prediction *f, sx_str *out) {
    for (int i = 0; f->info && f->class_probability && i < f->info->class_count; i++)
        sx_str_printf(out, "%s%s %.2f", i ? ", " : "; P by class: ", f->info->classes[i],
                      f->class_probability[i]);
}

/* "abnormal, P(abnormal) 0.97; findings: 2 Osteophytes" */
static void describe(const page *g, const sx_prediction *f, sx_str *out) {
    if (f->has_probability)
        sx_str_printf(out, "%s, P(abnormal) %.3f", sx_verdict_text(f), f->probability);
    describe_classes(f, out);
    if (!sx_bundle_info_has_detector(g->r->info)) return;
    sx_str_add(out, f->has_probability ? "; findings: " : "findings: ");
    count_findings(f, out);
}

/* ---- head ---- */

static void put_networks(page *g) {
    const sx_bundle_info *info = g->r->info;
    sx_str text = { 0 };
    for (int i = 0; i < info->network_count; i++)
        sx_str_printf(&text, "%s%s (%s%s, sha256 %.12s)", i ? ", " : "", info->networks[i].arch,
                      sx_path_base(info->networks[i].path),
                      info->networks[i].config[0] ? ", modified" : "", info->networks[i].sha256);
    g->failed = g->failed || text.failed;
    sx_doc_fact(g->doc, "networks", "%s", sx_str_text(&text));
    sx_str_free(&text);
}

static void put_rule(page *g) {
    const sx_rule *rule = &g->r->info->rule;
    static const char *const points[] = { "", "sensitive", "specific" };
    if (g->r->info->classifier_count)
        sx_doc_fact(g->doc, "abnormal", "from P(abnormal) %.4g on", rule->threshold);
    if (rule->fuse)
        sx_doc_fact(g->doc, "P(abnormal)", "mean of the classifiers and the best box (--fuse)");
    if (!sx_bundle_info_has_detector(g->r->info)) return;
    if (g->r->info->tiles > 1)
        sx_doc_fact(g->doc, "tiles", "the whole film and %d x %d parts (--tiles)",
                    g->r->info->tiles, g->r->info->tiles);
    if (rule->kind == SX_RULE_POINTS)
        sx_doc_fact(g->doc, "findings", "from the %s operating point on%s", points[rule->least],
                    rule->gates ? ", if the classifiers' P of the class reaches its gate" : "");
    else
        sx_doc_fact(g->doc, "findings", "%s",
                    rule->kind == SX_RULE_ALL ? "every box"
                    : rule->points            ? "by the paper's rule"
                                              : "by the paper's rule (no operating point)");
}

/* Without any study UID there is nothing to say, though the page lists each film by itself. */
static void put_study_count(const page *g) {
    const size_t named = g->study_count - g->unnamed;
    if (named && g->unnamed)
        sx_doc_fact(g->doc, "studies", "%zu, and %zu %s without a study", named, g->unnamed,
                    sx_noun(g->unnamed, "film", "films"));
    else if (named)
        sx_doc_fact(g->doc, "studies", "%zu", named);
}

static void put_head(page *g) {
    const sx_report *r = g->r;
    const size_t refused = sx_report_refused(r), failed = sx_report_failed(r),
                 unfamiliar = sx_report_unfamiliar(r);
    sx_doc_notice(g->doc, "%s", SX_NOTICE);
    if (r->info->note[0]) sx_doc_notice(g->doc, "%s", r->info->note);
    sx_doc_fact(g->doc, "films", "%zu, %zu abnormal", g->count, sx_report_abnormal(r));
    put_study_count(g);
    put_rule(g);
    put_networks(g);
    sx_doc_fact(g->doc, "program", "spinexr %s", sx_version());
    sx_doc_fact(g->doc, "started", "%s", r->run.started);
    for (int i = 0; i < r->info->warning_count; i++)
        sx_doc_warn(g->doc, "%s", r->info->warnings[i]);
    if (r->stopped) sx_doc_warn(g->doc, "The run was stopped before all films were done.");
    if (unfamiliar)
        sx_doc_warn(g->doc, "%zu %s unfamiliar and %s no verdict.", unfamiliar,
                    sx_noun(unfamiliar, "film is", "films are"),
                    sx_noun(unfamiliar, "has", "have"));
    if (refused)
        sx_doc_warn(g->doc, "%zu %s refused and not examined.", refused,
                    sx_noun(refused, "film was", "films were"));
    if (failed)
        sx_doc_warn(g->doc, "%zu %s and %s not examined.", failed,
                    sx_noun(failed, "film failed", "films failed"), sx_noun(failed, "was", "were"));
}

/* ---- films ---- */

static void put_row(page *g, sx_table *t, size_t i) {
    const sx_prediction *f = g->r->films[i].prediction;
    const bool detector = sx_bundle_info_has_detector(g->r->info);
    sx_str findings = { 0 };
    if (detector) count_findings(f, &findings);
    g->failed = g->failed || findings.failed;
    sx_table_row(t, f->abnormal || f->unfamiliar);
    put_study_name(g, t, i);
    put_film_name(g, t, i);
    sx_table_text(t, "%s", f->has_probability ? sx_verdict_text(f) : "-");
    sx_table_value(t, f->has_probability ? f->probability : (double)NAN, 3, 1);
    sx_table_text(t, "%s", detector ? sx_str_text(&findings) : "-");
    sx_str_free(&findings);
}

static void put_overview(page *g) {
    sx_doc_section(g->doc, "Overview");
    sx_table *t = sx_doc_table(g->doc, "films", "");
    sx_table_column(t, "study", false);
    sx_table_column(t, "film", false);
    sx_table_column(t, "called", false);
    sx_table_column(t, "P(abnormal)", true);
    sx_table_column(t, "findings", false);
    for (size_t k = 0; k < g->count; k++)
        put_row(g, t, g->order[k]);
}

static void put_picture(page *g, const char *name, const char *file, const char *kind,
                        const char *what, bool full) {
    sx_str alt = { 0 }, title = { 0 };
    sx_str_printf(&alt, "Film %s%s: %s", name, kind, what);
    sx_str_printf(&title, "%s%s", name, kind);
    g->failed = g->failed || alt.failed || title.failed;
    sx_doc_film(g->doc, &(sx_doc_picture){ .file = file,
                                           .alt = sx_str_text(&alt),
                                           .title = sx_str_text(&title),
                                           .detail = what,
                                           .link = file,
                                           .wide = true,
                                           .full = full });
    sx_str_free(&alt);
    sx_str_free(&title);
}

/* Its pictures; without any, a line. */
static void put_film(page *g, size_t i) {
    const sx_report_film *film = &g->r->films[i];
    const char *view = sx_projection_name(film->prediction->projection);
    sx_str what = { 0 }, name = { 0 };
    describe(g, film->prediction, &what);
    sx_str_printf(&name, "%s%s%s", g->names[i], view ? ", " : "", view ? view : "");
    g->failed = g->failed || what.failed || name.failed;
    const char *text = sx_str_text(&what), *title = sx_str_text(&name);
    if (film->overlay)
        put_picture(g, title, film->overlay, "", text, false);
    else
        sx_doc_text(g->doc, "%s: %s", title, text);
    sx_doc_anchor(g->doc, "film-%zu", i + 1);
    if (film->heat_map) put_picture(g, title, film->heat_map, ", heat maps", text, true);
    sx_str_free(&what);
    sx_str_free(&name);
}

static void put_finding(const page *g, sx_table *t, size_t film, const sx_finding *b) {
    static const char *const points[] = { "-", "sensitive", "specific" };
    sx_table_row(t, false);
    put_film_name(g, t, film);
    sx_table_text(t, "%s%s", b->name, b->despite_verdict ? DESPITE : "");
    sx_table_value(t, (double)b->score, 3, 1);
    sx_table_text(t, "%.0f x %.0f at %.0f, %.0f", (double)(b->x1 - b->x0), (double)(b->y1 - b->y0),
                  (double)b->x0, (double)b->y0);
    sx_table_text(t, "%s", points[b->point]);
}

/* The findings of the films order[from] to order[to - 1], a study. */
static void put_findings(page *g, size_t from, size_t to) {
    sx_table *t = NULL;
    for (size_t k = from; k < to; k++) {
        const size_t i = g->order[k];
        const sx_prediction *f = g->r->films[i].prediction;
        for (int b = 0; b < f->finding_count && b < MOST_ROWS; b++) {
            if (!t) {
                t = sx_doc_table(g->doc, "findings", "");
                sx_table_column(t, "film", false);
                sx_table_column(t, "finding", false);
                sx_table_column(t, "score", true);
                sx_table_column(t, "box, in pixels", false);
                sx_table_column(t, "operating point", false);
            }
            put_finding(g, t, i, &f->findings[b]);
        }
    }
    for (size_t k = from; k < to; k++) {
        const sx_prediction *f = g->r->films[g->order[k]].prediction;
        const char *name = g->names[g->order[k]];
        if (f->finding_count > MOST_ROWS)
            sx_doc_text(g->doc, "%s: %d further findings are in findings.csv.", name,
                        f->finding_count - MOST_ROWS);
        for (int w = 0; w < f->warnings.count; w++)
            sx_doc_text(g->doc, "%s: %s", name, f->warnings.texts[w]);
    }
}

static void put_studies(page *g) {
    sx_doc_section(g->doc, "Films");
    for (size_t k = 0, end; k < g->count; k = end) {
        const sx_prediction *first = g->r->films[g->order[k]].prediction;
        if (first->study_id[0])
            sx_doc_subsection(g->doc, "Study %s", first->study_id);
        else
            sx_doc_subsection(g->doc, "Film %s", g->names[g->order[k]]);
        sx_doc_anchor(g->doc, "study-%zu", (size_t)g->study_of[g->order[k]] + 1);
        for (end = k; end < g->count && (end == k || !begins_study(g, end)); end++)
            put_film(g, g->order[end]);
        put_findings(g, k, end);
    }
}

/* The message of an error without the path that it begins with. */
static const char *reason_of(const sx_report_film *film) {
    const char *message = film->error.message;
    const size_t n = strlen(film->path);
    return strncmp(message, film->path, n) == 0 && sx_starts_with(message + n, ": ")
               ? message + n + 2
               : message;
}

static void put_others(page *g, bool refused) {
    sx_table *t = NULL;
    for (size_t i = 0; i < g->r->film_count; i++) {
        const sx_report_film *film = &g->r->films[i];
        if (film->prediction || (film->error.code == SX_ERR_REFUSED) != refused) continue;
        if (!t) {
            sx_doc_section(g->doc, refused ? "Refused" : "Failed");
            t = sx_doc_table(g->doc, refused ? "refused" : "failed", "");
            sx_table_column(t, "film", false);
            sx_table_column(t, "reason", false);
        }
        sx_table_row(t, false);
        sx_table_text(t, "%s", g->names[i]);
        sx_table_text(t, "%s", reason_of(film));
    }
}

bool sx_report_to_html(const sx_report *r, sx_str *out, sx_error *err) {
    page g = { .r = r, .doc = sx_doc_new("spinexr: films and findings") };
    bool ok = g.doc || sx_fail(err, SX_ERR_MEMORY, "out of memory for the page");
    ok = ok && order_films(&g, err) && name_films(&g, err) && shorten_names(&g, err);
    if (ok) {
        put_head(&g);
        put_others(&g, true);
        put_others(&g, false);
        put_overview(&g);
        put_studies(&g);
        ok = !g.failed || sx_fail(err, SX_ERR_MEMORY, "out of memory for the page");
        ok = ok && sx_doc_to_html(g.doc, out, err);
    }
    sx_doc_free(g.doc);
    free(g.order);
    free(g.study_of);
    free(g.names);
    sx_short_names_free(&g.short_films);
    sx_short_names_free(&g.short_studies);
    return ok;
}
