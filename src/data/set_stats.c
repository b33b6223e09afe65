#include "data/set_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/patients.h"

typedef sx_stats_range range;
typedef sx_stats_column column;
typedef sx_stats_finding finding;

enum { ALL = SX_STATS_ALL };

static void extend_range(range *r, double v) {
    if (!isfinite(v)) return;
    if (!r->n || v < r->low) r->low = v;
    if (!r->n || v > r->high) r->high = v;
    r->n++;
    r->sum += v;
}

static bool once(sx_names *seen, int at, const char *kind, const char *name, size_t *count,
                 sx_error *err) {
    char key[600];
    bool fresh;
    if (!name[0]) return true;
    snprintf(key, sizeof key, "%d/%s/%s", at, kind, name);
    if (!sx_names_put(seen, key, 0, &fresh, err)) return false;
    *count += fresh;
    return true;
}

static bool count_films(const sx_manifest *m, column *col, sx_error *err) {
    sx_names seen = { 0 };
    const bool numbered = sx_patients_are_numbered(m);
    bool ok = true;
    for (size_t i = 0; ok && i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const char *patient = sx_patient_is_known(f->patient, numbered) ? f->patient : "";
        const int places[2] = { (int)f->split, ALL };
        for (int k = 0; ok && k < 2; k++) {
            column *c = &col[places[k]];
            c->films++;
            c->label[f->label + 1]++;
            c->sex[f->sex == 'F' ? 0 : f->sex == 'M' ? 1 : 2]++;
            extend_range(&c->age, f->age);
            c->no_age += f->no_age != NULL;
            c->two_ages += f->other_age != NULL;
            c->two_sexes += f->other_sex != NULL;
            if (f->width && f->height) {
                extend_range(&c->width, f->width);
                extend_range(&c->height, f->height);
            }
            ok = once(&seen, places[k], "study", f->study, &c->studies, err) &&
                 once(&seen, places[k], "patient", patient, &c->patients, err);
        }
    }
    sx_names_free(&seen);
    return ok;
}

static void count_boxes(const sx_manifest *m, size_t label, finding *col) {
    for (size_t i = 0; i < m->film_count; i++) {
        const sx_manifest_film *f = &m->films[i];
        const int places[2] = { (int)f->split, ALL };
        for (int k = 0; k < 2; k++) {
            finding *c = &col[places[k]];
            size_t before = c->boxes;
            for (size_t b = f->first_box; b < f->first_box + f->box_count; b++) {
                if (m->boxes[b].label != label) continue;
                c->boxes++;
                extend_range(&c->width, (double)m->boxes[b].xyxy[2] - (double)m->boxes[b].xyxy[0]);
                extend_range(&c->height, (double)m->boxes[b].xyxy[3] - (double)m->boxes[b].xyxy[1]);
            }
            c->films += c->boxes > before;
        }
    }
}

double sx_stats_mean(const sx_stats_range *r) {
    return r->n ? r->sum / (double)r->n : (double)NAN;
}

bool sx_set_stats_of(const sx_manifest *m, sx_set_stats *out, sx_error *err) {
    *out = (sx_set_stats){ .class_count = m->classes.count };
    out->findings = sx_calloc_for(m->classes.count + 1, sizeof *out->findings, "statistics", err);
    if (!out->findings || !count_films(m, out->columns, err)) {
        sx_set_stats_free(out);
        return false;
    }
    for (size_t c = 0; c < m->classes.count; c++)
        count_boxes(m, c, out->findings[c]);
    return true;
}

void sx_set_stats_free(sx_set_stats *s) {
    free(s->findings);
    *s = (sx_set_stats){ 0 };
}
