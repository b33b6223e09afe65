#include "deidentified_set.h"

#include <stdio.h>

#include "support/check.h"

#include "data/deidentify_set.h"
#include "phantom/phantom_set.h"

void make_deidentified_set(size_t count, char set[512]) {
    static const uint8_t key[] = "a key of thirty-two bytes, or so";
    char phantoms[512];
    sx_error err = { 0 };
    sx_phantom_totals made;
    sx_manifest m;
    sx_deidentify_set_totals t;
    snprintf(phantoms, sizeof phantoms, "%s", check_tmp_path("phantoms"));
    snprintf(set, 512, "%s", check_tmp_path("set"));
    const sx_phantom_set p = { .out = phantoms,
                               .count = count,
                               .seed = 5,
                               .test = 0.5,
                               .syntax = SX_WRITE_EXPLICIT,
                               .film = { .long_side = 96, .mix = SX_PHANTOM_EVEN } };
    const sx_deidentify d = {
        .out = set, .options = { .key = key, .key_size = sizeof key, .text = SX_DEID_TEXT_KEEP }
    };
    CHECK_OK(sx_phantom_write_set(&p, &made, &err), err);
    CHECK_OK(sx_manifest_open(phantoms, NULL, &m, &err), err);
    CHECK_OK(sx_deidentify_set(&d, phantoms, &m, &t, &err), err);
    sx_manifest_free(&m);
}
