/* The rules for films (film_rules.h). The values stand in tables, one for each kind of rule, a row
 * for each part and language: language or part first, then values with "|" between them, sorted. */
#include "dicom/film_rules.h"

#define ROW(scope, shows, what, phrase, values)                                                    \
    { SX_SCOPE_##scope, values, SX_SHOWS_##shows, what, phrase },

#define KIND(what, values)            ROW(MODALITY, OTHER, what, false, values)
#define CLASS(what, values)           ROW(SOP_CLASS, OTHER, what, false, values)
#define VIEW(what, values)            ROW(VIEW, OTHER, what, false, values)
#define NO_PHRASE(language, values)   ROW(WORD, UNKNOWN, NULL, true, values)
#define HIP_PHRASE(values)            ROW(WORD, HIP, "hip", true, values)
#define NEAR_PHRASE(what, values)     ROW(WORD, NEAR, what, true, values)
#define OTHER_PHRASE(what, values)    ROW(WORD, OTHER, what, true, values)
#define SPINE(language, values)       ROW(WORD, SPINE, NULL, false, values)
#define DOUBTFUL(language, values)    ROW(WORD, DOUBTFUL, NULL, false, values)
#define HIP(language, values)         ROW(WORD, HIP, "hip", false, values)
#define NEAR(what, language, values)  ROW(WORD, NEAR, what, false, values)
#define OTHER(what, language, values) ROW(WORD, OTHER, what, false, values)
#define SPINE_TERM(values)            ROW(PART, SPINE, NULL, false, values)
#define HIP_TERM(values)              ROW(PART, HIP, "hip", false, values)
#define NEAR_TERM(what, values)       ROW(PART, NEAR, what, false, values)
#define OTHER_TERM(what, values)      ROW(PART, OTHER, what, false, values)

/* The languages are for readers of the tables. Of several rows for something else that match a
 * text, the first gives the reason. */
static const sx_film_rule rules[] = {
#include "dicom/film_kinds.inc"
#include "dicom/film_phrases.inc"
#include "dicom/film_terms.inc"
#include "dicom/film_words_doubtful.inc"
#include "dicom/film_words_near.inc"
#include "dicom/film_words_spine.inc"
/* after the parts next to the spine */
#include "dicom/film_words_arm.inc"
#include "dicom/film_words_face.inc"
#include "dicom/film_words_leg.inc"
};

const sx_film_rules sx_film_rules_builtin = { rules, sizeof rules / sizeof *rules };
