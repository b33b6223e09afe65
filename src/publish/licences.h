/* Names of licences: identifiers of the SPDX License List, and names of the publisher's own. */
#ifndef SX_PUBLISH_LICENCES_H
#define SX_PUBLISH_LICENCES_H

typedef enum sx_licence_kind {
    SX_LICENCE_UNKNOWN,
    SX_LICENCE_LISTED,     /* on the SPDX License List: CC-BY-4.0 */
    SX_LICENCE_DEPRECATED, /* was on it: GPL-2.0, now GPL-2.0-only or GPL-2.0-or-later */
    SX_LICENCE_OWN         /* LicenseRef- and letters, digits, '-' or '.' (SPDX 2.3 annex D.3) */
} sx_licence_kind;

/* The kind of a name. Upper and lower case differ, as in the addresses of spdx.org. */
sx_licence_kind sx_licence_kind_of(const char *name);
/* The listed identifier that was probably meant; NULL: none is near. */
const char *sx_licence_nearest(const char *name);
/* The Hugging Face Hub's identifier of a licence; NULL: the Hub has none, and calls it `other`. */
const char *sx_licence_on_hub(const char *name);

#endif
