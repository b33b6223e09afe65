#include "models/calibration_record.h"

#include <string.h>

#include "base/str.h"

static const char name_key[] = "spinexr.calibration", tiles_key[] = "spinexr.calibration_tiles",
                  classifiers_key[] = "spinexr.calibration_classifiers",
                  detectors_key[] = "spinexr.calibration_detectors";

/* From 1 to `most`; *out stays as it is without the key. */
static bool read_count(const sx_weights *w, const char *key, long most, int *out, sx_error *err) {
    const char *text = sx_weights_meta(w, key);
    long count = *out;
    if (text && !sx_parse_long(text, 1, most, &count))
        return sx_fail(err, SX_ERR_FORMAT, "%s: %s is %.80s, not a number from 1 to %ld",
                       sx_weights_path(w), key, text, most);
    *out = (int)count;
    return true;
}

bool sx_calibration_record_read(const sx_weights *w, sx_calibration_record *out, sx_error *err) {
    const char *name = sx_weights_meta(w, name_key);
    *out = (sx_calibration_record){ .tiles = 1 };
    if (name && (strlen(name) != SX_CALIBRATION_NAME ||
                 strspn(name, "0123456789abcdef") != SX_CALIBRATION_NAME))
        return sx_fail(err, SX_ERR_FORMAT, "%s: %s is %.80s, not 16 hexadecimal digits",
                       sx_weights_path(w), name_key, name);
    if (name) memcpy(out->name, name, sizeof out->name);
    return read_count(w, tiles_key, SX_CALIBRATION_MOST_TILES, &out->tiles, err) &&
           read_count(w, classifiers_key, SX_CALIBRATION_MOST, &out->classifiers, err) &&
           read_count(w, detectors_key, SX_CALIBRATION_MOST, &out->detectors, err);
}

static bool set_count(sx_weights *w, const char *key, int count, sx_error *err) {
    char text[16];
    sx_format(text, sizeof text, "%d", count);
    return sx_weights_set_meta(w, key, count > 0 ? text : NULL, err);
}

bool sx_calibration_record_set(sx_weights *w, const sx_calibration_record *r, sx_error *err) {
    const bool stored = r->name[0] != '\0';
    return sx_weights_set_meta(w, name_key, stored ? r->name : NULL, err) &&
           set_count(w, tiles_key,
                     !stored        ? 0
                     : r->tiles > 1 ? r->tiles
                                    : 1,
                     err) &&
           set_count(w, classifiers_key, stored ? r->classifiers : 0, err) &&
           set_count(w, detectors_key, stored ? r->detectors : 0, err);
}
