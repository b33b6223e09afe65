/* Rules of an installation, which come before those of film_rules.h: films that it refuses or
 * accepts by one attribute of the header, whatever the others say.
 *
 * A rule is "ATTRIBUTE=VALUE". The attributes are those of sx_subject, by their keywords. The value
 * is compared with each value of the attribute as a whole; blanks around it and the case of ASCII
 * letters do not matter, and "*" stands for any text: "SeriesDescription=*bone age*". An attribute
 * that is absent matches nothing. */
#ifndef SX_DICOM_SITE_RULES_H
#define SX_DICOM_SITE_RULES_H

#include "base/fail.h"
#include "dicom/film_rules.h"

typedef struct sx_site_rules {
    const char *const *refuse, *const *accept; /* a film that both match is refused */
    size_t refuse_count, accept_count;
} sx_site_rules;

typedef enum sx_site_decision {
    SX_SITE_SILENT, /* the other rules decide */
    SX_SITE_ACCEPTS,
    SX_SITE_REFUSES
} sx_site_decision;

/* Whether the text is a rule. Errors: SX_ERR_FORMAT, without the rule in the message. */
bool sx_site_rule_check(const char *rule, sx_error *err) SX_MUST_USE;

/* The first of the rules that the film matches; NULL: none. Texts that are no rules match nothing.
 */
const char *sx_site_rules_find(const char *const *rules, size_t count, const sx_film_subject *film);

/* Texts that are no rules match nothing. *rule: the one that decided, NULL: none. */
sx_site_decision sx_site_rules_decide(const sx_site_rules *rules, const sx_film_subject *film,
                                      const char **rule);

#endif
