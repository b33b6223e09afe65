/* What a publisher says about a data set or a model: a YAML file of texts. */
#ifndef SX_PUBLISH_ABOUT_H
#define SX_PUBLISH_ABOUT_H

#include "base/yaml.h"

typedef enum sx_about_kind {
    SX_ABOUT_TEXT,    /* one value */
    SX_ABOUT_LIST,    /* one value or a list */
    SX_ABOUT_DATE,    /* 2026-11-29 */
    SX_ABOUT_URL,     /* https:// or http:// */
    SX_ABOUT_LICENCE, /* an SPDX identifier, such as CC-BY-4.0; LicenseRef-NAME with the text in
                         the key licence_file */
    SX_ABOUT_FILE     /* a file, relative to the folder of the YAML file */
} sx_about_kind;

typedef struct sx_about_key {
    const char *name; /* "title"; nested keys joined with dots: "datasheet.motivation" */
    sx_about_kind kind;
    bool required;
} sx_about_key;

typedef struct sx_about {
    sx_yaml yaml;
    char *folder; /* of the file */
} sx_about;

/* Reads the file. `keys` ends with a NULL name. Errors: those of sx_yaml_open, and, with file and
 * line, SX_ERR_FORMAT (an unknown key, a value of another kind) and SX_ERR_MISSING (a required key;
 * the message names all of them; the text of a licence of one's own); SX_ERR_IO (a file that is
 * named). Free *a with sx_about_free, also after an error. */
bool sx_about_open(const char *path, const sx_about_key *keys, sx_about *a,
                   sx_error *err) SX_MUST_USE;
void sx_about_free(sx_about *a);

/* The text of a key; NULL: it is not there, or empty. Of a list the first. */
const char *sx_about_text(const sx_about *a, const char *key);
/* The values of a key; NULL: it is not there. */
const sx_yaml_value *sx_about_list(const sx_about *a, const char *key);
/* Copies the file that a key of kind SX_ABOUT_FILE names to `to`; true if there is no such key. */
bool sx_about_copy(const sx_about *a, const char *key, const char *to, sx_error *err) SX_MUST_USE;
/* Appends the values of a key with commas between them. */
void sx_about_put_list(const sx_about *a, const char *key, sx_str *out);
/* Appends where the text of the licence is: its licence_url, its page at spdx.org, or, for a
 * licence of the publisher's own, the file LICENSE of the release. */
void sx_about_put_licence_link(const sx_about *a, sx_str *out);

#endif
