#include "dicom/elements.h"
#include "base/ascii.h"

#include <string.h>

static uint32_t tag_at(const uint8_t *p, bool big) {
    return (uint32_t)sx_u16(p, big) << 16 | sx_u16(p + 2, big);
}

/* ---- value representations ---- */

static bool vr_in(const char *list, const uint8_t *vr) {
    for (; *list; list += 3)
        if (list[0] == (char)vr[0] && list[1] == (char)vr[1]) return true;
    return false;
}

bool sx_vr_is_long(const uint8_t *vr) {
    return vr_in("OB OD OF OL OV OW SQ SV UC UN UR UT UV ", vr);
}

bool sx_vr_is_known(const uint8_t *vr) {
    return sx_vr_is_long(vr) ||
           vr_in("AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US ", vr);
}

/* The VR of an explicit element in upper case; false if it is none. */
static bool read_vr(const sx_walk *w, uint8_t vr[2]) {
    vr[0] = w->at[4];
    vr[1] = w->at[5];
    if (w->lenient)
        for (int i = 0; i < 2; i++)
            vr[i] = (uint8_t)sx_to_upper(vr[i]);
    return sx_vr_is_known(vr);
}

/* ---- the ways to write a header ---- */

typedef enum form { IMPLICIT, SHORT, LONG } form;

typedef struct header {
    uint32_t n;
    size_t size; /* of the header */
} header;

static bool read_form(const sx_walk *w, form f, header *h) {
    const uint8_t *p = w->at;
    if (f == LONG && w->end - p < 12) return false;
    h->size = f == LONG ? 12 : 8;
    h->n = f == IMPLICIT ? sx_u32(p + 4, w->big)
           : f == SHORT  ? sx_u16(p + 6, w->big)
                         : sx_u32(p + 8, w->big);
    return true;
}

/* How the length of an element with a known VR is encoded. */
static form form_of(const uint8_t *vr) {
    return sx_vr_is_long(vr) ? LONG : SHORT;
}

/* Whether the two bytes are zero that the standard reserves before a length of 32 bits. */
static bool is_reserved(const sx_walk *w) {
    return w->at[6] == 0 && w->at[7] == 0;
}

/* cut: the bytes may end within an element, as in a truncated file. */
static bool elements_follow(sx_walk w, uint32_t after, int count, bool cut) {
    for (; count > 0 && w.at < w.end; count--) {
        header h;
        uint8_t vr[2];
        if (w.end - w.at < 8) return cut;
        const uint32_t tag = tag_at(w.at, w.big);
        if (tag >> 16 == SX_TAG_ITEM_GROUP) return true;
        if (tag <= after) return false;
        if (w.explicit_vr) {
            const bool known = read_vr(&w, vr);
            /* two elements of unknown form may follow each other in their group */
            if (!known || (form_of(vr) == LONG && !is_reserved(&w))) {
                if (tag >> 16 == after >> 16) return true;
                if (!known) return false;
            }
        }
        if (!read_form(&w, w.explicit_vr ? form_of(vr) : IMPLICIT, &h)) return cut;
        w.at += h.size;
        if (h.n == SX_UNDEFINED_LENGTH)
            return w.end - w.at >= 8 ? sx_u16(w.at, w.big) == SX_TAG_ITEM_GROUP : cut;
        if (h.n > (size_t)(w.end - w.at)) return cut;
        w.at += h.n;
        after = tag;
    }
    return true;
}

bool sx_elements_follow(sx_walk w, uint32_t after, int count) {
    return elements_follow(w, after, count, false);
}

/* Whether the element, read in this form, fits. cut: it is followed by one that the end cuts. */
static bool form_fits(const sx_walk *w, form f, uint32_t tag, bool cut, header *h) {
    sx_walk rest = *w;
    if (!read_form(w, f, h)) return false;
    rest.at += h->size;
    const size_t left = (size_t)(rest.end - rest.at);
    if (h->n == SX_UNDEFINED_LENGTH)
        return left >= 8 ? sx_u16(rest.at, w->big) == SX_TAG_ITEM_GROUP : cut;
    if (h->n > left) return false;
    rest.at += h->n;
    return elements_follow(rest, tag, 1, cut);
}

/* An unknown VR does not determine how the length is encoded. The next elements do, also if the
 * file is truncated in the first of them. If it is truncated in this one, only its own bytes can
 * decide: a VR of two characters or zeros, and whether a long length may follow. */
static bool guess_form(const sx_walk *w, uint32_t tag, header *h) {
    static const form with_reserve[] = { LONG, SHORT, IMPLICIT },
                      without[] = { SHORT, IMPLICIT, LONG };
    const form *forms = is_reserved(w) ? with_reserve : without;
    for (int cut = 0; cut < 2; cut++)
        for (int i = 0; i < 3; i++)
            if (form_fits(w, forms[i], tag, cut, h)) return true;
    const uint8_t *vr = w->at + 4;
    const bool like_vr = (vr[0] >= ' ' && vr[1] >= ' ') || (vr[0] == 0 && vr[1] == 0);
    return like_vr && read_form(w, forms[0], h) && h->n > (size_t)(w->end - w->at) - h->size;
}

/* Some writers give a VR of the long form a length of 16 bits. */
static bool read_known(const sx_walk *w, const uint8_t vr[2], uint32_t tag, header *h) {
    const form f = form_of(vr);
    if (f == LONG && !is_reserved(w) && w->lenient && !form_fits(w, LONG, tag, false, h) &&
        form_fits(w, SHORT, tag, false, h))
        return true;
    return read_form(w, f, h);
}

bool sx_walk_truncated(const sx_walk *w, uint32_t tag, uint32_t n, size_t left) {
    return sx_fail(w->err, SX_ERR_FORMAT, "truncated: (%04X,%04X) claims %u bytes, %zu are left",
                   tag >> 16, tag & 0xFFFF, n, left);
}

bool sx_next_header(sx_walk *w, uint32_t *tag, char vr[2], uint32_t *n) {
    const size_t left = (size_t)(w->end - w->at);
    uint8_t letters[2];
    header h = { 0 };
    if (left < 8)
        return sx_fail(w->err, SX_ERR_FORMAT,
                       "truncated: %zu bytes are left where an element begins", left);
    *tag = tag_at(w->at, w->big);
    vr[0] = vr[1] = '\0';
    if (!w->explicit_vr || *tag >> 16 == SX_TAG_ITEM_GROUP) {
        read_form(w, IMPLICIT, &h);
    } else if (read_vr(w, letters)) {
        if (!read_known(w, letters, *tag, &h)) return sx_walk_truncated(w, *tag, 12, left);
        memcpy(vr, letters, 2);
    } else if (!w->lenient || !guess_form(w, *tag, &h)) {
        return sx_fail(w->err, SX_ERR_FORMAT, "(%04X,%04X) has an unknown value representation",
                       *tag >> 16, *tag & 0xFFFF);
    }
    *n = h.n;
    w->at += h.size;
    return true;
}

bool sx_judge_explicit(const sx_walk *w) {
    sx_walk as = *w;
    uint8_t letters[2];
    const bool known = w->end - w->at >= 8 && read_vr(w, letters);
    if (w->explicit_vr == known) return known;
    as.explicit_vr = known;
    /* the other encoding, only if the elements make sense in it and not in the expected one */
    return sx_elements_follow(as, 0, 3) && !sx_elements_follow(*w, 0, 3) ? known : w->explicit_vr;
}

bool sx_fragments_end(const uint8_t *p, const uint8_t *end) {
    if (end - p >= 4 && memcmp(p, "\xFC\xFF\xFC\xFF", 4) == 0) return true;
    while (p < end && *p == 0)
        p++;
    return p == end;
}
