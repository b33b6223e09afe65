#include "publish/set_passed.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "data/deidentify_set.h"
#include "data/lesion_words.h"
#include "data/manifest_merge.h"
#include "data/parallel_each.h"

typedef struct work {
    const sx_manifest *m;
    char **faults; /* [film_count] NULL: the film has passed */
    sx_deid_passed *headers;
    sx_sha256 *hashes;
} work;

/* At least 16 hexadecimal digits, as published sets name their films, one of them a letter: digits
 * alone may be dates and patients' numbers. Also with the hyphens of a UUID, and nowhere else. */
static bool is_hash(const char *id) {
    static const char digits[] = "0123456789abcdefABCDEF", uuid[] = "xxxxxxxx-xxxx-xxxx-xxxx-";
    const size_t n = strlen(id), start = n == 36 ? sizeof uuid - 1 : 0;
    for (size_t i = 0; i < start; i++)
        if (uuid[i] == '-' ? id[i] != '-' : !strchr(digits, id[i])) return false;
    return n >= 16 && n <= 128 && strspn(id + start, digits) == n - start &&
           strpbrk(id, digits + 10) != NULL;
}

static bool differs(const char *what, const char *here, const char *there, sx_error *err) {
    if (!here[0] || strcmp(here, there) == 0) return false;
    sx_fail(err, SX_ERR_UNSUPPORTED, "the annotations have the %s %.80s, the film %.80s", what,
            here, there[0] ? there : "none");
    return true;
}

/* *err is set if the annotations do not agree with the header. A merge of de-identified sets puts
 * the set's name before the ids of films and patients. */
static bool agrees(const sx_manifest_film *f, const sx_deid_passed *h, sx_error *err) {
    const char *id = sx_merge_own_name(f->id, '/');
    const char *patient = sx_merge_own_name(f->patient, ':');
    if (strcmp(id, h->image) != 0 && !is_hash(id))
        return sx_fail(err, SX_ERR_UNSUPPORTED,
                       "its id may name a patient: it is neither the SOP Instance UID nor a hash");
    if (f->age > 90) return sx_fail(err, SX_ERR_UNSUPPORTED, "an age above 90 years");
    return !differs("study", f->study, h->study, err) &&
           !differs("series", f->series, h->series, err) &&
           !differs("patient", patient, h->patient, err);
}

static bool check_file(const sx_manifest_film *f, sx_deid_passed *header, sx_sha256 *hash,
                       sx_error *why) {
    sx_file file;
    if (!f->path) return sx_fail(why, SX_ERR_MISSING, "%s: the film has no file", f->id);
    if (!sx_file_open(&file, f->path, why)) return false;
    const bool ok = sx_deid_check_passed(file.data, file.size, f->path, header, why) &&
                    (agrees(f, header, why) || sx_fail_in(why, "%s", f->path)) &&
                    sx_sha256_of(file.data, file.size, hash, why);
    sx_file_close(&file);
    return ok;
}

static bool check_film(void *user, size_t i, sx_error *err) {
    work *w = user;
    sx_error why = { 0 };
    if (check_file(&w->m->films[i], &w->headers[i], &w->hashes[i], &why)) return true;
    if (why.code == SX_ERR_MEMORY) return sx_fail(err, why.code, "%s", why.message);
    w->faults[i] = sx_strdup(why.message);
    return w->faults[i] || sx_fail(err, SX_ERR_MEMORY, "out of memory for a message");
}

static bool gather(const work *w, sx_set_passed *out, sx_error *err) {
    for (size_t i = 0; i < w->m->film_count; i++) {
        const sx_deid_passed *h = &w->headers[i];
        out->kept.kept_dates = out->kept.kept_dates || h->kept_dates;
        out->kept.kept_device = out->kept.kept_device || h->kept_device;
        out->kept.kept_patient = out->kept.kept_patient || h->kept_patient;
        if (w->faults[i] && !sx_paths_add(&out->faults, w->faults[i], err)) return false;
    }
    return true;
}

static bool add_fault(sx_set_passed *out, const char *what, const char *name, sx_error *err) {
    sx_str text = { 0 };
    sx_str_printf(&text, "the %s \"%s\" may identify a person", what, name);
    const bool ok = sx_str_ok(&text, err) && sx_paths_add(&out->faults, text.data, err);
    sx_str_free(&text);
    return ok;
}

static bool check_names(const sx_manifest *m, const sx_names *approved, sx_set_passed *out,
                        sx_error *err) {
    for (size_t i = 0; i < m->classes.count; i++) {
        sx_str unknown = { 0 };
        const char *name = m->classes.items[i];
        bool ok = sx_lesion_unknown_words(name, &unknown) ||
                  sx_fail(err, SX_ERR_MEMORY, "out of memory for lesion names");
        const bool known = !unknown.len || (approved && sx_names_find(approved, name) >= 0);
        sx_str_free(&unknown);
        if (ok && !known) ok = add_fault(out, "lesion name", name, err);
        if (!ok) return false;
    }
    for (size_t i = 0; i < m->readers.count; i++) {
        const char *name = m->readers.items[i], *own = sx_merge_own_name(name, ':');
        if (!sx_deid_plain_reader(own) && !sx_deid_is_subject(own) &&
            !add_fault(out, "reader", name, err))
            return false;
    }
    return true;
}

bool sx_set_check_passed(const sx_context *context, const sx_manifest *m, const sx_names *approved,
                         sx_progress *progress, sx_set_passed *out, sx_error *err) {
    *out = (sx_set_passed){ 0 };
    work w = { .m = m };
    w.faults = sx_calloc_for(m->film_count + 1, sizeof *w.faults, "films", err);
    w.headers = sx_calloc_for(m->film_count + 1, sizeof *w.headers, "films", err);
    out->hashes = sx_calloc_for(m->film_count + 1, sizeof *out->hashes, "films", err);
    w.hashes = out->hashes;
    const bool ok = w.faults && w.headers && w.hashes &&
                    sx_parallel_each(context, m->film_count, check_film, &w, progress, err) &&
                    gather(&w, out, err) && check_names(m, approved, out, err);
    for (size_t i = 0; w.faults && i < m->film_count; i++)
        free(w.faults[i]);
    free(w.faults);
    free(w.headers);
    return ok;
}

typedef struct comparing {
    const sx_manifest *m;
    const sx_set_passed *passed;
} comparing;

static bool compare_film(void *user, size_t i, sx_error *err) {
    const comparing *w = user;
    const char *path = w->m->films[i].path;
    sx_file file;
    sx_sha256 now;
    if (!sx_file_open(&file, path, err)) return false;
    const bool ok =
        sx_sha256_of(file.data, file.size, &now, err) &&
        (strcmp(now.hex, w->passed->hashes[i].hex) == 0 ||
         sx_fail(err, SX_ERR_MISMATCH, "%s: it changed while the data set was published", path));
    sx_file_close(&file);
    return ok;
}

bool sx_set_check_unchanged(const sx_context *context, const sx_manifest *m, const sx_set_passed *p,
                            sx_progress *progress, sx_error *err) {
    comparing w = { m, p };
    return sx_parallel_each(context, m->film_count, compare_film, &w, progress, err);
}

void sx_set_passed_free(sx_set_passed *p) {
    free(p->hashes);
    sx_paths_free(&p->faults);
}
