/* The shape of a DICOM file (PS3.10 section 7): preamble, meta header, data set. */
#include <string.h>

#include "base/mem.h"
#include "dicom/byte_order.h"
#include "dicom/dataset.h"
#include "dicom/elements.h"

/* A data set without preamble and meta header begins with group 0008 (or, rarely, 0002 was left
 * in). */
static bool looks_like_dataset(const uint8_t *p, size_t n, bool *explicit_vr, bool *big) {
    if (n < 16) return false;
    *explicit_vr = sx_vr_is_known(p + 4);
    *big = p[0] == 0 && p[1] == 8;
    if (*big) return *explicit_vr && p[2] == 0;
    if (p[0] != 8 || p[1] != 0 || p[3] > 0x20) return false;
    return *explicit_vr || sx_u32(p + 4, false) < n;
}

/* Whether group 0002, in any encoding, begins here: at least three of its elements follow one
 * another. */
static bool looks_like_meta(const uint8_t *p, size_t n) {
    if (n < 16) return false;
    const bool big = p[0] == 0;
    if (sx_u16(p, big) != 2 || sx_u16(p + 2, big) > 0xFF) return false;
    const sx_walk w = { p, p + n, sx_vr_is_known(p + 4), big, true, NULL, NULL };
    return sx_elements_follow(w, 0, 3);
}

/* The next element of group 0002, explicit little endian (PS3.10 7.1), or implicit or big endian,
 * which some writers use. False: there is none, or *ok is false with an error. */
static bool next_meta(sx_walk *w, sx_element *e, bool *ok) {
    uint32_t length = 0;
    if ((size_t)(w->end - w->at) < 8 || sx_u16(w->at, w->big) != 2) return false;
    *e = (sx_element){ 0 };
    w->explicit_vr = sx_judge_explicit(w);
    *ok = sx_next_header(w, &e->tag, e->vr, &length);
    if (!*ok) return false;
    if (length > (size_t)(w->end - w->at)) {
        *ok = sx_walk_truncated(w, e->tag, length, (size_t)(w->end - w->at));
        return false;
    }
    e->value = w->at;
    e->n = length;
    w->at += length;
    return true;
}

/* `at` moves past the group. */
static bool read_meta(sx_part10 *p, const uint8_t *bytes, size_t n, size_t *at, sx_error *err) {
    const bool big = n - *at >= 2 && sx_u16(bytes + *at, true) == 2;
    sx_walk w = { bytes + *at, bytes + n, true, big, true, err };
    sx_element e;
    bool ok = true;
    while (next_meta(&w, &e, &ok)) {
        const sx_dataset d = { .items = &e, .count = 1 };
        if (!w.explicit_vr || big) p->unusual = true;
        if (e.tag == SX_TAG(0x0002, 0x0000) && e.n == 4)
            p->group_length = (size_t)(e.value - bytes);
        if (e.tag != SX_TAG(0x0002, 0x0010)) continue;
        sx_dataset_text(&d, e.tag, 0, p->transfer_syntax, 65);
        p->syntax = (size_t)(e.value - bytes);
        p->syntax_size = e.n;
    }
    *at = (size_t)(w.at - bytes);
    return ok;
}

bool sx_part10_check_meta(const uint8_t *bytes, size_t n, sx_error *err) {
    static const uint16_t wanted[] = { 0x0000, 0x0001, 0x0002, 0x0003, 0x0010, 0x0012, 0x0013 };
    enum { COUNT = sizeof wanted / sizeof *wanted };
    const size_t preamble = n < 132 ? n : 132;
    sx_walk w = { bytes + preamble, bytes + n, true, false, false, err };
    sx_element e;
    unsigned found = 0;
    bool ok = true;
    while (next_meta(&w, &e, &ok))
        for (unsigned i = 0; i < COUNT; i++)
            if (e.tag == SX_TAG(0x0002, wanted[i]) && e.n) found |= 1U << i;
    if (!ok || found == (1U << COUNT) - 1) return ok;
    return sx_fail(err, SX_ERR_MEMORY, "out of memory for the File Meta Information");
}

bool sx_part10_rename_syntax(const uint8_t *bytes, size_t n, const char *uid, uint8_t **out,
                             size_t *size, sx_error *err) {
    sx_part10 p;
    const size_t length = strlen(uid), padded = length + length % 2;
    *out = NULL;
    if (!sx_part10_read(&p, bytes, n, err)) return false;
    if (p.unusual || !p.syntax)
        return sx_fail(err, SX_ERR_INTERNAL, "a File Meta Information that cannot be changed");
    const size_t behind = p.syntax + p.syntax_size;
    *size = n - p.syntax_size + padded;
    uint8_t *to = sx_calloc_for(*size, 1, "a DICOM file", err);
    if (!to) return false;
    memcpy(to, bytes, p.syntax);
    memcpy(to + p.syntax, uid, length);
    memcpy(to + p.syntax + padded, bytes + behind, n - behind);
    sx_put_le16(to + p.syntax - 2, (uint16_t)padded);
    if (p.group_length && p.group_length < p.syntax)
        sx_put_le32(to + p.group_length,
                    sx_le32(bytes + p.group_length) + (uint32_t)padded - (uint32_t)p.syntax_size);
    *out = to;
    return true;
}

/* Where the meta header begins, or the data set if there is no meta header. *usual is false if this
 * differs from PS3.10. */
static bool find_meta(const uint8_t *bytes, size_t n, size_t *at, bool *usual) {
    static const uint8_t length[] = { 2, 0, 0, 0, 'U', 'L', 4, 0 };
    *usual = true;
    *at = 132;
    if (n >= 132 && memcmp(bytes + 128, "DICM", 4) == 0) return true;
    *at = 0;
    if (n >= sizeof length && memcmp(bytes, length, sizeof length) == 0) return true;
    *usual = false;
    if (looks_like_meta(bytes, n)) return true;
    if (n >= 4 && memcmp(bytes, "DICM", 4) == 0) {
        *at = 4;
        return looks_like_meta(bytes + 4, n - 4);
    }
    *at = 128;
    return n >= 128 && looks_like_meta(bytes + 128, n - 128);
}

/* Finds a data set without a meta header, at the beginning of the file or after a preamble without
 * DICM. */
static void find_dataset(sx_part10 *p, const uint8_t *bytes, size_t n) {
    p->is_dicom = looks_like_dataset(bytes, n, &p->explicit_vr, &p->big_endian);
    if (p->is_dicom || n < 128 ||
        !looks_like_dataset(bytes + 128, n - 128, &p->explicit_vr, &p->big_endian))
        return;
    const sx_walk w = { bytes + 128, bytes + n, p->explicit_vr, p->big_endian, true, NULL };
    if (!sx_elements_follow(w, 0, 3)) return;
    p->is_dicom = p->unusual = true;
    p->dataset = 128;
}

bool sx_part10_read(sx_part10 *p, const uint8_t *bytes, size_t n, sx_error *err) {
    size_t at;
    bool usual;
    *p = (sx_part10){ .explicit_vr = true };
    if (!find_meta(bytes, n, &at, &usual)) {
        find_dataset(p, bytes, n);
        return true;
    }
    p->is_dicom = true;
    p->unusual = !usual;
    if (!read_meta(p, bytes, n, &at, err)) return false;
    p->dataset = at;
    if (!p->transfer_syntax[0] &&
        !looks_like_dataset(bytes + at, n - at, &p->explicit_vr, &p->big_endian))
        p->explicit_vr = false;
    return true;
}
