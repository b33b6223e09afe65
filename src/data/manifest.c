#include "data/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/context_impl.h"

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

/* "valley" is no split. */
sx_split sx_split_of_name(const char *name) {
    static const struct {
        const char *word;
        sx_split split;
    } words[] = {
        { "train", SX_SPLIT_TRAIN },    { "training", SX_SPLIT_TRAIN },
        { "trainset", SX_SPLIT_TRAIN }, { "val", SX_SPLIT_VAL },
        { "valid", SX_SPLIT_VAL },      { "validation", SX_SPLIT_VAL },
        { "validate", SX_SPLIT_VAL },   { "valset", SX_SPLIT_VAL },
        { "test", SX_SPLIT_TEST },      { "testing", SX_SPLIT_TEST },
        { "testset", SX_SPLIT_TEST },
    };
    size_t n = 0;
    while (sx_is_letter(name[n]))
        n++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && sx_equal_letters_n(name, words[i].word, n))
            return words[i].split;
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

void sx_manifest_warn(const sx_context *context, const sx_manifest *m) {
    for (size_t i = 0; i < m->unused.count; i++)
        sx_log(context, SX_LOG_WARNING, "%s", m->unused.items[i]);
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
    sx_paths_free(&m->unused);
    sx_names_free(&m->ids);
    sx_arena_free(m->memory);
    *m = (sx_manifest){ 0 };
}
