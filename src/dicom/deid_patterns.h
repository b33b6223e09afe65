/* The spellings that the final search looks for; only for deid_finder.c. */
#ifndef SX_DICOM_DEID_PATTERNS_H
#define SX_DICOM_DEID_PATTERNS_H

#include "dicom/deid_secrets.h"

enum { SX_PATTERN_MOST = 48 };

typedef struct sx_pattern {
    const sx_secret *of;
    uint16_t text[SX_PATTERN_MOST]; /* folded; '-': at least one separator */
    uint8_t n, solid;               /* symbols; those that are letters or digits */
    uint8_t size;    /* letters and digits; other scripts count more, as they are rarer */
    bool digits;     /* only digits */
    bool separators; /* has '-' */
    bool open;       /* may go on: a date before a time; a text of more than SX_PATTERN_MOST */
    bool dropped;    /* by deid_finder.c */
    uint32_t next;   /* of the same hash, plus 1; 0: none */
} sx_pattern;

typedef struct sx_patterns {
    sx_pattern *items;
    size_t count, cap;
} sx_patterns;

/* Appends all spellings of a secret. */
bool sx_patterns_add(sx_patterns *p, const sx_secret *x, sx_error *err) SX_MUST_USE;

#endif
