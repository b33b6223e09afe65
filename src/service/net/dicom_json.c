#include "service/net/dicom_json.h"

#include <string.h>

#include "base/str.h"

#define STORED_SEQUENCE "00081199"
#define FAILED_SEQUENCE "00081198"

/* The k-th value of an attribute; NULL: there is none. */
static const json_t *value_of(const json_t *set, const char *tag, size_t k) {
    return json_array_get(json_object_get(json_object_get(set, tag), "Value"), k);
}

static const char *text_of(const json_t *set, const char *tag) {
    const char *text = json_string_value(value_of(set, tag, 0));
    return text ? text : "";
}

/* Some write a number as text. */
static int number_of(const json_t *set, const char *tag) {
    const json_t *v = value_of(set, tag, 0);
    long n = 0;
    if (json_is_string(v)) return sx_parse_long(json_string_value(v), 0, 65535, &n) ? (int)n : 0;
    const json_int_t i = json_integer_value(v);
    return i > 0 && i <= 65535 ? (int)i : 0;
}

/* The item of a sequence for an instance; NULL: it is not named there. */
static const json_t *find_ref(const json_t *answer, const char *sequence, const char *sop_uid) {
    const json_t *item;
    for (size_t k = 0; (item = value_of(answer, sequence, k)); k++)
        if (strcmp(text_of(item, "00081155"), sop_uid) == 0) return item;
    return NULL;
}

/* Some put the data set into an array. */
static const json_t *data_set_of(const json_t *root) {
    return json_is_array(root) ? json_array_get(root, 0) : root;
}

sx_stow_fate sx_stow_fate_of(const json_t *answer, const char *sop_uid, int *status) {
    const json_t *set = data_set_of(answer);
    const json_t *stored = find_ref(set, STORED_SEQUENCE, sop_uid);
    const json_t *failed = find_ref(set, FAILED_SEQUENCE, sop_uid);
    *status = failed ? number_of(failed, "00081197") : stored ? number_of(stored, "00081196") : 0;
    return failed ? SX_STOW_FAILED : stored ? SX_STOW_STORED : SX_STOW_UNNAMED;
}

bool sx_stow_names_any(const json_t *answer) {
    const json_t *set = data_set_of(answer);
    return value_of(set, STORED_SEQUENCE, 0) || value_of(set, FAILED_SEQUENCE, 0);
}

bool sx_qido_has(const json_t *answer, const char *sop_uid) {
    for (size_t i = 0; i < json_array_size(answer); i++)
        if (strcmp(text_of(json_array_get(answer, i), "00080018"), sop_uid) == 0) return true;
    return false;
}
