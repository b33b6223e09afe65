#include "data/merge_collisions.h"

#include <string.h>

#include "base/ascii.h"
#include "base/str.h"
#include "data/patients.h"
#include "dicom/uid.h"

typedef struct names_seen {
    sx_names first, shared; /* name -> the first set that has it; names of several sets */
    size_t set_a, set_b;    /* the first two sets that share a name */
} names_seen;

static bool see(names_seen *s, const char *name, size_t set, sx_error *err) {
    bool fresh;
    if (!sx_names_put(&s->first, name, (uint32_t)set, &fresh, err)) return false;
    const size_t owner = (size_t)sx_names_find(&s->first, name);
    if (fresh || owner == set) return true;
    if (!s->shared.count) {
        s->set_a = owner;
        s->set_b = set;
    }
    return sx_names_put(&s->shared, name, 0, &fresh, err);
}

/* kept_by: the sign between the set's name and a name that is kept apart; '\0': they are joined. */
static bool conclude(names_seen *s, const sx_merge_options *o, const char *one, const char *many,
                     char kept_by, sx_merge_totals *totals, sx_error *err) {
    bool ok = true;
    if (s->shared.count) {
        sx_str text = { 0 };
        const char *name = s->shared.items[0], *a = o->sets[s->set_a].name,
                   *b = o->sets[s->set_b].name;
        sx_str_printf(&text, "%zu %s in several sets, the first %s in %s and %s: ", s->shared.count,
                      sx_noun(s->shared.count, one, many), name, a, b);
        if (kept_by)
            sx_str_printf(&text, "kept apart as %s%c%s and %s%c%s", a, kept_by, name, b, kept_by,
                          name);
        else
            sx_str_add(&text, "joined, because a UID is the same everywhere");
        ok = sx_str_ok(&text, err) && sx_paths_add(&totals->collisions, text.data, err);
        sx_str_free(&text);
    }
    sx_names_free(&s->first);
    sx_names_free(&s->shared);
    *s = (names_seen){ 0 };
    return ok;
}

typedef enum kind { FILM, PATIENT, STUDY, STUDY_UID } kind;

/* The film's name of that kind; "": it has none that is compared. */
static const char *name_of(const sx_manifest_film *f, kind k, bool numbered) {
    switch (k) {
    case FILM:
        return f->id;
    case PATIENT:
        return sx_patient_is_known(f->patient, numbered) ? f->patient : "";
    case STUDY:
        return sx_is_uid(f->study) && strchr(f->study, '.') ? "" : f->study;
    default:
        return sx_is_uid(f->study) && strchr(f->study, '.') ? f->study : "";
    }
}

static bool see_films(names_seen *seen, const sx_merge_options *o, bool *const *drop, kind k,
                      sx_error *err) {
    for (size_t s = 0; s < o->set_count; s++) {
        const sx_manifest *m = o->sets[s].m;
        const bool numbered = sx_patients_are_numbered(m);
        for (size_t i = 0; i < m->film_count; i++) {
            const char *name = name_of(&m->films[i], k, numbered);
            if (name[0] && !drop[s][i] && !see(seen, name, s, err)) return false;
        }
    }
    return true;
}

static bool see_reader(names_seen *seen, const sx_manifest *m, uint32_t reader, size_t set,
                       sx_error *err) {
    const char *name = m->readers.items[reader];
    return !name[0] || see(seen, name, set, err);
}

static bool see_readers(names_seen *seen, const sx_merge_options *o, bool *const *drop,
                        sx_error *err) {
    for (size_t s = 0; s < o->set_count; s++) {
        const sx_manifest *m = o->sets[s].m;
        for (size_t i = 0; i < m->box_count; i++)
            if (!drop[s][m->boxes[i].film] && !see_reader(seen, m, m->boxes[i].reader, s, err))
                return false;
        for (size_t i = 0; i < m->no_finding_count; i++)
            if (!drop[s][m->no_findings[i].film] &&
                !see_reader(seen, m, m->no_findings[i].reader, s, err))
                return false;
    }
    return true;
}

bool sx_merge_collisions(const sx_merge_options *o, bool *const *drop, sx_merge_totals *totals,
                         sx_error *err) {
    static const struct {
        kind kind;
        const char *one, *many;
        char kept_by;
    } kinds[] = {
        { FILM, "film id is", "film ids are", '/' },
        { PATIENT, "patient ID is", "patient IDs are", ':' },
        { STUDY, "study ID is", "study IDs are", ':' },
        { STUDY_UID, "study is", "studies are", '\0' },
    };
    names_seen seen = { 0 };
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof kinds / sizeof kinds[0]; i++) {
        ok = see_films(&seen, o, drop, kinds[i].kind, err);
        ok = conclude(&seen, o, kinds[i].one, kinds[i].many, kinds[i].kept_by, totals,
                      ok ? err : NULL) &&
             ok;
    }
    ok = ok && see_readers(&seen, o, drop, err);
    return conclude(&seen, o, "reader is", "readers are", ':', totals, ok ? err : NULL) && ok;
}

bool sx_merge_split_studies(const sx_manifest *m, sx_merge_totals *totals, sx_error *err) {
    sx_names first = { 0 }, spread = { 0 };
    const sx_manifest_film *one = NULL, *other = NULL; /* two films of the first study */
    bool ok = true, fresh;
    for (uint32_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i], *g;
        ok = !f->study[0] || sx_names_put(&first, f->study, i, &fresh, err);
        if (!ok || !f->study[0] || fresh) continue;
        g = &m->films[sx_names_find(&first, f->study)];
        if (g->split == f->split) continue;
        if (!spread.count) one = g, other = f;
        ok = sx_names_put(&spread, f->study, 0, &fresh, err);
    }
    if (ok && one && other) {
        sx_str text = { 0 };
        sx_str_printf(&text,
                      "%zu %s in several splits, the first %s in %s and %s: a score on such films "
                      "is too good; `spinexr data split` keeps a study together",
                      spread.count, sx_noun(spread.count, "study is", "studies are"), one->study,
                      sx_split_name(one->split), sx_split_name(other->split));
        ok = sx_str_ok(&text, err) && sx_paths_add(&totals->collisions, text.data, err);
        sx_str_free(&text);
    }
    sx_names_free(&first);
    sx_names_free(&spread);
    return ok;
}

/* "Disc-space narrowings" -> "discspacenarrowing" */
static bool fold(const char *name, sx_str *out, sx_error *err) {
    out->len = 0;
    for (; *name; name++) {
        char c = *name;
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper) c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80)
            sx_str_append(out, &c, 1);
    }
    if (out->len > 3 && out->data[out->len - 1] == 's') out->data[--out->len] = '\0';
    return sx_str_ok(out, err);
}

bool sx_merge_similar_classes(const sx_manifest *m, sx_merge_totals *totals, sx_error *err) {
    sx_names folded = { 0 };
    sx_str key = { 0 };
    bool ok = true, fresh;
    for (size_t i = 0; ok && i < m->classes.count; i++) {
        const char *name = m->classes.items[i];
        ok = fold(name, &key, err) &&
             (!key.len || sx_names_put(&folded, sx_str_text(&key), (uint32_t)i, &fresh, err));
        if (!ok || !key.len || fresh) continue;
        sx_str text = { 0 };
        sx_str_printf(&text, "classes \"%s\" and \"%s\" are kept apart; --class-map joins them",
                      m->classes.items[sx_names_find(&folded, sx_str_text(&key))], name);
        ok = sx_str_ok(&text, err) && sx_paths_add(&totals->collisions, text.data, err);
        sx_str_free(&text);
    }
    sx_names_free(&folded);
    sx_str_free(&key);
    return ok;
}
