#include "experiment/set_labels.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

size_t sx_set_abnormal_count(const sx_film_set *s) {
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += s->films[i].target > 0.5F;
    return n;
}

static bool has_boxes(const sx_film_set *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->films[i].count > 0) return true;
    return false;
}

/* A preset that keeps films without boxes opens a set that has none at all; so does a classifier.
 */
static bool check_boxes(const sx_film_set *s, const char *path, bool detector, sx_error *err) {
    if (has_boxes(s)) return true;
    return sx_fail(
        err, SX_ERR_MISSING,
        "%s: none of its %zu films has a box, so there is nothing for %s to learn; train "
        "classifier%s uses labels of whole films",
        path, s->count, detector ? "a detector" : "outputs of findings",
        detector ? "" : " without SPINEXR.MULTI_LABEL");
}

/* "the 12 validation films are all abnormal"; empty if both kinds occur. */
static void name_only_kind(const sx_film_set *s, const char *which, char *text, size_t size) {
    const size_t abnormal = sx_set_abnormal_count(s);
    const char *kind = abnormal ? "abnormal" : "normal";
    text[0] = '\0';
    if (abnormal > 0 && abnormal < s->count) return;
    if (s->count == 1)
        sx_format(text, size, "the only %s film is %s", which, kind);
    else
        sx_format(text, size, "the %zu %s films are all %s", s->count, which, kind);
}

/* The output Abnormal. Without another one, a set of one kind is an error. */
static bool check_kinds(const sx_film_set *s, const char *path, bool others, sx_error *err) {
    char only[80];
    name_only_kind(s, "training", only, sizeof only);
    if (!only[0]) return true;
    const char *missing = sx_set_abnormal_count(s) ? "normal" : "abnormal";
    if (!others)
        return sx_fail(err, SX_ERR_MISSING,
                       "%s: %s, so there is nothing for a classifier to learn; it needs %s films, "
                       "too",
                       path, only, missing);
    sx_log(s->context, SX_LOG_WARNING,
           "%s: %s, so the output " SX_ABNORMAL " learns nothing; it needs %s films, too", path,
           only, missing);
    return true;
}

/* Warns of classes that no film has, whose outputs learn only that they are absent. */
static bool warn_of_absent(const sx_film_set *s, const char *path, sx_error *err) {
    const sx_names *classes = &s->manifest.classes;
    bool *there = sx_calloc_for(classes->count + 1, sizeof *there, "classes", err);
    if (!there) return false;
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < s->films[i].count; k++)
            there[s->films[i].labels[k]] = true;
    sx_str absent = { 0 };
    for (size_t c = 0; c < classes->count; c++)
        if (!there[c]) sx_str_printf(&absent, "%s%s", absent.len ? ", " : "", classes->items[c]);
    if (absent.len)
        sx_log(s->context, SX_LOG_WARNING, "%s: no film has a box of: %s; it cannot be learned",
               path, sx_str_text(&absent));
    free(there);
    const bool ok = sx_str_ok(&absent, err);
    sx_str_free(&absent);
    return ok;
}

bool sx_set_check_training(const sx_film_set *s, const char *path, sx_task task, bool named,
                           sx_error *err) {
    return (!named ||
            (check_boxes(s, path, task == SX_DETECTOR, err) && warn_of_absent(s, path, err))) &&
           (task == SX_DETECTOR || check_kinds(s, path, named, err));
}

void sx_set_no_score(const sx_film_set *s, sx_task task, char *why, size_t size) {
    why[0] = '\0';
    if (task == SX_CLASSIFIER)
        name_only_kind(s, "validation", why, size);
    else if (!has_boxes(s))
        sx_format(why, size, "no validation film has a box (%zu %s)", s->count,
                  sx_noun(s->count, "film", "films"));
}
