#include "data/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"

const char *sx_split_name(sx_split split) {
    static const char *const names[SX_SPLITS] = { "", "train", "val", "test" };
    return names[split];
}

const char *sx_layout_name(sx_layout layout) {
    static const char *const names[SX_LAYOUTS] = {
        "auto", "vindr", "labels", "coco", "voc", "yolo"
    };
    return names[layout];
}

sx_split sx_split_of_name(const char *name) {
    if (sx_equal_letters_n(name, "train", 5)) return SX_SPLIT_TRAIN;
    if (sx_equal_letters_n(name, "val", 3)) return SX_SPLIT_VAL;
    if (sx_equal_letters_n(name, "test", 4)) return SX_SPLIT_TEST;
    return SX_SPLIT_NONE;
}

void sx_manifest_key(char key[SX_FILM_KEY], const char *id, sx_split split) {
    snprintf(key, SX_FILM_KEY, "%s/%s", sx_split_name(split), id);
}

long sx_manifest_find(const sx_manifest *m, const char *id, sx_split split) {
    char key[SX_FILM_KEY];
    sx_manifest_key(key, id, split);
    return sx_names_find(&m->ids, key);
}

void sx_manifest_free(sx_manifest *m) {
    free(m->films);
    free(m->boxes);
    free(m->no_findings);
    free(m->seen);
    free(m->class_ids);
    sx_names_free(&m->classes);
    sx_names_free(&m->readers);
    sx_names_free(&m->sources);
    sx_paths_free(&m->unread);
    sx_names_free(&m->ids);
    sx_arena_free(m->memory);
    *m = (sx_manifest){ 0 };
}
