/* Which films the framework is meant for, by their headers: radiographs of the spine. A film is
 * refused only if its header says that it shows something else; absent and unknown values never
 * refuse. The rules are data (film_rules_table.c and its tables; docs/films.md describes them), and
 * the check needs only a header, so that a receiver can decide before it decodes pixels. */
#ifndef SX_DICOM_FILM_RULES_H
#define SX_DICOM_FILM_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* The attributes that say what a film shows. */
typedef enum sx_subject {
    SX_SUBJECT_MODALITY,   /* (0008,0060) */
    SX_SUBJECT_SOP_CLASS,  /* (0008,0016) */
    SX_SUBJECT_BODY_PART,  /* (0018,0015) BodyPartExamined */
    SX_SUBJECT_REGION,     /* (0008,2218) AnatomicRegionSequence: codes and meanings of all items */
    SX_SUBJECT_VIEW,       /* (0018,5101) ViewPosition */
    SX_SUBJECT_SERIES,     /* (0008,103E) SeriesDescription */
    SX_SUBJECT_PROTOCOL,   /* (0018,1030) ProtocolName */
    SX_SUBJECT_PROCESSING, /* (0018,1400) AcquisitionDeviceProcessingDescription */
    SX_SUBJECT_STUDY,      /* (0008,1030) StudyDescription */
    SX_SUBJECT_REQUESTED,  /* (0032,1060) RequestedProcedureDescription */
    SX_SUBJECT_PERFORMED,  /* (0040,0254) PerformedProcedureStepDescription */
    SX_SUBJECTS
} sx_subject;

/* Their values: UTF-8, NULL or "" if absent. Of several values, all are given, with a backslash
 * between them. Freed by the owner of the film. */
typedef struct sx_film_subject {
    char *texts[SX_SUBJECTS];
} sx_film_subject;

/* Where a rule applies. */
typedef enum sx_rule_scope {
    SX_SCOPE_MODALITY,
    SX_SCOPE_SOP_CLASS,
    SX_SCOPE_PART, /* BodyPartExamined and AnatomicRegionSequence */
    SX_SCOPE_WORD, /* the same and all descriptions */
    SX_SCOPE_VIEW
} sx_rule_scope;

/* What a film with the rule's value shows. */
typedef enum sx_shown {
    SX_SHOWS_UNKNOWN,  /* no rule matches, or only such phrases */
    SX_SHOWS_DOUBTFUL, /* perhaps the spine: "dorsal", "L2", "Scol." */
    SX_SHOWS_SPINE,
    /* Something else. Spine films are often labelled as a part next to the spine, sometimes as the
     * hip. */
    SX_SHOWS_NEAR,
    SX_SHOWS_HIP,
    SX_SHOWS_OTHER
} sx_shown;

/* What the UIDs of storage SOP classes begin with. */
#define SX_STORAGE_CLASSES "1.2.840.10008.5.1.4.1.1."

/* A value is a word or several, in upper case without accents; "X*" matches words that begin with
 * X, "*X*" any part of a word, "=X" a text that is X and nothing else. A value of three or four
 * letters also matches them with points between ("L.W.S."). In body parts and regions, a value also
 * matches with a side or "joint" in the same word: "LFOOT", "BOTHKNEES", "HIPJOINT". SOP classes:
 * what follows SX_STORAGE_CLASSES, with "*" at the end for any ending. A phrase ("SCAPULAR SPINE*",
 * each word may end in "*") hides its words from all rules that are no phrases, so that "scapular
 * spine" does not name the spine and "feet first" no foot (SX_SHOWS_UNKNOWN). A "*" alone is any
 * word: "HANDS ON *". It may have articles and prepositions between its words, but no comma, slash,
 * plus sign or backslash, which separate two regions. "*X*" is a phrase of a language that writes
 * no blanks between words. */
typedef struct sx_film_rule {
    sx_rule_scope scope;
    const char *values; /* any of them matches; "|" between them, each below 64 bytes */
    sx_shown shows;
    const char *what; /* in messages: "hip"; NULL where it shows no other part */
    bool phrase;
} sx_film_rule;

typedef struct sx_film_rules {
    const sx_film_rule *items;
    size_t count;
} sx_film_rules;

extern const sx_film_rules sx_film_rules_builtin;

/* Why a film is refused. */
typedef struct sx_film_refusal {
    sx_subject subject;
    char reason[200]; /* BodyPartExamined is "HIP": hip, not the spine */
} sx_film_refusal;

/* Returns false, with the reason in *why (may be NULL), if the header contradicts a radiograph of
 * the spine. In this order:
 * - Modality or SOP class of another kind of image: refused.
 * - Body part or region that names the spine: accepted, whatever the descriptions say.
 * - Series description, protocol or processing description that names the spine: accepted.
 * - Request or performed step that names the spine: accepted, unless the body part is far from the
 *   spine and each description of the study that names the spine names it too ("lumbar spine and
 *   hip" of a hip), or the body part and the series agree on the same part, or on parts far from
 *   the spine ("HAND", "Hand bone age"), or there is no body part and the series names a part far
 *   from the spine.
 * - Only the study's own description names the spine: accepted, unless the same exceptions hold, or
 *   the body part is far from the spine, other than the hip, or the series or the request names
 *   another part ("Chest PA", study "Spine clinic").
 * - Any doubtful word: accepted, unless a part far from the spine, other than the hip, is named.
 * - Another body part, region, ViewPosition or description: refused.
 * Case, accents, blanks, underscores and hyphens are ignored. */
bool sx_film_rules_accept(const sx_film_rules *rules, const sx_film_subject *film,
                          sx_film_refusal *why);

/* The attribute's keyword, "BodyPartExamined". */
const char *sx_subject_name(sx_subject subject);

#endif
