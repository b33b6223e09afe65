#include "models/calibration_record.h"

#include <string.h>

#include "base/str.h"

static const char name_key[] = "spinexr.calibration", tiles_key[] = "spinexr.calibration_tiles";

bool sx_calibration_record_read(const sx_weights *w, sx_calibration_record *out, sx_error *err) {
    const char *name = sx_weights_meta(w, name_key), *tiles = sx_weights_meta(w, tiles_key);
    long count = 1;
    *out = (sx_calibration_record){ .tiles = 1 };
    if (name && (strlen(name) != SX_CALIBRATION_NAME ||
                 strspn(name, "0123456789abcdef") != SX_CALIBRATION_NAME))
        return sx_fail(err, SX_ERR_FORMAT, "%s: %s is %.80s, not 16 hexadecimal digits",
                       sx_weights_path(w), name_key, name);
    if (tiles && !sx_parse_long(tiles, 1, SX_CALIBRATION_MOST_TILES, &count))
        return sx_fail(err, SX_ERR_FORMAT, "%s: %s is %.80s, not a number from 1 to %d",
                       sx_weights_path(w), tiles_key, tiles, SX_CALIBRATION_MOST_TILES);
    if (name) memcpy(out->name, name, sizeof out->name);
    out->tiles = (int)count;
    return true;
}

bool sx_calibration_record_set(sx_weights *w, const sx_calibration_record *r, sx_error *err) {
    char tiles[16];
    const bool stored = r->name[0] != '\0';
    sx_format(tiles, sizeof tiles, "%d", r->tiles > 1 ? r->tiles : 1);
    return sx_weights_set_meta(w, name_key, stored ? r->name : NULL, err) &&
           sx_weights_set_meta(w, tiles_key, stored ? tiles : NULL, err);
}
