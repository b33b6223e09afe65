/* Draws the lesions of a patient. The rates are set so that the boxes per film match the paper's
 * Table 1 (films 8390, osteophytes 12562, disc space narrowing 924, ...); a test counts them. */
#include "phantom/lesion.h"

typedef struct range {
    int first, last; /* vertebrae that are completely on films of the region */
} range;

static range levels_of(sx_phantom_region region) {
    switch (region) {
    case SX_PHANTOM_CERVICAL:
        return (range){ SX_PH_C3, SX_PH_C7 };
    case SX_PHANTOM_THORACIC:
        return (range){ SX_PH_T1 + 2, SX_PH_T12 };
    case SX_PHANTOM_FULL:
        return (range){ SX_PH_T1 + 4, SX_PH_L5 };
    default:
        return (range){ SX_PH_T12, SX_PH_L5 };
    }
}

static sx_ph_lesion *add_lesion(sx_ph_patient *p, sx_ph_draw *d, sx_phantom_finding finding,
                                int level, int kind) {
    float plain = sx_ph_unit(d);
    uint64_t key = sx_rng_u64(d->key, 1000 + d->next);
    if (p->lesion_count == SX_PH_MAX_LESIONS) return NULL;
    sx_ph_lesion *l = &p->lesions[p->lesion_count++];
    *l = (sx_ph_lesion){ finding, level, kind, 1.0f - 0.9f * plain * plain, key };
    return l;
}

/* Whether another lesion already occupies the vertebra or the disc below it. */
static bool taken(const sx_ph_patient *p, int level) {
    for (int i = 0; i < p->lesion_count; i++) {
        const sx_ph_lesion *l = &p->lesions[i];
        if (l->finding == SX_PHANTOM_OSTEOPHYTE) continue;
        int reach = l->finding == SX_PHANTOM_IMPLANT ? 1 + l->kind / 4
                    : l->finding == SX_PHANTOM_SLIP  ? 1
                                                     : 0;
        if (level >= l->level && level <= l->level + reach) return true;
    }
    return false;
}

/* A free level, lower ones (which bear more load) more often; -1 if a few tries find none. */
static int draw_free_level(const sx_ph_patient *p, sx_ph_draw *d, int first, int last, float low) {
    for (int i = 0; i < 8; i++) {
        float u = sx_ph_unit(d);
        int level = first + (int)((1.0f - low * u * u - (1.0f - low) * u) *
                                  (float)(last - first + 1) * 0.9999f);
        if (!taken(p, level)) return level;
    }
    return -1;
}

static void add_implant(sx_ph_patient *p, sx_ph_draw *d, sx_phantom_region region, range r) {
    int kind = sx_ph_chance(d, 0.35f) ? SX_PH_CAGE : SX_PH_RODS;
    int discs = region == SX_PHANTOM_FULL ? 2 + sx_ph_int(d, 5) : 1 + sx_ph_int(d, 3);
    if (region == SX_PHANTOM_CERVICAL) {
        kind = SX_PH_NECK_PLATE;
        discs = 1 + sx_ph_int(d, 2);
    }
    int level = r.first + sx_ph_int(d, r.last - r.first + 1 - discs);
    if (level < r.first) return;
    (void)add_lesion(p, d, SX_PHANTOM_IMPLANT, level, kind + 4 * (discs - 1));
}

static void add_one(sx_ph_patient *p, sx_ph_draw *d, sx_phantom_finding f, sx_phantom_region region,
                    range r) {
    int level;
    switch (f) {
    case SX_PHANTOM_IMPLANT:
        add_implant(p, d, region, r);
        return;
    case SX_PHANTOM_SLIP:
        if (region == SX_PHANTOM_THORACIC) return;
        level = region == SX_PHANTOM_CERVICAL ? draw_free_level(p, d, SX_PH_C3, SX_PH_C7 - 1, 0.3f)
                                              : draw_free_level(p, d, SX_PH_L1 + 2, SX_PH_L5, 0.2f);
        if (level >= 0 && !taken(p, level + 1)) (void)add_lesion(p, d, f, level, 0);
        return;
    case SX_PHANTOM_STENOSIS:
        if (region != SX_PHANTOM_LUMBAR) return; /* elsewhere it is invisible or too small */
        level = draw_free_level(p, d, SX_PH_L1, SX_PH_L4, 0.5f);
        if (level >= 0) (void)add_lesion(p, d, f, level, 0);
        return;
    case SX_PHANTOM_COLLAPSE:
        level = draw_free_level(p, d, r.first, r.last, -0.3f);
        if (level >= 0) (void)add_lesion(p, d, f, level, sx_ph_int(d, 3));
        return;
    case SX_PHANTOM_DISC:
        level = draw_free_level(p, d, r.first, r.last, 0.5f);
        if (level >= 0) (void)add_lesion(p, d, f, level, 0);
        return;
    default:
        level = draw_free_level(p, d, r.first, r.last, 0.0f);
        if (level >= 0) {
            int kind = sx_ph_chance(d, 0.12f) ? SX_PH_FOREIGN : sx_ph_int(d, 3);
            /* a hole in a small body is hidden by structures before and behind it */
            if (kind == SX_PH_LYTIC && (level < SX_PH_T1 + 4 || region == SX_PHANTOM_FULL))
                kind = SX_PH_IVORY;
            (void)add_lesion(p, d, f, level, kind);
        }
        return;
    }
}

static bool has_spur(const sx_ph_patient *p, int level, int kind) {
    for (int i = 0; i < p->lesion_count; i++)
        if (p->lesions[i].finding == SX_PHANTOM_OSTEOPHYTE && p->lesions[i].level == level &&
            p->lesions[i].kind == kind)
            return true;
    return false;
}

/* Osteophytes visible in one of the two views: they occur in groups, around degenerated discs. */
static void add_spurs(sx_ph_patient *p, sx_ph_draw *d, range r, bool lateral, int count) {
    int centre = r.first + sx_ph_int(d, r.last - r.first + 1);
    for (int i = 0, tries = 0; i < count && tries < 60; tries++) {
        int level = centre + sx_ph_int(d, 5) - 2;
        int side = lateral ? (sx_ph_chance(d, 0.9f) ? SX_PH_SPUR_FRONT : SX_PH_SPUR_BACK)
                           : (sx_ph_chance(d, 0.5f) ? SX_PH_SPUR_LEFT : SX_PH_SPUR_RIGHT);
        int kind = side + (sx_ph_chance(d, 0.45f) ? SX_PH_SPUR_UPPER : 0);
        if (tries > 25) level = r.first + sx_ph_int(d, r.last - r.first + 1);
        if (level < r.first || level > r.last || has_spur(p, level, kind)) continue;
        if (add_lesion(p, d, SX_PHANTOM_OSTEOPHYTE, level, kind)) i++;
    }
}

static int spur_count(sx_ph_draw *d, float none, float more) {
    if (sx_ph_chance(d, none)) return 0;
    int n = 1;
    while (n < 9 && sx_ph_chance(d, more))
        n++;
    return n;
}

/* Expected lesions of an abnormal patient's study, in the order of sx_phantom_finding. */
static const float published[SX_PHANTOM_FINDINGS] = { 0.314f, 0.318f, 0.0f,  0.154f,
                                                      0.101f, 0.072f, 0.059f };

void sx_ph_lesions_draw(sx_ph_patient *p, sx_phantom_region region, sx_phantom_mix mix,
                        uint64_t seed, uint64_t study) {
    sx_ph_draw d = sx_ph_draw_start("phantom lesions", seed, study);
    p->lesion_count = 0;
    float abnormal = ((float)p->age - 12.0f) / 72.0f;
    bool may_be_healthy = mix != SX_PHANTOM_CROWDED && mix != SX_PHANTOM_FOCI;
    if (may_be_healthy && !sx_ph_chance(&d, fminf(fmaxf(abnormal, 0.05f), 0.97f))) return;
    range r = levels_of(region);
    if (mix != SX_PHANTOM_AS_PUBLISHED) {
        /* findings that only lateral films show, or only some regions have, are drawn more often */
        static const sx_phantom_finding rare[11] = {
            SX_PHANTOM_DISC,     SX_PHANTOM_SLIP,     SX_PHANTOM_STENOSIS, SX_PHANTOM_IMPLANT,
            SX_PHANTOM_COLLAPSE, SX_PHANTOM_STENOSIS, SX_PHANTOM_DISC,     SX_PHANTOM_SLIP,
            SX_PHANTOM_OTHER,    SX_PHANTOM_STENOSIS, SX_PHANTOM_SLIP
        };
        int first = sx_ph_int(&d, 11), step = 1 + sx_ph_int(&d, 10), count = 2 + sx_ph_int(&d, 2);
        if (mix == SX_PHANTOM_CROWDED) count = 11; /* those for which there is room */
        for (int i = 0; mix == SX_PHANTOM_FOCI && i < 4; i++)
            add_one(p, &d, SX_PHANTOM_OTHER, region, r);
        for (int i = 0; i < count; i++)
            add_one(p, &d, rare[(first + i * step) % 11], region, r);
    } else {
        static const sx_phantom_finding order[6] = { SX_PHANTOM_IMPLANT,  SX_PHANTOM_SLIP,
                                                     SX_PHANTOM_COLLAPSE, SX_PHANTOM_STENOSIS,
                                                     SX_PHANTOM_DISC,     SX_PHANTOM_OTHER };
        for (int i = 0; i < 6; i++)
            for (float expected = published[order[i]]; expected > 0.0f; expected -= 1.0f)
                if (sx_ph_chance(&d, expected)) add_one(p, &d, order[i], region, r);
    }
    static const struct {
        float none, more; /* probability of no spur at all, and of another one after each */
    } spurs[] = { { 0.05f, 0.688f }, { 0.4f, 0.5f }, { 0.0f, 0.8f }, { 0.4f, 0.5f } };
    add_spurs(p, &d, r, false, spur_count(&d, spurs[mix].none, spurs[mix].more));
    add_spurs(p, &d, r, true, spur_count(&d, spurs[mix].none, spurs[mix].more));
}
