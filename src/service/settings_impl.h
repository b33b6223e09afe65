/* The keys of the settings file. */
#ifndef SX_SERVICE_SETTINGS_IMPL_H
#define SX_SERVICE_SETTINGS_IMPL_H

#include <stddef.h>

#include "service/settings.h"

typedef enum sx_setting_kind {
    SX_SETTING_TEXT,
    SX_SETTING_WORD, /* one of `words` */
    SX_SETTING_AE,   /* an AE title */
    SX_SETTING_INT,
    SX_SETTING_BOOL,
    SX_SETTING_LIST,      /* of texts */
    SX_SETTING_WORD_LIST, /* of `words` */
    SX_SETTING_AE_LIST,
    SX_SETTING_RULE_LIST /* dicom/site_rules.h */
} sx_setting_kind;

typedef struct sx_setting_key {
    const char *name;
    sx_setting_kind kind;
    size_t offset;     /* in sx_settings, or of a destination in sx_destination */
    int least, most;   /* INT */
    const char *words; /* "a|b" */
    const char *value; /* the default, as in a file */
    const char *help;  /* for the commented example */
} sx_setting_key;

/* A key of a file. */
typedef struct sx_setting_place {
    const char *key, *file;
    size_t line;
    const struct sx_setting_place *earlier;
} sx_setting_place;

/* settings_check.c: for each destination when a file was read. Error: SX_ERR_VALUE. */
bool sx_settings_check_destination(const sx_settings *s, const sx_destination *d,
                                   sx_error *err) SX_MUST_USE;

extern const sx_setting_key sx_setting_keys[];     /* up to one without a name */
extern const sx_setting_key sx_destination_keys[]; /* below destinations.NAME */

#endif
